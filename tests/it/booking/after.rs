//! After the booking: cancellation, another slot, absence, refunds (google-booking-server sections 5.2, 8 and 9).

use serde_json::{Value, json};

use super::spa::{FULL_MICROS, Spa, Wanted, slot, start_s};

fn cancel(id: &Value) -> Value {
    json!({"booking": {"booking_id": id, "status": "CANCELED"}})
}

#[actix_web::test]
async fn bk_5_2_a_cancellation_in_time_frees_the_spot_refunds_and_may_be_repeated() {
    let spa = Spa::open().await;
    let booking = spa.book(&Wanted::paid("t-1", "full", 0, "tok_visa_1")).await;
    let id = &booking["booking_id"];
    let answer = spa.ok("UpdateBooking", &cancel(id)).await;
    assert_eq!(answer["booking"]["status"], "CANCELED");
    assert_eq!(answer["booking"]["payment_information"]["prepayment_status"], "PREPAYMENT_REFUNDED");
    assert_eq!(spa.ok("UpdateBooking", &cancel(id)).await, answer, "harmless");
    assert_eq!(spa.open_spots("full", 0).await, 2);
    assert_eq!(spa.processor.owner.refunds().len(), 1);
    let told = spa.told(1).await;
    assert_eq!(told[0]["method"], "PATCH");
    let target = told[0]["target"].as_str().unwrap();
    assert!(target.contains(&format!("bookings/{}?updateMask=", id.as_str().unwrap())), "{target}");
    assert_eq!(told[0]["body"]["paymentInformation"]["prepaymentStatus"], "PREPAYMENT_REFUNDED");
    for account in ["processor_receivable", "payable_to_merchant", "processor_refunds"] {
        assert_eq!(spa.balance(account).await, 0, "{account}");
    }
}

#[actix_web::test]
async fn bk_9_online_the_window_binds_by_phone_only_the_refund_deadline_does() {
    let spa = Spa::open().await;
    let ids: Vec<Value> = {
        let mut ids = Vec::new();
        for number in 0..3 {
            let wanted = Wanted::paid(&format!("t-{number}"), "deposit", 0, &format!("tok_visa_{number}"));
            let wanted = if number == 2 { Wanted { slot: slot("deposit", 1), ..wanted } } else { wanted };
            ids.push(spa.book(&wanted.by(&format!("u-{number}"))).await["booking_id"].clone());
        }
        ids
    };
    // Four hours before: the last moment online.
    spa.pass_until(0, 14_400_000 - 1);
    let late = spa.ok("UpdateBooking", &cancel(&ids[0])).await;
    assert_eq!(late["booking_failure"]["cause"], "OUTSIDE_CANCELLATION_WINDOW");
    let by_phone = format!("bookings/{}/cancel", ids[0].as_str().unwrap());
    assert_eq!(spa.decide(&by_phone, &json!({"by": "customer"})).await.status, 202);
    let id = ids[0].as_str().unwrap();
    spa.seen(id, "the deposit is back", |shown| shown["prepaymentStatus"] == "PREPAYMENT_REFUNDED").await;
    assert_eq!(
        spa.ok("UpdateBooking", &cancel(&ids[0])).await["booking_failure"]["cause"],
        "BOOKING_ALREADY_CANCELLED"
    );
    // Two hours before: the last moment for the deposit.
    spa.pass_until(0, 7_200_000 - 1);
    let by_phone = format!("bookings/{}/cancel", ids[1].as_str().unwrap());
    assert_eq!(spa.decide(&by_phone, &json!({"by": "customer"})).await.status, 202);
    let shown = spa.desk(&format!("bookings/{}", ids[1].as_str().unwrap())).await;
    assert_eq!((&shown["status"], &shown["refunds"]), (&json!("CANCELED"), &json!([])), "the deposit is kept");
    // The merchant always gives it back.
    spa.pass_until(1, 0);
    let by_merchant = format!("bookings/{}/cancel", ids[2].as_str().unwrap());
    assert_eq!(spa.decide(&by_merchant, &json!({"by": "merchant"})).await.status, 202);
    let id = ids[2].as_str().unwrap();
    spa.seen(id, "the deposit is back", |shown| shown["prepaymentStatus"] == "PREPAYMENT_REFUNDED").await;
    let told = spa.told(5).await;
    let states: Vec<_> = told.iter().map(|call| call["body"]["status"].as_str().unwrap()).collect();
    assert_eq!(states, ["CANCELED"; 5], "three cancellations and two refunds: {told:?}");
}

#[actix_web::test]
async fn bk_5_2_a_booking_that_began_or_never_existed_is_not_cancelled() {
    let spa = Spa::open().await;
    let booking = spa.book(&Wanted::of("t-1", "arrival", 0)).await;
    spa.pass_until(0, 0);
    let answer = spa.ok("UpdateBooking", &cancel(&booking["booking_id"])).await;
    assert_eq!(answer["booking_failure"]["cause"], "BOOKING_NOT_CANCELLABLE");
    for unknown in ["bk_01", "01930d2c-7a44-7000-8000-0123456789ab"] {
        assert_eq!(spa.call("UpdateBooking", &cancel(&json!(unknown))).await.status, 400);
        assert_eq!(spa.call("GetBookingStatus", &json!({"booking_id": unknown})).await.status, 404);
        assert_eq!(spa.decide(&format!("bookings/{unknown}/cancel"), &json!({"by": "merchant"})).await.status, 404);
    }
}

#[actix_web::test]
async fn bk_5_2_another_slot_is_taken_and_the_old_one_freed_as_one() {
    let spa = Spa::open().await;
    let booking = spa.book(&Wanted::paid("t-1", "full", 0, "tok_visa_1")).await;
    let id = &booking["booking_id"];
    for user in ["u-1", "u-2"] {
        spa.book(&Wanted::paid(user, "full", 1, &format!("tok_visa_{user}")).by(user)).await;
    }
    let to = |number: i64| json!({"booking": {"booking_id": id, "slot": {"start_sec": start_s(number).to_string(), "duration_sec": "3600"}}});
    let full = spa.ok("UpdateBooking", &to(1)).await;
    assert_eq!(full["booking_failure"]["cause"], "SLOT_UNAVAILABLE");
    assert_eq!(spa.open_spots("full", 0).await, 1, "the old slot stays");
    let moved = spa.ok("UpdateBooking", &to(2)).await;
    assert_eq!(moved["booking"]["slot"]["start_sec"], start_s(2).to_string(), "{moved}");
    assert_eq!(spa.ok("UpdateBooking", &to(2)).await, moved, "harmless");
    assert_eq!((spa.open_spots("full", 0).await, spa.open_spots("full", 2).await), (2, 1));
    let again = spa.book(&Wanted::paid("t-1", "full", 0, "tok_visa_1")).await;
    assert_eq!(again, booking, "5.1, rule 1: the same response");
    // The last slot has another price.
    let other = spa.ok("UpdateBooking", &to(11)).await;
    assert_eq!(other["booking_failure"]["cause"], "SLOT_UNAVAILABLE");
    assert!(other["booking_failure"]["description"].as_str().unwrap().contains("terms"));
    assert_eq!(spa.processor.owner.charges().len(), 3, "moving costs nothing");
}

#[actix_web::test]
async fn bk_6_5_the_fee_is_charged_once_and_never_before_the_slot_begins() {
    let spa = Spa::open().await;
    let booking = spa.book(&Wanted::paid("t-1", "fee", 0, "tok_visa_1")).await;
    let id = booking["booking_id"].as_str().unwrap();
    let absent = format!("bookings/{id}/no-show");
    assert_eq!(spa.decide(&absent, &json!({"charge": true})).await.status, 409);
    spa.pass_until(0, 0);
    assert_eq!(spa.decide(&absent, &json!({"charge": true})).await.status, 202);
    spa.seen(id, "the fee is paid", |shown| shown["status"] == "NO_SHOW_PENALIZED").await;
    assert_eq!(spa.decide(&absent, &json!({"charge": true})).await.status, 202, "harmless");
    assert_eq!(spa.processor.owner.charges().len(), 1);
    assert_eq!(spa.processor.owner.charges()[0].amount, 3_000);
    let told = spa.told(1).await;
    assert_eq!(told.len(), 1);
    assert!(told[0]["target"].as_str().unwrap().ends_with("?updateMask=status"), "{told:?}");
    assert_eq!(told[0]["body"]["status"], "NO_SHOW_PENALIZED");
    assert_eq!(spa.balance("payable_to_merchant").await, -30_000_000);
}

#[actix_web::test]
async fn bk_3_7_an_absence_without_a_fee_is_told_and_one_that_was_never_agreed_is_refused() {
    let spa = Spa::open().await;
    let booking = spa.book(&Wanted::of("t-1", "arrival", 0)).await;
    let id = booking["booking_id"].as_str().unwrap();
    spa.pass_until(0, 0);
    let absent = format!("bookings/{id}/no-show");
    assert_eq!(spa.decide(&absent, &json!({"charge": true})).await.status, 409);
    assert_eq!(spa.decide(&absent, &json!({"charge": false})).await.status, 202);
    assert_eq!(spa.told(1).await[0]["body"]["status"], "NO_SHOW");
    assert_eq!(spa.decide(&absent, &json!({"charge": "yes"})).await.status, 400);
}

#[actix_web::test]
async fn bk_8_1_google_is_told_until_it_listens() {
    let spa = Spa::open().await;
    let booking = spa.book(&Wanted::of("t-1", "arrival", 0)).await;
    let id = booking["booking_id"].as_str().unwrap();
    crate::harness::until("the slot is told", async || (!spa.google().availability().is_empty()).then_some(())).await;
    spa.google().script(&[503, 500]);
    assert_eq!(spa.decide(&format!("bookings/{id}/cancel"), &json!({"by": "merchant"})).await.status, 202);
    crate::harness::until("Google hears of it", async || {
        spa.pass(1_000);
        let told = spa.google().bookings();
        told.first().is_some_and(|call| call["body"]["status"] == "CANCELED").then_some(())
    })
    .await;
}

#[actix_web::test]
async fn bk_5_4_a_user_s_bookings_are_listed_until_they_end_however_they_stand() {
    let spa = Spa::open().await;
    let first = spa.book(&Wanted::of("t-1", "arrival", 0)).await;
    let second = spa.book(&Wanted::of("t-2", "arrival", 1)).await;
    spa.book(&Wanted::of("t-3", "arrival", 2).by("u-9")).await;
    spa.ok("UpdateBooking", &cancel(&second["booking_id"])).await;
    let listed = spa.ok("ListBookings", &json!({"user_id": "u-55"})).await;
    let listed = listed["bookings"].as_array().unwrap();
    assert_eq!(listed.len(), 2);
    assert_eq!((&listed[0], listed[1]["status"].as_str()), (&first, Some("CANCELED")));
    spa.pass_until(0, -3_600_000);
    let listed = spa.ok("ListBookings", &json!({"user_id": "u-55"})).await;
    assert_eq!(listed["bookings"].as_array().unwrap().len(), 1, "what is over is not upcoming");
    assert_eq!(spa.ok("ListBookings", &json!({"user_id": "nobody"})).await, json!({"bookings": []}));
}

#[actix_web::test]
async fn finance_gives_a_charge_back_and_the_books_say_who() {
    let spa = Spa::open().await;
    let booking = spa.book(&Wanted::paid("t-1", "full", 0, "tok_visa_1")).await;
    let id = booking["booking_id"].as_str().unwrap();
    assert_eq!(spa.balance("processor_receivable").await, FULL_MICROS);
    assert_eq!(spa.decide(&format!("bookings/{id}/refund"), &json!({})).await.status, 202);
    spa.seen(id, "the charge is back", |shown| shown["prepaymentStatus"] == "PREPAYMENT_REFUNDED").await;
    assert_eq!(spa.decide(&format!("bookings/{id}/refund"), &json!({})).await.status, 409);
    assert_eq!(spa.processor.owner.refunds().len(), 1);
    let shown = spa.desk(&format!("bookings/{id}")).await;
    assert_eq!((shown["status"].as_str(), shown["guest"]["name"].as_str()), (Some("CONFIRMED"), Some("Ada Okoro")));
    let listed = spa.desk("bookings?merchantId=spa-1&limit=1").await;
    assert_eq!(listed["bookings"][0]["bookingId"], id);
}
