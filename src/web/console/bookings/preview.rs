//! What an act would do, in figures, before anybody does it: the machine itself is asked, and nothing is committed.

use maud::{Markup, html};

use crate::domain::booking::{
    Booking, BookingStatus, Canceller, Charge, Collecting, Effect, Event, Input, Rejection, State,
};
use crate::domain::{Currency, Decision, Machine as _, Money, Record, Timestamp, UserName};
use crate::web::console::words::Words;

/// One thing that would follow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Follows {
    /// A charge goes back in full.
    GoesBack(Money),
    /// What was charged stays charged.
    Stays(Money),
    /// The kept card is charged.
    Charged(Money),
    /// The agreed fee may be charged afterwards.
    FeePossible(Money),
    /// A deposit that is still to be charged will not be.
    DepositDropped,
    /// The visit goes back to the pack.
    PackReturned,
    /// The pack that was bought is withdrawn.
    PackWithdrawn,
    /// Google is told of a status.
    Google(BookingStatus),
}

/// Between two that follow, in a form's field.
const BETWEEN: char = ' ';

/// What a page has said, for the form that goes out with it.
pub(super) fn written(follows: &[Follows]) -> String {
    let amount = |name: &str, money: &Money| format!("{name}:{}:{}", money.micros(), money.currency());
    let one = |one: &Follows| match one {
        Follows::GoesBack(money) => amount("goes-back", money),
        Follows::Stays(money) => amount("stays", money),
        Follows::Charged(money) => amount("charged", money),
        Follows::FeePossible(money) => amount("fee-possible", money),
        Follows::DepositDropped => "deposit-dropped".to_owned(),
        Follows::PackReturned => "pack-returned".to_owned(),
        Follows::PackWithdrawn => "pack-withdrawn".to_owned(),
        Follows::Google(status) => format!("google:{}", status.as_str()),
    };
    follows.iter().map(one).collect::<Vec<_>>().join(&BETWEEN.to_string())
}

/// What [`written`] wrote.
pub(super) fn read(unverified: &str) -> Option<Vec<Follows>> {
    let one = |text: &str| {
        let (name, rest) = text.split_once(':').unwrap_or((text, ""));
        let money = || {
            let (micros, currency) = rest.split_once(':')?;
            Some(Money::new(micros.parse().ok()?, Currency::parse(currency).ok()?))
        };
        match name {
            "goes-back" => money().map(Follows::GoesBack),
            "stays" => money().map(Follows::Stays),
            "charged" => money().map(Follows::Charged),
            "fee-possible" => money().map(Follows::FeePossible),
            "deposit-dropped" => Some(Follows::DepositDropped),
            "pack-returned" => Some(Follows::PackReturned),
            "pack-withdrawn" => Some(Follows::PackWithdrawn),
            "google" => BookingStatus::parse(rest).map(Follows::Google),
            _ => None,
        }
    };
    unverified.split(BETWEEN).filter(|text| !text.is_empty()).map(one).collect()
}

/// What `input` would do now. `Ok(None)`: nothing changes.
///
/// # Errors
/// The machine's no.
pub(super) fn preview(state: &State, input: &Input, now: Timestamp) -> Result<Option<Vec<Follows>>, Rejection> {
    let decision = Booking::decide(state, input, now)?;
    Ok((!decision.events.is_empty()).then(|| follows(state, input, &decision)))
}

/// What a decision on `input` comes to.
pub(super) fn follows(state: &State, input: &Input, decision: &Decision<Booking>) -> Vec<Follows> {
    let mut follows = Vec::new();
    for event in &decision.events {
        match event {
            Event::RefundBegan { charge, .. } => follows.push(Follows::GoesBack(charge.amount)),
            Event::RefundRetried { number, .. } => {
                let place = (*number as usize).saturating_sub(1);
                follows.extend(state.past().refunds.get(place).map(|refund| Follows::GoesBack(refund.charge.amount)));
            }
            Event::Collecting { what: Collecting::Fee, .. } => {
                let fee = state.agreement().and_then(|agreement| agreement.terms.no_show_total());
                follows.extend(fee.map(Follows::Charged));
            }
            Event::Cancelled(cancelled) => {
                let fee = state.agreement().and_then(|agreement| agreement.terms.no_show_total());
                follows.extend(fee.filter(|_| cancelled.late).map(Follows::FeePossible));
            }
            // What else happens costs nobody anything.
            _ => {}
        }
    }
    if matches!(input, Input::Cancel { .. }) {
        follows.extend(kept(state, &follows));
    }
    for record in &decision.records {
        match record {
            Record::PackReturned(_) => follows.push(Follows::PackReturned),
            Record::PackWithdrawn { .. } => follows.push(Follows::PackWithdrawn),
            _ => {}
        }
    }
    for effect in &decision.effects {
        if let Effect::Tell(notice) = effect {
            follows.push(Follows::Google(notice.status));
        }
    }
    follows
}

/// What a cancellation leaves charged, or no longer charges.
fn kept(state: &State, follows: &[Follows]) -> Option<Follows> {
    let State::Booked(booked) = state else { return None };
    if follows.iter().any(|one| matches!(one, Follows::GoesBack(_))) {
        return None;
    }
    let due = || matches!(booked.later, crate::domain::booking::Later::Due { .. }).then_some(Follows::DepositDropped);
    booked.charge.as_ref().map(|charge| Follows::Stays(charge.amount)).or_else(due)
}

/// Charges that could go back now, each by its own decision.
pub(super) fn refundable(state: &State, by: &UserName, now: Timestamp) -> Vec<Charge> {
    let mut charges: Vec<Charge> = Vec::new();
    if let State::Booked(booked) = state {
        charges.extend(booked.charges().cloned());
    }
    for refund in state.past().refunds {
        if !charges.contains(&refund.charge) {
            charges.push(refund.charge);
        }
    }
    let offered = |charge: &Charge| {
        let input = Input::GiveBack { charge: Some(charge.intent.clone()), by: by.clone() };
        matches!(preview(state, &input, now), Ok(Some(_)))
    };
    charges.into_iter().filter(offered).collect()
}

/// Whether a cancellation by this one is possible, and what follows.
pub(super) fn cancelling(state: &State, by: Canceller, now: Timestamp) -> Option<Vec<Follows>> {
    preview(state, &Input::Cancel { by }, now).ok().flatten()
}

/// What follows, as a list of sentences.
pub(super) fn told(words: &Words, follows: &[Follows]) -> Markup {
    let amount = |key: &str, money: Money| words.tell(key, &[("amount", words.money(money).into())]);
    let sentence = |one: &Follows| match one {
        Follows::GoesBack(money) => amount("booking-follows-goes-back", *money),
        Follows::Stays(money) => amount("booking-follows-stays", *money),
        Follows::Charged(money) => amount("booking-follows-charged", *money),
        Follows::FeePossible(money) => amount("booking-follows-fee-possible", *money),
        Follows::DepositDropped => words.say("booking-follows-deposit-dropped"),
        Follows::PackReturned => words.say("booking-follows-pack-returned"),
        Follows::PackWithdrawn => words.say("booking-follows-pack-withdrawn"),
        Follows::Google(status) => {
            words.tell("booking-follows-google", &[("status", words.name("booking-status", status.as_str()).into())])
        }
    };
    html! {
        @if follows.is_empty() { p { (words.say("booking-follows-nothing")) } }
        @else { ul { @for one in follows { li { (sentence(one)) } } } }
    }
}
