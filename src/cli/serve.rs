//! `roundtrip serve` and `roundtrip sandbox`: the two that stay.

use std::path::{Path, PathBuf};

use super::{load, logging};
use crate::config::{Log, OutlookMode};
use crate::{app, sandbox};

#[derive(Debug, Default, clap::Args)]
pub(super) struct SandboxArgs {
    /// Where keys, configuration and payments are kept.
    #[arg(long, value_name = "FOLDER", default_value = "var/sandbox")]
    dir: PathBuf,
    /// What the stand-in for Outlook plays, from now on: today's cards, or the payment pane of old (which a new sandbox begins
    /// with).
    #[arg(long, value_name = "MODE", value_enum)]
    outlook: Option<Outlook>,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Outlook {
    Entra,
    Legacy,
}

/// The folder of a sandbox that was started without saying `sandbox`.
pub(super) fn usual() -> SandboxArgs {
    SandboxArgs { dir: PathBuf::from("var/sandbox"), outlook: None }
}

pub(super) async fn serve(path: &Path) -> anyhow::Result<()> {
    let config = load(path)?;
    logging::init(&config.log);
    app::serve(config).await
}

pub(super) async fn sandbox(args: SandboxArgs) -> anyhow::Result<()> {
    // The addresses are on standard output; the log is for what goes wrong.
    logging::init(&Log { level: "warn".to_owned(), ..Log::default() });
    let outlook = args.outlook.map(|outlook| match outlook {
        Outlook::Entra => OutlookMode::Entra,
        Outlook::Legacy => OutlookMode::Legacy,
    });
    sandbox::run(&args.dir, outlook).await
}
