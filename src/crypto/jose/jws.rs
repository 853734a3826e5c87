//! Compact JWS (RFC 7515).

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PSS_SHA256, RSA_PSS_SHA384, RsaEncoding};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::algorithms::JwsAlg;
use super::key::{OwnJwk, PeerJwk, SecretKey};

#[derive(Serialize)]
struct OutHeader<'a> {
    alg: &'a str,
    kid: &'a str,
}

#[derive(Deserialize)]
struct InHeader {
    alg: String,
    kid: Option<String>,
    crit: Option<serde::de::IgnoredAny>,
    b64: Option<serde::de::IgnoredAny>,
}

/// Signs `payload`. None if the key does not fit the algorithm or the library refuses.
pub(super) fn sign(payload: &[u8], key: &OwnJwk, alg: JwsAlg) -> Option<Zeroizing<String>> {
    let header = serde_json::to_vec(&OutHeader { alg: alg.as_str(), kid: key.kid() }).ok()?;
    let mut text = Zeroizing::new(String::with_capacity((header.len() + payload.len()) * 4 / 3 + 700));
    URL_SAFE_NO_PAD.encode_string(header, &mut text);
    text.push('.');
    URL_SAFE_NO_PAD.encode_string(payload, &mut text);
    let signature = signature(text.as_bytes(), key, alg)?;
    text.push('.');
    URL_SAFE_NO_PAD.encode_string(signature, &mut text);
    Some(text)
}

fn signature(input: &[u8], key: &OwnJwk, alg: JwsAlg) -> Option<Vec<u8>> {
    let random = SystemRandom::new();
    match (&key.secret, alg) {
        (SecretKey::Rsa { sign, .. }, JwsAlg::Rs256 | JwsAlg::Rs384 | JwsAlg::Ps256 | JwsAlg::Ps384) => {
            let padding: &'static dyn RsaEncoding = match alg {
                JwsAlg::Rs384 => &RSA_PKCS1_SHA384,
                JwsAlg::Ps256 => &RSA_PSS_SHA256,
                JwsAlg::Ps384 => &RSA_PSS_SHA384,
                JwsAlg::Rs256 | JwsAlg::Es256 | JwsAlg::Es384 => &RSA_PKCS1_SHA256,
            };
            let mut signature = vec![0; sign.public_modulus_len()];
            sign.sign(padding, &random, input, &mut signature).ok()?;
            Some(signature)
        }
        (SecretKey::Ec { sign, .. }, JwsAlg::Es256 | JwsAlg::Es384) if key.fits(alg) => {
            Some(sign.sign(&random, input).ok()?.as_ref().to_vec())
        }
        _ => None,
    }
}

/// A compact JWS taken apart, its signature not yet checked.
pub(super) struct UnverifiedJws<'a> {
    alg: JwsAlg,
    kid: Option<String>,
    input: &'a [u8],
    signature: Vec<u8>,
    payload: Zeroizing<Vec<u8>>,
}

impl<'a> UnverifiedJws<'a> {
    /// Takes three parts. The algorithm must be on the allow list; a header that says `crit` is not understood
    /// (we understand no extension).
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let (input, signature) = text.rsplit_once('.')?;
        let (header, payload) = input.split_once('.').filter(|(_, payload)| !payload.contains('.'))?;
        let header: InHeader = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).ok()?).ok()?;
        if header.crit.is_some() || header.b64.is_some() {
            return None;
        }
        Some(Self {
            alg: header.alg.parse().ok()?,
            kid: header.kid,
            input: input.as_bytes(),
            signature: URL_SAFE_NO_PAD.decode(signature).ok()?,
            payload: Zeroizing::new(URL_SAFE_NO_PAD.decode(payload).ok()?),
        })
    }

    /// Whether `key` is the one named (or none is named) and made the signature.
    pub(super) fn is_signed_by(&self, key: &PeerJwk) -> bool {
        self.kid.as_deref().is_none_or(|kid| kid == key.kid())
            && key.verifier(self.alg).is_some_and(|verifier| verifier.verify_sig(self.input, &self.signature).is_ok())
    }

    /// The payload; trust it only after [`Self::is_signed_by`].
    pub(super) fn into_payload(self) -> Zeroizing<Vec<u8>> {
        self.payload
    }
}
