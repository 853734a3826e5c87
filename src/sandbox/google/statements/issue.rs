//! Making a statement: what is due, and what is to be wrong with it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::super::book::{Book, Case};
use super::super::channels::Agreement;
use super::super::refund::{Refund, RefundState};
use super::fees::FeeRule;
use super::kinds::Kind;
use super::{Event, Side, Statement};
use crate::domain::{Currency, Timestamp};

/// What a tester finds in spreadsheets' nightmares.
const FORMULA: &str = "=cmd()";
/// More than 64 bits hold, and a whole number of minor units in any currency.
const BEYOND_INT64: &str = "9223372036854775808000000";
const DAY_MS: i64 = 86_400_000;
/// From the statement to `dateDue`.
const DUE_AFTER_MS: i64 = 14 * DAY_MS;

/// What statement is wanted.
pub(super) struct Wish {
    pub(super) piaid: String,
    /// A statement has one currency; none: the one of the oldest event.
    pub(super) currency: Option<Currency>,
    pub(super) kind: Kind,
    pub(super) fees: FeeRule,
    pub(super) page_size: Option<usize>,
}

/// What is new about it.
pub(super) struct Stamp<'a> {
    pub(super) id: String,
    pub(super) memo_line_id: String,
    pub(super) now: Timestamp,
    /// Keeps the billing period of this one, and takes its events as not accepted.
    pub(super) revises: Option<&'a Statement>,
}

/// Something that Google knows of the account: a payment or a refund that is over.
struct Fact<'a> {
    side: Side,
    case: &'a Case,
    /// Of the payment or of the refund.
    request_id: &'a str,
    integrator_id: Option<&'a str>,
    amount_micros: i64,
    at_ms: i64,
    succeeded: bool,
}

/// All facts of an account, by time.
fn facts<'a>(book: &'a Book, piaid: &str) -> Vec<Fact<'a>> {
    let cases = book.cases.values().filter(|case| case.order.piaid == piaid);
    let mut facts: Vec<Fact<'_>> = cases
        .flat_map(|case| capture(case).into_iter().chain(case.refunds.iter().filter_map(|known| refund(case, known))))
        .collect();
    facts.sort_by_key(|fact| (fact.at_ms, fact.side, fact.request_id));
    facts
}

fn capture(case: &Case) -> Option<Fact<'_>> {
    let Agreement::Agree { key, channels: _ } = case.agreement() else { return None };
    Some(Fact {
        side: Side::Capture,
        case,
        request_id: &case.order.id,
        integrator_id: None,
        amount_micros: case.order.amount_micros,
        at_ms: case.decided_at_ms()?,
        succeeded: key == "success",
    })
}

fn refund<'a>(case: &'a Case, refund: &'a Refund) -> Option<Fact<'a>> {
    let succeeded = match case.refund_state(refund) {
        RefundState::Succeeded => true,
        RefundState::Failed | RefundState::Refused => false,
        RefundState::Asked | RefundState::Acknowledged => return None,
    };
    Some(Fact {
        side: Side::Refund,
        case,
        request_id: &refund.id,
        integrator_id: refund.word().and_then(|word| word.integrator_id.as_deref()),
        amount_micros: refund.amount_micros,
        at_ms: refund.settled_at_ms().unwrap_or(refund.at_ms),
        succeeded,
    })
}

impl Fact<'_> {
    fn event(&self, (fees, unit_micros): (FeeRule, i64)) -> Result<Event, String> {
        let fee = match self.side {
            Side::Capture => fees.of(self.amount_micros, unit_micros),
            Side::Refund => Some(0),
        };
        Ok(Event {
            side: self.side,
            request_id: self.request_id.to_owned(),
            integrator_id: self.integrator_id.map(str::to_owned),
            amount_micros: self.amount_micros.to_string(),
            currency: self.case.order.currency.clone(),
            fee_micros: fee.ok_or("The fees are too large.")?,
            unknown: serde_json::Map::new(),
        })
    }
}

/// Makes a statement of everything that succeeded and stands on no accepted statement, and what is wrong with it. The error
/// says what is missing for that.
pub(super) fn statement(book: &Book, wish: &Wish, stamp: Stamp<'_>) -> Result<Statement, String> {
    let facts = facts(book, &wish.piaid);
    let revised = stamp.revises.map(|revised| revised.id.as_str());
    let stated = stated(book, &wish.piaid, revised);
    let until = stamp.revises.map_or(i64::MAX, |revised| revised.period_ms.1);
    let due: Vec<&Fact<'_>> = facts
        .iter()
        .filter(|fact| fact.succeeded && fact.at_ms < until && !stated.contains(&(fact.side, fact.request_id)))
        .collect();
    let currency = match (wish.currency, due.first()) {
        (Some(currency), _) => currency.code().to_owned(),
        (None, Some(oldest)) => oldest.case.order.currency.clone(),
        (None, None) => return Err("Nothing is due: pay an order first, or refund one.".to_owned()),
    };
    let unit_micros = Currency::parse(&currency).map_err(|error| error.to_string())?.minor_unit_micros();
    let fees = if wish.kind == Kind::ZeroTotal { FeeRule::NONE } else { wish.fees };
    let due = due.into_iter().filter(|fact| fact.case.order.currency == currency).collect();
    let chosen = chosen(wish.kind, due, (fees, unit_micros))?;
    let events = chosen.iter().map(|fact| fact.event((fees, unit_micros))).collect::<Result<Vec<_>, _>>()?;
    let now = stamp.now.as_millis();
    let first = chosen.iter().map(|fact| fact.at_ms).min().unwrap_or(now);
    let mut statement = Statement {
        id: stamp.id,
        piaid: wish.piaid.clone(),
        kind: wish.kind,
        currency,
        at_ms: now,
        period_ms: stamp.revises.map_or((first.div_euclid(DAY_MS) * DAY_MS, now + 1), |revised| revised.period_ms),
        due_ms: now + DUE_AFTER_MS,
        memo_line_id: stamp.memo_line_id,
        total_due_micros: 0,
        total_processed_micros: 0,
        total_fees_micros: 0,
        total_events: 0,
        fees,
        page_size: wish.page_size,
        revises: revised.map(str::to_owned),
        events,
    };
    statement.add_up()?;
    let bad = facts.iter().filter(|fact| !fact.succeeded && fact.case.order.currency == statement.currency);
    statement.spoil(bad.collect())?;
    Ok(statement)
}

/// What stands on accepted statements, but for the one that is being revised.
fn stated<'a>(book: &'a Book, piaid: &str, revised: Option<&str>) -> BTreeSet<(Side, &'a str)> {
    let accepted = book.statements.values().filter(|case| {
        let statement = &case.statement;
        case.acceptance.is_some() && statement.piaid == piaid && Some(statement.id.as_str()) != revised
    });
    accepted
        .flat_map(|case| case.statement.events.iter().map(|event| (event.side, event.request_id.as_str())))
        .collect()
}

/// The orders whose due payment and due refunds make nothing together.
fn wholly_refunded<'a>(due: &[&'a Fact<'a>]) -> BTreeSet<&'a str> {
    let mut rests: BTreeMap<&str, i128> = BTreeMap::new();
    for fact in due {
        let amount = i128::from(fact.amount_micros);
        let signed = if fact.side == Side::Capture { amount } else { -amount };
        *rests.entry(&fact.case.order.id).or_default() += signed;
    }
    rests.into_iter().filter(|(_, rest)| *rest == 0).map(|(order, _)| order).collect()
}

/// What of the due goes on the statement.
fn chosen<'a>(kind: Kind, due: Vec<&'a Fact<'a>>, rule: (FeeRule, i64)) -> Result<Vec<&'a Fact<'a>>, String> {
    let whole = wholly_refunded(&due);
    let is_whole = |fact: &Fact<'_>| whole.contains(fact.case.order.id.as_str());
    let chosen: Vec<&Fact<'_>> = match kind {
        Kind::ZeroTotal => due.into_iter().filter(|fact| is_whole(fact)).collect(),
        Kind::NegativeTotal => {
            // Whole pairs cost their fees or nothing; a further refund makes the total negative in any case.
            let pairs_cost = due.iter().any(|fact| {
                is_whole(fact) && fact.side == Side::Capture && rule.0.of(fact.amount_micros, rule.1) != Some(0)
            });
            let lone = due.iter().any(|fact| fact.side == Side::Refund && !is_whole(fact));
            let taken = |fact: &&Fact<'_>| fact.side == Side::Refund || (is_whole(fact) && (pairs_cost || lone));
            due.into_iter().filter(taken).collect()
        }
        _ => due,
    };
    let needed = if matches!(kind, Kind::MissingEvent | Kind::PageRepeats | Kind::PageSkips) { 2 } else { 1 };
    match (chosen.len() >= needed, kind) {
        (true, _) => Ok(chosen),
        (false, Kind::ZeroTotal) => Err("That needs a payment that was refunded wholly.".to_owned()),
        (false, Kind::NegativeTotal) => Err("That needs a refund that succeeded.".to_owned()),
        (false, _) if needed == 2 => Err("That needs two events that are due.".to_owned()),
        (false, _) => Err("Nothing is due in this currency: pay an order first, or refund one.".to_owned()),
    }
}

impl Statement {
    /// Sets the totals to what the events make.
    fn add_up(&mut self) -> Result<(), String> {
        let (mut captures, mut refunds, mut fees) = (0_i128, 0_i128, 0_i128);
        for event in &self.events {
            let amount: i128 = event.amount_micros.parse().map_err(|_| "An amount cannot be added up.")?;
            match event.side {
                Side::Capture => captures += amount,
                Side::Refund => refunds += amount,
            }
            fees += i128::from(event.fee_micros);
        }
        let fits = |sum: i128| i64::try_from(sum).map_err(|_| "The total is too large.".to_owned());
        self.total_due_micros = fits(captures - refunds - fees)?;
        self.total_processed_micros = fits(captures)?;
        self.total_fees_micros = fits(fees)?;
        self.total_events = self.events.len();
        Ok(())
    }

    /// Does what the kind promises. `bad` is what did not succeed.
    fn spoil(&mut self, bad: Vec<&Fact<'_>>) -> Result<(), String> {
        let unit = self.unit_micros();
        let rule = (self.fees, unit);
        let bad = |side: Side| bad.iter().find(|fact| fact.side == side).map(|fact| fact.event(rule));
        match self.kind {
            Kind::Correct | Kind::PageRepeats | Kind::PageSkips | Kind::ZeroTotal | Kind::NegativeTotal => {}
            Kind::AmountDiffers => {
                for event in self.events.iter_mut().take(1) {
                    let amount: i128 = event.amount_micros.parse().map_err(|_| "An amount cannot be added up.")?;
                    event.amount_micros = (amount + i128::from(unit)).to_string();
                }
            }
            Kind::CurrencyDiffers => {
                let other = if self.currency == "USD" { "EUR" } else { "USD" };
                self.events.iter_mut().take(1).for_each(|event| other.clone_into(&mut event.currency));
                return Ok(());
            }
            Kind::FeeDiffers => {
                let capture = self.events.iter_mut().find(|event| event.side == Side::Capture);
                capture.ok_or("That needs a payment that is due.")?.fee_micros += unit;
            }
            Kind::UnknownEvent => {
                let id = format!("rq-unknown-{}", self.id);
                self.events.push(self.stranger(id, None)?);
            }
            Kind::FormulaId => self.events.push(self.stranger(FORMULA.to_owned(), Some(FORMULA.to_owned()))?),
            Kind::DuplicateEvent => self.events.extend(self.events.first().cloned()),
            Kind::DeclinedCapture => {
                self.events.push(bad(Side::Capture).ok_or("That needs a payment that was declined.")??);
            }
            Kind::FailedRefund => {
                self.events.push(bad(Side::Refund).ok_or("That needs a refund that did not succeed.")??);
            }
            Kind::MissingEvent => drop(self.events.drain(..1)),
            Kind::TotalDiffers => {
                self.total_due_micros = self.total_due_micros.saturating_add(unit);
                return Ok(());
            }
            Kind::EventCountDiffers => {
                self.total_events += 1;
                return Ok(());
            }
            Kind::BeyondInt64 => {
                self.events.iter_mut().take(1).for_each(|event| BEYOND_INT64.clone_into(&mut event.amount_micros));
                return Ok(());
            }
            Kind::FormulaMember => {
                self.events.iter_mut().for_each(|event| {
                    event.unknown.insert("eventDescription".to_owned(), json!(FORMULA));
                });
            }
        }
        self.add_up()
    }

    /// A capture that nobody knows, of a hundred minor units, with the fee that it would have.
    fn stranger(&self, request_id: String, integrator_id: Option<String>) -> Result<Event, String> {
        let amount_micros = 100 * self.unit_micros();
        let fee = self.fees.of(amount_micros, self.unit_micros());
        Ok(Event {
            side: Side::Capture,
            request_id,
            integrator_id,
            amount_micros: amount_micros.to_string(),
            currency: self.currency.clone(),
            fee_micros: fee.ok_or("The fees are too large.")?,
            unknown: serde_json::Map::new(),
        })
    }
}
