//! What the machine promises, for every history: tables for the named rules, properties for the rest.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::domain::{
    Account, Attention, Currency, Decision, IssuerId, LedgerEntry, Machine, Money, Piaid, Record, RequestId, Timestamp,
    TransactionId, unbalanced_currency,
};

const START: i64 = 1_735_689_600_000;
const TIMEOUT_MS: i64 = 1_800_000;

pub(super) fn inr(micros: i64) -> Money {
    Money::new(micros, Currency::parse("INR").unwrap())
}

pub(super) fn bank(name: &str) -> IssuerId {
    IssuerId::parse(name).unwrap()
}

pub(super) fn at(ms: i64) -> Timestamp {
    Timestamp::from_millis(START + ms)
}

fn terms(flow: Flow) -> Terms {
    Terms {
        id: TransactionId::parse("01930d2c-7a44-8000-8000-0123456789ab").unwrap(),
        origin: Origin::Google(GoogleStart {
            piaid: Piaid::parse("ExamplePay_INR").unwrap(),
            request_id: RequestId::parse("rq-0001").unwrap(),
            callback_url: "https://payments.google.com/return".into(),
            flow,
        }),
        amount: inr(109_900_000),
        description: "Play Movies".into(),
        created_at: at(0),
        choose_by: at(TIMEOUT_MS),
        link_expires: at(2 * TIMEOUT_MS),
    }
}

pub(super) fn start(flow: Flow, opening: Opening) -> Input {
    let link = (flow == Flow::Generate).then(|| "https://pay.example.com/pay/x".to_owned());
    Input::Start(Box::new(Start { terms: terms(flow), opening, stale: false, link }))
}

pub(super) fn chosen(issuer: &str) -> Opening {
    Opening::Chosen { issuer: bank(issuer), timeout_ms: TIMEOUT_MS }
}

pub(super) fn report(issuer: &str, word: IssuerWord) -> Input {
    report_of(issuer, word, 109_900_000, "ref-1")
}

pub(super) fn report_of(issuer: &str, word: IssuerWord, micros: i64, reference: &str) -> Input {
    Input::Report(IssuerReport { issuer: bank(issuer), reference: reference.into(), amount: inr(micros), word })
}

pub(super) fn declined(decline: Decline) -> IssuerWord {
    IssuerWord::Declined(Negative { decline, raw: RawCode::new("51") })
}

/// A history: every decision is applied; rejections change nothing.
#[derive(Default)]
pub(super) struct History {
    pub(super) state: State,
    pub(super) journal: Vec<Event>,
    pub(super) effects: Vec<Effect>,
    pub(super) entries: Vec<LedgerEntry>,
    pub(super) records: Vec<Record>,
}

impl History {
    pub(super) fn tell(&mut self, input: &Input, now: Timestamp) -> Result<Reply, Rejection> {
        let Decision { events, effects, entries, records, reply } = RedirectPayment::decide(&self.state, input, now)?;
        assert!(effects.len() <= events.len(), "an effect needs an event of its own: {input:?}");
        assert_eq!(unbalanced_currency(&entries), None, "entries of one decision sum to zero: {input:?}");
        self.state = events.iter().fold(std::mem::take(&mut self.state), RedirectPayment::apply);
        self.journal.extend(events);
        self.effects.extend(effects);
        self.entries.extend(entries);
        self.records.extend(records);
        Ok(reply)
    }

    fn notifications(&self) -> Vec<&Outcome> {
        self.effects
            .iter()
            .filter_map(|effect| match effect {
                Effect::NotifyPaymentComplete { outcome, .. } => Some(outcome),
                Effect::AskIssuerForStatus { .. }
                | Effect::RefundAtIssuer { .. }
                | Effect::NotifyRefundResult { .. }
                | Effect::ConsiderGivingBack { .. }
                | Effect::TellInvoice { .. }
                | Effect::TellInvoiceOfRefund { .. } => None,
            })
            .collect()
    }
}

struct Step {
    desc: &'static str,
    input: Input,
    after_ms: i64,
    state: &'static str,
    effects: usize,
}

fn step(desc: &'static str, input: Input, after_ms: i64, state: &'static str, effects: usize) -> Step {
    Step { desc, input, after_ms, state, effects }
}

fn run(steps: Vec<Step>) -> History {
    let mut history = History::default();
    for Step { desc, input, after_ms, state, effects } in steps {
        let before = history.effects.len();
        let told = history.tell(&input, at(after_ms));
        assert!(told.is_ok(), "{desc}: {told:?}");
        assert_eq!(RedirectPayment::state_name(&history.state), state, "{desc}");
        assert_eq!(history.effects.len() - before, effects, "{desc}");
    }
    history
}

#[test]
fn beg_2_a_chosen_issuer_is_gone_to_at_once() {
    run(vec![
        step("google sends the payer with an issuer", start(Flow::Begin, chosen("BANK_A")), 0, "AtIssuer", 0),
        step("a reload resumes", Input::Visit, 10, "AtIssuer", 0),
        step("the issuer approves", report("BANK_A", IssuerWord::Approved), 20, "Paid", 1),
        step("the return is replayed", report("BANK_A", IssuerWord::Approved), 30, "Paid", 0),
        step("google acknowledges", Input::NotificationAccepted, 40, "Paid", 0),
        step("and again", Input::NotificationAccepted, 50, "Paid", 0),
    ]);
}

#[test]
fn beg_3_without_an_issuer_the_payer_chooses_and_a_second_choice_opens_no_second_payment() {
    let mut history = run(vec![
        step("no issuer came", start(Flow::Begin, Opening::PayerChooses), 0, "AwaitingIssuerChoice", 0),
        step("the payer looks", Input::Visit, 5, "AwaitingIssuerChoice", 0),
        step("and chooses", Input::Choose { issuer: bank("BANK_A"), timeout_ms: TIMEOUT_MS }, 10, "AtIssuer", 0),
    ]);
    let second = Input::Choose { issuer: bank("BANK_B"), timeout_ms: TIMEOUT_MS };
    let Ok(Reply::Standing(Standing { stage: Stage::AtIssuer { issuer, sent_now, .. }, .. })) =
        history.tell(&second, at(20))
    else {
        panic!("the second choice must show where the payer is")
    };
    assert_eq!((issuer, sent_now), (bank("BANK_A"), false));
    assert_eq!(history.tell(&report("BANK_B", IssuerWord::Approved), at(30)), Err(Rejection::NotThisIssuer));
}

#[test]
fn gen_1_a_preselected_issuer_waits_for_the_visit_and_its_timeout_counts_from_there() {
    let history = run(vec![
        step("google asks for a url", start(Flow::Generate, chosen("BANK_A")), 0, "AwaitingIssuerChoice", 0),
        step("the payer comes later", Input::Visit, 60_000, "AtIssuer", 0),
    ]);
    assert_eq!(RedirectPayment::deadline(&history.state), Some(at(60_000 + TIMEOUT_MS)));
}

#[test]
fn gen_2_a_payment_that_nobody_can_take_is_declined_and_google_is_told() {
    let negative = Negative { decline: Decline::CurrencyNotSupported, raw: None };
    let mut history = History::default();
    let reply = history.tell(&start(Flow::Generate, Opening::NobodyCan(negative.clone())), at(0)).unwrap();
    assert_eq!(reply, Reply::Refused(negative.clone()));
    assert_eq!(history.notifications(), [&Outcome::Negative(negative)]);
}

#[test]
fn cmp_3_every_ending_is_notified_once() {
    let endings: Vec<(&str, Input, &str)> = vec![
        ("approved", report("BANK_A", IssuerWord::Approved), "Paid"),
        ("declined", report("BANK_A", declined(Decline::Risk)), "Declined"),
        ("cancelled at the issuer", report("BANK_A", IssuerWord::Cancelled(None)), "Abandoned"),
        ("cancelled here", Input::Cancel, "Abandoned"),
    ];
    for (desc, ending, state) in endings {
        let mut history = run(vec![
            step("start", start(Flow::Begin, chosen("BANK_A")), 0, "AtIssuer", 0),
            step(desc, ending.clone(), 10, state, 1),
        ]);
        let _again = history.tell(&ending, at(20));
        assert_eq!(history.notifications().len(), 1, "{desc}");
    }
}

#[test]
fn cmp_9_a_late_success_is_kept_aside_and_never_flips_the_outcome() {
    let mut history = run(vec![
        step("start", start(Flow::Begin, chosen("BANK_A")), 0, "AtIssuer", 0),
        step("declined", report("BANK_A", declined(Decline::InsufficientFunds)), 10, "Declined", 1),
        step("the issuer says yes after all", report("BANK_A", IssuerWord::Approved), 20, "PaidAfterClose", 1),
        step("and repeats it", report("BANK_A", IssuerWord::Approved), 30, "PaidAfterClose", 0),
        step("google acknowledges the decline", Input::NotificationAccepted, 40, "PaidAfterClose", 0),
    ]);
    let Ok(Reply::Status(verdict, _)) = history.tell(&Input::AskStatus, at(50)) else { panic!("a status") };
    assert_eq!(verdict, Verdict::Final(history.notifications()[0].clone()));
    assert_eq!(RedirectPayment::attention(&history.state), Some(Attention::PaidAfterClose));
    let suspense: i64 =
        history.entries.iter().filter(|entry| entry.account == Account::Suspense).map(|e| e.amount.micros()).sum();
    assert_eq!(suspense, -109_900_000);
}

#[test]
fn cmp_9_a_contradiction_after_success_is_noted_once() {
    let history = run(vec![
        step("start", start(Flow::Begin, chosen("BANK_A")), 0, "AtIssuer", 0),
        step("approved", report("BANK_A", IssuerWord::Approved), 10, "Paid", 1),
        step("an old pending return is replayed", report("BANK_A", IssuerWord::Pending), 20, "Paid", 0),
        step("then it says declined", report("BANK_A", declined(Decline::Risk)), 30, "Paid", 0),
        step("and again", report("BANK_A", declined(Decline::Risk)), 40, "Paid", 0),
    ]);
    let noted = history.journal.iter().filter(|event| matches!(event, Event::Contradicted { .. })).count();
    assert_eq!(noted, 1);
    assert_eq!(RedirectPayment::attention(&history.state), Some(Attention::Contradiction));
}

#[test]
fn a_differing_amount_is_never_a_success_and_stays_open_for_finance() {
    let mut history = run(vec![
        step("start", start(Flow::Begin, chosen("BANK_A")), 0, "AtIssuer", 0),
        step("too little", report_of("BANK_A", IssuerWord::Approved, 1_000_000, "r"), 10, "Pending", 0),
    ]);
    assert_eq!(RedirectPayment::attention(&history.state), Some(Attention::AmountDiffers));
    assert!(history.entries.is_empty(), "no money is booked");
    // Money may have moved: a 404 at the deadline does not end it.
    assert!(history.tell(&Input::NeverSeen { issuer: bank("BANK_A") }, at(TIMEOUT_MS * 2)).is_ok());
    assert_eq!(RedirectPayment::state_name(&history.state), "Pending");
    history.tell(&report("BANK_A", IssuerWord::Approved), at(TIMEOUT_MS * 2 + 1)).unwrap();
    assert_eq!(RedirectPayment::state_name(&history.state), "Paid");
}

#[test]
fn a_difference_stays_before_finance_however_the_payment_ends() {
    for (ending, state, attention) in [
        (declined(Decline::Risk), "Declined", Attention::AmountDiffers),
        (IssuerWord::Cancelled(None), "Abandoned", Attention::AmountDiffers),
        (IssuerWord::Approved, "Paid", Attention::Contradiction),
    ] {
        let history = run(vec![
            step("start", start(Flow::Begin, chosen("BANK_A")), 0, "AtIssuer", 0),
            step("another amount", report_of("BANK_A", IssuerWord::Approved, 5, "r"), 10, "Pending", 0),
            step("the end", report("BANK_A", ending), 20, state, 1),
        ]);
        assert_eq!(RedirectPayment::attention(&history.state), Some(attention), "{state}");
    }
}

#[test]
fn the_same_difference_again_puts_no_question_off() {
    let mut history = run(vec![
        step("start", start(Flow::Begin, chosen("BANK_A")), 0, "AtIssuer", 0),
        step("another amount", report_of("BANK_A", IssuerWord::Approved, 5, "r"), 10, "Pending", 0),
    ]);
    let due = RedirectPayment::deadline(&history.state);
    for later in 1..5 {
        history.tell(&report_of("BANK_A", IssuerWord::Approved, 5, "r"), at(10 + later * 1_000)).unwrap();
    }
    assert_eq!(RedirectPayment::deadline(&history.state), due);
    assert_eq!(history.journal.len(), 3);
}

#[test]
fn cmp_9_money_taken_again_is_booked_once_each_and_changes_no_outcome() {
    let again = |reference| report_of("BANK_A", IssuerWord::Approved, 109_900_000, reference);
    for (first, state) in [(IssuerWord::Approved, "Paid"), (declined(Decline::Risk), "PaidAfterClose")] {
        let mut history = run(vec![step("start", start(Flow::Begin, chosen("BANK_A")), 0, "AtIssuer", 0)]);
        history.tell(&report("BANK_A", first), at(10)).unwrap();
        for reference in ["ref-1", "ref-2", "ref-2", "ref-3", "ref-1"] {
            history.tell(&again(reference), at(20)).unwrap();
        }
        assert_eq!(RedirectPayment::state_name(&history.state), state);
        let taken: i64 = history
            .entries
            .iter()
            .filter(|entry| matches!(entry.account, Account::IssuerReceivable(_)))
            .map(|entry| entry.amount.micros())
            .sum();
        assert_eq!(taken, 3 * 109_900_000, "{state}: every micro that the issuer took is in the books");
        assert_eq!(history.notifications().len(), 1, "{state}");
        assert!(RedirectPayment::attention(&history.state).is_some(), "{state}");
    }
}

#[test]
fn an_issuer_of_nobody_starts_nothing_and_a_late_visit_sends_nobody_there() {
    let mut history = History::default();
    assert_eq!(history.tell(&start(Flow::Begin, Opening::NotOffered), at(0)), Err(Rejection::NotOffered));
    assert_eq!(history.tell(&Input::Echo, at(0)), Ok(Reply::Noted));
    assert_eq!(history.state, State::Unstarted);
    history.tell(&start(Flow::Generate, chosen("BANK_A")), at(0)).unwrap();
    history.tell(&Input::Visit, at(TIMEOUT_MS)).unwrap();
    assert_eq!(RedirectPayment::state_name(&history.state), "Expired");
}

#[test]
fn at_the_deadline_the_status_decides() {
    let deadline = |then: (Input, &'static str, usize)| {
        run(vec![
            step("start", start(Flow::Begin, chosen("BANK_A")), 0, "AtIssuer", 0),
            step("too early", Input::DeadlineReached, TIMEOUT_MS - 1, "AtIssuer", 0),
            step("an early 404", Input::NeverSeen { issuer: bank("BANK_A") }, TIMEOUT_MS - 1, "AtIssuer", 0),
            step("the deadline asks", Input::DeadlineReached, TIMEOUT_MS, "AtIssuer", 1),
            step("swept twice", Input::DeadlineReached, TIMEOUT_MS, "AtIssuer", 0),
            step("the answer", then.0, TIMEOUT_MS + 5, then.1, then.2),
        ])
    };
    deadline((Input::NeverSeen { issuer: bank("BANK_A") }, "Expired", 1));
    deadline((report("BANK_A", IssuerWord::Approved), "Paid", 1));
    deadline((report("BANK_A", declined(Decline::ByIssuer)), "Declined", 1));
    let mut pending = deadline((report("BANK_A", IssuerWord::Pending), "Pending", 0));
    let mut asks = Vec::new();
    for _ in 0..14 {
        let due = RedirectPayment::deadline(&pending.state).unwrap();
        asks.push(due);
        pending.tell(&Input::DeadlineReached, due).unwrap();
        assert_eq!(RedirectPayment::deadline(&pending.state), None, "no second question while one is open");
        pending.tell(&report("BANK_A", IssuerWord::Pending), due).unwrap();
    }
    let intervals: Vec<_> = asks.windows(2).map(|pair| pair[1].millis_since(pair[0])).collect();
    assert!(intervals.windows(2).all(|pair| pair[1] >= pair[0]), "intervals grow: {intervals:?}");
    assert_eq!(intervals.last(), Some(&3_600_000));
    let mut keys: Vec<_> = pending.effects.iter().map(RedirectPayment::idempotency_key).collect();
    keys.dedup();
    assert_eq!(keys.len(), pending.effects.len(), "each question has a key of its own");
    pending.tell(&Input::NeverSeen { issuer: bank("BANK_A") }, *asks.last().unwrap()).unwrap();
    assert_eq!(RedirectPayment::state_name(&pending.state), "Expired");
}

#[test]
fn before_the_deadline_a_404_decides_nothing_while_pending() {
    let mut history = run(vec![
        step("start", start(Flow::Begin, chosen("BANK_A")), 0, "AtIssuer", 0),
        step("pending", report("BANK_A", IssuerWord::Pending), 10, "Pending", 0),
        step("asked on schedule", Input::DeadlineReached, 5_010, "Pending", 1),
        step("404", Input::NeverSeen { issuer: bank("BANK_A") }, 5_020, "Pending", 0),
    ]);
    assert!(RedirectPayment::deadline(&history.state).is_some(), "it is asked again");
    history.tell(&Input::NeverSeen { issuer: bank("BANK_A") }, at(TIMEOUT_MS)).unwrap();
    assert_eq!(RedirectPayment::state_name(&history.state), "Expired");
}

#[test]
fn an_unmade_choice_runs_out() {
    run(vec![
        step("start", start(Flow::Generate, Opening::PayerChooses), 0, "AwaitingIssuerChoice", 0),
        step("too early", Input::DeadlineReached, TIMEOUT_MS - 1, "AwaitingIssuerChoice", 0),
        step("over", Input::DeadlineReached, TIMEOUT_MS, "Expired", 1),
        step("a late choice", Input::Choose { issuer: bank("BANK_A"), timeout_ms: 1 }, TIMEOUT_MS + 1, "Expired", 0),
    ]);
}

#[test]
fn clk_1_a_stale_request_resumes_but_never_starts() {
    let Input::Start(mut late) = start(Flow::Begin, chosen("BANK_A")) else { unreachable!() };
    late.stale = true;
    let mut history = History::default();
    assert_eq!(history.tell(&Input::Start(late.clone()), at(0)), Err(Rejection::Stale));
    history.tell(&start(Flow::Begin, chosen("BANK_A")), at(0)).unwrap();
    assert_eq!(history.tell(&Input::Start(late), at(10)), Err(Rejection::AlreadyStarted));
}

#[test]
fn nothing_can_be_asked_of_what_is_not_known() {
    let inputs = [
        Input::Visit,
        Input::Choose { issuer: bank("BANK_A"), timeout_ms: 1 },
        Input::Cancel,
        report("BANK_A", IssuerWord::Approved),
        Input::NeverSeen { issuer: bank("BANK_A") },
        Input::DeadlineReached,
        Input::AskStatus,
        Input::NotificationAccepted,
        refund_proof::order(10_000, "rf-1"),
        refund_proof::said(1, RefundWord::Pending),
        Input::RefundResultAccepted { number: 1 },
        Input::GiveBack { by: None },
        Input::LeaveToPerson,
        Input::AskNow,
        desk_proof::dealt(Attention::Contradiction),
    ];
    for input in inputs {
        assert_eq!(History::default().tell(&input, at(0)), Err(Rejection::Unknown), "{input:?}");
    }
}

fn any_word() -> impl Strategy<Value = IssuerWord> {
    prop_oneof![
        Just(IssuerWord::Approved),
        Just(IssuerWord::Pending),
        Just(IssuerWord::Cancelled(None)),
        prop_oneof![
            Just(Decline::InsufficientFunds),
            Just(Decline::OverLimit(inr(5_000_000))),
            Just(Decline::UnderLimit(None)),
            Just(Decline::CurrencyNotSupported),
            Just(Decline::Risk),
            Just(Decline::ByIssuer),
        ]
        .prop_map(declined),
    ]
}

fn any_input() -> impl Strategy<Value = Input> {
    let issuer = prop_oneof![4 => Just("BANK_A"), 1 => Just("BANK_B")];
    let opening = prop_oneof![
        Just(Opening::PayerChooses),
        Just(chosen("BANK_A")),
        Just(Opening::NobodyCan(Negative { decline: Decline::UnderLimit(None), raw: None })),
    ];
    let flow = prop_oneof![Just(Flow::Begin), Just(Flow::Generate)];
    prop_oneof![
        1 => (flow, opening).prop_map(|(flow, opening)| start(flow, opening)),
        2 => Just(Input::Visit),
        2 => issuer.clone().prop_map(|issuer| Input::Choose { issuer: bank(issuer), timeout_ms: TIMEOUT_MS }),
        1 => Just(Input::Cancel),
        5 => (issuer.clone(), any_word(), prop_oneof![4 => Just(109_900_000_i64), 1 => Just(5_i64)], 0..3_u8)
            .prop_map(|(issuer, word, micros, n)| report_of(issuer, word, micros, &format!("ref-{n}"))),
        1 => issuer.prop_map(|issuer| Input::NeverSeen { issuer: bank(issuer) }),
        2 => Just(Input::DeadlineReached),
        2 => Just(Input::AskStatus),
        1 => Just(Input::NotificationAccepted),
        5 => refund_property::any_refund_input(),
        1 => Just(Input::AskNow),
        1 => prop_oneof![Just(Attention::AmountDiffers), Just(Attention::PaidAfterClose), Just(Attention::Contradiction)]
            .prop_map(desk_proof::dealt),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever happens, in whatever order: one outcome, one notification that says it, every channel the same, the books
    /// balanced, and the journal folds to the snapshot.
    #[test]
    fn cmp_6_all_channels_agree_after_any_history(
        opening in any_input(),
        inputs in prop::collection::vec((any_input(), 0..900_000_i64), 0..40),
    ) {
        let mut history = History::default();
        let mut now = START;
        let mut told: Option<Outcome> = None;
        for (input, later) in std::iter::once((opening, 0)).chain(inputs) {
            now += later;
            let _asked = history.tell(&input, Timestamp::from_millis(now));
            if let Verdict::Final(outcome) = history.state.verdict() {
                let first = told.get_or_insert_with(|| outcome.clone());
                prop_assert_eq!(&*first, &outcome, "a terminal outcome never changes");
                prop_assert_eq!(history.notifications(), vec![&outcome], "C2 says it, once");
                if let Some(Standing { stage: Stage::Closed { outcome: shown, .. }, .. }) = history.state.standing(false) {
                    prop_assert_eq!(shown, outcome, "C1 says the same");
                }
            } else {
                prop_assert!(told.is_none(), "an outcome is never taken back");
                prop_assert!(history.notifications().is_empty(), "C2 never speaks of an open payment");
            }
        }
        let folded = history.journal.iter().fold(State::default(), RedirectPayment::apply);
        prop_assert_eq!(&folded, &history.state, "fold(journal) == snapshot");
        prop_assert_eq!(unbalanced_currency(&history.entries), None);
        prop_assert_eq!(history.balances(), refund_property::explained(&history.state), "every account is explained");
    }
}

#[test]
fn the_snapshot_is_small() {
    // An idle resident actor stays under 2 KiB; the snapshot is most of it (the terms are shared behind an Arc).
    assert!(size_of::<State>() + size_of::<Terms>() < 700, "{} + {}", size_of::<State>(), size_of::<Terms>());
    let _shared: Arc<Terms> = Arc::new(terms(Flow::Begin));
}
