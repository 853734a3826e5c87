//! What is wrong with a feed, and where.

use std::fmt;

use super::FeedKind;

/// Why feeds were not read to their end.
#[derive(Debug, thiserror::Error)]
pub enum FeedError {
    /// A feed is refused: nothing of any of them may be used.
    #[error(transparent)]
    Invalid(Box<InvalidFeed>),
    /// Whoever takes the entities wants no more.
    #[error("reading was stopped")]
    Stopped,
}

/// A feed that is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidFeed {
    /// The file, or the feed's place in a request.
    pub file: String,
    /// Which feed it is, as far as that is known.
    pub feed: Option<FeedKind>,
    /// Where in the file, from 1: line and column at which the fault was seen.
    pub position: Option<(usize, usize)>,
    /// The merchant, service or slot.
    pub entity: Option<String>,
    /// The member.
    pub field: Option<String>,
    /// What is wrong, and what was expected.
    pub problem: String,
}

impl fmt::Display for InvalidFeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(feed) = self.feed {
            write!(f, " ({})", feed.name())?;
        }
        if let Some((line, column)) = self.position {
            write!(f, ", line {line} column {column}")?;
        }
        if let Some(entity) = &self.entity {
            write!(f, ": {entity}")?;
        }
        if let Some(field) = &self.field {
            write!(f, ": {field}")?;
        }
        write!(f, ": {}", self.problem)
    }
}

impl std::error::Error for InvalidFeed {}

impl From<InvalidFeed> for FeedError {
    fn from(invalid: InvalidFeed) -> Self {
        Self::Invalid(Box::new(invalid))
    }
}

/// Something that Google will not like, or that was read in spite of its spelling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedWarning {
    /// The file, or the feed's place in a request.
    pub file: String,
    /// The merchant, service or slot.
    pub entity: Option<String>,
    /// The member.
    pub field: Option<String>,
    /// What.
    pub problem: String,
}

impl fmt::Display for FeedWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(entity) = &self.entity {
            write!(f, ": {entity}")?;
        }
        if let Some(field) = &self.field {
            write!(f, ": {field}")?;
        }
        write!(f, ": {}", self.problem)
    }
}

/// The most warnings that are kept.
const MOST_WARNINGS: usize = 100;

/// Warnings: the first hundred, and how many more there were.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Warnings {
    /// The first of them.
    pub first: Vec<FeedWarning>,
    /// How many more.
    pub more: u64,
}

impl Warnings {
    pub(super) fn add(&mut self, warning: FeedWarning) {
        if self.first.len() < MOST_WARNINGS {
            self.first.push(warning);
        } else {
            self.more += 1;
        }
    }
}
