//! Cards that are kept, and charged later.

use roundtrip::processor::{Charge, DeclineKind, Outcome, Source, Token, Vault, VaultOutcome, Vaulted};

use super::*;

fn keeping<'a>(token: &'a Token, merchant: &'a MerchantId, attempt: &'a str) -> Vault<'a> {
    Vault { token, merchant, attempt, networks: None, return_url: None }
}

async fn vault(client: &Stripe, text: &str, attempt: &str) -> VaultOutcome {
    client.vault(&keeping(&token(text), &merchant(), attempt)).await.unwrap()
}

/// The no-show fee, 25 USD.
async fn fee(client: &Stripe, kept: &Vaulted, attempt: &str) -> Outcome {
    let (token, merchant) = (token("tok_unused"), merchant());
    let wanted = Charge {
        amount: usd(25_000_000),
        source: Source::Vaulted(kept),
        off_session: true,
        ..prepayment(&token, &merchant, attempt)
    };
    client.charge(&wanted).await.unwrap()
}

#[actix_web::test]
async fn bk_6_5_a_token_becomes_a_card_that_is_charged_later() {
    let (processor, client) = processor();
    let first = vault(&client, "tok_visa_1", "v-1").await;
    let VaultOutcome::Kept { setup, vaulted, .. } = &first else { panic!("{first:?}") };
    assert!(setup.starts_with("seti_") && processor.owner.charges().is_empty());
    // Asked for again the same is answered; asked what became of it, the same is found.
    assert_eq!(vault(&client, "tok_visa_1", "v-1").await, first);
    assert_eq!(processor.owner.kept_cards().len(), 1);
    let found = client.find_vault(&asked("v-1")).await.unwrap().unwrap();
    assert!(matches!(&found, VaultOutcome::Kept { setup: id, vaulted: card, .. } if id == setup && card == vaulted));
    charged(fee(&client, vaulted, "fee-1").await);
    assert_eq!(processor.owner.charges()[0].amount, 2_500);
}

#[actix_web::test]
async fn bk_6_5_a_card_that_cannot_be_kept_is_declined() {
    let (processor, client) = processor();
    for (text, kind) in [
        ("tok_chargeDeclined", DeclineKind::CardDeclined),
        ("tok_ofNobody", DeclineKind::TokenInvalid),
        ("tok_amex", DeclineKind::NetworkRejected(Some(roundtrip::domain::catalog::CardNetwork::AmericanExpress))),
    ] {
        let (token, merchant) = (token(text), merchant());
        let networks = [roundtrip::domain::catalog::CardNetwork::Visa];
        let wanted = Vault { networks: Some(&networks), ..keeping(&token, &merchant, text) };
        let outcome = client.vault(&wanted).await.unwrap();
        assert!(matches!(&outcome, VaultOutcome::Declined(decline) if decline.kind == kind), "{text}: {outcome:?}");
    }
    assert!(processor.owner.kept_cards().is_empty());
}

#[actix_web::test]
async fn bk_6_8_a_card_may_be_kept_after_a_challenge() {
    let (processor, client) = processor();
    let VaultOutcome::Challenge(challenge) = vault(&client, "tok_threeDSecureRequired_1", "v-1").await else {
        panic!("no challenge")
    };
    processor.owner.challenge(&challenge.intent, true).unwrap();
    let standing = client.vault_standing(&challenge.intent).await.unwrap();
    let VaultOutcome::Kept { vaulted, .. } = standing else { panic!("{standing:?}") };
    charged(fee(&client, &vaulted, "fee-1").await);
    let VaultOutcome::Challenge(challenge) = vault(&client, "tok_threeDSecureRequired_2", "v-2").await else {
        panic!("no challenge")
    };
    processor.owner.challenge(&challenge.intent, false).unwrap();
    let standing = client.vault_standing(&challenge.intent).await.unwrap();
    assert!(matches!(standing, VaultOutcome::Declined(_)), "{standing:?}");
}

#[actix_web::test]
async fn bk_6_5_a_kept_card_may_be_declined_when_it_is_charged() {
    let (processor, client) = processor();
    let kept = vault(&client, "tok_chargeCustomerFail", "v-1").await;
    let VaultOutcome::Kept { vaulted, .. } = kept else { panic!("{kept:?}") };
    let outcome = fee(&client, &vaulted, "fee-1").await;
    assert!(matches!(&outcome, Outcome::Declined(decline) if decline.kind == DeclineKind::CardDeclined), "{outcome:?}");
    assert!(processor.owner.charges().is_empty());
}
