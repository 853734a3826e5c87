//! The admin API of invoices (contract section 6).

use serde_json::{Value, json};

use super::{Office, TOKEN, draft, draft_with};
use crate::harness::browser::Page;
use crate::harness::{DAY, Word, until};

impl Office {
    async fn listed(&self, query: &str) -> Value {
        let authorization = format!("Bearer {TOKEN}");
        let url = format!("{}/api/v1/invoices?{query}", self.world.nodes[0].admin);
        let page = self.world.browser.get_with(url, &[("authorization", &authorization)]).await;
        assert_eq!(page.status, 200, "{}", page.text());
        serde_json::from_slice(&page.body).unwrap()
    }
}

fn detail(page: &Page) -> String {
    let problem: Value = serde_json::from_slice(&page.body).unwrap();
    assert_eq!(page.headers["content-type"], "application/problem+json");
    problem["detail"].as_str().unwrap().to_owned()
}

fn references(list: &Value) -> Vec<&str> {
    list["invoices"].as_array().unwrap().iter().map(|listed| listed["reference"].as_str().unwrap()).collect()
}

#[actix_web::test]
async fn contract_6_an_invoice_is_made_once_by_its_reference() {
    let office = Office::open().await;
    let made = office.api("", &draft("INV-1")).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let first: Value = serde_json::from_slice(&made.body).unwrap();
    assert_eq!((first["reference"].as_str(), first["state"].as_str()), (Some("INV-1"), Some("open")));
    assert_eq!(first["total"], json!({"amountMicros": "112300000", "currencyCode": "INR"}));
    assert_eq!(office.world.get(&first["hostedUrl"].as_str().unwrap().parse::<url::Url>().unwrap()).await.status, 200);

    office.world.clock.advance(DAY);
    let again = office.api("", &draft("INV-1")).await;
    let second: Value = serde_json::from_slice(&again.body).unwrap();
    assert_eq!((again.status, &second["createdAtMs"]), (201, &first["createdAtMs"]), "the same invoice");

    let other = office.api("", &draft_with("INV-1", |draft| draft["taxMicros"] = json!(0))).await;
    assert_eq!(other.status, 409, "{}", other.text());
    assert_eq!(office.seen("INV-1").await["taxMicros"], json!(8_800_000), "nothing has changed");
}

#[actix_web::test]
async fn contract_6_a_draft_that_cannot_be_names_its_field_and_stores_nothing() {
    let office = Office::open().await;
    for (broken, field) in [
        (draft_with("INV-1", |draft| draft["recipient"]["email"] = json!("nobody")), "recipient.email"),
        (draft_with("INV-1", |draft| draft["lines"] = json!([])), "lines"),
        (draft_with("INV-1", |draft| draft["lines"][0]["amountMicros"] = json!(1)), "lines[0].amountMicros"),
        (draft_with("INV-1", |draft| draft["dueDate"] = json!("31.01.2025")), "dueDate"),
        (draft_with("INV-1", |draft| draft["currency"] = json!("rupees")), "currency"),
        (draft_with("INV-1", |draft| draft["memo"] = json!("x")), "memo"),
        (json!([]), "body"),
    ] {
        let refused = office.api("", &broken).await;
        assert_eq!(refused.status, 400, "{field}");
        assert!(detail(&refused).starts_with(&format!("{field}: expected")), "{}", refused.text());
    }
    assert!(references(&office.listed("").await).is_empty());
}

#[actix_web::test]
async fn contract_6_only_tokens_with_the_scope_come_in_and_what_is_not_there_is_not_found() {
    let office = Office::open().await;
    let url = format!("{}/api/v1/invoices", office.world.nodes[0].admin);
    assert_eq!(office.world.browser.get(&url).await.status, 401);
    let wrong = [("authorization", "Bearer rt_wrong")];
    assert_eq!(office.world.browser.get_with(&url, &wrong).await.status, 401);
    let public = format!("{}/api/v1/invoices", office.world.nodes[0].public);
    assert_eq!(office.world.browser.get(&public).await.status, 404, "not on the public listener");
    for act in ["send", "cancel", "refund"] {
        let missing = office.api(&format!("/NONE/{act}"), &json!({})).await;
        assert_eq!(missing.status, 404, "{act}");
    }
    // Who decides is a person: this token is nobody's.
    office.invoice(&draft("INV-1")).await;
    assert_eq!(office.api("/INV-1/mark-paid", &json!({"note": "B-1"})).await.status, 403);
}

#[actix_web::test]
async fn contract_6_lists_are_filtered_and_paged() {
    let office = Office::open().await;
    for number in 1..=5 {
        let due = if number == 2 { "2024-12-01" } else { "2025-01-31" };
        office.invoice(&draft_with(&format!("INV-{number}"), |draft| draft["dueDate"] = json!(due))).await;
        office.world.clock.advance(1_000);
    }
    office.act("INV-4", "cancel", &json!({})).await;
    let first = office.listed("limit=2").await;
    assert_eq!(references(&first), ["INV-5", "INV-4"]);
    let cursor = first["nextCursor"].as_str().unwrap();
    let second = office.listed(&format!("limit=2&cursor={cursor}")).await;
    assert_eq!(references(&second), ["INV-3", "INV-2"]);
    let cursor = second["nextCursor"].as_str().unwrap();
    let last = office.listed(&format!("limit=2&cursor={cursor}")).await;
    assert_eq!((references(&last), &last["nextCursor"]), (vec!["INV-1"], &Value::Null));
    assert_eq!(references(&office.listed("state=cancelled").await), ["INV-4"]);
    assert_eq!(references(&office.listed("overdue=true").await), ["INV-2"]);
    assert_eq!(references(&office.listed("reference=INV-3").await), ["INV-3"]);
}

#[actix_web::test]
async fn contract_6_what_is_cancelled_or_paid_is_neither_sent_nor_cancelled() {
    let office = Office::open().await;
    office.invoice(&draft("INV-1")).await;
    office.act("INV-1", "send", &json!({})).await;
    assert_eq!(office.letters("INV-1", 1).await.len(), 1);
    office.act("INV-1", "cancel", &json!({})).await;
    office.act("INV-1", "cancel", &json!({})).await;
    assert_eq!(office.api("/INV-1/send", &json!({})).await.status, 409);
    assert_eq!(office.api("/INV-1/refund", &json!({})).await.status, 409);
    assert_eq!(office.seen("INV-1").await["state"], "cancelled");
}

#[actix_web::test]
async fn contract_6_what_was_paid_at_a_bank_goes_back_there_in_parts_and_never_more() {
    let office = Office::open().await;
    let url = office.invoice(&draft("INV-1")).await;
    let visit = office.at_bank(&url).await;
    office.comes_back(&visit, &Word::APPROVED).await;
    until("the invoice is paid", async || (office.seen("INV-1").await["state"] == "paid").then_some(())).await;
    assert_eq!(office.api("/INV-1/cancel", &json!({})).await.status, 409);

    office.act("INV-1", "refund", &json!({"amountMicros": 12_300_000})).await;
    let too_much = office.api("/INV-1/refund", &json!({"amountMicros": "100000001000"})).await;
    assert_eq!(too_much.status, 409, "{}", too_much.text());
    assert_eq!(office.api("/INV-1/refund", &json!({"amountMicros": -1})).await.status, 400);
    office.act("INV-1", "refund", &json!({})).await;
    until("both refunds are done", async || {
        let seen = office.seen("INV-1").await;
        let refunds = seen["refunds"].as_array().unwrap().clone();
        (refunds.len() == 2 && refunds.iter().all(|refund| refund["state"] == "done")).then_some(())
    })
    .await;
    assert_eq!(office.api("/INV-1/refund", &json!({})).await.status, 409, "nothing is left");
    let balance = office.world.nodes[0].store.ledger_balance().await.unwrap();
    assert!(balance.is_sound());
    let owed = balance.accounts.iter().find(|sum| sum.account == "payable_to_biller").map(|sum| sum.micros);
    assert_eq!(owed, Some(0));
    assert!(office.world.nodes[0].store.ledger_disagreements().await.unwrap().is_empty());
}
