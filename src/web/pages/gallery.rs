//! Every payer page in every language, for the tests: what holds for all of them is tested here. With
//! `ROUNDTRIP_PAGES_DIR=folder` the pages are also written there, to be looked at in a browser.

use std::path::Path;

use super::super::texts::{Locale, Texts};
use super::*;
use crate::domain::{Currency, IssuerId, Money};

const LINK: &str = "https://pay.example.com/pay/01930d2c";
const SIGNED: &str = "?exp=1&kid=k&sig=s";

pub(super) fn assets() -> PageAssets {
    PageAssets { stylesheet_url: "payer.css".to_owned(), favicon_url: "favicon.svg".to_owned() }
}

pub(super) fn english() -> &'static Texts {
    Texts::of(Locale::En)
}

pub(super) fn money(micros: i64) -> Money {
    Money::new(micros, Currency::parse("INR").unwrap())
}

fn mark(name: &str, logo: Option<&str>) -> IssuerMark {
    IssuerMark { name: name.to_owned(), logo_url: logo.map(str::to_owned) }
}

/// A choice among `count` issuers, every fifth without a logo.
pub(super) fn choice(count: usize) -> Choose {
    let logos: Vec<_> = assets::names_under("logos/").collect();
    let issuers = (0..count)
        .map(|index| {
            let logo = logos.get(index % logos.len()).filter(|_| index % 5 != 4);
            let name = if index == 3 {
                "Raiffeisen-Genossenschaftsbank Oberpfaffenhofen eG".to_owned()
            } else {
                format!("Bank {}", char::from(b'A' + u8::try_from(index).unwrap()))
            };
            (IssuerId::parse(&format!("BANK_{index}")).unwrap(), mark(&name, logo.copied()))
        })
        .collect();
    Choose {
        amount: money(109_900_000),
        description: "Google Play: 500 coins".to_owned(),
        issuers,
        choose_action: format!("{LINK}/choose{SIGNED}"),
        cancel_action: format!("{LINK}/cancel{SIGNED}"),
        search: Some(Search { action: format!("{LINK}/search{SIGNED}"), query: String::new(), total: count }),
    }
}

pub(super) fn at_bank() -> TakingYouToBank {
    TakingYouToBank {
        issuer: mark("Bank A", Some("logos/bank-a.svg")),
        amount: money(109_900_000),
        continue_url: "https://bank-a.example/authorize?amountMicros=109900000&sig=x".to_owned(),
        check_again_url: format!("{LINK}{SIGNED}"),
        cancel_action: Some(format!("{LINK}/cancel{SIGNED}")),
    }
}

pub(super) fn waiting(reason: NotConfirmedReason) -> NotConfirmed {
    NotConfirmed {
        amount: money(109_900_000),
        issuer: mark("Bank A", Some("logos/bank-a.svg")),
        reason,
        back_to_shop_url: Some("https://shop.example/".to_owned()),
        check_again_url: Some(format!("{LINK}{SIGNED}")),
    }
}

/// Every page in every state worth looking at, by file name.
fn gallery(locale: Locale) -> Vec<(String, String)> {
    let (assets, texts) = (assets(), Texts::of(locale));
    let mut found = choice(24);
    found.issuers.truncate(3);
    found.search.as_mut().unwrap().query = "bank".to_owned();
    let mut nothing = found.clone();
    nothing.issuers.clear();
    nothing.search.as_mut().unwrap().query = "<i>\"nil\"".to_owned();
    let mut none = choice(0);
    none.search = None;
    let mut hostile = choice(3);
    hostile.description = format!("\"><script>x</script> \u{202e}{}", "undividable".repeat(20));
    hostile.issuers[0].1 = mark("<b style=x onclick='y'>", Some("\" onerror=\"x"));
    hostile.amount = money(123_456_789_012_340_000);
    let mut plain = at_bank();
    plain.issuer = mark("Überlandbank", None);
    plain.cancel_action = None;

    let mut pages = vec![
        ("choose-5".to_owned(), choose(&choice(5), &assets, texts)),
        ("choose-24".to_owned(), choose(&choice(24), &assets, texts)),
        ("choose-found".to_owned(), choose(&found, &assets, texts)),
        ("choose-nothing".to_owned(), choose(&nothing, &assets, texts)),
        ("choose-none".to_owned(), choose(&none, &assets, texts)),
        ("choose-hostile".to_owned(), choose(&hostile, &assets, texts)),
        ("at-bank".to_owned(), taking_you_to_bank(&at_bank(), &assets, texts)),
        ("at-bank-plain".to_owned(), taking_you_to_bank(&plain, &assets, texts)),
        ("pending".to_owned(), not_confirmed(&waiting(NotConfirmedReason::Pending), &assets, texts)),
        ("differs".to_owned(), not_confirmed(&waiting(NotConfirmedReason::AmountDiffers), &assets, texts)),
    ];
    pages.extend(invoice::planted::pages(&assets, locale));
    for kind in Neutral::ALL {
        pages.push((format!("neutral-{kind:?}").to_lowercase(), neutral(kind, &assets, texts)));
    }
    pages.into_iter().map(|(name, markup)| (format!("{}-{name}.html", locale.tag()), markup.into_string())).collect()
}

/// The tags of a page with their attribute names. Attribute values are always quoted by maud.
fn tags(html: &str) -> Vec<(String, Vec<String>)> {
    let mut tags = Vec::new();
    for tag in html.split('<').skip(1) {
        let (name, mut rest) = tag.split_at(tag.find([' ', '>']).expect("a tag ends"));
        let mut attributes = Vec::new();
        while let Some(found) = rest.strip_prefix(' ') {
            let end = found.find(['=', ' ', '>']).expect("an attribute ends");
            attributes.push(found[..end].to_owned());
            rest = &found[end..];
            if let Some(quoted) = rest.strip_prefix("=\"") {
                rest = &quoted[quoted.find('"').expect("a value is quoted") + 1..];
            }
        }
        assert!(rest.starts_with('>'), "odd tag <{tag}");
        tags.push((name.to_owned(), attributes));
    }
    tags
}

#[test]
fn every_page_keeps_to_the_strict_content_security_policy() {
    for locale in Locale::ALL {
        for (file, html) in gallery(locale) {
            for (tag, attributes) in tags(&html) {
                assert!(!["script", "style", "iframe", "object", "base"].contains(&tag.as_str()), "{file}: <{tag}>");
                for attribute in &attributes {
                    assert!(attribute != "style" && !attribute.starts_with("on"), "{file}: <{tag} {attribute}>");
                }
            }
            assert!(!html.contains("data:") && !html.contains("javascript:"), "{file}");
        }
    }
}

#[test]
fn every_page_has_its_landmarks_language_and_headings() {
    for locale in Locale::ALL {
        for (file, html) in gallery(locale) {
            let tags = tags(&html);
            let count = |name: &str| tags.iter().filter(|(tag, _)| tag == name).count();
            for once in ["title", "h1", "main", "header"] {
                assert_eq!(count(once), 1, "{file}: <{once}>");
            }
            assert!(html.starts_with(&format!("<!DOCTYPE html><html lang=\"{}\">", locale.tag())), "{file}");
            assert!(html.contains("<meta name=\"robots\" content=\"noindex\">"), "{file}");
            assert!(html.contains("<link rel=\"stylesheet\" href=\"payer.css\">"), "{file}");
            let levels: Vec<_> = tags.iter().filter(|(tag, _)| ["h1", "h2", "h3"].contains(&tag.as_str())).collect();
            assert_eq!(levels.first().map(|(tag, _)| tag.as_str()), Some("h1"), "{file}");
            assert_eq!(count("h3"), 0, "{file}");
            for drawn in ["svg", "rect", "circle", "path"] {
                assert_eq!(count(drawn), count(&format!("/{drawn}")), "{file}: an open <{drawn}> swallows the next");
            }
            for (tag, attributes) in tags.iter().filter(|(tag, _)| tag == "img") {
                assert!(attributes.contains(&"alt".to_owned()), "{file}: <{tag}>");
            }
            assert!(!html.contains(['\u{2066}', '\u{2067}', '\u{2068}', '\u{2069}']), "{file}: isolation marks");
        }
    }
}

#[test]
fn every_page_can_be_written_out_and_read_back() {
    let temporary = tempfile::tempdir().unwrap();
    let wanted = std::env::var_os("ROUNDTRIP_PAGES_DIR");
    let folder = wanted.as_deref().map_or(temporary.path(), Path::new);
    for name in ["payer.css", "favicon.svg"].into_iter().chain(assets::names_under("logos/")) {
        let file = folder.join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, assets::find(&assets::path_of(name).unwrap()).unwrap().bytes).unwrap();
    }
    let mut written = 0;
    for (file, html) in Locale::ALL.into_iter().flat_map(gallery) {
        std::fs::write(folder.join(&file), &html).unwrap();
        for local in html.split("src=\"").skip(1).filter(|rest| rest.starts_with("logos/")) {
            let logo = folder.join(local.split('"').next().unwrap());
            assert!(logo.is_file(), "{file} shows {}", logo.display());
        }
        written += 1;
    }
    assert_eq!(written, 2 * (10 + 19 + Neutral::ALL.len()));
}
