//! What a statement answers, and why it says no.

use super::finding::FindingKind;
use crate::domain::UserName;
use crate::domain::codes::codes;

/// What the asker is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// Stored, or nothing to do.
    Noted,
    /// How it stands.
    Standing {
        /// The state's name.
        state: &'static str,
        /// A second person has to approve it.
        second_person: bool,
    },
    /// The transfer is taken for this statement.
    TransferTaken,
    /// The transfer is not this statement's.
    TransferRefused(TransferRefusal),
    /// The transfer is this statement's no longer.
    TransferLetGo,
}

/// Why a transfer does not pay a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransferRefusal {
    /// It is not accepted.
    NotAccepted,
    /// Another amount.
    AmountDiffers,
    /// Another currency.
    CurrencyDiffers,
    /// Another transfer has paid it.
    AlreadyPaid,
    /// A revised statement took its place.
    Replaced,
}

/// Why the machine says no.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// There is no such statement.
    #[error("no such statement")]
    Unknown,
    /// It was announced before: the request log knows whether by the same request.
    #[error("the statement was announced before")]
    AlreadyNotified,
    /// Its events are not all there, or not all judged.
    #[error("the statement is not reconciled yet")]
    NotReconciled,
    /// These findings have no reason.
    #[error("a reason is missing for {}", .0.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(", "))]
    Unexplained(Vec<FindingKind>),
    /// Its events do not add up to its total, or are not as many as it says: no reason helps.
    #[error("{0}")]
    DoesNotAddUp(&'static str),
    /// The second person must be another one.
    #[error("a second person has to approve it")]
    SamePerson,
    /// Somebody could have approved it as both persons.
    #[error(
        "{held} signs in with what {hand} gave, so it does not count as a second person's decision: a third person has to \
         approve it, or {held} gets a new password from another administrator or at the shell (`roundtrip user passwd {held}`)"
    )]
    SameHands {
        /// The person whose way in is in somebody else's hands.
        held: UserName,
        /// Whose.
        hand: UserName,
    },
    /// The second person modifies it otherwise than the first.
    #[error("the first person approved another modification")]
    ModificationDiffers,
    /// Its end has come.
    #[error("a revised statement took its place")]
    Replaced,
    /// Reasons belong to what is yet to be accepted.
    #[error("the statement is accepted already")]
    Decided,
    /// A reason about a finding that the statement does not have.
    #[error("the statement has no such difference")]
    NothingToExplain,
    /// Single events have reasons up to a number; beyond, a finding has one as a whole.
    #[error("too many single differences have reasons of their own: give the finding one as a whole")]
    TooManyDrafts,
}

codes! {
    Rejection {
        Self::Unknown => "unknown",
        Self::AlreadyNotified => "already-notified",
        Self::NotReconciled => "not-reconciled",
        Self::Unexplained(_) => "unexplained",
        Self::DoesNotAddUp(_) => "does-not-add-up",
        Self::SamePerson => "same-person",
        Self::SameHands { .. } => "same-hands",
        Self::ModificationDiffers => "modification-differs",
        Self::Replaced => "replaced",
        Self::Decided => "decided",
        Self::NothingToExplain => "nothing-to-explain",
        Self::TooManyDrafts => "too-many-drafts",
    }
}
