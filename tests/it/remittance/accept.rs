//! Acceptance: a decision about money, by named people (API sections 6.5 and 6.6).

use serde_json::{Value, json};

use super::{Booked, account, office, problem};
use crate::harness::remittance::{Statement, Told, amount, captured};
use crate::harness::{Setup, World};

const RUPEE: i64 = 1_000_000;
const ACCEPT: &str = "acceptRemittanceStatement";

/// A hundred rupees with fees of two, as our books have it.
async fn right(world: &World, id: &str) {
    world.book(&[Booked::capture(&format!("rq-{id}"), 100 * RUPEE)]).await;
    let events = vec![captured(&format!("rq-{id}"), 100 * RUPEE, 2 * RUPEE)];
    world.reconciled(&Statement::new(id, 98 * RUPEE, events), "Matched").await;
}

/// One event with ten rupees too many, two that nobody knows.
async fn wrong(world: &World) {
    world.book(&[Booked::capture("ten-more", 100 * RUPEE)]).await;
    let events = vec![
        captured("ten-more", 110 * RUPEE, 0),
        captured("stranger-1", 5 * RUPEE, 0),
        captured("stranger-2", 7 * RUPEE, 0),
    ];
    world.reconciled(&Statement::new("stmt-1", 122 * RUPEE, events), "Disputed").await;
}

/// Every acceptance that Google heard about a statement; the outbox is empty.
async fn heard(world: &World, id: &str) -> Vec<(String, Value)> {
    world.settled().await;
    let calls = world.google.statements.heard(ACCEPT, id);
    calls.into_iter().map(|heard| (heard.method, heard.clear)).collect()
}

#[actix_web::test]
async fn only_people_with_the_role_and_the_scope_accept() {
    let world = office(account("")).await;
    right(&world, "stmt-1").await;
    let accept = async |headers: &[(&'static str, &str)]| world.accept_as(headers, "stmt-1", &json!({})).await;
    assert_eq!(accept(&[]).await.status, 401);
    assert_eq!(accept(&[("authorization", "Bearer who")]).await.status, 401);
    for (who, word) in [
        ("reader", "statements:write"),
        ("payments", "statements:write"),
        ("nobody", "a person has to decide"),
        ("eve", "role"),
    ] {
        let (status, text) = problem(&world.accept(who, "stmt-1", &json!({})).await);
        assert_eq!(status, 403, "{who}: {text}");
        assert!(text.contains(word), "{who}: {text}");
    }
    assert_eq!(world.json("statements/stmt-1").await["state"], "Matched");
    for (path, who) in
        [("statements", "payments"), ("statements/stmt-1", "payments"), ("statements/stmt-1/findings", "payments")]
    {
        assert_eq!(world.api(who, path).await.status, 403, "{path}");
        assert_eq!(world.api("who", path).await.status, 401, "{path}");
        let public = world.get(format!("{}/api/v1/{path}", world.public_url())).await;
        assert_eq!(public.status, 404, "{path} is not for the public");
    }
    assert_eq!(
        world.accept("vouched-for", "stmt-1", &json!({})).await.status,
        202,
        "the operator vouches for the name"
    );
}

#[actix_web::test]
async fn rem_3_the_acceptance_names_the_statement_by_its_notification_and_goes_out_once() {
    let world = office(account("")).await;
    right(&world, "stmt-1").await;
    for who in ["ann", "ann", "bob"] {
        let page = world.accept(who, "stmt-1", &json!({})).await;
        assert_eq!(page.status, 202, "{}", page.text());
        let body: Value = serde_json::from_slice(&page.body).unwrap();
        assert_eq!(body, json!({"statementId": "stmt-1", "state": "Accepted", "secondPersonNeeded": false}));
    }
    let heard = heard(&world, "stmt-1").await;
    let [(method, clear)] = heard.as_slice() else { panic!("{heard:?}") };
    assert_eq!((method.as_str(), &clear["statementId"]), (ACCEPT, &json!("stmt-1")));
    let mut members: Vec<&String> = clear.as_object().unwrap().keys().collect();
    members.sort();
    assert_eq!(members, ["requestHeader", "statementId"]);
    let shown = world.json("statements/stmt-1").await;
    assert_eq!(shown["acceptance"]["toldGoogle"], true);
    assert_eq!(shown["approvals"][0]["user"], "ann");
    assert_eq!(shown["approvals"].as_array().unwrap().len(), 1);
}

#[actix_web::test]
async fn rem_3_a_lost_acknowledgement_is_asked_for_again_with_the_same_id() {
    let world = office(account("")).await;
    right(&world, "stmt-1").await;
    world.google.statements.accepting(|_, before| match before {
        0 => Told::Nothing,
        1 => Told::Status(503),
        _ => Told::Members(json!({"result": {"success": {}}})),
    });
    assert_eq!(world.accept("ann", "stmt-1", &json!({})).await.status, 202);
    world
        .pass_until(60_000, "Google has acknowledged", async || {
            let shown = world.json("statements/stmt-1").await;
            (shown["acceptance"]["toldGoogle"] == true).then_some(())
        })
        .await;
    let ids: Vec<Value> =
        heard(&world, "stmt-1").await.iter().map(|(_, clear)| clear["requestHeader"]["requestId"].clone()).collect();
    assert_eq!(ids.len(), 3);
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
}

#[actix_web::test]
async fn every_difference_needs_a_reason() {
    let world = office(account("")).await;
    wrong(&world).await;
    let (status, text) = problem(&world.accept("ann", "stmt-1", &json!({})).await);
    assert_eq!(status, 409);
    assert!(text.contains("unknown, amount_differs"), "{text}");
    let (status, text) = problem(&world.accept("ann", "stmt-1", &json!({"reasons": {"unknown": "asked"}})).await);
    assert!(status == 409 && text.contains("amount_differs") && !text.contains("unknown"), "{status} {text}");
    // One of the two unknown events is not both.
    let one = json!({"reasons": {"amount_differs": "typed", "stranger-1": "asked"}});
    let (status, text) = problem(&world.accept("ann", "stmt-1", &one).await);
    assert!(status == 409 && text.contains("unknown"), "{status} {text}");
    for (bad, word) in [
        (json!({"reasons": {"stranger-9": "asked"}}), "reasons.stranger-9"),
        (json!({"reasons": {"unknown": " "}}), "reasons.unknown"),
        (json!({"reasons": {"unknown": "x".repeat(1_001)}}), "reasons.unknown"),
        (json!({"reason": {}}), "reason"),
        (json!({"feeToVatRatioMicros": 1_000_001}), "feeToVatRatioMicros"),
        (json!({"feeToVatRatioMicros": "-1"}), "feeToVatRatioMicros"),
        (json!({"feeToVatRatioMicros": "ten"}), "feeToVatRatioMicros"),
        (json!([]), "acceptance"),
    ] {
        let (status, text) = problem(&world.accept("ann", "stmt-1", &bad).await);
        assert!(status == 400 && text.contains(word), "{bad}: {status} {text}");
    }
    assert!(heard(&world, "stmt-1").await.is_empty());
    let by_event =
        json!({"reasons": {"ten-more": "typed wrong", "stranger-1": "asked Google", "stranger-2": "asked Google"}});
    assert_eq!(world.accept("ann", "stmt-1", &by_event).await.status, 202);
    assert_eq!(heard(&world, "stmt-1").await.len(), 1);
    assert_eq!(world.balance("suspense").await, i128::from(22 * RUPEE));
}

#[actix_web::test]
async fn a_reason_for_a_kind_covers_all_of_its_events() {
    let world = office(account("")).await;
    wrong(&world).await;
    let reasons = json!({"reasons": {"unknown": "asked Google", "amount_differs": "typed wrong"}});
    assert_eq!(world.accept("ann", "stmt-1", &reasons).await.status, 202);
    let shown = world.json("statements/stmt-1").await;
    assert_eq!(shown["findings"]["unknown"]["reason"], "asked Google");
    assert_eq!(shown["approvals"][0]["reasons"], reasons["reasons"]);
    assert_eq!(world.accept("ann", "stmt-9", &reasons).await.status, 404);
}

#[actix_web::test]
async fn above_the_limit_two_persons_accept() {
    let world = office(account("two_persons_above_micros = 50000000")).await;
    right(&world, "stmt-1").await;
    let first = world.accept("ann", "stmt-1", &json!({})).await;
    let body: Value = serde_json::from_slice(&first.body).unwrap();
    assert_eq!((first.status, &body["state"], &body["secondPersonNeeded"]), (202, &json!("Matched"), &json!(true)));
    let (status, text) = problem(&world.accept("ann", "stmt-1", &json!({})).await);
    assert!(status == 409 && text.contains("second person"), "{status} {text}");
    let (status, text) = problem(&world.accept("bob", "stmt-1", &json!({"feeToVatRatioMicros": 150_000})).await);
    assert!(status == 409 && text.contains("another modification"), "{status} {text}");
    assert!(heard(&world, "stmt-1").await.is_empty(), "Google knows nothing yet");
    assert_eq!(world.accept("bob", "stmt-1", &json!({})).await.status, 202);
    assert_eq!(heard(&world, "stmt-1").await.len(), 1);
    let shown = world.json("statements/stmt-1").await;
    let users: Vec<&Value> = shown["approvals"].as_array().unwrap().iter().map(|one| &one["user"]).collect();
    assert_eq!(users, ["ann", "bob"]);
}

#[actix_web::test]
async fn an_idempotency_key_makes_a_retry_the_same_request() {
    let world = office(account("two_persons_above_micros = 1")).await;
    right(&world, "stmt-1").await;
    let accept = async |body: &Value| {
        let headers = [("authorization", "Bearer ann"), ("idempotency-key", "k-1")];
        world.accept_as(&headers, "stmt-1", body).await.status
    };
    assert_eq!(accept(&json!({})).await, 202);
    assert_eq!(accept(&json!({})).await, 202, "answered again, and no second approval");
    assert_eq!(accept(&json!({"reasons": {}})).await, 409, "another content");
    assert_eq!(world.json("statements/stmt-1").await["approvals"].as_array().unwrap().len(), 1);
}

#[actix_web::test]
async fn rem_4_a_share_of_the_fees_becomes_vat_half_even() {
    let world = office(account("")).await;
    right(&world, "stmt-1").await;
    // 6.25 % of 2.00 is 0.125: to 0.12.
    let page = world.accept("ann", "stmt-1", &json!({"feeToVatRatioMicros": "62500"})).await;
    assert_eq!(page.status, 202, "{}", page.text());
    let heard = heard(&world, "stmt-1").await;
    let [(method, clear)] = heard.as_slice() else { panic!("{heard:?}") };
    assert_eq!(method, "acceptRemittanceStatementWithModifications");
    assert_eq!(clear["feeToVatModification"], json!({"vatToFeeRatioInMicros": "62500"}));
    let shown = world.json("statements/stmt-1").await;
    assert_eq!(
        (&shown["state"], &shown["acceptance"]["feeToVatRatioMicros"]),
        (&json!("AcceptedWithModifications"), &json!("62500"))
    );
    assert_eq!((world.balance("vat").await, world.balance("fee_income").await), (-120_000, -1_880_000));
}

#[actix_web::test]
async fn a_modified_total_is_read_from_either_place_and_is_what_is_transferred() {
    let world = office(account("")).await;
    let modified = amount(99 * RUPEE, "INR");
    let places = [
        json!({"result": {"success": {}}, "modifiedTotalDueByIntegrator": modified}),
        json!({"result": {"success": {"modifiedTotalDueByIntegrator": modified}}}),
    ];
    for (number, place) in places.into_iter().enumerate() {
        let id = format!("stmt-{number}");
        right(&world, &id).await;
        world.google.statements.accepting(move |_, _| Told::Members(place.clone()));
        let rate = json!({"settlementExchangeRateModification": {"rate": "1.01"}, "feeToVatRatioMicros": 1_000});
        assert_eq!(world.accept("ann", &id, &rate).await.status, 202);
        let heard = heard(&world, &id).await;
        let both = json!({
            "feeToVatModification": {"vatToFeeRatioInMicros": "1000"},
            "settlementExchangeRateModification": {"rate": "1.01"},
        });
        assert_eq!(heard[0].1["feeToVatAndSettlementExchangeRateModification"], both);
        let shown = world.json(&format!("statements/{id}")).await;
        assert_eq!(shown["acceptance"]["modifiedTotalDueByIntegrator"], modified);
        assert_eq!(
            (&shown["toBeTransferred"], &shown["totalDueByIntegrator"]),
            (&modified, &amount(98 * RUPEE, "INR"))
        );
        world.pass(1_000);
    }
    assert_eq!(world.balance("suspense").await, i128::from(2 * RUPEE), "what the rate costs, until finance knows");
}

#[actix_web::test]
async fn a_matched_statement_is_accepted_by_itself_where_the_account_says_so() {
    let world = office(account("auto_accept = true\ntwo_persons_above_micros = 99000000")).await;
    world.book(&[Booked::capture("rq-1", 100 * RUPEE)]).await;
    let events = vec![captured("rq-1", 100 * RUPEE, 2 * RUPEE)];
    world.reconciled(&Statement::new("stmt-1", 98 * RUPEE, events), "Accepted").await;
    assert_eq!(heard(&world, "stmt-1").await.len(), 1);
    let approval = &world.json("statements/stmt-1").await["approvals"][0];
    assert_eq!((&approval["user"], &approval["automatic"]), (&Value::Null, &json!(true)));
    // Not above the limit, and not with a difference.
    world.book(&[Booked::capture("rq-2", 100 * RUPEE)]).await;
    let large = Statement::new("stmt-2", 100 * RUPEE, vec![captured("rq-2", 100 * RUPEE, 0)]).earlier(1);
    world.reconciled(&large, "Matched").await;
    wrong_one(&world).await;
    assert_eq!(heard(&world, "stmt-2").await.len() + heard(&world, "stmt-3").await.len(), 0);
}

async fn wrong_one(world: &World) {
    let statement = Statement::new("stmt-3", RUPEE, vec![captured("stranger", RUPEE, 0)]).earlier(2);
    world.reconciled(&statement, "Disputed").await;
}

#[actix_web::test]
async fn nothing_is_accepted_before_it_is_reconciled() {
    let world = office(Setup::pgp()).await;
    let statement = Statement::new("stmt-1", RUPEE, vec![captured("rq-1", RUPEE, 0)]);
    world.announce_after(&statement, |_, _| Some(Told::Status(503))).await;
    let (status, text) = problem(&world.accept("ann", "stmt-1", &json!({})).await);
    assert!(status == 409 && text.contains("not reconciled yet"), "{status} {text}");
    let (status, text) = problem(&world.api("ann", "statements/stmt-1/report.csv").await);
    assert!(status == 409 && text.contains("Fetching"), "{status} {text}");
}

/// The same id in two accounts is two statements.
#[actix_web::test]
async fn an_id_of_two_accounts_needs_the_account() {
    let world = office(account("").with(|setup| {
        let second = setup.accounts[0].clone();
        setup.accounts.push(crate::harness::settings::AccountSetup { piaid: "Other_INR".to_owned(), ..second });
    }))
    .await;
    let statement = Statement::new("stmt-1", 0, Vec::new());
    world.reconciled(&statement, "Matched").await;
    let called = world.peers[1]
        .call(
            &world.browser,
            &world.public_url(),
            "remittanceStatementNotification",
            &statement.notification(&world.peers[1]),
        )
        .await;
    assert_eq!(called.status(), 200);
    assert_eq!(world.api("ann", "statements/stmt-1").await.status, 409);
    let shown = world.json("statements/stmt-1?account=Other_INR").await;
    assert_eq!(shown["paymentIntegratorAccountId"], "Other_INR");
    let listed = world.json("statements?account=Other_INR").await;
    assert_eq!(listed["statements"].as_array().unwrap().len(), 1);
}
