//! What an event of a statement comes to, beside what our books say: exactly one finding each (flows-security section 5.5).
//! Matching is by id, never by date (checklist REM-6).

use std::collections::HashSet;

use super::fees::FeeSchedule;
use super::state::{Finding, Judged};
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

/// What our books know of an event's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ours<'a> {
    /// Nothing.
    Unknown {
        /// An earlier line of the statement has it, too.
        before: bool,
    },
    /// A payment that is not paid.
    NotPaid {
        /// An earlier line of the statement has it, too.
        before: bool,
    },
    /// A capture or refund.
    Known {
        /// As it stands.
        item: &'a Remittable,
        /// Whether a statement, or an earlier line of this one, has it already.
        before: bool,
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
    /// What our books hold for it, refunds negative; `None` where they hold nothing in this currency.
    pub ours_micros: Option<i64>,
    /// The fee by the schedule, where it was judged.
    pub expected_fee_micros: Option<i64>,
    /// The statement lists this capture or refund of ours: no other one may, and it is missing no more.
    pub listed: bool,
}

/// Judges one event of a statement in `currency`.
pub fn judge(event: &StatedEvent, currency: Currency, ours: Ours<'_>, schedule: Option<&FeeSchedule>) -> Judgement {
    let found = |kind| Judgement { kind, ours_micros: None, expected_fee_micros: None, listed: false };
    let readable = event.amount_micros.zip(event.currency);
    let item = match ours {
        Ours::Known { item, before: false } if item.kind == event.kind => item,
        Ours::Unknown { .. } | Ours::NotPaid { .. } | Ours::Known { .. } if readable.is_none() => {
            return found(FindingKind::Unreadable);
        }
        // Ours, but not in this list.
        Ours::Known { item, .. } if item.kind != event.kind => return found(FindingKind::Unknown),
        Ours::Unknown { before: true } | Ours::NotPaid { before: true } | Ours::Known { .. } => {
            return found(FindingKind::Duplicate);
        }
        Ours::Unknown { before: false } => return found(FindingKind::Unknown),
        Ours::NotPaid { before: false } => return found(FindingKind::NotPaid),
    };
    let held = held(item).filter(|_| item.amount.currency() == currency);
    // What stands in our books for it leaves them with this statement, whatever else is wrong.
    let listed = item.amount.currency() == currency && !(held.is_none() && item.kind == RemittableKind::Capture);
    let found = |kind| Judgement { kind, ours_micros: held, expected_fee_micros: None, listed };
    let Some((stated, stated_currency)) = readable else { return found(FindingKind::Unreadable) };
    if item.standing != RemittableStanding::Done {
        return found(match item.kind {
            RemittableKind::Capture => FindingKind::NotPaid,
            RemittableKind::Refund => FindingKind::RefundNotSucceeded,
        });
    }
    if stated_currency != currency || item.amount.currency() != currency {
        return found(FindingKind::CurrencyDiffers);
    }
    if held != Some(stated) {
        return found(FindingKind::AmountDiffers);
    }
    let expected = schedule.map(|schedule| match item.kind {
        RemittableKind::Capture => schedule.on_capture(item.amount),
        RemittableKind::Refund => schedule.on_refund(item.amount),
    });
    let kind = match expected {
        // Without a schedule fees are not judged (contract section 6); but nobody pays us for taking less.
        None if item.kind == RemittableKind::Capture && event.fee_micros.is_some_and(|fee| fee < 0) => {
            FindingKind::FeeDiffers
        }
        None => FindingKind::Matched,
        Some(expected) if expected == Some(event.fee_micros.unwrap_or(0)) => FindingKind::Matched,
        Some(_) => FindingKind::FeeDiffers,
    };
    Judgement { expected_fee_micros: expected.flatten(), ..found(kind) }
}

/// What our books hold for Google by this item, refunds negative: a refund counts from its order until it is refused.
fn held(item: &Remittable) -> Option<i64> {
    match (item.kind, item.standing) {
        (RemittableKind::Capture, RemittableStanding::Done) => Some(item.amount.micros()),
        (RemittableKind::Refund, RemittableStanding::Done | RemittableStanding::Open) => {
            Some(item.amount.micros().saturating_neg())
        }
        (RemittableKind::Capture, RemittableStanding::Open | RemittableStanding::Failed)
        | (RemittableKind::Refund, RemittableStanding::Failed) => None,
    }
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

/// Some lines of a statement, judged one after the other.
pub struct Batch<'a> {
    currency: Currency,
    schedule: Option<&'a FeeSchedule>,
    seen: HashSet<&'a str>,
    judged: Judged,
}

impl<'a> Batch<'a> {
    /// The lines after the first `after` ones, of a statement in `currency`, in this `round`. Without a schedule fees are
    /// not judged.
    pub fn new(currency: Currency, schedule: Option<&'a FeeSchedule>, (round, after): (u32, u64)) -> Self {
        Self { currency, schedule, seen: HashSet::new(), judged: Judged { round, after, ..Judged::default() } }
    }

    /// Judges the next event. `ours` is what is known of its id without the lines of this batch.
    pub fn take(&mut self, line: u64, event: &'a StatedEvent, ours: Ours<'a>) {
        let id = event.request_id.as_str();
        let judgement = judge(event, self.currency, self.with_this_batch(event, ours), self.schedule);
        let sum = self.judged.kinds.entry(judgement.kind).or_default();
        sum.count += 1;
        sum.stated += event.counted(self.currency).map_or(0, |(amount, _)| i128::from(amount));
        sum.ours += judgement.ours_micros.map_or(0, i128::from);
        self.judged.lines += 1;
        if judgement.kind != FindingKind::Matched {
            self.judged.findings.push(Finding {
                line,
                kind: judgement.kind,
                request_id: id.to_owned(),
                stated_micros: event.amount_micros,
                ours_micros: judgement.ours_micros,
                fee_micros: event.fee_micros,
                expected_fee_micros: judgement.expected_fee_micros,
            });
        }
        if judgement.listed {
            self.judged.stated.push(id.to_owned());
        }
    }

    fn with_this_batch(&mut self, event: &'a StatedEvent, ours: Ours<'a>) -> Ours<'a> {
        let id = event.request_id.as_str();
        if id.is_empty() {
            // Without an id it is nobody's, and no other's duplicate.
            return Ours::Unknown { before: false };
        }
        match ours {
            // The wrong list does not make the right one a duplicate.
            Ours::Known { item, before } if item.kind != event.kind => Ours::Known { item, before },
            Ours::Known { item, before } => Ours::Known { item, before: !self.seen.insert(id) || before },
            Ours::Unknown { before } => Ours::Unknown { before: !self.seen.insert(id) || before },
            Ours::NotPaid { before } => Ours::NotPaid { before: !self.seen.insert(id) || before },
        }
    }

    /// What it came to.
    pub fn judged(self) -> Judged {
        self.judged
    }
}
