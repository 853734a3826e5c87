//! What happened to a booking, in words.

use crate::domain::Money;
use crate::domain::booking::{Canceller, Collecting, Event, RefundStanding};
use crate::web::bookings::{canceller_word, dispute_word};
use crate::web::console::books::Said;
use crate::web::console::words::Words;

/// An event in words. Tokens, cards and who comes are not told again.
pub(super) fn said(words: &Words, event: &Event) -> Said {
    match event {
        Event::Booked { .. } => say(words, "booking-event-booked"),
        Event::Attempted { .. } => say(words, "booking-event-attempted"),
        Event::Paid(receipt) => match receipt.charged {
            Some(amount) => with(words, "booking-event-paid", amount).with(&*receipt.transaction_id),
            None => say(words, "booking-event-card-kept"),
        },
        Event::PaidLate { receipt, .. } => say(words, "booking-event-paid-late").with(&*receipt.transaction_id),
        Event::Claimed => say(words, "booking-event-claimed"),
        Event::Expired => say(words, "booking-event-expired"),
        Event::AttemptFailed(failure) => {
            let text = words.name("booking-failure", failure.cause.as_str());
            Said::plain(words.tell("booking-event-attempt-failed", &[("cause", text.into())]))
        }
        Event::Challenged { .. } => say(words, "booking-event-challenged"),
        Event::Adopted { by } => say(words, "booking-event-adopted").with(by.to_string()),
        Event::ChallengeDropped => say(words, "booking-event-challenge-dropped"),
        Event::Abandoned { charged: Some(amount), intent } => {
            with(words, "booking-event-abandoned-charge", *amount).with(&**intent)
        }
        Event::Abandoned { charged: None, intent } => say(words, "booking-event-abandoned").with(&**intent),
        Event::Cancelled(cancelled) => {
            let key = match (cancelled.by, cancelled.late) {
                (Canceller::User | Canceller::Customer, true) => "booking-event-cancelled-late",
                (Canceller::User | Canceller::Customer, false) | (Canceller::Merchant, _) => "booking-event-cancelled",
            };
            let by = words.name("booking-canceller", canceller_word(cancelled.by));
            Said::plain(words.tell(key, &[("by", by.into())]))
        }
        Event::Moved { .. } => say(words, "booking-event-moved"),
        Event::Accepted => say(words, "booking-event-accepted"),
        Event::DeclinedByMerchant => say(words, "booking-event-declined"),
        Event::NoShow => say(words, "booking-event-no-show"),
        Event::Collecting { what: Collecting::Deposit, .. } => say(words, "booking-event-collecting-deposit"),
        Event::Collecting { what: Collecting::Fee, .. } => say(words, "booking-event-collecting-fee"),
        Event::Collected { what: Collecting::Deposit, charge } => {
            with(words, "booking-event-deposit-charged", charge.amount).with(&*charge.intent)
        }
        Event::Collected { what: Collecting::Fee, charge } => {
            with(words, "booking-event-fee-charged", charge.amount).with(&*charge.intent)
        }
        Event::CollectingFailed { what, code, again, .. } => {
            let key = match (what, again) {
                (Collecting::Deposit, Some(_)) => "booking-event-deposit-failed-again",
                (Collecting::Deposit, None) => "booking-event-deposit-failed",
                (Collecting::Fee, _) => "booking-event-fee-failed",
            };
            say(words, key).with(&**code)
        }
        Event::RefundBegan { charge, orphan, by } => {
            let key = if *orphan { "booking-event-refund-orphan" } else { "booking-event-refund-began" };
            with(words, key, charge.amount).with(&*charge.intent).by(by.as_ref())
        }
        Event::RefundRetried { by, .. } => say(words, "booking-event-refund-retried").by(Some(by)),
        Event::RefundStands { standing, .. } => match standing {
            RefundStanding::InFlight => say(words, "booking-event-refund-in-flight"),
            RefundStanding::Done { id } => say(words, "booking-event-refund-done").with(&**id),
            RefundStanding::Failed { code } => say(words, "booking-event-refund-failed").with(&**code),
        },
        Event::Disputed(dispute) | Event::OrphanDisputed(dispute) => {
            let standing = words.name("dispute-standing", dispute_word(dispute.standing));
            let variables = [("amount", words.money(dispute.amount).into()), ("standing", standing.into())];
            Said::plain(words.tell("booking-event-disputed", &variables)).with(&*dispute.id)
        }
    }
}

fn say(words: &Words, key: &str) -> Said {
    Said::plain(words.say(key))
}

fn with(words: &Words, key: &str, amount: Money) -> Said {
    Said::plain(words.tell(key, &[("amount", words.money(amount).into())]))
}
