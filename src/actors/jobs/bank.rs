//! `bank.import`: the file that the job was given, as one step. It can be done again at any time: what is booked is known.

use std::fs::File;
use std::io::Write as _;

use serde_json::{Value, json};

use super::steps::{Fault, JobSettings};
use super::stop::Stop;
use crate::actors::{ImportError, Imported};
use crate::protocol::camt053::{BankStatementProblem, InvalidBankStatement};
use crate::report::{Progress, unnamed};
use crate::storage::{Job, JobNext, JobOutcome};

impl JobSettings {
    pub(super) async fn import(&self, job: &Job, stop: &mut Stop) -> Result<JobNext, Fault> {
        let file = self.input(job).await?;
        let progress = Progress::default();
        let importing = async {
            tokio::select! {
                imported = self.bank.run(file, &progress) => Some(imported),
                // What is booked stays booked.
                () = stop.asked() => None,
            }
        };
        let Some(imported) = self.telling(job, &progress, importing).await else { return Err(Fault::Stopped) };
        match imported {
            Ok(imported) => {
                let (done, total) = progress.now();
                let (summary, done) = (told(&imported), total.unwrap_or(done));
                Ok(JobNext::Ends(JobOutcome::Done { summary, done, parts: Vec::new(), file: None }))
            }
            Err(ImportError::Refused(why)) => {
                Err(Fault::Refused(format!("{}; nothing of the file is booked", plain(&why))))
            }
            Err(ImportError::Storage(error)) => Err(error.into()),
            Err(error @ (ImportError::Unreadable(_) | ImportError::BrokenOff)) => {
                tracing::error!(job.id = %job.id, error = %error, "an import broke off");
                Err(Fault::Ours("the import broke off".to_owned()))
            }
        }
    }

    async fn input(&self, job: &Job) -> Result<File, Fault> {
        let ours = |error: std::io::Error| {
            tracing::error!(job.id = %job.id, error = %error, "a job's input could not be kept in a file");
            Fault::Ours("the file could not be kept on the server".to_owned())
        };
        let mut file = unnamed().map_err(ours)?;
        let mut number = 0;
        while let Some(part) = self.store.job_input(job.id, number).await? {
            file.write_all(&part).map_err(ours)?;
            number += 1;
        }
        Ok(file)
    }
}

/// What is wrong and where, without what stands there: it may be a payer's name.
fn plain(why: &InvalidBankStatement) -> String {
    let place = &why.place;
    match &why.problem {
        BankStatementProblem::NotA { expected, .. } => format!("{place}: not {expected}"),
        BankStatementProblem::Malformed(_) => format!("{place}: not well-formed XML"),
        BankStatementProblem::Entity(_) => format!("{place}: an entity that is not allowed"),
        BankStatementProblem::NotCamt053(_) => format!("{place}: not a camt.053 bank statement"),
        BankStatementProblem::Encoding(_) => format!("{place}: only UTF-8 is read"),
        problem @ (BankStatementProblem::Unreadable(_)
        | BankStatementProblem::NotUtf8
        | BankStatementProblem::Doctype
        | BankStatementProblem::Character
        | BankStatementProblem::TooDeep(_)
        | BankStatementProblem::TooLong(_)
        | BankStatementProblem::TooMany { .. }
        | BankStatementProblem::Missing(_)
        | BankStatementProblem::Repeated
        | BankStatementProblem::AmountTooFine(_)
        | BankStatementProblem::AmountTooLarge(_)
        | BankStatementProblem::BatchDiffers { .. }) => format!("{place}: {problem}"),
    }
}

fn told(imported: &Imported) -> Value {
    json!({
        "bankStatements": imported.statements,
        "booked": imported.booked,
        "known": imported.known,
        "offered": imported.offered,
        "matched": imported.matched,
        "unexplained": imported.unexplained,
        "balancesHold": imported.balances.hold,
        "balancesDiffer": imported.balances.differ,
        "balancesUnchecked": imported.balances.unchecked,
    })
}
