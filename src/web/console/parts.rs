//! What pages are made of: headings with their actions, lists of facts, tables, filters, pages of a list.

use maud::{Markup, Render, html};

use super::form::Fields;
use super::signed::At;
use super::words::Words;
use crate::domain::{Money, Timestamp};

/// A moment, in UTC to the second; the machine-readable form beside it.
pub(in crate::web) fn moment(at: Timestamp) -> Markup {
    let utc = at.to_utc();
    let shown =
        utc.split_once('.').map_or(utc.as_str(), |(seconds, _)| seconds).trim_end_matches('Z').replace('T', " ");
    html! { time datetime=(utc) { (shown) " UTC" } }
}

/// An amount, written so that columns of them can be compared.
pub(in crate::web) fn money(words: &Words, amount: Money) -> Markup {
    html! { span.money { (words.money(amount)) } }
}

/// A state: the words carry the meaning, the colour only repeats it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::web) enum Mood {
    /// As it should be.
    Good,
    /// Under way.
    Waiting,
    /// Somebody has to look.
    Attention,
    /// Over, without success.
    Over,
}

/// A state as a small label.
pub(in crate::web) fn badge(mood: Mood, text: &str) -> Markup {
    let class = match mood {
        Mood::Good => "good",
        Mood::Waiting => "waiting",
        Mood::Attention => "attention",
        Mood::Over => "over",
    };
    html! { span class=(format!("badge {class}")) { (text) } }
}

/// Facts: names and values.
pub(in crate::web) fn facts<'a>(facts: impl IntoIterator<Item = (String, &'a dyn Render)>) -> Markup {
    html! {
        dl.facts { @for (name, value) in facts { div { dt { (name) } dd { (value) } } } }
    }
}

/// A table: its caption names it; wide ones scroll inside their own box, which the keyboard reaches.
pub(in crate::web) fn table(caption: &str, columns: &[(String, Column)], rows: &[Vec<Markup>]) -> Markup {
    html! {
        div.scroll role="group" aria-label=(caption) tabindex="0" {
            table {
                caption { (caption) }
                thead {
                    tr { @for (name, column) in columns { th scope="col" class=[column.class()] { (name) } } }
                }
                tbody {
                    @for row in rows {
                        tr {
                            @for (cell, (_, column)) in row.iter().zip(columns) {
                                @if *column == Column::Head { th scope="row" { (cell) } }
                                @else { td class=[column.class()] { (cell) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// How a column is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::web) enum Column {
    /// What the row is called.
    Head,
    /// Text.
    Text,
    /// Numbers and amounts: to the right.
    Number,
}

impl Column {
    const fn class(self) -> Option<&'static str> {
        match self {
            Self::Head | Self::Text => None,
            Self::Number => Some("number"),
        }
    }
}

/// The way to the first and the next page of a list that goes on at `cursor`.
pub(in crate::web) fn pager(at: &At, asked: &Fields, next: Option<&str>) -> Markup {
    let words = at.words;
    let here =
        |cursor: Option<&str>| format!("{}?{}", at.path, asked.query_with(&[("cursor", cursor), ("done", None)]));
    let first = asked.text("cursor").is_some();
    html! {
        @if first || next.is_some() {
            nav.pager aria-label=(words.say("pager")) {
                @if first { a href=(here(None)) { (words.say("pager-first")) } }
                @if let Some(next) = next { a rel="next" href=(here(Some(next))) { (words.say("pager-next")) } }
            }
        }
    }
}

/// A labelled choice; the first is "any" when `any` names it.
pub(in crate::web) fn choice(
    (name, label): (&str, &str),
    any: Option<&str>,
    options: &[(String, String)],
    chosen: Option<&str>,
) -> Markup {
    html! {
        div.field {
            label for=(name) { (label) }
            select id=(name) name=(name) {
                @if let Some(any) = any { option value="" selected[chosen.is_none()] { (any) } }
                @for (value, text) in options {
                    option value=(value) selected[chosen == Some(value.as_str())] { (text) }
                }
            }
        }
    }
}

/// A reason that has to be given, in a person's words.
pub(in crate::web) fn reason(name: &str, label: &str) -> Markup {
    html! {
        div.field { label for=(name) { (label) } textarea id=(name) name=(name) rows="2" maxlength="1000" required {} }
    }
}

/// A button that sends its form.
pub(in crate::web) fn submit(label: &str) -> Markup {
    html! { button type="submit" { (label) } }
}

/// What stands where a list would, when there is nothing.
pub(in crate::web) fn nothing(text: &str) -> Markup {
    html! { p.nothing { (text) } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn con_0_moments_are_written_to_the_second_in_utc() {
        let text = moment(Timestamp::from_millis(1_735_689_600_123)).into_string();
        assert!(text.contains(">2025-01-01 00:00:00 UTC<"), "{text}");
    }
}
