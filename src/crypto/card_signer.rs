//! The key that signs payment requests and cards in mail: RS256 in compact form (outlook-payments sections 3.6 and 13.4), and
//! its public half as the developer dashboard takes it (section 13.3).

use std::fmt;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{PrivatePkcs1KeyDer, PrivatePkcs8KeyDer};
use zeroize::Zeroizing;

use super::rsa::{self, RsaNumbers};

/// As in Microsoft's samples; no `kid` (section 3.6).
const HEADER: &str = r#"{"alg":"RS256","typ":"JWT"}"#;

/// Why a key does not sign cards. Says nothing of the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CardSignerError {
    /// Not what is taken.
    #[error("use an RSA key of 2048 bits or more in PEM, PKCS #8 or PKCS #1, without a passphrase")]
    Key,
    /// The library refused to sign.
    #[error("the key does not sign")]
    Signing,
}

/// Signs what goes by mail.
pub struct CardSigner(KeyPair);

impl fmt::Debug for CardSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CardSigner([redacted])")
    }
}

impl CardSigner {
    /// Reads a private key file: `BEGIN PRIVATE KEY` or `BEGIN RSA PRIVATE KEY`.
    pub fn from_pem(pem: &[u8]) -> Result<Self, CardSignerError> {
        let pair = match PrivatePkcs8KeyDer::from_pem_slice(pem) {
            Ok(der) => KeyPair::from_pkcs8(der.secret_pkcs8_der()).ok(),
            Err(_) => PrivatePkcs1KeyDer::from_pem_slice(pem)
                .ok()
                .and_then(|der| KeyPair::from_der(der.secret_pkcs1_der()).ok()),
        };
        let fits = |pair: &KeyPair| (256..=1024).contains(&pair.public_modulus_len());
        pair.filter(fits).map(Self).ok_or(CardSignerError::Key)
    }

    /// A compact JWS of `payload`, which is JSON.
    pub fn sign(&self, payload: &str) -> Result<String, CardSignerError> {
        compact(&self.0, HEADER, payload).ok_or(CardSignerError::Signing)
    }

    /// The public key as `RSAKeyValue`, for the developer dashboard. `None` if the library does not tell it.
    pub fn public_xml(&self) -> Option<String> {
        let numbers = RsaNumbers::of(&self.0)?;
        let (modulus, exponent) = (STANDARD.encode(&numbers.n), STANDARD.encode(&numbers.e));
        Some(format!("<RSAKeyValue><Modulus>{modulus}</Modulus><Exponent>{exponent}</Exponent></RSAKeyValue>"))
    }

    /// What verifies its signatures, for whoever plays Outlook.
    pub fn verifier(&self) -> CardVerifier {
        CardVerifier(self.0.public_key().as_ref().to_vec())
    }
}

/// The public half.
#[derive(Debug, Clone)]
pub struct CardVerifier(Vec<u8>);

impl CardVerifier {
    /// The payload of a compact JWS that this key signed with RS256.
    pub fn verify(&self, unverified: &str) -> Option<String> {
        let (signed, signature) = unverified.rsplit_once('.')?;
        let (header, payload) = signed.split_once('.')?;
        let header: serde_json::Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).ok()?).ok()?;
        (header.get("alg")?.as_str()? == "RS256").then_some(())?;
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &self.0)
            .verify(signed.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).ok()?)
            .ok()?;
        String::from_utf8(URL_SAFE_NO_PAD.decode(payload).ok()?).ok()
    }
}

/// A new key file for stand-ins and first starts: PEM, PKCS #8, 2048 bits. `None` if the library makes no key.
pub fn generate_card_key() -> Option<Zeroizing<String>> {
    private_pem(&rsa::generate(2048)?)
}

/// A private key as PEM, PKCS #8.
pub(super) fn private_pem(pair: &KeyPair) -> Option<Zeroizing<String>> {
    let der: Pkcs8V1Der<'_> = pair.as_der().ok()?;
    let body = Zeroizing::new(STANDARD.encode(der.as_ref()));
    let mut pem = Zeroizing::new("-----BEGIN PRIVATE KEY-----\n".to_owned());
    for line in body.as_bytes().chunks(64) {
        pem.push_str(std::str::from_utf8(line).ok()?);
        pem.push('\n');
    }
    pem.push_str("-----END PRIVATE KEY-----\n");
    Some(pem)
}

/// Header and payload, signed with RS256.
pub(super) fn compact(key: &KeyPair, header: &str, payload: &str) -> Option<String> {
    let mut text = signing_input(header, payload);
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature).ok()?;
    text.push('.');
    URL_SAFE_NO_PAD.encode_string(signature, &mut text);
    Some(text)
}

fn signing_input(header: &str, payload: &str) -> String {
    let mut text = URL_SAFE_NO_PAD.encode(header);
    text.push('.');
    URL_SAFE_NO_PAD.encode_string(payload, &mut text);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Section 3.6.
    const PAYLOAD: &str = r#"{"originator":"b7a1e6f0-2f0f-4a55-8c1c-6f1d0c0e9a42","iat":1546300800,"sender":"billing@nordlicht.example","sub":"cust-88213","actionRequestSerialized":"{\"@type\":\"ActionRequest\",\"@context\":\"http://schema.org/extensions\"}"}"#;
    const INPUT: &str = "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJvcmlnaW5hdG9yIjoiYjdhMWU2ZjAtMmYwZi00YTU1LThjMWMtNmYxZDBjMGU5YTQyIiwiaWF0IjoxNTQ2MzAwODAwLCJzZW5kZXIiOiJiaWxsaW5nQG5vcmRsaWNodC5leGFtcGxlIiwic3ViIjoiY3VzdC04ODIxMyIsImFjdGlvblJlcXVlc3RTZXJpYWxpemVkIjoie1wiQHR5cGVcIjpcIkFjdGlvblJlcXVlc3RcIixcIkBjb250ZXh0XCI6XCJodHRwOi8vc2NoZW1hLm9yZy9leHRlbnNpb25zXCJ9In0";

    #[test]
    fn m4_the_signing_input_is_the_specification_s() {
        assert_eq!(signing_input(HEADER, PAYLOAD), INPUT);
    }

    #[test]
    fn m4_the_key_is_configured_in_either_form_and_signs_what_its_public_half_verifies() {
        let pem = generate_card_key().unwrap();
        let signer = CardSigner::from_pem(pem.as_bytes()).unwrap();
        let signed = signer.sign(PAYLOAD).unwrap();
        assert_eq!(signer.verifier().verify(&signed).as_deref(), Some(PAYLOAD));
        let stranger = CardSigner::from_pem(generate_card_key().unwrap().as_bytes()).unwrap();
        assert_eq!(stranger.verifier().verify(&signed), None);
        assert!(signer.public_xml().unwrap().ends_with("<Exponent>AQAB</Exponent></RSAKeyValue>"));
        assert!(!format!("{signer:?}").contains("BEGIN"));
        // PKCS #8 wraps PKCS #1 behind 26 bytes for a key of this size.
        let der: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
        let pkcs1 = STANDARD.encode(&STANDARD.decode(der).unwrap()[26..]);
        let pem = format!("-----BEGIN RSA PRIVATE KEY-----\n{pkcs1}\n-----END RSA PRIVATE KEY-----\n");
        let same = CardSigner::from_pem(pem.as_bytes()).unwrap();
        assert_eq!(same.public_xml(), signer.public_xml());
    }

    #[test]
    fn m4_other_keys_are_refused_without_being_quoted() {
        let small = "-----BEGIN RSA PRIVATE KEY-----\nc2VjcmV0\n-----END RSA PRIVATE KEY-----\n";
        for bad in ["", "secret", small] {
            let error = CardSigner::from_pem(bad.as_bytes()).unwrap_err();
            assert_eq!(error, CardSignerError::Key);
            assert!(!error.to_string().contains("secret"));
        }
    }
}
