//! The connector to the card processor over real sockets (google-booking-server sections 6.2 to 6.9).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot be set up fails")]

mod after;
mod charge;
mod events;
mod faults;
mod payouts;
mod peer;
mod stand_in;
mod vault;

use std::time::Duration;

use roundtrip::domain::catalog::MerchantId;
use roundtrip::domain::{Currency, Money, Timestamp};
use roundtrip::ports::ManualClock;
use roundtrip::processor::{Attempt, Charge, Outcome, Refund, Source, Stripe, Taken, Token};

use crate::harness::START_MS;
use crate::harness::stripe::Processor;

/// Longer than anything takes.
const PATIENT: Duration = Duration::from_secs(20);
/// For what is never answered.
const IMPATIENT: Duration = Duration::from_millis(400);

fn processor() -> (Processor, Stripe) {
    let processor = Processor::start(&clock());
    let client = processor.client(PATIENT);
    (processor, client)
}

/// The payer's side, and whoever looks at a page.
fn browser() -> reqwest::Client {
    let _installed_before = rustls::crypto::aws_lc_rs::default_provider().install_default();
    reqwest::Client::builder().no_proxy().build().unwrap()
}

fn clock() -> ManualClock {
    ManualClock::at(Timestamp::from_millis(START_MS))
}

fn usd(micros: i64) -> Money {
    Money::new(micros, Currency::parse("USD").unwrap())
}

fn token(text: &str) -> Token {
    Token::parse(text).unwrap()
}

fn merchant() -> MerchantId {
    MerchantId::parse("spa-1").unwrap()
}

/// A prepayment of 213.50 USD.
fn prepayment<'a>(token: &'a Token, merchant: &'a MerchantId, attempt: &'a str) -> Charge<'a> {
    Charge {
        amount: usd(213_500_000),
        source: Source::Token(token),
        merchant,
        attempt,
        description: Some("Full massage"),
        statement: Some("Spa One"),
        off_session: false,
        keep_card: false,
        networks: None,
        return_url: None,
    }
}

/// Charges 213.50 USD with this token.
async fn charge(client: &Stripe, text: &str, attempt: &str) -> Outcome {
    client.charge(&prepayment(&token(text), &merchant(), attempt)).await.unwrap()
}

/// A processor to which everything has happened: charges, declines, a challenge, disputes, refunds and payouts.
pub(crate) async fn busy() -> Processor {
    let (processor, client) = processor();
    for (number, text) in
        ["tok_visa", "tok_chargeDeclined", "tok_pendingRefund", "tok_visa", "tok_threeDSecure"].iter().enumerate()
    {
        let outcome = charge(&client, text, &format!("a-{number}")).await;
        if let (Outcome::Charged(taken), true) = (&outcome, *text == "tok_pendingRefund") {
            let wanted = Refund { intent: &taken.intent, amount: usd(13_500_000), attempt: "r-1" };
            client.refund(&wanted).await.unwrap();
        }
    }
    let charges = processor.owner.charges();
    processor.owner.open_dispute(&charges[0].intent).unwrap();
    processor.owner.pay_out().unwrap();
    charged(charge(&client, "tok_mastercard", "a-9").await);
    processor
}

fn charged(outcome: Outcome) -> Taken {
    match outcome {
        Outcome::Charged(taken) => taken,
        other => panic!("not charged: {other:?}"),
    }
}

fn asked(key: &str) -> Attempt<'_> {
    Attempt { key, since: Some(Timestamp::from_millis(START_MS)) }
}
