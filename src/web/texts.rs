//! Every sentence a payer reads, in English and German: each in one place per language (`static/texts/*.ftl`).
//!
//! A text is a variant of `Message` that carries its variables, so a missing key or variable does not compile here, and
//! the tests below hold the files to the variants.

use std::cmp::Reverse;
use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use unic_langid::LanguageIdentifier;

use crate::domain::Money;

/// Joins a number and its currency so that no line ends between them.
const NO_BREAK_SPACE: char = '\u{a0}';

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

    /// The language tag for `lang` and `Content-Language`.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::De => "de",
        }
    }

    /// An amount as this language writes it, with the unambiguous ISO 4217 code: `INR 1,109.90`, `1.109,90 INR`.
    pub fn money(self, amount: Money) -> String {
        let (group, point) = match self {
            Self::En => (',', '.'),
            Self::De => ('.', ','),
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
            Self::En => format!("{}{NO_BREAK_SPACE}{number}", amount.currency()),
            Self::De => format!("{number}{NO_BREAK_SPACE}{}", amount.currency()),
        }
    }

    /// For plurals and numbers in the texts.
    fn language(self) -> LanguageIdentifier {
        self.tag().parse().unwrap_or_default()
    }

    const fn source(self) -> &'static str {
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

/// Declares the messages: variant, variables, key in the text files.
macro_rules! messages {
    ($($name:ident $({ $($variable:ident: $kind:ty),+ })? = $key:literal;)+) => {
        /// One sentence with its variables; what it says stands in the text files under its key.
        #[derive(Debug, Clone, Copy)]
        pub(in crate::web) enum Message<'a> {
            $($name $({ $($variable: $kind),+ })?),+
        }

        impl<'a> Message<'a> {
            const fn key(&self) -> &'static str {
                match self {
                    $(Self::$name { .. } => $key),+
                }
            }

            fn variables(self) -> FluentArgs<'a> {
                #[allow(unused_mut)]
                let mut variables = FluentArgs::new();
                match self {
                    $(Self::$name $({ $($variable),+ })? => {
                        $($(variables.set(stringify!($variable), $variable);)+)?
                    })+
                }
                variables
            }

            /// Every key with the names of its variables.
            #[cfg(test)]
            const DECLARED: &'static [(&'static str, &'static [&'static str])] =
                &[$(($key, &[$($(stringify!($variable)),+)?])),+];
        }
    };
}

messages! {
    SecurePayment = "secure-payment";
    BankLoginNote = "bank-login-note";
    ChooseTitle { amount: &'a str } = "choose-title";
    ChooseFor = "choose-for";
    ChooseHeading = "choose-heading";
    ChooseNone = "choose-none";
    CancelPayment = "cancel-payment";
    SearchLabel = "search-label";
    SearchSubmit = "search-submit";
    SearchFound { found: usize, total: usize } = "search-found";
    SearchNothing { query: &'a str, total: usize } = "search-nothing";
    SearchShowAll { total: usize } = "search-show-all";
    AtBankTitle { issuer: &'a str } = "at-bank-title";
    AtBankLead { issuer: &'a str, amount: &'a str } = "at-bank-lead";
    AtBankOnceTitle = "at-bank-once-title";
    AtBankOnce { issuer: &'a str } = "at-bank-once";
    AtBankContinue { issuer: &'a str } = "at-bank-continue";
    AtBankCheck = "at-bank-check";
    Amount = "amount";
    Bank = "bank";
    WaitingTitle = "waiting-title";
    WaitingLead { issuer: &'a str } = "waiting-lead";
    WaitingDiffers { issuer: &'a str } = "waiting-differs";
    WaitingSafeTitle = "waiting-safe-title";
    WaitingSafe { issuer: &'a str } = "waiting-safe";
    WaitingCheck = "waiting-check";
    BackToShop = "back-to-shop";
    NeutralRefusedTitle = "neutral-refused-title";
    NeutralRefused = "neutral-refused";
    NeutralExpiredTitle = "neutral-expired-title";
    NeutralExpired = "neutral-expired";
    NeutralNotFoundTitle = "neutral-not-found-title";
    NeutralNotFound = "neutral-not-found";
    NeutralTooManyTitle = "neutral-too-many-title";
    NeutralTooMany = "neutral-too-many";
    NeutralUnavailableTitle = "neutral-unavailable-title";
    NeutralUnavailable = "neutral-unavailable";
    NeutralBadRequestTitle = "neutral-bad-request-title";
    NeutralBadRequest = "neutral-bad-request";
    NeutralPaidAlready = "neutral-paid-already";
}

static ENGLISH: LazyLock<Texts> = LazyLock::new(|| Texts::load(Locale::En));
static GERMAN: LazyLock<Texts> = LazyLock::new(|| Texts::load(Locale::De));

/// The sentences of one language.
pub struct Texts {
    locale: Locale,
    bundle: FluentBundle<FluentResource>,
}

impl Texts {
    /// The texts of a language, read once per process.
    pub fn of(locale: Locale) -> &'static Self {
        match locale {
            Locale::En => &ENGLISH,
            Locale::De => &GERMAN,
        }
    }

    /// The language.
    pub const fn locale(&self) -> Locale {
        self.locale
    }

    /// The sentence. Not escaped: it is for maud, which escapes.
    pub(in crate::web) fn say(&self, message: Message<'_>) -> String {
        let key = message.key();
        let Some(pattern) = self.bundle.get_message(key).and_then(|found| found.value()) else {
            return key.to_owned(); // cannot happen: a test holds the files to the declared keys
        };
        let variables = message.variables();
        self.bundle.format_pattern(pattern, Some(&variables), &mut Vec::new()).into_owned()
    }

    /// An amount as this language writes it.
    pub(in crate::web) fn money(&self, amount: Money) -> String {
        self.locale.money(amount)
    }

    /// Syntax errors leave the readable part standing; a test proves that there are none.
    fn load(locale: Locale) -> Self {
        let resource = FluentResource::try_new(locale.source().to_owned()).unwrap_or_else(|(readable, _)| readable);
        let mut bundle = FluentBundle::new_concurrent(vec![locale.language()]);
        bundle.set_use_isolating(false); // the pages isolate foreign text with <bdi>; the marks would be visible in some fonts
        bundle.add_resource_overriding(resource);
        Self { locale, bundle }
    }
}

impl std::fmt::Debug for Texts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Texts").field("locale", &self.locale).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::domain::Currency;

    /// Keys and the variables used in their text, read from the file itself.
    fn written(locale: Locale) -> BTreeMap<String, BTreeSet<String>> {
        let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut current = String::new();
        for line in locale.source().lines().filter(|line| !line.starts_with('#')) {
            if line.starts_with(|first: char| first.is_ascii_lowercase()) {
                current = line.split(" =").next().unwrap().to_owned();
                assert!(found.insert(current.clone(), BTreeSet::new()).is_none(), "{current} stands twice");
            }
            for variable in line.split('$').skip(1) {
                let name = variable.split(|c: char| !c.is_alphanumeric()).next().unwrap();
                found.get_mut(&current).unwrap().insert(name.to_owned());
            }
        }
        found
    }

    #[test]
    fn every_language_has_every_text_with_the_same_variables() {
        let declared: BTreeMap<String, BTreeSet<String>> = Message::DECLARED
            .iter()
            .map(|(key, names)| ((*key).to_owned(), names.iter().map(|name| (*name).to_owned()).collect()))
            .collect();
        assert_eq!(declared.len(), Message::DECLARED.len(), "a key is declared twice");
        for locale in Locale::ALL {
            assert_eq!(written(locale), declared, "{}", locale.tag());
        }
    }

    #[test]
    fn every_text_is_well_formed_and_formats_without_an_error() {
        for locale in Locale::ALL {
            FluentResource::try_new(locale.source().to_owned()).expect("no syntax errors");
            let texts = Texts::of(locale);
            for (key, names) in Message::DECLARED {
                let variables: FluentArgs = names.iter().map(|name| (*name, "x")).collect();
                let pattern = texts.bundle.get_message(key).unwrap().value().unwrap();
                let mut errors = Vec::new();
                let text = texts.bundle.format_pattern(pattern, Some(&variables), &mut errors);
                assert!(errors.is_empty() && !text.trim().is_empty(), "{} {key}: {errors:?}", locale.tag());
            }
        }
    }

    #[test]
    fn texts_differ_between_the_languages() {
        for (key, _) in Message::DECLARED {
            let of = |locale| {
                let message = Texts::of(locale).bundle.get_message(key).unwrap();
                Texts::of(locale).bundle.format_pattern(message.value().unwrap(), None, &mut Vec::new()).into_owned()
            };
            assert_ne!(of(Locale::En), of(Locale::De), "{key} is not translated");
        }
    }

    #[test]
    fn variables_stand_in_the_text_without_isolation_marks() {
        let said = Texts::of(Locale::En).say(Message::SearchFound { found: 3, total: 24 });
        assert_eq!(said, "3 of 24 shown");
        let said = Texts::of(Locale::De).say(Message::AtBankLead { issuer: "Bank Ä", amount: "1,00 EUR" });
        assert_eq!(said, "Bezahlen Sie 1,00 EUR bei Bank Ä.");
    }

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
}
