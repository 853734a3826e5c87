//! The processor fails in every way it can, at every request of every kind of payment (google-booking-server sections 5.1
//! and 6.9): no token is ever charged twice, no charge stays without a booking or a refund, and every attempt ends.

use std::time::Duration;

use futures_util::future::{join, join_all};
use roundtrip::crypto::booking_id;
use roundtrip::domain::Machine as _;
use roundtrip::domain::booking::Booking;
use roundtrip::sandbox::stripe::Fault;
use serde_json::{Value, json};

use super::spa::{FULL_MICROS, Spa, Wanted};
use crate::harness::browser::Page;
use crate::harness::{MINUTE, SECOND, until};

/// More than the processor is given.
const TOO_LATE: Duration = Duration::from_secs(2);
const FAULTS: [Fault; 7] = [
    Fault::Busy,
    Fault::ErrorBefore,
    Fault::ErrorAfter,
    Fault::DropBefore,
    Fault::DropAfter,
    Fault::Late(TOO_LATE),
    Fault::Held,
];
const METHOD: &str = "POST /v1/payment_methods";
const CUSTOMER: &str = "POST /v1/customers";
const ATTACH: &str = "POST /v1/payment_methods/";
const SETUP: &str = "POST /v1/setup_intents";
const SETUP_CONFIRM: &str = "POST /v1/setup_intents/";
const INTENT: &str = "POST /v1/payment_intents";
const REFUND: &str = "POST /v1/refunds";

async fn paid(spa: &Spa, wanted: &Wanted) -> Page {
    spa.call("CreateBooking", &wanted.body()).await
}

/// What was taken for a request, over all its attempts, and not given back.
fn kept_charges(spa: &Spa, token: &str) -> usize {
    let own = format!("pay-{}-", booking_id(token));
    let refunds = spa.processor.owner.refunds();
    let charges = spa.processor.owner.charges();
    let kept = |intent: &str| !refunds.iter().any(|refund| refund.intent == intent);
    charges.iter().filter(|charge| charge.attempt.starts_with(&own) && kept(&charge.intent)).count()
}

async fn state(spa: &Spa, token: &str) -> &'static str {
    let loaded = spa.nodes[0].store.load::<Booking>(booking_id(token)).await.unwrap();
    loaded.map_or("nothing", |loaded| Booking::state_name(&loaded.state))
}

async fn reaches(spa: &Spa, token: &str, wanted: &str) {
    until(&format!("{token} is {wanted}"), async || (state(spa, token).await == wanted).then_some(())).await;
}

/// What the processor has of us is what the books say; nothing is unexplained.
async fn books_agree(spa: &Spa) {
    let taken: i64 = spa.processor.owner.charges().iter().map(|charge| charge.amount).sum();
    let refunds = spa.processor.owner.refunds();
    let back: i64 = refunds.iter().filter(|refund| refund.status == "succeeded").map(|refund| refund.amount).sum();
    assert_eq!(spa.balance("processor_receivable").await, (taken - back) * 10_000, "charges less refunds");
    assert_eq!(
        spa.balance("payable_to_merchant").await,
        (back - taken) * 10_000,
        "and all of it is owed to the merchant"
    );
    for account in ["suspense", "processor_refunds"] {
        assert_eq!(spa.balance(account).await, 0, "{account}");
    }
}

/// One request of a kind of payment.
struct Point {
    service: &'static str,
    request: &'static str,
    /// Nothing was sent before it.
    first: bool,
    /// An error that the processor repeats for its key ends the attempt: nobody knows what the step gave.
    needed: bool,
    /// How many charges a booking needs.
    charges: usize,
}

async fn every_fault_at(point: Point) {
    let spa = Spa::open().await;
    for (fault, number) in FAULTS.into_iter().zip(0..) {
        let at = format!("{} {} {fault:?}", point.service, point.request);
        let token = format!("t-{number}");
        let wanted = Wanted::paid(&token, point.service, number, &format!("tok_visa_{number}"));
        spa.processor.owner.fail(point.request, fault, 1);
        let first = paid(&spa, &wanted).await;
        // Only what was never sent is known not to have happened.
        let not_reached = fault == Fault::Busy && point.first;
        assert_eq!(first.status, if not_reached { 503 } else { 504 }, "{at}: {}", first.text());
        assert_eq!(spa.open_spots(point.service, number).await, if not_reached { 2 } else { 1 }, "{at}");
        spa.pass(1);
        let mut wanted = wanted;
        if fault == Fault::Held {
            let held = paid(&spa, &wanted).await;
            assert!(matches!(held.status, 200 | 409), "{at}: {}", held.text());
            spa.processor.owner.release();
            spa.pass(1);
        } else if fault == Fault::ErrorAfter && point.needed {
            wanted = ended(&spa, wanted, &at).await;
        }
        let booking = spa.book(&wanted).await;
        assert_eq!(booking["status"], "CONFIRMED", "{at}");
        assert_eq!(spa.book(&wanted).await, booking, "{at}: rule 1");
        assert_eq!(kept_charges(&spa, &token), point.charges, "{at}");
        assert_eq!(spa.open_spots(point.service, number).await, 1, "{at}");
    }
    books_agree(&spa).await;
}

/// A step that fails for good: the attempt is given up after a while, its spot is free, and another card books.
async fn ended(spa: &Spa, wanted: Wanted, at: &str) -> Wanted {
    spa.pass(4 * SECOND);
    let again = paid(spa, &wanted).await;
    assert_eq!(again.status, 504, "{at}: {}", again.text());
    spa.pass(180 * SECOND);
    let over = paid(spa, &wanted).await;
    assert_eq!(over.status, 503, "{at}: {}", over.text());
    let slot: Value = wanted.slot.clone();
    assert_eq!(spa.ok("CheckAvailability", &json!({"slot": slot})).await["count_available"], 2, "{at}");
    assert_eq!(spa.cause(&wanted).await, "PAYMENT_ERROR", "{at}: the token is used up");
    let card = wanted.card.as_ref().map(|card| format!("{card}_another"));
    Wanted { card, ..wanted }
}

fn point(service: &'static str, request: &'static str, charges: usize) -> Point {
    let needed = !matches!(request, INTENT | SETUP_CONFIRM);
    Point { service, request, first: request == METHOD, needed, charges }
}

#[actix_web::test]
async fn bk_6_9_a_charge_under_every_fault_is_made_once() {
    join_all([METHOD, INTENT].map(|request| every_fault_at(point("full", request, 1)))).await;
}

#[actix_web::test]
async fn bk_6_9_a_card_is_kept_under_every_fault() {
    let requests = [METHOD, CUSTOMER, ATTACH, SETUP, SETUP_CONFIRM];
    join_all(requests.map(|request| every_fault_at(point("fee", request, 0)))).await;
}

#[actix_web::test]
async fn bk_6_9_a_charge_that_keeps_its_card_is_made_once_under_every_fault() {
    join_all([METHOD, CUSTOMER, ATTACH, INTENT].map(|request| every_fault_at(point("both", request, 1)))).await;
}

#[actix_web::test]
async fn bk_6_9_a_refund_under_every_fault_is_made_once_and_told() {
    let spa = Spa::open().await;
    for (fault, number) in FAULTS.into_iter().zip(0..) {
        let wanted = Wanted::paid(&format!("t-{number}"), "full", number, &format!("tok_visa_{number}"));
        let id = spa.book(&wanted).await["booking_id"].clone();
        spa.processor.owner.fail(REFUND, fault, 1);
        let answer = spa.ok("UpdateBooking", &json!({"booking": {"booking_id": id, "status": "CANCELED"}})).await;
        assert_eq!(answer["booking"]["status"], "CANCELED", "{fault:?}");
        assert_eq!(spa.open_spots("full", number).await, 2, "{fault:?}");
        let shown = spa.seen(id.as_str().unwrap(), "the refund", |shown| {
            spa.pass(100);
            shown["prepaymentStatus"] == "PREPAYMENT_REFUNDED"
        });
        assert_eq!(shown.await["refunds"][0]["tries"], 1, "{fault:?}");
        spa.processor.owner.release();
        assert_eq!(spa.processor.owner.refunds().len() as i64, number + 1, "{fault:?}");
        let told = spa.told(number as usize + 1).await;
        assert_eq!(told[number as usize]["body"]["paymentInformation"]["prepaymentStatus"], "PREPAYMENT_REFUNDED");
    }
    assert_eq!(spa.balance("processor_receivable").await, 0);
    books_agree(&spa).await;
}

#[actix_web::test]
async fn bk_6_5_a_fee_under_every_fault_is_charged_once() {
    let spa = Spa::open().await;
    for (fault, number) in FAULTS.into_iter().zip(0..) {
        let wanted = Wanted::paid(&format!("t-{number}"), "fee", number, &format!("tok_visa_{number}"));
        let id = spa.book(&wanted).await["booking_id"].as_str().unwrap().to_owned();
        spa.pass_until(number, 0);
        spa.processor.owner.fail(INTENT, fault, 1);
        let absent = spa.decide(&format!("bookings/{id}/no-show"), &json!({"charge": true})).await;
        assert_eq!(absent.status, 202, "{}", absent.text());
        let charged = |shown: &Value| {
            spa.pass(100);
            shown["noShowFee"]["state"] == "charged"
        };
        spa.seen(&id, "the fee", charged).await;
        spa.processor.owner.release();
        // A second word changes nothing.
        spa.decide(&format!("bookings/{id}/no-show"), &json!({"charge": true})).await;
        assert_eq!(spa.processor.owner.charges().len() as i64, number + 1, "{fault:?}");
        let told = spa.told(number as usize + 1).await;
        assert_eq!(told[number as usize]["body"]["status"], "NO_SHOW_PENALIZED", "{fault:?}");
    }
    books_agree(&spa).await;
}

#[actix_web::test]
async fn bk_6_6_a_later_deposit_under_every_fault_is_charged_once() {
    let spa = Spa::open().await;
    for (fault, number) in FAULTS.into_iter().zip(0..) {
        let wanted = Wanted::paid(&format!("t-{number}"), "later", number, &format!("tok_visa_{number}"));
        let id = spa.book(&wanted).await["booking_id"].as_str().unwrap().to_owned();
        assert_eq!(spa.processor.owner.charges().len() as i64, number, "{fault:?}: not before it is due");
        spa.processor.owner.fail(INTENT, fault, 1);
        spa.pass_until(number, 86_400 * SECOND);
        let charged = |shown: &Value| {
            spa.pass(100);
            shown["charge"].is_object()
        };
        spa.seen(&id, "the deposit", charged).await;
        spa.processor.owner.release();
        assert_eq!(spa.processor.owner.charges().len() as i64, number + 1, "{fault:?}");
    }
    books_agree(&spa).await;
}

/// A charge that succeeds after Google was told that its outcome is not known.
async fn charged_late(spa: &Spa) -> Wanted {
    let wanted = Wanted::paid("t-1", "full", 0, "tok_visa_1");
    spa.processor.owner.fail(INTENT, Fault::DropAfter, 1);
    assert_eq!(paid(spa, &wanted).await.status, 504);
    spa.pass(5 * SECOND);
    reaches(spa, "t-1", "Unclaimed").await;
    assert_eq!(spa.open_spots("full", 0).await, 1, "the spot waits for Google's retry");
    assert_eq!(spa.balance("suspense").await, -FULL_MICROS);
    wanted
}

#[actix_web::test]
async fn bk_6_9_a_late_success_is_the_retry_s_booking_for_ten_minutes() {
    let spa = Spa::open().await;
    let wanted = charged_late(&spa).await;
    spa.pass(9 * MINUTE);
    let booking = spa.book(&wanted).await;
    assert_eq!(booking["payment_information"]["payment_transaction_id"], spa.processor.owner.charges()[0].intent);
    spa.pass(20 * MINUTE);
    assert_eq!(spa.book(&wanted).await, booking);
    assert_eq!((spa.processor.owner.charges().len(), spa.processor.owner.refunds().len()), (1, 0));
    books_agree(&spa).await;
}

#[actix_web::test]
async fn bk_6_9_a_late_success_that_nobody_asks_for_is_refunded_after_ten_minutes() {
    let spa = Spa::open().await;
    let wanted = charged_late(&spa).await;
    spa.pass(10 * MINUTE - 1);
    assert_eq!(spa.open_spots("full", 0).await, 1);
    spa.pass(1);
    until("the refund", async || (spa.processor.owner.refunds().len() == 1).then_some(())).await;
    assert_eq!(spa.open_spots("full", 0).await, 2);
    until("the refund is booked", async || (spa.balance("processor_refunds").await == 0).then_some(())).await;
    books_agree(&spa).await;
    assert_eq!(spa.cause(&wanted).await, "PAYMENT_ERROR", "the token is used up");
    let anew = Wanted { card: Some("tok_visa_2".to_owned()), ..wanted };
    spa.book(&anew).await;
    assert_eq!(kept_charges(&spa, "t-1"), 1);
    books_agree(&spa).await;
}

#[actix_web::test]
async fn bk_5_1_rule_5_a_second_request_gets_the_first_one_s_answer() {
    let spa = Spa::open().await;
    let wanted = Wanted::paid("t-1", "full", 0, "tok_visa_1");
    spa.processor.owner.fail(INTENT, Fault::Held, 1);
    let second = async {
        until("the charge", async || (spa.processor.owner.requests(INTENT).len() == 1).then_some(())).await;
        let released = async {
            // Other calls are answered meanwhile.
            assert_eq!(spa.open_spots("full", 0).await, 1);
            spa.processor.owner.release();
        };
        join(paid(&spa, &wanted), released).await.0
    };
    let (first, second) = join(paid(&spa, &wanted), second).await;
    assert_eq!((first.status, second.status), (200, 200), "{} {}", first.text(), second.text());
    assert_eq!(first.body, second.body);
    assert_eq!(spa.processor.owner.charges().len(), 1);
}

#[actix_web::test]
async fn bk_5_1_rule_5_a_second_request_that_waits_in_vain_is_answered_with_409() {
    let spa = Spa::open().await;
    let wanted = Wanted::paid("t-1", "full", 0, "tok_visa_1");
    spa.processor.owner.fail(METHOD, Fault::Held, 1);
    let second = async {
        until("the charge", async || (spa.processor.owner.requests(METHOD).len() == 1).then_some(())).await;
        spa.pass(1);
        paid(&spa, &wanted).await
    };
    let (first, second) = join(paid(&spa, &wanted), second).await;
    assert_eq!((first.status, second.status), (504, 409), "{} {}", first.text(), second.text());
    spa.processor.owner.release();
    spa.pass(5 * SECOND);
    spa.book(&wanted).await;
    assert_eq!(spa.processor.owner.charges().len(), 1);
    assert_eq!(spa.open_spots("full", 0).await, 1);
}

#[actix_web::test]
async fn bk_5_1_rule_8_a_new_attempt_after_a_decline_has_keys_of_its_own() {
    let spa = Spa::open().await;
    assert_eq!(spa.cause(&Wanted::paid("t-1", "full", 0, "tok_chargeDeclined_1")).await, "PAYMENT_ERROR_CARD_DECLINED");
    spa.book(&Wanted::paid("t-1", "full", 0, "tok_visa_1")).await;
    assert_eq!(spa.processor.owner.charges()[0].attempt, format!("pay-{}-2", booking_id("t-1")));
}

#[actix_web::test]
async fn bk_6_9_a_decline_whose_answer_was_lost_is_still_a_decline() {
    let spa = Spa::open().await;
    for (fault, number) in [Fault::ErrorAfter, Fault::DropAfter].into_iter().zip(0..) {
        let card = format!("tok_chargeDeclined_{number}");
        let wanted = Wanted::paid(&format!("t-{number}"), "full", number, &card);
        spa.processor.owner.fail(INTENT, fault, 1);
        assert_eq!(paid(&spa, &wanted).await.status, 504, "{fault:?}");
        spa.pass(1);
        assert_eq!(spa.cause(&wanted).await, "PAYMENT_ERROR_CARD_DECLINED", "{fault:?}");
        assert_eq!(spa.open_spots("full", number).await, 2, "{fault:?}");
    }
    assert!(spa.processor.owner.charges().is_empty());
    assert_eq!(spa.balance("").await, 0);
}

#[actix_web::test]
async fn bk_6_9_while_the_processor_is_down_nothing_is_booked_and_the_retry_is() {
    let mut spa = Spa::open().await;
    let wanted = Wanted::paid("t-1", "full", 0, "tok_visa_1");
    spa.processor.stop().await;
    let page = paid(&spa, &wanted).await;
    assert_eq!((page.status, page.header("retry-after")), (503, "1"), "{}", page.text());
    assert_eq!(spa.open_spots("full", 0).await, 2);
    spa.processor.start_again();
    spa.book(&wanted).await;
    // Killed after it has charged, and before it has said so.
    let wanted = Wanted::paid("t-2", "full", 1, "tok_visa_2");
    spa.processor.owner.fail(INTENT, Fault::DropAfter, 1);
    assert_eq!(paid(&spa, &wanted).await.status, 504);
    spa.processor.stop().await;
    spa.pass(4 * SECOND);
    assert_eq!(paid(&spa, &wanted).await.status, 504, "what became of it is still not known");
    assert_eq!(spa.open_spots("full", 1).await, 1);
    spa.processor.start_again();
    spa.pass(1);
    spa.book(&wanted).await;
    assert_eq!(spa.processor.owner.charges().len(), 2);
    books_agree(&spa).await;
}

/// The node dies with the token in its memory, and another takes its place.
async fn crash(spa: &mut Spa) {
    let node = spa.nodes.pop().unwrap();
    node.stop(false).await;
    let node = spa.node(0).await;
    spa.nodes.push(node);
}

#[actix_web::test]
async fn bk_6_9_after_a_crash_a_charge_that_was_made_waits_for_the_retry() {
    let mut spa = Spa::open().await;
    let wanted = Wanted::paid("t-1", "full", 0, "tok_visa_1");
    spa.processor.owner.fail(INTENT, Fault::DropAfter, 1);
    assert_eq!(paid(&spa, &wanted).await.status, 504);
    spa.pass(5 * SECOND);
    crash(&mut spa).await;
    reaches(&spa, "t-1", "Unclaimed").await;
    spa.book(&wanted).await;
    assert_eq!(spa.processor.owner.charges().len(), 1);
    books_agree(&spa).await;
}

#[actix_web::test]
async fn bk_6_9_after_a_crash_a_retry_goes_on_under_the_same_keys() {
    let mut spa = Spa::open().await;
    let wanted = Wanted::paid("t-1", "full", 0, "tok_visa_1");
    spa.processor.owner.fail(INTENT, Fault::DropBefore, 1);
    assert_eq!(paid(&spa, &wanted).await.status, 504);
    crash(&mut spa).await;
    spa.pass(5 * SECOND);
    spa.book(&wanted).await;
    let charges = spa.processor.owner.charges();
    assert_eq!((charges.len(), charges[0].attempt.clone()), (1, format!("pay-{}-1", booking_id("t-1"))));
    books_agree(&spa).await;
}

#[actix_web::test]
async fn bk_6_9_after_a_crash_an_attempt_that_was_never_charged_frees_its_spot() {
    for service in ["full", "fee"] {
        let mut spa = Spa::open().await;
        let wanted = Wanted::paid("t-1", service, 0, "tok_visa_1");
        let request = if service == "full" { INTENT } else { SETUP_CONFIRM };
        spa.processor.owner.fail(request, Fault::DropBefore, 1);
        assert_eq!(paid(&spa, &wanted).await.status, 504, "{service}");
        crash(&mut spa).await;
        assert_eq!(spa.open_spots(service, 0).await, 1, "{service}");
        until("the spot is free", async || {
            spa.pass(SECOND);
            (spa.open_spots(service, 0).await == 2).then_some(())
        })
        .await;
        assert_eq!(state(&spa, "t-1").await, "Failed", "{service}");
        assert!(spa.processor.owner.charges().is_empty(), "{service}");
        assert_eq!(spa.balance("").await, 0, "{service}");
    }
}

#[actix_web::test]
async fn bk_6_8_an_answer_to_no_challenge_without_a_token_fails_at_once() {
    let spa = Spa::open().await;
    let own = booking_id("t-1");
    for data in [None, Some(format!("{own}.1")), Some(format!("{}.1", booking_id("t-other")))] {
        let mut wanted = Wanted::of("t-1", "full", 0).stating("pa_response", json!("proof"));
        if let Some(data) = &data {
            wanted = wanted.stating("md_merchant_data", json!(data));
        }
        assert_eq!(spa.cause(&wanted).await, "PAYMENT_ERROR", "{data:?}");
        assert_eq!(spa.open_spots("full", 0).await, 2, "{data:?}");
    }
}

/// Asks with a card that has to be proved, and lets the payer try.
async fn challenged(spa: &Spa, number: i64) -> (Wanted, String) {
    let card = format!("tok_threeDSecureRequired_{number}");
    let wanted = Wanted::paid(&format!("t-{number}"), "full", number, &card);
    let answer = spa.ok("CreateBooking", &wanted.body()).await;
    let challenge = &answer["booking_failure"]["payment_failure"]["threeds1_parameters"];
    let answered = wanted
        .stating("pa_response", json!("proof"))
        .stating("md_merchant_data", challenge["md_merchant_data"].clone());
    (answered, challenge["transaction_id"].as_str().unwrap().to_owned())
}

#[actix_web::test]
async fn bk_6_8_after_a_challenge_every_fault_ends_in_one_charge() {
    let spa = Spa::open().await;
    for (fault, number) in FAULTS.into_iter().zip(0..) {
        let (answered, intent) = challenged(&spa, number).await;
        spa.processor.owner.challenge(&intent, true).unwrap();
        spa.processor.owner.fail("GET /v1/payment_intents/", fault, 1);
        let first = paid(&spa, &answered).await;
        assert_eq!(first.status, 504, "{fault:?}: {}", first.text());
        assert_eq!(spa.open_spots("full", number).await, 1, "{fault:?}");
        spa.processor.owner.release();
        spa.pass(1);
        spa.book(&answered).await;
        assert_eq!(kept_charges(&spa, &answered.token), 1, "{fault:?}");
    }
    books_agree(&spa).await;
}

#[actix_web::test]
async fn bk_6_8_a_challenge_that_was_not_passed_charges_nothing_and_another_card_books() {
    let spa = Spa::open().await;
    let (answered, intent) = challenged(&spa, 0).await;
    spa.processor.owner.challenge(&intent, false).unwrap();
    assert_eq!(spa.cause(&answered).await, "PAYMENT_ERROR_CARD_DECLINED");
    assert_eq!(spa.open_spots("full", 0).await, 2);
    // Too late: the transaction is over.
    spa.processor.owner.challenge(&intent, true).unwrap();
    assert!(spa.processor.owner.charges().is_empty());
    spa.book(&Wanted::paid("t-0", "full", 0, "tok_visa_1")).await;
    assert_eq!(spa.processor.owner.charges().len(), 1);
    books_agree(&spa).await;
}

#[actix_web::test]
async fn bk_6_8_a_challenge_that_is_given_up_is_never_paid_beside_another_card() {
    for late in [false, true] {
        let spa = Spa::open().await;
        for (fault, number) in FAULTS.into_iter().zip(0..) {
            let (answered, intent) = challenged(&spa, number).await;
            if late {
                // The payer proves it when Google has turned to another card already.
                spa.processor.owner.challenge(&intent, true).unwrap();
            }
            spa.processor.owner.fail("POST /v1/payment_intents/", fault, 1);
            // The other card waits until the challenge is given up; Google asks again meanwhile.
            let other = Wanted::paid(&answered.token, "full", number, &format!("tok_visa_{number}"));
            until("the other card books", async || {
                spa.pass(1);
                (paid(&spa, &other).await.status == 200).then_some(())
            })
            .await;
            spa.book(&other).await;
            until("the challenge is given up", async || {
                spa.pass(100);
                let journal = spa.nodes[0].store.journal(booking_id(&answered.token)).await.unwrap();
                journal.iter().any(|row| row.event.contains("bandoned")).then_some(())
            })
            .await;
            spa.processor.owner.release();
            spa.processor.owner.challenge(&intent, true).unwrap();
            assert_eq!(kept_charges(&spa, &answered.token), 1, "{fault:?} {late}");
        }
        books_agree(&spa).await;
    }
}

/// The processor takes what nobody asked for: another amount, another currency.
#[actix_web::test]
async fn bk_6_4_a_charge_of_another_amount_is_never_our_payment_goes_back_and_is_an_alarm() {
    for (field, value) in [("amount", "21349"), ("amount", "21351"), ("currency", "eur")] {
        let spa = Spa::open().await;
        spa.processor.owner.fail(INTENT, Fault::Changed(field, value), 1);
        let wanted = Wanted::paid("t-1", "full", 0, "tok_visa_1");
        let failed = spa.ok("CreateBooking", &wanted.body()).await;
        assert_eq!(failed["booking_failure"]["cause"], "PAYMENT_ERROR", "{field} {value}: {failed}");
        assert_eq!(spa.open_spots("full", 0).await, 2, "{field} {value}");
        let taken = spa.processor.owner.charges().remove(0);
        until("it is given back", async || (spa.balance("processor_receivable").await == 0).then_some(())).await;
        let back = spa.processor.owner.refunds().remove(0);
        assert_eq!((back.intent, back.amount), (taken.intent.clone(), taken.amount), "all of it");
        for account in ["suspense", "payable_to_merchant", "processor_refunds"] {
            assert_eq!(spa.balance(account).await, 0, "{account}");
        }
        let alarm = spa.alarmed("unexplained_charge", 1).await.remove(0);
        assert_eq!(alarm["subject"], taken.intent, "{alarm}");
        // Not sticky: the next card pays, and once.
        let wanted = Wanted { card: Some("tok_visa_2".to_owned()), ..wanted };
        spa.book(&wanted).await;
        assert_eq!(spa.balance("processor_receivable").await, FULL_MICROS);
    }
}

/// What is answered is another attempt's success: ours is asked for, and found to be none.
#[actix_web::test]
async fn bk_6_9_another_attempts_success_is_an_unknown_outcome_and_an_alarm() {
    let spa = Spa::open().await;
    spa.processor.owner.fail(INTENT, Fault::Changed("metadata[attempt]", "pay-of-somebody-else"), 1);
    let wanted = Wanted::paid("t-1", "full", 0, "tok_visa_1");
    assert_eq!(paid(&spa, &wanted).await.status, 504);
    assert_eq!(state(&spa, "t-1").await, "Paying", "nobody knows");
    let alarm = spa.alarmed("unexplained_charge", 1).await.remove(0);
    assert_eq!(alarm["subject"], spa.processor.owner.charges()[0].intent, "{alarm}");
    until("nothing of ours is found", async || {
        spa.pass(MINUTE);
        (state(&spa, "t-1").await == "Failed").then_some(())
    })
    .await;
    assert_eq!((spa.balance("processor_receivable").await, spa.open_spots("full", 0).await), (0, 2));
}

#[actix_web::test]
async fn bk_6_5_a_fee_of_another_amount_is_given_back_and_is_not_the_fee() {
    let spa = Spa::open().await;
    let booking = spa.book(&Wanted::paid("t-1", "fee", 0, "tok_visa_1")).await;
    let id = booking["booking_id"].as_str().unwrap();
    spa.pass_until(0, 0);
    spa.processor.owner.fail(INTENT, Fault::Changed("amount", "30000"), 1);
    assert_eq!(spa.decide(&format!("bookings/{id}/no-show"), &json!({"charge": true})).await.status, 202);
    spa.seen(id, "it is given back", |shown| shown["refunds"][0]["state"] == "done").await;
    let shown = spa.desk(&format!("bookings/{id}")).await;
    assert_eq!((&shown["status"], &shown["noShowFee"]["code"]), (&json!("NO_SHOW"), &json!("another_amount")));
    assert_eq!(spa.balance("processor_receivable").await, 0);
    spa.alarmed("unexplained_charge", 1).await;
}
