//! What a page must be like on a phone and on a desktop: readable, reachable, labelled.

use fantoccini::key::Key;
use roundtrip::crypto::{Purpose, UrlKey, UrlKeys};
use roundtrip::domain::Timestamp;
use serde_json::Value;
use url::Url;

use super::journey::{Basket, Page};
use super::session::{Browser, Device, browse};

/// Lists everything that is wrong with the page that stands, by the rules that can be measured.
const FAULTS: &str = r"
const faults = [];
const all = query => [...document.querySelectorAll(query)];
const show = element => element.outerHTML.slice(0, 120);
const seen = element => element.checkVisibility() && element.getClientRects().length > 0;
if (!document.documentElement.lang) faults.push('no language');
if (!document.title.trim()) faults.push('no title');
if (all('h1').length !== 1) faults.push(`${all('h1').length} h1`);
if (all('main').length !== 1) faults.push(`${all('main').length} main`);
if (all('script').length) faults.push('a script');
const headings = all('h1,h2,h3,h4').map(heading => Number(heading.tagName[1]));
headings.forEach((level, at) => {
  if (level > (headings[at - 1] ?? 0) + 1) faults.push(`heading ${level} after ${headings[at - 1] ?? 'nothing'}`);
});
for (const element of all('*')) {
  for (const {name} of element.attributes) if (/^on|^style$/.test(name)) faults.push(`${name} in ${show(element)}`);
}
for (const image of all('img')) {
  if (!image.hasAttribute('alt')) faults.push(`no alt: ${show(image)}`);
  if (!image.complete || !image.naturalWidth) faults.push(`not loaded: ${show(image)}`);
}
for (const field of all('input:not([type=hidden]),select,textarea')) {
  if (!field.labels.length || !field.labels[0].innerText.trim()) faults.push(`no label: ${show(field)}`);
}
for (const control of all('button,a,summary')) {
  if (!control.innerText.trim()) faults.push(`no name: ${show(control)}`);
}
const ids = all('[id]').map(element => element.id);
ids.filter((id, at) => ids.indexOf(id) !== at).forEach(id => faults.push(`id ${id} twice`));
const wide = document.scrollingElement;
if (wide.scrollWidth > innerWidth) {
  const widest = all('body *').filter(element => element.getBoundingClientRect().right > innerWidth).map(show);
  faults.push(`${wide.scrollWidth} wide in ${innerWidth}: ${widest.slice(0, 3)}`);
}
for (const control of all('button,a.button,a.primary,a.secondary,input:not([type=hidden],[type=radio]),select').filter(seen)) {
  const {width, height} = control.getBoundingClientRect();
  if (height < 44 || width < 44) faults.push(`${width} by ${height}: ${show(control)}`);
}
for (const target of all('a,button,summary,label.option').filter(seen)) {
  const {height} = target.getBoundingClientRect();
  if (height < 24) faults.push(`${height} high: ${show(target)}`);
}
for (const text of all('body *').filter(seen).filter(element => [...element.childNodes].some(node => node.nodeType === 3 && node.data.trim()))) {
  if (parseFloat(getComputedStyle(text).fontSize) < 13) faults.push(`small: ${show(text)}`);
}
return faults;
";

/// Everything that can be reached by the Tab key, in the order of the page.
const REACHABLE: &str = "[...document.querySelectorAll('a[href],button,input:not([type=hidden]),select,summary')]";

/// The page that stands breaks none of the rules that can be measured.
pub async fn is_sound(browser: &Browser, name: &str) {
    let faults = browser.measure(FAULTS).await;
    assert_eq!(faults, Value::Array(vec![]), "{name}");
    browser.picture(name).await;
}

/// As [`is_sound`], and at 320 pixels too (WCAG 2.2, 1.4.10), and the Tab key goes through the page in its order with
/// the focus in sight (2.4.3, 2.4.7).
async fn is_good(browser: &Browser, device: Device, name: &str) {
    is_sound(browser, name).await;
    browser.colours("dark").await;
    browser.picture(&format!("{name}-dark")).await;
    browser.colours("light").await;
    browser.resize(320).await;
    assert_eq!(browser.measure(FAULTS).await, Value::Array(vec![]), "{name} at 320");
    browser.resize(device.width).await;
    let count = browser.measure(&format!("return {REACHABLE}.length")).await.as_u64().unwrap();
    for at in 0..count {
        browser.press(Key::Tab).await;
        let focused = format!(
            "const style = getComputedStyle(document.activeElement);
            return [{REACHABLE}.indexOf(document.activeElement), style.outlineStyle, parseFloat(style.outlineWidth) >= 2]"
        );
        assert_eq!(browser.measure(&focused).await, serde_json::json!([at, "solid", true]), "{name}");
    }
}

/// Takes a page that tells nothing of any transaction: the browser logs its status, and nothing else.
async fn is_neutral(browser: &Browser, url: &Url, (status, name): (u16, &str)) {
    browser.open(url).await;
    browser.at(Page::Neutral).await;
    is_sound(browser, name).await;
    assert_eq!(browser.count("main a, main form").await, 0, "{name}");
    let complaints = browser.complaints().await;
    let [complaint] = complaints.as_slice() else { panic!("{name}: {complaints:?}") };
    assert!(complaint.contains(&format!("status of {status}")), "{name}: {complaint}");
}

/// A genuine link to our page, long over.
fn expired(browser: &Browser, transaction: &str) -> Url {
    let settings: toml::Table = String::from_utf8(browser.sandbox.read("roundtrip.toml")).unwrap().parse().unwrap();
    let key = &settings["signing"]["keys"][0];
    let secret = browser.sandbox.read(key["secret_file"].as_str().unwrap());
    let keys = UrlKeys::new(vec![UrlKey::from_file(key["id"].as_str().unwrap(), &secret).unwrap()]).unwrap();
    let link = browser.sandbox.server.join(&format!("pay/{transaction}")).unwrap();
    keys.sign(Purpose::Pay, link, Timestamp::from_secs(1_000_000_000))
}

async fn every_payer_page_is_good(device: Device) {
    browse(device, async |browser| {
        let transaction = browser.buy_and_choose(Basket::FOR_ALL).await;
        let link = browser.url().await;
        is_good(browser, device, "choice").await;
        browser.fill("#search", "wallet").await;
        browser.follow(".search button").await;
        is_good(browser, device, "choice-found").await;
        browser.fill("#search", "no such bank <b>").await;
        browser.follow(".search button").await;
        is_good(browser, device, "choice-nothing").await;

        browser.open(&link).await;
        browser.choose("BANK_E").await;
        browser.at_bank("BANK_E").await;
        browser.open(&link).await;
        browser.at(Page::AtBank).await;
        is_good(browser, device, "taking-you-to-your-bank").await;

        browser.follow("main a.primary").await;
        browser.at_bank("BANK_E").await;
        browser.select("[name=then]", "pending").await;
        browser.decide("later").await;
        browser.home().await;
        browser.open(&link).await;
        browser.at(Page::NotConfirmed).await;
        is_good(browser, device, "not-confirmed-pending").await;

        browser.buy(Basket::PLAIN.at("BANK_A")).await;
        browser.at_bank("BANK_A").await;
        browser.decide("approve_other_amount").await;
        browser.at(Page::NotConfirmed).await;
        is_good(browser, device, "not-confirmed-differs").await;
        browser.nothing_was_blocked().await;

        let mut forged = link.clone();
        forged.set_query(Some(&link.query().unwrap().replace("sig=", "sig=x")));
        is_neutral(browser, &forged, (403, "neutral-refused")).await;
        is_neutral(browser, &expired(browser, &transaction), (410, "neutral-expired")).await;
        let nowhere = browser.sandbox.server.join("nowhere").unwrap();
        is_neutral(browser, &nowhere, (404, "neutral-not-found")).await;
    })
    .await;
}

#[actix_web::test]
async fn beg_6_the_payer_s_pages_are_good_on_a_phone() {
    every_payer_page_is_good(Device::PHONE).await;
}

#[actix_web::test]
async fn beg_6_the_payer_s_pages_are_good_on_a_desktop() {
    every_payer_page_is_good(Device::DESKTOP).await;
}

async fn every_stand_in_is_sound(device: Device) {
    browse(device, async |browser| {
        browser.open(browser.sandbox.shop.as_str()).await;
        is_sound(browser, "shop").await;
        browser.buy(Basket::PLAIN.at("BANK_D")).await;
        browser.at_bank("BANK_D").await;
        is_sound(browser, "bank").await;
        browser.decide("decline:over_limit").await;
        browser.agrees("chargeExceedsTransactionLimit").await;
        is_sound(browser, "order-declined").await;
        browser.buy(Basket::PLAIN.at("BANK_D")).await;
        browser.at_bank("BANK_D").await;
        browser.decide("approve").await;
        browser.agrees("success").await;
        is_sound(browser, "order-paid").await;
        browser.open(browser.sandbox.issuers.as_str()).await;
        is_sound(browser, "issuers").await;
        browser.open(browser.sandbox.shop.as_str()).await;
        is_sound(browser, "shop-with-orders").await;
    })
    .await;
}

/// The card processor's pages, with everything on them.
async fn the_processor_is_sound(device: Device) {
    let processor = crate::processor::busy().await;
    browse(device, async |browser| {
        browser.open(processor.endpoint().as_str()).await;
        is_sound(browser, "processor").await;
        browser.follow("main a[href^='/challenge/']").await;
        is_sound(browser, "challenge").await;
        browser.follow("button[value=pass]").await;
        is_sound(browser, "challenge-passed").await;
    })
    .await;
}

#[actix_web::test]
async fn the_processor_s_pages_are_sound_on_a_phone() {
    the_processor_is_sound(Device::PHONE).await;
}

#[actix_web::test]
async fn the_processor_s_pages_are_sound_on_a_desktop() {
    the_processor_is_sound(Device::DESKTOP).await;
}

#[actix_web::test]
async fn the_sandbox_s_pages_are_sound_on_a_phone() {
    every_stand_in_is_sound(Device::PHONE).await;
}

#[actix_web::test]
async fn the_sandbox_s_pages_are_sound_on_a_desktop() {
    every_stand_in_is_sound(Device::DESKTOP).await;
}

#[actix_web::test]
async fn beg_6_the_search_narrows_twelve_issuers_and_choosing_still_works() {
    browse(Device::PHONE, async |browser| {
        let transaction = browser.buy_and_choose(Basket::FOR_ALL).await;
        assert_eq!(browser.count("button[name=issuer]").await, 12);
        // Enter in the field searches and chooses nothing.
        browser.fill("#search", "WALLET").await;
        browser.leaves(async || browser.press(Key::Enter).await).await;
        assert_eq!(browser.text(".result .status").await, "2 of 12 shown");
        assert_eq!(browser.attributes("button[name=issuer]", "value").await, ["WALLET_K", "WALLET_L"]);
        browser.follow(".result button").await;
        browser.find("button[value=BANK_A]").await;
        assert_eq!(browser.count("button[name=issuer]").await, 12);
        browser.fill("#search", "nobody").await;
        browser.follow(".search button").await;
        let status = browser.text(".result .status").await;
        assert!(status.starts_with("Nothing found for “nobody”."), "{status}");
        assert_eq!(browser.count("button[name=issuer]").await, 0);
        browser.fill("#search", "lotus").await;
        browser.follow(".search button").await;
        // By the keyboard alone: from the found issuer's button.
        browser.find("button[value=WALLET_L]").await;
        browser.measure("document.querySelector('.result button').focus()").await;
        browser.press(Key::Tab).await;
        browser.leaves(async || browser.press(Key::Enter).await).await;
        assert_eq!(browser.at_bank("WALLET_L").await, transaction);
        browser.decide("approve").await;
        browser.agrees("success").await;
    })
    .await;
}
