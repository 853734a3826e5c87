//! How a payment ends, in words that all three completion channels share.

use crate::domain::{IssuerId, Money, Timestamp};

/// The issuer's own code for a decline, handed on to Google as `rawResult.rawCode` (API section 3.8).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawCode(String);

impl RawCode {
    /// Keeps at most 100 printable characters: it is somebody else's text.
    pub fn new(text: &str) -> Option<Self> {
        let kept: String = text.chars().filter(|c| !c.is_control()).take(100).collect();
        if kept.is_empty() { None } else { Some(Self(kept)) }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Why a payment was declined (API sections 3.8 and 5.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decline {
    /// Not enough money.
    InsufficientFunds,
    /// Above the per-transaction limit, in the payment's currency.
    OverLimit(Money),
    /// Below the minimum, in the payment's currency, if the issuer has named it.
    UnderLimit(Option<Money>),
    /// The account cannot pay in this currency.
    CurrencyNotSupported,
    /// Declined by a risk check.
    Risk,
    /// A decline without a reason of its own (contract section 7).
    ByIssuer,
    /// The payer gave up: at our page, at the issuer, or by never coming back.
    PayerLeft,
}

/// A negative outcome with the issuer's own code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Negative {
    /// The reason.
    pub decline: Decline,
    /// The issuer's code, if it gave one.
    pub raw: Option<RawCode>,
}

impl Negative {
    /// The payer gave up, nobody gave a code.
    pub const fn payer_left() -> Self {
        Self { decline: Decline::PayerLeft, raw: None }
    }
}

/// The final outcome of a payment. It never changes (checklist CMP-9).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Paid: Google delivers.
    Success,
    /// Not paid.
    Negative(Negative),
}

/// What a completion channel says: C1 and C3 may also say `pending`, C2 only speaks of the final outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Not decided yet.
    Pending,
    /// Decided for good.
    Final(Outcome),
}

/// The issuer's word about one payment, already verified and mapped from its protocol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuerReport {
    /// Who says so.
    pub issuer: IssuerId,
    /// The issuer's own reference of the payment.
    pub reference: String,
    /// The amount the issuer speaks of.
    pub amount: Money,
    /// What it says.
    pub word: IssuerWord,
}

/// What an issuer can say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IssuerWord {
    /// Money was taken.
    Approved,
    /// No money, for this reason.
    Declined(Negative),
    /// The payer cancelled at the issuer.
    Cancelled(Option<RawCode>),
    /// Not decided yet.
    Pending,
}

/// Proof of a payment: who took the money, under which reference, how much, and when we learnt of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The issuer that took the money.
    pub issuer: IssuerId,
    /// Its reference.
    pub reference: String,
    /// The amount it took.
    pub amount: Money,
    /// When its word reached us.
    pub at: Timestamp,
}
