//! What each state does with each input. Every pair is listed; each arm cites its rule (google-booking-server).

use std::sync::Arc;

use super::agreement::{Agreement, PackUse};
use super::message::{Effect, Event, Input, Rejection, Reply};
use super::state::{Booked, Fee, State};
use super::words::BookingStatus;
use super::{Booking, after, create, money};
use crate::domain::catalog::OptionKind;
use crate::domain::{BookingListed, Decision, Record, Spot, Timestamp};

pub(super) type Verdict = Result<Decision<Booking>, Rejection>;

pub(super) fn decide(state: &State, input: &Input, now: Timestamp) -> Verdict {
    match (state, input) {
        // 5.1: a request for a booking; failures are not sticky (rule 4), a second request waits for the first (rule 5).
        (
            State::Unheard
            | State::Paying(_)
            | State::Failed(_)
            | State::Challenged(_)
            | State::Unclaimed(_)
            | State::Booked(_),
            Input::Create(request),
        ) => Ok(create::create(state, request, now)),
        (
            State::Unheard
            | State::Paying(_)
            | State::Failed(_)
            | State::Challenged(_)
            | State::Unclaimed(_)
            | State::Booked(_),
            Input::Recall,
        ) => Ok(Decision::answer(create::recall(state))),

        // 6.9: the outcome of the attempt that is under way.
        (State::Paying(paying), Input::Paid { attempt, outcome }) if paying.past.attempts == *attempt => {
            Ok(create::paid(paying, outcome, now))
        }
        // The outcome of an attempt that is over, delivered twice.
        (
            State::Paying(_) | State::Failed(_) | State::Challenged(_) | State::Unclaimed(_) | State::Booked(_),
            Input::Paid { .. },
        ) => Ok(Decision::answer(create::recall(state))),

        // 6.8: the retry after a challenge may come under another token; one booking goes on with it, and only one.
        (State::Challenged(challenged), Input::Adopt { attempt, by, wants }) => {
            create::adopt(challenged, *attempt, *by, wants)
        }
        (
            State::Unheard | State::Paying(_) | State::Failed(_) | State::Unclaimed(_) | State::Booked(_),
            Input::Adopt { .. },
        ) => Err(Rejection::NoChallenge),
        (
            State::Paying(_) | State::Failed(_) | State::Challenged(_) | State::Unclaimed(_) | State::Booked(_),
            Input::Abandoned { intent, charged },
        ) => Ok(money::abandoned(state, intent, *charged)),

        // 9: cancellation.
        (State::Booked(booked), Input::Cancel { by }) => after::cancel(booked, *by, now),
        // 5.2: reschedule.
        (State::Booked(booked), Input::Move(wanted)) => Ok(after::reschedule(booked, wanted, now)),
        // 3.7: what the merchant says to an asynchronous booking.
        (State::Booked(booked), Input::Accept) => after::answered(booked, &Event::Accepted, BookingStatus::Confirmed),
        (State::Booked(booked), Input::Decline) => {
            after::answered(booked, &Event::DeclinedByMerchant, BookingStatus::DeclinedByMerchant)
        }
        // 6.5: absent.
        (State::Booked(booked), Input::NoShow { charge }) => after::no_show(booked, *charge, now),
        (State::Booked(booked), Input::Collected { what, number, outcome }) => {
            Ok(money::collected(booked, (*what, *number), outcome, now))
        }
        (State::Booked(booked), Input::GiveBack { charge, by }) => money::give_back(booked, charge.as_ref(), by),

        // Money that never became a booking goes back too (6.9); its refund is heard of, and tried again, like any other.
        (
            State::Paying(_) | State::Failed(_) | State::Challenged(_) | State::Unclaimed(_),
            Input::GiveBack { charge, by },
        ) => money::retry(state, charge.as_ref(), by).ok_or(Rejection::Unknown),
        (
            State::Paying(_) | State::Failed(_) | State::Challenged(_) | State::Unclaimed(_) | State::Booked(_),
            Input::Refunded { number, tries, standing },
        ) => Ok(money::refunded(state, (*number, *tries), standing)),
        // What is disputed may be the booking's charge, or one that never became a booking.
        (State::Booked(booked), Input::Disputed { intent, dispute }) if booked.holds(intent) => {
            Ok(money::disputed(booked, dispute))
        }
        // It will be a booking's charge, or be given back: then it is heard of.
        (State::Unclaimed(unclaimed), Input::Disputed { intent, .. })
            if unclaimed.receipt.transaction_id == *intent =>
        {
            Err(Rejection::WrongStatus)
        }
        (
            State::Paying(_) | State::Failed(_) | State::Challenged(_) | State::Unclaimed(_) | State::Booked(_),
            Input::Disputed { dispute, .. },
        ) => Ok(money::orphan_disputed(state, dispute)),

        // There is no booking to do this to.
        (
            State::Unheard | State::Paying(_) | State::Failed(_) | State::Challenged(_) | State::Unclaimed(_),
            Input::Cancel { .. }
            | Input::Move(_)
            | Input::Accept
            | Input::Decline
            | Input::NoShow { .. }
            | Input::Collected { .. },
        )
        | (
            State::Unheard,
            Input::Paid { .. }
            | Input::Abandoned { .. }
            | Input::GiveBack { .. }
            | Input::Refunded { .. }
            | Input::Disputed { .. }
            | Input::Told,
        ) => Err(Rejection::Unknown),

        // Google knows.
        (
            State::Paying(_) | State::Failed(_) | State::Challenged(_) | State::Unclaimed(_) | State::Booked(_),
            Input::Told,
        ) => Ok(Decision::answer(create::recall(state))),

        // Deadlines: a success that nobody claims goes back, a challenge is given up, a later deposit falls due.
        (State::Unclaimed(unclaimed), Input::DeadlineReached) if unclaimed.until <= now => {
            Ok(create::expire(unclaimed))
        }
        (State::Challenged(challenged), Input::DeadlineReached) if challenged.until <= now => {
            Ok(create::drop_challenge(challenged))
        }
        (State::Booked(booked), Input::DeadlineReached) => Ok(money::deposit_due(booked, now)),
        (
            State::Unclaimed(_) | State::Challenged(_) | State::Unheard | State::Paying(_) | State::Failed(_),
            Input::DeadlineReached,
        ) => Ok(Decision::answer(create::recall(state))),
    }
}

/// A decision on `state` by these events, which answers how it stands then. What is held in tables of its own follows from
/// the two states.
pub(super) fn record(state: State, events: Vec<Event>, effects: Vec<Effect>) -> Decision<Booking> {
    let before = Holding::of(&state);
    let charges = charges(&state);
    let after = events.iter().fold(state, super::apply::apply);
    let mut records = before.until(&Holding::of(&after));
    if let Some(agreement) = after.agreement() {
        let booking = agreement.id;
        let new = self::charges(&after).into_iter().filter(|intent| !charges.contains(intent));
        records.extend(new.map(|intent| Record::BookingCharge { booking, intent }));
    }
    let reply = create::recall(&after);
    Decision { events, effects, records, ..Decision::answer(reply) }
}

/// The processor's ids of everything charged or kept for it.
fn charges(state: &State) -> Vec<Arc<str>> {
    let receipt = match state {
        State::Unclaimed(unclaimed) => Some(&unclaimed.receipt),
        State::Booked(booked) => booked.receipt.as_ref(),
        State::Unheard | State::Paying(_) | State::Failed(_) | State::Challenged(_) => None,
    };
    let mut ids: Vec<Arc<str>> = receipt.map(|receipt| receipt.transaction_id.clone()).into_iter().collect();
    if let State::Booked(booked) = state {
        let fee = match &booked.fee {
            Fee::Charged(charge) => Some(charge),
            Fee::Nothing | Fee::Charging { .. } | Fee::Declined { .. } => None,
        };
        for charge in booked.charge.iter().chain(fee) {
            if !ids.contains(&charge.intent) {
                ids.push(charge.intent.clone());
            }
        }
    }
    ids
}

/// What a state holds of what is counted and searched.
struct Holding {
    /// The spot.
    spot: Option<Spot>,
    /// How it is found.
    listed: Option<BookingListed>,
    /// One use of a pack, and what for.
    pack: Option<(Arc<Agreement>, PackUse)>,
}

impl Holding {
    fn of(state: &State) -> Self {
        let status = match state {
            State::Booked(booked) => Some(booked.status),
            State::Unheard | State::Paying(_) | State::Failed(_) | State::Challenged(_) | State::Unclaimed(_) => None,
        };
        let listed = match state {
            State::Paying(_) | State::Unclaimed(_) | State::Booked(_) => state.agreement(),
            State::Unheard | State::Failed(_) | State::Challenged(_) => None,
        };
        let held = state.slot_held().and(state.agreement());
        // A pack that is being bought exists once it is paid.
        let packed = held.filter(|agreement| {
            agreement.pack.as_ref().is_some_and(|pack| !pack.bought || matches!(state, State::Booked(_)))
        });
        let spot = |agreement: &Arc<Agreement>| Spot {
            booking: agreement.id,
            slot: agreement.slot_key,
            user_id: agreement.guest.user_id.clone(),
        };
        let entry = |agreement: &Arc<Agreement>| BookingListed {
            booking: agreement.id,
            user_id: agreement.guest.user_id.clone(),
            slot: agreement.slot.clone(),
            slot_key: agreement.slot_key,
            status,
        };
        Self {
            spot: held.map(spot),
            listed: listed.map(entry),
            pack: packed.and_then(|agreement| agreement.pack.clone().map(|pack| (agreement.clone(), pack))),
        }
    }

    /// What has to be written so that what was held becomes what is held `then`.
    fn until(&self, then: &Self) -> Vec<Record> {
        let mut records = Vec::new();
        if self.spot != then.spot {
            records.extend(self.spot.clone().map(Record::SpotReleased));
            records.extend(then.spot.clone().map(Record::SpotTaken));
        }
        match (&self.pack, &then.pack) {
            (None, Some((agreement, pack))) if pack.bought => records.push(Record::PackBought {
                user_id: agreement.guest.user_id.clone(),
                merchant: agreement.merchant().clone(),
                booking: agreement.id,
                pack: pack.clone(),
            }),
            (None, Some((_, pack))) => records.push(Record::PackUsed(pack.clone())),
            // What was bought for this visit alone is paid back, not used again.
            (Some((_, pack)), None) if pack.bought && pack.kind == OptionKind::SingleUse => {}
            (Some((_, pack)), None) => records.push(Record::PackReturned(pack.clone())),
            (None, None) | (Some(_), Some(_)) => {}
        }
        match (&self.listed, &then.listed) {
            (before, Some(listed)) if before.as_ref() != Some(listed) => {
                records.push(Record::BookingListed(listed.clone()));
            }
            (Some(listed), None) => records.push(Record::BookingUnlisted { booking: listed.booking }),
            (None | Some(_), Some(_)) | (None, None) => {}
        }
        records
    }
}

/// As [`record`], for a booking.
pub(super) fn record_booked(booked: &Booked, events: Vec<Event>, effects: Vec<Effect>) -> Decision<Booking> {
    record(State::Booked(Box::new(booked.clone())), events, effects)
}

/// Nothing changes; the asker sees how it stands.
pub(super) fn stands(booked: &Booked) -> Decision<Booking> {
    Decision::answer(Reply::Stands(Box::new(super::view::view(booked))))
}
