//! An issuer's `refund_url` (contract section 5): gives money back, once for each `refundId`, and answers by a script.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, mpsc};

use roundtrip::domain::Timestamp;
use roundtrip::ports::Clock;
use serde_json::{Value, json};

use super::issuer::{self, Bank, Visit};
use super::listener::{Answer, Received};
use super::wait::until;

/// What the next call is answered with. Without a script the money goes back, and what was final is said again.
pub(crate) enum Refunding {
    /// The money goes back.
    Refunded,
    /// It does not, for this reason.
    Refused(Option<&'static str>),
    /// Not decided yet.
    Pending,
    /// The money goes back, but the answer is not signed with the shared key.
    Forged,
    /// The money goes back, but the answer is about another refund.
    OfAnother,
    /// The money goes back, but the connection is dropped before the answer.
    Lost,
    /// Nothing happens but this status.
    Down(u16),
    /// Record it, wait for the word, then give the money back.
    Hold(mpsc::Receiver<()>),
}

/// A call of `refund_url` as it came.
#[derive(Debug, Clone)]
pub(crate) struct RefundCall {
    pub(crate) at: Timestamp,
    pub(crate) webhook_id: String,
    pub(crate) body: Value,
}

/// What the issuer knows of refunds.
#[derive(Default)]
pub(crate) struct RefundDesk {
    script: VecDeque<Refunding>,
    calls: Vec<RefundCall>,
    /// What was asked for, by `refundId`: it may not change.
    asked: BTreeMap<String, Value>,
    /// The last final answer, by `refundId`.
    said: BTreeMap<String, Value>,
    /// What went back, by `refundId`.
    moved: BTreeMap<String, Value>,
}

impl RefundDesk {
    fn gives_back(&mut self, id: &str) -> Value {
        self.moved.insert(id.to_owned(), self.asked[id].clone());
        self.final_word(id, fields(id, &Refunding::Refunded))
    }

    fn final_word(&mut self, id: &str, said: Value) -> Value {
        self.said.insert(id.to_owned(), said.clone());
        said
    }
}

impl Bank {
    /// The next calls of `refund_url` are answered like this, one after the other.
    pub(crate) fn refunds_by(&self, script: impl IntoIterator<Item = Refunding>) {
        self.refunds.lock().unwrap().script.extend(script);
    }

    /// Every call of `refund_url` about a payment so far.
    pub(crate) fn refund_calls(&self, visit: &Visit) -> Vec<RefundCall> {
        let desk = self.refunds.lock().unwrap();
        desk.calls.iter().filter(|call| call.body["transactionId"] == *visit.transaction_id).cloned().collect()
    }

    /// Waits until there were `count` of them.
    pub(crate) async fn refund_calls_at_least(&self, visit: &Visit, count: usize) -> Vec<RefundCall> {
        until("a call of refund_url", async || Some(self.refund_calls(visit)).filter(|calls| calls.len() >= count))
            .await
    }

    /// The amounts that went back to the payer, one for each refund.
    pub(crate) fn gave_back(&self, visit: &Visit) -> Vec<i64> {
        let desk = self.refunds.lock().unwrap();
        let of_payment = desk.moved.values().filter(|body| body["transactionId"] == *visit.transaction_id);
        of_payment.map(|body| body["amountMicros"].as_str().unwrap().parse().unwrap()).collect()
    }

    /// `refund.updated` with the issuer's word; one of the first three.
    pub(crate) fn refund_event(refund_id: &str, word: &Refunding) -> Value {
        let mut event = fields(refund_id, word);
        event["type"] = json!("refund.updated");
        event
    }
}

/// The fields of an answer or event.
fn fields(id: &str, word: &Refunding) -> Value {
    match word {
        Refunding::Refused(None) => json!({"refundId": id, "outcome": "refused"}),
        Refunding::Refused(Some(reason)) => json!({"refundId": id, "outcome": "refused", "reason": reason}),
        Refunding::Pending => json!({"refundId": id, "outcome": "pending"}),
        Refunding::Refunded
        | Refunding::Forged
        | Refunding::OfAnother
        | Refunding::Lost
        | Refunding::Down(_)
        | Refunding::Hold(_) => {
            json!({"refundId": id, "outcome": "refunded", "issuerRefundReference": format!("back-{id}")})
        }
    }
}

/// One call whose signature is ours.
pub(super) fn answer(
    desk: &Mutex<RefundDesk>,
    secret: &[u8],
    clock: &dyn Clock,
    received: &Received,
) -> Option<Answer> {
    let body: Value = serde_json::from_slice(&received.body).ok()?;
    let id = body["refundId"].as_str()?.to_owned();
    let word = {
        let mut desk = desk.lock().unwrap();
        let webhook_id = received.header("webhook-id").to_owned();
        desk.calls.push(RefundCall { at: clock.now(), webhook_id, body: body.clone() });
        desk.script.pop_front()
    };
    let word = match word {
        // The test may be over before it gives the word.
        Some(Refunding::Hold(release)) => release.recv().ok().map(|()| None)?,
        other => other,
    };
    let mut desk = desk.lock().unwrap();
    let empty = |status| Some(Answer { status, headers: Vec::new(), body: Vec::new() });
    if *desk.asked.entry(id.clone()).or_insert_with(|| body.clone()) != body {
        return empty(409);
    }
    let (key, said) = match word {
        None => (secret, desk.said.get(&id).cloned().unwrap_or_else(|| desk.gives_back(&id))),
        Some(Refunding::Refunded) => (secret, desk.gives_back(&id)),
        Some(word @ Refunding::Refused(_)) => (secret, desk.final_word(&id, fields(&id, &word))),
        Some(word @ (Refunding::Pending | Refunding::Hold(_))) => (secret, fields(&id, &word)),
        Some(Refunding::Forged) => (&[7; 32][..], desk.gives_back(&id)),
        Some(Refunding::OfAnother) => {
            let mut said = desk.gives_back(&id);
            said["refundId"] = json!("01930d2c-7a44-7000-8000-0123456789ab-1");
            (secret, said)
        }
        Some(Refunding::Lost) => {
            desk.gives_back(&id);
            return None;
        }
        Some(Refunding::Down(status)) => return empty(status),
    };
    Some(issuer::signed(key, "msg_refund", clock.now(), &said))
}
