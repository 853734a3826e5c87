//! Times as text and as days. A zone is a name and a fixed distance from UTC: a report never asks a table of zones, so it
//! reads the same next year.

use super::ReportError;
use crate::domain::Timestamp;

const DAY_MILLIS: i64 = 86_400_000;

/// The time zone that a report states and shows its times in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone {
    /// The name that the report states, such as `UTC` or `Asia/Kolkata`.
    pub name: String,
    /// Minutes east of UTC.
    pub offset_minutes: i32,
}

impl Zone {
    /// UTC.
    pub fn utc() -> Self {
        Self { name: "UTC".to_owned(), offset_minutes: 0 }
    }

    /// `+05:30`.
    pub(super) fn offset(&self) -> String {
        let mut text = String::with_capacity(6);
        self.push_offset(&mut text);
        text
    }

    fn push_offset(&self, out: &mut String) {
        out.push(if self.offset_minutes < 0 { '-' } else { '+' });
        let minutes = self.offset_minutes.unsigned_abs();
        push_padded(out, u64::from(minutes / 60), 2);
        out.push(':');
        push_padded(out, u64::from(minutes % 60), 2);
    }

    fn local_millis(&self, time: Timestamp) -> i64 {
        time.as_millis().saturating_add(i64::from(self.offset_minutes) * 60_000)
    }
}

/// A day of the Gregorian calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day {
    pub(super) year: i64,
    pub(super) month: u8,
    pub(super) day: u8,
}

impl Day {
    /// Reads `2026-01-31`.
    ///
    /// # Errors
    /// [`ReportError::Day`] for anything that is not a day of the years 1900 to 9999.
    pub fn parse(text: &str) -> Result<Self, ReportError> {
        let refused = || ReportError::Day(text.to_owned());
        let mut parts = text.split('-');
        let mut part = |width: usize| -> Option<i64> {
            let digits = parts.next()?;
            (digits.len() == width && digits.bytes().all(|byte| byte.is_ascii_digit())).then(|| digits.parse().ok())?
        };
        let (Some(year), Some(month), Some(day)) = (part(4), part(2), part(2)) else { return Err(refused()) };
        if parts.next().is_some() || !(1900..=9999).contains(&year) {
            return Err(refused());
        }
        let read = Self { year, month: month as u8, day: day as u8 };
        // A day that does not exist comes back as another one.
        if Self::from_epoch(read.since_epoch()) == read { Ok(read) } else { Err(refused()) }
    }

    /// The day that `time` falls on in `zone`.
    pub fn of(time: Timestamp, zone: &Zone) -> Self {
        Self::from_epoch(zone.local_millis(time).div_euclid(DAY_MILLIS))
    }

    /// The instant at which this day begins in `zone`.
    pub fn start(&self, zone: &Zone) -> Timestamp {
        let local = self.since_epoch().saturating_mul(DAY_MILLIS);
        Timestamp::from_millis(local.saturating_sub(i64::from(zone.offset_minutes) * 60_000))
    }

    /// The day after this one.
    pub fn next(&self) -> Self {
        Self::from_epoch(self.since_epoch() + 1)
    }

    /// Days from 1970-01-01. The year is counted from March, so that the leap day is its last.
    fn since_epoch(self) -> i64 {
        let month = i64::from(self.month);
        let year = if month <= 2 { self.year - 1 } else { self.year };
        let from_march = (month + 9) % 12;
        let day_of_year = (153 * from_march + 2) / 5 + i64::from(self.day) - 1;
        year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + day_of_year - 719_468
    }

    fn from_epoch(days: i64) -> Self {
        let shifted = days.saturating_add(719_468);
        let era = shifted.div_euclid(146_097);
        let of_era = shifted.rem_euclid(146_097);
        let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let day_of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * from_march + 2) / 5 + 1;
        let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        Self { year, month: month as u8, day: day as u8 }
    }

    /// Appends `2026-01-31`.
    pub(super) fn push(self, out: &mut String) {
        if self.year < 0 {
            out.push('-');
        }
        push_padded(out, self.year.unsigned_abs(), 4);
        out.push('-');
        push_padded(out, u64::from(self.month), 2);
        out.push('-');
        push_padded(out, u64::from(self.day), 2);
    }
}

impl std::fmt::Display for Day {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut text = String::with_capacity(10);
        self.push(&mut text);
        f.write_str(&text)
    }
}

/// A time of a zone, taken apart.
pub(super) struct Local {
    pub(super) day: Day,
    pub(super) hour: u8,
    pub(super) minute: u8,
    pub(super) second: u8,
    pub(super) milli: u16,
}

impl Local {
    pub(super) fn of(time: Timestamp, zone: &Zone) -> Self {
        let millis = zone.local_millis(time).rem_euclid(DAY_MILLIS);
        Self {
            day: Day::of(time, zone),
            hour: (millis / 3_600_000) as u8,
            minute: (millis / 60_000 % 60) as u8,
            second: (millis / 1_000 % 60) as u8,
            milli: (millis % 1_000) as u16,
        }
    }
}

/// Appends `time` as ISO 8601 with milliseconds and the zone's offset: `2026-01-31T23:59:59.999+00:00`.
pub(super) fn push_iso(out: &mut String, time: Timestamp, zone: &Zone) {
    let local = Local::of(time, zone);
    local.day.push(out);
    for (before, number) in [('T', local.hour), (':', local.minute), (':', local.second)] {
        out.push(before);
        push_padded(out, u64::from(number), 2);
    }
    out.push('.');
    push_padded(out, u64::from(local.milli), 3);
    zone.push_offset(out);
}

fn push_padded(out: &mut String, number: u64, width: u32) {
    for place in (1..width).rev() {
        if number < 10_u64.pow(place) {
            out.push('0');
        }
    }
    super::decimal::push_whole(out, u128::from(number));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn iso(millis: i64, zone: &Zone) -> String {
        let mut text = String::new();
        push_iso(&mut text, Timestamp::from_millis(millis), zone);
        text
    }

    #[test]
    fn times_are_iso_8601_with_the_zone_s_offset() {
        let kolkata = Zone { name: "Asia/Kolkata".to_owned(), offset_minutes: 330 };
        let newfoundland = Zone { name: "Newfoundland".to_owned(), offset_minutes: -210 };
        assert_eq!(iso(0, &Zone::utc()), "1970-01-01T00:00:00.000+00:00");
        assert_eq!(iso(951_782_399_999, &Zone::utc()), "2000-02-28T23:59:59.999+00:00");
        assert_eq!(iso(951_782_400_000, &Zone::utc()), "2000-02-29T00:00:00.000+00:00");
        assert_eq!(iso(-1, &Zone::utc()), "1969-12-31T23:59:59.999+00:00");
        assert_eq!(iso(1_769_900_400_000, &kolkata), "2026-02-01T04:30:00.000+05:30");
        assert_eq!(iso(1_769_900_400_000, &newfoundland), "2026-01-31T19:30:00.000-03:30");
    }

    #[test]
    fn every_day_of_four_centuries_is_found_again() {
        let mut day = Day::parse("1900-01-01").unwrap();
        for count in 0..146_097 {
            assert_eq!(Day::from_epoch(day.since_epoch()), day);
            assert_eq!(day.since_epoch(), count - 25_567);
            day = day.next();
        }
        assert_eq!(day.to_string(), "2300-01-01");
    }

    #[test]
    fn days_that_do_not_exist_are_refused() {
        assert!(Day::parse("2024-02-29").is_ok());
        for text in ["2023-02-29", "2023-13-01", "2023-00-10", "2023-01-00", "2023-1-01", "23-01-01", "", "2023-01-01-"]
        {
            assert!(Day::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_day_begins_in_its_zone() {
        let kolkata = Zone { name: "Asia/Kolkata".to_owned(), offset_minutes: 330 };
        let day = Day::parse("2026-02-01").unwrap();
        let start = day.start(&kolkata);
        assert_eq!(iso(start.as_millis(), &kolkata), "2026-02-01T00:00:00.000+05:30");
        assert_eq!(Day::of(start, &kolkata), day);
        assert_ne!(Day::of(start.plus_millis(-1), &kolkata), day);
    }
}
