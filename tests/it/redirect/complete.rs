//! The three completion channels: C1 by the browser, C2 pushed, C3 asked for (flows-security section 5.3).

use std::sync::mpsc;

use roundtrip::crypto::Scheme;
use serde_json::{Value, json};

use crate::harness::account::{CALLBACK, form_of_payment};
use crate::harness::{Bank, DAY, MINUTE, PIAID, SECOND, Says, Script, Setup, Visit, Word, World};

fn success() -> Value {
    json!({"success": {}})
}

#[tokio::test]
async fn the_whole_payment_in_both_flows_and_both_schemes() {
    for scheme in [Scheme::Pgp, Scheme::Jose] {
        let world = Setup::of(scheme).start().await;
        // Flow A, the issuer chosen here.
        let (address, page) = world.choice("rq-a").await;
        let sent = world.browser.submit(page.form(&address, "/choose"), &[("issuer", "BANK_A")]).await;
        assert_eq!((sent.status, sent.header("cache-control")), (303, "no-store"));
        let flow_a = world.bank().arrive(&sent.location());
        // Flow B, the issuer chosen at Google.
        let generated =
            world.call("generateRedirectPaymentUrl", &world.peer().generate_request("rq-b", Some("BANK_A"))).await;
        let flow_b = world.bank().arrive(&world.get(generated.payment_url()).await.location());

        for (id, visit) in [("rq-a", flow_a), ("rq-b", flow_b)] {
            assert_eq!(world.ask(id).await, json!({"pending": {}}));
            let back = world.returns(&visit, &Word::APPROVED).await;
            assert_eq!(
                (back.status, back.header("cache-control"), back.header("referrer-policy")),
                (302, "no-store", "no-referrer")
            );
            let home = world.peer().read_home(&back.location());
            assert_eq!(home.result(), &success(), "C1");
            let c2 = world.google.accepted(id).await;
            assert_eq!(c2.clear["result"], success(), "C2");
            let c3 = world.asked(id).await;
            assert_eq!(c3["result"], success(), "C3");
            for said in [&home.clear, &c2.clear, &c3] {
                assert_eq!(said["formOfPayment"], form_of_payment(Some("BANK_A")), "{said}");
            }
        }
    }
}

#[tokio::test]
async fn cmp_1_the_callback_has_three_parameters_whose_ids_agree() {
    for scheme in [Scheme::Pgp, Scheme::Jose] {
        let world = Setup::of(scheme).start().await;
        let visit = world.at_bank("A:b_c-9").await;
        // `read_home` holds inside against outside.
        let home = world.goes_home(&visit, &Word::APPROVED).await;
        assert_eq!((home.request_id.as_str(), home.piaid.as_str()), ("A:b_c-9", PIAID));
        let names: Vec<String> = home.url.query_pairs().map(|(name, _)| name.into_owned()).collect();
        assert_eq!(names, ["redirectRequestId", "paymentIntegratorAccountId", "redirectResponse"]);
        assert!(home.url.as_str().starts_with(&format!("{CALLBACK}?")));
        assert!(home.url.as_str().len() <= 2048, "{} characters", home.url.as_str().len());
        let members: Vec<&String> = home.clear.as_object().unwrap().keys().collect();
        assert_eq!(members, ["formOfPayment", "redirectRequestId", "result"]);
    }
}

#[tokio::test]
async fn cmp_2_no_parameter_stands_twice_whatever_the_callback_held() {
    let world = Setup::pgp().start().await;
    for (id, callback) in [
        ("rq-1", format!("{CALLBACK}?redirectRequestId=rq-1&a=1&a=2&b=%26c")),
        ("rq-2", format!("{CALLBACK}?a=1")),
        ("rq-3", CALLBACK.to_owned()),
    ] {
        let mut request = world.peer().generate_request(id, Some("BANK_A"));
        request["callbackUrl"] = json!(callback);
        let generated = world.call("generateRedirectPaymentUrl", &request).await;
        let visit = world.bank().arrive(&world.get(generated.payment_url()).await.location());
        // `read_home` refuses a parameter that stands twice.
        let home = world.goes_home(&visit, &Word::APPROVED).await;
        assert!(home.url.as_str().starts_with(&callback), "the callback's own query stays: {}", home.url);
    }
}

#[tokio::test]
async fn cmp_3_one_notification_for_accepted_and_declined_alike() {
    let world = Setup::pgp().start().await;
    for (id, word) in [("rq-paid", Word::APPROVED), ("rq-declined", Word::DECLINED), ("rq-cancelled", Word::CANCELLED)]
    {
        let visit = world.at_bank(id).await;
        for _ in 0..3 {
            world.returns(&visit, &word).await;
        }
        world.google.accepted(id).await;
    }
    // What was notified is settled: whatever else goes out later, these do not go out again.
    world.pass(DAY);
    world.paid("rq-last").await;
    world.google.accepted("rq-last").await;
    for id in ["rq-paid", "rq-declined", "rq-cancelled"] {
        let [c2] = &world.google.notifications(id)[..] else { panic!("C2 of {id} went out more than once") };
        assert_eq!(c2.clear["requestHeader"]["paymentIntegratorAccountId"], PIAID);
        assert_eq!(c2.clear["requestHeader"]["protocolVersion"], json!({"major": 1}));
        assert_ne!(c2.clear["requestHeader"]["requestId"], id, "C2 has an id of its own");
    }
}

#[tokio::test]
async fn cmp_4_the_outcome_is_notified_days_later() {
    let world = Setup::pgp().start().await;
    let visit = world.at_bank("rq-0001").await;
    let home = world.goes_home(&visit, &Word::PENDING).await;
    assert_eq!(home.result(), &json!({"pending": {}}), "C1");
    world.bank().says(Says::Word(Word::PENDING));
    for _ in 0..5 {
        let asked = world.bank().asked(&visit.transaction_id).len();
        world.pass(DAY);
        world.bank().asked_at_least(&visit.transaction_id, asked + 1).await;
        assert_eq!(world.ask("rq-0001").await, json!({"pending": {}}));
    }
    assert!(world.google.notifications("rq-0001").is_empty(), "C2 is for the final outcome only");
    let event = Bank::event(&visit, &Word::APPROVED);
    world.bank().check_acknowledged(&world.bank().send(&world.browser, &world.origin, "msg_late", &event).await);
    assert_eq!(world.google.accepted("rq-0001").await.clear["result"], success());
    assert_eq!(world.ask("rq-0001").await, success());
}

#[tokio::test]
async fn cmp_5_the_notification_may_come_before_the_payer() {
    let world = Setup::pgp().start().await;
    let visit = world.at_bank("rq-0001").await;
    let event = Bank::event(&visit, &Word::APPROVED);
    world.bank().check_acknowledged(&world.bank().send(&world.browser, &world.origin, "msg_1", &event).await);
    assert_eq!(world.google.accepted("rq-0001").await.clear["result"], success(), "C2 first");
    let home = world.goes_home(&visit, &Word::APPROVED).await;
    assert_eq!(home.result(), &success(), "C1 after it");
    assert_eq!(world.google.notifications("rq-0001").len(), 1);
}

#[tokio::test]
async fn cmp_5_the_payer_may_come_home_before_the_notification() {
    let world = Setup::pgp().start().await;
    let (go_on, held) = mpsc::channel();
    world.google.script([Script::Hold(held)]);
    let visit = world.at_bank("rq-0001").await;
    let home = world.goes_home(&visit, &Word::APPROVED).await;
    assert_eq!(home.result(), &success(), "C1 does not wait for C2");
    let [c2] = &world.google.attempts("rq-0001", 1).await[..] else { panic!("one C2") };
    assert_eq!(c2.answered, 0, "still in flight");
    assert_eq!(world.ask("rq-0001").await, success(), "nor does C3");
    go_on.send(()).unwrap();
    world.google.accepted("rq-0001").await;
}

/// Every word of an issuer and what all three channels say about it.
fn outcomes() -> Vec<(Word, Value)> {
    let limit = |micros| json!({"amountMicros": micros, "currencyCode": "INR"});
    let raw = |code| json!({"rawResult": {"rawCode": code}});
    let declined = |reason| Word::DECLINED.reason(reason);
    vec![
        (Word::APPROVED, success()),
        (Word::APPROVED.raw_code("00"), success()),
        (declined("insufficient_funds"), json!({"insufficientFunds": {}})),
        (declined("insufficient_funds").raw_code("51"), json!({"insufficientFunds": raw("51")})),
        (declined("over_limit"), json!({"chargeExceedsTransactionLimit": {"transactionLimit": limit("200000000000")}})),
        (declined("under_limit"), json!({"chargeUnderLimit": {"minimumTransactionLimit": limit("1000000")}})),
        (declined("currency_not_supported"), json!({"accountDoesNotSupportCurrency": {}})),
        (declined("risk"), json!({"riskDeclined": {}})),
        (declined("risk").raw_code("R-1"), json!({"riskDeclined": raw("R-1")})),
        (declined("account_closed"), json!({"declinedByIssuer": raw("account_closed")})),
        (declined("account_on_hold"), json!({"declinedByIssuer": raw("account_on_hold")})),
        (declined("account_on_hold").raw_code("H7"), json!({"declinedByIssuer": raw("H7")})),
        (declined("refund_window_exceeded"), json!({"declinedByIssuer": raw("refund_window_exceeded")})),
        (declined("other"), json!({"declinedByIssuer": {}})),
        (declined("other").raw_code("05 ä"), json!({"declinedByIssuer": raw("05 ä")})),
        (Word::DECLINED, json!({"declinedByIssuer": {}})),
        (Word::CANCELLED, json!({"userExitedPaymentFlow": {}})),
        (Word::CANCELLED.raw_code("C"), json!({"userExitedPaymentFlow": raw("C")})),
    ]
}

#[tokio::test]
async fn cmp_6_all_channels_agree_on_every_outcome() {
    let world = Setup::jose().start().await;
    for (number, (word, result)) in outcomes().into_iter().enumerate() {
        let id = format!("rq-{number}");
        let visit = world.at_bank(&id).await;
        let home = world.goes_home(&visit, &word).await;
        assert_eq!(home.result(), &result, "C1 of {word:?}");
        let c2 = world.google.accepted(&id).await.clear;
        assert_eq!(c2["result"], result, "C2 of {word:?}");
        let c3 = world.asked(&id).await;
        assert_eq!(c3["result"], result, "C3 of {word:?}");
        for said in [&home.clear, &c2, &c3] {
            assert_eq!(said["formOfPayment"], form_of_payment(Some("BANK_A")), "{said}");
        }
    }
}

#[tokio::test]
async fn cmp_6_the_issuers_word_counts_the_same_by_every_way() {
    let world = Setup::jose().start().await;
    let mut visits = Vec::new();
    for (number, (word, result)) in outcomes().into_iter().enumerate() {
        let visit = world.at_bank(&format!("rq-status-{number}")).await;
        world.bank().says_of(&visit, Says::Word(word.clone()));
        visits.push((number, result.clone()));

        let id = format!("rq-event-{number}");
        let event = Bank::event(&world.at_bank(&id).await, &word);
        let answer = world.bank().send(&world.browser, &world.origin, &format!("msg_{number}"), &event).await;
        world.bank().check_acknowledged(&answer);
        assert_eq!(world.google.accepted(&id).await.clear["result"], result, "event of {word:?}");
    }
    world.pass(31 * MINUTE);
    for (number, result) in visits {
        let id = format!("rq-status-{number}");
        assert_eq!(world.google.accepted(&id).await.clear["result"], result, "status answer {number}");
        assert_eq!(world.ask(&id).await, result);
    }
}

/// Attempts at C2 while time passes in steps.
async fn attempts(world: &World, id: &str, count: usize, step_ms: i64) {
    world
        .pass_until(step_ms, "another attempt at C2", async || {
            (world.google.notifications(id).len() >= count).then_some(())
        })
        .await;
}

#[tokio::test]
async fn cmp_7_the_notification_is_repeated_under_one_id_until_it_is_accepted() {
    let world = Setup::pgp().start().await;
    world.google.script([Script::Empty(503), Script::Plain(503), Script::Empty(503)]);
    let visit = world.at_bank("rq-0001").await;
    let home = world.goes_home(&visit, &Word::DECLINED.reason("risk")).await;
    for count in 1..=4 {
        attempts(&world, "rq-0001", count, 100).await;
    }
    world.google.accepted("rq-0001").await;
    let sent = world.google.notifications("rq-0001");
    assert_eq!(sent.iter().map(|one| one.answered).collect::<Vec<_>>(), [503, 503, 503, 200]);
    let mut times = Vec::new();
    for one in &sent {
        let mut content = one.clear.clone();
        let header = content["requestHeader"].as_object_mut().unwrap();
        let time = header.remove("requestTimestamp").unwrap();
        times.push(time["epochMillis"].as_str().unwrap().parse::<i64>().unwrap());
        let mut first = sent[0].clear.clone();
        first["requestHeader"].as_object_mut().unwrap().remove("requestTimestamp");
        assert_eq!(content, first, "the same id, the same content");
    }
    let sealed: std::collections::HashSet<&str> = sent.iter().map(|one| one.raw.as_str()).collect();
    assert_eq!(sealed.len(), 4, "sealed anew each time");
    assert!(times.windows(2).all(|pair| pair[0] < pair[1]), "a fresh timestamp each time: {times:?}");
    assert_eq!(sent[3].clear["result"], *home.result());
}

#[tokio::test]
async fn cmp_7_retry_after_is_honoured() {
    let world = Setup::pgp().start().await;
    world.google.script([Script::RetryAfter(429, 600)]);
    world.paid("rq-0001").await;
    // In steps small enough that an attempt before its time would be seen.
    attempts(&world, "rq-0001", 2, 2 * SECOND).await;
    let sent = world.google.notifications("rq-0001");
    let at = |index: usize| -> i64 {
        sent[index].clear["requestHeader"]["requestTimestamp"]["epochMillis"].as_str().unwrap().parse().unwrap()
    };
    assert!(at(1) - at(0) >= 600 * SECOND, "{} ms after a Retry-After of 600 s", at(1) - at(0));
}

#[tokio::test]
async fn cmp_7_a_notification_goes_on_after_a_restart() {
    let mut world = Setup::pgp().start().await;
    world.google.script([Script::Drop]);
    world.paid("rq-0001").await;
    world.google.attempts("rq-0001", 1).await;
    world.restart().await;
    attempts(&world, "rq-0001", 2, 100).await;
    let sent = world.google.notifications("rq-0001");
    let id = |index: usize| sent[index].clear["requestHeader"]["requestId"].clone();
    assert_eq!(id(0), id(1));
    assert_eq!(world.ask("rq-0001").await, success());
}

#[tokio::test]
async fn cmp_7_after_a_week_a_notification_is_put_before_a_person() {
    let world = Setup::pgp().start().await;
    world.google.script([Script::Empty(503), Script::Empty(503)]);
    world.paid("rq-0001").await;
    world.google.attempts("rq-0001", 1).await;
    world.pass(6 * DAY);
    attempts(&world, "rq-0001", 2, SECOND).await;
    assert!(world.nodes[0].store.dead_letters(10).await.unwrap().is_empty(), "not before the week is over");
    world.google.script([Script::Empty(503)]);
    // The second attempt may be put down as failed only now, or a third one be made: the week is over either way.
    world.pass(2 * DAY);
    let letters = world
        .pass_until(SECOND, "a dead letter", async || {
            Some(world.nodes[0].store.dead_letters(10).await.unwrap()).filter(|letters| !letters.is_empty())
        })
        .await;
    assert_eq!(letters.len(), 1);
    assert_eq!(
        letters[0].idempotency_key,
        world.google.notifications("rq-0001")[0].clear["requestHeader"]["requestId"]
    );
    let metrics = world.get(format!("{}/metrics", world.nodes[0].admin)).await.text();
    assert!(metrics.contains("outbox_dead_letters 1"), "{metrics}");
    assert_eq!(world.ask("rq-0001").await, success(), "the outcome stands");
}

#[tokio::test]
async fn cmp_9_a_success_is_never_taken_back() {
    let world = Setup::pgp().start().await;
    let visit = world.paid("rq-0001").await;
    world.google.accepted("rq-0001").await;
    assert_eq!(world.attention("rq-0001").await, Value::Null);
    for (number, word) in [
        Word::DECLINED.reason("insufficient_funds"),
        Word::CANCELLED,
        Word::PENDING,
        Word::APPROVED.amount("1000000", "INR"),
        Word::APPROVED.reference("another"),
    ]
    .into_iter()
    .enumerate()
    {
        let event = Bank::event(&visit, &word);
        world.bank().check_acknowledged(
            &world.bank().send(&world.browser, &world.origin, &format!("msg_{number}"), &event).await,
        );
        let home = world.goes_home(&visit, &word).await;
        assert_eq!(home.result(), &success(), "C1 after {word:?}");
        assert_eq!(world.ask("rq-0001").await, success(), "C3 after {word:?}");
    }
    assert_eq!(world.attention("rq-0001").await, json!("contradiction"), "finance sees it");
    assert_eq!(world.google.notifications("rq-0001").len(), 1);
}

#[tokio::test]
async fn cmp_9_money_that_is_taken_twice_is_booked_and_seen() {
    let world = Setup::pgp().start().await;
    let visit = world.paid("rq-0001").await;
    let once = world.settled().await;
    assert!(once["ledger"] > 0);
    // The same success again, by every way, is the same money.
    world.goes_home(&visit, &Word::APPROVED).await;
    let send = async |id: &str, word: &Word| {
        let answer = world.bank().send(&world.browser, &world.origin, id, &Bank::event(&visit, word)).await;
        world.bank().check_acknowledged(&answer);
    };
    send("msg_same", &Word::APPROVED).await;
    assert_eq!(world.rows().await["ledger"], once["ledger"]);
    assert_eq!(world.attention("rq-0001").await, Value::Null);
    // Another reference is other money.
    let again = Word::APPROVED.reference("A/78");
    send("msg_other", &again).await;
    assert_eq!(world.rows().await["ledger"], 2 * once["ledger"]);
    assert_eq!(world.attention("rq-0001").await, json!("contradiction"));
    send("msg_other_again", &again).await;
    assert_eq!(world.rows().await["ledger"], 2 * once["ledger"], "and is booked once");
    assert_eq!(world.ask("rq-0001").await, success());
}

#[tokio::test]
async fn cmp_9_a_success_after_a_negative_outcome_goes_before_finance() {
    let world = Setup::pgp().start().await;
    for (id, word, result) in [
        ("rq-declined", Word::DECLINED.reason("risk"), json!({"riskDeclined": {}})),
        ("rq-cancelled", Word::CANCELLED, json!({"userExitedPaymentFlow": {}})),
    ] {
        let visit = world.at_bank(id).await;
        world.goes_home(&visit, &word).await;
        world.google.accepted(id).await;
        late_success(&world, id, &visit, &result).await;
    }
    // One that ran out at the issuer.
    let visit = world.at_bank("rq-expired").await;
    world.pass(31 * MINUTE);
    world.google.accepted("rq-expired").await;
    late_success(&world, "rq-expired", &visit, &json!({"userExitedPaymentFlow": {}})).await;
}

async fn late_success(world: &World, id: &str, visit: &Visit, result: &Value) {
    assert_eq!(world.attention(id).await, Value::Null);
    let event = Bank::event(visit, &Word::APPROVED);
    let answer = world.bank().send(&world.browser, &world.origin, &format!("msg_{id}"), &event).await;
    world.bank().check_acknowledged(&answer);
    let home = world.goes_home(visit, &Word::APPROVED).await;
    assert_eq!(home.result(), result, "C1 of {id}");
    assert_eq!(&world.ask(id).await, result, "C3 of {id}");
    assert_eq!(world.attention(id).await, json!("paid_after_close"));
    assert_eq!(world.payment(id).await.unwrap()["state"], "PaidAfterClose");
    let sent = world.google.notifications(id);
    assert_eq!(sent.len(), 1, "Google hears nothing of it");
    assert_eq!(&sent[0].clear["result"], result);
}
