//! Jobs: what finance gives them, and the runner.

use std::sync::Arc;
use std::time::Duration;

use actix::prelude::*;
use futures_util::FutureExt as _;

use super::Hands;
use crate::actors::{
    AtOnce, BankImport, JobRunner, JobSettings, Jobs, MadeReport, MakeReport, PeriodWork, Report, Unmade,
};
use crate::domain::remittance::Remittance;
use crate::finance::{FinanceError, PeriodAccount, PeriodAsked, Surfaces, write_period, write_statement};
use crate::ports::Clock;
use crate::storage::Store;

/// How often the page of a job hears how far a long step is.
const TELL_EVERY: Duration = Duration::from_secs(1);

/// Starts the runner on a thread of its own.
pub(super) fn start(hands: &Hands<'_>, bank: BankImport) -> (Jobs, Addr<JobRunner>) {
    let (store, clock) = (hands.store.clone(), hands.around.clock.clone());
    let settings = JobSettings {
        store: store.clone(),
        clock: clock.clone(),
        node: hands.node,
        lease_ms: hands.lease_ms,
        at_once: AtOnce::default(),
        tell_every: TELL_EVERY,
        outbox: hands.outbox.clone(),
        reports: reports(store.clone(), clock.clone()),
        bank,
    };
    let runner = JobRunner::start_in_arbiter(&Arbiter::new().handle(), move |_| JobRunner::new(settings));
    (Jobs::new(store, clock, runner.clone()), runner)
}

/// Finance's reports.
pub fn reports(store: Store, clock: Arc<dyn Clock>) -> MakeReport {
    Arc::new(move |report, format, (path, progress)| {
        let (store, now) = (store.clone(), clock.now());
        async move {
            match report {
                Report::Statement(id) => {
                    let written = write_statement(&store, id, (format, &path, &progress), now).await.map_err(unmade)?;
                    let statement = store.load::<Remittance>(id).await.map_err(Unmade::Storage)?;
                    let notice = statement.as_ref().and_then(|loaded| loaded.state.notice());
                    let name = notice.map_or_else(|| id.to_string(), |notice| notice.statement_id.to_string());
                    Ok(MadeReport { written, name: format!("statement-{name}") })
                }
                Report::Period(period) => {
                    let name = format!("period-{}-to-{}", period.from, period.to);
                    let asked = asked(period)?;
                    let written =
                        write_period(&store, &asked, (format, &path, &progress), now).await.map_err(unmade)?;
                    Ok(MadeReport { written, name })
                }
            }
        }
        .boxed_local()
    })
}

fn asked(period: PeriodWork) -> Result<PeriodAsked, Unmade> {
    let PeriodWork { from, to, account, merchant, surface } = period;
    let surfaces = Surfaces::parse(&surface);
    let account = match (account, merchant) {
        (None, None) => None,
        (Some(account), None) => Some(PeriodAccount::Google(account)),
        (None, Some(merchant)) => Some(PeriodAccount::Merchant(merchant)),
        (Some(_), Some(_)) => return Err(Unmade::Refused("account and merchant exclude each other".to_owned())),
    };
    let surfaces =
        surfaces.ok_or_else(|| Unmade::Refused("surface: expected redirect, booking, outlook or all".to_owned()))?;
    Ok(PeriodAsked { from, to, account, surfaces })
}

fn unmade(error: FinanceError) -> Unmade {
    match error {
        FinanceError::Storage(error) => Unmade::Storage(error),
        FinanceError::Report(error) => {
            tracing::error!(error = %error, "a report could not be made");
            Unmade::File
        }
        error @ (FinanceError::Backwards | FinanceError::Unknown | FinanceError::NotReconciled(_)) => {
            Unmade::Refused(error.to_string())
        }
    }
}
