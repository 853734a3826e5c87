//! Waiting for something that can be seen.

use std::time::{Duration, Instant};

/// Far beyond what anything takes; only a failure ever waits this long.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often a condition is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// Asks `probe` until it gives something. Fails with `what` when it never does.
pub(crate) async fn until<T>(what: &str, mut probe: impl AsyncFnMut() -> Option<T>) -> T {
    let gives_up = Instant::now() + PATIENCE;
    let mut looks = tokio::time::interval(LOOK_EVERY);
    loop {
        looks.tick().await;
        if let Some(found) = probe().await {
            return found;
        }
        assert!(Instant::now() < gives_up, "never happened: {what}");
    }
}
