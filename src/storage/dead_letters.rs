//! Dead letters in bulk: by what they have in common, in the order in which they died.

use entity::outbox::{Column, Entity};
use entity::request_log;
use sea_orm::sea_query::{Condition, OnConflict};
use sea_orm::{
    ColumnTrait, DatabaseTransaction, EntityTrait, IntoActiveModel as _, PaginatorTrait as _, QueryFilter, QueryOrder,
    QuerySelect, Select,
};

use super::batch::KEYS_AT_ONCE;
use super::job::LetterAct;
use super::outbox::{keyed, revived};
use super::writer::begin;
use super::{OutboxKey, OutboxRow, RequestKey, StorageError, Store};
use crate::domain::{EffectLane, Timestamp};

/// Which dead letters are asked for: everything that is said holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeadLetterFilter {
    /// Of this lane alone.
    pub lane: Option<EffectLane>,
    /// Of this machine alone ([`Codec::KIND`](super::Codec::KIND)).
    pub kind: Option<String>,
    /// Parked before this.
    pub parked_before: Option<Timestamp>,
}

/// The place of a dead letter in their order: the longest parked first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeadLetterPlace {
    /// When it was parked.
    pub parked_at: Timestamp,
    /// Which one.
    pub key: OutboxKey,
}

impl DeadLetterPlace {
    /// Where this row stands; `None`: it is no dead letter.
    pub fn of(row: &OutboxRow) -> Option<Self> {
        Some(Self { parked_at: row.parked_at?, key: row.key })
    }
}

/// A request about a letter, to be answered alike when it comes again (contract section 6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LetterRequest {
    /// Whose request it is.
    pub key: RequestKey,
    /// What was asked.
    pub method: &'static str,
    /// SHA-256 over its content.
    pub content_hash: [u8; 32],
}

/// What became of a letter that somebody decided about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LetterDecision {
    /// It is done.
    Decided,
    /// It was done before, for the same request.
    Replayed,
    /// There is no such dead letter.
    Unknown,
    /// The request's key was used before, with other content.
    KeyUsed,
}

impl Store {
    /// Decides one letter, and remembers for which request.
    pub async fn decide_letter(
        &self,
        (act, key): (LetterAct, OutboxKey),
        request: Option<&LetterRequest>,
        now: Timestamp,
    ) -> Result<LetterDecision, StorageError> {
        let transaction = begin(&self.0.write).await?;
        if let Some(request) = request
            && !remember(&transaction, request, (key, now)).await?
        {
            transaction.rollback().await?;
            // Whoever wrote it has committed by now.
            return Ok(self.recall_letter(request).await?.unwrap_or(LetterDecision::KeyUsed));
        }
        if decide(&transaction, act, (&[key], now)).await? == 0 {
            // What was not done is not remembered.
            transaction.rollback().await?;
            return Ok(LetterDecision::Unknown);
        }
        transaction.commit().await?;
        Ok(LetterDecision::Decided)
    }

    /// What a request came to that was made before. `None`: it was not, or it came to nothing.
    pub async fn recall_letter(&self, request: &LetterRequest) -> Result<Option<LetterDecision>, StorageError> {
        Ok(self.answered(&request.key).await?.map(|(method, content)| {
            if method == request.method && content == request.content_hash {
                LetterDecision::Replayed
            } else {
                LetterDecision::KeyUsed
            }
        }))
    }

    /// The dead letters after `after`, the longest parked first.
    pub async fn dead_letters_page(
        &self,
        filter: &DeadLetterFilter,
        after: Option<DeadLetterPlace>,
        limit: u64,
    ) -> Result<Vec<OutboxRow>, StorageError> {
        let mut letters = of(filter);
        if let Some(DeadLetterPlace { parked_at, key }) = after {
            let (parked_ms, transaction) = (parked_at.as_millis(), key.transaction.as_uuid());
            // The first condition says no more than the second: it is the one that the index on `parked_ms` takes.
            letters = letters.filter(Column::ParkedMs.gte(parked_ms)).filter(
                Condition::any().add(Column::ParkedMs.gt(parked_ms)).add(Column::TransactionId.gt(transaction)).add(
                    Condition::all().add(Column::TransactionId.eq(transaction)).add(Column::Number.gt(key.number)),
                ),
            );
        }
        let rows = letters
            .order_by_asc(Column::ParkedMs)
            .order_by_asc(Column::TransactionId)
            .order_by_asc(Column::Number)
            .limit(limit)
            .all(&self.0.read)
            .await?;
        Ok(rows.into_iter().map(OutboxRow::from).collect())
    }

    /// How many there are.
    pub async fn dead_letter_count(&self, filter: &DeadLetterFilter) -> Result<u64, StorageError> {
        Ok(of(filter).count(&self.0.read).await?)
    }
}

fn of(filter: &DeadLetterFilter) -> Select<Entity> {
    let mut select = Entity::find().filter(Column::ParkedMs.is_not_null());
    if let Some(lane) = filter.lane {
        select = select.filter(Column::Lane.eq(lane.as_str()));
    }
    if let Some(kind) = &filter.kind {
        select = select.filter(Column::Kind.eq(kind));
    }
    if let Some(before) = filter.parked_before {
        select = select.filter(Column::ParkedMs.lt(before.as_millis()));
    }
    select
}

/// `false`: the request's key is known.
async fn remember(
    transaction: &DatabaseTransaction,
    request: &LetterRequest,
    (key, now): (OutboxKey, Timestamp),
) -> Result<bool, StorageError> {
    let row = request_log::Model {
        scope: request.key.scope.clone(),
        request_id: request.key.request_id.clone(),
        method: request.method.to_owned(),
        content_hash: request.content_hash.to_vec(),
        // The content says it all: what was asked for was done.
        reply: "null".to_owned(),
        transaction_id: key.transaction.as_uuid(),
        at_ms: now.as_millis(),
    };
    let keys = [request_log::Column::Scope, request_log::Column::RequestId];
    let written = request_log::Entity::insert(row.into_active_model())
        .on_conflict(OnConflict::columns(keys).do_nothing().to_owned())
        .exec_without_returning(transaction)
        .await?;
    Ok(written > 0)
}

/// Decides those of the letters that are still dead. Answers how many.
pub(super) async fn decide(
    transaction: &DatabaseTransaction,
    act: LetterAct,
    (keys, now): (&[OutboxKey], Timestamp),
) -> Result<u64, StorageError> {
    let mut decided = 0;
    for chunk in keys.chunks(KEYS_AT_ONCE) {
        let dead = Condition::all().add(keyed(chunk)).add(Column::ParkedMs.is_not_null());
        decided += match act {
            LetterAct::Retry => revived(now).filter(dead).exec(transaction).await?.rows_affected,
            // As with a single one, the transactions' `outbox_open` stays too high.
            LetterAct::Discard => Entity::delete_many().filter(dead).exec(transaction).await?.rows_affected,
        };
    }
    Ok(decided)
}
