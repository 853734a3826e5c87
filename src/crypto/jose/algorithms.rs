//! The algorithms that may be used, and what an account says about them. The partner's page names none that could be
//! read (flows-security section 3.3): the defaults are UNCONFIRMED and every one can be set per account.

use std::str::FromStr;

/// A word that is not on an allow list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{setting} {word:?} is not supported; use one of {allowed}")]
pub struct InvalidAlgorithm {
    /// Which setting.
    pub setting: &'static str,
    /// What it said.
    pub word: String,
    /// What would be accepted.
    pub allowed: &'static str,
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident, $setting:literal, $allowed:literal, $($(#[$item:meta])* $variant:ident = $word:literal),+ $(,)?) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$item])* $variant),+ }

        impl $name {
            /// The registered name (RFC 7518).
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl FromStr for $name {
            type Err = InvalidAlgorithm;

            fn from_str(word: &str) -> Result<Self, Self::Err> {
                match word {
                    $($word => Ok(Self::$variant),)+
                    _ => Err(InvalidAlgorithm { setting: $setting, word: word.to_owned(), allowed: $allowed }),
                }
            }
        }
    };
}

words! {
    /// Signature algorithms. `none` and the HMAC family do not exist here.
    JwsAlg, "jws_alg", "RS256, RS384, PS256, PS384, ES256, ES384",
    /// RSA PKCS#1 v1.5, SHA-256.
    Rs256 = "RS256",
    /// RSA PKCS#1 v1.5, SHA-384.
    Rs384 = "RS384",
    /// RSA-PSS, SHA-256.
    Ps256 = "PS256",
    /// RSA-PSS, SHA-384.
    Ps384 = "PS384",
    /// ECDSA on P-256.
    Es256 = "ES256",
    /// ECDSA on P-384.
    Es384 = "ES384",
}

words! {
    /// Key management algorithms.
    JweAlg, "jwe_alg", "RSA-OAEP-256, RSA-OAEP, ECDH-ES, ECDH-ES+A256KW, RSA1_5",
    /// RSA-OAEP with SHA-256.
    RsaOaep256 = "RSA-OAEP-256",
    /// RSA-OAEP with SHA-1 (not a signature: SHA-1 is sound here).
    RsaOaep = "RSA-OAEP",
    /// Ephemeral-static Diffie-Hellman, agreed key used directly.
    EcdhEs = "ECDH-ES",
    /// Ephemeral-static Diffie-Hellman, content key wrapped with AES-256.
    EcdhEsA256Kw = "ECDH-ES+A256KW",
    /// RSAES-PKCS1-v1_5: only with [`JoseAlgorithms::allow_rsa1_5`].
    Rsa15 = "RSA1_5",
}

words! {
    /// Content encryption algorithms.
    JweEnc, "jwe_enc", "A256GCM, A128GCM, A256CBC-HS512, A128CBC-HS256",
    /// AES-256-GCM.
    A256Gcm = "A256GCM",
    /// AES-128-GCM.
    A128Gcm = "A128GCM",
    /// AES-256-CBC with HMAC-SHA-512.
    A256CbcHs512 = "A256CBC-HS512",
    /// AES-128-CBC with HMAC-SHA-256.
    A128CbcHs256 = "A128CBC-HS256",
}

words! {
    /// When what we send is compressed (`zip: DEF`). Both forms are always accepted.
    Zip, "zip", "auto, always, never",
    /// In URLs only, where the size budget needs it (flows-security section 3.5).
    Auto = "auto",
    /// In bodies too.
    Always = "always",
    /// Nowhere.
    Never = "never",
}

/// One account's JOSE settings. What is None follows from the keys: `RSA-OAEP-256` (RSA) or `ECDH-ES` (EC);
/// the `alg` of our JWK, else `RS256`, `ES256` or `ES384`; `A256GCM`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JoseAlgorithms {
    /// What we sign with.
    pub jws_alg: Option<JwsAlg>,
    /// How we encrypt the content key.
    pub jwe_alg: Option<JweAlg>,
    /// How we encrypt the content.
    pub jwe_enc: Option<JweEnc>,
    /// When we compress.
    pub zip: Zip,
    /// Whether `RSA1_5` may be used and is accepted on receipt. Off: its padding invites oracles.
    pub allow_rsa1_5: bool,
}

impl Default for JoseAlgorithms {
    fn default() -> Self {
        Self { jws_alg: None, jwe_alg: None, jwe_enc: None, zip: Zip::Auto, allow_rsa1_5: false }
    }
}

impl JoseAlgorithms {
    /// Reads the configuration's words; an absent one keeps its default.
    pub fn parse(
        jws_alg: Option<&str>,
        jwe_alg: Option<&str>,
        jwe_enc: Option<&str>,
        zip: Option<&str>,
    ) -> Result<Self, InvalidAlgorithm> {
        Ok(Self {
            jws_alg: jws_alg.map(str::parse).transpose()?,
            jwe_alg: jwe_alg.map(str::parse).transpose()?,
            jwe_enc: jwe_enc.map(str::parse).transpose()?,
            zip: zip.map(str::parse).transpose()?.unwrap_or(Zip::Auto),
            allow_rsa1_5: false,
        })
    }
}
