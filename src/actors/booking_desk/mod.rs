//! Where Google's booking calls meet the inventory and the bookings (google-booking-server sections 4 and 5).
//!
//! `request.rs` reads what is asked for against what is published; `availability.rs` answers what can be booked; here a
//! booking is asked for, and its payment waited for.

mod availability;
mod option;
mod request;

use std::sync::Arc;
use std::time::Duration;

use super::outbox::OutboxHandle;
use super::registry::Registry;
use super::settlements::{Listener, Settlements};
use super::shell::{Ask, AskError, Told};
use super::token_vault::TokenVault;
use crate::crypto::booking_id;
use crate::domain::booking::{
    Booked, Booking, Canceller, Challenge, Failure, FailureCause, Input, Move, Rejection, Reply, Request, State, View,
    created,
};
use crate::domain::{ClaimRefused, EffectLane, Timestamp, TransactionId};
use crate::ports::Clock;
use crate::protocol::booking_server::{BadRequest, Change, CreateBooking, SlotMove, UpdateBooking};
use crate::storage::{Loaded, StorageError, Store};

pub use availability::Checked;

/// Google waits 4 s for CreateBooking (section 2.5): so long for the payment, in milliseconds.
const ANSWER_MS: i64 = 3_500;
/// How often who waits for a payment looks whether another node has carried it out.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// How long the answer to a cancellation waits for its refund.
const REFUND_WAIT: Duration = Duration::from_secs(2);

/// The desk. Cheap to clone.
#[derive(Clone)]
pub struct BookingDesk {
    /// Inventory, and bookings as they are found.
    pub store: Store,
    /// The bookings.
    pub bookings: Registry<Booking>,
    /// Where tokens wait for the effect that charges them.
    pub tokens: TokenVault,
    /// Outcomes of effects.
    pub settlements: Settlements<Reply>,
    /// Hastened when Google asks again.
    pub outbox: OutboxHandle,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Whether a processor is configured.
    pub charges: bool,
}

/// What became of a request for a booking, or for a change of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeskAnswer {
    /// There is a booking.
    Booked(Box<View>),
    /// A failure of business.
    Failed(Failure),
    /// The payer has to pass a challenge.
    Challenged {
        /// The challenge.
        challenge: Challenge,
        /// What comes back with its answer: `md_merchant_data`.
        merchant_data: String,
    },
}

/// No answer of business.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeskError {
    /// The request asks for what was never published, or is not understood: 400.
    #[error("bad request")]
    Bad(BadRequest),
    /// There is no such booking.
    #[error("no such booking")]
    Unknown,
    /// Another request for the same booking is still being worked on: 409.
    #[error("another request with this idempotency token is in flight")]
    InFlight,
    /// The processor's outcome is not known in time: 504.
    #[error("the outcome of the payment is not known yet")]
    Undecided,
    /// The processor could not be reached, and nothing was charged: 503.
    #[error("the processor cannot be reached")]
    NotReached,
    /// Too many wait: 503.
    #[error("overloaded")]
    Overloaded,
    /// Ours: 503.
    #[error("temporarily unavailable")]
    Unavailable,
}

impl From<StorageError> for DeskError {
    fn from(error: StorageError) -> Self {
        tracing::error!(error = %error, "storage failed");
        Self::Unavailable
    }
}

impl From<BadRequest> for DeskError {
    fn from(bad: BadRequest) -> Self {
        Self::Bad(bad)
    }
}

/// What a request comes to before it is asked for.
enum Turned {
    /// It can be asked for.
    Request(Box<Request>),
    /// It cannot, for a reason of business.
    Failed(Failure),
    /// It asks for what was never published.
    Bad(BadRequest),
}

impl BookingDesk {
    /// CreateBooking (section 5.1).
    ///
    /// # Errors
    /// All but [`DeskError::Unknown`].
    pub async fn create(&self, wanted: CreateBooking) -> Result<DeskAnswer, DeskError> {
        let now = self.clock.now();
        let id = booking_id(&wanted.idempotency_token);
        let turned = self.read_request(id, &wanted, now).await?;
        let request = match turned {
            Turned::Request(request) => request,
            // Rule 1 comes first: what was booked stays booked, whatever is published now.
            Turned::Failed(_) | Turned::Bad(_) => return self.booked_before(id, turned).await,
        };
        let mut listener = self.settlements.listen(id);
        if let Some(digest) = request.token
            && request.agreement.terms.needs_token()
            && let Some(token) = request::processor_token(&wanted)
        {
            self.tokens.put(id, digest, token, now);
        }
        let answer_by = request.answer_by;
        let until = tokio::time::Instant::now() + Duration::from_millis(ANSWER_MS.unsigned_abs());
        let mut claims = 0;
        let mut reply = self.ask(id, Input::Create(request.clone())).await?;
        loop {
            reply = match reply {
                Reply::Paying { attempt, answer_by: theirs } => {
                    let ours = theirs == answer_by;
                    if !ours {
                        self.hasten(id, now).await?;
                    }
                    match self.outcome(&mut listener, (id, attempt), until).await? {
                        Some(settled) => settled,
                        // Ours, or one whose own asker was sent away without an answer: the outcome is unknown.
                        None if ours || theirs < now => return Err(DeskError::Undecided),
                        None => return Err(DeskError::InFlight),
                    }
                }
                Reply::Unclaimed if claims < 2 => {
                    claims += 1;
                    self.ask(id, Input::Create(request.clone())).await?
                }
                Reply::Unclaimed | Reply::Adopted { .. } | Reply::Nothing => return Err(DeskError::Undecided),
                Reply::Stands(_) => return self.repeat(id).await?.ok_or(DeskError::Unavailable),
                Reply::Created(view) => return Ok(DeskAnswer::Booked(view)),
                Reply::Failed(failure) if failure.not_reached => return Err(DeskError::NotReached),
                Reply::Failed(failure) => return Ok(DeskAnswer::Failed(failure)),
                Reply::Challenged { challenge, attempt } => {
                    return Ok(DeskAnswer::Challenged { challenge, merchant_data: format!("{id}.{attempt}") });
                }
            };
        }
    }

    /// The answer of a booking that was made before, or the reason why none can be made.
    async fn booked_before(&self, id: TransactionId, turned: Turned) -> Result<DeskAnswer, DeskError> {
        if let Some(answer) = self.repeat(id).await? {
            return Ok(answer);
        }
        // An attempt under way may still become a booking: whoever asks for it is not told that it failed.
        match self.ask(id, Input::Recall).await? {
            Reply::Paying { .. } => {
                self.hasten(id, self.clock.now()).await?;
                return Err(DeskError::InFlight);
            }
            Reply::Unclaimed => return Err(DeskError::Undecided),
            Reply::Created(_)
            | Reply::Stands(_)
            | Reply::Failed(_)
            | Reply::Challenged { .. }
            | Reply::Adopted { .. }
            | Reply::Nothing => {}
        }
        match turned {
            Turned::Failed(failure) => Ok(DeskAnswer::Failed(failure)),
            Turned::Bad(bad) => Err(DeskError::Bad(bad)),
            Turned::Request(_) => Err(DeskError::Unavailable),
        }
    }

    /// What CreateBooking answered, if there is a booking.
    async fn repeat(&self, id: TransactionId) -> Result<Option<DeskAnswer>, DeskError> {
        let booked = self.load(id).await?;
        Ok(booked.map(|booked| DeskAnswer::Booked(Box::new(created(&booked)))))
    }

    /// The booking's snapshot, if there is a booking.
    ///
    /// # Errors
    /// Storage.
    pub async fn load(&self, id: TransactionId) -> Result<Option<Box<Booked>>, DeskError> {
        match self.store.load::<Booking>(id).await? {
            Some(Loaded { state: State::Booked(booked), .. }) => Ok(Some(booked)),
            Some(_) | None => Ok(None),
        }
    }

    /// The outcome of an attempt, as soon as it is committed. `None`: it was not, in time.
    async fn outcome(
        &self,
        listener: &mut Listener<Reply>,
        (id, attempt): (TransactionId, u32),
        until: tokio::time::Instant,
    ) -> Result<Option<Reply>, DeskError> {
        let key = format!("pay-{id}-{attempt}");
        loop {
            let look = until.min(tokio::time::Instant::now() + LOOK_EVERY);
            match tokio::time::timeout_at(look, listener.next()).await {
                Ok(Some((settled, reply))) if settled == key => return Ok(Some(reply)),
                Ok(Some(_)) => continue,
                // Too much was missed, or another node may have carried it out.
                Ok(None) | Err(_) => {}
            }
            match self.ask(id, Input::Recall).await? {
                Reply::Paying { .. } if tokio::time::Instant::now() < until => {}
                Reply::Paying { .. } => return Ok(None),
                other => return Ok(Some(other)),
            }
        }
    }

    /// Google asks again: what waits for its next try is tried now (contract section 7).
    async fn hasten(&self, id: TransactionId, now: Timestamp) -> Result<(), DeskError> {
        if self.store.hasten(id, EffectLane::Processor, now).await? {
            self.outbox.look();
        }
        Ok(())
    }

    async fn ask(&self, id: TransactionId, input: Input) -> Result<Reply, DeskError> {
        match self.bookings.ask(Ask::plain(id, input)).await.map(Told::into_reply) {
            Ok(reply) => Ok(reply),
            Err(AskError::Refused(why)) => Ok(Reply::Failed(refused(why))),
            Err(AskError::Rejected(Rejection::Unknown)) => Err(DeskError::Unknown),
            Err(AskError::Overloaded) => Err(DeskError::Overloaded),
            Err(AskError::Rejected(_) | AskError::IdempotencyViolation | AskError::Unavailable) => {
                Err(DeskError::Unavailable)
            }
        }
    }

    /// UpdateBooking (section 5.2).
    ///
    /// # Errors
    /// An unknown booking is a bad request: "cancelling a booking that never existed" (section 2.4).
    pub async fn update(&self, wanted: UpdateBooking) -> Result<DeskAnswer, DeskError> {
        let unknown = || DeskError::Bad(BadRequest::unknown("booking.booking_id"));
        let id = TransactionId::parse(&wanted.booking_id).map_err(|_| unknown())?;
        let answer = match wanted.change {
            Change::Cancel => self.cancel(id).await,
            Change::Move(to) => self.reschedule(id, &to).await,
        };
        answer.map_err(|error| if error == DeskError::Unknown { unknown() } else { error })
    }

    async fn cancel(&self, id: TransactionId) -> Result<DeskAnswer, DeskError> {
        let mut listener = self.settlements.listen(id);
        let reply = self.ask(id, Input::Cancel { by: Canceller::User }).await?;
        match reply {
            // A refund that is done at once stands in the answer (section 6.6); otherwise Google is told later.
            Reply::Stands(view) if view.refunding => {
                let _in_time = tokio::time::timeout(REFUND_WAIT, listener.next()).await;
                changed(self.ask(id, Input::Recall).await?)
            }
            reply => changed(reply),
        }
    }

    async fn reschedule(&self, id: TransactionId, to: &SlotMove) -> Result<DeskAnswer, DeskError> {
        let booked = self.load(id).await?.ok_or(DeskError::Unknown)?;
        let wanted: Move = match self.read_move(&booked, to).await? {
            Ok(wanted) => wanted,
            Err(failure) => return Ok(DeskAnswer::Failed(failure)),
        };
        changed(self.ask(id, Input::Move(Box::new(wanted))).await?)
    }
}

fn changed(reply: Reply) -> Result<DeskAnswer, DeskError> {
    match reply {
        Reply::Stands(view) | Reply::Created(view) => Ok(DeskAnswer::Booked(view)),
        Reply::Failed(failure) => Ok(DeskAnswer::Failed(failure)),
        Reply::Nothing | Reply::Paying { .. } | Reply::Unclaimed | Reply::Challenged { .. } | Reply::Adopted { .. } => {
            Err(DeskError::Unknown)
        }
    }
}

/// What was taken by somebody else, in Google's words (section 3.15).
fn refused(why: ClaimRefused) -> Failure {
    match why {
        ClaimRefused::NoSpot => Failure::new(FailureCause::SlotUnavailable, "no spot is open"),
        ClaimRefused::HeldByUser => {
            Failure::new(FailureCause::SlotAlreadyBookedByUser, "the user holds this slot already")
        }
        ClaimRefused::PackChanged => Failure::new(FailureCause::PaymentOptionNotValid, "the pack has changed"),
    }
}
