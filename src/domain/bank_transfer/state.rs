//! The words of the bank transfer machine: snapshot, inputs, events, effects, replies.

use std::sync::Arc;

use super::entry::Transfer;
use crate::domain::codes::codes;
use crate::domain::remittance::TransferRefusal;
use crate::domain::{Money, Timestamp, TransactionId, UserName};

/// The snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum State {
    /// Nothing is known of it.
    #[default]
    Unheard,
    /// No statement of ours has this memo: before finance.
    Unmatched {
        /// What the bank says.
        transfer: Arc<Transfer>,
    },
    /// A statement is being asked whether this is its payment.
    Offered {
        /// What the bank says.
        transfer: Arc<Transfer>,
        /// Which statement.
        offer: Offer,
    },
    /// The statement has taken it. Final, unless a person takes the match back.
    Matched {
        /// What the bank says.
        transfer: Arc<Transfer>,
        /// What was taken.
        offer: Offer,
    },
    /// A person takes the match back: the statement is being told that it is not paid by this.
    TakingBack {
        /// What the bank says.
        transfer: Arc<Transfer>,
        /// What was taken.
        offer: Offer,
    },
    /// It is a payout on its arrival or departure: the processor's to us, or ours to a merchant. Final.
    PaidOut {
        /// What the bank says.
        transfer: Arc<Transfer>,
        /// The payout.
        payout: TransactionId,
    },
    /// The statement refuses it: before finance.
    Differs {
        /// What the bank says.
        transfer: Arc<Transfer>,
        /// What was refused.
        offer: Offer,
        /// Why.
        why: Refusal,
    },
}

/// A statement that was, or is, asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offer {
    /// The statement, by our id.
    pub statement: TransactionId,
    /// From 1: the how-manieth time that this transfer is offered.
    pub number: u32,
    /// Whether a person chose the statement. What a person has taken in hand no import offers on.
    pub by_person: bool,
}

/// Why a statement does not take a transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// It asks for another amount, or for money in the other direction.
    WrongAmount,
    /// It asks for another currency.
    WrongCurrency,
    /// Another transfer has paid it.
    AlreadyPaid,
    /// Nobody has accepted it yet.
    NotAccepted,
    /// A revised statement took its place.
    Replaced,
    /// There is no such statement.
    NoSuchStatement,
    /// It had taken it, and a person has taken the match back.
    TakenBack,
}

impl Refusal {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::WrongAmount,
        Self::WrongCurrency,
        Self::AlreadyPaid,
        Self::NotAccepted,
        Self::Replaced,
        Self::NoSuchStatement,
        Self::TakenBack,
    ];

    /// The name in lists and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::WrongAmount => "wrong_amount",
            Self::WrongCurrency => "wrong_currency",
            Self::AlreadyPaid => "already_paid",
            Self::NotAccepted => "not_accepted",
            Self::Replaced => "replaced",
            Self::NoSuchStatement => "no_such_statement",
            Self::TakenBack => "taken_back",
        }
    }

    /// What [`Refusal::as_str`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|refusal| refusal.as_str() == text)
    }
}

impl From<TransferRefusal> for Refusal {
    fn from(refusal: TransferRefusal) -> Self {
        match refusal {
            TransferRefusal::NotAccepted => Self::NotAccepted,
            TransferRefusal::AmountDiffers => Self::WrongAmount,
            TransferRefusal::CurrencyDiffers => Self::WrongCurrency,
            TransferRefusal::AlreadyPaid => Self::AlreadyPaid,
            TransferRefusal::Replaced => Self::Replaced,
        }
    }
}

/// What a statement answers to an offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// It is its payment: the statement books its side.
    Taken,
    /// It is not.
    Refused(Refusal),
    /// It is not any more: the statement has booked its side back.
    LetGo,
}

/// Everything that can happen to a transfer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// An import read it.
    Book {
        /// What the bank says.
        transfer: Arc<Transfer>,
        /// The statement that its memo names.
        statement: Option<TransactionId>,
    },
    /// A later import, or a person, finds the statement.
    Rematch {
        /// The statement.
        statement: TransactionId,
        /// Who says so; `None` for an import.
        by: Option<UserName>,
    },
    /// An import finds the one payout whose reference and amount it has. The payout has booked its side already.
    PaidOut {
        /// The payout.
        payout: TransactionId,
    },
    /// A person says that it does not belong to the statement that has taken it.
    TakeBack {
        /// Who.
        by: UserName,
        /// Why: it stands in the ledger with what is booked back.
        why: String,
    },
    /// The statement's answer to an offer.
    Answered {
        /// [`Offer::number`] of the offer that is answered: an older answer that arrives twice decides nothing.
        number: u32,
        /// What it says.
        answer: Answer,
    },
    /// The deadline column has passed. A transfer has no deadline; every machine must hear it.
    DeadlineReached,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The bank booked it.
    Booked {
        /// What the bank says.
        transfer: Arc<Transfer>,
    },
    /// A statement is asked.
    Offered {
        /// Which.
        offer: Offer,
        /// Who named it; `None`: the memo.
        by: Option<UserName>,
    },
    /// The statement took it.
    Taken,
    /// The statement refused it.
    Refused(Refusal),
    /// It is a payout.
    PaidOut {
        /// The payout.
        payout: TransactionId,
    },
    /// A person takes the match back.
    TakeBackAsked {
        /// Who.
        by: UserName,
        /// Why.
        why: String,
    },
    /// The statement has let it go: it stands in suspense again.
    TakenBack,
}

/// What has to be done outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Ask a statement whether this is its payment. What it says comes back as [`Input::Answered`].
    OfferToStatement {
        /// The transfer.
        transfer: TransactionId,
        /// The statement, and the number to answer with.
        offer: Offer,
        /// How much: positive when we paid, negative when we were paid.
        amount: Money,
        /// The beginning of the booking day, UTC.
        booked_at: Timestamp,
    },
    /// Tell a statement that this is not its payment after all. That it has booked its side back comes as
    /// [`Answer::LetGo`].
    TakeFromStatement {
        /// The transfer.
        transfer: TransactionId,
        /// The statement, and the number to answer with.
        offer: Offer,
        /// Who decided it.
        by: UserName,
        /// Why.
        why: String,
    },
}

/// What the asker is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply {
    /// It is new, and now in the books.
    Booked(Standing),
    /// It was known, or something happened to it; this is how it stands.
    Stands(Standing),
}

/// How a transfer stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// No statement has its memo.
    Unmatched,
    /// This statement is being asked.
    Offered(TransactionId),
    /// It paid this statement.
    Matched(TransactionId),
    /// This statement refused it.
    Differs(TransactionId, Refusal),
    /// It is this payout.
    PaidOut(TransactionId),
    /// This statement is being told that it is not its payment.
    TakingBack(TransactionId),
}

/// Why the machine says no.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// There is no such transfer.
    #[error("no such bank transfer")]
    Unknown,
    /// A statement is being asked; wait for its answer.
    #[error("a statement is being asked about this bank transfer")]
    BeingAsked,
    /// It has paid another statement, or is a payout.
    #[error("the bank transfer is explained already")]
    Explained,
    /// No statement has taken it.
    #[error("no statement has taken the bank transfer")]
    NotMatched,
    /// It was recognised as a payout, which is booked with the payout itself.
    #[error("the bank transfer is a payout: what it is follows from its reference and amount, and is taken back there")]
    IsPayout,
}

codes! {
    Rejection {
        Self::Unknown => "unknown",
        Self::BeingAsked => "being-asked",
        Self::Explained => "explained",
        Self::NotMatched => "not-matched",
        Self::IsPayout => "is-payout",
    }
}

impl State {
    /// What the bank says, once it was heard.
    pub fn transfer(&self) -> Option<&Arc<Transfer>> {
        match self {
            Self::Unheard => None,
            Self::Unmatched { transfer }
            | Self::Offered { transfer, .. }
            | Self::Matched { transfer, .. }
            | Self::TakingBack { transfer, .. }
            | Self::PaidOut { transfer, .. }
            | Self::Differs { transfer, .. } => Some(transfer),
        }
    }

    /// How it stands, once it was heard of.
    pub fn standing(&self) -> Option<Standing> {
        match self {
            Self::Unheard => None,
            Self::Unmatched { .. } => Some(Standing::Unmatched),
            Self::TakingBack { offer, .. } => Some(Standing::TakingBack(offer.statement)),
            Self::Offered { offer, .. } => Some(Standing::Offered(offer.statement)),
            Self::Matched { offer, .. } => Some(Standing::Matched(offer.statement)),
            Self::PaidOut { payout, .. } => Some(Standing::PaidOut(*payout)),
            Self::Differs { offer, why, .. } => Some(Standing::Differs(offer.statement, *why)),
        }
    }
}
