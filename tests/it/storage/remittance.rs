//! Statements in rows: their events, what was found on them, what our books know, and the ledger by period.

use roundtrip::domain::redirect_payment::{Input as PaymentInput, RefundOrder, RefundReport, RefundWord};
use roundtrip::domain::remittance::{
    Batch, Finding, FindingKind, Input, Notice, Ours, Page, Remittance, Rules, State, StatedEvent,
};
use roundtrip::domain::{
    Currency, Machine, Piaid, Record, RefundId, Remittable, RemittableKind, RemittableStanding, RequestId, Timestamp,
    TransactionId,
};
use roundtrip::storage::{Change, Commit, CommitError, LedgerFilter, LinePage, Position, ReportMade, Store};
use sea_orm::{ConnectionTrait, Statement};
use uuid::Uuid;

use super::fixture::{Home, LEASE_MS, NODE, NOW, Payment, approved, bank, inr, next, start, terms};
use super::on_both;

on_both! {
    events_are_kept_as_stated => remittance_events_sqlite, remittance_events_postgres;
    what_a_statement_lists_is_its_own => remittance_listed_sqlite, remittance_listed_postgres;
    a_listed_refund_stays_listed => remittance_refund_listed_sqlite, remittance_refund_listed_postgres;
    a_refund_that_is_ordered_and_done_at_once_is_done => remittance_refund_at_once_sqlite, remittance_refund_at_once_postgres;
    what_no_statement_lists_is_counted => remittance_unstated_sqlite, remittance_unstated_postgres;
    the_ledger_is_read_in_pages => remittance_ledger_pages_sqlite, remittance_ledger_pages_postgres;
    statements_are_listed => remittance_lists_sqlite, remittance_lists_postgres;
    a_report_is_recorded_once => remittance_report_sqlite, remittance_report_postgres;
}

fn piaid() -> Piaid {
    Piaid::parse("ExamplePay_INR").unwrap()
}

fn rupees() -> Currency {
    Currency::parse("INR").unwrap()
}

fn later(millis: i64) -> Timestamp {
    NOW.plus_millis(millis)
}

/// A statement as its actor would hold it.
struct Held {
    id: TransactionId,
    state: State,
    position: Option<Position>,
}

impl Held {
    /// Announced, with the order to fetch its details.
    async fn announced(store: &Store, at: Timestamp) -> Self {
        let number = next();
        let id = TransactionId::from_uuid(Uuid::from_u64_pair(number.wrapping_mul(0x9E37_79B9_7F4A_7C15), number));
        let notice = Notice {
            id,
            piaid: piaid(),
            statement_id: RequestId::parse(&format!("stmt-{number}")).unwrap(),
            statement_date: None,
            period_start: None,
            period_end: None,
            due: None,
            total: inr(0),
            total_fees: None,
            total_events: None,
            memo_line: None,
            received_at: at,
        };
        let mut held = Self { id, state: State::default(), position: None };
        held.step_at(store, Input::Notify(Box::new(notice)), at).await;
        held.step_at(store, Input::EarlierReplaced, at).await;
        held
    }

    async fn step(&mut self, store: &Store, input: Input) {
        self.step_at(store, input, NOW).await;
    }

    async fn step_at(&mut self, store: &Store, input: Input, now: Timestamp) {
        self.try_step(store, input, now).await.unwrap();
    }

    async fn try_step(&mut self, store: &Store, input: Input, now: Timestamp) -> Result<(), CommitError> {
        let decision = Remittance::decide(&self.state, &input, now).expect("the machine agrees");
        assert!(!decision.events.is_empty(), "{input:?} changes nothing");
        let after = decision.events.iter().fold(self.state.clone(), Remittance::apply);
        let change = Change::<Remittance> {
            state: after.clone(),
            events: decision.events,
            effects: decision.effects,
            entries: decision.entries,
            records: decision.records,
        };
        let commit = Commit {
            id: self.id,
            position: self.position,
            change: Some(change),
            answer: None,
            settles: None,
            now,
            node: NODE,
            lease_ms: LEASE_MS,
        };
        self.position = Some(store.commit(commit).await?.position);
        self.state = after;
        Ok(())
    }

    /// All of its events, on one page.
    async fn fetched(&mut self, store: &Store, events: &[StatedEvent]) {
        let page = Page { offset: None, events: events.to_vec(), next_offset: None, total_events: None };
        self.step(store, Input::Page(page)).await;
    }

    /// Judges the next `count` events, as the outbox would.
    async fn judge(&mut self, store: &Store, (round, after, count): (u32, u64, u64)) {
        let page = LinePage { statement: self.id, after, limit: count };
        let events = store.stated_events(page).await.unwrap();
        let ids: Vec<&str> = events.iter().map(|(_, event)| event.request_id.as_str()).collect();
        let ours = store.ours(&piaid(), (self.id, rupees()), &ids).await.unwrap();
        let mut batch = Batch::new(rupees(), None, (round, after));
        for (line, event) in &events {
            batch.take(*line, event, ours.of(&event.request_id));
        }
        self.step(store, Input::Judged(batch.judged())).await;
    }

    async fn counted(&mut self, store: &Store, round: u32) {
        let missing = std::collections::BTreeMap::new();
        self.step(store, Input::MissingCounted { round, missing, rules: Rules::default() }).await;
    }

    async fn found(&self, store: &Store) -> Vec<(u64, FindingKind)> {
        let page = LinePage { statement: self.id, after: 0, limit: 100 };
        let found = store.findings(page, None).await.unwrap();
        found.into_iter().map(|finding| (finding.line, finding.kind)).collect()
    }
}

fn event(kind: RemittableKind, id: &str, micros: i64) -> StatedEvent {
    StatedEvent {
        kind,
        request_id: id.to_owned(),
        our_id: None,
        currency: Some(rupees()),
        amount_micros: Some(micros),
        fee_micros: None,
        note: None,
    }
}

fn captured(id: &str) -> StatedEvent {
    event(RemittableKind::Capture, id, 109_900_000)
}

/// A payment that was paid, and Google's id of it.
async fn paid(store: &Store, at: Timestamp) -> (Payment, String) {
    let mut payment = Payment::at_issuer(store).await;
    payment.step_at(store, approved(), at).await;
    let id = payment.google().request_id.as_str().to_owned();
    (payment, id)
}

/// Which statement lists an event.
async fn lister(store: &Store, id: &str) -> Option<TransactionId> {
    let nobody = TransactionId::from_uuid(Uuid::nil());
    store.ours(&piaid(), (nobody, rupees()), &[id]).await.unwrap().items[id].1
}

async fn events_are_kept_as_stated(home: &Home) {
    let store = &home.store;
    let (payment, id) = paid(store, NOW).await;
    let mut held = Held::announced(store, NOW).await;
    let strange = StatedEvent {
        our_id: Some("R-\u{202E}1".to_owned()),
        currency: None,
        amount_micros: None,
        fee_micros: Some(i64::MIN),
        note: Some("eventAmount: amountMicros is not a 64-bit integer".to_owned()),
        ..event(RemittableKind::Refund, "'; DROP TABLE x; -- ü", 0)
    };
    let least = event(RemittableKind::Refund, "", i64::MIN);
    let events = [captured(&id), strange, least, captured("unknown")];
    held.fetched(store, &events).await;
    let read = async |after, limit| store.stated_events(LinePage { statement: held.id, after, limit }).await.unwrap();
    let all: Vec<(u64, StatedEvent)> = (1..).zip(events.iter().cloned()).collect();
    assert_eq!(read(0, 100).await, all);
    assert_eq!(read(1, 2).await, all[1..3]);
    assert_eq!(read(4, 2).await, []);
    assert_eq!(store.stated_events(LinePage { statement: payment.id, after: 0, limit: 9 }).await.unwrap(), []);

    held.judge(store, (1, 0, 2)).await;
    held.judge(store, (1, 2, 2)).await;
    held.counted(store, 1).await;
    let kinds = [FindingKind::Unreadable, FindingKind::Unknown, FindingKind::Unknown];
    assert_eq!(held.found(store).await, [(2, kinds[0]), (3, kinds[1]), (4, kinds[2])]);
    let page = |after, limit| LinePage { statement: held.id, after, limit };
    let unknown = store.findings(page(3, 9), Some(FindingKind::Unknown)).await.unwrap();
    let expected = Finding {
        line: 4,
        kind: FindingKind::Unknown,
        request_id: "unknown".to_owned(),
        stated_micros: Some(109_900_000),
        ours_micros: None,
        fee_micros: None,
        expected_fee_micros: None,
    };
    assert_eq!(unknown, std::slice::from_ref(&expected));
    assert_eq!(store.findings(page(0, 1), None).await.unwrap().len(), 1);
    let lines = store.stated_lines(&piaid(), page(0, 100)).await.unwrap();
    assert_eq!(lines.iter().map(|line| (line.line, line.event.clone())).collect::<Vec<_>>(), all);
    assert_eq!(lines[0].ours, Some((payment.id.to_string(), "BANK_A".to_owned())));
    assert_eq!((&lines[0].finding, &lines[3].finding, &lines[3].ours), (&None, &Some(expected), &None));
    assert_eq!(store.stated_lines(&piaid(), page(2, 1)).await.unwrap(), lines[2..3]);
    let asked = ["unknown".to_owned(), id, "nobody's".to_owned()];
    assert_eq!(store.findings_of(held.id, &asked).await.unwrap(), [("unknown".to_owned(), FindingKind::Unknown)]);
}

async fn what_a_statement_lists_is_its_own(home: &Home) {
    let store = &home.store;
    let (_, one) = paid(store, NOW).await;
    let (_, two) = paid(store, NOW).await;
    let started = Payment::started(store).await;
    let open = started.google().request_id.as_str();
    let mut first = Held::announced(store, NOW).await;
    let events = [captured(&one), captured("x"), captured(open), captured(&one), captured("x"), captured(open)];
    first.fetched(store, &events).await;
    let ids = [one.as_str(), "x", open, two.as_str()];
    let of_first = (first.id, rupees());
    let before = store.ours(&piaid(), of_first, &ids).await.unwrap();
    assert!(matches!(before.of(&one), Ours::Known { before: false, item } if item.amount == inr(109_900_000)));
    assert_eq!((before.of("x"), before.of(open)), (Ours::Unknown { before: false }, Ours::NotPaid { before: false }));
    first.judge(store, (1, 0, 3)).await;
    let after = store.ours(&piaid(), of_first, &ids).await.unwrap();
    assert!(matches!(after.of(&one), Ours::Known { before: true, .. }));
    assert_eq!((after.of("x"), after.of(open)), (Ours::Unknown { before: true }, Ours::NotPaid { before: true }));
    assert!(matches!(after.of(&two), Ours::Known { before: false, .. }));
    let elsewhere = store.ours(&Piaid::parse("Other").unwrap(), of_first, &[&one, open]).await.unwrap();
    assert!(elsewhere.items.is_empty() && elsewhere.not_paid.is_empty(), "another account has other events");
    first.judge(store, (1, 3, 3)).await;
    first.counted(store, 1).await;
    let again = [FindingKind::Unknown, FindingKind::NotPaid, FindingKind::Duplicate];
    let expected = [(2, again[0]), (3, again[1]), (4, again[2]), (5, again[2]), (6, again[2])];
    assert_eq!(first.found(store).await, expected);

    // Another statement that believed it to be free is told to judge again, and takes what is free; giving up frees that.
    let mut second = Held::announced(store, NOW).await;
    second.fetched(store, &[captured(&one), captured(&two)]).await;
    let mut batch = Batch::new(rupees(), None, (1, 0));
    let stale = before.of(&one);
    let (claimed, free) = (captured(&one), captured(&two));
    batch.take(1, &claimed, stale);
    batch.take(2, &free, before.of(&two));
    let refused = second.try_step(store, Input::Judged(batch.judged()), NOW).await;
    assert!(matches!(refused, Err(CommitError::Conflict)), "{refused:?}");
    assert_eq!((lister(store, &one).await, lister(store, &two).await), (Some(first.id), None), "nothing half stored");
    second.judge(store, (1, 0, 2)).await;
    second.counted(store, 1).await;
    assert_eq!(second.found(store).await, [(1, FindingKind::Duplicate)]);
    assert_eq!((lister(store, &one).await, lister(store, &two).await), (Some(first.id), Some(second.id)));
    second.step(store, Input::Replace { by: RequestId::parse("revised").unwrap() }).await;
    assert_eq!((lister(store, &one).await, lister(store, &two).await), (Some(first.id), None));

    // A new round begins with nothing.
    first.step(store, Input::ReconcileAgain).await;
    assert_eq!((first.found(store).await, lister(store, &one).await), (vec![], None));
    first.judge(store, (2, 0, 100)).await;
    assert_eq!(first.found(store).await, expected);
    assert_eq!(lister(store, &one).await, Some(first.id));
}

async fn a_listed_refund_stays_listed(home: &Home) {
    let store = &home.store;
    let (mut payment, _) = paid(store, NOW).await;
    let request = format!("rf-{}", next());
    let order =
        RefundOrder { request_id: RequestId::parse(&request).unwrap(), amount: inr(10_000_000), window_ms: 86_400_000 };
    payment.step(store, PaymentInput::Refund(order)).await;
    let mut held = Held::announced(store, NOW).await;
    held.fetched(store, &[event(RemittableKind::Refund, &request, -10_000_000)]).await;
    held.judge(store, (1, 0, 9)).await;
    assert_eq!(held.found(store).await, [(1, FindingKind::RefundNotSucceeded)]);
    let id = RefundId { payment: payment.id, number: 1 };
    let word = RefundWord::Refunded { reference: None };
    payment
        .step_at(store, PaymentInput::RefundReport(RefundReport { id, issuer: bank("BANK_A"), word }), later(5))
        .await;
    let found = store.ours(&piaid(), (held.id, rupees()), &[&request]).await.unwrap();
    let (item, lister) = &found.items[&request];
    assert_eq!((item.standing, item.at, *lister), (RemittableStanding::Done, later(5), Some(held.id)));
    assert_eq!((item.kind, item.our_id.as_str()), (RemittableKind::Refund, id.to_string().as_str()));
}

async fn a_refund_that_is_ordered_and_done_at_once_is_done(home: &Home) {
    let store = &home.store;
    let (payment, _) = paid(store, NOW).await;
    let request = format!("rf-{}", next());
    let order =
        RefundOrder { request_id: RequestId::parse(&request).unwrap(), amount: inr(10_000_000), window_ms: 86_400_000 };
    let (mut commit, _, _) = payment.decide(&PaymentInput::Refund(order), NOW);
    let records = &mut commit.change.as_mut().unwrap().records;
    let [Record::Remittable(ordered)] = records.as_slice() else { panic!("{records:?}") };
    let done = Record::Remittable(Remittable { standing: RemittableStanding::Done, ..ordered.clone() });
    records.push(done);
    store.commit(commit).await.unwrap();
    let found = store.ours(&piaid(), (payment.id, rupees()), &[&request]).await.unwrap();
    assert_eq!(found.items[&request].0.standing, RemittableStanding::Done);
}

async fn what_no_statement_lists_is_counted(home: &Home) {
    let store = &home.store;
    let (_, first) = paid(store, NOW).await;
    paid(store, later(10)).await;
    let (mut payment, _) = paid(store, later(20)).await;
    let order = RefundOrder {
        request_id: RequestId::parse("rf-count").unwrap(),
        amount: inr(10_000_000),
        window_ms: 86_400_000,
    };
    payment.step_at(store, PaymentInput::Refund(order), later(21)).await;
    let count = async |from: Timestamp, to: Timestamp| store.unstated(&piaid(), rupees(), (from, to)).await.unwrap();
    let ever = (Timestamp::from_millis(i64::MIN), Timestamp::from_millis(i64::MAX));
    assert_eq!(count(ever.0, ever.1).await, (3, 329_700_000), "a refund that is not carried out is not missing");
    assert_eq!(count(NOW, later(10)).await, (1, 109_900_000), "from is in, to is not");
    assert_eq!(count(later(10), later(21)).await, (2, 219_800_000));
    let id = RefundId { payment: payment.id, number: 1 };
    let word = RefundWord::Refunded { reference: None };
    let report = PaymentInput::RefundReport(RefundReport { id, issuer: bank("BANK_A"), word });
    payment.step_at(store, report, later(30)).await;
    assert_eq!(count(later(21), ever.1).await, (1, -10_000_000));
    let mut held = Held::announced(store, NOW).await;
    held.fetched(store, &[captured(&first)]).await;
    held.judge(store, (1, 0, 9)).await;
    assert_eq!(count(ever.0, ever.1).await, (3, 209_800_000));
    let dollars = Currency::parse("USD").unwrap();
    assert_eq!(store.unstated(&piaid(), dollars, ever).await.unwrap(), (0, 0));
    assert_eq!(store.unstated(&Piaid::parse("Other").unwrap(), rupees(), ever).await.unwrap(), (0, 0));
}

async fn the_ledger_is_read_in_pages(home: &Home) {
    let store = &home.store;
    for at in [0, 0, 10, 20, 30] {
        paid(store, later(at)).await;
    }
    let filter = |from, until| LedgerFilter {
        from: later(from),
        until: later(until),
        account: None,
        kinds: None,
        payments_of_invoices: None,
    };
    let whole = store.ledger_rows(&filter(0, 100), None, 100).await.unwrap();
    assert_eq!(whole.len(), 10);
    assert_eq!(whole.iter().map(|row| i128::from(row.amount.micros())).sum::<i128>(), 0);
    for limit in [1, 3, 9] {
        let mut paged = Vec::new();
        let mut after = None;
        loop {
            let rows = store.ledger_rows(&filter(0, 100), after, limit).await.unwrap();
            let Some(last) = rows.last() else { break };
            after = Some(last.place);
            paged.extend(rows);
        }
        assert_eq!(paged, whole, "{limit} at a time");
    }
    let inside = store.ledger_rows(&filter(10, 30), None, 100).await.unwrap();
    assert_eq!(inside, whole[4..8], "from is in, until is not");
    let row = &inside[0];
    assert_eq!((row.kind.as_str(), row.account.as_str(), row.at), ("redirect_payment", "ExamplePay_INR", later(10)));

    let sums = store.ledger_period(&filter(10, 30)).await.unwrap();
    let sums: Vec<(&str, [i128; 3])> =
        sums.iter().map(|sum| (sum.account.as_str(), [sum.opening, sum.debits, sum.credits])).collect();
    let two = 219_800_000;
    let expected = [("issuer_receivable:BANK_A", [two, two, 0]), ("payable_to_google:ExamplePay_INR", [-two, 0, two])];
    assert_eq!(sums, expected);
    let nobody = LedgerFilter { account: Some("Other".to_owned()), ..filter(0, 100) };
    assert_eq!(store.ledger_rows(&nobody, None, 9).await.unwrap(), []);
    let bookings = LedgerFilter { kinds: Some(&["booking"]), ..filter(0, 100) };
    assert_eq!(store.ledger_period(&bookings).await.unwrap(), []);
}

async fn statements_are_listed(home: &Home) {
    let store = &home.store;
    // A payment under the same id is no statement.
    let mut payment = Payment::new();
    payment.step(store, start(terms(payment_number(&payment)))).await;
    let mut all = Vec::new();
    for at in [0, 0, 5] {
        all.push(Held::announced(store, later(at)).await.id);
    }
    let mut newest = store.statements(None, None, 10).await.unwrap();
    let order: Vec<(Timestamp, TransactionId)> = newest.iter().map(|row| (row.created_at, row.id)).collect();
    assert!(order.is_sorted_by(|one, other| one > other), "{order:?}");
    let mut paged = Vec::new();
    while let Some(row) = store.statements(Some(&piaid()), paged.last().copied(), 1).await.unwrap().pop() {
        paged.push((row.created_at, row.id));
    }
    assert_eq!(paged, order);
    assert_eq!(store.statements(Some(&Piaid::parse("Other").unwrap()), None, 10).await.unwrap(), []);
    let one = newest.pop().unwrap();
    assert_eq!(store.statement(one.id).await.unwrap(), Some(one.clone()));
    assert_eq!(store.statement(payment.id).await.unwrap(), None);
    let id = one.state.notice().unwrap().statement_id.to_string();
    assert_eq!(store.find_statement(&id).await.unwrap(), [one]);
    assert_eq!(store.open_statements().await.unwrap().len(), all.len());
}

/// The number that a payment of the fixture was made from.
fn payment_number(payment: &Payment) -> u64 {
    payment.google().request_id.as_str().strip_prefix("rq-").unwrap().parse().unwrap()
}

async fn a_report_is_recorded_once(home: &Home) {
    let made = |sha256, at| ReportMade {
        subject: "statement ExamplePay_INR stmt-1".to_owned(),
        format: "csv",
        sha256,
        bytes: 10,
        lines: 1,
        made_at: later(at),
    };
    for (digest, at) in [([1; 32], 0), ([1; 32], 5), ([2; 32], 6)] {
        home.store.record_report(made(digest, at)).await.unwrap();
    }
    let raw = home.raw().await;
    let sql = Statement::from_string(raw.get_database_backend(), "SELECT sha256, made_ms FROM reports ORDER BY sha256");
    let rows = raw.query_all_raw(sql).await.unwrap();
    raw.close().await.unwrap();
    let rows: Vec<(String, i64)> =
        rows.iter().map(|row| (row.try_get("", "sha256").unwrap(), row.try_get("", "made_ms").unwrap())).collect();
    assert_eq!(rows, [("01".repeat(32), NOW.as_millis()), ("02".repeat(32), later(6).as_millis())]);
}
