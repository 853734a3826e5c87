//! The stand-in for Google's Actions Center on a socket, with a test that plays the booking server.

use std::net::TcpListener;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use roundtrip::crypto::{ServiceAccount, generate_service_account};
use roundtrip::domain::Timestamp;
use roundtrip::domain::booking::{BookingStatus, PrepaymentStatus};
use roundtrip::domain::catalog::{ConfirmationMode, MerchantId, Overrides, Published, ServiceId, SlotId, SlotOffer};
use roundtrip::ports::ManualClock;
use roundtrip::protocol::maps_booking::{BookingPatch, MapsBooking, MapsBookingSettings, ServiceWindow};
use roundtrip::sandbox::actions_center::{ActionsCenterOptions, AdminAccess, server, write_example_feeds};
use serde_json::{Value, json};
use tempfile::TempDir;
use url::Url;

use super::{Running, browser, free_port, location};
use crate::harness::listener::{Answer, Listener, Received};

const START: Timestamp = Timestamp::from_secs(1_800_000_000);
/// The first daily slot after `START`: the next day at 9:00 UTC.
const MORNING: i64 = 1_800_057_600 + 9 * 3_600;

/// Method, body and authorization of a call, and how calls are answered.
#[derive(Default)]
struct BookingServer {
    calls: Vec<(String, Value, String)>,
    /// What CreateBooking says next, one after the other; without it the booking is made.
    creates: Vec<Value>,
    closed: bool,
}

impl BookingServer {
    fn answer(&mut self, received: &Received) -> Answer {
        let request: Value = serde_json::from_slice(&received.body).unwrap();
        let authorization = received.header("authorization").to_owned();
        self.calls.push((received.target.clone(), request.clone(), authorization));
        let body = match received.target.as_str() {
            "/prefix/v3/BatchAvailabilityLookup/" => {
                let times = request["slot_time"].as_array().unwrap().iter();
                let answers: Vec<_> =
                    times.map(|slot_time| json!({"slot_time": slot_time, "available": !self.closed})).collect();
                json!({"slot_time_availability": answers})
            }
            "/prefix/v3/CreateBooking/" if !self.creates.is_empty() => self.creates.remove(0),
            "/prefix/v3/CreateBooking/" => json!({"booking": {
                "booking_id": "bk_1", "slot": request["slot"], "status": "CONFIRMED",
                "user_information": {"user_id": request["user_information"]["user_id"]},
                "payment_information": {"prepayment_status": "PREPAYMENT_PROVIDED"},
            }}),
            "/prefix/v3/UpdateBooking/" => json!({"booking": request["booking"]}),
            "/prefix/v3/GetBookingStatus/" => {
                json!({"booking_id": "bk_1", "booking_status": "NO_SHOW", "prepayment_status": "PREPAYMENT_PROVIDED"})
            }
            _ => json!({}),
        };
        let headers = vec![("content-type", "application/json".to_owned())];
        Answer { status: 200, headers, body: body.to_string().into_bytes() }
    }
}

struct World {
    dir: TempDir,
    clock: ManualClock,
    origin: String,
    service_account: String,
    server: Arc<Mutex<BookingServer>>,
    listener: Listener,
    center: Running,
}

impl World {
    fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = ManualClock::at(START);
        let server_state = Arc::new(Mutex::new(BookingServer::default()));
        let theirs = server_state.clone();
        let listener = Listener::start(Arc::new(move |received| Some(theirs.lock().unwrap().answer(&received))));
        let (listen, origin) = free_port();
        let token_uri = Url::parse(&format!("{origin}/token")).unwrap();
        let service_account = generate_service_account("rtu@example.iam", &token_uri).unwrap().to_string();
        write_example_feeds(&dir.path().join("feeds"), START).unwrap();
        let center = center(dir.path(), (&clock, &listener), &service_account, listen);
        Self { dir, clock, origin, service_account, server: server_state, listener, center }
    }

    /// Stops the stand-in and starts it again on another port.
    async fn restarted(self) -> Self {
        let Self { dir, clock, service_account, server, listener, center: old, .. } = self;
        old.stop().await;
        let (listen, origin) = free_port();
        let center = center(dir.path(), (&clock, &listener), &service_account, listen);
        Self { dir, clock, origin, service_account, server, listener, center }
    }

    async fn get(&self, path: &str) -> String {
        let response = browser().get(format!("{}{path}", self.origin)).send().await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        response.text().await.unwrap()
    }

    async fn post(&self, path: &str, form: &[(&str, &str)]) -> reqwest::Response {
        browser().post(format!("{}{path}", self.origin)).form(form).send().await.unwrap()
    }

    /// Books a service's morning slot; the path of the case.
    async fn book(&self, service: &str, duration: i64, more: &[(&str, &str)]) -> String {
        let slot = format!("{MORNING} {duration} null null null");
        let mut form = vec![("merchant", "harbor-spa"), ("service", service), ("slot", &slot), ("name", "Ada Okoro")];
        form.extend_from_slice(more);
        let response = self.post("/bookings", &form).await;
        assert_eq!(response.status(), 303, "{}", response.text().await.unwrap());
        location(&response)
    }

    async fn case(&self, path: &str) -> Value {
        serde_json::from_str(&self.get(&format!("{path}/json")).await).unwrap()
    }

    /// What a method of the booking server was last asked.
    fn asked(&self, method: &str) -> Value {
        let server = self.server.lock().unwrap();
        let target = format!("/prefix/v3/{method}/");
        server.calls.iter().rev().find(|(called, ..)| *called == target).unwrap().1.clone()
    }

    fn updates(&self) -> MapsBooking {
        let account = ServiceAccount::parse(self.service_account.as_bytes()).unwrap();
        self.updates_by(Some(account))
    }

    fn updates_by(&self, service_account: Option<ServiceAccount>) -> MapsBooking {
        MapsBooking::new(MapsBookingSettings {
            endpoint: Url::parse(&self.origin).unwrap(),
            partner_id: "12345678".to_owned(),
            service_account,
            timeout: Duration::from_secs(20),
        })
        .unwrap()
    }
}

fn center(
    dir: &Path,
    (clock, booking_server): (&ManualClock, &Listener),
    service_account: &str,
    listen: TcpListener,
) -> Running {
    let origin = format!("http://{}", booking_server.address);
    let options = ActionsCenterOptions {
        listen,
        dir: dir.to_owned(),
        booking_server: Url::parse(&format!("{origin}/prefix")).unwrap(),
        credentials: ("google".to_owned(), "open sesame".into()),
        admin: Some(AdminAccess { url: Url::parse(&origin).unwrap(), token: "admin-token".into() }),
        partner_id: "12345678".to_owned(),
        verifier: Some(ServiceAccount::parse(service_account.as_bytes()).unwrap().verifier()),
        feeds: ["merchants.json", "services.json", "availability.json"]
            .map(|name| dir.join("feeds").join(name))
            .to_vec(),
        clock: Arc::new(clock.clone()),
    };
    Running::start(server(options).unwrap())
}

fn cancelled(service: &str) -> BookingPatch {
    BookingPatch {
        booking_id: "bk_1".to_owned(),
        merchant: MerchantId::parse("harbor-spa").unwrap(),
        service: ServiceId::parse(service).unwrap(),
        status: Some(BookingStatus::Canceled),
        moved: None,
        prepayment: Some((PrepaymentStatus::Refunded, Some("ch_1".to_owned()))),
        failure: None,
    }
}

#[actix_web::test]
async fn what_a_user_books_is_asked_for_as_google_does() {
    let world = World::start();
    let before = world.get("/service?merchant=harbor-spa&service=couples").await;
    assert!(before.contains("2027-01-15 08:10"), "{before}");
    let home = world.get("/").await;
    for name in ["Quiet Harbor Spa", "Corner Salon", "Yoga class", "20.00", "deposit, charged later"] {
        assert!(home.contains(name), "{name}");
    }
    let service = world.get("/service?merchant=harbor-spa&service=full").await;
    assert!(service.contains("2027-01-16 09:00") && service.contains("2 of 2 open"), "{service}");
    let case = world.book("full", 5_400, &[("card", "works")]).await;
    let request = world.asked("CreateBooking");
    assert_eq!(
        request["slot"],
        json!({"merchant_id": "harbor-spa", "service_id": "full", "start_sec": MORNING.to_string(),
               "duration_sec": "5400", "confirmation_mode": "CONFIRMATION_MODE_SYNCHRONOUS"})
    );
    assert_eq!(request["user_information"]["user_id"], "u-ada-okoro");
    assert_eq!(
        request["payment_information"],
        json!({"prepayment_status": "PREPAYMENT_PROVIDED", "payment_processed_by": "PROCESSED_BY_PARTNER",
               "price": {"price_micros": "200000000", "currency_code": "USD"},
               "tax_amount": {"price_micros": "13500000", "currency_code": "USD"}})
    );
    let token = request["payment_processing_parameters"]["unparsed_payment_method_token"].as_str().unwrap();
    assert!(serde_json::from_str::<Value>(token).unwrap()["id"].as_str().unwrap().starts_with("tok_visa_"));
    let server = world.server.lock().unwrap().calls[0].2.clone();
    assert_eq!(server, format!("Basic {}", STANDARD.encode("google:open sesame")));
    let page = world.get(&case).await;
    assert!(page.contains("CONFIRMED") && page.contains("bk_1"), "{page}");
    world.center.stop().await;
}

#[actix_web::test]
async fn each_service_asks_for_its_own_terms() {
    let world = World::start();
    for (service, duration, option, has, has_not) in [
        ("massage", 3_600, "", "PREPAYMENT_NOT_PROVIDED", "price"),
        ("facial", 3_600, "", "no_show_fee", "deposit"),
        ("couples", 3_600, "", "min_advance_cancellation_sec", "no_show_fee"),
        ("retreat", 5_400, "", "deposit", "payment_option_id"),
        ("yoga", 3_600, "", "PREPAYMENT_NOT_PROVIDED", "payment_option_id"),
        ("yoga", 3_600, "yoga-pack-5", "\"payment_option_id\":\"yoga-pack-5\"", "deposit"),
        ("yoga", 3_600, "own:upo_1", "\"user_payment_option_id\":\"upo_1\"", "\"price\""),
    ] {
        world.book(service, duration, &[("card", "none"), ("option", option)]).await;
        let request = world.asked("CreateBooking");
        let said = request["payment_information"].to_string();
        assert!(said.contains(has) && !said.contains(has_not), "{service}: {said}");
        assert!(request.get("payment_processing_parameters").is_none(), "{service}: no card, no token");
    }
    world.center.stop().await;
}

#[actix_web::test]
async fn a_challenge_leads_to_the_bank_and_the_booking_goes_out_again() {
    let world = World::start();
    world.server.lock().unwrap().creates = vec![json!({"booking_failure": {
        "cause": "PAYMENT_REQUIRES_3DS1", "payment_failure": {"threeds1_parameters": {
            "acs_url": "https://acs.example.com/challenge", "pa_req": "eJx", "md_merchant_data": "try-1"}}}})];
    let case = world.book("full", 5_400, &[("card", "3ds")]).await;
    let page = world.get(&case).await;
    let back = case.replace("/bookings/", "/3ds/");
    for part in ["action=\"https://acs.example.com/challenge\"", "value=\"eJx\"", "value=\"try-1\"", back.as_str()] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let first = world.asked("CreateBooking");
    let response = world.post(&back, &[("PaRes", "proof")]).await;
    assert_eq!(location(&response), case);
    let second = world.asked("CreateBooking");
    assert_eq!(second["payment_information"]["pa_response"], "proof");
    assert_eq!(second["payment_information"]["md_merchant_data"], "try-1");
    assert_eq!(second["slot"], first["slot"]);
    assert_eq!(world.case(&case).await["status"], "CONFIRMED");
    world.center.stop().await;
}

#[actix_web::test]
async fn users_and_merchants_change_bookings() {
    let world = World::start();
    let case = world.book("couples", 3_600, &[("card", "works")]).await;
    let later = format!("{} 3600 null null null", MORNING + 5_400);
    world.post(&format!("{case}/move"), &[("slot", &later)]).await;
    assert_eq!(world.asked("UpdateBooking")["booking"]["slot"]["start_sec"], (MORNING + 5_400).to_string());
    world.post(&format!("{case}/status"), &[]).await;
    assert_eq!(world.case(&case).await["status"], "NO_SHOW");
    world.post(&format!("{case}/cancel"), &[]).await;
    assert_eq!(world.asked("UpdateBooking"), json!({"booking": {"booking_id": "bk_1", "status": "CANCELED"}}));
    for (what, path, body) in [
        ("cancel", "cancel", json!({"by": "merchant"})),
        ("phone", "cancel", json!({"by": "customer"})),
        ("no-show", "no-show", json!({"charge": false})),
        ("penalize", "no-show", json!({"charge": true})),
    ] {
        world.post(&format!("{case}/merchant"), &[("what", what)]).await;
        let last = world.server.lock().unwrap().calls.last().unwrap().clone();
        assert_eq!(last, (format!("/api/v1/bookings/bk_1/{path}"), body, "Bearer admin-token".to_owned()));
    }
    let before = world.asked("CreateBooking");
    world.post(&format!("{case}/again"), &[]).await;
    assert_eq!(world.asked("CreateBooking"), before, "the same token and all");
    world.center.stop().await;
}

#[actix_web::test]
async fn a_slot_that_has_closed_meanwhile_is_not_booked() {
    let world = World::start();
    world.server.lock().unwrap().closed = true;
    let slot = format!("{MORNING} 5400 null null null");
    let form = [("merchant", "harbor-spa"), ("service", "full"), ("slot", &slot), ("name", "Ada"), ("card", "works")];
    let response = world.post("/bookings", &form).await;
    assert_eq!(response.status(), 409);
    let booked = world.server.lock().unwrap().calls.iter().any(|(target, ..)| target.contains("CreateBooking"));
    assert!(!booked);
    world.center.stop().await;
}

#[actix_web::test]
async fn our_own_updates_are_taken_and_shown() {
    let world = World::start();
    let case = world.book("couples", 3_600, &[("card", "works")]).await;
    let updates = world.updates();
    updates.patch_booking(&cancelled("couples"), START).await.unwrap();
    let known = world.case(&case).await;
    assert_eq!((&known["status"], &known["prepayment"]), (&json!("CANCELED"), &json!("PREPAYMENT_REFUNDED")));
    assert!(world.get(&case).await.contains("updateMask=status"));

    let slot = SlotOffer {
        id: SlotId {
            merchant: MerchantId::parse("harbor-spa").unwrap(),
            service: ServiceId::parse("couples").unwrap(),
            start_s: MORNING,
            duration_s: 3_600,
            staff: None,
            room: None,
            party_size: None,
        },
        tag: None,
        spots_total: 7,
        spots_open: 3,
        confirmation: ConfirmationMode::Synchronous,
        overrides: Overrides::default(),
    };
    let window = ServiceWindow {
        merchant: slot.id.merchant.clone(),
        service: slot.id.service.clone(),
        start_s: START.as_secs(),
        end_s: MORNING + 3_600,
        slots: vec![Published { offer: slot, words: None }],
    };
    updates.replace_availability(&window, START).await.unwrap();
    let page = world.get("/service?merchant=harbor-spa&service=couples").await;
    assert!(page.contains("3 of 7 open") && !page.contains("2027-01-15 08:10"), "what is not listed is gone: {page}");
    let told: Value = serde_json::from_str(&world.get("/updates/json").await).unwrap();
    assert_eq!((told.as_array().unwrap().len(), &told[0]["status"]), (1, &json!(200)));

    let world = world.restarted().await;
    assert_eq!(world.case(&case).await, known, "nothing is forgotten");
    assert_eq!(serde_json::from_str::<Value>(&world.get("/updates/json").await).unwrap(), told);
    let page = world.get("/service?merchant=harbor-spa&service=couples").await;
    assert!(page.contains("3 of 7 open"), "{page}");
    world.center.stop().await;
}

#[actix_web::test]
async fn updates_are_refused_without_a_token_about_strangers_and_when_the_tester_wants() {
    let world = World::start();
    world.book("couples", 3_600, &[("card", "works")]).await;
    let anonymous = world.updates_by(None).patch_booking(&cancelled("couples"), START).await.unwrap_err();
    assert_eq!(anonymous.description, "HTTP 401");
    let updates = world.updates();
    let stranger = BookingPatch { booking_id: "bk_2".to_owned(), ..cancelled("couples") };
    assert_eq!(updates.patch_booking(&stranger, START).await.unwrap_err().description, "HTTP 404");
    let wrong = updates.patch_booking(&cancelled("massage"), START).await.unwrap_err();
    assert_eq!((wrong.description.as_str(), wrong.refused), ("HTTP 400", true));
    world.post("/misbehave", &[("status", "503"), ("times", "1")]).await;
    assert!(!updates.patch_booking(&cancelled("couples"), START).await.unwrap_err().refused);
    updates.patch_booking(&cancelled("couples"), START).await.unwrap();
    // An hour later the token is no longer good; the client asks for a new one.
    world.clock.advance(3_600_000);
    updates.patch_booking(&cancelled("couples"), START.plus_millis(3_600_000)).await.unwrap();
    let other_key =
        generate_service_account("rtu@example.iam", &Url::parse(&format!("{}/token", world.origin)).unwrap());
    let other = ServiceAccount::parse(other_key.unwrap().as_bytes()).unwrap();
    let forged = world.updates_by(Some(other)).patch_booking(&cancelled("couples"), START).await.unwrap_err();
    assert_eq!(forged.description, "token: HTTP 400");
    world.center.stop().await;
}

#[test]
fn bk_7_5_the_example_feeds_hold_every_way_of_paying_for_thirty_days() {
    let dir = tempfile::tempdir().unwrap();
    let feeds = write_example_feeds(dir.path(), START).unwrap();
    let read = |path| serde_json::from_slice::<Value>(&std::fs::read(path).unwrap()).unwrap();
    let (merchants, services) = (read(&feeds.merchants), read(&feeds.services));
    let nonces: std::collections::BTreeSet<String> =
        [&merchants, &services].iter().map(|feed| feed["metadata"]["nonce"].to_string()).collect();
    assert_eq!(nonces.len(), 2);
    let text = services.to_string();
    for term in
        ["prepayment_type", "no_show_fee", "deposit", "CHARGE_LATER", "REQUIRE_CREDIT_CARD_ALWAYS", "yoga-pack-5"]
    {
        assert!(text.contains(term), "{term}");
    }
    let availability = read(&feeds.availability);
    let slots = availability["service_availability"][0]["availability"].as_array().unwrap();
    let mut keys: Vec<String> = slots
        .iter()
        .map(|slot| format!("{} {} {}", slot["merchant_id"], slot["service_id"], slot["start_sec"]))
        .collect();
    let all = keys.len();
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), all, "no slot stands twice");
    let last = slots.iter().filter_map(|slot| slot["start_sec"].as_i64()).max().unwrap();
    let first = slots.iter().filter_map(|slot| slot["start_sec"].as_i64()).min().unwrap();
    assert!(last - START.as_secs() > 29 * 86_400 && first - START.as_secs() <= 600);
}
