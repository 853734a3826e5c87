//! Facts that stand in tables of their own, written in the same commit as the decision they follow from.

use std::sync::Arc;

use super::booking::{BookingStatus, PackUse};
use super::catalog::{MerchantId, SlotId, SlotKey};
use super::codes::codes;
use super::invoice::{InvoiceReference, Recipient};
use super::remittance::{Finding, StatedEvent};
use super::{Attention, Day, IssuerId, Money, Piaid, RequestId, Timestamp, TransactionId};

/// One fact, or many of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Record {
    /// A capture or refund of ours that Google will list on a remittance statement. Written again when its standing changes.
    Remittable(Remittable),
    /// Events of a statement, as stated.
    StatementLines {
        /// The statement.
        statement: TransactionId,
        /// The place of the first, from 1.
        first: u64,
        /// In order.
        events: Vec<StatedEvent>,
    },
    /// What does not match.
    Findings {
        /// The statement.
        statement: TransactionId,
        /// In order.
        findings: Vec<Finding>,
    },
    /// Captures and refunds of ours that a statement lists. What another statement lists already stays with it.
    Stated {
        /// The statement.
        statement: TransactionId,
        /// The account.
        piaid: Piaid,
        /// Google's ids.
        request_ids: Vec<String>,
    },
    /// The statement lists nothing any more.
    Released {
        /// The statement.
        statement: TransactionId,
        /// The account.
        piaid: Piaid,
    },
    /// What was found on the statement is judged anew.
    FindingsCleared {
        /// The statement.
        statement: TransactionId,
    },
    /// A booking takes a spot. The commit is refused when none is open, or the same user holds one of the slot.
    SpotTaken(Spot),
    /// A booking gives its spot back.
    SpotReleased(Spot),
    /// A booking or an attempt as it is found by its user. Written again when something changes.
    BookingListed(BookingListed),
    /// An attempt that became no booking is not found any more.
    BookingUnlisted {
        /// The booking.
        booking: TransactionId,
    },
    /// A booking of which the processor will speak by this id of its own.
    BookingCharge {
        /// The booking.
        booking: TransactionId,
        /// The processor's id.
        intent: Arc<str>,
    },
    /// A pack or membership is bought by a booking, which uses it at once.
    PackBought {
        /// Whose it is.
        user_id: Arc<str>,
        /// At whose.
        merchant: MerchantId,
        /// By which booking.
        booking: TransactionId,
        /// The pack.
        pack: PackUse,
    },
    /// One use of a pack is taken. The commit is refused when the pack has another count by then.
    PackUsed(PackUse),
    /// One use of a pack is given back.
    PackReturned(PackUse),
    /// A pack or membership was paid back: what is left of it is used no more, nor what is given back to it.
    PackWithdrawn {
        /// `user_payment_option_id`
        id: Arc<str>,
    },
    /// An invoice as it is found. Written again when something changes.
    InvoiceListed(InvoiceListed),
    /// An invoice of which the processor will speak by this id of its own.
    InvoiceCharge {
        /// The invoice.
        invoice: TransactionId,
        /// The processor's id.
        intent: Arc<str>,
    },
}

/// An invoice, as it is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvoiceListed {
    /// The invoice.
    pub invoice: TransactionId,
    /// The merchant's number.
    pub reference: InvoiceReference,
    /// The name of its state.
    pub state: &'static str,
    /// The last day to pay in time.
    pub due: Day,
    /// What it costs; once it is paid, what was paid.
    pub total: Money,
    /// When it was paid.
    pub paid_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// What a person has to look at, if anything.
    pub attention: Option<Attention>,
    /// Whom it goes to. Personal: only searched by.
    pub recipient: Recipient,
}

/// A spot of a slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spot {
    /// Who takes it, or gives it back.
    pub booking: TransactionId,
    /// Of which slot.
    pub slot: SlotKey,
    /// For which user of Google's.
    pub user_id: Arc<str>,
}

/// A booking, as it is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BookingListed {
    /// The booking.
    pub booking: TransactionId,
    /// Whose.
    pub user_id: Arc<str>,
    /// For when.
    pub slot: SlotId,
    /// The slot's key.
    pub slot_key: SlotKey,
    /// How it stands; `None`: an attempt that is being paid.
    pub status: Option<BookingStatus>,
}

/// A capture or a refund, as a remittance statement names it: by Google's id alone (flows-security section 5.5, checklist
/// REM-6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remittable {
    /// The account whose statements list it.
    pub piaid: Piaid,
    /// Google's id: of the start request (capture) or of the refund request.
    pub request_id: RequestId,
    /// Which of the two.
    pub kind: RemittableKind,
    /// The payment.
    pub payment: TransactionId,
    /// Our own id, as Google may quote it: the transaction's or the refund's.
    pub our_id: String,
    /// Who took the money, or gives it back.
    pub issuer: IssuerId,
    /// How much; positive for both kinds.
    pub amount: Money,
    /// Whether money moved.
    pub standing: RemittableStanding,
    /// When it came to this standing.
    pub at: Timestamp,
}

/// The two lists of a statement (contract section 7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RemittableKind {
    /// A payment.
    Capture,
    /// A refund of one.
    Refund,
}

impl RemittableKind {
    /// The name in the database and in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Capture => "capture",
            Self::Refund => "refund",
        }
    }

    /// What [`RemittableKind::as_str`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Capture, Self::Refund].into_iter().find(|kind| kind.as_str() == text)
    }
}

/// Whether money moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RemittableStanding {
    /// Not decided.
    Open,
    /// It moved: captured, or given back.
    Done,
    /// It did not move.
    Failed,
}

impl RemittableStanding {
    /// The name in the database and in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }

    /// What [`RemittableStanding::as_str`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Open, Self::Done, Self::Failed].into_iter().find(|standing| standing.as_str() == text)
    }
}

/// Why a commit was refused: what it wanted to take is not there. The decision was sound; the world had moved on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum ClaimRefused {
    /// No spot of the slot is open (google-booking-server section 3.15).
    #[error("no spot of the slot is open")]
    NoSpot,
    /// The same user holds one.
    #[error("the user holds a spot of the slot already")]
    HeldByUser,
    /// The pack has another count by now.
    #[error("the pack has changed")]
    PackChanged,
}

codes! {
    ClaimRefused {
        Self::NoSpot => "no-spot",
        Self::HeldByUser => "held-by-user",
        Self::PackChanged => "pack-changed",
    }
}
