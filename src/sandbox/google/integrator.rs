//! Google as the caller: requests to the integrator, sealed, and what it answered (API section 5).

use serde_json::Value;
use url::Url;

use super::book::Order;
use super::channels::Word;
use super::exchange::{Answer, Exchange, Method};
use super::messages::text;
use super::{GoogleAccount, Shop};
use crate::crypto::Carrier;

impl Shop {
    /// The account of that name, with its place in the opener.
    pub(super) fn account(&self, piaid: &str) -> Option<(usize, &GoogleAccount)> {
        self.accounts.iter().enumerate().find(|(_, account)| account.piaid == piaid)
    }

    /// Opens a message that must be sealed with the keys of `account`.
    pub(super) fn open(&self, account: usize, wire: &[u8], carrier: Carrier) -> Result<Vec<u8>, String> {
        let opened = self.opener.open(wire, carrier, self.clock.now()).map_err(|error| error.to_string())?;
        if opened.trusted_by.contains(&account) {
            Ok(opened.plaintext.to_vec())
        } else {
            Err("the message is signed for another account".to_owned())
        }
    }

    fn seal(&self, piaid: &str, clear: &Value, carrier: Carrier) -> Result<String, String> {
        let (_, account) = self.account(piaid).ok_or_else(|| format!("there is no account {piaid}"))?;
        let plain = clear.to_string();
        account.keyring.seal(plain.as_bytes(), carrier, self.clock.now()).map_err(|error| error.to_string())
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.integrator.as_str().trim_end_matches('/'))
    }

    /// Where the browser begins the payment: `clear` sealed into the integrator's Begin endpoint (API section 4.1).
    pub(super) fn begin_url(&self, order: &Order, clear: &Value) -> Result<String, String> {
        let redirect_request = self.seal(&order.piaid, clear, Carrier::UrlParameter)?;
        let mut url = Url::parse(&self.url(&self.begin_path)).map_err(|error| error.to_string())?;
        url.query_pairs_mut()
            .append_pair("callbackUrl", &order.callback_url)
            .append_pair("redirectRequest", &redirect_request);
        Ok(url.into())
    }

    /// Sends `clear` on behalf of an order and reads what comes back. Never fails: what went wrong is part of the exchange.
    pub(super) async fn exchange(&self, order: &Order, method: Method, clear: &Value) -> Exchange {
        if method != Method::Begin {
            return self.post(&order.piaid, method, clear).await;
        }
        let at_ms = self.clock.now().as_millis();
        told((method, at_ms), clear, self.send_begin(order, clear).await)
    }

    /// Calls a method that the integrator hosts. Never fails, as [`Shop::exchange`].
    pub(super) async fn post(&self, piaid: &str, method: Method, clear: &Value) -> Exchange {
        let at_ms = self.clock.now().as_millis();
        let sent = match method.path() {
            Some(path) => self.send(piaid, path, clear).await,
            None => Err(format!("{} is the browser's", method.name())),
        };
        let mut exchange = told((method, at_ms), clear, sent);
        if method == Method::Status && exchange.status == Some(200) {
            exchange.word = exchange.answer.message().and_then(|message| Word::read(&message).ok());
        }
        exchange
    }

    async fn send(&self, piaid: &str, path: &str, clear: &Value) -> Result<(u16, Answer), String> {
        let (at, account) = self.account(piaid).ok_or_else(|| format!("there is no account {piaid}"))?;
        let sealed = self.seal(piaid, clear, Carrier::Body)?;
        let request = self
            .http
            .post(self.url(&format!("{}{path}", self.base_path.trim_end_matches('/'))))
            .header("content-type", account.keyring.scheme().content_type())
            .body(sealed);
        let response = request.send().await.map_err(|error| error.without_url().to_string())?;
        let status = response.status().as_u16();
        let body = response.bytes().await.map_err(|error| error.without_url().to_string())?;
        if body.is_empty() {
            return Ok((status, Answer::Empty));
        }
        // An answer may be sealed, plain or empty (API section 1.4); what does not open is shown as it is.
        let answer = match self.open(at, &body, Carrier::Body) {
            Ok(clear) => Answer::Sealed { clear: String::from_utf8_lossy(&clear).into_owned() },
            Err(_) => Answer::Plain { text: String::from_utf8_lossy(&body).chars().take(4_000).collect() },
        };
        Ok((status, answer))
    }

    /// What a browser would be told, without following it.
    async fn send_begin(&self, order: &Order, clear: &Value) -> Result<(u16, Answer), String> {
        let url = self.begin_url(order, clear)?;
        let response = self.http.get(url).send().await.map_err(|error| error.without_url().to_string())?;
        let status = response.status().as_u16();
        let Some(location) = response.headers().get("location").and_then(|value| value.to_str().ok()) else {
            let body = response.text().await.unwrap_or_default();
            return Ok((status, Answer::Plain { text: body.chars().take(4_000).collect() }));
        };
        let sealed = Url::parse(location).ok().and_then(|url| {
            url.query_pairs().find(|(name, _)| name == "redirectResponse").map(|(_, value)| value.into_owned())
        });
        let clear = sealed.zip(self.account(&order.piaid)).and_then(|(sealed, (at, _))| {
            let clear = self.open(at, sealed.as_bytes(), Carrier::UrlParameter).ok()?;
            Some(String::from_utf8_lossy(&clear).into_owned())
        });
        Ok((status, Answer::Redirect { location: location.to_owned(), clear }))
    }
}

fn told((method, at_ms): (Method, i64), clear: &Value, sent: Result<(u16, Answer), String>) -> Exchange {
    let (status, answer) = match sent {
        Ok((status, answer)) => (Some(status), answer),
        Err(why) => (None, Answer::Failed { why }),
    };
    Exchange {
        method,
        request_id: text(clear, "/requestHeader/requestId").unwrap_or_default().to_owned(),
        at_ms,
        sent: clear.to_string(),
        status,
        answer,
        word: None,
    }
}
