//! The keys: fetched once, kept for a day, fetched anew for an unknown name, and not lost with their server.

use std::sync::OnceLock;

use roundtrip::crypto::{BearerClaims, BearerIssuer, BearerProfile, BearerRefused, LegacyProfile};
use roundtrip::domain::Timestamp;
use roundtrip::protocol::outlook::{BearerFailed, KeySource};

use super::server::KeyServer;
use super::{AUDIENCE, NOW, claims};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

fn issuer(number: usize) -> &'static BearerIssuer {
    static ISSUERS: OnceLock<[BearerIssuer; 2]> = OnceLock::new();
    &ISSUERS.get_or_init(|| ["k1", "k2"].map(|kid| BearerIssuer::generate(kid).unwrap()))[number]
}

fn profile() -> BearerProfile {
    BearerProfile::Legacy(LegacyProfile::new(AUDIENCE))
}

async fn verify(source: &KeySource, number: usize, now: Timestamp) -> Result<BearerClaims, BearerFailed> {
    source.verify(&issuer(number).token(&claims()).unwrap(), &profile(), now).await
}

fn unknown() -> Result<BearerClaims, BearerFailed> {
    Err(BearerFailed::Refused(BearerRefused::UnknownKey))
}

#[tokio::test(flavor = "multi_thread")]
async fn s3_sixty_four_callers_share_one_fetch() {
    let server = KeyServer::start(&[issuer(0)]);
    let source = server.source();
    let calls = (0..64).map(|_| {
        let source = source.clone();
        tokio::spawn(async move { verify(&source, 0, NOW).await })
    });
    for judged in futures_util::future::join_all(calls).await {
        judged.unwrap().unwrap();
    }
    assert_eq!(server.fetches(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn s3_sixty_four_callers_with_an_unknown_key_cost_one_fetch_more() {
    let server = KeyServer::start(&[issuer(0)]);
    let source = server.source();
    verify(&source, 0, NOW).await.unwrap();
    let calls = (0..64).map(|_| {
        let source = source.clone();
        tokio::spawn(async move { verify(&source, 1, NOW.plus_millis(10)).await })
    });
    for judged in futures_util::future::join_all(calls).await {
        assert_eq!(judged.unwrap(), unknown());
    }
    assert_eq!(server.fetches(), 2);
}

#[tokio::test]
async fn s3_keys_are_kept_for_a_day() {
    let server = KeyServer::start(&[issuer(0)]);
    let source = server.source();
    for (after_ms, fetches) in [(0, 1), (HOUR, 1), (24 * HOUR - 1, 1), (24 * HOUR, 2), (25 * HOUR, 2)] {
        verify(&source, 0, NOW.plus_millis(after_ms)).await.unwrap();
        assert_eq!(server.fetches(), fetches, "after {after_ms} ms");
    }
}

#[tokio::test]
async fn s3_a_rotated_key_is_fetched_at_once_and_made_up_ones_every_five_minutes() {
    let server = KeyServer::start(&[issuer(0)]);
    let source = server.source();
    verify(&source, 0, NOW).await.unwrap();
    server.publish(&[issuer(1)]);
    verify(&source, 1, NOW.plus_millis(1)).await.unwrap();
    assert_eq!(server.fetches(), 2);
    // The old key is withdrawn; who signs with it cannot make us ask again and again.
    for (after_ms, fetches) in [(2, 2), (MINUTE, 2), (5 * MINUTE, 2), (5 * MINUTE + 1, 3), (9 * MINUTE, 3)] {
        assert_eq!(verify(&source, 0, NOW.plus_millis(after_ms)).await, unknown());
        assert_eq!(server.fetches(), fetches, "after {after_ms} ms");
    }
}

#[tokio::test]
async fn s3_a_key_server_that_is_down_is_survived_on_what_is_kept() {
    let server = KeyServer::start(&[issuer(0)]);
    let source = server.source();
    verify(&source, 0, NOW).await.unwrap();
    server.change(|script| script.down = true);
    let two_days = NOW.plus_millis(48 * HOUR);
    verify(&source, 0, two_days).await.unwrap();
    verify(&source, 0, two_days.plus_millis(9_999)).await.unwrap();
    assert_eq!(server.fetches(), 2, "it is left alone for a while");
    assert_eq!(verify(&source, 1, two_days).await, unknown());
    server.change(|script| script.down = false);
    verify(&source, 0, two_days.plus_millis(10_000)).await.unwrap();
    assert_eq!(server.fetches(), 3);
}

#[tokio::test]
async fn s3_not_for_ever() {
    let server = KeyServer::start(&[issuer(0)]);
    let source = server.source();
    verify(&source, 0, NOW).await.unwrap();
    server.change(|script| script.down = true);
    let failed = verify(&source, 0, NOW.plus_millis(5 * 24 * HOUR)).await.unwrap_err();
    assert!(matches!(failed, BearerFailed::Unavailable(_)), "{failed}");
}

#[tokio::test]
async fn s3_without_keys_nothing_is_judged_until_there_are_some() {
    let server = KeyServer::start(&[issuer(0)]);
    let source = server.source();
    server.change(|script| script.down = true);
    let failed = verify(&source, 0, NOW).await.unwrap_err();
    assert_eq!(failed.to_string(), "no keys for bearer tokens: HTTP 503");
    assert!(matches!(verify(&source, 0, NOW).await, Err(BearerFailed::Unavailable(_))));
    assert_eq!(server.fetches(), 1, "a failure is shared by who comes at the same time");
    server.change(|script| script.down = false);
    verify(&source, 0, NOW.plus_millis(1_000)).await.unwrap();
}

#[tokio::test]
async fn s3_answers_are_bounded_and_keys_are_not_fetched_from_anywhere() {
    for (change, why) in [
        (
            &(|script: &mut super::server::Script| script.padding = 600 * 1024) as &dyn Fn(&mut super::server::Script),
            "no keys for bearer tokens: the answer is longer than 512 KiB",
        ),
        (
            &|script| script.elsewhere = Some("http://keys.example/jwks"),
            "no keys for bearer tokens: jwks_uri is neither https nor loopback",
        ),
        (&|script| script.jwks.clear(), "no keys for bearer tokens: the key set holds no RSA key that signs"),
    ] {
        let server = KeyServer::start(&[issuer(0)]);
        server.change(|script| change(script));
        assert_eq!(verify(&server.source(), 0, NOW).await.unwrap_err().to_string(), why);
    }
}

#[tokio::test]
async fn s1_what_cannot_be_a_token_costs_no_call() {
    let server = KeyServer::start(&[issuer(0)]);
    let source = server.source();
    for bad in ["", "a.b.c", "eyJhbGciOiJub25lIiwia2lkIjoiazEifQ.e30."] {
        let judged = source.verify(bad, &profile(), NOW).await;
        assert!(matches!(judged, Err(BearerFailed::Refused(_))), "{bad}");
    }
    assert_eq!(server.fetches(), 0);
}
