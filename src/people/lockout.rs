//! Lockout with backoff, per name that is given, whether or not somebody has it: that a name is locked tells nothing. Browsers
//! that are known count on their own.

use super::known_browser::KnownBrowser;
use super::{People, SignInRefused};
use crate::crypto::content_hash;
use crate::domain::Timestamp;
use crate::storage::{Credentials, Failures, StorageError};

/// From so many failures in a row a name is locked.
const FREE: i64 = 5;
/// For how long at first, in milliseconds; every further failure doubles it.
const FIRST_MS: i64 = 30_000;
/// For how long at most, in milliseconds.
const LONGEST_MS: i64 = 3_600_000;
/// Failures are forgotten after a day without another, in milliseconds.
const FORGET_MS: i64 = 86_400_000;
/// How often an attempt is counted again when others of the same name came between.
const TRIES: u32 = 20;

/// An attempt that is under way. It counts as failed from its beginning: however many are made at once, no more of them are
/// looked at than in a row.
pub(super) struct Attempt {
    digest: [u8; 32],
    before: Option<Failures>,
    counted: Failures,
    /// The known browser that it comes from.
    pub(super) browser: Option<KnownBrowser>,
}

/// The same name in any letter case is the same name, as [`UserName`](crate::domain::UserName) has it.
fn digest(name: &str) -> [u8; 32] {
    content_hash(name.to_lowercase().as_bytes())
}

/// For how many more milliseconds a name with these failures is locked.
fn locked_ms(failures: Failures, now: Timestamp) -> i64 {
    if failures.count < FREE {
        return 0;
    }
    let doublings = u32::try_from(failures.count - FREE).unwrap_or(u32::MAX).min(16);
    let lock = (FIRST_MS << doublings).min(LONGEST_MS);
    (lock - now.millis_since(failures.last)).clamp(0, lock)
}

impl People {
    /// Counts an attempt under a name, unless the name is locked; one from a known browser under that browser, unless the
    /// browser is. `known` is the user of this name.
    pub(super) async fn attempt(
        &self,
        name: &str,
        (known, unverified_mark): (Option<&Credentials>, Option<&str>),
    ) -> Result<Attempt, SignInRefused> {
        let (store, now, by_name) = (&self.0.store, self.0.clock.now(), digest(name));
        let browser = self.known_browser(name, known, unverified_mark);
        let digest = browser.as_ref().map_or(by_name, |browser| browser.digest(&by_name));
        for _ in 0..TRIES {
            let before = store.failures(&digest).await?;
            let in_a_row = before.filter(|failures| now.millis_since(failures.last) < FORGET_MS);
            let wait_ms = in_a_row.map_or(0, |failures| locked_ms(failures, now));
            if wait_ms > 0 {
                return Err(SignInRefused::TooMany { retry_after_s: wait_ms.unsigned_abs().div_ceil(1000) });
            }
            if before.is_none() {
                store.forget_failures(now.plus_millis(-FORGET_MS)).await?;
            }
            let counted = Failures { count: in_a_row.map_or(0, |failures| failures.count) + 1, last: now };
            if store.note_failures(&digest, before, counted).await? {
                return Ok(Attempt { digest, before, counted, browser });
            }
        }
        Err(SignInRefused::TooMany { retry_after_s: 1 })
    }

    /// The attempt did not fail, but the sign-in is not through: what counted before it counts again.
    pub(super) async fn forgive(&self, attempt: Attempt) -> Result<(), StorageError> {
        let none = Failures { count: 0, last: attempt.counted.last };
        let before = attempt.before.unwrap_or(none);
        // Others that came between stay counted, and this one with them.
        let _counted_on = self.0.store.note_failures(&attempt.digest, Some(attempt.counted), before).await?;
        Ok(())
    }

    /// The sign-in is through: nothing counts any more.
    pub(super) async fn forget(&self, attempt: Attempt) -> Result<(), StorageError> {
        self.0.store.clear_failures(&attempt.digest).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn con_1_a_name_is_locked_from_the_fifth_failure_twice_as_long_each_time_up_to_an_hour() {
        let now = Timestamp::from_secs(1_000_000);
        let locked = |count| locked_ms(Failures { count, last: now }, now) / 1000;
        let table: Vec<i64> = (0..14).map(locked).collect();
        assert_eq!(table, [0, 0, 0, 0, 0, 30, 60, 120, 240, 480, 960, 1920, 3600, 3600]);
        assert_eq!(locked(i64::MAX), 3600);
        let fifth = Failures { count: 5, last: now };
        assert_eq!(locked_ms(fifth, now.plus_millis(29_999)), 1);
        assert_eq!(locked_ms(fifth, now.plus_millis(30_000)), 0);
        assert_eq!(locked_ms(fifth, now.plus_millis(-86_400_000)), 30_000, "a clock that went back locks no longer");
    }

    #[test]
    fn con_1_letter_case_gives_no_further_attempts() {
        assert_eq!(digest("Ada"), digest("ada"));
        assert_ne!(digest("ada"), digest("ben"));
    }
}
