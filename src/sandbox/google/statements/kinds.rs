//! The kinds of statement: one that is right, and one for each thing that can be wrong with one.

use serde::{Deserialize, Serialize};

/// What is wrong with a statement. Where an event differs the totals follow it, so that nothing else is wrong, unless the
/// event cannot be added up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    Correct,
    /// The first event is one minor unit more.
    AmountDiffers,
    /// The first event is in another currency; the totals stay as if it were not.
    CurrencyDiffers,
    /// The first capture's fee is one minor unit more.
    FeeDiffers,
    /// One capture more that nobody knows.
    UnknownEvent,
    /// The first event stands again at the end.
    DuplicateEvent,
    /// A payment that was declined stands as a capture.
    DeclinedCapture,
    /// A refund that did not succeed stands as one.
    FailedRefund,
    /// The first event is not there.
    MissingEvent,
    /// `totalDueByIntegrator` is one minor unit more than the events make.
    TotalDiffers,
    /// `totalEvents` is one more than there are.
    EventCountDiffers,
    /// The first page comes twice, under two offsets.
    PageRepeats,
    /// The second page begins one event late.
    PageSkips,
    /// The first event's amount does not fit into 64 bits; the totals stay as if it did.
    BeyondInt64,
    /// One capture more whose ids are `=cmd()`.
    FormulaId,
    /// Every event has one member more than the specification, and its text is `=cmd()`.
    FormulaMember,
    /// Payments that were refunded wholly, without fees: nothing is due.
    ZeroTotal,
    /// Refunds outweigh: Google owes the integrator.
    NegativeTotal,
}

impl Kind {
    pub(super) const ALL: [Self; 18] = [
        Self::Correct,
        Self::AmountDiffers,
        Self::CurrencyDiffers,
        Self::FeeDiffers,
        Self::UnknownEvent,
        Self::DuplicateEvent,
        Self::DeclinedCapture,
        Self::FailedRefund,
        Self::MissingEvent,
        Self::TotalDiffers,
        Self::EventCountDiffers,
        Self::PageRepeats,
        Self::PageSkips,
        Self::BeyondInt64,
        Self::FormulaId,
        Self::FormulaMember,
        Self::ZeroTotal,
        Self::NegativeTotal,
    ];

    /// The name in forms and in JSON.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Correct => "correct",
            Self::AmountDiffers => "amount_differs",
            Self::CurrencyDiffers => "currency_differs",
            Self::FeeDiffers => "fee_differs",
            Self::UnknownEvent => "unknown_event",
            Self::DuplicateEvent => "duplicate_event",
            Self::DeclinedCapture => "declined_capture",
            Self::FailedRefund => "failed_refund",
            Self::MissingEvent => "missing_event",
            Self::TotalDiffers => "total_differs",
            Self::EventCountDiffers => "event_count_differs",
            Self::PageRepeats => "page_repeats",
            Self::PageSkips => "page_skips",
            Self::BeyondInt64 => "beyond_int64",
            Self::FormulaId => "formula_id",
            Self::FormulaMember => "formula_member",
            Self::ZeroTotal => "zero_total",
            Self::NegativeTotal => "negative_total",
        }
    }

    /// For people.
    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::Correct => "correct",
            Self::AmountDiffers => "an amount differs",
            Self::CurrencyDiffers => "a currency differs",
            Self::FeeDiffers => "a fee differs",
            Self::UnknownEvent => "an unknown event",
            Self::DuplicateEvent => "an event twice",
            Self::DeclinedCapture => "capture of a declined payment",
            Self::FailedRefund => "refund that did not succeed",
            Self::MissingEvent => "an event is missing",
            Self::TotalDiffers => "the total is wrong",
            Self::EventCountDiffers => "totalEvents is wrong",
            Self::PageRepeats => "a page repeats",
            Self::PageSkips => "a page skips an event",
            Self::BeyondInt64 => "micros over 64 bits",
            Self::FormulaId => "=cmd() as an id",
            Self::FormulaMember => "=cmd() in an unknown member",
            Self::ZeroTotal => "zero total",
            Self::NegativeTotal => "negative total",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_and_journal_call_a_kind_by_the_same_name() {
        for kind in Kind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
        }
    }
}
