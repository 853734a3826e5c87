//! Dates with times, as tokens state them (ISO 8601).

use crate::domain::{Day, Timestamp};

/// Reads `YYYY-MM-DDThh:mm:ss`, with a fraction of a second and a zone or without; without a zone it is UTC.
pub(super) fn parse_moment(text: &str) -> Option<Timestamp> {
    let day = Day::parse(text.get(..10)?)?;
    let rest = text.get(10..)?.strip_prefix(['T', 't', ' '])?;
    let zone_at = rest.find(['Z', 'z', '+', '-']).unwrap_or(rest.len());
    let (time, zone) = rest.split_at_checked(zone_at)?;
    let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
    if fraction.is_empty() || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let seconds = match time.as_bytes() {
        [_, _, b':', _, _, b':', _, _] => below(time, 0, 24)? * 3600 + below(time, 3, 60)? * 60 + below(time, 6, 61)?,
        _ => return None,
    };
    let millis: i64 = format!("{fraction:0<3}").get(..3)?.parse().ok()?;
    let offset = match zone.as_bytes() {
        [] | [b'Z' | b'z'] => 0,
        [sign, _, _, b':', _, _] => {
            let offset = below(zone, 1, 24)? * 3600 + below(zone, 4, 60)? * 60;
            if *sign == b'-' { -offset } else { offset }
        }
        _ => return None,
    };
    Some(day.start().plus_millis((seconds - offset) * 1000 + millis))
}

/// Two digits that name a number below `limit`.
fn below(text: &str, at: usize, limit: i64) -> Option<i64> {
    let digits = text.get(at..at + 2)?;
    let number: i64 = digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok()).flatten()?;
    (number < limit).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c5_moments_are_read_with_and_without_zone() {
        let at = |millis| Some(Timestamp::from_millis(millis));
        assert_eq!(parse_moment("2019-01-31T00:00:00"), at(1_548_892_800_000));
        assert_eq!(parse_moment("2019-01-31T00:00:00Z"), at(1_548_892_800_000));
        assert_eq!(parse_moment("2019-01-31T01:00:00.1234567+01:00"), at(1_548_892_800_123));
        assert_eq!(parse_moment("2019-01-30 19:30:00.5-04:30"), at(1_548_892_800_500));
        for bad in ["", "2019-01-31", "2019-02-30T00:00:00Z", "2019-01-31T24:00:00Z", "2019-01-31T00:00:00.Z"] {
            assert_eq!(parse_moment(bad), None, "{bad}");
        }
        for bad in ["2019-01-31T00:00Z", "2019-01-31T00:00:00+1", "2019-01-31Tää:00:00Z", "2019-01-31T+1:00:00Z"] {
            assert_eq!(parse_moment(bad), None, "{bad}");
        }
    }
}
