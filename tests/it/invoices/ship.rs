//! Goods that are sent: the way is chosen in the form that leads on to payment, and is part of the price.

use serde_json::{Value, json};

use super::{Office, draft_with, says};
use crate::harness::Word;

fn shipped(reference: &str, shipping: Value) -> Value {
    draft_with(reference, |draft| draft["shipping"] = shipping)
}

/// Ground to the United States and Canada, express everywhere.
fn ways() -> Value {
    json!({"options": [
        {"id": "ground", "label": "Ground", "amountMicros": 6_900_000, "countries": ["US", "CA"]},
        {"id": "express", "label": "Express", "amountMicros": 24_000_000},
    ]})
}

#[tokio::test]
async fn inv_3_the_way_of_shipping_is_chosen_with_the_bank_and_paid_for() {
    let office = Office::open().await;
    let url = office.invoice(&shipped("INV-1", ways())).await;
    let page = office.page(&url).await;
    says(&page, &["Ground", "INR 6.90", "INR 119.20 in total", "Express", "INR 136.30 in total"], &[]);
    says(&page, &["Only to: United States, Canada", "to be added"], &["(country code)"]);
    assert_eq!(page.attributes("option", "value"), ["", "CA", "US", "other"]);
    let form = page.form(&url, "/pay");
    let fields = [
        ("issuer", "BANK_A"),
        ("way", "ground"),
        ("country", "US"),
        ("address", "1412 Alder Street\r\n\r\n Portland "),
    ];
    let visit = office.world.bank().arrive(&office.world.browser.submit(&form, &fields).await.location());
    assert_eq!(visit.amount_micros, "119200000");
    says(&office.page(&url).await, &["Shipping: Ground", "INR 119.20"], &["to be added"]);
    let (_, page) = office.comes_back(&visit, &Word::APPROVED).await;
    says(&page, &["Shipping: Ground", "INR 119.20", "1412 Alder Street, Portland, United States"], &["to be added"]);
    let seen = office.seen("INV-1").await;
    assert_eq!(seen["payment"]["shippingOption"], "ground");
    assert_eq!(seen["payment"]["shippingAddress"]["addressLine"], json!(["1412 Alder Street", "Portland"]));
}

#[tokio::test]
async fn inv_3_a_way_that_does_not_lead_there_is_refused_and_what_was_entered_stays() {
    let office = Office::open().await;
    let url = office.invoice(&shipped("INV-1", ways())).await;
    let form = office.page(&url).await.form(&url, "/pay");
    for (way, country) in [("ground", "DE"), ("ground", ""), ("ground", "other"), ("ground", "us<"), ("post", "US")] {
        let fields = [("issuer", "BANK_A"), ("way", way), ("country", country), ("address", "Elsewhere 1")];
        let page = office.world.browser.submit(&form, &fields).await;
        assert_eq!((page.status, page.has_location()), (422, false), "{way} {country}");
        says(&page, &["It is not sent there that way", "Nothing was charged", "Elsewhere 1"], &["<script"]);
        assert_eq!(page.choices(), ["BANK_A", "BANK_B"]);
    }
    assert_eq!(office.seen("INV-1").await["state"], "open");
    let fields = [("issuer", "BANK_A"), ("way", "express"), ("country", "other")];
    let visit = office.world.bank().arrive(&office.world.browser.submit(&form, &fields).await.location());
    assert_eq!(visit.amount_micros, "136300000");
}

#[tokio::test]
async fn inv_3_the_only_way_need_not_be_chosen() {
    let office = Office::open().await;
    let url = office.invoice(&shipped("INV-1", json!(true))).await;
    let page = office.page(&url).await;
    says(&page, &["Shipping: Standard shipping", "INR 112.30"], &["type=\"radio\"", "<select", "to be added"]);
    let visit = office.at_bank(&url).await;
    assert_eq!(visit.amount_micros, "112300000");
    says(&office.comes_back(&visit, &Word::APPROVED).await.1, &[">Paid<"], &[]);
}

#[tokio::test]
async fn inv_3_an_issuer_that_does_not_take_the_price_with_shipping_is_not_paid_at() {
    let office = Office::open().await;
    // Without shipping below the first bank's limit of 200,000, with express above it.
    let mut draft = shipped("INV-1", ways());
    draft["lines"][0]["amountMicros"] = json!(199_950_000_000_i64);
    let url = office.invoice(&draft).await;
    let page = office.page(&url).await;
    assert_eq!(page.choices(), ["BANK_A", "BANK_B"]);
    let fields = [("issuer", "BANK_A"), ("way", "express"), ("country", "")];
    let page = office.world.browser.submit(page.form(&url, "/pay"), &fields).await;
    assert_eq!((page.status, page.has_location()), (422, false));
    says(&page, &["This bank or wallet does not take the amount"], &[]);
}
