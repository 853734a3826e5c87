//! What people decide about a statement: reasons that they write down, approvals, modifications; and the rules for them.

use std::collections::BTreeMap;

use super::Remittance;
use super::answer::Rejection;
use super::decide::{Verdicts, record, stands};
use super::finding::FindingKind;
use super::state::{Event, Reconciled, State};
use crate::domain::{Decision, Hands, Money, Timestamp, UserName};

/// So many differences may have reasons of their own: they stand in the snapshot.
pub const MOST_DRAFTS: usize = 500;

/// One person's decision, or the configuration's (`by`: none).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// Who.
    pub by: Option<UserName>,
    /// Who else could have been that person then ([`Hands`]).
    pub held_by: Hands,
    /// When.
    pub at: Timestamp,
    /// Why differences are accepted: by finding, or by an event's id.
    pub reasons: BTreeMap<String, String>,
    /// How the statement is modified.
    pub modification: Modification,
}

impl Approval {
    /// Everybody who may have given it.
    fn hands(&self) -> Hands {
        self.by.iter().fold(self.held_by.clone(), |hands, by| hands.and(by.clone()))
    }

    /// Why this one and an `earlier` one are not two persons' decisions; `None`: they are. One person may have given both
    /// where somebody stands in the hands of both.
    pub fn same_hands(&self, earlier: &Self) -> Option<Rejection> {
        if self.by == earlier.by {
            return Some(Rejection::SamePerson);
        }
        let common = self.hands().common(&earlier.hands());
        let hand = common.iter().next()?.clone();
        // Of both it may be true; new credentials for one of them are enough.
        let held = [self, earlier].into_iter().find(|approval| approval.held_by.has(&hand));
        let held = held.and_then(|approval| approval.by.clone());
        Some(held.map_or(Rejection::SamePerson, |held| Rejection::SameHands { held, hand }))
    }
}

/// What `acceptRemittanceStatementWithModifications` says (API section 6.6). Empty: accepted as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Modification {
    /// `vatToFeeRatioInMicros`: the share of the fees that is VAT, in millionths.
    pub vat_to_fee_millionths: Option<i64>,
    /// `settlementExchangeRateModification`, whose fields are UNCONFIRMED: the JSON object that was agreed with Google.
    pub exchange_rate: Option<String>,
}

impl Modification {
    /// Whether the statement is accepted as it is.
    pub const fn is_none(&self) -> bool {
        self.vat_to_fee_millionths.is_none() && self.exchange_rate.is_none()
    }
}

/// A reason that somebody has written down before the statement is accepted. Acceptance uses it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// Who.
    pub by: UserName,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub text: String,
}

/// What an account's configuration says about acceptance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rules {
    /// A fully matched statement is accepted without a person.
    pub auto_accept: bool,
    /// Above this amount two persons decide, in micros.
    pub two_persons_above_micros: Option<i64>,
    /// Fees are judged by a schedule.
    pub fees_judged: bool,
}

impl Rules {
    /// Whether a statement of this total takes two persons.
    pub fn two_persons(&self, total: Money) -> bool {
        self.two_persons_above_micros.is_some_and(|limit| total.micros().unsigned_abs() > limit.unsigned_abs())
    }
}

impl Reconciled {
    /// The findings that lack a reason. `covered`: how many events of each have one of their own.
    pub fn unexplained(
        &self,
        reasons: &BTreeMap<String, String>,
        covered: &BTreeMap<FindingKind, u64>,
    ) -> Vec<FindingKind> {
        let differences = self.tally.kinds.iter().filter(|(kind, sum)| **kind != FindingKind::Matched && sum.count > 0);
        let lacking = differences.filter(|(kind, sum)| {
            !reasons.contains_key(kind.as_str()) && covered.get(kind).is_none_or(|events| *events < sum.count)
        });
        lacking.map(|(kind, _)| *kind).collect()
    }
}

/// A reason is written down: about what differs, and about not too many single events.
pub(super) fn draft(
    state: &State,
    done: &Reconciled,
    (about, kind): (&str, FindingKind),
    given: (&UserName, Option<&String>, Timestamp),
) -> Verdicts {
    let (by, text, at) = given;
    let known = done.drafts.get(about);
    match text {
        None if known.is_none() => return Ok(stands(state)),
        Some(text) if known.is_some_and(|known| known.text == *text && known.by == *by) => return Ok(stands(state)),
        Some(_) if kind == FindingKind::Matched || done.tally.kinds.get(&kind).is_none_or(|sum| sum.count == 0) => {
            return Err(Rejection::NothingToExplain);
        }
        Some(_) if known.is_none() && done.drafts.len() >= MOST_DRAFTS => return Err(Rejection::TooManyDrafts),
        Some(_) | None => {}
    }
    let event = Event::Drafted { about: about.to_owned(), by: by.clone(), at, text: text.cloned() };
    let decision: Decision<Remittance> = record(state, vec![event]);
    Ok(decision)
}
