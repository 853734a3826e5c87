//! What Google asks the booking server (google-booking-server sections 4 and 5).

use serde_json::{Value, json};

use super::book::Case;
use super::catalog::{Catalog, Slot};
use crate::crypto::{random_bytes, random_token};

/// What the user pays with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Card {
    /// In the form.
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    /// The processor's test token; none for no card.
    token: Option<&'static str>,
}

/// Every card of the form. The tokens are the processor's own for tests.
pub(super) const CARDS: [Card; 6] = [
    Card { name: "none", title: "No card", token: None },
    Card { name: "works", title: "Card that works", token: Some("tok_visa") },
    Card { name: "declined", title: "Card that is declined", token: Some("tok_chargeDeclined") },
    Card { name: "poor", title: "Card without money", token: Some("tok_chargeDeclinedInsufficientFunds") },
    Card { name: "3ds", title: "Card that needs 3-D Secure", token: Some("tok_threeDSecureRequired") },
    Card { name: "amex", title: "American Express", token: Some("tok_amex") },
];

/// Who books what, as the form says it.
pub(super) struct Wanted<'a> {
    pub(super) merchant: &'a str,
    pub(super) service: &'a str,
    pub(super) slot: &'a Slot,
    pub(super) name: &'a str,
    pub(super) card: Card,
    /// A payment option to buy.
    pub(super) option: Option<&'a str>,
    /// A pack or membership to use.
    pub(super) owned: Option<&'a str>,
}

/// The same name is the same user.
pub(super) fn user_id(name: &str) -> String {
    let name = name.to_lowercase();
    let letters = name.chars().map(|letter| if letter.is_alphanumeric() { letter } else { '-' });
    format!("u-{}", letters.collect::<String>())
}

/// CreateBooking (section 5.1). Each call makes a request of its own: fresh idempotency and payment tokens.
pub(super) fn create_booking(catalog: &Catalog, wanted: &Wanted<'_>) -> Value {
    let (given, family) = wanted.name.split_once(' ').unwrap_or((wanted.name, "Example"));
    let key = (wanted.merchant, wanted.service);
    let mut request = json!({
        "slot": wanted.slot.message(wanted.merchant, wanted.service),
        "user_information": {
            "user_id": user_id(wanted.name), "given_name": given, "family_name": family,
            "telephone": "+1 415-736-0000", "email": "user@example.com",
        },
        "payment_information": catalog.payment_information(key, wanted.slot, wanted.option),
        "idempotency_token": u64::from_be_bytes(random_bytes()).to_string(),
    });
    if let Some(owned) = wanted.owned {
        request["payment_information"]["user_payment_option_id"] = json!(owned);
    }
    if let Some(token) = wanted.card.token {
        // With something behind it the token is for one use, as those of people are.
        let alphanumeric: String = random_token().chars().filter(char::is_ascii_alphanumeric).take(12).collect();
        let token = json!({"id": format!("{token}_{alphanumeric}"), "object": "token"});
        request["payment_processing_parameters"] =
            json!({"payment_processor": "stripe", "unparsed_payment_method_token": token.to_string()});
    }
    request
}

/// CreateBooking again, after a 3DS1 challenge (section 6.8).
pub(super) fn after_challenge(case: &Case, pa_response: &str) -> Value {
    let mut request = case.wish.request.clone();
    request["payment_information"]["pa_response"] = json!(pa_response);
    let merchant_data = case.challenge().and_then(|challenge| challenge.get("md_merchant_data"));
    if let Some(merchant_data) = merchant_data {
        request["payment_information"]["md_merchant_data"] = merchant_data.clone();
    }
    request
}

/// BatchAvailabilityLookup (section 4.2).
pub(super) fn lookup<'a>(key: (&str, &str), slots: impl Iterator<Item = &'a Slot>) -> Value {
    let (merchant, service) = key;
    json!({"merchant_id": merchant, "slot_time": slots.map(|slot| slot.slot_time(service)).collect::<Vec<_>>()})
}

/// UpdateBooking to CANCELED (section 5.2).
pub(super) fn cancel(booking: &str) -> Value {
    json!({"booking": {"booking_id": booking, "status": "CANCELED"}})
}

/// UpdateBooking to another slot of the same service (section 5.2).
pub(super) fn change_slot(booking: &str, case: &Case, slot: &Slot) -> Value {
    json!({"booking": {"booking_id": booking, "slot": slot.message(&case.wish.merchant, &case.wish.service)}})
}
