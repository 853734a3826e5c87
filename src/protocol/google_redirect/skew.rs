//! How far our clock is from Google's, as its answers tell (flows-security section 9.1).

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use crate::domain::Timestamp;

/// Nothing was measured.
const NOTHING: i64 = i64::MIN;

/// What the last answer of Google said about our clock. Cheap to clone; clones share it.
#[derive(Debug, Clone)]
pub struct ClockSkew(Arc<AtomicI64>);

impl Default for ClockSkew {
    fn default() -> Self {
        Self(Arc::new(AtomicI64::new(NOTHING)))
    }
}

impl ClockSkew {
    /// By how many milliseconds Google's clock is ahead of ours, negative when it is behind; `None` before the first
    /// answer.
    pub fn measured(&self) -> Option<i64> {
        Some(self.0.load(Ordering::Relaxed)).filter(|skew| *skew != NOTHING)
    }

    /// Google answered at `responded` by its clock what we sent at `sent` and had back `took_ms` later by ours. Within that
    /// time any moment is right: only what lies outside is skew.
    pub(super) fn note(&self, sent: Timestamp, took_ms: i64, responded: Timestamp) {
        let since_sent = responded.millis_since(sent);
        let skew = if since_sent < 0 { since_sent } else { since_sent.saturating_sub(took_ms.max(0)).max(0) };
        self.0.store(skew.max(NOTHING + 1), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_answer_is_no_skew_and_a_wrong_clock_is() {
        let skew = ClockSkew::default();
        assert_eq!(skew.measured(), None);
        let sent = Timestamp::from_secs(1_800_000_000);
        for (responded_ms, took_ms, expected) in
            [(0, 0, 0), (20_000, 25_000, 0), (25_000, 25_000, 0), (36_000, 25_000, 11_000), (-11_000, 25_000, -11_000)]
        {
            skew.clone().note(sent, took_ms, sent.plus_millis(responded_ms));
            assert_eq!(skew.measured(), Some(expected), "{responded_ms} {took_ms}");
        }
    }
}
