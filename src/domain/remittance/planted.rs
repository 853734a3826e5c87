//! Books and statements with planted differences: what a generator plants is found, and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::domain::{
    Account, Currency, IssuerId, LedgerEntry, Money, Piaid, Record, Remittable, RemittableKind, RemittableStanding,
    RequestId, TransactionId, unbalanced_currency,
};

pub(super) fn money(micros: i64, code: &str) -> Money {
    Money::new(micros, Currency::parse(code).unwrap())
}

pub(super) fn inr(micros: i64) -> Money {
    money(micros, "INR")
}

pub(super) fn piaid() -> Piaid {
    Piaid::parse("ExamplePay_INR").unwrap()
}

pub(super) fn at(ms: i64) -> Timestamp {
    Timestamp::from_millis(1_735_689_600_000 + ms)
}

pub(super) fn notice(total: Money, total_events: Option<u64>) -> Notice {
    Notice {
        id: TransactionId::parse("01930d2c-7a44-8000-8000-0123456789ab").unwrap(),
        piaid: piaid(),
        statement_id: RequestId::parse("stmt-1").unwrap(),
        statement_date: Some(at(0)),
        period_start: Some(at(-86_400_000)),
        period_end: Some(at(0)),
        due: Some(at(864_000_000)),
        total,
        total_fees: None,
        total_events,
        memo_line: Some("stmt-1AB".to_owned()),
        received_at: at(1_000),
    }
}

pub(super) fn stated(kind: RemittableKind, id: &str, micros: i64, fee: i64) -> StatedEvent {
    StatedEvent {
        kind,
        request_id: id.to_owned(),
        our_id: None,
        currency: Currency::parse("INR").ok(),
        amount_micros: Some(micros),
        fee_micros: Some(fee),
        note: None,
    }
}

pub(super) fn capture(id: &str, micros: i64, fee: i64) -> StatedEvent {
    stated(RemittableKind::Capture, id, micros, fee)
}

/// What storage keeps: captures and refunds with the statement that lists them, and what was found on this one.
#[derive(Default, Clone)]
pub(super) struct Books {
    pub(super) items: BTreeMap<String, (Remittable, bool)>,
    pub(super) not_paid: BTreeSet<String>,
    pub(super) lines: Vec<StatedEvent>,
    pub(super) findings: Vec<Finding>,
    /// Events that this statement lists.
    pub(super) listed: BTreeSet<String>,
}

impl Books {
    pub(super) fn add(&mut self, kind: RemittableKind, id: &str, amount: Money, standing: RemittableStanding) {
        let item = Remittable {
            piaid: piaid(),
            request_id: RequestId::parse(id).unwrap(),
            kind,
            payment: TransactionId::parse("01930d2c-7a44-8000-8000-0123456789ac").unwrap(),
            our_id: format!("our-{id}"),
            issuer: IssuerId::parse("BANK_A").unwrap(),
            amount,
            standing,
            at: at(-1),
        };
        self.items.insert(id.to_owned(), (item, false));
    }

    pub(super) fn captured(&mut self, id: &str, micros: i64) {
        self.add(RemittableKind::Capture, id, inr(micros), RemittableStanding::Done);
    }

    fn take(&mut self, record: &Record) {
        match record {
            Record::StatementLines { first, events, .. } => {
                assert_eq!(*first, self.lines.len() as u64 + 1);
                self.lines.extend(events.iter().cloned());
            }
            Record::Findings { findings, .. } => self.findings.extend(findings.iter().cloned()),
            Record::Stated { request_ids, .. } => {
                for id in request_ids {
                    let (_, stated) = self.items.get_mut(id).expect("only what our books have is listed");
                    assert!(!*stated && self.listed.insert(id.clone()), "{id} is listed once");
                    *stated = true;
                }
            }
            Record::Released { .. } => {
                for id in std::mem::take(&mut self.listed) {
                    self.items.get_mut(&id).unwrap().1 = false;
                }
            }
            Record::FindingsCleared { .. } => self.findings.clear(),
            other => panic!("nothing of a statement: {other:?}"),
        }
    }

    fn ours(&self, id: &str) -> Ours<'_> {
        let found = |but_unknown: bool| {
            self.findings
                .iter()
                .any(|finding| finding.request_id == id && !(but_unknown && finding.kind == FindingKind::Unknown))
        };
        match self.items.get(id) {
            Some((item, stated)) => Ours::Known { item, before: *stated || found(true) },
            None if self.not_paid.contains(id) => Ours::NotPaid { before: found(false) },
            None => Ours::Unknown { before: found(false) },
        }
    }

    fn missing(&self, currency: Currency) -> BTreeMap<MissingAge, MissingSum> {
        let mut sum = MissingSum::default();
        for (item, stated) in self.items.values() {
            if !stated && item.standing == RemittableStanding::Done && item.amount.currency() == currency {
                sum.count += 1;
                let sign = if item.kind == RemittableKind::Capture { 1 } else { -1 };
                sum.ours += sign * i128::from(item.amount.micros());
            }
        }
        BTreeMap::from([(MissingAge::Due, sum)])
    }
}

/// A history with the books beside it: effects that stay in the house are carried out, those for Google are kept.
#[derive(Default)]
pub(super) struct History {
    pub(super) state: State,
    pub(super) journal: Vec<Event>,
    pub(super) effects: Vec<Effect>,
    pub(super) entries: Vec<LedgerEntry>,
    pub(super) books: Books,
    pub(super) rules: Rules,
    pub(super) schedule: Option<FeeSchedule>,
    pub(super) batch: usize,
}

impl History {
    pub(super) fn new(books: Books) -> Self {
        Self { books, batch: 100, ..Self::default() }
    }

    pub(super) fn tell(&mut self, input: &Input) -> Result<Reply, Rejection> {
        let Decision { events, effects, entries, records, reply } = Remittance::decide(&self.state, input, at(2_000))?;
        assert!(effects.len() <= events.len(), "an effect needs an event of its own: {input:?}");
        assert_eq!(unbalanced_currency(&entries), None, "{input:?}");
        self.state = events.iter().fold(std::mem::take(&mut self.state), Remittance::apply);
        self.journal.extend(events);
        self.effects.extend(effects);
        self.entries.extend(entries);
        for record in &records {
            self.books.take(record);
        }
        Ok(reply)
    }

    /// From the notification to the end of the reconciliation, with these pages.
    pub(super) fn fetch(&mut self, notice: Notice, pages: Vec<Vec<StatedEvent>>) {
        self.tell(&Input::Notify(Box::new(notice))).unwrap();
        self.tell(&Input::EarlierReplaced).unwrap();
        let last = pages.len() - 1;
        let mut offset = None;
        for (index, events) in pages.into_iter().enumerate() {
            let next_offset = (index < last).then_some(index as u64 + 1);
            self.tell(&Input::Page(Page { offset, events, next_offset, total_events: None })).unwrap();
            offset = next_offset;
        }
        self.judge();
    }

    /// Carries out what stays in the house until nothing of it is left.
    pub(super) fn judge(&mut self) {
        while let Some(effect) =
            self.effects.pop_if(|effect| Remittance::lane(effect) == crate::domain::EffectLane::House)
        {
            let input = match effect {
                Effect::Judge { round, after, .. } => self.judged(round, after),
                Effect::CountMissing { notice, round } => Input::MissingCounted {
                    round,
                    missing: self.books.missing(notice.total.currency()),
                    rules: self.rules,
                },
                Effect::ReplaceEarlier { .. } => Input::EarlierReplaced,
                Effect::FetchPage { .. } | Effect::Accept { .. } => panic!("Google's lane"),
            };
            self.tell(&input).unwrap();
        }
    }

    fn judged(&self, round: u32, after: u64) -> Input {
        let currency = self.state.notice().unwrap().total.currency();
        let mut batch = Batch::new(currency, self.schedule.as_ref(), (round, after));
        for (line, event) in (after + 1..).zip(&self.books.lines[after as usize..]).take(self.batch) {
            batch.take(line, event, self.books.ours(&event.request_id));
        }
        Input::Judged(batch.judged())
    }

    pub(super) fn found(&self) -> Vec<(u64, FindingKind)> {
        self.books.findings.iter().map(|finding| (finding.line, finding.kind)).collect()
    }

    /// What the statement's own entries come to on an account, in a currency.
    pub(super) fn booked(&self, account: &Account, code: &str) -> i128 {
        let of = |entry: &&LedgerEntry| entry.account == *account && entry.amount.currency().code() == code;
        self.entries.iter().filter(of).map(|entry| i128::from(entry.amount.micros())).sum()
    }
}

pub(super) fn approval(by: &str, reasons: &[(&str, &str)]) -> Approval {
    Approval {
        by: crate::domain::UserName::parse(by).ok(),
        held_by: crate::domain::Hands::none(),
        at: at(3_000),
        reasons: reasons.iter().map(|(about, text)| ((*about).to_owned(), (*text).to_owned())).collect(),
        modification: Modification::default(),
    }
}

pub(super) fn approve(history: &mut History, approval: Approval) -> Result<Reply, Rejection> {
    let rules = history.rules;
    let round = history.state.reconciled().map_or(0, |done| done.round);
    history.tell(&Input::Approve { approval, round, covered: BTreeMap::new(), rules })
}

/// One thing that a generated statement holds, or lacks. Amounts in minor units.
#[derive(Debug, Clone)]
enum Plant {
    Right(i64),
    RightRefund(i64),
    AmountDiffers(i64, i64),
    FeeDiffers(i64, i64),
    StatedInOtherCurrency(i64),
    OursInOtherCurrency(i64),
    Unreadable(i64),
    Again(usize),
    Unknown(i64),
    NotPaid(i64),
    RefundOpen(i64),
    RefundFailed(i64),
    WrongList(i64),
    OnAnotherStatement(i64),
    Nameless(i64),
    Missing(i64),
}

fn plant() -> impl Strategy<Value = Plant> {
    let units = || 1..1_000_000_i64;
    let off = || (1..5_000_i64).prop_flat_map(|off| prop_oneof![Just(off), Just(-off)]);
    prop_oneof![
        6 => units().prop_map(Plant::Right),
        2 => units().prop_map(Plant::RightRefund),
        1 => (units(), off()).prop_map(|(amount, off)| Plant::AmountDiffers(amount, off)),
        1 => (units(), off()).prop_map(|(amount, off)| Plant::FeeDiffers(amount, off)),
        1 => units().prop_map(Plant::StatedInOtherCurrency),
        1 => units().prop_map(Plant::OursInOtherCurrency),
        1 => units().prop_map(Plant::Unreadable),
        2 => any::<usize>().prop_map(Plant::Again),
        1 => units().prop_map(Plant::Unknown),
        1 => units().prop_map(Plant::NotPaid),
        1 => units().prop_map(Plant::RefundOpen),
        1 => units().prop_map(Plant::RefundFailed),
        1 => units().prop_map(Plant::WrongList),
        1 => units().prop_map(Plant::OnAnotherStatement),
        1 => units().prop_map(Plant::Nameless),
        1 => units().prop_map(Plant::Missing),
    ]
}

/// A statement with what has to be found on it.
#[derive(Default)]
struct Planted {
    books: Books,
    events: Vec<StatedEvent>,
    kinds: Vec<FindingKind>,
    listed: BTreeSet<String>,
    /// What our books hold in INR for what it lists.
    held: i128,
}

/// 2 % and three rupees, in whole paise for the amounts of the generator.
const SCHEDULE: FeeSchedule = FeeSchedule { part_millionths: 20_000, fixed_micros: 3_000_000, on_refunds: false };
const PAISA: i64 = 10_000;

/// The amount in micros, a multiple of half a rupee so that 2 % are whole paise, and its fee.
fn priced(units: i64) -> (i64, i64) {
    let micros = units * 50 * PAISA;
    (micros, micros / 50 + 3_000_000)
}

impl Planted {
    fn state(&mut self, event: StatedEvent, kind: FindingKind) {
        self.events.push(event);
        self.kinds.push(kind);
    }

    fn list(&mut self, id: &str, held: i64) {
        self.listed.insert(id.to_owned());
        self.held += i128::from(held);
    }

    fn plant(&mut self, plant: &Plant, fees_judged: bool) {
        use FindingKind as Kind;
        let id = format!("rq-{}-{}", self.events.len(), self.books.items.len() + self.books.not_paid.len());
        let id = id.as_str();
        match *plant {
            Plant::Right(units) => {
                let (micros, fee) = priced(units);
                self.books.captured(id, micros);
                self.list(id, micros);
                self.state(capture(id, micros, fee), Kind::Matched);
            }
            Plant::RightRefund(units) => self.refund(id, units, (RemittableStanding::Done, Kind::Matched)),
            Plant::RefundOpen(units) => self.refund(id, units, (RemittableStanding::Open, Kind::RefundNotSucceeded)),
            Plant::RefundFailed(units) => {
                self.refund(id, units, (RemittableStanding::Failed, Kind::RefundNotSucceeded));
            }
            Plant::AmountDiffers(units, off) => {
                let (micros, fee) = priced(units);
                self.books.captured(id, micros);
                self.list(id, micros);
                self.state(capture(id, micros + off * PAISA, fee), Kind::AmountDiffers);
            }
            Plant::FeeDiffers(units, off) => {
                let (micros, fee) = priced(units);
                self.books.captured(id, micros);
                self.list(id, micros);
                let stated = fee + off * PAISA;
                // Without a schedule only a fee that is none is told.
                let kind = if fees_judged || stated < 0 { Kind::FeeDiffers } else { Kind::Matched };
                self.state(capture(id, micros, stated), kind);
            }
            Plant::StatedInOtherCurrency(units) => {
                let (micros, fee) = priced(units);
                self.books.captured(id, micros);
                self.list(id, micros);
                let event = StatedEvent { currency: Currency::parse("USD").ok(), ..capture(id, micros, fee) };
                self.state(event, Kind::CurrencyDiffers);
            }
            Plant::OursInOtherCurrency(units) => {
                let (micros, fee) = priced(units);
                self.books.add(RemittableKind::Capture, id, money(micros, "USD"), RemittableStanding::Done);
                self.state(capture(id, micros, fee), Kind::CurrencyDiffers);
            }
            Plant::Unreadable(units) => {
                let (micros, fee) = priced(units);
                self.books.captured(id, micros);
                self.list(id, micros);
                let event = StatedEvent { amount_micros: None, note: Some("beyond".into()), ..capture(id, 0, fee) };
                self.state(event, Kind::Unreadable);
            }
            Plant::Again(which) => self.again(which),
            Plant::Unknown(units) => self.state(capture(id, units * PAISA, 0), Kind::Unknown),
            Plant::Nameless(units) => self.state(capture("", units * PAISA, 0), Kind::Unknown),
            Plant::NotPaid(units) => {
                self.books.not_paid.insert(id.to_owned());
                self.state(capture(id, units * PAISA, 0), Kind::NotPaid);
            }
            Plant::WrongList(units) => {
                self.books.captured(id, units * PAISA);
                self.state(stated(RemittableKind::Refund, id, -units * PAISA, 0), Kind::Unknown);
            }
            Plant::OnAnotherStatement(units) => {
                let (micros, fee) = priced(units);
                self.books.captured(id, micros);
                self.books.items.get_mut(id).unwrap().1 = true;
                self.state(capture(id, micros, fee), Kind::Duplicate);
            }
            Plant::Missing(units) => self.books.captured(id, units * PAISA),
        }
    }

    fn refund(&mut self, id: &str, units: i64, (standing, kind): (RemittableStanding, FindingKind)) {
        let micros = units * PAISA;
        self.books.add(RemittableKind::Refund, id, inr(micros), standing);
        self.list(id, if standing == RemittableStanding::Failed { 0 } else { -micros });
        self.state(stated(RemittableKind::Refund, id, -micros, 0), kind);
    }

    /// An earlier event once more.
    fn again(&mut self, which: usize) {
        let Some(index) = which.checked_rem(self.events.len()) else { return };
        let event = self.events[index].clone();
        let wrong_list = self.books.items.get(&event.request_id).is_some_and(|(item, _)| item.kind != event.kind);
        let kind = if event.amount_micros.is_none() {
            FindingKind::Unreadable
        } else if event.request_id.is_empty() || wrong_list {
            FindingKind::Unknown
        } else {
            FindingKind::Duplicate
        };
        self.state(event, kind);
    }

    fn sums(&self) -> (i64, i64) {
        let inr = Currency::parse("INR").unwrap();
        let counted = self.events.iter().filter_map(|event| event.counted(inr));
        counted.fold((0, 0), |(amount, fee), (more, its_fee)| (amount + more, fee + its_fee))
    }
}

/// How the statement's total follows from its events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Total {
    Deducted,
    Apart,
    Off,
    Miscounted,
}

fn check(plants: &[Plant], (total, fees_judged): (Total, bool), (page, batch): (usize, usize)) {
    let mut planted = Planted::default();
    for plant in plants {
        planted.plant(plant, fees_judged);
    }
    let (amount, fee) = planted.sums();
    let stated_total = match total {
        Total::Deducted | Total::Miscounted => amount - fee,
        Total::Apart => amount,
        Total::Off => amount - fee + 1,
    };
    let count = planted.events.len() as u64 + u64::from(total == Total::Miscounted);
    let mut history = History::new(planted.books.clone());
    history.batch = batch;
    history.schedule = fees_judged.then_some(SCHEDULE);
    let mut pages: Vec<Vec<StatedEvent>> = planted.events.chunks(page).map(<[_]>::to_vec).collect();
    if pages.is_empty() {
        pages.push(Vec::new());
    }
    let missing_before = history.books.missing(inr(0).currency());
    history.fetch(notice(inr(stated_total), Some(count)), pages);
    check_findings(&history, &planted, total);
    check_missing(&history, &planted, missing_before[&MissingAge::Due]);
    check_money(history, &planted, total);
}

fn check_findings(history: &History, planted: &Planted, total: Total) {
    let expected: Vec<(u64, FindingKind)> =
        (1..).zip(planted.kinds.iter().copied()).filter(|(_, kind)| *kind != FindingKind::Matched).collect();
    assert_eq!(history.found(), expected, "exactly the planted differences");
    assert_eq!(history.books.listed, planted.listed);
    let tally = &history.state.reconciled().expect("it is reconciled").tally;
    for kind in FindingKind::ALL {
        let planted = planted.kinds.iter().filter(|planted| **planted == kind).count();
        assert_eq!(tally.kinds.get(&kind).map_or(0, |sum| sum.count), planted as u64, "{kind:?}");
    }
    let adds_up = matches!(total, Total::Deducted | Total::Apart);
    let name = if expected.is_empty() && adds_up { "Matched" } else { "Disputed" };
    assert_eq!(history.state.name(), name);
}

fn check_missing(history: &History, planted: &Planted, before: MissingSum) {
    let inr = inr(0).currency();
    let done = planted.listed.iter().filter(|id| history.books.items[*id].0.standing == RemittableStanding::Done);
    let after = history.books.missing(inr)[&MissingAge::Due];
    assert_eq!(after.count, before.count - done.count() as u64, "what is listed is missing no more");
    assert_eq!(history.state.reconciled().unwrap().tally.missing[&MissingAge::Due], after);
}

/// It can be accepted with a reason for each difference, and with none less; then nothing is owed for what it lists.
fn check_money(mut history: History, planted: &Planted, total: Total) {
    let differences: BTreeSet<FindingKind> =
        planted.kinds.iter().copied().filter(|kind| *kind != FindingKind::Matched).collect();
    let reasons: Vec<(&str, &str)> = differences.iter().map(|kind| (kind.as_str(), "seen")).collect();
    match (total, reasons.split_last()) {
        (Total::Off | Total::Miscounted, _) => {
            let refused = approve(&mut history, approval("ann", &reasons));
            assert!(matches!(refused, Err(Rejection::DoesNotAddUp(_))), "{refused:?}");
            return;
        }
        (Total::Deducted | Total::Apart, Some(((_, _), fewer))) => {
            let last = *differences.last().unwrap();
            let refused = approve(&mut history, approval("ann", fewer));
            assert_eq!(refused, Err(Rejection::Unexplained(vec![last])));
        }
        (Total::Deducted | Total::Apart, None) => {}
    }
    approve(&mut history, approval("ann", &reasons)).unwrap();
    let due = history.state.acceptance().expect("it is accepted").due();
    let transfer = TransactionId::parse("01930d2c-7a44-8000-8000-0123456789ad").unwrap();
    let taken = history.tell(&Input::Transferred { transfer, number: 1, amount: due, at: at(5_000) });
    assert_eq!(taken, Ok(Reply::TransferTaken));
    let payable = history.booked(&Account::PayableToGoogle(piaid()), "INR");
    assert_eq!(payable - planted.held, 0, "nothing is owed any more for what the statement lists");
    assert_eq!(history.journal.iter().fold(State::default(), Remittance::apply), history.state);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn rem_6_reconciliation_finds_exactly_what_was_planted(
        plants in prop::collection::vec(plant(), 0..12),
        total in prop_oneof![4 => Just(Total::Deducted), 2 => Just(Total::Apart), 1 => Just(Total::Off), 1 => Just(Total::Miscounted)],
        fees_judged in any::<bool>(),
        sizes in (1..7_usize, 1..7_usize),
    ) {
        check(&plants, (total, fees_judged), sizes);
    }
}
