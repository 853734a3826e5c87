//! What the processor tells us by itself (contract section 3, `POST /processor/stripe/events`).

use serde::Deserialize;

use super::amount::money;
use super::wire::Reference;
use crate::crypto::{StripeEventKey, WebhookError};
use crate::domain::{Money, Timestamp};

/// A received event, not yet verified.
#[derive(Debug, Clone, Copy)]
pub struct UnverifiedEvent<'a> {
    /// `Stripe-Signature`.
    pub signature: &'a str,
    /// The body as received.
    pub body: &'a [u8],
}

/// Why an event is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EventError {
    /// Not genuine.
    #[error("event refused: {0}")]
    Refused(#[from] WebhookError),
    /// Genuine, and not what such an event looks like.
    #[error("event not understood: {0}")]
    Invalid(&'static str),
}

/// Something that happened at the processor. It may come more than once, and in any order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProcessorEvent {
    /// `evt_…`: the same when it comes again.
    pub id: String,
    /// When it happened.
    pub at: Timestamp,
    /// What happened.
    pub what: Happened,
}

/// What happened. Amounts are positive but for a payout that takes money from our bank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Happened {
    /// A payer disputes a charge.
    DisputeOpened {
        /// `dp_…`
        dispute: String,
        /// `pi_…`; `None` for a charge that was made without one.
        intent: Option<String>,
        /// How much is disputed.
        amount: Money,
    },
    /// The dispute is decided.
    DisputeClosed {
        /// `dp_…`
        dispute: String,
        /// `pi_…`
        intent: Option<String>,
        /// How much was disputed.
        amount: Money,
        /// For us: the money stays, or comes back.
        won: bool,
    },
    /// The processor has taken the disputed money back.
    DisputeFundsWithdrawn {
        /// `dp_…`
        dispute: String,
        /// `pi_…`
        intent: Option<String>,
        /// How much.
        amount: Money,
    },
    /// The processor has given it to us again.
    DisputeFundsReinstated {
        /// `dp_…`
        dispute: String,
        /// `pi_…`
        intent: Option<String>,
        /// How much.
        amount: Money,
    },
    /// A refund that was thought done has failed: the money is with us again.
    RefundFailed {
        /// `re_…`
        refund: String,
        /// `pi_…`
        intent: Option<String>,
        /// How much.
        amount: Money,
    },
    /// A refund has changed otherwise.
    RefundUpdated {
        /// `re_…`
        refund: String,
        /// `pi_…`
        intent: Option<String>,
        /// How much.
        amount: Money,
        /// Whether it is done: else it is still on its way.
        done: bool,
    },
    /// Money went to our bank account.
    PayoutPaid {
        /// `po_…`
        payout: String,
        /// How much; negative where it was taken from there.
        amount: Money,
        /// When it is there.
        arrival: Timestamp,
    },
    /// It did not arrive, and is with the processor again.
    PayoutFailed {
        /// `po_…`
        payout: String,
        /// How much.
        amount: Money,
        /// When it should have been there.
        arrival: Timestamp,
    },
    /// Anything else: acknowledged, and nothing follows.
    Other(String),
}

#[derive(Deserialize)]
struct WireEvent {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    created: i64,
    data: WireData,
}

#[derive(Deserialize)]
struct WireData {
    object: serde_json::Value,
}

/// A dispute, a refund or a payout: what of them is read.
#[derive(Deserialize)]
struct WireObject {
    id: String,
    amount: i64,
    currency: String,
    #[serde(default)]
    status: Option<String>,
    #[serde(default)]
    payment_intent: Option<Reference>,
    #[serde(default)]
    arrival_date: Option<i64>,
}

/// Verifies and reads an event.
pub fn open_event(
    key: &StripeEventKey,
    unverified: &UnverifiedEvent<'_>,
    now: Timestamp,
) -> Result<ProcessorEvent, EventError> {
    key.verify(unverified.signature, unverified.body, now)?;
    let event: WireEvent =
        serde_json::from_slice(unverified.body).map_err(|_| EventError::Invalid("not the JSON of an event"))?;
    let at = Timestamp::from_secs(event.created);
    Ok(ProcessorEvent { what: happened(&event.kind, event.data.object)?, id: event.id, at })
}

fn happened(kind: &str, object: serde_json::Value) -> Result<Happened, EventError> {
    let known = matches!(
        kind,
        "charge.dispute.created"
            | "charge.dispute.closed"
            | "charge.dispute.funds_withdrawn"
            | "charge.dispute.funds_reinstated"
            | "refund.failed"
            | "refund.updated"
            | "charge.refund.updated"
            | "payout.paid"
            | "payout.failed"
            | "payout.canceled"
    );
    if !known {
        return Ok(Happened::Other(kind.to_owned()));
    }
    let object: WireObject =
        serde_json::from_value(object).map_err(|_| EventError::Invalid("its object has no id, amount or currency"))?;
    let amount =
        money(object.amount, &object.currency).ok_or(EventError::Invalid("an amount or currency nobody knows"))?;
    let status = object.status.unwrap_or_default();
    let intent = object.payment_intent.map(Reference::into_id);
    let arrival = Timestamp::from_secs(object.arrival_date.unwrap_or_default());
    let id = object.id;
    Ok(match kind {
        // An inquiry takes nothing; should it become a dispute, its funds are withdrawn.
        "charge.dispute.created" if status.starts_with("warning_") => Happened::Other(kind.to_owned()),
        "charge.dispute.created" => Happened::DisputeOpened { dispute: id, intent, amount },
        "charge.dispute.closed" => {
            // An inquiry that is closed has never taken anything.
            let won = matches!(status.as_str(), "won" | "warning_closed");
            Happened::DisputeClosed { dispute: id, intent, amount, won }
        }
        "charge.dispute.funds_withdrawn" => Happened::DisputeFundsWithdrawn { dispute: id, intent, amount },
        "charge.dispute.funds_reinstated" => Happened::DisputeFundsReinstated { dispute: id, intent, amount },
        "refund.failed" => Happened::RefundFailed { refund: id, intent, amount },
        "refund.updated" | "charge.refund.updated" if matches!(status.as_str(), "failed" | "canceled") => {
            Happened::RefundFailed { refund: id, intent, amount }
        }
        "refund.updated" | "charge.refund.updated" => {
            Happened::RefundUpdated { refund: id, intent, amount, done: status == "succeeded" }
        }
        "payout.paid" => Happened::PayoutPaid { payout: id, amount, arrival },
        _ => Happened::PayoutFailed { payout: id, amount, arrival },
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::domain::Currency;

    const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

    fn opened(kind: &str, object: Value) -> Result<ProcessorEvent, EventError> {
        let key = StripeEventKey::new("whsec_test").unwrap();
        let body = json!({"id": "evt_1", "object": "event", "type": kind, "created": 1_799_999_990,
                          "data": {"object": object}})
        .to_string();
        let signature = key.sign(NOW, body.as_bytes());
        open_event(&key, &UnverifiedEvent { signature: &signature, body: body.as_bytes() }, NOW)
    }

    fn object(status: &str) -> Value {
        json!({"id": "x_1", "amount": 2_500, "currency": "usd", "status": status, "payment_intent": "pi_1",
               "arrival_date": 1_800_100_000})
    }

    #[test]
    fn disputes_refunds_and_payouts_are_read_in_micros() {
        let amount = Money::new(25_000_000, Currency::parse("USD").unwrap());
        let (id, intent) = ("x_1".to_owned(), Some("pi_1".to_owned()));
        let arrival = Timestamp::from_secs(1_800_100_000);
        let closed = |won| Happened::DisputeClosed { dispute: id.clone(), intent: intent.clone(), amount, won };
        let failed = Happened::RefundFailed { refund: id.clone(), intent: intent.clone(), amount };
        let updated = |done| Happened::RefundUpdated { refund: id.clone(), intent: intent.clone(), amount, done };
        let not_arrived = Happened::PayoutFailed { payout: id.clone(), amount, arrival };
        for (kind, status, expected) in [
            (
                "charge.dispute.created",
                "needs_response",
                Happened::DisputeOpened { dispute: id.clone(), intent: intent.clone(), amount },
            ),
            ("charge.dispute.closed", "won", closed(true)),
            ("charge.dispute.closed", "warning_closed", closed(true)),
            ("charge.dispute.closed", "lost", closed(false)),
            (
                "charge.dispute.funds_withdrawn",
                "needs_response",
                Happened::DisputeFundsWithdrawn { dispute: id.clone(), intent: intent.clone(), amount },
            ),
            (
                "charge.dispute.funds_reinstated",
                "won",
                Happened::DisputeFundsReinstated { dispute: id.clone(), intent: intent.clone(), amount },
            ),
            ("refund.failed", "failed", failed.clone()),
            ("charge.refund.updated", "failed", failed.clone()),
            ("refund.updated", "canceled", failed),
            ("refund.updated", "succeeded", updated(true)),
            ("refund.updated", "pending", updated(false)),
            ("payout.paid", "paid", Happened::PayoutPaid { payout: id.clone(), amount, arrival }),
            ("payout.failed", "failed", not_arrived.clone()),
            ("payout.canceled", "canceled", not_arrived),
            ("charge.succeeded", "succeeded", Happened::Other("charge.succeeded".to_owned())),
        ] {
            let event = opened(kind, object(status)).unwrap();
            assert_eq!(event.what, expected, "{kind} {status}");
            assert_eq!((event.id.as_str(), event.at), ("evt_1", Timestamp::from_secs(1_799_999_990)));
        }
    }

    #[test]
    fn what_is_not_genuine_or_not_understood_is_not_taken() {
        assert!(matches!(opened("payout.paid", json!({})), Err(EventError::Invalid(_))));
        let unknown = json!({"id": "po_1", "amount": 1, "currency": "xqz"});
        assert!(matches!(opened("payout.paid", unknown), Err(EventError::Invalid(_))));
        let key = StripeEventKey::new("whsec_test").unwrap();
        let signature = key.sign(NOW, b"{}");
        let event = |body| open_event(&key, &UnverifiedEvent { signature: &signature, body }, NOW);
        assert_eq!(event(b"{ }"), Err(EventError::Refused(WebhookError::Mismatch)));
        assert_eq!(event(b"{}"), Err(EventError::Invalid("not the JSON of an event")));
    }

    #[test]
    fn an_event_without_an_object_of_ours_is_still_heard() {
        assert_eq!(opened("ping", json!({"anything": 1})).unwrap().what, Happened::Other("ping".to_owned()));
    }
}
