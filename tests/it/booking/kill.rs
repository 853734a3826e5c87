//! `kill -9` at every step of a payment (google-booking-server section 6.9): what was in flight goes on within five seconds,
//! nothing is charged or refunded twice, and no secret of the payer's is left behind in the files.

use std::time::{Duration, Instant};

use futures_util::future::join;
use roundtrip::crypto::booking_id;
use roundtrip::domain::Machine as _;
use roundtrip::domain::booking::{Booking, RefundStanding, State};
use roundtrip::ports::{Clock as _, SystemClock};
use roundtrip::sandbox::stripe::Fault;
use roundtrip::storage::{Store, StoreOptions};
use sea_orm::{ConnectOptions, ConnectionTrait as _, Database, DatabaseConnection};
use serde_json::{Value, json};

use super::spa::{Spa, Wanted, feeds};
use crate::harness::browser::Page;
use crate::harness::node::Process;
use crate::harness::{START_MS, until};

const METHOD: &str = "POST /v1/payment_methods";
const INTENT: &str = "POST /v1/payment_intents";
const REFUND: &str = "POST /v1/refunds";
/// Contract section 7.
const GOES_ON: Duration = Duration::from_secs(5);
/// What Google hands over for the processor alone.
const SECRETS: [&str; 4] = ["SecretOfThePayer", "ProofOfThePayer", "SignalsOfThePayer", "4242424242424242"];

/// The built binary, with Google and the processor around it.
struct Stage {
    spa: Spa,
    /// From the hours of the in-process tests to today's.
    shift_s: i64,
    store: Store,
}

fn shifted(text: &Value, shift_s: i64) -> i64 {
    text.as_i64().or_else(|| text.as_str()?.parse().ok()).unwrap() + shift_s
}

impl Stage {
    async fn open() -> (Self, Process) {
        let spa = Spa::outside();
        let shift_s = SystemClock.now().as_secs() - START_MS / 1_000;
        let (.., mut availability) = feeds(1);
        for slot in availability["service_availability"][0]["availability"].as_array_mut().unwrap() {
            slot["start_sec"] = json!(shifted(&slot["start_sec"], shift_s));
        }
        std::fs::write(spa.dir().join("availability.json"), availability.to_string()).unwrap();
        let server = spa.serve().await;
        let store = Store::open(StoreOptions::new(spa.database())).await.unwrap();
        (Self { spa, shift_s, store }, server)
    }

    fn body(&self, service: &str) -> Value {
        let wanted = Wanted::paid("t-1", service, 0, "tok_visa_SecretOfThePayer")
            .stating("pa_response", json!("ProofOfThePayer"))
            .stating("fraud_signals", json!("SignalsOfThePayer"));
        let mut body = wanted.body();
        body["slot"]["start_sec"] = json!(shifted(&wanted.slot["start_sec"], self.shift_s).to_string());
        let card = json!({"id": wanted.card, "object": "token", "card": {"number": "4242424242424242"}});
        body["payment_processing_parameters"]["unparsed_payment_method_token"] = json!(card.to_string());
        body
    }

    async fn create(&self, service: &str) -> Option<Page> {
        self.spa.try_call("CreateBooking", &self.body(service)).await
    }

    /// Google asks again, and is answered with the booking.
    async fn booked(&self, service: &str) -> Value {
        let page = self.create(service).await.unwrap();
        assert_eq!(page.status, 200, "{}", page.text());
        let answer: Value = serde_json::from_slice(&page.body).unwrap();
        assert_eq!(answer["booking"]["status"], "CONFIRMED", "{answer}");
        answer["booking"].clone()
    }

    async fn state(&self) -> State {
        self.store.load::<Booking>(booking_id("t-1")).await.unwrap().map(|loaded| loaded.state).unwrap_or_default()
    }

    async fn stands(&self) -> &'static str {
        Booking::state_name(&self.state().await)
    }

    fn charges(&self) -> usize {
        self.spa.processor.owner.charges().len()
    }

    async fn asked(&self, request: &str) {
        let owner = &self.spa.processor.owner;
        until(request, async || (!owner.requests(request).is_empty()).then_some(())).await;
    }

    /// Nothing of the payer's is in the files that a killed server leaves, and they are sound.
    async fn left_behind(&self) {
        for entry in std::fs::read_dir(self.spa.dir()).unwrap() {
            let path = entry.unwrap().path();
            let bytes = std::fs::read(&path).unwrap_or_default();
            for secret in SECRETS {
                let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
                assert!(!found, "{secret} in {}", path.display());
            }
        }
        assert!(self.spa.dir().join("roundtrip.db").exists() && self.spa.dir().join("log").exists());
        assert!(self.store.verify_journal().await.unwrap().is_sound());
        assert!(self.store.ledger_balance().await.unwrap().is_sound());
    }

    /// Starts again; what was in flight is over soon after `/readyz`.
    async fn goes_on(&self, what: &str, done: impl AsyncFn(&State) -> bool) -> Process {
        let server = self.spa.serve().await;
        let ready = Instant::now();
        until(what, async || done(&self.state().await).await.then_some(())).await;
        assert!(ready.elapsed() < GOES_ON, "{what}: {:?}", ready.elapsed());
        server
    }

    /// A second connection to the database, on which nobody else can write.
    async fn locked(&self) -> DatabaseConnection {
        let mut options = ConnectOptions::new(self.spa.database());
        options.sqlx_logging(false).max_connections(1);
        let raw = Database::connect(options).await.unwrap();
        raw.execute_unprepared("BEGIN IMMEDIATE").await.unwrap();
        raw
    }
}

#[actix_web::test]
async fn bk_6_9_killed_after_the_attempt_is_committed_and_before_the_charge() {
    for (service, charges) in [("full", 1), ("fee", 0)] {
        let (stage, server) = Stage::open().await;
        stage.spa.processor.owner.fail(METHOD, Fault::Held, 1);
        let killed = async {
            stage.asked(METHOD).await;
            server.kill();
        };
        let (answer, ()) = join(stage.create(service), killed).await;
        assert!(answer.is_none());
        assert_eq!((stage.stands().await, stage.charges()), ("Paying", 0));
        stage.left_behind().await;
        stage.spa.processor.owner.release();
        let server = stage.spa.serve().await;
        let booking = stage.booked(service).await;
        assert_eq!(stage.booked(service).await, booking);
        assert_eq!(stage.charges(), charges);
        assert_eq!(stage.spa.processor.owner.kept_cards().len(), 1 - charges);
        server.kill();
        stage.left_behind().await;
    }
}

/// The charge was made, and the server knows nothing of it.
async fn found_again(stage: &Stage) {
    assert_eq!((stage.stands().await, stage.charges()), ("Paying", 1));
    stage.left_behind().await;
    let found = async |state: &State| matches!(state, State::Booked(_) | State::Unclaimed(_));
    let server = stage.goes_on("the charge is found", found).await;
    stage.spa.processor.owner.release();
    let booking = stage.booked("full").await;
    let charge = &stage.spa.processor.owner.charges()[0];
    assert_eq!(booking["payment_information"]["payment_transaction_id"], charge.intent);
    assert_eq!((stage.stands().await, stage.charges()), ("CONFIRMED", 1));
    server.kill();
    stage.left_behind().await;
}

#[actix_web::test]
async fn bk_6_9_killed_while_the_processor_holds_its_answer() {
    let (stage, server) = Stage::open().await;
    stage.spa.processor.owner.fail(INTENT, Fault::Held, 1);
    let killed = async {
        until("the charge", async || (stage.charges() == 1).then_some(())).await;
        server.kill();
    };
    assert!(join(stage.create("full"), killed).await.0.is_none());
    found_again(&stage).await;
}

#[actix_web::test]
async fn bk_6_9_killed_after_the_charge_and_before_the_booking_is_stored() {
    let (stage, server) = Stage::open().await;
    stage.spa.processor.owner.fail(METHOD, Fault::Held, 1);
    let killed = async {
        stage.asked(METHOD).await;
        let lock = stage.locked().await;
        stage.spa.processor.owner.release();
        until("the charge", async || (stage.charges() == 1).then_some(())).await;
        server.kill();
        lock.close().await.unwrap();
    };
    assert!(join(stage.create("full"), killed).await.0.is_none());
    found_again(&stage).await;
}

#[actix_web::test]
async fn bk_6_9_killed_while_a_refund_and_then_its_notice_are_in_flight() {
    let (stage, server) = Stage::open().await;
    let id = stage.booked("full").await["booking_id"].clone();
    stage.spa.processor.owner.fail(REFUND, Fault::Held, 1);
    let refunds = || stage.spa.processor.owner.refunds().len();
    let killed = async {
        until("the refund", async || (refunds() == 1).then_some(())).await;
        server.kill();
    };
    let cancel = json!({"booking": {"booking_id": id, "status": "CANCELED"}});
    let (_answered_or_not, ()) = join(stage.spa.try_call("UpdateBooking", &cancel), killed).await;
    stage.left_behind().await;
    let google = stage.spa.google();
    google.hold();
    let given_back = async |state: &State| {
        let standing = state.past().refunds.first().map(|refund| refund.standing.clone());
        matches!(standing, Some(RefundStanding::Done { .. }))
    };
    let server = stage.goes_on("the refund is found", given_back).await;
    stage.spa.processor.owner.release();
    let arrived = || google.arrived("/notification/");
    until("the notice", async || (arrived() == 1).then_some(())).await;
    server.kill();
    google.release();
    until("it was heard, and nobody there to be told so", async || (google.bookings().len() == 1).then_some(())).await;
    let server = stage.goes_on("the notice is sent again", async |_| google.bookings().len() == 2).await;
    let told = google.bookings();
    assert_eq!(told[0], told[1], "the same notice");
    assert_eq!(told[0]["body"]["paymentInformation"]["prepaymentStatus"], "PREPAYMENT_REFUNDED");
    assert_eq!((stage.charges(), refunds(), stage.stands().await), (1, 1, "CANCELED"));
    server.kill();
    stage.left_behind().await;
}
