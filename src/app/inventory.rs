//! The feeds of the configuration, at the start.

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::actors::InventoryLoad;
use crate::protocol::booking_feeds::FeedFile;

/// Loads `booking.feeds`; without any, what is in force stays in force. Removes what an earlier process left behind.
pub(super) async fn load(load: &InventoryLoad, feeds: &[PathBuf]) -> anyhow::Result<()> {
    load.tidy();
    if feeds.is_empty() {
        return Ok(());
    }
    let files = feeds.iter().map(|path| open(path.as_path())).collect::<anyhow::Result<Vec<_>>>()?;
    load.run_at_start(files).await.map(drop).context(
        "booking.feeds are not loaded: correct the feed, or take booking.feeds out of the configuration to start with what \
         is in force",
    )
}

fn open(path: &Path) -> anyhow::Result<FeedFile> {
    let name = path.display().to_string();
    let file = File::open(path).with_context(|| format!("booking.feeds: cannot read {name}: does it exist?"))?;
    Ok(FeedFile { name, file })
}
