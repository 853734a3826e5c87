//! Replays events. Total: an event that does not fit its state leaves it unchanged, for `decide` never makes one.

use std::collections::BTreeMap;

use super::decision::Draft;
use super::state::{Acceptance, Event, Fetched, Reconciled, State, Tally};

pub(super) fn apply(state: State, event: &Event) -> State {
    match (event, state) {
        (Event::Notified(notice), State::Unheard) => State::Notified(notice.clone()),
        (Event::FetchBegun, State::Notified(notice)) => State::Fetching { notice, fetched: Fetched::default() },
        (Event::PageFetched { fetched, .. }, State::Fetching { notice, .. }) => {
            State::Fetching { notice, fetched: fetched.clone() }
        }
        (Event::ReconciliationBegun { round }, State::Fetching { notice, fetched }) => {
            let (tally, drafts) = (Tally::default(), BTreeMap::new());
            State::Reconciling { notice, fetched, tally, round: *round, drafts }
        }
        (Event::ReconciliationBegun { round }, State::Matched(done) | State::Disputed(done)) => {
            // Approvals are of what was seen; the reasons that were written down are kept.
            let Reconciled { notice, fetched, drafts, .. } = done;
            State::Reconciling { notice, fetched, tally: Tally::default(), round: *round, drafts }
        }
        (Event::EventsJudged { tally }, State::Reconciling { notice, fetched, round, drafts, .. }) => {
            State::Reconciling { notice, fetched, tally: tally.clone(), round, drafts }
        }
        (Event::Reconciled { missing, matched }, State::Reconciling { notice, fetched, mut tally, round, drafts }) => {
            tally.missing.clone_from(missing);
            let done = Reconciled { notice, fetched, tally, round, approvals: Vec::new(), drafts };
            if *matched { State::Matched(done) } else { State::Disputed(done) }
        }
        (Event::Drafted { about, by, at, text }, State::Matched(mut done)) => {
            note(&mut done, about, text.as_ref().map(|text| Draft { by: by.clone(), at: *at, text: text.clone() }));
            State::Matched(done)
        }
        (Event::Drafted { about, by, at, text }, State::Disputed(mut done)) => {
            note(&mut done, about, text.as_ref().map(|text| Draft { by: by.clone(), at: *at, text: text.clone() }));
            State::Disputed(done)
        }
        (Event::Approved(approval), State::Matched(mut done)) => {
            done.approvals.push(approval.clone());
            State::Matched(done)
        }
        (Event::Approved(approval), State::Disputed(mut done)) => {
            done.approvals.push(approval.clone());
            State::Disputed(done)
        }
        (Event::Accepted { modification }, State::Matched(done) | State::Disputed(done)) => {
            let as_it_is = modification.is_none();
            let acceptance = Acceptance {
                reconciled: done,
                modification: modification.clone(),
                told: false,
                modified_total: None,
                taken_back: BTreeMap::new(),
            };
            if as_it_is { State::Accepted(acceptance) } else { State::AcceptedWithModifications(acceptance) }
        }
        (Event::AcceptanceTold { modified_total }, State::Accepted(acceptance)) => {
            State::Accepted(Acceptance { told: true, modified_total: *modified_total, ..acceptance })
        }
        (Event::AcceptanceTold { modified_total }, State::AcceptedWithModifications(acceptance)) => {
            State::AcceptedWithModifications(Acceptance { told: true, modified_total: *modified_total, ..acceptance })
        }
        (Event::AcceptanceTold { modified_total }, State::Paid { acceptance, transfer, at }) => State::Paid {
            acceptance: Acceptance { told: true, modified_total: *modified_total, ..acceptance },
            transfer,
            at,
        },
        (Event::Paid { transfer, at }, State::Accepted(acceptance) | State::AcceptedWithModifications(acceptance)) => {
            State::Paid { acceptance, transfer: *transfer, at: *at }
        }
        (Event::TransferTakenBack { transfer, number, .. }, State::Paid { mut acceptance, .. }) => {
            acceptance.taken_back.insert(*transfer, *number);
            let as_it_is = acceptance.modification.is_none();
            if as_it_is { State::Accepted(acceptance) } else { State::AcceptedWithModifications(acceptance) }
        }
        (
            Event::Replaced { by },
            State::Notified(notice) | State::Fetching { notice, .. } | State::Reconciling { notice, .. },
        ) => State::Replaced { notice, by: by.clone(), done: None },
        (Event::Replaced { by }, State::Matched(done) | State::Disputed(done)) => {
            State::Replaced { notice: done.notice.clone(), by: by.clone(), done: Some(Box::new(done)) }
        }
        (
            Event::Notified(_)
            | Event::FetchBegun
            | Event::PageFetched { .. }
            | Event::ReconciliationBegun { .. }
            | Event::EventsJudged { .. }
            | Event::Reconciled { .. }
            | Event::Drafted { .. }
            | Event::Approved(_)
            | Event::Accepted { .. }
            | Event::AcceptanceTold { .. }
            | Event::Paid { .. }
            | Event::TransferTakenBack { .. }
            | Event::Replaced { .. },
            state,
        ) => state,
    }
}

fn note(done: &mut Reconciled, about: &str, draft: Option<Draft>) {
    match draft {
        Some(draft) => done.drafts.insert(about.to_owned(), draft),
        None => done.drafts.remove(about),
    };
}
