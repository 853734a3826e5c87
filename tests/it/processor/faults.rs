//! Faults: what is known after each, and that asking and doing again never charges twice.

use roundtrip::processor::{CallFailed, RefundOutcome, Vault, VaultOutcome};
use roundtrip::sandbox::stripe::Fault;

use super::*;
use crate::harness::ports::free_port;
use crate::harness::stripe::client;

const MAKES: &str = "POST /v1/payment_methods";
const CHARGES: &str = "POST /v1/payment_intents";

/// One attempt at a charge with `tok_visa_1`.
async fn attempt(client: &Stripe, key: &str) -> Result<Outcome, CallFailed> {
    client.charge(&prepayment(&token("tok_visa_1"), &merchant(), key)).await
}

#[actix_web::test]
async fn bk_6_9_a_processor_that_is_not_there_was_sent_nothing() {
    let endpoint = url::Url::parse(&format!("http://127.0.0.1:{}", free_port())).unwrap();
    let client = client(endpoint, "sk_test_x", PATIENT);
    assert_eq!(attempt(&client, "a-1").await, Err(CallFailed::NotSent));
}

#[actix_web::test]
async fn bk_6_9_before_the_charge_nothing_can_have_been_charged() {
    let (processor, client) = processor();
    for fault in [Fault::ErrorBefore, Fault::DropBefore, Fault::DropAfter] {
        processor.owner.fail(MAKES, fault, 1);
        let failed = attempt(&client, "a-1").await.unwrap_err();
        assert!(matches!(failed, CallFailed::Unknown { money: false, .. }), "{fault:?}: {failed:?}");
        assert!(!failed.may_have_moved_money());
        assert_eq!(client.find_charge(&asked("a-1")).await, Ok(None), "{fault:?}");
    }
    // The token was spent by the last of them, and the same key still brings what was made of it.
    charged(attempt(&client, "a-1").await.unwrap());
    assert_eq!(processor.owner.charges().len(), 1);
}

#[actix_web::test]
async fn bk_6_9_an_unknown_outcome_is_found_by_asking_and_never_charged_again() {
    for fault in [Fault::ErrorBefore, Fault::DropBefore, Fault::ErrorAfter, Fault::DropAfter] {
        let done = matches!(fault, Fault::ErrorAfter | Fault::DropAfter);
        let (processor, client) = processor();
        processor.owner.fail(CHARGES, fault, 1);
        let failed = attempt(&client, "a-1").await.unwrap_err();
        assert!(matches!(failed, CallFailed::Unknown { money: true, .. }), "{fault:?}: {failed:?}");
        assert!(failed.may_have_moved_money());
        let found = client.find_charge(&asked("a-1")).await.unwrap();
        assert_eq!(found.is_some(), done, "{fault:?}: {found:?}");
        match found {
            Some(outcome) => assert_eq!(charged(outcome).intent, processor.owner.charges()[0].intent),
            None => assert!(processor.owner.charges().is_empty()),
        }
        // Done again in spite of it, the key holds.
        let _again = attempt(&client, "a-1").await;
        assert_eq!(processor.owner.charges().len(), 1, "{fault:?}");
    }
}

#[actix_web::test]
async fn bk_6_9_a_request_that_is_still_worked_on_is_not_made_again() {
    let (processor, _) = processor();
    let client = processor.client(IMPATIENT);
    processor.owner.fail(CHARGES, Fault::Held, 1);
    // An answer that is held back: in another task, so that its connection stays.
    let patient = processor.client(PATIENT);
    let first = actix_web::rt::spawn(async move { attempt(&patient, "a-1").await });
    crate::harness::until("the charge is made", async || (!processor.owner.charges().is_empty()).then_some(())).await;
    assert_eq!(attempt(&client, "a-1").await, Err(CallFailed::InUse));
    assert!(CallFailed::InUse.may_have_moved_money());
    processor.owner.release();
    let taken = charged(first.await.unwrap().unwrap());
    assert_eq!(charged(attempt(&client, "a-1").await.unwrap()).intent, taken.intent);
    assert_eq!(processor.owner.charges().len(), 1);
}

#[actix_web::test]
async fn bk_6_9_no_answer_in_time_is_unknown() {
    let (processor, _) = processor();
    let client = processor.client(IMPATIENT);
    for (on, money) in [(MAKES, false), (CHARGES, true)] {
        processor.owner.fail(on, Fault::Held, 1);
        let key = format!("a-{money}");
        let wanted = token("tok_visa");
        let failed = client.charge(&prepayment(&wanted, &merchant(), &key)).await.unwrap_err();
        assert_eq!(failed, CallFailed::Unknown { money, why: "none came in time" });
        processor.owner.release();
        let found = client.find_charge(&asked(&key)).await.unwrap();
        assert_eq!(found.is_some(), money, "{on}");
    }
}

#[actix_web::test]
async fn bk_6_9_a_busy_processor_did_nothing_and_between_two_requests_nothing_that_moves_money() {
    let (processor, client) = processor();
    processor.owner.fail(MAKES, Fault::Busy, 1);
    assert_eq!(attempt(&client, "a-1").await, Err(CallFailed::Busy { retry_after_ms: None }));
    // The token is used up now: the attempt can only go on under its own keys.
    processor.owner.fail(CHARGES, Fault::Busy, 1);
    let failed = attempt(&client, "a-1").await.unwrap_err();
    assert!(matches!(failed, CallFailed::Unknown { money: false, .. }), "{failed}");
    charged(attempt(&client, "a-1").await.unwrap());
}

#[actix_web::test]
async fn bk_6_9_a_killed_processor_knows_after_its_restart_what_it_did() {
    let (mut processor, _) = processor();
    let client = processor.client(IMPATIENT);
    processor.owner.fail(CHARGES, Fault::DropAfter, 1);
    assert!(attempt(&client, "a-1").await.is_err());
    processor.stop().await;
    assert_eq!(client.find_charge(&asked("a-1")).await, Err(CallFailed::NotSent));
    processor.start_again();
    charged(client.find_charge(&asked("a-1")).await.unwrap().unwrap());
    charged(attempt(&client, "a-1").await.unwrap());
    assert_eq!(processor.owner.charges().len(), 1);
}

#[actix_web::test]
async fn bk_6_9_an_attempt_is_found_among_many_and_no_other_is() {
    let (processor, client) = processor();
    for number in 0..105 {
        charged(charge(&client, "tok_visa", &format!("b-{number}")).await);
    }
    let first = charged(client.find_charge(&asked("b-0")).await.unwrap().unwrap());
    assert_eq!(first.intent, processor.owner.charges()[0].intent);
    assert_eq!(client.find_charge(&asked("b-105")).await, Ok(None));
    assert_eq!(client.find_charge(&asked("b-")).await, Ok(None));
    assert_eq!(processor.owner.requests("GET /v1/payment_intents").len(), 6, "two pages for each question");
    let later = Attempt { key: "b-0", since: Some(Timestamp::from_millis(START_MS + 3_600_000)) };
    assert_eq!(client.find_charge(&later).await, Ok(None), "older than what is asked for");
}

#[actix_web::test]
async fn bk_6_9_the_same_key_for_something_else_is_refused() {
    let (processor, client) = processor();
    charged(attempt(&client, "a-1").await.unwrap());
    let (token, merchant) = (token("tok_visa_1"), merchant());
    let other = Charge { amount: usd(1_000_000), ..prepayment(&token, &merchant, "a-1") };
    let failed = CallFailed::Refused { status: 400, code: "idempotency_error".to_owned() };
    assert_eq!(client.charge(&other).await, Err(failed));
    assert_eq!(processor.owner.charges().len(), 1);
}

#[actix_web::test]
async fn bk_6_9_refunds_are_given_once_whatever_is_lost() {
    for fault in [Fault::ErrorBefore, Fault::DropBefore, Fault::ErrorAfter, Fault::DropAfter] {
        let (processor, client) = processor();
        let taken = charged(attempt(&client, "a-1").await.unwrap());
        let wanted = Refund { intent: &taken.intent, amount: usd(100_000_000), attempt: "r-1" };
        processor.owner.fail("POST /v1/refunds", fault, 1);
        let failed = client.refund(&wanted).await.unwrap_err();
        assert!(matches!(failed, CallFailed::Unknown { money: true, .. }), "{failed:?}");
        let found = client.find_refund(&taken.intent, "r-1").await.unwrap();
        assert_eq!(found.is_some(), matches!(fault, Fault::ErrorAfter | Fault::DropAfter), "{fault:?}");
        if found.is_none() {
            assert!(matches!(client.refund(&wanted).await, Ok(RefundOutcome::Refunded { .. })));
        }
        let _again = client.refund(&wanted).await;
        let sum: i64 = processor.owner.refunds().iter().map(|refund| refund.amount).sum();
        assert_eq!(sum, 10_000, "{fault:?}");
    }
}

#[actix_web::test]
async fn bk_6_9_a_card_is_kept_once_whatever_is_lost() {
    for on in [MAKES, "POST /v1/customers", "POST /v1/setup_intents"] {
        for fault in [Fault::ErrorBefore, Fault::DropBefore, Fault::DropAfter] {
            let (processor, client) = processor();
            processor.owner.fail(on, fault, 1);
            let (token, merchant) = (token("tok_visa_1"), merchant());
            let wanted = Vault { token: &token, merchant: &merchant, attempt: "v-1", networks: None, return_url: None };
            let failed = client.vault(&wanted).await.unwrap_err();
            assert!(matches!(failed, CallFailed::Unknown { money: false, .. }), "{on} {fault:?}: {failed:?}");
            let kept = client.vault(&wanted).await.unwrap();
            assert!(matches!(kept, VaultOutcome::Kept { .. }), "{on} {fault:?}: {kept:?}");
            assert_eq!(processor.owner.kept_cards().len(), 1);
        }
    }
}
