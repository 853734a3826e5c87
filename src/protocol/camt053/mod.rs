//! Bank statements: ISO 20022 camt.053, BankToCustomerStatement, of the versions 001.02 to 001.13.
//!
//! The file is read as a stream: one entry at a time, in memory that does not grow with it. Elements are matched by their
//! local names and paths; what the versions do differently (`Sts`, parties) is read either way. Only booked entries count;
//! pending ones and mere information are passed over and counted. The direction is that of `CdtDbtInd`, also with `RvslInd`:
//! a credit with it takes back a debit (ISO 20022, ReversalIndicator).
//!
//! Architecture invariant: a document type, an entity of the file's own, another encoding than UTF-8, a nesting or a text
//! without end are refused before they cost anything.

mod amount;
mod balance;
mod draft;
mod error;
#[cfg(test)]
mod proof;
mod xml;

use std::collections::HashMap;
use std::io::BufRead;

pub use balance::BalanceCheck;
pub use error::{BankStatementProblem, InvalidBankStatement, Place};

use crate::crypto;
use crate::domain::TransactionId;
use crate::domain::bank_transfer::{BankEntry, Transfer};
use balance::Balances;
use draft::{BookedEntry, EntryDraft, Judged, Member, Status, once};
use error::BankStatementProblem as Problem;
use xml::{Token, Xml};

/// The most entries of one statement without a reference of the bank's own: identical ones are told apart by counting.
const MOST_UNREFERENCED: usize = 500_000;

/// What a bank statement file holds, in its order.
#[derive(Debug, Clone, PartialEq)]
pub enum BankStatementItem {
    /// A booked entry, or one payment of a batch, under its id.
    Transfer(Box<Transfer>),
    /// A statement is complete.
    Closed(StatementClose),
}

/// What a statement came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementClose {
    /// The bank's id of it.
    pub statement: String,
    /// Our account.
    pub account: String,
    /// Entries that are booked.
    pub booked: u64,
    /// Transfers that were handed out: a batch has several, an entry of nothing has none.
    pub transfers: u64,
    /// Entries that do not count.
    pub passed_over: PassedOver,
    /// Whether the entries explain the balances.
    pub balance: BalanceCheck,
}

/// Entries that do not count, by their status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PassedOver {
    /// `PDNG`: expected, not booked.
    pub pending: u64,
    /// `INFO`: never to be booked.
    pub information: u64,
    /// Any other status.
    pub other: u64,
}

/// Reads a bank statement file entry by entry. After an error it is exhausted.
///
/// The file may turn out to be broken at its very end: whoever must not take half a file reads it to the end first.
pub struct BankStatementReader<R> {
    xml: Xml<R>,
    statement: Option<Statement>,
    statements: u64,
    booked: Option<BookedEntry>,
    complete: bool,
}

/// The statement that is being read.
#[derive(Default)]
struct Statement {
    id: Option<String>,
    iban: Option<String>,
    other_account: Option<String>,
    balances: Balances,
    entry: Option<EntryDraft>,
    entries: u64,
    booked: u64,
    transfers: u64,
    passed_over: PassedOver,
    unreferenced: HashMap<TransactionId, u32>,
}

const STATEMENT: &str = "Document/BkToCstmrStmt/Stmt";

impl<R: BufRead> BankStatementReader<R> {
    /// Begins to read. The bytes are unverified.
    pub fn new(unverified: R) -> Self {
        Self { xml: Xml::new(unverified), statement: None, statements: 0, booked: None, complete: false }
    }

    fn read_on(&mut self) -> Result<Option<BankStatementItem>, Problem> {
        loop {
            if let (Some(booked), Some(statement)) = (&mut self.booked, &mut self.statement) {
                if let Some(entry) = booked.next_transfer() {
                    return Ok(Some(BankStatementItem::Transfer(Box::new(statement.complete(entry)?))));
                }
                self.booked = None;
            }
            match self.xml.next()? {
                Token::Open => self.begin()?,
                Token::Close { leaf } => {
                    if let Some(close) = self.end(leaf)? {
                        return Ok(Some(BankStatementItem::Closed(close)));
                    }
                }
                Token::End if self.statements == 0 => return Err(Problem::Missing("Stmt")),
                Token::End => return Ok(None),
            }
        }
    }

    fn begin(&mut self) -> Result<(), Problem> {
        let Some(below) = self.xml.path().strip_prefix(STATEMENT) else { return Ok(()) };
        match (below, &mut self.statement) {
            ("", _) => {
                self.statements = self.statements.saturating_add(1);
                self.statement = Some(Statement::default());
            }
            ("/Bal", Some(statement)) => statement.balances.begin(),
            ("/Ntry", Some(statement)) => {
                statement.entries = statement.entries.saturating_add(1);
                statement.entry = Some(EntryDraft::default());
            }
            ("/Ntry/NtryDtls/TxDtls", Some(Statement { entry: Some(entry), .. })) => entry.begin_payment()?,
            _ => {}
        }
        Ok(())
    }

    fn end(&mut self, leaf: bool) -> Result<Option<StatementClose>, Problem> {
        let Self { xml, statement: reading, booked, .. } = self;
        let (Some(below), Some(statement)) = (xml.path().strip_prefix(STATEMENT), reading.as_mut()) else {
            return Ok(None);
        };
        match below {
            "" => return reading.take().map(Statement::close).transpose(),
            "/Bal" => statement.balances.finish()?,
            "/Ntry" => {
                if let Some(draft) = statement.entry.take() {
                    *booked = statement.judge(draft)?;
                }
            }
            below if leaf => {
                statement.take(below, || Ok(Member { text: xml.text()?, currency: xml.currency() }))?;
            }
            _ => {}
        }
        Ok(None)
    }

    fn place(&self) -> Place {
        let entry = self.statement.as_ref().filter(|statement| statement.entry.is_some());
        // An entry is judged when it ends: then it is no longer being read, but the path still names it.
        let judged = self.xml.path().strip_prefix(STATEMENT).is_some_and(|below| below.starts_with("/Ntry"));
        let entry = entry.or(self.statement.as_ref().filter(|_| judged)).map_or(0, |statement| statement.entries);
        Place { path: self.xml.path().to_owned(), statement: self.statements, entry }
    }
}

impl<R: BufRead> Iterator for BankStatementReader<R> {
    type Item = Result<BankStatementItem, InvalidBankStatement>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.complete {
            return None;
        }
        let item = self.read_on().map_err(|problem| InvalidBankStatement { place: self.place(), problem }).transpose();
        self.complete = !matches!(item, Some(Ok(_)));
        item
    }
}

impl Statement {
    /// Takes the member at `path`, which begins below `Stmt`.
    fn take<'x>(&mut self, path: &str, member: impl FnOnce() -> Result<Member<'x>, Problem>) -> Result<(), Problem> {
        if let Some(below) = path.strip_prefix("/Ntry/") {
            return self.entry.as_mut().map_or(Ok(()), |entry| entry.take(below, member));
        }
        if let Some(below) = path.strip_prefix("/Bal/") {
            return self.balances.take(below, member);
        }
        match path {
            "/Id" => once(&mut self.id, member()?.text),
            // Written in groups of four, at times.
            "/Acct/Id/IBAN" => once(&mut self.iban, member()?.text.replace(' ', "").to_ascii_uppercase()),
            "/Acct/Id/Othr/Id" => once(&mut self.other_account, member()?.text),
            _ => Ok(()),
        }
    }

    fn names(&self) -> Result<(String, String), Problem> {
        let named = |text: &String| !text.is_empty();
        let id = self.id.clone().filter(named).ok_or(Problem::Missing("Stmt/Id"))?;
        let account = self.iban.clone().or_else(|| self.other_account.clone()).filter(named);
        Ok((id, account.ok_or(Problem::Missing("Stmt/Acct/Id"))?))
    }

    fn judge(&mut self, draft: EntryDraft) -> Result<Option<BookedEntry>, Problem> {
        let count = match draft.finish()? {
            Judged::Booked(booked) => {
                self.booked = self.booked.saturating_add(1);
                self.balances.moves(booked.signed(), booked.amount().currency());
                return Ok(Some(booked));
            }
            Judged::PassedOver(Status::Pending) => &mut self.passed_over.pending,
            Judged::PassedOver(Status::Information) => &mut self.passed_over.information,
            Judged::PassedOver(Status::Booked | Status::Other) => &mut self.passed_over.other,
        };
        *count = count.saturating_add(1);
        Ok(None)
    }

    /// Names the entry's statement and account, and tells it from identical ones.
    fn complete(&mut self, entry: BankEntry) -> Result<Transfer, Problem> {
        let (statement, account) = self.names()?;
        let mut entry = BankEntry { statement, account, ..entry };
        let mut id = crypto::bank_transfer_id(&entry);
        if entry.servicer_reference.is_none() {
            let seen = self.unreferenced.entry(id).or_default();
            entry.ordinal = *seen;
            *seen = seen.saturating_add(1);
            if entry.ordinal > 0 {
                id = crypto::bank_transfer_id(&entry);
            }
            if self.unreferenced.len() > MOST_UNREFERENCED {
                let what = "entries without a reference of the bank in one statement";
                return Err(Problem::TooMany { what, limit: MOST_UNREFERENCED });
            }
        }
        self.transfers = self.transfers.saturating_add(1);
        Ok(Transfer { id, entry })
    }

    fn close(self) -> Result<StatementClose, Problem> {
        let (statement, account) = self.names()?;
        Ok(StatementClose {
            statement,
            account,
            booked: self.booked,
            transfers: self.transfers,
            passed_over: self.passed_over,
            balance: self.balances.check(),
        })
    }
}
