//! The card processor's own word: disputes, refunds that fail late, payouts (contract section 3).

use roundtrip::crypto::{StripeEventKey, booking_id};
use roundtrip::ports::Clock as _;
use roundtrip::sandbox::stripe::Fault;
use serde_json::{Value, json};

use super::spa::{EVENTS, FULL_MICROS, Spa, Wanted};
use crate::harness::node::Node;
use crate::harness::{MINUTE, until};

/// A prepaid booking and its charge.
async fn prepaid(spa: &Spa) -> (String, String) {
    let booking = spa.book(&Wanted::paid("t-1", "full", 0, "tok_visa_1")).await;
    let intent = spa.processor.owner.charges()[0].intent.clone();
    (booking["booking_id"].as_str().unwrap().to_owned(), intent)
}

fn dispute(id: &str, intent: &str, status: &str) -> Value {
    json!({"id": id, "object": "dispute", "amount": 21_350, "currency": "usd", "payment_intent": intent,
           "status": status})
}

async fn balances(spa: &Spa) -> [i64; 4] {
    let mut balances = [0; 4];
    for (place, account) in
        ["processor_receivable", "payable_to_merchant", "disputed", "processor_refunds"].into_iter().enumerate()
    {
        balances[place] = spa.balance(account).await;
    }
    balances
}

#[actix_web::test]
async fn a_dispute_takes_the_money_until_it_is_won_and_is_an_alarm_meanwhile() {
    let spa = Spa::open().await;
    let (id, intent) = prepaid(&spa).await;
    spa.processor.owner.open_dispute(&intent).unwrap();
    let open = spa.seen(&id, "the dispute", |shown| shown["disputes"][0]["state"] == "open").await;
    assert_eq!(open["disputes"].as_array().unwrap().len(), 1, "opened and withdrawn are one dispute: {open}");
    spa.all_heard().await;
    assert_eq!(balances(&spa).await, [0, -FULL_MICROS, FULL_MICROS, 0]);
    let alarm = spa.alarmed("charge_disputed", 1).await.remove(0);
    assert!(alarm["detail"].as_str().unwrap().contains(&id), "{alarm}");
    let end = format!("alarms/{}/end", alarm["alarmId"].as_str().unwrap());
    assert_eq!(spa.decide(&end, &json!({})).await.status, 409, "it ends with its cause");
    spa.processor.owner.close_dispute(&intent, true).unwrap();
    spa.seen(&id, "the dispute is won", |shown| shown["disputes"][0]["state"] == "won").await;
    spa.all_heard().await;
    assert_eq!(balances(&spa).await, [FULL_MICROS, -FULL_MICROS, 0, 0]);
    spa.alarmed("charge_disputed", 0).await;
}

#[actix_web::test]
async fn a_lost_dispute_is_the_merchants_loss_and_its_events_may_come_again_in_any_order() {
    let spa = Spa::open().await;
    let (id, intent) = prepaid(&spa).await;
    let now = spa.clock.now();
    for _ in 0..2 {
        let created = dispute("dp_1", &intent, "needs_response");
        assert_eq!(spa.hear("charge.dispute.created", &created, now).await.status, 204);
    }
    // The amount that was heard first is the one that is settled.
    let mut lost = dispute("dp_1", &intent, "lost");
    lost["amount"] = json!(21_000);
    for _ in 0..2 {
        assert_eq!(spa.hear("charge.dispute.closed", &lost, now).await.status, 204);
        let withdrawn = dispute("dp_1", &intent, "lost");
        assert_eq!(spa.hear("charge.dispute.funds_withdrawn", &withdrawn, now).await.status, 204);
    }
    let shown = spa.desk(&format!("bookings/{id}")).await;
    assert_eq!((&shown["disputes"][0]["state"], shown["disputes"].as_array().unwrap().len()), (&json!("lost"), 1));
    assert_eq!(balances(&spa).await, [0, 0, 0, 0]);
    assert_eq!(spa.alarms("unexplained_charge").await.len(), 0);
}

#[actix_web::test]
async fn bk_9_a_refund_that_fails_late_is_owed_again_told_and_tried_again_by_finance() {
    let spa = Spa::open().await;
    let (id, _) = prepaid(&spa).await;
    spa.ok("UpdateBooking", &json!({"booking": {"booking_id": id, "status": "CANCELED"}})).await;
    spa.seen(&id, "the charge is back", |shown| shown["refunds"][0]["state"] == "done").await;
    spa.told(1).await;
    let first = spa.processor.owner.refunds()[0].clone();
    spa.processor.owner.fail_refund(&first.id).unwrap();
    spa.seen(&id, "the refund has failed", |shown| shown["refunds"][0]["state"] == "failed").await;
    assert_eq!(balances(&spa).await, [FULL_MICROS, 0, 0, -FULL_MICROS], "owed to the payer");
    let told = spa.told(2).await;
    assert_eq!(told[1]["body"]["paymentInformation"]["prepaymentStatus"], "PREPAYMENT_PROVIDED", "{told:?}");
    let alarm = spa.alarmed("refund_failed", 1).await.remove(0);
    assert!(alarm["detail"].as_str().unwrap().contains(&id), "{alarm}");
    assert_eq!(spa.decide(&format!("bookings/{id}/refund"), &json!({})).await.status, 202);
    spa.seen(&id, "the charge is back again", |shown| shown["refunds"][0]["state"] == "done").await;
    // The failure of the first try, heard again, says nothing of the second.
    let object = json!({"id": first.id, "object": "refund", "amount": first.amount, "currency": "usd",
                        "payment_intent": first.intent, "status": "failed"});
    assert_eq!(spa.hear("refund.failed", &object, spa.clock.now()).await.status, 204);
    let shown = spa.desk(&format!("bookings/{id}")).await;
    assert_eq!((&shown["refunds"][0]["state"], &shown["refunds"][0]["tries"]), (&json!("done"), &json!(2)));
    assert_eq!(balances(&spa).await, [0, 0, 0, 0]);
    spa.alarmed("refund_failed", 0).await;
    assert_eq!(spa.processor.owner.refunds().iter().filter(|refund| refund.status == "succeeded").count(), 1);
}

#[actix_web::test]
async fn bk_9_a_refund_whose_failure_overtakes_its_answer_is_failed_in_the_end() {
    let spa = Spa::open().await;
    let booking = spa.book(&Wanted::paid("t-1", "full", 0, "tok_refundFail_1")).await;
    let id = booking["booking_id"].as_str().unwrap();
    spa.processor.owner.fail("POST /v1/refunds", Fault::Held, 1);
    assert_eq!(spa.decide(&format!("bookings/{id}/cancel"), &json!({"by": "merchant"})).await.status, 202);
    until("the refund is made", async || (!spa.processor.owner.refunds().is_empty()).then_some(())).await;
    let made = spa.processor.owner.refunds()[0].clone();
    let object = json!({"id": made.id, "object": "refund", "amount": made.amount, "currency": "usd",
                        "payment_intent": made.intent, "status": "failed"});
    let early = spa.hear("refund.failed", &object, spa.clock.now()).await;
    assert_eq!(early.status, 503, "the refund's own answer is under way: {}", early.text());
    spa.processor.owner.release();
    spa.seen(id, "the refund has failed", |shown| {
        spa.pass(1_000);
        shown["refunds"][0]["state"] == "failed"
    })
    .await;
    spa.all_heard().await;
    assert_eq!(balances(&spa).await, [FULL_MICROS, 0, 0, -FULL_MICROS]);
}

#[actix_web::test]
async fn bk_6_9_a_charge_that_never_became_a_booking_is_found_by_its_events() {
    let spa = Spa::open().await;
    spa.processor.owner.fail("POST /v1/payment_intents", Fault::Held, 1);
    let page = spa.call("CreateBooking", &Wanted::paid("t-late", "full", 0, "tok_visa_1").body()).await;
    assert_eq!((page.status, spa.processor.owner.charges().len()), (504, 1), "{}", page.text());
    spa.pass(MINUTE);
    spa.processor.owner.release();
    let id = booking_id("t-late").to_string();
    until("the late charge is in the books", async || {
        spa.pass(1_000);
        (spa.balance("suspense").await == -FULL_MICROS).then_some(())
    })
    .await;
    spa.pass(11 * MINUTE);
    until("the late charge is back", async || {
        (spa.balance("processor_receivable").await == 0 && !spa.processor.owner.refunds().is_empty()).then_some(())
    })
    .await;
    let first = spa.processor.owner.refunds()[0].id.clone();
    spa.processor.owner.fail_refund(&first).unwrap();
    let alarm = spa.alarmed("refund_failed", 1).await.remove(0);
    assert!(alarm["detail"].as_str().unwrap().contains(&id), "{alarm}");
    assert_eq!(balances(&spa).await, [FULL_MICROS, 0, 0, -FULL_MICROS]);
    let again = spa.decide(&format!("bookings/{id}/refund"), &json!({})).await;
    assert_eq!(again.status, 202, "{}", again.text());
    until("the money is back", async || (balances(&spa).await == [0, 0, 0, 0]).then_some(())).await;
    spa.alarmed("refund_failed", 0).await;
    assert_eq!(spa.alarms("unexplained_charge").await.len(), 0);
}

#[actix_web::test]
async fn a_lost_dispute_whose_money_comes_back_after_all_is_the_merchants_again() {
    let spa = Spa::open().await;
    let (id, intent) = prepaid(&spa).await;
    let now = spa.clock.now();
    for (kind, status) in [
        ("charge.dispute.created", "needs_response"),
        ("charge.dispute.funds_withdrawn", "needs_response"),
        ("charge.dispute.closed", "lost"),
        ("charge.dispute.funds_reinstated", "lost"),
        ("charge.dispute.funds_reinstated", "lost"),
    ] {
        assert_eq!(spa.hear(kind, &dispute("dp_1", &intent, status), now).await.status, 204, "{kind}");
    }
    let shown = spa.desk(&format!("bookings/{id}")).await;
    assert_eq!(shown["disputes"][0]["state"], "won", "{shown}");
    assert_eq!(balances(&spa).await, [FULL_MICROS, -FULL_MICROS, 0, 0]);
    assert_eq!(spa.alarms("unexplained_charge").await.len(), 0);
}

#[actix_web::test]
async fn bk_6_9_a_dispute_of_a_charge_that_never_became_a_booking_is_in_the_books() {
    let spa = Spa::open().await;
    spa.processor.owner.fail("POST /v1/payment_intents", Fault::Changed("amount", "21351"), 1);
    let answer = spa.ok("CreateBooking", &Wanted::paid("t-1", "full", 0, "tok_visa_1").body()).await;
    assert_eq!(answer["booking_failure"]["cause"], "PAYMENT_ERROR", "{answer}");
    until("it is given back", async || (balances(&spa).await == [0, 0, 0, 0]).then_some(())).await;
    let intent = spa.processor.owner.charges()[0].intent.clone();
    let now = spa.clock.now();
    let mut said = dispute("dp_1", &intent, "needs_response");
    said["amount"] = json!(21_351);
    assert_eq!(spa.hear("charge.dispute.created", &said, now).await.status, 204);
    assert_eq!(balances(&spa).await, [-213_510_000, 0, 213_510_000, 0]);
    let alarm = spa.alarmed("charge_disputed", 1).await.remove(0);
    assert!(alarm["detail"].as_str().unwrap().contains(&booking_id("t-1").to_string()), "{alarm}");
    said["status"] = json!("lost");
    assert_eq!(spa.hear("charge.dispute.closed", &said, spa.clock.now()).await.status, 204);
    assert_eq!((balances(&spa).await, spa.balance("suspense").await), ([-213_510_000, 0, 0, 0], 213_510_000));
    spa.alarmed("charge_disputed", 0).await;
}

#[actix_web::test]
async fn what_no_booking_explains_is_an_alarm_that_a_person_ends() {
    let spa = Spa::open().await;
    let now = spa.clock.now();
    let strange = dispute("dp_9", "pi_of_somebody", "needs_response");
    for _ in 0..2 {
        assert_eq!(spa.hear("charge.dispute.created", &strange, now).await.status, 204);
    }
    let mut without = dispute("dp_8", "", "needs_response");
    without.as_object_mut().unwrap().remove("payment_intent");
    assert_eq!(spa.hear("charge.dispute.created", &without, now).await.status, 204);
    let mut raised = spa.alarmed("unexplained_charge", 2).await;
    raised.retain(|alarm| alarm["subject"] == "dp_9");
    assert!(raised[0]["detail"].as_str().unwrap().contains("pi_of_somebody"), "{raised:?}");
    assert_eq!(raised[0]["tellings"], 1);
    let end = format!("alarms/{}/end", raised[0]["alarmId"].as_str().unwrap());
    assert_eq!(spa.decide(&end, &json!({})).await.status, 202);
    assert_eq!(spa.alarms("unexplained_charge").await.len(), 1);
    assert_eq!(spa.decide("alarms/nothing/end", &json!({})).await.status, 404);
    assert_eq!(balances(&spa).await, [0, 0, 0, 0]);
}

#[actix_web::test]
async fn only_what_the_processor_has_just_signed_is_heard() {
    let spa = Spa::open().await;
    let (id, intent) = prepaid(&spa).await;
    let now = spa.clock.now();
    let object = dispute("dp_1", &intent, "needs_response");
    let old = now.plus_millis(-10 * MINUTE);
    let page = spa.hear("charge.dispute.created", &object, old).await;
    assert_eq!((page.status, page.header("content-type")), (401, "application/problem+json"), "expired");
    let body = json!({"id": "evt_1", "type": "charge.dispute.created", "data": {"object": object}}).to_string();
    let other = StripeEventKey::new("whsec_other").unwrap();
    for signature in [other.sign(now, body.as_bytes()), String::new(), "t=1,v1=00".to_owned()] {
        assert_eq!(spa.hear_signed(&signature, body.clone()).await.status, 401, "{signature}");
    }
    let signature = super::spa::event_key().sign(now, body.as_bytes());
    assert_eq!(spa.hear_signed(&signature, body.replace("21350", "1")).await.status, 401, "changed");
    let shown = spa.desk(&format!("bookings/{id}")).await;
    assert_eq!(shown["disputes"], json!([]));
    let url = format!("{}{EVENTS}", spa.nodes[0].public);
    assert_eq!(spa.browser.get(url).await.status, 405);
}

#[actix_web::test]
async fn payouts_of_the_processor_are_in_the_books_and_one_that_comes_back_is_an_alarm() {
    let spa = Spa::open().await;
    prepaid(&spa).await;
    spa.processor.owner.pay_out().unwrap();
    spa.all_heard().await;
    assert_eq!(spa.balance("processor_receivable").await, 0);
    assert_eq!(spa.balance("suspense").await, FULL_MICROS, "under way to the bank");
    let payout = spa.processor.owner.payouts().remove(0);
    let listed = spa.desk("processor/payouts").await;
    let shown = &listed["payouts"][0];
    assert_eq!((&shown["reference"], &shown["state"]), (&json!(payout), &json!("Paid")), "{listed}");
    assert_eq!(shown["amount"]["amountMicros"], FULL_MICROS.to_string());
    spa.processor.owner.fail_payout(&payout).unwrap();
    spa.all_heard().await;
    assert_eq!((spa.balance("processor_receivable").await, spa.balance("suspense").await), (FULL_MICROS, 0));
    let alarm = spa.alarmed("payout_failed", 1).await.remove(0);
    assert!(alarm["detail"].as_str().unwrap().contains(&payout), "{alarm}");
    assert_eq!(spa.desk("processor/payouts").await["payouts"][0]["attention"], "payout_failed");
    let close = format!("processor/payouts/{payout}/close");
    assert_eq!(spa.decide(&close, &json!({"why": ""})).await.status, 400);
    assert_eq!(spa.decide("processor/payouts/po_9/close", &json!({"why": "typed wrong"})).await.status, 404);
    for _ in 0..2 {
        let page = spa.decide(&close, &json!({"why": "the account was closed; paid anew"})).await;
        assert_eq!(page.status, 202, "{}", page.text());
    }
    let shown = spa.desk("processor/payouts").await["payouts"][0].clone();
    assert_eq!((&shown["state"], &shown["attention"]), (&json!("Closed"), &json!(null)), "{shown}");
    assert_eq!((&shown["closedBy"], &shown["why"]), (&json!("ann"), &json!("the account was closed; paid anew")));
    spa.alarmed("payout_failed", 0).await;
    // What came back is paid out anew, under a name of its own.
    spa.processor.owner.pay_out().unwrap();
    spa.all_heard().await;
    let again = spa.processor.owner.payouts().into_iter().find(|other| *other != payout).unwrap();
    assert_eq!(spa.decide(&format!("processor/payouts/{again}/close"), &json!({"why": "why not"})).await.status, 409);
}

#[actix_web::test]
async fn without_a_secret_nobody_is_heard_and_with_a_prefix_both_paths_are() {
    let mut spa = Spa::open().await;
    let settings = spa.settings(0);
    let without = settings.replace("webhook_secret_file = \"webhook\"\n", "");
    assert_ne!(settings, without);
    let prefixed = settings.replace("\"\nworkers", "/shop\"\nworkers");
    assert_ne!(settings, prefixed);
    let body = json!({"id": "evt_1", "type": "ping", "data": {"object": {}}}).to_string();
    let signature = super::spa::event_key().sign(spa.clock.now(), body.as_bytes());
    for (settings, here, below) in [(&without, 404, 404), (&prefixed, 204, 204), (&settings, 204, 404)] {
        spa.nodes.pop().unwrap().stop(true).await;
        let node = Node::start(settings, spa.dir(), &spa.clock, 7).await;
        for (prefix, status) in [("", here), ("/shop", below)] {
            let url = format!("{}{prefix}{EVENTS}", node.public);
            let page = spa.browser.post(url, &[("stripe-signature", signature.as_str())], body.clone()).await;
            assert_eq!(page.status, status, "{prefix} {}", page.text());
        }
        spa.nodes.push(node);
    }
}
