//! The server is killed while refunds are on their way: each is carried out once, and its result told.

use std::collections::BTreeSet;
use std::sync::mpsc;

use roundtrip::storage::{Store, StoreOptions};
use serde_json::json;

use super::PAID;
use crate::harness::{Google, Outside, Refunding, Script, Setup, Visit, Word, until};

/// Where the server is killed.
#[derive(Debug, Clone, Copy)]
enum Moment {
    /// Right after its acknowledgement.
    Acknowledged,
    /// While the issuer has its call, and has done nothing.
    Asked,
    /// When the issuer has given the money back, and nobody has heard its answer.
    GivenBack,
    /// While Google has the result, and has not answered.
    Told,
}

async fn pay(outside: &Outside, id: &str) -> Visit {
    let (peer, bank, browser) = (&outside.peer, &outside.banks[0], &outside.browser);
    let begin = peer.begin_url(&outside.origin(0), &peer.redirect_request(id, Some("BANK_A")));
    let visit = bank.arrive(&browser.get(begin).await.location());
    let home = browser.get(bank.return_url(&visit, &Word::APPROVED)).await;
    assert_eq!(peer.read_home(&home.location()).result(), &json!({"success": {}}));
    visit
}

async fn order(outside: &Outside, id: &str, of: &str) -> serde_json::Value {
    let request = outside.peer.refund_request(id, of, (PAID, "INR"));
    let called = outside.peer.call(&outside.browser, &outside.origin(0), "asynchronousRefund", &request).await;
    called.ok()["result"].clone()
}

#[tokio::test]
async fn a_kill_at_any_moment_of_a_refund_loses_nothing_and_does_nothing_twice() {
    let outside = Outside::new(Setup::pgp()).await;
    let google = Google::start(vec![outside.peer.clone()]);
    let bank = &outside.banks[0];
    let mut server = outside.serve(0, &google.endpoint(), &[]).await;
    // Held calls never get their word.
    let mut never = Vec::new();
    for (number, moment) in
        [Moment::Acknowledged, Moment::Asked, Moment::GivenBack, Moment::Told].into_iter().enumerate()
    {
        let (capture, refund) = (format!("rq-{number}"), format!("rf-{number}"));
        let visit = pay(&outside, &capture).await;
        google.accepted(&capture).await;
        let (word, held) = mpsc::channel();
        never.push(word);
        match moment {
            Moment::Acknowledged | Moment::Asked => bank.refunds_by([Refunding::Hold(held)]),
            Moment::GivenBack => bank.refunds_by([Refunding::Lost]),
            Moment::Told => google.results_by([Script::Hold(held)]),
        }
        assert_eq!(order(&outside, &refund, &capture).await, json!({"acknowledged": {}}));
        match moment {
            Moment::Acknowledged => {}
            Moment::Asked | Moment::GivenBack => {
                bank.refund_calls_at_least(&visit, 1).await;
            }
            Moment::Told => {
                until("the result", async || (!google.results(&refund).is_empty()).then_some(())).await;
            }
        }
        server.kill();
        server = outside.serve(0, &google.endpoint(), &[]).await;
        if matches!(moment, Moment::Acknowledged) && bank.refund_calls(&visit).is_empty() {
            // It was killed before it asked: the call that is held is the first of the new server.
            never.clear();
        }
        let told = google.result(&refund).await;
        assert_eq!(told.clear["result"], json!({"success": {}}), "{moment:?}");
        assert_eq!(bank.gave_back(&visit), [PAID], "{moment:?}");
        let calls = bank.refund_calls(&visit);
        assert!(calls.iter().all(|call| call.body == calls[0].body && call.webhook_id == calls[0].webhook_id));
        let ids: BTreeSet<_> =
            google.results(&refund).iter().map(|one| one.clear["requestHeader"]["requestId"].to_string()).collect();
        assert_eq!(ids.len(), 1, "{moment:?}: one logical notification");
        assert_eq!(order(&outside, &refund, &capture).await, json!({"acknowledged": {}}), "{moment:?}: a replay");
        assert_eq!(bank.gave_back(&visit), [PAID], "{moment:?}");
    }
    server.kill();
    let store = Store::open(StoreOptions::new(&outside.database)).await.unwrap();
    let (journal, ledger) = (store.verify_journal().await.unwrap(), store.ledger_balance().await.unwrap());
    assert!(journal.is_sound(), "{journal:?}");
    assert!(ledger.is_sound() && ledger.accounts.iter().all(|sum| sum.micros == 0), "{ledger:?}");
    store.close().await;
}
