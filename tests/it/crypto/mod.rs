//! The sealing of messages, proven against foreign implementations: GnuPG and Python's jwcrypto.

#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a failing test may panic")]

mod gpg;
mod jose;
mod openpgp;
mod vectors;

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::{URL_SAFE, URL_SAFE_NO_PAD};
use roundtrip::crypto::{
    Carrier, GeneratedKey, JoseAlgorithms, Keyring, NewOpenPgpKey, OpenError, Opened, Opener, Scheme, generate_openpgp,
    load_own_keys, load_peer_keys,
};
use roundtrip::domain::Timestamp;
use roundtrip::ports::{Clock, SystemClock};

const BODY: &[u8] = br#"{"requestHeader":{"requestId":"rq-1"},"text":"K\u00f6ln \u00e4\u00f6\u00fc"}"#;
const DAY_MS: i64 = 24 * 3600 * 1000;

fn now() -> Timestamp {
    SystemClock.now()
}

fn new_openpgp(user_id: &str) -> GeneratedKey {
    generate_openpgp(&NewOpenPgpKey { user_id, bits: 2048, valid_days: 365, created: now().plus_millis(-60_000) })
        .expect("a key")
}

fn ring(scheme: Scheme, own: &[&[u8]], peers: &[&[u8]]) -> Keyring {
    let own = own.iter().flat_map(|file| load_own_keys(scheme, file).expect("own key")).collect();
    let peers = peers.iter().flat_map(|file| load_peer_keys(scheme, file).expect("peer key")).collect();
    Keyring::new(scheme, own, peers, JoseAlgorithms::default()).expect("a ring")
}

fn open_with(ring: Keyring, wire: &str) -> Result<Opened, OpenError> {
    Opener::new(vec![Arc::new(ring)]).open(wire.as_bytes(), Carrier::Body, now())
}

fn to_wire(message: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(message)
}

fn from_wire(wire: &str) -> Vec<u8> {
    URL_SAFE.decode(wire).expect("padded base64url")
}
