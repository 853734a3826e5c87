//! Google's side of remittance: statements that it has issued, told page by page, and what it heard in return.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use roundtrip::crypto::Carrier;
use serde_json::{Value, json};

use super::account::Peer;
use super::listener::{Answer, Received};
use super::wait::until;

const METHODS: [&str; 3] =
    ["remittanceStatementDetails", "acceptRemittanceStatement", "acceptRemittanceStatementWithModifications"];

/// What a call is answered with.
#[derive(Debug, Clone)]
pub(crate) enum Told {
    /// 200 with these members.
    Members(Value),
    /// 200 with this clear text, sealed.
    Bytes(Vec<u8>),
    /// A bare status.
    Status(u16),
    /// Nothing: the connection breaks off.
    Nothing,
}

/// A call as it came.
#[derive(Debug, Clone)]
pub(crate) struct Heard {
    pub(crate) method: String,
    pub(crate) clear: Value,
}

/// Answers a call about one statement: the call, and how many of this method there were before.
type Answers = dyn Fn(&Value, usize) -> Told + Send + Sync;

#[derive(Default)]
struct Held {
    details: HashMap<String, Arc<Answers>>,
    accepting: Option<Arc<Answers>>,
    heard: Vec<Heard>,
}

/// The statements of a stand-in for Google.
#[derive(Default)]
pub(crate) struct Statements(Mutex<Held>);

impl Statements {
    /// Answers a call about statements, or breaks its connection off; gives any other back.
    pub(crate) fn answer(&self, peers: &[Peer], received: Received) -> Result<Option<Answer>, Received> {
        let Some((peer, method, clear)) = about_statements(peers, &received) else { return Err(received) };
        Ok(match self.told(&method, &clear) {
            Told::Members(members) => Some(sealed(peer, &with_header(peer, members).to_string().into_bytes())),
            Told::Bytes(clear) => Some(sealed(peer, &clear)),
            Told::Status(status) => Some(Answer { status, headers: Vec::new(), body: Vec::new() }),
            Told::Nothing => None,
        })
    }

    fn told(&self, method: &str, clear: &Value) -> Told {
        let id = clear["statementId"].as_str().unwrap_or_default();
        let (answers, before) = {
            let mut held = self.0.lock().unwrap();
            let same = |heard: &&Heard| heard.method == method && heard.clear["statementId"] == id;
            let before = held.heard.iter().filter(same).count();
            held.heard.push(Heard { method: method.to_owned(), clear: clear.clone() });
            let answers = if method == METHODS[0] { held.details.get(id).cloned() } else { held.accepting.clone() };
            (answers, before)
        };
        match answers {
            Some(answers) => answers(clear, before),
            None if method == METHODS[0] => Told::Status(404),
            None => Told::Members(json!({"result": {"success": {}}})),
        }
    }

    /// Details of a statement are answered like this.
    pub(crate) fn details(&self, id: &str, answers: impl Fn(&Value, usize) -> Told + Send + Sync + 'static) {
        self.0.lock().unwrap().details.insert(id.to_owned(), Arc::new(answers));
    }

    /// Acceptances are answered like this; otherwise they succeed.
    pub(crate) fn accepting(&self, answers: impl Fn(&Value, usize) -> Told + Send + Sync + 'static) {
        self.0.lock().unwrap().accepting = Some(Arc::new(answers));
    }

    /// Every call about a statement so far whose method begins so.
    pub(crate) fn heard(&self, method: &str, id: &str) -> Vec<Heard> {
        let held = self.0.lock().unwrap();
        let wanted = |heard: &&Heard| heard.method.starts_with(method) && heard.clear["statementId"] == id;
        held.heard.iter().filter(wanted).cloned().collect()
    }

    /// Waits until there were so many.
    pub(crate) async fn calls(&self, method: &str, id: &str, count: usize) -> Vec<Heard> {
        until(&format!("{count} calls of {method} about {id}"), async || {
            let heard = self.heard(method, id);
            (heard.len() >= count).then_some(heard)
        })
        .await
    }
}

/// Who calls which method with what.
fn about_statements<'a>(peers: &'a [Peer], received: &Received) -> Option<(&'a Peer, String, Value)> {
    let words: Vec<&str> = received.target.split('/').collect();
    let ["", "gsp", "redirect-fop-v1", method, piaid] = words.as_slice() else { return None };
    let peer = peers.iter().find(|peer| METHODS.contains(method) && peer.piaid == *piaid)?;
    let clear = peer.open(&received.body, Carrier::Body)?;
    let own = clear["requestHeader"]["paymentIntegratorAccountId"] == *piaid;
    own.then(|| (peer, (*method).to_owned(), clear))
}

fn with_header(peer: &Peer, mut members: Value) -> Value {
    members["responseHeader"] = json!({"responseTimestamp": {"epochMillis": peer.now().as_millis().to_string()}});
    members
}

fn sealed(peer: &Peer, clear: &[u8]) -> Answer {
    Answer {
        status: 200,
        headers: vec![("content-type", peer.scheme.content_type().to_owned())],
        body: peer.seal_bytes(clear, Carrier::Body).into_bytes(),
    }
}

/// A statement as it is announced and told.
#[derive(Debug, Clone)]
pub(crate) struct Statement {
    pub(crate) id: String,
    /// `remittanceStatementSummary`
    pub(crate) summary: Value,
    /// The list that each event stands in, and the event.
    pub(crate) events: Vec<(&'static str, Value)>,
    /// Events of a page.
    pub(crate) page: usize,
    /// The offset of the first event.
    pub(crate) first: usize,
}

pub(crate) fn amount(micros: i64, currency: &str) -> Value {
    json!({"amountMicros": micros.to_string(), "currencyCode": currency})
}

/// A capture in INR.
pub(crate) fn captured(id: &str, micros: i64, fee: i64) -> (&'static str, Value) {
    let event = json!({"eventRequestId": id, "eventAmount": amount(micros, "INR"), "feeAmount": amount(fee, "INR")});
    ("captureEvents", event)
}

/// A refund in INR: a positive amount in the list of refunds.
pub(crate) fn refunded(id: &str, micros: i64) -> (&'static str, Value) {
    ("refundEvents", json!({"eventRequestId": id, "eventAmount": amount(micros, "INR")}))
}

impl Statement {
    /// A statement of the day before [`super::START_MS`], with this total.
    pub(crate) fn new(id: &str, total: i64, events: Vec<(&'static str, Value)>) -> Self {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let time = |millis: i64| json!({"epochMillis": millis.to_string()});
        let summary = json!({
            "statementDate": time(super::START_MS),
            "billingPeriod": {"startDate": time(super::START_MS - super::DAY), "endDate": time(super::START_MS - 1)},
            "dateDue": time(super::START_MS + 14 * super::DAY),
            "totalDueByIntegrator": amount(total, "INR"),
            "remittanceInstructions": {"memoLineId": format!("stmt-1AB-pp{number}-invisi")},
            "totalEvents": events.len(),
        });
        Self { id: id.to_owned(), summary, events, page: 1_000, first: 0 }
    }

    /// Of another billing period: so many days earlier.
    pub(crate) fn earlier(mut self, days: i64) -> Self {
        for edge in ["startDate", "endDate"] {
            let millis = &mut self.summary["billingPeriod"][edge]["epochMillis"];
            *millis = json!((millis.as_str().unwrap().parse::<i64>().unwrap() - days * super::DAY).to_string());
        }
        self
    }

    /// Changes anything else.
    pub(crate) fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    /// The page that a call asks for.
    pub(crate) fn told(&self, call: &Value) -> Value {
        let from = call["eventOffset"].as_u64().map_or(0, |offset| offset as usize - self.first);
        let until = (from + self.page).min(self.events.len());
        let list = |name: &str| -> Vec<&Value> {
            self.events[from..until].iter().filter(|(list, _)| *list == name).map(|(_, event)| event).collect()
        };
        let mut members = json!({
            "eventOffset": from + self.first,
            "totalEvents": self.summary["totalEvents"],
            "remittanceStatementSummary": self.summary,
            "captureEvents": list("captureEvents"),
            "refundEvents": list("refundEvents"),
        });
        if until < self.events.len() {
            members["nextEventOffset"] = json!(until + self.first);
        }
        members
    }

    /// `remittanceStatementNotification` (API section 5.5).
    pub(crate) fn notification(&self, peer: &Peer) -> Value {
        json!({"requestHeader": peer.header(&self.id), "remittanceStatementSummary": self.summary})
    }
}
