//! Several nodes on one PostgreSQL: any of them may answer anything (architecture section 5).

use std::sync::mpsc;

use futures_util::future::join_all;
use serde_json::json;

use crate::harness::{Bank, Called, DAY, Google, MINUTE, Outside, SECOND, Script, Setup, Word, World};

/// What a load balancer does: the same path at another node.
fn at(world: &World, node: usize, url: impl AsRef<str>) -> String {
    url.as_ref().replacen(&world.origin, &world.nodes[node].public, 1)
}

async fn ask_at(world: &World, node: usize, id: &str, of: &str) -> serde_json::Value {
    let peer = world.peer();
    let request = peer.status_request(id, of);
    peer.call(&world.browser, &world.nodes[node].public, "getRedirectPaymentStatus", &request).await.ok()["result"]
        .clone()
}

#[tokio::test]
async fn one_payment_goes_through_both_nodes() {
    let world = Setup::pgp().nodes(2).start().await;
    for round in 0..6 {
        let (one, two) = (round % 2, 1 - round % 2);
        let id = format!("rq-{round}");
        let begin = world.peer().begin_url(&world.origin, &world.peer().redirect_request(&id, None));
        let address = world.get(at(&world, one, &begin)).await.location();
        let page = world.get(at(&world, two, &address)).await;
        assert_eq!(page.choices(), ["BANK_A", "BANK_B"]);
        // Both nodes hold the payment in memory now; each change is made by one and seen by the other.
        assert_eq!(ask_at(&world, one, &format!("st-a{round}"), &id).await, json!({"pending": {}}));
        let sent = world.browser.submit(at(&world, one, page.form(&address, "/choose")), &[("issuer", "BANK_A")]).await;
        let visit = world.bank().arrive(&sent.location());
        let known = world.get(at(&world, two, &begin)).await;
        assert_eq!(world.bank().arrive(&known.location()).transaction_id, visit.transaction_id);
        let word = if round < 3 { Word::APPROVED } else { Word::DECLINED.reason("risk") };
        let result = if round < 3 { json!({"success": {}}) } else { json!({"riskDeclined": {}}) };
        let home = world.get(at(&world, two, world.bank().return_url(&visit, &word))).await;
        assert_eq!(world.peer().read_home(&home.location()).result(), &result, "C1");
        assert_eq!(
            ask_at(&world, one, &format!("st-b{round}"), &id).await,
            result,
            "C3 of the other node right after C1"
        );
        assert_eq!(ask_at(&world, two, &format!("st-c{round}"), &id).await, result);
        let again = world.get(at(&world, one, world.bank().return_url(&visit, &word))).await;
        assert_eq!(world.peer().read_home(&again.location()).result(), &result);
        assert_eq!(world.google.accepted(&id).await.clear["result"], result, "C2");
        assert_eq!(world.google.notifications(&id).len(), 1);
    }
}

#[tokio::test]
async fn the_other_nodes_answer_never_contradicts_the_callback() {
    let world = Setup::jose().nodes(2).start().await;
    for round in 0..10 {
        let id = format!("rq-{round}");
        let visit = world.at_bank(&id).await;
        // Asked all the while.
        let asked = join_all((0..8).map(|number| {
            let (world, id) = (&world, id.clone());
            async move { ask_at(world, number % 2, &format!("st-{round}-{number}"), &id).await }
        }));
        let decided = async {
            let home = world.get(at(&world, round % 2, world.bank().return_url(&visit, &Word::APPROVED))).await;
            let home = world.peer().read_home(&home.location());
            // From here on nobody may say anything else.
            (home, ask_at(&world, 1 - round % 2, &format!("st-{round}-after"), &id).await)
        };
        let (before, (home, after)) = futures_util::future::join(asked, decided).await;
        assert_eq!(home.result(), &json!({"success": {}}));
        assert_eq!(after, json!({"success": {}}));
        for said in before {
            assert!(said == json!({"pending": {}}) || said == json!({"success": {}}), "{said}");
        }
    }
}

#[tokio::test]
async fn idm_5_fifty_parallel_identical_requests_over_two_nodes_have_one_effect() {
    let world = Setup::jose().nodes(2).start().await;
    let calls = join_all((0..50).map(async |number| {
        let request = world.peer().generate_request("rq-0001", None);
        world.peer().call(&world.browser, &world.nodes[number % 2].public, "generateRedirectPaymentUrl", &request).await
    }))
    .await;
    let answered: Vec<_> = calls.iter().filter(|called| called.status() == 200).collect();
    assert!(!answered.is_empty());
    assert!(answered.iter().all(|called| called.payment_url() == answered[0].payment_url()));
    assert!(
        calls.iter().all(|called| matches!(called.status(), 200 | 409 | 503)),
        "{:?}",
        calls.iter().map(Called::status).collect::<Vec<_>>()
    );

    let begin = world.peer().begin_url(&world.origin, &world.peer().redirect_request("rq-0002", Some("BANK_A")));
    let pages = join_all((0..50).map(|number| world.get(at(&world, number % 2, &begin)))).await;
    let visits: Vec<_> =
        pages.iter().filter(|page| page.status == 302).map(|page| world.bank().arrive(&page.location())).collect();
    assert!(!visits.is_empty());
    assert!(visits.iter().all(|visit| visit.transaction_id == visits[0].transaction_id));
    assert!(pages.iter().all(|page| matches!(page.status, 302 | 503)));

    let returns = world.bank().return_url(&visits[0], &Word::APPROVED);
    join_all((0..50).map(|number| world.get(at(&world, number % 2, &returns)))).await;
    world.google.accepted("rq-0002").await;
    assert_eq!(world.payment("rq-0002").await.unwrap()["state"], "Paid");
    let started: Vec<_> = world.payment("rq-0002").await.unwrap()["timeline"]
        .as_array()
        .unwrap()
        .iter()
        .map(|moment| moment["event"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(started.iter().filter(|event| event.to_lowercase().contains("paid")).count(), 1, "{started:?}");
    assert_eq!(world.google.notifications("rq-0002").len(), 1);
}

#[tokio::test]
async fn events_of_one_id_at_two_nodes_count_once() {
    let world = Setup::jose().nodes(2).start().await;
    let visit = world.at_bank("rq-0001").await;
    let event = Bank::event(&visit, &Word::APPROVED);
    let answers = join_all(
        (0..20).map(|number| world.bank().send(&world.browser, &world.nodes[number % 2].public, "msg_1", &event)),
    )
    .await;
    assert!(answers.iter().any(|answer| answer.status == 204));
    assert!(answers.iter().all(|answer| matches!(answer.status, 204 | 503)));
    world.google.accepted("rq-0001").await;
    assert_eq!(world.google.notifications("rq-0001").len(), 1);
}

#[tokio::test]
async fn what_a_stopped_node_left_is_carried_out_by_the_other() {
    let mut world = Setup::pgp().nodes(2).start().await;
    // Google never answers the first node.
    let (_never, held) = mpsc::channel();
    world.google.script([Script::Hold(held)]);
    let visit = world.at_bank("rq-0001").await;
    let home = world.get(at(&world, 0, world.bank().return_url(&visit, &Word::APPROVED))).await;
    assert_eq!(world.peer().read_home(&home.location()).result(), &json!({"success": {}}));
    world.google.attempts("rq-0001", 1).await;
    let node = world.nodes.remove(0);
    node.stop(false).await;
    // Its lease ends.
    world
        .pass_until(SECOND, "the other node's attempt", async || {
            (world.google.notifications("rq-0001").len() >= 2).then_some(())
        })
        .await;
    world.google.accepted("rq-0001").await;
    let ids: std::collections::HashSet<String> = world
        .google
        .notifications("rq-0001")
        .iter()
        .map(|one| one.clear["requestHeader"]["requestId"].to_string())
        .collect();
    assert_eq!(ids.len(), 1, "once, as a logical notification");
}

#[tokio::test]
async fn deadlines_are_swept_by_whichever_node_is_there() {
    let mut world = Setup::pgp().nodes(2).start().await;
    world.begin("rq-0001", None).await;
    let node = world.nodes.remove(0);
    node.stop(true).await;
    world.pass(31 * MINUTE);
    world.google.accepted("rq-0001").await;
    world.pass(DAY);
    assert_eq!(world.google.notifications("rq-0001").len(), 1);
}

#[tokio::test]
async fn two_processes_on_one_database_carry_one_payment() {
    let outside = Outside::new(Setup::pgp().nodes(2)).await;
    let google = Google::start(vec![outside.peer.clone()]);
    let (peer, bank, browser) = (&outside.peer, &outside.banks[0], &outside.browser);
    let _first = outside.serve(0, &google.endpoint(), &[]).await;
    let _second = outside.serve(1, &google.endpoint(), &[]).await;
    let other = |url: url::Url| url.as_str().replacen(&outside.origin(0), &outside.origin(1), 1);
    for round in 0..3 {
        let id = format!("rq-{round}");
        let begin = peer.begin_url(&outside.origin(0), &peer.redirect_request(&id, None));
        let address = browser.get(&begin).await.location();
        let page = browser.get(other(address.clone())).await;
        assert_eq!(outside.ask(0, &format!("st-a{round}"), &id).await, json!({"pending": {}}));
        let sent = browser.submit(page.form(&address, "/choose"), &[("issuer", "BANK_A")]).await;
        let visit = bank.arrive(&sent.location());
        let home = browser.get(other(bank.return_url(&visit, &Word::APPROVED))).await;
        assert_eq!(peer.read_home(&home.location()).result(), &json!({"success": {}}));
        assert_eq!(outside.ask(0, &format!("st-b{round}"), &id).await, json!({"success": {}}));
        assert_eq!(peer.read_home(&browser.get(&begin).await.location()).result(), &json!({"success": {}}));
        google.accepted(&id).await;
        assert_eq!(google.notifications(&id).len(), 1);
    }
}

#[tokio::test]
async fn what_a_killed_process_held_is_carried_out_by_the_other() {
    let outside = Outside::new(Setup::pgp().nodes(2)).await;
    let google = Google::start(vec![outside.peer.clone()]);
    let (peer, bank, browser) = (&outside.peer, &outside.banks[0], &outside.browser);
    let first = outside.serve(0, &google.endpoint(), &[]).await;
    let _second = outside.serve(1, &google.endpoint(), &[]).await;
    let (_never, held) = mpsc::channel();
    google.script([Script::Hold(held)]);
    let page = browser.get(peer.begin_url(&first.public, &peer.redirect_request("rq-0001", Some("BANK_A")))).await;
    let visit = bank.arrive(&page.location());
    let home = browser.get(bank.return_url(&visit, &Word::APPROVED)).await;
    assert_eq!(peer.read_home(&home.location()).result(), &json!({"success": {}}));
    google.attempts("rq-0001", 1).await;
    first.kill();
    let killed = std::time::Instant::now();
    google.accepted("rq-0001").await;
    // A lease lasts at most 5 s (contract section 7); the table is looked at every second.
    assert!(killed.elapsed() < std::time::Duration::from_secs(10), "{:?}", killed.elapsed());
    let sent = google.notifications("rq-0001");
    assert_eq!(sent[0].clear["requestHeader"]["requestId"], sent[1].clear["requestHeader"]["requestId"]);
    assert_eq!(outside.ask(1, "st-1", "rq-0001").await, json!({"success": {}}));
}

#[tokio::test]
async fn what_a_killed_process_held_goes_on_when_it_starts_again() {
    let outside = Outside::new(Setup::pgp()).await;
    let google = Google::start(vec![outside.peer.clone()]);
    let (peer, bank, browser) = (&outside.peer, &outside.banks[0], &outside.browser);
    let server = outside.serve(0, &google.endpoint(), &[]).await;
    let (_never, held) = mpsc::channel();
    google.script([Script::Hold(held)]);
    let page = browser.get(peer.begin_url(&server.public, &peer.redirect_request("rq-0001", Some("BANK_A")))).await;
    let visit = bank.arrive(&page.location());
    browser.get(bank.return_url(&visit, &Word::DECLINED.reason("risk"))).await;
    google.attempts("rq-0001", 1).await;
    server.kill();
    let _again = outside.serve(0, &google.endpoint(), &[]).await;
    let ready = std::time::Instant::now();
    google.accepted("rq-0001").await;
    assert!(ready.elapsed() < std::time::Duration::from_secs(5), "{:?} after it was ready", ready.elapsed());
    let sent = google.notifications("rq-0001");
    assert_eq!(sent[0].clear["requestHeader"]["requestId"], sent[1].clear["requestHeader"]["requestId"]);
    assert_eq!(outside.ask(0, "st-1", "rq-0001").await, json!({"riskDeclined": {}}));
}
