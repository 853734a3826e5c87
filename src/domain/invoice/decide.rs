//! What each state does with each input. Every pair is listed; each arm cites its rule (outlook-payments, or the contract).

use std::sync::Arc;

use super::message::{Effect, Event, Input, Rejection, Reply};
use super::state::{Letter, Open, Past, Source, State, Via};
use super::view::{View, view};
use super::words::Content;
use super::{Invoice, money, pay, post};
use crate::domain::{Decision, InvoiceListed, Machine, Record, Timestamp, UserName};

pub(super) type Verdict = Result<Decision<Invoice>, Rejection>;

pub(super) fn decide(state: &State, input: &Input, now: Timestamp) -> Verdict {
    match (state, input) {
        // Contract section 6: the same content again is the same invoice, other content a conflict.
        (State::Unheard, Input::Create(content)) => Ok(create(content)),
        (State::Open(_) | State::Paid(_) | State::Cancelled(_), Input::Create(content)) => create_again(state, content),
        // There is nothing to do this to.
        (
            State::Unheard,
            Input::Visit
            | Input::Send
            | Input::Mailed { .. }
            | Input::NotMailed { .. }
            | Input::AskFreshLink
            | Input::DeadlineReached
            | Input::Cancel { .. }
            | Input::PayByCard(_)
            | Input::Charged { .. }
            | Input::PayByRedirect(_)
            | Input::PaymentStarted { .. }
            | Input::PaymentEnded { .. }
            | Input::Refund { .. }
            | Input::Refunded { .. }
            | Input::SayTransferred
            | Input::Dispute
            | Input::Resolve { .. }
            | Input::MarkPaid { .. }
            | Input::ChargeDisputed(_),
        ) => Err(Rejection::Unknown),

        // 5.4: looking changes nothing.
        (State::Open(_) | State::Paid(_) | State::Cancelled(_), Input::Visit) => stands(state),

        // Contract section 6: send. What is paid or cancelled is not asked for again.
        (State::Open(open), Input::Send) => post::send(open, now),
        (State::Paid(_), Input::Send) => Err(Rejection::Paid),
        (State::Cancelled(_), Input::Send) => Err(Rejection::Cancelled),
        // What became of a letter, whatever has become of the invoice.
        (State::Open(_) | State::Paid(_) | State::Cancelled(_), Input::Mailed { number }) => {
            post::left(state, *number, Event::Mailed { number: *number, at: now })
        }
        (State::Open(_) | State::Paid(_) | State::Cancelled(_), Input::NotMailed { number }) => {
            post::left(state, *number, Event::NotMailed { number: *number })
        }
        // Links live for a week (contract section 4), invoices longer; a receipt is worth a link too.
        (State::Open(_) | State::Paid(_) | State::Cancelled(_), Input::AskFreshLink) => post::fresh_link(state, now),
        (State::Open(open), Input::DeadlineReached) => post::remind(open, now),
        (State::Paid(_) | State::Cancelled(_), Input::DeadlineReached) => stands(state),

        // Contract section 6: cancel; never under somebody who is just paying. A person gives up what nobody answers.
        (State::Open(open), Input::Cancel { by }) => cancel(open, by.as_ref(), now),
        (State::Paid(_), Input::Cancel { .. }) => Err(Rejection::Paid),
        (State::Cancelled(_), Input::Cancel { .. }) => stands(state),

        // 6.7: a repeated token gets its own answer, whatever has happened since; another one is only for what is open.
        (State::Open(open), Input::PayByCard(order)) => pay::by_card(open, order, now),
        (State::Paid(paid), Input::PayByCard(order)) => pay::again(&paid.past, order).ok_or(Rejection::Paid),
        (State::Cancelled(gone), Input::PayByCard(order)) => pay::again(&gone.past, order).ok_or(Rejection::Cancelled),
        // 6.7 and 6.8: the outcome, however late.
        (State::Open(open), Input::Charged { attempt, outcome }) => pay::charged(open, *attempt, outcome, now),
        (State::Paid(_) | State::Cancelled(_), Input::Charged { attempt, outcome }) => {
            pay::charged_late(state, *attempt, outcome)
        }

        // The hosted page (contract section 3).
        (State::Open(open), Input::PayByRedirect(order)) => pay::by_redirect(open, order, now),
        (State::Paid(_), Input::PayByRedirect(_)) => Err(Rejection::Paid),
        (State::Cancelled(_), Input::PayByRedirect(_)) => Err(Rejection::Cancelled),
        (State::Open(open), Input::PaymentStarted { attempt }) => pay::started(open, *attempt),
        // It had ended before its beginning was heard.
        (State::Paid(_) | State::Cancelled(_), Input::PaymentStarted { attempt }) => pay::started_late(state, *attempt),
        (State::Open(open), Input::PaymentEnded { attempt, outcome, issuer }) => {
            pay::payment_ended(open, *attempt, (outcome, issuer.as_ref()), now)
        }
        (State::Paid(_) | State::Cancelled(_), Input::PaymentEnded { attempt, outcome, .. }) => {
            pay::payment_ended_late(state, *attempt, outcome)
        }

        // Contract section 6: refund.
        (State::Paid(paid), Input::Refund { amount_micros, by }) => money::refund(paid, *amount_micros, by.as_ref()),
        // What came late and could not be given back is tried again.
        (State::Open(_) | State::Cancelled(_), Input::Refund { by, .. }) => {
            money::retry_late(state, by.as_ref()).ok_or(Rejection::NotPaid)
        }
        (State::Open(_) | State::Paid(_) | State::Cancelled(_), Input::Refunded { number, tries, standing }) => {
            money::refunded(state, (*number, *tries), standing)
        }
        // What the processor says of a charge that paid the invoice; of others that went back, a person decides.
        (State::Paid(paid), Input::ChargeDisputed(dispute)) => money::disputed(paid, dispute),
        (State::Open(_) | State::Cancelled(_), Input::ChargeDisputed(_)) => Err(Rejection::NotOurs),

        // What the recipient says is noted once; it means nothing where nothing is to be paid.
        (State::Open(open), Input::SayTransferred) => match open.past.marks.transferred {
            None => Ok(record(state, vec![Event::Transferred { at: now }], Vec::new())),
            Some(_) => stands(state),
        },
        (State::Open(open), Input::Dispute) => match open.past.marks.disputed {
            None => Ok(record(state, vec![Event::Disputed { at: now }], Vec::new())),
            Some(_) => stands(state),
        },
        (State::Open(open), Input::Resolve { by }) => {
            let said = open.past.marks.transferred.or(open.past.marks.disputed).is_some();
            if said { Ok(record(state, vec![Event::Resolved { by: by.clone() }], Vec::new())) } else { stands(state) }
        }
        (State::Paid(_) | State::Cancelled(_), Input::SayTransferred | Input::Dispute | Input::Resolve { .. }) => {
            stands(state)
        }
        (State::Open(open), Input::MarkPaid { by, note }) => pay::mark_paid(open, (by, note), now),
        (State::Paid(paid), Input::MarkPaid { note, .. }) => match &paid.payment.via {
            Via::Transfer { note: known, .. } if known == note => stands(state),
            Via::Transfer { .. } | Via::Card { .. } | Via::Redirect { .. } => Err(Rejection::Paid),
        },
        (State::Cancelled(_), Input::MarkPaid { .. }) => Err(Rejection::Cancelled),
    }
}

fn create(content: &Arc<Content>) -> Decision<Invoice> {
    record(&State::Unheard, vec![Event::Created { content: content.clone() }], Vec::new())
}

fn create_again(state: &State, content: &Content) -> Verdict {
    let same = state.past().is_some_and(|past| is_same(&past.content, content));
    if same { stands(state) } else { Err(Rejection::OtherContent) }
}

/// Whether the merchant says the same again: nonce and time are ours, and new each time.
fn is_same(ours: &Content, new: &Content) -> bool {
    let Content { id: _, reference, recipient, lines, tax_micros, total, due, shipping, nonce: _, created_at: _ } = new;
    ours.reference == *reference
        && ours.recipient == *recipient
        && ours.lines == *lines
        && ours.tax_micros == *tax_micros
        && ours.total == *total
        && ours.due == *due
        && ours.shipping == *shipping
}

fn cancel(open: &Open, by: Option<&UserName>, now: Timestamp) -> Verdict {
    let (mut events, mut effects) = (pay::give_up(open, by, now)?, Vec::new());
    events.push(Event::Cancelled { by: by.cloned(), at: now });
    // Who was never asked to pay need not hear that nothing is to be paid.
    if open.past.post.sent.is_some() {
        post::letter(&open.past, Letter::Cancelled, now).add_to(&mut events, &mut effects);
    }
    Ok(record(&of(open), events, effects))
}

pub(super) fn of(open: &Open) -> State {
    State::Open(Box::new(open.clone()))
}

/// Nothing changes; the asker sees how it stands.
pub(super) fn stands(state: &State) -> Verdict {
    view(state).map(|view| Decision::answer(shows(view))).ok_or(Rejection::Unknown)
}

fn shows(view: View) -> Reply {
    Reply::Stands(Box::new(view))
}

/// A decision on `state` by these events, which answers how it stands then. How it is listed, and which of the processor's
/// charges are its own, follows from the two states.
pub(super) fn record(state: &State, events: Vec<Event>, effects: Vec<Effect>) -> Decision<Invoice> {
    let (listed, charges) = (listed(state), charges(state));
    let after = events.iter().fold(state.clone(), super::apply::apply);
    let mut records = Vec::new();
    let now_listed = self::listed(&after);
    if let Some(now_listed) = &now_listed {
        let new = self::charges(&after).into_iter().filter(|intent| !charges.contains(intent));
        records.extend(new.map(|intent| Record::InvoiceCharge { invoice: now_listed.invoice, intent }));
    }
    if now_listed != listed {
        records.extend(now_listed.map(Record::InvoiceListed));
    }
    let reply = view(&after).map_or(Reply::Nothing, shows);
    Decision { events, effects, records, ..Decision::answer(reply) }
}

/// The processor's ids of everything charged for it.
fn charges(state: &State) -> Vec<Arc<str>> {
    let mut ids = Vec::new();
    if let State::Paid(paid) = state
        && let Via::Card { intent } = &paid.payment.via
    {
        ids.push(intent.clone());
    }
    let refunds = state.past().map(|past: &Past| past.refunds.as_slice()).unwrap_or_default();
    for refund in refunds {
        match &refund.of {
            Source::Card { intent } if !ids.contains(intent) => ids.push(intent.clone()),
            Source::Card { .. } | Source::Redirect { .. } => {}
        }
    }
    ids
}

/// How it is found.
fn listed(state: &State) -> Option<InvoiceListed> {
    let content = &state.past()?.content;
    let (total, paid_at) = match state {
        State::Paid(paid) => (paid.payment.order.total, Some(paid.payment.at)),
        State::Unheard | State::Open(_) | State::Cancelled(_) => (content.total, None),
    };
    Some(InvoiceListed {
        invoice: content.id,
        reference: content.reference.clone(),
        state: Invoice::state_name(state),
        due: content.due,
        total,
        paid_at,
        created_at: content.created_at,
        attention: Invoice::attention(state),
        recipient: content.recipient.clone(),
    })
}
