//! The server is killed at random moments under load, fifty times over one database; after each kill the rows must hold
//! everything that was acknowledged, and in the end Google must know every outcome, each from one notification.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use roundtrip::crypto::{Scheme, transaction_id};
use roundtrip::domain::redirect_payment::RedirectPayment;
use roundtrip::domain::{Machine as _, Piaid, RequestId};
use roundtrip::ports::{Entropy as _, SeededEntropy, SystemClock};
use roundtrip::storage::{Store, StoreOptions};
use serde_json::{Value, json};
use tokio::sync::{Mutex, Notify};

use crate::harness::account::Peer;
use crate::harness::browser::Browser;
use crate::harness::node::Process;
use crate::harness::ports::free_port;
use crate::harness::settings::File;
use crate::harness::{Bank, Google, PIAID, Script, Setup, Word, keys, until};

const KILLS: usize = 50;
/// Payers at once.
const PAYERS: usize = 6;
/// At most so many acknowledgements between two kills.
const MOST_STEPS: u64 = 24;

/// What payers and Google were told: nothing of it may be lost or change.
#[derive(Default)]
struct Acknowledged {
    begun: BTreeSet<String>,
    outcomes: BTreeMap<String, Value>,
}

struct Scene {
    origin: String,
    google: Google,
    peer: Peer,
    bank: Bank,
    browser: Browser,
    told: Mutex<Acknowledged>,
    /// Rings at every acknowledgement.
    step: Notify,
    steps: AtomicU64,
    over: AtomicBool,
}

impl Scene {
    fn acknowledge(&self) {
        self.steps.fetch_add(1, Ordering::SeqCst);
        self.step.notify_waiters();
    }

    fn is_over(&self) -> bool {
        self.over.load(Ordering::SeqCst)
    }

    /// One payer: arrives, pays or does not, goes home; tries again whatever the server does not answer.
    async fn pay(&self, request_id: &str, word: &Word) -> Option<()> {
        let request = self.peer.redirect_request(request_id, Some(&self.bank.id));
        let url = self.peer.begin_url(&self.origin, &request);
        let page = loop {
            match self.browser.try_get(&url).await {
                Some(page) if page.status == 302 => break page,
                Some(page) => assert_eq!(page.status, 503, "begin: {}", page.text()),
                None if self.is_over() => return None,
                None => tokio::task::yield_now().await,
            }
        };
        let visit = self.bank.arrive(&page.location());
        self.told.lock().await.begun.insert(request_id.to_owned());
        self.acknowledge();
        let url = self.bank.return_url(&visit, word);
        let home = loop {
            match self.browser.try_get(&url).await {
                Some(page) if page.status == 302 => break self.peer.read_home(&page.location()),
                Some(page) => assert_eq!(page.status, 503, "return: {}", page.text()),
                None if self.is_over() => return None,
                None => tokio::task::yield_now().await,
            }
        };
        self.told.lock().await.outcomes.insert(request_id.to_owned(), home.result().clone());
        self.acknowledge();
        Some(())
    }

    async fn payer(self: Arc<Self>, name: usize) {
        let words = [Word::APPROVED, Word::DECLINED.reason("insufficient_funds"), Word::CANCELLED, Word::APPROVED];
        for number in 0.. {
            if self.is_over() {
                return;
            }
            let request_id = format!("kill-{name}-{number}");
            let Some(word) = words.get((name + number) % words.len()) else { return };
            if self.pay(&request_id, word).await.is_none() {
                return;
            }
        }
    }
}

fn id_of(request_id: &str) -> roundtrip::domain::TransactionId {
    transaction_id(&Piaid::parse(PIAID).unwrap(), &RequestId::parse(request_id).unwrap())
}

/// The state that an acknowledged outcome must stand in.
fn state_of(outcome: &Value) -> &'static str {
    match outcome.as_object().and_then(|members| members.keys().next()).map(String::as_str) {
        Some("success") => "Paid",
        Some("insufficientFunds") => "Declined",
        Some("userExitedPaymentFlow") => "Abandoned",
        other => panic!("an outcome that nobody asked for: {other:?}"),
    }
}

/// Looks at the rows that a killed server left.
async fn check_rows(url: &str, told: &Acknowledged) {
    let store = Store::open(StoreOptions::new(url)).await.unwrap();
    for request_id in &told.begun {
        let loaded = store.load::<RedirectPayment>(id_of(request_id)).await.unwrap();
        let loaded = loaded.unwrap_or_else(|| panic!("{request_id} was acknowledged and is lost"));
        let replayed = store.replay::<RedirectPayment>(id_of(request_id)).await.unwrap();
        assert_eq!(replayed, loaded.state, "{request_id}: fold(journal) == snapshot");
        if let Some(outcome) = told.outcomes.get(request_id) {
            assert_eq!(RedirectPayment::state_name(&loaded.state), state_of(outcome), "{request_id}");
        }
    }
    let journal = store.verify_journal().await.unwrap();
    assert!(journal.is_sound(), "{journal:?}");
    let ledger = store.ledger_balance().await.unwrap();
    assert!(ledger.is_sound(), "{ledger:?}");
    let paid = told.outcomes.values().filter(|outcome| **outcome == json!({"success": {}})).count();
    let booked: i128 = ledger
        .accounts
        .iter()
        .filter(|sum| sum.account.contains("Google") || sum.account.contains("google"))
        .map(|sum| sum.micros)
        .sum();
    assert!(-booked >= i128::try_from(paid).unwrap() * 109_900_000, "every acknowledged success is booked: {ledger:?}");
    store.close().await;
}

#[actix_web::test]
async fn fifty_kills_under_load_lose_nothing_and_change_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Arc::new(SystemClock);
    let (ours, theirs) =
        (keys::key_files_of_today(Scheme::Pgp, "ours"), keys::key_files_of_today(Scheme::Pgp, "google"));
    let peer = Peer::new(PIAID, Scheme::Pgp, (&[&*theirs], &[&*ours]), clock.clone());
    let google = Google::start(vec![peer.clone()]);
    let setup = Setup::pgp().with(|setup| setup.more = "[limits]\nrequests_per_minute = 10000000\n".into());
    let banks: Vec<Bank> =
        setup.issuers.iter().zip(1..).map(|(issuer, seed)| Bank::start(issuer.id, seed, clock.clone())).collect();
    let ports = (free_port(), free_port());
    let origin = format!("http://127.0.0.1:{}", ports.0);
    let database = format!("sqlite://{}/roundtrip.db", dir.path().display());
    let text = File {
        setup: &setup,
        dir: dir.path(),
        ports,
        public_origin: &origin,
        database: &database,
        google_endpoint: &google.endpoint(),
        banks: &banks,
        keys: keys::key_files_of_today,
    }
    .write();
    let scene = Arc::new(Scene {
        origin,
        google,
        peer,
        bank: banks.into_iter().next().unwrap(),
        browser: Browser::new(),
        told: Mutex::default(),
        step: Notify::new(),
        steps: AtomicU64::new(0),
        over: AtomicBool::new(false),
    });
    let random = SeededEntropy::new(0x726f_756e_6474_7269);
    let mut server = Process::serve(&text, dir.path(), ports.0, &[]).await;
    let payers: Vec<_> = (0..PAYERS).map(|name| actix_web::rt::spawn(scene.clone().payer(name))).collect();
    for _ in 0..KILLS {
        if random.next_u64().is_multiple_of(4) {
            scene.google.script([Script::Plain(503), Script::Drop]);
        }
        let target = scene.steps.load(Ordering::SeqCst) + 1 + random.next_u64() % MOST_STEPS;
        loop {
            let rung = scene.step.notified();
            if scene.steps.load(Ordering::SeqCst) >= target {
                break;
            }
            tokio::time::timeout(std::time::Duration::from_secs(30), rung).await.expect("the payers go on");
        }
        server.kill();
        check_rows(&database, &*scene.told.lock().await).await;
        server = Process::serve(&text, dir.path(), ports.0, &[]).await;
    }
    scene.over.store(true, Ordering::SeqCst);
    for payer in payers {
        payer.await.unwrap();
    }
    check_google(&scene).await;
    server.kill();
    check_rows(&database, &*scene.told.lock().await).await;
}

/// C2 goes out for every outcome, once as a logical notification, and C3 says the same.
async fn check_google(scene: &Scene) {
    let told = scene.told.lock().await;
    assert!(told.outcomes.len() >= KILLS, "the load was too small to prove anything: {}", told.outcomes.len());
    for (number, (request_id, outcome)) in told.outcomes.iter().enumerate() {
        until(&format!("C2 of {request_id}"), async || {
            scene.google.notifications(request_id).iter().any(|one| one.answered == 200).then_some(())
        })
        .await;
        let notifications = scene.google.notifications(request_id);
        let ids: BTreeSet<_> =
            notifications.iter().map(|one| one.clear["requestHeader"]["requestId"].to_string()).collect();
        assert_eq!(ids.len(), 1, "{request_id}: one logical notification");
        assert!(notifications.iter().all(|one| one.clear["result"] == *outcome), "{request_id}: C2 says what C1 said");
        let status = scene.peer.status_request(&format!("st-{number}"), request_id);
        let called = scene.peer.call(&scene.browser, &scene.origin, "getRedirectPaymentStatus", &status).await;
        assert_eq!(called.ok()["result"], *outcome, "{request_id}: C3 says what C1 said");
    }
}
