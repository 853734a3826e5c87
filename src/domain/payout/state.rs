//! The words of the payout machine: snapshot, inputs, events, replies.

use std::fmt;
use std::sync::Arc;

use crate::domain::catalog::MerchantId;
use crate::domain::codes::codes;
use crate::domain::{Money, Timestamp, UserName};

/// What a payout is called: `po_…` at the processor, whatever finance calls it otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PayoutReference(Arc<str>);

/// Not a reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("reference: 1 to 100 printable characters, no space at either end")]
pub struct InvalidReference;

impl PayoutReference {
    /// Checks length and characters.
    pub fn parse(text: &str) -> Result<Self, InvalidReference> {
        let fits =
            (1..=100).contains(&text.chars().count()) && text.trim() == text && !text.chars().any(char::is_control);
        if fits { Ok(Self(text.into())) } else { Err(InvalidReference) }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PayoutReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Money that the processor sends to our bank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProcessorPayout {
    /// `po_…`
    pub reference: PayoutReference,
    /// How much. Negative where the processor takes from our bank what it is owed.
    pub amount: Money,
    /// When it is there, as the processor says.
    pub arrives_at: Timestamp,
}

/// Money that we sent to a merchant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MerchantPayout {
    /// To whom.
    pub merchant: MerchantId,
    /// What finance calls it; unique for the merchant.
    pub reference: PayoutReference,
    /// How much; positive.
    pub amount: Money,
    /// When it was sent.
    pub sent_at: Timestamp,
    /// Who recorded it.
    pub by: UserName,
}

/// The snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum State {
    /// Nothing is known of it.
    #[default]
    Unheard,
    /// The processor has sent it.
    Paid {
        /// What it says.
        payout: Arc<ProcessorPayout>,
    },
    /// It did not arrive: the money is with the processor, which pays it out anew under another reference. Before finance
    /// until a person closes it.
    Failed {
        /// What it says.
        payout: Arc<ProcessorPayout>,
    },
    /// It did not arrive, and a person has looked into it. Final.
    Closed {
        /// What the processor says.
        payout: Arc<ProcessorPayout>,
        /// Who closed it.
        by: UserName,
        /// What they found, in their words.
        why: Arc<str>,
    },
    /// A person has recorded it.
    Recorded {
        /// What they say.
        payout: Arc<MerchantPayout>,
    },
    /// A person has taken the record back: it never was, or the bank returned it. Final.
    TakenBack {
        /// What was recorded.
        payout: Arc<MerchantPayout>,
        /// Who took it back.
        by: UserName,
        /// Why, in their words.
        why: Arc<str>,
    },
}

/// Everything that can happen to a payout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// The processor says that it has sent it.
    ProcessorPaid(Arc<ProcessorPayout>),
    /// The processor says that it came back.
    ProcessorFailed(Arc<ProcessorPayout>),
    /// A person records it.
    Record(Arc<MerchantPayout>),
    /// A person takes the record back.
    TakeBack {
        /// Who.
        by: UserName,
        /// Why.
        why: Arc<str>,
    },
    /// A person has looked into what did not arrive.
    Close {
        /// Who.
        by: UserName,
        /// What they found.
        why: Arc<str>,
    },
    /// The deadline column has passed. A payout has no deadline; every machine must hear it.
    DeadlineReached,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The processor sent it.
    Paid {
        /// What it says.
        payout: Arc<ProcessorPayout>,
    },
    /// It did not arrive.
    Failed {
        /// What the processor says.
        payout: Arc<ProcessorPayout>,
    },
    /// A person recorded it.
    Recorded {
        /// What they say.
        payout: Arc<MerchantPayout>,
    },
    /// A person took the record back.
    TakenBack {
        /// Who.
        by: UserName,
        /// Why.
        why: Arc<str>,
    },
    /// A person has looked into what did not arrive.
    Closed {
        /// Who.
        by: UserName,
        /// What they found.
        why: Arc<str>,
    },
}

/// A payout has nothing done outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {}

/// What the asker is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply {
    /// It changed the books.
    Booked(Standing),
    /// It was known already.
    Stands(Standing),
}

/// How a payout stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The processor sent it.
    Paid,
    /// It did not arrive.
    Failed,
    /// It is recorded.
    Recorded,
    /// The record was taken back.
    TakenBack,
    /// It did not arrive, and was looked into.
    Closed,
}

/// Why the machine says no.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// There is no such payout.
    #[error("no such payout")]
    Unknown,
    /// It is known with another amount, day or kind.
    #[error("the payout is known with other content")]
    Differs,
    /// No amount, or one that no payout has.
    #[error("a payout of this amount cannot be booked")]
    Amount,
    /// It was taken back: what is sent again has a reference of its own.
    #[error("the payout was taken back")]
    TakenBack,
    /// Only what did not arrive is closed.
    #[error("the payout has not failed")]
    NotFailed,
}

codes! {
    Rejection {
        Self::Unknown => "unknown",
        Self::Differs => "differs",
        Self::Amount => "amount",
        Self::TakenBack => "taken-back",
        Self::NotFailed => "not-failed",
    }
}

impl State {
    /// How it stands, once it was heard of.
    pub fn standing(&self) -> Option<Standing> {
        match self {
            Self::Unheard => None,
            Self::Paid { .. } => Some(Standing::Paid),
            Self::Failed { .. } => Some(Standing::Failed),
            Self::Recorded { .. } => Some(Standing::Recorded),
            Self::TakenBack { .. } => Some(Standing::TakenBack),
            Self::Closed { .. } => Some(Standing::Closed),
        }
    }
}
