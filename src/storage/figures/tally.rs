//! Calls by how long they took: what is left of their times.

use std::time::Duration;

/// Calls by how long they took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// How many took at most as long as the bound of the same place, and longer than the one before; the last: longer than
    /// any.
    pub(super) counts: [u64; Tally::BUCKETS],
    pub(super) total_ms: u64,
}

impl Tally {
    pub(super) const BUCKETS: usize = Self::BOUNDS_MS.len() + 1;
    /// In milliseconds. The ninth is Google's limit for every handler (flows-security section 7).
    pub const BOUNDS_MS: [u64; 10] = [10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000];

    /// Notes one call.
    pub fn note(&mut self, took: Duration) {
        // Whatever is above a bound is above it by less than a millisecond, too.
        let place = Self::BOUNDS_MS.partition_point(|bound| Duration::from_millis(*bound) < took);
        if let Some(count) = self.counts.get_mut(place) {
            *count += 1;
        }
        self.total_ms = self.total_ms.saturating_add(u64::try_from(took.as_millis()).unwrap_or(u64::MAX));
    }

    /// Adds other calls.
    pub fn add(&mut self, other: &Self) {
        for (count, more) in self.counts.iter_mut().zip(other.counts) {
            *count += more;
        }
        self.total_ms = self.total_ms.saturating_add(other.total_ms);
    }

    /// How many calls.
    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// How long all of them took, in milliseconds.
    pub const fn total_ms(&self) -> u64 {
        self.total_ms
    }

    /// How many took at most `bound_ms`, which is one of [`Tally::BOUNDS_MS`].
    pub fn within(&self, bound_ms: u64) -> u64 {
        Self::BOUNDS_MS.iter().zip(self.counts).filter(|(bound, _)| **bound <= bound_ms).map(|(_, count)| count).sum()
    }

    /// A time that at least so many of a thousand calls did not exceed, as closely as the buckets tell.
    pub fn quantile(&self, per_mille: u64) -> Quantile {
        let rank = (self.count() * per_mille.min(1_000)).div_ceil(1_000).max(1);
        let mut below = 0;
        for (bound, count) in Self::BOUNDS_MS.iter().zip(self.counts) {
            below += count;
            if below >= rank {
                return Quantile::Within(*bound);
            }
        }
        match self.count() {
            0 => Quantile::NoCalls,
            _ => Quantile::Beyond,
        }
    }
}

/// What a share of all calls did not exceed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantile {
    /// There was no call.
    NoCalls,
    /// So many milliseconds: the upper bound of a bucket, never too little.
    Within(u64),
    /// More than the longest bound.
    Beyond,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(took_ms: &[u64]) -> Tally {
        let mut tally = Tally::default();
        for ms in took_ms {
            tally.note(Duration::from_millis(*ms));
        }
        tally
    }

    #[test]
    fn con_2_quantiles_are_upper_bounds_and_never_too_little() {
        let hundred: Vec<u64> = (1..=100).collect();
        let tally = tally(&hundred);
        assert_eq!((tally.count(), tally.total_ms()), (100, 5_050));
        let found = [1, 100, 101, 250, 500, 501, 950, 1_000].map(|per_mille| tally.quantile(per_mille));
        assert_eq!(found, [10, 10, 25, 25, 50, 100, 100, 100].map(Quantile::Within));
        assert_eq!((tally.within(10), tally.within(50), tally.within(5_000)), (10, 50, 100));
    }

    #[test]
    fn con_2_a_bound_belongs_to_its_bucket_and_what_exceeds_it_does_not() {
        assert_eq!(tally(&[10]).quantile(500), Quantile::Within(10));
        let mut above = Tally::default();
        above.note(Duration::from_micros(10_001));
        assert_eq!(above.quantile(500), Quantile::Within(25));
        assert_eq!(tally(&[10_000]).quantile(999), Quantile::Within(10_000));
        assert_eq!(tally(&[10_001]).quantile(999), Quantile::Beyond);
        assert_eq!(Tally::default().quantile(500), Quantile::NoCalls);
    }
}
