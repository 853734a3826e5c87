//! Compact JWE (RFC 7516).

use aws_lc_rs::rsa::{OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::agreement::{self, Context};
use super::algorithms::{JweAlg, JweEnc};
use super::content::Ciphertext;
use super::key::{Curve, OwnJwk, PeerJwk, PublicKey, SecretKey};
use crate::crypto::deflate::{self, Wrapping, deflate};
use crate::crypto::random;

/// How to encrypt.
#[derive(Debug, Clone, Copy)]
pub(super) struct Choice {
    pub alg: JweAlg,
    pub enc: JweEnc,
    pub zip: bool,
}

#[derive(Serialize)]
struct OutHeader<'a> {
    alg: &'a str,
    enc: &'a str,
    kid: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    zip: Option<&'static str>,
    cty: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    epk: Option<Epk>,
}

#[derive(Serialize, Deserialize)]
struct Epk {
    kty: String,
    crv: String,
    x: String,
    y: String,
}

#[derive(Deserialize)]
struct InHeader {
    alg: String,
    enc: String,
    kid: Option<String>,
    zip: Option<String>,
    epk: Option<Epk>,
    apu: Option<String>,
    apv: Option<String>,
    crit: Option<serde::de::IgnoredAny>,
}

/// Encrypts `plain` for `recipient`. None if the key does not fit the algorithm or the library refuses.
pub(super) fn encrypt(plain: &[u8], recipient: &PeerJwk, choice: Choice) -> Option<String> {
    let content = match_content_key(recipient, choice)?;
    let header = OutHeader {
        alg: choice.alg.as_str(),
        enc: choice.enc.as_str(),
        kid: recipient.kid(),
        zip: choice.zip.then_some("DEF"),
        cty: "JWS",
        epk: content.epk,
    };
    let plain = if choice.zip { deflate(plain)? } else { plain.to_vec() };
    let header = serde_json::to_vec(&header).ok()?;
    let mut text = String::with_capacity((header.len() + content.encrypted.len() + plain.len()) * 4 / 3 + 96);
    URL_SAFE_NO_PAD.encode_string(header, &mut text);
    let sealed = choice.enc.encrypt(&content.key, text.as_bytes(), plain)?;
    for part in [&content.encrypted, &sealed.iv, &sealed.data, &sealed.tag] {
        text.push('.');
        URL_SAFE_NO_PAD.encode_string(part, &mut text);
    }
    Some(text)
}

struct ContentKey {
    key: Zeroizing<Vec<u8>>,
    encrypted: Vec<u8>,
    epk: Option<Epk>,
}

fn match_content_key(recipient: &PeerJwk, choice: Choice) -> Option<ContentKey> {
    match (&recipient.public, choice.alg) {
        (PublicKey::Rsa(rsa), JweAlg::RsaOaep256 | JweAlg::RsaOaep | JweAlg::Rsa15) => {
            let key = fresh_key(choice.enc);
            let mut buffer = vec![0; rsa.oaep.ciphertext_size()];
            let encrypted = match choice.alg {
                JweAlg::RsaOaep256 => rsa.oaep.encrypt(&OAEP_SHA256_MGF1SHA256, &key, &mut buffer, None),
                JweAlg::RsaOaep => rsa.oaep.encrypt(&OAEP_SHA1_MGF1SHA1, &key, &mut buffer, None),
                JweAlg::Rsa15 | JweAlg::EcdhEs | JweAlg::EcdhEsA256Kw => rsa.pkcs1.encrypt(&key, &mut buffer),
            };
            let encrypted = encrypted.ok()?.to_vec();
            Some(ContentKey { key, encrypted, epk: None })
        }
        (PublicKey::Ec { curve, point, .. }, JweAlg::EcdhEs) => {
            let context = context(choice.alg, choice.enc, (&[], &[]));
            let (key, ephemeral) = agreement::agree_with(*curve, point, context)?;
            Some(ContentKey { key, encrypted: Vec::new(), epk: Some(Epk::of(*curve, &ephemeral)?) })
        }
        (PublicKey::Ec { curve, point, .. }, JweAlg::EcdhEsA256Kw) => {
            let context = context(choice.alg, choice.enc, (&[], &[]));
            let (kek, ephemeral) = agreement::agree_with(*curve, point, context)?;
            let key = fresh_key(choice.enc);
            let encrypted = agreement::wrap(&kek, &key)?;
            Some(ContentKey { key, encrypted, epk: Some(Epk::of(*curve, &ephemeral)?) })
        }
        _ => None,
    }
}

fn fresh_key(enc: JweEnc) -> Zeroizing<Vec<u8>> {
    let mut key = Zeroizing::new(vec![0; enc.key_bytes()]);
    random::fill(&mut key);
    key
}

fn context<'a>(alg: JweAlg, enc: JweEnc, (party_u, party_v): (&'a [u8], &'a [u8])) -> Context<'a> {
    match alg {
        JweAlg::EcdhEsA256Kw => Context { algorithm: alg.as_str(), party_u, party_v, length: 32 },
        _ => Context { algorithm: enc.as_str(), party_u, party_v, length: enc.key_bytes() },
    }
}

impl Epk {
    fn of(curve: Curve, point: &[u8]) -> Option<Self> {
        let (x, y) = point.get(1..)?.split_at_checked(curve.coordinate_bytes())?;
        Some(Self {
            kty: "EC".to_owned(),
            crv: curve.as_str().to_owned(),
            x: URL_SAFE_NO_PAD.encode(x),
            y: URL_SAFE_NO_PAD.encode(y),
        })
    }

    fn point(&self, curve: Curve) -> Option<Vec<u8>> {
        let fits = self.kty == "EC" && Curve::parse(&self.crv) == Some(curve);
        let (x, y) = (URL_SAFE_NO_PAD.decode(&self.x).ok()?, URL_SAFE_NO_PAD.decode(&self.y).ok()?);
        if fits { curve.point(&x, &y) } else { None }
    }
}

/// A compact JWE taken apart; its algorithms are on the allow list, nothing else is known of it.
pub(super) struct UnverifiedJwe<'a> {
    alg: JweAlg,
    enc: JweEnc,
    zip: bool,
    kid: Option<String>,
    epk: Option<Epk>,
    parties: (Vec<u8>, Vec<u8>),
    encrypted_key: Vec<u8>,
    aad: &'a [u8],
    iv: Vec<u8>,
    data: Vec<u8>,
    tag: Vec<u8>,
}

impl<'a> UnverifiedJwe<'a> {
    /// Takes five parts; refuses every algorithm and extension that we do not know, before any key is touched.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.split('.');
        let encoded_header = parts.next()?;
        let mut decoded = parts.map(|part| URL_SAFE_NO_PAD.decode(part).ok());
        let (encrypted_key, iv, data, tag) = (decoded.next()??, decoded.next()??, decoded.next()??, decoded.next()??);
        if decoded.next().is_some() {
            return None;
        }
        let header: InHeader = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(encoded_header).ok()?).ok()?;
        let party = |text: Option<String>| text.map_or(Some(Vec::new()), |text| URL_SAFE_NO_PAD.decode(text).ok());
        let zip = match header.zip.as_deref() {
            None => false,
            Some("DEF") => true,
            Some(_) => return None,
        };
        if header.crit.is_some() {
            return None;
        }
        Some(Self {
            alg: header.alg.parse().ok()?,
            enc: header.enc.parse().ok()?,
            zip,
            kid: header.kid,
            epk: header.epk,
            parties: (party(header.apu)?, party(header.apv)?),
            encrypted_key,
            aad: encoded_header.as_bytes(),
            iv,
            data,
            tag,
        })
    }

    pub(super) fn alg(&self) -> JweAlg {
        self.alg
    }

    pub(super) fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// Decrypts with one of our keys. A key that cannot be unwrapped is replaced by a random one, so that every failure
    /// comes from the tag (RFC 7516 section 11.5).
    pub(super) fn decrypt(&self, key: &OwnJwk, max: usize) -> Option<Zeroizing<Vec<u8>>> {
        let content_key = self
            .content_key(key)
            .filter(|key| key.len() == self.enc.key_bytes())
            .unwrap_or_else(|| fresh_key(self.enc));
        let sealed = Ciphertext { iv: self.iv.clone(), data: self.data.clone(), tag: self.tag.clone() };
        let plain = self.enc.decrypt(&content_key, self.aad, sealed)?;
        if self.zip { inflate(&plain, max) } else { Some(plain) }
    }

    fn content_key(&self, key: &OwnJwk) -> Option<Zeroizing<Vec<u8>>> {
        match (&key.secret, self.alg) {
            (SecretKey::Rsa { oaep, pkcs1, .. }, JweAlg::RsaOaep256 | JweAlg::RsaOaep | JweAlg::Rsa15) => {
                let mut buffer = Zeroizing::new(vec![0; oaep.min_output_size()]);
                let encrypted = &self.encrypted_key;
                let plain = match self.alg {
                    JweAlg::RsaOaep256 => oaep.decrypt(&OAEP_SHA256_MGF1SHA256, encrypted, &mut buffer, None),
                    JweAlg::RsaOaep => oaep.decrypt(&OAEP_SHA1_MGF1SHA1, encrypted, &mut buffer, None),
                    JweAlg::Rsa15 | JweAlg::EcdhEs | JweAlg::EcdhEsA256Kw => pkcs1.decrypt(encrypted, &mut buffer),
                };
                plain.ok().map(|plain| Zeroizing::new(plain.to_vec()))
            }
            (SecretKey::Ec { curve, agree, .. }, JweAlg::EcdhEs | JweAlg::EcdhEsA256Kw) => {
                let point = self.epk.as_ref()?.point(*curve)?;
                let context = context(self.alg, self.enc, (&self.parties.0, &self.parties.1));
                let agreed = agreement::agree(agree, *curve, &point, context)?;
                match self.alg {
                    JweAlg::EcdhEsA256Kw => agreement::unwrap(&agreed, &self.encrypted_key),
                    _ => self.encrypted_key.is_empty().then_some(agreed),
                }
            }
            _ => None,
        }
    }
}

fn inflate(deflated: &[u8], max: usize) -> Option<Zeroizing<Vec<u8>>> {
    // A JWS is a third longer than its payload, which is what `max` bounds.
    deflate::inflate(deflated, Wrapping::Raw, max.saturating_mul(4) / 3 + 4096)
}
