//! Holds the colours of the style sheet to WCAG 2.2: text 4.5:1 (1.4.3), controls and focus 3:1 (1.4.11), light and dark.

use std::collections::BTreeMap;

use super::assets;

/// Text on the surface behind it, wherever the style sheet puts it.
const TEXT: [(&str, &str); 18] = [
    ("text", "page"),
    ("text", "card"),
    ("text", "hover"),
    ("text", "tile"),
    ("text", "notice"),
    ("muted", "page"),
    ("muted", "card"),
    ("muted", "hover"),
    ("muted", "tile"),
    ("accent", "card"),
    ("accent", "page"),
    ("accent", "hover"),
    ("accent", "notice"),
    ("on-accent", "accent"),
    ("on-accent", "accent-hover"),
    ("accent-hover", "card"),
    ("accent-hover", "page"),
    ("alert", "card"),
];

/// Borders of controls, against what lies on either side.
const CONTROLS: [(&str, &str); 2] = [("control", "card"), ("control", "page")];

/// The custom properties of a block, as red, green and blue.
fn colours(block: &str) -> BTreeMap<String, [u8; 3]> {
    block
        .lines()
        .filter_map(|line| line.trim().strip_prefix("--")?.strip_suffix(';')?.split_once(": #"))
        .map(|(name, hex)| {
            let part = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
            (name.to_owned(), [part(0), part(2), part(4)])
        })
        .collect()
}

fn luminance(colour: [u8; 3]) -> f64 {
    let [red, green, blue] = colour.map(|part| {
        let part = f64::from(part) / 255.0;
        if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
    });
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

fn ratio(one: [u8; 3], other: [u8; 3]) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

/// What the console has beside the payers' pages.
const OF_THE_CONSOLE: [(&str, &str); 16] = [
    ("good", "card"),
    ("good", "hover"),
    ("good", "page"),
    ("waiting", "card"),
    ("waiting", "hover"),
    ("waiting", "page"),
    ("attention", "card"),
    ("attention", "hover"),
    ("attention", "page"),
    ("over", "card"),
    ("over", "hover"),
    ("over", "page"),
    ("alert", "hover"),
    ("alert", "notice"),
    ("accent-hover", "hover"),
    ("accent-hover", "notice"),
];

/// Drawings that say something, against what is behind them.
const CHARTS: [(&str, &str); 2] = [("bar", "card"), ("bar-other", "card")];

#[test]
fn colours_contrast_enough_in_light_and_dark() {
    judge("payer.css", &[], &[]);
}

#[test]
fn con_0_the_consoles_colours_contrast_enough_in_light_and_dark() {
    judge("console.css", &OF_THE_CONSOLE, &CHARTS);
}

fn judge(sheet: &str, more_text: &[(&str, &str)], more_controls: &[(&str, &str)]) {
    let css = std::str::from_utf8(assets::find(&assets::path_of(sheet).unwrap()).unwrap().bytes).unwrap();
    let mut blocks = css.split(":root {").skip(1).map(|rest| colours(rest.split('}').next().unwrap()));
    let light = blocks.next().expect("light colours");
    let dark = blocks.next().expect("dark colours");
    assert_eq!(light.keys().collect::<Vec<_>>(), dark.keys().collect::<Vec<_>>(), "every colour has its dark twin");
    for (scheme, colours) in [("light", light), ("dark", dark)] {
        for (pairs, least) in [(&TEXT[..], 4.5), (more_text, 4.5), (&CONTROLS[..], 3.0), (more_controls, 3.0)] {
            for (front, back) in pairs {
                let found = ratio(colours[*front], colours[*back]);
                assert!(found >= least, "{scheme}: {front} on {back} is {found:.2}:1");
            }
        }
    }
    assert!((ratio([0; 3], [255; 3]) - 21.0).abs() < 0.01, "the formula itself");
}
