//! What the machine promises, for every history: tables for the named rules, properties for the rest.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::planted::{Books, History, approval, approve, at, capture, inr, money, notice, piaid, stated};
use super::*;
use crate::domain::{Account, Money, RemittableKind, RemittableStanding, RequestId, TransactionId, UserName};

fn transfer(last: &str) -> TransactionId {
    TransactionId::parse(&format!("01930d2c-7a44-8000-8000-0123456789{last}")).unwrap()
}

fn transferred(last: &str, amount: Money) -> Input {
    offered(last, 1, amount)
}

fn offered(last: &str, number: u32, amount: Money) -> Input {
    Input::Transferred { transfer: transfer(last), number, amount, at: at(9_000) }
}

fn taken_back(last: &str, number: u32) -> Input {
    let (by, why) = (UserName::parse("fiona").unwrap(), "another month's".to_owned());
    Input::TransferTakenBack { transfer: transfer(last), number, by, why }
}

fn replace() -> Input {
    Input::Replace { by: RequestId::parse("stmt-2").unwrap() }
}

fn page(offset: Option<u64>, ids: &[&str], next_offset: Option<u64>) -> Input {
    let events = ids.iter().map(|id| capture(id, 100_000_000, 2_000_000)).collect();
    Input::Page(Page { offset, events, next_offset, total_events: None })
}

/// A right statement of three captures: 300 rupees less 6.
fn books() -> Books {
    let mut books = Books::default();
    for id in ["a", "b", "c"] {
        books.captured(id, 100_000_000);
    }
    books
}

fn announced(total: i64, events: Option<u64>) -> History {
    let mut history = History::new(books());
    history.tell(&Input::Notify(Box::new(notice(inr(total), events)))).unwrap();
    history
}

fn fetching() -> History {
    let mut history = announced(294_000_000, Some(3));
    history.tell(&Input::EarlierReplaced).unwrap();
    history
}

fn reconciling() -> History {
    let mut history = fetching();
    history.tell(&page(None, &["a", "b", "c"], None)).unwrap();
    history
}

pub(super) fn matched() -> History {
    let mut history = reconciling();
    history.judge();
    assert_eq!(history.state.name(), "Matched");
    history
}

/// As matched, but for `b`: ten rupees more than in our books; `x`, which they do not have; and `x` again.
pub(super) fn disputed() -> History {
    let mut history = History::new(books());
    let ten_more = capture("b", 110_000_000, 2_000_000);
    let events =
        vec![capture("a", 100_000_000, 2_000_000), ten_more, capture("x", 5_000_000, 0), capture("x", 5_000_000, 0)];
    history.fetch(notice(inr(216_000_000), Some(4)), vec![events]);
    assert_eq!(history.state.name(), "Disputed");
    history
}

fn accepted() -> History {
    let mut history = matched();
    approve(&mut history, approval("ann", &[])).unwrap();
    history
}

fn modified(modification: Modification) -> History {
    let mut history = matched();
    approve(&mut history, Approval { modification, ..approval("ann", &[]) }).unwrap();
    history
}

fn paid() -> History {
    let mut history = accepted();
    history.tell(&transferred("01", inr(294_000_000))).unwrap();
    history
}

fn replaced() -> History {
    let mut history = disputed();
    history.tell(&replace()).unwrap();
    history
}

fn every_state() -> Vec<History> {
    let vat = Modification { vat_to_fee_millionths: Some(150_000), exchange_rate: None };
    let states = vec![
        History::new(books()),
        announced(294_000_000, Some(3)),
        fetching(),
        reconciling(),
        matched(),
        disputed(),
        accepted(),
        modified(vat),
        paid(),
        replaced(),
    ];
    let names: Vec<&str> = states.iter().map(|history| history.state.name()).collect();
    let all = [
        "Unheard",
        "Notified",
        "Fetching",
        "Reconciling",
        "Matched",
        "Disputed",
        "Accepted",
        "AcceptedWithModifications",
        "Paid",
        "Replaced",
    ];
    assert_eq!(names, all);
    states
}

/// What an input comes to in each state, in the order of [`every_state`]: the next state, or a word in the rejection.
pub(super) fn table(desc: &str, input: &Input, outcomes: [&str; 10]) {
    for (mut history, outcome) in every_state().into_iter().zip(outcomes) {
        let before = history.state.clone();
        let told = history.tell(input);
        match (&told, outcome.strip_prefix('!')) {
            (Ok(_), None) if outcome == "=" => assert_eq!(history.state, before, "{desc}, {}", before.name()),
            (Ok(_), None) => assert_eq!(history.state.name(), outcome, "{desc}, {}", before.name()),
            (Err(rejection), Some(word)) => {
                assert!(format!("{rejection:?}").starts_with(word), "{desc}, {}: {rejection:?}", before.name());
                assert_eq!(history.state, before);
            }
            (Ok(_), Some(_)) | (Err(_), None) => panic!("{desc}, {}: {told:?}, expected {outcome}", before.name()),
        }
    }
}

#[test]
fn rem_1_every_input_in_every_state() {
    const ALREADY: &str = "!AlreadyNotified";
    const UNKNOWN: &str = "!Unknown";
    let same = |first: &'static str| {
        let mut outcomes = ["="; 10];
        outcomes[0] = first;
        outcomes
    };
    let with = |changes: &[(usize, &'static str)]| {
        let mut outcomes = same(UNKNOWN);
        for (at, outcome) in changes {
            outcomes[*at] = outcome;
        }
        outcomes
    };
    let mut again = [ALREADY; 10];
    again[0] = "Notified";
    table("a notification", &Input::Notify(Box::new(notice(inr(1), None))), again);
    table("cleared away", &Input::EarlierReplaced, with(&[(1, "Fetching")]));
    table("the only page", &page(None, &["a"], None), with(&[(2, "Reconciling")]));
    table("a page that is not the next", &page(Some(7), &["a"], None), same(UNKNOWN));
    let judged = |round, after| Input::Judged(Judged { round, after, lines: 3, ..Judged::default() });
    table("the next judgements", &judged(1, 0), with(&[(3, "Reconciling")]));
    table("judgements of lines that were judged", &judged(1, 3), same(UNKNOWN));
    table("judgements of another round", &judged(2, 0), same(UNKNOWN));
    let missing = Input::MissingCounted { round: 1, missing: BTreeMap::new(), rules: Rules::default() };
    table("counted before all is judged, or after", &missing, same(UNKNOWN));
    table("once more", &Input::ReconcileAgain, with(&[(4, "Reconciling"), (5, "Reconciling")]));
    let rules = Rules::default();
    let person = Input::Approve { approval: approval("ann", &[]), round: 1, covered: BTreeMap::new(), rules };
    let early = "!NotReconciled";
    let ends = [(1, early), (2, early), (3, early), (4, "Accepted"), (5, "!Unexplained"), (9, "!Replaced")];
    table("a person approves", &person, with(&ends));
    let ends = [(6, "Accepted"), (7, "AcceptedWithModifications"), (8, "Paid")];
    table("Google acknowledges", &Input::AcceptanceAcknowledged { modified_total: None }, with(&ends));
    table("the bank transfers", &transferred("02", inr(294_000_000)), with(&[(6, "Paid"), (7, "Paid")]));
    let gone = [(1, "Replaced"), (2, "Replaced"), (3, "Replaced"), (4, "Replaced"), (5, "Replaced")];
    table("a revised one", &replace(), with(&gone));
    table("a deadline", &Input::DeadlineReached, same(UNKNOWN));
}

#[test]
fn rem_2_pages_follow_the_offsets_they_name_and_stale_ones_change_nothing() {
    // Where counting begins is UNCONFIRMED: both are followed.
    for (first, second) in [(1, 2), (2, 3), (1_000, 1_001)] {
        let mut history = fetching();
        let asked = |history: &History| match history.effects.last() {
            Some(Effect::FetchPage { offset, .. }) => *offset,
            other => panic!("{other:?}"),
        };
        assert_eq!(asked(&history), None, "the first page is asked for without an offset");
        history.tell(&page(None, &["a"], Some(first))).unwrap();
        assert_eq!(asked(&history), Some(first));
        let (state, effects) = (history.state.clone(), history.effects.len());
        for stale in [page(None, &["a"], Some(first)), page(Some(second), &["c"], None)] {
            history.tell(&stale).unwrap();
            assert_eq!((&history.state, history.effects.len()), (&state, effects), "fetched twice, or out of order");
        }
        history.tell(&page(Some(first), &["b"], Some(second))).unwrap();
        history.tell(&page(Some(second), &["c"], None)).unwrap();
        history.judge();
        assert_eq!((history.state.name(), history.books.lines.len()), ("Matched", 3));
    }
}

#[test]
fn rem_2_pages_that_repeat_come_to_an_end() {
    let mut history = announced(294_000_000, Some(3));
    history.tell(&Input::EarlierReplaced).unwrap();
    let mut offset = None;
    for turn in 1..100 {
        if history.state.name() != "Fetching" {
            break;
        }
        history.tell(&page(offset, &["a", "b"], Some(turn))).unwrap();
        offset = Some(turn);
    }
    history.judge();
    assert_eq!(history.books.lines.len(), 4, "no further than to the first page too many");
    assert_eq!(history.found(), [(3, FindingKind::Duplicate), (4, FindingKind::Duplicate)]);
    let refused = approve(&mut history, approval("ann", &[("duplicate", "a page came twice")]));
    assert!(matches!(refused, Err(Rejection::DoesNotAddUp(_))), "{refused:?}");
}

#[test]
fn totals_add_up_by_either_convention_or_not_at_all() {
    let fetched = Fetched { lines: 2, amount: 200, fee: 6, ..Fetched::default() };
    let add = |total, notified, stated| {
        let fetched = Fetched { total_events: stated, ..fetched.clone() };
        decide::adds_up(&notice(inr(total), notified), &fetched).ok()
    };
    assert_eq!(add(194, Some(2), None), Some(FeeConvention::Deducted));
    assert_eq!(add(200, None, Some(2)), Some(FeeConvention::Apart));
    assert_eq!(add(200, None, None), Some(FeeConvention::Apart));
    assert_eq!(add(206, Some(2), None), None, "fees are never added");
    assert_eq!(add(194, Some(3), None), None, "an event is not there");
    assert_eq!(add(194, Some(2), Some(1)), None, "the details say otherwise");
}

#[test]
fn rem_5_zero_and_negative_totals_are_reconciled_accepted_and_paid() {
    for (id, total) in [("zero", 0), ("minus", -50_000_000)] {
        let mut books = Books::default();
        books.captured("c", 100_000_000);
        books.add(RemittableKind::Refund, "r", inr(100_000_000 - total), RemittableStanding::Done);
        let mut history = History::new(books);
        let refund = stated(RemittableKind::Refund, "r", total - 100_000_000, 0);
        history.fetch(notice(inr(total), Some(2)), vec![vec![capture("c", 100_000_000, 0), refund]]);
        assert_eq!(history.state.name(), "Matched", "{id}");
        history.rules.two_persons_above_micros = Some(40_000_000);
        approve(&mut history, approval("ann", &[])).unwrap();
        assert_eq!(history.state.name(), if total == 0 { "Accepted" } else { "Matched" }, "{id}: either sign counts");
        approve(&mut history, approval("bob", &[])).unwrap();
        let wrong = history.tell(&transferred("03", inr(-total + 1)));
        assert_eq!(wrong, Ok(Reply::TransferRefused(TransferRefusal::AmountDiffers)));
        assert_eq!(history.tell(&transferred("03", inr(total))), Ok(Reply::TransferTaken), "{id}");
    }
    let mut empty = History::new(Books::default());
    empty.fetch(notice(inr(0), Some(0)), vec![Vec::new()]);
    assert_eq!(empty.state.name(), "Matched", "a statement without events");
}

#[test]
fn a_person_explains_every_difference_by_kind_or_event_by_event() {
    let unexplained = |kinds: &[FindingKind]| Err(Rejection::Unexplained(kinds.to_vec()));
    let mut history = disputed();
    let all = [FindingKind::Duplicate, FindingKind::Unknown, FindingKind::AmountDiffers];
    assert_eq!(approve(&mut history, approval("ann", &[])), unexplained(&all));
    let some = [("unknown", "asked Google"), ("matched", "as it should be")];
    let left = [FindingKind::Duplicate, FindingKind::AmountDiffers];
    assert_eq!(approve(&mut history, approval("ann", &some)), unexplained(&left));
    let by_event = |covered: &[(FindingKind, u64)], history: &mut History| {
        let reasons = [("b", "typed wrong"), ("x", "asked Google")];
        let covered = covered.iter().copied().collect();
        history.tell(&Input::Approve {
            approval: approval("ann", &reasons),
            round: 1,
            covered,
            rules: Rules::default(),
        })
    };
    let two = [(FindingKind::Unknown, 1), (FindingKind::AmountDiffers, 1)];
    assert_eq!(by_event(&two, &mut history), unexplained(&[FindingKind::Duplicate]));
    let three = [(FindingKind::Unknown, 1), (FindingKind::AmountDiffers, 1), (FindingKind::Duplicate, 1)];
    by_event(&three, &mut history).unwrap();
    assert_eq!(history.state.name(), "Accepted");
    let booked = history.booked(&Account::Suspense, "INR");
    assert_eq!(booked, 20_000_000, "ten rupees more, and five twice");
}

#[test]
fn entries_of_a_difference_name_the_reason_and_the_person() {
    let mut history = disputed();
    let reasons = [("unknown", "asked Google"), ("duplicate", "asked Google"), ("amount_differs", "typed wrong")];
    approve(&mut history, approval("Ann", &reasons)).unwrap();
    let of_ten = |entry: &&crate::domain::LedgerEntry| entry.amount == inr(10_000_000);
    let entry = history.entries.iter().find(of_ten).expect("the ten rupees");
    assert_eq!(entry.reason, "statement difference: amount_differs: typed wrong");
    assert_eq!(entry.author.as_ref().map(UserName::as_str), Some("ann"));
    assert!(history.entries.iter().all(|entry| entry.author.is_some()));
}

#[test]
fn above_the_limit_two_persons_decide_the_same() {
    let limit = Rules { auto_accept: true, two_persons_above_micros: Some(293_999_999), ..Rules::default() };
    let mut history = reconciling();
    history.rules = limit;
    history.judge();
    assert_eq!(history.state.name(), "Matched", "not even automatically");
    let stands = |second_person| Ok(Reply::Standing { state: "Matched", second_person });
    assert_eq!(approve(&mut history, approval("ann", &[])), stands(true));
    assert!(history.entries.is_empty(), "nothing is booked yet");
    assert_eq!(approve(&mut history, approval("ANN", &[])), Err(Rejection::SamePerson));
    let vat = Modification { vat_to_fee_millionths: Some(1), exchange_rate: None };
    let other = Approval { modification: vat, ..approval("bob", &[]) };
    assert_eq!(approve(&mut history, other), Err(Rejection::ModificationDiffers));
    approve(&mut history, approval("bob", &[])).unwrap();
    assert_eq!(history.state.name(), "Accepted");
    let names: Vec<_> = history.state.reconciled().unwrap().approvals.iter().map(|one| one.by.clone()).collect();
    assert_eq!(names, [approval("ann", &[]).by, approval("bob", &[]).by]);

    // Exactly the limit is not above it, and a new reconciliation asks everybody again.
    let mut history = matched();
    history.rules.two_persons_above_micros = Some(294_000_000);
    approve(&mut history, approval("ann", &[])).unwrap();
    assert_eq!(history.state.name(), "Accepted");
    let mut history = matched();
    history.rules.two_persons_above_micros = Some(0);
    approve(&mut history, approval("ann", &[])).unwrap();
    history.tell(&Input::ReconcileAgain).unwrap();
    history.judge();
    assert!(history.state.reconciled().unwrap().approvals.is_empty());
    approve(&mut history, approval("bob", &[])).unwrap();
    assert_eq!(history.state.name(), "Matched");
}

#[test]
fn only_what_matches_whole_is_accepted_without_a_person() {
    let auto = Rules { auto_accept: true, ..Rules::default() };
    let mut history = reconciling();
    history.rules = auto;
    history.judge();
    assert_eq!(history.state.name(), "Accepted");
    assert!(history.state.reconciled().unwrap().approvals[0].by.is_none());
    assert!(matches!(history.effects.last(), Some(Effect::Accept { .. })));
    for (total, events, desc) in [(294_000_001, 3, "the total is off"), (294_000_000, 4, "an event is not there")] {
        let mut history = announced(total, Some(events));
        history.rules = auto;
        history.tell(&Input::EarlierReplaced).unwrap();
        history.tell(&page(None, &["a", "b", "c"], None)).unwrap();
        history.judge();
        assert_eq!(history.state.name(), "Disputed", "{desc}");
    }
    let mut unknown = announced(294_000_000, Some(3));
    unknown.rules = auto;
    unknown.tell(&Input::EarlierReplaced).unwrap();
    unknown.tell(&page(None, &["a", "b", "x"], None)).unwrap();
    unknown.judge();
    assert_eq!(unknown.state.name(), "Disputed", "one event is not ours");
}

#[test]
fn rem_3_accepting_twice_is_harmless_and_names_the_statement_once() {
    let mut history = accepted();
    let entries = history.entries.len();
    for by in ["ann", "bob"] {
        let stands = Reply::Standing { state: "Accepted", second_person: false };
        assert_eq!(approve(&mut history, approval(by, &[])), Ok(stands));
    }
    let calls: Vec<&RequestId> = history
        .effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Accept { statement_id, .. } => Some(statement_id),
            Effect::ReplaceEarlier { .. }
            | Effect::FetchPage { .. }
            | Effect::Judge { .. }
            | Effect::CountMissing { .. } => None,
        })
        .collect();
    assert_eq!(calls, [&notice(inr(0), None).statement_id]);
    assert_eq!(history.entries.len(), entries);
    for _ in 0..2 {
        history.tell(&Input::AcceptanceAcknowledged { modified_total: None }).unwrap();
    }
    assert_eq!(history.journal.iter().filter(|event| matches!(event, Event::AcceptanceTold { .. })).count(), 1);
}

#[test]
fn rem_4_the_vat_of_the_fees_is_booked_half_even() {
    let vat = Account::Vat(piaid());
    let income = Account::FeeIncome(piaid());
    // Fees of 6 rupees: 600 paise. A share of 1/16 is 37.5 paise, and of 3/16 is 112.5: ties go to even.
    for (ratio, expected) in
        [(0, 0), (62_500, 380_000), (187_500, 1_120_000), (150_000, 900_000), (1_000_000, 6_000_000)]
    {
        let history = modified(Modification { vat_to_fee_millionths: Some(ratio), exchange_rate: None });
        assert_eq!(history.state.name(), "AcceptedWithModifications");
        assert_eq!(history.booked(&vat, "INR"), -expected, "{ratio}");
        assert_eq!(history.booked(&income, "INR"), expected - 6_000_000, "{ratio}");
        assert_eq!(history.booked(&Account::PayableToGoogle(piaid()), "INR"), 6_000_000, "300 rupees less the fees");
    }
}

#[test]
fn a_modified_total_is_what_is_owed_and_what_is_paid() {
    let rate = Modification { vat_to_fee_millionths: None, exchange_rate: Some("{\"rate\":\"1.01\"}".to_owned()) };
    let payable = Account::PayableToGoogle(piaid());
    for modified_total in [None, Some(inr(294_000_000)), Some(inr(300_000_000)), Some(money(3_500_000, "USD"))] {
        let mut history = modified(rate.clone());
        history.tell(&Input::AcceptanceAcknowledged { modified_total }).unwrap();
        let due = modified_total.unwrap_or(inr(294_000_000));
        let wrong = money(due.micros(), if due.currency().code() == "USD" { "INR" } else { "USD" });
        let refused = Ok(Reply::TransferRefused(TransferRefusal::CurrencyDiffers));
        assert_eq!(history.tell(&transferred("04", wrong)), refused);
        assert_eq!(history.tell(&transferred("04", due)), Ok(Reply::TransferTaken));
        assert_eq!(history.booked(&payable, "INR"), 300_000_000, "{modified_total:?}: the three captures are settled");
        assert_eq!(history.booked(&payable, "USD"), 0, "{modified_total:?}");
    }
}

#[test]
fn one_transfer_of_the_right_amount_pays() {
    let refused = |why| Ok(Reply::TransferRefused(why));
    let right = || transferred("05", inr(294_000_000));
    assert_eq!(matched().tell(&right()), refused(TransferRefusal::NotAccepted));
    assert_eq!(replaced().tell(&right()), refused(TransferRefusal::Replaced));
    let mut history = accepted();
    assert_eq!(history.tell(&transferred("05", inr(293_999_999))), refused(TransferRefusal::AmountDiffers));
    assert_eq!(history.tell(&right()), Ok(Reply::TransferTaken));
    assert_eq!(history.tell(&right()), Ok(Reply::TransferTaken), "the same entry, offered twice");
    assert_eq!(history.tell(&transferred("06", inr(294_000_000))), refused(TransferRefusal::AlreadyPaid));
    assert_eq!(history.booked(&Account::Suspense, "INR"), -294_000_000, "the bank's entry stands against it");
}

#[test]
fn what_a_revised_statement_replaces_lists_nothing_any_more() {
    let mut history = disputed();
    assert_eq!(history.books.listed.len(), 2);
    history.tell(&replace()).unwrap();
    assert!(history.books.listed.is_empty());
    let mut revised = History::new(Books { findings: Vec::new(), lines: Vec::new(), ..history.books.clone() });
    let events = ["a", "b", "c"].map(|id| capture(id, 100_000_000, 2_000_000)).to_vec();
    revised.fetch(notice(inr(294_000_000), Some(3)), vec![events]);
    assert_eq!(revised.state.name(), "Matched");
    // What is accepted stays, and so does what it lists.
    let mut history = accepted();
    history.tell(&replace()).unwrap();
    assert_eq!((history.state.name(), history.books.listed.len()), ("Accepted", 3));
}

#[test]
fn a_new_reconciliation_judges_everything_anew() {
    let mut history = disputed();
    history.books.captured("x", 5_000_000);
    history.tell(&Input::ReconcileAgain).unwrap();
    assert!(history.books.findings.is_empty() && history.books.listed.is_empty());
    history.judge();
    assert_eq!(history.found(), [(2, FindingKind::AmountDiffers), (4, FindingKind::Duplicate)]);
    assert_eq!(history.state.reconciled().unwrap().round, 2);
}

/// A match that was a mistake: taken back, the books of every account are what they were before it, and the statement waits for
/// its transfer again; what the old offer says once more is not heard.
#[test]
fn con_4_a_transfer_that_is_taken_back_leaves_the_books_as_they_were() {
    let mut history = accepted();
    let due = history.state.acceptance().unwrap().due();
    let sums = |history: &History| {
        let mut sums: BTreeMap<String, i64> = BTreeMap::new();
        for entry in &history.entries {
            *sums.entry(format!("{:?} {}", entry.account, entry.amount.currency())).or_default() +=
                entry.amount.micros();
        }
        sums.retain(|_, sum| *sum != 0);
        sums
    };
    let (before, state) = (sums(&history), history.state.name());
    assert_eq!(history.tell(&taken_back("01", 1)), Ok(Reply::TransferLetGo), "nothing to take back");
    assert_eq!(history.tell(&offered("01", 1, due)), Ok(Reply::TransferTaken));
    assert_ne!(sums(&history), before);
    assert_eq!(history.tell(&taken_back("02", 1)), Ok(Reply::TransferLetGo), "another transfer has not paid it");
    assert!(matches!(history.state, State::Paid { .. }));
    for _ in 0..2 {
        assert_eq!(history.tell(&taken_back("01", 1)), Ok(Reply::TransferLetGo));
        assert_eq!((sums(&history), history.state.name()), (before.clone(), state));
    }
    let by = history.entries.last().and_then(|entry| entry.author.clone());
    assert_eq!(by.as_ref().map(UserName::as_str), Some("fiona"));
    // The offer that was taken comes once more, late.
    let late = Reply::TransferRefused(TransferRefusal::AlreadyPaid);
    assert_eq!(history.tell(&offered("01", 1, due)), Ok(late));
    assert_eq!(sums(&history), before);
    // Whoever was wrong to take it back may match it again; the old word of taking it back is not about that.
    assert_eq!(history.tell(&offered("01", 2, due)), Ok(Reply::TransferTaken));
    assert_eq!(history.tell(&taken_back("01", 1)), Ok(Reply::TransferLetGo));
    assert!(matches!(history.state, State::Paid { .. }));
    assert_eq!(history.tell(&taken_back("01", 2)), Ok(Reply::TransferLetGo));
    assert_eq!(sums(&history), before);
    assert_eq!(history.tell(&offered("02", 1, due)), Ok(Reply::TransferTaken), "another one may pay it");
}

fn any_input() -> impl Strategy<Value = Input> {
    let ids = || prop::sample::subsequence(vec!["a", "b", "c", "x", ""], 0..5);
    let offset = || prop::option::of(1..4_u64);
    let rules = || (any::<bool>(), prop::option::of(0..400_000_000_i64));
    let rules = move || {
        rules().prop_map(|(auto_accept, two)| Rules { auto_accept, two_persons_above_micros: two, ..Rules::default() })
    };
    let names = prop::sample::select(vec!["ann", "bob"]);
    let amount = || prop_oneof![Just(inr(294_000_000)), Just(inr(200_000_000)), Just(money(1, "USD"))];
    prop_oneof![
        2 => amount().prop_map(|total| Input::Notify(Box::new(notice(total, None)))),
        2 => Just(Input::EarlierReplaced),
        4 => (offset(), ids(), offset()).prop_map(|(at, ids, next)| page(at, &ids, next)),
        2 => (0..3_u32, 0..4_u64, 0..4_u64).prop_map(|(round, after, lines)| {
            Input::Judged(Judged { round, after, lines, ..Judged::default() })
        }),
        4 => (0..3_u32, rules()).prop_map(|(round, rules)| Input::MissingCounted { round, missing: BTreeMap::new(), rules }),
        1 => Just(Input::ReconcileAgain),
        4 => (names, any::<bool>(), rules(), 1..3_u32).prop_map(|(by, why, rules, round)| {
            let all: Vec<(&str, &str)> = FindingKind::ALL.iter().map(|kind| (kind.as_str(), "so")).collect();
            let approval = approval(by, if why { &all } else { &[] });
            Input::Approve { approval, round, covered: BTreeMap::new(), rules }
        }),
        2 => (prop::sample::select(FindingKind::ALL.to_vec()), prop::option::of("[a-z]{1,3}")).prop_map(|(kind, text)| {
            let by = UserName::parse("ann").unwrap();
            Input::Draft { about: kind.as_str().to_owned(), kind, by, text }
        }),
        2 => prop::option::of(amount()).prop_map(|modified_total| Input::AcceptanceAcknowledged { modified_total }),
        2 => (prop::sample::select(vec!["01", "02"]), 1..4_u32, amount())
            .prop_map(|(id, number, amount)| offered(id, number, amount)),
        2 => (prop::sample::select(vec!["01", "02"]), 1..4_u32).prop_map(|(id, number)| taken_back(id, number)),
        1 => Just(replace()),
        1 => Just(Input::DeadlineReached),
    ]
}

proptest! {
    #[test]
    fn any_history_replays_balances_and_accepts_once(
        inputs in prop::collection::vec((any_input(), any::<bool>()), 0..40),
    ) {
        let mut history = History::new(books());
        for (input, house) in inputs {
            // Rejections change nothing; `tell` holds every decision to balanced entries.
            let before = history.state.clone();
            if history.tell(&input).is_err() {
                prop_assert_eq!(&history.state, &before);
            }
            if house {
                history.judge();
            }
        }
        let replayed = history.journal.iter().fold(State::default(), Remittance::apply);
        prop_assert_eq!(&replayed, &history.state);
        let count = |wanted: fn(&Event) -> bool| history.journal.iter().filter(|event| wanted(event)).count();
        let accepted = count(|event| matches!(event, Event::Accepted { .. }));
        let paid = count(|event| matches!(event, Event::Paid { .. }));
        let back = count(|event| matches!(event, Event::TransferTakenBack { .. }));
        prop_assert!(accepted <= 1 && paid <= accepted + back && back <= paid, "{paid} {back}");
        prop_assert_eq!(matches!(history.state, State::Paid { .. }), paid > back);
        let calls = history.effects.iter().filter(|effect| matches!(effect, Effect::Accept { .. })).count();
        prop_assert_eq!(calls, accepted);
    }
}
