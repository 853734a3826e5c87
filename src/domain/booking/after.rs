//! After the booking: cancellation, another slot, the merchant's word, absence (google-booking-server sections 3.7, 5.2,
//! 6.5, 6.6 and 9).

use super::Booking;
use super::agreement::Agreement;
use super::create::is_open;
use super::decide::{Verdict, record_booked, stands};
use super::message::{Collecting, Effect, Event, Failure, Move, Notice, Rejection, Reply, Why};
use super::money;
use super::state::{Booked, Cancelled, Canceller, Fee};
use super::words::{BookingStatus, FailureCause};
use crate::domain::catalog::OptionKind;
use crate::domain::{Decision, Timestamp};

fn refused(cause: FailureCause, description: &str) -> Decision<Booking> {
    Decision::answer(Reply::Failed(Failure::new(cause, description)))
}

/// Whether `now` is not after a second. Deadlines are inclusive (section 7.6).
fn in_time(now: Timestamp, second: i64) -> bool {
    now.as_millis() <= second.saturating_mul(1_000)
}

fn has_begun(agreement: &Agreement, now: Timestamp) -> bool {
    agreement.slot.start_s.saturating_mul(1_000) <= now.as_millis()
}

pub(super) fn notice(booked: &Booked, why: Why, status: BookingStatus) -> Notice {
    let Agreement { id, slot, .. } = booked.agreement.as_ref();
    let (merchant, service) = (slot.merchant.clone(), slot.service.clone());
    Notice { booking: *id, merchant, service, why, status, prepayment: None }
}

fn tell(booked: &Booked, why: Why, status: BookingStatus) -> Effect {
    Effect::Tell(Box::new(notice(booked, why, status)))
}

pub(super) fn cancel(booked: &Booked, by: Canceller, now: Timestamp) -> Verdict {
    let terms = &booked.agreement.terms;
    match (booked.status, by) {
        (BookingStatus::Canceled, Canceller::User) => {
            let own = booked.cancelled.is_some_and(|cancelled| cancelled.by == Canceller::User);
            let known = || refused(FailureCause::BookingAlreadyCancelled, "somebody else has cancelled it");
            return Ok(if own { stands(booked) } else { known() });
        }
        (BookingStatus::Canceled, Canceller::Merchant | Canceller::Customer) => return Ok(stands(booked)),
        (
            BookingStatus::NoShow
            | BookingStatus::NoShowPenalized
            | BookingStatus::Failed
            | BookingStatus::DeclinedByMerchant,
            Canceller::User,
        ) => return Ok(refused(FailureCause::BookingNotCancellable, "it is over")),
        (
            BookingStatus::NoShow
            | BookingStatus::NoShowPenalized
            | BookingStatus::Failed
            | BookingStatus::DeclinedByMerchant,
            Canceller::Merchant | Canceller::Customer,
        ) => return Err(Rejection::WrongStatus),
        (BookingStatus::Confirmed | BookingStatus::PendingMerchantConfirmation, Canceller::User) => {
            if has_begun(&booked.agreement, now) {
                return Ok(refused(FailureCause::BookingNotCancellable, "it has begun"));
            }
            if !in_time(now, terms.cancel_by_s) {
                return Ok(refused(FailureCause::OutsideCancellationWindow, "too late to cancel online"));
            }
        }
        // Who has not come by the start has not cancelled: that is a no-show.
        (BookingStatus::Confirmed | BookingStatus::PendingMerchantConfirmation, Canceller::Customer) => {
            if has_begun(&booked.agreement, now) {
                return Err(Rejection::WrongStatus);
            }
        }
        (BookingStatus::Confirmed | BookingStatus::PendingMerchantConfirmation, Canceller::Merchant) => {}
    }
    let merchant = by == Canceller::Merchant;
    let cancelled = Cancelled {
        by,
        late: !merchant && !in_time(now, terms.cancel_by_s),
        deposit_back: merchant || in_time(now, terms.refund_by_s),
    };
    let mut events = vec![Event::Cancelled(cancelled)];
    let mut effects = Vec::new();
    if by != Canceller::User {
        effects.push(tell(booked, Why::Cancelled, BookingStatus::Canceled));
    }
    // Section 9: a prepayment goes back when the cancellation was in time, or the merchant's, and so does an option for one
    // visit. A pack or membership gets its use back instead: it is worth more than this visit.
    let goes_back = if terms.bought.as_ref().is_some_and(|option| option.kind != OptionKind::SingleUse) {
        false
    } else if terms.prepaid {
        !cancelled.late
    } else {
        cancelled.deposit_back
    };
    let mut entries = Vec::new();
    if let Some(began) = booked.charge.as_ref().filter(|_| goes_back).and_then(|c| money::begin_refund(booked, c, None))
    {
        events.push(began.event);
        effects.push(began.effect);
        entries = began.entries;
    }
    Ok(Decision { entries, ..record_booked(booked, events, effects) })
}

pub(super) fn reschedule(booked: &Booked, wanted: &Move, now: Timestamp) -> Decision<Booking> {
    match booked.status {
        BookingStatus::Confirmed | BookingStatus::PendingMerchantConfirmation => {}
        BookingStatus::Canceled => return refused(FailureCause::BookingAlreadyCancelled, "it is cancelled"),
        BookingStatus::NoShow
        | BookingStatus::NoShowPenalized
        | BookingStatus::Failed
        | BookingStatus::DeclinedByMerchant => return refused(FailureCause::BookingNotCancellable, "it is over"),
    }
    if wanted.agreement.slot_key == booked.agreement.slot_key {
        return stands(booked);
    }
    if has_begun(&booked.agreement, now) {
        return refused(FailureCause::BookingNotCancellable, "it has begun");
    }
    // Whoever can no longer cancel cannot move out of the deadlines either.
    if !in_time(now, booked.agreement.terms.cancel_by_s) {
        return refused(FailureCause::OutsideCancellationWindow, "too late to change online");
    }
    if !is_open(wanted.opens_s, wanted.closes_s, now) {
        return refused(FailureCause::SlotUnavailable, "the slot cannot be booked at this time");
    }
    // 5.2: amounts stay as agreed; other terms are another booking.
    if !same_money(&booked.agreement, &wanted.agreement) {
        return refused(FailureCause::SlotUnavailable, "the slot has other payment terms");
    }
    record_booked(booked, vec![Event::Moved { agreement: wanted.agreement.clone() }], Vec::new())
}

fn same_money(ours: &Agreement, new: &Agreement) -> bool {
    let (a, b) = (&ours.terms, &new.terms);
    let price = |terms: &crate::domain::catalog::Terms| match &terms.bought {
        Some(_) => None,
        None => Some((terms.price, terms.tax)),
    };
    price(a) == price(b)
        && a.prepaid == b.prepaid
        && a.deposit_total() == b.deposit_total()
        && a.deposit.map(|due| due.deposit.refund_before_s) == b.deposit.map(|due| due.deposit.refund_before_s)
        && a.no_show_total() == b.no_show_total()
        && a.card_required == b.card_required
        && a.bought == b.bought
        && ours.confirmation == new.confirmation
}

/// What the merchant says to a booking that waits for it.
pub(super) fn answered(booked: &Booked, event: &Event, wanted: BookingStatus) -> Verdict {
    match booked.status {
        BookingStatus::PendingMerchantConfirmation => {
            let told = tell(booked, Why::Answered, wanted);
            Ok(record_booked(booked, vec![event.clone()], vec![told]))
        }
        status if status == wanted => Ok(stands(booked)),
        BookingStatus::Confirmed
        | BookingStatus::Canceled
        | BookingStatus::NoShow
        | BookingStatus::NoShowPenalized
        | BookingStatus::Failed
        | BookingStatus::DeclinedByMerchant => Err(Rejection::WrongStatus),
    }
}

pub(super) fn no_show(booked: &Booked, charge: bool, now: Timestamp) -> Verdict {
    if !has_begun(&booked.agreement, now) {
        return Err(Rejection::NotBegun);
    }
    match booked.status {
        BookingStatus::Confirmed if charge => penalize(booked, vec![Event::NoShow], 1),
        BookingStatus::Confirmed => {
            let told = tell(booked, Why::NoShow, BookingStatus::NoShow);
            Ok(record_booked(booked, vec![Event::NoShow], vec![told]))
        }
        // Google knows already that the user did not come: the first try is not the one that tells it.
        BookingStatus::NoShow if charge => penalize(booked, Vec::new(), 2),
        // 6.5: the fee is also for cancelling after the deadline.
        BookingStatus::Canceled if charge => match booked.cancelled {
            Some(Cancelled { late: true, .. }) => penalize(booked, Vec::new(), 2),
            Some(Cancelled { late: false, .. }) | None => Err(Rejection::NoFee),
        },
        BookingStatus::NoShowPenalized | BookingStatus::NoShow => Ok(stands(booked)),
        BookingStatus::Canceled
        | BookingStatus::PendingMerchantConfirmation
        | BookingStatus::Failed
        | BookingStatus::DeclinedByMerchant => Err(Rejection::WrongStatus),
    }
}

/// Charges the agreed fee to the kept card: once.
fn penalize(booked: &Booked, mut events: Vec<Event>, first: u32) -> Verdict {
    let number = match &booked.fee {
        Fee::Nothing => first,
        Fee::Declined { number, .. } => number.saturating_add(1),
        Fee::Charging { .. } | Fee::Charged(_) => return Ok(stands(booked)),
    };
    let effect = money::collect(booked, Collecting::Fee, number).ok_or(Rejection::NoFee)?;
    events.push(Event::Collecting { what: Collecting::Fee, number });
    Ok(record_booked(booked, events, vec![effect]))
}
