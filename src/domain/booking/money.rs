//! Money after the booking: deposits charged later, fees, refunds, disputes (google-booking-server sections 6.5, 6.6, 6.9
//! and 9; ledger: architecture section 6).

use std::sync::Arc;

use super::Booking;
use super::after::notice;
use super::create::recall;
use super::decide::{Verdict, record, record_booked, stands};
use super::message::{Collected, Collecting, Effect, Event, Rejection, Why};
use super::state::{Booked, Charge, Dispute, DisputeStanding, Fee, Later, Past, Refund, RefundStanding, State};
use super::words::{BookingStatus, PrepaymentStatus};
use crate::domain::{Account, Decision, LedgerEntry, Money, Record, Timestamp, TransactionId, UserName};

/// How often a later deposit is tried.
const DEPOSIT_TRIES: u32 = 3;
/// How long after a declined deposit it is tried again, in milliseconds.
const DEPOSIT_AGAIN_MS: i64 = 6 * 3_600 * 1_000;

/// A refund that begins.
pub(super) struct Began {
    pub(super) event: Event,
    pub(super) effect: Effect,
    pub(super) entries: Vec<LedgerEntry>,
}

fn owed(booked: &Booked) -> Account {
    Account::PayableToMerchant(booked.agreement.merchant().clone())
}

/// Gives `charge` back in full, unless it is on its way: never more than was charged.
pub(super) fn begin_refund(booked: &Booked, charge: &Charge, by: Option<&UserName>) -> Option<Began> {
    if booked.past.refunds.iter().any(|refund| refund.charge.intent == charge.intent) {
        return None;
    }
    let number = u32::try_from(booked.past.refunds.len()).ok()?.saturating_add(1);
    let (from, to) = (owed(booked), Account::ProcessorRefunds);
    Some(Began {
        event: Event::RefundBegan { charge: charge.clone(), orphan: false, by: by.cloned() },
        effect: Effect::Refund { booking: booked.agreement.id, number, tries: 1, charge: charge.clone() },
        entries: LedgerEntry::pair_by(from, to, charge.amount, ("booking refunded".into(), by.cloned())),
    })
}

/// Gives money back that was charged otherwise than agreed, and never became part of a booking.
pub(super) fn send_back(past: &Past, booking: TransactionId, charge: &Charge) -> Began {
    let number = u32::try_from(past.refunds.len()).unwrap_or(u32::MAX).saturating_add(1);
    let (held, open) = (Account::ProcessorReceivable, Account::Suspense);
    let mut entries = LedgerEntry::pair(held, open.clone(), charge.amount, "charge of another amount");
    let reason = "charge of another amount refunded";
    entries.extend(LedgerEntry::pair(open, Account::ProcessorRefunds, charge.amount, reason));
    Began {
        event: Event::RefundBegan { charge: charge.clone(), orphan: true, by: None },
        effect: Effect::Refund { booking, number, tries: 1, charge: charge.clone() },
        entries,
    }
}

/// The charge of the kept card, if there is one and something is agreed to be charged.
pub(super) fn collect(booked: &Booked, what: Collecting, number: u32) -> Option<Effect> {
    let terms = &booked.agreement.terms;
    let amount = match what {
        Collecting::Deposit => terms.deposit_total(),
        Collecting::Fee => terms.no_show_total(),
    }?;
    let card = booked.receipt.as_ref()?.vault.clone()?;
    let (booking, merchant) = (booked.agreement.id, booked.agreement.merchant().clone());
    Some(Effect::Collect { booking, merchant, what, number, amount, card })
}

/// Whether the kept card may still be charged: for a deposit, or for the fee of who does not come or cancels late.
pub fn may_charge_card(booked: &Booked) -> bool {
    let has_card = booked.receipt.as_ref().is_some_and(|receipt| receipt.vault.is_some());
    let deposit = match booked.later {
        Later::Charging { .. } => true,
        Later::Due { .. } => booked.status == BookingStatus::Confirmed,
        Later::Nothing | Later::GivenUp { .. } => false,
    };
    let fee_is_open = match booked.fee {
        Fee::Charging { .. } => true,
        Fee::Charged(_) => false,
        Fee::Nothing | Fee::Declined { .. } => match booked.status {
            BookingStatus::Confirmed | BookingStatus::PendingMerchantConfirmation | BookingStatus::NoShow => true,
            BookingStatus::Canceled => booked.cancelled.is_some_and(|cancelled| cancelled.late),
            BookingStatus::NoShowPenalized | BookingStatus::Failed | BookingStatus::DeclinedByMerchant => false,
        },
    };
    has_card && (deposit || (fee_is_open && booked.agreement.terms.no_show_total().is_some()))
}

/// A deposit that was agreed for later falls due.
pub(super) fn deposit_due(booked: &Booked, now: Timestamp) -> Decision<Booking> {
    match booked.later {
        Later::Due { at, number } if at <= now && booked.status == BookingStatus::Confirmed => {
            let what = Collecting::Deposit;
            match collect(booked, what, number) {
                Some(effect) => record_booked(booked, vec![Event::Collecting { what, number }], vec![effect]),
                None => stands(booked),
            }
        }
        Later::Due { .. } | Later::Nothing | Later::Charging { .. } | Later::GivenUp { .. } => stands(booked),
    }
}

pub(super) fn collected(
    booked: &Booked,
    (what, number): (Collecting, u32),
    outcome: &Collected,
    now: Timestamp,
) -> Decision<Booking> {
    let open = match what {
        Collecting::Deposit => booked.later == Later::Charging { number },
        Collecting::Fee => booked.fee == Fee::Charging { number },
    };
    // Delivered twice.
    if !open {
        return stands(booked);
    }
    match (outcome, what) {
        (Collected::Charged { intent }, Collecting::Deposit) => {
            // An amount is agreed, or nothing would have been charged.
            let amount = booked.agreement.terms.deposit_total();
            amount.map_or_else(|| stands(booked), |amount| deposit_charged(booked, intent, amount))
        }
        (Collected::Charged { intent }, Collecting::Fee) => {
            let Some(amount) = booked.agreement.terms.no_show_total() else { return stands(booked) };
            let event = Event::Collected { what, charge: Charge { intent: intent.clone(), amount } };
            let told = notice(booked, Why::Penalized, BookingStatus::NoShowPenalized);
            let entries = LedgerEntry::pair(Account::ProcessorReceivable, owed(booked), amount, "no-show fee");
            Decision { entries, ..record_booked(booked, vec![event], vec![Effect::Tell(Box::new(told))]) }
        }
        (Collected::ChargedOther(charge), Collecting::Deposit | Collecting::Fee) => {
            other_amount(booked, (what, number), charge)
        }
        (Collected::Declined { code }, Collecting::Deposit) => {
            let starts = booked.agreement.slot.start_s.saturating_mul(1_000);
            let next = now.plus_millis(DEPOSIT_AGAIN_MS);
            let again = (number < DEPOSIT_TRIES && next.as_millis() < starts).then_some(next);
            let event = Event::CollectingFailed { what, number, code: code.clone(), again };
            record_booked(booked, vec![event], Vec::new())
        }
        (Collected::Declined { code }, Collecting::Fee) => {
            let event = Event::CollectingFailed { what, number, code: code.clone(), again: None };
            // The first try is the one that Google does not know of yet.
            let told = (number == 1).then(|| notice(booked, Why::NoShow, BookingStatus::NoShow));
            record_booked(booked, vec![event], told.map(Box::new).map(Effect::Tell).into_iter().collect())
        }
    }
}

/// What was taken from the kept card is not what was agreed: it goes back, and is not tried again unasked.
fn other_amount(booked: &Booked, (what, number): (Collecting, u32), charge: &Charge) -> Decision<Booking> {
    let back = send_back(&booked.past, booked.agreement.id, charge);
    let failed = Event::CollectingFailed { what, number, code: "another_amount".into(), again: None };
    let told = what == Collecting::Fee && number == 1;
    let told = told.then(|| Effect::Tell(Box::new(notice(booked, Why::NoShow, BookingStatus::NoShow))));
    let effects = std::iter::once(back.effect).chain(told).collect();
    let mut decision = record_booked(booked, vec![failed, back.event], effects);
    decision.records.push(Record::BookingCharge { booking: booked.agreement.id, intent: charge.intent.clone() });
    Decision { entries: back.entries, ..decision }
}

fn deposit_charged(booked: &Booked, intent: &Arc<str>, amount: Money) -> Decision<Booking> {
    let charge = Charge { intent: intent.clone(), amount };
    let mut entries = LedgerEntry::pair(Account::ProcessorReceivable, owed(booked), amount, "deposit");
    let mut events = vec![Event::Collected { what: Collecting::Deposit, charge: charge.clone() }];
    let effect = match booked.cancelled {
        // Cancelled in time while it was being charged: it goes back.
        Some(cancelled) if cancelled.deposit_back => begin_refund(booked, &charge, None).map(|began| {
            events.push(began.event);
            entries.extend(began.entries);
            began.effect
        }),
        Some(_) | None => {
            let mut told = notice(booked, Why::DepositCharged, booked.status);
            told.prepayment = Some((PrepaymentStatus::Provided, intent.clone()));
            Some(Effect::Tell(Box::new(told)))
        }
    };
    Decision { entries, ..record_booked(booked, events, effect.into_iter().collect()) }
}

/// Tries a failed refund again, also of money that never became a booking: that of `charge`, or the one that was tried least
/// often, so that one which fails for ever blocks no other.
pub(super) fn retry(state: &State, charge: Option<&Arc<str>>, by: &UserName) -> Option<Decision<Booking>> {
    let wanted = |(_, refund): &(u32, Refund)| {
        matches!(refund.standing, RefundStanding::Failed { .. })
            && charge.is_none_or(|intent| refund.charge.intent == *intent)
    };
    let failed = (1..).zip(state.past().refunds).filter(wanted);
    let (number, refund) = failed.min_by_key(|(_, refund)| refund.tries)?;
    let (booking, tries) = (state.agreement()?.id, refund.tries.saturating_add(1));
    let effect = Effect::Refund { booking, number, tries, charge: refund.charge };
    Some(record(state.clone(), vec![Event::RefundRetried { number, by: by.clone() }], vec![effect]))
}

/// Gives a charge back in full, by a person's decision: the one that is named. Without a name a refund that has failed once
/// is tried again; then comes what was never given back, the prepayment or deposit before the fee; then what has failed
/// more often.
pub(super) fn give_back(booked: &Booked, charge: Option<&Arc<str>>, by: &UserName) -> Verdict {
    let state = State::Booked(Box::new(booked.clone()));
    let fresh = |refund: &Refund| matches!(refund.standing, RefundStanding::Failed { .. }) && refund.tries == 1;
    let first = charge.is_some() || booked.past.refunds.iter().any(fresh);
    if let Some(again) = retry(&state, charge, by).filter(|_| first) {
        return Ok(again);
    }
    let named = |held: &&Charge| charge.is_none_or(|intent| held.intent == *intent);
    let began = booked.charges().filter(named).find_map(|held| Some((held, begin_refund(booked, held, Some(by))?)));
    let Some((held, began)) = began else { return retry(&state, charge, by).ok_or(Rejection::NothingToRefund) };
    let mut decision = record_booked(booked, vec![began.event], vec![began.effect]);
    // 3.14: what was paid back is used no more.
    let bought = booked.agreement.pack.as_ref().filter(|pack| pack.bought && booked.charge.as_ref() == Some(held));
    decision.records.extend(bought.map(|pack| Record::PackWithdrawn { id: pack.id.clone() }));
    Ok(Decision { entries: began.entries, ..decision })
}

pub(super) fn refunded(state: &State, (number, tries): (u32, u32), standing: &RefundStanding) -> Decision<Booking> {
    let past = state.past();
    let known = (number as usize).checked_sub(1).and_then(|place| past.refunds.get(place));
    let Some(refund) = known.filter(|refund| refund.tries == tries) else {
        return Decision::answer(recall(state));
    };
    let amount = refund.charge.amount;
    let (given, held) = (Account::ProcessorRefunds, Account::ProcessorReceivable);
    let (entries, told) = match (&refund.standing, standing) {
        (RefundStanding::InFlight, RefundStanding::Done { .. }) => (
            LedgerEntry::pair(given, held, amount, "refund"),
            Some((Why::Refunded { number, tries }, PrepaymentStatus::Refunded)),
        ),
        // It stays owed: a person decides.
        (RefundStanding::InFlight, RefundStanding::Failed { .. }) => (Vec::new(), None),
        // The payer's bank sent it back, days later.
        (RefundStanding::Done { .. }, RefundStanding::Failed { .. }) => {
            let why = Why::RefundFailed { number, tries };
            (LedgerEntry::pair(held, given, amount, "refund failed"), Some((why, PrepaymentStatus::Provided)))
        }
        (RefundStanding::InFlight, RefundStanding::InFlight)
        | (RefundStanding::Done { .. }, RefundStanding::InFlight | RefundStanding::Done { .. })
        | (
            RefundStanding::Failed { .. },
            RefundStanding::InFlight | RefundStanding::Done { .. } | RefundStanding::Failed { .. },
        ) => return Decision::answer(recall(state)),
    };
    // Google knows of what stands in the booking: not of an attempt that never became one, nor of a fee.
    let effect = match state {
        State::Booked(booked) if booked.charge.as_ref() == Some(&refund.charge) => told.map(|(why, prepayment)| {
            let mut told = notice(booked, why, booked.status);
            told.prepayment = Some((prepayment, refund.charge.intent.clone()));
            Effect::Tell(Box::new(told))
        }),
        State::Unheard
        | State::Paying(_)
        | State::Failed(_)
        | State::Challenged(_)
        | State::Unclaimed(_)
        | State::Booked(_) => None,
    };
    let event = Event::RefundStands { number, standing: standing.clone() };
    Decision { entries, ..record(state.clone(), vec![event], effect.into_iter().collect()) }
}

/// What became of a transaction whose challenge was given up. What had been charged was given back in the same call.
pub(super) fn abandoned(state: &State, intent: &Arc<str>, charged: Option<Money>) -> Decision<Booking> {
    let event = Event::Abandoned { intent: intent.clone(), charged };
    let mut decision = record(state.clone(), vec![event], Vec::new());
    if let (Some(amount), Some(agreement)) = (charged, state.agreement()) {
        // Money moved under this id, and the processor may speak of it for months.
        decision.records.push(Record::BookingCharge { booking: agreement.id, intent: intent.clone() });
        let (held, open) = (Account::ProcessorReceivable, Account::Suspense);
        decision.entries = LedgerEntry::pair(held.clone(), open.clone(), amount, "abandoned charge");
        decision.entries.extend(LedgerEntry::pair(open, held, amount, "abandoned charge refunded"));
    }
    decision
}

pub(super) fn disputed(booked: &Booked, said: &Dispute) -> Decision<Booking> {
    match judged(&booked.disputes, said, owed(booked)) {
        Some((dispute, entries)) => {
            Decision { entries, ..record_booked(booked, vec![Event::Disputed(dispute)], Vec::new()) }
        }
        None => stands(booked),
    }
}

/// A dispute of what never became a booking: no merchant bears it. What is lost stays in suspense, before finance.
pub(super) fn orphan_disputed(state: &State, said: &Dispute) -> Decision<Booking> {
    match judged(&state.past().disputes, said, Account::Suspense) {
        Some((dispute, entries)) => {
            Decision { entries, ..record(state.clone(), vec![Event::OrphanDisputed(dispute)], Vec::new()) }
        }
        None => Decision::answer(recall(state)),
    }
}

/// What the processor's word changes, and what it books; `None`: nothing.
fn judged(known: &[Dispute], said: &Dispute, bearer: Account) -> Option<(Dispute, Vec<LedgerEntry>)> {
    let known = known.iter().find(|known| known.id == said.id);
    // What was heard first is what comes back, whatever is said later: nothing stays disputed for ever.
    let amount = known.map_or(said.amount, |known| known.amount);
    let (held, away) = (Account::ProcessorReceivable, Account::Disputed);
    let entries = match (known.map(|known| known.standing), said.standing) {
        (None, DisputeStanding::Open) => LedgerEntry::pair(away, held, amount, "disputed"),
        (Some(DisputeStanding::Open), DisputeStanding::Won) => LedgerEntry::pair(held, away, amount, "dispute won"),
        (Some(DisputeStanding::Open), DisputeStanding::Lost) => LedgerEntry::pair(bearer, away, amount, "dispute lost"),
        // Its end was heard before its beginning.
        (None, DisputeStanding::Lost) => LedgerEntry::pair(bearer, held, amount, "dispute lost"),
        (None, DisputeStanding::Won) => Vec::new(),
        // The processor gave the money to us again after all.
        (Some(DisputeStanding::Lost), DisputeStanding::Won) => {
            LedgerEntry::pair(held, bearer, amount, "lost dispute reinstated")
        }
        (Some(DisputeStanding::Open), DisputeStanding::Open)
        | (Some(DisputeStanding::Won), DisputeStanding::Open | DisputeStanding::Won | DisputeStanding::Lost)
        | (Some(DisputeStanding::Lost), DisputeStanding::Open | DisputeStanding::Lost) => return None,
    };
    Some((Dispute { amount, ..said.clone() }, entries))
}
