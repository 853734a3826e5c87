//! Counterparts of refunds.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::values::StoredMoney;
use crate::domain::redirect_payment::{
    RawCode, Refund, RefundDecline, RefundOrigin, RefundRefusal, RefundResult, RefundStanding, Refunds,
};
use crate::domain::{RequestId, Timestamp, UserName};
use crate::storage::CodecError;

#[derive(Serialize, Deserialize)]
pub(super) struct StoredRefund<'a> {
    number: u32,
    origin: StoredOrigin<'a>,
    reference: Cow<'a, str>,
    amount: StoredMoney<'a>,
    ordered_ms: i64,
    standing: StoredRefundStanding<'a>,
    notified: bool,
    contradicted: bool,
}

#[derive(Serialize, Deserialize)]
enum StoredOrigin<'a> {
    Google(Cow<'a, str>),
    House(Option<Cow<'a, str>>),
}

#[derive(Serialize, Deserialize)]
pub(super) enum StoredRefundStanding<'a> {
    AtIssuer { asked: u32, next_ask_ms: Option<i64> },
    Refunded { reference: Option<Cow<'a, str>>, at_ms: i64 },
    Refused { refusal: StoredRefusal<'a>, at_ms: i64, moved: bool },
}

#[derive(Serialize, Deserialize)]
pub(super) struct StoredRefusal<'a> {
    reason: StoredRefundDecline,
    raw: Option<Cow<'a, str>>,
}

#[derive(Serialize, Deserialize)]
enum StoredRefundDecline {
    AccountClosed,
    AccountOnHold,
    ExceedsMaximumBalance,
    WindowExceeded,
}

#[derive(Serialize, Deserialize)]
pub(super) enum StoredRefundResult<'a> {
    Success,
    Refused(StoredRefusal<'a>),
}

impl<'a> From<&'a Refund> for StoredRefund<'a> {
    fn from(refund: &'a Refund) -> Self {
        Self {
            number: refund.number,
            origin: match &refund.origin {
                RefundOrigin::Ordered(id) => StoredOrigin::Google(id.as_str().into()),
                RefundOrigin::House(by) => StoredOrigin::House(by.as_ref().map(|by| by.as_str().into())),
            },
            reference: refund.reference.as_str().into(),
            amount: (&refund.amount).into(),
            ordered_ms: refund.ordered_at.as_millis(),
            standing: (&refund.standing).into(),
            notified: refund.notified,
            contradicted: refund.contradicted,
        }
    }
}

impl TryFrom<StoredRefund<'_>> for Refund {
    type Error = CodecError;

    fn try_from(stored: StoredRefund<'_>) -> Result<Self, CodecError> {
        Ok(Self {
            number: stored.number,
            origin: match stored.origin {
                StoredOrigin::Google(id) => RefundOrigin::Ordered(RequestId::parse(&id)?),
                StoredOrigin::House(by) => RefundOrigin::House(by.map(|by| UserName::parse(&by)).transpose()?),
            },
            reference: stored.reference.into_owned(),
            amount: stored.amount.try_into()?,
            ordered_at: Timestamp::from_millis(stored.ordered_ms),
            standing: stored.standing.into(),
            notified: stored.notified,
            contradicted: stored.contradicted,
        })
    }
}

impl<'a> From<&'a RefundStanding> for StoredRefundStanding<'a> {
    fn from(standing: &'a RefundStanding) -> Self {
        match standing {
            RefundStanding::AtIssuer { asked, next_ask } => {
                Self::AtIssuer { asked: *asked, next_ask_ms: next_ask.map(Timestamp::as_millis) }
            }
            RefundStanding::Refunded { reference, at } => {
                Self::Refunded { reference: reference.as_deref().map(Into::into), at_ms: at.as_millis() }
            }
            RefundStanding::Refused { refusal, at, moved } => {
                Self::Refused { refusal: refusal.into(), at_ms: at.as_millis(), moved: *moved }
            }
        }
    }
}

impl From<StoredRefundStanding<'_>> for RefundStanding {
    fn from(stored: StoredRefundStanding<'_>) -> Self {
        match stored {
            StoredRefundStanding::AtIssuer { asked, next_ask_ms } => {
                Self::AtIssuer { asked, next_ask: next_ask_ms.map(Timestamp::from_millis) }
            }
            StoredRefundStanding::Refunded { reference, at_ms } => {
                Self::Refunded { reference: reference.map(Cow::into_owned), at: Timestamp::from_millis(at_ms) }
            }
            StoredRefundStanding::Refused { refusal, at_ms, moved } => {
                Self::Refused { refusal: refusal.into(), at: Timestamp::from_millis(at_ms), moved }
            }
        }
    }
}

impl<'a> From<&'a RefundRefusal> for StoredRefusal<'a> {
    fn from(refusal: &'a RefundRefusal) -> Self {
        Self {
            reason: match refusal.reason {
                RefundDecline::AccountClosed => StoredRefundDecline::AccountClosed,
                RefundDecline::AccountOnHold => StoredRefundDecline::AccountOnHold,
                RefundDecline::ExceedsMaximumBalance => StoredRefundDecline::ExceedsMaximumBalance,
                RefundDecline::WindowExceeded => StoredRefundDecline::WindowExceeded,
            },
            raw: refusal.raw.as_ref().map(|raw| raw.as_str().into()),
        }
    }
}

impl From<StoredRefusal<'_>> for RefundRefusal {
    fn from(stored: StoredRefusal<'_>) -> Self {
        Self {
            reason: match stored.reason {
                StoredRefundDecline::AccountClosed => RefundDecline::AccountClosed,
                StoredRefundDecline::AccountOnHold => RefundDecline::AccountOnHold,
                StoredRefundDecline::ExceedsMaximumBalance => RefundDecline::ExceedsMaximumBalance,
                StoredRefundDecline::WindowExceeded => RefundDecline::WindowExceeded,
            },
            raw: stored.raw.and_then(|raw| RawCode::new(&raw)),
        }
    }
}

impl<'a> From<&'a RefundResult> for StoredRefundResult<'a> {
    fn from(result: &'a RefundResult) -> Self {
        match result {
            RefundResult::Success => Self::Success,
            RefundResult::Refused(refusal) => Self::Refused(refusal.into()),
        }
    }
}

impl From<StoredRefundResult<'_>> for RefundResult {
    fn from(stored: StoredRefundResult<'_>) -> Self {
        match stored {
            StoredRefundResult::Success => Self::Success,
            StoredRefundResult::Refused(refusal) => Self::Refused(refusal.into()),
        }
    }
}

pub(super) fn stored_refunds(refunds: &Refunds) -> Vec<StoredRefund<'_>> {
    refunds.iter().map(Into::into).collect()
}

pub(super) fn refunds(stored: Vec<StoredRefund<'_>>) -> Result<Refunds, CodecError> {
    Ok(Refunds::from_vec(stored.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?))
}
