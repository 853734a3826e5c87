//! The report of one remittance statement: every event with its finding, streamed (contract section 6).

use std::path::Path;

use super::FinanceError;
use crate::domain::remittance::{Approval, FeeConvention, FindingKind, MissingAge, Reconciled, Remittance, State};
use crate::domain::{Timestamp, TransactionId};
use crate::report::{
    Decision, FindingTotal, Format, MissingBucket, Progress, StatementHead, StatementLine, StatementReport,
    StatementTotals, Written, Zone,
};
use crate::storage::{LinePage, ReportMade, StatedLine, Store};

/// Lines that are read at once.
const LINES_AT_ONCE: u64 = 5_000;

/// Writes the report of a statement to `path` and records its digest. The same statement in the same state gives the same
/// bytes.
pub async fn write_statement(
    store: &Store,
    id: TransactionId,
    (format, path, progress): (Format, &Path, &Progress),
    now: Timestamp,
) -> Result<Written, FinanceError> {
    let loaded = store.load::<Remittance>(id).await?.ok_or(FinanceError::Unknown)?;
    let state = loaded.state;
    let done = state.reconciled().ok_or(FinanceError::NotReconciled(state.name()))?;
    let convention = done.adds_up();
    let mut report = StatementReport::begin(format, &head(&state, done, convention), path)?;
    let piaid = done.notice.piaid.clone();
    let currency = done.notice.total.currency();
    progress.promise(done.fetched.lines);
    let mut after = 0;
    loop {
        let lines = store.stated_lines(&piaid, LinePage { statement: id, after, limit: LINES_AT_ONCE }).await?;
        let Some(last) = lines.last() else { break };
        after = last.line;
        for line in &lines {
            report.line(&row(line, done, (currency.code(), convention)))?;
        }
        progress.add(lines.len() as u64);
    }
    let written = report.finish(&totals(done, convention))?;
    store
        .record_report(ReportMade {
            subject: format!("statement {piaid} {}", done.notice.statement_id),
            format: format.extension(),
            sha256: written.sha256,
            bytes: written.bytes,
            lines: written.lines,
            made_at: now,
        })
        .await?;
    Ok(written)
}

type Convention = Result<FeeConvention, &'static str>;

fn head(state: &State, done: &Reconciled, convention: Convention) -> StatementHead {
    let notice = &done.notice;
    StatementHead {
        account: notice.piaid.clone(),
        statement_id: notice.statement_id.to_string(),
        state: state.name().to_owned(),
        statement_date: notice.statement_date,
        period_start: notice.period_start,
        period_end: notice.period_end,
        date_due: notice.due,
        currency: notice.total.currency(),
        memo_line: Some(notice.memo().to_owned()),
        stated_total_micros: notice.total.micros(),
        stated_fees_micros: notice.total_fees.map(|fees| fees.micros()),
        fee_convention: match convention {
            Ok(FeeConvention::Deducted) => "fees are deducted: due = amount - fee".to_owned(),
            Ok(FeeConvention::Apart) => "fees are not in the total: due = amount".to_owned(),
            Err(why) => format!("{why}; due = amount - fee"),
        },
        decisions: done.approvals.iter().flat_map(decisions).collect(),
        zone: Zone::utc(),
    }
}

fn decisions(approval: &Approval) -> Vec<Decision> {
    let user = approval.by.as_ref().map_or_else(|| "automatic".to_owned(), ToString::to_string);
    let decision = |reason: String| Decision { user: user.clone(), at: approval.at, reason };
    if approval.reasons.is_empty() {
        return vec![decision("everything matches".to_owned())];
    }
    approval.reasons.iter().map(|(about, reason)| decision(format!("{about}: {reason}"))).collect()
}

fn row<'a>(
    line: &'a StatedLine,
    done: &'a Reconciled,
    (currency, convention): (&'a str, Convention),
) -> StatementLine<'a> {
    let event = &line.event;
    let counts = event.counted(done.notice.total.currency());
    let finding = line.finding.as_ref();
    let ours_micros = match finding {
        None => event.amount_micros,
        Some(finding) => finding.ours_micros,
    };
    StatementLine {
        number: line.line,
        list: event.kind.as_str(),
        event_request_id: &event.request_id,
        our_id: line.ours.as_ref().map(|(our_id, _)| our_id.as_str()).or(event.our_id.as_deref()),
        issuer: line.ours.as_ref().map(|(_, issuer)| issuer.as_str()),
        currency: event.currency.as_ref().map_or(currency, |stated| stated.code()),
        amount_micros: event.amount_micros,
        fee_micros: event.fee_micros,
        due_micros: counts.map(|(amount, fee)| match convention {
            Ok(FeeConvention::Apart) => amount,
            Ok(FeeConvention::Deducted) | Err(_) => amount.saturating_sub(fee),
        }),
        ours_micros,
        // As the totals of the findings count it: what is in another currency adds nothing to what is stated.
        difference_micros: match (counts, ours_micros) {
            (None, None) => None,
            (counts, ours) => Some(counts.map_or(0, |(amount, _)| amount).saturating_sub(ours.unwrap_or(0))),
        },
        finding: finding.map_or(FindingKind::Matched, |finding| finding.kind).as_str(),
        reason: finding.and_then(|finding| reason(done, finding.kind, &finding.request_id)),
        note: event.note.as_deref(),
    }
}

/// An event's own reason, else its finding's.
fn reason<'a>(done: &'a Reconciled, kind: FindingKind, request_id: &str) -> Option<&'a str> {
    let own = done.approvals.iter().rev().find_map(|approval| approval.reasons.get(request_id));
    own.map(String::as_str).or_else(|| done.reason(kind))
}

fn totals(done: &Reconciled, convention: Convention) -> StatementTotals {
    let due = match convention {
        Ok(FeeConvention::Apart) => done.fetched.amount,
        Ok(FeeConvention::Deducted) | Err(_) => done.fetched.amount - done.fetched.fee,
    };
    let finding = |kind: FindingKind| {
        let sum = done.tally.kinds.get(&kind).copied().unwrap_or_default();
        FindingTotal {
            finding: kind.as_str().to_owned(),
            lines: sum.count,
            stated: sum.stated,
            ours: sum.ours,
            difference: sum.stated - sum.ours,
            reason: done.reason(kind).map(str::to_owned),
        }
    };
    let missing = |age: MissingAge| {
        let sum = done.tally.missing.get(&age).copied().unwrap_or_default();
        MissingBucket { bucket: age.as_str().to_owned(), count: sum.count, sum: sum.ours }
    };
    StatementTotals {
        lines: done.fetched.lines,
        amount: done.fetched.amount,
        fee: done.fetched.fee,
        due,
        // What was not found is not said eight times over.
        findings: FindingKind::ALL.into_iter().map(finding).filter(|found| found.lines > 0).collect(),
        missing: MissingAge::ALL.into_iter().map(missing).filter(|found| found.count > 0).collect(),
    }
}
