//! One booked entry of our bank account, as the bank's statement (ISO 20022 camt.053) tells it.

use std::fmt;

use crate::domain::{Money, Timestamp, TransactionId};

/// Which way the money went, seen from our account (`CdtDbtInd`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// It came: a credit.
    Came,
    /// It left: a debit.
    Left,
}

/// Days from the first of March of the year 0 to the Unix epoch.
const TO_EPOCH: i64 = 719_468;

/// A day of the bank's calendar. The bank's own days: a time of day or a time zone beside it says nothing more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BankDay {
    year: u16,
    month: u8,
    day: u8,
}

impl BankDay {
    /// Parses `YYYY-MM-DD` of the years 1900 to 9999; `None` for anything else and for days that do not exist.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let mut number = |digits: usize| {
            let part = parts.next()?;
            (part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit()))
                .then(|| part.parse::<u16>().ok())?
        };
        let (year, month, day) = (number(4)?, number(2)?, number(2)?);
        let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let longest = match month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 if leap => 29,
            2 => 28,
            0 | 13.. => return None,
        };
        let exists = parts.next().is_none() && year >= 1900 && (1..=longest).contains(&day);
        exists.then_some(Self { year, month: month as u8, day: day as u8 })
    }

    /// Midnight UTC at its beginning.
    pub fn begins(self) -> Timestamp {
        // Years that begin in March, so that the day that comes and goes is the last one.
        let (year, month) = match self.month {
            1 | 2 => (i64::from(self.year) - 1, i64::from(self.month) + 9),
            3.. | 0 => (i64::from(self.year), i64::from(self.month) - 3),
        };
        let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + i64::from(self.day) - 1;
        Timestamp::from_secs((days - TO_EPOCH) * 86_400)
    }
}

impl fmt::Display for BankDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

/// One booked entry, or one payment of a batch that was booked as one entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BankEntry {
    /// The bank's id of its statement (`Stmt/Id`).
    pub statement: String,
    /// Our account: the IBAN, or the bank's own id of it.
    pub account: String,
    /// The bank's reference of this entry (`AcctSvcrRef`): unique in the account.
    pub servicer_reference: Option<String>,
    /// The reference of the entry in its statement (`NtryRef`): with some banks only a number.
    pub entry_reference: Option<String>,
    /// Which payment of a batch this is, from 1; 0 for an entry that is not taken apart.
    pub part: u32,
    /// How many entries that nothing distinguishes from this one stand before it in its statement; always 0 where the
    /// bank gives a reference of its own.
    pub ordinal: u32,
    /// Which way the money went.
    pub direction: Direction,
    /// It takes back an earlier entry (`RvslInd`). The direction is that of the taking back.
    pub reversal: bool,
    /// How much; positive.
    pub amount: Money,
    /// When it was booked.
    pub booked_on: BankDay,
    /// From when it bears interest.
    pub valued_on: Option<BankDay>,
    /// What the payer named it (`EndToEndId`).
    pub end_to_end: Vec<String>,
    /// What was written on it, in order.
    pub texts: Vec<String>,
    /// Who paid, or was paid.
    pub counterparty: Option<String>,
}

impl BankEntry {
    /// The amount with its sign: positive when we paid, negative when we were paid.
    pub const fn paid_by_us(&self) -> Money {
        match self.direction {
            Direction::Left => self.amount,
            Direction::Came => self.amount.negated(),
        }
    }

    /// Everything in which a memo line may stand: the texts, and the payer's own references.
    pub fn words(&self) -> Vec<&str> {
        self.texts.iter().chain(&self.end_to_end).map(String::as_str).collect()
    }
}

/// A booked entry under our id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transfer {
    /// Derived from the entry, so that an import that is done again meets the same rows.
    pub id: TransactionId,
    /// What the bank says.
    pub entry: BankEntry,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_exist_and_begin_at_midnight() {
        for (text, secs) in [
            ("1970-01-01", 0),
            ("1969-12-31", -86_400),
            ("2000-02-29", 951_782_400),
            ("2024-02-29", 1_709_164_800),
            ("2024-03-01", 1_709_251_200),
            ("2026-11-07", 1_794_009_600),
            ("2100-03-01", 4_107_542_400),
        ] {
            let day = BankDay::parse(text).unwrap();
            assert_eq!((day.to_string().as_str(), day.begins()), (text, Timestamp::from_secs(secs)), "{text}");
        }
    }

    #[test]
    fn days_that_do_not_exist_are_refused() {
        for text in [
            "",
            "2026-11",
            "2026-11-7",
            "2026-02-29",
            "1900-02-29",
            "2026-13-01",
            "2026-00-01",
            "2026-01-00",
            "2026-04-31",
            "0000-01-01",
            "+026-01-01",
            "2026-01-01Z",
            "2026-01-01-01",
            "٢٠٢٦-01-01",
        ] {
            assert_eq!(BankDay::parse(text), None, "{text}");
        }
    }
}
