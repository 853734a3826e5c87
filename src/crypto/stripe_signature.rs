//! The signature of the card processor's events: `Stripe-Signature`.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::key::KeyError;
use super::webhook::WebhookError;
use crate::domain::Timestamp;

const TOLERANCE_MS: i64 = 300_000;

/// The signing secret of an event endpoint, `whsec_…`: its text is the key of the HMAC, prefix and all.
#[derive(Clone)]
pub struct StripeEventKey(Hmac<Sha256>);

impl fmt::Debug for StripeEventKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StripeEventKey([redacted])")
    }
}

impl StripeEventKey {
    /// Takes the secret as the processor shows it.
    pub fn new(secret: &str) -> Result<Self, KeyError> {
        let unusable = |reason: &str| {
            KeyError::unusable(
                "the processor's event secret",
                reason.to_owned(),
                "take whsec_… from the endpoint's page",
            )
        };
        if secret.is_empty() {
            return Err(unusable("it is empty"));
        }
        Hmac::<Sha256>::new_from_slice(secret.as_bytes()).map(Self).map_err(|_| unusable("it is not usable"))
    }

    fn tag(&self, timestamp: &str, body: &[u8]) -> Hmac<Sha256> {
        self.0.clone().chain_update(timestamp.as_bytes()).chain_update(b".").chain_update(body)
    }

    /// The header's value for an event that is sent now: `t=<seconds>,v1=<hexadecimal HMAC-SHA256>`.
    pub fn sign(&self, at: Timestamp, body: &[u8]) -> String {
        let timestamp = at.as_secs().to_string();
        let tag = self.tag(&timestamp, body).finalize().into_bytes();
        format!("t={timestamp},v1={}", super::hex(&tag))
    }

    /// Verifies a received body against its `Stripe-Signature`: one matching `v1` among several is enough, and the time
    /// may be 300 s from now.
    pub fn verify(&self, unverified_signature: &str, body: &[u8], now: Timestamp) -> Result<(), WebhookError> {
        let mut timestamp = None;
        let mut tags = Vec::new();
        for part in unverified_signature.split(',') {
            match part.trim().split_once('=') {
                Some(("t", _)) if timestamp.is_some() => return Err(WebhookError::Malformed),
                Some(("t", value)) => timestamp = Some(value),
                Some(("v1", value)) => tags.extend(bytes_of_hex(value)),
                // Other schemes are not ours to judge.
                Some(_) | None => {}
            }
        }
        let timestamp = timestamp.ok_or(WebhookError::Malformed)?;
        let digits = (1..=12).contains(&timestamp.len()) && timestamp.bytes().all(|byte| byte.is_ascii_digit());
        let secs = timestamp.parse::<i64>().ok().filter(|_| digits).ok_or(WebhookError::Malformed)?;
        if tags.is_empty() {
            return Err(WebhookError::Malformed);
        }
        if Timestamp::from_secs(secs).millis_since(now).abs() > TOLERANCE_MS {
            return Err(WebhookError::Stale);
        }
        let expected = self.tag(timestamp, body);
        let genuine = tags.iter().any(|tag| expected.clone().verify_slice(tag).is_ok());
        if genuine { Ok(()) } else { Err(WebhookError::Mismatch) }
    }
}

fn bytes_of_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u32>> = text.chars().map(|digit| digit.to_digit(16)).collect();
    let digits = digits.filter(|digits| digits.len() % 2 == 0)?;
    let byte = |pair: &[u32]| pair.iter().fold(0, |byte, digit| byte * 16 + digit);
    digits.chunks(2).map(|pair| u8::try_from(byte(pair)).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = br#"{"id":"evt_1","type":"payout.paid"}"#;
    const AT: Timestamp = Timestamp::from_secs(1_800_000_000);

    fn key() -> StripeEventKey {
        StripeEventKey::new("whsec_test").unwrap()
    }

    /// Made with `openssl dgst -sha256 -hmac whsec_test` over `1800000000.` and the body.
    const SIGNATURE: &str = "t=1800000000,v1=7d53078c8f1f5e2f954c4fdbde45e612af8be201b43167a24798ff8a73174971";

    #[test]
    fn what_openssl_signs_is_verified_and_signed_alike() {
        assert_eq!(key().sign(AT, BODY), SIGNATURE);
        assert_eq!(key().verify(SIGNATURE, BODY, AT), Ok(()));
    }

    #[test]
    fn one_matching_signature_among_several_is_enough() {
        let (time, tag) = SIGNATURE.split_once(',').unwrap();
        for good in [
            format!("{time},v1={},{tag}", "00".repeat(32)),
            format!("{time},{tag},v0=anything"),
            format!("{tag}, {time}"),
        ] {
            assert_eq!(key().verify(&good, BODY, AT), Ok(()), "{good}");
        }
        for bad in ["", "t=1800000000", tag, "t=x,v1=00", "t=1800000000,v1=xyz", &format!("{time},{time},{tag}")] {
            assert_eq!(key().verify(bad, BODY, AT), Err(WebhookError::Malformed), "{bad}");
        }
        let wrong = format!("{time},v1={}", "00".repeat(32));
        assert_eq!(key().verify(&wrong, BODY, AT), Err(WebhookError::Mismatch));
    }

    #[test]
    fn five_minutes_are_tolerated_both_ways_and_no_more() {
        for (shift, expected) in [
            (300_000, Ok(())),
            (-300_000, Ok(())),
            (300_001, Err(WebhookError::Stale)),
            (-300_001, Err(WebhookError::Stale)),
        ] {
            assert_eq!(key().verify(SIGNATURE, BODY, AT.plus_millis(shift)), expected, "{shift}");
        }
    }

    #[test]
    fn time_body_and_secret_are_bound() {
        let later = SIGNATURE.replace("1800000000", "1800000001");
        assert_eq!(key().verify(&later, BODY, AT), Err(WebhookError::Mismatch));
        assert_eq!(key().verify(SIGNATURE, b"{}", AT), Err(WebhookError::Mismatch));
        let other = StripeEventKey::new("whsec_other").unwrap();
        assert_eq!(other.verify(SIGNATURE, BODY, AT), Err(WebhookError::Mismatch));
        assert!(StripeEventKey::new("").is_err());
        assert_eq!(format!("{other:?}"), "StripeEventKey([redacted])");
    }
}
