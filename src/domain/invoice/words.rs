//! What an invoice says. None of it changes once the invoice exists.

use std::fmt;
use std::sync::Arc;

use crate::domain::{Day, InvalidId, Language, Money, Timestamp, TransactionId};

/// The merchant's number of an invoice: the invoice's identity everywhere, also in the address of its page (contract
/// section 6).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct InvoiceReference(Arc<str>);

impl InvoiceReference {
    /// 1 to 64 letters, digits and `- _ .`, beginning with a letter or digit.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        let fits = (1..=64).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
            && text.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric());
        let expected = "1 to 64 letters, digits and - _ . that begin with a letter or digit";
        if fits { Ok(Self(text.into())) } else { Err(InvalidId { what: "reference", expected }) }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for InvoiceReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whom the invoice goes to. Personal: not in logs.
#[derive(Clone, PartialEq, Eq)]
pub struct Recipient {
    /// A name, one line.
    pub name: Arc<str>,
    /// A bare mail address, as given.
    pub email: Arc<str>,
    /// The language.
    pub language: Language,
}

impl fmt::Debug for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recipient").field("language", &self.language).finish_non_exhaustive()
    }
}

/// One thing that is billed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// What it is.
    pub label: Arc<str>,
    /// What it costs, in micros of the invoice's currency; negative is a discount.
    pub micros: i64,
}

/// One way to have goods sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShippingWay {
    /// Unique within the invoice.
    pub id: Arc<str>,
    /// What the payer reads.
    pub label: Arc<str>,
    /// What it costs, in micros of the invoice's currency; not negative.
    pub micros: i64,
    /// Where it goes, as ISO 3166-1 alpha-2 codes in upper case; empty: everywhere.
    pub countries: Vec<Arc<str>>,
}

/// What an invoice says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// Our id, derived from the reference.
    pub id: TransactionId,
    /// The merchant's number.
    pub reference: InvoiceReference,
    /// Whom it goes to.
    pub recipient: Recipient,
    /// What is billed; at least one line.
    pub lines: Vec<Line>,
    /// Tax, billed as an item of its own (contract section 6).
    pub tax_micros: Option<i64>,
    /// Lines and tax together; more than nothing. Shipping comes on top.
    pub total: Money,
    /// The last day to pay in time.
    pub due: Day,
    /// The ways to have it sent; empty: nothing is sent.
    pub shipping: Vec<ShippingWay>,
    /// Unguessable; with the reference the product context of its mail (outlook-payments section 3.3).
    pub nonce: Arc<str>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Where goods go. Personal: not in logs (outlook-payments section 4.4).
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Address {
    /// ISO 3166-1 alpha-2.
    pub country: Option<Arc<str>>,
    /// Street lines.
    pub lines: Vec<Arc<str>>,
    /// State or province.
    pub region: Option<Arc<str>>,
    /// City.
    pub city: Option<Arc<str>>,
    /// Part of the city.
    pub dependent_locality: Option<Arc<str>>,
    /// Postal code.
    pub postal_code: Option<Arc<str>>,
    /// Sorting code.
    pub sorting_code: Option<Arc<str>>,
    /// Company.
    pub organization: Option<Arc<str>>,
    /// Person.
    pub recipient: Option<Arc<str>>,
    /// Telephone, free format.
    pub phone: Option<Arc<str>>,
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Address").field("country", &self.country).finish_non_exhaustive()
    }
}
