//! What merchants are paid, and the bank's statement that shows it (contract section 6).

use serde_json::{Value, json};

use super::spa::{FULL_MICROS, Spa, Wanted};

const PAYOUTS: &str = "merchants/spa-1/payouts";

fn payout(reference: &str, micros: i64) -> Value {
    json!({"reference": reference, "amountMicros": micros.to_string(), "currency": "USD"})
}

/// A bank statement with two entries: what the processor sent came, and what the merchant is owed left.
fn bank_statement(came: &str, left: &str) -> String {
    let entry = |reference: &str, direction: &str, text: &str| {
        format!(
            "<Ntry><Amt Ccy=\"USD\">213.50</Amt><CdtDbtInd>{direction}</CdtDbtInd><Sts>BOOK</Sts>\
             <BookgDt><Dt>2025-01-02</Dt></BookgDt><AcctSvcrRef>{reference}</AcctSvcrRef>\
             <NtryDtls><TxDtls><RmtInf><Ustrd>{text}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>"
        )
    };
    format!(
        "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.02\"><BkToCstmrStmt><Stmt><Id>S1</Id>\
         <Acct><Id><IBAN>DE02120300000000202051</IBAN></Id></Acct>{}{}</Stmt></BkToCstmrStmt></Document>",
        entry("b-1", "CRDT", came),
        entry("b-2", "DBIT", left),
    )
}

#[actix_web::test]
async fn a_merchant_is_owed_what_its_guests_paid_until_it_is_paid_out() {
    let spa = Spa::open().await;
    let nothing = spa.desk(PAYOUTS).await;
    assert_eq!((&nothing["payouts"], &nothing["owed"]), (&json!([]), &json!([])), "{nothing}");
    spa.book(&Wanted::paid("t-1", "full", 0, "tok_visa_1")).await;
    let owed = |micros: i64| json!([{"amountMicros": micros.to_string(), "currencyCode": "USD"}]);
    assert_eq!(spa.desk(PAYOUTS).await["owed"], owed(FULL_MICROS));
    for _ in 0..2 {
        let page = spa.decide(PAYOUTS, &payout("2025-01", 200_000_000)).await;
        assert_eq!(page.status, 202, "{}", page.text());
        spa.pass(1_000);
    }
    assert_eq!(spa.decide(PAYOUTS, &payout("2025-01", 1)).await.status, 409, "another amount");
    let listed = spa.desk(PAYOUTS).await;
    assert_eq!((listed["payouts"].as_array().unwrap().len(), &listed["owed"]), (1, &owed(13_500_000)));
    assert_eq!(listed["payouts"][0]["recordedBy"], "ann");
    assert_eq!(spa.balance("payable_to_merchant:spa-1").await, -13_500_000);

    let take_back = format!("{PAYOUTS}/2025-01/take-back");
    assert_eq!(spa.decide(&take_back, &json!({"why": " "})).await.status, 400);
    for _ in 0..2 {
        assert_eq!(spa.decide(&take_back, &json!({"why": "the bank returned it"})).await.status, 202);
    }
    assert_eq!(spa.decide(PAYOUTS, &payout("2025-01", 200_000_000)).await.status, 409, "taken back");
    let listed = spa.desk(PAYOUTS).await;
    let shown = &listed["payouts"][0];
    assert_eq!((&shown["state"], &shown["takenBackBy"]), (&json!("TakenBack"), &json!("ann")), "{listed}");
    assert_eq!((&shown["why"], &listed["owed"]), (&json!("the bank returned it"), &owed(FULL_MICROS)));
    assert_eq!(spa.balance("suspense").await, 0);
}

#[actix_web::test]
async fn payouts_are_the_business_of_people_who_may_and_of_merchants_that_exist() {
    let spa = Spa::open().await;
    for (path, body) in [
        ("merchants/nobody/payouts", payout("r", 1)),
        ("merchants/spa-1/payouts/unknown/take-back", json!({"why": "typed wrong"})),
        ("merchants/nobody/payouts/r/take-back", json!({"why": "typed wrong"})),
    ] {
        assert_eq!(spa.decide(path, &body).await.status, 404, "{path}");
    }
    assert_eq!(spa.desk_page("merchants/nobody/payouts").await.status, 404);
    for body in [
        json!({}),
        payout("", 1),
        payout("r", 0),
        payout("r", -1),
        json!({"reference": "r", "amountMicros": "1.5", "currency": "USD"}),
        json!({"reference": "r", "amountMicros": 1, "currency": "dollars"}),
        json!({"reference": "r", "amountMicros": 1, "currency": "USD", "colour": "red"}),
    ] {
        assert_eq!(spa.decide(PAYOUTS, &body).await.status, 400, "{body}");
    }
    let url = format!("{}/api/v1/{PAYOUTS}", spa.nodes[0].admin);
    assert_eq!(spa.browser.get(&url).await.status, 401);
    let program = spa.program().await;
    let headers = [("authorization", program.as_str()), ("content-type", "application/json")];
    let page = spa.browser.post(url, &headers, payout("r", 1).to_string()).await;
    assert_eq!(page.status, 403, "a program is nobody");
    let public = format!("{}/api/v1/{PAYOUTS}", spa.nodes[0].public);
    assert_eq!(spa.browser.get(public).await.status, 404);
    assert_eq!(spa.desk(PAYOUTS).await["payouts"], json!([]));
}

/// The processor's payout and ours to the merchant are in the bank's account once: when the bank says so.
#[actix_web::test]
async fn money_under_way_is_in_the_banks_account_once_its_statement_shows_it() {
    let spa = Spa::open().await;
    spa.book(&Wanted::paid("t-1", "full", 0, "tok_visa_1")).await;
    spa.processor.owner.pay_out().unwrap();
    spa.all_heard().await;
    assert_eq!((spa.balance("bank").await, spa.balance("suspense").await), (0, FULL_MICROS));
    assert_eq!(spa.decide(PAYOUTS, &payout("2025-01", FULL_MICROS)).await.status, 202);
    assert_eq!((spa.balance("bank").await, spa.balance("suspense").await), (0, 0));
    let url = format!("{}/api/v1/bank/statements", spa.nodes[0].admin);
    let page = spa.browser.post(url, &[("authorization", super::spa::BEARER)], bank_statement("STRIPE", "rent")).await;
    assert_eq!(page.status, 200, "{}", page.text());
    let told: Value = serde_json::from_slice(&page.body).unwrap();
    assert_eq!((&told["booked"], &told["unexplained"]), (&json!(2), &json!(2)), "nothing says what they are: {told}");
    for account in ["bank", "suspense", "processor_receivable", "payable_to_merchant"] {
        assert_eq!(spa.balance(account).await, 0, "{account}: it came and it left");
    }
}

#[actix_web::test]
async fn a_transfer_with_a_payouts_reference_and_amount_is_that_payout() {
    let spa = Spa::open().await;
    spa.book(&Wanted::paid("t-1", "full", 0, "tok_visa_1")).await;
    spa.processor.owner.pay_out().unwrap();
    spa.all_heard().await;
    assert_eq!(spa.decide(PAYOUTS, &payout("2025-01", FULL_MICROS)).await.status, 202);
    let po = spa.processor.owner.payouts().remove(0);
    let file = bank_statement(&format!("STRIPE {po}"), "spa one 2025-01 thank you");
    let url = format!("{}/api/v1/bank/statements", spa.nodes[0].admin);
    for booked in [2, 0] {
        let page = spa.browser.post(url.clone(), &[("authorization", super::spa::BEARER)], file.clone()).await;
        let told: Value = serde_json::from_slice(&page.body).unwrap();
        let counted = (&told["booked"], &told["matched"], &told["unexplained"]);
        assert_eq!(counted, (&json!(booked), &json!(2), &json!(0)), "{told}");
    }
    for account in ["bank", "suspense"] {
        assert_eq!(spa.balance(account).await, 0, "{account}: recognising books nothing");
    }
}
