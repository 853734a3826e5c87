//! Callers whose signature does not verify learn nothing (flows-security section 8.2).

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use roundtrip::crypto::{Carrier, Scheme};
use serde_json::Value;

use crate::harness::account::{begin_url, method_path};
use crate::harness::{Page, Peer, Setup, World};

/// Bodies that do not verify, each for another reason.
fn strangers_bodies(world: &World) -> Vec<(&'static str, Vec<u8>)> {
    let request = |peer: &Peer| -> Value { peer.generate_request("rq-0001", None) };
    let stranger = world.stranger();
    let unknown_account = stranger.under("Nobody_INR");
    // Signed by Google, but encrypted to a key that is not ours.
    let misdirected = world.peer_with(&["google"], &["somebody-else"]);
    let sealed = |peer: &Peer| peer.seal(&request(peer), Carrier::Body).into_bytes();
    let mut damaged = sealed(world.peer());
    let middle = damaged.len() / 2;
    damaged[middle] = if damaged[middle] == b'A' { b'B' } else { b'A' };
    vec![
        ("signed by a stranger", sealed(&stranger)),
        ("signed by a stranger, for an account that does not exist", sealed(&unknown_account)),
        ("encrypted to somebody else", sealed(&misdirected)),
        ("damaged", damaged),
        ("not a message", b"ZXhhbXBsZQ".to_vec()),
        ("not base64url", b"{\"requestHeader\":{}}".to_vec()),
        ("empty", Vec::new()),
    ]
}

#[tokio::test]
async fn err_2_strangers_all_read_the_same() {
    for scheme in [Scheme::Pgp, Scheme::Jose] {
        let world = Setup::of(scheme).start().await;
        let before = world.rows().await;
        let mut answers = std::collections::HashSet::new();
        for method in ["echo", "generateRedirectPaymentUrl", "getRedirectPaymentStatus"] {
            for (desc, body) in strangers_bodies(&world) {
                let called = world
                    .peer()
                    .call_sealed(&world.browser, &format!("{}{}", world.origin, method_path(method)), body)
                    .await;
                assert!(matches!(called.status(), 400 | 401), "{desc}: {}", called.status());
                assert!(called.clear.is_none(), "{desc}: nothing is sealed for a stranger");
                let mut headers: Vec<String> = called
                    .page
                    .headers
                    .iter()
                    .filter(|(name, _)| *name != "date")
                    .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
                    .collect();
                headers.sort();
                answers.insert((called.page.text(), headers));
            }
        }
        assert_eq!(answers.len(), 1, "{answers:?}");
        let (text, _) = answers.into_iter().next().unwrap();
        assert_eq!(text, "There was an error. Please try again later.");
        assert_eq!(world.rows().await, before, "nothing may be stored");
    }
}

/// How far the medians of two kinds may lie apart. Scheduling alone takes some of it on a busy machine.
const BOUND: Duration = Duration::from_millis(60);

#[tokio::test]
async fn err_2_strangers_all_wait_the_same() {
    let world = Setup::pgp().start().await;
    let url = format!("{}{}", world.origin, method_path("generateRedirectPaymentUrl"));
    let kinds = strangers_bodies(&world);
    let names: Vec<&str> = kinds.iter().map(|(desc, _)| *desc).collect();
    equal_waits(&names, async |kind| world.browser.post(&url, &[], kinds[kind].1.clone()).await).await;
}

#[tokio::test]
async fn err_2_payers_of_strangers_all_wait_the_same() {
    let world = Setup::pgp().start().await;
    let stranger = world.stranger();
    let sealed = |peer: &Peer| peer.seal(&peer.redirect_request("rq-0001", None), Carrier::UrlParameter);
    let evil = "https://evil.example/?redirectRequestId=rq-0001";
    let urls = [
        ("signed by a stranger", begin_url(&world.origin, evil, &sealed(&stranger))),
        ("for an account that does not exist", begin_url(&world.origin, evil, &sealed(&stranger.under("Nobody_INR")))),
        (
            "encrypted to somebody else",
            begin_url(&world.origin, evil, &sealed(&world.peer_with(&["google"], &["somebody-else"]))),
        ),
        ("not a message", begin_url(&world.origin, evil, "ZXhhbXBsZQ")),
        ("empty", begin_url(&world.origin, evil, "")),
    ];
    let names: Vec<&str> = urls.iter().map(|(desc, _)| *desc).collect();
    equal_waits(&names, async |kind| world.get(&urls[kind].1).await).await;
}

/// The medians over several rounds lie close together, and far above what any of the checks takes: it is the clock that
/// answers, not the reason.
async fn equal_waits(names: &[&str], send: impl AsyncFn(usize) -> Page) {
    let mut times = vec![Vec::new(); names.len()];
    for _ in 0..7 {
        let round = join_all((0..names.len()).map(async |kind| {
            let sent = Instant::now();
            let page = send(kind).await;
            assert!(matches!(page.status, 400 | 401), "{}", page.status);
            sent.elapsed()
        }))
        .await;
        for (kind, time) in times.iter_mut().zip(round) {
            kind.push(time);
        }
    }
    let medians: Vec<Duration> = times
        .iter_mut()
        .map(|kind| {
            kind.sort();
            kind[kind.len() / 2]
        })
        .collect();
    let (least, most) = (medians.iter().min().unwrap(), medians.iter().max().unwrap());
    let told: Vec<_> = names.iter().zip(&medians).collect();
    assert!(most.saturating_sub(*least) < BOUND, "{told:?}");
    assert!(*least > Duration::from_millis(100), "{told:?}");
}

#[tokio::test]
async fn err_2_a_known_signer_is_told_more() {
    let world = Setup::pgp().start().await;
    let request = world.peer().under("Nobody_INR").generate_request("rq-0001", None);
    let called = world.call("generateRedirectPaymentUrl", &request).await;
    assert_eq!((called.status(), called.error().as_str()), (404, "invalidIdentifier"));
}
