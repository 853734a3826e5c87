//! What an effect would come to if it were carried out now: the dry run of a dead letter.
//!
//! The clear message is written by whoever writes the one that is sent; nothing is signed, encrypted or sent. Secrets and what
//! belongs to payers are never in it.

pub(super) mod bookings;
pub(super) mod house;
pub(super) mod invoices;
pub(super) mod payments;
pub(super) mod statements;

use serde_json::Value;
use url::Url;

/// Members of a message beyond this are counted, not shown.
const MOST_MEMBERS: usize = 200;
/// Longer values are cut, in characters.
const LONGEST_VALUE: usize = 500;
/// What stands in the place of what is not shown.
pub const REDACTED: &str = "[redacted]";
/// Members, at any depth, of messages and stored effects that hold secrets or belong to a payer, a guest or a recipient.
const HIDDEN: [&str; 22] = [
    "additionalRequest",
    "address",
    "authorization",
    "card",
    "cust",
    "customer",
    "digest",
    "email",
    "guest",
    "nonce",
    "payer",
    "paymentMethod",
    "payment_method",
    "phone",
    "recipient",
    "secret",
    "telephone",
    "token",
    "userId",
    "user_id",
    "vault",
    "wish",
];

/// Since when a member has its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Since {
    /// Since the decision: every attempt has said and will say the same.
    Decided,
    /// As it is now: an earlier attempt may have said otherwise.
    Now,
}

/// One member of what would be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its path in the message, such as `requestHeader.requestId`.
    pub name: String,
    /// Readable, on one line; [`REDACTED`] where it is nobody's business.
    pub value: String,
    /// Whether earlier attempts said the same.
    pub since: Since,
}

/// Why nothing would be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hindrance {
    /// This node's configuration does not have whom it goes to: the key or section that is missing.
    NotConfigured(String),
    /// What it would say is not true any more: it would be settled without a message.
    NotTrueAnyMore,
    /// The payer's token was kept in memory alone, and is gone: what became of the charge would be asked, nothing charged.
    TokenGone,
    /// It cannot be written: why.
    Unwritten(String),
}

/// What would be sent, and where to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    /// An address without its query, or who it is.
    pub to: String,
    /// The method or act, by a name that does not change.
    pub what: &'static str,
    /// The message.
    pub members: Vec<Member>,
    /// Why nothing would be sent.
    pub hindrance: Option<Hindrance>,
}

impl Description {
    fn of(to: impl Into<String>, what: &'static str) -> Self {
        Self { to: to.into(), what, members: Vec::new(), hindrance: None }
    }

    /// To an address, whose query is nobody's business.
    fn to_url(mut url: Url, what: &'static str) -> Self {
        url.set_query(None);
        url.set_fragment(None);
        // Neither of them can stand in an address that we call.
        let _no_name = url.set_username("");
        let _no_password = url.set_password(None);
        Self::of(url, what)
    }

    /// With a member that was fixed by the decision.
    fn with(self, name: &str, value: impl ToString) -> Self {
        self.member(name, &value.to_string(), Since::Decided)
    }

    /// With a member that is what it is now.
    fn now(self, name: &str, value: impl ToString) -> Self {
        self.member(name, &value.to_string(), Since::Now)
    }

    fn member(mut self, name: &str, value: &str, since: Since) -> Self {
        self.members.push(Member { name: name.to_owned(), value: readable(value), since });
        self
    }

    /// With a whole message; what lies at or below `fresh` is what it is now.
    fn message(mut self, body: &Value, fresh: &[&str]) -> Self {
        let below = |name: &str, path: &str| {
            name.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        self.members.extend(flat(body).into_iter().map(|(name, value)| {
            let since = if fresh.iter().any(|path| below(&name, path)) { Since::Now } else { Since::Decided };
            Member { name, value, since }
        }));
        self
    }

    fn hindered(mut self, hindrance: Hindrance) -> Self {
        self.hindrance = Some(hindrance);
        self
    }
}

/// One line, not too long.
fn readable(value: &str) -> String {
    let line = value.chars().map(|c| if c.is_control() { ' ' } else { c });
    let mut shown: String = line.take(LONGEST_VALUE).collect();
    if value.chars().nth(LONGEST_VALUE).is_some() {
        shown.push('…');
    }
    shown
}

/// The leaves of a message by their paths, without what is hidden.
pub(super) fn flat(body: &Value) -> Vec<(String, String)> {
    let mut found = Vec::new();
    leaves(String::new(), body, &mut found);
    let more = found.len().saturating_sub(MOST_MEMBERS);
    if more > 0 {
        found.truncate(MOST_MEMBERS);
        found.push(("…".to_owned(), format!("+{more}")));
    }
    found
}

fn leaves(path: String, value: &Value, found: &mut Vec<(String, String)>) {
    match value {
        Value::Object(members) if !members.is_empty() => {
            for (name, value) in members {
                let below = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                if HIDDEN.contains(&name.as_str()) {
                    found.push((below, REDACTED.to_owned()));
                } else {
                    leaves(below, value, found);
                }
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for (place, item) in items.iter().enumerate() {
                leaves(format!("{path}[{place}]"), item, found);
            }
        }
        Value::String(text) => found.push((path, readable(text))),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            found.push((path, value.to_string()));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn con_6_a_message_is_shown_leaf_by_leaf_without_what_is_nobodys_business() {
        let body = json!({
            "requestHeader": {"requestId": "r-1", "requestTimestamp": "now"},
            "result": {"success": {}},
            "slots": [{"start": 1}, {"start": 2}],
            "agreement": {"guest": {"name": "Ada", "telephone": "+49 1"}, "token": "tok_1"},
        });
        let shown = Description::of("x", "y").message(&body, &["requestHeader.requestTimestamp", "slots"]);
        let member = |name: &str| shown.members.iter().find(|member| member.name == name).unwrap();
        assert_eq!(
            (member("requestHeader.requestId").value.as_str(), member("result.success").value.as_str()),
            ("r-1", "{}")
        );
        assert_eq!(member("requestHeader.requestId").since, Since::Decided);
        assert_eq!(member("requestHeader.requestTimestamp").since, Since::Now);
        assert_eq!((member("slots[1].start").value.as_str(), member("slots[1].start").since), ("2", Since::Now));
        assert_eq!(member("agreement.guest").value, REDACTED);
        let text = format!("{shown:?}");
        assert!(!text.contains("Ada") && !text.contains("+49") && !text.contains("tok_1"), "{text}");
    }

    #[test]
    fn con_6_hostile_and_endless_values_stay_one_short_line() {
        let long = "x\r\n".repeat(1_000);
        let items: Vec<Value> = (0..1_000).map(Value::from).collect();
        let shown = flat(&json!({"a": long, "items": items}));
        assert!(shown.len() == MOST_MEMBERS + 1 && shown.last().unwrap().1 == "+801", "{:?}", shown.last());
        assert!(shown.iter().all(|(_, value)| !value.contains(['\r', '\n']) && value.chars().count() <= 501));
    }

    #[test]
    fn con_6_an_address_is_shown_without_its_query_and_names() {
        let url = Url::parse("https://user:secret@hooks.example/a?token=1#x").unwrap();
        assert_eq!(Description::to_url(url, "y").to, "https://hooks.example/a");
    }
}
