//! A statement's values to text and back: every variant, golden and at random.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use roundtrip::domain::remittance::{
    Acceptance, Approval, Draft, Effect, Event, Fetched, FindingKind, KindSum, MissingAge, MissingSum, Modification,
    Notice, Reconciled, Remittance, Reply, State, Tally,
};
use roundtrip::domain::{Currency, Hands, Money, Piaid, RequestId, Timestamp, TransactionId, UserName};
use roundtrip::storage::Codec;
use uuid::Uuid;

use super::fixture::{NOW, inr};

/// Rows that exist are read for ever: when one of these lines changes, stored statements can no longer be read.
const GOLDEN: &str = include_str!("golden_remittance.txt");

fn notice() -> Arc<Notice> {
    Arc::new(Notice {
        id: id(7),
        piaid: Piaid::parse("ExamplePay_INR").unwrap(),
        statement_id: RequestId::parse("stmt-2025-01").unwrap(),
        statement_date: Some(NOW),
        period_start: Some(NOW.plus_millis(-86_400_000)),
        period_end: Some(NOW.plus_millis(-1)),
        due: Some(NOW.plus_millis(864_000_000)),
        total: inr(-1_076_000_000),
        total_fees: Some(inr(100)),
        total_events: Some(15),
        memo_line: Some("stmt-1AB-pp0-invisi".to_owned()),
        received_at: NOW.plus_millis(3),
    })
}

/// Everything optional is absent.
fn bare() -> Arc<Notice> {
    let notice = Notice {
        statement_date: None,
        period_start: None,
        period_end: None,
        due: None,
        total_fees: None,
        total_events: None,
        memo_line: None,
        ..(*notice()).clone()
    };
    Arc::new(notice)
}

fn id(number: u128) -> TransactionId {
    TransactionId::from_uuid(Uuid::from_u128(number))
}

fn fetched() -> Fetched {
    Fetched {
        lines: 15,
        captures: 12,
        amount: i128::MAX,
        fee: -5,
        total_events: Some(15),
        next_offset: Some(1_000),
        problem: None,
    }
}

fn tally() -> Tally {
    let kinds = FindingKind::ALL.map(|kind| (kind, KindSum { count: 1, stated: i128::MIN, ours: 2 }));
    let missing = MissingAge::ALL.map(|age| (age, MissingSum { count: 3, ours: -4 }));
    Tally { lines: 15, kinds: BTreeMap::from(kinds), missing: BTreeMap::from(missing) }
}

fn approval(by: Option<&str>) -> Approval {
    let reasons = BTreeMap::from([("unknown".to_owned(), "asked \"Google\" ü".to_owned())]);
    let by = by.map(|name| UserName::parse(name).unwrap());
    Approval { by, held_by: Hands::none(), at: NOW, reasons, modification: modification() }
}

fn modification() -> Modification {
    Modification { vat_to_fee_millionths: Some(150_000), exchange_rate: Some("{\"rate\":\"1.01\"}".to_owned()) }
}

fn reconciled() -> Reconciled {
    let approvals = vec![approval(Some("ann")), approval(None)];
    Reconciled { notice: notice(), fetched: fetched(), tally: tally(), round: 2, approvals, drafts: BTreeMap::new() }
}

fn drafts() -> BTreeMap<String, Draft> {
    let draft = |text: &str| Draft { by: UserName::parse("ann").unwrap(), at: NOW, text: text.to_owned() };
    BTreeMap::from([("unknown".to_owned(), draft("asked \"Google\" ü")), ("event 7".to_owned(), draft("known"))])
}

fn acceptance(modification: Modification) -> Acceptance {
    let (told, modified_total, taken_back) = (true, Some(inr(5)), std::collections::BTreeMap::new());
    Acceptance { reconciled: reconciled(), modification, told, modified_total, taken_back }
}

/// The match makes a new variant fail to compile here, until it has a sample.
fn states() -> Vec<State> {
    let samples = vec![
        State::Unheard,
        State::Notified(bare()),
        State::Fetching { notice: notice(), fetched: Fetched::default() },
        State::Reconciling { notice: notice(), fetched: fetched(), tally: tally(), round: 1, drafts: BTreeMap::new() },
        State::Matched(Reconciled { approvals: Vec::new(), ..reconciled() }),
        State::Disputed(reconciled()),
        State::Accepted(acceptance(Modification::default())),
        State::AcceptedWithModifications(acceptance(modification())),
        State::Paid { acceptance: acceptance(modification()), transfer: id(8), at: NOW },
        State::Replaced { notice: notice(), by: RequestId::parse("stmt-2").unwrap(), done: None },
        State::Disputed(Reconciled { drafts: drafts(), ..reconciled() }),
        State::Reconciling { notice: bare(), fetched: fetched(), tally: tally(), round: 2, drafts: drafts() },
    ];
    for sample in &samples {
        match sample {
            State::Unheard
            | State::Notified(_)
            | State::Fetching { .. }
            | State::Reconciling { .. }
            | State::Matched(_)
            | State::Disputed(_)
            | State::Accepted(_)
            | State::AcceptedWithModifications(_)
            | State::Paid { .. }
            | State::Replaced { .. } => {}
        }
    }
    samples
}

fn events() -> Vec<Event> {
    let samples = vec![
        Event::Notified(notice()),
        Event::FetchBegun,
        Event::PageFetched { events: 1_000, fetched: fetched() },
        Event::ReconciliationBegun { round: 1 },
        Event::EventsJudged { tally: tally() },
        Event::Reconciled { missing: tally().missing, matched: true },
        Event::Approved(approval(Some("ann"))),
        Event::Accepted { modification: modification() },
        Event::AcceptanceTold { modified_total: None },
        Event::Paid { transfer: id(8), at: NOW },
        Event::TransferTakenBack {
            transfer: id(8),
            number: 1,
            by: UserName::parse("ann").unwrap(),
            why: "another month's".to_owned(),
        },
        Event::Replaced { by: RequestId::parse("stmt-2").unwrap() },
        Event::Drafted {
            about: "event 7".to_owned(),
            by: UserName::parse("ann").unwrap(),
            at: NOW,
            text: Some("known".to_owned()),
        },
    ];
    for sample in &samples {
        match sample {
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
            | Event::Replaced { .. } => {}
        }
    }
    samples
}

fn effects() -> Vec<Effect> {
    let (piaid, statement_id) = (notice().piaid.clone(), notice().statement_id.clone());
    let samples = vec![
        Effect::ReplaceEarlier { notice: notice() },
        Effect::FetchPage { id: id(7), piaid: piaid.clone(), statement_id: statement_id.clone(), offset: None },
        Effect::FetchPage { id: id(7), piaid: piaid.clone(), statement_id: statement_id.clone(), offset: Some(1_001) },
        Effect::Judge { id: id(7), piaid: piaid.clone(), round: 1, after: 5_000 },
        Effect::CountMissing { notice: notice(), round: 2 },
        Effect::Accept { id: id(7), piaid, statement_id, modification: modification() },
    ];
    for sample in &samples {
        match sample {
            Effect::ReplaceEarlier { .. }
            | Effect::FetchPage { .. }
            | Effect::Judge { .. }
            | Effect::CountMissing { .. }
            | Effect::Accept { .. } => {}
        }
    }
    samples
}

#[test]
fn storage_codec_writes_and_reads_statements_as_they_are_stored() {
    let (states, events, effects) = (states(), events(), effects());
    let written = states.iter().map(Remittance::encode_state).chain(events.iter().map(Remittance::encode_event));
    let written: Vec<String> =
        written.chain(effects.iter().map(Remittance::encode_effect)).map(Result::unwrap).collect();
    let golden: Vec<&str> = GOLDEN.lines().collect();
    assert_eq!(written.len(), golden.len(), "one line for each sample:\n{}", written.join("\n"));
    for (written, golden) in written.iter().zip(&golden) {
        assert_eq!(written, golden);
    }
    let mut lines = golden.into_iter();
    for (state, line) in states.into_iter().zip(&mut lines) {
        assert_eq!(Remittance::decode_state(line).unwrap(), state);
    }
    for (event, line) in events.into_iter().zip(&mut lines) {
        assert_eq!(Remittance::decode_event(line).unwrap(), event);
    }
    for (effect, line) in effects.into_iter().zip(&mut lines) {
        assert_eq!(Remittance::decode_effect(line).unwrap(), effect);
    }
}

#[test]
fn con_4_an_approval_says_in_whose_hands_its_person_was() {
    let held = Approval { held_by: Hands::of([UserName::parse("root").unwrap()]), ..approval(Some("ann")) };
    let event = Event::Approved(held);
    let written = Remittance::encode_event(&event).unwrap();
    assert!(written.contains("\"by\":\"ann\",\"held_by\":[\"root\"],"), "{written}");
    assert_eq!(Remittance::decode_event(&written).unwrap(), event);
    // Approvals from before anybody asked were in nobody else's.
    let before = written.replace("\"held_by\":[\"root\"],", "");
    assert_eq!(Remittance::decode_event(&before).unwrap(), Event::Approved(approval(Some("ann"))));
}

#[test]
fn storage_codec_names_every_event_of_a_statement_and_keeps_its_answer() {
    let noted = Remittance::encode_reply(&Reply::Noted).unwrap();
    assert_eq!(Remittance::decode_reply(&noted).unwrap(), Reply::Noted);
    let mut kinds: Vec<&str> = events().iter().map(Remittance::event_kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    assert_eq!(kinds.len(), events().len(), "each event has a name of its own");
}

#[test]
fn storage_codec_refuses_a_statement_that_it_cannot_understand() {
    for text in ["", "{", "null", "\"Settled\"", "{\"Notified\":{}}"] {
        assert!(Remittance::decode_state(text).is_err(), "{text}");
        assert!(Remittance::decode_event(text).is_err(), "{text}");
        assert!(Remittance::decode_effect(text).is_err(), "{text}");
        assert!(Remittance::decode_reply(text).is_err(), "{text}");
    }
    let text = Remittance::encode_state(&State::Disputed(reconciled())).unwrap();
    for (right, wrong) in
        [("\"unknown\":[", "\"whim\":["), ("\"due\":[", "\"someday\":["), ("\"INR\"", "\"inr\""), ("\"2\"", "\"two\"")]
    {
        let changed = text.replacen(right, wrong, 1);
        assert_ne!(changed, text, "{right}");
        assert!(Remittance::decode_state(&changed).is_err(), "{wrong}");
    }
}

prop_compose! {
    fn any_time()(millis in any::<i64>()) -> Timestamp { Timestamp::from_millis(millis) }
}
prop_compose! {
    fn any_money()(micros in any::<i64>(), code in prop::sample::select(vec!["INR", "JPY", "KWD"])) -> Money {
        Money::new(micros, Currency::parse(code).unwrap())
    }
}
prop_compose! {
    fn any_notice()(
        number in any::<u128>(),
        statement_id in "[a-zA-Z0-9:_-]{1,100}",
        times in (option::of(any_time()), option::of(any_time()), option::of(any_time()), option::of(any_time())),
        amounts in (any_money(), option::of(any_money())),
        total_events in option::of(any::<u64>()),
        memo_line in option::of(any::<String>()),
        received_at in any_time(),
    ) -> Arc<Notice> {
        let (statement_date, period_start, period_end, due) = times;
        Arc::new(Notice {
            id: id(number),
            piaid: Piaid::parse("ExamplePay_INR").unwrap(),
            statement_id: RequestId::parse(&statement_id).unwrap(),
            statement_date, period_start, period_end, due,
            total: amounts.0,
            total_fees: amounts.1,
            total_events, memo_line, received_at,
        })
    }
}
prop_compose! {
    fn any_fetched()(
        counts in (any::<u64>(), any::<u64>()),
        sums in (any::<i128>(), any::<i128>()),
        total_events in option::of(any::<u64>()),
        next_offset in option::of(any::<u64>()),
    ) -> Fetched {
        Fetched { lines: counts.0, captures: counts.1, amount: sums.0, fee: sums.1, total_events, next_offset, problem: None }
    }
}
prop_compose! {
    fn any_tally()(
        lines in any::<u64>(),
        kinds in btree_map(
            prop::sample::select(FindingKind::ALL.to_vec()),
            (any::<u64>(), any::<i128>(), any::<i128>()).prop_map(|(count, stated, ours)| KindSum { count, stated, ours }),
            0..9,
        ),
        missing in btree_map(
            prop::sample::select(MissingAge::ALL.to_vec()),
            (any::<u64>(), any::<i128>()).prop_map(|(count, ours)| MissingSum { count, ours }),
            0..5,
        ),
    ) -> Tally { Tally { lines, kinds, missing } }
}
prop_compose! {
    fn any_modification()(ratio in option::of(any::<i64>()), exchange_rate in option::of(any::<String>())) -> Modification {
        Modification { vat_to_fee_millionths: ratio, exchange_rate }
    }
}
prop_compose! {
    fn any_approval()(
        by in option::of("[a-z][a-z ]{0,20}[a-z]"),
        held_by in prop::collection::vec("[a-z][a-z ]{0,20}[a-z]", 0..3),
        at in any_time(),
        reasons in btree_map(any::<String>(), any::<String>(), 0..4),
        modification in any_modification(),
    ) -> Approval {
        let held_by = Hands::of(held_by.iter().map(|name| UserName::parse(name).unwrap()));
        Approval { by: by.map(|name| UserName::parse(&name).unwrap()), held_by, at, reasons, modification }
    }
}
prop_compose! {
    fn any_draft()(by in "[a-z][a-z ]{0,20}[a-z]", at in any_time(), text in any::<String>()) -> Draft {
        Draft { by: UserName::parse(&by).unwrap(), at, text }
    }
}

fn any_drafts() -> impl Strategy<Value = BTreeMap<String, Draft>> {
    btree_map(any::<String>(), any_draft(), 0..3)
}

prop_compose! {
    fn any_reconciled()(
        notice in any_notice(),
        fetched in any_fetched(),
        tally in any_tally(),
        round in any::<u32>(),
        approvals in vec(any_approval(), 0..3),
        drafts in any_drafts(),
    ) -> Reconciled { Reconciled { notice, fetched, tally, round, approvals, drafts } }
}
prop_compose! {
    fn any_acceptance()(
        reconciled in any_reconciled(),
        modification in any_modification(),
        told in any::<bool>(),
        modified_total in option::of(any_money()),
        taken_back in proptest::collection::btree_map(any::<u128>(), any::<u32>(), 0..3),
    ) -> Acceptance {
        let taken_back = taken_back.into_iter().map(|(number, offer)| (id(number), offer)).collect();
        Acceptance { reconciled, modification, told, modified_total, taken_back }
    }
}

fn any_state() -> impl Strategy<Value = State> {
    prop_oneof![
        any_notice().prop_map(State::Notified),
        (any_notice(), any_fetched()).prop_map(|(notice, fetched)| State::Fetching { notice, fetched }),
        (any_notice(), any_fetched(), any_tally(), any::<u32>(), any_drafts()).prop_map(
            |(notice, fetched, tally, round, drafts)| State::Reconciling { notice, fetched, tally, round, drafts }
        ),
        any_reconciled().prop_map(State::Matched),
        any_reconciled().prop_map(State::Disputed),
        any_acceptance().prop_map(State::Accepted),
        any_acceptance().prop_map(State::AcceptedWithModifications),
        (any_acceptance(), any::<u128>(), any_time()).prop_map(|(acceptance, number, at)| State::Paid {
            acceptance,
            transfer: id(number),
            at
        }),
    ]
}

proptest! {
    #[test]
    fn storage_codec_loses_nothing_of_a_statement(state in any_state()) {
        let text = Remittance::encode_state(&state).unwrap();
        prop_assert_eq!(Remittance::decode_state(&text).unwrap(), state);
    }

    #[test]
    fn storage_codec_never_panics_at_a_statement(text in "\\PC{0,80}") {
        let _ = Remittance::decode_state(&text);
        let _ = Remittance::decode_event(&text);
        let _ = Remittance::decode_effect(&text);
    }
}
