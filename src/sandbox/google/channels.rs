//! What the three completion channels said, and whether they agree (flows-security section 5.3).

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::messages::union_key;

/// What one message on a channel says about a payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Word {
    /// The member of `RedirectPaymentResult`, or `errorResponse:` and the member of its result.
    pub(super) key: String,
    /// The whole result, with whatever a decline carries.
    pub(super) result: Value,
    pub(super) form_of_payment: Option<Value>,
}

impl Word {
    /// Reads a message with a `result`, or (in C1) an `errorResponse`.
    pub(super) fn read(message: &Value) -> Result<Self, String> {
        let form_of_payment = message.get("formOfPayment").cloned();
        match (message.get("result"), message.get("errorResponse")) {
            (Some(result), None) => {
                let key = union_key(result).ok_or("result does not hold exactly one member")?;
                if form_of_payment.as_ref().and_then(union_key).is_none() {
                    return Err("formOfPayment is required beside a result".to_owned());
                }
                Ok(Self { key: key.to_owned(), result: result.clone(), form_of_payment })
            }
            (None, Some(error)) => {
                let key = error.get("errorResponseResult").and_then(union_key);
                let key = key.ok_or("errorResponse has no errorResponseResult with exactly one member")?;
                Ok(Self { key: format!("errorResponse:{key}"), result: error.clone(), form_of_payment })
            }
            (Some(_), Some(_)) | (None, None) => Err("exactly one of result and errorResponse must stand".to_owned()),
        }
    }

    /// Pending and technical errors leave the payment open; all else ends it (API section 4.2).
    pub(super) fn is_final(&self) -> bool {
        self.key != "pending" && !self.key.starts_with("errorResponse:")
    }
}

/// What the channels' final words amount to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub(super) enum Agreement {
    /// No channel has spoken a final word.
    Open,
    /// All final words are equal.
    Agree {
        /// The outcome.
        key: String,
        /// How many channels have spoken it.
        channels: usize,
    },
    /// Two final words differ: never allowed.
    Differ,
}

/// Compares the words of the channels, each in the order in which they came.
pub(super) fn agreement(channels: [Vec<&Word>; 3]) -> Agreement {
    let finals = channels.map(|words| words.into_iter().filter(|word| word.is_final()).collect::<Vec<_>>());
    let spoken = finals.iter().filter(|words| !words.is_empty()).count();
    let mut all = finals.iter().flatten();
    let Some(first) = all.next() else { return Agreement::Open };
    if all.all(|word| word == first) {
        Agreement::Agree { key: first.key.clone(), channels: spoken }
    } else {
        Agreement::Differ
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn word(result: Value) -> Word {
        Word::read(&json!({"result": result, "formOfPayment": {"issuerId": {"value": "BANK_A"}}})).unwrap()
    }

    #[test]
    fn pending_and_errors_leave_a_payment_open() {
        let error = Word::read(&json!({"errorResponse": {"errorResponseResult": {"unavailable": {}}}})).unwrap();
        let pending = word(json!({"pending": {}}));
        assert_eq!(error.key, "errorResponse:unavailable");
        assert_eq!(agreement([vec![&error, &pending], vec![], vec![&pending]]), Agreement::Open);
    }

    #[test]
    fn final_words_must_be_equal_on_all_channels() {
        let (paid, pending) = (word(json!({"success": {}})), word(json!({"pending": {}})));
        let declined = word(json!({"insufficientFunds": {"rawResult": {"rawCode": "51"}}}));
        let otherwise = word(json!({"insufficientFunds": {}}));
        let agree = |key: &str, channels| Agreement::Agree { key: key.to_owned(), channels };
        assert_eq!(agreement([vec![&paid], vec![&paid], vec![&pending, &paid]]), agree("success", 3));
        assert_eq!(agreement([vec![], vec![&declined], vec![]]), agree("insufficientFunds", 1));
        assert_eq!(agreement([vec![&paid], vec![&declined], vec![]]), Agreement::Differ);
        assert_eq!(agreement([vec![&declined], vec![&otherwise], vec![]]), Agreement::Differ);
    }

    #[test]
    fn a_message_without_exactly_one_result_is_refused() {
        for bad in [
            json!({}),
            json!({"result": {}, "formOfPayment": {"noneChosen": {}}}),
            json!({"result": {"success": {}}}),
            json!({"result": {"success": {}}, "formOfPayment": {}}),
            json!({"result": {"success": {}}, "errorResponse": {}, "formOfPayment": {"noneChosen": {}}}),
        ] {
            assert!(Word::read(&bad).is_err(), "{bad}");
        }
    }
}
