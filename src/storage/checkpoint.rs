//! SQLite's log is copied back into the database beside the writer, not by it.
//!
//! Whoever commits beyond a size of the log would do it himself, and everybody behind him would wait for hundreds of
//! milliseconds while thousands of pages are written and made durable. Here another connection does it all along, and what is
//! left for the writer is little; it still begins the log anew, so that it never grows without end.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use sea_orm::{ConnectionTrait, DatabaseConnection};
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};

use super::connect;

/// How often it is looked whether there is enough to copy.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// So many commits are worth a copy: their pages have come together by then.
const COMMITS: u64 = 400;

/// Copies back until the store closes. `written` counts commits.
pub(super) async fn copy_back(url: String, written: Arc<AtomicU64>, mut close: watch::Receiver<bool>) {
    let db = match connect::checkpointing(&url).await {
        Ok(db) => db,
        Err(error) => {
            tracing::warn!(error = %error, "no connection for checkpoints: the writer does them");
            return;
        }
    };
    let mut ticks = interval(LOOK_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut copied = 0;
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            _closing_or_dropped = close.wait_for(|closing| *closing) => break,
        }
        let now = written.load(Ordering::Relaxed);
        if now.saturating_sub(copied) >= COMMITS {
            copied = now;
            copy(&db).await;
        }
    }
    let _nothing_left_to_save = db.close().await;
}

/// As much as can be copied without anybody waiting.
async fn copy(db: &DatabaseConnection) {
    if let Err(error) = db.execute_unprepared("PRAGMA wal_checkpoint(PASSIVE)").await {
        tracing::debug!(error = %error, "a checkpoint was put off");
    }
}
