//! Keys change while payments are under way (checklist KEY-2).

use roundtrip::crypto::Scheme;
use serde_json::json;

use crate::harness::{Bank, Peer, Setup, Word, World};

const ECHO: &str = "echo";

async fn echo(world: &World, peer: &Peer, id: &str) -> u16 {
    peer.call(&world.browser, &world.origin, ECHO, &peer.echo_request(id)).await.status()
}

#[tokio::test]
async fn key_2_both_sides_rotate_without_an_outage() {
    for scheme in [Scheme::Pgp, Scheme::Jose] {
        let mut world = Setup::of(scheme).start().await;
        let visit = world.at_bank("rq-0001").await;
        let old = world.peer().clone();
        // Google answers C2 under either key from here on; see `Setup::start`.
        // 1. Both sides add their next key: everything works with either.
        world.setup.accounts[0].own = vec!["ours", "ours-next"];
        world.setup.accounts[0].peers = vec!["google", "google-next"];
        world.restart().await;
        let trusts_both = world.peer_with(&["google", "google-next"], &["ours", "ours-next"]);
        let next = world.peer_with(&["google-next", "google"], &["ours-next", "ours"]);
        for (number, peer) in [&trusts_both, &next].into_iter().enumerate() {
            assert_eq!(echo(&world, peer, &format!("echo-{number}")).await, 200);
        }
        // Encrypted to our next key alone, signed with Google's old one.
        let to_next = world.peer_with(&["google"], &["ours-next"]);
        assert_eq!(echo(&world, &to_next, "echo-next").await, 200);
        // Our answers are readable for a Google that has both.
        let status = next
            .call(&world.browser, &world.origin, "getRedirectPaymentStatus", &next.status_request("st-1", "rq-0001"))
            .await;
        assert_eq!(status.ok()["result"], json!({"pending": {}}));

        // 2. Both sides remove their old key.
        world.setup.accounts[0].own = vec!["ours-next"];
        world.setup.accounts[0].peers = vec!["google-next"];
        world.restart().await;
        let only_next = world.peer_with(&["google-next"], &["ours-next"]);
        assert_eq!(echo(&world, &only_next, "echo-only-next").await, 200);
        for (desc, retired) in [
            ("both old", old),
            ("Google's old key", world.peer_with(&["google"], &["ours-next"])),
            ("our old key", world.peer_with(&["google-next"], &["ours"])),
        ] {
            let status = echo(&world, &retired, "echo-old").await;
            assert!(matches!(status, 400 | 401), "{desc}: {status}");
        }
        // The payment from before goes home under the new keys.
        let page = world.returns(&visit, &Word::APPROVED).await;
        assert_eq!(only_next.read_home(&page.location()).result(), &json!({"success": {}}));
    }
}

#[tokio::test]
async fn key_2_notifications_go_on_under_the_next_key() {
    let mut world = Setup::pgp().start().await;
    world.setup.accounts[0].own = vec!["ours-next", "ours"];
    let both = world.peer_with(&["google"], &["ours", "ours-next"]);
    world.google = crate::harness::Google::start(vec![both]);
    world.restart().await;
    let visit = world.at_bank("rq-0001").await;
    world.returns(&visit, &Word::APPROVED).await;
    world.google.accepted("rq-0001").await;
}

#[tokio::test]
async fn key_2_links_live_as_long_as_their_key() {
    let mut world = Setup::pgp().start().await;
    let (address, page) = world.choice("rq-0001").await;
    world.setup.url_keys = vec![("u2", 201), ("u1", 200)];
    world.restart().await;
    assert_eq!(world.get(&address).await.status, 200, "the old key still verifies");
    let again = world.begin("rq-0002", None).await.location();
    assert!(again.query().unwrap().contains("kid=u2"), "the new one signs: {again}");
    assert_eq!(world.get(&again).await.status, 200);
    // A replay still gets the URL that it got, as long as it works.
    world.setup.url_keys = vec![("u2", 201)];
    world.restart().await;
    assert_eq!(world.get(&address).await.status, 403);
    assert_eq!(world.browser.submit(page.form(&address, "/choose"), &[("issuer", "BANK_A")]).await.status, 403);
    assert_eq!(world.get(&again).await.status, 200);
    // The payer is not stranded: coming from Google again leads to a link that works.
    let resumed = world.begin("rq-0001", None).await.location();
    assert_eq!(world.get(&resumed).await.status, 200);
}

#[tokio::test]
async fn key_2_an_issuer_may_sign_with_any_key_that_it_shares() {
    let mut world = Setup::pgp().with(|setup| setup.issuers[0].further_keys = vec![("next", 77)]).start().await;
    let (by_return, by_event) = (world.at_bank("rq-0001").await, world.at_bank("rq-0002").await);
    (world.banks[0].kid, world.banks[0].secret) = ("next".to_owned(), crate::harness::keys::secret(77).0);
    assert_eq!(world.goes_home(&by_return, &Word::APPROVED).await.result(), &json!({"success": {}}));
    let event = Bank::event(&by_event, &Word::APPROVED);
    world.bank().check_acknowledged(&world.bank().send(&world.browser, &world.origin, "msg_1", &event).await);
    // One that it does not share is refused under the id of one that it does.
    let visit = world.at_bank("rq-0003").await;
    world.banks[0].secret = crate::harness::keys::secret(78).0;
    assert_eq!(world.returns(&visit, &Word::APPROVED).await.status, 403);
}
