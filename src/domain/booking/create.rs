//! From a request to a booking: judge it, pay it, and what comes of an attempt (google-booking-server sections 5.1, 6.4 to
//! 6.9).

use std::sync::Arc;

use super::agreement::{Agreement, Request, Resumed};
use super::decide::{Verdict, record};
use super::message::{Effect, Event, Failure, Outcome, Rejection, Reply};
use super::state::{Challenge, Challenged, Charge, Means, Paying, Receipt, State, Unclaimed};
use super::words::FailureCause;
use super::{Booking, money, view};
use crate::domain::catalog::ConfirmationMode;
use crate::domain::{Account, Decision, LedgerEntry, Record, Timestamp, TransactionId};

/// How long a success that came too late waits for Google to ask again, in milliseconds.
pub const CLAIM_MS: i64 = 10 * 60 * 1_000;
/// How long a payer may take for a challenge, in milliseconds.
pub const CHALLENGE_MS: i64 = 30 * 60 * 1_000;

pub(super) fn create(state: &State, request: &Request, now: Timestamp) -> Decision<Booking> {
    match state {
        // Rule 5: a second request for an attempt in flight waits for the first.
        State::Paying(_) => Decision::answer(recall(state)),
        // Rules 1 and 6: the same answer, whatever the request says now.
        State::Booked(booked) => Decision::answer(Reply::Created(Box::new(view::created(booked)))),
        // 6.9: charged when nobody waited any more; now somebody does.
        State::Unclaimed(unclaimed) => claim(unclaimed),
        // 6.8: the answer with the challenge was lost, and its token is used up.
        State::Challenged(challenged) if is_again(challenged, request) => Decision::answer(recall(state)),
        State::Unheard | State::Failed(_) | State::Challenged(_) => match judge(request, now) {
            Some(failure) => Decision::answer(Reply::Failed(failure)),
            None => attempt(state, request),
        },
    }
}

/// How it stands.
pub(super) fn recall(state: &State) -> Reply {
    match state {
        State::Unheard => Reply::Nothing,
        State::Paying(paying) => Reply::Paying { attempt: paying.past.attempts, answer_by: paying.answer_by },
        State::Failed(failed) => Reply::Failed(failed.failure.clone()),
        State::Challenged(challenged) => {
            Reply::Challenged { challenge: challenged.challenge.clone(), attempt: challenged.past.attempts }
        }
        State::Unclaimed(_) => Reply::Unclaimed,
        State::Booked(booked) => Reply::Stands(Box::new(view::view(booked))),
    }
}

/// Whether a slot can be booked at this moment: from `opens_s` until `closes_s`, inclusive, in seconds since the Unix
/// epoch.
pub fn is_open(opens_s: Option<i64>, closes_s: i64, now: Timestamp) -> bool {
    let reached = |second: i64| second.saturating_mul(1_000) <= now.as_millis();
    opens_s.is_none_or(reached) && now.as_millis() <= closes_s.saturating_mul(1_000)
}

/// Why a request cannot even be tried. Nothing is stored of it.
fn judge(request: &Request, now: Timestamp) -> Option<Failure> {
    let terms = &request.agreement.terms;
    if !is_open(request.opens_s, request.closes_s, now) {
        return Some(Failure::new(FailureCause::SlotUnavailable, "the slot cannot be booked at this time"));
    }
    if !terms.needs_token() {
        return None;
    }
    let why = if request.agreement.confirmation == ConfirmationMode::Asynchronous {
        // 6.1
        "no payments on slots with asynchronous confirmation".to_owned()
    } else if let Some(field) = request.stated.differs_from(terms) {
        // 6.4
        format!("amount mismatch: {field}")
    } else if request.token.is_none() && request.resumes.is_none() {
        "a payment token is needed".to_owned()
    } else if !request.chargeable {
        "the payment token is of no processor that can be charged".to_owned()
    } else {
        return None;
    };
    Some(Failure::new(FailureCause::PaymentError, &why))
}

fn attempt(state: &State, request: &Request) -> Decision<Booking> {
    let agreement = request.agreement.clone();
    let (mut events, mut effects) = (Vec::new(), Vec::new());
    let needs_token = agreement.terms.needs_token();
    let own = match state {
        State::Challenged(challenged) if needs_token => going_on(challenged, request),
        State::Unheard
        | State::Paying(_)
        | State::Failed(_)
        | State::Challenged(_)
        | State::Unclaimed(_)
        | State::Booked(_) => None,
    };
    let another = request.resumes.filter(|resumed| resumed.first != agreement.id);
    let means = match (needs_token, &own, another, request.token) {
        (false, ..) => None,
        (true, Some(intent), ..) => Some(Means::Challenge(intent.clone())),
        (true, None, Some(resumed), _) => Some(Means::Adopted(resumed)),
        (true, None, None, Some(token)) => Some(Means::Token(token)),
        // 6.8: the answer to a challenge that is not open, and nothing else to pay with.
        (true, None, None, None) => {
            let failure = Failure::new(FailureCause::PaymentError, "there is no such challenge");
            return Decision::answer(Reply::Failed(failure));
        }
    };
    if let (None, State::Challenged(challenged)) = (&own, state) {
        // Asked anew without an answer to the challenge: the first transaction must not be paid as well.
        events.push(Event::ChallengeDropped);
        effects.extend(abandon(challenged));
    }
    let Some(means) = means else {
        events.push(Event::Booked { agreement });
        let mut decision = record(state.clone(), events, effects);
        decision.reply = in_created_form(decision.reply);
        return decision;
    };
    let attempt = state.past().attempts.saturating_add(1);
    effects.push(Effect::Pay { attempt, agreement: agreement.clone(), means: means.clone() });
    events.push(Event::Attempted { agreement, means, answer_by: request.answer_by });
    record(state.clone(), events, effects)
}

/// The transaction of this booking's own challenge, if the request brings its answer.
fn going_on(challenged: &Challenged, request: &Request) -> Option<Arc<str>> {
    let resumed = request.resumes?;
    let named = resumed.attempt == Resumed::OPEN || resumed.attempt == challenged.past.attempts;
    let own = resumed.first == challenged.agreement.id && named;
    // What was challenged is what is booked, and nothing else.
    let same = same_wish(&challenged.agreement, &request.agreement);
    (own && same && challenged.adopted_by.is_none()).then(|| challenged.challenge.intent.clone())
}

/// Whether the request that was challenged comes again, as it was.
fn is_again(challenged: &Challenged, request: &Request) -> bool {
    request.resumes.is_none()
        && challenged.token.is_some()
        && challenged.token == request.token
        && challenged.adopted_by.is_none()
        && same_wish(&challenged.agreement, &request.agreement)
}

fn same_wish(challenged: &Agreement, wanted: &Agreement) -> bool {
    wanted.guest.user_id == challenged.guest.user_id
        && wanted.slot == challenged.slot
        && wanted.terms == challenged.terms
}

fn abandon(challenged: &Challenged) -> Option<Effect> {
    let Challenged { agreement, challenge, .. } = challenged;
    let (booking, intent, amount) = (agreement.id, challenge.intent.clone(), agreement.terms.due_now());
    challenged.adopted_by.is_none().then_some(Effect::Abandon { booking, intent, amount })
}

fn in_created_form(reply: Reply) -> Reply {
    match reply {
        Reply::Stands(view) => Reply::Created(view),
        other @ (Reply::Created(_)
        | Reply::Paying { .. }
        | Reply::Unclaimed
        | Reply::Failed(_)
        | Reply::Challenged { .. }
        | Reply::Adopted { .. }
        | Reply::Nothing) => other,
    }
}

pub(super) fn paid(paying: &Paying, outcome: &Outcome, now: Timestamp) -> Decision<Booking> {
    let state = State::Paying(Box::new(paying.clone()));
    match outcome {
        Outcome::Succeeded(receipt) if now <= paying.answer_by => {
            let mut decision = record(state, vec![Event::Paid(receipt.clone())], Vec::new());
            decision.reply = in_created_form(decision.reply);
            let owed = Account::PayableToMerchant(paying.agreement.merchant().clone());
            decision.entries = charged(receipt, owed, "booking");
            decision
        }
        // 6.9: Google was told that the outcome is unknown.
        Outcome::Succeeded(receipt) => {
            let until = now.plus_millis(CLAIM_MS);
            let event = Event::PaidLate { receipt: receipt.clone(), until };
            let mut decision = record(state, vec![event], Vec::new());
            decision.entries = charged(receipt, Account::Suspense, "late charge");
            decision
        }
        // 6.4: exactly what was agreed is charged, or the booking is not paid; what was taken all the same goes back.
        Outcome::ChargedOther(charge) => {
            let failure = Failure::new(FailureCause::PaymentError, "the processor charged another amount");
            let back = money::send_back(&paying.past, paying.agreement.id, charge);
            let events = vec![Event::AttemptFailed(failure), back.event];
            let mut decision = record(state, events, vec![back.effect]);
            decision
                .records
                .push(Record::BookingCharge { booking: paying.agreement.id, intent: charge.intent.clone() });
            Decision { entries: back.entries, ..decision }
        }
        Outcome::Refused(failure) => record(state, vec![Event::AttemptFailed(failure.clone())], Vec::new()),
        Outcome::NotReached => {
            let failure = Failure::new(FailureCause::PaymentError, "the processor cannot be reached");
            let failure = Failure { not_reached: true, ..failure };
            record(state, vec![Event::AttemptFailed(failure)], Vec::new())
        }
        Outcome::Challenged(challenge) => {
            let event = Event::Challenged { challenge: challenge.clone(), until: now.plus_millis(CHALLENGE_MS) };
            record(state, vec![event], Vec::new())
        }
    }
}

fn charged(receipt: &Receipt, credit: Account, reason: &'static str) -> Vec<LedgerEntry> {
    let pair = |amount| LedgerEntry::pair(Account::ProcessorReceivable, credit, amount, reason);
    receipt.charged.map(pair).unwrap_or_default()
}

fn claim(unclaimed: &Unclaimed) -> Decision<Booking> {
    let state = State::Unclaimed(Box::new(unclaimed.clone()));
    let mut decision = record(state, vec![Event::Claimed], Vec::new());
    decision.reply = in_created_form(decision.reply);
    let owed = Account::PayableToMerchant(unclaimed.agreement.merchant().clone());
    let pair = |amount| LedgerEntry::pair(Account::Suspense, owed, amount, "booking");
    decision.entries = unclaimed.receipt.charged.map(pair).unwrap_or_default();
    decision
}

/// Nobody has asked again: what was charged goes back, and the spot is free.
pub(super) fn expire(unclaimed: &Unclaimed) -> Decision<Booking> {
    let state = State::Unclaimed(Box::new(unclaimed.clone()));
    let mut events = vec![Event::Expired];
    let (mut effects, mut entries) = (Vec::new(), Vec::new());
    if let Some(amount) = unclaimed.receipt.charged {
        let charge = Charge { intent: unclaimed.receipt.transaction_id.clone(), amount };
        let number = u32::try_from(unclaimed.past.refunds.len()).unwrap_or(u32::MAX).saturating_add(1);
        effects.push(Effect::Refund { booking: unclaimed.agreement.id, number, tries: 1, charge: charge.clone() });
        events.push(Event::RefundBegan { charge, orphan: true, by: None });
        entries = LedgerEntry::pair(Account::Suspense, Account::ProcessorRefunds, amount, "late charge refunded");
    }
    Decision { entries, ..record(state, events, effects) }
}

pub(super) fn drop_challenge(challenged: &Challenged) -> Decision<Booking> {
    let state = State::Challenged(Box::new(challenged.clone()));
    record(state, vec![Event::ChallengeDropped], abandon(challenged).into_iter().collect())
}

/// Another booking brings the answer to this one's challenge: the same user, for the same slot and price, once.
pub(super) fn adopt(challenged: &Challenged, attempt: u32, by: TransactionId, wants: &Arc<Agreement>) -> Verdict {
    let Challenged { agreement, challenge: Challenge { intent, .. }, adopted_by, past, .. } = challenged;
    if attempt != past.attempts || !same_wish(agreement, wants) || adopted_by.is_some_and(|other| other != by) {
        return Err(Rejection::NoChallenge);
    }
    let reply = Reply::Adopted { intent: intent.clone() };
    if adopted_by.is_some() {
        return Ok(Decision::answer(reply));
    }
    let state = State::Challenged(Box::new(challenged.clone()));
    Ok(Decision { reply, ..record(state, vec![Event::Adopted { by }], Vec::new()) })
}
