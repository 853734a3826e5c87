//! Refunds in the console: what was seen is what goes back.

use roundtrip::domain::Role;
use serde_json::json;

use super::{Office, draft};
use crate::console::Visitor;
use crate::harness::{Word, until};

#[actix_web::test]
async fn con_5_what_goes_back_of_an_invoice_is_what_the_page_showed() {
    let console = "[console]\nsecond_factor = \"optional\"\n";
    let office = Office::with(|setup| setup.more.push_str(console)).await;
    let url = office.invoice(&draft("INV-1")).await;
    let visit = office.at_bank(&url).await;
    office.comes_back(&visit, &Word::APPROVED).await;
    until("the invoice is paid", async || (office.seen("INV-1").await["state"] == "paid").then_some(())).await;

    let mut finance = Visitor::signed_in(&office.world, Role::Finance).await;
    let refund = "/console/invoices/INV-1/refund";
    let page = finance.get(refund).await.text();
    let (_, sum) = page.split_once("name=\"sum\" value=\"").expect("the amount that was seen");
    let total: i64 = sum.split('"').next().unwrap().parse().unwrap();
    let seen = finance.last.clone();
    office.act("INV-1", "refund", &json!({"amountMicros": 12_300_000})).await;

    let done = async |count: usize| {
        until("the refunds are done", async || {
            let seen = office.seen("INV-1").await;
            let refunds = seen["refunds"].as_array().unwrap();
            (refunds.len() == count && refunds.iter().all(|refund| refund["state"] == "done")).then_some(())
        })
        .await;
    };
    done(1).await;
    let why = [("why", "sent twice")];
    let answer = finance.submit(refund, &why).await;
    assert_eq!(answer.status, 409, "{}", answer.text());
    finance.sees("Nothing was given back. The invoice has changed");
    finance.sees("You had been told:");
    let amounts = async || -> Vec<i64> {
        let seen = office.seen("INV-1").await;
        let refunds = seen["refunds"].as_array().unwrap().clone();
        refunds.iter().map(|refund| refund["amount"]["amountMicros"].as_str().unwrap().parse().unwrap()).collect()
    };
    assert_eq!(amounts().await, [12_300_000]);

    // From the new page; pressed twice it goes back once.
    let fresh = finance.last.clone();
    assert_eq!(finance.submit(refund, &why).await.status, 303);
    finance.last.clone_from(&fresh);
    assert_eq!(finance.submit(refund, &why).await.status, 303, "the same button: it has its answer");
    assert_eq!(amounts().await, [12_300_000, total - 12_300_000]);
    done(2).await;
    finance.last = seen;
    let answer = finance.submit(refund, &why).await;
    assert_eq!(answer.status, 409, "{}", answer.text());
    assert_eq!(amounts().await.len(), 2);
}
