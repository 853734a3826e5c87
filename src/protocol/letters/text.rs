//! A letter as plain text.

use std::fmt::Write as _;

use super::{About, Told};

pub(super) fn write(told: &Told, about: &About<'_>) -> String {
    let mut text = format!("{}\n\n{}\n\n", told.greeting, told.lead);
    for (label, value) in &told.facts {
        let _infallible = writeln!(text, "{label}: {value}");
    }
    text.push('\n');
    for (label, amount) in &told.items {
        let _infallible = writeln!(text, "- {label}: {amount}");
    }
    let (label, amount) = &told.sum;
    let _infallible = writeln!(text, "{label}: {amount}");
    if let Some(note) = told.note {
        let _infallible = writeln!(text, "{note}");
    }
    let _infallible = write!(text, "\n{}:\n{}\n", told.button, about.page);
    if let Some(after) = told.after {
        let _infallible = write!(text, "\n{after}\n");
    }
    let _infallible = write!(text, "\n{}\n\n{}\n", told.closing, about.merchant);
    text
}
