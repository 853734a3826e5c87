//! Floor 5: the command line, one file per subcommand (contract section 1).
//!
//! Exit status: 0 done, 1 failed, 2 wrong usage. What was asked for goes to standard output, everything else to standard
//! error.

mod bank;
mod certify;
mod doctor;
mod feeds;
mod keys;
pub mod logging;
mod migrate;
mod openapi;
mod outbox;
mod report;
mod serve;
mod store;
mod token;
mod user;
mod write;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::{Parser, Subcommand};

use crate::bench::{BenchOptions, BookingOptions, ConsoleOptions, RemittanceOptions};
use crate::config::{Config, Log};

/// A redirect payment integrator in one binary. Without a command: the sandbox.
#[derive(Debug, Parser)]
#[command(name = "roundtrip", version, max_term_width = 100)]
struct Cli {
    /// The configuration file.
    #[arg(long, global = true, value_name = "FILE", env = "ROUNDTRIP_CONFIG", default_value = "roundtrip.toml")]
    config: PathBuf,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server alone, as in production.
    Serve,
    /// Run the whole system on loopback, with stand-ins for Google and the issuers.
    Sandbox(serve::SandboxArgs),
    /// Bring the database's schema up to date, take it back, or show it.
    Migrate(migrate::Args),
    /// Make, list, export and import keys.
    #[command(subcommand)]
    Keys(keys::Command),
    /// Check configuration, keys, clock, database, reachability, journal, ledger and dead letters.
    Doctor(doctor::Args),
    /// Look at dead letters, send them again or give them up.
    #[command(subcommand)]
    Outbox(outbox::Command),
    /// Print the admin API's OpenAPI document.
    Openapi,
    /// Create, list and revoke bearer tokens of the admin API.
    #[command(subcommand)]
    Token(token::Command),
    /// Import bank statements, beside the running server.
    #[command(subcommand)]
    Bank(bank::Command),
    /// Write the booking feeds, beside the running server.
    #[command(subcommand)]
    Feeds(feeds::Command),
    /// Add, disable and list the people who work with the console and the admin API; set their passwords.
    #[command(subcommand)]
    User(user::Command),
    /// Write what finance needs to a file: a remittance statement, or all money of a period.
    #[command(subcommand)]
    Report(report::Command),
    /// Try a server as its partner does before it goes live.
    #[command(subcommand)]
    Certify(certify::Command),
    /// Put a server under load on this machine, with what bounds it beside it.
    #[command(subcommand)]
    Bench(Bench),
}

#[derive(Debug, Subcommand)]
enum Bench {
    /// Redirect payments: plays Google, the issuer and the payers over loopback.
    Redirect(BenchOptions),
    /// Remittance statements: fetched, reconciled, accepted and reported, with Google played over loopback.
    Remittance(RemittanceOptions),
    /// The booking server: feeds loaded, slots looked up and booked, with Google and the processor played over loopback.
    Booking(BookingOptions),
    /// The console: a database full of payments, and how fast its questions and pages are answered.
    Console(ConsoleOptions),
}

/// Runs the command that `args` (the program's name first) ask for.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(usage) => {
            // Help and version come this way too, with status 0.
            let _ = usage.print();
            return ExitCode::from(u8::try_from(usage.exit_code()).unwrap_or(2));
        }
    };
    match dispatch(cli) {
        Ok(status) => status,
        Err(error) if write::is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            explain(&error);
            ExitCode::FAILURE
        }
    }
}

fn dispatch(cli: Cli) -> anyhow::Result<ExitCode> {
    let config = cli.config.as_path();
    match cli.command {
        None => in_system(done(serve::sandbox(serve::usual()))),
        Some(Command::Sandbox(args)) => in_system(done(serve::sandbox(args))),
        Some(Command::Serve) => in_system(done(serve::serve(config))),
        Some(Command::Migrate(args)) => quietly(migrate::run(config, args)),
        Some(Command::Keys(command)) => keys::run(config, command).map(|()| ExitCode::SUCCESS),
        Some(Command::Doctor(args)) => in_system(doctor::run(config, args)),
        Some(Command::Outbox(command)) => quietly(outbox::run(config, command)),
        Some(Command::Openapi) => openapi::run().map(|()| ExitCode::SUCCESS),
        Some(Command::Token(command)) => quietly(token::run(config, command)),
        Some(Command::Bank(command)) => quietly(bank::run(config, command)),
        Some(Command::Feeds(command)) => quietly(feeds::run(config, command)),
        Some(Command::User(command)) => quietly(user::run(config, command)),
        Some(Command::Report(command)) => quietly(report::run(config, command)),
        Some(Command::Certify(command)) => in_system(certify::run(command)),
        Some(Command::Bench(Bench::Redirect(options))) => crate::bench::run(options).map(|()| ExitCode::SUCCESS),
        Some(Command::Bench(Bench::Remittance(options))) => {
            crate::bench::run_remittance(options).map(|()| ExitCode::SUCCESS)
        }
        Some(Command::Bench(Bench::Console(options))) => crate::bench::run_console(options).map(|()| ExitCode::SUCCESS),
        Some(Command::Bench(Bench::Booking(options))) => crate::bench::run_booking(options).map(|()| ExitCode::SUCCESS),
    }
}

/// Runs a command for people: only warnings are logged.
fn quietly(command: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<ExitCode> {
    logging::init(&Log { level: "warn".to_owned(), ..Log::default() });
    in_system(done(command))
}

async fn done(command: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<ExitCode> {
    command.await.map(|()| ExitCode::SUCCESS)
}

fn in_system(command: impl Future<Output = anyhow::Result<ExitCode>>) -> anyhow::Result<ExitCode> {
    actix_rt::System::new().block_on(command)
}

/// Reads the configuration, naming the file in what goes wrong.
fn load(path: &Path) -> anyhow::Result<Config> {
    Config::load(path).with_context(|| format!("the configuration {} is refused", path.display()))
}

/// Says what went wrong, and why, to standard error.
fn explain(error: &anyhow::Error) {
    use std::io::Write;
    let mut out = std::io::stderr().lock();
    let _ = writeln!(out, "error: {error}");
    for cause in error.chain().skip(1) {
        let _ = writeln!(out, "  because: {cause}");
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }
}
