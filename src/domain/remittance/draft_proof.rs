//! Reasons are written down over several visits: a table of every state, and what acceptance sees of them.

use std::collections::BTreeMap;

use super::planted::{approval, approve, at, inr};
use super::proof::{disputed, matched, table};
use super::*;
use crate::domain::UserName;

fn draft(by: &str, (about, kind): (&str, FindingKind), text: Option<&str>) -> Input {
    Input::Draft { about: about.to_owned(), kind, by: UserName::parse(by).unwrap(), text: text.map(str::to_owned) }
}

fn drafts(state: &State) -> Vec<(&str, &str, &str)> {
    let done = state.reconciled().unwrap();
    done.drafts.iter().map(|(about, draft)| (about.as_str(), draft.by.as_str(), draft.text.as_str())).collect()
}

#[test]
fn con_4_a_reason_is_written_down_while_a_statement_waits_for_its_acceptance() {
    const EARLY: &str = "!NotReconciled";
    const OVER: &str = "!Decided";
    let unknown = ("unknown", FindingKind::Unknown);
    let outcomes = ["!Unknown", EARLY, EARLY, EARLY, "!NothingToExplain", "Disputed", OVER, OVER, OVER, "!Replaced"];
    table("a reason", &draft("ann", unknown, Some("asked Google")), outcomes);
    let outcomes = ["!Unknown", EARLY, EARLY, EARLY, "=", "=", OVER, OVER, OVER, "!Replaced"];
    table("a reason that is not there, taken back", &draft("ann", unknown, None), outcomes);
    let outcomes = ["!Unknown", EARLY, EARLY, EARLY, "!Nothing", "!Nothing", OVER, OVER, OVER, "!Replaced"];
    table("what matches needs none", &draft("ann", ("matched", FindingKind::Matched), Some("so")), outcomes);
}

#[test]
fn con_4_reasons_are_replaced_taken_back_and_kept_when_it_is_judged_again() {
    let mut history = disputed();
    let unknown = ("unknown", FindingKind::Unknown);
    history.tell(&draft("ann", unknown, Some("asked Google"))).unwrap();
    history.tell(&draft("bob", ("b", FindingKind::AmountDiffers), Some("typed wrong"))).unwrap();
    assert_eq!(drafts(&history.state), [("b", "bob", "typed wrong"), ("unknown", "ann", "asked Google")]);
    let written = history.journal.len();
    history.tell(&draft("ann", unknown, Some("asked Google"))).unwrap();
    assert_eq!(history.journal.len(), written, "the same again is nothing new");
    history.tell(&draft("bob", unknown, Some("Google confirms"))).unwrap();
    history.tell(&draft("ann", ("b", FindingKind::AmountDiffers), None)).unwrap();
    assert_eq!(drafts(&history.state), [("unknown", "bob", "Google confirms")]);
    let last = history.journal.last().unwrap();
    assert!(matches!(last, Event::Drafted { by, text: None, .. } if by.as_str() == "ann"), "{last:?}");
    history.tell(&Input::ReconcileAgain).unwrap();
    history.judge();
    assert_eq!(drafts(&history.state), [("unknown", "bob", "Google confirms")]);
    assert_eq!(history.state.reconciled().unwrap().drafts["unknown"].at, at(2_000));
}

#[test]
fn con_4_reasons_accept_nothing_by_themselves() {
    let mut history = disputed();
    for kind in [FindingKind::Duplicate, FindingKind::Unknown, FindingKind::AmountDiffers] {
        history.tell(&draft("ann", (kind.as_str(), kind), Some("asked Google"))).unwrap();
    }
    let refused = approve(&mut history, approval("ann", &[]));
    assert!(matches!(refused, Err(Rejection::Unexplained(_))), "the person says which reasons are hers: {refused:?}");
    assert!(history.entries.is_empty());
}

#[test]
fn con_4_single_differences_have_reasons_up_to_a_number() {
    let mut history = disputed();
    for number in 0..MOST_DRAFTS {
        history.tell(&draft("ann", (&format!("event {number}"), FindingKind::Unknown), Some("so"))).unwrap();
    }
    let more = draft("ann", ("one more", FindingKind::Unknown), Some("so"));
    assert_eq!(history.tell(&more), Err(Rejection::TooManyDrafts));
    history.tell(&draft("ann", ("event 0", FindingKind::Unknown), Some("because"))).unwrap();
    history.tell(&draft("ann", ("event 1", FindingKind::Unknown), None)).unwrap();
    history.tell(&more).unwrap();
}

#[test]
fn con_4_a_preview_is_what_acceptance_books() {
    let ratio = |ratio| Modification { vat_to_fee_millionths: Some(ratio), exchange_rate: None };
    for (modification, fees, vat) in [
        (Modification::default(), 6_000_000, 0),
        (ratio(150_000), 5_100_000, 900_000),
        (ratio(1_000_000), 0, 6_000_000),
    ] {
        let mut history = matched();
        let done = history.state.reconciled().unwrap();
        let preview = done.preview(&modification);
        assert_eq!((preview.due, preview.differences.as_slice()), (Some(inr(294_000_000)), [].as_slice()));
        assert_eq!((preview.fees_micros, preview.vat_micros), (fees, vat));
        let piaid = done.notice.piaid.clone();
        approve(&mut history, Approval { modification, ..approval("ann", &[]) }).unwrap();
        let booked = |account| -history.booked(&account, "INR");
        assert_eq!(booked(crate::domain::Account::FeeIncome(piaid.clone())), fees);
        assert_eq!(booked(crate::domain::Account::Vat(piaid)), vat);
    }
    let rate = Modification { vat_to_fee_millionths: None, exchange_rate: Some("{}".to_owned()) };
    assert_eq!(matched().state.reconciled().unwrap().preview(&rate).due, None, "Google says");
    let differing = disputed();
    let preview = differing.state.reconciled().unwrap().preview(&Modification::default());
    let expected = [
        (FindingKind::Duplicate, 5_000_000),
        (FindingKind::Unknown, 5_000_000),
        (FindingKind::AmountDiffers, 10_000_000),
    ];
    assert_eq!(preview.differences, expected);
}

#[test]
fn con_4_what_lacks_a_reason_is_told_beforehand() {
    let history = disputed();
    let done = history.state.reconciled().unwrap();
    let all = [FindingKind::Duplicate, FindingKind::Unknown, FindingKind::AmountDiffers];
    assert_eq!(done.unexplained(&BTreeMap::new(), &BTreeMap::new()), all);
    let reasons = BTreeMap::from([("unknown".to_owned(), "so".to_owned())]);
    let covered = BTreeMap::from([(FindingKind::Duplicate, 1), (FindingKind::AmountDiffers, 0)]);
    assert_eq!(done.unexplained(&reasons, &covered), [FindingKind::AmountDiffers]);
    let rules = Rules { two_persons_above_micros: Some(5), ..Rules::default() };
    for (micros, two) in [(5, false), (6, true), (-6, true), (i64::MIN, true)] {
        assert_eq!(rules.two_persons(inr(micros)), two, "{micros}");
    }
    assert!(!Rules::default().two_persons(inr(i64::MAX)));
}
