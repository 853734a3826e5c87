//! Statements in lists, and the reports that were made of them.

use entity::{report, transaction};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ColumnTrait, EntityTrait, Insert, QueryFilter, QueryOrder, QuerySelect};

use crate::crypto::hex;
use crate::domain::remittance::{Remittance, State};
use crate::domain::{Piaid, Timestamp, TransactionId};
use crate::storage::{Codec, StorageError, Store};

/// A statement as it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct StatementRow {
    /// Our id.
    pub id: TransactionId,
    /// The snapshot.
    pub state: State,
    /// When it was announced.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// A file that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportMade {
    /// What it is about: a statement, or a period with its filters.
    pub subject: String,
    /// `csv` or `xlsx`.
    pub format: &'static str,
    /// SHA-256 of the file.
    pub sha256: [u8; 32],
    /// Its size in bytes.
    pub bytes: u64,
    /// How many lines it has.
    pub lines: u64,
    /// When.
    pub made_at: Timestamp,
}

impl Store {
    /// Statements, the newest first: older than `before`, of one account or of all.
    pub async fn statements(
        &self,
        piaid: Option<&Piaid>,
        before: Option<(Timestamp, TransactionId)>,
        limit: u64,
    ) -> Result<Vec<StatementRow>, StorageError> {
        self.statements_in((piaid, None), before, limit).await
    }

    /// The same, in one state or in all.
    pub async fn statements_in(
        &self,
        (piaid, state): (Option<&Piaid>, Option<&str>),
        before: Option<(Timestamp, TransactionId)>,
        limit: u64,
    ) -> Result<Vec<StatementRow>, StorageError> {
        use transaction::Column;
        // Written out, not bound: only so does SQLite see that the index of everything but payments serves.
        let mut select = transaction::Entity::find()
            .filter(Expr::cust(format!("\"kind\" = '{}'", Remittance::KIND)))
            .filter(Expr::cust("\"kind\" <> 'redirect_payment'"));
        if let Some(piaid) = piaid {
            select = select.filter(Column::Account.eq(piaid.as_str()));
        }
        if let Some(state) = state {
            select = select.filter(Column::State.eq(state));
        }
        if let Some((at, id)) = before {
            let same_moment = Column::CreatedMs.eq(at.as_millis()).and(Column::Id.lt(id.as_uuid()));
            select = select.filter(Column::CreatedMs.lt(at.as_millis()).or(same_moment));
        }
        let rows =
            select.order_by_desc(Column::CreatedMs).order_by_desc(Column::Id).limit(limit).all(&self.0.read).await?;
        rows.into_iter().map(row).collect()
    }

    /// Statements that are neither paid nor replaced: those that a transfer may pay, a revision may replace, or that fall
    /// due. There are few.
    pub async fn open_statements(&self) -> Result<Vec<StatementRow>, StorageError> {
        use transaction::Column;
        let rows = transaction::Entity::find()
            // Written out, not bound: only so does SQLite see that the index of statements serves.
            .filter(Expr::cust(format!("\"kind\" = '{}'", Remittance::KIND)))
            .filter(Column::State.is_not_in(["Paid", "Replaced"]))
            .order_by_asc(Column::CreatedMs)
            .all(&self.0.read)
            .await?;
        rows.into_iter().map(row).collect()
    }

    /// Statements whose memo line a transfer may bear: all but those that were replaced, or were paid before `paid_since`.
    pub async fn payable_statements(&self, paid_since: Timestamp) -> Result<Vec<StatementRow>, StorageError> {
        use transaction::Column;
        let recent = Column::State.eq("Paid").and(Column::UpdatedMs.gte(paid_since.as_millis()));
        let rows = transaction::Entity::find()
            .filter(Expr::cust(format!("\"kind\" = '{}'", Remittance::KIND)))
            .filter(Column::State.is_not_in(["Paid", "Replaced"]).or(recent))
            .order_by_asc(Column::CreatedMs)
            .all(&self.0.read)
            .await?;
        rows.into_iter().map(row).collect()
    }

    /// The statement with our id, however it ended.
    pub async fn statement(&self, id: TransactionId) -> Result<Option<StatementRow>, StorageError> {
        let own = transaction::Entity::find_by_id(id.as_uuid());
        let found = own.filter(transaction::Column::Kind.eq(Remittance::KIND)).one(&self.0.read).await?;
        found.map(row).transpose()
    }

    /// Statements that Google announced under this id: at most one per account.
    pub async fn find_statement(&self, statement_id: &str) -> Result<Vec<StatementRow>, StorageError> {
        use transaction::Column;
        let rows = transaction::Entity::find()
            .filter(Column::RequestId.eq(statement_id))
            .filter(Column::Kind.eq(Remittance::KIND))
            .order_by_asc(Column::Account)
            .all(&self.0.read)
            .await?;
        rows.into_iter().map(row).collect()
    }

    /// Records a report's digest. The same file made again leaves the first record.
    pub async fn record_report(&self, made: ReportMade) -> Result<(), StorageError> {
        let row = report::Model {
            subject: made.subject,
            format: made.format.to_owned(),
            sha256: hex(&made.sha256),
            bytes: i64::try_from(made.bytes).unwrap_or(i64::MAX),
            lines: i64::try_from(made.lines).unwrap_or(i64::MAX),
            made_ms: made.made_at.as_millis(),
        };
        let known = OnConflict::columns([report::Column::Subject, report::Column::Format, report::Column::Sha256])
            .do_nothing()
            .to_owned();
        Insert::one(row).on_conflict(known).exec_without_returning(&self.0.write).await?;
        Ok(())
    }
}

fn row(row: transaction::Model) -> Result<StatementRow, StorageError> {
    let id = TransactionId::from_uuid(row.id);
    Ok(StatementRow {
        id,
        state: Remittance::decode_state(&row.snapshot)
            .map_err(|why| StorageError::corrupt("transactions", "snapshot", id, why))?,
        created_at: Timestamp::from_millis(row.created_ms),
        updated_at: Timestamp::from_millis(row.updated_ms),
    })
}
