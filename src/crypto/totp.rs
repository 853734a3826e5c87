//! Second factors: time-based one-time passwords (RFC 6238) of six digits for 30 seconds, by HMAC-SHA1, which is what every
//! authenticator speaks.

use std::fmt;

use totp_rs::{Algorithm, Builder, Secret};
use zeroize::Zeroizing;

use super::random::random_bytes;
use crate::domain::Timestamp;

/// As RFC 4226 section 4 recommends.
const SECRET_BYTES: usize = 20;
const DIGITS: u8 = 6;
const STEP_SECONDS: u64 = 30;
/// Steps before and after now whose codes count: clocks differ, and typing takes time (RFC 6238 section 5.2).
const SKEW: u16 = 1;

/// A secret cannot be used. Says nothing of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the second factor's secret is not usable")]
pub struct TotpError;

/// A person's second factor.
pub struct Totp(totp_rs::Totp);

impl fmt::Debug for Totp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Totp([redacted])")
    }
}

impl Totp {
    /// A new secret of 160 bits, for `account` at `issuer`, as an authenticator shows them.
    pub fn generate(account: &str, issuer: &str) -> Result<Self, TotpError> {
        Self::of(Secret::from(random_bytes::<SECRET_BYTES>()), account, issuer)
    }

    /// From what [`Self::secret`] wrote.
    pub fn from_secret(base32: &str, account: &str, issuer: &str) -> Result<Self, TotpError> {
        Self::of(Secret::try_from_base32(base32).map_err(|_| TotpError)?, account, issuer)
    }

    fn of(secret: Secret, account: &str, issuer: &str) -> Result<Self, TotpError> {
        // The label's two halves are joined by a colon, which neither may hold.
        let shown = |text: &str| text.replace(':', " ");
        Builder::new()
            .with_algorithm(Algorithm::SHA1)
            .with_digits(DIGITS)
            .with_skew(SKEW)
            .with_step_duration(STEP_SECONDS)
            .with_secret(secret)
            .with_account_name(shown(account))
            .with_issuer(Some(shown(issuer)))
            .build()
            .map(Self)
            .map_err(|_| TotpError)
    }

    /// The secret in base32 without padding, to be typed into an authenticator.
    pub fn secret(&self) -> Zeroizing<String> {
        Zeroizing::new(self.0.secret().to_base32())
    }

    /// The `otpauth:` address that an authenticator reads from a QR code. Holds the secret.
    pub fn uri(&self) -> Result<Zeroizing<String>, TotpError> {
        self.0.to_url().map(Zeroizing::new).map_err(|_| TotpError)
    }

    /// Which step a code belongs to, if it is good now: the count of 30 seconds since the epoch. Whoever accepts it keeps the
    /// step, and accepts none up to it again (RFC 6238 section 5.2).
    pub fn step_of(&self, unverified_code: &str, now: Timestamp) -> Option<i64> {
        let seconds = u64::try_from(now.as_secs()).ok()?;
        self.0.check(unverified_code, seconds).and_then(|step| i64::try_from(step).ok())
    }

    /// The code that is good at `now`: what an authenticator would show.
    pub fn code_at(&self, now: Timestamp) -> String {
        self.0.generate(u64::try_from(now.as_secs()).unwrap_or_default()).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_secs(seconds)
    }

    /// "12345678901234567890" in base32.
    fn rfc() -> Totp {
        Totp::from_secret("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", "ada", "pay.example.com").unwrap()
    }

    /// RFC 6238 appendix B, SHA1; six digits are the last six of its eight.
    const VECTORS: [(i64, &str); 6] = [
        (59, "287082"),
        (1_111_111_109, "081804"),
        (1_111_111_111, "050471"),
        (1_234_567_890, "005924"),
        (2_000_000_000, "279037"),
        (20_000_000_000, "353130"),
    ];

    #[test]
    fn con_1_codes_are_those_of_rfc_6238() {
        for (seconds, code) in VECTORS {
            assert_eq!(rfc().code_at(at(seconds)), code);
            assert_eq!(rfc().step_of(code, at(seconds)), Some(seconds / 30));
        }
    }

    #[test]
    fn con_1_a_code_counts_one_step_either_side_and_no_further() {
        let step = 1_111_111_109 / 30;
        for (shift, good) in [(-2, false), (-1, true), (0, true), (1, true), (2, false)] {
            let found = rfc().step_of("081804", at((step + shift) * 30));
            assert_eq!(found, good.then_some(step), "{shift}");
        }
        for bad in ["", "081805", "0818045", "81804", "o81804", "+81804", " 81804", "０８１８０４"] {
            assert_eq!(rfc().step_of(bad, at(1_111_111_109)), None, "{bad:?}");
        }
        assert_eq!(rfc().step_of("081804", at(-60)), None);
    }

    #[test]
    fn con_1_a_new_secret_is_long_shown_to_authenticators_and_to_nobody_else() {
        let totp = Totp::generate("ada: lovelace", "[::1]").unwrap();
        let (secret, uri) = (totp.secret(), totp.uri().unwrap());
        assert_eq!(secret.len(), 32);
        assert!(uri.starts_with("otpauth://totp/") && uri.contains(&*secret), "{}", &**uri);
        assert_eq!(uri.matches(':').count(), 2, "of the scheme and of the label: {}", &**uri);
        assert_ne!(*secret, *Totp::generate("ada", "x").unwrap().secret());
        let same = Totp::from_secret(&secret, "ada", "x").unwrap();
        assert_eq!(same.code_at(at(59)), totp.code_at(at(59)));
        assert!(!format!("{totp:?}").contains(&*secret));
        assert!(Totp::from_secret("short", "ada", "x").is_err());
    }
}
