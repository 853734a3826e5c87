//! The statements that a transfer may pay, by their memo lines.

use std::collections::HashMap;

use crate::domain::bank_transfer::{BankEntry, NamedMemo, named_memo, normalised_memo};
use crate::domain::remittance::{Acceptance, State};
use crate::domain::{Money, Timestamp, TransactionId};
use crate::storage::{StatementRow, StorageError, Store};

/// So long after its payment a statement's memo is still recognised: whoever pays twice does so soon.
const PAID_RECOGNISED_MS: i64 = 100 * 24 * 3_600 * 1_000;

/// How far a statement is, the better candidate first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Progress {
    /// It waits for its transfer.
    Accepted,
    /// Nobody has accepted it yet.
    Open,
    /// A transfer has paid it.
    Paid,
}

/// A statement that a memo names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Payable {
    /// Our id.
    pub(super) id: TransactionId,
    progress: Progress,
    due: Money,
}

impl Payable {
    /// Whether it would take a transfer of this amount now, as far as was seen.
    pub(super) fn takes(&self, amount: Money) -> bool {
        self.progress == Progress::Accepted && self.due == amount
    }
}

/// All of them, as they stood when an import began. There are few: one per account and billing period.
#[derive(Debug, Default)]
pub(super) struct Payables(HashMap<String, Vec<Payable>>);

impl Payables {
    pub(super) async fn load(store: &Store, now: Timestamp) -> Result<Self, StorageError> {
        Ok(Self::of(&store.payable_statements(now.plus_millis(-PAID_RECOGNISED_MS)).await?))
    }

    fn of(rows: &[StatementRow]) -> Self {
        let mut payables = Self::default();
        for row in rows {
            let progress = match &row.state {
                State::Unheard | State::Replaced { .. } => continue,
                State::Notified(_)
                | State::Fetching { .. }
                | State::Reconciling { .. }
                | State::Matched(_)
                | State::Disputed(_) => Progress::Open,
                State::Accepted(_) | State::AcceptedWithModifications(_) => Progress::Accepted,
                State::Paid { .. } => Progress::Paid,
            };
            let Some(notice) = row.state.notice() else { continue };
            let due = row.state.acceptance().map_or(notice.total, Acceptance::due);
            payables.0.entry(normalised_memo(notice.memo())).or_default().push(Payable { id: row.id, progress, due });
        }
        payables
    }

    /// The statement that an entry's memo names. Where several have the same memo, the one that is furthest on its way to be
    /// paid; of several that wait for their transfers, the one of this amount. `None` where that is not one alone.
    pub(super) fn named(&self, entry: &BankEntry) -> Option<Payable> {
        let words = entry.words();
        let NamedMemo::One(memo) = named_memo(&words, self.0.keys().map(String::as_str)) else { return None };
        let all = self.0.get(memo)?;
        let best = all.iter().map(|payable| payable.progress).min()?;
        let best: Vec<&Payable> = all.iter().filter(|payable| payable.progress == best).collect();
        let fitting = || {
            let mut fitting = best.iter().filter(|payable| payable.due == entry.paid_by_us());
            fitting.next().filter(|_| fitting.next().is_none())
        };
        match best.as_slice() {
            [one] => Some(**one),
            [..] => fitting().map(|payable| **payable),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Currency;
    use crate::domain::bank_transfer::{BankDay, Direction};

    const MEMO: &str = "STMT1ABPP0INVISI";

    fn payable(id: u128, progress: Progress, micros: i64) -> Payable {
        let id = TransactionId::from_uuid(uuid::Uuid::from_u128(id));
        Payable { id, progress, due: Money::new(micros, Currency::parse("EUR").unwrap()) }
    }

    fn named(payables: &[Payable], text: &str) -> Option<u128> {
        let payables = Payables(HashMap::from([(MEMO.to_owned(), payables.to_vec())]));
        let entry = BankEntry {
            statement: "S1".to_owned(),
            account: "DE02".to_owned(),
            servicer_reference: None,
            entry_reference: None,
            part: 0,
            ordinal: 0,
            direction: Direction::Left,
            reversal: false,
            amount: Money::new(7, Currency::parse("EUR").unwrap()),
            booked_on: BankDay::parse("2026-11-07").unwrap(),
            valued_on: None,
            end_to_end: Vec::new(),
            texts: vec![text.to_owned()],
            counterparty: None,
        };
        payables.named(&entry).map(|payable| payable.id.as_uuid().as_u128())
    }

    #[test]
    fn the_statement_that_waits_for_its_transfer_is_meant() {
        let (accepted, open, paid) =
            (payable(1, Progress::Accepted, 8), payable(2, Progress::Open, 7), payable(3, Progress::Paid, 7));
        assert_eq!(named(&[paid, open, accepted], "stmt-1AB-pp0-invisi"), Some(1), "whatever the amounts");
        assert_eq!(named(&[paid, open], "stmt-1AB-pp0-invisi"), Some(2));
        assert_eq!(named(&[paid], "stmt-1AB-pp0-invisi"), Some(3));
        assert_eq!(named(&[accepted], "stmt-1AB-pp0"), None);
    }

    #[test]
    fn of_several_the_amount_decides_or_a_person() {
        let two = [payable(1, Progress::Accepted, 8), payable(2, Progress::Accepted, 7)];
        assert_eq!(named(&two, "stmt-1AB-pp0-invisi"), Some(2));
        let alike = [payable(1, Progress::Accepted, 7), payable(2, Progress::Accepted, 7)];
        assert_eq!(named(&alike, "stmt-1AB-pp0-invisi"), None);
        let neither = [payable(1, Progress::Accepted, 8), payable(2, Progress::Accepted, 9)];
        assert_eq!(named(&neither, "stmt-1AB-pp0-invisi"), None);
    }

    #[test]
    fn only_what_is_accepted_takes_a_transfer_of_its_amount() {
        let amount = payable(1, Progress::Open, 7).due;
        assert!(payable(1, Progress::Accepted, 7).takes(amount));
        assert!(!payable(1, Progress::Accepted, 8).takes(amount));
        assert!(!payable(1, Progress::Open, 7).takes(amount));
        assert!(!payable(1, Progress::Paid, 7).takes(amount));
    }
}
