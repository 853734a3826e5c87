//! The straight way: both flows, both schemes, with an issuer from the shop and without.

use fantoccini::Locator;
use serde_json::Value;

use super::journey::{Basket, Flow, Page, Scheme};
use super::session::{Browser, Device, browse};

const SCHEMES: [Scheme; 2] = [Scheme::Pgp, Scheme::Jose];

/// The issuers that take 120 rupees: all but the one for small amounts and the one for euros.
const FITTING: [&str; 10] =
    ["BANK_A", "BANK_B", "BANK_D", "BANK_F", "BANK_G", "BANK_H", "BANK_I", "BANK_J", "WALLET_K", "WALLET_L"];

async fn pays_at_a_chosen_issuer(browser: &Browser, basket: Basket) {
    let transaction = browser.buy_and_choose(basket).await;
    assert_eq!(browser.attributes("button[name=issuer]", "value").await, FITTING);
    browser.choose("BANK_B").await;
    assert_eq!(browser.at_bank("BANK_B").await, transaction);
    assert!(browser.text(".amount").await.starts_with("120.00"));
    browser.decide("approve").await;
    browser.agrees("success").await;
}

async fn pays_at_the_shop_s_issuer(browser: &Browser, basket: Basket) {
    browser.buy(basket.at("WALLET_K")).await;
    browser.at_bank("WALLET_K").await;
    browser.decide("approve").await;
    browser.agrees("success").await;
}

#[actix_web::test]
async fn beg_3_the_payer_chooses_an_issuer_and_pays() {
    browse(Device::PHONE, async |browser| {
        for scheme in SCHEMES {
            pays_at_a_chosen_issuer(browser, Basket { scheme, ..Basket::PLAIN }).await;
        }
    })
    .await;
}

#[actix_web::test]
async fn beg_2_with_an_issuer_the_payer_goes_straight_there_and_pays() {
    browse(Device::DESKTOP, async |browser| {
        for scheme in SCHEMES {
            pays_at_the_shop_s_issuer(browser, Basket { scheme, ..Basket::PLAIN }).await;
        }
    })
    .await;
}

#[actix_web::test]
async fn cmp_6_a_generated_url_leads_to_the_choice_and_to_the_same_outcome_everywhere() {
    browse(Device::DESKTOP, async |browser| {
        for scheme in SCHEMES {
            pays_at_a_chosen_issuer(browser, Basket { scheme, flow: Flow::Generate, ..Basket::PLAIN }).await;
        }
    })
    .await;
}

#[actix_web::test]
async fn cmp_6_a_generated_url_with_an_issuer_leads_there_and_to_the_same_outcome_everywhere() {
    browse(Device::PHONE, async |browser| {
        for scheme in SCHEMES {
            pays_at_the_shop_s_issuer(browser, Basket { scheme, flow: Flow::Generate, ..Basket::PLAIN }).await;
        }
    })
    .await;
}

/// The addresses in the answers to generateRedirectPaymentUrl, the latest first.
async fn generated(browser: &Browser) -> Vec<String> {
    let answers = "return [...document.querySelectorAll('.answer pre')].map(answer => answer.textContent)";
    let answers = browser.measure(answers).await;
    let urls = answers.as_array().unwrap().iter().filter_map(|answer| {
        let message: Value = serde_json::from_str(answer.as_str()?).ok()?;
        message.pointer("/result/success/redirectDetails/getMethod/url")?.as_str().map(str::to_owned)
    });
    urls.collect()
}

#[actix_web::test]
async fn gen_1_a_replay_gives_the_same_url_and_it_leads_to_the_same_payment() {
    browse(Device::DESKTOP, async |browser| {
        // The sandbox is shared with other tests: the amount tells this order from theirs.
        let basket = Basket { flow: Flow::Generate, amount: "131.77", ..Basket::PLAIN };
        let transaction = browser.buy_and_choose(basket).await;
        browser.open(browser.sandbox.shop.as_str()).await;
        let row = Locator::XPath("//tr[contains(., '131.77')]//a[starts-with(@href, '/orders/')]");
        browser.chrome().find(row).await.unwrap().click().await.unwrap();
        browser.home().await;
        browser.follow("#replay").await;
        browser.home().await;
        let urls = generated(browser).await;
        assert_eq!(urls.len(), 2, "asked twice");
        assert_eq!(urls[0], urls[1]);
        browser.open(&urls[0]).await;
        browser.at(Page::Choice).await;
        browser.choose("BANK_J").await;
        assert_eq!(browser.at_bank("BANK_J").await, transaction);
        browser.decide("approve").await;
        browser.agrees("success").await;
    })
    .await;
}

#[actix_web::test]
async fn a_payment_in_german_from_the_choice_to_the_shop() {
    browse(Device::PHONE.german(), async |browser| {
        browser.buy_and_choose(Basket::PLAIN).await;
        assert_eq!(browser.find("html").await.attr("lang").await.unwrap().as_deref(), Some("de"));
        assert_eq!(browser.text("h1").await, "120,00 INR bezahlen");
        assert_eq!(browser.text("h2").await, "Bank oder Wallet wählen");
        assert_eq!(browser.text("form[action*='/cancel?'] button").await, "Zahlung abbrechen");
        browser.picture("choice-german").await;
        browser.choose("BANK_A").await;
        browser.at_bank("BANK_A").await;
        browser.decide("approve").await;
        browser.agrees("success").await;
    })
    .await;
}

#[actix_web::test]
async fn a_payment_needs_no_script() {
    browse(Device::PHONE.without_script(), async |browser| {
        // Otherwise this would prove nothing.
        browser.open("data:text/html,<noscript><h1>off</h1></noscript><script>document.title='on'</script>").await;
        assert_eq!((browser.text("h1").await, browser.chrome().title().await.unwrap()), ("off".into(), String::new()));
        browser.buy_and_choose(Basket::FOR_ALL).await;
        browser.fill("#search", "edel").await;
        browser.follow(".search button").await;
        browser.choose("BANK_E").await;
        browser.at_bank("BANK_E").await;
        browser.decide("approve").await;
        browser.agrees("success").await;
    })
    .await;
}
