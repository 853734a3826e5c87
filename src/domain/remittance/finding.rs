//! What an event of a statement comes to, beside what our books say: exactly one finding each (flows-security section 5.5).
//! Matching is by id, never by date (checklist REM-6).

use super::fees::FeeSchedule;
use crate::domain::{Currency, Money, Remittable, RemittableKind, RemittableStanding};

/// An event as Google stated it. What could not be read is absent, and named in `note`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatedEvent {
    /// The list it stood in.
    pub kind: RemittableKind,
    /// `eventRequestId`: Google's id of the start or refund request. Somebody else's text.
    pub request_id: String,
    /// `paymentIntegratorEventId`: our id, as Google states it.
    pub our_id: Option<String>,
    /// The amount's currency.
    pub currency: Option<Currency>,
    /// The amount in micros: a refund's is negative, however it was written.
    pub amount_micros: Option<i64>,
    /// The fee in micros, as stated.
    pub fee_micros: Option<i64>,
    /// Members that we do not know, and what could not be read.
    pub note: Option<String>,
}

/// What our books know of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ours<'a> {
    /// Nothing.
    Unknown,
    /// Nothing, and an earlier line of the statement has it, too.
    UnknownAgain,
    /// A payment that is not paid.
    NotPaid,
    /// A capture or refund.
    Known {
        /// As it stands.
        item: &'a Remittable,
        /// Whether a statement, or an earlier line of this one, lists it already.
        stated_before: bool,
    },
}

/// What is wrong with an event. In the order in which they are looked for: the first that applies is the finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FindingKind {
    /// Nothing: id, amount, currency and fee agree.
    Matched,
    /// Amount or currency could not be read.
    Unreadable,
    /// A statement, or an earlier line of this one, lists it already.
    Duplicate,
    /// Our books have no such capture or refund.
    Unknown,
    /// A capture of a payment that is not paid.
    NotPaid,
    /// A refund that did not succeed, or not yet.
    RefundNotSucceeded,
    /// Another currency than the statement's, or than our books'.
    CurrencyDiffers,
    /// Another amount.
    AmountDiffers,
    /// Another fee than the schedule's.
    FeeDiffers,
}

impl FindingKind {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Matched,
        Self::Unreadable,
        Self::Duplicate,
        Self::Unknown,
        Self::NotPaid,
        Self::RefundNotSucceeded,
        Self::CurrencyDiffers,
        Self::AmountDiffers,
        Self::FeeDiffers,
    ];

    /// The name in the API, in reports and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Matched => "matched",
            Self::Unreadable => "unreadable",
            Self::Duplicate => "duplicate",
            Self::Unknown => "unknown",
            Self::NotPaid => "not_paid",
            Self::RefundNotSucceeded => "refund_not_succeeded",
            Self::CurrencyDiffers => "currency_differs",
            Self::AmountDiffers => "amount_differs",
            Self::FeeDiffers => "fee_differs",
        }
    }

    /// What [`FindingKind::as_str`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// What reconciliation says of one event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Judgement {
    /// The finding.
    pub kind: FindingKind,
    /// What our books say, refunds negative; `None` where they say nothing in this currency.
    pub ours_micros: Option<i64>,
    /// The fee by the schedule, where it was judged.
    pub expected_fee_micros: Option<i64>,
}

/// Judges one event of a statement in `currency`.
pub fn judge(event: &StatedEvent, currency: Currency, ours: Ours<'_>, schedule: Option<&FeeSchedule>) -> Judgement {
    let bare = |kind| Judgement { kind, ours_micros: None, expected_fee_micros: None };
    let (Some(stated), Some(stated_currency)) = (event.amount_micros, event.currency) else {
        return bare(FindingKind::Unreadable);
    };
    let item = match ours {
        Ours::Unknown => return bare(FindingKind::Unknown),
        Ours::UnknownAgain => return bare(FindingKind::Duplicate),
        Ours::NotPaid => return bare(FindingKind::NotPaid),
        Ours::Known { item, .. } if item.kind != event.kind => return bare(FindingKind::Unknown),
        Ours::Known { stated_before: true, .. } => return bare(FindingKind::Duplicate),
        Ours::Known { item, stated_before: false } => item,
    };
    if item.standing != RemittableStanding::Done {
        return bare(match item.kind {
            RemittableKind::Capture => FindingKind::NotPaid,
            RemittableKind::Refund => FindingKind::RefundNotSucceeded,
        });
    }
    if stated_currency != currency || item.amount.currency() != currency {
        return bare(FindingKind::CurrencyDiffers);
    }
    let ours_micros = match item.kind {
        RemittableKind::Capture => item.amount.micros(),
        RemittableKind::Refund => item.amount.micros().saturating_neg(),
    };
    if stated != ours_micros {
        return Judgement { ours_micros: Some(ours_micros), ..bare(FindingKind::AmountDiffers) };
    }
    let expected = schedule.map(|schedule| match item.kind {
        RemittableKind::Capture => schedule.on_capture(item.amount),
        RemittableKind::Refund => schedule.on_refund(item.amount),
    });
    let kind = match expected {
        // Without a schedule fees are not judged (contract section 6).
        None => FindingKind::Matched,
        Some(expected) if expected == Some(event.fee_micros.unwrap_or(0)) => FindingKind::Matched,
        Some(_) => FindingKind::FeeDiffers,
    };
    Judgement { kind, ours_micros: Some(ours_micros), expected_fee_micros: expected.flatten() }
}

impl StatedEvent {
    /// What it adds to the statement's sums: amount and fee, if it is in the statement's currency and could be read.
    pub fn counted(&self, currency: Currency) -> Option<(i64, i64)> {
        let amount = self.amount_micros.filter(|_| self.currency == Some(currency))?;
        Some((amount, self.fee_micros.unwrap_or(0)))
    }

    /// The amount with its currency, if both could be read.
    pub fn amount(&self) -> Option<Money> {
        Some(Money::new(self.amount_micros?, self.currency?))
    }
}
