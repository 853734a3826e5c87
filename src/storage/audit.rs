//! The log of everything that people and tokens did: append-only, each row chained to the one before it by a hash.
//!
//! Nothing is done that was not noted before. A row that is changed, or missing in between, breaks the chain
//! ([`Store::verify_audit`]); that the last rows are missing shows only to whoever kept the head.

use std::fmt;

use entity::audit::{Column, Entity, Model};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect, Select,
};
use uuid::Uuid;

use super::writer::begin;
use super::{CodecError, StorageError, Store};
use crate::crypto::chain_hash;
use crate::domain::{Timestamp, UserName};

/// Who did something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuditActor {
    /// Somebody who is not signed in.
    Anybody,
    /// A person, in the console.
    User(UserName),
    /// A token of the admin API, and the person that it is tied to.
    Token(Uuid, Option<UserName>),
    /// Whoever runs commands on the server.
    Shell,
}

impl fmt::Display for AuditActor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Anybody => f.write_str("anybody"),
            Self::User(name) => write!(f, "user:{name}"),
            Self::Token(id, None) => write!(f, "token:{id}"),
            Self::Token(id, Some(name)) => write!(f, "token:{id} user:{name}"),
            Self::Shell => f.write_str("shell"),
        }
    }
}

/// How far it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AuditOutcome {
    /// It was allowed and is about to be tried.
    Asked,
    /// It happened.
    Done,
    /// It was refused.
    Refused,
}

impl AuditOutcome {
    const ALL: [Self; 3] = [Self::Asked, Self::Done, Self::Refused];

    /// The word in the database and on the page.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Done => "done",
            Self::Refused => "refused",
        }
    }
}

/// What is to be noted. Holds no secret: it is never changed again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditNote {
    /// Who.
    pub actor: AuditActor,
    /// What: a method and a path template, or the words of a command.
    pub action: String,
    /// To what: a path without its query, a name, an id.
    pub subject: String,
    /// How far it came.
    pub outcome: AuditOutcome,
    /// More; `Null` when there is no more to say.
    pub detail: serde_json::Value,
}

impl AuditNote {
    /// A note without detail.
    pub fn new(
        actor: AuditActor,
        action: impl Into<String>,
        subject: impl Into<String>,
        outcome: AuditOutcome,
    ) -> Self {
        let detail = serde_json::Value::Null;
        Self { actor, action: action.into(), subject: subject.into(), outcome, detail }
    }
}

/// A row of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRow {
    /// Its number, from 1.
    pub seq: i64,
    /// When.
    pub at: Timestamp,
    /// Who, as [`AuditActor`] is shown.
    pub actor: String,
    /// What.
    pub action: String,
    /// To what.
    pub subject: String,
    /// How far it came.
    pub outcome: AuditOutcome,
    /// More, as JSON.
    pub detail: String,
    /// The chain's hash up to and including this row.
    pub hash: Vec<u8>,
}

/// Which rows are listed: those that fit every member that is given, exactly.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AuditFilter {
    /// As [`AuditActor`] is shown.
    pub actor: Option<String>,
    /// What.
    pub action: Option<String>,
    /// To what.
    pub subject: Option<String>,
}

/// What is wrong with a row of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuditFault {
    /// It does not hash to what it says: it, or the one before it, was changed.
    Altered,
    /// The rows before it are missing.
    Gap,
}

/// A row at which it shows that the log was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditFinding {
    /// The row.
    pub seq: i64,
    /// What is wrong.
    pub fault: AuditFault,
}

/// The outcome of a verification.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AuditReport {
    /// Rows that were checked.
    pub rows: u64,
    /// The last row's number and hash: whoever keeps them elsewhere sees when rows are cut off. `None`: the log is empty.
    pub head: Option<(i64, Vec<u8>)>,
    /// Rows with a fault.
    pub faulty: u64,
    /// The first of them, at most [`AuditReport::MOST_FINDINGS`].
    pub findings: Vec<AuditFinding>,
}

impl AuditReport {
    /// How many findings are listed; the rest is only counted.
    pub const MOST_FINDINGS: usize = 100;

    /// Whether the chain holds.
    pub fn is_sound(&self) -> bool {
        self.faulty == 0
    }
}

/// How many rows are checked at a time.
const PAGE: u64 = 1_000;
/// How long a text may be, in characters; more of it is cut.
const MOST_CHARACTERS: usize = 1_000;
/// How often a note is tried again when other servers took its number.
const ATTEMPTS: u32 = 100;

impl Store {
    /// Notes an act; its number, once it is durable. As long as this has not answered, the act may not happen.
    pub async fn note(&self, note: &AuditNote, now: Timestamp) -> Result<i64, StorageError> {
        let mut attempt = 1;
        loop {
            let transaction = begin(&self.0.write).await?;
            // Two nodes may read the same last row: the number's key lets one of them through.
            let noted = match append(&transaction, note, now).await {
                Ok(seq) => transaction.commit().await.map(|()| seq).map_err(StorageError::from),
                Err(error) => {
                    let _the_first_error_counts = transaction.rollback().await;
                    Err(error)
                }
            };
            match noted {
                Err(error) if attempt < ATTEMPTS && (error.is_unique_violation() || error.is_contention()) => {
                    attempt += 1;
                }
                noted => return noted,
            }
        }
    }

    /// Rows of the log before a number, the newest first.
    pub async fn audit(
        &self,
        filter: &AuditFilter,
        before: Option<i64>,
        limit: u64,
    ) -> Result<Vec<AuditRow>, StorageError> {
        let mut select = Entity::find().order_by_desc(Column::Seq).limit(limit);
        let wanted =
            [(Column::Actor, &filter.actor), (Column::Action, &filter.action), (Column::Subject, &filter.subject)];
        for (column, text) in wanted {
            if let Some(text) = text {
                select = select.filter(column.eq(text));
            }
        }
        if let Some(before) = before {
            select = select.filter(Column::Seq.lt(before));
        }
        select.all(&self.0.read).await?.into_iter().map(AuditRow::try_from).collect()
    }

    /// Recomputes the whole chain, in constant memory, beside a running server.
    pub async fn verify_audit(&self) -> Result<AuditReport, StorageError> {
        self.verify_from(0, [0; 32].to_vec()).await
    }

    /// Recomputes the chain of the newest `count` rows: a look that costs the same however long the log is.
    pub async fn verify_newest_audit(&self, count: u64) -> Result<AuditReport, StorageError> {
        let base = Entity::find().order_by_desc(Column::Seq).offset(count).limit(1).one(&self.0.read).await?;
        match base {
            Some(base) => self.verify_from(base.seq, base.hash).await,
            None => self.verify_audit().await,
        }
    }

    async fn verify_from(&self, mut last: i64, mut hash: Vec<u8>) -> Result<AuditReport, StorageError> {
        let mut report = AuditReport::default();
        loop {
            // Rows are only ever added: pages need no common view.
            let rows = after(last).all(&self.0.read).await?;
            if rows.is_empty() {
                return Ok(report);
            }
            for row in rows {
                report.rows += 1;
                let expected = <[u8; 32]>::try_from(hash.as_slice()).map(|before| chained(&before, &row));
                if row.seq != last + 1 {
                    report.note(row.seq, AuditFault::Gap);
                } else if !expected.is_ok_and(|expected| expected.as_slice() == row.hash) {
                    report.note(row.seq, AuditFault::Altered);
                }
                (last, hash) = (row.seq, row.hash);
            }
            report.head = Some((last, hash.clone()));
        }
    }
}

impl AuditReport {
    fn note(&mut self, seq: i64, fault: AuditFault) {
        self.faulty += 1;
        if self.findings.len() < Self::MOST_FINDINGS {
            self.findings.push(AuditFinding { seq, fault });
        }
    }
}

fn after(seq: i64) -> Select<Entity> {
    Entity::find().filter(Column::Seq.gt(seq)).order_by_asc(Column::Seq).limit(PAGE)
}

async fn append(db: &DatabaseTransaction, note: &AuditNote, now: Timestamp) -> Result<i64, StorageError> {
    let (seq, before) = head(db).await?;
    let detail = match &note.detail {
        serde_json::Value::Null => "{}".to_owned(),
        detail => detail.to_string(),
    };
    let row = Model {
        seq: seq + 1,
        at_ms: now.as_millis(),
        actor: cut(&note.actor.to_string()),
        action: cut(&note.action),
        subject: cut(&note.subject),
        outcome: note.outcome.as_str().to_owned(),
        detail,
        hash: Vec::new(),
    };
    let row = Model { hash: chained(&before, &row).to_vec(), ..row };
    Entity::insert(row.into_active_model()).exec_without_returning(db).await?;
    Ok(seq + 1)
}

/// The last row's number and hash.
async fn head(db: &impl ConnectionTrait) -> Result<(i64, [u8; 32]), StorageError> {
    let Some(row) = Entity::find().order_by_desc(Column::Seq).one(db).await? else { return Ok((0, [0; 32])) };
    let corrupt = |_| StorageError::corrupt("audit_log", "hash", row.seq, CodecError("is no SHA-256".to_owned()));
    Ok((row.seq, row.hash.as_slice().try_into().map_err(corrupt)?))
}

/// Neither database keeps NUL in a text.
fn cut(text: &str) -> String {
    text.chars().filter(|character| *character != '\0').take(MOST_CHARACTERS).collect()
}

/// The chain's next hash: over the previous one and every column, each with its length.
fn chained(before: &[u8; 32], row: &Model) -> [u8; 32] {
    chain_hash(
        before,
        &[
            &row.seq.to_be_bytes(),
            &row.at_ms.to_be_bytes(),
            row.actor.as_bytes(),
            row.action.as_bytes(),
            row.subject.as_bytes(),
            row.outcome.as_bytes(),
            row.detail.as_bytes(),
        ],
    )
}

impl TryFrom<Model> for AuditRow {
    type Error = StorageError;

    fn try_from(row: Model) -> Result<Self, StorageError> {
        let unknown = || CodecError(format!("is {}, no outcome that this binary knows", row.outcome));
        let outcome = AuditOutcome::ALL.into_iter().find(|outcome| outcome.as_str() == row.outcome);
        Ok(Self {
            outcome: outcome.ok_or_else(|| StorageError::corrupt("audit_log", "outcome", row.seq, unknown()))?,
            seq: row.seq,
            at: Timestamp::from_millis(row.at_ms),
            actor: row.actor,
            action: row.action,
            subject: row.subject,
            detail: row.detail,
            hash: row.hash,
        })
    }
}
