//! Bookings for the proofs: what is agreed, and histories that are held to what always holds.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::*;
use crate::domain::catalog::{
    ConfirmationMode, Deposit, DepositDue, MerchantId, NoShowFee, OptionKind, PaymentOptionId, PriceType, ServiceId,
    SlotId, SlotKey, Terms,
};
use crate::domain::{Account, Currency, LedgerEntry, Money, Record, TransactionId, unbalanced_currency};

/// When the slot begins.
pub(super) const START_S: i64 = 1_900_000_000;
/// Until when the user may cancel online: four hours before.
pub(super) const CANCEL_BY_S: i64 = START_S - 14_400;
/// Until when the deposit goes back: one hour before.
pub(super) const REFUND_BY_S: i64 = START_S - 3_600;
/// When a later deposit is charged: two days before.
pub(super) const DEPOSIT_S: i64 = START_S - 2 * 86_400;
/// When these histories begin: a week before the slot.
pub(super) const NOW: Timestamp = Timestamp::from_secs(START_S - 7 * 86_400);

/// How long the asker waits.
pub(super) const WAIT_MS: i64 = 2_500;
pub(super) const PRICE: i64 = 200_000_000;
pub(super) const FULL: i64 = 213_500_000;
pub(super) const DEPOSIT: i64 = 25_000_000;
pub(super) const FEE: i64 = 40_000_000;

pub(super) fn usd(micros: i64) -> Money {
    Money::new(micros, Currency::parse("USD").unwrap())
}

pub(super) fn id(number: u128) -> TransactionId {
    TransactionId::from_uuid(uuid::Uuid::from_u128(number))
}

pub(super) fn merchant() -> MerchantId {
    MerchantId::parse("spa-1").unwrap()
}

pub(super) fn secs(second: i64) -> Timestamp {
    Timestamp::from_secs(second)
}

/// Pay on arrival.
pub(super) fn on_arrival() -> Terms {
    Terms {
        price: Some(usd(PRICE)),
        tax: Some(usd(FULL - PRICE)),
        prepaid: false,
        bought: None,
        deposit: None,
        no_show_fee: None,
        card_required: false,
        cancel_by_s: CANCEL_BY_S,
        refund_by_s: REFUND_BY_S,
        party_size: None,
    }
}

pub(super) fn prepaid() -> Terms {
    Terms { prepaid: true, ..on_arrival() }
}

pub(super) fn with_deposit(charged_from_s: Option<i64>) -> Terms {
    let deposit = Deposit { amount: usd(DEPOSIT), refund_before_s: 3_600, price_type: PriceType::Fixed };
    Terms { deposit: Some(DepositDue { deposit, charged_from_s }), ..on_arrival() }
}

pub(super) fn with_fee() -> Terms {
    Terms { no_show_fee: Some(NoShowFee { amount: usd(FEE), price_type: PriceType::Fixed }), ..on_arrival() }
}

pub(super) fn agreed(terms: Terms) -> Agreement {
    Agreement {
        id: id(7),
        slot: SlotId {
            merchant: merchant(),
            service: ServiceId::parse("full").unwrap(),
            start_s: START_S,
            duration_s: 5_400,
            staff: None,
            room: None,
            party_size: None,
        },
        slot_key: SlotKey::from_uuid(uuid::Uuid::from_u128(1)),
        slot_echo: "{}".into(),
        confirmation: ConfirmationMode::Synchronous,
        guest: Guest { user_id: "u-55".into(), name: "Ada".into(), telephone: "+1".into(), email: None, wish: None },
        terms,
        payment_echo: "{}".into(),
        networks: None,
        pack: None,
    }
}

pub(super) fn pack(bought: bool) -> PackUse {
    PackUse {
        id: "upo-1".into(),
        option: PaymentOptionId::parse("pack").unwrap(),
        kind: OptionKind::MultiUse { sessions: 5 },
        original: 5,
        before: 5,
        bought,
        valid_from_s: None,
        valid_until_s: None,
    }
}

/// A request with a token, whose asker waits from `now` on.
pub(super) fn ask(agreement: Agreement, now: Timestamp) -> Request {
    Request {
        agreement: Arc::new(agreement),
        stated: Stated::default(),
        token: Some([1; 32]),
        chargeable: true,
        resumes: None,
        answer_by: now.plus_millis(WAIT_MS),
        opens_s: None,
        closes_s: START_S,
    }
}

/// What a processor that does as it is told gives back.
pub(super) fn receipt(terms: &Terms, intent: &str) -> Receipt {
    let vault = terms.keeps_card().then(|| SealedCard("sealed".into()));
    Receipt { transaction_id: intent.into(), charged: terms.due_now(), vault }
}

pub(super) fn declined() -> Outcome {
    Outcome::Refused(Failure::new(FailureCause::CardDeclined, "insufficient_funds"))
}

pub(super) fn challenged(intent: &str) -> Outcome {
    Outcome::Challenged(Challenge { acs_url: "https://acs.example.com/c".into(), intent: intent.into() })
}

/// A history: every decision is applied; rejections change nothing. Each step is held to what always holds.
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
        let decision = Booking::decide(&self.state, input, now)?;
        assert!(decision.effects.len() <= decision.events.len(), "an effect needs an event of its own: {input:?}");
        assert_eq!(unbalanced_currency(&decision.entries), None, "{input:?}");
        self.state = decision.events.iter().fold(std::mem::take(&mut self.state), Booking::apply);
        self.journal.extend(decision.events);
        self.effects.extend(decision.effects);
        self.entries.extend(decision.entries);
        self.records.extend(decision.records);
        let keys: BTreeSet<String> = self.effects.iter().map(Booking::idempotency_key).collect();
        assert_eq!(keys.len(), self.effects.len(), "every effect has a key of its own: {input:?}");
        assert_eq!(self.balances(), explained(&self.state), "the books follow from the snapshot: {input:?}");
        assert_eq!(self.spots(), i64::from(self.state.slot_held().is_some()), "{input:?}");
        assert_eq!(self.packs(), i64::from(uses_pack(&self.state)), "{input:?}");
        Ok(decision.reply)
    }

    pub(super) fn create(&mut self, request: Request, now: Timestamp) -> Reply {
        self.tell(&Input::Create(Box::new(request)), now).unwrap()
    }

    /// The outcome of the present attempt.
    pub(super) fn outcome(&mut self, outcome: Outcome, now: Timestamp) -> Reply {
        self.tell(&Input::Paid { attempt: self.state.past().attempts, outcome }, now).unwrap()
    }

    /// A booking on these terms, paid as agreed.
    pub(super) fn booked(terms: Terms) -> Self {
        Self::booked_as(agreed(terms))
    }

    pub(super) fn booked_as(agreement: Agreement) -> Self {
        let mut history = Self::default();
        let terms = agreement.terms.clone();
        history.create(ask(agreement, NOW), NOW);
        if terms.needs_token() {
            history.outcome(Outcome::Succeeded(receipt(&terms, "pi-1")), NOW.plus_millis(WAIT_MS));
        }
        history
    }

    pub(super) fn booking(&self) -> &Booked {
        let State::Booked(booked) = &self.state else { panic!("not booked: {:?}", self.state) };
        booked
    }

    pub(super) fn balance(&self, account: &Account) -> i64 {
        self.balances().get(account).copied().unwrap_or_default()
    }

    /// What the ledger's accounts come to. Accounts at zero are left out.
    pub(super) fn balances(&self) -> BTreeMap<Account, i64> {
        let mut sums = BTreeMap::new();
        for entry in &self.entries {
            *sums.entry(entry.account.clone()).or_default() += entry.amount.micros();
        }
        sums.retain(|_, micros| *micros != 0);
        sums
    }

    /// Spots taken and not given back, of whatever slot.
    pub(super) fn spots(&self) -> i64 {
        let mut held = BTreeMap::<SlotKey, i64>::new();
        for record in &self.records {
            match record {
                Record::SpotTaken(spot) => *held.entry(spot.slot).or_default() += 1,
                Record::SpotReleased(spot) => *held.entry(spot.slot).or_default() -= 1,
                _ => {}
            }
        }
        assert!(held.values().all(|count| (0..=1).contains(count)), "no spot is taken twice or released untaken");
        held.values().sum()
    }

    /// Uses of packs taken and not given back.
    pub(super) fn packs(&self) -> i64 {
        let count = |record: &Record| match record {
            Record::PackBought { .. } | Record::PackUsed(_) => 1,
            Record::PackReturned(_) => -1,
            _ => 0,
        };
        self.records.iter().map(count).sum()
    }

    /// What Google was told, in order.
    pub(super) fn told(&self) -> Vec<(Why, BookingStatus, Option<PrepaymentStatus>)> {
        let told = |effect: &Effect| match effect {
            Effect::Tell(notice) => Some((notice.why, notice.status, notice.prepayment.as_ref().map(|(how, _)| *how))),
            Effect::Pay { .. } | Effect::Abandon { .. } | Effect::Collect { .. } | Effect::Refund { .. } => None,
        };
        self.effects.iter().filter_map(told).collect()
    }

    /// The refunds that the processor was asked for: number, try and amount.
    pub(super) fn given_back(&self) -> Vec<(u32, u32, i64)> {
        let asked = |effect: &Effect| match effect {
            Effect::Refund { number, tries, charge, .. } => Some((*number, *tries, charge.amount.micros())),
            Effect::Pay { .. } | Effect::Abandon { .. } | Effect::Collect { .. } | Effect::Tell(_) => None,
        };
        self.effects.iter().filter_map(asked).collect()
    }

    /// The attempts that the processor was asked for, and how they are paid.
    pub(super) fn attempts(&self) -> Vec<(u32, Means)> {
        let asked = |effect: &Effect| match effect {
            Effect::Pay { attempt, means, .. } => Some((*attempt, means.clone())),
            Effect::Abandon { .. } | Effect::Collect { .. } | Effect::Refund { .. } | Effect::Tell(_) => None,
        };
        self.effects.iter().filter_map(asked).collect()
    }

    /// What the kept card was to be charged: what for, the try, the amount.
    pub(super) fn collections(&self) -> Vec<(Collecting, u32, i64)> {
        let asked = |effect: &Effect| match effect {
            Effect::Collect { what, number, amount, .. } => Some((*what, *number, amount.micros())),
            Effect::Pay { .. } | Effect::Abandon { .. } | Effect::Refund { .. } | Effect::Tell(_) => None,
        };
        self.effects.iter().filter_map(asked).collect()
    }

    /// The transactions that were given up.
    pub(super) fn abandoned(&self) -> Vec<Arc<str>> {
        let asked = |effect: &Effect| match effect {
            Effect::Abandon { intent, .. } => Some(intent.clone()),
            Effect::Pay { .. } | Effect::Collect { .. } | Effect::Refund { .. } | Effect::Tell(_) => None,
        };
        self.effects.iter().filter_map(asked).collect()
    }
}

/// Whether a pack counts this booking's visit.
fn uses_pack(state: &State) -> bool {
    let used = state.slot_held().and(state.agreement()).and_then(|agreement| agreement.pack.as_ref());
    used.is_some_and(|pack| !pack.bought || matches!(state, State::Booked(_)))
}

/// What every account comes to, told from the snapshot alone. Accounts at zero are left out.
pub(super) fn explained(state: &State) -> BTreeMap<Account, i64> {
    let (mut held, mut owed, mut refunds, mut open, mut disputed) = (0, 0, 0, 0, 0);
    if let State::Unclaimed(unclaimed) = state {
        let micros = unclaimed.receipt.charged.map_or(0, |amount| amount.micros());
        (held, open) = (held + micros, open - micros);
    }
    if let State::Booked(booked) = state {
        let fee = match &booked.fee {
            Fee::Charged(charge) => Some(charge),
            Fee::Nothing | Fee::Charging { .. } | Fee::Declined { .. } => None,
        };
        for charge in booked.charge.iter().chain(fee) {
            (held, owed) = (held + charge.amount.micros(), owed - charge.amount.micros());
        }
        for dispute in &booked.disputes {
            let micros = dispute.amount.micros();
            match dispute.standing {
                DisputeStanding::Open => (held, disputed) = (held - micros, disputed + micros),
                DisputeStanding::Lost => (held, owed) = (held - micros, owed + micros),
                DisputeStanding::Won => {}
            }
        }
    }
    for dispute in state.past().disputes {
        let micros = dispute.amount.micros();
        match dispute.standing {
            DisputeStanding::Open => (held, disputed) = (held - micros, disputed + micros),
            DisputeStanding::Lost => (held, open) = (held - micros, open + micros),
            DisputeStanding::Won => {}
        }
    }
    for refund in state.past().refunds {
        let micros = refund.charge.amount.micros();
        if refund.orphan {
            held += micros;
        } else {
            owed += micros;
        }
        match refund.standing {
            RefundStanding::Done { .. } => held -= micros,
            RefundStanding::InFlight | RefundStanding::Failed { .. } => refunds -= micros,
        }
    }
    let accounts = [
        (Account::ProcessorReceivable, held),
        (Account::PayableToMerchant(merchant()), owed),
        (Account::ProcessorRefunds, refunds),
        (Account::Suspense, open),
        (Account::Disputed, disputed),
    ];
    accounts.into_iter().filter(|(_, micros)| *micros != 0).collect()
}
