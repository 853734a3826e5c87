//! Bookings as they are searched, packs as they stand, and who wants to hear of offers (google-booking-server sections
//! 3.14, 5.4, 5.5 and 7.7).

use entity::{booking, booking_charge, marketing, pack, transaction};
use sea_orm::sea_query::{ExprTrait, OnConflict};
use sea_orm::{ColumnTrait, EntityTrait, Insert, QueryFilter, QueryOrder, QuerySelect};

use super::claims::{PAYING, kind_name};
use super::{Codec as _, CodecError, StorageError, Store};
use crate::domain::booking::{Booking, BookingStatus};
use crate::domain::catalog::{MerchantId, OptionKind, PaymentOptionId};
use crate::domain::{Machine as _, Timestamp, TransactionId};

/// A pack or membership that a user owns (`UserPaymentOption`, google-booking-server section 3.14).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pack {
    /// `user_payment_option_id`.
    pub id: String,
    /// Whose.
    pub user_id: String,
    /// `payment_option_id`.
    pub option: PaymentOptionId,
    /// What it is.
    pub kind: OptionKind,
    /// `original_count`.
    pub original: u32,
    /// `current_count`.
    pub left: u32,
    /// From when on it is valid, in seconds since the Unix epoch.
    pub valid_from_s: Option<i64>,
    /// Until when, exclusive, in seconds since the Unix epoch.
    pub valid_until_s: Option<i64>,
}

/// Which bookings are listed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BookingFilter {
    /// Of this user.
    pub user_id: Option<String>,
    /// At this merchant.
    pub merchant: Option<String>,
    /// That end after this second since the Unix epoch.
    pub ends_after_s: Option<i64>,
    /// That begin before this second since the Unix epoch.
    pub begins_before_s: Option<i64>,
    /// That begin at this second or later.
    pub begins_from_s: Option<i64>,
    /// That stand so.
    pub status: Option<BookingStatus>,
    /// Those after this place: start and id of the last one that was seen.
    pub after: Option<(i64, TransactionId)>,
}

/// One booking of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedBooking {
    /// The booking.
    pub id: TransactionId,
    /// Google's id of the user.
    pub user_id: String,
    /// At whose.
    pub merchant: String,
    /// Which service.
    pub service: String,
    /// When it begins, in seconds since the Unix epoch.
    pub start_s: i64,
    /// When it ends.
    pub end_s: i64,
    /// How it stands, in Google's word.
    pub status: String,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A booking that stands before finance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TroubledBooking {
    /// The booking. Its status is the name of its state where it never became one.
    pub booking: ListedBooking,
    /// Why ([`Attention::as_str`](crate::domain::Attention::as_str)).
    pub attention: String,
}

impl Store {
    /// Bookings by their start. Attempts that are still being paid are none.
    pub async fn bookings(&self, filter: &BookingFilter, limit: u64) -> Result<Vec<ListedBooking>, StorageError> {
        use booking::Column;
        let mut select = booking::Entity::find().filter(Column::Status.ne(PAYING));
        if let Some(user) = &filter.user_id {
            select = select.filter(Column::UserId.eq(user));
        }
        if let Some(merchant) = &filter.merchant {
            select = select.filter(Column::MerchantId.eq(merchant));
        }
        if let Some(second) = filter.ends_after_s {
            select = select.filter(Column::EndS.gt(second));
        }
        if let Some(second) = filter.begins_from_s {
            select = select.filter(Column::StartS.gte(second));
        }
        if let Some(status) = filter.status {
            select = select.filter(Column::Status.eq(status.as_str()));
        }
        if let Some(second) = filter.begins_before_s {
            select = select.filter(Column::StartS.lt(second));
        }
        if let Some((start_s, id)) = filter.after {
            // Said twice, so that an index by the start is entered at the place.
            let later = Column::StartS.gt(start_s);
            select = select.filter(Column::StartS.gte(start_s)).filter(later.or(Column::BookingId.gt(id.as_uuid())));
        }
        let rows = select.order_by_asc(Column::StartS).order_by_asc(Column::BookingId).limit(limit);
        let rows = rows.all(&self.0.read).await?;
        Ok(rows
            .into_iter()
            .map(|row| ListedBooking {
                id: TransactionId::from_uuid(row.booking_id),
                user_id: row.user_id,
                merchant: row.merchant_id,
                service: row.service_id,
                start_s: row.start_s,
                end_s: row.end_s,
                status: row.status,
                created_at: Timestamp::from_millis(row.created_ms),
            })
            .collect())
    }

    /// Bookings, and attempts that became none, that stand before finance: those that came first are first; later than
    /// `after`.
    pub async fn bookings_before_finance(
        &self,
        after: Option<(Timestamp, TransactionId)>,
        limit: u64,
    ) -> Result<Vec<TroubledBooking>, StorageError> {
        use transaction::Column;
        let mut select =
            transaction::Entity::find().filter(Column::Attention.is_not_null()).filter(Column::Kind.eq(Booking::KIND));
        if let Some((at, id)) = after {
            let later = Column::CreatedMs.gt(at.as_millis()).or(Column::Id.gt(id.as_uuid()));
            select = select.filter(Column::CreatedMs.gte(at.as_millis())).filter(later);
        }
        let rows = select.order_by_asc(Column::CreatedMs).order_by_asc(Column::Id).limit(limit);
        let troubled = |row: transaction::Model| {
            let id = TransactionId::from_uuid(row.id);
            let state = Booking::decode_state(&row.snapshot)
                .map_err(|why| StorageError::corrupt("transactions", "snapshot", id, why))?;
            Ok(state.agreement().map(|agreement| TroubledBooking {
                booking: ListedBooking {
                    id,
                    user_id: agreement.guest.user_id.to_string(),
                    merchant: agreement.slot.merchant.as_str().to_owned(),
                    service: agreement.slot.service.as_str().to_owned(),
                    start_s: agreement.slot.start_s,
                    end_s: agreement.slot.end_s(),
                    status: Booking::state_name(&state).to_owned(),
                    created_at: Timestamp::from_millis(row.created_ms),
                },
                attention: row.attention.unwrap_or_default(),
            }))
        };
        rows.all(&self.0.read).await?.into_iter().filter_map(|row| troubled(row).transpose()).collect()
    }

    /// The booking that the processor speaks of by one of its own ids.
    pub async fn booking_of_charge(&self, intent: &str) -> Result<Option<TransactionId>, StorageError> {
        let found = booking_charge::Entity::find_by_id(intent.to_owned()).one(&self.0.read).await?;
        Ok(found.map(|row| TransactionId::from_uuid(row.booking_id)))
    }

    /// A pack, by its id.
    pub async fn pack(&self, id: &str) -> Result<Option<Pack>, StorageError> {
        let found = pack::Entity::find_by_id(id.to_owned()).one(&self.0.read).await?;
        found.map(read_pack).transpose()
    }

    /// Whether a user has ever bought this option (`user_restriction.new_to_payment_option`).
    pub async fn has_bought(&self, user_id: &str, option: &PaymentOptionId) -> Result<bool, StorageError> {
        let found = pack::Entity::find()
            .filter(pack::Column::UserId.eq(user_id))
            .filter(pack::Column::OptionId.eq(option.as_str()))
            .limit(1)
            .one(&self.0.read)
            .await?;
        Ok(found.is_some())
    }

    /// Whether a user has ever booked at this merchant (`user_restriction.new_to_merchant`).
    pub async fn has_booked(&self, user_id: &str, merchant: &MerchantId) -> Result<bool, StorageError> {
        use booking::Column;
        let found = booking::Entity::find()
            .filter(Column::UserId.eq(user_id))
            .filter(Column::MerchantId.eq(merchant.as_str()))
            .filter(Column::Status.ne(PAYING))
            .limit(1)
            .one(&self.0.read)
            .await?;
        Ok(found.is_some())
    }

    /// Remembers whether a user wants to hear of offers (google-booking-server section 5.5), for the merchant of the last
    /// booking. `None`: the user has never booked.
    pub async fn prefer_marketing(
        &self,
        user_id: &str,
        wanted: bool,
        now: Timestamp,
    ) -> Result<Option<String>, StorageError> {
        use booking::Column;
        let last: Option<String> = booking::Entity::find()
            .select_only()
            .column(Column::MerchantId)
            .filter(Column::UserId.eq(user_id))
            .filter(Column::Status.ne(PAYING))
            .order_by_desc(Column::CreatedMs)
            .limit(1)
            .into_tuple()
            .one(&self.0.read)
            .await?;
        let row = marketing::Model {
            user_id: user_id.to_owned(),
            merchant_id: last.clone().unwrap_or_default(),
            wanted,
            at_ms: now.as_millis(),
        };
        let known = OnConflict::columns([marketing::Column::UserId, marketing::Column::MerchantId])
            .update_columns([marketing::Column::Wanted, marketing::Column::AtMs])
            .to_owned();
        let row: marketing::ActiveModel = row.into();
        Insert::one(row).on_conflict(known).exec_without_returning(&self.0.write).await?;
        Ok(last)
    }
}

fn read_pack(row: pack::Model) -> Result<Pack, StorageError> {
    let corrupt = |column, why: String| StorageError::corrupt("packs", column, &row.id, CodecError(why));
    let original = u32::try_from(row.original_count).unwrap_or(0);
    let kinds = [OptionKind::SingleUse, OptionKind::MultiUse { sessions: original }, OptionKind::Unlimited];
    let kind = kinds.into_iter().find(|kind| kind_name(*kind) == row.kind);
    Ok(Pack {
        option: PaymentOptionId::parse(&row.option_id).map_err(|why| corrupt("option_id", why.to_string()))?,
        kind: kind.ok_or_else(|| corrupt("kind", format!("unknown kind {}", row.kind)))?,
        original,
        left: u32::try_from(row.current_count).unwrap_or(0),
        id: row.id.clone(),
        user_id: row.user_id.clone(),
        valid_from_s: row.valid_from_s,
        valid_until_s: row.valid_until_s,
    })
}
