//! Invoices in Chromium: made, mailed, and paid from the mail, by card in Outlook's pane or by redirect on the hosted page; and
//! how the stand-in's pages look.

use super::looks::is_sound;
use super::session::{Browser, Device, browse};

impl Browser {
    /// Makes an invoice, and opens its mail. The reference.
    async fn is_billed(&self, example: &str) -> String {
        self.open(self.sandbox.mail.as_str()).await;
        self.select("[name=example]", example).await;
        self.follow("#make").await;
        let reference = self.text("h1").await;
        assert_eq!(self.text("#state").await, "open");
        self.open(self.sandbox.mail.as_str()).await;
        self.eventually("the mail", async || {
            let subjects = self.chrome().find_all(fantoccini::Locator::Css("a.subject")).await.unwrap();
            for subject in subjects {
                if subject.text().await.unwrap_or_default().contains(&reference) {
                    self.leaves(async || subject.click().await.unwrap()).await;
                    return Some(());
                }
            }
            None
        })
        .await;
        reference
    }

    async fn invoice_is(&self, reference: &str, state: &str) {
        self.open(self.sandbox.mail.join(&format!("invoices/{reference}")).unwrap()).await;
        self.eventually(state, async || (self.text("#state").await == state).then_some(())).await;
    }
}

/// Looks at the page, and on a phone at a narrow one too.
async fn looks(browser: &Browser, device: Device, name: &str) {
    is_sound(browser, name).await;
    if device.width < 400 {
        browser.resize(360).await;
        is_sound(browser, &format!("{name}-narrow")).await;
        browser.resize(device.width).await;
    }
}

async fn an_invoice_is_paid_by_card_from_its_mail(device: Device) {
    browse(device, async |browser| {
        browser.open(browser.sandbox.mail.as_str()).await;
        looks(browser, device, "outlook-inbox").await;
        let reference = browser.is_billed("shipping").await;
        looks(browser, device, "outlook-mail").await;
        browser.follow("#review").await;
        assert_eq!(browser.text("h1").await, "Pay your invoice");
        looks(browser, device, "outlook-pane-1").await;
        browser.follow("#confirm").await;
        assert_eq!(browser.text("#total").await, "112.30 USD*");
        browser.select("[name=place]", "bouvet").await;
        browser.follow("#ship").await;
        browser.find("#problem").await;
        looks(browser, device, "outlook-pane-2-refused").await;
        browser.select("[name=place]", "portland").await;
        browser.follow("#ship").await;
        browser.select("[name=option]", "express").await;
        browser.follow("#choose").await;
        assert_eq!(browser.text("#total").await, "130.70 USD");
        looks(browser, device, "outlook-pane-2").await;
        browser.select("[name=card]", "declined").await;
        browser.follow("#pay").await;
        assert_eq!(
            (browser.text("#result").await.as_str(), browser.text("#code").await.as_str()),
            ("fail", "card_declined")
        );
        looks(browser, device, "outlook-pane-3-declined").await;
        browser.follow("#back").await;
        browser.select("[name=card]", "good").await;
        browser.follow("#pay").await;
        assert_eq!(browser.text("#result").await, "success");
        looks(browser, device, "outlook-pane-3-paid").await;
        assert_eq!(browser.count(".complaints").await, 0);
        browser.invoice_is(&reference, "paid").await;
        looks(browser, device, "outlook-invoice-paid").await;
        browser.open(browser.sandbox.mail.as_str()).await;
        looks(browser, device, "outlook-inbox-full").await;
    })
    .await;
}

#[actix_web::test]
async fn c7_an_invoice_is_paid_by_card_from_its_mail_on_a_phone() {
    an_invoice_is_paid_by_card_from_its_mail(Device::PHONE).await;
}

#[actix_web::test]
async fn c7_an_invoice_is_paid_by_card_from_its_mail_on_a_desktop() {
    an_invoice_is_paid_by_card_from_its_mail(Device::DESKTOP).await;
}

/// The mail's own link is the way for whoever has no Outlook (section 3.1).
async fn an_invoice_is_paid_by_redirect_from_the_link_in_its_mail(device: Device) {
    browse(device, async |browser| {
        let reference = browser.is_billed("plain").await;
        browser.follow("#alone").await;
        browser.picture("invoice-mail").await;
        browser.follow("a[href*='/invoices/']").await;
        assert_eq!(browser.url().await.origin(), browser.sandbox.server.origin());
        is_sound(browser, "invoice-page").await;
        // The first form leads on to payment (contract section 3).
        browser.follow("form button[value=BANK_A]").await;
        browser.at_bank("BANK_A").await;
        browser.decide("approve").await;
        assert_eq!(browser.url().await.origin(), browser.sandbox.server.origin());
        is_sound(browser, "invoice-paid").await;
        browser.invoice_is(&reference, "paid").await;
    })
    .await;
}

#[actix_web::test]
async fn m3_an_invoice_is_paid_by_redirect_from_the_link_in_its_mail_on_a_phone() {
    an_invoice_is_paid_by_redirect_from_the_link_in_its_mail(Device::PHONE).await;
}

#[actix_web::test]
async fn m3_an_invoice_is_paid_by_redirect_from_the_link_in_its_mail_on_a_desktop() {
    an_invoice_is_paid_by_redirect_from_the_link_in_its_mail(Device::DESKTOP).await;
}

/// A click on the link within the frame leads out of it.
#[actix_web::test]
async fn a_link_in_the_framed_mail_leads_to_the_hosted_page() {
    browse(Device::DESKTOP, async |browser| {
        browser.is_billed("german").await;
        browser.chrome().clone().enter_frame(0).await.unwrap();
        browser.click("a[href*='/invoices/']").await;
        browser.chrome().clone().enter_parent_frame().await.unwrap();
        browser.find("html[lang=de]").await;
        assert_eq!(browser.url().await.origin(), browser.sandbox.server.origin());
    })
    .await;
}
