//! Signed URLs (SU1) and signed messages as the contract writes them down, made without the code under test.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use url::Url;

fn hmac(secret: &[u8], text: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).unwrap();
    mac.update(text);
    mac.finalize().into_bytes().to_vec()
}

/// RFC 3986: only the unreserved characters stay.
pub(crate) fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            write!(out, "%{byte:02X}").unwrap();
        }
        out
    })
}

/// The signature over origin, path and all parameters but `sig`.
pub(crate) fn url_signature(
    secret: &[u8],
    purpose: &str,
    origin_and_path: &str,
    parameters: &[(String, String)],
) -> String {
    let mut pairs: Vec<_> = parameters
        .iter()
        .filter(|(name, _)| name != "sig")
        .map(|(name, value)| (encoded(name), encoded(value)))
        .collect();
    pairs.sort();
    let joined: Vec<_> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let canonical = format!("roundtrip-su1\n{purpose}\n{origin_and_path}\n{}", joined.join("&"));
    URL_SAFE_NO_PAD.encode(hmac(secret, canonical.as_bytes()))
}

/// `base` with `parameters`, `exp`, `kid` and `sig`.
pub(crate) fn signed_url(
    (kid, secret): (&str, &[u8]),
    purpose: &str,
    base: &str,
    parameters: &[(&str, &str)],
    exp_s: i64,
) -> Url {
    let mut pairs: Vec<(String, String)> =
        parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    pairs.push(("exp".to_owned(), exp_s.to_string()));
    pairs.push(("kid".to_owned(), kid.to_owned()));
    let signature = url_signature(secret, purpose, base, &pairs);
    pairs.push(("sig".to_owned(), signature));
    let query: Vec<_> = pairs.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
    format!("{base}?{}", query.join("&")).parse().unwrap()
}

/// The `webhook-signature` of a message.
pub(crate) fn webhook_signature(secret: &[u8], id: &str, timestamp_s: i64, body: &[u8]) -> String {
    let mut text = format!("{id}.{timestamp_s}.").into_bytes();
    text.extend_from_slice(body);
    format!("v1,{}", STANDARD.encode(hmac(secret, &text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret() -> Vec<u8> {
        (0..32).collect()
    }

    #[test]
    fn the_contracts_url_vector() {
        let url = signed_url(
            ("a1", &secret()),
            "issuer-return",
            "https://pay.example.com/return/BANK_A",
            &[
                ("amountMicros", "109900000"),
                ("currency", "INR"),
                ("issuerReference", "A/77 ä"),
                ("outcome", "approved"),
                ("transactionId", "01930d2c-7a44-7000-8000-0123456789ab"),
            ],
            1_800_000_000,
        );
        assert!(url.as_str().ends_with("&sig=VUl93LO12yp8jI1CqsbnzS0_WQDfzPZGh0o3Dnqph-Y"), "{url}");
    }

    #[test]
    fn the_contracts_webhook_vector() {
        let body = br#"{"transactionId":"01930d2c-7a44-7000-8000-0123456789ab"}"#;
        let signature = webhook_signature(&secret(), "msg_1", 1_800_000_000, body);
        assert_eq!(signature, "v1,oj6LWUZcDVMNnuby6luFvEHNDyXuSuL3AdVwLC9Y0WY=");
    }
}
