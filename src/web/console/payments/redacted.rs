//! Stored messages as people may see them: members that are known to be harmless, and nothing else.

use serde_json::Value;

/// What stands in the place of what is not shown.
const REDACTED: &str = "[redacted]";
/// Members of stored events and effects whose values may be shown: ids, amounts, times, counts, reasons. A member that is new
/// stays hidden until it stands here. Not here: where a payer's browser goes, which carries the payer's own parameters.
const SHOWN: &[&str] = &[
    "Google",
    "House",
    "about",
    "asked",
    "at_ms",
    "attempt",
    "by",
    "choose_by_ms",
    "contradicted",
    "created_ms",
    "currency",
    "deadline_ms",
    "decline",
    "description",
    "flow",
    "id",
    "invoice",
    "issuer",
    "link_expires_ms",
    "micros",
    "moved",
    "next_ask_ms",
    "notified",
    "number",
    "order",
    "ordered_ms",
    "outcome",
    "payment",
    "piaid",
    "preselected",
    "question",
    "raw",
    "reason",
    "receipt",
    "redirect_request_id",
    "reference",
    "refund",
    "refund_request_id",
    "request_id",
    "result",
    "why",
    "word",
];

/// A stored message, readable, without what is nobody's business.
pub(super) fn redacted(stored: &str) -> String {
    // What is no JSON was written by nobody of ours, and is not shown.
    let Ok(message) = serde_json::from_str::<Value>(stored) else { return REDACTED.to_owned() };
    // A message without members is its own name.
    let shown = within(message, true);
    serde_json::to_string_pretty(&shown).unwrap_or_else(|_| REDACTED.to_owned())
}

fn within(value: Value, allowed: bool) -> Value {
    match value {
        Value::Object(members) => Value::Object(
            members
                .into_iter()
                .map(|(name, value)| {
                    let allowed = SHOWN.contains(&name.as_str());
                    (name, within(value, allowed))
                })
                .collect(),
        ),
        Value::Array(items) => Value::Array(items.into_iter().map(|item| within(item, allowed)).collect()),
        Value::Null | Value::Bool(_) => value,
        Value::Number(_) | Value::String(_) if allowed => value,
        Value::Number(_) | Value::String(_) => Value::String(REDACTED.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn con_3_a_message_shows_what_is_known_to_be_harmless_and_nothing_else() {
        let stored = r#"{"Started":{"terms":{"id":"01930d2c","piaid":"ExamplePay_INR","request_id":"rq-1",
            "amount":{"micros":109900000,"currency":"INR"},"description":"Play Movies",
            "callback_url":"https://payments.google.com/return?cust=ada","flow":"Begin","created_ms":1,
            "newcomer":{"email":"ada@example.com","phones":["+49 1"],"n":7}},"preselected":["BANK_A",1800000]}}"#;
        let text = redacted(stored);
        for shown in ["rq-1", "109900000", "INR", "Play Movies", "Begin", "BANK_A", "1800000"] {
            assert!(text.contains(shown), "{shown}: {text}");
        }
        for hidden in ["payments.google.com", "cust", "ada@", "+49", "7"] {
            assert!(!text.contains(hidden), "{hidden}: {text}");
        }
        assert_eq!(redacted("\"Notified\""), "\"Notified\"");
        assert_eq!(redacted("token=secret"), "[redacted]");
    }
}
