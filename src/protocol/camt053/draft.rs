//! One `Ntry` of a statement: gathered member by member, then judged and taken apart.

use super::amount::amount;
use super::error::BankStatementProblem as Problem;
use crate::domain::Money;
use crate::domain::bank_transfer::{BankDay, BankEntry, Direction};

/// The most payments of one batch: they are kept until their sum is known.
const MOST_PAYMENTS: usize = 50_000;
/// The most that the texts of one entry may come to while it is read, in bytes.
const MOST_GATHERED: usize = 16 * 1024 * 1024;
/// The most text that a transfer takes along, in bytes: of a batch that is not taken apart, the beginning.
const MOST_TEXTS: usize = 16 * 1024;

/// One member of the statement, as it stands in the file.
pub(super) struct Member<'x> {
    /// Its text.
    pub text: String,
    /// Its `Ccy`.
    pub currency: Option<&'x str>,
}

/// Where an entry stands with the bank (`Sts`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    /// `BOOK`: it counts.
    Booked,
    /// `PDNG`.
    Pending,
    /// `INFO`.
    Information,
    /// Any other, for example `FUTR`.
    Other,
}

/// What was read of an entry so far.
#[derive(Default)]
pub(super) struct EntryDraft {
    entry_reference: Option<String>,
    servicer_reference: Option<String>,
    amount: Option<Money>,
    direction: Option<Direction>,
    reversal: Option<bool>,
    status: Option<Status>,
    booked_on: Option<BankDay>,
    valued_on: Option<BankDay>,
    texts: Vec<String>,
    payments: Vec<Payment>,
    gathered: usize,
}

/// What was read of one `TxDtls`.
#[derive(Default)]
struct Payment {
    /// In the entry's currency: `Amt`, or else `AmtDtls/TxAmt/Amt`.
    amount: Option<Money>,
    underlying: Option<Money>,
    direction: Option<Direction>,
    servicer_reference: Option<String>,
    end_to_end: Vec<String>,
    texts: Vec<String>,
    debtor: Option<String>,
    creditor: Option<String>,
}

/// Fills a member that may stand once.
pub(super) fn once<T>(member: &mut Option<T>, value: T) -> Result<(), Problem> {
    match member.replace(value) {
        Some(_) => Err(Problem::Repeated),
        None => Ok(()),
    }
}

/// `CdtDbtInd`.
pub(super) fn direction(text: &str) -> Result<Direction, Problem> {
    match text {
        "CRDT" => Ok(Direction::Came),
        "DBIT" => Ok(Direction::Left),
        other => Err(Problem::not_a("CRDT or DBIT", other)),
    }
}

fn day(text: &str) -> Result<BankDay, Problem> {
    // `Dt` may have a time zone behind it, `DtTm` has a time: both name the bank's own day first.
    text.get(..10).and_then(BankDay::parse).ok_or_else(|| Problem::not_a("a day (YYYY-MM-DD)", text))
}

fn reference(text: String) -> Option<String> {
    // What banks write where they have nothing to say.
    let nothing = ["", "NONREF", "NOTPROVIDED"].iter().any(|word| text.eq_ignore_ascii_case(word));
    (!nothing).then_some(text)
}

impl EntryDraft {
    /// A payment of the entry begins.
    pub(super) fn begin_payment(&mut self) -> Result<(), Problem> {
        if self.payments.len() >= MOST_PAYMENTS {
            return Err(Problem::TooMany { what: "payments in one entry", limit: MOST_PAYMENTS });
        }
        self.payments.push(Payment::default());
        Ok(())
    }

    /// Takes the member at `path`, which begins below `Ntry`. Members that nobody needs are passed over unread.
    pub(super) fn take<'x>(
        &mut self,
        path: &str,
        member: impl FnOnce() -> Result<Member<'x>, Problem>,
    ) -> Result<(), Problem> {
        if let Some(below) = path.strip_prefix("NtryDtls/TxDtls/") {
            return self.take_of_payment(below, member);
        }
        match path {
            "NtryRef" => {
                let text = member()?.text;
                self.gather(text.len())?;
                once(&mut self.entry_reference, text)
            }
            "AcctSvcrRef" => once(&mut self.servicer_reference, member()?.text),
            "Amt" => {
                let member = member()?;
                once(&mut self.amount, amount(&member.text, member.currency)?)
            }
            "CdtDbtInd" => once(&mut self.direction, direction(&member()?.text)?),
            "RvslInd" => match member()?.text.as_str() {
                "true" | "1" => once(&mut self.reversal, true),
                "false" | "0" => once(&mut self.reversal, false),
                other => Err(Problem::not_a("true or false", other)),
            },
            // Up to version 7 the code itself, from version 8 on a choice.
            "Sts" | "Sts/Cd" => {
                let status = match member()?.text.as_str() {
                    "BOOK" => Status::Booked,
                    "PDNG" => Status::Pending,
                    "INFO" => Status::Information,
                    _ => Status::Other,
                };
                once(&mut self.status, status)
            }
            "Sts/Prtry" => once(&mut self.status, Status::Other),
            "BookgDt/Dt" | "BookgDt/DtTm" => once(&mut self.booked_on, day(&member()?.text)?),
            "ValDt/Dt" | "ValDt/DtTm" => once(&mut self.valued_on, day(&member()?.text)?),
            "AddtlNtryInf" => {
                let text = member()?.text;
                self.gather(text.len())?;
                self.texts.push(text);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn take_of_payment<'x>(
        &mut self,
        path: &str,
        member: impl FnOnce() -> Result<Member<'x>, Problem>,
    ) -> Result<(), Problem> {
        let entry_currency = self.amount.map(|amount| amount.currency());
        let Some(payment) = self.payments.last_mut() else { return Ok(()) };
        let text = match path {
            "Amt" | "AmtDtls/TxAmt/Amt" => {
                let into = if path == "Amt" { &mut payment.amount } else { &mut payment.underlying };
                let currency =
                    entry_currency.ok_or(Problem::Missing("the entry's amount before those of its payments"))?;
                let member = member()?;
                // What was paid in another currency says nothing about this account.
                return if member.currency == Some(currency.code()) {
                    once(into, amount(&member.text, member.currency)?)
                } else {
                    Ok(())
                };
            }
            "CdtDbtInd" => return once(&mut payment.direction, direction(&member()?.text)?),
            "Refs/AcctSvcrRef" => {
                let text = member()?.text;
                once(&mut payment.servicer_reference, text.clone())?;
                text.len()
            }
            "Refs/EndToEndId" => match reference(member()?.text) {
                Some(text) => push(&mut payment.end_to_end, text),
                None => 0,
            },
            // From version 8 on a party stands one element deeper.
            "RltdPties/Dbtr/Nm" | "RltdPties/Dbtr/Pty/Nm" => {
                let text = member()?.text;
                once(&mut payment.debtor, text.clone())?;
                text.len()
            }
            "RltdPties/Cdtr/Nm" | "RltdPties/Cdtr/Pty/Nm" => {
                let text = member()?.text;
                once(&mut payment.creditor, text.clone())?;
                text.len()
            }
            "RmtInf/Ustrd" | "RmtInf/Strd/CdtrRefInf/Ref" | "RmtInf/Strd/AddtlRmtInf" | "AddtlTxInf" => {
                push(&mut payment.texts, member()?.text)
            }
            _ => return Ok(()),
        };
        self.gather(text)
    }

    fn gather(&mut self, bytes: usize) -> Result<(), Problem> {
        self.gathered = self.gathered.saturating_add(bytes);
        if self.gathered > MOST_GATHERED {
            return Err(Problem::TooMany { what: "bytes of text in one entry", limit: MOST_GATHERED });
        }
        Ok(())
    }

    /// Judges the complete entry.
    pub(super) fn finish(self) -> Result<Judged, Problem> {
        let status = self.status.ok_or(Problem::Missing("Sts"))?;
        let amount = self.amount.ok_or(Problem::Missing("Amt"))?;
        let direction = self.direction.ok_or(Problem::Missing("CdtDbtInd"))?;
        if status != Status::Booked {
            return Ok(Judged::PassedOver(status));
        }
        let mut booked = BookedEntry {
            amount,
            direction,
            reversal: self.reversal.unwrap_or(false),
            entry_reference: self.entry_reference.and_then(reference),
            servicer_reference: self.servicer_reference.and_then(reference),
            booked_on: self.booked_on.or(self.valued_on).ok_or(Problem::Missing("BookgDt"))?,
            valued_on: self.valued_on,
            texts: self.texts,
            batch: false,
            next: 0,
            payments: Vec::new().into_iter(),
        };
        let stated = self.payments.iter().filter(|payment| payment.amount.or(payment.underlying).is_some()).count();
        if self.payments.len() > 1 && stated > 0 {
            adds_up(&self.payments, stated, &booked)?;
            booked.batch = true;
            booked.payments = self.payments.into_iter();
        } else {
            // What the one payment states may be before charges or exchange: what is booked is what moved.
            booked.payments = vec![merged(self.payments)].into_iter();
        }
        Ok(Judged::Booked(booked))
    }
}

/// Adds a text, and says how much it is.
fn push(texts: &mut Vec<String>, text: String) -> usize {
    // Beside the text itself, what it takes to keep one.
    let size = text.len() + size_of::<String>();
    texts.push(text);
    size
}

/// The payments of an entry that is not taken apart, as one.
fn merged(payments: Vec<Payment>) -> Payment {
    let mut payments = payments.into_iter();
    let mut one = payments.next().unwrap_or_default();
    (one.amount, one.underlying, one.direction) = (None, None, None);
    for more in payments {
        one.texts.extend(more.texts);
        one.end_to_end.extend(more.end_to_end);
        // With several there is no one counterparty, and no one reference.
        (one.debtor, one.creditor, one.servicer_reference) = (None, None, None);
    }
    one
}

fn adds_up(payments: &[Payment], stated: usize, booked: &BookedEntry) -> Result<(), Problem> {
    let together = payments
        .iter()
        .filter_map(|payment| {
            let amount = payment.amount.or(payment.underlying)?;
            Some(signed(amount, payment.direction.unwrap_or(booked.direction)))
        })
        .sum();
    if stated == payments.len() && together == booked.signed() {
        return Ok(());
    }
    Err(Problem::BatchDiffers {
        payments: payments.len(),
        stated,
        currency: booked.amount.currency(),
        together,
        booked: booked.signed(),
    })
}

/// In micros; positive is a credit.
pub(super) fn signed(amount: Money, direction: Direction) -> i128 {
    match direction {
        Direction::Came => i128::from(amount.micros()),
        Direction::Left => -i128::from(amount.micros()),
    }
}

/// What an entry turned out to be.
pub(super) enum Judged {
    /// Money moved.
    Booked(BookedEntry),
    /// It did not, or not yet.
    PassedOver(Status),
}

/// A booked entry, which yields its transfers one after the other.
pub(super) struct BookedEntry {
    amount: Money,
    direction: Direction,
    reversal: bool,
    entry_reference: Option<String>,
    servicer_reference: Option<String>,
    booked_on: BankDay,
    valued_on: Option<BankDay>,
    texts: Vec<String>,
    batch: bool,
    next: u32,
    payments: std::vec::IntoIter<Payment>,
}

impl BookedEntry {
    /// The entry's amount.
    pub(super) const fn amount(&self) -> Money {
        self.amount
    }

    /// In micros; positive is a credit.
    pub(super) fn signed(&self) -> i128 {
        signed(self.amount, self.direction)
    }

    /// The next transfer; its statement, account and ordinal are left to the caller. A transfer of nothing is left out.
    pub(super) fn next_transfer(&mut self) -> Option<BankEntry> {
        loop {
            let payment = self.payments.next()?;
            self.next = self.next.saturating_add(1);
            let amount = payment.amount.or(payment.underlying).unwrap_or(self.amount);
            if amount.micros() > 0 {
                return Some(self.transfer(payment, amount));
            }
        }
    }

    fn transfer(&self, payment: Payment, amount: Money) -> BankEntry {
        let direction = payment.direction.unwrap_or(self.direction);
        // In what is taken back, the parties are those of the original: who paid us there gets the money here.
        let we_were_paid = (direction == Direction::Came) != self.reversal;
        let texts = payment.texts.into_iter().chain(self.texts.iter().cloned());
        BankEntry {
            statement: String::new(),
            account: String::new(),
            servicer_reference: self
                .servicer_reference
                .clone()
                .or_else(|| payment.servicer_reference.and_then(reference)),
            entry_reference: self.entry_reference.clone(),
            part: if self.batch { self.next } else { 0 },
            ordinal: 0,
            direction,
            reversal: self.reversal,
            amount,
            booked_on: self.booked_on,
            valued_on: self.valued_on,
            end_to_end: beginning(payment.end_to_end),
            texts: beginning(texts),
            counterparty: if we_were_paid { payment.debtor } else { payment.creditor }.filter(|name| !name.is_empty()),
        }
    }
}

/// As many texts as a transfer takes along.
fn beginning(texts: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut left = MOST_TEXTS;
    let fits = |text: &String| {
        left = left.saturating_sub(text.len() + 1);
        left > 0
    };
    texts.into_iter().filter(|text| !text.is_empty()).take_while(fits).collect()
}
