//! Key files of both sides, made once for all tests of the process.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, OnceLock};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use roundtrip::crypto::{
    JoseAlgorithms, JwkKind, Keyring, NewJwk, NewOpenPgpKey, Scheme, generate_jwk, generate_openpgp, load_own_keys,
    load_peer_keys,
};
use roundtrip::domain::Timestamp;

use super::{DAY, START_MS};

/// A pair of key files.
pub(crate) struct KeyFiles {
    /// What its owner keeps.
    pub(crate) private: String,
    /// What the other side gets.
    pub(crate) public: String,
}

/// The key files of `owner` (`ours`, `google`, or whatever else a test thinks up). The same for the same name.
pub(crate) fn key_files(scheme: Scheme, owner: &str) -> Arc<KeyFiles> {
    made(scheme, owner, Timestamp::from_millis(START_MS - 30 * DAY))
}

/// The same, but valid in the machine's own time, for servers that run by it.
pub(crate) fn key_files_of_today(scheme: Scheme, owner: &str) -> Arc<KeyFiles> {
    use roundtrip::ports::{Clock as _, SystemClock};
    made(scheme, &format!("{owner}-today"), SystemClock.now().plus_millis(-DAY))
}

type Made = Mutex<HashMap<(&'static str, String), Arc<OnceLock<Arc<KeyFiles>>>>>;

fn made(scheme: Scheme, owner: &str, created: Timestamp) -> Arc<KeyFiles> {
    static MADE: LazyLock<Made> = LazyLock::new(Made::default);
    let slot = MADE.lock().unwrap().entry((scheme.as_str(), owner.to_owned())).or_default().clone();
    slot.get_or_init(|| Arc::new(make(scheme, owner, created))).clone()
}

fn make(scheme: Scheme, owner: &str, created: Timestamp) -> KeyFiles {
    let made = match scheme {
        Scheme::Pgp => {
            let user_id = format!("{owner} <keys@{owner}.example>");
            generate_openpgp(&NewOpenPgpKey { user_id: &user_id, bits: 2048, valid_days: 700, created })
        }
        Scheme::Jose => {
            generate_jwk(&NewJwk { kind: JwkKind::Rsa { bits: 2048 }, kid: owner, valid_days: 700, created })
        }
    };
    let made = made.unwrap();
    KeyFiles { private: made.private.to_string(), public: made.public }
}

/// A keyring of the side that owns `own` and trusts `peers`.
pub(crate) fn keyring(scheme: Scheme, own: &[&KeyFiles], peers: &[&KeyFiles]) -> Keyring {
    let own = own.iter().flat_map(|files| load_own_keys(scheme, files.private.as_bytes()).unwrap()).collect();
    let peers = peers.iter().flat_map(|files| load_peer_keys(scheme, files.public.as_bytes()).unwrap()).collect();
    Keyring::new(scheme, own, peers, JoseAlgorithms::default()).unwrap()
}

/// A secret for signed URLs that is easy to tell from others, and its file.
pub(crate) fn secret(seed: u8) -> (Vec<u8>, String) {
    let bytes: Vec<u8> = (0..32).map(|index| index ^ seed).collect();
    let file = format!("{}\n", STANDARD.encode(&bytes));
    (bytes, file)
}
