//! What the issuers remember.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::words::{Outcome, Word};
use crate::domain::Timestamp;
use crate::sandbox::journal;

/// One payment of one issuer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Key {
    pub(super) issuer: String,
    pub(super) transaction_id: String,
}

/// A payment that a payer has brought here.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Payment {
    pub(super) key: Key,
    /// This issuer's own reference of the payment.
    pub(super) reference: String,
    pub(super) amount_micros: i64,
    pub(super) currency: String,
    pub(super) description: String,
    pub(super) return_url: String,
    pub(super) seen_ms: i64,
    /// The authorize link's `exp`: an undecided payment is cancelled then.
    pub(super) expires_ms: i64,
    #[serde(default)]
    pub(super) word: Option<Word>,
    #[serde(default)]
    pub(super) later: Option<Later<Word>>,
}

/// A decision that takes its time.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Later<T> {
    pub(super) due_ms: i64,
    pub(super) then: T,
}

impl Payment {
    /// The word for anyone who asks: nothing decided is pending.
    pub(super) fn word(&self) -> Word {
        self.word.clone().unwrap_or_else(|| Word::of(Outcome::Pending, self.amount_micros))
    }

    /// Whether the word is the last one.
    pub(super) fn is_final(&self) -> bool {
        self.word.as_ref().is_some_and(|word| word.outcome != Outcome::Pending)
    }

    /// The fields that status answer and event share.
    pub(super) fn answer(&self) -> Value {
        let word = self.word();
        let mut answer = json!({
            "transactionId": self.key.transaction_id,
            "outcome": word.outcome.as_str(),
            "issuerReference": self.reference,
            "amountMicros": word.amount_micros.to_string(),
            "currency": self.currency,
        });
        put(&mut answer, "reason", word.reason);
        put(&mut answer, "rawCode", word.raw_code);
        answer
    }
}

fn put(object: &mut Value, name: &str, value: Option<String>) {
    if let (Some(members), Some(text)) = (object.as_object_mut(), value) {
        members.insert(name.to_owned(), Value::String(text));
    }
}

/// How a refund ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum RefundOutcome {
    Refunded,
    Refused(String),
    Pending,
}

/// A refund that the integrator has asked for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Refund {
    pub(super) key: Key,
    /// `refundId`.
    pub(super) id: String,
    pub(super) issuer_reference: String,
    pub(super) amount_micros: i64,
    pub(super) currency: String,
    pub(super) reference: String,
    pub(super) at_ms: i64,
    pub(super) outcome: RefundOutcome,
    #[serde(default)]
    pub(super) later: Option<Later<RefundOutcome>>,
}

impl Refund {
    /// The refund answer of contract section 5.
    pub(super) fn answer(&self) -> Value {
        let (outcome, reason) = match &self.outcome {
            RefundOutcome::Refunded => ("refunded", None),
            RefundOutcome::Refused(reason) => ("refused", Some(reason.clone())),
            RefundOutcome::Pending => ("pending", None),
        };
        let mut answer = json!({
            "refundId": self.id,
            "outcome": outcome,
            "issuerRefundReference": self.reference,
        });
        put(&mut answer, "reason", reason);
        answer
    }
}

/// How coming refunds end.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum RefundPolicy {
    /// By the whole units of the amount: ending in 13 refused, ending in 17 pending for five seconds, otherwise refunded.
    #[default]
    ByAmount,
    Refunded,
    Refused(String),
    /// Refunded after so many milliseconds.
    Pending(i64),
}

impl RefundPolicy {
    /// What becomes of a refund of `amount_micros` that is asked for at `now`.
    pub(super) fn judge(&self, amount_micros: i64, now: Timestamp) -> (RefundOutcome, Option<Later<RefundOutcome>>) {
        let pending = |millis: i64| {
            let later = Later { due_ms: now.plus_millis(millis).as_millis(), then: RefundOutcome::Refunded };
            (RefundOutcome::Pending, Some(later))
        };
        match self {
            Self::ByAmount => match amount_micros / 1_000_000 % 100 {
                13 => (RefundOutcome::Refused("account_closed".to_owned()), None),
                17 => pending(5_000),
                _ => (RefundOutcome::Refunded, None),
            },
            Self::Refunded => (RefundOutcome::Refunded, None),
            Self::Refused(reason) => (RefundOutcome::Refused(reason.clone()), None),
            Self::Pending(millis) => pending(*millis),
        }
    }
}

/// An event on its way to the integrator; its id stays the same on every attempt.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Event {
    /// `webhook-id`.
    pub(super) id: String,
    pub(super) issuer: String,
    pub(super) body: String,
    pub(super) at_ms: i64,
}

/// A line of the journal.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Record {
    Seen(Payment),
    Decided { key: Key, word: Word, later: Option<Later<Word>>, event: Option<Event> },
    RefundAsked(Refund),
    RefundDecided { refund_id: String, issuer: String, outcome: RefundOutcome, event: Event },
    RefundPolicy(RefundPolicy),
    Delivered { event: String },
}

/// All of it.
#[derive(Default)]
pub(super) struct Book {
    pub(super) payments: BTreeMap<Key, Payment>,
    /// By issuer and refund id.
    pub(super) refunds: BTreeMap<(String, String), Refund>,
    pub(super) policy: RefundPolicy,
    /// Not delivered yet, by event id.
    pub(super) events: BTreeMap<String, Event>,
}

impl journal::Book for Book {
    type Record = Record;

    fn apply(&mut self, record: Record) {
        match record {
            Record::Seen(payment) => {
                self.payments.insert(payment.key.clone(), payment);
            }
            Record::Decided { key, word, later, event } => {
                if let Some(payment) = self.payments.get_mut(&key) {
                    payment.word = Some(word);
                    payment.later = later;
                }
                self.events.extend(event.map(|event| (event.id.clone(), event)));
            }
            Record::RefundAsked(refund) => {
                self.refunds.insert((refund.key.issuer.clone(), refund.id.clone()), refund);
            }
            Record::RefundDecided { refund_id, issuer, outcome, event } => {
                if let Some(refund) = self.refunds.get_mut(&(issuer, refund_id)) {
                    refund.outcome = outcome;
                    refund.later = None;
                }
                self.events.insert(event.id.clone(), event);
            }
            Record::RefundPolicy(policy) => self.policy = policy,
            Record::Delivered { event } => {
                self.events.remove(&event);
            }
        }
    }
}

impl Book {
    /// What the payer paid here and has not been given back, refunds under way counted as given.
    pub(super) fn refundable_micros(&self, key: &Key) -> i64 {
        let paid = self.payments.get(key).map(Payment::word).filter(|word| word.outcome == Outcome::Approved);
        let given: i64 = self
            .refunds
            .values()
            .filter(|refund| refund.key == *key && !matches!(refund.outcome, RefundOutcome::Refused(_)))
            .map(|refund| refund.amount_micros)
            .sum();
        paid.map_or(0, |word| word.amount_micros.saturating_sub(given))
    }
}

/// The event about a payment as `payment` now stands.
pub(super) fn payment_event(payment: &Payment, now: Timestamp) -> Event {
    event("payment.updated", &payment.key.issuer, payment.answer(), now)
}

/// The event about a refund as `refund` now stands.
pub(super) fn refund_event(refund: &Refund, now: Timestamp) -> Event {
    event("refund.updated", &refund.key.issuer, refund.answer(), now)
}

fn event(kind: &str, issuer: &str, mut body: Value, now: Timestamp) -> Event {
    put(&mut body, "type", Some(kind.to_owned()));
    Event {
        id: format!("evt_{}", crate::crypto::random_token()),
        issuer: issuer.to_owned(),
        body: body.to_string(),
        at_ms: now.as_millis(),
    }
}
