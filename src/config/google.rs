//! `[google]` and `[[google.accounts]]`: the redirect form of payment.

use std::path::{Path, PathBuf};

use super::reader::Section;
use super::values::url_path;
use super::{BaseUrl, CallbackHost, ConfigError, KeyScheme, Secret};
use crate::domain::{IssuerId, Piaid};

/// `[google]`.
#[derive(Debug, Clone)]
pub struct Google {
    /// `endpoint`: the origin and prefix of Google's API. Required.
    pub endpoint: BaseUrl,
    /// `base_path` (default empty): prefix of the paths of the API that we host.
    pub base_path: String,
    /// `begin_path` (default `/begin`).
    pub begin_path: String,
    /// `clock_tolerance_ms` (default 60000): how far `requestTimestamp` may be from our clock.
    pub clock_tolerance_ms: i64,
    /// `callback_hosts` (default `payments.google.com`): where payers may be sent back to.
    pub callback_hosts: Vec<CallbackHost>,
    /// `choice_timeout_s` (default 1800): how long a payer may take to choose an issuer.
    pub choice_timeout_s: i64,
    /// `replay_before_clock` (default false): answer a known request from memory before its time is looked at
    /// (flows-security section 8.3).
    pub replay_before_clock: bool,
    /// `[[google.accounts]]`: at least one.
    pub accounts: Vec<Account>,
}

impl Google {
    /// Whether a payer may be sent to `callback` (architecture section 7).
    pub fn allows_callback(&self, callback: &url::Url) -> bool {
        self.callback_hosts.iter().any(|host| host.allows(callback))
    }
}

/// `[[google.accounts]]`: one payment integrator account.
#[derive(Debug, Clone)]
pub struct Account {
    /// `piaid`: `paymentIntegratorAccountId`.
    pub piaid: Piaid,
    /// `scheme`.
    pub scheme: KeyScheme,
    /// `own_keys`: private; the first signs and is advertised, all decrypt.
    pub own_keys: Vec<OwnKeyFile>,
    /// `peer_keys`: public; any verifies, the newest usable encrypts.
    pub peer_keys: Vec<PeerKeyFile>,
    /// `issuers`: what payers of this account may choose from, in this order.
    pub issuers: Vec<IssuerId>,
    /// `refund_window_days` (default 180).
    pub refund_window_days: i64,
    /// `paid_after_close` (default `person`): what happens to money that an issuer took after Google was told that there is
    /// none.
    pub paid_after_close: PaidAfterClose,
    /// `auto_accept` (default false): accept a fully matched statement without a person.
    pub auto_accept: bool,
    /// `two_persons_above_micros`: above this amount, of either sign, two persons accept a statement.
    pub two_persons_above_micros: Option<i64>,
    /// `fee`: what we earn on each capture; without it the fees of a statement are not judged.
    pub fee: Option<FeeSettings>,
    /// `jose`: algorithms of what we send (contract section 7).
    pub jose: JoseSettings,
    /// `sign_with_all` (default false): sign with every own key while keys are rotated, not with the first alone.
    pub sign_with_all: bool,
    /// `environment`: lets `doctor` see keys that sandbox and production share (KEY-1).
    pub environment: Option<Environment>,
}

/// `fee = { percent, fixed_micros, on_refunds }`: rounded half-even to the currency's minor unit (flows-security 5.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeeSettings {
    /// `percent` as a decimal text such as `"1.75"` (default 0), in millionths of the amount.
    pub part_millionths: i64,
    /// `fixed_micros` (default 0): added to each capture's fee.
    pub fixed_micros: i64,
    /// `on_refunds` (default false): a refund gives its percentage back.
    pub on_refunds: bool,
}

impl FeeSettings {
    fn read(section: &Section<'_>) -> Result<Self, ConfigError> {
        let percent = section.parsed("percent", "a percentage as text, such as \"1.75\", at most 100", millionths)?;
        Ok(Self {
            part_millionths: percent.unwrap_or(0),
            fixed_micros: section.number("fixed_micros", 0..=i64::MAX)?.unwrap_or(0),
            on_refunds: section.flag("on_refunds")?.unwrap_or(false),
        })
    }
}

/// `1.75` percent is 17,500 millionths.
fn millionths(percent: &str) -> Option<i64> {
    let (whole, fraction) = percent.split_once('.').unwrap_or((percent, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || fraction.len() > 4 || !digits(whole) || !digits(fraction) {
        return None;
    }
    let fraction: i64 = format!("{fraction:0<4}").parse().ok()?;
    let part = whole.parse::<i64>().ok()?.checked_mul(10_000)?.checked_add(fraction)?;
    (part <= 1_000_000).then_some(part)
}

/// What happens to money that an issuer took after Google was told that there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaidAfterClose {
    /// It goes back to the payer by itself.
    Refund,
    /// It stands before finance, where a person sends it back.
    Person,
}

/// A private key file of ours.
#[derive(Debug, Clone)]
pub struct OwnKeyFile {
    /// Where it lies.
    pub path: PathBuf,
    /// What it holds.
    pub bytes: Secret,
}

/// A public key file of a peer.
#[derive(Debug, Clone)]
pub struct PeerKeyFile {
    /// Where it lies.
    pub path: PathBuf,
    /// What it holds.
    pub bytes: Vec<u8>,
}

/// Google's two environments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Environment {
    /// Tests with Google.
    Sandbox,
    /// Money.
    Production,
}

/// `jose = { jws_alg, jwe_alg, jwe_enc, zip, allow_rsa1_5 }`: what is absent follows from the keys. The words were checked
/// against the allow list of flows-security section 3.3.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JoseSettings {
    /// Signature algorithm.
    pub jws_alg: Option<String>,
    /// Key management algorithm.
    pub jwe_alg: Option<String>,
    /// Content encryption algorithm.
    pub jwe_enc: Option<String>,
    /// When we compress: `auto` (in URLs where it helps; also when absent), `always` (also written `DEF`) or `never`
    /// (also written `none`).
    pub zip: Option<String>,
    /// `allow_rsa1_5` (default false): `RSA1_5` may be used and is accepted on receipt.
    pub allow_rsa1_5: bool,
}

pub(super) const GOOGLE: &[&str] = &[
    "endpoint",
    "base_path",
    "begin_path",
    "clock_tolerance_ms",
    "callback_hosts",
    "choice_timeout_s",
    "replay_before_clock",
    "accounts",
];
pub(super) const ACCOUNT: &[&str] = &[
    "piaid",
    "scheme",
    "own_keys",
    "peer_keys",
    "issuers",
    "refund_window_days",
    "paid_after_close",
    "auto_accept",
    "two_persons_above_micros",
    "fee",
    "jose",
    "sign_with_all",
    "environment",
];
pub(super) const FEE: &[&str] = &["percent", "fixed_micros", "on_refunds"];
pub(super) const JOSE: &[&str] = &["jws_alg", "jwe_alg", "jwe_enc", "zip", "allow_rsa1_5"];
const JWS_ALGS: &[&str] = &["RS256", "RS384", "PS256", "PS384", "ES256", "ES384"];
const JWE_ALGS: &[&str] = &["RSA-OAEP-256", "RSA-OAEP", "ECDH-ES", "ECDH-ES+A256KW", "RSA1_5"];
const JWE_ENCS: &[&str] = &["A256GCM", "A128GCM", "A256CBC-HS512", "A128CBC-HS256"];

impl Google {
    pub(super) fn read(section: &Section<'_>) -> Result<Self, ConfigError> {
        let endpoint = "Google's address, such as https://vgw.sandbox.google.com/gsp";
        let path = "a path that begins with a slash, such as /begin";
        let hosts =
            section.parsed_list("callback_hosts", "host or host:port, without a scheme", CallbackHost::parse)?;
        let begin_path = section.parsed("begin_path", path, |text| url_path(text).filter(|path| !path.is_empty()))?;
        let default_host = || CallbackHost::parse("payments.google.com").into_iter().collect();
        let google = Self {
            endpoint: section.required("endpoint", endpoint, BaseUrl::parse)?,
            base_path: section.parsed("base_path", path, url_path)?.unwrap_or_default(),
            begin_path: begin_path.unwrap_or_else(|| "/begin".to_owned()),
            clock_tolerance_ms: section.number("clock_tolerance_ms", 0..=86_400_000)?.unwrap_or(60_000),
            callback_hosts: if hosts.is_empty() { default_host() } else { hosts },
            choice_timeout_s: section.number("choice_timeout_s", 1..=7 * 86_400)?.unwrap_or(1800),
            replay_before_clock: section.flag("replay_before_clock")?.unwrap_or(false),
            accounts: accounts(section)?,
        };
        if google.accounts.is_empty() {
            return Err(section.missing("accounts", "at least one [[google.accounts]]"));
        }
        Ok(google)
    }
}

fn accounts(section: &Section<'_>) -> Result<Vec<Account>, ConfigError> {
    let mut accounts: Vec<Account> = Vec::new();
    for entry in section.sections("accounts", ACCOUNT)? {
        let account = Account::read(&entry)?;
        if accounts.iter().any(|other| other.piaid == account.piaid) {
            return Err(entry.invalid("piaid", "a piaid that no other account has"));
        }
        accounts.push(account);
    }
    Ok(accounts)
}

impl Account {
    fn read(entry: &Section<'_>) -> Result<Self, ConfigError> {
        let id = "1 to 100 characters of a-z A-Z 0-9 : - _ .";
        let account = Self {
            piaid: entry.required("piaid", id, |text| Piaid::parse(text).ok())?,
            scheme: entry.required("scheme", "\"pgp\" or \"jose\"", KeyScheme::parse)?,
            own_keys: key_files(entry, "own_keys", "a private key", |path, bytes| OwnKeyFile {
                path: path.to_owned(),
                bytes: Secret::new(bytes),
            })?,
            peer_keys: key_files(entry, "peer_keys", "a public key of the peer", |path, bytes| PeerKeyFile {
                path: path.to_owned(),
                bytes,
            })?,
            issuers: entry.parsed_list("issuers", "ids of [[issuers]]", |text| IssuerId::parse(text).ok())?,
            refund_window_days: entry.number("refund_window_days", 0..=3650)?.unwrap_or(180),
            paid_after_close: entry
                .parsed("paid_after_close", "\"refund\" or \"person\"", |text| match text {
                    "refund" => Some(PaidAfterClose::Refund),
                    "person" => Some(PaidAfterClose::Person),
                    _ => None,
                })?
                .unwrap_or(PaidAfterClose::Person),
            auto_accept: entry.flag("auto_accept")?.unwrap_or(false),
            two_persons_above_micros: entry.number("two_persons_above_micros", 0..=i64::MAX)?,
            fee: entry.section("fee", FEE)?.map(|section| FeeSettings::read(&section)).transpose()?,
            jose: entry
                .section("jose", JOSE)?
                .map(|section| JoseSettings::read(&section))
                .transpose()?
                .unwrap_or_default(),
            sign_with_all: entry.flag("sign_with_all")?.unwrap_or(false),
            environment: entry.parsed("environment", "\"sandbox\" or \"production\"", |text| match text {
                "sandbox" => Some(Environment::Sandbox),
                "production" => Some(Environment::Production),
                _ => None,
            })?,
        };
        if account.issuers.is_empty() {
            return Err(entry.missing("issuers", "at least one id of an [[issuers]]"));
        }
        Ok(account)
    }
}

fn key_files<T>(
    entry: &Section<'_>,
    name: &str,
    what: &str,
    make: impl Fn(&Path, Vec<u8>) -> T,
) -> Result<Vec<T>, ConfigError> {
    let paths = entry.paths_of(name)?;
    if paths.is_empty() {
        return Err(entry.missing(name, format!("at least one path of a file with {what}")));
    }
    paths.iter().map(|path| Ok(make(path, entry.read(name, path, &format!("a file with {what}"))?))).collect()
}

impl JoseSettings {
    fn read(section: &Section<'_>) -> Result<Self, ConfigError> {
        let word = |name, allowed: &[&str]| {
            let expected = format!("one of {}", allowed.join(", "));
            section.parsed(name, &expected, |text| allowed.contains(&text).then(|| text.to_owned()))
        };
        Ok(Self {
            jws_alg: word("jws_alg", JWS_ALGS)?,
            jwe_alg: word("jwe_alg", JWE_ALGS)?,
            jwe_enc: word("jwe_enc", JWE_ENCS)?,
            zip: section.parsed("zip", "one of auto, always (or DEF), never (or none)", |text| match text {
                "auto" => Some("auto".to_owned()),
                "always" | "DEF" => Some("always".to_owned()),
                "never" | "none" | "" => Some("never".to_owned()),
                _ => None,
            })?,
            allow_rsa1_5: section.flag("allow_rsa1_5")?.unwrap_or(false),
        })
    }
}
