//! The whole machine in one `match (state, input)`. Every pair is listed; each arm cites its rule.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Remittance;
use super::accept::{approve, taken_back, transferred};
use super::answer::{Rejection, Reply, TransferRefusal};
use super::apply::apply;
use super::decision::{Approval, Modification, Rules, draft};
use super::finding::FindingKind;
use super::state::{
    Effect, Event, FeeConvention, Fetched, Input, Judged, MissingAge, MissingSum, Notice, Page, Reconciled, State,
    Tally,
};
use crate::domain::{Decision, Hands, Record, RemittableKind, Timestamp};

pub(super) type Verdicts = Result<Decision<Remittance>, Rejection>;

pub(super) fn decide(state: &State, input: &Input, now: Timestamp) -> Verdicts {
    match (state, input) {
        // API 5.5: the notification only says that it exists; what it replaces is cleared away before it is looked at.
        (State::Unheard, Input::Notify(notice)) => {
            let notice = Arc::new((**notice).clone());
            let mut decision = record(state, vec![Event::Notified(notice.clone())]);
            decision.effects.push(Effect::ReplaceEarlier { notice });
            decision.reply = Reply::Noted;
            Ok(decision)
        }
        (
            State::Notified(_)
            | State::Fetching { .. }
            | State::Reconciling { .. }
            | State::Matched(_)
            | State::Disputed(_)
            | State::Accepted(_)
            | State::AcceptedWithModifications(_)
            | State::Paid { .. }
            | State::Replaced { .. },
            Input::Notify(_),
        ) => Err(Rejection::AlreadyNotified),
        (
            State::Unheard,
            Input::EarlierReplaced
            | Input::Page(_)
            | Input::PageRefused { .. }
            | Input::Judged(_)
            | Input::MissingCounted { .. }
            | Input::ReconcileAgain
            | Input::Approve { .. }
            | Input::Draft { .. }
            | Input::AcceptanceAcknowledged { .. }
            | Input::Transferred { .. }
            | Input::TransferTakenBack { .. }
            | Input::Replace { .. }
            | Input::DeadlineReached,
        ) => Err(Rejection::Unknown),

        (State::Notified(notice), Input::EarlierReplaced) => {
            let mut decision = record(state, vec![Event::FetchBegun]);
            decision.effects.push(fetch(notice, None));
            Ok(decision)
        }
        // API 6.7: page after page, until there is no next offset (checklist REM-2).
        (State::Fetching { notice, fetched }, Input::Page(page)) if page.offset == fetched.next_offset => {
            Ok(page_fetched(state, notice, fetched, page))
        }
        // What was fetched is judged all the same; it will not add up.
        (State::Fetching { notice, fetched }, Input::PageRefused { offset, problem })
            if *offset == fetched.next_offset =>
        {
            // Where all are there already, a next offset that leads nowhere is no harm.
            let whole = fetched.total_events.or(notice.total_events) == Some(fetched.lines);
            let problem = if whole { None } else { Some(*problem) };
            let fetched = Fetched { next_offset: None, problem, ..fetched.clone() };
            let event = Event::PageFetched { events: 0, fetched: fetched.clone() };
            let mut decision = begin_round(&apply(state.clone(), &event), notice, (&fetched, 1));
            decision.events.insert(0, event);
            Ok(decision)
        }
        (State::Reconciling { notice, fetched, tally, round, .. }, Input::Judged(judged))
            if judged.round == *round && judged.after == tally.lines =>
        {
            Ok(events_judged(state, notice, (fetched, tally), judged))
        }
        (
            State::Reconciling { notice, fetched, tally, round, .. },
            Input::MissingCounted { round: of, missing, rules },
        ) if of == round && tally.lines == fetched.lines => {
            Ok(reconciled(state, (notice, fetched, tally, *round), (missing, rules), now))
        }
        (State::Matched(done) | State::Disputed(done), Input::ReconcileAgain) => {
            Ok(begin_round(state, &done.notice, (&done.fetched, done.round.saturating_add(1))))
        }
        // Judged on the way there and back, or carried out twice: the first one counted.
        (
            State::Notified(_)
            | State::Fetching { .. }
            | State::Reconciling { .. }
            | State::Matched(_)
            | State::Disputed(_)
            | State::Accepted(_)
            | State::AcceptedWithModifications(_)
            | State::Paid { .. }
            | State::Replaced { .. },
            Input::Page(_)
            | Input::PageRefused { .. }
            | Input::Judged(_)
            | Input::MissingCounted { .. }
            | Input::DeadlineReached,
        )
        | (
            State::Fetching { .. }
            | State::Reconciling { .. }
            | State::Matched(_)
            | State::Disputed(_)
            | State::Accepted(_)
            | State::AcceptedWithModifications(_)
            | State::Paid { .. }
            | State::Replaced { .. },
            Input::EarlierReplaced,
        )
        | (
            State::Notified(_)
            | State::Fetching { .. }
            | State::Reconciling { .. }
            | State::Accepted(_)
            | State::AcceptedWithModifications(_)
            | State::Paid { .. }
            | State::Replaced { .. },
            Input::ReconcileAgain,
        )
        // A revised statement takes the place of one that nobody has accepted; what is accepted stays.
        | (
            State::Accepted(_) | State::AcceptedWithModifications(_) | State::Paid { .. } | State::Replaced { .. },
            Input::Replace { .. },
        )
        | (
            State::Notified(_)
            | State::Fetching { .. }
            | State::Reconciling { .. }
            | State::Matched(_)
            | State::Disputed(_)
            | State::Replaced { .. },
            Input::AcceptanceAcknowledged { .. },
        ) => Ok(stands(state)),

        // flows-security 5.5: acceptance is a decision about money.
        (
            State::Notified(_) | State::Fetching { .. } | State::Reconciling { .. },
            Input::Approve { .. } | Input::Draft { .. },
        ) => Err(Rejection::NotReconciled),
        // Decisions are collected over several visits; what is accepted needs no more of them.
        (State::Matched(done) | State::Disputed(done), Input::Draft { about, kind, by, text }) => {
            draft(state, done, (about, *kind), (by, text.as_ref(), now))
        }
        (
            State::Accepted(_) | State::AcceptedWithModifications(_) | State::Paid { .. },
            Input::Draft { .. },
        ) => Err(Rejection::Decided),
        // Judged anew since the person looked.
        (State::Matched(done) | State::Disputed(done), Input::Approve { round, .. }) if *round != done.round => {
            Err(Rejection::NotReconciled)
        }
        (State::Matched(done) | State::Disputed(done), Input::Approve { approval, covered, rules, .. }) => {
            approve(state, done, (approval, covered, rules))
        }
        // Accepting twice is harmless.
        (
            State::Accepted(_) | State::AcceptedWithModifications(_) | State::Paid { .. },
            Input::Approve { .. },
        ) => Ok(stands(state)),
        (State::Replaced { .. }, Input::Approve { .. } | Input::Draft { .. }) => Err(Rejection::Replaced),
        (
            State::Accepted(acceptance)
            | State::AcceptedWithModifications(acceptance)
            | State::Paid { acceptance, .. },
            Input::AcceptanceAcknowledged { modified_total },
        ) => {
            if acceptance.told {
                return Ok(stands(state));
            }
            // API 6.6: only an exchange-rate modification is answered with another total. Otherwise it is nobody's decision.
            let modified_total = modified_total.filter(|_| acceptance.modification.exchange_rate.is_some());
            let mut decision = record(state, vec![Event::AcceptanceTold { modified_total }]);
            decision.entries = super::accept::exchange_difference(acceptance, modified_total);
            Ok(decision)
        }

        // flows-security 5.5: one transfer per statement, in full.
        (
            State::Accepted(acceptance) | State::AcceptedWithModifications(acceptance),
            Input::Transferred { transfer, number, amount, at },
        ) => {
            if acceptance.is_over(transfer, *number) {
                // An old word: nobody waits for its answer any more.
                return Ok(Decision::answer(Reply::TransferRefused(TransferRefusal::AlreadyPaid)));
            }
            Ok(transferred(state, acceptance, (*transfer, *amount, *at)))
        }
        // What a person has matched by mistake is booked back, exactly; the statement waits for its transfer again.
        (
            State::Paid { acceptance, transfer: known, .. },
            Input::TransferTakenBack { transfer, number, by, why },
        ) if known == transfer && !acceptance.is_over(transfer, *number) => {
            Ok(taken_back(state, acceptance, (*transfer, *number), (by, why)))
        }
        // Carried out twice: it has let go.
        (
            State::Notified(_)
            | State::Fetching { .. }
            | State::Reconciling { .. }
            | State::Matched(_)
            | State::Disputed(_)
            | State::Accepted(_)
            | State::AcceptedWithModifications(_)
            | State::Paid { .. }
            | State::Replaced { .. },
            Input::TransferTakenBack { .. },
        ) => Ok(Decision::answer(Reply::TransferLetGo)),
        (State::Paid { transfer: known, .. }, Input::Transferred { transfer, .. }) => {
            let reply = if known == transfer {
                Reply::TransferTaken
            } else {
                Reply::TransferRefused(TransferRefusal::AlreadyPaid)
            };
            Ok(Decision::answer(reply))
        }
        (State::Replaced { .. }, Input::Transferred { .. }) => {
            Ok(Decision::answer(Reply::TransferRefused(TransferRefusal::Replaced)))
        }
        (
            State::Notified(_)
            | State::Fetching { .. }
            | State::Reconciling { .. }
            | State::Matched(_)
            | State::Disputed(_),
            Input::Transferred { .. },
        ) => Ok(Decision::answer(Reply::TransferRefused(TransferRefusal::NotAccepted))),

        (
            State::Notified(notice)
            | State::Fetching { notice, .. }
            | State::Reconciling { notice, .. }
            | State::Matched(Reconciled { notice, .. })
            | State::Disputed(Reconciled { notice, .. }),
            Input::Replace { by },
        ) => {
            let mut decision = record(state, vec![Event::Replaced { by: by.clone() }]);
            decision.records.push(Record::Released { statement: notice.id, piaid: notice.piaid.clone() });
            Ok(decision)
        }
    }
}

/// Nothing changes; the asker sees how it stands.
pub(super) fn stands(state: &State) -> Decision<Remittance> {
    Decision::answer(standing(state))
}

pub(super) fn standing(state: &State) -> Reply {
    let second_person = match state {
        State::Matched(done) | State::Disputed(done) => !done.approvals.is_empty(),
        State::Unheard
        | State::Notified(_)
        | State::Fetching { .. }
        | State::Reconciling { .. }
        | State::Accepted(_)
        | State::AcceptedWithModifications(_)
        | State::Paid { .. }
        | State::Replaced { .. } => false,
    };
    Reply::Standing { state: state.name(), second_person }
}

/// Records `events` and answers with the standing they lead to.
pub(super) fn record(state: &State, events: Vec<Event>) -> Decision<Remittance> {
    let after = events.iter().fold(state.clone(), apply);
    Decision { events, ..Decision::answer(standing(&after)) }
}

fn fetch(notice: &Notice, offset: Option<u64>) -> Effect {
    Effect::FetchPage { id: notice.id, piaid: notice.piaid.clone(), statement_id: notice.statement_id.clone(), offset }
}

fn page_fetched(state: &State, notice: &Arc<Notice>, before: &Fetched, page: &Page) -> Decision<Remittance> {
    let mut fetched = before.clone();
    let first = fetched.lines + 1;
    for event in &page.events {
        fetched.lines += 1;
        fetched.captures += u64::from(event.kind == RemittableKind::Capture);
        if let Some((amount, fee)) = event.counted(notice.total.currency()) {
            fetched.amount += i128::from(amount);
            fetched.fee += i128::from(fee);
        }
    }
    fetched.total_events = page.total_events.or(fetched.total_events);
    // More than there are: pages repeat, and might do so for ever.
    let expected = fetched.total_events.or(notice.total_events);
    fetched.next_offset = page.next_offset.filter(|_| expected.is_none_or(|total| fetched.lines <= total));
    let event = Event::PageFetched { events: page.events.len() as u64, fetched: fetched.clone() };
    let mut decision = if let Some(offset) = fetched.next_offset {
        let mut decision = record(state, vec![event]);
        decision.effects.push(fetch(notice, Some(offset)));
        decision
    } else {
        let after = apply(state.clone(), &event);
        let mut decision = begin_round(&after, notice, (&fetched, 1));
        decision.events.insert(0, event);
        decision
    };
    decision.records.insert(0, Record::StatementLines { statement: notice.id, first, events: page.events.clone() });
    decision
}

fn begin_round(state: &State, notice: &Arc<Notice>, (fetched, round): (&Fetched, u32)) -> Decision<Remittance> {
    let mut decision = record(state, vec![Event::ReconciliationBegun { round }]);
    if round > 1 {
        decision.records.push(Record::Released { statement: notice.id, piaid: notice.piaid.clone() });
        decision.records.push(Record::FindingsCleared { statement: notice.id });
    }
    decision.effects.push(if fetched.lines == 0 {
        Effect::CountMissing { notice: notice.clone(), round }
    } else {
        Effect::Judge { id: notice.id, piaid: notice.piaid.clone(), round, after: 0 }
    });
    decision
}

fn events_judged(
    state: &State,
    notice: &Arc<Notice>,
    (fetched, before): (&Fetched, &Tally),
    judged: &Judged,
) -> Decision<Remittance> {
    let mut tally = before.clone();
    tally.lines += judged.lines;
    for (kind, sum) in &judged.kinds {
        let known = tally.kinds.entry(*kind).or_default();
        known.count += sum.count;
        known.stated += sum.stated;
        known.ours += sum.ours;
    }
    let lines = tally.lines;
    let mut decision = record(state, vec![Event::EventsJudged { tally }]);
    let statement = notice.id;
    decision.records.push(Record::Findings { statement, findings: judged.findings.clone() });
    let piaid = notice.piaid.clone();
    decision.records.push(Record::Stated { statement, piaid: piaid.clone(), request_ids: judged.stated.clone() });
    let round = judged.round;
    decision.effects.push(if lines < fetched.lines && judged.lines > 0 {
        Effect::Judge { id: statement, piaid, round, after: lines }
    } else {
        Effect::CountMissing { notice: notice.clone(), round }
    });
    decision
}

fn reconciled(
    state: &State,
    (notice, fetched, tally, round): (&Arc<Notice>, &Fetched, &Tally, u32),
    (missing, rules): (&BTreeMap<MissingAge, MissingSum>, &Rules),
    now: Timestamp,
) -> Decision<Remittance> {
    let all_match = tally.kinds.iter().all(|(kind, sum)| *kind == FindingKind::Matched || sum.count == 0);
    let convention = adds_up(notice, fetched);
    let matched = all_match && convention.is_ok();
    // A total from which the stated fees are not deducted may be meant so, or be wrong by them: a person knows.
    let plain = fetched.fee == 0 || convention == Ok(FeeConvention::Deducted) || !rules.fees_judged;
    let event = Event::Reconciled { missing: missing.clone(), matched };
    let after = apply(state.clone(), &event);
    let two_persons = rules.two_persons(notice.total);
    debug_assert_eq!(round, state.round());
    if let (State::Matched(done), true, false) = (&after, rules.auto_accept && plain, two_persons) {
        // Only where everything matched, and only by the account's own setting.
        let approval = Approval {
            by: None,
            held_by: Hands::none(),
            at: now,
            reasons: BTreeMap::new(),
            modification: Modification::default(),
        };
        let mut decision = super::accept::accepted(&after, done, &approval);
        decision.events.insert(0, event);
        return decision;
    }
    record(state, vec![event])
}

/// Whether the events are as many as the statement says and add up to its total, and by which convention.
pub(super) fn adds_up(notice: &Notice, fetched: &Fetched) -> Result<FeeConvention, &'static str> {
    if let Some(problem) = fetched.problem {
        return Err(problem.as_str());
    }
    if [fetched.total_events, notice.total_events].into_iter().flatten().any(|total| total != fetched.lines) {
        return Err("the statement has not as many events as it says");
    }
    // Where fees are stated at all, they are those that the statement adds up.
    let fees = notice.total_fees.map(|fees| i128::from(fees.micros()));
    if fetched.fee != 0 && fees.is_some_and(|fees| fees != fetched.fee) {
        return Err("the fees of the statement's events do not add up to its total of fees");
    }
    let most = i128::from(i64::MAX);
    if fetched.amount.abs() > most || fetched.fee.abs() > most {
        return Err("the statement's events add up to more than 64 bits of micros");
    }
    let total = i128::from(notice.total.micros());
    if fetched.amount - fetched.fee == total {
        Ok(FeeConvention::Deducted)
    } else if fetched.amount == total {
        Ok(FeeConvention::Apart)
    } else {
        Err("the statement's events do not add up to its total")
    }
}
