//! Invoices for the proofs, and histories that are held to what always holds.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::*;
use crate::domain::booking::Dispute;
use crate::domain::{
    Account, Currency, Day, IssuerId, Language, LedgerEntry, Money, Record, TransactionId, UserName,
    unbalanced_currency,
};

/// When these histories begin: thirty days before the invoice is due.
pub(super) const NOW: Timestamp = Timestamp::from_secs(1_798_761_600);
pub(super) const TOTAL: i64 = 112_300_000;
pub(super) const GROUND: i64 = 6_900_000;
/// How long the asker of a charge waits.
pub(super) const WAIT_MS: i64 = 9_000;
pub(super) const DAY_MS: i64 = 86_400_000;

pub(super) fn usd(micros: i64) -> Money {
    Money::new(micros, Currency::parse("USD").unwrap())
}

pub(super) fn fiona() -> UserName {
    UserName::parse("fiona").unwrap()
}

pub(super) fn bank() -> IssuerId {
    IssuerId::parse("BANK_A").unwrap()
}

pub(super) fn content() -> Content {
    let line = |label: &str, micros| Line { label: label.into(), micros };
    Content {
        id: TransactionId::from_uuid(uuid::Uuid::from_u128(7)),
        reference: InvoiceReference::parse("INV-2019-0447").unwrap(),
        recipient: Recipient {
            name: "Dana Lindqvist".into(),
            email: "dana.lindqvist@fabrikat.example".into(),
            language: Language::English,
        },
        lines: vec![line("Torque wrench", 84_500_000), line("Calibration certificate", 19_000_000)],
        tax_micros: Some(8_800_000),
        total: usd(TOTAL),
        due: Day::of(NOW).plus_days(30),
        shipping: Vec::new(),
        nonce: "p3Vq9sXw2LkT".into(),
        created_at: NOW,
    }
}

/// The same with goods to send, to the United States alone.
pub(super) fn shipped() -> Content {
    let ground =
        ShippingWay { id: "ground".into(), label: "Ground".into(), micros: GROUND, countries: vec!["US".into()] };
    Content { shipping: vec![ground], ..content() }
}

pub(super) fn by_card(token: u8, now: Timestamp) -> CardOrder {
    CardOrder {
        digest: [token; 32],
        approved: usd(TOTAL),
        address: None,
        way: None,
        payer: Payer::default(),
        answer_by: now.plus_millis(WAIT_MS),
    }
}

pub(super) fn pay(token: u8, now: Timestamp) -> Input {
    Input::PayByCard(Box::new(by_card(token, now)))
}

pub(super) fn at_bank() -> Input {
    let issuer = Some((bank(), 1_800_000));
    Input::PayByRedirect(Box::new(RedirectOrder { issuer, address: None, way: None, payer: Payer::default() }))
}

pub(super) fn charged(attempt: u32, intent: &str) -> Input {
    Input::Charged { attempt, outcome: CardOutcome::Succeeded { intent: intent.into() } }
}

pub(super) fn declined(attempt: u32) -> Input {
    let declined = Declined { code: "insufficient_funds".into(), of_card: true };
    Input::Charged { attempt, outcome: CardOutcome::Declined(declined) }
}

/// A history: every decision is applied; rejections change nothing. Each step is held to what always holds.
#[derive(Default, Clone)]
pub(super) struct History {
    pub(super) state: State,
    pub(super) journal: Vec<Event>,
    pub(super) effects: Vec<Effect>,
    pub(super) entries: Vec<LedgerEntry>,
    pub(super) records: Vec<Record>,
}

impl History {
    pub(super) fn tell(&mut self, input: &Input, now: Timestamp) -> Result<Reply, Rejection> {
        let decision = Invoice::decide(&self.state, input, now)?;
        assert!(decision.effects.len() <= decision.events.len(), "an effect needs an event of its own: {input:?}");
        assert_eq!(unbalanced_currency(&decision.entries), None, "{input:?}");
        self.state = decision.events.iter().fold(std::mem::take(&mut self.state), Invoice::apply);
        self.journal.extend(decision.events);
        self.effects.extend(decision.effects);
        self.entries.extend(decision.entries);
        self.records.extend(decision.records);
        let replayed = self.journal.iter().fold(State::default(), Invoice::apply);
        assert_eq!(replayed, self.state, "the journal tells the snapshot: {input:?}");
        let keys: BTreeSet<String> = self.effects.iter().map(Invoice::idempotency_key).collect();
        assert_eq!(keys.len(), self.effects.len(), "every effect has a key of its own: {input:?}");
        assert_eq!(self.balances(), explained(&self.state), "the books follow from the snapshot: {input:?}");
        assert_eq!(self.listed(), Some(Invoice::state_name(&self.state)), "{input:?}");
        let paid = self.journal.iter().filter(|event| matches!(event, Event::Paid(_))).count();
        assert!(paid <= 1, "paid once: {input:?}");
        Ok(decision.reply)
    }

    pub(super) fn of(content: Content) -> Self {
        let mut history = Self::default();
        history.tell(&Input::Create(Arc::new(content)), NOW).unwrap();
        history
    }

    /// An invoice that was mailed.
    pub(super) fn sent() -> Self {
        let mut history = Self::of(content());
        history.tell(&Input::Send, NOW).unwrap();
        history.tell(&Input::Mailed { number: 1 }, NOW).unwrap();
        history
    }

    /// After these inputs.
    pub(super) fn after(mut self, inputs: &[Input]) -> Self {
        for input in inputs {
            self.tell(input, NOW).unwrap();
        }
        self
    }

    fn listed(&self) -> Option<&'static str> {
        let state = |record: &Record| match record {
            Record::InvoiceListed(listed) => Some(listed.state),
            _ => None,
        };
        self.records.iter().rev().find_map(state)
    }

    pub(super) fn balances(&self) -> BTreeMap<Account, i64> {
        let mut sums = BTreeMap::new();
        for entry in &self.entries {
            *sums.entry(entry.account.clone()).or_default() += entry.amount.micros();
        }
        sums.retain(|_, micros| *micros != 0);
        sums
    }

    /// What was mailed, in order.
    pub(super) fn letters(&self) -> Vec<Letter> {
        let letter = |effect: &Effect| match effect {
            Effect::Mail { letter, .. } => Some(*letter),
            Effect::Charge { .. }
            | Effect::RefundCard { .. }
            | Effect::StartPayment { .. }
            | Effect::RefundPayment { .. } => None,
        };
        self.effects.iter().filter_map(letter).collect()
    }
}

/// What every account comes to, told from the snapshot alone. Accounts at zero are left out.
fn explained(state: &State) -> BTreeMap<Account, i64> {
    let (mut held, mut owed, mut refunds, mut open, mut disputed) = (0, 0, 0, 0, 0);
    if let State::Paid(paid) = state {
        let micros = paid.payment.order.total.micros();
        match paid.payment.via {
            Via::Card { .. } => (held, owed) = (held + micros, owed - micros),
            Via::Transfer { .. } => (open, owed) = (open + micros, owed - micros),
            Via::Redirect { .. } => {}
        }
        for Dispute { amount, standing, .. } in &paid.disputes {
            let micros = amount.micros();
            match standing {
                DisputeStanding::Open => (held, disputed) = (held - micros, disputed + micros),
                DisputeStanding::Lost => (held, owed) = (held - micros, owed + micros),
                DisputeStanding::Won => {}
            }
        }
    }
    for refund in state.past().map(|past| past.refunds.as_slice()).unwrap_or_default() {
        let micros = match refund.of {
            Source::Card { .. } => refund.amount.micros(),
            Source::Redirect { .. } => 0,
        };
        if refund.late {
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
        (Account::PayableToBiller, owed),
        (Account::ProcessorRefunds, refunds),
        (Account::Suspense, open),
        (Account::Disputed, disputed),
    ];
    accounts.into_iter().filter(|(_, micros)| *micros != 0).collect()
}
