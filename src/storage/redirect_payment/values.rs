//! Counterparts of the values that snapshot, events, effects and replies share.

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::domain::invoice::InvoiceReference;
use crate::domain::redirect_payment::{
    Decline, Flow, GoogleStart, InvoiceAttempt, Negative, Origin, Outcome, RawCode, Receipt, Terms, Verdict,
};
use crate::domain::{Currency, InvalidId, InvalidMoney, IssuerId, Money, Piaid, RequestId, Timestamp, TransactionId};
use crate::storage::CodecError;

impl From<InvalidId> for CodecError {
    fn from(error: InvalidId) -> Self {
        Self(error.to_string())
    }
}

impl From<InvalidMoney> for CodecError {
    fn from(error: InvalidMoney) -> Self {
        Self(error.to_string())
    }
}

/// `[issuer, timeout_ms]`, as it came with the request.
pub(super) type StoredPreselection<'a> = (Cow<'a, str>, i64);

pub(super) fn stored_preselection(of: Option<&(IssuerId, i64)>) -> Option<StoredPreselection<'_>> {
    of.map(|(issuer, timeout_ms)| (issuer.as_str().into(), *timeout_ms))
}

pub(super) fn preselection(of: Option<StoredPreselection<'_>>) -> Result<Option<(IssuerId, i64)>, CodecError> {
    of.map(|(issuer, timeout_ms)| Ok((IssuerId::parse(&issuer)?, timeout_ms))).transpose()
}

pub(super) fn stored_issuer(of: Option<&IssuerId>) -> Option<Cow<'_, str>> {
    of.map(|issuer| issuer.as_str().into())
}

pub(super) fn issuer(of: Option<Cow<'_, str>>) -> Result<Option<IssuerId>, CodecError> {
    of.map(|issuer| Ok(IssuerId::parse(&issuer)?)).transpose()
}

#[derive(Serialize, Deserialize)]
pub(super) struct StoredMoney<'a> {
    micros: i64,
    currency: Cow<'a, str>,
}

impl<'a> From<&'a Money> for StoredMoney<'a> {
    fn from(money: &'a Money) -> Self {
        Self { micros: money.micros(), currency: money.currency().code().to_owned().into() }
    }
}

impl TryFrom<StoredMoney<'_>> for Money {
    type Error = CodecError;

    fn try_from(stored: StoredMoney<'_>) -> Result<Self, CodecError> {
        Ok(Self::new(stored.micros, Currency::parse(&stored.currency)?))
    }
}

#[derive(Serialize, Deserialize)]
enum StoredFlow {
    Begin,
    Generate,
}

#[derive(Serialize, Deserialize)]
struct StoredInvoiceAttempt<'a> {
    id: Cow<'a, str>,
    reference: Cow<'a, str>,
    attempt: u32,
}

#[derive(Serialize, Deserialize)]
pub(super) struct StoredTerms<'a> {
    id: Cow<'a, str>,
    // Google's four.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    piaid: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    request_id: Option<Cow<'a, str>>,
    amount: StoredMoney<'a>,
    description: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    callback_url: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    flow: Option<StoredFlow>,
    // Instead of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    invoice: Option<StoredInvoiceAttempt<'a>>,
    created_ms: i64,
    choose_by_ms: i64,
    link_expires_ms: i64,
}

impl<'a> From<&'a Terms> for StoredTerms<'a> {
    fn from(terms: &'a Terms) -> Self {
        let google = terms.origin.google();
        Self {
            id: terms.id.to_string().into(),
            piaid: google.map(|google| google.piaid.as_str().into()),
            request_id: google.map(|google| google.request_id.as_str().into()),
            amount: (&terms.amount).into(),
            description: terms.description.as_str().into(),
            callback_url: google.map(|google| google.callback_url.as_str().into()),
            flow: google.map(|google| match google.flow {
                Flow::Begin => StoredFlow::Begin,
                Flow::Generate => StoredFlow::Generate,
            }),
            invoice: match &terms.origin {
                Origin::Google(_) => None,
                Origin::Invoice(InvoiceAttempt { invoice, reference, attempt }) => Some(StoredInvoiceAttempt {
                    id: invoice.to_string().into(),
                    reference: reference.as_str().into(),
                    attempt: *attempt,
                }),
            },
            created_ms: terms.created_at.as_millis(),
            choose_by_ms: terms.choose_by.as_millis(),
            link_expires_ms: terms.link_expires.as_millis(),
        }
    }
}

impl TryFrom<StoredTerms<'_>> for Arc<Terms> {
    type Error = CodecError;

    fn try_from(stored: StoredTerms<'_>) -> Result<Self, CodecError> {
        let google = stored.piaid.zip(stored.request_id).zip(stored.callback_url.zip(stored.flow));
        let origin = match (google, stored.invoice) {
            (Some(((piaid, request_id), (callback_url, flow))), None) => Origin::Google(GoogleStart {
                piaid: Piaid::parse(&piaid)?,
                request_id: RequestId::parse(&request_id)?,
                callback_url: callback_url.into_owned(),
                flow: match flow {
                    StoredFlow::Begin => Flow::Begin,
                    StoredFlow::Generate => Flow::Generate,
                },
            }),
            (None, Some(StoredInvoiceAttempt { id, reference, attempt })) => Origin::Invoice(InvoiceAttempt {
                invoice: TransactionId::parse(&id)?,
                reference: InvoiceReference::parse(&reference)?,
                attempt,
            }),
            (Some(_), Some(_)) | (None, None) => return Err(CodecError("who started it: expected one".to_owned())),
        };
        Ok(Self::new(Terms {
            id: TransactionId::parse(&stored.id)?,
            origin,
            amount: stored.amount.try_into()?,
            description: stored.description.into_owned(),
            created_at: Timestamp::from_millis(stored.created_ms),
            choose_by: Timestamp::from_millis(stored.choose_by_ms),
            link_expires: Timestamp::from_millis(stored.link_expires_ms),
        }))
    }
}

#[derive(Serialize, Deserialize)]
enum StoredDecline<'a> {
    InsufficientFunds,
    OverLimit(StoredMoney<'a>),
    UnderLimit(Option<StoredMoney<'a>>),
    CurrencyNotSupported,
    Risk,
    ByIssuer,
    PayerLeft,
}

#[derive(Serialize, Deserialize)]
pub(super) struct StoredNegative<'a> {
    decline: StoredDecline<'a>,
    raw: Option<Cow<'a, str>>,
}

impl<'a> From<&'a Negative> for StoredNegative<'a> {
    fn from(negative: &'a Negative) -> Self {
        let decline = match &negative.decline {
            Decline::InsufficientFunds => StoredDecline::InsufficientFunds,
            Decline::OverLimit(limit) => StoredDecline::OverLimit(limit.into()),
            Decline::UnderLimit(limit) => StoredDecline::UnderLimit(limit.as_ref().map(Into::into)),
            Decline::CurrencyNotSupported => StoredDecline::CurrencyNotSupported,
            Decline::Risk => StoredDecline::Risk,
            Decline::ByIssuer => StoredDecline::ByIssuer,
            Decline::PayerLeft => StoredDecline::PayerLeft,
        };
        Self { decline, raw: stored_raw(negative.raw.as_ref()) }
    }
}

impl TryFrom<StoredNegative<'_>> for Negative {
    type Error = CodecError;

    fn try_from(stored: StoredNegative<'_>) -> Result<Self, CodecError> {
        let decline = match stored.decline {
            StoredDecline::InsufficientFunds => Decline::InsufficientFunds,
            StoredDecline::OverLimit(limit) => Decline::OverLimit(limit.try_into()?),
            StoredDecline::UnderLimit(limit) => Decline::UnderLimit(limit.map(TryInto::try_into).transpose()?),
            StoredDecline::CurrencyNotSupported => Decline::CurrencyNotSupported,
            StoredDecline::Risk => Decline::Risk,
            StoredDecline::ByIssuer => Decline::ByIssuer,
            StoredDecline::PayerLeft => Decline::PayerLeft,
        };
        Ok(Self { decline, raw: stored.raw.and_then(|raw| RawCode::new(&raw)) })
    }
}

fn stored_raw(of: Option<&RawCode>) -> Option<Cow<'_, str>> {
    of.map(|raw| raw.as_str().into())
}

#[derive(Serialize, Deserialize)]
pub(super) enum StoredOutcome<'a> {
    Success,
    Negative(StoredNegative<'a>),
}

impl<'a> From<&'a Outcome> for StoredOutcome<'a> {
    fn from(outcome: &'a Outcome) -> Self {
        match outcome {
            Outcome::Success => Self::Success,
            Outcome::Negative(negative) => Self::Negative(negative.into()),
        }
    }
}

impl TryFrom<StoredOutcome<'_>> for Outcome {
    type Error = CodecError;

    fn try_from(stored: StoredOutcome<'_>) -> Result<Self, CodecError> {
        Ok(match stored {
            StoredOutcome::Success => Self::Success,
            StoredOutcome::Negative(negative) => Self::Negative(negative.try_into()?),
        })
    }
}

#[derive(Serialize, Deserialize)]
pub(super) enum StoredVerdict<'a> {
    Pending,
    Final(StoredOutcome<'a>),
}

impl<'a> From<&'a Verdict> for StoredVerdict<'a> {
    fn from(verdict: &'a Verdict) -> Self {
        match verdict {
            Verdict::Pending => Self::Pending,
            Verdict::Final(outcome) => Self::Final(outcome.into()),
        }
    }
}

impl TryFrom<StoredVerdict<'_>> for Verdict {
    type Error = CodecError;

    fn try_from(stored: StoredVerdict<'_>) -> Result<Self, CodecError> {
        Ok(match stored {
            StoredVerdict::Pending => Self::Pending,
            StoredVerdict::Final(outcome) => Self::Final(outcome.try_into()?),
        })
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct StoredReceipt<'a> {
    issuer: Cow<'a, str>,
    reference: Cow<'a, str>,
    amount: StoredMoney<'a>,
    at_ms: i64,
}

impl<'a> From<&'a Receipt> for StoredReceipt<'a> {
    fn from(receipt: &'a Receipt) -> Self {
        Self {
            issuer: receipt.issuer.as_str().into(),
            reference: receipt.reference.as_str().into(),
            amount: (&receipt.amount).into(),
            at_ms: receipt.at.as_millis(),
        }
    }
}

impl TryFrom<StoredReceipt<'_>> for Receipt {
    type Error = CodecError;

    fn try_from(stored: StoredReceipt<'_>) -> Result<Self, CodecError> {
        Ok(Self {
            issuer: IssuerId::parse(&stored.issuer)?,
            reference: stored.reference.into_owned(),
            amount: stored.amount.try_into()?,
            at: Timestamp::from_millis(stored.at_ms),
        })
    }
}
