//! A processor that is not ours: localstripe, as a process of its own. `tests/run` installs it where PyPI can be reached and
//! names it in `ROUNDTRIP_LOCALSTRIPE`; without it there is nothing to run against.
//!
//! It makes no payment methods of tokens, so the payer's side makes them and the tokens are `pm_…`; it knows neither
//! `Idempotency-Key` nor addresses of challenges: those are proved against the stand-in.

use std::process::{Child, Command, Stdio};

use roundtrip::processor::{DeclineKind, Refund, RefundOutcome, Vault, VaultOutcome};
use serde_json::Value;
use tempfile::TempDir;
use url::Url;

use super::*;
use crate::harness::ports::free_port;
use crate::harness::stripe::client;
use crate::harness::until;

/// The process; it ends with the test.
struct Localstripe {
    process: Child,
    endpoint: Url,
    _dir: TempDir,
}

impl Drop for Localstripe {
    fn drop(&mut self) {
        let _gone = self.process.kill();
        let _reaped = self.process.wait();
    }
}

impl Localstripe {
    /// `None` where it is not installed.
    async fn start() -> Option<Self> {
        let program = std::env::var_os("ROUNDTRIP_LOCALSTRIPE")?;
        let (dir, port) = (tempfile::tempdir().unwrap(), free_port());
        let process = Command::new(program)
            .args(["--from-scratch", "--port", &port.to_string()])
            .current_dir(dir.path())
            .env("HOME", dir.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let endpoint = Url::parse(&format!("http://127.0.0.1:{port}")).unwrap();
        let peer = Self { process, endpoint, _dir: dir };
        let http = browser();
        until("localstripe answers", async || http.get(peer.endpoint.clone()).send().await.ok()).await;
        Some(peer)
    }

    /// What the payer's side makes of a card.
    async fn card(&self, number: &str) -> Token {
        let form = [
            ("type", "card"),
            ("card[number]", number),
            ("card[exp_month]", "12"),
            ("card[exp_year]", "2040"),
            ("card[cvc]", "123"),
        ];
        let http = browser();
        let url = self.endpoint.join("/v1/payment_methods").unwrap();
        let made = http.post(url).bearer_auth("sk_test_peer").form(&form).send().await.unwrap();
        let made: Value = made.json().await.unwrap();
        token(made["id"].as_str().unwrap())
    }
}

/// What this processor takes: it refuses descriptions and statements.
fn plain<'a>(token: &'a Token, merchant: &'a MerchantId, attempt: &'a str) -> Charge<'a> {
    Charge { description: None, statement: None, ..prepayment(token, merchant, attempt) }
}

#[actix_web::test]
async fn bk_6_2_another_processor_charges_holds_keeps_and_refunds_alike() {
    let Some(peer) = Localstripe::start().await else {
        println!("ROUNDTRIP_LOCALSTRIPE names no program: not run");
        return;
    };
    let client = client(peer.endpoint.clone(), "sk_test_peer", PATIENT);
    let merchant = merchant();
    let everything = |key| Attempt { key, since: None };

    // Charged, found, and given back in part.
    let good = peer.card("4242424242424242").await;
    let taken = charged(client.charge(&plain(&good, &merchant, "a-1")).await.unwrap());
    let found = client.find_charge(&everything("a-1")).await.unwrap().unwrap();
    assert_eq!(charged(found).intent, taken.intent);
    assert_eq!(client.find_charge(&everything("a-2")).await, Ok(None));
    let wanted = Refund { intent: &taken.intent, amount: usd(13_500_000), attempt: "r-1" };
    let RefundOutcome::Refunded { id } = client.refund(&wanted).await.unwrap() else { panic!("not refunded") };
    assert_eq!(client.refund_status(&id).await, Ok(RefundOutcome::Refunded { id: id.clone() }));
    assert_eq!(client.find_refund(&taken.intent, "r-1").await, Ok(Some(RefundOutcome::Refunded { id })));

    // Declined.
    let bad = peer.card("4000000000000341").await;
    let Outcome::Declined(decline) = client.charge(&plain(&bad, &merchant, "a-3")).await.unwrap() else {
        panic!("not declined")
    };
    assert_eq!((decline.kind, decline.code.as_str()), (DeclineKind::CardDeclined, "card_declined"));
    let found = client.find_charge(&everything("a-3")).await.unwrap();
    assert!(matches!(found, Some(Outcome::Declined(_))), "{found:?}");

    // Held, and captured or given up.
    let Outcome::Held(held) = client.authorize(&plain(&good, &merchant, "a-4")).await.unwrap() else {
        panic!("not held")
    };
    charged(client.capture(&held.intent, None, "a-4").await.unwrap());
    let Outcome::Held(held) = client.authorize(&plain(&good, &merchant, "a-5")).await.unwrap() else {
        panic!("not held")
    };
    assert_eq!(client.void(&held.intent, "a-5").await, Ok(Outcome::Voided { intent: held.intent }));

    // Kept, and charged later.
    let card = peer.card("4242424242424242").await;
    let vault = Vault { token: &card, merchant: &merchant, attempt: "v-1", networks: None, return_url: None };
    let VaultOutcome::Kept { vaulted, .. } = client.vault(&vault).await.unwrap() else { panic!("not kept") };
    let found = client.find_vault(&everything("v-1")).await.unwrap();
    assert!(matches!(found, Some(VaultOutcome::Kept { .. })), "{found:?}");
    let fee = Charge {
        source: Source::Vaulted(&vaulted),
        off_session: true,
        amount: usd(25_000_000),
        ..plain(&card, &merchant, "fee-1")
    };
    charged(client.charge(&fee).await.unwrap());
    let bad = peer.card("4000000000000002").await;
    let vault = Vault { token: &bad, attempt: "v-2", ..vault };
    assert!(matches!(client.vault(&vault).await, Ok(VaultOutcome::Declined(_))));

    // A payer who would have to prove who they are, without an address to do it at.
    let challenged = peer.card("4000002500003155").await;
    let Outcome::Declined(decline) = client.charge(&plain(&challenged, &merchant, "a-6")).await.unwrap() else {
        panic!("not declined")
    };
    assert_eq!(decline.code, "challenge_without_address");
}
