//! Everything that somebody may read from a letter, a log or another system's page, in one field.

use entity::{booking_charge, invoice_charge, remittable, transaction};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::groups::of_payments;
use crate::domain::{RemittableKind, TransactionId};
use crate::storage::{StorageError, Store};

/// What a name belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The machine ([`Codec::KIND`](crate::storage::Codec::KIND)).
    pub kind: String,
    /// The transaction.
    pub transaction: TransactionId,
    /// What the name is: `transaction`, `refund`, `request`, `refund_request`, `issuer_reference` or `charge`.
    pub by: &'static str,
}

/// A name that belongs to more is none.
const MOST_FOUND: u64 = 20;
/// No name is longer.
const LONGEST: usize = 300;

impl Store {
    /// What bears this name: our id of a transaction or of a refund; Google's of a payment, a refund or a statement; the
    /// merchant's of an invoice; an issuer's reference; a charge of the processor's. Exactly, but for blanks around it.
    pub async fn find_anything(&self, text: &str) -> Result<Vec<Found>, StorageError> {
        let text = text.trim();
        if text.is_empty() || text.len() > LONGEST || text.contains('\0') {
            return Ok(Vec::new());
        }
        let mut found: Vec<(Uuid, &'static str)> = Vec::new();
        let lower = text.to_ascii_lowercase();
        if let Ok(id) = TransactionId::parse(&lower) {
            found.push((id.as_uuid(), "transaction"));
        } else if let Some((id, number)) = lower.rsplit_once('-')
            && number.parse::<u32>().is_ok()
            && let Ok(id) = TransactionId::parse(id)
        {
            found.push((id.as_uuid(), "refund"));
        }
        found.extend(self.requests(text).await?.into_iter().map(|id| (id, "request")));
        found.extend(self.refund_requests(text).await?.into_iter().map(|id| (id, "refund_request")));
        found.extend(self.references(text).await?.into_iter().map(|id| (id, "issuer_reference")));
        found.extend(self.charges(text).await?.into_iter().map(|id| (id, "charge")));
        self.kinds(found).await
    }

    async fn requests(&self, text: &str) -> Result<Vec<Uuid>, StorageError> {
        use transaction::Column;
        let select = transaction::Entity::find().select_only().column(Column::Id).filter(Column::RequestId.eq(text));
        Ok(select.order_by_asc(Column::Account).limit(MOST_FOUND).into_tuple().all(&self.0.read).await?)
    }

    async fn refund_requests(&self, text: &str) -> Result<Vec<Uuid>, StorageError> {
        use remittable::Column;
        Ok(remittable::Entity::find()
            .select_only()
            .column(Column::PaymentId)
            .filter(Column::RequestId.eq(text))
            .filter(Column::Kind.eq(RemittableKind::Refund.as_str()))
            .limit(MOST_FOUND)
            .into_tuple()
            .all(&self.0.read)
            .await?)
    }

    async fn references(&self, text: &str) -> Result<Vec<Uuid>, StorageError> {
        use transaction::Column;
        Ok(transaction::Entity::find()
            .select_only()
            .column(Column::Id)
            .filter(of_payments())
            .filter(Column::IssuerReference.is_not_null())
            .filter(Column::IssuerReference.eq(text))
            .limit(MOST_FOUND)
            .into_tuple()
            .all(&self.0.read)
            .await?)
    }

    async fn charges(&self, text: &str) -> Result<Vec<Uuid>, StorageError> {
        let booking = booking_charge::Entity::find_by_id(text.to_owned()).one(&self.0.read).await?;
        let invoice = invoice_charge::Entity::find_by_id(text.to_owned()).one(&self.0.read).await?;
        let ids = [booking.map(|row| row.booking_id), invoice.map(|row| row.invoice_id)];
        Ok(ids.into_iter().flatten().collect())
    }

    /// Those that exist, with their kinds, each once.
    async fn kinds(&self, found: Vec<(Uuid, &'static str)>) -> Result<Vec<Found>, StorageError> {
        use transaction::Column;
        if found.is_empty() {
            return Ok(Vec::new());
        }
        let rows: Vec<(Uuid, String)> = transaction::Entity::find()
            .select_only()
            .columns([Column::Id, Column::Kind])
            .filter(Column::Id.is_in(found.iter().map(|(id, _)| *id)))
            .into_tuple()
            .all(&self.0.read)
            .await?;
        let mut rows: std::collections::HashMap<Uuid, String> = rows.into_iter().collect();
        let known = |(id, by)| Some(Found { kind: rows.remove(&id)?, transaction: TransactionId::from_uuid(id), by });
        Ok(found.into_iter().filter_map(known).collect())
    }
}
