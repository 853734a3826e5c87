//! The services that Google hosts (API section 6): takes C2, results of refunds and echo, by a script.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, mpsc};

use roundtrip::crypto::Carrier;
use rustls::ServerConfig;
use serde_json::{Value, json};

use super::account::Peer;
use super::listener::{Answer, Listener, Received};
use super::remittance::Statements;
use super::wait::until;

/// What the next call is answered with. Without a script everything is accepted.
pub(crate) enum Script {
    /// Accept it.
    Accept,
    /// An empty body.
    Empty(u16),
    /// The generic text of API section 1.4.
    Plain(u16),
    /// With `Retry-After` in seconds.
    RetryAfter(u16, u32),
    /// A sealed ErrorResponse with this member.
    Sealed(u16, &'static str),
    /// 200 with an answer that somebody else signed.
    Foreign(Box<Peer>),
    /// 200 with an answer that is not sealed at all.
    Unsealed,
    /// Record it, wait for the word, then accept it.
    Hold(mpsc::Receiver<()>),
    /// Record it, then drop the connection.
    Drop,
}

/// C2 or the result of a refund, as it came.
#[derive(Debug, Clone)]
pub(crate) struct Notification {
    /// Path of the call.
    pub(crate) path: String,
    pub(crate) content_type: String,
    /// The body as it stood.
    pub(crate) raw: String,
    /// The clear text.
    pub(crate) clear: Value,
    /// What it was answered with; 0 while it waits or when the connection was dropped.
    pub(crate) answered: u16,
}

#[derive(Default)]
struct Seen {
    notifications: Vec<Notification>,
    script: VecDeque<Script>,
    results_script: VecDeque<Script>,
}

/// Google's server.
pub(crate) struct Google {
    pub(crate) listener: Listener,
    /// Its remittance statements.
    pub(crate) statements: Arc<Statements>,
    seen: Arc<Mutex<Seen>>,
}

impl Google {
    pub(crate) fn start(peers: Vec<Peer>) -> Self {
        Self::on(0, None, peers)
    }

    pub(crate) fn on(port: u16, tls: Option<Arc<ServerConfig>>, peers: Vec<Peer>) -> Self {
        let seen = Arc::new(Mutex::new(Seen::default()));
        let theirs = seen.clone();
        let statements = Arc::<Statements>::default();
        let issued = statements.clone();
        let handler = move |received| match issued.answer(&peers, received) {
            Ok(answered) => answered,
            Err(received) => answer(&theirs, &peers, received),
        };
        let listener = Listener::on(port, tls, Arc::new(handler));
        Self { listener, statements, seen }
    }

    /// `google.endpoint`
    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}/gsp", self.listener.address)
    }

    /// The next C2 are answered like this, one after the other.
    pub(crate) fn script(&self, script: impl IntoIterator<Item = Script>) {
        self.seen.lock().unwrap().script.extend(script);
    }

    /// It answers well again, whatever it was told to answer.
    pub(crate) fn recovers(&self) {
        self.seen.lock().unwrap().script.clear();
    }

    /// The next results of refunds are answered like this, one after the other.
    pub(crate) fn results_by(&self, script: impl IntoIterator<Item = Script>) {
        self.seen.lock().unwrap().results_script.extend(script);
    }

    /// Every C2 about a payment so far, refused ones included.
    pub(crate) fn notifications(&self, redirect_request_id: &str) -> Vec<Notification> {
        let seen = self.seen.lock().unwrap();
        seen.notifications.iter().filter(|one| one.clear["redirectRequestId"] == redirect_request_id).cloned().collect()
    }

    /// Waits until `count` C2 about a payment have come and been answered.
    pub(crate) async fn attempts(&self, redirect_request_id: &str, count: usize) -> Vec<Notification> {
        until("C2", async || {
            let found = self.notifications(redirect_request_id);
            (found.len() >= count).then_some(found)
        })
        .await
    }

    /// Waits for the C2 that was accepted.
    pub(crate) async fn accepted(&self, redirect_request_id: &str) -> Notification {
        until("an accepted C2", async || {
            self.notifications(redirect_request_id).into_iter().find(|one| one.answered == 200)
        })
        .await
    }

    /// Every result of a refund so far, refused ones included.
    pub(crate) fn results(&self, refund_request_id: &str) -> Vec<Notification> {
        let seen = self.seen.lock().unwrap();
        seen.notifications.iter().filter(|one| one.clear["refundRequestId"] == refund_request_id).cloned().collect()
    }

    /// Whether any refund's result was ever told.
    pub(crate) fn heard_of_refunds(&self) -> bool {
        self.seen.lock().unwrap().notifications.iter().any(|one| one.clear.get("refundRequestId").is_some())
    }

    /// Waits for the result that was accepted.
    pub(crate) async fn result(&self, refund_request_id: &str) -> Notification {
        until(&format!("an accepted result of {refund_request_id}"), async || {
            self.results(refund_request_id).into_iter().find(|one| one.answered == 200)
        })
        .await
    }
}

fn answer(seen: &Mutex<Seen>, peers: &[Peer], received: Received) -> Option<Answer> {
    let words: Vec<&str> = received.target.split('/').collect();
    let (method, piaid) = match words.as_slice() {
        ["", "gsp", "v1", method @ "echo", piaid] => (*method, *piaid),
        [
            "",
            "gsp",
            "redirect-fop-v1",
            method @ ("redirectPaymentCompleteNotification" | "refundResultNotification"),
            piaid,
        ] => (*method, *piaid),
        _ => return Some(plain(404)),
    };
    // Google tells a stranger nothing (API section 1.4).
    let Some(peer) = peers.iter().find(|peer| peer.piaid == piaid) else { return Some(plain(404)) };
    let Some(clear) = peer.open(&received.body, Carrier::Body) else { return Some(plain(404)) };
    if received.method != "POST" || clear["requestHeader"]["paymentIntegratorAccountId"] != piaid {
        return Some(plain(404));
    }
    if method == "echo" {
        return Some(sealed(
            peer,
            200,
            &json!({"clientMessage": clear["clientMessage"], "serverMessage": "from Google"}),
        ));
    }
    let (script, index) = {
        let mut seen = seen.lock().unwrap();
        seen.notifications.push(Notification {
            path: received.target.clone(),
            content_type: received.header("content-type").to_owned(),
            raw: String::from_utf8_lossy(&received.body).into_owned(),
            clear,
            answered: 0,
        });
        let script = if method == "refundResultNotification" { &mut seen.results_script } else { &mut seen.script };
        (script.pop_front().unwrap_or(Script::Accept), seen.notifications.len() - 1)
    };
    let accepted = json!({"result": {"accepted": {}}});
    let answer = match script {
        Script::Accept => sealed(peer, 200, &accepted),
        Script::Empty(status) => Answer { status, headers: Vec::new(), body: Vec::new() },
        Script::Plain(status) => plain(status),
        Script::RetryAfter(status, seconds) => {
            Answer { status, headers: vec![("retry-after", seconds.to_string())], body: Vec::new() }
        }
        Script::Sealed(status, member) => {
            sealed(peer, status, &json!({"errorDescription": "scripted", "errorResponseResult": {member: {}}}))
        }
        Script::Foreign(stranger) => sealed(&stranger, 200, &accepted),
        Script::Unsealed => Answer { status: 200, headers: Vec::new(), body: accepted.to_string().into_bytes() },
        Script::Hold(word) => {
            // The test may be over before it gives the word.
            word.recv().ok()?;
            sealed(peer, 200, &accepted)
        }
        Script::Drop => return None,
    };
    seen.lock().unwrap().notifications[index].answered = answer.status;
    Some(answer)
}

fn sealed(peer: &Peer, status: u16, members: &Value) -> Answer {
    let mut clear =
        json!({"responseHeader": {"responseTimestamp": {"epochMillis": peer.now().as_millis().to_string()}}});
    clear.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    Answer {
        status,
        headers: vec![("content-type", peer.scheme.content_type().to_owned())],
        body: peer.seal(&clear, Carrier::Body).into_bytes(),
    }
}

fn plain(status: u16) -> Answer {
    Answer {
        status,
        headers: vec![("content-type", "text/plain; charset=utf-8".to_owned())],
        body: b"There was an error. Please try again later.".to_vec(),
    }
}
