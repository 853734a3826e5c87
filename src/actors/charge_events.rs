//! What the card processor says by itself about charges: disputes, and refunds that it gave back or could not (contract
//! section 3). An event finds its booking by the charge; one that no booking explains becomes an alarm, and is never lost.
//!
//! Events come more than once and in any order. Nothing is remembered of them: a booking's own snapshot says whether one
//! says anything new.

use std::sync::Arc;

use super::outbox::OutboxHandle;
use super::registry::Registry;
use super::shell::{Ask, AskError};
use super::unexplained::{NotRaised, unexplained};
use crate::domain::alarm::Alarm;
use crate::domain::booking::{Booking, Dispute, DisputeStanding, Input, RefundStanding, Rejection, State};
use crate::domain::invoice::{self, Invoice};
use crate::domain::{EffectLane, Money, TransactionId};
use crate::ports::Clock;
use crate::processor::{Happened, ProcessorEvent};
use crate::storage::{Loaded, StorageError, Store};

/// The code of a refund that the processor had called done.
const LATE_FAILURE: &str = "failed_later";

/// Where the processor's words about charges are heard. Cheap to clone.
#[derive(Clone)]
pub struct ChargeEvents {
    /// Which booking a charge belongs to.
    pub store: Store,
    /// The bookings.
    pub bookings: Registry<Booking>,
    /// The invoices.
    pub invoices: Registry<Invoice>,
    /// The alarms.
    pub alarms: Registry<Alarm>,
    /// Hastened when a refund has moved that it is waiting for.
    pub outbox: OutboxHandle,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// The event is not stored: the processor has to send it again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotHeard {
    /// The database or an actor does not answer.
    #[error("temporarily unavailable")]
    Unavailable,
    /// The booking is still finding out by itself what became of the charge.
    #[error("what the event speaks of is not settled yet")]
    NotYet,
}

impl From<StorageError> for NotHeard {
    fn from(error: StorageError) -> Self {
        tracing::error!(error = %error, "an event of the processor could not be looked up");
        Self::Unavailable
    }
}

/// What an event says, taken apart.
struct Word<'a> {
    /// `dp_…` or `re_…`
    id: &'a str,
    intent: Option<&'a str>,
    amount: Money,
    says: Says,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Says {
    Disputed(DisputeStanding),
    RefundFailed,
    /// Or still on its way.
    RefundMoved,
}

impl<'a> Word<'a> {
    /// `None`: not about a charge.
    fn of(event: &'a ProcessorEvent) -> Option<Self> {
        let dispute = |id: &'a str, intent: &'a Option<String>, amount: Money, standing| Word {
            id,
            intent: intent.as_deref(),
            amount,
            says: Says::Disputed(standing),
        };
        Some(match &event.what {
            Happened::DisputeOpened { dispute: id, intent, amount }
            | Happened::DisputeFundsWithdrawn { dispute: id, intent, amount } => {
                dispute(id, intent, *amount, DisputeStanding::Open)
            }
            Happened::DisputeClosed { dispute: id, intent, amount, won: true }
            | Happened::DisputeFundsReinstated { dispute: id, intent, amount } => {
                dispute(id, intent, *amount, DisputeStanding::Won)
            }
            Happened::DisputeClosed { dispute: id, intent, amount, won: false } => {
                dispute(id, intent, *amount, DisputeStanding::Lost)
            }
            Happened::RefundFailed { refund: id, intent, amount } => {
                Word { id, intent: intent.as_deref(), amount: *amount, says: Says::RefundFailed }
            }
            Happened::RefundUpdated { refund: id, intent, amount, .. } => {
                Word { id, intent: intent.as_deref(), amount: *amount, says: Says::RefundMoved }
            }
            Happened::PayoutPaid { .. } | Happened::PayoutFailed { .. } | Happened::Other(_) => return None,
        })
    }
}

/// What follows from an event.
enum Follows {
    /// Nothing: it says nothing new.
    Nothing,
    /// The booking hears of it.
    Input(Input),
    /// The outbox is asking the processor itself: it asks at once.
    Asked,
    /// No booking explains it.
    Unexplained,
}

impl ChargeEvents {
    /// Hears an event. `Ok` once everything that follows from it is stored.
    pub async fn hear(&self, event: &ProcessorEvent) -> Result<(), NotHeard> {
        let Some(word) = Word::of(event) else { return Ok(()) };
        let booking = match word.intent {
            Some(intent) => self.store.booking_of_charge(intent).await?,
            None => None,
        };
        let Some(id) = booking else { return self.hear_of_invoice(&word).await };
        let loaded = self.store.load::<Booking>(id).await?;
        let state = loaded.map(|Loaded { state, .. }| state).unwrap_or_default();
        let follows = match word.says {
            Says::Disputed(standing) => disputed(&state, &word, standing)?,
            Says::RefundFailed | Says::RefundMoved => refunded(&state, &word),
        };
        match follows {
            Follows::Nothing => Ok(()),
            Follows::Input(input) => self.tell(id, input, &word).await,
            Follows::Asked => self.hasten(id, &word).await,
            Follows::Unexplained => self.unexplained(&word, Some(id)).await,
        }
    }

    /// No booking has this charge: an invoice may.
    async fn hear_of_invoice(&self, word: &Word<'_>) -> Result<(), NotHeard> {
        let invoice = match word.intent {
            Some(intent) => self.store.invoice_of_charge(intent).await?,
            None => None,
        };
        let Some(id) = invoice else { return self.unexplained(word, None).await };
        let loaded = self.store.load::<Invoice>(id).await?;
        let state = loaded.map(|Loaded { state, .. }| state).unwrap_or_default();
        let input = match of_invoice(&state, word) {
            OfInvoice::Nothing => return Ok(()),
            OfInvoice::Input(input) => input,
            OfInvoice::Asked => return self.hasten(id, word).await,
            OfInvoice::Unexplained => return self.unexplained(word, Some(id)).await,
        };
        match self.invoices.ask(Ask::plain(id, input)).await {
            Ok(_) => Ok(()),
            // It has moved on since it was looked at.
            Err(AskError::Rejected(_)) => Err(NotHeard::NotYet),
            Err(
                AskError::Refused(_) | AskError::IdempotencyViolation | AskError::Overloaded | AskError::Unavailable,
            ) => Err(NotHeard::Unavailable),
        }
    }

    /// The outbox is asking the processor itself: it asks at once.
    async fn hasten(&self, id: TransactionId, word: &Word<'_>) -> Result<(), NotHeard> {
        if self.store.hasten(id, EffectLane::Processor, self.clock.now()).await? {
            self.outbox.look();
        }
        // A failure must be in the books before it is taken; any other news the outbox hears by itself.
        if word.says == Says::RefundFailed { Err(NotHeard::NotYet) } else { Ok(()) }
    }

    async fn tell(&self, id: TransactionId, input: Input, word: &Word<'_>) -> Result<(), NotHeard> {
        match self.bookings.ask(Ask::plain(id, input)).await {
            Ok(_) => Ok(()),
            // It has moved on since it was looked at.
            Err(AskError::Rejected(Rejection::WrongStatus)) => Err(NotHeard::NotYet),
            Err(AskError::Rejected(
                Rejection::Unknown
                | Rejection::NotBegun
                | Rejection::NoFee
                | Rejection::NothingToRefund
                | Rejection::NoChallenge,
            )) => self.unexplained(word, Some(id)).await,
            Err(
                AskError::Refused(_) | AskError::IdempotencyViolation | AskError::Overloaded | AskError::Unavailable,
            ) => Err(NotHeard::Unavailable),
        }
    }

    /// Money may have moved that our books do not know of: an alarm that lasts until a person ends it.
    async fn unexplained(&self, word: &Word<'_>, booking: Option<TransactionId>) -> Result<(), NotHeard> {
        let what = match word.says {
            Says::Disputed(DisputeStanding::Open) => "is disputed",
            Says::Disputed(DisputeStanding::Won) => "is disputed no more, and the money is with us",
            Says::Disputed(DisputeStanding::Lost) => "was disputed, and the payer keeps the money",
            Says::RefundFailed => "was refunded, and the refund has failed",
            // Nothing has moved that was not asked for under this id; others do refunds at the processor's own pages.
            Says::RefundMoved => "was refunded",
        };
        let ours = match booking {
            Some(id) => format!("{id} does not hold this charge any more"),
            None => "No booking or invoice knows of this charge".to_owned(),
        };
        let said = format!(
            "The processor says that the charge {} {what}: {}, {} micros {}. {ours}, and nothing was booked.",
            word.intent.unwrap_or("without an id"),
            word.id,
            word.amount.micros(),
            word.amount.currency(),
        );
        unexplained(&self.alarms, word.id, &said).await.map_err(|NotRaised| NotHeard::Unavailable)
    }
}

/// What follows from an event for an invoice.
enum OfInvoice {
    Nothing,
    Input(invoice::Input),
    Asked,
    Unexplained,
}

fn of_invoice(state: &invoice::State, word: &Word<'_>) -> OfInvoice {
    let intent = word.intent.unwrap_or_default();
    let (id, amount) = (word.id.into(), word.amount);
    if let Says::Disputed(standing) = word.says {
        let dispute = Dispute { id, amount, standing };
        let ours = state.is_paid_by(intent);
        return if ours { OfInvoice::Input(invoice::Input::ChargeDisputed(dispute)) } else { OfInvoice::Unexplained };
    }
    let done = |standing: &RefundStanding| matches!(standing, RefundStanding::Done { id } if **id == *word.id);
    let under_way = |standing: &RefundStanding| matches!(standing, RefundStanding::InFlight);
    let known = state.refunds_of(intent).find(|(_, refund)| done(&refund.standing));
    match (known, word.says) {
        (Some((number, refund)), Says::RefundFailed) => {
            let standing = RefundStanding::Failed { code: LATE_FAILURE.into() };
            OfInvoice::Input(invoice::Input::Refunded { number, tries: refund.tries, standing })
        }
        (Some(_), Says::RefundMoved | Says::Disputed(_)) => OfInvoice::Nothing,
        // Which of them it speaks of is found out by asking.
        (None, _) if state.refunds_of(intent).any(|(_, refund)| under_way(&refund.standing)) => OfInvoice::Asked,
        // About an earlier try, which has failed.
        (None, _) if state.refunds_of(intent).next().is_some() => OfInvoice::Nothing,
        (None, _) => OfInvoice::Unexplained,
    }
}

/// Of a booking's charge, or of one that never became a booking: the booking knows which.
fn disputed(state: &State, word: &Word<'_>, standing: DisputeStanding) -> Result<Follows, NotHeard> {
    let Some(intent) = word.intent else { return Ok(Follows::Unexplained) };
    match state {
        // It will be a booking, or be given back.
        State::Unclaimed(unclaimed) if *unclaimed.receipt.transaction_id == *intent => Err(NotHeard::NotYet),
        State::Unheard => Ok(Follows::Unexplained),
        State::Paying(_) | State::Failed(_) | State::Challenged(_) | State::Unclaimed(_) | State::Booked(_) => {
            let dispute = Dispute { id: word.id.into(), amount: word.amount, standing };
            Ok(Follows::Input(Input::Disputed { intent: intent.into(), dispute }))
        }
    }
}

/// Each charge is refunded once; what is tried again has another id at the processor.
fn refunded(state: &State, word: &Word<'_>) -> Follows {
    let found = (1..).zip(state.past().refunds).find(|(_, refund)| Some(&*refund.charge.intent) == word.intent);
    let Some((number, refund)) = found else {
        let held = matches!(state, State::Booked(booked) if word.intent.is_some_and(|intent| booked.holds(intent)));
        // What was charged for a challenge that had been given up goes back beside the booking.
        return if held || word.says == Says::RefundFailed { Follows::Unexplained } else { Follows::Nothing };
    };
    match (&refund.standing, word.says) {
        (RefundStanding::Done { id }, Says::RefundFailed) if **id == *word.id => {
            let standing = RefundStanding::Failed { code: LATE_FAILURE.into() };
            Follows::Input(Input::Refunded { number, tries: refund.tries, standing })
        }
        (RefundStanding::InFlight, Says::RefundFailed | Says::RefundMoved) => Follows::Asked,
        // Known, or about an earlier try.
        (
            RefundStanding::Done { .. } | RefundStanding::Failed { .. },
            Says::RefundFailed | Says::RefundMoved | Says::Disputed(_),
        )
        | (RefundStanding::InFlight, Says::Disputed(_)) => Follows::Nothing,
    }
}
