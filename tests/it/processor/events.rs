//! The processor's own events: signed by the stand-in, verified and read by us.

use std::sync::{Arc, Mutex};

use roundtrip::crypto::StripeEventKey;
use roundtrip::processor::{Happened, ProcessorEvent, Refund, RefundOutcome, UnverifiedEvent, open_event};
use roundtrip::sandbox::stripe::EventsTo;

use super::*;
use crate::harness::listener::{Answer, Listener, Received};
use crate::harness::until;

/// An endpoint that refuses the first event once, and keeps the rest.
fn endpoint() -> (Listener, Arc<Mutex<Vec<Received>>>) {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let theirs = heard.clone();
    let listener = Listener::start(Arc::new(move |received| {
        let mut heard = theirs.lock().unwrap();
        heard.push(received);
        let status = if heard.len() == 1 { 503 } else { 204 };
        Some(Answer { status, headers: Vec::new(), body: Vec::new() })
    }));
    (listener, heard)
}

#[actix_web::test]
async fn disputes_refunds_and_payouts_are_told_signed_until_they_are_taken() {
    let (listener, heard) = endpoint();
    let url = url::Url::parse(&format!("http://{}/processor/stripe/events", listener.address)).unwrap();
    let key = StripeEventKey::new("whsec_harness").unwrap();
    let processor = Processor::telling(&clock(), Some(EventsTo { url, key: key.clone() }));
    let client = processor.client(PATIENT);
    let disputed = charged(charge(&client, "tok_visa", "a-1").await).intent;
    let refunded = charged(charge(&client, "tok_visa", "a-2").await).intent;
    let wanted = Refund { intent: &refunded, amount: usd(13_500_000), attempt: "r-1" };
    let Ok(RefundOutcome::Refunded { id: refund }) = client.refund(&wanted).await else { panic!("not refunded") };
    processor.owner.open_dispute(&disputed).unwrap();
    processor.owner.close_dispute(&disputed, true).unwrap();
    processor.owner.fail_refund(&refund).unwrap();
    processor.owner.pay_out().unwrap();
    let payout = processor.owner.payouts().remove(0);
    processor.owner.fail_payout(&payout).unwrap();
    until("all events are taken", async || (processor.owner.undelivered() == 0).then_some(())).await;

    let read = |received: &Received| -> ProcessorEvent {
        let signature = received.header("stripe-signature");
        open_event(&key, &UnverifiedEvent { signature, body: &received.body }, Timestamp::from_millis(START_MS))
            .unwrap()
    };
    let mut events: Vec<ProcessorEvent> = heard.lock().unwrap().iter().map(read).collect();
    events.sort_by(|a, b| a.id.cmp(&b.id));
    let all = events.len();
    events.dedup();
    assert_eq!((all, events.len()), (8, 7), "one was refused, and came again as it was");
    let amount = usd(213_500_000);
    let balance = usd(427_000_000);
    let arrival = Timestamp::from_millis(START_MS + 2 * crate::harness::DAY);
    let intent = Some(disputed.clone());
    let dispute = events.iter().find_map(|event| match &event.what {
        Happened::DisputeOpened { dispute, .. } => Some(dispute.clone()),
        _ => None,
    });
    let dispute = dispute.unwrap();
    for expected in [
        Happened::DisputeOpened { dispute: dispute.clone(), intent: intent.clone(), amount },
        Happened::DisputeFundsWithdrawn { dispute: dispute.clone(), intent: intent.clone(), amount },
        Happened::DisputeClosed { dispute: dispute.clone(), intent: intent.clone(), amount, won: true },
        Happened::DisputeFundsReinstated { dispute, intent, amount },
        Happened::RefundFailed { refund, intent: Some(refunded), amount: usd(13_500_000) },
        Happened::PayoutPaid { payout: payout.clone(), amount: balance, arrival },
        Happened::PayoutFailed { payout, amount: balance, arrival },
    ] {
        assert!(events.iter().any(|event| event.what == expected), "{expected:?} is missing in {events:?}");
    }
}
