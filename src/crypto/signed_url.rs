//! URLs that we sign for ourselves and that issuers sign for us: SU1 (contract section 4).

use std::fmt;
use std::fmt::Write as _;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use url::Url;
use zeroize::Zeroizing;

use super::key::KeyError;
use crate::domain::Timestamp;

/// How long a signed URL is good for at most (contract section 4).
pub(super) const WEEK_MS: i64 = 7 * 24 * 3600 * 1000;
const MIN_SECRET_BYTES: usize = 32;

/// What a signed URL is for: a signature for one purpose is worthless for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// `/pay/{transactionId}` and what belongs to it.
    Pay,
    /// `/invoices/{reference}`.
    Invoice,
    /// The payer's way to the issuer.
    IssuerAuthorize,
    /// The payer's way back from the issuer.
    IssuerReturn,
}

impl Purpose {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Pay => "pay",
            Self::Invoice => "invoice",
            Self::IssuerAuthorize => "issuer-authorize",
            Self::IssuerReturn => "issuer-return",
        }
    }
}

/// A secret shared for signing URLs and webhooks, with the id (`kid`) under which it goes.
#[derive(Clone)]
pub struct UrlKey {
    id: String,
    keyed: Hmac<Sha256>,
}

impl fmt::Debug for UrlKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UrlKey({}, [redacted])", self.id)
    }
}

impl UrlKey {
    /// Reads a key file: base64 (either alphabet, padding optional) of at least 32 bytes; a final line end is ignored.
    pub fn from_file(id: &str, file: &[u8]) -> Result<Self, KeyError> {
        let unreadable = |reason: &str| KeyError::Unreadable {
            scheme: "URL signing",
            reason: format!("key {id}: {reason}"),
            expected: "base64 of at least 32 random bytes, as `roundtrip keys generate` makes",
        };
        let text = std::str::from_utf8(file).map_err(|_| unreadable("not text"))?.trim();
        let text = text.trim_end_matches('=');
        let standard = Zeroizing::new(text.replace('-', "+").replace('_', "/"));
        let engine = base64::engine::GeneralPurpose::new(
            &base64::alphabet::STANDARD,
            base64::engine::GeneralPurposeConfig::new()
                .with_decode_padding_mode(base64::engine::DecodePaddingMode::Indifferent),
        );
        let secret = Zeroizing::new(engine.decode(standard.as_bytes()).map_err(|_| unreadable("not base64"))?);
        Self::from_secret(id, &secret)
    }

    /// Takes the secret itself, at least 32 bytes.
    pub fn from_secret(id: &str, secret: &[u8]) -> Result<Self, KeyError> {
        if id.is_empty() {
            return Err(KeyError::ring("a signing key has no id", "give every entry of keys an id"));
        }
        if secret.len() < MIN_SECRET_BYTES {
            return Err(KeyError::unusable(
                id,
                format!("the secret has {} bytes, fewer than 32", secret.len()),
                "make a new one with `roundtrip keys generate`",
            ));
        }
        let keyed = Hmac::<Sha256>::new_from_slice(secret)
            .map_err(|_| KeyError::unusable(id, "the secret is not usable", "make a new one"))?;
        Ok(Self { id: id.to_owned(), keyed })
    }

    /// The `kid`.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// A keyed HMAC-SHA256, ready for data.
    pub(super) fn mac(&self) -> Hmac<Sha256> {
        self.keyed.clone()
    }
}

/// Signing keys that overlap while they are rotated: the first signs, all verify.
#[derive(Debug, Clone)]
pub struct UrlKeys(Vec<UrlKey>);

/// How far from now an `exp` may lie.
#[derive(Debug, Clone, Copy)]
pub struct ExpiryCheck {
    /// The current time.
    pub now: Timestamp,
    /// How far ahead `exp` may be, in milliseconds; None where the transaction's own deadline bounds it (pay links).
    pub max_ahead_ms: Option<i64>,
}

impl ExpiryCheck {
    /// The rule of contract section 4: not past, at most 7 days ahead.
    pub const fn within_a_week(now: Timestamp) -> Self {
        Self { now, max_ahead_ms: Some(WEEK_MS) }
    }

    /// Not past; otherwise unbounded (links whose deadline we chose ourselves).
    pub const fn not_past(now: Timestamp) -> Self {
        Self { now, max_ahead_ms: None }
    }
}

/// Why a signed URL is not honoured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignedUrlError {
    /// Not genuine, or not well-formed: 403. The reason is for our log only.
    #[error("signed URL refused: {0}")]
    Refused(&'static str),
    /// Genuine, but its time is over: 410.
    #[error("signed URL expired")]
    Expired,
}

impl UrlKeys {
    /// Takes keys in order of preference. At least one; no id twice.
    pub fn new(keys: Vec<UrlKey>) -> Result<Self, KeyError> {
        if keys.is_empty() {
            return Err(KeyError::ring("no signing key", "name at least one key file"));
        }
        for (at, key) in keys.iter().enumerate() {
            if keys.iter().skip(at + 1).any(|other| other.id == key.id) {
                return Err(KeyError::ring(
                    format!("signing key id {} stands twice", key.id),
                    "give each key an id of its own",
                ));
            }
        }
        Ok(Self(keys))
    }

    pub(super) fn keys(&self) -> &[UrlKey] {
        &self.0
    }

    /// Adds `exp`, `kid` and `sig` to `url`. `expires` is cut to whole seconds. Parameters of these names that already
    /// stand, and a fragment, are dropped.
    pub fn sign(&self, purpose: Purpose, mut url: Url, expires: Timestamp) -> Url {
        let mut pairs: Vec<(String, String)> = url
            .query_pairs()
            .filter(|(name, _)| !is_reserved(name))
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect();
        pairs.push(("exp".to_owned(), expires.as_secs().to_string()));
        url.set_fragment(None);
        url.set_query(None);
        if let Some(key) = self.0.first() {
            pairs.push(("kid".to_owned(), key.id.clone()));
            let canonical = canonical(purpose, url.as_str(), &pairs);
            let tag = key.mac().chain_update(canonical.as_bytes()).finalize().into_bytes();
            pairs.push(("sig".to_owned(), URL_SAFE_NO_PAD.encode(tag)));
        }
        let query: Vec<String> =
            pairs.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
        url.set_query(Some(&query.join("&")));
        url
    }

    /// Checks a received URL. `origin_and_path` is the URL as it was called, up to the `?`; `raw_query` what stood
    /// behind it. Returns the other parameters, decoded, in the order of the URL.
    pub fn verify(
        &self,
        purpose: Purpose,
        origin_and_path: &str,
        raw_query: &str,
        check: ExpiryCheck,
    ) -> Result<Vec<(String, String)>, SignedUrlError> {
        let mut pairs = decode_query(raw_query).ok_or(SignedUrlError::Refused("query is not decodable"))?;
        for (at, (name, _)) in pairs.iter().enumerate() {
            if pairs.iter().skip(at + 1).any(|(other, _)| other == name) {
                return Err(SignedUrlError::Refused("a parameter is repeated"));
            }
        }
        let value_of = |name: &str| pairs.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone());
        let sig = value_of("sig").ok_or(SignedUrlError::Refused("sig is missing"))?;
        let kid = value_of("kid").ok_or(SignedUrlError::Refused("kid is missing"))?;
        let exp = value_of("exp").ok_or(SignedUrlError::Refused("exp is missing"))?;
        let key = self.0.iter().find(|key| key.id == kid).ok_or(SignedUrlError::Refused("kid is unknown"))?;
        let tag = URL_SAFE_NO_PAD.decode(&sig).map_err(|_| SignedUrlError::Refused("sig is not base64url"))?;
        pairs.retain(|(name, _)| name != "sig");
        let canonical = canonical(purpose, origin_and_path, &pairs);
        key.mac()
            .chain_update(canonical.as_bytes())
            .verify_slice(&tag)
            .map_err(|_| SignedUrlError::Refused("signature does not match"))?;
        check_expiry(&exp, check)?;
        pairs.retain(|(name, _)| !is_reserved(name));
        Ok(pairs)
    }
}

fn check_expiry(exp: &str, check: ExpiryCheck) -> Result<(), SignedUrlError> {
    let digits = (1..=12).contains(&exp.len()) && exp.bytes().all(|b| b.is_ascii_digit());
    let secs = exp.parse::<i64>().ok().filter(|_| digits);
    let exp = Timestamp::from_secs(secs.ok_or(SignedUrlError::Refused("exp is not a number of seconds"))?);
    let ahead = exp.millis_since(check.now);
    if ahead < 0 {
        return Err(SignedUrlError::Expired);
    }
    if check.max_ahead_ms.is_some_and(|max| ahead > max) {
        return Err(SignedUrlError::Refused("exp is too far ahead"));
    }
    Ok(())
}

fn is_reserved(name: &str) -> bool {
    matches!(name, "exp" | "kid" | "sig")
}

fn canonical(purpose: Purpose, origin_and_path: &str, pairs: &[(String, String)]) -> String {
    let mut sorted: Vec<(String, String)> = pairs.iter().map(|(name, value)| (encoded(name), encoded(value))).collect();
    sorted.sort_unstable();
    let mut text = format!("roundtrip-su1\n{}\n{origin_and_path}\n", purpose.as_str());
    for (at, (name, value)) in sorted.iter().enumerate() {
        if at > 0 {
            text.push('&');
        }
        text.push_str(name);
        text.push('=');
        text.push_str(value);
    }
    text
}

/// Percent-encodes all but RFC 3986's unreserved characters.
fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// Splits and decodes a query. None for a broken escape or text that is not UTF-8: what is signed must be unambiguous.
fn decode_query(raw: &str) -> Option<Vec<(String, String)>> {
    raw.split('&')
        .filter(|part| !part.is_empty())
        .map(|part| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            Some((decoded(name)?, decoded(value)?))
        })
        .collect()
}

fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let high = char::from(rest.next()?).to_digit(16)?;
                let low = char::from(rest.next()?).to_digit(16)?;
                u8::try_from(high * 16 + low).ok()?
            }
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

/// Base64 of a fresh URL key, as the key file holds it.
pub(super) fn new_secret() -> Zeroizing<String> {
    let secret = Zeroizing::new(super::random::random_bytes::<32>());
    Zeroizing::new(STANDARD.encode(secret.as_ref()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vector_key(id: &str) -> UrlKey {
        let secret: Vec<u8> = (0..32).collect();
        UrlKey::from_secret(id, &secret).unwrap()
    }

    fn keys() -> UrlKeys {
        UrlKeys::new(vec![vector_key("a1")]).unwrap()
    }

    const PATH: &str = "https://pay.example.com/return/BANK_A";
    const QUERY: &str = "transactionId=01930d2c-7a44-7000-8000-0123456789ab&outcome=approved\
        &issuerReference=A%2F77%20%C3%A4&amountMicros=109900000&currency=INR&exp=1800000000&kid=a1\
        &sig=VUl93LO12yp8jI1CqsbnzS0_WQDfzPZGh0o3Dnqph-Y";
    const NOW: Timestamp = Timestamp::from_secs(1_799_999_000);

    fn verify(query: &str, now: Timestamp) -> Result<Vec<(String, String)>, SignedUrlError> {
        keys().verify(Purpose::IssuerReturn, PATH, query, ExpiryCheck::within_a_week(now))
    }

    #[test]
    fn the_contracts_vector_verifies_and_hands_out_its_parameters() {
        let parameters = verify(QUERY, NOW).unwrap();
        let names: Vec<&str> = parameters.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["transactionId", "outcome", "issuerReference", "amountMicros", "currency"]);
        assert_eq!(parameters[2].1, "A/77 \u{e4}");
    }

    #[test]
    fn the_contracts_vector_is_what_we_sign() {
        let url = Url::parse(&format!("{PATH}?{}", QUERY.split("&exp=").next().unwrap())).unwrap();
        let signed = keys().sign(Purpose::IssuerReturn, url, Timestamp::from_secs(1_800_000_000));
        assert!(signed.as_str().ends_with("&sig=VUl93LO12yp8jI1CqsbnzS0_WQDfzPZGh0o3Dnqph-Y"), "{signed}");
    }

    #[test]
    fn order_and_spelling_of_parameters_do_not_matter_but_their_values_do() {
        let mut parts: Vec<&str> = QUERY.split('&').collect();
        parts.reverse();
        let reordered = parts.join("&").replace("%20", "+").replace("%C3%A4", "%c3%a4");
        assert!(verify(&reordered, NOW).is_ok());
        assert_eq!(
            verify(&QUERY.replace("109900000", "109900001"), NOW),
            Err(SignedUrlError::Refused("signature does not match"))
        );
    }

    #[test]
    fn another_purpose_path_key_or_shape_is_refused() {
        let week = ExpiryCheck::within_a_week(NOW);
        let refused = |result: Result<_, SignedUrlError>| matches!(result, Err(SignedUrlError::Refused(_)));
        assert!(refused(keys().verify(Purpose::IssuerAuthorize, PATH, QUERY, week)));
        assert!(refused(keys().verify(Purpose::IssuerReturn, "https://pay.example.com/return/BANK_B", QUERY, week)));
        let other = UrlKeys::new(vec![vector_key("a2")]).unwrap();
        assert!(refused(other.verify(Purpose::IssuerReturn, PATH, QUERY, week)));
        let stranger = UrlKeys::new(vec![UrlKey::from_secret("a1", &[7; 32]).unwrap()]).unwrap();
        assert!(refused(stranger.verify(Purpose::IssuerReturn, PATH, QUERY, week)));
        for broken in [
            QUERY.replace("&kid=a1", ""),
            QUERY.replace("&exp=1800000000", ""),
            QUERY.split("&sig=").next().unwrap().to_owned(),
            format!("{QUERY}&kid=a1"),
            format!("{QUERY}&exp=1800000000"),
            format!("{QUERY}&sig=AA"),
            format!("{QUERY}&outcome=approved"),
            format!("{QUERY}&extra=1"),
            QUERY.replace("%2F", "%2"),
            QUERY.replace("%C3", "%C"),
            String::new(),
        ] {
            assert!(refused(verify(&broken, NOW)), "{broken}");
        }
    }

    #[test]
    fn only_a_genuine_url_can_be_expired() {
        let late = Timestamp::from_millis(1_800_000_000_001);
        assert_eq!(verify(QUERY, Timestamp::from_secs(1_800_000_000)).map(|p| p.len()), Ok(5));
        assert_eq!(verify(QUERY, late), Err(SignedUrlError::Expired));
        assert!(matches!(verify(&QUERY.replace("INR", "USD"), late), Err(SignedUrlError::Refused(_))));
    }

    #[test]
    fn more_than_a_week_ahead_is_refused_unless_the_deadline_is_ours() {
        let early = Timestamp::from_millis(1_800_000_000_000 - WEEK_MS - 1);
        assert!(matches!(verify(QUERY, early), Err(SignedUrlError::Refused(_))));
        assert!(verify(QUERY, early.plus_millis(1)).is_ok());
        assert!(keys().verify(Purpose::IssuerReturn, PATH, QUERY, ExpiryCheck::not_past(early)).is_ok());
    }

    #[test]
    fn key_2_a_link_of_the_old_key_verifies_while_the_new_one_signs() {
        let old = UrlKeys::new(vec![UrlKey::from_secret("old", &[1; 32]).unwrap()]).unwrap();
        let new = UrlKey::from_secret("new", &[2; 32]).unwrap();
        let both = UrlKeys::new(vec![new.clone(), UrlKey::from_secret("old", &[1; 32]).unwrap()]).unwrap();
        let only_new = UrlKeys::new(vec![new]).unwrap();
        let url = Url::parse("https://pay.example.com/pay/x?a=b%20c").unwrap();
        let check = |keys: &UrlKeys, url: &Url| {
            keys.verify(Purpose::Pay, "https://pay.example.com/pay/x", url.query().unwrap(), ExpiryCheck::not_past(NOW))
        };
        let link = old.sign(Purpose::Pay, url.clone(), NOW.plus_millis(1000));
        assert!(check(&both, &link).is_ok() && check(&only_new, &link).is_err());
        let link = both.sign(Purpose::Pay, url, NOW.plus_millis(1000));
        assert_eq!(check(&only_new, &link).unwrap(), [("a".to_owned(), "b c".to_owned())]);
        assert!(check(&old, &link).is_err());
    }

    #[test]
    fn key_files_are_base64_of_at_least_32_bytes() {
        let good = STANDARD.encode([0xfb_u8; 32]);
        assert!(UrlKey::from_file("k", format!("{good}\n").as_bytes()).is_ok());
        assert!(UrlKey::from_file("k", good.replace('+', "-").trim_end_matches('=').as_bytes()).is_ok());
        for bad in [STANDARD.encode([1_u8; 31]), "?".to_owned(), String::new()] {
            assert!(UrlKey::from_file("k", bad.as_bytes()).is_err(), "{bad}");
        }
        assert!(UrlKey::from_file("k", new_secret().as_bytes()).is_ok());
        assert!(UrlKeys::new(vec![]).is_err());
        assert!(UrlKeys::new(vec![vector_key("a"), vector_key("a")]).is_err());
    }

    #[test]
    fn debug_output_shows_no_secret() {
        assert_eq!(format!("{:?}", keys()), "UrlKeys([UrlKey(a1, [redacted])])");
    }
}
