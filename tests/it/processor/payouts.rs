//! Payouts: from the processor's events to the books.

use std::sync::Arc;

use actix_web::http::StatusCode;
use roundtrip::actors::{Ask, AskError, OutboxHandle, Registry, RegistrySettings, Shell};
use roundtrip::crypto::{StripeEventKey, merchant_payout_id};
use roundtrip::domain::UserName;
use roundtrip::domain::payout::{Input, MerchantPayout, Payout, PayoutReference, Rejection, Reply, Standing};
use roundtrip::processor::{Happened, UnverifiedEvent};
use roundtrip::storage::{NodeId, Store, StoreOptions};
use roundtrip::web::processor::{Heard, ProcessorSurface};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;

const NOW: Timestamp = Timestamp::from_millis(START_MS);

/// The way in, and the books behind it.
struct Desk {
    surface: ProcessorSurface,
    key: StripeEventKey,
    store: Store,
    _dir: TempDir,
}

impl Desk {
    async fn open() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", dir.path().join("roundtrip.db").display());
        let store = Store::open(StoreOptions::new(url)).await.unwrap();
        store.migrate_up().await.unwrap();
        let shell = Shell {
            store: store.clone(),
            clock: Arc::new(clock()),
            outbox: OutboxHandle::default(),
            node: NodeId::from_uuid(uuid::Uuid::from_u128(1)),
            commit_timeout: PATIENT,
            lease_ms: 5_000,
            machine: std::marker::PhantomData,
        };
        let settings = RegistrySettings { shards: 1, idle: PATIENT, most_resident: 10 };
        let key = StripeEventKey::new("whsec_desk").unwrap();
        let payouts: Registry<Payout> = Registry::start(Arc::new(shell), settings);
        Self { surface: ProcessorSurface { key: key.clone(), payouts }, key, store, _dir: dir }
    }

    /// An event as the processor sends it.
    async fn hear(&self, kind: &str, object: Value) -> Heard {
        let event = json!({"id": "evt_1", "object": "event", "type": kind, "created": NOW.as_secs(),
                           "data": {"object": object}});
        let body = event.to_string();
        let signature = self.key.sign(NOW, body.as_bytes());
        self.surface.hear(&UnverifiedEvent { signature: &signature, body: body.as_bytes() }, NOW).await
    }

    /// How such an event is answered.
    async fn status(&self, kind: &str, object: Value) -> StatusCode {
        match self.hear(kind, object).await {
            Heard::Answered(response) => response.status(),
            Heard::OfBooking(event) => panic!("no booking hears of {event:?}"),
        }
    }

    /// The books: account and micros, accounts without a balance left out.
    async fn books(&self) -> Vec<(String, i128)> {
        let balance = self.store.ledger_balance().await.unwrap();
        assert!(balance.is_sound(), "{balance:?}");
        let kept = balance.accounts.into_iter().filter(|account| account.micros != 0);
        kept.map(|account| (account.account, account.micros)).collect()
    }
}

fn payout(id: &str, amount: i64) -> Value {
    json!({"id": id, "object": "payout", "amount": amount, "currency": "usd", "status": "paid",
           "arrival_date": NOW.as_secs() + 172_800})
}

#[actix_web::test]
async fn what_the_processor_pays_out_is_in_the_books_once_and_reversed_once() {
    let desk = Desk::open().await;
    for _ in 0..2 {
        assert_eq!(desk.status("payout.paid", payout("po_1", 10_000)).await, StatusCode::NO_CONTENT);
    }
    let moved = |micros: i128| vec![("processor_receivable".to_owned(), -micros), ("suspense".to_owned(), micros)];
    assert_eq!(desk.books().await, moved(100_000_000));
    assert_eq!(desk.status("payout.paid", payout("po_2", 500)).await, StatusCode::NO_CONTENT);
    assert_eq!(desk.books().await, moved(105_000_000));
    // What contradicts itself is not booked, and not asked for again.
    assert_eq!(desk.status("payout.paid", payout("po_1", 1)).await, StatusCode::NO_CONTENT);
    assert_eq!(desk.books().await, moved(105_000_000));
    for _ in 0..2 {
        assert_eq!(desk.status("payout.failed", payout("po_1", 10_000)).await, StatusCode::NO_CONTENT);
    }
    assert_eq!(desk.books().await, moved(5_000_000));
    // The first word again, late: it changes nothing.
    assert_eq!(desk.status("payout.paid", payout("po_1", 10_000)).await, StatusCode::NO_CONTENT);
    assert_eq!(desk.books().await, moved(5_000_000));
}

#[actix_web::test]
async fn only_the_processor_is_heard_and_bookings_hear_of_theirs() {
    let desk = Desk::open().await;
    let body = json!({"id": "evt_1", "type": "payout.paid", "data": {"object": payout("po_1", 1)}}).to_string();
    let other = StripeEventKey::new("whsec_other").unwrap();
    for signature in [other.sign(NOW, body.as_bytes()), String::new(), "t=1,v1=00".to_owned()] {
        let unverified = UnverifiedEvent { signature: &signature, body: body.as_bytes() };
        let Heard::Answered(response) = desk.surface.hear(&unverified, NOW).await else { panic!("{signature}") };
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "{signature}");
    }
    assert_eq!(desk.status("payout.paid", json!({"id": "po_1"})).await, StatusCode::BAD_REQUEST);
    assert_eq!(desk.status("customer.created", json!({"id": "cus_1"})).await, StatusCode::NO_CONTENT);
    assert_eq!(desk.books().await, []);
    let dispute = json!({"id": "dp_1", "amount": 21_350, "currency": "usd", "payment_intent": "pi_1",
                         "status": "needs_response"});
    let Heard::OfBooking(event) = desk.hear("charge.dispute.created", dispute).await else {
        panic!("not for a booking")
    };
    let expected =
        Happened::DisputeOpened { dispute: "dp_1".into(), intent: Some("pi_1".into()), amount: usd(213_500_000) };
    assert_eq!(event.what, expected);
}

#[actix_web::test]
async fn what_a_merchant_is_paid_is_in_the_books_under_its_author() {
    let desk = Desk::open().await;
    let reference = PayoutReference::parse("2026-11").unwrap();
    let id = merchant_payout_id(&merchant(), &reference);
    let record = |micros| {
        Input::Record(Arc::new(MerchantPayout {
            merchant: merchant(),
            reference: reference.clone(),
            amount: usd(micros),
            sent_at: NOW,
            by: UserName::parse("fiona").unwrap(),
        }))
    };
    let payouts = &desk.surface.payouts;
    let first = payouts.ask(Ask::plain(id, record(80_000_000))).await.unwrap().into_reply();
    assert_eq!(first, Reply::Booked(Standing::Recorded));
    let other = payouts.ask(Ask::plain(id, record(1))).await.unwrap_err();
    assert!(matches!(other, AskError::Rejected(Rejection::Differs)), "{other:?}");
    let booked = [("payable_to_merchant:spa-1".to_owned(), 80_000_000), ("suspense".to_owned(), -80_000_000)];
    assert_eq!(desk.books().await, booked);
    let undo = Input::TakeBack { by: UserName::parse("carl").unwrap(), why: "returned".into() };
    payouts.ask(Ask::plain(id, undo)).await.unwrap();
    assert_eq!(desk.books().await, []);
}
