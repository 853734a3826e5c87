//! Invoices: every value to text and back, and how they are found, on both databases.

use std::collections::BTreeSet;
use std::sync::Arc;

use proptest::prelude::*;
use roundtrip::domain::booking::{Dispute, DisputeStanding, RefundStanding};
use roundtrip::domain::invoice::{
    Address, CardOrder, CardOutcome, Content, Declined, Effect, Event, Input, Invoice, InvoiceReference, Line, Payer,
    Recipient, RedirectOrder, Reply, ShippingWay, State,
};
use roundtrip::domain::redirect_payment::{Negative, Outcome};
use roundtrip::domain::{Currency, Day, IssuerId, Language, Machine, Money, Timestamp, TransactionId, UserName};
use roundtrip::storage::{Change, Codec, Commit, InvoiceFilter, Position, SoughtRecipient, Store};
use uuid::Uuid;

use super::fixture::{Home, LEASE_MS, NODE, NOW, next};
use super::on_both;

on_both! {
    finds => invoices_are_found_by_number_state_and_charge_sqlite, invoices_are_found_by_number_state_and_charge_postgres;
    recipients => con_5_invoices_are_found_by_recipient_sqlite, con_5_invoices_are_found_by_recipient_postgres;
    pages => invoices_are_listed_page_by_page_sqlite, invoices_are_listed_page_by_page_postgres;
}

fn usd(micros: i64) -> Money {
    Money::new(micros, Currency::parse("USD").unwrap())
}

fn fiona() -> UserName {
    UserName::parse("fiona").unwrap()
}

fn content(number: u64) -> Content {
    let way = |id: &str, countries: &[&str]| ShippingWay {
        id: id.into(),
        label: "„Boden“".into(),
        micros: 6_900_000,
        countries: countries.iter().map(|code| Arc::from(*code)).collect(),
    };
    Content {
        id: TransactionId::from_uuid(Uuid::from_u64_pair(number.wrapping_mul(0x9E37_79B9_7F4A_7C15), number)),
        reference: InvoiceReference::parse(&format!("INV-{number}")).unwrap(),
        recipient: Recipient { name: "Dana".into(), email: "dana@fabrikat.example".into(), language: Language::German },
        lines: vec![Line { label: "Wrench \"40\"".into(), micros: 103_500_000 }],
        tax_micros: Some(8_800_000),
        total: usd(112_300_000),
        due: Day::of(NOW).plus_days(30),
        shipping: vec![way("ground", &["US", "CA"]), way("express", &[])],
        nonce: "p3Vq9sXw2LkT".into(),
        created_at: NOW.plus_millis(i64::try_from(number).unwrap_or_default()),
    }
}

fn address() -> Address {
    let text = |text: &str| Some(Arc::from(text));
    Address {
        country: text("US"),
        lines: vec!["1412 Alder Street".into(), "Unit 9".into()],
        region: text("OR"),
        city: text("Portland"),
        dependent_locality: text("x"),
        postal_code: text("97205"),
        sorting_code: text(""),
        organization: text("Fabrikat"),
        recipient: text("Dana"),
        phone: text("5035550148"),
    }
}

fn payer() -> Payer {
    Payer { name: Some("Dana".into()), email: Some("dana@example.com".into()), phone: Some("503".into()) }
}

fn pay(token: u8) -> Input {
    Input::PayByCard(Box::new(CardOrder {
        digest: [token; 32],
        approved: usd(119_200_000),
        address: Some(address()),
        way: Some("ground".into()),
        payer: payer(),
        answer_by: NOW.plus_millis(9_000),
    }))
}

fn charged(attempt: u32, outcome: CardOutcome) -> Input {
    Input::Charged { attempt, outcome }
}

fn success(intent: &str) -> CardOutcome {
    CardOutcome::Succeeded { intent: intent.into() }
}

fn at_bank(issuer: bool) -> Input {
    let issuer = issuer.then(|| (IssuerId::parse("BANK_A").unwrap(), 60_000));
    Input::PayByRedirect(Box::new(RedirectOrder { issuer, address: Some(address()), way: None, payer: payer() }))
}

fn ended(attempt: u32, outcome: Outcome) -> Input {
    Input::PaymentEnded { attempt, outcome, issuer: IssuerId::parse("BANK_A").ok() }
}

fn refund(amount_micros: Option<i64>) -> Input {
    Input::Refund { amount_micros, by: Some(fiona()) }
}

fn refunded(number: u32, standing: RefundStanding) -> Input {
    Input::Refunded { number, tries: 1, standing }
}

/// Histories that come through every state, event and effect.
fn histories(number: u64) -> Vec<Vec<Input>> {
    let create = || Input::Create(Arc::new(content(number)));
    let declined = CardOutcome::Declined(Declined { code: "expired_card".into(), of_card: true });
    let failed = RefundStanding::Failed { code: "lost".into() };
    let done = RefundStanding::Done { id: "re_1".into() };
    let dispute = Dispute { id: "dp_1".into(), amount: usd(5_000_000), standing: DisputeStanding::Open };
    vec![
        vec![
            create(),
            Input::Send,
            Input::Mailed { number: 1 },
            Input::AskFreshLink,
            Input::NotMailed { number: 2 },
            Input::SayTransferred,
            Input::Dispute,
            Input::Resolve { by: fiona() },
            Input::DeadlineReached,
            pay(1),
            pay(1),
            charged(1, declined),
            pay(2),
            charged(2, CardOutcome::NotReached),
            at_bank(false),
            Input::PaymentStarted { attempt: 3 },
            at_bank(false),
            ended(3, Outcome::Negative(Negative::payer_left())),
            pay(3),
            charged(4, success("pi_4")),
            charged(2, success("pi_2")),
            refund(Some(10_000_000)),
            refunded(1, failed),
            refunded(2, done),
            refund(None),
            Input::ChargeDisputed(dispute),
        ],
        vec![create(), at_bank(true), ended(1, Outcome::Success), refund(None)],
        vec![create(), Input::MarkPaid { by: fiona(), note: "Auszug 12".into() }],
        vec![create(), Input::Cancel { by: Some(fiona()) }],
    ]
}

/// An invoice that is driven without a database.
#[derive(Default)]
struct Told {
    state: State,
    states: Vec<State>,
    events: Vec<Event>,
    effects: Vec<Effect>,
    replies: Vec<Reply>,
}

fn when(input: &Input) -> Timestamp {
    // The first reminder is due three days before.
    let late = matches!(input, Input::DeadlineReached);
    if late { NOW.plus_millis(28 * 86_400_000) } else { NOW }
}

fn told() -> Told {
    let mut all = Told::default();
    for history in histories(1) {
        all.state = State::default();
        for input in history {
            let decision = Invoice::decide(&all.state, &input, when(&input)).expect("the machine agrees");
            all.state = decision.events.iter().fold(std::mem::take(&mut all.state), Invoice::apply);
            all.states.push(all.state.clone());
            all.events.extend(decision.events);
            all.effects.extend(decision.effects);
            all.replies.push(decision.reply);
        }
    }
    all.states.push(State::Unheard);
    all.replies.push(Reply::Nothing);
    all
}

fn kinds<T>(values: &[T], kind: impl Fn(&T) -> String) -> usize {
    values.iter().map(kind).collect::<BTreeSet<_>>().len()
}

fn first_word(debug: &str) -> String {
    debug.split([' ', '(', '{']).next().unwrap_or_default().to_owned()
}

#[test]
fn invoice_codec_loses_nothing_of_any_variant() {
    let told = told();
    assert_eq!(kinds(&told.states, |state| Invoice::state_name(state).to_owned()), 5);
    assert_eq!(kinds(&told.events, |event| Invoice::event_kind(event).to_owned()), 17);
    assert_eq!(kinds(&told.effects, |effect| first_word(&format!("{effect:?}"))), 5);
    assert_eq!(kinds(&told.replies, |reply| first_word(&format!("{reply:?}"))), 5);
    for state in told.states {
        assert_eq!(Invoice::decode_state(&Invoice::encode_state(&state).unwrap()).unwrap(), state);
    }
    for event in told.events {
        let (kind, text) = (Invoice::event_kind(&event), Invoice::encode_event(&event).unwrap());
        assert!(text.starts_with(&format!("{{\"{kind}\":")), "{kind}: {text}");
        assert_eq!(Invoice::decode_event(&text).unwrap(), event);
    }
    for effect in told.effects {
        let read = Invoice::decode_effect(&Invoice::encode_effect(&effect).unwrap()).unwrap();
        assert_eq!(Invoice::idempotency_key(&read), Invoice::idempotency_key(&effect));
        assert_eq!(read, effect);
    }
    for reply in told.replies {
        assert_eq!(Invoice::decode_reply(&Invoice::encode_reply(&reply).unwrap()).unwrap(), reply);
    }
}

/// The state with the most in it.
fn full() -> State {
    let mut states = told().states;
    states.sort_by_key(|state| Invoice::encode_state(state).map_or(0, |text| text.len()));
    states.pop().unwrap_or_default()
}

#[test]
fn invoice_codec_refuses_what_it_cannot_understand() {
    for text in ["", "{", "null", "\"Lost\"", "{\"Lost\":{}}", "{\"Paid\":{}}", "{\"Mail\":{\"number\":1}}"] {
        assert!(Invoice::decode_event(text).is_err() && Invoice::decode_state(text).is_err(), "{text}");
        assert!(Invoice::decode_effect(text).is_err() && Invoice::decode_reply(text).is_err(), "{text}");
    }
    let text = Invoice::encode_state(&full()).unwrap();
    for (known, unknown) in [
        ("\"USD\"", "\"usd\""),
        ("\"INV-", "\"/"),
        ("\"de\"", "\"xx\""),
        ("\"due\":\"2", "\"due\":\"x"),
        ("0101", "01g1"),
    ] {
        let other = text.replacen(known, unknown, 1);
        assert_ne!(text, other, "{known}");
        assert!(Invoice::decode_state(&other).is_err(), "{unknown}");
    }
    let later = text.replace("\"content\"", "\"colour\":{\"deep\":[1]},\"content\"");
    assert_eq!(Invoice::decode_state(&later), Ok(full()), "members of a later binary");
}

proptest! {
    #[test]
    fn invoice_reading_never_panics(text in "\\PC{0,80}", at in any::<prop::sample::Index>(), end in any::<prop::sample::Index>()) {
        let _ = (Invoice::decode_state(&text), Invoice::decode_event(&text));
        let stored = Invoice::encode_state(&full()).unwrap();
        let (from, to) = (at.index(stored.len()), end.index(stored.len()));
        if let (Some(head), Some(tail)) = (stored.get(..from.min(to)), stored.get(from.max(to)..)) {
            let _ = Invoice::decode_state(&format!("{head}{tail}"));
        }
    }
}

/// Commits a history, one input after the other.
async fn commit(store: &Store, history: Vec<Input>) -> TransactionId {
    let (mut state, mut position, mut id): (State, Option<Position>, _) = (State::default(), None, None);
    for input in history {
        let decision = Invoice::decide(&state, &input, when(&input)).expect("the machine agrees");
        if decision.events.is_empty() {
            continue;
        }
        state = decision.events.iter().fold(state, Invoice::apply);
        let invoice = state.past().unwrap().content.id;
        let change = Change {
            state: state.clone(),
            events: decision.events,
            effects: decision.effects,
            entries: decision.entries,
            records: decision.records,
        };
        let commit = Commit::<Invoice> {
            id: invoice,
            position,
            change: Some(change),
            answer: None,
            settles: None,
            now: NOW,
            node: NODE,
            lease_ms: LEASE_MS,
        };
        position = Some(store.commit(commit).await.unwrap().position);
        id = Some(invoice);
    }
    let id = id.unwrap();
    assert_eq!(store.load::<Invoice>(id).await.unwrap().unwrap().state, state);
    id
}

async fn finds(home: &Home) {
    let store = &home.store;
    let mut ids = Vec::new();
    for place in 0..4 {
        let number = 1_000 + next();
        ids.push((number, commit(store, histories(number).swap_remove(place)).await));
        let open = 1_000 + next();
        ids.push((open, commit(store, vec![Input::Create(Arc::new(content(open)))]).await));
        // The processor's ids are its own: one history with a charge is enough.
        if place == 0 {
            assert_eq!(store.invoice_of_charge("pi_4").await.unwrap(), Some(ids[0].1));
            assert_eq!(store.invoice_of_charge("pi_2").await.unwrap(), Some(ids[0].1), "what came late, too");
            assert_eq!(store.invoice_of_charge("pi_1").await.unwrap(), None);
        }
    }
    let find = async |filter: InvoiceFilter| store.invoices(&filter, 100).await.unwrap();
    let states = async |state: &str| find(InvoiceFilter { states: vec![state.to_owned()], ..Default::default() }).await;
    assert_eq!(find(InvoiceFilter::default()).await.len(), 8);
    assert_eq!((states("Open").await.len(), states("Paid").await.len(), states("Cancelled").await.len()), (4, 3, 1));
    let (number, id) = ids[0];
    let reference = Some(InvoiceReference::parse(&format!("INV-{number}")).unwrap());
    let one = find(InvoiceFilter { reference, ..Default::default() }).await;
    assert_eq!(one.len(), 1);
    assert_eq!((one[0].id, one[0].total, one[0].paid_at), (id, usd(119_200_000), Some(NOW)));
    assert_eq!((one[0].state.as_str(), one[0].attention.as_deref()), ("Paid", Some("disputed")));
    assert_eq!(one[0].due, Day::of(NOW).plus_days(30));
    let overdue = async |days: i64| {
        let overdue_on = Some(Day::of(NOW).plus_days(days));
        find(InvoiceFilter { overdue_on, ..Default::default() }).await.len()
    };
    assert_eq!(
        (overdue(30).await, overdue(31).await),
        (0, 4),
        "the day itself is in time; what is paid is not asked for"
    );
    assert_eq!(find(InvoiceFilter { before_finance: true, ..Default::default() }).await.len(), 1);
}

async fn pages(home: &Home) {
    let store = &home.store;
    for number in [5, 3, 9, 7, 1] {
        commit(store, vec![Input::Create(Arc::new(content(number)))]).await;
    }
    let (mut after, mut seen) = (None, Vec::new());
    loop {
        let page = store.invoices(&InvoiceFilter { after, ..Default::default() }, 2).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.place());
        seen.extend(page.iter().map(|invoice| invoice.reference.clone()));
    }
    assert_eq!(seen, ["INV-9", "INV-7", "INV-5", "INV-3", "INV-1"], "the newest first, each once");
}

/// Also those that were made before there was such a search: the migration fills it.
async fn recipients(home: &Home) {
    let store = &home.store;
    for (number, name, email) in
        [(1, "Jörg Ölmann", "Joerg@Werk.example"), (2, "Dana", "dana@werk.example"), (3, "Jörg Ölmann", "j@b.example")]
    {
        let recipient = Recipient { name: name.into(), email: email.into(), language: Language::German };
        commit(store, vec![Input::Create(Arc::new(Content { recipient, ..content(number) }))]).await;
    }
    let find = async |sought: &str| -> Vec<String> {
        let recipient = Some(SoughtRecipient::of(sought));
        let found = store.invoices(&InvoiceFilter { recipient, ..Default::default() }, 100).await.unwrap();
        found.into_iter().map(|invoice| invoice.reference).collect()
    };
    for _ in 0..2 {
        assert_eq!(find(" JÖRG ölmann").await, ["INV-3", "INV-1"], "the newest first");
        assert_eq!(find("joerg@WERK.example").await, ["INV-1"]);
        for nobody in ["Jörg", "werk.example", "dana@werk", ""] {
            assert!(find(nobody).await.is_empty(), "{nobody}");
        }
        store.migrate_down(Some(1)).await.unwrap();
        store.migrate_up().await.unwrap();
    }
}
