//! Our calls to Google: addresses, echo, and whatever Google answers (API sections 1.4 and 6).

use std::time::Duration;

use roundtrip::crypto::{Carrier, Scheme};
use serde_json::json;

use crate::harness::account::PIAID;
use crate::harness::settings::AccountSetup;
use crate::harness::{MINUTE, SECOND, Script, Setup, World};

async fn survives(world: &World, id: &str, scripts: Vec<Script>) {
    let count = scripts.len();
    world.google.script(scripts);
    world.paid(id).await;
    for attempt in 1..=count + 1 {
        world
            .pass_until(5 * SECOND, "another attempt", async || {
                (world.google.notifications(id).len() >= attempt).then_some(())
            })
            .await;
        assert_eq!(world.ask(id).await, json!({"success": {}}), "no answer of Google changes the outcome");
    }
    world.google.accepted(id).await;
    let ids: std::collections::HashSet<String> = world
        .google
        .notifications(id)
        .iter()
        .map(|one| one.clear["requestHeader"]["requestId"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(ids.len(), 1);
}

#[tokio::test]
async fn err_3_empty_plain_and_sealed_errors_are_survived() {
    for scheme in [Scheme::Pgp, Scheme::Jose] {
        let world = Setup::of(scheme).start().await;
        let scripts = vec![
            Script::Empty(404),
            Script::Plain(400),
            Script::Sealed(404, "invalidIdentifier"),
            Script::Sealed(400, "preconditionViolation"),
            Script::Sealed(423, "userActionInProgress"),
            Script::Sealed(400, "somethingNew"),
            Script::Plain(500),
        ];
        survives(&world, "rq-0001", scripts).await;
    }
}

#[tokio::test]
async fn err_3_an_acceptance_that_google_did_not_sign_for_this_account_is_none() {
    let second = AccountSetup {
        own: vec!["ours-second"],
        peers: vec!["google-second"],
        ..AccountSetup::new("Second_INR", Scheme::Pgp)
    };
    let world = Setup::pgp().with(|setup| setup.accounts.push(second)).start().await;
    // Keys that we trust, but for the other account.
    let other_account = world.peers[1].clone();
    let scripts = vec![
        Script::Unsealed,
        Script::Foreign(Box::new(world.stranger())),
        Script::Foreign(Box::new(other_account)),
        Script::Drop,
    ];
    survives(&world, "rq-0001", scripts).await;
}

#[tokio::test]
async fn ops_2_echo_works_in_both_directions() {
    for scheme in [Scheme::Pgp, Scheme::Jose] {
        let world = Setup::of(scheme).start().await;
        for path in ["/v1/echo", "/redirect-fop-v1/echo"] {
            let mut request = world.peer().echo_request("echo-1");
            request["clientMessage"] = json!("hello \"wörld\" \u{1f600}\n");
            let sealed = world.peer().seal(&request, Carrier::Body);
            let called = world.peer().call_sealed(&world.browser, &format!("{}{path}", world.origin), sealed).await;
            assert_eq!(called.ok()["clientMessage"], request["clientMessage"]);
            assert!(called.ok().get("result").is_none());
        }
        let answer = world.echo_to_google().await.unwrap();
        assert!(answer.same_message);
        assert_eq!(answer.responded_at, world.peer().now());
    }
}

#[tokio::test]
async fn url_1_googles_addresses_end_with_the_account() {
    let world = Setup::pgp().start().await;
    world.paid("rq-0001").await;
    let c2 = world.google.accepted("rq-0001").await;
    assert_eq!(c2.path, format!("/gsp/redirect-fop-v1/redirectPaymentCompleteNotification/{PIAID}"));
    // Google's server answers echo under this path alone; see `google.rs` of the harness.
    world.echo_to_google().await.unwrap();
}

/// A caller may wait long for us, but not for ever: whatever Google does, the next payment goes on.
#[tokio::test]
async fn a_call_that_google_never_answers_holds_up_nobody_else() {
    let world = Setup::pgp().start().await;
    let (_never, held) = std::sync::mpsc::channel();
    world.google.script([Script::Hold(held)]);
    world.paid("rq-stuck").await;
    world.google.attempts("rq-stuck", 1).await;
    world.paid("rq-next").await;
    tokio::time::timeout(Duration::from_secs(20), world.google.accepted("rq-next"))
        .await
        .expect("C2 of the next payment");
    world.pass(10 * MINUTE);
    assert_eq!(world.ask("rq-stuck").await, json!({"success": {}}));
}
