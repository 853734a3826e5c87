//! What an act on an invoice would do, in figures, before anybody does it: the machine itself is asked.

use maud::{Markup, html};

use crate::domain::invoice::{Event, Input, Invoice, Letter, Rejection, State};
use crate::domain::{Decision, Machine as _, Money, Timestamp};
use crate::web::console::words::Words;

/// One thing that would follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Follows {
    /// Money goes back.
    GoesBack(Money),
    /// A refund that has failed is tried again.
    Again(Money),
    /// The attempt that is under way is given up.
    GivesUp,
    /// It counts as paid.
    Paid(Money),
    /// It need not be paid any more.
    Cancelled,
    /// A letter goes to the recipient.
    Mailed(Letter),
}

/// What `input` would do now. `Ok(None)`: nothing changes.
///
/// # Errors
/// The machine's no.
pub(super) fn preview(state: &State, input: &Input, now: Timestamp) -> Result<Option<Vec<Follows>>, Rejection> {
    let decision = Invoice::decide(state, input, now)?;
    Ok((!decision.events.is_empty()).then(|| follows(state, &decision)))
}

/// What a decision comes to.
pub(super) fn follows(state: &State, decision: &Decision<Invoice>) -> Vec<Follows> {
    let refunds = state.past().map(|past| past.refunds.as_slice()).unwrap_or_default();
    let follows = decision.events.iter().filter_map(|event| match event {
        Event::RefundBegan(refund) => Some(Follows::GoesBack(refund.amount)),
        Event::RefundRetried { number, .. } => {
            let place = (*number as usize).checked_sub(1)?;
            refunds.get(place).map(|refund| Follows::Again(refund.amount))
        }
        Event::AttemptFailed { .. } => Some(Follows::GivesUp),
        Event::Paid(payment) => Some(Follows::Paid(payment.order.total)),
        Event::Cancelled { .. } => Some(Follows::Cancelled),
        Event::LetterAsked { letter, .. } => Some(Follows::Mailed(*letter)),
        _ => None,
    });
    follows.collect()
}

/// What goes back, all together.
pub(super) fn goes_back(follows: &[Follows]) -> Option<Money> {
    let amounts = follows.iter().filter_map(|one| match one {
        Follows::GoesBack(money) | Follows::Again(money) => Some(*money),
        Follows::GivesUp | Follows::Paid(_) | Follows::Cancelled | Follows::Mailed(_) => None,
    });
    amounts.reduce(|sum, more| Money::new(sum.micros().saturating_add(more.micros()), sum.currency()))
}

/// What follows, as a list of sentences.
pub(super) fn told(words: &Words, follows: &[Follows]) -> Markup {
    let amount = |key: &str, money: Money| words.tell(key, &[("amount", words.money(money).into())]);
    let sentence = |one: &Follows| match one {
        Follows::GoesBack(money) => amount("invoice-follows-goes-back", *money),
        Follows::Again(money) => amount("invoice-follows-again", *money),
        Follows::GivesUp => words.say("invoice-follows-gives-up"),
        Follows::Paid(money) => amount("invoice-follows-paid", *money),
        Follows::Cancelled => words.say("invoice-follows-cancelled"),
        Follows::Mailed(letter) => {
            words.tell("invoice-follows-mailed", &[("letter", super::timeline::letter(words, *letter).into())])
        }
    };
    html! { ul { @for one in follows { li { (sentence(one)) } } } }
}
