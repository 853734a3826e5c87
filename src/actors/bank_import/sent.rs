//! The payouts that a transfer may be: sent by the processor to us, or by us to a merchant.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use crate::domain::bank_transfer::{BankEntry, mentions, normalised_memo};
use crate::domain::payout::State;
use crate::domain::{Money, Timestamp, TransactionId};
use crate::storage::{PayoutRow, StorageError, Store};

/// So long after it was sent a payout is still recognised.
const RECOGNISED_MS: i64 = 100 * 24 * 3_600 * 1_000;

/// A payout that was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Sent {
    id: TransactionId,
    /// Its letters and digits.
    reference: String,
    /// As the bank sees it: positive when we paid.
    paid_by_us: Money,
}

/// All of them, as they stood when an import began. Each is one transfer.
#[derive(Debug, Default)]
pub(super) struct SentPayouts {
    sent: Vec<Sent>,
    /// Those that a transfer was recognised as.
    explained: Mutex<HashSet<TransactionId>>,
}

impl SentPayouts {
    pub(super) async fn load(store: &Store, now: Timestamp) -> Result<Self, StorageError> {
        let since = now.plus_millis(-RECOGNISED_MS);
        let explained = store.explained_payouts(since).await?;
        Ok(Self::of(&store.sent_payouts(since).await?, explained))
    }

    fn of(rows: &[PayoutRow], explained: HashSet<TransactionId>) -> Self {
        let sent = |row: &PayoutRow| {
            let (reference, paid_by_us) = match &row.state {
                State::Paid { payout } => (&payout.reference, payout.amount.negated()),
                State::Recorded { payout } => (&payout.reference, payout.amount),
                State::Unheard | State::Failed { .. } | State::Closed { .. } | State::TakenBack { .. } => return None,
            };
            Some(Sent { id: row.id, reference: normalised_memo(reference.as_str()), paid_by_us })
        };
        Self { sent: rows.iter().filter_map(sent).collect(), explained: Mutex::new(explained) }
    }

    /// A transfer is this payout already: no other one is.
    pub(super) fn know(&self, payout: TransactionId) {
        self.explained.lock().unwrap_or_else(PoisonError::into_inner).insert(payout);
    }

    /// The one payout whose reference stands in an entry of its amount, if no other transfer has it: it is this one's from
    /// now on. Where there are several a person has to look.
    pub(super) fn take(&self, entry: &BankEntry) -> Option<TransactionId> {
        let (words, amount) = (entry.words(), entry.paid_by_us());
        if entry.reversal {
            return None;
        }
        let mut fitting =
            self.sent.iter().filter(|sent| sent.paid_by_us == amount && mentions(&words, &sent.reference));
        let found = fitting.next().filter(|_| fitting.next().is_none())?.id;
        let mut explained = self.explained.lock().unwrap_or_else(PoisonError::into_inner);
        explained.insert(found).then_some(found)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::domain::Currency;
    use crate::domain::bank_transfer::{BankDay, Direction};
    use crate::domain::payout::{PayoutReference, ProcessorPayout};

    fn usd(micros: i64) -> Money {
        Money::new(micros, Currency::parse("USD").unwrap())
    }

    fn id(number: u128) -> TransactionId {
        TransactionId::from_uuid(uuid::Uuid::from_u128(number))
    }

    fn paid(number: u128, reference: &str, micros: i64) -> PayoutRow {
        let at = Timestamp::from_secs(1_794_009_600);
        let reference = PayoutReference::parse(reference).unwrap();
        let payout = Arc::new(ProcessorPayout { reference, amount: usd(micros), arrives_at: at });
        PayoutRow { id: id(number), state: State::Paid { payout }, created_at: at, updated_at: at }
    }

    fn entry(text: &str, direction: Direction, micros: i64) -> BankEntry {
        BankEntry {
            statement: "S1".to_owned(),
            account: "DE02".to_owned(),
            servicer_reference: None,
            entry_reference: None,
            part: 0,
            ordinal: 0,
            direction,
            reversal: false,
            amount: usd(micros),
            booked_on: BankDay::parse("2026-11-07").unwrap(),
            valued_on: None,
            end_to_end: Vec::new(),
            texts: vec![text.to_owned()],
            counterparty: None,
        }
    }

    #[test]
    fn reference_and_amount_together_name_one_payout_once() {
        let rows = [paid(1, "po_1AbC", 5), paid(2, "po_2", 5), paid(3, "po_3", 7), paid(4, "po-3", 7)];
        let known = || SentPayouts::of(&rows, HashSet::new());
        let came = |text, micros| entry(text, Direction::Came, micros);
        assert_eq!(known().take(&came("STRIPE PO 1ABC", 5)), Some(id(1)));
        assert_eq!(known().take(&came("STRIPE po_1AbC", 6)), None, "another amount");
        assert_eq!(known().take(&entry("po_1AbC", Direction::Left, 5)), None, "the other way");
        assert_eq!(known().take(&came("po_1AbCd", 5)), None, "a part of a word");
        assert_eq!(known().take(&came("STRIPE", 5)), None, "an amount alone says nothing");
        assert_eq!(known().take(&came("po_1AbC po_2", 5)), None, "two of them");
        assert_eq!(known().take(&came("po_3", 7)), None, "two that are written alike");
        let reversal = BankEntry { reversal: true, ..came("po_1AbC", 5) };
        assert_eq!(known().take(&reversal), None);
        let once = known();
        assert_eq!((once.take(&came("po_2", 5)), once.take(&came("po_2", 5))), (Some(id(2)), None));
        let other = known();
        other.know(id(2));
        assert_eq!(other.take(&came("po_2", 5)), None, "another import was faster");
        assert_eq!(SentPayouts::of(&rows, HashSet::from([id(2)])).take(&came("po_2", 5)), None);
    }
}
