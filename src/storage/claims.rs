//! What bookings take and give back: spots of slots, uses of packs; and how they are found (google-booking-server sections
//! 3.14 and 5.1).
//!
//! All in the commit that decides it. The batch reads what its members want to take, under a lock, and refuses those for
//! whom nothing is left: the last spot is won by exactly one.

use std::collections::{BTreeMap, HashMap, HashSet};

use entity::{booking, booking_charge, inventory, pack, slot};
use sea_orm::sea_query::{Expr, ExprTrait, LockType, OnConflict};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, EntityTrait, Insert, QueryFilter, QueryOrder,
    QuerySelect,
};
use uuid::Uuid;

use super::batch::KEYS_AT_ONCE;
use super::rows::Rows;
use crate::domain::booking::PackUse;
use crate::domain::catalog::{MerchantId, OptionKind};
use crate::domain::{BookingListed, ClaimRefused, Record, Spot, TransactionId};

/// What a booking writes beside its own row, in the order of the decision.
#[derive(Debug, Clone)]
pub(super) enum BookingWrite {
    Spot {
        slot: Uuid,
        user_id: String,
        taken: bool,
    },
    Listed(booking::Model),
    Unlisted(Uuid),
    Charge(booking_charge::Model),
    PackBought(pack::Model),
    /// One use more or less; taken only while so many are left.
    PackUse {
        id: String,
        expected: Option<i32>,
        by: i32,
    },
    /// Paid back: nothing of it can be used any more.
    PackWithdrawn(String),
}

/// The count of a pack that was withdrawn: however many uses are given back to it, none is left.
const WITHDRAWN: i32 = i32::MIN / 2;

impl BookingWrite {
    pub(super) fn of(record: &Record, now_ms: i64) -> Option<Self> {
        let spot =
            |spot: &Spot, taken| Self::Spot { slot: spot.slot.as_uuid(), user_id: spot.user_id.to_string(), taken };
        Some(match record {
            Record::SpotTaken(taken) => spot(taken, true),
            Record::SpotReleased(released) => spot(released, false),
            Record::BookingListed(listed) => Self::Listed(listed_row(listed, now_ms)),
            Record::BookingUnlisted { booking } => Self::Unlisted(booking.as_uuid()),
            Record::BookingCharge { booking, intent } => {
                Self::Charge(booking_charge::Model { intent: intent.to_string(), booking_id: booking.as_uuid() })
            }
            Record::PackBought { user_id, merchant, booking, pack } => {
                Self::PackBought(bought_row((user_id, merchant), *booking, pack)?)
            }
            Record::PackUsed(pack) => {
                let (id, by) = (pack.id.to_string(), -uses(pack));
                Self::PackUse { id, expected: Some(count(pack.before)), by }
            }
            Record::PackReturned(pack) => Self::PackUse { id: pack.id.to_string(), expected: None, by: uses(pack) },
            Record::PackWithdrawn { id } => Self::PackWithdrawn(id.to_string()),
            Record::Remittable(_)
            | Record::StatementLines { .. }
            | Record::Findings { .. }
            | Record::Stated { .. }
            | Record::Released { .. }
            | Record::FindingsCleared { .. }
            | Record::InvoiceListed(_)
            | Record::InvoiceCharge { .. } => return None,
        })
    }
}

fn count(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

/// How many uses one visit takes: a membership has no count.
const fn uses(pack: &PackUse) -> i32 {
    match pack.kind {
        OptionKind::Unlimited => 0,
        OptionKind::SingleUse | OptionKind::MultiUse { .. } => 1,
    }
}

/// The name of a kind of option in a row.
pub(super) const fn kind_name(kind: OptionKind) -> &'static str {
    match kind {
        OptionKind::SingleUse => "single_use",
        OptionKind::MultiUse { .. } => "multi_use",
        OptionKind::Unlimited => "unlimited",
    }
}

/// An attempt that is being paid is found by no user, but it holds its slot for him.
pub(super) const PAYING: &str = "PAYING";

fn listed_row(listed: &BookingListed, now_ms: i64) -> booking::Model {
    booking::Model {
        booking_id: listed.booking.as_uuid(),
        user_id: listed.user_id.to_string(),
        merchant_id: listed.slot.merchant.as_str().to_owned(),
        service_id: listed.slot.service.as_str().to_owned(),
        slot_key: listed.slot_key.as_uuid(),
        start_s: listed.slot.start_s,
        end_s: listed.slot.end_s(),
        status: listed.status.map_or(PAYING, |status| status.as_str()).to_owned(),
        created_ms: now_ms,
    }
}

/// `None` for a pack that a booking does not buy.
fn bought_row((user_id, merchant): (&str, &MerchantId), booking: TransactionId, pack: &PackUse) -> Option<pack::Model> {
    pack.bought.then(|| pack::Model {
        id: pack.id.to_string(),
        user_id: user_id.to_owned(),
        option_id: pack.option.as_str().to_owned(),
        merchant_id: merchant.as_str().to_owned(),
        kind: kind_name(pack.kind).to_owned(),
        original_count: count(pack.original),
        current_count: count(pack.after()),
        valid_from_s: pack.valid_from_s,
        valid_until_s: pack.valid_until_s,
        bought_by: booking.as_uuid(),
    })
}

/// What the members of a batch may take.
#[derive(Debug, Default)]
pub(super) struct Claims {
    /// The load of the feeds in force, held fast for this batch.
    generation: i64,
    refused: HashMap<Uuid, ClaimRefused>,
    /// Open and total spots before the batch.
    slots: HashMap<Uuid, (i32, i32)>,
}

/// What stands before the batch.
struct Standing {
    /// Open and total spots.
    slots: HashMap<Uuid, (i32, i32)>,
    /// Who holds a spot of which slot, by which booking.
    holders: HashMap<(Uuid, String), Uuid>,
    packs: HashMap<String, i32>,
}

/// Judges the members in their order; those whose version is stale already take nothing.
pub(super) async fn judge(db: &DatabaseTransaction, members: &[&Rows], stale: &HashSet<Uuid>) -> Result<Claims, DbErr> {
    let claiming: Vec<&Rows> = members
        .iter()
        .copied()
        .filter(|member| !member.bookings.is_empty() && !stale.contains(&member.id.as_uuid()))
        .collect();
    if claiming.is_empty() {
        return Ok(Claims::default());
    }
    let generation = generation(db).await?;
    let mut standing = Standing::read(db, generation, &claiming).await?;
    let slots = standing.slots.clone();
    let mut refused = HashMap::new();
    for member in claiming {
        if let Err(why) = standing.take(member) {
            refused.insert(member.id.as_uuid(), why);
        }
    }
    Ok(Claims { generation, refused, slots })
}

/// The load in force. On PostgreSQL another load cannot come into force before this batch is written.
async fn generation(db: &DatabaseTransaction) -> Result<i64, DbErr> {
    let mut select = inventory::Entity::find().select_only().column(inventory::Column::Generation);
    if db.get_database_backend() == DbBackend::Postgres {
        select = select.lock(LockType::Share);
    }
    Ok(select.into_tuple().one(db).await?.unwrap_or(0))
}

impl Standing {
    async fn read(db: &DatabaseTransaction, generation: i64, members: &[&Rows]) -> Result<Self, DbErr> {
        let (mut slots, mut taken, mut packs) = (Vec::new(), Vec::new(), Vec::new());
        for write in members.iter().flat_map(|member| &member.bookings) {
            match write {
                BookingWrite::Spot { slot, user_id, taken: takes } => {
                    slots.push(*slot);
                    if *takes {
                        taken.push((*slot, user_id.clone()));
                    }
                }
                BookingWrite::PackUse { id, .. } | BookingWrite::PackWithdrawn(id) => packs.push(id.clone()),
                BookingWrite::Listed(_)
                | BookingWrite::Unlisted(_)
                | BookingWrite::Charge(_)
                | BookingWrite::PackBought(_) => {}
            }
        }
        let postgres = db.get_database_backend() == DbBackend::Postgres;
        Ok(Self {
            slots: read_slots(db, generation, slots, postgres).await?,
            holders: read_holders(db, taken).await?,
            packs: read_packs(db, packs, postgres).await?,
        })
    }

    /// Takes what one member wants, all or nothing.
    fn take(&mut self, member: &Rows) -> Result<(), ClaimRefused> {
        let own = member.id.as_uuid();
        let mut slots: HashMap<Uuid, i32> = HashMap::new();
        for write in &member.bookings {
            match write {
                BookingWrite::Spot { slot, taken: false, .. } => *slots.entry(*slot).or_default() += 1,
                BookingWrite::Spot { slot, user_id, taken: true } => {
                    if self.holders.get(&(*slot, user_id.clone())).is_some_and(|holder| *holder != own) {
                        return Err(ClaimRefused::HeldByUser);
                    }
                    let open = self.slots.get(slot).map_or(0, |(open, _)| *open);
                    let change = slots.entry(*slot).or_default();
                    if open + *change <= 0 {
                        return Err(ClaimRefused::NoSpot);
                    }
                    *change -= 1;
                }
                BookingWrite::PackUse { id, expected: Some(expected), .. } if self.packs.get(id) != Some(expected) => {
                    return Err(ClaimRefused::PackChanged);
                }
                BookingWrite::PackUse { .. }
                | BookingWrite::PackWithdrawn(_)
                | BookingWrite::Listed(_)
                | BookingWrite::Unlisted(_)
                | BookingWrite::Charge(_)
                | BookingWrite::PackBought(_) => {}
            }
        }
        for (slot, change) in slots {
            if let Some((open, total)) = self.slots.get_mut(&slot) {
                *open = Ord::min(*open + change, *total);
            }
        }
        for write in &member.bookings {
            match write {
                BookingWrite::Spot { slot, user_id, taken: true } => {
                    self.holders.insert((*slot, user_id.clone()), own);
                }
                BookingWrite::Spot { slot, user_id, taken: false } => {
                    self.holders.remove(&(*slot, user_id.clone()));
                }
                BookingWrite::PackUse { id, by, .. } => {
                    if let Some(left) = self.packs.get_mut(id) {
                        *left += by;
                    }
                }
                BookingWrite::PackWithdrawn(id) => {
                    self.packs.insert(id.clone(), WITHDRAWN);
                }
                BookingWrite::Listed(_)
                | BookingWrite::Unlisted(_)
                | BookingWrite::Charge(_)
                | BookingWrite::PackBought(_) => {}
            }
        }
        Ok(())
    }
}

/// Sorted and each once: the order in which locks are taken.
fn ordered<T: Ord>(mut keys: Vec<T>) -> Vec<T> {
    keys.sort_unstable();
    keys.dedup();
    keys
}

async fn read_slots(
    db: &DatabaseTransaction,
    generation: i64,
    keys: Vec<Uuid>,
    postgres: bool,
) -> Result<HashMap<Uuid, (i32, i32)>, DbErr> {
    use slot::Column;
    let mut found = HashMap::new();
    for chunk in ordered(keys).chunks(KEYS_AT_ONCE) {
        let mut select = slot::Entity::find()
            .select_only()
            .columns([Column::Key, Column::SpotsOpen, Column::SpotsTotal])
            .filter(Column::Generation.eq(generation))
            .filter(Column::Key.is_in(chunk.iter().copied()))
            .order_by_asc(Column::Key);
        if postgres {
            select = select.lock(LockType::Update);
        }
        let rows: Vec<(Uuid, i32, i32)> = select.into_tuple().all(db).await?;
        found.extend(rows.into_iter().map(|(key, open, total)| (key, (open, total))));
    }
    Ok(found)
}

async fn read_holders(
    db: &DatabaseTransaction,
    taken: Vec<(Uuid, String)>,
) -> Result<HashMap<(Uuid, String), Uuid>, DbErr> {
    use booking::Column;
    let mut holders = HashMap::new();
    for chunk in ordered(taken).chunks(KEYS_AT_ONCE) {
        let slots = ordered(chunk.iter().map(|(slot, _)| *slot).collect());
        let users = ordered(chunk.iter().map(|(_, user)| user.clone()).collect());
        let rows: Vec<(Uuid, String, Uuid, String)> = booking::Entity::find()
            .select_only()
            .columns([Column::SlotKey, Column::UserId, Column::BookingId, Column::Status])
            .filter(Column::SlotKey.is_in(slots))
            .filter(Column::UserId.is_in(users))
            .into_tuple()
            .all(db)
            .await?;
        let holds = |status: &str| {
            status == PAYING
                || crate::domain::booking::BookingStatus::parse(status)
                    .is_some_and(crate::domain::booking::BookingStatus::is_live)
        };
        let held = rows.into_iter().filter(|(.., status)| holds(status));
        holders.extend(held.map(|(slot, user, booking, _)| ((slot, user), booking)));
    }
    Ok(holders)
}

async fn read_packs(db: &DatabaseTransaction, ids: Vec<String>, postgres: bool) -> Result<HashMap<String, i32>, DbErr> {
    use pack::Column;
    let mut found = HashMap::new();
    for chunk in ordered(ids).chunks(KEYS_AT_ONCE) {
        let mut select = pack::Entity::find()
            .select_only()
            .columns([Column::Id, Column::CurrentCount])
            .filter(Column::Id.is_in(chunk.iter().cloned()))
            .order_by_asc(Column::Id);
        if postgres {
            select = select.lock(LockType::Update);
        }
        let rows: Vec<(String, i32)> = select.into_tuple().all(db).await?;
        found.extend(rows);
    }
    Ok(found)
}

impl Claims {
    /// Why a member takes nothing, if it does not.
    pub(super) fn refused(&self, member: Uuid) -> Option<ClaimRefused> {
        self.refused.get(&member).copied()
    }

    /// Writes what the living members take, give back and are found by.
    pub(super) async fn take(&self, db: &DatabaseTransaction, live: &[&Rows]) -> Result<(), DbErr> {
        let mut open: BTreeMap<Uuid, i32> = BTreeMap::new();
        let (mut listed, mut charges, mut bought) = (BTreeMap::new(), Vec::new(), Vec::new());
        let (mut gone, mut withdrawn) = (Vec::new(), Vec::new());
        let mut uses: BTreeMap<&str, i32> = BTreeMap::new();
        let mut now_ms = 0;
        for member in live {
            now_ms = Ord::max(now_ms, member.now_ms);
            for write in &member.bookings {
                match write {
                    BookingWrite::Spot { slot, taken, .. } => {
                        // A slot that the feeds have dropped is counted no more.
                        let Some((before, total)) = self.slots.get(slot) else { continue };
                        let now = open.entry(*slot).or_insert(*before);
                        // Never more than there are: a load of the feeds may have counted one as free already.
                        *now = if *taken { Ord::max(*now - 1, 0) } else { Ord::min(*now + 1, *total) };
                    }
                    BookingWrite::Listed(row) => {
                        listed.insert(row.booking_id, row.clone());
                    }
                    BookingWrite::Unlisted(id) => gone.push(*id),
                    BookingWrite::Charge(row) => charges.push(row.clone()),
                    BookingWrite::PackBought(row) => bought.push(row.clone()),
                    BookingWrite::PackUse { id, by, .. } => *uses.entry(id.as_str()).or_default() += by,
                    BookingWrite::PackWithdrawn(id) => withdrawn.push(id.clone()),
                }
            }
        }
        self.spots(db, open, now_ms).await?;
        list(db, listed.into_values().collect(), gone).await?;
        let known = OnConflict::column(booking_charge::Column::Intent).do_nothing().to_owned();
        for chunk in charges.chunks(KEYS_AT_ONCE) {
            let rows = Insert::many(chunk.iter().cloned()).on_conflict(known.clone());
            rows.exec_without_returning(db).await?;
        }
        super::batch::insert::<pack::Entity>(db, bought).await?;
        for (id, by) in uses {
            pack::Entity::update_many()
                .col_expr(pack::Column::CurrentCount, Expr::col(pack::Column::CurrentCount).add(by))
                .filter(pack::Column::Id.eq(id))
                .exec(db)
                .await?;
        }
        // A membership has no count: it is valid for no time.
        for chunk in withdrawn.chunks(KEYS_AT_ONCE) {
            pack::Entity::update_many()
                .col_expr(pack::Column::CurrentCount, Expr::value(WITHDRAWN))
                .col_expr(pack::Column::ValidUntilS, Expr::value(0_i64))
                .filter(pack::Column::Id.is_in(chunk.iter().cloned()))
                .exec(db)
                .await?;
        }
        Ok(())
    }

    /// Writes the spots that are open now. The rows were read under a lock.
    async fn spots(&self, db: &DatabaseTransaction, open: BTreeMap<Uuid, i32>, now_ms: i64) -> Result<(), DbErr> {
        use slot::Column;
        let mut by_count: BTreeMap<i32, Vec<Uuid>> = BTreeMap::new();
        for (slot, count) in open {
            if self.slots.get(&slot).is_some_and(|(before, _)| *before != count) {
                by_count.entry(count).or_default().push(slot);
            }
        }
        for (count, slots) in by_count {
            // Each change has another mark, even within a millisecond: who has seen one has not seen the next.
            let next = || Expr::col(Column::UntoldMs).add(1);
            let mark = Expr::case(Expr::col(Column::UntoldMs).gte(now_ms), next()).finally(Expr::value(now_ms));
            for chunk in slots.chunks(KEYS_AT_ONCE) {
                slot::Entity::update_many()
                    .col_expr(Column::SpotsOpen, Expr::value(count))
                    .col_expr(Column::UntoldMs, mark.clone().into())
                    .filter(Column::Generation.eq(self.generation))
                    .filter(Column::Key.is_in(chunk.iter().copied()))
                    .exec(db)
                    .await?;
            }
        }
        Ok(())
    }
}

async fn list(db: &DatabaseTransaction, listed: Vec<booking::Model>, gone: Vec<Uuid>) -> Result<(), DbErr> {
    use booking::Column;
    let known = OnConflict::column(Column::BookingId)
        .update_columns([
            Column::UserId,
            Column::MerchantId,
            Column::ServiceId,
            Column::SlotKey,
            Column::StartS,
            Column::EndS,
            Column::Status,
        ])
        .to_owned();
    for chunk in listed.chunks(KEYS_AT_ONCE) {
        Insert::many(chunk.iter().cloned()).on_conflict(known.clone()).exec_without_returning(db).await?;
    }
    for chunk in gone.chunks(KEYS_AT_ONCE) {
        booking::Entity::delete_many().filter(Column::BookingId.is_in(chunk.iter().copied())).exec(db).await?;
    }
    Ok(())
}
