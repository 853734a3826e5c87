//! Calls to the booking server (google-booking-server section 2).

use std::time::Duration;

use reqwest::{RequestBuilder, Response};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use url::Url;

use super::CertifyOptions;
use super::json;
use super::messages::Message;

/// How long an answer may take; section 2.5 asks for far less.
const PATIENCE: Duration = Duration::from_secs(30);
/// What an answer may weigh.
const LONGEST_ANSWER: usize = 16 * 1024 * 1024;

/// The server under test.
pub(super) struct Server {
    url: Url,
    user: String,
    password: SecretString,
    http: reqwest::Client,
}

impl Server {
    pub(super) fn new(options: &CertifyOptions) -> Result<Self, reqwest::Error> {
        // A second call finds the provider installed already; that is as good.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(PATIENCE)
            .no_proxy()
            .build()?;
        let (mut url, user, password) = (options.url.clone(), options.user.clone(), options.password.clone());
        // With the version it is the same server.
        let below = url.path().trim_end_matches('/');
        let path = below.strip_suffix("/v3").unwrap_or(below).to_owned();
        url.set_path(&path);
        Ok(Self { url, user, password, http })
    }

    /// `{url}/v3/{method}/`: Google's form, with the slash.
    fn method(&self, method: &str) -> Url {
        let mut url = self.url.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(["v3", method, ""]);
        }
        url
    }

    /// The status of HealthCheck, with our password or with a wrong one.
    pub(super) async fn health(&self, authentic: bool) -> Result<u16, String> {
        let request = self.http.get(self.method("HealthCheck"));
        let request = if authentic {
            request.basic_auth(&self.user, Some(self.password.expose_secret()))
        } else {
            request.basic_auth(&self.user, Some("not the password"))
        };
        sent(request).await.map(|response| response.status().as_u16())
    }

    /// Calls `method`; its answer in canonical form, or why it is none.
    pub(super) async fn call(&self, method: &str, request: &Value, answer: &'static Message) -> Result<Value, String> {
        let request = self
            .http
            .post(self.method(method))
            .basic_auth(&self.user, Some(self.password.expose_secret()))
            .json(request);
        let response = sent(request).await?;
        let status = response.status().as_u16();
        let kind = response.headers().get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
        let is_json = kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"));
        let kind = kind.to_owned();
        let body = read(response).await?;
        if status != 200 {
            let shown: String = String::from_utf8_lossy(&body).chars().take(200).collect();
            return Err(format!("HTTP {status}: {shown}"));
        }
        if !is_json {
            return Err(format!("the Content-Type is {kind:?}, not application/json"));
        }
        let value = json::parse(&body).map_err(|why| format!("the answer is no strict JSON: {why}"))?;
        answer.read(&value)
    }
}

async fn sent(request: RequestBuilder) -> Result<Response, String> {
    request.send().await.map_err(|error| failed(&error))
}

fn failed(error: &reqwest::Error) -> String {
    let why = if error.is_timeout() {
        "no answer in time"
    } else if error.is_connect() {
        "no connection"
    } else {
        "the connection broke"
    };
    why.to_owned()
}

async fn read(mut response: Response) -> Result<Vec<u8>, String> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| failed(&error))? {
        if body.len() + chunk.len() > LONGEST_ANSWER {
            return Err("the answer is longer than 16 MiB".to_owned());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
