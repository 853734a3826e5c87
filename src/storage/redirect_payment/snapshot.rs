//! The counterpart of the snapshot.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::refunds::{StoredRefund, refunds, stored_refunds};
use super::values::{
    StoredMoney, StoredNegative, StoredPreselection, StoredReceipt, StoredTerms, issuer, preselection, stored_issuer,
    stored_preselection,
};
use crate::domain::redirect_payment::{ClosedAs, Closing, Receipt, State};
use crate::domain::{IssuerId, Timestamp};
use crate::storage::CodecError;

#[derive(Serialize, Deserialize)]
pub(super) enum StoredState<'a> {
    Unstarted,
    AwaitingIssuerChoice {
        terms: StoredTerms<'a>,
        preselected: Option<StoredPreselection<'a>>,
    },
    AtIssuer {
        terms: StoredTerms<'a>,
        issuer: Cow<'a, str>,
        deadline_ms: Option<i64>,
    },
    Pending {
        terms: StoredTerms<'a>,
        issuer: Cow<'a, str>,
        gives_up_ms: i64,
        next_ask_ms: Option<i64>,
        asked: u32,
        difference: Option<StoredMoney<'a>>,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        dealt_with: bool,
    },
    Paid {
        terms: StoredTerms<'a>,
        receipt: StoredReceipt<'a>,
        notified: bool,
        contradicted: bool,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        further: Vec<StoredReceipt<'a>>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        refunds: Vec<StoredRefund<'a>>,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        dealt_with: bool,
    },
    Declined(StoredClosing<'a>),
    Abandoned(StoredClosing<'a>),
    Expired(StoredClosing<'a>),
    PaidAfterClose {
        closing: StoredClosing<'a>,
        closed_as: StoredClosedAs,
        receipt: StoredReceipt<'a>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        further: Vec<StoredReceipt<'a>>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        refunds: Vec<StoredRefund<'a>>,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        dealt_with: bool,
    },
}

#[derive(Serialize, Deserialize)]
pub(super) struct StoredClosing<'a> {
    terms: StoredTerms<'a>,
    issuer: Option<Cow<'a, str>>,
    negative: StoredNegative<'a>,
    notified: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    difference: Option<StoredMoney<'a>>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    dealt_with: bool,
}

#[derive(Serialize, Deserialize)]
pub(super) enum StoredClosedAs {
    Declined,
    Abandoned,
    Expired,
}

impl<'a> From<&'a State> for StoredState<'a> {
    fn from(state: &'a State) -> Self {
        match state {
            State::Unstarted => Self::Unstarted,
            State::AwaitingIssuerChoice { terms, preselected } => Self::AwaitingIssuerChoice {
                terms: terms.as_ref().into(),
                preselected: stored_preselection(preselected.as_ref()),
            },
            State::AtIssuer { terms, issuer, deadline } => Self::AtIssuer {
                terms: terms.as_ref().into(),
                issuer: issuer.as_str().into(),
                deadline_ms: deadline.map(Timestamp::as_millis),
            },
            State::Pending { terms, issuer, gives_up, next_ask, asked, difference, dealt_with } => Self::Pending {
                terms: terms.as_ref().into(),
                issuer: issuer.as_str().into(),
                gives_up_ms: gives_up.as_millis(),
                next_ask_ms: next_ask.map(Timestamp::as_millis),
                asked: *asked,
                difference: difference.as_ref().map(Into::into),
                dealt_with: *dealt_with,
            },
            State::Paid { terms, receipt, notified, contradicted, further, refunds, dealt_with } => Self::Paid {
                terms: terms.as_ref().into(),
                receipt: receipt.into(),
                notified: *notified,
                contradicted: *contradicted,
                further: further.iter().map(Into::into).collect(),
                refunds: stored_refunds(refunds),
                dealt_with: *dealt_with,
            },
            State::Declined(closing) => Self::Declined(closing.into()),
            State::Abandoned(closing) => Self::Abandoned(closing.into()),
            State::Expired(closing) => Self::Expired(closing.into()),
            State::PaidAfterClose { closing, closed_as, receipt, further, refunds, dealt_with } => {
                Self::PaidAfterClose {
                    dealt_with: *dealt_with,
                    further: further.iter().map(Into::into).collect(),
                    refunds: stored_refunds(refunds),
                    closing: closing.into(),
                    closed_as: match closed_as {
                        ClosedAs::Declined => StoredClosedAs::Declined,
                        ClosedAs::Abandoned => StoredClosedAs::Abandoned,
                        ClosedAs::Expired => StoredClosedAs::Expired,
                    },
                    receipt: receipt.into(),
                }
            }
        }
    }
}

impl TryFrom<StoredState<'_>> for State {
    type Error = CodecError;

    fn try_from(stored: StoredState<'_>) -> Result<Self, CodecError> {
        Ok(match stored {
            StoredState::Unstarted => Self::Unstarted,
            StoredState::AwaitingIssuerChoice { terms, preselected } => {
                Self::AwaitingIssuerChoice { terms: terms.try_into()?, preselected: preselection(preselected)? }
            }
            StoredState::AtIssuer { terms, issuer, deadline_ms } => Self::AtIssuer {
                terms: terms.try_into()?,
                issuer: IssuerId::parse(&issuer)?,
                deadline: deadline_ms.map(Timestamp::from_millis),
            },
            StoredState::Pending { terms, issuer, gives_up_ms, next_ask_ms, asked, difference, dealt_with } => {
                Self::Pending {
                    terms: terms.try_into()?,
                    issuer: IssuerId::parse(&issuer)?,
                    gives_up: Timestamp::from_millis(gives_up_ms),
                    next_ask: next_ask_ms.map(Timestamp::from_millis),
                    asked,
                    difference: difference.map(TryInto::try_into).transpose()?,
                    dealt_with,
                }
            }
            StoredState::Paid { terms, receipt, notified, contradicted, further, refunds: stored, dealt_with } => {
                Self::Paid {
                    terms: terms.try_into()?,
                    receipt: receipt.try_into()?,
                    notified,
                    contradicted,
                    further: receipts(further)?,
                    refunds: refunds(stored)?,
                    dealt_with,
                }
            }
            StoredState::Declined(closing) => Self::Declined(closing.try_into()?),
            StoredState::Abandoned(closing) => Self::Abandoned(closing.try_into()?),
            StoredState::Expired(closing) => Self::Expired(closing.try_into()?),
            StoredState::PaidAfterClose { closing, closed_as, receipt, further, refunds: stored, dealt_with } => {
                Self::PaidAfterClose {
                    dealt_with,
                    further: receipts(further)?,
                    refunds: refunds(stored)?,
                    closing: closing.try_into()?,
                    closed_as: match closed_as {
                        StoredClosedAs::Declined => ClosedAs::Declined,
                        StoredClosedAs::Abandoned => ClosedAs::Abandoned,
                        StoredClosedAs::Expired => ClosedAs::Expired,
                    },
                    receipt: receipt.try_into()?,
                }
            }
        })
    }
}

fn receipts(stored: Vec<StoredReceipt<'_>>) -> Result<Vec<Receipt>, CodecError> {
    stored.into_iter().map(TryInto::try_into).collect()
}

impl<'a> From<&'a Closing> for StoredClosing<'a> {
    fn from(closing: &'a Closing) -> Self {
        Self {
            terms: closing.terms.as_ref().into(),
            issuer: stored_issuer(closing.issuer.as_ref()),
            negative: (&closing.negative).into(),
            notified: closing.notified,
            difference: closing.difference.as_ref().map(Into::into),
            dealt_with: closing.dealt_with,
        }
    }
}

impl TryFrom<StoredClosing<'_>> for Closing {
    type Error = CodecError;

    fn try_from(stored: StoredClosing<'_>) -> Result<Self, CodecError> {
        Ok(Self {
            terms: stored.terms.try_into()?,
            issuer: issuer(stored.issuer)?,
            negative: stored.negative.try_into()?,
            notified: stored.notified,
            difference: stored.difference.map(TryInto::try_into).transpose()?,
            dealt_with: stored.dealt_with,
        })
    }
}
