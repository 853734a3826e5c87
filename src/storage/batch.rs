//! Many commits in one database transaction, by multi-row statements.
//!
//! Rows are locked in the order of their ids, so that two batches on PostgreSQL cannot wait for each other.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use entity::{journal, ledger, outbox, payment_group, remittable, request_log, transaction};
use sea_orm::sea_query::{Expr, ExprTrait, LockType, OnConflict};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, EntityTrait, IdenStatic, Insert,
    IntoActiveModel, Iterable, QueryFilter, QueryOrder, QuerySelect,
};
use uuid::Uuid;

use super::outbox::keyed;
use super::rows::{Rows, open_after};
use super::search::groups;
use super::{balances, claims, invoice, remittance};
use crate::domain::ClaimRefused;

/// Both databases take more values than this in one statement.
const MOST_VALUES: usize = 30_000;

/// What became of one member of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Written, once the database transaction commits.
    Written {
        /// Outbox rows that now stand.
        outbox_open: i64,
        /// The new ones among them that are leased at once.
        leased: Vec<outbox::Model>,
    },
    /// The version is stale.
    Conflict,
    /// What it wanted to take is not there: nothing of it is written.
    Refused(ClaimRefused),
    /// The request was answered before. A batch with such a member must be rolled back and tried without it.
    RequestKnown,
}

/// What a batch writes beside its members' rows.
#[derive(Debug)]
pub(super) struct Beside {
    /// Combinations that may be new.
    pub(super) groups: BTreeSet<payment_group::Model>,
    /// The part of the ledger's sums that this batch adds to.
    pub(super) shard: i32,
}

/// Writes all members, whose transactions are all different. The verdicts are in the members' order.
pub(super) async fn write(db: &DatabaseTransaction, members: &[&Rows], beside: &Beside) -> Result<Vec<Verdict>, DbErr> {
    let mut stale = stale_by_reading(db, members).await?;
    let claims = claims::judge(db, members, &stale).await?;
    // Refused because the same transaction, written elsewhere while we waited for the lock, has taken it: decide again.
    let turned_away: Vec<&Rows> =
        members.iter().copied().filter(|member| claims.refused(member.id.as_uuid()).is_some()).collect();
    if !turned_away.is_empty() {
        stale.extend(versions_differ(db, &turned_away).await?);
    }
    let refused = |member: &Rows| claims.refused(member.id.as_uuid()).filter(|_| !stale.contains(&member.id.as_uuid()));
    let willing: Vec<&Rows> = members.iter().copied().filter(|member| refused(member).is_none()).collect();
    let refusals: HashMap<Uuid, ClaimRefused> =
        members.iter().filter_map(|member| Some((member.id.as_uuid(), refused(member)?))).collect();
    upsert(db, &willing, &mut stale).await?;
    let live: Vec<&Rows> = willing.into_iter().filter(|member| !stale.contains(&member.id.as_uuid())).collect();

    let known = remember(db, &live).await?;
    let gone = if known.is_empty() { settle(db, &live).await? } else { HashSet::new() };
    let judged = |member: &&Rows| match refusals.get(&member.id.as_uuid()) {
        Some(why) => Verdict::Refused(*why),
        None => verdict(member, &stale, &known, &gone),
    };
    let verdicts: Vec<Verdict> = members.iter().map(judged).collect();
    if known.is_empty() {
        append(db, &live, &verdicts).await?;
        claims.take(db, &live).await?;
        groups::write(db, &beside.groups).await?;
        balances::add(db, &live, beside.shard).await?;
    }
    Ok(verdicts)
}

fn verdict(member: &Rows, stale: &HashSet<Uuid>, known: &HashSet<Uuid>, gone: &HashSet<Uuid>) -> Verdict {
    let id = member.id.as_uuid();
    if stale.contains(&id) {
        return Verdict::Conflict;
    }
    if known.contains(&id) {
        return Verdict::RequestKnown;
    }
    let settled = member.settles.is_some() && !gone.contains(&id);
    Verdict::Written {
        outbox_open: open_after(settled, member.open_before, member.outbox.len()),
        leased: leased_if_free(member, settled),
    }
}

/// Writes what is only ever added: journal, outbox and ledger.
async fn append(db: &DatabaseTransaction, live: &[&Rows], verdicts: &[Verdict]) -> Result<(), DbErr> {
    let mut leased = HashMap::new();
    for verdict in verdicts {
        if let Verdict::Written { leased: rows, .. } = verdict {
            leased.extend(rows.iter().map(|row| ((row.transaction_id, row.number), row)));
        }
    }
    let mut effects = Vec::new();
    for row in live.iter().flat_map(|member| &member.outbox) {
        effects.push((*leased.get(&(row.transaction_id, row.number)).unwrap_or(&row)).clone());
    }
    let events: Vec<journal::Model> = live.iter().flat_map(|member| &member.journal).cloned().collect();
    let entries: Vec<ledger::Model> = live.iter().flat_map(|member| &member.ledger).cloned().collect();
    insert::<journal::Entity>(db, events).await?;
    insert::<outbox::Entity>(db, effects).await?;
    insert::<ledger::Entity>(db, entries).await?;
    remember_remittables(db, live).await?;
    invoice::write_lists(db, live.iter().flat_map(|member| &member.invoices)).await?;
    for write in live.iter().flat_map(|member| &member.statements) {
        remittance::write(db, write).await?;
    }
    Ok(())
}

/// New and changed captures and refunds. A statement that lists one already goes on doing so.
async fn remember_remittables(db: &DatabaseTransaction, live: &[&Rows]) -> Result<(), DbErr> {
    use remittable::Column;
    // A decision may bring the same one from one standing to the next: the last counts, and a statement of PostgreSQL's names a
    // row once.
    let last: BTreeMap<(&str, &str), &remittable::Model> = live
        .iter()
        .flat_map(|member| &member.remittables)
        .map(|row| ((row.account.as_str(), row.request_id.as_str()), row))
        .collect();
    let rows: Vec<&remittable::Model> = last.into_values().collect();
    let on_conflict = OnConflict::columns([Column::Account, Column::RequestId])
        .update_columns([Column::Standing, Column::AtMs])
        .to_owned();
    for chunk in rows.chunks(rows_at_once::<remittable::Entity>()) {
        let rows = chunk.iter().map(|row| (*row).clone());
        Insert::many(rows).on_conflict(on_conflict.clone()).exec_without_returning(db).await?;
    }
    Ok(())
}

/// Members that change nothing in their row still need its version, and those that take spots need it before they take
/// them: read it, on PostgreSQL under a lock. The locks are taken for all members at once, to keep their order.
async fn stale_by_reading(db: &DatabaseTransaction, members: &[&Rows]) -> Result<HashSet<Uuid>, DbErr> {
    let reads = |member: &Rows| member.transaction.is_none() || !member.bookings.is_empty();
    if !members.iter().any(|member| reads(member)) {
        return Ok(HashSet::new());
    }
    let postgres = db.get_database_backend() == DbBackend::Postgres;
    let locked: Vec<&Rows> = members.iter().copied().filter(|member| postgres || reads(member)).collect();
    versions_differ(db, &locked).await
}

/// Those of `read` whose version is not the one expected.
async fn versions_differ(db: &DatabaseTransaction, read: &[&Rows]) -> Result<HashSet<Uuid>, DbErr> {
    let postgres = db.get_database_backend() == DbBackend::Postgres;
    let mut select = transaction::Entity::find()
        .select_only()
        .columns([transaction::Column::Id, transaction::Column::Version])
        .filter(transaction::Column::Id.is_in(read.iter().map(|member| member.id.as_uuid())))
        .order_by_asc(transaction::Column::Id);
    if postgres {
        select = select.lock(LockType::Update);
    }
    let versions: HashMap<Uuid, i64> = select.into_tuple().all(db).await?.into_iter().collect();
    let stands = |member: &Rows| versions.get(&member.id.as_uuid()).copied().unwrap_or(0);
    Ok(read.iter().filter(|m| stands(m) != m.expected).map(|m| m.id.as_uuid()).collect())
}

/// New and changed rows in one statement that passes over rows whose version is not the one expected.
async fn upsert(db: &DatabaseTransaction, members: &[&Rows], stale: &mut HashSet<Uuid>) -> Result<(), DbErr> {
    use transaction::Column;
    let mut rows: Vec<&transaction::Model> = members
        .iter()
        .filter(|member| !stale.contains(&member.id.as_uuid()))
        .filter_map(|member| member.transaction.as_ref())
        .collect();
    rows.sort_unstable_by_key(|row| row.id);
    let kept = [Column::Id, Column::Kind, Column::Account, Column::RequestId, Column::CreatedMs];
    let on_conflict = OnConflict::column(Column::Id)
        .update_columns(Column::iter().filter(|column| !kept.iter().any(|kept| kept.as_str() == column.as_str())))
        .action_and_where(
            Expr::col((transaction::Entity, Column::Version)).eq(Expr::col(("excluded", Column::Version)).sub(1)),
        )
        .to_owned();
    for chunk in rows.chunks(rows_at_once::<transaction::Entity>()) {
        let mut missing: HashSet<Uuid> = chunk.iter().map(|row| row.id).collect();
        let written = Insert::many(chunk.iter().map(|row| (*row).clone()))
            .on_conflict(on_conflict.clone())
            .exec_with_returning_keys(db)
            .await?;
        for id in written {
            missing.remove(&id);
        }
        stale.extend(missing);
    }
    Ok(())
}

/// Writes the request log; answers the transactions whose request it knew already.
async fn remember(db: &DatabaseTransaction, live: &[&Rows]) -> Result<HashSet<Uuid>, DbErr> {
    let mut rows: Vec<&request_log::Model> = live.iter().filter_map(|member| member.log.as_ref()).collect();
    rows.sort_unstable_by(|a, b| (&a.scope, &a.request_id).cmp(&(&b.scope, &b.request_id)));
    let mut known = HashSet::new();
    for chunk in rows.chunks(rows_at_once::<request_log::Entity>()) {
        let keys = [request_log::Column::Scope, request_log::Column::RequestId];
        let written: Vec<(String, String)> = Insert::many(chunk.iter().map(|row| (*row).clone()))
            .on_conflict(OnConflict::columns(keys).do_nothing().to_owned())
            .exec_with_returning_keys(db)
            .await?;
        if written.len() == chunk.len() {
            continue;
        }
        // Of two members with one key the first is written; the second finds it gone from the set.
        let mut written: HashSet<(String, String)> = written.into_iter().collect();
        for row in chunk {
            if !written.remove(&(row.scope.clone(), row.request_id.clone())) {
                known.insert(row.transaction_id);
            }
        }
    }
    Ok(known)
}

/// Deletes the outbox rows that are settled; answers the transactions whose row was gone already. `outbox_open` follows.
async fn settle(db: &DatabaseTransaction, live: &[&Rows]) -> Result<HashSet<Uuid>, DbErr> {
    let settling: Vec<&Rows> = live.iter().copied().filter(|member| member.settles.is_some()).collect();
    if settling.is_empty() {
        return Ok(HashSet::new());
    }
    let keys: Vec<_> = settling.iter().filter_map(|member| member.settles).collect();
    let mut deleted = HashSet::new();
    for chunk in keys.chunks(KEYS_AT_ONCE) {
        let rows = outbox::Entity::delete_many().filter(keyed(chunk)).exec_with_returning(db).await?;
        deleted.extend(rows.into_iter().map(|row| (row.transaction_id, row.number)));
    }
    let was_there =
        |member: &Rows| member.settles.is_some_and(|key| deleted.contains(&(key.transaction.as_uuid(), key.number)));
    // A changed row was written as if its outbox row had been there; an unchanged one was not written at all.
    let (there, gone): (Vec<&Rows>, Vec<&Rows>) = settling.into_iter().partition(|member| was_there(member));
    let ids = |members: &[&Rows], wanted: fn(&Rows) -> bool| -> Vec<Uuid> {
        members.iter().filter(|member| wanted(member)).map(|member| member.id.as_uuid()).collect()
    };
    adjust(db, ids(&there, |member| member.transaction.is_none()), -1).await?;
    adjust(db, ids(&gone, |member| member.transaction.is_some() && member.open_before > 0), 1).await?;
    Ok(gone.into_iter().map(|member| member.id.as_uuid()).collect())
}

async fn adjust(db: &DatabaseTransaction, ids: Vec<Uuid>, by: i64) -> Result<(), DbErr> {
    if ids.is_empty() {
        return Ok(());
    }
    let mut update = transaction::Entity::update_many()
        .col_expr(transaction::Column::OutboxOpen, Expr::col(transaction::Column::OutboxOpen).add(by))
        .filter(transaction::Column::Id.is_in(ids));
    if by < 0 {
        update = update.filter(transaction::Column::OutboxOpen.gt(0));
    }
    update.exec(db).await?;
    Ok(())
}

/// New effects are leased at once if no earlier one stands in their way: the first of each lane.
fn leased_if_free(member: &Rows, settled: bool) -> Vec<outbox::Model> {
    if open_after(settled, member.open_before, 0) > 0 {
        return Vec::new();
    }
    let mut lanes = HashSet::new();
    let leased = |row: &outbox::Model| outbox::Model {
        lease_node: Some(member.lease.node),
        due_ms: member.lease.until_ms,
        ..row.clone()
    };
    member.outbox.iter().filter(|row| lanes.insert(row.lane.as_str())).map(leased).collect()
}

/// An OR of so many keys stays within SQLite's depth of expressions.
pub(super) const KEYS_AT_ONCE: usize = 200;

fn rows_at_once<E: EntityTrait>() -> usize {
    (MOST_VALUES / E::Column::iter().count().max(1)).max(1)
}

pub(super) async fn insert<E>(db: &DatabaseTransaction, mut rows: Vec<E::Model>) -> Result<(), DbErr>
where
    E: EntityTrait,
    E::Model: IntoActiveModel<E::ActiveModel>,
{
    while !rows.is_empty() {
        let rest = rows.split_off(rows.len().min(rows_at_once::<E>()));
        Insert::many(rows).exec_without_returning(db).await?;
        rows = rest;
    }
    Ok(())
}
