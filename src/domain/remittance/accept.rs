//! Acceptance and payment: what is decided about money, and how the books follow (architecture section 6).

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::Remittance;
use super::answer::{Rejection, Reply, TransferRefusal};
use super::apply::apply;
use super::decide::{Verdicts, adds_up, record};
use super::decision::{Approval, Modification, Rules};
use super::fees::share;
use super::finding::FindingKind;
use super::state::{Acceptance, Effect, Event, FeeConvention, KindSum, Reconciled, State};
use crate::domain::{Account, Decision, LedgerEntry, Money, Timestamp, TransactionId, UserName};

/// A person approves: every difference needs a reason, and the total must add up (or nothing helps).
pub(super) fn approve(
    state: &State,
    done: &Reconciled,
    (approval, covered, rules): (&Approval, &BTreeMap<FindingKind, u64>, &Rules),
) -> Verdicts {
    adds_up(&done.notice, &done.fetched).map_err(Rejection::DoesNotAddUp)?;
    let fits = |sum: &KindSum| i64::try_from(sum.stated - sum.ours).is_ok();
    if i64::try_from(done.fetched.fee).is_err() || !done.tally.kinds.values().all(fits) {
        return Err(Rejection::DoesNotAddUp("a sum of the statement is beyond 64 bits of micros"));
    }
    let unexplained = done.unexplained(&approval.reasons, covered);
    if !unexplained.is_empty() {
        return Err(Rejection::Unexplained(unexplained));
    }
    if !rules.two_persons(done.notice.total) {
        return Ok(accepted(state, done, approval));
    }
    // Four eyes: of two persons, who decide the same.
    match done.approvals.as_slice() {
        [] => Ok(record(state, vec![Event::Approved(approval.clone())])),
        [.., first] if first.modification != approval.modification => Err(Rejection::ModificationDiffers),
        [..] => match done.not_second(approval) {
            None => Ok(accepted(state, done, approval)),
            Some(why) => Err(why),
        },
    }
}

/// Enough have approved it: booked, and Google is told.
pub(super) fn accepted(state: &State, done: &Reconciled, approval: &Approval) -> Decision<Remittance> {
    let modification = approval.modification.clone();
    let events = vec![Event::Approved(approval.clone()), Event::Accepted { modification: modification.clone() }];
    let mut decision = record(state, events);
    decision.effects.push(Effect::Accept {
        id: done.notice.id,
        piaid: done.notice.piaid.clone(),
        statement_id: done.notice.statement_id.clone(),
        modification: modification.clone(),
    });
    let after = decision.events.iter().fold(state.clone(), apply);
    if let State::Accepted(acceptance) | State::AcceptedWithModifications(acceptance) = &after {
        decision.entries = entries(&acceptance.reconciled, &modification, approval.by.as_ref());
    }
    decision
}

/// After these, what we owe Google for the statement's events is its total: the fees are income, and what differs from our
/// books stands in suspense, by finding, with the reason and the person.
fn entries(done: &Reconciled, modification: &Modification, by: Option<&UserName>) -> Vec<LedgerEntry> {
    let notice = &done.notice;
    let currency = notice.total.currency();
    let google = || Account::PayableToGoogle(notice.piaid.clone());
    let money = |micros: i128| i64::try_from(micros).ok().map(|micros| Money::new(micros, currency));
    let mut entries = Vec::new();
    let mut book = |debit: Account, credit: Account, micros: i128, reason: Cow<'static, str>| {
        if let Some(amount) = money(micros).filter(|amount| amount.micros() != 0) {
            entries.extend(LedgerEntry::pair_by(debit, credit, amount, (reason, by.cloned())));
        }
    };
    let preview = done.preview(modification);
    book(google(), Account::FeeIncome(notice.piaid.clone()), preview.fees_micros, "fees".into());
    book(google(), Account::Vat(notice.piaid.clone()), preview.vat_micros, "VAT on fees".into());
    for (kind, difference) in preview.differences {
        // Stated above ours is owed although our books do not say so.
        let reason = done.reason(kind).map_or_else(
            // The journal has the approval with the reason of each event.
            || Cow::from(format!("statement difference: {}: a reason for each event", kind.as_str())),
            |text| Cow::from(format!("statement difference: {}: {text}", kind.as_str())),
        );
        book(Account::Suspense, google(), difference, reason);
    }
    entries
}

/// Google answered a modification with another total (API section 6.6): that is what is owed then.
pub(super) fn exchange_difference(acceptance: &Acceptance, modified: Option<Money>) -> Vec<LedgerEntry> {
    let notice = &acceptance.reconciled.notice;
    let Some(modified) = modified else { return Vec::new() };
    let google = || Account::PayableToGoogle(notice.piaid.clone());
    let reason = "exchange rate modification";
    let more = modified.micros().checked_sub(notice.total.micros());
    match more.filter(|_| modified.currency() == notice.total.currency()) {
        Some(0) => Vec::new(),
        Some(more) => LedgerEntry::pair(Account::Suspense, google(), Money::new(more, modified.currency()), reason),
        // Owed in another currency from now on.
        None => {
            let mut entries = LedgerEntry::pair(google(), Account::Suspense, notice.total, reason);
            entries.extend(LedgerEntry::pair(Account::Suspense, google(), modified, reason));
            entries
        }
    }
}

/// The bank's entry stands in suspense until a statement takes it.
pub(super) fn transferred(
    state: &State,
    acceptance: &Acceptance,
    (transfer, amount, at): (TransactionId, Money, Timestamp),
) -> Decision<Remittance> {
    let due = acceptance.due();
    let refused = |why| Decision::answer(Reply::TransferRefused(why));
    if acceptance.modification.exchange_rate.is_some() && !acceptance.told {
        // Google has yet to say what is due.
        return refused(TransferRefusal::NotAccepted);
    }
    if amount.currency() != due.currency() {
        return refused(TransferRefusal::CurrencyDiffers);
    }
    if amount != due {
        return refused(TransferRefusal::AmountDiffers);
    }
    let mut decision = record(state, vec![Event::Paid { transfer, at }]);
    let google = Account::PayableToGoogle(acceptance.reconciled.notice.piaid.clone());
    decision.entries = LedgerEntry::pair(google, Account::Suspense, due, "statement paid");
    decision.reply = Reply::TransferTaken;
    decision
}

/// The exact reversal of what [`transferred`] booked, under the name of who decided it and with their reason.
pub(super) fn taken_back(
    state: &State,
    acceptance: &Acceptance,
    (transfer, number): (TransactionId, u32),
    (by, why): (&UserName, &str),
) -> Decision<Remittance> {
    let event = Event::TransferTakenBack { transfer, number, by: by.clone(), why: why.to_owned() };
    let mut decision = record(state, vec![event]);
    let google = Account::PayableToGoogle(acceptance.reconciled.notice.piaid.clone());
    let reason = (why.to_owned().into(), Some(by.clone()));
    decision.entries = LedgerEntry::pair_by(Account::Suspense, google, acceptance.due(), reason);
    decision.reply = Reply::TransferLetGo;
    decision
}

/// What accepting a statement comes to. Acceptance books what this says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// What has to be transferred; `None` with another exchange rate: Google answers with it (API section 6.6).
    pub due: Option<Money>,
    /// Fees that become income, in micros of the statement's currency; 0 where they are not in the total.
    pub fees_micros: i128,
    /// The part of the fees that becomes VAT, in micros.
    pub vat_micros: i128,
    /// What stands in suspense afterwards, by finding: stated above ours, in micros.
    pub differences: Vec<(FindingKind, i128)>,
}

impl Reconciled {
    /// What accepting it with this modification comes to.
    pub fn preview(&self, modification: &Modification) -> Preview {
        let total = self.notice.total;
        let (mut fees_micros, mut vat_micros) = (0, 0);
        if adds_up(&self.notice, &self.fetched) == Ok(FeeConvention::Deducted) {
            let ratio = i128::from(modification.vat_to_fee_millionths.unwrap_or(0));
            vat_micros = share(self.fetched.fee, ratio, total.currency().minor_unit_micros()).unwrap_or(0);
            fees_micros = self.fetched.fee - vat_micros;
        }
        let differing = self.tally.kinds.iter().filter(|(kind, _)| **kind != FindingKind::Matched);
        Preview {
            due: modification.exchange_rate.is_none().then_some(total),
            fees_micros,
            vat_micros,
            differences: differing.map(|(kind, sum)| (*kind, sum.stated - sum.ours)).collect(),
        }
    }

    /// Why an approval is not that of a second person, beside one of those that there are; `None`: it is.
    pub fn not_second(&self, approval: &Approval) -> Option<Rejection> {
        let mut refused = None;
        for earlier in &self.approvals {
            // What somebody else's approval lacks says more than that one's own is there already.
            match approval.same_hands(earlier)? {
                Rejection::SamePerson if refused.is_some() => {}
                why => refused = Some(why),
            }
        }
        refused
    }

    /// Why a finding is accepted: the last approval's word on the finding as a whole.
    pub fn reason(&self, kind: FindingKind) -> Option<&str> {
        let given = self.approvals.iter().rev().find_map(|approval| approval.reasons.get(kind.as_str()));
        given.map(String::as_str)
    }
}
