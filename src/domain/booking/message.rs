//! What a booking hears, does and answers: inputs, events, effects, replies.

use std::sync::Arc;

use super::agreement::{Agreement, Request};
use super::state::{Cancelled, Canceller, Challenge, Charge, Dispute, Means, Receipt, RefundStanding, SealedCard};
use super::words::{BookingStatus, FailureCause, PrepaymentStatus};
use crate::domain::catalog::{CardNetwork, MerchantId, ServiceId};
use crate::domain::codes::codes;
use crate::domain::{Money, Timestamp, TransactionId, UserName};

/// Everything that can happen to a booking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// CreateBooking.
    Create(Box<Request>),
    /// What is known of it.
    Recall,
    /// The outcome of an attempt.
    Paid {
        /// Which.
        attempt: u32,
        /// What came of it.
        outcome: Outcome,
    },
    /// Another booking goes on with the challenge of this one.
    Adopt {
        /// The attempt that was challenged.
        attempt: u32,
        /// The other booking.
        by: TransactionId,
        /// What it asks for: only the same user, slot and price may.
        wants: Arc<Agreement>,
    },
    /// A challenge was given up, and its transaction with it.
    Abandoned {
        /// The processor's transaction.
        intent: Arc<str>,
        /// What had been charged meanwhile, and was given back at once.
        charged: Option<Money>,
    },
    /// UpdateBooking, or the admin API: cancel.
    Cancel {
        /// Who wants it.
        by: Canceller,
    },
    /// UpdateBooking: another slot.
    Move(Box<Move>),
    /// The merchant says yes to a booking that waits for it.
    Accept,
    /// The merchant says no to a booking that waits for it.
    Decline,
    /// The user did not come.
    NoShow {
        /// Whether the agreed fee is charged.
        charge: bool,
    },
    /// The outcome of a charge of the kept card.
    Collected {
        /// What for.
        what: Collecting,
        /// The number of the try.
        number: u32,
        /// What came of it.
        outcome: Collected,
    },
    /// Finance gives a charge back, or tries a failed refund again.
    GiveBack {
        /// Which charge, by the processor's id; `None`: the one whose turn it is.
        charge: Option<Arc<str>>,
        /// Who decides it.
        by: UserName,
    },
    /// The processor's word about a refund.
    Refunded {
        /// The number of the refund, from 1.
        number: u32,
        /// The try that it is about.
        tries: u32,
        /// What it says.
        standing: RefundStanding,
    },
    /// The processor's word about a dispute.
    Disputed {
        /// Its id of the charge that is disputed.
        intent: Arc<str>,
        /// What it says.
        dispute: Dispute,
    },
    /// Google has accepted a notification.
    Told,
    /// The deadline column has passed.
    DeadlineReached,
}

/// Another slot for a booking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    /// The booking as it shall be: the new slot on its own terms.
    pub agreement: Arc<Agreement>,
    /// From when on the new slot can be booked, in seconds since the Unix epoch.
    pub opens_s: Option<i64>,
    /// Until when, inclusive.
    pub closes_s: i64,
}

/// What came of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Charged or kept, as agreed.
    Succeeded(Receipt),
    /// The processor says that it took another amount than was agreed.
    ChargedOther(Charge),
    /// The processor says no.
    Refused(Failure),
    /// The payer has to pass a challenge first.
    Challenged(Challenge),
    /// Nothing was charged, and nothing ever will be under this attempt: the processor was not reached.
    NotReached,
}

/// What the kept card is charged for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Collecting {
    /// A deposit that was agreed for later.
    Deposit,
    /// The fee for not coming.
    Fee,
}

/// What came of charging the kept card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Collected {
    /// Charged.
    Charged {
        /// The processor's id.
        intent: Arc<str>,
    },
    /// The processor says that it took another amount than was agreed.
    ChargedOther(Charge),
    /// Declined.
    Declined {
        /// The processor's code.
        code: Arc<str>,
    },
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Booked at once: nothing was to be paid.
    Booked {
        /// What was agreed.
        agreement: Arc<Agreement>,
    },
    /// An attempt to pay began.
    Attempted {
        /// What is asked for.
        agreement: Arc<Agreement>,
        /// How it is paid.
        means: Means,
        /// Until when the asker waits.
        answer_by: Timestamp,
    },
    /// The attempt succeeded in time: booked.
    Paid(Receipt),
    /// The attempt succeeded when nobody waited any more.
    PaidLate {
        /// What the processor did.
        receipt: Receipt,
        /// When it is refunded.
        until: Timestamp,
    },
    /// Google asked again: booked after all.
    Claimed,
    /// Nobody asked again: what was charged goes back.
    Expired,
    /// The attempt failed.
    AttemptFailed(Failure),
    /// The payer has to pass a challenge.
    Challenged {
        /// The challenge.
        challenge: Challenge,
        /// When it is given up.
        until: Timestamp,
    },
    /// Another booking goes on with the challenge.
    Adopted {
        /// The booking.
        by: TransactionId,
    },
    /// The challenge was given up.
    ChallengeDropped,
    /// What became of a transaction whose challenge was given up.
    Abandoned {
        /// The processor's transaction.
        intent: Arc<str>,
        /// What had been charged meanwhile, and was given back at once.
        charged: Option<Money>,
    },
    /// Cancelled.
    Cancelled(Cancelled),
    /// Moved to another slot.
    Moved {
        /// The booking as it is now.
        agreement: Arc<Agreement>,
    },
    /// The merchant said yes.
    Accepted,
    /// The merchant said no.
    DeclinedByMerchant,
    /// The user did not come.
    NoShow,
    /// The kept card is being charged.
    Collecting {
        /// What for.
        what: Collecting,
        /// The number of the try.
        number: u32,
    },
    /// The kept card was charged.
    Collected {
        /// What for.
        what: Collecting,
        /// The charge.
        charge: Charge,
    },
    /// The kept card was not charged.
    CollectingFailed {
        /// What for.
        what: Collecting,
        /// The number of the try.
        number: u32,
        /// The processor's code.
        code: Arc<str>,
        /// When it is tried again, if it is.
        again: Option<Timestamp>,
    },
    /// A charge is given back.
    RefundBegan {
        /// Which.
        charge: Charge,
        /// Whether it never became a booking.
        orphan: bool,
        /// The person who decided it; `None`: the terms.
        by: Option<UserName>,
    },
    /// A failed refund is tried again.
    RefundRetried {
        /// Its number, from 1.
        number: u32,
        /// Who decided it.
        by: UserName,
    },
    /// The processor's word about a refund.
    RefundStands {
        /// Its number, from 1.
        number: u32,
        /// How it stands.
        standing: RefundStanding,
    },
    /// The processor's word about a dispute.
    Disputed(Dispute),
    /// The processor's word about a dispute of a charge that never became a booking.
    OrphanDisputed(Dispute),
}

/// What has to be done outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Charge or keep the card of an attempt. Comes back as [`Input::Paid`].
    Pay {
        /// The attempt's number.
        attempt: u32,
        /// What is asked for.
        agreement: Arc<Agreement>,
        /// How it is paid.
        means: Means,
    },
    /// Give a challenged transaction up. Comes back as [`Input::Abandoned`].
    Abandon {
        /// The booking.
        booking: TransactionId,
        /// The processor's transaction.
        intent: Arc<str>,
        /// What it would have charged; `None`: it only keeps a card.
        amount: Option<Money>,
    },
    /// Charge the kept card. Comes back as [`Input::Collected`].
    Collect {
        /// The booking.
        booking: TransactionId,
        /// Whom it is owed to.
        merchant: MerchantId,
        /// What for.
        what: Collecting,
        /// The number of the try.
        number: u32,
        /// How much.
        amount: Money,
        /// The card.
        card: SealedCard,
    },
    /// Give a charge back in full. Comes back as [`Input::Refunded`].
    Refund {
        /// The booking.
        booking: TransactionId,
        /// The refund's number, from 1.
        number: u32,
        /// The try.
        tries: u32,
        /// What is given back.
        charge: Charge,
    },
    /// Tell Google (section 8.2). Comes back as [`Input::Told`].
    Tell(Box<Notice>),
}

/// What Google has to know: `notification.partners.bookings.patch` (sections 8.2 to 8.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The booking.
    pub booking: TransactionId,
    /// Whose service it is.
    pub merchant: MerchantId,
    /// The service.
    pub service: ServiceId,
    /// Why Google is told; once for each.
    pub why: Why,
    /// How the booking stands.
    pub status: BookingStatus,
    /// How its money stands, where that is what changed.
    pub prepayment: Option<(PrepaymentStatus, Arc<str>)>,
}

/// The reason for a notification. Each happens at most once to a booking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Why {
    /// The merchant accepted or declined.
    Answered,
    /// Cancelled with us.
    Cancelled,
    /// The user did not come.
    NoShow,
    /// And paid the fee.
    Penalized,
    /// The deposit was charged.
    DepositCharged,
    /// A refund has succeeded.
    Refunded {
        /// Its number, from 1.
        number: u32,
        /// The try.
        tries: u32,
    },
    /// A refund has failed after all.
    RefundFailed {
        /// Its number, from 1.
        number: u32,
        /// The try.
        tries: u32,
    },
}

/// What the asker is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// The booking as CreateBooking answers it, now and ever after.
    Created(Box<View>),
    /// The booking as it stands.
    Stands(Box<View>),
    /// This attempt is being paid: wait for it.
    Paying {
        /// Which.
        attempt: u32,
        /// Until when its own asker waits.
        answer_by: Timestamp,
    },
    /// It succeeded too late: ask again to have it.
    Unclaimed,
    /// A business failure (section 3.15).
    Failed(Failure),
    /// The payer has to pass a challenge.
    Challenged {
        /// The challenge.
        challenge: Challenge,
        /// The attempt, for `md_merchant_data`.
        attempt: u32,
    },
    /// The challenge of this booking may be gone on with, at the processor under this id.
    Adopted {
        /// The processor's transaction.
        intent: Arc<str>,
    },
    /// Nothing is booked here.
    Nothing,
}

/// `BookingFailure` (section 3.15).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// `cause`.
    pub cause: FailureCause,
    /// `rejected_card_type`.
    pub network: Option<CardNetwork>,
    /// `description`: no personal or card data.
    pub description: Arc<str>,
    /// The processor was not reached: Google shall come back (section 6.9).
    pub not_reached: bool,
}

impl Failure {
    /// A failure with its cause and a description.
    pub fn new(cause: FailureCause, description: &str) -> Self {
        Self { cause, network: None, description: description.into(), not_reached: false }
    }
}

/// A booking, as answers show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// What was agreed.
    pub agreement: Arc<Agreement>,
    /// How it stands.
    pub status: BookingStatus,
    /// How its money stands.
    pub prepayment: PrepaymentStatus,
    /// Whether its charge is on its way back.
    pub refunding: bool,
    /// `payment_transaction_id`, where one is due.
    pub transaction_id: Option<Arc<str>>,
    /// `current_count` of its pack: after the visit, or again as before when it was cancelled.
    pub pack_left: Option<u32>,
}

/// Why the machine says no.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// There is no such booking.
    #[error("no such booking")]
    Unknown,
    /// The slot has not begun.
    #[error("the slot has not begun yet")]
    NotBegun,
    /// No fee was agreed, no card was kept, or the deadline for a free cancellation was kept.
    #[error("no no-show fee can be charged for this booking")]
    NoFee,
    /// The booking's status does not allow it.
    #[error("the booking's status does not allow this")]
    WrongStatus,
    /// Nothing was charged that could be given back, or it is on its way already.
    #[error("there is no charge that could be given back")]
    NothingToRefund,
    /// A challenge that is not open, or not for this.
    #[error("there is no such challenge")]
    NoChallenge,
}

codes! {
    Rejection {
        Self::Unknown => "unknown",
        Self::NotBegun => "not-begun",
        Self::NoFee => "no-fee",
        Self::WrongStatus => "wrong-status",
        Self::NothingToRefund => "nothing-to-refund",
        Self::NoChallenge => "no-challenge",
    }
}
