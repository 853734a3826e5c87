//! A statement's events, a page at a time.

use std::collections::HashMap;

use entity::{remittable, statement_finding, statement_line};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::IDS_AT_ONCE;
use crate::domain::remittance::{Finding, FindingKind, StatedEvent};
use crate::domain::{Currency, Piaid, RemittableKind, TransactionId};
use crate::storage::{CodecError, StorageError, Store};

/// One event with what is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatedLine {
    /// Its place, from 1.
    pub line: u64,
    /// As stated.
    pub event: StatedEvent,
    /// What does not match; `None`: it matches.
    pub finding: Option<Finding>,
    /// Our own id and the issuer, if our books know it.
    pub ours: Option<(String, String)>,
}

/// Which lines of a statement.
#[derive(Debug, Clone, Copy)]
pub struct LinePage {
    /// The statement.
    pub statement: TransactionId,
    /// Lines up to this one are passed over.
    pub after: u64,
    /// How many at most.
    pub limit: u64,
}

/// The columns of a line, and what our books call it.
type Columns = (
    i64,
    String,
    String,
    Option<String>,
    Option<String>,
    Option<i64>,
    Option<i64>,
    Option<String>,
    Option<String>,
    Option<String>,
);

impl Store {
    /// Events as stated, in order.
    pub async fn stated_events(&self, page: LinePage) -> Result<Vec<(u64, StatedEvent)>, StorageError> {
        use statement_line::Column;
        let rows = statement_line::Entity::find()
            .filter(Column::StatementId.eq(page.statement.as_uuid()))
            .filter(Column::Line.gt(i64::try_from(page.after).unwrap_or(i64::MAX)))
            .order_by_asc(Column::Line)
            .limit(page.limit)
            .all(&self.0.read)
            .await?;
        rows.into_iter().map(event).collect()
    }

    /// Events with what was found on them and what our books call them, in order.
    pub async fn stated_lines(&self, piaid: &Piaid, page: LinePage) -> Result<Vec<StatedLine>, StorageError> {
        use statement_line::Column;
        // One row for each line, not two: handing a row over is what costs.
        let of_ours = |column: remittable::Column| Expr::col((remittable::Entity, column));
        let known = of_ours(remittable::Column::Account)
            .eq(piaid.as_str())
            .and(of_ours(remittable::Column::RequestId).equals((statement_line::Entity, Column::RequestId)));
        let mut select = statement_line::Entity::find()
            .select_only()
            .columns([
                Column::Line,
                Column::Kind,
                Column::RequestId,
                Column::OurId,
                Column::Currency,
                Column::AmountMicros,
                Column::FeeMicros,
                Column::Note,
            ])
            .expr(of_ours(remittable::Column::OurId))
            .expr(of_ours(remittable::Column::Issuer))
            .filter(Column::StatementId.eq(page.statement.as_uuid()))
            .filter(Column::Line.gt(i64::try_from(page.after).unwrap_or(i64::MAX)));
        QuerySelect::query(&mut select).left_join(remittable::Entity, known);
        let rows: Vec<Columns> =
            select.order_by_asc(Column::Line).limit(page.limit).into_tuple().all(&self.0.read).await?;
        let Some(last) = rows.last().map(|row| row.0) else { return Ok(Vec::new()) };
        let mut findings: HashMap<u64, Finding> = HashMap::new();
        let found = statement_finding::Entity::find()
            .filter(statement_finding::Column::StatementId.eq(page.statement.as_uuid()))
            .filter(statement_finding::Column::Line.gt(i64::try_from(page.after).unwrap_or(i64::MAX)))
            .filter(statement_finding::Column::Line.lte(last))
            .all(&self.0.read)
            .await?;
        for row in found {
            let finding = finding(row)?;
            findings.insert(finding.line, finding);
        }
        let whole = |row: Columns| {
            let (line, kind, request_id, our_id, currency, amount_micros, fee_micros, note, known_as, issuer) = row;
            let statement_id = page.statement.as_uuid();
            let row = statement_line::Model {
                statement_id,
                line,
                kind,
                request_id,
                our_id,
                currency,
                amount_micros,
                fee_micros,
                note,
            };
            let (line, event) = event(row)?;
            Ok(StatedLine { line, finding: findings.remove(&line), ours: known_as.zip(issuer), event })
        };
        rows.into_iter().map(whole).collect()
    }

    /// Findings of a statement, of one kind or of all, in the order of their lines.
    pub async fn findings(&self, page: LinePage, kind: Option<FindingKind>) -> Result<Vec<Finding>, StorageError> {
        use statement_finding::Column;
        let mut select = statement_finding::Entity::find()
            .filter(Column::StatementId.eq(page.statement.as_uuid()))
            .filter(Column::Line.gt(i64::try_from(page.after).unwrap_or(i64::MAX)));
        if let Some(kind) = kind {
            select = select.filter(Column::Kind.eq(kind.as_str()));
        }
        let rows = select.order_by_asc(Column::Line).limit(page.limit).all(&self.0.read).await?;
        rows.into_iter().map(finding).collect()
    }

    /// Findings of a statement on one event: more than one where it is stated more than once.
    pub async fn findings_on(&self, page: LinePage, request_id: &str) -> Result<Vec<Finding>, StorageError> {
        use statement_finding::Column;
        let rows = statement_finding::Entity::find()
            .filter(Column::StatementId.eq(page.statement.as_uuid()))
            .filter(Column::RequestId.eq(request_id))
            .filter(Column::Line.gt(i64::try_from(page.after).unwrap_or(i64::MAX)))
            .order_by_asc(Column::Line)
            .limit(page.limit)
            .all(&self.0.read)
            .await?;
        rows.into_iter().map(finding).collect()
    }

    /// Every finding on the events with these ids: the id and what is wrong.
    pub async fn findings_of(
        &self,
        statement: TransactionId,
        request_ids: &[String],
    ) -> Result<Vec<(String, FindingKind)>, StorageError> {
        use statement_finding::Column;
        let mut found = Vec::new();
        for chunk in request_ids.chunks(IDS_AT_ONCE) {
            let rows = statement_finding::Entity::find()
                .filter(Column::StatementId.eq(statement.as_uuid()))
                .filter(Column::RequestId.is_in(chunk))
                .all(&self.0.read)
                .await?;
            for row in rows {
                let finding = finding(row)?;
                found.push((finding.request_id, finding.kind));
            }
        }
        Ok(found)
    }
}

fn line_of(line: i64) -> u64 {
    u64::try_from(line).unwrap_or(0)
}

fn event(row: statement_line::Model) -> Result<(u64, StatedEvent), StorageError> {
    let key = || format!("{}/{}", row.statement_id, row.line);
    let corrupt = |column, why: String| StorageError::corrupt("statement_lines", column, key(), CodecError(why));
    let currency = row.currency.as_deref().map(Currency::parse).transpose();
    Ok((
        line_of(row.line),
        StatedEvent {
            kind: RemittableKind::parse(&row.kind).ok_or_else(|| corrupt("kind", row.kind.clone()))?,
            currency: currency.map_err(|why| corrupt("currency", why.to_string()))?,
            request_id: row.request_id,
            our_id: row.our_id,
            amount_micros: row.amount_micros,
            fee_micros: row.fee_micros,
            note: row.note,
        },
    ))
}

fn finding(row: statement_finding::Model) -> Result<Finding, StorageError> {
    let kind = FindingKind::parse(&row.kind).ok_or_else(|| {
        let key = format!("{}/{}", row.statement_id, row.line);
        StorageError::corrupt("statement_findings", "kind", key, CodecError(row.kind.clone()))
    })?;
    Ok(Finding {
        line: line_of(row.line),
        kind,
        request_id: row.request_id,
        stated_micros: row.stated_micros,
        ours_micros: row.ours_micros,
        fee_micros: row.fee_micros,
        expected_fee_micros: row.expected_fee_micros,
    })
}
