//! What is derived from the token of a session: the id that is stored, and the word that its forms carry.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::hashes::{content_hash, secrets_equal};

/// The id under which the session of this token is stored: its SHA-256. Whoever reads the database can use none.
pub fn session_id(token: &str) -> [u8; 32] {
    content_hash(token.as_bytes())
}

/// What the forms of this session carry against requests that other sites send in its name: HMAC-SHA256, keyed by the token,
/// base64url. It ends with the session, and gives nothing of the token away.
pub fn csrf_token(token: &str) -> String {
    let Ok(keyed) = Hmac::<Sha256>::new_from_slice(token.as_bytes()) else {
        // HMAC takes keys of any length; what fits nothing would be the safe end of it.
        return String::new();
    };
    URL_SAFE_NO_PAD.encode(keyed.chain_update(b"roundtrip csrf 1").finalize().into_bytes())
}

/// Whether a form came from this session. In constant time.
pub fn csrf_fits(token: &str, given: &str) -> bool {
    let expected = csrf_token(token);
    !expected.is_empty() && secrets_equal(expected.as_bytes(), given.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn con_9_a_form_fits_its_own_session_alone() {
        let token = csrf_token("session-a");
        // HMAC-SHA256("session-a", "roundtrip csrf 1"), by another implementation.
        assert_eq!(token, "ijRSJXQIYqQK4l9OX_RzCA2rTQrV6GlvwzfG0EdTcwg");
        assert!(csrf_fits("session-a", &token));
        for other in ["", "x", &token[1..], &csrf_token("session-b")] {
            assert!(!csrf_fits("session-a", other), "{other:?}");
        }
        assert_ne!(session_id("session-a"), session_id("session-b"));
    }
}
