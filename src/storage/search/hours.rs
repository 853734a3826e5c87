//! Counts of hours that ended some time ago. A payment of such an hour seldom changes any more, so that its count is kept in
//! memory for a while and not made anew for every page: the longer ago the hour, the longer.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use crate::domain::Timestamp;

/// One hour, in milliseconds.
pub(super) const HOUR_MS: i64 = 3_600_000;
/// Hours that ended less long ago are counted every time, in milliseconds: payments of theirs are still under way.
const SETTLED_MS: i64 = 2 * HOUR_MS;
/// A count is kept for this part of the time that had passed since its hour: minutes for today's, hours for last week's.
const KEPT_PART: i64 = 16;
/// Hours that are kept at most: a little more than a week.
const MOST: usize = 192;

/// How many payments, per issuer (empty: none) and state.
pub(super) type Counts = BTreeMap<(String, String), u64>;

#[derive(Debug)]
struct Hour {
    counted_at: Timestamp,
    counts: Counts,
}

/// Hours are numbered from the epoch.
#[derive(Debug, Default)]
pub(in crate::storage) struct CountedHours(Mutex<BTreeMap<i64, Hour>>);

/// The beginning of an hour.
pub(super) fn began(hour: i64) -> Timestamp {
    Timestamp::from_millis(hour.saturating_mul(HOUR_MS))
}

/// The hours that lie in `[from, until)` whole and are settled at `now`.
pub(super) fn settled(from: Timestamp, until: Timestamp, now: Timestamp) -> Range<i64> {
    let last = until.as_millis().min(now.as_millis().saturating_sub(SETTLED_MS)).div_euclid(HOUR_MS);
    let first = from.as_millis().saturating_add(HOUR_MS - 1).div_euclid(HOUR_MS);
    first..last.max(first)
}

/// Adds counts to others.
pub(super) fn add(to: &mut Counts, counts: &Counts) {
    for (key, count) in counts {
        *to.entry(key.clone()).or_default() += count;
    }
}

impl Hour {
    fn is_fresh(&self, hour: i64, now: Timestamp) -> bool {
        let age_ms = self.counted_at.millis_since(began(hour + 1));
        (0..age_ms / KEPT_PART).contains(&now.millis_since(self.counted_at))
    }
}

impl CountedHours {
    /// Adds what is known of `hours` to `counts`, and answers the runs of hours that have to be counted.
    pub(super) fn known(&self, hours: Range<i64>, now: Timestamp, counts: &mut Counts) -> Vec<Range<i64>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut missing: Vec<Range<i64>> = Vec::new();
        for hour in hours {
            match (kept.get(&hour).filter(|known| known.is_fresh(hour, now)), missing.last_mut()) {
                (Some(known), _) => add(counts, &known.counts),
                (None, Some(run)) if run.end == hour => run.end += 1,
                (None, _) => missing.push(hour..hour + 1),
            }
        }
        missing
    }

    /// Keeps what was counted of `hours`; an hour that `counts` does not name had no payments.
    pub(super) fn keep(&self, hours: Range<i64>, now: Timestamp, mut counts: BTreeMap<i64, Counts>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for hour in hours {
            kept.insert(hour, Hour { counted_at: now, counts: counts.remove(&hour).unwrap_or_default() });
        }
        while kept.len() > MOST {
            kept.pop_first();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hour: i64, minutes: i64) -> Timestamp {
        began(hour).plus_millis(minutes * 60_000)
    }

    #[test]
    fn con_2_only_whole_hours_that_ended_long_ago_are_kept() {
        assert_eq!(settled(at(10, 0), at(20, 0), at(30, 0)), 10..20);
        assert_eq!(settled(at(10, 1), at(20, 59), at(30, 0)), 11..20);
        assert_eq!(settled(at(10, 0), at(20, 0), at(20, 0)), 10..18);
        assert_eq!(settled(at(10, 0), at(20, 0), at(20, 59)), 10..18);
        assert!(settled(at(19, 0), at(20, 0), at(20, 0)).is_empty());
        assert!(settled(at(20, 0), at(19, 0), at(30, 0)).is_empty());
    }

    #[test]
    fn con_2_what_is_known_of_an_hour_counts_until_a_sixteenth_of_its_age_has_passed() {
        let (hours, now) = (CountedHours::default(), at(100, 0));
        let counts = |count| Counts::from([(("BANK_A".to_owned(), "Paid".to_owned()), count)]);
        let known = |wanted: Range<i64>, now| {
            let mut counts = Counts::new();
            let missing = hours.known(wanted, now, &mut counts);
            (counts.values().sum::<u64>(), missing)
        };
        assert_eq!(known(50..60, now), (0, std::iter::once(50..60).collect()));
        // Two hours of ten had payments.
        hours.keep(50..60, now, BTreeMap::from([(51, counts(3)), (83, counts(100)), (59, counts(4))]));
        assert_eq!(known(50..60, now), (7, Vec::new()));
        assert_eq!(known(48..62, now), (7, vec![48..50, 60..62]));
        // 50 ended 49 hours before it was counted, and is kept for 183 minutes; 59 ended 40 hours before, and for 150.
        assert_eq!(known(50..60, at(100, 149)), (7, Vec::new()));
        assert_eq!(known(50..60, at(100, 150)), (3, std::iter::once(59..60).collect()));
        assert_eq!(known(50..60, at(100, 190)), (0, std::iter::once(50..60).collect()));
        assert_eq!(known(50..60, at(99, 59)).0, 0, "a clock that went back knows nothing");
    }

    #[test]
    fn con_2_no_more_hours_are_kept_than_a_page_asks_for() {
        let (hours, now) = (CountedHours::default(), at(10_000, 0));
        hours.keep(1_000..1_500, now, BTreeMap::new());
        let mut counts = Counts::new();
        assert_eq!(hours.known(1_000..1_500, now, &mut counts), std::iter::once(1_000..1_308).collect::<Vec<_>>());
    }
}
