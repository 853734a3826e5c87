//! What both formats write: columns, and facts with a label.

use std::borrow::Cow;

use super::moment::{Day, Zone};
use crate::domain::Timestamp;

/// One column of lines.
pub(super) struct Column {
    /// Its name in CSV.
    pub(super) key: &'static str,
    /// Its heading in XLSX.
    pub(super) title: &'static str,
    /// Its width in XLSX, in characters.
    pub(super) width: u16,
    /// What its cells hold.
    pub(super) holds: Holds,
}

/// What the cells of a column hold.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Holds {
    Text,
    Count,
    Amount,
    Time,
}

/// A value with its label: what is said about the report as a whole.
pub(super) struct Fact<'a> {
    pub(super) label: Cow<'a, str>,
    pub(super) value: Value<'a>,
}

/// A value of a fact.
pub(super) enum Value<'a> {
    /// Text, foreign or ours.
    Text(Cow<'a, str>),
    /// Micros and the digits of their currency.
    Amount(i128, u32),
    Count(u64),
    Time(Timestamp),
    Day(Day),
}

impl<'a> Fact<'a> {
    pub(super) fn new(label: impl Into<Cow<'a, str>>, value: Value<'a>) -> Self {
        Self { label: label.into(), value }
    }

    pub(super) fn text(label: impl Into<Cow<'a, str>>, text: impl Into<Cow<'a, str>>) -> Self {
        Self::new(label, Value::Text(text.into()))
    }
}

/// What stands for a zone in a report.
pub(super) fn zone_fact(zone: &Zone) -> Fact<'static> {
    Fact::text("Time zone", format!("{} (UTC{}); times are ISO 8601 with this offset in CSV", zone.name, zone.offset()))
}
