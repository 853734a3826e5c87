//! Dead letters in bulk: by what they have in common, in the order in which they died.

use entity::outbox::{Column, Entity};
use sea_orm::sea_query::Condition;
use sea_orm::{
    ColumnTrait, DatabaseTransaction, EntityTrait, PaginatorTrait as _, QueryFilter, QueryOrder, QuerySelect, Select,
};

use super::batch::KEYS_AT_ONCE;
use super::job::LetterAct;
use super::outbox::{keyed, revived};
use super::{OutboxKey, OutboxRow, StorageError, Store};
use crate::domain::Timestamp;

/// Which dead letters.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LetterFilter {
    /// The destination ([`EffectLane::as_str`](crate::domain::EffectLane::as_str)).
    pub lane: Option<String>,
    /// The machine ([`Codec::KIND`](super::Codec::KIND)).
    pub kind: Option<String>,
    /// Parked before this.
    pub parked_before: Option<Timestamp>,
}

impl Store {
    /// Dead letters, the oldest first; `after`: those that come after this one in the list.
    pub async fn dead_letters_of(
        &self,
        filter: &LetterFilter,
        after: Option<(Timestamp, OutboxKey)>,
        limit: u64,
    ) -> Result<Vec<OutboxRow>, StorageError> {
        let mut select = of(filter)
            .order_by_asc(Column::ParkedMs)
            .order_by_asc(Column::TransactionId)
            .order_by_asc(Column::Number)
            .limit(limit);
        if let Some((parked, key)) = after {
            let (parked, transaction) = (parked.as_millis(), key.transaction.as_uuid());
            let same = Condition::all().add(Column::ParkedMs.eq(parked)).add(
                Condition::any().add(Column::TransactionId.gt(transaction)).add(
                    Condition::all().add(Column::TransactionId.eq(transaction)).add(Column::Number.gt(key.number)),
                ),
            );
            select = select
                .filter(Column::ParkedMs.gte(parked))
                .filter(Condition::any().add(Column::ParkedMs.gt(parked)).add(same));
        }
        let rows = select.all(&self.0.read).await?;
        Ok(rows.into_iter().map(OutboxRow::from).collect())
    }

    /// How many there are.
    pub async fn dead_letter_count(&self, filter: &LetterFilter) -> Result<u64, StorageError> {
        Ok(of(filter).count(&self.0.read).await?)
    }
}

fn of(filter: &LetterFilter) -> Select<Entity> {
    let mut select = Entity::find().filter(Column::ParkedMs.is_not_null());
    if let Some(lane) = &filter.lane {
        select = select.filter(Column::Lane.eq(lane));
    }
    if let Some(kind) = &filter.kind {
        select = select.filter(Column::Kind.eq(kind));
    }
    if let Some(before) = filter.parked_before {
        select = select.filter(Column::ParkedMs.lt(before.as_millis()));
    }
    select
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
