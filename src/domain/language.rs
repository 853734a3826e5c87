//! The languages that people are written to in, and how they write amounts and days.

use super::{Day, Money};

/// Joins a number and its currency so that no line ends between them.
const NO_BREAK_SPACE: char = '\u{a0}';

const ENGLISH_MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const GERMAN_MONTHS: [&str; 12] = [
    "Januar",
    "Februar",
    "März",
    "April",
    "Mai",
    "Juni",
    "Juli",
    "August",
    "September",
    "Oktober",
    "November",
    "Dezember",
];

/// A language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Language {
    /// English, also for whoever speaks neither.
    English,
    /// German.
    German,
}

impl Language {
    /// From a language tag such as `de-AT`.
    pub fn of_tag(tag: &str) -> Self {
        let primary = tag.split(['-', '_']).next().unwrap_or_default();
        if primary.eq_ignore_ascii_case("de") { Self::German } else { Self::English }
    }

    /// The tag, `en` or `de`.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }

    /// An amount, with the unambiguous ISO 4217 code: `INR 1,109.90`, `1.109,90 INR`.
    pub fn money(self, amount: Money) -> String {
        let (group, point) = match self {
            Self::English => (',', '.'),
            Self::German => ('.', ','),
        };
        let decimal = amount.decimal();
        let (sign, digits) = decimal.strip_prefix('-').map_or(("", decimal.as_str()), |digits| ("\u{2212}", digits));
        let (whole, fraction) = digits.split_once('.').map_or((digits, None), |(whole, part)| (whole, Some(part)));
        let mut number = String::from(sign);
        for (index, digit) in whole.chars().enumerate() {
            if index > 0 && (whole.len() - index).is_multiple_of(3) {
                number.push(group);
            }
            number.push(digit);
        }
        if let Some(fraction) = fraction {
            number.push(point);
            number.push_str(fraction);
        }
        match self {
            Self::English => format!("{}{NO_BREAK_SPACE}{number}", amount.currency()),
            Self::German => format!("{number}{NO_BREAK_SPACE}{}", amount.currency()),
        }
    }

    /// A day: `3 February 2019`, `3. Februar 2019`.
    pub fn day(self, day: Day) -> String {
        let text = day.to_string();
        let mut parts = text.splitn(3, '-');
        let (Some(year), Some(month), Some(of_month)) = (parts.next(), parts.next(), parts.next()) else { return text };
        let place = month.parse::<usize>().ok().and_then(|month| month.checked_sub(1));
        let (names, dot) = match self {
            Self::English => (&ENGLISH_MONTHS, ""),
            Self::German => (&GERMAN_MONTHS, "."),
        };
        let Some(name) = place.and_then(|place| names.get(place)) else { return text };
        format!("{}{dot} {name} {year}", of_month.trim_start_matches('0'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Currency;

    #[test]
    fn m3_days_and_amounts_are_written_as_the_language_does() {
        let day = Day::parse("2019-02-03").unwrap();
        assert_eq!(Language::English.day(day), "3 February 2019");
        assert_eq!(Language::German.day(day), "3. Februar 2019");
        let amount = Money::new(1_234_500_000, Currency::parse("USD").unwrap());
        assert_eq!(Language::English.money(amount), "USD\u{a0}1,234.50");
        assert_eq!(Language::German.money(amount.negated()), "\u{2212}1.234,50\u{a0}USD");
    }
}
