//! `[[issuers]]`: the banks and wallets that payers can choose.

use std::path::PathBuf;

use url::Url;

use super::ConfigError;
use super::reader::Section;
use super::server::{NamedSecret, named_secrets};
use super::values::web_url;
use crate::domain::{Currency, IssuerId, Money};

/// One of `[[issuers]]`.
#[derive(Debug, Clone)]
pub struct Issuer {
    /// `id`.
    pub id: IssuerId,
    /// `name`: what payers read.
    pub name: String,
    /// `logo`: an image file; relative to the configuration file.
    pub logo: Option<PathBuf>,
    /// `connector`.
    pub connector: Connector,
    /// `authorize_url`: where the payer's browser goes.
    pub authorize_url: Url,
    /// `status_url`: asked at the deadline and while pending.
    pub status_url: Url,
    /// `refund_url`.
    pub refund_url: Url,
    /// `keys`: shared with the issuer; the first signs, all verify.
    pub keys: Vec<NamedSecret>,
    /// `currencies`: at least one.
    pub currencies: Vec<Currency>,
    /// `min_amount_micros` (default 1).
    pub min_amount_micros: i64,
    /// `max_amount_micros` (default: no limit, `i64::MAX`).
    pub max_amount_micros: i64,
    /// `payment_timeout_s` (default 1800): counts from sending the payer to the issuer.
    pub payment_timeout_s: i64,
}

impl Issuer {
    /// Whether a payment of `amount` can be made here: its currency and the limits, both inclusive.
    pub fn takes(&self, amount: Money) -> bool {
        self.currencies.contains(&amount.currency())
            && (self.min_amount_micros..=self.max_amount_micros).contains(&amount.micros())
    }
}

/// How we speak with an issuer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Connector {
    /// IR1 (contract section 5).
    SignedRedirect,
}

pub(super) const ISSUER: &[&str] = &[
    "id",
    "name",
    "logo",
    "connector",
    "authorize_url",
    "status_url",
    "refund_url",
    "keys",
    "currencies",
    "min_amount_micros",
    "max_amount_micros",
    "payment_timeout_s",
];

/// All issuers; no id twice.
pub(super) fn issuers(sections: &[Section<'_>]) -> Result<Vec<Issuer>, ConfigError> {
    let mut issuers: Vec<Issuer> = Vec::new();
    for entry in sections {
        let issuer = Issuer::read(entry)?;
        if issuers.iter().any(|other| other.id == issuer.id) {
            return Err(entry.invalid("id", "an id that no other issuer has"));
        }
        issuers.push(issuer);
    }
    Ok(issuers)
}

impl Issuer {
    fn read(entry: &Section<'_>) -> Result<Self, ConfigError> {
        let id = "1 to 100 characters of a-z A-Z 0-9 : - _ .";
        let url = "an http or https address without a fragment";
        let name = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let connector = entry.parsed("connector", "\"signed-redirect\"", |text| match text {
            "signed-redirect" => Some(Connector::SignedRedirect),
            _ => None,
        })?;
        let issuer = Self {
            id: entry.required("id", id, |text| IssuerId::parse(text).ok())?,
            name: entry.required("name", "the name that payers read", name)?,
            logo: entry.path_of("logo")?,
            connector: connector.unwrap_or(Connector::SignedRedirect),
            authorize_url: entry.required("authorize_url", url, web_url)?,
            status_url: entry.required("status_url", url, web_url)?,
            refund_url: entry.required("refund_url", url, web_url)?,
            keys: named_secrets(entry)?,
            currencies: entry.parsed_list("currencies", "ISO 4217 codes such as INR", |c| Currency::parse(c).ok())?,
            min_amount_micros: entry.number("min_amount_micros", 0..=i64::MAX)?.unwrap_or(1),
            max_amount_micros: entry.number("max_amount_micros", 1..=i64::MAX)?.unwrap_or(i64::MAX),
            payment_timeout_s: entry.number("payment_timeout_s", 1..=30 * 86_400)?.unwrap_or(1800),
        };
        if issuer.currencies.is_empty() {
            return Err(entry.missing("currencies", "at least one ISO 4217 code such as INR"));
        }
        if issuer.min_amount_micros > issuer.max_amount_micros {
            let expected = format!("at most max_amount_micros, which is {}", issuer.max_amount_micros);
            return Err(entry.invalid("min_amount_micros", expected));
        }
        Ok(issuer)
    }
}
