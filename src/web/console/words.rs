//! Every sentence of the console, in English and German: `static/texts/console/<language>/<area>.ftl`.
//!
//! A page names a sentence by its key. Tests read the pages' source: every key that a page says stands in both languages,
//! with the same variables, and none stands there that nobody says.

use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};

use super::super::locale::Locale;
use crate::domain::{Day, Language, Money};

/// Declares the areas, each a file per language.
macro_rules! areas {
    ($($area:literal),+ $(,)?) => {
        const ENGLISH: &[(&str, &str)] =
            &[$(($area, include_str!(concat!("../../../static/texts/console/en/", $area, ".ftl")))),+];
        const GERMAN: &[(&str, &str)] =
            &[$(($area, include_str!(concat!("../../../static/texts/console/de/", $area, ".ftl")))),+];
    };
}

areas!(
    "frame",
    "account",
    "today",
    "payments",
    "statements",
    "bank",
    "bookings",
    "invoices",
    "payouts",
    "outbox",
    "keys",
    "issuers",
    "ledger",
    "audit",
    "jobs",
    "people"
);

static IN_ENGLISH: LazyLock<Words> = LazyLock::new(|| Words::load(Locale::En));
static IN_GERMAN: LazyLock<Words> = LazyLock::new(|| Words::load(Locale::De));

/// The sentences of one language.
pub(in crate::web) struct Words {
    locale: Locale,
    bundle: FluentBundle<FluentResource>,
}

impl std::fmt::Debug for Words {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Words").field("locale", &self.locale).finish_non_exhaustive()
    }
}

impl Words {
    /// The words of a language, read once per process.
    pub(in crate::web) fn of(locale: Locale) -> &'static Self {
        match locale {
            Locale::En => &IN_ENGLISH,
            Locale::De => &IN_GERMAN,
        }
    }

    /// The language.
    pub(in crate::web) const fn locale(&self) -> Locale {
        self.locale
    }

    /// A sentence without variables.
    pub(in crate::web) fn say(&self, key: &str) -> String {
        self.tell(key, &[])
    }

    /// A sentence with its variables. Not escaped: it is for maud, which escapes.
    pub(in crate::web) fn tell(&self, key: &str, variables: &[(&'static str, FluentValue<'_>)]) -> String {
        self.look_up(key, variables).unwrap_or_else(|| key.to_owned()) // cannot happen: a test holds the files to the pages
    }

    /// What a value of ours (a state, a finding, a kind) is called: the key is `<of>-<value in kebab case>`. A value that has
    /// no words yet stands as it is.
    pub(in crate::web) fn name(&self, of: &str, value: &str) -> String {
        self.look_up(&format!("{of}-{}", kebab(value)), &[]).unwrap_or_else(|| value.to_owned())
    }

    /// The same with variables.
    pub(in crate::web) fn tell_name(
        &self,
        (of, value): (&str, &str),
        variables: &[(&'static str, FluentValue<'_>)],
    ) -> String {
        self.look_up(&format!("{of}-{}", kebab(value)), variables).unwrap_or_else(|| value.to_owned())
    }

    /// Whether there are words for a value.
    #[cfg(test)]
    pub(in crate::web) fn knows(&self, of: &str, value: &str) -> bool {
        self.look_up(&format!("{of}-{}", kebab(value)), &[]).is_some()
    }

    /// An amount as this language writes it.
    pub(in crate::web) fn money(&self, amount: Money) -> String {
        Language::from(self.locale).money(amount)
    }

    /// A day as this language writes it.
    pub(in crate::web) fn day(&self, day: Day) -> String {
        Language::from(self.locale).day(day)
    }

    /// A count, with its thousands apart.
    pub(in crate::web) fn count(&self, count: impl Into<i128>) -> String {
        let count: i128 = count.into();
        let digits = count.unsigned_abs().to_string();
        let mark = match self.locale {
            Locale::En => ',',
            Locale::De => '.',
        };
        let mut text = String::from(if count < 0 { "\u{2212}" } else { "" });
        for (index, digit) in digits.chars().enumerate() {
            if index > 0 && (digits.len() - index).is_multiple_of(3) {
                text.push(mark);
            }
            text.push(digit);
        }
        text
    }

    fn look_up(&self, key: &str, variables: &[(&'static str, FluentValue<'_>)]) -> Option<String> {
        let pattern = self.bundle.get_message(key)?.value()?;
        let mut arguments = FluentArgs::new();
        for (name, value) in variables {
            arguments.set(*name, value.clone());
        }
        Some(self.bundle.format_pattern(pattern, Some(&arguments), &mut Vec::new()).into_owned())
    }

    /// Syntax errors leave the readable part standing; a test proves that there are none.
    fn load(locale: Locale) -> Self {
        let mut bundle = FluentBundle::new_concurrent(vec![locale.language()]);
        bundle.set_use_isolating(false);
        for (_, source) in sources(locale) {
            let resource = FluentResource::try_new((*source).to_owned()).unwrap_or_else(|(readable, _)| readable);
            bundle.add_resource_overriding(resource);
        }
        Self { locale, bundle }
    }
}

const fn sources(locale: Locale) -> &'static [(&'static str, &'static str)] {
    match locale {
        Locale::En => ENGLISH,
        Locale::De => GERMAN,
    }
}

/// `AtIssuer`, `at_issuer` and `at issuer` are all `at-issuer`.
fn kebab(value: &str) -> String {
    let mut text = String::with_capacity(value.len() + 4);
    let mut after_small = false;
    for c in value.chars() {
        if c.is_ascii_uppercase() {
            if after_small {
                text.push('-');
            }
            text.push(c.to_ascii_lowercase());
        } else if c.is_ascii_alphanumeric() {
            text.push(c);
        } else if !text.ends_with('-') {
            text.push('-');
        }
        after_small = c.is_ascii_lowercase() || c.is_ascii_digit();
    }
    text
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::path::Path;

    use super::*;

    /// Keys with the variables in their text.
    fn written(locale: Locale) -> BTreeMap<String, BTreeSet<String>> {
        let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (area, source) in sources(locale) {
            FluentResource::try_new((*source).to_owned()).unwrap_or_else(|(_, errors)| panic!("{area}: {errors:?}"));
            let mut current = String::new();
            for line in source.lines().filter(|line| !line.starts_with('#')) {
                if line.starts_with(|first: char| first.is_ascii_lowercase()) {
                    current = line.split(" =").next().unwrap().to_owned();
                    assert!(found.insert(current.clone(), BTreeSet::new()).is_none(), "{area}: {current} stands twice");
                }
                for variable in line.split('$').skip(1) {
                    let name = variable.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap();
                    found.get_mut(&current).unwrap().insert(name.to_owned());
                }
            }
        }
        found
    }

    fn sources_below(folder: &Path, into: &mut String) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources_below(&path, into);
            } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("words.rs") {
                into.push_str(&std::fs::read_to_string(&path).unwrap());
            }
        }
    }

    /// What the pages' source holds between quotes.
    fn quoted() -> BTreeSet<String> {
        let mut text = String::new();
        sources_below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/web/console"), &mut text);
        text.split('"').map(str::to_owned).collect()
    }

    /// Keys that a page says by a literal, and those of what is expected of a field.
    fn said() -> BTreeSet<String> {
        let mut text = String::new();
        sources_below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/web/console"), &mut text);
        let mut keys = BTreeSet::new();
        for call in [".say(\"", ".tell(\""] {
            keys.extend(text.split(call).skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()));
        }
        let is_key =
            |text: &str| text.chars().all(|one| one.is_ascii_lowercase() || one.is_ascii_digit() || one == '-');
        let expected = |text: &str| text.starts_with("expected-") || text.contains("-expected-");
        keys.extend(quoted().into_iter().filter(|text| is_key(text) && expected(text)));
        keys
    }

    #[test]
    fn con_0_both_languages_have_every_sentence_with_the_same_variables() {
        let (english, german) = (written(Locale::En), written(Locale::De));
        let missing = |one: &BTreeMap<String, BTreeSet<String>>, other: &BTreeMap<String, BTreeSet<String>>| {
            one.iter()
                .filter(|(key, names)| other.get(*key) != Some(names))
                .map(|(key, _)| key.clone())
                .collect::<Vec<_>>()
        };
        assert_eq!(missing(&english, &german), Vec::<String>::new(), "not so in German");
        assert_eq!(missing(&german, &english), Vec::<String>::new(), "not so in English");
    }

    #[test]
    fn con_0_whatever_a_page_says_stands_in_the_files_and_nothing_stands_there_for_nobody() {
        let written = written(Locale::En);
        let silent: Vec<_> = said().into_iter().filter(|key| !written.contains_key(key)).collect();
        assert_eq!(silent, Vec::<String>::new(), "a page says what stands in no file");
        let quoted = quoted();
        // A name of a value (`payment-state-paid`) is said by its prefix.
        let prefixed = |key: &str| key.match_indices('-').any(|(at, _)| quoted.contains(&key[..at]));
        let unsaid: Vec<_> = written.keys().filter(|key| !quoted.contains(*key) && !prefixed(key)).collect();
        assert_eq!(unsaid, Vec::<&String>::new(), "nobody says this");
    }

    #[test]
    fn con_0_counts_and_names_are_written_as_the_language_does() {
        assert_eq!(Words::of(Locale::En).count(1_234_567_i64), "1,234,567");
        assert_eq!(Words::of(Locale::De).count(-1_234_i64), "\u{2212}1.234");
        assert_eq!(kebab("PaidAfterClose"), "paid-after-close");
        assert_eq!(kebab("not_ours"), "not-ours");
        assert_eq!(Words::of(Locale::En).name("nothing-of-the-kind", "New"), "New");
    }
}
