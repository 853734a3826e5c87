//! getRedirectPaymentStatus (API section 5.3), and what the deadline and the issuer's status make of an open payment
//! (contract section 5).

use serde_json::json;

use crate::harness::{HOUR, MINUTE, SECOND, Says, Setup, Visit, Word};

const METHOD: &str = "getRedirectPaymentStatus";

/// Beyond `payment_timeout_s`.
const PAST_DEADLINE: i64 = 30 * MINUTE + SECOND;

#[tokio::test]
async fn an_unknown_payment_is_an_invalid_identifier() {
    let world = Setup::pgp().start().await;
    let called = world.call(METHOD, &world.peer().status_request("st-1", "rq-nobody")).await;
    assert_eq!((called.status(), called.error().as_str()), (404, "invalidIdentifier"));
    // Not terminal: the same question may be asked again once the payment is there.
    world.at_bank("rq-nobody").await;
    let called = world.call(METHOD, &world.peer().status_request("st-1", "rq-nobody")).await;
    assert_eq!(called.ok()["result"], json!({"pending": {}}));
}

#[tokio::test]
async fn it_is_answered_from_the_first_moment_on() {
    let world = Setup::pgp().start().await;
    world.begin("rq-0001", None).await;
    let asked = world.asked("rq-0001").await;
    assert_eq!((&asked["result"], &asked["formOfPayment"]), (&json!({"pending": {}}), &json!({"noneChosen": {}})));
    world.at_bank("rq-0002").await;
    let asked = world.asked("rq-0002").await;
    assert_eq!(asked["result"], json!({"pending": {}}));
    assert_eq!(asked["formOfPayment"], json!({"issuerId": {"value": "BANK_A"}}));
    assert_eq!(asked["responseHeader"]["responseTimestamp"]["epochMillis"], json!(world.peer().now().to_string()));
}

#[tokio::test]
async fn the_same_question_gets_the_earlier_answer_and_a_new_one_the_present() {
    let world = Setup::pgp().start().await;
    let visit = world.at_bank("rq-0001").await;
    let first = world.call(METHOD, &world.peer().status_request("st-1", "rq-0001")).await;
    assert_eq!(first.ok()["result"], json!({"pending": {}}));
    world.goes_home(&visit, &Word::APPROVED).await;
    let again = world.call(METHOD, &world.peer().status_request("st-1", "rq-0001")).await;
    assert_eq!(again.without_timestamp(), first.without_timestamp());
    assert_eq!(world.ask("rq-0001").await, json!({"success": {}}));
}

#[tokio::test]
async fn it_never_asks_the_issuer() {
    let world = Setup::pgp().start().await;
    let visit = world.at_bank("rq-0001").await;
    for _ in 0..5 {
        world.ask("rq-0001").await;
    }
    let home = world.goes_home(&visit, &Word::PENDING).await;
    assert_eq!(home.result(), &json!({"pending": {}}));
    world.ask("rq-0001").await;
    assert!(world.bank().asked(&visit.transaction_id).is_empty(), "neither a return nor Google's question may");
}

#[tokio::test]
async fn at_the_deadline_the_issuers_status_decides() {
    let world = Setup::pgp().start().await;
    let mut payments: Vec<(&str, Says, Visit, _)> = Vec::new();
    for (id, says, result) in [
        ("rq-approved", Says::Word(Word::APPROVED), json!({"success": {}})),
        ("rq-declined", Says::Word(Word::DECLINED.reason("risk")), json!({"riskDeclined": {}})),
        ("rq-cancelled", Says::Word(Word::CANCELLED), json!({"userExitedPaymentFlow": {}})),
        ("rq-never-seen", Says::NeverSeen, json!({"userExitedPaymentFlow": {}})),
    ] {
        let visit = world.at_bank(id).await;
        world.bank().says_of(&visit, says.clone());
        payments.push((id, says, visit, result));
    }
    world.pass(PAST_DEADLINE);
    for (id, says, visit, result) in payments {
        let c2 = world.google.accepted(id).await.clear;
        assert_eq!(c2["result"], result, "C2 after {says:?}");
        assert_eq!(c2["formOfPayment"], json!({"issuerId": {"value": "BANK_A"}}));
        assert_eq!(world.ask(id).await, result, "C3 after {says:?}");
        assert_eq!(world.bank().asked(&visit.transaction_id).len(), 1, "one answer is enough");
        // The payer who comes back now goes home with it.
        let request = world.peer().redirect_request(id, Some("BANK_A"));
        let page = world.get(world.peer().begin_url(&world.origin, &request)).await;
        assert_eq!(world.peer().read_home(&page.location()).result(), &result, "C1 after {says:?}");
    }
}

#[tokio::test]
async fn the_deadline_counts_from_sending_the_payer_to_the_issuer() {
    let setup = Setup::pgp().with(|setup| {
        setup.issuers[0].more = "payment_timeout_s = 60".to_owned();
        setup.google_more = format!("choice_timeout_s = {}", 20 * 60 + 59);
    });
    let world = setup.start().await;
    let (address, page) = world.choice("rq-0001").await;
    // Its choice runs out a second before the deadline of the other: that it was ended shows that a sweep has come by.
    world.begin("rq-marker", None).await;
    world.pass(20 * MINUTE);
    let sent = world.browser.submit(page.form(&address, "/choose"), &[("issuer", "BANK_A")]).await;
    let visit = world.bank().arrive(&sent.location());
    world.pass(59 * SECOND);
    world.google.accepted("rq-marker").await;
    assert!(world.bank().asked(&visit.transaction_id).is_empty(), "asked before the deadline");
    world.pass(SECOND);
    world.bank().asked_at_least(&visit.transaction_id, 1).await;
}

#[tokio::test]
async fn while_pending_the_issuer_is_asked_at_growing_intervals() {
    let world = Setup::pgp().start().await;
    let visit = world.at_bank("rq-0001").await;
    world.bank().says(Says::Word(Word::PENDING));
    world.pass(PAST_DEADLINE);
    world.bank().asked_at_least(&visit.transaction_id, 1).await;
    let mut intervals = vec![5 * SECOND];
    while intervals.len() < 6 {
        let asked = intervals.len();
        // In steps that are small beside the interval, for the server looks at its own pace.
        let step = intervals.last().unwrap() / 200;
        let times = world
            .pass_until(step, "the next question", async || {
                Some(world.bank().asked(&visit.transaction_id)).filter(|times| times.len() > asked)
            })
            .await;
        intervals.push(times[asked].millis_since(times[asked - 1]));
    }
    assert!(intervals[5] > 4 * intervals[1], "they grow: {intervals:?}");
    assert_eq!(world.ask("rq-0001").await, json!({"pending": {}}));
    assert!(world.google.notifications("rq-0001").is_empty());

    world.bank().says(Says::Word(Word::APPROVED));
    world
        .pass_until(MINUTE, "the outcome", async || (!world.google.notifications("rq-0001").is_empty()).then_some(()))
        .await;
    assert_eq!(world.google.accepted("rq-0001").await.clear["result"], json!({"success": {}}));
}

#[tokio::test]
async fn before_the_deadline_a_404_decides_nothing() {
    let world = Setup::pgp().start().await;
    let visit = world.at_bank("rq-0001").await;
    assert_eq!(world.goes_home(&visit, &Word::PENDING).await.result(), &json!({"pending": {}}));
    world.bank().says(Says::NeverSeen);
    // The schedule of a pending payment asks well before the deadline.
    world.pass(10 * SECOND);
    world.bank().asked_at_least(&visit.transaction_id, 1).await;
    world
        .pass_until(SECOND, "a second question", async || {
            (world.bank().asked(&visit.transaction_id).len() >= 2).then_some(())
        })
        .await;
    assert_eq!(world.ask("rq-0001").await, json!({"pending": {}}));
    assert!(world.google.notifications("rq-0001").is_empty());
    // After it, it ends the payment.
    world.pass(PAST_DEADLINE);
    assert_eq!(world.google.accepted("rq-0001").await.clear["result"], json!({"userExitedPaymentFlow": {}}));
}

#[tokio::test]
async fn while_the_status_endpoint_is_down_the_payment_stays_open() {
    let world = Setup::pgp().start().await;
    let visit = world.at_bank("rq-0001").await;
    world.pass(PAST_DEADLINE);
    for (count, says) in [
        Says::Down(500),
        Says::Gone,
        Says::Forged(Word::APPROVED),
        Says::OfAnother(Word::APPROVED),
        Says::Down(401),
        Says::Word(Word { outcome: "maybe", ..Word::PENDING }),
    ]
    .into_iter()
    .enumerate()
    {
        world.bank().says(says.clone());
        let before = world.bank().asked(&visit.transaction_id).len();
        world
            .pass_until(SECOND, "a question", async || {
                (world.bank().asked(&visit.transaction_id).len() > before + usize::from(count == 0)).then_some(())
            })
            .await;
        assert_eq!(world.ask("rq-0001").await, json!({"pending": {}}), "{says:?}");
    }
    assert!(world.google.notifications("rq-0001").is_empty());
    world.bank().says(Says::Word(Word::DECLINED.reason("insufficient_funds")));
    world
        .pass_until(10 * SECOND, "the outcome", async || {
            (!world.google.notifications("rq-0001").is_empty()).then_some(())
        })
        .await;
    assert_eq!(world.google.accepted("rq-0001").await.clear["result"], json!({"insufficientFunds": {}}));
    assert_eq!(world.ask("rq-0001").await, json!({"insufficientFunds": {}}));
}

#[tokio::test]
async fn a_status_with_another_amount_is_no_success() {
    let world = Setup::pgp().start().await;
    let visit = world.at_bank("rq-0001").await;
    world.bank().says(Says::Word(Word::APPROVED.amount("109900000", "USD")));
    world.pass(PAST_DEADLINE);
    world
        .pass_until(0, "attention", async || {
            (world.attention("rq-0001").await == json!("amount_differs")).then_some(())
        })
        .await;
    assert_eq!(world.ask("rq-0001").await, json!({"pending": {}}));
    // Money may have moved: not even a 404 ends it now.
    world.bank().says(Says::NeverSeen);
    let before = world.bank().asked(&visit.transaction_id).len();
    world.pass(2 * HOUR);
    world.bank().asked_at_least(&visit.transaction_id, before + 1).await;
    assert_eq!(world.ask("rq-0001").await, json!({"pending": {}}));
    assert!(world.google.notifications("rq-0001").is_empty());
}
