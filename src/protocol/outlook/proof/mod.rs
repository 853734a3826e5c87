//! The rules of the payment pane, each on its own, and the specification's own examples.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot be set up fails")]

mod complete;
mod examples;
mod mail;
mod random;
mod rules;

use std::sync::Arc;

use serde_json::Value;
use url::Url;
use uuid::Uuid;

use super::*;
use crate::domain::invoice::{Content, InvoiceReference, Line, Recipient, ShippingWay};
use crate::domain::{Currency, Day, Language, Money, Timestamp, TransactionId};

const NOW: Timestamp = Timestamp::from_secs(1_546_600_000);

/// The invoice of the specification's examples.
fn content() -> Content {
    let line = |label: &str, micros| Line { label: label.into(), micros };
    let way = |id: &str, label: &str, micros| ShippingWay {
        id: id.into(),
        label: label.into(),
        micros,
        countries: vec!["US".into()],
    };
    Content {
        id: TransactionId::from_uuid(Uuid::from_u128(1)),
        reference: InvoiceReference::parse("INV-2019-0447").unwrap(),
        recipient: Recipient {
            name: "Dana Lindqvist".into(),
            email: "dana.lindqvist@fabrikat.example".into(),
            language: Language::English,
        },
        lines: vec![line("Torque wrench 40-200 Nm", 84_500_000), line("Calibration certificate", 19_000_000)],
        tax_micros: Some(8_800_000),
        total: Money::new(112_300_000, Currency::parse("USD").unwrap()),
        due: Day::parse("2019-02-03").unwrap(),
        shipping: vec![way("ground", "Ground (4-6 days)", 6_900_000), way("express", "Express (next day)", 18_400_000)],
        nonce: Arc::from("p3Vq9sXw2LkT"),
        created_at: NOW,
    }
}

fn account() -> Account {
    Account {
        originator: "b7a1e6f0-2f0f-4a55-8c1c-6f1d0c0e9a42".to_owned(),
        merchant_id: "3f6c1d52-0c3e-4b55-9a0e-8a0f5f7f6a11".to_owned(),
        display_id: "d2b4c7aa-9f40-4a3f-b7c0-1f6a2e7d5c90".to_owned(),
        name: "Nordlicht Werkzeug GmbH".to_owned(),
        logo: None,
        test: true,
        networks: Account::NETWORKS.to_vec(),
        types: Account::TYPES.to_vec(),
    }
}

fn page() -> Url {
    Url::parse("https://pay.nordlicht.example/i/INV-2019-0447").unwrap()
}

/// What a file of `golden` holds: the specification's text.
macro_rules! golden {
    ($name:literal) => {
        include_str!(concat!("golden/", $name, ".json"))
    };
}
use golden;

fn value(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}
