//! A server or several, with everything around them.

use std::collections::BTreeMap;
use std::sync::Arc;

use roundtrip::config::Config;
use roundtrip::domain::{Piaid, RequestId, Timestamp};
use roundtrip::ports::{Clock as _, ManualClock};
use roundtrip::protocol::google_redirect::{CallFailed, EchoAnswer, http_client};
use roundtrip::storage::NewApiToken;
use sea_orm::{ConnectOptions, ConnectionTrait, Database, Statement, TransactionTrait};
use serde_json::{Value, json};
use tempfile::TempDir;
use url::Url;

use super::account::{Called, Home, Peer};
use super::browser::{Browser, Page};
use super::google::{Google, Script};
use super::issuer::{Bank, Visit, Word};
use super::keys;
use super::node::Node;
use super::ports::free_port;
use super::settings::{AccountSetup, Engine, File, Setup};
use super::wait::until;
use super::{DAY, SECOND, START_MS};

const TOKEN: &str = "rt_test_token_of_the_harness";

/// The whole surroundings of a test.
pub(crate) struct World {
    pub(crate) setup: Setup,
    pub(crate) clock: ManualClock,
    pub(crate) browser: Browser,
    /// Google's server.
    pub(crate) google: Google,
    /// Google as the owner of each account, in the order of the setup.
    pub(crate) peers: Vec<Peer>,
    pub(crate) banks: Vec<Bank>,
    pub(crate) nodes: Vec<Node>,
    pub(crate) dir: TempDir,
    /// Where the first node is: `http://127.0.0.1:port`.
    pub(crate) origin: String,
    /// Scheme and authority of `public_url`: the same, unless the test wants another.
    public_origin: String,
    ports: Vec<(u16, u16)>,
    database: String,
}

impl Setup {
    /// Starts everything.
    pub(crate) async fn start(self) -> World {
        let dir = tempfile::tempdir().unwrap();
        let clock = ManualClock::at(Timestamp::from_millis(START_MS));
        let time: Arc<dyn roundtrip::ports::Clock> = Arc::new(clock.clone());
        let peers: Vec<Peer> = self.accounts.iter().map(|account| peer(account, time.clone())).collect();
        let banks =
            self.issuers.iter().zip(1..).map(|(issuer, seed)| Bank::start(issuer.id, seed, time.clone())).collect();
        let database = match self.engine {
            Engine::Sqlite => format!("sqlite://{}/roundtrip.db", dir.path().display()),
            Engine::Postgres => crate::postgres::fresh_database().await,
        };
        let ports: Vec<_> = (0..self.nodes).map(|_| (free_port(), free_port())).collect();
        let scheme = if self.server_more.contains("tls_cert_file") { "https" } else { "http" };
        let origin = format!("{scheme}://127.0.0.1:{}", ports[0].0);
        let public_origin = self.public_origin.map_or_else(|| origin.clone(), str::to_owned);
        let google = Google::start(peers.clone());
        let mut world = World {
            setup: self,
            clock,
            browser: Browser::new(),
            google,
            peers,
            banks,
            nodes: Vec::new(),
            dir,
            origin,
            public_origin,
            ports,
            database,
        };
        for index in 0..world.setup.nodes {
            let node = world.node(index).await;
            world.nodes.push(node);
        }
        world.make_token().await;
        world
    }
}

fn peer(account: &AccountSetup, clock: Arc<dyn roundtrip::ports::Clock>) -> Peer {
    let files =
        |owners: &[&str]| -> Vec<_> { owners.iter().map(|owner| keys::key_files(account.scheme, owner)).collect() };
    let (own, ours) = (files(&account.peers), files(&account.own));
    let own: Vec<_> = own.iter().map(AsRef::as_ref).collect();
    let ours: Vec<_> = ours.iter().map(AsRef::as_ref).collect();
    Peer::new(&account.piaid, account.scheme, (&own, &ours), clock)
}

impl World {
    async fn node(&self, index: usize) -> Node {
        let text = self.text(index);
        Node::start(&text, self.dir.path(), &self.clock, index as u64).await
    }

    /// Stops the only node and starts it again on the same database, with the settings as they are now.
    pub(crate) async fn restart(&mut self) {
        let node = self.nodes.remove(0);
        node.stop(true).await;
        let node = self.node(0).await;
        self.nodes.insert(0, node);
    }

    /// The only node ends as if it was killed, whatever it does, and another one starts on the same database.
    pub(crate) async fn crash(&mut self) {
        let node = self.nodes.remove(0);
        node.stop(false).await;
        let node = self.node(0).await;
        self.nodes.insert(0, node);
    }

    /// `database.url`
    pub(crate) fn database(&self) -> &str {
        &self.database
    }

    /// The first node's configuration.
    pub(crate) fn configuration(&self) -> String {
        self.text(0)
    }

    fn text(&self, index: usize) -> String {
        let file = File {
            setup: &self.setup,
            dir: self.dir.path(),
            ports: self.ports[index],
            public_origin: &self.public_origin,
            database: &self.database,
            google_endpoint: &self.google.endpoint(),
            banks: &self.banks,
            keys: keys::key_files,
        };
        file.write()
    }

    /// We call Google's echo for the first account, as `doctor` does.
    pub(crate) async fn echo_to_google(&self) -> Result<EchoAnswer, CallFailed> {
        let config = Config::from_toml_str(&self.text(0), self.dir.path()).unwrap();
        let keys = roundtrip::app::load_keys(&config).unwrap();
        let client = roundtrip::app::google_client(&config, http_client().unwrap()).unwrap();
        let call = (&Piaid::parse(&self.peer().piaid).unwrap(), &RequestId::parse("echo-out").unwrap());
        client.echo(&keys.accounts, call, self.clock.now()).await
    }

    async fn make_token(&self) {
        let token = NewApiToken {
            id: uuid::Uuid::from_u128(1),
            name: "harness".to_owned(),
            scopes: "payments:read".to_owned(),
            user_name: None,
            sha256: roundtrip::crypto::content_hash(TOKEN.as_bytes()),
            created_at: self.clock.now(),
        };
        self.nodes[0].store.create_token(token).await.unwrap();
    }

    /// Somebody with keys of their own who knows our public key and calls themselves the first account.
    pub(crate) fn stranger(&self) -> Peer {
        self.peer_with(&["stranger"], &["ours"])
    }

    /// Google as the first account, with the keys of these names on either side.
    pub(crate) fn peer_with(&self, own: &[&'static str], ours: &[&'static str]) -> Peer {
        let account = AccountSetup { own: ours.to_vec(), peers: own.to_vec(), ..self.setup.accounts[0].clone() };
        peer(&account, Arc::new(self.clock.clone()))
    }

    // Shorthands for what nearly every test needs.

    /// The first account.
    pub(crate) fn peer(&self) -> &Peer {
        &self.peers[0]
    }

    /// The first issuer.
    pub(crate) fn bank(&self) -> &Bank {
        &self.banks[0]
    }

    /// What `public_url` leads to.
    pub(crate) fn public_url(&self) -> String {
        format!("{}{}", self.origin, self.setup.prefix)
    }

    /// Time passes.
    pub(crate) fn pass(&self, millis: i64) {
        self.clock.advance(millis);
    }

    /// Lets time pass in steps of `step_ms` until `probe` gives something.
    pub(crate) async fn pass_until<T>(&self, step_ms: i64, what: &str, mut probe: impl AsyncFnMut() -> Option<T>) -> T {
        until(what, async || {
            let found = probe().await;
            if found.is_none() {
                self.pass(step_ms);
            }
            found
        })
        .await
    }

    pub(crate) async fn get(&self, url: impl AsRef<str>) -> Page {
        self.browser.get(url).await
    }

    /// The payer comes from Google with a fresh request.
    pub(crate) async fn begin(&self, request_id: &str, issuer: Option<&str>) -> Page {
        let request = self.peer().redirect_request(request_id, issuer);
        self.get(self.peer().begin_url(&self.public_url(), &request)).await
    }

    /// The payer comes from Google and arrives at the first issuer, which came with the request.
    pub(crate) async fn at_bank(&self, request_id: &str) -> Visit {
        let page = self.begin(request_id, Some(&self.bank().id)).await;
        self.bank().arrive(&page.location())
    }

    /// Google calls a method of the first account.
    pub(crate) async fn call(&self, method: &str, clear: &Value) -> Called {
        self.peer().call(&self.browser, &self.public_url(), method, clear).await
    }

    /// Google asks for the outcome under a new id; the answer's `result`.
    pub(crate) async fn ask(&self, redirect_request_id: &str) -> Value {
        self.asked(redirect_request_id).await["result"].clone()
    }

    /// The whole answer.
    pub(crate) async fn asked(&self, redirect_request_id: &str) -> Value {
        static NUMBER: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let request = self.peer().status_request(&format!("st-{number}"), redirect_request_id);
        self.call("getRedirectPaymentStatus", &request).await.ok().clone()
    }

    /// Waits until Google would be told this.
    pub(crate) async fn becomes(&self, redirect_request_id: &str, result: &Value) {
        until(&format!("{redirect_request_id} becomes {result}"), async || {
            (self.ask(redirect_request_id).await == *result).then_some(())
        })
        .await;
    }

    /// The payer comes back from the first issuer with its word.
    pub(crate) async fn returns(&self, visit: &Visit, word: &Word) -> Page {
        self.get(self.bank().return_url(visit, word)).await
    }

    /// The payer comes back and goes home to Google.
    pub(crate) async fn goes_home(&self, visit: &Visit, word: &Word) -> Home {
        let page = self.returns(visit, word).await;
        self.peer().read_home(&page.location())
    }

    /// A payment of the first account that was paid at the first issuer.
    pub(crate) async fn paid(&self, request_id: &str) -> Visit {
        let visit = self.at_bank(request_id).await;
        let home = self.goes_home(&visit, &Word::APPROVED).await;
        assert_eq!(home.result(), &json!({"success": {}}));
        visit
    }

    /// Google orders a refund of a payment of the first account.
    pub(crate) async fn refund(&self, request_id: &str, of: &str, micros: i64) -> Called {
        self.call("asynchronousRefund", &self.peer().refund_request(request_id, of, (micros, "INR"))).await
    }

    /// The choice page of a payment, reached from Google, with its address.
    pub(crate) async fn choice(&self, request_id: &str) -> (Url, Page) {
        let address = self.begin(request_id, None).await.location();
        let page = self.get(&address).await;
        assert_eq!(page.status, 200, "{}", page.text());
        (address, page)
    }

    /// The payment as operators see it; `None` when there is none.
    pub(crate) async fn payment(&self, request_id: &str) -> Option<Value> {
        let url = format!("{}/api/v1/payments?requestId={request_id}", self.nodes[0].admin);
        let authorization = format!("Bearer {TOKEN}");
        let page = self.browser.get_with(url, &[("authorization", &authorization)]).await;
        match page.status {
            200 => Some(serde_json::from_slice(&page.body).unwrap()),
            404 => None,
            other => panic!("{other} {}", page.text()),
        }
    }

    /// Whether and why a person has to look at it.
    pub(crate) async fn attention(&self, request_id: &str) -> Value {
        self.payment(request_id).await.expect("a payment")["attention"].clone()
    }

    /// A payment of the first account whose notification was given up: Google took it for a week and a day not once.
    pub(crate) async fn given_up(&self, request_id: &str) {
        self.google.script((0..2_000).map(|_| Script::Empty(503)));
        self.paid(request_id).await;
        self.google.attempts(request_id, 1).await;
        self.pass(8 * DAY);
        self.pass_until(SECOND, "the notification is given up", async || {
            (self.nodes[0].store.outbox_figures().await.unwrap().parked > 0).then_some(())
        })
        .await;
    }

    /// How many payments have been started.
    pub(crate) async fn started(&self) -> i64 {
        self.rows().await["transactions"]
    }

    /// Waits until nothing is to be sent out any more; the rows then.
    pub(crate) async fn settled(&self) -> BTreeMap<String, i64> {
        until("an empty outbox", async || Some(self.rows().await).filter(|rows| rows["outbox"] == 0)).await
    }

    /// How many rows each table of the SQLite database has: equal before and after means that nothing was stored. Without what
    /// tells of calls rather than of money: what was tried is noted, and how calls end is counted.
    pub(crate) async fn rows(&self) -> BTreeMap<String, i64> {
        assert_eq!(self.setup.engine, Engine::Sqlite);
        let mut options = ConnectOptions::new(format!("{}?mode=ro", self.database));
        options.sqlx_logging(false).max_connections(1);
        let database = Database::connect(options).await.unwrap();
        // Of one moment: between two tables a commit may end an effect and write what it ended in.
        let moment = database.begin().await.unwrap();
        let query = async |sql: String| {
            let statement = Statement::from_string(sea_orm::DbBackend::Sqlite, sql);
            moment.query_all_raw(statement).await.unwrap()
        };
        let mut counts = BTreeMap::new();
        let money = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT IN ('audit_log', 'figures')";
        for table in query(money.to_owned()).await {
            let name: String = table.try_get("", "name").unwrap();
            let rows = query(format!("SELECT COUNT(*) AS n FROM \"{name}\"")).await;
            counts.insert(name, rows[0].try_get("", "n").unwrap());
        }
        moment.rollback().await.unwrap();
        database.close().await.unwrap();
        counts
    }
}
