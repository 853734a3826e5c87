//! A key server, by a script.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use roundtrip::crypto::BearerIssuer;
use roundtrip::protocol::outlook::KeySource;
use serde_json::{Value, json};
use url::Url;

use crate::harness::listener::{Answer, Listener, Received};

/// What it publishes and does.
#[derive(Default)]
pub(super) struct Script {
    pub(super) jwks: Vec<Value>,
    /// Answers 503 to everything.
    pub(super) down: bool,
    /// Bytes of white space before the key set.
    pub(super) padding: usize,
    /// Where the keys are said to be, if not here.
    pub(super) elsewhere: Option<&'static str>,
    /// How often the discovery document was asked for.
    pub(super) fetches: u32,
}

pub(super) struct KeyServer {
    listener: Listener,
    script: Arc<Mutex<Script>>,
}

impl KeyServer {
    pub(super) fn start(keys: &[&BearerIssuer]) -> Self {
        let script = Arc::new(Mutex::new(Script::default()));
        let theirs = script.clone();
        let listener = Listener::start(Arc::new(move |received| Some(answer(&mut theirs.lock().unwrap(), &received))));
        let server = Self { listener, script };
        server.publish(keys);
        server
    }

    pub(super) fn publish(&self, keys: &[&BearerIssuer]) {
        self.change(|script| script.jwks = keys.iter().map(|key| key.jwk(None).unwrap()).collect());
    }

    pub(super) fn change(&self, change: impl FnOnce(&mut Script)) {
        change(&mut self.script.lock().unwrap());
    }

    pub(super) fn fetches(&self) -> u32 {
        self.script.lock().unwrap().fetches
    }

    /// A source that asks this server.
    pub(super) fn source(&self) -> KeySource {
        let _installed = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let discovery = format!("http://{}/.well-known/openid-configuration", self.listener.address);
        KeySource::new(Url::parse(&discovery).unwrap(), Duration::from_secs(20)).unwrap()
    }
}

fn answer(script: &mut Script, received: &Received) -> Answer {
    let json = |status, body: String| {
        let headers = vec![("content-type", "application/json".to_owned())];
        Answer { status, headers, body: body.into_bytes() }
    };
    let discovery = received.target == "/.well-known/openid-configuration";
    script.fetches += u32::from(discovery);
    if script.down {
        return json(503, String::new());
    }
    if discovery {
        let here = format!("http://{}/keys", received.header("host"));
        let jwks_uri = script.elsewhere.map_or(here, str::to_owned);
        return json(200, json!({"issuer": "https://substrate.office.com/sts", "jwks_uri": jwks_uri}).to_string());
    }
    assert_eq!((received.method.as_str(), received.target.as_str()), ("GET", "/keys"));
    json(200, format!("{}{}", " ".repeat(script.padding), json!({ "keys": script.jwks })))
}
