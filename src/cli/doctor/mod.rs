//! `roundtrip doctor`: one line for each check; exit 1 if one fails; ends within 15 s (contract section 1).

mod booking;
mod database;
mod key_ring;
mod reachability;

use std::fmt::Display;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use super::{logging, write};
use crate::config::{Config, Log};
use crate::ports::{Clock, SystemClock};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Verify the journal of every transaction and the whole audit log, however long that takes. Else that of the newest
    /// 1,000 transactions, and the newest 1,000 rows.
    #[arg(long)]
    verify_journal: bool,
}

/// How long opening the database may take, and again looking into it. All limits together stay within 15 s.
const DATABASE: Duration = Duration::from_secs(3);
/// How long the journal may take, unless all of it is asked for.
const JOURNAL: Duration = Duration::from_secs(3);
/// How long the audit log may take, unless all of it is asked for.
const AUDIT: Duration = Duration::from_secs(1);
/// How long the echoes, and calls of whom else we need, may take; they are sent at once.
const ECHOES: Duration = Duration::from_secs(5);

/// The outcome of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Ok,
    Warn,
    Fail,
}

/// Says each finding as it comes, and remembers whether one was a failure.
struct Report {
    failed: bool,
    broken: Option<anyhow::Error>,
}

impl Report {
    fn say(&mut self, verdict: Verdict, area: &str, message: impl Display) {
        let word = match verdict {
            Verdict::Ok => "ok",
            Verdict::Warn => "warn",
            Verdict::Fail => "fail",
        };
        self.failed |= verdict == Verdict::Fail;
        if let Err(error) = write::line(format_args!("{word:<4}  {area:<13}  {}", one_line(&message.to_string()))) {
            self.broken = Some(error);
        }
    }

    fn ok(&mut self, area: &str, message: impl Display) {
        self.say(Verdict::Ok, area, message);
    }

    fn warn(&mut self, area: &str, message: impl Display) {
        self.say(Verdict::Warn, area, message);
    }

    fn fail(&mut self, area: &str, message: impl Display) {
        self.say(Verdict::Fail, area, message);
    }
}

fn one_line(text: &str) -> String {
    text.lines().map(str::trim).collect::<Vec<_>>().join(" ")
}

/// Checks everything.
pub(super) async fn run(path: &Path, args: Args) -> anyhow::Result<ExitCode> {
    logging::init(&Log { level: "off".to_owned(), ..Log::default() });
    let mut report = Report { failed: false, broken: None };
    let config = match Config::load(path) {
        Ok(config) => config,
        Err(error) => {
            let cause = std::error::Error::source(&error).map_or_else(String::new, |cause| format!(" ({cause})"));
            report.fail("configuration", format_args!("{error}{cause}"));
            return Ok(ExitCode::FAILURE);
        }
    };
    report.ok("configuration", path.display());
    for warning in &config.warnings {
        report.warn("configuration", warning);
    }
    key_ring::check(&config, SystemClock.now(), &mut report);
    let ((), asked) =
        futures_util::future::join(reachability::check(&config, &mut report), booking::ask(&config)).await;
    booking::check(&config, &asked, &mut report);
    database::check(&config, args.verify_journal, &mut report).await;
    match report.broken {
        Some(error) => Err(error),
        None => Ok(if report.failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }),
    }
}
