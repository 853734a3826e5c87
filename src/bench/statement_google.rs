//! The stand-in for Google's side of remittance under load: one statement of any length, made up as it is asked for.
//!
//! Start one with [`StatementGoogle::start`], post [`StatementGoogle::notification`] to the server under test, wait with
//! [`StatementGoogle::wait_until_accepted`], and look at [`StatementGoogle::asked`] and [`StatementGoogle::accepted`].
//! It listens on loopback at [`StatementGoogle::address`]; `google.endpoint` is `http://{address}/gsp`.
//!
//! No event is kept: the rule of the [`StatementPlan`] makes the event of a number whenever it is needed, so a million of
//! them take the memory of one page. Requests are opened and pages sealed with the account's real keys; that costs CPU of
//! this process, two operations with RSA for each page.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};

use super::http::{Connection, Message};
use crate::crypto::{Carrier, Keyring, Opener};
use crate::domain::Timestamp;
use crate::ports::{Clock, SystemClock};

/// `numberOfEvents` at most, and if it is not asked for (API section 6.7).
const MOST_EVENTS: u64 = 1000;
const DAY_MS: i64 = 86_400_000;

/// The account whose statement it is.
pub struct StatementKeys {
    /// `paymentIntegratorAccountId`: the last segment of every path.
    pub piaid: String,
    /// Google's own private and the server's public keys.
    pub keyring: Arc<Keyring>,
}

/// Which list of the details an event stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// `captureEvents`.
    Capture,
    /// `refundEvents`.
    Refund,
}

/// One event of the statement.
#[derive(Debug, Clone)]
pub struct StatedEvent {
    /// Payment or refund.
    pub side: Side,
    /// `eventRequestId`, of the alphabet of request ids (API section 3.3): it is written unescaped.
    pub request_id: String,
    /// Micros of the statement's currency; positive on either side.
    pub amount_micros: i64,
    /// Micros of the statement's currency.
    pub fee_micros: i64,
}

/// What the statement says.
pub struct StatementPlan {
    /// The notification's `requestId`.
    pub statement_id: String,
    /// For the bank transfer.
    pub memo_line_id: String,
    /// ISO 4217.
    pub currency: String,
    /// How many events there are.
    pub events: u64,
    /// The event of each number below `events`; must answer the same every time.
    pub rule: Box<dyn Fn(u64) -> StatedEvent + Send + Sync>,
}

/// What was asked so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Asked {
    /// remittanceStatementDetails, repeated ones included.
    pub pages: u64,
    /// Of these, how many asked for an offset that had been served before.
    pub repeated_pages: u64,
    /// The events on all of them.
    pub events: u64,
    /// Bytes of all sealed pages.
    pub page_bytes: u64,
    /// Either method of accepting.
    pub accepts: u64,
    /// Notifications of payments and refunds; they are acknowledged and not looked at.
    pub notifications: u64,
    /// What could not be opened, named another statement or account, or made no sense: answered with 404.
    pub refused: u64,
}

/// The first acceptance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// The accepting request.
    pub request_id: String,
    /// `vatToFeeRatioInMicros`; none: as it is.
    pub vat_to_fee_ratio_micros: Option<i64>,
    /// When it arrived.
    pub at: Instant,
}

/// The stand-in.
pub struct StatementGoogle {
    address: SocketAddr,
    keys: StatementKeys,
    opener: Opener,
    plan: StatementPlan,
    /// `RemittanceStatementSummary`, as JSON text.
    summary: String,
    told: Mutex<Told>,
}

#[derive(Default)]
struct Told {
    asked: Asked,
    /// How often each offset was served.
    offsets: BTreeMap<u64, u64>,
    accepted: Option<Accepted>,
}

impl StatementGoogle {
    /// Adds the statement up, listens on loopback and answers from now on. Call it inside a tokio runtime.
    pub async fn start(keys: StatementKeys, plan: StatementPlan) -> anyhow::Result<Arc<Self>> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.context("cannot listen on loopback")?;
        let now = SystemClock.now();
        let adding = tokio::task::spawn_blocking(move || summary(&plan, now).map(|summary| (plan, summary)));
        let (plan, summary) = adding.await.context("adding up was interrupted")??;
        let google = Arc::new(Self {
            address: listener.local_addr()?,
            opener: Opener::new(vec![keys.keyring.clone()]),
            keys,
            plan,
            summary,
            told: Mutex::default(),
        });
        let serving = google.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serving.clone().serve(stream));
            }
        });
        Ok(google)
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The sealed body of remittanceStatementNotification (API section 5.5), to be posted by the caller with the content
    /// type of the keys' scheme. Every call stamps it anew: the same `requestId`, a fresh timestamp.
    pub fn notification(&self) -> anyhow::Result<String> {
        let now = SystemClock.now();
        let request = json!({
            "requestHeader": {
                "protocolVersion": {"major": 1},
                "requestId": self.plan.statement_id,
                "requestTimestamp": {"epochMillis": now.as_millis().to_string()},
                "paymentIntegratorAccountId": self.keys.piaid,
            },
            "remittanceStatementSummary": serde_json::from_str::<Value>(&self.summary)?,
        });
        Ok(self.keys.keyring.seal(request.to_string().as_bytes(), Carrier::Body, now)?)
    }

    /// What was asked until now.
    pub fn asked(&self) -> Asked {
        self.told(|told| told.asked)
    }

    /// The acceptance, once it came.
    pub fn accepted(&self) -> Option<Accepted> {
        self.told(|told| told.accepted.clone())
    }

    /// Waits for the acceptance; `None` if it does not come in time.
    pub async fn wait_until_accepted(&self, patience: Duration) -> Option<Accepted> {
        let started = Instant::now();
        loop {
            let accepted = self.accepted();
            if accepted.is_some() || started.elapsed() > patience {
                return accepted;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    fn told<T>(&self, look: impl FnOnce(&mut Told) -> T) -> T {
        look(&mut self.told.lock().unwrap_or_else(PoisonError::into_inner))
    }

    async fn serve(self: Arc<Self>, stream: TcpStream) {
        let Ok(mut connection) = Connection::new(stream) else { return };
        while let Ok(Some(message)) = connection.receive().await {
            let google = self.clone();
            // Cryptography would hold up the other connections.
            let Ok(answer) = tokio::task::spawn_blocking(move || google.answer(&message)).await else { return };
            if connection.send(&answer).await.is_err() {
                return;
            }
        }
    }

    fn answer(&self, message: &Message) -> Vec<u8> {
        let (status, content_type, body) = match self.handle(message) {
            Ok(body) => ("200 OK", self.keys.keyring.scheme().content_type(), body),
            Err(error) => {
                tracing::warn!(%error, "Google's stand-in refuses a request");
                self.told(|told| told.asked.refused += 1);
                ("404 Not Found", "text/plain", "There was an error. Please try again later.".to_owned())
            }
        };
        let length = body.len();
        let mut answer =
            format!("HTTP/1.1 {status}\r\ncontent-type: {content_type}\r\ncontent-length: {length}\r\n\r\n");
        answer.push_str(&body);
        answer.into_bytes()
    }

    fn handle(&self, message: &Message) -> anyhow::Result<String> {
        let below = message.target().strip_prefix("/gsp/redirect-fop-v1/").context("no method of Google's")?;
        let (method, piaid) = below.split_once('/').context("a path without an account")?;
        ensure!(piaid == self.keys.piaid, "another account");
        let now = SystemClock.now();
        let opened = self.opener.open(&message.body, Carrier::Body, now)?;
        let request: Value = serde_json::from_slice(&opened.plaintext)?;
        match method {
            "remittanceStatementDetails" => {
                self.is_ours(&request)?;
                self.details(&request, now)
            }
            "acceptRemittanceStatement" | "acceptRemittanceStatementWithModifications" => {
                self.is_ours(&request)?;
                self.accept(&request)?;
                self.seal(&json!({"responseHeader": header(now), "result": {"success": {}}}).to_string(), now)
            }
            "redirectPaymentCompleteNotification" | "refundResultNotification" => {
                self.told(|told| told.asked.notifications += 1);
                self.seal(&json!({"responseHeader": header(now), "result": {"accepted": {}}}).to_string(), now)
            }
            _ => bail!("no method of remittance"),
        }
    }

    fn is_ours(&self, request: &Value) -> anyhow::Result<()> {
        let named = request.get("statementId").and_then(Value::as_str);
        ensure!(named == Some(&self.plan.statement_id), "another statement");
        Ok(())
    }

    fn seal(&self, clear: &str, now: Timestamp) -> anyhow::Result<String> {
        Ok(self.keys.keyring.seal(clear.as_bytes(), Carrier::Body, now)?)
    }

    fn details(&self, request: &Value, now: Timestamp) -> anyhow::Result<String> {
        let number = |name: &str, usual: u64| match request.get(name) {
            None => Ok(usual),
            Some(value) => value.as_u64().with_context(|| format!("{name} must be a number")),
        };
        let (offset, count) = (number("eventOffset", 0)?, number("numberOfEvents", MOST_EVENTS)?);
        ensure!((1..=MOST_EVENTS).contains(&count), "numberOfEvents must be from 1 to {MOST_EVENTS}");
        ensure!(offset == 0 || offset < self.plan.events, "eventOffset lies behind the last event");
        let end = self.plan.events.min(offset + count);
        let sealed = self.seal(&self.page((offset, end), now), now)?;
        self.told(|told| {
            told.asked.pages += 1;
            told.asked.events += end - offset;
            told.asked.page_bytes += sealed.len() as u64;
            let times = told.offsets.entry(offset).or_default();
            told.asked.repeated_pages += u64::from(*times > 0);
            *times += 1;
        });
        Ok(sealed)
    }

    /// The clear text of a page. Written by hand: a tree of a thousand events would cost more than its cryptography.
    fn page(&self, (offset, end): (u64, u64), now: Timestamp) -> String {
        let (captures, refunds) = self.lists(offset, end);
        let mut page = format!(
            r#"{{"responseHeader":{},"eventOffset":{offset},"totalEvents":{},"remittanceStatementSummary":{}"#,
            header(now),
            self.plan.events,
            self.summary,
        );
        if end < self.plan.events {
            // Writing to a String cannot fail.
            let _ = write!(page, r#","nextEventOffset":{end}"#);
        }
        for (name, list) in [("captureEvents", captures), ("refundEvents", refunds)] {
            if !list.is_empty() {
                let _ = write!(page, r#","{name}":[{list}]"#);
            }
        }
        page.push('}');
        page
    }

    fn lists(&self, offset: u64, end: u64) -> (String, String) {
        let currency = &self.plan.currency;
        let (mut captures, mut refunds) = (String::new(), String::new());
        for number in offset..end {
            let StatedEvent { side, request_id, amount_micros, fee_micros } = (self.plan.rule)(number);
            let list = match side {
                Side::Capture => &mut captures,
                Side::Refund => &mut refunds,
            };
            let comma = if list.is_empty() { "" } else { "," };
            let _ = write!(
                list,
                r#"{comma}{{"eventRequestId":"{request_id}","eventAmount":{{"amountMicros":"{amount_micros}","currencyCode":"{currency}"}},"feeAmount":{{"amountMicros":"{fee_micros}","currencyCode":"{currency}"}}}}"#,
            );
        }
        (captures, refunds)
    }

    fn accept(&self, request: &Value) -> anyhow::Result<()> {
        let text = |pointer: &str| request.pointer(pointer).and_then(Value::as_str);
        let request_id = text("/requestHeader/requestId").context("an acceptance without requestId")?.to_owned();
        let ratio = text("/feeToVatModification/vatToFeeRatioInMicros").map(str::parse).transpose()?;
        self.told(|told| {
            told.asked.accepts += 1;
            told.accepted.get_or_insert(Accepted { request_id, vat_to_fee_ratio_micros: ratio, at: Instant::now() });
        });
        Ok(())
    }
}

fn header(now: Timestamp) -> Value {
    json!({"responseTimestamp": {"epochMillis": now.as_millis().to_string()}})
}

/// `RemittanceStatementSummary` of all events: what is due are the captures without refunds and fees. The billing period
/// are the 30 days that end a minute ago.
fn summary(plan: &StatementPlan, now: Timestamp) -> anyhow::Result<String> {
    let (mut captures, mut refunds, mut fees) = (0_i128, 0_i128, 0_i128);
    for number in 0..plan.events {
        let event = (plan.rule)(number);
        match event.side {
            Side::Capture => captures += i128::from(event.amount_micros),
            Side::Refund => refunds += i128::from(event.amount_micros),
        }
        fees += i128::from(event.fee_micros);
    }
    let amount = |micros: i128| -> anyhow::Result<Value> {
        let micros = i64::try_from(micros).context("the statement's total does not fit into 64 bits")?;
        Ok(json!({"amountMicros": micros.to_string(), "currencyCode": plan.currency}))
    };
    let at = |millis: i64| json!({"epochMillis": millis.to_string()});
    let end = now.as_millis() - 60_000;
    let summary = json!({
        "statementDate": at(now.as_millis()),
        "billingPeriod": {"startDate": at(end - 30 * DAY_MS), "endDate": at(end)},
        "dateDue": at(now.as_millis() + 14 * DAY_MS),
        "totalDueByIntegrator": amount(captures - refunds - fees)?,
        "totalProcessedAmount": amount(captures)?,
        "totalFeesAmount": amount(fees)?,
        "totalEvents": plan.events,
        "remittanceInstructions": {"memoLineId": plan.memo_line_id},
    });
    Ok(summary.to_string())
}

#[cfg(test)]
mod tests {
    use super::super::http::Client;
    use super::super::parties::{PIAID, Parties};
    use super::super::scratch::Scratch;
    use super::*;
    use crate::crypto::Scheme;

    const EVENTS: u64 = 2_345;

    /// Every tenth event is a refund of a tenth, without a fee.
    fn rule(number: u64) -> StatedEvent {
        let (side, amount_micros, fee_micros) =
            if number % 10 == 9 { (Side::Refund, 10_000_000, 0) } else { (Side::Capture, 100_000_000, 2_000_000) };
        StatedEvent { side, request_id: format!("rq-{number:08}"), amount_micros, fee_micros }
    }

    struct World {
        parties: Parties,
        google: Arc<StatementGoogle>,
        client: Client,
    }

    impl World {
        async fn new(name: &str, scheme: Scheme) -> Self {
            let scratch = Scratch::make(None, name).unwrap();
            let parties = Parties::make(&scratch, scheme, SystemClock.now()).unwrap();
            let plan = StatementPlan {
                statement_id: "stmt-1".to_owned(),
                memo_line_id: "STMT-1".to_owned(),
                currency: "INR".to_owned(),
                events: EVENTS,
                rule: Box::new(rule),
            };
            let keys = StatementKeys { piaid: PIAID.to_owned(), keyring: parties.google.clone() };
            let google = StatementGoogle::start(keys, plan).await.unwrap();
            let client = Client::new(google.address());
            Self { parties, google, client }
        }

        async fn ask(&self, method: &str, statement: &str, members: Value) -> (u16, Value) {
            let now = SystemClock.now();
            let mut request = json!({"requestHeader": {"requestId": "x-1"}, "statementId": statement});
            request.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
            let sealed = self.parties.server.seal(request.to_string().as_bytes(), Carrier::Body, now).unwrap();
            let target = format!("/gsp/redirect-fop-v1/{method}/{PIAID}");
            let answer = self.client.post(&target, "application/octet-stream", sealed.as_bytes()).await.unwrap();
            let clear = self.parties.server_opener.open(&answer.body, Carrier::Body, now);
            (answer.status(), clear.map_or(Value::Null, |opened| serde_json::from_slice(&opened.plaintext).unwrap()))
        }
    }

    #[tokio::test]
    async fn pages_to_the_end_hold_every_event_once_and_add_up_to_the_summary() {
        for scheme in [Scheme::Pgp, Scheme::Jose] {
            let world = World::new(&format!("pages-{}", scheme.as_str()), scheme).await;
            let (mut members, mut ids, mut due) = (json!({}), Vec::new(), 0_i64);
            let summary = loop {
                let (status, page) = world.ask("remittanceStatementDetails", "stmt-1", members).await;
                assert_eq!(status, 200);
                for (list, sign) in [("captureEvents", 1), ("refundEvents", -1)] {
                    for event in page[list].as_array().unwrap() {
                        let micros = |member: &str| -> i64 {
                            assert_eq!(event[member]["currencyCode"], "INR");
                            event[member]["amountMicros"].as_str().unwrap().parse().unwrap()
                        };
                        due += sign * micros("eventAmount") - micros("feeAmount");
                        ids.push(event["eventRequestId"].as_str().unwrap().to_owned());
                    }
                }
                match page.get("nextEventOffset") {
                    Some(next) => members = json!({"eventOffset": next}),
                    None => break page["remittanceStatementSummary"].clone(),
                }
            };
            ids.sort();
            assert_eq!(ids, (0..EVENTS).map(|number| rule(number).request_id).collect::<Vec<_>>());
            assert_eq!(summary["totalDueByIntegrator"]["amountMicros"], due.to_string());
            assert_eq!(summary["totalEvents"], EVENTS);
            let asked = world.google.asked();
            assert_eq!((asked.pages, asked.repeated_pages, asked.events, asked.refused), (3, 0, EVENTS, 0));
        }
    }

    #[tokio::test]
    async fn the_notification_names_the_statement_and_sums_it_up() {
        let world = World::new("notification", Scheme::Jose).await;
        let sealed = world.google.notification().unwrap();
        let opened = world.parties.server_opener.open(sealed.as_bytes(), Carrier::Body, SystemClock.now()).unwrap();
        let request: Value = serde_json::from_slice(&opened.plaintext).unwrap();
        assert_eq!(request["requestHeader"]["requestId"], "stmt-1");
        assert_eq!(request["remittanceStatementSummary"]["remittanceInstructions"]["memoLineId"], "STMT-1");
        let captures = (0..EVENTS).filter(|number| number % 10 != 9).count() as i64;
        let processed = (captures * 100_000_000).to_string();
        assert_eq!(request["remittanceStatementSummary"]["totalProcessedAmount"]["amountMicros"], processed);
    }

    #[tokio::test]
    async fn the_first_acceptance_stands_and_all_is_counted() {
        let world = World::new("acceptance", Scheme::Jose).await;
        assert_eq!(world.google.accepted(), None);
        let vat = json!({"feeToVatModification": {"vatToFeeRatioInMicros": "150000"}});
        let accepted = world.ask("acceptRemittanceStatementWithModifications", "stmt-1", vat).await;
        assert_eq!((accepted.0, &accepted.1["result"]), (200, &json!({"success": {}})));
        assert_eq!(world.ask("acceptRemittanceStatement", "stmt-1", json!({})).await.0, 200);
        let first = world.google.wait_until_accepted(Duration::from_secs(1)).await.unwrap();
        assert_eq!((first.request_id.as_str(), first.vat_to_fee_ratio_micros), ("x-1", Some(150_000)));
        for (method, statement, members) in [
            ("remittanceStatementDetails", "stmt-2", json!({})),
            ("remittanceStatementDetails", "stmt-1", json!({"eventOffset": EVENTS})),
            ("remittanceStatementDetails", "stmt-1", json!({"numberOfEvents": 1_001})),
            ("acceptRemittanceStatement", "stmt-2", json!({})),
            ("echo", "stmt-1", json!({})),
        ] {
            assert_eq!(world.ask(method, statement, members).await.0, 404);
        }
        for _ in 0..2 {
            world.ask("remittanceStatementDetails", "stmt-1", json!({"numberOfEvents": 5})).await;
        }
        let asked = world.google.asked();
        assert_eq!((asked.accepts, asked.refused, asked.pages, asked.repeated_pages, asked.events), (2, 5, 2, 1, 10));
    }
}
