//! Alarms: told by mail and webhook, once and then daily, by however many nodes (contract section 2).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot be set up fails")]

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use roundtrip::domain::{Timestamp, TransactionId};
use roundtrip::storage::NewApiToken;
use serde_json::{Value, json};

use crate::harness::listener::{Answer, Listener, Received};
use crate::harness::smtp::{MailServer, Refusal, Taken};
use crate::harness::{DAY, HOUR, MINUTE, SECOND, Script, Setup, World, keys, su1, until};

/// Takes webhooks, and verifies each with code that is not the server's.
struct Pager {
    listener: Listener,
    taken: Arc<Mutex<Vec<(String, Value)>>>,
}

impl Pager {
    /// The first `refused` posts are answered with 503.
    fn start(refused: usize) -> Self {
        let taken = Arc::new(Mutex::new(Vec::new()));
        let (theirs, left) = (taken.clone(), Mutex::new(refused));
        let handler = move |received: Received| {
            let (id, at) = (received.header("webhook-id").to_owned(), received.header("webhook-timestamp").to_owned());
            let (secret, _) = keys::secret(SECRET);
            let signature = su1::webhook_signature(&secret, &id, at.parse().ok()?, &received.body);
            assert_eq!(received.header("webhook-signature"), signature, "{received:?}");
            assert_eq!((received.method.as_str(), received.target.as_str()), ("POST", "/hook?token=t0p"));
            let mut left = left.lock().unwrap();
            let status = if *left > 0 { 503 } else { 204 };
            *left = left.saturating_sub(1);
            if status == 204 {
                theirs.lock().unwrap().push((id, serde_json::from_slice(&received.body).unwrap()));
            }
            Some(Answer { status, headers: Vec::new(), body: Vec::new() })
        };
        Self { listener: Listener::start(Arc::new(handler)), taken }
    }

    fn url(&self) -> String {
        format!("http://{}/hook?token=t0p", self.listener.address)
    }

    /// The posts about this kind of alarm.
    fn about(&self, kind: &str) -> Vec<(String, Value)> {
        let taken = self.taken.lock().unwrap();
        taken.iter().filter(|(_, body)| body["data"]["kind"] == kind).cloned().collect()
    }
}

/// The seed of the first signing key, whose file the harness writes: the pager's secret too.
const SECRET: u8 = 200;

fn setup(mail: &MailServer, pager: &Pager) -> Setup {
    Setup::pgp().with(|setup| {
        setup.more = format!(
            "[alerts]\nmail_to = [\"ops@example.org\"]\nwebhook_url = \"{}\"\nwebhook_secret_file = \"secret-u1\"\n\
             [smtp]\nurl = \"{}\"\nfrom = \"Example Pay <pay@example.com>\"\n",
            pager.url(),
            mail.url(),
        );
    })
}

/// The mails about this kind of alarm.
fn about(mail: &MailServer, kind: &str) -> Vec<Taken> {
    let line = format!("\r\nkind: {kind}\r\n");
    let mut taken = mail.taken();
    taken.retain(|mail| String::from_utf8_lossy(&mail.data).contains(&line));
    taken
}

/// The same, read.
fn read(mail: &MailServer, kind: &str) -> Vec<Value> {
    about(mail, kind).iter().map(Taken::read).collect()
}

fn ids(mails: &[Value]) -> BTreeSet<String> {
    mails.iter().map(|mail| mail["headers"]["message-id"].as_str().unwrap().to_owned()).collect()
}

/// Lets time pass until so many mails and posts about a kind have come.
async fn told(world: &World, (mail, pager): (&MailServer, &Pager), kind: &str, count: usize) {
    world
        .pass_until(SECOND, &format!("{count} tellings of {kind}"), async || {
            (about(mail, kind).len() >= count && pager.about(kind).len() >= count).then_some(())
        })
        .await;
}

/// How many alarms of a kind `/metrics` shows.
async fn raised(world: &World, kind: &str) -> Option<String> {
    let text = world.get(format!("{}/metrics", world.nodes[0].admin)).await.text();
    let name = format!("alarm_raised{{kind=\"{kind}\"}} ");
    text.lines().find_map(|line| line.strip_prefix(&name)).map(str::to_owned)
}

#[tokio::test]
async fn a_dead_letter_is_told_once_then_daily_until_it_is_gone() {
    let (mail, pager) = (MailServer::start(), Pager::start(1));
    mail.script([Refusal::Message("452 4.2.2 full")]);
    let world = setup(&mail, &pager).start().await;
    assert_eq!(raised(&world, "dead_letters").await.as_deref(), Some("0"));
    world.google.script((0..2_000).map(|_| Script::Empty(503)));
    world.paid("rq-0001").await;
    world.google.attempts("rq-0001", 1).await;
    world.pass(4 * MINUTE);
    told(&world, (&mail, &pager), "notification_late", 1).await;
    world.pass(8 * DAY);
    told(&world, (&mail, &pager), "dead_letters", 1).await;

    let mails = read(&mail, "dead_letters");
    assert_eq!(mails[0]["headers"]["to"], "ops@example.org");
    assert_eq!(mails[0]["headers"]["subject"], "[Roundtrip] Calls were given up (outbox)");
    assert!(mails[0]["text"].as_str().unwrap().contains("Calls that were given up: 1, the first on"), "{}", mails[0]);
    let (id, body) = pager.about("dead_letters").remove(0);
    assert_eq!((&body["type"], &body["data"]["telling"]), (&json!("alarm.raised"), &json!(1)));
    assert!(id.starts_with("alarm-") && id.ends_with("-1-webhook"), "{id}");
    assert_eq!(raised(&world, "dead_letters").await.as_deref(), Some("1"));

    // Hours pass, and looks with them: it is told no second time before a day has passed.
    for _ in 0..23 {
        world.pass(50 * MINUTE);
        assert_eq!((about(&mail, "dead_letters").len(), pager.about("dead_letters").len()), (1, 1));
    }
    world.pass(5 * HOUR);
    told(&world, (&mail, &pager), "dead_letters", 2).await;
    let mails = read(&mail, "dead_letters");
    assert_eq!(mails[1]["headers"]["subject"], "[Roundtrip] again: Calls were given up (outbox)");
    assert_eq!(pager.about("dead_letters")[1].1["type"], "alarm.repeated");
    assert_eq!((ids(&mails).len(), mails.len()), (2, 2), "every telling has an id of its own");

    let store = &world.nodes[0].store;
    let id = TransactionId::parse(body["data"]["alarmId"].as_str().unwrap()).unwrap();
    let journal = store.journal(id).await.unwrap();
    let tellings: Vec<_> = journal.iter().filter(|row| row.event == "Telling").map(|row| row.at.as_millis()).collect();
    assert_eq!((tellings.len(), tellings[0], tellings[2]), (4, tellings[1], tellings[3]), "by mail and by webhook");
    assert!(tellings[2] - tellings[0] >= DAY, "{tellings:?}");
    for letter in store.dead_letters(10).await.unwrap() {
        assert!(store.discard(letter.key).await.unwrap());
    }
    world
        .pass_until(SECOND, "the alarm ends", async || {
            raised(&world, "dead_letters").await.filter(|count| count == "0")
        })
        .await;
    world.pass(2 * DAY);
    let alarms = listed(&world).await;
    let letters = alarms["alarms"].as_array().unwrap().iter().find(|alarm| alarm["kind"] == "dead_letters").unwrap();
    assert_eq!((&letters["state"], &letters["tellings"]), (&json!("Quiet"), &json!(2)));
    assert_eq!(about(&mail, "dead_letters").len(), 2);
}

/// `GET /api/v1/alarms`, with a token that may.
async fn listed(world: &World) -> Value {
    const TOKEN: &str = "rt_token_of_the_pager";
    let token = NewApiToken {
        id: uuid::Uuid::from_u128(77),
        name: String::new(),
        scopes: "outbox:read".to_owned(),
        user_name: None,
        sha256: roundtrip::crypto::content_hash(TOKEN.as_bytes()),
        created_at: Timestamp::from_millis(0),
    };
    world.nodes[0].store.create_token(token).await.unwrap();
    let url = format!("{}/api/v1/alarms", world.nodes[0].admin);
    assert_eq!(world.get(&url).await.status, 401);
    let page = world.browser.get_with(url, &[("authorization", &format!("Bearer {TOKEN}"))]).await;
    assert_eq!(page.status, 200, "{}", page.text());
    serde_json::from_slice(&page.body).unwrap()
}

#[tokio::test]
async fn two_nodes_that_see_the_same_key_end_tell_it_once_a_day() {
    let (mail, pager) = (MailServer::start(), Pager::start(0));
    let world = setup(&mail, &pager).nodes(2).start().await;
    // The keys of both sides were made 30 days before the beginning, for 700 days.
    world.pass(641 * DAY);
    for day in 1..=3 {
        // Time stands still until all is told and noted: a lease that ends meanwhile would rightly be taken over.
        until("both keys are told", async || {
            let waiting = world.nodes[0].store.outbox_figures().await.unwrap().waiting;
            (waiting == 0 && about(&mail, "key_expiry").len() >= 2 * day).then_some(())
        })
        .await;
        let mails = read(&mail, "key_expiry");
        assert_eq!((mails.len(), ids(&mails).len()), (2 * day, 2 * day), "ours and Google's, once on day {day}");
        let posts: BTreeSet<_> = pager.about("key_expiry").into_iter().map(|(id, _)| id).collect();
        assert_eq!((pager.about("key_expiry").len(), posts.len()), (2 * day, 2 * day), "day {day}");
        world.pass(DAY);
    }
    let subjects: BTreeSet<_> =
        pager.about("key_expiry").iter().map(|(_, body)| body["data"]["subject"].to_string()).collect();
    assert_eq!(subjects.len(), 2, "{subjects:?}");
}
