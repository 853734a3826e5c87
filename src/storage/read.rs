//! Reading: the actors' loads, and lists for people.

use entity::{request_log, transaction};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::{Codec, CodecError, Loaded, Position, Remembered, RequestKey, StorageError, Store};
use crate::domain::redirect_payment::RedirectPayment;
use crate::domain::{Attention, Currency, Money, Piaid, Timestamp, TransactionId};

/// A transaction in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overview {
    /// Its id.
    pub id: TransactionId,
    /// The machine ([`Codec::KIND`]).
    pub kind: String,
    /// The state's name.
    pub state: String,
    /// The account.
    pub account: String,
    /// The request that started it.
    pub request_id: String,
    /// The issuer, once there is one.
    pub issuer: Option<String>,
    /// What is to be paid.
    pub amount: Money,
    /// Why it stands before finance ([`Attention::as_str`](crate::domain::Attention::as_str)).
    pub attention: Option<String>,
    /// How often it changed.
    pub version: i64,
    /// When it began.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// How many transactions of a kind are in a state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateCount {
    /// The machine.
    pub kind: String,
    /// The state's name.
    pub state: String,
    /// How many.
    pub count: u64,
}

/// How many lines a search by request id answers at most: one per account.
const MOST_FOUND: u64 = 100;

impl Store {
    /// The snapshot of a transaction; `None` when there is none.
    pub async fn load<M: Codec>(&self, id: TransactionId) -> Result<Option<Loaded<M>>, StorageError> {
        let Some(row) = transaction::Entity::find_by_id(id.as_uuid()).one(&self.0.read).await? else {
            return Ok(None);
        };
        let corrupt = |column, why| StorageError::corrupt("transactions", column, id, why);
        if row.kind != M::KIND {
            return Err(corrupt("kind", CodecError(format!("is {}, not {}", row.kind, M::KIND))));
        }
        let state = M::decode_state(&row.snapshot).map_err(|why| corrupt("snapshot", why))?;
        let position = Position {
            version: row.version,
            journal_seq: row.journal_seq,
            journal_head: digest(&row.journal_head).map_err(|why| corrupt("journal_head", why))?,
            outbox_open: row.outbox_open,
        };
        Ok(Some(Loaded { state, position }))
    }

    /// The version alone.
    pub async fn version(&self, id: TransactionId) -> Result<Option<i64>, StorageError> {
        Ok(transaction::Entity::find_by_id(id.as_uuid())
            .select_only()
            .column(transaction::Column::Version)
            .into_tuple()
            .one(&self.0.read)
            .await?)
    }

    /// Under which method and content a request was answered; `None` when it was never answered with success.
    pub async fn answered(&self, key: &RequestKey) -> Result<Option<(String, Vec<u8>)>, StorageError> {
        let id = (key.scope.clone(), key.request_id.clone());
        let row = request_log::Entity::find_by_id(id)
            .select_only()
            .columns([request_log::Column::Method, request_log::Column::ContentHash])
            .into_tuple()
            .one(&self.0.read)
            .await?;
        Ok(row)
    }

    /// The answer that was given to a request; `None` when it was never answered with success.
    pub async fn remembered<M: Codec>(&self, key: &RequestKey) -> Result<Option<Remembered<M>>, StorageError> {
        let id = (key.scope.clone(), key.request_id.clone());
        let Some(row) = request_log::Entity::find_by_id(id).one(&self.0.read).await? else { return Ok(None) };
        let corrupt = |column, why| {
            StorageError::corrupt("request_log", column, format!("{}/{}", key.scope, key.request_id), why)
        };
        Ok(Some(Remembered {
            content_hash: digest(&row.content_hash).map_err(|why| corrupt("content_hash", why))?,
            reply: M::decode_reply(&row.reply).map_err(|why| corrupt("reply", why))?,
            method: row.method,
            transaction: TransactionId::from_uuid(row.transaction_id),
        }))
    }

    /// Transactions of a kind whose deadline has passed, the longest passed first.
    pub async fn due(&self, kind: &str, now: Timestamp, limit: u64) -> Result<Vec<TransactionId>, StorageError> {
        use transaction::Column;
        let ids: Vec<Uuid> = transaction::Entity::find()
            .select_only()
            .column(Column::Id)
            .filter(Column::DeadlineMs.lte(now.as_millis()))
            .filter(Column::Kind.eq(kind))
            .order_by_asc(Column::DeadlineMs)
            .limit(limit)
            .into_tuple()
            .all(&self.0.read)
            .await?;
        Ok(ids.into_iter().map(TransactionId::from_uuid).collect())
    }

    /// One transaction's line.
    pub async fn overview(&self, id: TransactionId) -> Result<Option<Overview>, StorageError> {
        let row = transaction::Entity::find_by_id(id.as_uuid()).one(&self.0.read).await?;
        row.map(Overview::try_from).transpose()
    }

    /// Payments that were started by a request id: at most one per account.
    pub async fn find_payment(&self, account: Option<&Piaid>, request_id: &str) -> Result<Vec<Overview>, StorageError> {
        use transaction::Column;
        let mut select = transaction::Entity::find()
            .filter(Column::RequestId.eq(request_id))
            .filter(Column::Kind.eq(RedirectPayment::KIND))
            .limit(MOST_FOUND);
        if let Some(account) = account {
            select = select.filter(Column::Account.eq(account.as_str()));
        }
        let rows = select.order_by_asc(Column::Account).all(&self.0.read).await?;
        rows.into_iter().map(Overview::try_from).collect()
    }

    /// Transactions that stand before finance for this reason, the oldest first; at most 100.
    pub async fn standing_before_finance(&self, why: Attention) -> Result<Vec<Overview>, StorageError> {
        use transaction::Column;
        let rows = transaction::Entity::find()
            .filter(Column::Attention.is_not_null())
            .filter(Column::Attention.eq(why.as_str()))
            .order_by_asc(Column::CreatedMs)
            .order_by_asc(Column::Id)
            .limit(MOST_FOUND)
            .all(&self.0.read)
            .await?;
        rows.into_iter().map(Overview::try_from).collect()
    }

    /// Transactions that stand before finance, the oldest first.
    pub async fn needing_attention(&self, limit: u64) -> Result<Vec<Overview>, StorageError> {
        use transaction::Column;
        let rows = transaction::Entity::find()
            .filter(Column::Attention.is_not_null())
            .order_by_asc(Column::CreatedMs)
            .limit(limit)
            .all(&self.0.read)
            .await?;
        rows.into_iter().map(Overview::try_from).collect()
    }

    /// How many transactions are in which state. Reads the whole table.
    pub async fn counts_by_state(&self) -> Result<Vec<StateCount>, StorageError> {
        use transaction::Column;
        let rows: Vec<(String, String, i64)> = transaction::Entity::find()
            .select_only()
            .columns([Column::Kind, Column::State])
            .expr(Expr::col(Column::Id).count())
            .group_by(Column::Kind)
            .group_by(Column::State)
            .order_by_asc(Column::Kind)
            .order_by_asc(Column::State)
            .into_tuple()
            .all(&self.0.read)
            .await?;
        let count = |(kind, state, count)| StateCount { kind, state, count: u64::try_from(count).unwrap_or(0) };
        Ok(rows.into_iter().map(count).collect())
    }
}

impl TryFrom<transaction::Model> for Overview {
    type Error = StorageError;

    fn try_from(row: transaction::Model) -> Result<Self, StorageError> {
        let currency = Currency::parse(&row.currency)
            .map_err(|why| StorageError::corrupt("transactions", "currency", row.id, CodecError(why.to_string())))?;
        Ok(Self {
            id: TransactionId::from_uuid(row.id),
            kind: row.kind,
            state: row.state,
            account: row.account,
            request_id: row.request_id,
            issuer: row.issuer,
            amount: Money::new(row.amount_micros, currency),
            attention: row.attention,
            version: row.version,
            created_at: Timestamp::from_millis(row.created_ms),
            updated_at: Timestamp::from_millis(row.updated_ms),
        })
    }
}

/// Thirty-two bytes of a column.
pub(super) fn digest(bytes: &[u8]) -> Result<[u8; 32], CodecError> {
    bytes.try_into().map_err(|_| CodecError(format!("{} bytes instead of 32", bytes.len())))
}
