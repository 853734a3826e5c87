//! Which kept cards a signing key still has to open (architecture section 7).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use entity::transaction::{Column, Entity};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::{Codec as _, StorageError, Store};
use crate::crypto::sealed_under;
use crate::domain::TransactionId;
use crate::domain::booking::{Booking, State, may_charge_card};

/// Snapshots that are read at once.
const AT_ONCE: u64 = 500;

impl Store {
    /// How many bookings keep a card that was sealed under this signing key and may still be charged. Reads every booking that
    /// names the key: for a command, not for a page.
    pub async fn kept_cards_under(&self, key: &str) -> Result<u64, StorageError> {
        let mark = format!(".{}.", URL_SAFE_NO_PAD.encode(key));
        let mut needed = 0;
        let mut after: Option<Uuid> = None;
        loop {
            // `_` in the mark means any character to the database: what is found is looked at again below.
            let mut wanted = Entity::find()
                .select_only()
                .columns([Column::Id, Column::Snapshot])
                .filter(Column::Kind.eq(Booking::KIND))
                .filter(Column::Snapshot.contains(&mark));
            if let Some(after) = after {
                wanted = wanted.filter(Column::Id.gt(after));
            }
            let rows: Vec<(Uuid, String)> =
                wanted.order_by_asc(Column::Id).limit(AT_ONCE).into_tuple().all(&self.0.read).await?;
            for (id, snapshot) in &rows {
                let state = Booking::decode_state(snapshot).map_err(|why| {
                    StorageError::corrupt("transactions", "snapshot", TransactionId::from_uuid(*id), why)
                })?;
                needed += u64::from(needs(&state, key));
            }
            match rows.last() {
                Some((last, _)) if rows.len() as u64 == AT_ONCE => after = Some(*last),
                Some(_) | None => return Ok(needed),
            }
        }
    }
}

fn needs(state: &State, key: &str) -> bool {
    let State::Booked(booked) = state else { return false };
    let card = booked.receipt.as_ref().and_then(|receipt| receipt.vault.as_ref());
    card.is_some_and(|card| sealed_under(&card.0).as_deref() == Some(key)) && may_charge_card(booked)
}
