//! Reading: the actors' loads, and lists for people.

use super::{Codec, Loaded, Remembered, RequestKey, StorageError, Store};
use crate::domain::{Money, Piaid, Timestamp, TransactionId};

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

impl Store {
    /// The snapshot of a transaction; `None` when there is none.
    pub async fn load<M: Codec>(&self, id: TransactionId) -> Result<Option<Loaded<M>>, StorageError> {
        todo!()
    }

    /// The version alone.
    pub async fn version(&self, id: TransactionId) -> Result<Option<i64>, StorageError> {
        todo!()
    }

    /// The answer that was given to a request; `None` when it was never answered with success.
    pub async fn remembered<M: Codec>(&self, key: &RequestKey) -> Result<Option<Remembered<M>>, StorageError> {
        todo!()
    }

    /// Transactions of a kind whose deadline has passed, the longest passed first.
    pub async fn due(&self, kind: &str, now: Timestamp, limit: u64) -> Result<Vec<TransactionId>, StorageError> {
        todo!()
    }

    /// One transaction's line.
    pub async fn overview(&self, id: TransactionId) -> Result<Option<Overview>, StorageError> {
        todo!()
    }

    /// Payments that were started by a request id: at most one per account.
    pub async fn find_payment(&self, account: Option<&Piaid>, request_id: &str) -> Result<Vec<Overview>, StorageError> {
        todo!()
    }

    /// Transactions that stand before finance, the oldest first.
    pub async fn needing_attention(&self, limit: u64) -> Result<Vec<Overview>, StorageError> {
        todo!()
    }

    /// How many transactions are in which state.
    pub async fn counts_by_state(&self) -> Result<Vec<StateCount>, StorageError> {
        todo!()
    }
}
