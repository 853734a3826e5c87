//! Why a bank statement is refused, and where.

use std::fmt;

use crate::domain::Currency;

/// A bank statement that cannot be read. Nothing of the file may be relied upon: entries that were handed out before may
/// come from a file that breaks off.
#[derive(Debug, thiserror::Error)]
#[error("{place}: {problem}")]
pub struct InvalidBankStatement {
    /// Where.
    pub place: Place,
    /// What.
    #[source]
    pub problem: BankStatementProblem,
}

/// A place in the file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Place {
    /// The elements from the root to this one, without prefixes: `Document/BkToCstmrStmt/Stmt/Ntry/Amt`.
    pub path: String,
    /// The statement in the file, from 1; 0 before the first.
    pub statement: u64,
    /// The entry in the statement, from 1; 0 outside of entries.
    pub entry: u64,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = if self.path.is_empty() { "the file" } else { &self.path };
        match (self.statement, self.entry) {
            (0, _) => f.write_str(path),
            (statement, 0) => write!(f, "{path} (statement {statement})"),
            (statement, entry) => write!(f, "{path} (statement {statement}, entry {entry})"),
        }
    }
}

/// What is wrong with a bank statement.
#[derive(Debug, thiserror::Error)]
pub enum BankStatementProblem {
    /// The source broke off.
    #[error("cannot be read: {0}")]
    Unreadable(std::io::Error),
    /// Not well-formed.
    #[error("not well-formed XML: {0}")]
    Malformed(String),
    /// Bytes that are no UTF-8.
    #[error("not UTF-8")]
    NotUtf8,
    /// Another encoding is declared.
    #[error("the encoding is {0:?}; only UTF-8 is read")]
    Encoding(String),
    /// The root element is another one.
    #[error("not a camt.053 bank statement, but {0:?}")]
    NotCamt053(String),
    /// A document type declaration, the way to entities of one's own.
    #[error("a document type declaration is not allowed")]
    Doctype,
    /// A reference to something that is neither a character nor one of XML's own five.
    #[error("the entity {0:?} is not allowed")]
    Entity(String),
    /// A character that XML does not allow.
    #[error("a character that XML does not allow")]
    Character,
    /// Elements inside elements without end.
    #[error("elements are nested more than {0} deep")]
    TooDeep(usize),
    /// A name, tag or text that no bank writes.
    #[error("longer than {0} bytes")]
    TooLong(usize),
    /// More of something than is kept in memory.
    #[error("more than {limit} {what}")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// The limit.
        limit: usize,
    },
    /// A member without which nothing can be booked.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// A member that may stand once.
    #[error("stands twice")]
    Repeated,
    /// A text that is none of those that may stand here.
    #[error("{found:?} is not {expected}")]
    NotA {
        /// What would have been accepted.
        expected: &'static str,
        /// What stands there.
        found: String,
    },
    /// Finer than micros.
    #[error("{0:?} has more than six digits after the point")]
    AmountTooFine(String),
    /// Beyond 64 bits of micros.
    #[error("{0:?} is more than 9223372036854.775807")]
    AmountTooLarge(String),
    /// The payments of a batch do not add up to what was booked.
    #[error(
        "{} of {payments} payments state an amount in {currency}; together they are {together} micros, \
         but {booked} micros are booked",
        stated
    )]
    BatchDiffers {
        /// How many payments are listed.
        payments: usize,
        /// How many of them state an amount in the entry's currency.
        stated: usize,
        /// The entry's currency.
        currency: Currency,
        /// What they come to, in micros; positive is a credit.
        together: i128,
        /// What the entry says, in micros; positive is a credit.
        booked: i128,
    },
}

/// The most of a refused text that an error repeats, in characters.
const MOST_SHOWN: usize = 80;

impl BankStatementProblem {
    /// Quotes `found`, shortened.
    pub(super) fn not_a(expected: &'static str, found: &str) -> Self {
        Self::NotA { expected, found: shortened(found) }
    }
}

/// The beginning of a text that may be long.
pub(super) fn shortened(text: &str) -> String {
    match text.char_indices().nth(MOST_SHOWN) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
