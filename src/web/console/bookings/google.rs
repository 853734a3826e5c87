//! What Google was told of a booking: which notifications its history asked for, and which of them still wait.

use maud::{Markup, html};

use crate::domain::booking::{
    Booking, Canceller, Collecting, Effect, Event, Notice, PrepaymentStatus, Refund, RefundStanding, State, Why,
};
use crate::domain::{EffectLane, Machine as _, Timestamp};
use crate::storage::OutboxRow;
use crate::web::console::parts::{Column, Mood, badge, moment, nothing, table};
use crate::web::console::words::Words;

/// A notification that the history asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) at: Timestamp,
    pub(super) why: Why,
    /// What it says, by Google's name.
    pub(super) says: &'static str,
}

/// The notifications that follow from the history. Notifications stand in no journal: each follows from an event.
pub(super) fn asked(journal: &[(Timestamp, Event)]) -> Vec<Asked> {
    let mut state = State::Unheard;
    let mut asked = Vec::new();
    for (place, (at, event)) in journal.iter().enumerate() {
        let next = journal.get(place + 1).map(|(_, event)| event);
        let why = why(&state, event, next);
        state = Booking::apply(state, event);
        let Some(why) = why else { continue };
        let says = match why {
            Why::Answered | Why::Cancelled | Why::NoShow | Why::Penalized => Booking::state_name(&state),
            Why::DepositCharged | Why::RefundFailed { .. } => PrepaymentStatus::Provided.as_str(),
            Why::Refunded { .. } => PrepaymentStatus::Refunded.as_str(),
        };
        asked.push(Asked { at: *at, why, says });
    }
    asked
}

fn why(before: &State, event: &Event, next: Option<&Event>) -> Option<Why> {
    match event {
        Event::Accepted | Event::DeclinedByMerchant => Some(Why::Answered),
        // Who cancels at Google has told it.
        Event::Cancelled(cancelled) => (cancelled.by != Canceller::User).then_some(Why::Cancelled),
        // Where the fee is charged at once, its outcome is what is told.
        Event::NoShow => {
            let charging = matches!(next, Some(Event::Collecting { what: Collecting::Fee, number: 1 }));
            (!charging).then_some(Why::NoShow)
        }
        Event::CollectingFailed { what: Collecting::Fee, number: 1, .. } => Some(Why::NoShow),
        Event::Collected { what: Collecting::Fee, .. } => Some(Why::Penalized),
        Event::Collected { what: Collecting::Deposit, .. } => {
            let goes_back = matches!(before, State::Booked(booked)
                if booked.cancelled.is_some_and(|cancelled| cancelled.deposit_back));
            (!goes_back).then_some(Why::DepositCharged)
        }
        Event::RefundStands { number, standing } => refund_told(before, *number, standing),
        Event::Booked { .. }
        | Event::Attempted { .. }
        | Event::Paid(_)
        | Event::PaidLate { .. }
        | Event::Claimed
        | Event::Expired
        | Event::AttemptFailed(_)
        | Event::Challenged { .. }
        | Event::Adopted { .. }
        | Event::ChallengeDropped
        | Event::Abandoned { .. }
        | Event::Moved { .. }
        | Event::Collecting { .. }
        | Event::CollectingFailed { .. }
        | Event::RefundBegan { .. }
        | Event::RefundRetried { .. }
        | Event::Disputed(_)
        | Event::OrphanDisputed(_) => None,
    }
}

/// Google knows of what stands in the booking: not of an attempt that never became one, nor of a fee.
fn refund_told(before: &State, number: u32, standing: &RefundStanding) -> Option<Why> {
    let State::Booked(booked) = before else { return None };
    let refund: &Refund = booked.past.refunds.get((number as usize).checked_sub(1)?)?;
    if booked.charge.as_ref() != Some(&refund.charge) {
        return None;
    }
    let tries = refund.tries;
    match (&refund.standing, standing) {
        (RefundStanding::InFlight, RefundStanding::Done { .. }) => Some(Why::Refunded { number, tries }),
        (RefundStanding::Done { .. }, RefundStanding::Failed { .. }) => Some(Why::RefundFailed { number, tries }),
        (RefundStanding::InFlight | RefundStanding::Done { .. } | RefundStanding::Failed { .. }, _) => None,
    }
}

/// The notifications, and how each stands.
pub(super) fn told(words: &Words, state: &State, (asked, outbox): (&[Asked], &[OutboxRow])) -> Markup {
    if asked.is_empty() {
        return nothing(&words.say("booking-google-none"));
    }
    let waiting = |why: Why| {
        let key = key(state, why)?;
        outbox.iter().find(|row| row.lane == EffectLane::Google.as_str() && row.idempotency_key == key)
    };
    let row = |asked: &Asked| {
        let why = match asked.why {
            Why::Answered => "answered",
            Why::Cancelled => "cancelled",
            Why::NoShow => "no-show",
            Why::Penalized => "penalized",
            Why::DepositCharged => "deposit-charged",
            Why::Refunded { .. } => "refunded",
            Why::RefundFailed { .. } => "refund-failed",
        };
        vec![
            moment(asked.at),
            html! { (words.name("booking-google-why", why)) },
            html! { code { (asked.says) } },
            standing(words, waiting(asked.why)),
        ]
    };
    let columns = [
        (words.say("booking-google-since"), Column::Head),
        (words.say("booking-google-because"), Column::Text),
        (words.say("booking-google-says"), Column::Text),
        (words.say("booking-google-standing"), Column::Text),
    ];
    html! {
        (table(&words.say("booking-google-caption"), &columns, &asked.iter().map(row).collect::<Vec<_>>()))
        p.hint { (words.say("booking-google-gone-hint")) }
    }
}

/// The key of a notification in the outbox.
pub(super) fn key(state: &State, why: Why) -> Option<String> {
    let State::Booked(booked) = state else { return None };
    let slot = &booked.agreement.slot;
    let notice = Notice {
        booking: booked.agreement.id,
        merchant: slot.merchant.clone(),
        service: slot.service.clone(),
        why,
        status: booked.status,
        prepayment: None,
    };
    Some(Booking::idempotency_key(&Effect::Tell(Box::new(notice))))
}

fn standing(words: &Words, row: Option<&OutboxRow>) -> Markup {
    let attempts = |row: &OutboxRow| words.tell("booking-google-attempts", &[("attempts", row.attempts.into())]);
    html! {
        @match row {
            None => { (badge(Mood::Good, &words.say("booking-google-gone"))) }
            Some(row) if row.parked_at.is_some() => {
                (badge(Mood::Attention, &words.say("booking-google-parked"))) " " (attempts(row))
                @if let Some(error) = &row.last_error { " " bdi { (error) } }
            }
            Some(row) => {
                (badge(Mood::Waiting, &words.say("booking-google-waiting"))) " " (attempts(row))
                @if let Some(error) = &row.last_error { " " bdi { (error) } }
            }
        }
    }
}
