//! The snapshot of a booking.

use std::fmt;
use std::sync::Arc;

use super::agreement::{Agreement, Resumed};
use super::message::Failure;
use super::words::BookingStatus;
use crate::domain::catalog::SlotId;
use crate::domain::{Money, Timestamp, TransactionId};

/// The snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum State {
    /// Nothing is known of it.
    #[default]
    Unheard,
    /// An attempt is being paid; it holds its spot.
    Paying(Box<Paying>),
    /// The last attempt failed. Not sticky: the next request is a new attempt (section 5.1, rule 4).
    Failed(Box<Failed>),
    /// The payer has to pass a 3DS1 challenge. Holds no spot.
    Challenged(Box<Challenged>),
    /// The processor succeeded after Google had stopped waiting. Holds its spot for a retry; then it is refunded.
    Unclaimed(Box<Unclaimed>),
    /// There is a booking.
    Booked(Box<Booked>),
}

/// What stays from attempt to attempt.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Past {
    /// How many attempts there were, the present one included.
    pub attempts: u32,
    /// Every refund, in order; never more than what was charged.
    pub refunds: Vec<Refund>,
    /// Disputes about charges that never became a booking.
    pub disputes: Vec<Dispute>,
}

/// An attempt that is being paid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paying {
    /// What is asked for.
    pub agreement: Arc<Agreement>,
    /// Its number is [`Past::attempts`].
    pub past: Past,
    /// How it is paid.
    pub means: Means,
    /// Until when the asker waits.
    pub answer_by: Timestamp,
}

/// How an attempt is paid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Means {
    /// With a one-time token, of which only this SHA-256 is kept.
    Token([u8; 32]),
    /// By going on after a 3DS1 challenge of this booking: the processor's transaction.
    Challenge(Arc<str>),
    /// By going on after a 3DS1 challenge of another booking, if that one lets it.
    Adopted(Resumed),
}

/// No attempt holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed {
    /// What was asked for last.
    pub agreement: Arc<Agreement>,
    /// What stays.
    pub past: Past,
    /// Why the last attempt failed.
    pub failure: Failure,
}

/// A 3DS1 challenge is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenged {
    /// What was asked for.
    pub agreement: Arc<Agreement>,
    /// What stays.
    pub past: Past,
    /// The challenge.
    pub challenge: Challenge,
    /// When it is given up.
    pub until: Timestamp,
    /// The digest of the token that it was begun with: a request that brings it again has lost our answer. Challenges from
    /// before this was kept lack it.
    pub token: Option<[u8; 32]>,
    /// The booking that goes on with it: only one ever does.
    pub adopted_by: Option<TransactionId>,
}

/// A 3DS1 challenge (section 6.8).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// Where the payer goes.
    pub acs_url: Arc<str>,
    /// The processor's transaction, which waits for it.
    pub intent: Arc<str>,
}

/// A success that nobody has asked for since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unclaimed {
    /// What was asked for.
    pub agreement: Arc<Agreement>,
    /// What stays.
    pub past: Past,
    /// What the processor did.
    pub receipt: Receipt,
    /// When it is refunded.
    pub until: Timestamp,
}

/// What the processor did for an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The id that Google is told: of the charge, or of the set-up of the card.
    pub transaction_id: Arc<str>,
    /// What was charged; `None`: the card was only kept.
    pub charged: Option<Money>,
    /// The kept card.
    pub vault: Option<SealedCard>,
}

/// A kept card: the processor's customer and payment method, encrypted (architecture section 7).
#[derive(Clone, PartialEq, Eq)]
pub struct SealedCard(pub Arc<str>);

impl fmt::Debug for SealedCard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealedCard([redacted])")
    }
}

/// A booking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Booked {
    /// What was agreed.
    pub agreement: Arc<Agreement>,
    /// What was agreed at first, once it was moved: CreateBooking answers that, and answers it again. Bookings that were
    /// moved before this was kept lack it.
    pub first: Option<Arc<Agreement>>,
    /// What stays.
    pub past: Past,
    /// How it stands with Google.
    pub status: BookingStatus,
    /// The status of the answer that CreateBooking gave, and gives again.
    pub answered: BookingStatus,
    /// What the processor did at first; `None`: nothing was to be paid.
    pub receipt: Option<Receipt>,
    /// The prepayment or deposit, once charged.
    pub charge: Option<Charge>,
    /// A deposit that is charged later.
    pub later: Later,
    /// The fee for not coming.
    pub fee: Fee,
    /// Who cancelled it.
    pub cancelled: Option<Cancelled>,
    /// Disputes about its charges.
    pub disputes: Vec<Dispute>,
}

/// A successful charge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charge {
    /// The processor's id.
    pub intent: Arc<str>,
    /// How much.
    pub amount: Money,
}

/// A deposit that is charged later (section 6.6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Later {
    /// There is none, or it was charged.
    Nothing,
    /// It will be charged from then on.
    Due {
        /// When.
        at: Timestamp,
        /// The number of the next try, from 1.
        number: u32,
    },
    /// It is being charged.
    Charging {
        /// The number of the try.
        number: u32,
    },
    /// It could not be charged.
    GivenUp {
        /// The processor's code.
        code: Arc<str>,
    },
}

/// The fee for not coming, or for cancelling late (section 6.5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fee {
    /// Not charged.
    Nothing,
    /// It is being charged.
    Charging {
        /// The number of the try.
        number: u32,
    },
    /// Charged, once and for all.
    Charged(Charge),
    /// It could not be charged.
    Declined {
        /// The number of the try.
        number: u32,
        /// The processor's code.
        code: Arc<str>,
    },
}

/// A cancellation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cancelled {
    /// By whom.
    pub by: Canceller,
    /// Whether it came after the last moment for an online cancellation: the fee may be charged.
    pub late: bool,
    /// Whether a deposit goes back, also one that is being charged just now.
    pub deposit_back: bool,
}

/// Who cancels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Canceller {
    /// The user, at Google.
    User,
    /// The merchant.
    Merchant,
    /// The customer, by phone.
    Customer,
}

/// A refund of one charge, in full.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refund {
    /// What is given back.
    pub charge: Charge,
    /// Whether it was a charge of an attempt that never became a booking.
    pub orphan: bool,
    /// How it stands.
    pub standing: RefundStanding,
    /// How often it was tried.
    pub tries: u32,
}

/// How a refund stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefundStanding {
    /// The processor is asked, or has it pending.
    InFlight,
    /// Given back.
    Done {
        /// The processor's id.
        id: Arc<str>,
    },
    /// The processor could not.
    Failed {
        /// Its code.
        code: Arc<str>,
    },
}

/// A payer's dispute of a charge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dispute {
    /// The processor's id.
    pub id: Arc<str>,
    /// What is disputed.
    pub amount: Money,
    /// How it stands.
    pub standing: DisputeStanding,
}

/// How a dispute stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DisputeStanding {
    /// The processor has taken the money back and wants evidence.
    Open,
    /// The money came back.
    Won,
    /// The payer keeps it.
    Lost,
}

impl State {
    /// What was agreed, or asked for last.
    pub fn agreement(&self) -> Option<&Arc<Agreement>> {
        match self {
            Self::Unheard => None,
            Self::Paying(paying) => Some(&paying.agreement),
            Self::Failed(failed) => Some(&failed.agreement),
            Self::Challenged(challenged) => Some(&challenged.agreement),
            Self::Unclaimed(unclaimed) => Some(&unclaimed.agreement),
            Self::Booked(booked) => Some(&booked.agreement),
        }
    }

    /// What stays from attempt to attempt.
    pub fn past(&self) -> Past {
        match self {
            Self::Unheard => Past::default(),
            Self::Paying(paying) => paying.past.clone(),
            Self::Failed(failed) => failed.past.clone(),
            Self::Challenged(challenged) => challenged.past.clone(),
            Self::Unclaimed(unclaimed) => unclaimed.past.clone(),
            Self::Booked(booked) => booked.past.clone(),
        }
    }

    /// The slot that is held, if one is.
    pub fn slot_held(&self) -> Option<&SlotId> {
        match self {
            Self::Paying(_) | Self::Unclaimed(_) => self.agreement().map(|agreement| &agreement.slot),
            Self::Booked(booked) if booked.is_held() => Some(&booked.agreement.slot),
            Self::Unheard | Self::Failed(_) | Self::Challenged(_) | Self::Booked(_) => None,
        }
    }
}

impl Booked {
    /// Whether a charge stands in the booking, by the processor's id: its prepayment or deposit, or its fee.
    pub fn holds(&self, intent: &str) -> bool {
        self.charges().any(|charge| &*charge.intent == intent)
    }

    /// What was charged for it: the prepayment or deposit, and the fee.
    pub fn charges(&self) -> impl Iterator<Item = &Charge> {
        let fee = match &self.fee {
            Fee::Charged(charge) => Some(charge),
            Fee::Nothing | Fee::Charging { .. } | Fee::Declined { .. } => None,
        };
        self.charge.iter().chain(fee)
    }

    /// Whether its spot is held, and one use of its pack. A late cancellation that paid its fee has given both back.
    pub fn is_held(&self) -> bool {
        self.status.is_live() && self.cancelled.is_none()
    }
}

impl BookingStatus {
    /// Whether the user is expected: the spot is held. Those who did not come hold it to the end.
    pub const fn is_live(self) -> bool {
        match self {
            Self::Confirmed | Self::PendingMerchantConfirmation | Self::NoShow | Self::NoShowPenalized => true,
            Self::Canceled | Self::Failed | Self::DeclinedByMerchant => false,
        }
    }
}
