//! The Maps Booking API and its token address, by a script.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use roundtrip::crypto::{AssertionVerifier, ServiceAccount, generate_service_account};
use serde_json::{Value, json};
use url::Url;
use zeroize::Zeroizing;

use super::NOW;
use crate::harness::listener::{Answer, Listener, Received};

/// What the next call is answered with. Without a script everything is accepted.
pub(super) enum Script {
    Status(u16),
    RetryAfter(u16, &'static str),
    /// Drop the connection.
    Drop,
}

#[derive(Default)]
struct Seen {
    calls: Vec<Received>,
    script: VecDeque<Script>,
    token_script: VecDeque<Script>,
    /// Tokens handed out so far.
    tokens: u32,
    verifier: Option<AssertionVerifier>,
}

pub(super) struct Google {
    listener: Listener,
    seen: Arc<Mutex<Seen>>,
    key_file: Zeroizing<String>,
}

impl Google {
    pub(super) fn start() -> Self {
        let seen = Arc::new(Mutex::new(Seen::default()));
        let theirs = seen.clone();
        let listener = Listener::start(Arc::new(move |received| answer(&mut theirs.lock().unwrap(), received)));
        let token_uri = Url::parse(&format!("http://{}/token", listener.address)).unwrap();
        let key_file = generate_service_account("rtu@example.iam", &token_uri).unwrap();
        let google = Self { listener, seen, key_file };
        google.seen.lock().unwrap().verifier = Some(google.service_account().verifier());
        google
    }

    pub(super) fn origin(&self) -> Url {
        Url::parse(&format!("http://{}", self.listener.address)).unwrap()
    }

    pub(super) fn service_account(&self) -> ServiceAccount {
        ServiceAccount::parse(self.key_file.as_bytes()).unwrap()
    }

    pub(super) fn script(&self, script: impl IntoIterator<Item = Script>) {
        self.seen.lock().unwrap().script.extend(script);
    }

    pub(super) fn token_script(&self, script: impl IntoIterator<Item = Script>) {
        self.seen.lock().unwrap().token_script.extend(script);
    }

    pub(super) fn tokens(&self) -> u32 {
        self.seen.lock().unwrap().tokens
    }

    /// Every call to the API so far, as method, target, authorization and body.
    pub(super) fn calls(&self) -> Vec<Value> {
        let seen = self.seen.lock().unwrap();
        let show = |call: &Received| {
            json!({
                "call": format!("{} {}", call.method, call.target),
                "body": serde_json::from_slice::<Value>(&call.body).unwrap(),
            })
        };
        seen.calls.iter().map(show).collect()
    }

    pub(super) fn authorizations(&self) -> Vec<String> {
        let seen = self.seen.lock().unwrap();
        seen.calls.iter().map(|call| call.header("authorization").to_owned()).collect()
    }
}

fn json_answer(status: u16, body: &Value) -> Answer {
    Answer {
        status,
        headers: vec![("content-type", "application/json".to_owned())],
        body: body.to_string().into_bytes(),
    }
}

fn scripted(script: Script) -> Option<Answer> {
    match script {
        Script::Status(status) => Some(json_answer(status, &json!({"error": {"code": status}}))),
        Script::RetryAfter(status, seconds) => {
            let mut answer = json_answer(status, &json!({"error": {"code": status}}));
            answer.headers.push(("retry-after", seconds.to_owned()));
            Some(answer)
        }
        Script::Drop => None,
    }
}

fn answer(seen: &mut Seen, received: Received) -> Option<Answer> {
    if received.target == "/token" {
        return token(seen, &received);
    }
    let expected = format!("Bearer token-{}", seen.tokens);
    let authorized = seen.tokens == 0 || received.header("authorization") == expected;
    assert_eq!(received.header("content-type"), "application/json");
    seen.calls.push(received);
    match seen.script.pop_front() {
        Some(script) => scripted(script),
        None if !authorized => Some(json_answer(401, &json!({"error": {"code": 401}}))),
        None => Some(json_answer(200, &json!({}))),
    }
}

fn token(seen: &mut Seen, received: &Received) -> Option<Answer> {
    if let Some(script) = seen.token_script.pop_front() {
        return scripted(script);
    }
    assert_eq!(received.header("content-type"), "application/x-www-form-urlencoded");
    let form: Vec<(String, String)> = url::form_urlencoded::parse(&received.body).into_owned().collect();
    let [(first, grant), (second, assertion)] = form.as_slice() else { panic!("{form:?}") };
    assert_eq!((first.as_str(), second.as_str()), ("grant_type", "assertion"));
    assert_eq!(grant, "urn:ietf:params:oauth:grant-type:jwt-bearer");
    let verified =
        seen.verifier.as_ref().unwrap().verify(assertion, "https://www.googleapis.com/auth/mapsbooking", NOW);
    if let Err(why) = verified {
        return Some(json_answer(400, &json!({"error": "invalid_grant", "error_description": why})));
    }
    seen.tokens += 1;
    let token = format!("token-{}", seen.tokens);
    Some(json_answer(200, &json!({"access_token": token, "expires_in": 3599, "token_type": "Bearer"})))
}
