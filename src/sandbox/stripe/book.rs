//! What the processor remembers, and how it looks in its answers.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::cards::Manner;
use crate::sandbox::journal;

pub(super) type Metadata = BTreeMap<String, String>;

/// A card that can be charged.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Method {
    pub(super) id: String,
    pub(super) brand: String,
    pub(super) last4: String,
    pub(super) manner: Manner,
    pub(super) customer: Option<String>,
    /// The payer has proved once who they are: charges without them work.
    pub(super) proved: bool,
    /// Charged without a customer: it cannot be used again.
    pub(super) spent: bool,
    pub(super) created: i64,
}

impl Method {
    pub(super) fn json(&self) -> Value {
        json!({
            "id": self.id, "object": "payment_method", "type": "card", "created": self.created, "livemode": false,
            "customer": self.customer, "metadata": {},
            "card": {"brand": self.brand, "last4": self.last4, "exp_month": 12, "exp_year": 2040, "country": "US",
                     "funding": "credit"},
        })
    }
}

/// Whose cards are kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Customer {
    pub(super) id: String,
    pub(super) metadata: Metadata,
    pub(super) created: i64,
}

impl Customer {
    pub(super) fn json(&self) -> Value {
        json!({"id": self.id, "object": "customer", "created": self.created, "livemode": false,
               "metadata": self.metadata})
    }
}

/// Why an intent needs another card.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Failure {
    pub(super) code: String,
    pub(super) decline_code: Option<String>,
}

impl Failure {
    pub(super) fn json(&self) -> Value {
        json!({"type": "card_error", "code": self.code, "decline_code": self.decline_code,
               "message": "Your card was declined."})
    }
}

/// A payment.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Intent {
    pub(super) id: String,
    pub(super) amount: i64,
    pub(super) currency: String,
    pub(super) status: String,
    pub(super) manual: bool,
    pub(super) off_session: bool,
    pub(super) keeps: bool,
    pub(super) received: i64,
    pub(super) method: Option<String>,
    pub(super) customer: Option<String>,
    pub(super) charge: Option<String>,
    pub(super) metadata: Metadata,
    pub(super) description: Option<String>,
    pub(super) return_url: Option<String>,
    pub(super) failure: Option<Failure>,
    pub(super) created: i64,
}

/// The keeping of a card.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Setup {
    pub(super) id: String,
    pub(super) status: String,
    pub(super) usage: String,
    pub(super) method: Option<String>,
    pub(super) customer: Option<String>,
    pub(super) metadata: Metadata,
    pub(super) return_url: Option<String>,
    pub(super) failure: Option<Failure>,
    pub(super) created: i64,
}

/// Where the payer goes to prove who they are.
fn next_action(origin: &str, status: &str, (id, return_url): (&str, Option<&str>)) -> Value {
    if status != "requires_action" {
        return Value::Null;
    }
    let url = format!("{origin}/challenge/{id}");
    json!({"type": "redirect_to_url", "redirect_to_url": {"url": url, "return_url": return_url}})
}

impl Intent {
    pub(super) fn json(&self, origin: &str) -> Value {
        json!({
            "id": self.id, "object": "payment_intent", "amount": self.amount, "currency": self.currency,
            "status": self.status, "created": self.created, "livemode": false,
            "capture_method": if self.manual { "manual" } else { "automatic" },
            "amount_received": self.received,
            "amount_capturable": if self.status == "requires_capture" { self.amount } else { 0 },
            "payment_method": self.method, "payment_method_types": ["card"], "customer": self.customer,
            "latest_charge": self.charge, "metadata": self.metadata, "description": self.description,
            "setup_future_usage": self.keeps.then_some("off_session"),
            "next_action": next_action(origin, &self.status, (&self.id, self.return_url.as_deref())),
            "last_payment_error": self.failure.as_ref().map(Failure::json),
        })
    }
}

impl Setup {
    pub(super) fn json(&self, origin: &str) -> Value {
        json!({
            "id": self.id, "object": "setup_intent", "status": self.status, "usage": self.usage,
            "created": self.created, "livemode": false, "payment_method": self.method,
            "payment_method_types": ["card"], "customer": self.customer, "metadata": self.metadata,
            "next_action": next_action(origin, &self.status, (&self.id, self.return_url.as_deref())),
            "last_setup_error": self.failure.as_ref().map(Failure::json),
        })
    }
}

/// Money given back.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Refund {
    pub(super) id: String,
    pub(super) intent: String,
    pub(super) amount: i64,
    pub(super) currency: String,
    pub(super) status: String,
    pub(super) failure_reason: Option<String>,
    pub(super) metadata: Metadata,
    pub(super) created: i64,
}

impl Refund {
    pub(super) fn json(&self) -> Value {
        json!({"id": self.id, "object": "refund", "payment_intent": self.intent, "amount": self.amount,
               "currency": self.currency, "status": self.status, "failure_reason": self.failure_reason,
               "metadata": self.metadata, "created": self.created})
    }

    /// Whether the money has left, or is about to.
    pub(super) fn counts(&self) -> bool {
        !matches!(self.status.as_str(), "failed" | "canceled")
    }
}

/// A charge that its payer disputes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Dispute {
    pub(super) id: String,
    pub(super) intent: String,
    pub(super) amount: i64,
    pub(super) currency: String,
    pub(super) status: String,
    pub(super) created: i64,
}

impl Dispute {
    pub(super) fn json(&self) -> Value {
        json!({"id": self.id, "object": "dispute", "payment_intent": self.intent, "amount": self.amount,
               "currency": self.currency, "status": self.status, "reason": "fraudulent", "created": self.created})
    }
}

/// Money sent to the bank.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Payout {
    pub(super) id: String,
    pub(super) amount: i64,
    pub(super) currency: String,
    pub(super) status: String,
    pub(super) created: i64,
}

impl Payout {
    pub(super) fn json(&self) -> Value {
        json!({"id": self.id, "object": "payout", "amount": self.amount, "currency": self.currency,
               "status": self.status, "arrival_date": self.created + 2 * 86_400, "created": self.created})
    }
}

/// The answer that a key gets from now on.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Remembered {
    pub(super) key: String,
    /// Of path and fields.
    pub(super) fingerprint: String,
    pub(super) status: u16,
    pub(super) body: Value,
}

/// An event on its way.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Event {
    pub(super) id: String,
    pub(super) body: String,
}

/// A line of the journal: an object as it stands from now on.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Record {
    Token(String),
    Method(Method),
    Customer(Customer),
    Intent(Intent),
    Setup(Setup),
    Refund(Refund),
    Dispute(Dispute),
    Payout(Payout),
    Remembered(Remembered),
    Event(Event),
    Delivered(String),
}

/// Objects of one kind, by id, and the order in which they were made.
pub(super) struct Shelf<T> {
    by_id: BTreeMap<String, T>,
    order: Vec<String>,
}

impl<T> Default for Shelf<T> {
    fn default() -> Self {
        Self { by_id: BTreeMap::new(), order: Vec::new() }
    }
}

impl<T> Shelf<T> {
    fn put(&mut self, id: String, object: T) {
        if self.by_id.insert(id.clone(), object).is_none() {
            self.order.push(id);
        }
    }

    pub(super) fn get(&self, id: &str) -> Option<&T> {
        self.by_id.get(id)
    }

    /// The newest first.
    pub(super) fn latest(&self) -> impl Iterator<Item = &T> {
        self.order.iter().rev().filter_map(|id| self.by_id.get(id))
    }
}

/// All of it.
#[derive(Default)]
pub(super) struct Book {
    /// One-time tokens that were used.
    pub(super) tokens: BTreeSet<String>,
    pub(super) methods: Shelf<Method>,
    pub(super) customers: Shelf<Customer>,
    pub(super) intents: Shelf<Intent>,
    pub(super) setups: Shelf<Setup>,
    pub(super) refunds: Shelf<Refund>,
    pub(super) disputes: Shelf<Dispute>,
    pub(super) payouts: Shelf<Payout>,
    pub(super) remembered: BTreeMap<String, Remembered>,
    /// Not delivered yet.
    pub(super) events: BTreeMap<String, Event>,
}

impl journal::Book for Book {
    type Record = Record;

    fn apply(&mut self, record: Record) {
        match record {
            Record::Token(token) => {
                self.tokens.insert(token);
            }
            Record::Method(method) => self.methods.put(method.id.clone(), method),
            Record::Customer(customer) => self.customers.put(customer.id.clone(), customer),
            Record::Intent(intent) => self.intents.put(intent.id.clone(), intent),
            Record::Setup(setup) => self.setups.put(setup.id.clone(), setup),
            Record::Refund(refund) => self.refunds.put(refund.id.clone(), refund),
            Record::Dispute(dispute) => self.disputes.put(dispute.id.clone(), dispute),
            Record::Payout(payout) => self.payouts.put(payout.id.clone(), payout),
            Record::Remembered(remembered) => {
                self.remembered.insert(remembered.key.clone(), remembered);
            }
            Record::Event(event) => {
                self.events.insert(event.id.clone(), event);
            }
            Record::Delivered(id) => {
                self.events.remove(&id);
            }
        }
    }
}

impl Book {
    /// What was given back of a payment, or is about to be.
    pub(super) fn given_back(&self, intent: &str) -> i64 {
        self.refunds.latest().filter(|refund| refund.intent == intent && refund.counts()).map(|r| r.amount).sum()
    }

    /// What would go to the bank now, per currency: taken, less given back, disputed and sent already.
    pub(super) fn balances(&self) -> BTreeMap<String, i64> {
        let mut sums = BTreeMap::new();
        let mut add = |currency: &str, amount: i64| *sums.entry(currency.to_owned()).or_insert(0) += amount;
        self.intents.latest().for_each(|intent| add(&intent.currency, intent.received));
        self.refunds.latest().filter(|refund| refund.counts()).for_each(|r| add(&r.currency, -r.amount));
        self.disputes.latest().filter(|dispute| dispute.status != "won").for_each(|d| add(&d.currency, -d.amount));
        self.payouts.latest().filter(|payout| payout.status == "paid").for_each(|p| add(&p.currency, -p.amount));
        sums.retain(|_, sum| *sum != 0);
        sums
    }
}
