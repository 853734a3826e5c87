//! Mail to the recipient: the invoice, reminders, fresh links, receipts. A letter is asked for here, composed and sent by
//! the outbox, with links that are signed when it leaves (contract section 4).

use super::Invoice;
use super::decide::{Verdict, of, record, stands};
use super::message::{Effect, Event, Rejection};
use super::state::{Letter, Open, Past, State};
use crate::domain::{Decision, Timestamp};

const HOUR_MS: i64 = 3_600 * 1_000;
/// An invoice that waits for the mail server is not sent a second time within this.
const SEND_AGAIN_MS: i64 = HOUR_MS;
/// A fresh link is mailed at most once in ten minutes.
const FRESH_AGAIN_MS: i64 = 10 * 60 * 1_000;
/// And so often in 24 hours.
const FRESH_A_DAY: usize = 5;
const DAY_MS: i64 = 24 * HOUR_MS;
/// When reminders go out, in days from the day that the invoice is due on.
const REMINDERS: [i64; 4] = [-3, 1, 7, 14];
/// At this time of the day (UTC): nobody is reminded at midnight.
const REMINDER_HOUR: i64 = 8;

/// A letter that is asked for.
pub(super) struct Asked {
    event: Event,
    effect: Effect,
}

impl Asked {
    pub(super) fn add_to(self, events: &mut Vec<Event>, effects: &mut Vec<Effect>) {
        events.push(self.event);
        effects.push(self.effect);
    }
}

pub(super) fn letter(past: &Past, letter: Letter, at: Timestamp) -> Asked {
    let number = past.post.letters.saturating_add(1);
    let event = Event::LetterAsked { number, letter, at };
    Asked { event, effect: Effect::Mail { invoice: past.content.id, number, letter } }
}

fn mail(state: &State, past: &Past, what: Letter, now: Timestamp) -> Decision<Invoice> {
    let (mut events, mut effects) = (Vec::new(), Vec::new());
    letter(past, what, now).add_to(&mut events, &mut effects);
    record(state, events, effects)
}

pub(super) fn send(open: &Open, now: Timestamp) -> Verdict {
    let is_waiting =
        |waiting: &super::Waiting| waiting.letter == Letter::Invoice && now.millis_since(waiting.at) < SEND_AGAIN_MS;
    let state = of(open);
    if open.past.post.waiting.iter().any(is_waiting) {
        return stands(&state);
    }
    Ok(mail(&state, &open.past, Letter::Invoice, now))
}

/// A letter has left, one way or the other; delivered twice, it says nothing new.
pub(super) fn left(state: &State, number: u32, event: Event) -> Verdict {
    let past = state.past().ok_or(Rejection::Unknown)?;
    if number == 0 || number > past.post.letters {
        return Err(Rejection::NotOurs);
    }
    if past.post.waiting.iter().any(|waiting| waiting.number == number) {
        Ok(record(state, vec![event], Vec::new()))
    } else {
        stands(state)
    }
}

/// Anybody who has an old link can ask; only the recipient gets the letter, and not too many.
pub(super) fn fresh_link(state: &State, now: Timestamp) -> Verdict {
    let past = state.past().ok_or(Rejection::Unknown)?;
    let within = |ms: i64| past.post.fresh.iter().filter(|asked| now.millis_since(**asked) < ms).count();
    if within(FRESH_AGAIN_MS) > 0 || within(DAY_MS) >= FRESH_A_DAY {
        return Err(Rejection::TooOften);
    }
    Ok(mail(state, past, Letter::FreshLink, now))
}

/// What `apply` keeps of the times at which fresh links were asked for.
pub(super) fn keep_fresh(fresh: &mut Vec<Timestamp>, at: Timestamp) {
    fresh.push(at);
    let too_many = fresh.len().saturating_sub(FRESH_A_DAY);
    fresh.drain(..too_many);
}

/// A reminder to come.
pub(super) struct Reminder {
    /// Its place among the reminders.
    place: usize,
    /// When.
    pub(super) at: Timestamp,
}

fn reminders(open: &Open) -> impl DoubleEndedIterator<Item = Reminder> {
    let due = open.past.content.due;
    // Only from when the invoice was sent: who has just got it knows when it is due.
    let sent = open.past.post.sent;
    let at = move |days: i64| due.plus_days(days).start().plus_millis(REMINDER_HOUR * HOUR_MS);
    let all = REMINDERS.into_iter().enumerate().map(move |(place, days)| Reminder { place, at: at(days) });
    all.filter(move |reminder| sent.is_some_and(|sent| sent < reminder.at))
        .filter(|reminder| reminder.place >= open.past.post.reminders as usize)
}

/// The next reminder: not of what was never sent, nor while it is being paid, nor once the recipient has spoken.
pub(super) fn next_reminder(open: &Open) -> Option<Reminder> {
    let marks = &open.past.marks;
    let silent = marks.transferred.is_none() && marks.disputed.is_none() && open.under_way.is_none();
    if silent { reminders(open).next() } else { None }
}

/// One reminder, however many have fallen due meanwhile: the last of them.
pub(super) fn remind(open: &Open, now: Timestamp) -> Verdict {
    let state = of(open);
    if next_reminder(open).is_none_or(|next| next.at > now) {
        return stands(&state);
    }
    let Some(last) = reminders(open).rfind(|reminder| reminder.at <= now) else { return stands(&state) };
    let what = if now < open.past.content.due.plus_days(1).start() { Letter::DueSoon } else { Letter::Overdue };
    let reminders = u32::try_from(last.place).unwrap_or(u32::MAX).saturating_add(1);
    let (mut events, mut effects) = (vec![Event::Reminded { reminders }], Vec::new());
    letter(&open.past, what, now).add_to(&mut events, &mut effects);
    Ok(record(&state, events, effects))
}
