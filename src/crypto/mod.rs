//! Floor 2: OpenPGP, JOSE, key files, signed URLs, signed webhooks and hashes. Sole user of `hmac` and `sha2`.
//!
//! Two words carry the messages: [`Keyring::seal`] signs, then encrypts for one account; [`Opener::open`] decrypts with
//! whichever account's key fits, verifies, and says which accounts trust the signer. Everything before `open` returns is
//! unverified (flows-security section 3).
//!
//! Keys are parsed once and held ready for use: no key is parsed per message. Every secret RSA operation runs in
//! aws-lc-rs (constant time); rPGP only reads and writes packets. Failures to decrypt are one and the same value, so
//! that an answer tells nothing about the reason (flows-security section 8.2).
//!
//! Architecture invariant: no clock. "Now" is an argument, also for the life of keys and the time in signatures.

mod at_rest;
mod bearer;
mod card_signer;
mod deflate;
mod hashes;
mod jose;
mod key;
mod key_care;
mod keyring;
mod openpgp;
mod password;
mod random;
mod rsa;
mod service_account;
mod service_token;
mod session_token;
mod signed_url;
mod stripe_signature;
mod totp;
mod webhook;
mod wire;

pub use at_rest::{AtRest, AtRestError, Kept, sealed_under};
pub use bearer::{
    BearerClaims, BearerIssuer, BearerKeys, BearerProfile, BearerRefused, Discovery, EntraProfile, InvalidKeys,
    LEGACY_ISSUER, LegacyProfile, OUTLOOK_CALLER, UnverifiedBearer, bearer_of,
};
pub use card_signer::{CardSigner, CardSignerError, CardVerifier, generate_card_key};
pub use hashes::{
    ContentHasher, alarm_id, availability_id, bank_transfer_id, booking_id, chain_hash, content_hash, hex, invoice_id,
    invoice_payment_id, merchant_payout_id, processor_payout_id, secrets_equal, slot_key, slot_keys_between,
    statement_id, transaction_id,
};
pub use jose::{InvalidAlgorithm, JoseAlgorithms, JweAlg, JweEnc, JwsAlg, Zip};
pub use key::{KeyError, OwnKey, PeerKey, load_own_keys, load_peer_keys};
pub use key_care::{
    Finding, GeneratedKey, JwkKind, KEY_ENDS_SOON_MS, KeyDescription, KeyHealth, KeyPlace, KeyRing, KeyRole, NewJwk,
    NewOpenPgpKey, NextStep, RingKey, Severity, SharedKey, describe_keys, export_public, generate_jwk,
    generate_openpgp, generate_url_key, lint_disjoint, lint_keys,
};
pub use keyring::{Keyring, OpenError, Opened, Opener, SealError};
pub use password::{PasswordError, hash_password, password_fits};
pub use random::{random_bytes, random_token};
pub use service_account::{AssertionVerifier, ServiceAccount, ServiceAccountError, generate_service_account};
pub use service_token::{ServiceAct, ServiceToken, ServiceTokenError, ServiceTokens, recipient_digest};
pub use session_token::{csrf_fits, csrf_token, session_id};
pub use signed_url::{ExpiryCheck, Purpose, SignedUrlError, UrlKey, UrlKeys};
pub use stripe_signature::StripeEventKey;
pub use totp::{Totp, TotpError};
pub use webhook::{UnverifiedWebhook, WebhookError, sign_webhook};
pub use wire::{Carrier, Scheme};

/// What a received message may inflate to, in bytes (contract section 3).
pub const MAX_INFLATED_BYTES: usize = 1024 * 1024;
