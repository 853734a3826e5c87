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
pub(crate) struct Script {
    pub(crate) jwks: Vec<Value>,
    /// Answers 503 to everything.
    pub(crate) down: bool,
    /// Bytes of white space before the key set.
    pub(crate) padding: usize,
    /// Where the keys are said to be, if not here.
    pub(crate) elsewhere: Option<&'static str>,
    /// Whom the discovery document names, if not Microsoft's token service.
    pub(crate) issuer: Option<&'static str>,
    /// How often the discovery document was asked for.
    pub(crate) fetches: u32,
}

pub(crate) struct KeyServer {
    listener: Listener,
    script: Arc<Mutex<Script>>,
}

impl KeyServer {
    pub(crate) fn start(keys: &[&BearerIssuer]) -> Self {
        let script = Arc::new(Mutex::new(Script::default()));
        let theirs = script.clone();
        let listener = Listener::start(Arc::new(move |received| Some(answer(&mut theirs.lock().unwrap(), &received))));
        let server = Self { listener, script };
        server.publish(keys);
        server
    }

    pub(crate) fn publish(&self, keys: &[&BearerIssuer]) {
        self.change(|script| script.jwks = keys.iter().map(|key| key.jwk(None).unwrap()).collect());
    }

    pub(crate) fn change(&self, change: impl FnOnce(&mut Script)) {
        change(&mut self.script.lock().unwrap());
    }

    pub(crate) fn fetches(&self) -> u32 {
        self.script.lock().unwrap().fetches
    }

    /// A source that asks this server.
    pub(crate) fn source(&self) -> KeySource {
        let _installed = rustls::crypto::aws_lc_rs::default_provider().install_default();
        KeySource::new(Url::parse(&self.discovery()).unwrap(), Duration::from_secs(20)).unwrap()
    }

    /// Where its discovery document is.
    pub(crate) fn discovery(&self) -> String {
        format!("http://{}/.well-known/openid-configuration", self.listener.address)
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
        let issuer = script.issuer.unwrap_or("https://substrate.office.com/sts");
        return json(200, json!({"issuer": issuer, "jwks_uri": jwks_uri}).to_string());
    }
    assert_eq!((received.method.as_str(), received.target.as_str()), ("GET", "/keys"));
    json(200, format!("{}{}", " ".repeat(script.padding), json!({ "keys": script.jwks })))
}
