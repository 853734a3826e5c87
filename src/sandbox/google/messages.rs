//! The clear text of what Google sends (API sections 3.3, 4.1 and 5), and looking into what comes back.

use serde_json::{Value, json};

use super::book::{Flow, Order};
use super::refund::Refund;
use super::statements::Statement;
use crate::domain::Timestamp;

/// `RequestHeader` (API section 3.3).
pub(super) fn header(request_id: &str, piaid: &str, now: Timestamp) -> Value {
    json!({
        "protocolVersion": {"major": 1},
        "requestId": request_id,
        "requestTimestamp": {"epochMillis": now.as_millis().to_string()},
        "paymentIntegratorAccountId": piaid,
    })
}

/// The request that starts the order's payment: `RedirectRequest` (API section 4.1) or the body of
/// generateRedirectPaymentUrl (API section 5.2), which carries the callback inside.
pub(super) fn start(order: &Order, now: Timestamp) -> Value {
    let form_of_payment = match &order.issuer {
        Some(issuer) => json!({"issuerId": {"value": issuer}}),
        None => json!({"noneChosen": {}}),
    };
    let mut request = json!({
        "requestHeader": header(&order.id, &order.piaid, now),
        "transactionAmount": amount(order.amount_micros, &order.currency),
        "transactionDescription": order.product,
        "formOfPayment": form_of_payment,
    });
    if order.flow == Flow::Generate {
        set(&mut request, &["callbackUrl"], json!(order.callback_url));
    }
    request
}

/// getRedirectPaymentStatus (API section 5.3).
pub(super) fn status(request_id: &str, order: &Order, now: Timestamp) -> Value {
    json!({"requestHeader": header(request_id, &order.piaid, now), "redirectRequestId": order.id})
}

/// echo (API section 5.1).
pub(super) fn echo(request_id: &str, piaid: &str, message: &str, now: Timestamp) -> Value {
    json!({"requestHeader": header(request_id, piaid, now), "clientMessage": message})
}

/// asynchronousRefund (API section 5.4); the refund's id is the request's.
pub(super) fn refund(refund: &Refund, order: &Order, now: Timestamp) -> Value {
    json!({
        "requestHeader": header(&refund.id, &order.piaid, now),
        "captureRequestId": order.id,
        "refundAmount": amount(refund.amount_micros, &refund.currency),
    })
}

/// remittanceStatementNotification (API section 5.5); the statement's id is the request's.
pub(super) fn statement(statement: &Statement, now: Timestamp) -> Value {
    json!({
        "requestHeader": header(&statement.id, &statement.piaid, now),
        "remittanceStatementSummary": statement.summary(),
    })
}

/// `Amount` (API section 3.5). The number may be any text of digits: some statements are wrong on purpose.
pub(super) fn amount(micros: impl ToString, currency: &str) -> Value {
    json!({"amountMicros": micros.to_string(), "currencyCode": currency})
}

/// Gives a request that was sent before a fresh timestamp: a retry keeps everything else (API section 1.5).
pub(super) fn refresh(request: &mut Value, now: Timestamp) {
    set(request, &["requestHeader", "requestTimestamp", "epochMillis"], json!(now.as_millis().to_string()));
}

/// Sets a member, making the objects on the way.
pub(super) fn set(value: &mut Value, path: &[&str], new: Value) {
    match path {
        [] => *value = new,
        [name, rest @ ..] => {
            if let Some(members) = value.as_object_mut() {
                set(members.entry(*name).or_insert_with(|| json!({})), rest, new);
            }
        }
    }
}

/// The text at a JSON pointer, if it is text.
pub(super) fn text<'a>(value: &'a Value, pointer: &str) -> Option<&'a str> {
    value.pointer(pointer).and_then(Value::as_str)
}

/// The one member of a union (API section 3: an object in which exactly one member is present).
pub(super) fn union_key(value: &Value) -> Option<&str> {
    let members = value.as_object()?;
    (members.len() == 1).then(|| members.keys().next().map(String::as_str))?
}

/// What makes two requests the same: everything but the timestamp (flows-security section 7).
pub(super) fn content(request: &Value) -> Value {
    let mut content = request.clone();
    if let Some(header) = content.get_mut("requestHeader").and_then(Value::as_object_mut) {
        header.remove("requestTimestamp");
    }
    content
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refreshed_request_is_the_same_request() {
        let mut request = echo("e-1", "A", "hello", Timestamp::from_millis(1));
        let before = request.clone();
        refresh(&mut request, Timestamp::from_millis(2));
        assert_ne!(request, before);
        assert_eq!(text(&request, "/requestHeader/requestTimestamp/epochMillis"), Some("2"));
        assert_eq!(content(&request), content(&before));
    }

    #[test]
    fn a_union_has_exactly_one_member() {
        assert_eq!(union_key(&json!({"success": {}})), Some("success"));
        for bad in [json!({}), json!({"a": {}, "b": {}}), json!("success"), json!(null)] {
            assert_eq!(union_key(&bad), None, "{bad}");
        }
    }
}
