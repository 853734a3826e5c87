//! Signed server-to-server messages: Standard Webhooks (contract section 5).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::Mac;

use super::signed_url::{UrlKey, UrlKeys};
use crate::domain::Timestamp;

const TOLERANCE_MS: i64 = 300_000;

/// Why a signed message is not believed. For the log; the sender learns only that it was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WebhookError {
    /// A header is missing its value or is not well-formed.
    #[error("webhook headers are malformed")]
    Malformed,
    /// The timestamp is more than 300 s from now.
    #[error("webhook timestamp is outside the tolerance")]
    Stale,
    /// No signature matches.
    #[error("webhook signature does not match")]
    Mismatch,
}

/// The `webhook-signature` of a message: `v1,` and base64 of HMAC-SHA256 over id, time in seconds and body, joined by
/// dots. `at` is sent as `webhook-timestamp` in whole seconds.
pub fn sign_webhook(key: &UrlKey, id: &str, at: Timestamp, body: &[u8]) -> String {
    let tag = tag(key, id, &at.as_secs().to_string(), body);
    format!("v1,{}", STANDARD.encode(tag.finalize().into_bytes()))
}

fn tag(key: &UrlKey, id: &str, timestamp: &str, body: &[u8]) -> hmac::Hmac<sha2::Sha256> {
    key.mac()
        .chain_update(id.as_bytes())
        .chain_update(b".")
        .chain_update(timestamp.as_bytes())
        .chain_update(b".")
        .chain_update(body)
}

/// A received message with its `webhook-*` headers, not yet verified.
#[derive(Debug, Clone, Copy)]
pub struct UnverifiedWebhook<'a> {
    /// `webhook-id`.
    pub id: &'a str,
    /// `webhook-timestamp`, seconds.
    pub timestamp: &'a str,
    /// `webhook-signature`, several space-separated.
    pub signature: &'a str,
    /// The body as received.
    pub body: &'a [u8],
}

impl UrlKeys {
    /// Signs with the first key; see [`sign_webhook`].
    pub fn sign_webhook(&self, id: &str, at: Timestamp, body: &[u8]) -> String {
        self.keys().first().map(|key| sign_webhook(key, id, at, body)).unwrap_or_default()
    }

    /// Verifies a message against every key: one matching signature is enough.
    pub fn verify_webhook(&self, message: &UnverifiedWebhook<'_>, now: Timestamp) -> Result<(), WebhookError> {
        let digits =
            (1..=12).contains(&message.timestamp.len()) && message.timestamp.bytes().all(|b| b.is_ascii_digit());
        let secs = message.timestamp.parse::<i64>().ok().filter(|_| digits).ok_or(WebhookError::Malformed)?;
        if message.id.is_empty() {
            return Err(WebhookError::Malformed);
        }
        if Timestamp::from_secs(secs).millis_since(now).abs() > TOLERANCE_MS {
            return Err(WebhookError::Stale);
        }
        let tags: Vec<Vec<u8>> = message
            .signature
            .split_ascii_whitespace()
            .filter_map(|part| part.strip_prefix("v1,"))
            .filter_map(|part| STANDARD.decode(part).ok())
            .collect();
        if tags.is_empty() {
            return Err(WebhookError::Malformed);
        }
        let genuine = self.keys().iter().any(|key| {
            let expected = tag(key, message.id, message.timestamp, message.body);
            tags.iter().any(|tag| expected.clone().verify_slice(tag).is_ok())
        });
        if genuine { Ok(()) } else { Err(WebhookError::Mismatch) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = br#"{"transactionId":"01930d2c-7a44-7000-8000-0123456789ab"}"#;
    const SIGNATURE: &str = "v1,oj6LWUZcDVMNnuby6luFvEHNDyXuSuL3AdVwLC9Y0WY=";
    const AT: Timestamp = Timestamp::from_secs(1_800_000_000);

    fn key() -> UrlKey {
        let secret: Vec<u8> = (0..32).collect();
        UrlKey::from_secret("a1", &secret).unwrap()
    }

    fn message(signature: &str) -> UnverifiedWebhook<'_> {
        UnverifiedWebhook { id: "msg_1", timestamp: "1800000000", signature, body: BODY }
    }

    fn keys() -> UrlKeys {
        UrlKeys::new(vec![UrlKey::from_secret("b", &[9; 32]).unwrap(), key()]).unwrap()
    }

    #[test]
    fn the_contracts_vector_is_signed_and_verified() {
        assert_eq!(sign_webhook(&key(), "msg_1", AT, BODY), SIGNATURE);
        assert_eq!(keys().verify_webhook(&message(SIGNATURE), AT), Ok(()));
    }

    #[test]
    fn one_matching_signature_among_several_is_enough() {
        let several = format!("v1a,zzz v1,AAAA {SIGNATURE}");
        assert_eq!(keys().verify_webhook(&message(&several), AT), Ok(()));
        assert_eq!(keys().verify_webhook(&message("v1,AAAA"), AT), Err(WebhookError::Mismatch));
        assert_eq!(keys().verify_webhook(&message(""), AT), Err(WebhookError::Malformed));
    }

    #[test]
    fn five_minutes_are_tolerated_both_ways_and_no_more() {
        for (shift, expected) in [
            (300_000, Ok(())),
            (-300_000, Ok(())),
            (300_001, Err(WebhookError::Stale)),
            (-300_001, Err(WebhookError::Stale)),
        ] {
            assert_eq!(keys().verify_webhook(&message(SIGNATURE), AT.plus_millis(shift)), expected, "{shift}");
        }
    }

    #[test]
    fn id_time_and_body_are_bound() {
        let good = message(SIGNATURE);
        for changed in [
            UnverifiedWebhook { id: "msg_2", ..good },
            UnverifiedWebhook { timestamp: "1800000001", ..good },
            UnverifiedWebhook { body: b"{}", ..good },
        ] {
            assert_eq!(keys().verify_webhook(&changed, AT), Err(WebhookError::Mismatch));
        }
        assert_eq!(
            keys().verify_webhook(&UnverifiedWebhook { timestamp: "+1800000000", ..good }, AT),
            Err(WebhookError::Malformed)
        );
    }
}
