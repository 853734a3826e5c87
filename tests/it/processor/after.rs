//! Refunds and what becomes of them.

use roundtrip::processor::RefundOutcome;

use super::*;

#[actix_web::test]
async fn bk_6_9_refunds_never_exceed_the_charge() {
    let (processor, client) = processor();
    let taken = charged(charge(&client, "tok_visa", "a-1").await);
    let refund = |micros, attempt| {
        let (client, intent) = (client.clone(), taken.intent.clone());
        async move { client.refund(&Refund { intent: &intent, amount: usd(micros), attempt }).await.unwrap() }
    };
    let RefundOutcome::Refunded { id } = refund(200_000_000, "r-1").await else { panic!("not refunded") };
    assert_eq!(client.refund_status(&id).await, Ok(RefundOutcome::Refunded { id }));
    assert!(matches!(refund(13_510_000, "r-2").await, RefundOutcome::Failed { id: None, .. }));
    assert!(matches!(refund(13_500_000, "r-3").await, RefundOutcome::Refunded { .. }));
    let code = "charge_already_refunded".to_owned();
    assert_eq!(refund(10_000, "r-4").await, RefundOutcome::Failed { id: None, code });
    let sum: i64 = processor.owner.refunds().iter().map(|refund| refund.amount).sum();
    assert_eq!(sum, 21_350);
}

#[actix_web::test]
async fn a_refund_may_take_its_time_or_fail_later() {
    let (processor, client) = processor();
    for (text, last) in [("tok_pendingRefund", "succeeded"), ("tok_refundFail", "failed")] {
        let taken = charged(charge(&client, text, text).await);
        let wanted = Refund { intent: &taken.intent, amount: usd(213_500_000), attempt: &format!("r-{text}") };
        let first = client.refund(&wanted).await.unwrap();
        let id = match &first {
            RefundOutcome::Pending { id } if last == "succeeded" => id.clone(),
            RefundOutcome::Refunded { id } if last == "failed" => id.clone(),
            other => panic!("{text}: {other:?}"),
        };
        processor.owner.finish_refund(&id).unwrap();
        let expected = match last {
            "succeeded" => RefundOutcome::Refunded { id: id.clone() },
            _ => RefundOutcome::Failed { id: Some(id.clone()), code: "lost_or_stolen_card".to_owned() },
        };
        assert_eq!(client.refund_status(&id).await, Ok(expected.clone()), "{text}");
        assert_eq!(client.find_refund(&taken.intent, wanted.attempt).await, Ok(Some(expected)), "{text}");
    }
}

#[actix_web::test]
async fn a_disputed_charge_cannot_be_refunded() {
    let (processor, client) = processor();
    let taken = charged(charge(&client, "tok_visa", "a-1").await);
    processor.owner.open_dispute(&taken.intent).unwrap();
    let wanted = Refund { intent: &taken.intent, amount: usd(213_500_000), attempt: "r-1" };
    let code = "charge_disputed".to_owned();
    assert_eq!(client.refund(&wanted).await, Ok(RefundOutcome::Failed { id: None, code }));
}
