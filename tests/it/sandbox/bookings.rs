//! The sandbox's booking page, the booking server and the card processor together: every example is booked, paid, changed
//! and told.

use roundtrip::domain::Timestamp;
use serde_json::Value;

use super::location;
use super::town::{Town, Wish};

const START: Timestamp = Timestamp::from_secs(1_800_000_000);

async fn town() -> Town {
    Town::at(START).await
}

/// The body of the last answer of the booking server.
fn answer(case: &Value) -> Value {
    let last = case["exchanges"].as_array().unwrap().last().unwrap();
    serde_json::from_str(last["answer"].as_str().unwrap()).unwrap()
}

/// Whether an update with these words in it was accepted.
fn told(case: &Value, words: &str) -> bool {
    let updates = case["updates"].as_array().unwrap().iter();
    updates.filter(|update| update["status"] == 200).any(|update| update["sent"].as_str().unwrap().contains(words))
}

#[actix_web::test]
async fn every_example_can_be_booked() {
    let town = town().await;
    let cut = Wish { merchant: "corner-salon", ..Wish::of("cut", "none") };
    for (wish, prepayment) in [
        (cut, "PREPAYMENT_NOT_PROVIDED"),
        (Wish::of("massage", "none"), "PREPAYMENT_NOT_PROVIDED"),
        (Wish::of("full", "works"), "PREPAYMENT_PROVIDED"),
        (Wish::of("facial", "works"), "PREPAYMENT_PROVIDED"),
        (Wish::of("couples", "works"), "PREPAYMENT_PROVIDED"),
        (Wish::of("retreat", "works"), "PREPAYMENT_PROVIDED"),
        (Wish::of("consultation", "works"), "PREPAYMENT_NOT_PROVIDED"),
    ] {
        let case = town.case(&town.book(&wish).await).await;
        assert_eq!(case["prepayment"], prepayment, "{wish:?}");
    }
    let pack = town.book(&Wish { option: "yoga-pack-5", ..Wish::of("yoga", "works") }).await;
    let option = answer(&town.case(&pack).await)["user_payment_option"].clone();
    assert_eq!((&option["current_count"], &option["original_count"]), (&4.into(), &5.into()), "{option}");
    let own = format!("own:{}", option["user_payment_option_id"].as_str().unwrap());
    let second = town.book(&Wish { option: &own, days: 4, ..Wish::of("yoga", "none") }).await;
    assert_eq!(answer(&town.case(&second).await)["user_payment_option"]["current_count"], 3);
    let processor = town.processor().await;
    // The full treatment and the pack with 6.75 % tax, and the deposit of the massage for two.
    for charged in ["213.50 USD", "106.75 USD", "25.00 USD"] {
        assert_eq!(processor.matches(charged).count(), 1, "{charged}: {processor}");
    }
}

#[actix_web::test]
async fn a_card_that_is_declined_books_nothing_and_says_so() {
    let town = town().await;
    for card in ["declined", "poor"] {
        let (status, path) = town.ask(&Wish::of("full", card)).await;
        assert_eq!(status, 303);
        let case = town.case(&path).await;
        assert_eq!(case["failure"]["cause"], "PAYMENT_ERROR_CARD_DECLINED", "{card}");
        assert_eq!(case["booking_id"], Value::Null, "{card}");
        assert!(town.page(&path).await.contains("PAYMENT_ERROR_CARD_DECLINED"));
    }
}

#[actix_web::test]
async fn a_challenge_leads_to_the_bank_and_back_to_a_booking_and_one_that_fails_does_not() {
    let town = town().await;
    for (name, answer, passed) in [("Ada Okoro", "pass", true), ("Eve Moss", "fail", false)] {
        let (_, path) = town.ask(&Wish { name, ..Wish::of("full", "3ds") }).await;
        let challenge = town.case(&path).await["failure"]["payment_failure"]["threeds1_parameters"].clone();
        let term_url = format!("http://127.0.0.1:{}{}", town.ports().actions_center, path.replace("bookings", "3ds"));
        assert!(town.page(&path).await.contains(&term_url));
        let acs = challenge["acs_url"].as_str().unwrap();
        let carried = [("TermUrl", term_url.as_str()), ("MD", "md")];
        let asked = town.post(acs, &carried).await.text().await.unwrap();
        assert!(asked.contains("213.50 USD"), "{asked}");
        let thanks = town.post(acs, &[&carried[..], &[("answer", answer)]].concat()).await.text().await.unwrap();
        assert!(thanks.contains(&term_url), "{thanks}");
        let back = town.post(&term_url, &[("PaRes", "proof")]).await;
        assert_eq!(location(&back), path);
        let case = town.case(&path).await;
        assert_eq!(case["status"] == "CONFIRMED", passed, "{answer}: {case:#}");
        assert_eq!(case["booking_id"].is_string(), passed, "{answer}");
    }
}

#[actix_web::test]
async fn cancelling_gives_the_prepayment_back_whoever_cancels_and_google_hears_of_it() {
    let town = town().await;
    let user = town.book(&Wish::of("full", "works")).await;
    town.press(&user, "cancel", "").await;
    let merchant = town.book(&Wish { days: 5, ..Wish::of("full", "works") }).await;
    town.merchant(&merchant, "cancel").await;
    let phone = town.book(&Wish { days: 6, ..Wish::of("full", "works") }).await;
    town.merchant(&phone, "phone").await;
    for path in [user, merchant, phone] {
        let refunded = |case: &Value| case["status"] == "CANCELED" && told(case, "PREPAYMENT_REFUNDED");
        let case = town.becomes(&path, "the refund is told", refunded).await;
        assert_eq!(case["prepayment"], "PREPAYMENT_REFUNDED");
        assert!(case["updates"].as_array().unwrap().iter().all(|update| update["problem"].is_null()), "{case:#}");
    }
    // The spots, too, are told: with the same strictness.
    let inventory = town.inventory().await;
    assert!(inventory.iter().all(|update| update["problem"].is_null()), "{inventory:#?}");
}

#[actix_web::test]
async fn who_does_not_come_pays_the_fee_once_the_slot_has_begun() {
    let town = town().await;
    let case = town.book(&Wish { days: 0, ..Wish::of("facial", "works") }).await;
    let early = town.press(&case, "merchant", "penalize").await;
    assert_eq!(early["exchanges"].as_array().unwrap().last().unwrap()["status"], 409);
    town.pass_until(&case, 1).await;
    town.merchant(&case, "penalize").await;
    town.becomes(&case, "the fee is told", |case| told(case, "NO_SHOW_PENALIZED")).await;
    assert!(town.processor().await.contains("30.00 USD"));
    let other = town.book(&Wish { days: 3, ..Wish::of("massage", "none") }).await;
    town.pass_until(&other, 1).await;
    town.merchant(&other, "no-show").await;
    town.becomes(&other, "the absence is told", |case| case["status"] == "NO_SHOW").await;
}

#[actix_web::test]
async fn a_deposit_that_is_agreed_for_later_is_charged_a_day_before() {
    let town = town().await;
    let case = town.book(&Wish { days: 5, ..Wish::of("retreat", "works") }).await;
    assert!(!town.processor().await.contains("25.00 USD"));
    town.pass_until(&case, -86_399).await;
    crate::harness::until("the deposit is charged", async || {
        town.processor().await.contains("25.00 USD").then_some(())
    })
    .await;
}

#[actix_web::test]
async fn a_restart_keeps_bookings_spots_ports_and_what_the_merchant_may_do() {
    let town = town().await;
    let ports = town.ports();
    let wish = Wish::of("couples", "works");
    let path = town.book(&wish).await;
    let case = town.becomes(&path, "nothing is on its way", |case| case["status"] == "CONFIRMED").await;
    let stranger = Wish { name: "Eve Moss", ..wish };
    assert_eq!(town.ask(&stranger).await.0, 409, "it has one spot");
    let kept = ["roundtrip.toml", "feeds/availability.json", "keys/merchant", "keys/processor/secret"];
    let before = kept.map(|name| std::fs::read(town.path(name)).unwrap());

    let town = town.restarted().await;
    assert_eq!(town.ports(), ports);
    assert_eq!(kept.map(|name| std::fs::read(town.path(name)).unwrap()), before);
    assert_eq!(town.case(&path).await["booking_id"], case["booking_id"]);
    assert_eq!(town.ask(&stranger).await.0, 409, "it still has none");
    assert_eq!(answer(&town.press(&path, "status", "").await)["booking_status"], "CONFIRMED");
    town.merchant(&path, "cancel").await;
    town.becomes(&path, "the deposit is back", |case| told(case, "PREPAYMENT_REFUNDED")).await;
    assert_eq!(town.ask(&stranger).await.0, 303, "the spot is free");
}
