//! Outlook's tokens, keys and signed cards against foreign peers: Python's jwcrypto and a scripted key server
//! (outlook-payments sections 7 and 13).

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test that cannot be set up fails")]

pub(crate) mod foreign;
mod keys;
pub(crate) mod server;

use roundtrip::domain::Timestamp;
use serde_json::{Value, json};

const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);
const AUDIENCE: &str = "3f6c1d52-0c3e-4b55-9a0e-8a0f5f7f6a11";

/// The claims of a genuine external access token (section 7.2).
fn claims() -> Value {
    json!({
        "iss": "https://substrate.office.com/sts/", "aud": AUDIENCE, "appid": "48af08dc-f6d2-435f-b2a7-069abd99c086",
        "sub": "dana@fabrikat.example", "sender": "billing@nordlicht.example",
        "exp": NOW.as_secs() + 30 * 24 * 3600, "nbf": NOW.as_secs() - 60, "iat": NOW.as_secs() - 60,
    })
}
