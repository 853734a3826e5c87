//! A refund as Google knows it: what it asked for, and the results that came (API sections 5.4 and 6.4).

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::book::{Arrival, Case};
use super::exchange::{Exchange, Method};
use super::hosted::Refusal;
use super::messages::{text, union_key};
use super::strict;

/// The members of `RefundResult` (API section 6.4).
const RESULTS: [&str; 8] = [
    "success",
    "accountClosed",
    "accountClosedAccountTakenOver",
    "accountClosedFraud",
    "accountOnHold",
    "refundExceedsMaximumBalance",
    "refundWindowExceeded",
    "captureUsedPromotionalBalance",
];

/// What Google asked for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Refund {
    /// The `requestId` of asynchronousRefund; later `refundRequestId`.
    pub(super) id: String,
    pub(super) amount_micros: i64,
    pub(super) currency: String,
    pub(super) at_ms: i64,
    /// What refundResultNotification said, refused ones included.
    #[serde(default)]
    pub(super) results: Vec<Arrival<RefundWord>>,
}

/// What one refundResultNotification says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct RefundWord {
    /// The member of `RefundResult`.
    pub(super) key: String,
    pub(super) result: Value,
    /// `paymentIntegratorRefundId`.
    pub(super) integrator_id: Option<String>,
}

impl RefundWord {
    /// Reads the result and the integrator's id.
    pub(super) fn read(request: &Value) -> Result<Self, Refusal> {
        let missing = Refusal::new(400, "missingRequiredField", "result must hold exactly one member");
        let result = request.get("result").ok_or(missing)?;
        let key = union_key(result).ok_or(missing)?;
        if !RESULTS.contains(&key) || !result.get(key).is_some_and(Value::is_object) {
            return Err(Refusal::new(400, "invalidFieldValue", "result is no RefundResult"));
        }
        let integrator_id = match request.get("paymentIntegratorRefundId") {
            None => None,
            Some(Value::String(id)) => Some(id.clone()),
            Some(_) => {
                return Err(Refusal::new(400, "invalidFieldValue", "paymentIntegratorRefundId must be a string"));
            }
        };
        Ok(Self { key: key.to_owned(), result: result.clone(), integrator_id })
    }
}

/// Where a refund stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum RefundState {
    /// No good answer yet.
    Asked,
    /// The integrator will not carry it out.
    Refused,
    Acknowledged,
    Succeeded,
    /// It came to nothing; the result says why.
    Failed,
}

impl Refund {
    /// The result that counts: the first (flows-security section 5.4).
    pub(super) fn word(&self) -> Option<&RefundWord> {
        self.settled().and_then(|arrival| arrival.word.as_ref())
    }

    /// When the result that counts came.
    pub(super) fn settled_at_ms(&self) -> Option<i64> {
        self.settled().map(|arrival| arrival.at_ms)
    }

    fn settled(&self) -> Option<&Arrival<RefundWord>> {
        self.results.iter().find(|arrival| arrival.problem.is_none() && arrival.word.is_some())
    }

    /// Whether the exchange asked for just this refund: the button that changes the amount asks under the same id.
    fn is_asked_by(&self, exchange: &Exchange) -> bool {
        let sent = || strict::parse(exchange.sent.as_bytes()).ok();
        exchange.method == Method::Refund
            && exchange.request_id == self.id
            && sent().is_some_and(|sent| {
                text(&sent, "/refundAmount/amountMicros") == Some(self.amount_micros.to_string().as_str())
            })
    }
}

impl Case {
    /// Where a refund of this order stands.
    pub(super) fn refund_state(&self, refund: &Refund) -> RefundState {
        if let Some(word) = refund.word() {
            return if word.key == "success" { RefundState::Succeeded } else { RefundState::Failed };
        }
        let mut state = RefundState::Asked;
        for exchange in self.exchanges.iter().filter(|exchange| refund.is_asked_by(exchange)) {
            let message = exchange.answer.message();
            match exchange.status {
                Some(200)
                    if message.as_ref().is_some_and(|answer| answer.pointer("/result/acknowledged").is_some()) =>
                {
                    return RefundState::Acknowledged;
                }
                // A sealed refusal is the integrator's word; anything else may still be processed when it comes again.
                Some(400..=499) if message.is_some() => state = RefundState::Refused,
                _ => state = RefundState::Asked,
            }
        }
        state
    }

    /// What may still be refunded, in micros: the amount without the refunds that succeeded or may yet succeed.
    pub(super) fn rest_micros(&self) -> i64 {
        let counting = self
            .refunds
            .iter()
            .filter(|refund| !matches!(self.refund_state(refund), RefundState::Refused | RefundState::Failed));
        counting.fold(self.order.amount_micros, |rest, refund| rest.saturating_sub(refund.amount_micros))
    }

    /// The refunds, for programs.
    pub(super) fn refunds_json(&self) -> Vec<Value> {
        let told = |refund: &Refund| {
            json!({
                "refundRequestId": refund.id,
                "amountMicros": refund.amount_micros.to_string(),
                "currencyCode": refund.currency,
                "state": self.refund_state(refund),
                "result": refund.word().map(|word| &word.result),
                "paymentIntegratorRefundId": refund.word().and_then(|word| word.integrator_id.as_ref()),
            })
        };
        self.refunds.iter().map(told).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_is_one_known_member() {
        let read = |result: Value| RefundWord::read(&json!({"result": result})).map_err(|refusal| refusal.member);
        assert_eq!(read(json!({"success": {}})).unwrap().key, "success");
        assert_eq!(read(json!({"accountOnHold": {"rawResult": {"rawCode": "7"}}})).unwrap().key, "accountOnHold");
        assert_eq!(read(json!({})), Err("missingRequiredField"));
        assert_eq!(read(json!({"success": {}, "accountClosed": {}})), Err("missingRequiredField"));
        assert_eq!(read(json!({"pending": {}})), Err("invalidFieldValue"));
        assert_eq!(read(json!({"success": true})), Err("invalidFieldValue"));
        assert_eq!(RefundWord::read(&json!({})).map_err(|refusal| refusal.member), Err("missingRequiredField"));
    }
}
