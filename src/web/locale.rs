//! The languages that the pages speak: which one a reader gets, and how it writes amounts and days.

use std::cmp::Reverse;

use unic_langid::LanguageIdentifier;

use crate::domain::{Day, Language, Money};

/// More ranges than any browser sends; the rest of a hostile `Accept-Language` is not looked at.
const MAX_RANGES: usize = 32;

/// A language that the pages speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Locale {
    /// English, the default.
    En,
    /// German.
    De,
}

impl Locale {
    /// Every language, the preferred one first.
    pub const ALL: [Self; 2] = [Self::En, Self::De];

    /// The best language for an `Accept-Language` header (RFC 9110 section 12.5.4): highest weight, then first named.
    /// English when the header is absent, unreadable or names neither language.
    pub fn from_accept_language(header: Option<&str>) -> Self {
        let ranges: Vec<Range> =
            header.unwrap_or_default().split(',').take(MAX_RANGES).filter_map(Range::parse).collect();
        Self::ALL
            .into_iter()
            .rev() // of equals `max_by_key` keeps the last, which is thus the preferred one
            .filter_map(|locale| Some((locale, locale.rank(&ranges)?)))
            .max_by_key(|(_, rank)| *rank)
            .map_or(Self::En, |(locale, _)| locale)
    }

    /// The language with this tag, exactly.
    pub fn of_tag(tag: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|locale| locale.tag() == tag)
    }

    /// The other language.
    pub const fn other(self) -> Self {
        match self {
            Self::En => Self::De,
            Self::De => Self::En,
        }
    }

    /// The language tag for `lang` and `Content-Language`.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::De => "de",
        }
    }

    /// An amount as this language writes it.
    pub fn money(self, amount: Money) -> String {
        Language::from(self).money(amount)
    }

    /// A day as this language writes it.
    pub fn day(self, day: Day) -> String {
        Language::from(self).day(day)
    }

    /// For plurals and numbers in the texts.
    pub(super) fn language(self) -> LanguageIdentifier {
        self.tag().parse().unwrap_or_default()
    }

    pub(super) const fn source(self) -> &'static str {
        match self {
            Self::En => include_str!("../../static/texts/en.ftl"),
            Self::De => include_str!("../../static/texts/de.ftl"),
        }
    }

    /// Weight and position of the best range that names this language (`de-AT` names German); `*` stands for languages
    /// that no other range names. `None` when the reader does not accept it.
    fn rank(self, ranges: &[Range]) -> Option<(u16, Reverse<usize>)> {
        let best = |language: &str| {
            ranges
                .iter()
                .enumerate()
                .filter(|(_, range)| range.language == language)
                .map(|(position, range)| (range.thousandths, Reverse(position)))
                .max()
        };
        best(self.tag()).or_else(|| best("*")).filter(|(thousandths, _)| *thousandths > 0)
    }
}

impl From<Locale> for Language {
    fn from(locale: Locale) -> Self {
        match locale {
            Locale::En => Self::English,
            Locale::De => Self::German,
        }
    }
}

impl From<Language> for Locale {
    fn from(language: Language) -> Self {
        match language {
            Language::English => Self::En,
            Language::German => Self::De,
        }
    }
}

/// One language range of `Accept-Language`, cut down to its primary subtag in lower case.
struct Range {
    language: String,
    thousandths: u16,
}

impl Range {
    /// `None` for an empty element and for a malformed one, which says nothing reliable about the reader.
    fn parse(element: &str) -> Option<Self> {
        let mut parts = element.split(';').map(str::trim);
        let tag = parts.next().filter(|tag| !tag.is_empty())?;
        let thousandths = match (parts.next(), parts.next()) {
            (None, None) => 1000,
            (Some(weight), None) => {
                let (name, value) = weight.split_once('=')?;
                if !name.trim_end().eq_ignore_ascii_case("q") {
                    return None;
                }
                parse_weight(value.trim_start())?
            }
            (_, Some(_)) => return None,
        };
        let primary = tag.split_once('-').map_or(tag, |(primary, _)| primary);
        Some(Self { language: primary.to_ascii_lowercase(), thousandths })
    }
}

/// A `qvalue` of RFC 9110 section 12.4.2 in thousandths: `0` to `1` with at most three decimals.
fn parse_weight(value: &str) -> Option<u16> {
    let (whole, decimals) = value.split_once('.').unwrap_or((value, ""));
    if decimals.len() > 3 || !decimals.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let fraction: u16 = format!("{decimals:0<3}").parse().ok()?;
    match whole {
        "0" => Some(fraction),
        "1" if fraction == 0 => Some(1000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Currency;

    #[test]
    fn the_reader_s_best_language_wins() {
        for (header, expected) in [
            (None, Locale::En),
            (Some(""), Locale::En),
            (Some("de"), Locale::De),
            (Some("DE-at"), Locale::De),
            (Some("de-DE,de;q=0.9,en;q=0.8"), Locale::De),
            (Some("en;q=0.8, de-CH ; q=0.9"), Locale::De),
            (Some("de;q=0.8,en"), Locale::En),
            (Some("de,en"), Locale::De),
            (Some("en,de"), Locale::En),
            (Some("fr,de;q=0.1"), Locale::De),
            (Some("fr, hi;q=0.5"), Locale::En),
            (Some("*"), Locale::En),
            (Some("en;q=0, *"), Locale::De),
            (Some("de;q=0, en;q=0"), Locale::En),
            (Some("de;q=0.001, en;q=0"), Locale::De),
            (Some("en;q=0.9, *;q=1"), Locale::De),
            (Some("deu, den"), Locale::En),
        ] {
            assert_eq!(Locale::from_accept_language(header), expected, "{header:?}");
        }
    }

    #[test]
    fn malformed_ranges_are_passed_over() {
        for header in
            ["de;q=2", "de;q=1.001", "de;q=0.1234", "de;q=-1", "de;q=", "de;q", "de;level=1", "de;q=1;x=2", ";q=1"]
        {
            assert_eq!(Locale::from_accept_language(Some(header)), Locale::En, "{header}");
        }
        assert_eq!(Locale::from_accept_language(Some(",, ;q=1,de;Q=1.000")), Locale::De);
        let crowded = format!("{}de", "fr,".repeat(10_000));
        assert_eq!(Locale::from_accept_language(Some(&crowded)), Locale::En);
    }

    #[test]
    fn amt_1_amounts_are_written_as_the_language_writes_them() {
        let money = |micros, code| Money::new(micros, Currency::parse(code).unwrap());
        for (amount, english, german) in [
            (money(109_900_000, "INR"), "INR\u{a0}109.90", "109,90\u{a0}INR"),
            (money(1_234_567_890_000, "EUR"), "EUR\u{a0}1,234,567.89", "1.234.567,89\u{a0}EUR"),
            (money(100_000_000_000, "JPY"), "JPY\u{a0}100,000", "100.000\u{a0}JPY"),
            (money(1_234_000, "KWD"), "KWD\u{a0}1.234", "1,234\u{a0}KWD"),
            (money(-5_000_000, "INR"), "INR\u{a0}\u{2212}5.00", "\u{2212}5,00\u{a0}INR"),
            (money(10_000, "INR"), "INR\u{a0}0.01", "0,01\u{a0}INR"),
        ] {
            assert_eq!((Locale::En.money(amount).as_str(), Locale::De.money(amount).as_str()), (english, german));
        }
    }

    #[test]
    fn days_are_written_as_the_language_writes_them() {
        for (day, english, german) in [
            ("2019-02-03", "3 February 2019", "3. Februar 2019"),
            ("2025-12-31", "31 December 2025", "31. Dezember 2025"),
            ("2026-03-10", "10 March 2026", "10. März 2026"),
        ] {
            let day = Day::parse(day).unwrap();
            assert_eq!((Locale::En.day(day).as_str(), Locale::De.day(day).as_str()), (english, german));
        }
    }
}
