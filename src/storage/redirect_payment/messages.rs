//! The counterparts of events, effects and replies.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::refunds::{StoredRefund, StoredRefundResult, StoredRefundStanding};
use super::values::{
    StoredMoney, StoredNegative, StoredOutcome, StoredPreselection, StoredReceipt, StoredTerms, StoredVerdict, issuer,
    preselection, stored_issuer, stored_preselection,
};
use crate::domain::redirect_payment::{Effect, Event, Reply, Stage, Standing};
use crate::domain::{Attention, IssuerId, Piaid, RefundId, RequestId, Timestamp, TransactionId, UserName};
use crate::storage::CodecError;

#[derive(Serialize, Deserialize)]
pub(super) enum StoredEvent<'a> {
    Started { terms: StoredTerms<'a>, preselected: Option<StoredPreselection<'a>> },
    SentToIssuer { issuer: Cow<'a, str>, deadline_ms: i64 },
    IssuerAsked,
    StillPending { next_ask_ms: i64 },
    AmountDiffered { reported: StoredMoney<'a>, reference: Cow<'a, str>, next_ask_ms: i64 },
    Paid(StoredReceipt<'a>),
    Declined(StoredNegative<'a>),
    Abandoned(StoredNegative<'a>),
    Expired,
    PaidAfterClose(StoredReceipt<'a>),
    PaidAgain(StoredReceipt<'a>),
    Contradicted { word: Cow<'a, str>, reference: Cow<'a, str> },
    Notified,
    RefundOrdered(StoredRefund<'a>),
    RefundAsked { number: u32 },
    RefundStillPending { number: u32, next_ask_ms: i64 },
    RefundClosed { number: u32, standing: StoredRefundStanding<'a> },
    RefundContradicted { number: u32, moved: bool },
    RefundNotified { number: u32 },
    DealtWith { about: Cow<'a, str>, by: Cow<'a, str>, why: Cow<'a, str> },
}

impl<'a> From<&'a Event> for StoredEvent<'a> {
    fn from(event: &'a Event) -> Self {
        match event {
            Event::Started { terms, preselected } => {
                Self::Started { terms: terms.as_ref().into(), preselected: stored_preselection(preselected.as_ref()) }
            }
            Event::SentToIssuer { issuer, deadline } => {
                Self::SentToIssuer { issuer: issuer.as_str().into(), deadline_ms: deadline.as_millis() }
            }
            Event::IssuerAsked => Self::IssuerAsked,
            Event::StillPending { next_ask } => Self::StillPending { next_ask_ms: next_ask.as_millis() },
            Event::AmountDiffered { reported, reference, next_ask } => Self::AmountDiffered {
                reported: reported.into(),
                reference: reference.as_str().into(),
                next_ask_ms: next_ask.as_millis(),
            },
            Event::Paid(receipt) => Self::Paid(receipt.into()),
            Event::Declined(negative) => Self::Declined(negative.into()),
            Event::Abandoned(negative) => Self::Abandoned(negative.into()),
            Event::Expired => Self::Expired,
            Event::PaidAfterClose(receipt) => Self::PaidAfterClose(receipt.into()),
            Event::PaidAgain(receipt) => Self::PaidAgain(receipt.into()),
            Event::Contradicted { word, reference } => {
                Self::Contradicted { word: (*word).into(), reference: reference.as_str().into() }
            }
            Event::Notified => Self::Notified,
            Event::RefundOrdered(refund) => Self::RefundOrdered(refund.into()),
            Event::RefundAsked { number } => Self::RefundAsked { number: *number },
            Event::RefundStillPending { number, next_ask } => {
                Self::RefundStillPending { number: *number, next_ask_ms: next_ask.as_millis() }
            }
            Event::RefundClosed { number, standing } => {
                Self::RefundClosed { number: *number, standing: standing.into() }
            }
            Event::RefundContradicted { number, moved } => Self::RefundContradicted { number: *number, moved: *moved },
            Event::RefundNotified { number } => Self::RefundNotified { number: *number },
            Event::DealtWith { about, by, why } => {
                Self::DealtWith { about: about.as_str().into(), by: by.as_str().into(), why: why.as_str().into() }
            }
        }
    }
}

impl TryFrom<StoredEvent<'_>> for Event {
    type Error = CodecError;

    fn try_from(stored: StoredEvent<'_>) -> Result<Self, CodecError> {
        Ok(match stored {
            StoredEvent::Started { terms, preselected } => {
                Self::Started { terms: terms.try_into()?, preselected: preselection(preselected)? }
            }
            StoredEvent::SentToIssuer { issuer, deadline_ms } => {
                Self::SentToIssuer { issuer: IssuerId::parse(&issuer)?, deadline: Timestamp::from_millis(deadline_ms) }
            }
            StoredEvent::IssuerAsked => Self::IssuerAsked,
            StoredEvent::StillPending { next_ask_ms } => {
                Self::StillPending { next_ask: Timestamp::from_millis(next_ask_ms) }
            }
            StoredEvent::AmountDiffered { reported, reference, next_ask_ms } => Self::AmountDiffered {
                reported: reported.try_into()?,
                reference: reference.into_owned(),
                next_ask: Timestamp::from_millis(next_ask_ms),
            },
            StoredEvent::Paid(receipt) => Self::Paid(receipt.try_into()?),
            StoredEvent::Declined(negative) => Self::Declined(negative.try_into()?),
            StoredEvent::Abandoned(negative) => Self::Abandoned(negative.try_into()?),
            StoredEvent::Expired => Self::Expired,
            StoredEvent::PaidAfterClose(receipt) => Self::PaidAfterClose(receipt.try_into()?),
            StoredEvent::PaidAgain(receipt) => Self::PaidAgain(receipt.try_into()?),
            StoredEvent::Contradicted { word, reference } => {
                Self::Contradicted { word: contradiction(&word)?, reference: reference.into_owned() }
            }
            StoredEvent::Notified => Self::Notified,
            StoredEvent::RefundOrdered(refund) => Self::RefundOrdered(refund.try_into()?),
            StoredEvent::RefundAsked { number } => Self::RefundAsked { number },
            StoredEvent::RefundStillPending { number, next_ask_ms } => {
                Self::RefundStillPending { number, next_ask: Timestamp::from_millis(next_ask_ms) }
            }
            StoredEvent::RefundClosed { number, standing } => Self::RefundClosed { number, standing: standing.into() },
            StoredEvent::RefundContradicted { number, moved } => Self::RefundContradicted { number, moved },
            StoredEvent::RefundNotified { number } => Self::RefundNotified { number },
            StoredEvent::DealtWith { about, by, why } => {
                Self::DealtWith { about: reason(&about)?, by: UserName::parse(&by)?, why: why.into_owned() }
            }
        })
    }
}

/// What an issuer that contradicts itself can have said; the domain's words, which live as long as the program.
const CONTRADICTIONS: [&str; 4] = ["approved with another reference or amount", "declined", "cancelled", "pending"];

fn contradiction(word: &str) -> Result<&'static str, CodecError> {
    CONTRADICTIONS
        .into_iter()
        .find(|known| *known == word)
        .ok_or_else(|| CodecError("an unknown word of contradiction".to_owned()))
}

/// What a payment can stand before finance for.
fn reason(stored: &str) -> Result<Attention, CodecError> {
    [Attention::AmountDiffers, Attention::PaidAfterClose, Attention::Contradiction]
        .into_iter()
        .find(|known| known.as_str() == stored)
        .ok_or_else(|| CodecError("an unknown reason to stand before finance".to_owned()))
}

#[derive(Serialize, Deserialize)]
pub(super) enum StoredEffect<'a> {
    NotifyPaymentComplete {
        payment: Cow<'a, str>,
        piaid: Cow<'a, str>,
        redirect_request_id: Cow<'a, str>,
        outcome: StoredOutcome<'a>,
        issuer: Option<Cow<'a, str>>,
    },
    AskIssuerForStatus {
        payment: Cow<'a, str>,
        issuer: Cow<'a, str>,
        number: u32,
    },
    RefundAtIssuer {
        refund: Cow<'a, str>,
        issuer: Cow<'a, str>,
        reference: Cow<'a, str>,
        amount: StoredMoney<'a>,
        question: u32,
    },
    NotifyRefundResult {
        refund: Cow<'a, str>,
        piaid: Cow<'a, str>,
        refund_request_id: Cow<'a, str>,
        result: StoredRefundResult<'a>,
    },
    ConsiderGivingBack {
        payment: Cow<'a, str>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        piaid: Option<Cow<'a, str>>,
        receipt: u32,
    },
    TellInvoice {
        payment: Cow<'a, str>,
        invoice: Cow<'a, str>,
        attempt: u32,
        outcome: StoredOutcome<'a>,
        issuer: Option<Cow<'a, str>>,
    },
    TellInvoiceOfRefund {
        refund: Cow<'a, str>,
        invoice: Cow<'a, str>,
        order: Cow<'a, str>,
        result: StoredRefundResult<'a>,
    },
}

impl<'a> From<&'a Effect> for StoredEffect<'a> {
    fn from(effect: &'a Effect) -> Self {
        match effect {
            Effect::NotifyPaymentComplete { payment, piaid, redirect_request_id, outcome, issuer } => {
                Self::NotifyPaymentComplete {
                    payment: payment.to_string().into(),
                    piaid: piaid.as_str().into(),
                    redirect_request_id: redirect_request_id.as_str().into(),
                    outcome: outcome.into(),
                    issuer: stored_issuer(issuer.as_ref()),
                }
            }
            Effect::AskIssuerForStatus { payment, issuer, number } => Self::AskIssuerForStatus {
                payment: payment.to_string().into(),
                issuer: issuer.as_str().into(),
                number: *number,
            },
            Effect::RefundAtIssuer { refund, issuer, reference, amount, question } => Self::RefundAtIssuer {
                refund: refund.to_string().into(),
                issuer: issuer.as_str().into(),
                reference: reference.as_str().into(),
                amount: amount.into(),
                question: *question,
            },
            Effect::NotifyRefundResult { refund, piaid, refund_request_id, result } => Self::NotifyRefundResult {
                refund: refund.to_string().into(),
                piaid: piaid.as_str().into(),
                refund_request_id: refund_request_id.as_str().into(),
                result: result.into(),
            },
            Effect::ConsiderGivingBack { payment, piaid, receipt } => Self::ConsiderGivingBack {
                payment: payment.to_string().into(),
                piaid: piaid.as_ref().map(|piaid| piaid.as_str().into()),
                receipt: *receipt,
            },
            Effect::TellInvoice { payment, invoice, attempt, outcome, issuer } => Self::TellInvoice {
                payment: payment.to_string().into(),
                invoice: invoice.to_string().into(),
                attempt: *attempt,
                outcome: outcome.into(),
                issuer: stored_issuer(issuer.as_ref()),
            },
            Effect::TellInvoiceOfRefund { refund, invoice, order, result } => Self::TellInvoiceOfRefund {
                refund: refund.to_string().into(),
                invoice: invoice.to_string().into(),
                order: order.as_str().into(),
                result: result.into(),
            },
        }
    }
}

impl TryFrom<StoredEffect<'_>> for Effect {
    type Error = CodecError;

    fn try_from(stored: StoredEffect<'_>) -> Result<Self, CodecError> {
        Ok(match stored {
            StoredEffect::NotifyPaymentComplete { payment, piaid, redirect_request_id, outcome, issuer: known } => {
                Self::NotifyPaymentComplete {
                    payment: TransactionId::parse(&payment)?,
                    piaid: Piaid::parse(&piaid)?,
                    redirect_request_id: RequestId::parse(&redirect_request_id)?,
                    outcome: outcome.try_into()?,
                    issuer: issuer(known)?,
                }
            }
            StoredEffect::AskIssuerForStatus { payment, issuer, number } => Self::AskIssuerForStatus {
                payment: TransactionId::parse(&payment)?,
                issuer: IssuerId::parse(&issuer)?,
                number,
            },
            StoredEffect::RefundAtIssuer { refund, issuer, reference, amount, question } => Self::RefundAtIssuer {
                refund: RefundId::parse(&refund)?,
                issuer: IssuerId::parse(&issuer)?,
                reference: reference.into_owned(),
                amount: amount.try_into()?,
                question,
            },
            StoredEffect::NotifyRefundResult { refund, piaid, refund_request_id, result } => Self::NotifyRefundResult {
                refund: RefundId::parse(&refund)?,
                piaid: Piaid::parse(&piaid)?,
                refund_request_id: RequestId::parse(&refund_request_id)?,
                result: result.into(),
            },
            StoredEffect::ConsiderGivingBack { payment, piaid, receipt } => Self::ConsiderGivingBack {
                payment: TransactionId::parse(&payment)?,
                piaid: piaid.map(|piaid| Piaid::parse(&piaid)).transpose()?,
                receipt,
            },
            StoredEffect::TellInvoice { payment, invoice, attempt, outcome, issuer: known } => Self::TellInvoice {
                payment: TransactionId::parse(&payment)?,
                invoice: TransactionId::parse(&invoice)?,
                attempt,
                outcome: outcome.try_into()?,
                issuer: issuer(known)?,
            },
            StoredEffect::TellInvoiceOfRefund { refund, invoice, order, result } => Self::TellInvoiceOfRefund {
                refund: RefundId::parse(&refund)?,
                invoice: TransactionId::parse(&invoice)?,
                order: RequestId::parse(&order)?,
                result: result.into(),
            },
        })
    }
}

#[derive(Serialize, Deserialize)]
pub(super) enum StoredReply<'a> {
    Standing { terms: Box<StoredTerms<'a>>, stage: StoredStage<'a> },
    Noted,
    Link(Cow<'a, str>),
    Refused(StoredNegative<'a>),
    Status { verdict: StoredVerdict<'a>, issuer: Option<Cow<'a, str>> },
    RefundAcknowledged,
}

#[derive(Serialize, Deserialize)]
pub(super) enum StoredStage<'a> {
    Choosing,
    AtIssuer { issuer: Cow<'a, str>, sent_now: bool, until_ms: Option<i64> },
    Undecided { issuer: Cow<'a, str>, differs: bool },
    Closed { outcome: StoredOutcome<'a>, issuer: Option<Cow<'a, str>> },
}

impl<'a> From<&'a Reply> for StoredReply<'a> {
    fn from(reply: &'a Reply) -> Self {
        match reply {
            Reply::Standing(Standing { terms, stage }) => {
                Self::Standing { terms: Box::new(terms.as_ref().into()), stage: stage.into() }
            }
            Reply::Noted => Self::Noted,
            Reply::Link(link) => Self::Link(link.as_str().into()),
            Reply::Refused(negative) => Self::Refused(negative.into()),
            Reply::Status(verdict, issuer) => {
                Self::Status { verdict: verdict.into(), issuer: stored_issuer(issuer.as_ref()) }
            }
            Reply::RefundAcknowledged => Self::RefundAcknowledged,
        }
    }
}

impl TryFrom<StoredReply<'_>> for Reply {
    type Error = CodecError;

    fn try_from(stored: StoredReply<'_>) -> Result<Self, CodecError> {
        Ok(match stored {
            StoredReply::Standing { terms, stage } => {
                Self::Standing(Standing { terms: (*terms).try_into()?, stage: stage.try_into()? })
            }
            StoredReply::Noted => Self::Noted,
            StoredReply::Link(link) => Self::Link(link.into_owned()),
            StoredReply::Refused(negative) => Self::Refused(negative.try_into()?),
            StoredReply::Status { verdict, issuer: known } => Self::Status(verdict.try_into()?, issuer(known)?),
            StoredReply::RefundAcknowledged => Self::RefundAcknowledged,
        })
    }
}

impl<'a> From<&'a Stage> for StoredStage<'a> {
    fn from(stage: &'a Stage) -> Self {
        match stage {
            Stage::Choosing => Self::Choosing,
            Stage::AtIssuer { issuer, sent_now, until } => {
                let until_ms = until.map(Timestamp::as_millis);
                Self::AtIssuer { issuer: issuer.as_str().into(), sent_now: *sent_now, until_ms }
            }
            Stage::Undecided { issuer, differs } => {
                Self::Undecided { issuer: issuer.as_str().into(), differs: *differs }
            }
            Stage::Closed { outcome, issuer } => {
                Self::Closed { outcome: outcome.into(), issuer: stored_issuer(issuer.as_ref()) }
            }
        }
    }
}

impl TryFrom<StoredStage<'_>> for Stage {
    type Error = CodecError;

    fn try_from(stored: StoredStage<'_>) -> Result<Self, CodecError> {
        Ok(match stored {
            StoredStage::Choosing => Self::Choosing,
            StoredStage::AtIssuer { issuer, sent_now, until_ms } => {
                let until = until_ms.map(Timestamp::from_millis);
                Self::AtIssuer { issuer: IssuerId::parse(&issuer)?, sent_now, until }
            }
            StoredStage::Undecided { issuer, differs } => {
                Self::Undecided { issuer: IssuerId::parse(&issuer)?, differs }
            }
            StoredStage::Closed { outcome, issuer: known } => {
                Self::Closed { outcome: outcome.try_into()?, issuer: issuer(known)? }
            }
        })
    }
}
