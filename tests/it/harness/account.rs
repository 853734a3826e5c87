//! Google's side of one account: seals what Google sends, opens what Google gets.

use std::sync::Arc;

use roundtrip::crypto::{Carrier, Keyring, Opener, Scheme};
use roundtrip::domain::Timestamp;
use roundtrip::ports::Clock;
use serde_json::{Value, json};
use url::Url;

use super::browser::{Browser, Page};
use super::keys::{self, KeyFiles};

/// The account of most tests.
pub(crate) const PIAID: &str = "ExamplePay_INR";
/// Where Google wants payers back; a name that nobody resolves, for no test follows it.
pub(crate) const CALLBACK: &str = "https://payments.google.test/return";
/// The host of [`CALLBACK`], for the allow list.
pub(crate) const CALLBACK_HOST: &str = "payments.google.test";

/// Google, as the owner of one account.
#[derive(Clone)]
pub(crate) struct Peer {
    pub(crate) piaid: String,
    pub(crate) scheme: Scheme,
    keyring: Arc<Keyring>,
    opener: Arc<Opener>,
    clock: Arc<dyn Clock>,
}

/// What a method answered.
#[derive(Debug, Clone)]
pub(crate) struct Called {
    pub(crate) page: Page,
    /// The clear text, if it was sealed for us by a key that we trust.
    pub(crate) clear: Option<Value>,
}

/// A callback with its three parameters (API section 4.2).
#[derive(Debug, Clone)]
pub(crate) struct Home {
    pub(crate) url: Url,
    pub(crate) request_id: String,
    pub(crate) piaid: String,
    /// `redirectResponse` as it stood in the URL.
    pub(crate) sealed: String,
    /// RedirectResponse.
    pub(crate) clear: Value,
}

impl Peer {
    /// Google with the keys `own`, trusting `ours`.
    pub(crate) fn new(
        piaid: &str,
        scheme: Scheme,
        (own, ours): (&[&KeyFiles], &[&KeyFiles]),
        clock: Arc<dyn Clock>,
    ) -> Self {
        let keyring = Arc::new(keys::keyring(scheme, own, ours));
        let opener = Arc::new(Opener::new(vec![keyring.clone()]));
        Self { piaid: piaid.to_owned(), scheme, keyring, opener, clock }
    }

    /// The same keys, another name in every header.
    pub(crate) fn under(&self, piaid: &str) -> Self {
        Self { piaid: piaid.to_owned(), ..self.clone() }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    // What Google says.

    /// RequestHeader with a fresh timestamp (API section 3.3).
    pub(crate) fn header(&self, request_id: &str) -> Value {
        json!({
            "protocolVersion": {"major": 1},
            "requestId": request_id,
            "requestTimestamp": {"epochMillis": self.now().as_millis().to_string()},
            "paymentIntegratorAccountId": self.piaid,
        })
    }

    /// RedirectRequest (API section 4.1).
    pub(crate) fn redirect_request(&self, request_id: &str, issuer: Option<&str>) -> Value {
        json!({
            "requestHeader": self.header(request_id),
            "transactionAmount": {"amountMicros": "109900000", "currencyCode": "INR"},
            "transactionDescription": "Play Movies",
            "formOfPayment": form_of_payment(issuer),
        })
    }

    /// The request of generateRedirectPaymentUrl (API section 5.2).
    pub(crate) fn generate_request(&self, request_id: &str, issuer: Option<&str>) -> Value {
        let mut request = self.redirect_request(request_id, issuer);
        request["callbackUrl"] = json!(CALLBACK);
        request
    }

    /// The request of getRedirectPaymentStatus (API section 5.3).
    pub(crate) fn status_request(&self, request_id: &str, redirect_request_id: &str) -> Value {
        json!({"requestHeader": self.header(request_id), "redirectRequestId": redirect_request_id})
    }

    /// The request of asynchronousRefund (API section 5.4).
    pub(crate) fn refund_request(&self, request_id: &str, of: &str, (micros, currency): (i64, &str)) -> Value {
        json!({
            "requestHeader": self.header(request_id),
            "captureRequestId": of,
            "refundAmount": {"amountMicros": micros.to_string(), "currencyCode": currency},
        })
    }

    /// The request of echo (API section 5.1).
    pub(crate) fn echo_request(&self, request_id: &str) -> Value {
        json!({"requestHeader": self.header(request_id), "clientMessage": "hello"})
    }

    pub(crate) fn seal(&self, clear: &Value, carrier: Carrier) -> String {
        self.seal_text(&clear.to_string(), carrier)
    }

    /// Seals a text that need not be JSON.
    pub(crate) fn seal_text(&self, clear: &str, carrier: Carrier) -> String {
        self.seal_bytes(clear.as_bytes(), carrier)
    }

    /// Seals what need not even be text.
    pub(crate) fn seal_bytes(&self, clear: &[u8], carrier: Carrier) -> String {
        self.keyring.seal(clear, carrier, self.now()).unwrap()
    }

    /// The Begin Redirect URL of `request` at `origin`, with the callback that belongs to it.
    pub(crate) fn begin_url(&self, origin: &str, request: &Value) -> Url {
        let id = request["requestHeader"]["requestId"].as_str().unwrap();
        let sealed = self.seal(request, Carrier::UrlParameter);
        begin_url(origin, &callback_of(id), &sealed)
    }

    /// Calls a method at `origin` as Google does.
    pub(crate) async fn call(&self, browser: &Browser, origin: &str, method: &str, clear: &Value) -> Called {
        let sealed = self.seal(clear, Carrier::Body);
        self.call_sealed(browser, &format!("{origin}{}", method_path(method)), sealed).await
    }

    /// Sends a body that is sealed already.
    pub(crate) async fn call_sealed(&self, browser: &Browser, url: &str, sealed: impl Into<Vec<u8>>) -> Called {
        let page = browser.post(url, &[("content-type", self.scheme.content_type())], sealed).await;
        let clear = self.open(&page.body, Carrier::Body);
        Called { page, clear }
    }

    // What Google hears.

    /// The clear text of a sealed message, if it is for us and signed by a key that we trust.
    pub(crate) fn open(&self, sealed: &[u8], carrier: Carrier) -> Option<Value> {
        let opened = self.opener.open(sealed, carrier, self.now()).ok()?;
        Some(serde_json::from_slice(&opened.plaintext).unwrap())
    }

    /// Reads a callback; holds it to the rules of API section 4.2.
    #[track_caller]
    pub(crate) fn read_home(&self, url: &Url) -> Home {
        let all = |wanted: &str| -> Vec<String> {
            url.query_pairs().filter(|(name, _)| name == wanted).map(|(_, value)| value.into_owned()).collect()
        };
        let once = |wanted: &str| match all(wanted).as_slice() {
            [value] => value.clone(),
            other => panic!("{wanted} stands {} times in {url}", other.len()),
        };
        let sealed = once("redirectResponse");
        let clear = self.open(sealed.as_bytes(), Carrier::UrlParameter).unwrap_or_else(|| panic!("not sealed: {url}"));
        let request_id = once("redirectRequestId");
        assert_eq!(clear["redirectRequestId"], json!(request_id), "inside and outside must agree");
        let members = [clear.get("result"), clear.get("errorResponse")];
        assert_eq!(members.iter().flatten().count(), 1, "exactly one member of redirectResult: {clear}");
        Home { url: url.clone(), request_id, piaid: once("paymentIntegratorAccountId"), sealed, clear }
    }
}

impl Called {
    pub(crate) fn status(&self) -> u16 {
        self.page.status
    }

    /// The clear text of an answer that must be sealed.
    #[track_caller]
    pub(crate) fn clear(&self) -> &Value {
        self.clear.as_ref().unwrap_or_else(|| panic!("not sealed: {} {}", self.page.status, self.page.text()))
    }

    /// The clear text of a 200.
    #[track_caller]
    pub(crate) fn ok(&self) -> &Value {
        assert_eq!(self.page.status, 200, "{:?} {}", self.clear, self.page.text());
        self.clear()
    }

    /// The member of `errorResponseResult`.
    #[track_caller]
    pub(crate) fn error(&self) -> String {
        member(&self.clear()["errorResponseResult"])
    }

    /// The URL of a `success` of generateRedirectPaymentUrl.
    #[track_caller]
    pub(crate) fn payment_url(&self) -> Url {
        let url = &self.ok()["result"]["success"]["redirectDetails"]["getMethod"]["url"];
        url.as_str().unwrap_or_else(|| panic!("no url in {:?}", self.clear)).parse().unwrap()
    }

    /// The answer without what differs from one time to the next.
    #[track_caller]
    pub(crate) fn without_timestamp(&self) -> Value {
        let mut clear = self.ok().clone();
        clear["responseHeader"].as_object_mut().unwrap().remove("responseTimestamp").expect("responseTimestamp");
        clear
    }
}

impl Home {
    /// The outcome; fails on an errorResponse.
    #[track_caller]
    pub(crate) fn result(&self) -> &Value {
        self.clear.get("result").unwrap_or_else(|| panic!("an error: {}", self.clear))
    }

    /// The member of `errorResponse.errorResponseResult`.
    #[track_caller]
    pub(crate) fn error(&self) -> String {
        member(&self.clear["errorResponse"]["errorResponseResult"])
    }
}

/// The one member of a union.
#[track_caller]
pub(crate) fn member(union: &Value) -> String {
    let members = union.as_object().unwrap_or_else(|| panic!("not a union: {union}"));
    assert_eq!(members.len(), 1, "{union}");
    members.keys().next().unwrap().clone()
}

/// The current path of a method (API section 1.2).
pub(crate) fn method_path(method: &str) -> String {
    match method {
        "echo" | "remittanceStatementNotification" => format!("/v1/{method}"),
        other => format!("/v1/payment-integrator-redirect/{other}"),
    }
}

/// FormOfPayment (API section 3.6).
pub(crate) fn form_of_payment(issuer: Option<&str>) -> Value {
    issuer.map_or_else(|| json!({"noneChosen": {}}), |issuer| json!({"issuerId": {"value": issuer}}))
}

/// The callback that belongs to a start request of flow A.
pub(crate) fn callback_of(request_id: &str) -> String {
    format!("{CALLBACK}?redirectRequestId={request_id}")
}

pub(crate) fn begin_url(origin: &str, callback: &str, sealed: &str) -> Url {
    let mut url: Url = format!("{origin}/begin").parse().unwrap();
    url.query_pairs_mut().append_pair("callbackUrl", callback).append_pair("redirectRequest", sealed);
    url
}
