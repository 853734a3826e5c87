//! An issuer that speaks IR1 (contract section 5).

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use roundtrip::domain::Timestamp;
use roundtrip::ports::Clock;
use serde_json::{Value, json};
use url::Url;

use super::browser::{Browser, Page};
use super::keys;
use super::listener::{Answer, Listener, Received};
use super::refund_desk::{self, RefundDesk};
use super::su1;
use super::wait::until;
use super::{HOUR, SECOND};

/// What an issuer says of a payment.
#[derive(Debug, Clone)]
pub(crate) struct Word {
    pub(crate) outcome: &'static str,
    pub(crate) reason: Option<&'static str>,
    pub(crate) raw_code: Option<&'static str>,
    pub(crate) reference: &'static str,
    /// Another amount and currency than the payment's.
    pub(crate) amount: Option<(&'static str, &'static str)>,
}

impl Word {
    const fn new(outcome: &'static str) -> Self {
        Self { outcome, reason: None, raw_code: None, reference: "A/77 ä", amount: None }
    }

    pub(crate) const APPROVED: Self = Self::new("approved");
    pub(crate) const CANCELLED: Self = Self::new("cancelled");
    pub(crate) const PENDING: Self = Self::new("pending");
    pub(crate) const DECLINED: Self = Self::new("declined");

    pub(crate) const fn reason(mut self, reason: &'static str) -> Self {
        self.reason = Some(reason);
        self
    }

    pub(crate) const fn raw_code(mut self, code: &'static str) -> Self {
        self.raw_code = Some(code);
        self
    }

    pub(crate) const fn reference(mut self, reference: &'static str) -> Self {
        self.reference = reference;
        self
    }

    pub(crate) const fn amount(mut self, micros: &'static str, currency: &'static str) -> Self {
        self.amount = Some((micros, currency));
        self
    }
}

/// What `status_url` answers.
#[derive(Debug, Clone)]
pub(crate) enum Says {
    /// It never saw the payment.
    NeverSeen,
    /// This, signed.
    Word(Word),
    /// This, but not signed with the shared key.
    Forged(Word),
    /// This, but about another payment.
    OfAnother(Word),
    /// It is down.
    Down(u16),
    /// It drops the connection.
    Gone,
}

/// A payer who arrived at the issuer, as the authorize URL says.
#[derive(Debug, Clone)]
pub(crate) struct Visit {
    pub(crate) transaction_id: String,
    pub(crate) amount_micros: String,
    pub(crate) currency: String,
    pub(crate) description: String,
    pub(crate) return_url: String,
    pub(crate) expires: Timestamp,
}

struct Book {
    says: Says,
    /// What is said of single payments instead.
    says_of: HashMap<String, Says>,
    /// The times of the questions.
    asked: Vec<(Timestamp, Value)>,
    visits: Vec<Visit>,
}

/// The issuer.
pub(crate) struct Bank {
    pub(crate) id: String,
    /// The key that we are the first to share, and that signs what we send.
    pub(crate) first_key: String,
    pub(crate) seed: u8,
    /// The key that signs what the issuer sends.
    pub(crate) kid: String,
    pub(crate) secret: Vec<u8>,
    listener: Listener,
    book: Arc<Mutex<Book>>,
    pub(super) refunds: Arc<Mutex<RefundDesk>>,
    clock: Arc<dyn Clock>,
}

impl Bank {
    pub(crate) fn start(id: &str, seed: u8, clock: Arc<dyn Clock>) -> Self {
        let (secret, _) = keys::secret(seed);
        let book = Arc::new(Mutex::new(Book {
            says: Says::NeverSeen,
            says_of: HashMap::new(),
            asked: Vec::new(),
            visits: Vec::new(),
        }));
        let refunds = Arc::<Mutex<RefundDesk>>::default();
        let (theirs, desk, key, time) = (book.clone(), refunds.clone(), secret.clone(), clock.clone());
        let listener = Listener::start(Arc::new(move |received| {
            let now = time.now();
            match received.target.as_str() {
                "/status" if is_ours(&key, now, &received) => status(&theirs, &key, now, &received),
                "/refund" if is_ours(&key, now, &received) => refund_desk::answer(&desk, &key, &*time, &received),
                _ => Some(Answer { status: 401, headers: Vec::new(), body: Vec::new() }),
            }
        }));
        let kid = format!("kid-{id}");
        Self { id: id.to_owned(), first_key: kid.clone(), seed, kid, secret, listener, book, refunds, clock }
    }

    /// An address of this issuer.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.listener.address)
    }

    /// From now on `status_url` answers this.
    pub(crate) fn says(&self, says: Says) {
        self.book.lock().unwrap().says = says;
    }

    /// From now on `status_url` answers this about one payment.
    pub(crate) fn says_of(&self, visit: &Visit, says: Says) {
        self.book.lock().unwrap().says_of.insert(visit.transaction_id.clone(), says);
    }

    /// How often it was asked about a payment, and when.
    pub(crate) fn asked(&self, transaction_id: &str) -> Vec<Timestamp> {
        let book = self.book.lock().unwrap();
        book.asked.iter().filter(|(_, body)| body["transactionId"] == transaction_id).map(|(at, _)| *at).collect()
    }

    /// Waits until it was asked `count` times.
    pub(crate) async fn asked_at_least(&self, transaction_id: &str, count: usize) -> Vec<Timestamp> {
        until("a status question", async || {
            let asked = self.asked(transaction_id);
            (asked.len() >= count).then_some(asked)
        })
        .await
    }

    /// The payer arrives: holds the authorize URL to contract section 5.
    #[track_caller]
    pub(crate) fn arrive(&self, url: &Url) -> Visit {
        let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
        let names: Vec<&str> = pairs.iter().map(|(name, _)| name.as_str()).collect();
        let expected = ["transactionId", "amountMicros", "currency", "description", "returnUrl", "exp", "kid", "sig"];
        assert_eq!(names, expected, "the parameters of {url}");
        let value = |name: &str| pairs.iter().find(|(given, _)| given == name).unwrap().1.clone();
        let base = self.url("/authorize");
        assert_eq!(&url[..url::Position::AfterPath], base);
        assert_eq!(value("kid"), self.first_key);
        let (secret, _) = keys::secret(self.seed);
        assert_eq!(value("sig"), su1::url_signature(&secret, "issuer-authorize", &base, &pairs), "signature of {url}");
        let expires = Timestamp::from_secs(value("exp").parse().unwrap());
        assert!(expires > self.clock.now(), "{url} has expired");
        let visit = Visit {
            transaction_id: value("transactionId"),
            amount_micros: value("amountMicros"),
            currency: value("currency"),
            description: value("description"),
            return_url: value("returnUrl"),
            expires,
        };
        self.book.lock().unwrap().visits.push(visit.clone());
        visit
    }

    /// The fields of a return, status answer or event.
    fn fields(visit: &Visit, word: &Word) -> Vec<(&'static str, String)> {
        let (micros, currency) = word.amount.unwrap_or((&visit.amount_micros, &visit.currency));
        let mut fields = vec![
            ("transactionId", visit.transaction_id.clone()),
            ("outcome", word.outcome.to_owned()),
            ("issuerReference", word.reference.to_owned()),
            ("amountMicros", micros.to_owned()),
            ("currency", currency.to_owned()),
        ];
        fields.extend(word.reason.map(|reason| ("reason", reason.to_owned())));
        fields.extend(word.raw_code.map(|code| ("rawCode", code.to_owned())));
        fields
    }

    /// The payer's way back with the issuer's word.
    pub(crate) fn return_url(&self, visit: &Visit, word: &Word) -> Url {
        let expires = self.clock.now().plus_millis(HOUR).as_secs();
        self.return_url_until(visit, word, expires)
    }

    /// The same with an expiry of its own, in Unix seconds.
    pub(crate) fn return_url_until(&self, visit: &Visit, word: &Word, expires_s: i64) -> Url {
        let fields = Self::fields(visit, word);
        let borrowed: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        su1::signed_url((&self.kid, &self.secret), "issuer-return", &visit.return_url, &borrowed, expires_s)
    }

    /// `payment.updated` with the issuer's word.
    pub(crate) fn event(visit: &Visit, word: &Word) -> Value {
        let mut body = json!({"type": "payment.updated"});
        for (name, value) in Self::fields(visit, word) {
            body[name] = json!(value);
        }
        body
    }

    /// Sends an event to `origin` as this issuer.
    pub(crate) async fn send(&self, browser: &Browser, origin: &str, webhook_id: &str, body: &Value) -> Page {
        let at_s = self.clock.now().as_secs();
        let body = body.to_string();
        let signature = su1::webhook_signature(&self.secret, webhook_id, at_s, body.as_bytes());
        self.send_raw(browser, origin, (webhook_id, at_s, &signature), body.as_bytes()).await
    }

    /// Sends an event with headers of the test's own.
    pub(crate) async fn send_raw(
        &self,
        browser: &Browser,
        origin: &str,
        (id, at_s, signature): (&str, i64, &str),
        body: &[u8],
    ) -> Page {
        let at = at_s.to_string();
        let headers = [
            ("content-type", "application/json"),
            ("webhook-id", id),
            ("webhook-timestamp", &at),
            ("webhook-signature", signature),
        ];
        browser.post(format!("{origin}/issuers/{}/events", self.id), &headers, body).await
    }

    /// Holds a 204 to contract section 5: signed, over the empty body.
    #[track_caller]
    pub(crate) fn check_acknowledged(&self, page: &Page) {
        assert_eq!(page.status, 204, "{}", page.text());
        let (id, at) = (page.header("webhook-id"), page.header("webhook-timestamp"));
        let (secret, _) = keys::secret(self.seed);
        let expected = su1::webhook_signature(&secret, id, at.parse().unwrap(), b"");
        assert_eq!(page.header("webhook-signature"), expected, "204 answers are signed over the empty body");
        assert!((at.parse::<i64>().unwrap() * SECOND - self.clock.now().as_millis()).abs() <= 300 * SECOND);
    }
}

/// Whether a call carries our signature and a time within the tolerance.
fn is_ours(secret: &[u8], now: Timestamp, received: &Received) -> bool {
    let (id, at) = (received.header("webhook-id"), received.header("webhook-timestamp"));
    let at_s: i64 = at.parse().unwrap_or_default();
    let signature = su1::webhook_signature(secret, id, at_s, &received.body);
    signature == received.header("webhook-signature") && (at_s - now.as_secs()).abs() <= 300
}

/// A 200 that is signed with `key`.
pub(super) fn signed(key: &[u8], id: &str, now: Timestamp, fields: &Value) -> Answer {
    let body = fields.to_string().into_bytes();
    let headers = vec![
        ("content-type", "application/json".to_owned()),
        ("webhook-id", id.to_owned()),
        ("webhook-timestamp", now.as_secs().to_string()),
        ("webhook-signature", su1::webhook_signature(key, id, now.as_secs(), &body)),
    ];
    Answer { status: 200, headers, body }
}

/// `status_url`
fn status(book: &Mutex<Book>, secret: &[u8], now: Timestamp, received: &Received) -> Option<Answer> {
    let empty = |status| Some(Answer { status, headers: Vec::new(), body: Vec::new() });
    let question: Value = serde_json::from_slice(&received.body).ok()?;
    let (says, visit) = {
        let mut book = book.lock().unwrap();
        book.asked.push((now, question.clone()));
        let visit = book.visits.iter().find(|visit| question["transactionId"] == *visit.transaction_id).cloned();
        let says = visit.as_ref().and_then(|visit| book.says_of.get(&visit.transaction_id)).unwrap_or(&book.says);
        (says.clone(), visit)
    };
    let (word, key, another) = match says {
        Says::NeverSeen => return empty(404),
        Says::Down(status) => return empty(status),
        Says::Gone => return None,
        Says::Word(word) => (word, secret.to_vec(), false),
        Says::Forged(word) => (word, vec![7; 32], false),
        Says::OfAnother(word) => (word, secret.to_vec(), true),
    };
    let mut fields = Bank::event(&visit?, &word);
    fields.as_object_mut().unwrap().remove("type");
    if another {
        fields["transactionId"] = json!("01930d2c-7a44-7000-8000-0123456789ab");
    }
    Some(signed(&key, "msg_status", now, &fields))
}
