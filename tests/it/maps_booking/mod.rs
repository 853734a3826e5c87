//! Real-time updates as Google receives them (google-booking-server section 8).
//!
//! The files in `golden` hold our calls for the specification's examples. `UPDATE_GOLDEN=1` writes them anew; look at the
//! difference.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be set up fails")]

mod calls;
mod google;
mod token;

use std::path::Path;
use std::time::Duration;

use roundtrip::crypto::ServiceAccount;
use roundtrip::domain::Timestamp;
use roundtrip::domain::booking::BookingStatus;
use roundtrip::domain::catalog::{MerchantId, ServiceId};
use roundtrip::protocol::maps_booking::{BookingPatch, MapsBooking, MapsBookingSettings};
use serde_json::Value;
use url::Url;

use google::Google;

const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

/// A client that talks to `google`, with a service account or without.
fn client(google: &Google, authenticated: bool) -> MapsBooking {
    at(google.origin(), authenticated.then(|| google.service_account()))
}

fn at(endpoint: Url, service_account: Option<ServiceAccount>) -> MapsBooking {
    let _installed = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let (partner_id, timeout) = ("12345678".to_owned(), Duration::from_secs(20));
    MapsBooking::new(MapsBookingSettings { endpoint, partner_id, service_account, timeout }).unwrap()
}

fn penalised() -> BookingPatch {
    BookingPatch {
        booking_id: "bk_77".to_owned(),
        merchant: MerchantId::parse("spa-1").unwrap(),
        service: ServiceId::parse("massage").unwrap(),
        status: Some(BookingStatus::NoShowPenalized),
        moved: None,
        prepayment: None,
        failure: None,
    }
}

#[track_caller]
fn compare(name: &str, call: &Value) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/maps_booking/golden").join(format!("{name}.json"));
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&file, format!("{}\n", serde_json::to_string_pretty(call).unwrap())).unwrap();
    }
    let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let expected: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(call, &expected, "{name}\nnow: {}", serde_json::to_string_pretty(call).unwrap());
}
