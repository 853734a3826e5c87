//! CreateBooking without payment: spots, idempotency, what was never published.

use futures_util::future::join_all;
use serde_json::json;

use super::spa::{Spa, Wanted, feeds, slot};
use crate::harness::settings::Engine;
use crate::harness::until;

#[actix_web::test]
async fn bk_6_3_a_visit_paid_on_arrival_is_booked_and_answered_as_it_was_asked_for() {
    let spa = Spa::open().await;
    let wanted = Wanted::of("13490670332760737439", "arrival", 0);
    let booking = spa.book(&wanted).await;
    assert_eq!(booking["status"], "CONFIRMED");
    assert_eq!(booking["slot"], wanted.slot);
    assert_eq!(booking["user_information"], json!({"user_id": "u-55"}));
    assert_eq!(booking["payment_information"], json!({"prepayment_status": "PREPAYMENT_NOT_PROVIDED"}));
    assert_eq!(spa.open_spots("arrival", 0).await, 1);
    assert!(spa.processor.owner.requests("").is_empty(), "nothing is charged");
}

#[actix_web::test]
async fn bk_6_3_a_card_that_nobody_needs_is_neither_used_nor_stored() {
    let spa = Spa::open().await;
    let booking = spa.book(&Wanted::paid("t-1", "arrival", 0, "tok_visa_1")).await;
    assert_eq!(booking["payment_information"]["prepayment_status"], "PREPAYMENT_NOT_PROVIDED");
    assert!(spa.processor.owner.requests("").is_empty());
}

#[actix_web::test]
async fn bk_5_1_rule_1_the_same_token_gets_the_same_answer_for_ever() {
    let spa = Spa::open().await;
    let wanted = Wanted::of("t-1", "arrival", 0);
    let first = spa.call("CreateBooking", &wanted.body()).await;
    let second = spa.call("CreateBooking", &wanted.body()).await;
    assert_eq!(first.body, second.body);
    assert_eq!(spa.open_spots("arrival", 0).await, 1, "one spot, once");
    let id = spa.ok("CreateBooking", &wanted.body()).await["booking"]["booking_id"].clone();
    let cancelled = spa.ok("UpdateBooking", &json!({"booking": {"booking_id": id, "status": "CANCELED"}})).await;
    assert_eq!(cancelled["booking"]["status"], "CANCELED");
    let third = spa.call("CreateBooking", &wanted.body()).await;
    assert_eq!(first.body, third.body);
    // Rule 6: whatever else it says now; and when the slot is not published any more.
    let mut other = Wanted::of("t-1", "arrival", 5);
    other.slot["merchant_id"] = json!("nobody");
    let fourth = spa.call("CreateBooking", &other.body()).await;
    assert_eq!(first.body, fourth.body);
}

#[actix_web::test]
async fn bk_5_1_many_at_once_with_one_token_make_one_booking() {
    let spa = Spa::open().await;
    let body = Wanted::of("t-1", "arrival", 0).body();
    // As many as may wait for one booking.
    let answers = join_all((0..60).map(|_| spa.call("CreateBooking", &body))).await;
    for answer in &answers {
        assert_eq!((answer.status, &answer.body), (200, &answers[0].body), "{}", answer.text());
    }
    assert_eq!(spa.open_spots("arrival", 0).await, 1);
}

async fn last_spot(spa: &Spa) {
    let bodies: Vec<_> = (0..40)
        .map(|number| Wanted::of(&format!("t-{number}"), "arrival", 0).by(&format!("u-{number}")).body())
        .collect();
    let nodes = spa.nodes.len();
    let calls = bodies.iter().enumerate().map(|(number, body)| spa.call_node(number % nodes, "CreateBooking", body));
    let answers = join_all(calls).await;
    let mut booked = 0;
    for answer in &answers {
        assert_eq!(answer.status, 200, "{}", answer.text());
        let answer: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
        if answer.get("booking").is_some() {
            booked += 1;
        } else {
            assert_eq!(answer["booking_failure"]["cause"], "SLOT_UNAVAILABLE");
        }
    }
    assert_eq!(booked, 2, "as many as there were spots");
    assert_eq!(spa.open_spots("arrival", 0).await, 0);
}

#[actix_web::test]
async fn bk_2_2_the_last_spot_is_won_by_exactly_one_sqlite() {
    last_spot(&Spa::open().await).await;
}

#[actix_web::test]
async fn bk_2_2_the_last_spot_is_won_by_exactly_one_on_many_nodes() {
    let spa = Spa::on(Engine::Postgres, 3).await;
    last_spot(&spa).await;
}

#[actix_web::test]
async fn bk_3_15_a_user_holds_a_slot_once_and_others_as_often_as_they_like() {
    let spa = Spa::open().await;
    spa.book(&Wanted::of("t-1", "arrival", 0)).await;
    assert_eq!(spa.cause(&Wanted::of("t-2", "arrival", 0)).await, "SLOT_ALREADY_BOOKED_BY_USER");
    spa.book(&Wanted::of("t-3", "arrival", 1)).await;
    assert_eq!(spa.open_spots("arrival", 0).await, 1);
}

#[actix_web::test]
async fn bk_2_4_what_was_never_published_is_a_bad_request_that_names_the_field() {
    let spa = Spa::open().await;
    for (change, field) in [
        (json!({"merchant_id": "nobody"}), "slot.merchant_id"),
        (json!({"service_id": "nothing"}), "slot.service_id"),
        (json!({"duration_sec": "1"}), "slot"),
        (json!({"availability_tag": "other"}), "slot.availability_tag"),
    ] {
        let mut wanted = Wanted::of("t-1", "arrival", 0);
        for (name, value) in change.as_object().unwrap() {
            wanted.slot[name] = value.clone();
        }
        let page = spa.call("CreateBooking", &wanted.body()).await;
        assert_eq!(page.status, 400, "{field}");
        let error: serde_json::Value = serde_json::from_slice(&page.body).unwrap();
        assert!(error["message"].as_str().unwrap().starts_with(field), "{error}");
    }
    assert_eq!(spa.open_spots("arrival", 0).await, 2);
}

#[actix_web::test]
async fn bk_5_1_a_slot_that_has_begun_cannot_be_booked() {
    let spa = Spa::open().await;
    spa.pass_until(0, -1);
    assert_eq!(spa.cause(&Wanted::of("t-1", "arrival", 0)).await, "SLOT_UNAVAILABLE");
    let lookup = json!({"merchant_id": "spa-1", "slot_time": [
        {"service_id": "arrival", "start_sec": slot("arrival", 0)["start_sec"], "duration_sec": "3600"},
        {"service_id": "arrival", "start_sec": slot("arrival", 1)["start_sec"], "duration_sec": "3600"},
        {"service_id": "arrival", "start_sec": slot("arrival", 1)["start_sec"]},
        {"service_id": "nothing", "start_sec": "1", "duration_sec": "3600"},
    ]});
    let answer = spa.ok("BatchAvailabilityLookup", &lookup).await;
    let open: Vec<_> =
        answer["slot_time_availability"].as_array().unwrap().iter().map(|entry| entry["available"].clone()).collect();
    assert_eq!(open, [false, true, true, false]);
    assert_eq!(answer["slot_time_availability"][1]["slot_time"], lookup["slot_time"][1]);
}

#[actix_web::test]
async fn bk_8_5_every_change_of_a_slot_s_spots_is_told_full_slots_too() {
    let spa = Spa::open().await;
    spa.book(&Wanted::of("t-1", "arrival", 0)).await;
    spa.book(&Wanted::of("t-2", "arrival", 0).by("u-2")).await;
    let told = until("Google knows that the slot is full", async || {
        let told = spa.google().availability();
        let last = told.last()?.clone();
        let slots = last["body"]["serviceAvailability"]["availability"].as_array()?.clone();
        slots.iter().any(|slot| slot["spotsOpen"] == "0").then_some(last)
    })
    .await;
    let path = "/v1alpha/inventory/partners/12345678/merchants/spa-1/services/arrival/availability:replace";
    assert_eq!((told["method"].as_str(), told["target"].as_str()), (Some("POST"), Some(path)));
}

/// Contract section 6.
#[actix_web::test]
async fn bk_7_2_the_same_generation_again_leaves_bookings_their_spots_and_a_newer_one_replaces_all() {
    let mut spa = Spa::open().await;
    let booking = spa.book(&Wanted::of("t-1", "arrival", 0)).await;
    let node = spa.nodes.pop().unwrap();
    node.stop(true).await;
    let node = spa.node(0).await;
    spa.nodes.push(node);
    assert_eq!(spa.open_spots("arrival", 0).await, 1, "a restart loads the same feeds");
    let (merchants, services, mut availability) = feeds(2);
    availability["service_availability"][0]["availability"]
        .as_array_mut()
        .unwrap()
        .retain(|slot| slot["service_id"] != "arrival" || slot["start_sec"] != json!(super::spa::start_s(0)));
    let page = spa.decide("booking/feeds", &json!({"feeds": [merchants, services, availability]})).await;
    assert_eq!(page.status, 200, "{}", page.text());
    assert_eq!(spa.open_spots("arrival", 0).await, 0, "the new feeds drop the slot");
    let status = spa.ok("GetBookingStatus", &json!({"booking_id": booking["booking_id"]})).await;
    assert_eq!(status["booking_status"], "CONFIRMED", "and its booking stays");
}
