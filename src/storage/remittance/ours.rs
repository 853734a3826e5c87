//! What our books know of the events of a statement, and what no statement lists.

use std::collections::{HashMap, HashSet};

use entity::{remittable, statement_finding, transaction};
use sea_orm::sea_query::{Alias, Expr, ExprTrait};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::IDS_AT_ONCE;
use crate::domain::remittance::{FindingKind, Ours};
use crate::domain::{
    Currency, IssuerId, Money, Piaid, Remittable, RemittableKind, RemittableStanding, RequestId, Timestamp,
    TransactionId,
};
use crate::storage::{CodecError, StorageError, Store};

/// What our books know of some events.
#[derive(Debug, Default)]
pub struct OursFound {
    /// Captures and refunds, with the statement that lists them already, by Google's id.
    pub items: HashMap<String, (Remittable, Option<TransactionId>)>,
    /// Payments that are not paid.
    pub not_paid: HashSet<String>,
    /// Events that an earlier line of this statement has, though it does not list them.
    pub seen_before: HashSet<String>,
}

impl OursFound {
    /// What they know of one of these ids.
    pub fn of(&self, request_id: &str) -> Ours<'_> {
        let before = self.seen_before.contains(request_id);
        match self.items.get(request_id) {
            Some((item, stated)) => Ours::Known { item, before: before || stated.is_some() },
            None if self.not_paid.contains(request_id) => Ours::NotPaid { before },
            None => Ours::Unknown { before },
        }
    }
}

impl Store {
    /// What our books know of the events with these ids, on a statement of `piaid` in this currency.
    pub async fn ours(
        &self,
        piaid: &Piaid,
        (statement, currency): (TransactionId, Currency),
        request_ids: &[&str],
    ) -> Result<OursFound, StorageError> {
        let read = &self.0.read;
        let mut found = OursFound::default();
        for chunk in request_ids.chunks(IDS_AT_ONCE) {
            let rows = remittable::Entity::find()
                .filter(remittable::Column::Account.eq(piaid.as_str()))
                .filter(remittable::Column::RequestId.is_in(chunk.iter().copied()))
                .all(read)
                .await?;
            for row in rows {
                let stated = row.statement_id.map(TransactionId::from_uuid);
                found.items.insert(row.request_id.clone(), (remittable_of(row)?, stated));
            }
        }
        let missing: Vec<&str> = request_ids.iter().copied().filter(|id| !found.items.contains_key(*id)).collect();
        for chunk in missing.chunks(IDS_AT_ONCE) {
            let known: Vec<String> = transaction::Entity::find()
                .select_only()
                .column(transaction::Column::RequestId)
                .filter(transaction::Column::RequestId.is_in(chunk.iter().copied()))
                .filter(transaction::Column::Account.eq(piaid.as_str()))
                .filter(transaction::Column::Kind.eq("redirect_payment"))
                .into_tuple()
                .all(read)
                .await?;
            found.not_paid.extend(known);
        }
        // What this statement lists says so itself; of the rest, its findings remember the earlier line.
        let listable =
            |item: &Remittable| item.standing == RemittableStanding::Done && item.amount.currency() == currency;
        let unlisted = |id: &&str| match found.items.get(*id) {
            Some((item, stated)) => stated.is_none() && !listable(item),
            None => true,
        };
        let unlisted: Vec<&str> = request_ids.iter().copied().filter(unlisted).collect();
        for chunk in unlisted.chunks(IDS_AT_ONCE) {
            let seen: Vec<(String, String)> = statement_finding::Entity::find()
                .select_only()
                .columns([statement_finding::Column::RequestId, statement_finding::Column::Kind])
                .filter(statement_finding::Column::StatementId.eq(statement.as_uuid()))
                .filter(statement_finding::Column::RequestId.is_in(chunk.iter().copied()))
                .into_tuple()
                .all(read)
                .await?;
            // Of an item of ours, the finding `unknown` says that it stood in the wrong list.
            let counts =
                |(id, kind): &(String, String)| !found.items.contains_key(id) || kind != FindingKind::Unknown.as_str();
            let seen: Vec<String> = seen.into_iter().filter(counts).map(|(id, _)| id).collect();
            found.seen_before.extend(seen);
        }
        Ok(found)
    }

    /// The payments that these ids of Google's belong to, of captures and refunds, or of payments that are not paid. Ids of
    /// nothing are left out.
    pub async fn payments_of(
        &self,
        piaid: &Piaid,
        request_ids: &[&str],
    ) -> Result<HashMap<String, TransactionId>, StorageError> {
        let mut payments = HashMap::new();
        for chunk in request_ids.chunks(IDS_AT_ONCE) {
            let rows: Vec<(String, Uuid)> = remittable::Entity::find()
                .select_only()
                .columns([remittable::Column::RequestId, remittable::Column::PaymentId])
                .filter(remittable::Column::Account.eq(piaid.as_str()))
                .filter(remittable::Column::RequestId.is_in(chunk.iter().copied()))
                .into_tuple()
                .all(&self.0.read)
                .await?;
            payments.extend(rows.into_iter().map(|(id, payment)| (id, TransactionId::from_uuid(payment))));
        }
        let unpaid: Vec<&str> = request_ids.iter().copied().filter(|id| !payments.contains_key(*id)).collect();
        for chunk in unpaid.chunks(IDS_AT_ONCE) {
            let rows: Vec<(String, Uuid)> = transaction::Entity::find()
                .select_only()
                .columns([transaction::Column::RequestId, transaction::Column::Id])
                .filter(transaction::Column::RequestId.is_in(chunk.iter().copied()))
                .filter(transaction::Column::Account.eq(piaid.as_str()))
                .filter(transaction::Column::Kind.eq("redirect_payment"))
                .into_tuple()
                .all(&self.0.read)
                .await?;
            payments.extend(rows.into_iter().map(|(id, payment)| (id, TransactionId::from_uuid(payment))));
        }
        Ok(payments)
    }

    /// The capture and the refunds of a payment, as statements list them, the oldest first.
    pub async fn remittables_of(&self, payment: TransactionId) -> Result<Vec<Remittable>, StorageError> {
        use remittable::Column;
        let select = remittable::Entity::find().filter(Column::PaymentId.eq(payment.as_uuid()));
        let rows = select.order_by_asc(Column::AtMs).order_by_asc(Column::RequestId).all(&self.0.read).await?;
        rows.into_iter().map(remittable_of).collect()
    }

    /// Captures and refunds of an account in a currency that happened in `[from, to)` and that no statement lists: how
    /// many, and what they come to, refunds negative.
    pub async fn unstated(
        &self,
        piaid: &Piaid,
        currency: Currency,
        (from, to): (Timestamp, Timestamp),
    ) -> Result<(u64, i128), StorageError> {
        use remittable::Column;
        let mut count = 0;
        let mut sum = 0;
        for (kind, sign) in [(RemittableKind::Capture, 1), (RemittableKind::Refund, -1)] {
            let row: Option<(i64, Option<String>)> = remittable::Entity::find()
                .select_only()
                .expr(Expr::col(Column::RequestId).count())
                .expr(Expr::col(Column::AmountMicros).sum().cast_as(Alias::new("text")))
                .filter(Column::Account.eq(piaid.as_str()))
                .filter(Column::StatementId.is_null())
                .filter(Column::AtMs.gte(from.as_millis()))
                .filter(Column::AtMs.lt(to.as_millis()))
                .filter(Column::Kind.eq(kind.as_str()))
                .filter(Column::Currency.eq(currency.code()))
                .filter(Column::Standing.eq(RemittableStanding::Done.as_str()))
                .into_tuple()
                .one(&self.0.read)
                .await?;
            let (rows, micros) = row.unwrap_or((0, None));
            count += u64::try_from(rows).unwrap_or(0);
            sum += sign * micros.and_then(|text| text.parse::<i128>().ok()).unwrap_or(0);
        }
        Ok((count, sum))
    }
}

fn remittable_of(row: remittable::Model) -> Result<Remittable, StorageError> {
    let key = format!("{}/{}", row.account, row.request_id);
    let corrupt = |column, why: String| StorageError::corrupt("remittables", column, &key, CodecError(why));
    Ok(Remittable {
        piaid: Piaid::parse(&row.account).map_err(|why| corrupt("account", why.to_string()))?,
        request_id: RequestId::parse(&row.request_id).map_err(|why| corrupt("request_id", why.to_string()))?,
        kind: RemittableKind::parse(&row.kind).ok_or_else(|| corrupt("kind", row.kind.clone()))?,
        payment: TransactionId::from_uuid(row.payment_id),
        issuer: IssuerId::parse(&row.issuer).map_err(|why| corrupt("issuer", why.to_string()))?,
        amount: Money::new(
            row.amount_micros,
            Currency::parse(&row.currency).map_err(|why| corrupt("currency", why.to_string()))?,
        ),
        standing: RemittableStanding::parse(&row.standing).ok_or_else(|| corrupt("standing", row.standing.clone()))?,
        our_id: row.our_id,
        at: Timestamp::from_millis(row.at_ms),
    })
}
