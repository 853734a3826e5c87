//! `payments.export`: the payments that a search finds, the newest first. What begins after the job is not in it.

use std::collections::BTreeMap;

use futures_util::FutureExt as _;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::files::{MadeReport, Unmade};
use super::steps::{Fault, HeldJob, JobSettings};
use super::stop::Stop;
use crate::domain::{Currency, Timestamp, TransactionId};
use crate::report::{
    Format, PaymentLine, PaymentSums, PaymentsHead, PaymentsReport, Progress, ReportError, Zone, payments_end,
    payments_part,
};
use crate::storage::{Job, JobGoesOn, JobNext, JobOutcome, Overview, PaymentFilter};

/// The last payment that was written, and what was written so far.
#[derive(Serialize, Deserialize)]
struct Cursor {
    at_ms: i64,
    id: String,
    sums: BTreeMap<String, String>,
}

impl Cursor {
    fn read(job: &Job) -> Option<((Timestamp, TransactionId), PaymentSums)> {
        let Self { at_ms, id, sums } = Self::deserialize(job.cursor.as_ref()?).ok()?;
        let sum = |(currency, micros): (String, String)| Some((Currency::parse(&currency).ok()?, micros.parse().ok()?));
        let sums = sums.into_iter().map(sum).collect::<Option<_>>()?;
        Some(((Timestamp::from_millis(at_ms), TransactionId::parse(&id).ok()?), sums))
    }
}

impl JobSettings {
    /// One page as CSV.
    pub(super) async fn export_page(&self, job: &Job, asked: PaymentFilter) -> Result<JobNext, Fault> {
        let asked = so_far(asked, job);
        let head = head(&asked, job);
        let (before, mut sums) = match &job.cursor {
            None => (None, PaymentSums::new()),
            Some(_) => Cursor::read(job).map(|(at, sums)| (Some(at), sums)).ok_or_else(Fault::strange_cursor)?,
        };
        let limit = self.at_once.payments;
        let found = self.store.search_payments(&asked, before, limit).await?;
        let lines: Vec<_> = found.iter().map(Line::of).collect();
        for payment in &found {
            add(&mut sums, payment);
        }
        let mut part = payments_part(lines.iter().map(Line::as_line), before.is_none(), &head).map_err(unwritten)?;
        let done = job.done.saturating_add(found.len() as u64);
        if let Some(last) = found.last().filter(|_| found.len() as u64 == limit) {
            let sums = sums.iter().map(|(currency, sum)| (currency.code().to_owned(), sum.to_string())).collect();
            let cursor = json!(Cursor { at_ms: last.created_at.as_millis(), id: last.id.to_string(), sums });
            return Ok(JobNext::GoesOn(JobGoesOn { cursor, done, parts: vec![part], ..JobGoesOn::default() }));
        }
        part.extend(payments_end(&head, done, &sums).map_err(unwritten)?);
        let file = Some((format!("{}.csv", name(job)), Format::Csv.media_type().to_owned()));
        Ok(JobNext::Ends(JobOutcome::Done { summary: json!({"lines": done}), done, parts: vec![part], file }))
    }

    /// All of them as a workbook.
    pub(super) async fn export_book(
        &self,
        held: &mut HeldJob,
        asked: PaymentFilter,
        stop: &Stop,
    ) -> Result<JobNext, Fault> {
        let asked = so_far(asked, &held.job);
        let (head, name) = (head(&asked, &held.job), name(&held.job));
        let (store, limit) = (self.store.clone(), self.at_once.payments);
        let make = move |(path, progress): (std::path::PathBuf, Progress)| {
            let book = async move {
                let mut report = PaymentsReport::begin(&head, &path).map_err(unmade)?;
                let (mut before, mut sums) = (None, PaymentSums::new());
                loop {
                    let found = store.search_payments(&asked, before, limit).await.map_err(Unmade::Storage)?;
                    for payment in &found {
                        add(&mut sums, payment);
                        report.line(&Line::of(payment).as_line()).map_err(unmade)?;
                    }
                    progress.add(found.len() as u64);
                    match found.last().filter(|_| found.len() as u64 == limit) {
                        Some(last) => before = Some((last.created_at, last.id)),
                        None => break,
                    }
                }
                Ok(MadeReport { written: report.finish(&sums).map_err(unmade)?, name })
            };
            book.boxed_local()
        };
        self.made(held, Format::Xlsx, (stop, make)).await
    }
}

/// Nothing that begins while the file is written.
fn so_far(asked: PaymentFilter, job: &Job) -> PaymentFilter {
    // Whole milliseconds: what began in the job's own one was there.
    let end = job.created_at.plus_millis(1);
    PaymentFilter { until: Some(asked.until.map_or(end, |until| until.min(end))), ..asked }
}

fn name(job: &Job) -> String {
    format!("payments-{}", job.created_at.to_day())
}

fn head(asked: &PaymentFilter, job: &Job) -> PaymentsHead {
    let mut said = Vec::new();
    let mut say = |what: &'static str, value: Option<String>| said.extend(value.map(|value| (what, value)));
    say("Account", asked.account.clone());
    say("Issuer", asked.issuer.clone());
    say("State", asked.state.clone());
    say("Before finance", asked.needs_attention.then(|| "only those".to_owned()));
    say("Currency", asked.currency.clone());
    let decimal = crate::report::decimal_of_micros;
    say("Amount", asked.amount.map(|(least, most)| format!("{} to {}", decimal(least), decimal(most))));
    say("Begun from", asked.from.map(Timestamp::to_utc));
    say("Begun before", asked.until.map(Timestamp::to_utc));
    PaymentsHead { as_of: job.created_at, asked: said, zone: Zone::utc() }
}

fn add(sums: &mut PaymentSums, payment: &Overview) {
    *sums.entry(payment.amount.currency()).or_default() += i128::from(payment.amount.micros());
}

fn unmade(error: ReportError) -> Unmade {
    tracing::error!(error = %error, "an export could not be written");
    Unmade::File
}

fn unwritten(error: ReportError) -> Fault {
    unmade(error).into()
}

/// A payment with its id as text.
struct Line<'a> {
    id: String,
    payment: &'a Overview,
}

impl<'a> Line<'a> {
    fn of(payment: &'a Overview) -> Self {
        Self { id: payment.id.to_string(), payment }
    }

    fn as_line(&self) -> PaymentLine<'_> {
        let payment = self.payment;
        PaymentLine {
            began: payment.created_at,
            changed: payment.updated_at,
            transaction_id: &self.id,
            request_id: &payment.request_id,
            account: &payment.account,
            issuer: payment.issuer.as_deref(),
            state: &payment.state,
            attention: payment.attention.as_deref(),
            currency: payment.amount.currency(),
            amount_micros: payment.amount.micros(),
        }
    }
}
