//! Files that are made in one go, and then stored part by part.
//!
//! The file lies beside, without a name. It is gone with this process: whoever takes the job up makes it again, from the
//! beginning.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::PathBuf;
use std::sync::Arc;

use futures_util::future::LocalBoxFuture;
use serde_json::{Value, json};

use super::PART;
use super::steps::{Fault, HeldJob, JobSettings};
use super::stop::Stop;
use super::work::Report;
use crate::report::{Aside, Format, Progress, Written};
use crate::storage::{Job, JobGoesOn, JobNext, JobOutcome, StorageError};

/// A report that lies complete in its file.
#[derive(Debug)]
pub struct MadeReport {
    /// What was written.
    pub written: Written,
    /// What the file is called, without its ending.
    pub name: String,
}

/// Why there is no report.
#[derive(Debug)]
pub enum Unmade {
    /// There never will be: for people, without personal data.
    Refused(String),
    /// The books could not be read.
    Storage(StorageError),
    /// The file could not be written; the log says why.
    File,
}

/// Makes a report of finance's at a path, and says how far it is. The work is done where it is awaited, and can be dropped at
/// any time.
pub type MakeReport = Arc<
    dyn Fn(Report, Format, (PathBuf, Progress)) -> LocalBoxFuture<'static, Result<MadeReport, Unmade>> + Send + Sync,
>;

impl From<Unmade> for Fault {
    fn from(why: Unmade) -> Self {
        match why {
            Unmade::Refused(why) => Self::Refused(why),
            Unmade::Storage(error) => error.into(),
            Unmade::File => Self::Ours("the file could not be written on the server".to_owned()),
        }
    }
}

/// A file that is being stored.
pub(super) struct MadeFile {
    file: File,
    name: String,
    mime: &'static str,
    summary: Value,
    lines: u64,
    length: u64,
    stored: u64,
}

impl JobSettings {
    pub(super) async fn report(
        &self,
        held: &mut HeldJob,
        (report, format): (Report, Format),
        stop: &mut Stop,
    ) -> Result<JobNext, Fault> {
        let make = self.reports.clone();
        self.made(held, format, (stop, move |place| make(report, format, place))).await
    }

    /// Makes the file unless it is made already, and stores the next parts of it.
    pub(super) async fn made<M>(
        &self,
        held: &mut HeldJob,
        format: Format,
        (stop, make): (&Stop, M),
    ) -> Result<JobNext, Fault>
    where
        M: FnOnce((PathBuf, Progress)) -> LocalBoxFuture<'static, Result<MadeReport, Unmade>> + Send + 'static,
    {
        let made = if let Some(made) = &mut held.made {
            made
        } else {
            let progress = Progress::default();
            let making = aside(format, stop.clone(), (progress.clone(), make));
            let (report, file) = self.telling(&held.job, &progress, making).await?;
            held.made.insert(MadeFile {
                file,
                name: format!("{}.{}", report.name, format.extension()),
                mime: format.media_type(),
                summary: json!({"lines": report.written.lines, "bytes": report.written.bytes}),
                lines: report.written.lines,
                length: report.written.bytes,
                stored: 0,
            })
        };
        made.next(&held.job, self.at_once.parts).map_err(|error| {
            tracing::error!(job.id = %held.job.id, error = %error, "a file that was made could not be read again");
            Fault::Ours("the file could not be read on the server".to_owned())
        })
    }
}

impl MadeFile {
    fn next(&mut self, job: &Job, most: usize) -> io::Result<JobNext> {
        // Somebody has stored some of it before.
        let anew = self.stored == 0 && job.cursor.is_some();
        let mut parts = Vec::new();
        while parts.len() < most.max(1) {
            let mut part = Vec::with_capacity(PART);
            if (&mut self.file).take(PART as u64).read_to_end(&mut part)? == 0 {
                break;
            }
            self.stored = self.stored.saturating_add(part.len() as u64);
            parts.push(part);
        }
        if anew || self.stored < self.length {
            let cursor = json!({"stored": self.stored});
            let (done, total) = (self.lines, Some(self.lines));
            return Ok(JobNext::GoesOn(JobGoesOn { cursor, done, total, parts, anew, letters: None }));
        }
        let file = Some((self.name.clone(), self.mime.to_owned()));
        Ok(JobNext::Ends(JobOutcome::Done { summary: self.summary.clone(), done: self.lines, parts, file }))
    }
}

/// On a thread of its own: a workbook is seconds of work.
async fn aside<M>(format: Format, mut stop: Stop, (progress, make): (Progress, M)) -> Result<(MadeReport, File), Fault>
where
    M: FnOnce((PathBuf, Progress)) -> LocalBoxFuture<'static, Result<MadeReport, Unmade>> + Send + 'static,
{
    let runtime = tokio::runtime::Handle::current();
    let made = tokio::task::spawn_blocking(move || {
        let folder = Aside::new().map_err(|error| {
            tracing::error!(error = %error, "there is no place for a report");
            Fault::Ours("the file could not be written on the server".to_owned())
        })?;
        let path = folder.place(&format!("report.{}", format.extension()));
        let making = make((path.clone(), progress));
        let made = runtime.block_on(async {
            tokio::select! {
                made = making => Ok(made?),
                () = stop.asked() => Err(Fault::Stopped),
            }
        })?;
        // It loses its name with the folder.
        let file = File::open(&path).map_err(|error| {
            tracing::error!(error = %error, "a report that was made could not be opened");
            Fault::Ours("the file could not be read on the server".to_owned())
        })?;
        Ok((made, file))
    });
    made.await.unwrap_or_else(|error| {
        tracing::error!(error = %error, "making a report ended abnormally");
        Err(Fault::Ours("the report could not be made".to_owned()))
    })
}
