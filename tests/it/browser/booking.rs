//! Appointments in Chromium: the booking page, the bank's question who pays, and back; and how these pages look.

use super::looks::is_sound;
use super::session::{Browser, Device, browse};

impl Browser {
    /// Opens a service of the booking page.
    async fn service(&self, service: &str) {
        self.open(self.sandbox.appointments.as_str()).await;
        self.follow(&format!("a.button[href$='service={service}']")).await;
    }

    /// Fills in the form of the service that stands: its first open slot.
    async fn fill_in(&self, name: &str, card: &str) {
        self.click("label.option:has([name=slot]:not([disabled]))").await;
        self.fill("[name=name]", name).await;
        self.select("[name=card]", card).await;
    }

    /// Books and pays a class.
    pub(super) async fn books_yoga(&self, name: &str) {
        self.service("yoga").await;
        self.fill_in(name, "works").await;
        self.follow("#book").await;
        self.says("#verdict", "CONFIRMED").await;
    }

    /// Waits until the page of the booking says so.
    async fn says(&self, css: &str, wanted: &str) {
        self.eventually(wanted, async || (self.text(css).await == wanted).then_some(())).await;
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

/// Each device is a person of its own: nobody books a slot twice.
async fn a_treatment_is_prepaid_with_a_challenge_and_cancelled(device: Device, name: &str) {
    browse(device, async |browser| {
        browser.service("full").await;
        assert_eq!(browser.text("#terms").await, "200.00 USD · paid when booked");
        browser.fill_in(name, "3ds").await;
        looks(browser, device, "booking-service").await;
        browser.follow("#book").await;
        assert_eq!(browser.text("#verdict").await, "waits for 3-D Secure");
        looks(browser, device, "booking-challenged").await;

        browser.follow("#acs").await;
        assert_eq!(browser.url().await.origin(), browser.sandbox.processor.origin());
        assert_eq!(browser.text(".amount").await, "213.50 USD");
        looks(browser, device, "booking-bank").await;
        browser.follow("button[value=pass]").await;
        looks(browser, device, "booking-bank-passed").await;
        browser.follow("main form button").await;

        assert_eq!(browser.url().await.origin(), browser.sandbox.appointments.origin());
        browser.says("#verdict", "CONFIRMED").await;
        assert_eq!(browser.text("#prepayment").await, "PREPAYMENT_PROVIDED");
        looks(browser, device, "booking-confirmed").await;

        browser.follow("#cancel").await;
        browser.says("#verdict", "CANCELED").await;
        browser.says("#prepayment", "PREPAYMENT_REFUNDED").await;
        browser.eventually("the update", async || (browser.count("#updates details").await > 0).then_some(())).await;
        assert_eq!(browser.text("#updates .status").await, "200");
        browser.click("#updates summary").await;
        looks(browser, device, "booking-cancelled").await;
    })
    .await;
}

#[actix_web::test]
async fn bk_6_8_a_treatment_is_prepaid_with_a_challenge_and_cancelled_on_a_phone() {
    a_treatment_is_prepaid_with_a_challenge_and_cancelled(Device::PHONE, "Pat Phone").await;
}

#[actix_web::test]
async fn bk_6_8_a_treatment_is_prepaid_with_a_challenge_and_cancelled_on_a_desktop() {
    a_treatment_is_prepaid_with_a_challenge_and_cancelled(Device::DESKTOP, "Dee Desk").await;
}

async fn every_page_of_bookings_is_sound(device: Device, name: &str) {
    browse(device, async |browser| {
        browser.service("yoga").await;
        browser.fill_in(name, "works").await;
        browser.select("[name=option]", "yoga-pack-5").await;
        looks(browser, device, "booking-pack").await;
        browser.follow("#book").await;
        browser.says("#verdict", "CONFIRMED").await;
        looks(browser, device, "booking-pack-bought").await;
        browser.service("yoga").await;
        looks(browser, device, "booking-pack-owned").await;
        browser.service("facial").await;
        browser.fill_in(name, "declined").await;
        browser.follow("#book").await;
        assert_eq!(browser.text("#verdict").await, "PAYMENT_ERROR_CARD_DECLINED");
        looks(browser, device, "booking-declined").await;
        browser.open(browser.sandbox.appointments.as_str()).await;
        looks(browser, device, "booking-home").await;
        browser.open(browser.sandbox.processor.as_str()).await;
        looks(browser, device, "booking-processor").await;
    })
    .await;
}

#[actix_web::test]
async fn the_booking_page_s_pages_are_sound_on_a_phone() {
    every_page_of_bookings_is_sound(Device::PHONE, "Pia Phone").await;
}

#[actix_web::test]
async fn the_booking_page_s_pages_are_sound_on_a_desktop() {
    every_page_of_bookings_is_sound(Device::DESKTOP, "Dan Desk").await;
}
