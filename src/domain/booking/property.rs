//! What holds for every history, with a processor that declines, challenges, cannot be reached, answers late and twice.
//!
//! [`History`] holds every step to what always holds: entries that balance and follow from the snapshot, keys of their own,
//! spots and packs in step with the state. Here is what needs the other side too: what the processor truly charged.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;

use super::after_proof::bought_option;
use super::planted::{
    CANCEL_BY_S, DEPOSIT_S, History, NOW, START_S, agreed, ask, challenged, declined, id, on_arrival, pack, prepaid,
    receipt, usd, with_deposit, with_fee,
};
use super::*;
use crate::domain::catalog::{ConfirmationMode, SlotKey, Terms};
use crate::domain::{Account, Record, UserName};

/// What can be agreed.
fn agreements() -> Vec<Agreement> {
    let fee = with_fee().no_show_fee;
    let pays = [
        on_arrival(),
        prepaid(),
        Terms { no_show_fee: fee, ..prepaid() },
        with_deposit(None),
        Terms { no_show_fee: fee, ..with_deposit(None) },
        with_deposit(Some(DEPOSIT_S)),
        Terms { no_show_fee: fee, ..with_deposit(Some(DEPOSIT_S)) },
        // Due when it is booked.
        with_deposit(Some(NOW.as_secs() - 1)),
        with_fee(),
        Terms { card_required: true, ..on_arrival() },
    ];
    let mut all: Vec<Agreement> = pays.map(agreed).into();
    all.push(Agreement { confirmation: ConfirmationMode::Asynchronous, ..agreed(on_arrival()) });
    all.push(Agreement { pack: Some(pack(false)), ..agreed(with_fee()) });
    let bought = Some(Box::new(bought_option()));
    all.push(Agreement { pack: Some(pack(true)), ..agreed(Terms { bought, ..prepaid() }) });
    all
}

/// One step: what happens, and two numbers that say how.
type Step = (Happens, u8, u8);

#[derive(Debug, Clone, Copy)]
enum Happens {
    Create,
    Resume,
    /// The processor carries an effect out; nobody knows yet.
    Work,
    /// Somebody hears of it.
    Hear,
    /// And hears of it again.
    HearAgain,
    Time,
    Deadline,
    Cancel,
    Move,
    Merchant,
    NoShow,
    GiveBack,
    /// The processor changes its word about a refund.
    Word,
    Dispute,
    Adopt,
}

fn any_step() -> impl Strategy<Value = Step> {
    use Happens::*;
    let happens = prop_oneof![
        5 => Just(Create),
        2 => Just(Resume),
        8 => Just(Work),
        8 => Just(Hear),
        2 => Just(HearAgain),
        4 => Just(Time),
        4 => Just(Deadline),
        1 => Just(Cancel),
        1 => Just(Move),
        1 => Just(Merchant),
        3 => Just(NoShow),
        4 => Just(GiveBack),
        4 => Just(Word),
        1 => Just(Dispute),
        1 => Just(Adopt),
    ];
    (happens, any::<u8>(), any::<u8>())
}

/// The booking, its processor, and the time.
struct World {
    history: History,
    wanted: Agreement,
    now: Timestamp,
    /// Effects that are not carried out yet, from here on.
    next: usize,
    /// What the processor has done and nobody has heard of.
    unheard: Vec<Input>,
    heard: Vec<Input>,
    /// What it charged, by its ids.
    charged: BTreeMap<Arc<str>, i64>,
}

impl World {
    fn new(wanted: Agreement) -> Self {
        let history = History::default();
        let (unheard, heard, charged) = (Vec::new(), Vec::new(), BTreeMap::new());
        Self { history, wanted, now: NOW, next: 0, unheard, heard, charged }
    }

    fn tell(&mut self, input: &Input) {
        let (before, journal, effects) =
            (self.history.state.clone(), self.history.journal.len(), self.history.effects.len());
        if self.history.tell(input, self.now).is_err() {
            assert!(before == self.history.state && journal == self.history.journal.len(), "rejected: {input:?}");
        }
        for effect in &self.history.effects[effects..] {
            let fee = matches!(effect, Effect::Collect { what: Collecting::Fee, .. });
            let start_s = before.agreement().map_or(0, |agreement| agreement.slot.start_s);
            assert!(!fee || self.now >= Timestamp::from_secs(start_s), "no fee before the start");
        }
        self.holds();
    }

    fn happen(&mut self, (happens, a, b): Step) {
        match happens {
            Happens::Create => self.create(None, a),
            Happens::Resume => {
                let first = if a.is_multiple_of(3) { id(3) } else { id(7) };
                let attempt = self.history.state.past().attempts.saturating_sub(u32::from(b % 4 == 0));
                self.create(Some(Resumed { first, attempt }), b);
            }
            Happens::Work => self.work(a, b),
            Happens::Hear => self.hear(usize::from(a)),
            Happens::HearAgain => {
                if let Some(input) = self.heard.get(usize::from(a) % self.heard.len().max(1)).cloned() {
                    self.tell(&input);
                }
            }
            Happens::Time => {
                let seconds = [0, 1, 3, 300, 660, 1_860, 21_600, 86_400][usize::from(a % 8)];
                self.now = self.now.plus_millis(seconds * 1_000 + i64::from(b));
            }
            Happens::Deadline => self.tell(&Input::DeadlineReached),
            Happens::Cancel => {
                let by = [Canceller::User, Canceller::Customer, Canceller::Merchant][usize::from(a % 3)];
                if b.is_multiple_of(3) {
                    self.now = self.now.max(Timestamp::from_secs(CANCEL_BY_S + 1));
                }
                self.tell(&Input::Cancel { by });
            }
            Happens::Move => self.tell(&Input::Move(Box::new(self.elsewhere(a, b)))),
            Happens::Merchant => self.tell(if a % 2 == 0 { &Input::Accept } else { &Input::Decline }),
            Happens::NoShow => {
                if a % 2 == 0 {
                    self.now = self.now.max(Timestamp::from_secs(START_S));
                }
                self.tell(&Input::NoShow { charge: b % 3 != 0 });
            }
            Happens::GiveBack => {
                let known: Vec<Arc<str>> = self.charged.keys().cloned().collect();
                let charge = known.get(usize::from(a)).filter(|_| b % 2 == 0).cloned();
                self.tell(&Input::GiveBack { charge, by: UserName::parse("fiona").unwrap() });
            }
            Happens::Word => {
                let number = 1 + u32::from(a % 3);
                let of = self.history.state.past().refunds.into_iter().nth(usize::from(a % 3));
                let tries = of.filter(|_| !b.is_multiple_of(4)).map_or(1, |refund| refund.tries);
                self.tell(&Input::Refunded { number, tries, standing: standing(a / 3) });
            }
            Happens::Dispute => {
                let standings = [DisputeStanding::Open, DisputeStanding::Won, DisputeStanding::Lost];
                let recorded = |record: &Record| match record {
                    Record::BookingCharge { intent, .. } => Some(intent.clone()),
                    _ => None,
                };
                let known: Vec<Arc<str>> = self.history.records.iter().filter_map(recorded).collect();
                let Some(intent) = known.get(usize::from(b) % known.len().max(1)).cloned() else { return };
                let id = format!("dp-{intent}-{}", b % 2).into();
                let (amount, standing) = (usd(7_000_000 + i64::from(b)), standings[usize::from(a % 3)]);
                self.tell(&Input::Disputed { intent, dispute: Dispute { id, amount, standing } });
            }
            Happens::Adopt => {
                let (by, wants) = (id(8 + u128::from(a % 2)), Arc::new(self.wanted.clone()));
                self.tell(&Input::Adopt { attempt: self.history.state.past().attempts, by, wants });
            }
        }
    }

    fn create(&mut self, resumes: Option<Resumed>, b: u8) {
        let token = (!b.is_multiple_of(4)).then_some([b % 4; 32]);
        let request = Request { token, resumes, ..ask(self.wanted.clone(), self.now) };
        self.tell(&Input::Create(Box::new(request)));
    }

    fn elsewhere(&self, a: u8, b: u8) -> Move {
        let mut agreement = self.wanted.clone();
        agreement.slot_key = SlotKey::from_uuid(uuid::Uuid::from_u128(1 + u128::from(a % 3)));
        agreement.slot.start_s += i64::from(a % 3) * 3_600;
        if b.is_multiple_of(4) {
            agreement.terms = on_arrival();
        }
        Move { closes_s: agreement.slot.start_s, opens_s: None, agreement: Arc::new(agreement) }
    }

    /// The processor, or Google, carries one effect out.
    fn work(&mut self, a: u8, b: u8) {
        let Some(effect) = self.history.effects.get(self.next).cloned() else { return };
        self.next += 1;
        let outcome = match effect {
            Effect::Pay { attempt, agreement, means } => {
                let intent = match means {
                    Means::Token(_) => format!("pi-{attempt}").into(),
                    Means::Challenge(intent) => intent,
                    Means::Adopted(resumed) => format!("pi-{}-{attempt}", resumed.attempt).into(),
                };
                let other = agreement.terms.due_now().filter(|_| a % 7 == 6).map(|due| usd(due.micros() + 1));
                let outcome = match (a % 6, other) {
                    (_, Some(amount)) => Outcome::ChargedOther(Charge { intent: intent.clone(), amount }),
                    (0..=2, None) => Outcome::Succeeded(receipt(&agreement.terms, &intent)),
                    (3, None) => declined(),
                    (4, None) => challenged(&intent),
                    (_, None) => Outcome::NotReached,
                };
                if let Outcome::ChargedOther(charge) = &outcome {
                    self.charge(charge.intent.clone(), charge.amount.micros());
                }
                if let Outcome::Succeeded(Receipt { charged: Some(amount), .. }) = &outcome {
                    self.charge(intent, amount.micros());
                }
                Input::Paid { attempt, outcome }
            }
            Effect::Abandon { intent, .. } => {
                let charged = if b.is_multiple_of(3) { self.wanted.terms.due_now() } else { None };
                Input::Abandoned { intent, charged }
            }
            Effect::Collect { what, number, amount, .. } => {
                let outcome = if a.is_multiple_of(3) {
                    Collected::Declined { code: "do_not_honor".into() }
                } else if a % 7 == 6 {
                    let (intent, amount) = (Arc::from(format!("Other-{what:?}-{number}")), usd(amount.micros() - 1));
                    self.charge(Arc::clone(&intent), amount.micros());
                    Collected::ChargedOther(Charge { intent, amount })
                } else {
                    let intent: Arc<str> = format!("{what:?}-{number}").into();
                    self.charge(intent.clone(), amount.micros());
                    Collected::Charged { intent }
                };
                Input::Collected { what, number, outcome }
            }
            Effect::Refund { number, tries, .. } => Input::Refunded { number, tries, standing: standing(a) },
            Effect::Tell(_) => Input::Told,
        };
        self.unheard.push(outcome);
    }

    fn charge(&mut self, intent: Arc<str>, micros: i64) {
        assert_eq!(self.charged.insert(intent, micros), None, "no transaction is charged twice");
    }

    fn hear(&mut self, which: usize) {
        if !self.unheard.is_empty() {
            let input = self.unheard.remove(which % self.unheard.len());
            self.heard.push(input.clone());
            self.tell(&input);
        }
    }

    /// The charges that the booking knows: booked, given back or on their way, or waiting to be claimed.
    fn known(&self) -> BTreeMap<Arc<str>, i64> {
        let mut known = BTreeMap::new();
        let mut add = |intent: &Arc<str>, micros| assert_eq!(known.insert(intent.clone(), micros), None, "{intent}");
        for refund in self.history.state.past().refunds {
            add(&refund.charge.intent, refund.charge.amount.micros());
        }
        match &self.history.state {
            State::Unclaimed(unclaimed) => {
                if let Some(amount) = unclaimed.receipt.charged {
                    add(&unclaimed.receipt.transaction_id, amount.micros());
                }
            }
            State::Booked(booked) => {
                let fee = match &booked.fee {
                    Fee::Charged(charge) => Some(charge),
                    Fee::Nothing | Fee::Charging { .. } | Fee::Declined { .. } => None,
                };
                let given = &booked.past.refunds;
                for charge in booked.charge.iter().chain(fee) {
                    if given.iter().all(|refund| refund.charge != *charge) {
                        add(&charge.intent, charge.amount.micros());
                    }
                }
            }
            State::Unheard | State::Paying(_) | State::Failed(_) | State::Challenged(_) => {}
        }
        known
    }

    fn holds(&self) {
        let (state, known) = (&self.history.state, self.known());
        let unexplained = self.charged.iter().filter(|(intent, _)| !known.contains_key(*intent)).count();
        assert!(unexplained <= usize::from(!self.unheard.is_empty()) * 2, "{unexplained} charges nobody knows");
        for (intent, micros) in &known {
            assert_eq!(self.charged.get(intent), Some(micros), "what was charged, no more: {intent}");
        }
        let attempts = |intent: &&Arc<str>| intent.starts_with("pi-");
        let hidden = self.charged.keys().filter(|intent| !known.contains_key(*intent)).filter(attempts).count();
        assert!(hidden <= 1, "one attempt at a time");
        let fees = self.charged.keys().filter(|intent| intent.starts_with("Fee")).count();
        let deposits = self.charged.keys().filter(|intent| intent.starts_with("Deposit")).count();
        assert!(fees <= 1 && deposits <= 1, "each is charged once");
        if let State::Booked(booked) = state {
            let terms = &booked.agreement.terms;
            assert!(booked.charge.is_some() || terms.due_now().is_none(), "no booking without its charge");
            assert!(booked.status != BookingStatus::NoShowPenalized || matches!(booked.fee, Fee::Charged(_)));
            assert!(booked.cancelled.is_none() || self.history.spots() == 0, "what is cancelled holds no spot");
            let created = Booking::decide(state, &Input::Create(Box::new(ask(self.wanted.clone(), NOW))), self.now);
            let Ok(Reply::Created(view)) = created.map(|decision| decision.reply) else { panic!("created") };
            assert_eq!(view.status, booked.answered, "what was answered once is answered ever after");
        }
        let mut reasons: Vec<_> = self.history.told().into_iter().map(|(why, ..)| format!("{why:?}")).collect();
        let count = reasons.len();
        reasons.sort();
        reasons.dedup();
        assert_eq!(reasons.len(), count, "Google hears of each once");
    }

    /// Everything under way ends, and every deadline passes.
    fn settle(&mut self) {
        for _ in 0..60 {
            while self.next < self.history.effects.len() {
                self.work(0, 1);
            }
            while !self.unheard.is_empty() {
                self.hear(0);
            }
            if self.next < self.history.effects.len() {
                continue;
            }
            let Some(deadline) = Booking::deadline(&self.history.state) else { return };
            self.now = self.now.max(deadline);
            let journal = self.history.journal.len();
            self.tell(&Input::DeadlineReached);
            assert!(self.history.journal.len() > journal, "a deadline that has passed moves something");
        }
        panic!("it never comes to rest: {:?}", self.history.state);
    }
}

fn standing(a: u8) -> RefundStanding {
    match a % 4 {
        0 | 1 => RefundStanding::Done { id: "re-1".into() },
        2 => RefundStanding::Failed { code: "lost_or_stolen_card".into() },
        _ => RefundStanding::InFlight,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever happens, in whatever order: no money is charged twice, lost, or given back twice; spots, packs and books are
    /// in step with the booking; and it comes to rest with every charge booked or given back.
    #[test]
    fn bk_6_9_no_charge_without_a_booking_or_a_refund(
        agreement in prop::sample::select(agreements()),
        steps in prop::collection::vec(any_step(), 0..60),
    ) {
        let mut world = World::new(agreement);
        for step in steps {
            world.happen(step);
        }
        world.settle();
        let (history, known) = (&world.history, world.known());
        prop_assert_eq!(&known, &world.charged, "the processor and the booking know the same charges");
        let past = history.state.past();
        let lost = past.disputes.iter().filter(|dispute| dispute.standing == DisputeStanding::Lost);
        let lost: i64 = lost.map(|dispute| dispute.amount.micros()).sum();
        prop_assert_eq!(history.balance(&Account::Suspense), lost, "nobody's money is left over");
        let folded = history.journal.iter().fold(State::default(), Booking::apply);
        prop_assert_eq!(&folded, &history.state, "fold(journal) == snapshot");
        let mut held: i64 = known.values().sum();
        let open = past.disputes.iter().filter(|dispute| dispute.standing != DisputeStanding::Won);
        held -= open.map(|dispute| dispute.amount.micros()).sum::<i64>();
        for refund in past.refunds {
            held -= if let RefundStanding::Done { .. } = refund.standing { refund.charge.amount.micros() } else { 0 };
        }
        if let State::Booked(booked) = &history.state {
            let lost = booked.disputes.iter().filter(|dispute| dispute.standing != DisputeStanding::Won);
            held -= lost.map(|dispute| dispute.amount.micros()).sum::<i64>();
        }
        prop_assert_eq!(history.balance(&Account::ProcessorReceivable), held, "charges less refunds less disputes");
        let ends = matches!(history.state, State::Unheard | State::Failed(_) | State::Booked(_))
            || matches!(&history.state, State::Challenged(challenged) if challenged.adopted_by.is_some());
        prop_assert!(ends, "{:?}", history.state);
    }
}

/// The property would prove little if histories never came far.
#[test]
fn the_histories_of_the_property_come_everywhere() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let steps = prop::collection::vec(any_step(), 0..60);
    let (mut events, mut told) = (BTreeMap::<String, u32>::new(), BTreeMap::<String, u32>::new());
    for round in 0..1_500 {
        let mut world = World::new(agreements()[round % agreements().len()].clone());
        for step in steps.new_tree(&mut runner).unwrap().current() {
            world.happen(step);
        }
        world.settle();
        let name = |debug: String| debug.split([' ', '(', '{']).next().unwrap_or_default().to_owned();
        for event in &world.history.journal {
            *events.entry(name(format!("{event:?}"))).or_default() += 1;
        }
        for (why, ..) in world.history.told() {
            *told.entry(name(format!("{why:?}"))).or_default() += 1;
        }
    }
    assert_eq!((events.len(), told.len()), (24, 7), "every event and every reason: {events:?} {told:?}");
}
