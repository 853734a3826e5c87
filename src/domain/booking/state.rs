//! The words of the booking machine: snapshot, inputs, events, effects, replies.

use std::fmt;
use std::sync::Arc;

use super::agreement::{Agreement, Request, Resumed};
use super::words::{BookingStatus, FailureCause, PrepaymentStatus};
use crate::domain::catalog::{CardNetwork, MerchantId, ServiceId, SlotId};
use crate::domain::{Money, Timestamp, TransactionId, UserName};

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
    /// Finance gives the charge back, or tries a failed refund again.
    GiveBack {
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
    Disputed(Dispute),
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
