//! Remittance statements in rows: the codec of the machine, the events and findings that stand in tables of their own, and
//! what reconciliation reads.

mod codec;
mod lines;
mod lists;
mod ours;
mod values;

pub use lines::{LinePage, StatedLine};
pub use lists::{ReportMade, StatementRow};
pub use ours::OursFound;

use entity::{remittable, statement_finding, statement_line};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::batch::insert;
use super::rows::StatementWrite;

/// What a commit fails with whose statement lists what another one has begun to list since it was judged.
pub(super) const LISTED_MEANWHILE: &str = "another statement lists some of these events by now";

/// Ids in one statement of SQL; both databases take more.
const IDS_AT_ONCE: usize = 5_000;

/// Carries out one write of a commit.
pub(super) async fn write(db: &DatabaseTransaction, write: &StatementWrite) -> Result<(), DbErr> {
    match write {
        StatementWrite::Lines(rows) => insert::<statement_line::Entity>(db, rows.clone()).await,
        StatementWrite::Findings(rows) => insert::<statement_finding::Entity>(db, rows.clone()).await,
        StatementWrite::Stated { statement, account, request_ids } => {
            let mut listed = 0;
            for chunk in request_ids.chunks(IDS_AT_ONCE) {
                let updated = remittable::Entity::update_many()
                    .col_expr(remittable::Column::StatementId, Expr::value(Some(*statement)))
                    .filter(remittable::Column::Account.eq(account))
                    .filter(remittable::Column::RequestId.is_in(chunk))
                    // What another statement lists stays with it, however the two raced.
                    .filter(remittable::Column::StatementId.is_null())
                    .exec(db)
                    .await?;
                listed += updated.rows_affected;
            }
            // They were free when they were judged: whoever came second judges again.
            if listed == request_ids.len() as u64 { Ok(()) } else { Err(DbErr::Custom(LISTED_MEANWHILE.to_owned())) }
        }
        StatementWrite::Released { statement, account } => release(db, *statement, account).await,
        StatementWrite::FindingsCleared { statement } => {
            let mine = statement_finding::Column::StatementId.eq(*statement);
            statement_finding::Entity::delete_many().filter(mine).exec(db).await.map(drop)
        }
    }
}

/// By the statement's own lines, some at a time: no index over all captures has to be kept for this rare case, and no
/// planner can come to believe that comparing each capture with each line is cheap.
async fn release(db: &DatabaseTransaction, statement: Uuid, account: &str) -> Result<(), DbErr> {
    use statement_line::Column;
    let mut after = 0;
    loop {
        let lines: Vec<(i64, String)> = statement_line::Entity::find()
            .select_only()
            .columns([Column::Line, Column::RequestId])
            .filter(Column::StatementId.eq(statement))
            .filter(Column::Line.gt(after))
            .order_by_asc(Column::Line)
            .limit(IDS_AT_ONCE as u64)
            .into_tuple()
            .all(db)
            .await?;
        let Some((last, _)) = lines.last() else { return Ok(()) };
        after = *last;
        remittable::Entity::update_many()
            .col_expr(remittable::Column::StatementId, Expr::value(None::<Uuid>))
            .filter(remittable::Column::Account.eq(account))
            .filter(remittable::Column::RequestId.is_in(lines.into_iter().map(|(_, id)| id)))
            .filter(remittable::Column::StatementId.eq(statement))
            .exec(db)
            .await?;
    }
}
