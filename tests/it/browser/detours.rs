//! What payers do beside the straight way. None of it makes a second payment, and none strands the payer.

use super::journey::{Basket, Flow, Page, SILENCE};
use super::session::{Device, browse};

#[actix_web::test]
async fn a_payer_who_cancels_the_choice_is_reported_as_having_left() {
    browse(Device::PHONE, async |browser| {
        browser.buy_and_choose(Basket::PLAIN).await;
        browser.follow("form[action*='/cancel?'] button").await;
        browser.agrees("userExitedPaymentFlow").await;
    })
    .await;
}

#[actix_web::test]
async fn cmp_3_a_decline_reaches_google_with_its_reason_on_every_channel() {
    browse(Device::DESKTOP, async |browser| {
        for (button, outcome) in [("decline:insufficient_funds", "insufficientFunds"), ("decline:", "declinedByIssuer")]
        {
            browser.buy(Basket::PLAIN.at("BANK_D")).await;
            browser.at_bank("BANK_D").await;
            browser.fill("[name=raw_code]", "E 51 ä").await;
            browser.decide(button).await;
            browser.agrees(outcome).await;
            let said = browser.find("#last .answer pre").await.text().await.unwrap();
            assert!(said.contains("E 51 ä"), "the issuer's own code: {said}");
        }
        browser.buy(Basket::PLAIN.at("BANK_D")).await;
        browser.at_bank("BANK_D").await;
        browser.decide("cancel").await;
        browser.agrees("userExitedPaymentFlow").await;
    })
    .await;
}

#[actix_web::test]
async fn the_back_button_from_the_bank_leads_to_the_same_payment() {
    browse(Device::PHONE, async |browser| {
        let transaction = browser.buy_and_choose(Basket::PLAIN).await;
        browser.choose("BANK_A").await;
        browser.at_bank("BANK_A").await;
        browser.chrome().back().await.unwrap();
        assert_eq!(browser.at(Page::AtBank).await, "Taking you to Bank Aurora");
        browser.follow("main a.primary").await;
        assert_eq!(browser.at_bank("BANK_A").await, transaction);
        browser.decide("approve").await;
        browser.home().await;
        // Back from the shop: to the bank's page, which knows that it has decided, and home again.
        browser.chrome().back().await.unwrap();
        browser.follow("#return").await;
        browser.agrees("success").await;
        assert_eq!(browser.arrivals().await, (2, 1), "C1 twice, C2 once");
    })
    .await;
}

#[actix_web::test]
async fn a_choice_that_the_browser_kept_leads_to_the_same_payment() {
    browse(Device::DESKTOP.keeping_pages(), async |browser| {
        let transaction = browser.buy_and_choose(Basket::PLAIN).await;
        browser.choose("BANK_A").await;
        browser.at_bank("BANK_A").await;
        browser.chrome().back().await.unwrap();
        // Short of memory, the browser may have dropped the page after all.
        if browser.count("button[name=issuer]").await > 0 {
            // The first choice holds: the payer arrives there, whatever the old page offered.
            browser.choose("BANK_B").await;
        } else {
            assert_eq!(browser.at(Page::AtBank).await, "Taking you to Bank Aurora");
            browser.follow("main a.primary").await;
        }
        assert_eq!(browser.at_bank("BANK_A").await, transaction);
        browser.decide("approve").await;
        browser.agrees("success").await;
        assert!(!browser.knows("BANK_B", &transaction).await);
    })
    .await;
}

#[actix_web::test]
async fn back_from_the_bank_the_payer_may_still_cancel() {
    browse(Device::DESKTOP, async |browser| {
        browser.buy_and_choose(Basket::PLAIN).await;
        browser.choose("BANK_F").await;
        browser.at_bank("BANK_F").await;
        browser.chrome().back().await.unwrap();
        browser.at(Page::AtBank).await;
        browser.follow("form[action*='/cancel?'] button").await;
        browser.agrees("userExitedPaymentFlow").await;
    })
    .await;
}

#[actix_web::test]
async fn reloads_change_nothing() {
    browse(Device::PHONE, async |browser| {
        let transaction = browser.buy_and_choose(Basket::PLAIN).await;
        browser.chrome().refresh().await.unwrap();
        browser.at(Page::Choice).await;
        assert!(browser.url().await.path().ends_with(&transaction));
        browser.choose("BANK_G").await;
        browser.at_bank("BANK_G").await;
        browser.chrome().refresh().await.unwrap();
        assert_eq!(browser.at_bank("BANK_G").await, transaction);
        browser.decide("approve").await;
        browser.agrees("success").await;
        assert_eq!(browser.arrivals().await, (1, 1));
    })
    .await;
}

#[actix_web::test]
async fn two_tabs_with_different_issuers_make_one_payment() {
    browse(Device::DESKTOP, async |browser| {
        let transaction = browser.buy_and_choose(Basket::PLAIN).await;
        let link = browser.url().await;
        let first = browser.chrome().window().await.unwrap();
        let second = browser.chrome().new_window(true).await.unwrap();
        browser.chrome().switch_to_window(second.handle).await.unwrap();
        browser.open(&link).await;
        browser.at(Page::Choice).await;
        browser.choose("BANK_B").await;
        browser.at_bank("BANK_B").await;
        // The first tab still shows the choice.
        browser.chrome().switch_to_window(first.clone()).await.unwrap();
        browser.choose("BANK_A").await;
        assert_eq!(browser.at_bank("BANK_B").await, transaction, "the first choice holds");
        browser.decide("approve").await;
        browser.agrees("success").await;
        // The second tab still shows the undecided bank.
        let shop = browser.url().await;
        let windows = browser.chrome().windows().await.unwrap();
        let second = windows.into_iter().find(|window| *window != first).unwrap();
        browser.chrome().switch_to_window(second).await.unwrap();
        browser.decide("decline:risk").await;
        assert_eq!(browser.text("#outcome").await, "approved", "decided once");
        browser.follow("#return").await;
        browser.home().await;
        assert_eq!(browser.url().await, shop, "the same order");
        assert_eq!(browser.text("#agreement").await, "3 channels agree: success.");
        assert!(browser.knows("BANK_B", &transaction).await);
        assert!(!browser.knows("BANK_A", &transaction).await, "nobody else was asked to take it");
    })
    .await;
}

#[actix_web::test]
async fn a_bookmarked_link_leads_home_when_all_is_over() {
    browse(Device::DESKTOP, async |browser| {
        for flow in [Flow::Begin, Flow::Generate] {
            browser.buy_and_choose(Basket { flow, ..Basket::PLAIN }).await;
            let bookmark = browser.url().await;
            browser.choose("BANK_I").await;
            browser.at_bank("BANK_I").await;
            browser.decide("approve").await;
            browser.agrees("success").await;
            let order = browser.url().await;
            browser.open(&bookmark).await;
            browser.home().await;
            assert_eq!(browser.url().await, order);
            assert_eq!(browser.text("#agreement").await, "3 channels agree: success.");
            assert_eq!(browser.arrivals().await, (2, 1), "C1 again, C2 not");
            browser.follow("#reopen").await;
            browser.home().await;
            assert_eq!(browser.arrivals().await, (3, 1), "the start leads home as well");
        }
    })
    .await;
}

#[actix_web::test]
async fn a_bank_that_decides_later_is_pending_first_and_success_then() {
    browse(Device::PHONE, async |browser| {
        browser.buy(Basket::PLAIN.at("BANK_H")).await;
        browser.at_bank("BANK_H").await;
        browser.fill("[name=delay]", "1").await;
        browser.decide("later").await;
        browser.home().await;
        let [returned, _, _] = browser.channels().await;
        assert_eq!(returned, "pending");
        browser
            .eventually("C2", async || {
                let [_, notified, _] = browser.channels().await;
                (notified != SILENCE).then(|| assert_eq!(notified, "success"))
            })
            .await;
        assert_eq!(browser.poll().await, "success");
        assert_eq!(browser.text("#agreement").await, "2 channels agree: success.");
    })
    .await;
}

#[actix_web::test]
async fn a_payer_whose_payment_is_pending_finds_out_by_the_old_link() {
    browse(Device::PHONE, async |browser| {
        browser.buy_and_choose(Basket::PLAIN).await;
        let link = browser.url().await;
        browser.choose("BANK_A").await;
        browser.at_bank("BANK_A").await;
        let bank = browser.url().await;
        browser.select("[name=then]", "pending").await;
        browser.decide("later").await;
        browser.home().await;
        assert_eq!(browser.poll().await, "pending");
        browser.open(&link).await;
        assert_eq!(browser.at(Page::NotConfirmed).await, "Your bank has not confirmed yet");
        browser.follow("main a.primary").await;
        browser.at(Page::NotConfirmed).await;
        browser.follow("main a.secondary").await;
        browser.home().await;
        assert_eq!(browser.text("#verdict").await, "open");
        // The bank makes up its mind, and the payer checks again.
        browser.open(&bank).await;
        browser.select("[name=event]", "before").await;
        browser.decide("approve").await;
        browser.home().await;
        browser.open(&link).await;
        browser.home().await;
        assert_eq!(browser.poll().await, "success");
        assert_eq!(browser.text("#agreement").await, "3 channels agree: success.");
    })
    .await;
}

#[actix_web::test]
async fn a_payer_whom_the_bank_never_sends_back_is_not_stranded() {
    browse(Device::DESKTOP, async |browser| {
        browser.buy_and_choose(Basket::PLAIN).await;
        let link = browser.url().await;
        browser.choose("BANK_B").await;
        browser.at_bank("BANK_B").await;
        browser.decide("approve_event_only").await;
        browser.find("#outcome").await;
        browser.open(&link).await;
        browser.agrees("success").await;
    })
    .await;
}

#[actix_web::test]
async fn a_return_that_comes_twice_is_one_payment() {
    browse(Device::PHONE, async |browser| {
        browser.buy(Basket::PLAIN.at("BANK_A")).await;
        browser.at_bank("BANK_A").await;
        browser.decide("approve_twice").await;
        browser.agrees("success").await;
        assert_eq!(browser.arrivals().await.1, 1, "one notification");
    })
    .await;
}

#[actix_web::test]
async fn a_differing_amount_is_no_success_and_the_payer_is_told() {
    browse(Device::PHONE, async |browser| {
        browser.buy(Basket::PLAIN.at("BANK_A")).await;
        browser.at_bank("BANK_A").await;
        browser.decide("approve_other_amount").await;
        assert_eq!(browser.at(Page::NotConfirmed).await, "Your bank has not confirmed yet");
        let lead = browser.text("p.lead").await;
        assert!(lead.contains("reported an amount that differs"), "{lead}");
        browser.follow("main a.secondary").await;
        browser.home().await;
        assert_eq!(browser.poll().await, "pending");
        assert_eq!(browser.channels().await, ["pending", SILENCE, "pending"]);
        assert_eq!(browser.text("#verdict").await, "open");
    })
    .await;
}

#[actix_web::test]
async fn a_differing_amount_is_told_in_german() {
    browse(Device::DESKTOP.german(), async |browser| {
        browser.buy(Basket::PLAIN.at("BANK_A")).await;
        browser.at_bank("BANK_A").await;
        browser.decide("approve_other_amount").await;
        assert_eq!(browser.at(Page::NotConfirmed).await, "Ihre Bank hat noch nicht bestätigt");
        assert_eq!(browser.find("html").await.attr("lang").await.unwrap().as_deref(), Some("de"));
        let lead = browser.text("p.lead").await;
        assert!(lead.starts_with("Bank Aurora hat einen Betrag gemeldet, der von dieser Zahlung abweicht."), "{lead}");
        assert_eq!(browser.text("main a.secondary").await, "Zurück zum Shop");
        browser.picture("not-confirmed-differs-german").await;
    })
    .await;
}
