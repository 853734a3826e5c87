//! Charges, holds, declines and challenges.

use roundtrip::domain::catalog::CardNetwork;
use roundtrip::processor::{CallFailed, Charge, DeclineKind, Outcome, Source};

use super::*;
use crate::harness::stripe::client;

#[actix_web::test]
async fn bk_6_4_a_token_is_charged_exactly_and_once() {
    let (processor, client) = processor();
    let taken = charged(charge(&client, r#"{"id":"tok_visa_1","object":"token"}"#, "a-1").await);
    assert_eq!((taken.network, taken.vaulted), (Some(CardNetwork::Visa), None));
    let charges = processor.owner.charges();
    assert_eq!(charges.len(), 1);
    assert_eq!((charges[0].amount, charges[0].currency.as_str()), (21_350, "usd"));
    assert_eq!((charges[0].attempt.as_str(), &charges[0].intent), ("a-1", &taken.intent));
    // The same attempt again: the same answer, and no second charge.
    assert_eq!(charged(charge(&client, "tok_visa_1", "a-1").await).intent, taken.intent);
    // Another attempt with the spent token: refused.
    let Outcome::Declined(decline) = charge(&client, "tok_visa_1", "a-2").await else { panic!("a spent token") };
    assert_eq!((decline.kind, decline.code.as_str()), (DeclineKind::TokenInvalid, "token_already_used"));
    assert_eq!(processor.owner.charges().len(), 1);
}

#[actix_web::test]
async fn bk_6_4_amounts_that_are_no_whole_number_are_not_sent() {
    let (processor, client) = processor();
    let (token, merchant) = (token("tok_visa"), merchant());
    let wanted = Charge { amount: usd(1), ..prepayment(&token, &merchant, "a-1") };
    assert!(matches!(client.charge(&wanted).await, Err(CallFailed::Amount(_))));
    assert!(processor.owner.requests("").is_empty());
}

#[actix_web::test]
async fn bk_6_9_declines_have_their_cause() {
    let (processor, client) = processor();
    for (text, kind, code) in [
        ("tok_chargeDeclined", DeclineKind::CardDeclined, "generic_decline"),
        ("tok_chargeDeclinedInsufficientFunds", DeclineKind::CardDeclined, "insufficient_funds"),
        ("tok_chargeDeclinedLostCard", DeclineKind::CardDeclined, "lost_card"),
        ("tok_chargeDeclinedStolenCard", DeclineKind::CardDeclined, "stolen_card"),
        ("tok_chargeDeclinedExpiredCard", DeclineKind::CardDeclined, "expired_card"),
        ("tok_cardNotSupported", DeclineKind::NetworkRejected(Some(CardNetwork::Visa)), "card_not_supported"),
        ("tok_ofNobody", DeclineKind::TokenInvalid, "resource_missing"),
    ] {
        let Outcome::Declined(decline) = charge(&client, text, &format!("a-{text}")).await else {
            panic!("{text} is not declined");
        };
        assert_eq!((decline.kind, decline.code.as_str()), (kind, code), "{text}");
    }
    assert!(processor.owner.charges().is_empty());
}

#[actix_web::test]
async fn bk_6_9_after_a_decline_a_new_attempt_is_a_new_request() {
    let (processor, client) = processor();
    let declined = charge(&client, "tok_chargeDeclined", "a-1").await;
    assert!(matches!(declined, Outcome::Declined(_)));
    // The same attempt stays declined, as an answer from memory.
    assert_eq!(charge(&client, "tok_chargeDeclined", "a-1").await, declined);
    charged(charge(&client, "tok_visa", "a-2").await);
    assert_eq!(processor.owner.charges().len(), 1);
}

#[actix_web::test]
async fn bk_6_9_networks_that_the_merchant_does_not_take_are_rejected_uncharged() {
    let (processor, client) = processor();
    let merchant = merchant();
    for (text, network) in
        [("tok_amex", Some(CardNetwork::AmericanExpress)), ("tok_jcb", Some(CardNetwork::Jcb)), ("tok_diners", None)]
    {
        let (token, networks) = (token(text), [CardNetwork::Visa, CardNetwork::Mastercard]);
        let wanted = Charge { networks: Some(&networks), ..prepayment(&token, &merchant, text) };
        let Ok(Outcome::Declined(decline)) = client.charge(&wanted).await else { panic!("{text} is taken") };
        assert_eq!(decline.kind, DeclineKind::NetworkRejected(network));
    }
    assert!(processor.owner.requests("POST /v1/payment_intents").is_empty());
    let (token, networks) = (token("tok_mastercard"), [CardNetwork::Visa, CardNetwork::Mastercard]);
    let wanted = Charge { networks: Some(&networks), ..prepayment(&token, &merchant, "a-1") };
    assert_eq!(charged(client.charge(&wanted).await.unwrap()).network, Some(CardNetwork::Mastercard));
}

#[actix_web::test]
async fn bk_6_8_a_challenge_has_an_address_and_ends_in_a_charge_or_a_decline() {
    let (processor, client) = processor();
    for (passed, attempt) in [(true, "a-1"), (false, "a-2")] {
        let Outcome::Challenge(challenge) = charge(&client, "tok_threeDSecure2Required", attempt).await else {
            panic!("no challenge");
        };
        assert_eq!(challenge.acs_url.as_str(), format!("{}/challenge/{}", processor.owner.origin(), challenge.intent));
        // Before the payer answers nothing changes, however often it is asked.
        assert_eq!(
            client.confirm_after_challenge(&challenge.intent).await.unwrap(),
            Outcome::Challenge(challenge.clone())
        );
        assert!(processor.owner.charges().len() < 2);
        processor.owner.challenge(&challenge.intent, passed).unwrap();
        match client.confirm_after_challenge(&challenge.intent).await.unwrap() {
            Outcome::Charged(taken) => assert!(passed && taken.intent == challenge.intent),
            Outcome::Declined(decline) => {
                assert!(!passed);
                assert_eq!(decline.code, "payment_intent_authentication_failure");
                assert_eq!(decline.intent.as_ref(), Some(&challenge.intent));
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(processor.owner.charges().len(), 1);
}

#[actix_web::test]
async fn bk_6_6_a_hold_is_captured_once_or_given_up() {
    let (processor, client) = processor();
    let (token, merchant) = (token("tok_visa"), merchant());
    let held = client.authorize(&prepayment(&token, &merchant, "a-1")).await.unwrap();
    let Outcome::Held(held) = held else { panic!("{held:?}") };
    assert!(processor.owner.charges().is_empty());
    let part = Some(usd(13_500_000));
    charged(client.capture(&held.intent, part, "a-1").await.unwrap());
    assert_eq!(processor.owner.charges()[0].amount, 1_350);
    // Captured again under another key, or given up: it stays as it is.
    charged(client.capture(&held.intent, None, "a-1b").await.unwrap());
    charged(client.void(&held.intent, "a-1c").await.unwrap());
    let held = client.authorize(&prepayment(&token, &merchant, "a-2")).await.unwrap();
    let Outcome::Held(held) = held else { panic!("{held:?}") };
    let voided = Outcome::Voided { intent: held.intent.clone() };
    assert_eq!(client.void(&held.intent, "a-2").await, Ok(voided.clone()));
    assert_eq!(client.void(&held.intent, "a-2b").await, Ok(voided.clone()));
    assert_eq!(client.capture(&held.intent, None, "a-2c").await, Ok(voided));
    assert_eq!(processor.owner.charges().len(), 1);
}

#[actix_web::test]
async fn a_wrong_key_is_nobodys_decline_and_is_not_shown() {
    let (processor, _) = processor();
    let wrong = client(processor.endpoint(), "sk_test_wrong", PATIENT);
    let (token, merchant) = (token("tok_visa"), merchant());
    let failed = wrong.charge(&prepayment(&token, &merchant, "a-1")).await.unwrap_err();
    assert_eq!(failed, CallFailed::Refused { status: 401, code: "invalid_request_error".to_owned() });
    let shown = format!("{wrong:?} {failed:?} {failed}");
    assert!(!shown.contains("sk_test") && !shown.contains("tok_visa"), "{shown}");
}

#[actix_web::test]
async fn bk_6_5_a_kept_card_is_charged_without_the_payer() {
    let (processor, client) = processor();
    let (token, merchant) = (token("tok_visa_1"), merchant());
    let deposit = Charge { keep_card: true, ..prepayment(&token, &merchant, "a-1") };
    let first = charged(client.charge(&deposit).await.unwrap());
    let kept = first.vaulted.unwrap();
    assert_eq!(processor.owner.kept_cards(), [(kept.customer.clone(), kept.payment_method.clone())]);
    let fee = Charge {
        amount: usd(25_000_000),
        source: Source::Vaulted(&kept),
        off_session: true,
        ..prepayment(&token, &merchant, "fee-1")
    };
    for _ in 0..2 {
        charged(client.charge(&fee).await.unwrap());
    }
    let amounts: Vec<i64> = processor.owner.charges().iter().map(|charge| charge.amount).collect();
    assert_eq!(amounts, [21_350, 2_500]);
}
