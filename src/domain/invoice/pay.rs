//! Attempts to pay (outlook-payments sections 6.7 and 6.8; the hosted page: contract section 3).

use std::sync::Arc;

use super::decide::{Verdict, of, record, stands};
use super::message::{CardOrder, CardOutcome, Effect, Event, RedirectOrder, Rejection, Reply};
use super::quote::quote;
use super::state::{Attempt, By, End, Letter, Open, Order, Past, Payer, Payment, Source, State, Via};
use super::words::{Address, Content};
use super::{Invoice, money, post};
use crate::domain::redirect_payment::{Decline, Outcome};
use crate::domain::{Account, Decision, IssuerId, LedgerEntry, Timestamp, UserName};

/// So many attempts that came to something are made to pay one invoice.
pub const MOST_ATTEMPTS: usize = 50;
/// So many are made in all: an attempt that reached nobody, while the processor is down, is the least of them.
const MOST_OF_ALL: usize = 1_000;
/// A person may give an attempt up that has been under way for so long: who waited for it has been answered by then.
const GIVEN_UP_MS: i64 = 15 * 60 * 1_000;

/// What is ordered, at the price that it has now (section 5.8: never at a price of the request).
fn order(content: &Content, to: (Option<&Address>, Option<&str>), payer: &Payer) -> Result<Order, Rejection> {
    let (address, way) = to;
    let quote = quote(content, address, way);
    if quote.pending || quote.refused.is_some() {
        return Err(Rejection::NotShipped);
    }
    let address = address.filter(|_| quote.chosen.is_some()).cloned();
    Ok(Order { total: quote.total, address, way: quote.chosen, payer: payer.clone() })
}

fn may_begin(past: &Past) -> Result<(), Rejection> {
    let told = past.ended.iter().filter(|ended| ended.end != End::NotReached).count();
    if told < MOST_ATTEMPTS && past.ended.len() < MOST_OF_ALL { Ok(()) } else { Err(Rejection::TooManyAttempts) }
}

/// What a person does first who will not wait for an attempt any longer: the processor or the issuer may never answer. What
/// they take after all goes back (section 6.8). Without a person, or too early, the invoice is being paid.
pub(super) fn give_up(open: &Open, by: Option<&UserName>, now: Timestamp) -> Result<Vec<Event>, Rejection> {
    match (&open.under_way, by) {
        (None, _) => Ok(Vec::new()),
        (Some(attempt), Some(_)) if now.millis_since(attempt.at) > GIVEN_UP_MS => {
            Ok(vec![Event::AttemptFailed { end: End::NotPaid { why: "given_up".into() } }])
        }
        (Some(_), Some(_) | None) => Err(Rejection::BeingPaid),
    }
}

/// How the token's attempt ended that was made before.
pub(super) fn again(past: &Past, order: &CardOrder) -> Option<Decision<Invoice>> {
    past.ended_by(&order.digest).map(|(attempt, end)| Decision::answer(Reply::CardEnded { attempt, end: end.clone() }))
}

pub(super) fn by_card(open: &Open, wanted: &CardOrder, now: Timestamp) -> Verdict {
    let past = &open.past;
    if let Some(known) = again(past, wanted) {
        return Ok(known);
    }
    if let Some(attempt) = &open.under_way {
        return match &attempt.by {
            By::Card { digest, answer_by } if *digest == wanted.digest => {
                Ok(Decision::answer(Reply::Charging { attempt: attempt.number, answer_by: *answer_by }))
            }
            // 6.8: no new charge before the one under way is settled.
            By::Card { .. } | By::Redirect { .. } => Err(Rejection::BeingPaid),
        };
    }
    may_begin(past)?;
    let order = order(&past.content, (wanted.address.as_ref(), wanted.way.as_deref()), &wanted.payer)?;
    if order.total != wanted.approved {
        return Err(Rejection::AmountDiffers(order.total));
    }
    let (number, amount, digest) = (past.next_attempt(), order.total, wanted.digest);
    let effect = Effect::Charge {
        invoice: past.content.id,
        reference: past.content.reference.clone(),
        attempt: number,
        amount,
        digest,
    };
    let by = By::Card { digest, answer_by: wanted.answer_by };
    let began = record(&of(open), vec![Event::Attempted(Attempt { number, by, order, at: now })], vec![effect]);
    Ok(Decision { reply: Reply::Charging { attempt: number, answer_by: wanted.answer_by }, ..began })
}

pub(super) fn charged(open: &Open, attempt: u32, outcome: &CardOutcome, now: Timestamp) -> Verdict {
    let under_way = open.under_way.as_ref().filter(|under_way| under_way.number == attempt);
    let Some(under_way) = under_way else { return charged_late(&of(open), attempt, outcome) };
    let answer_by = match under_way.by {
        By::Card { answer_by, .. } => answer_by,
        // No charge was asked for under this number.
        By::Redirect { .. } => return Err(Rejection::NoAttempt),
    };
    match outcome {
        CardOutcome::Succeeded { intent } => {
            let amount = under_way.order.total;
            let entries =
                LedgerEntry::pair(Account::ProcessorReceivable, Account::PayableToBiller, amount, "invoice paid");
            let paid = succeeded(open, (attempt, &under_way.order), Via::Card { intent: intent.clone() }, now);
            Ok(Decision { entries, reply: Reply::CardEnded { attempt, end: End::Paid }, ..paid })
        }
        CardOutcome::Declined(declined) => Ok(card_failed(open, End::Declined(declined.clone()), answer_by, now)),
        CardOutcome::NotReached => Ok(card_failed(open, End::NotReached, answer_by, now)),
    }
}

/// The attempt that is under way by card brought nothing.
fn card_failed(open: &Open, end: End, answer_by: Timestamp, now: Timestamp) -> Decision<Invoice> {
    let attempt = open.past.next_attempt();
    let (mut events, mut effects) = (vec![Event::AttemptFailed { end: end.clone() }], Vec::new());
    // 6.8: who was told not to pay again until they hear from us, hears from us.
    if now > answer_by {
        post::letter(&open.past, Letter::NotPaid, now).add_to(&mut events, &mut effects);
    }
    Decision { reply: Reply::CardEnded { attempt, end }, ..record(&of(open), events, effects) }
}

fn succeeded(open: &Open, (attempt, order): (u32, &Order), via: Via, now: Timestamp) -> Decision<Invoice> {
    let payment = Payment { attempt, via, order: order.clone(), at: now };
    let (mut events, mut effects) = (vec![Event::Paid(payment)], Vec::new());
    post::letter(&open.past, Letter::Receipt, now).add_to(&mut events, &mut effects);
    record(&of(open), events, effects)
}

/// The outcome of a charge whose attempt is over.
pub(super) fn charged_late(state: &State, attempt: u32, outcome: &CardOutcome) -> Verdict {
    let ended = state.past().and_then(|past| past.ended(attempt)).filter(|ended| ended.digest.is_some());
    let ended = ended.ok_or(Rejection::NoAttempt)?;
    let reply = Reply::CardEnded { attempt, end: ended.end.clone() };
    match outcome {
        // Delivered twice, or nothing to undo.
        CardOutcome::Declined(_) | CardOutcome::NotReached => Ok(Decision::answer(reply)),
        CardOutcome::Succeeded { intent } if knows(state, intent) => Ok(Decision::answer(reply)),
        // Charged after all, when nobody waited for it any more: it goes back.
        CardOutcome::Succeeded { intent } => {
            let given = money::give_back_late(state, Source::Card { intent: intent.clone() }, ended.amount);
            Ok(Decision { reply, ..given })
        }
    }
}

/// Whether a charge is known: it paid the invoice, or goes back.
fn knows(state: &State, intent: &str) -> bool {
    state.is_paid_by(intent) || state.refunds_of(intent).next().is_some()
}

pub(super) fn by_redirect(open: &Open, wanted: &RedirectOrder, now: Timestamp) -> Verdict {
    let past = &open.past;
    if let Some(attempt) = &open.under_way {
        return match attempt.by {
            // A second visit goes on with the payment that is under way; it can be cancelled there.
            By::Redirect { started, .. } => Ok(Decision::answer(Reply::AtPayment { attempt: attempt.number, started })),
            By::Card { .. } => Err(Rejection::BeingPaid),
        };
    }
    may_begin(past)?;
    let order = order(&past.content, (wanted.address.as_ref(), wanted.way.as_deref()), &wanted.payer)?;
    let number = past.next_attempt();
    let effect = Effect::StartPayment {
        invoice: past.content.id,
        reference: past.content.reference.clone(),
        attempt: number,
        amount: order.total,
        issuer: wanted.issuer.clone(),
    };
    let by = By::Redirect { issuer: wanted.issuer.as_ref().map(|(issuer, _)| issuer.clone()), started: false };
    let began = record(&of(open), vec![Event::Attempted(Attempt { number, by, order, at: now })], vec![effect]);
    Ok(Decision { reply: Reply::AtPayment { attempt: number, started: false }, ..began })
}

pub(super) fn started(open: &Open, attempt: u32) -> Verdict {
    let at_payment = Reply::AtPayment { attempt, started: true };
    match &open.under_way {
        Some(Attempt { number, by: By::Redirect { started: false, .. }, .. }) if *number == attempt => {
            let begun = record(&of(open), vec![Event::PaymentStarted { attempt }], Vec::new());
            Ok(Decision { reply: at_payment, ..begun })
        }
        Some(Attempt { number, by: By::Redirect { started: true, .. }, .. }) if *number == attempt => {
            Ok(Decision::answer(at_payment))
        }
        Some(_) | None => started_late(&of(open), attempt),
    }
}

/// A payment had ended before its beginning was heard.
pub(super) fn started_late(state: &State, attempt: u32) -> Verdict {
    let ended = state.past().and_then(|past| past.ended(attempt)).filter(|ended| ended.digest.is_none());
    if ended.is_some() { stands(state) } else { Err(Rejection::NoAttempt) }
}

/// Why a redirect payment brought no money, in a word.
const fn why(decline: &Decline) -> &'static str {
    match decline {
        Decline::InsufficientFunds => "insufficient_funds",
        Decline::OverLimit(_) => "over_limit",
        Decline::UnderLimit(_) => "under_limit",
        Decline::CurrencyNotSupported => "currency_not_supported",
        Decline::Risk => "risk",
        Decline::ByIssuer => "declined",
        Decline::PayerLeft => "payer_left",
    }
}

pub(super) fn payment_ended(
    open: &Open,
    attempt: u32,
    (outcome, issuer): (&Outcome, Option<&IssuerId>),
    now: Timestamp,
) -> Verdict {
    let under_way = open.under_way.as_ref().filter(|under_way| under_way.number == attempt);
    let Some(under_way) = under_way else { return payment_ended_late(&of(open), attempt, outcome) };
    match (&under_way.by, outcome) {
        // No payment was asked for under this number.
        (By::Card { .. }, Outcome::Success | Outcome::Negative(_)) => Err(Rejection::NoAttempt),
        // The payment has booked its money itself.
        (By::Redirect { .. }, Outcome::Success) => {
            Ok(succeeded(open, (attempt, &under_way.order), Via::Redirect { issuer: issuer.cloned() }, now))
        }
        (By::Redirect { .. }, Outcome::Negative(negative)) => {
            let end = End::NotPaid { why: why(&negative.decline).into() };
            Ok(record(&of(open), vec![Event::AttemptFailed { end }], Vec::new()))
        }
    }
}

/// The outcome of a redirect payment whose attempt is over.
pub(super) fn payment_ended_late(state: &State, attempt: u32, outcome: &Outcome) -> Verdict {
    let ended = state.past().and_then(|past| past.ended(attempt)).filter(|ended| ended.digest.is_none());
    let ended = ended.ok_or(Rejection::NoAttempt)?;
    let goes_back = |refund: &super::Refund| refund.of == Source::Redirect { attempt };
    let known = ended.end == End::Paid || state.past().is_some_and(|past| past.refunds.iter().any(goes_back));
    match outcome {
        Outcome::Negative(_) => stands(state),
        Outcome::Success if known => stands(state),
        // A payment never changes its mind; if it did, the money would go back rather than be forgotten.
        Outcome::Success => Ok(money::give_back_late(state, Source::Redirect { attempt }, ended.amount)),
    }
}

/// A person says that the money is at our bank: whose statement has moved it into suspense (architecture section 6).
pub(super) fn mark_paid(open: &Open, (by, note): (&UserName, &Arc<str>), now: Timestamp) -> Verdict {
    let given_up = give_up(open, Some(by), now)?;
    let mut past = open.past.clone();
    if let State::Open(after) = given_up.iter().fold(of(open), super::apply::apply) {
        past = after.past;
    }
    let content = &past.content;
    let order = Order { total: content.total, address: None, way: None, payer: Payer::default() };
    let reason = (note.to_string().into(), Some(by.clone()));
    let entries = LedgerEntry::pair_by(Account::Suspense, Account::PayableToBiller, content.total, reason);
    let via = Via::Transfer { by: by.clone(), note: note.clone() };
    let payment = Payment { attempt: past.next_attempt(), via, order, at: now };
    let (mut events, mut effects) = (given_up, Vec::new());
    events.push(Event::Paid(payment));
    post::letter(&past, Letter::Receipt, now).add_to(&mut events, &mut effects);
    Ok(Decision { entries, ..record(&of(open), events, effects) })
}
