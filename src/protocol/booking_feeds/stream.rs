//! Finds metadata and entities in the stream of a file, one at a time.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::FeedKind;
use super::source::{FeedFile, Meter};
use super::spelling::snake;
use crate::protocol::json::Strict;

/// Who hears what stands in a file, in its order. A file is a feed (`None`), or has those of `{"feeds":[…]}`, from 0.
pub(super) trait Listener {
    /// The metadata of a feed.
    fn metadata(&mut self, feed: Option<usize>, metadata: Value) -> Result<(), Halt>;
    /// The entities of a feed begin. Whether they are to be read.
    fn begin(&mut self, feed: Option<usize>, kind: FeedKind) -> Result<bool, Halt>;
    /// One of them.
    fn entity(&mut self, entity: Value) -> Result<(), Halt>;
    /// The feed is complete.
    fn end(&mut self, feed: Option<usize>) -> Result<(), Halt>;
}

/// The listener has heard enough; it knows why.
pub(super) struct Halt;

/// Why a file was not read to its end.
pub(super) enum Broken {
    /// The listener wanted no more. Where it was, by line and column.
    Halted(usize, usize),
    /// The file cannot be read.
    Unreadable(std::io::Error),
    /// It is no strict JSON, or no feed.
    Invalid { line: usize, column: usize, problem: String },
}

/// Reads a file to its end, which must be the end of its one JSON value.
pub(super) fn listen(file: &FeedFile, listener: &mut impl Listener) -> Result<(), Broken> {
    let (source, meter) = file.open().map_err(Broken::Unreadable)?;
    let mut ear = Ear { listener, meter, halted: false };
    let mut deserializer = serde_json::Deserializer::from_reader(source);
    let read = Members { ear: &mut ear, feed: None }.deserialize(&mut deserializer);
    let halted = ear.halted;
    read.and_then(|()| deserializer.end()).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        if halted {
            return Broken::Halted(line, column);
        }
        if error.is_io() {
            return Broken::Unreadable(error.into());
        }
        let text = error.to_string();
        let problem = text.strip_suffix(&format!(" at line {line} column {column}")).unwrap_or(&text).to_owned();
        Broken::Invalid { line, column, problem }
    })
}

struct Ear<'l, L> {
    listener: &'l mut L,
    meter: Meter,
    halted: bool,
}

impl<L> Ear<'_, L> {
    fn heard<T, E: serde::de::Error>(&mut self, heard: Result<T, Halt>) -> Result<T, E> {
        heard.map_err(|Halt| {
            self.halted = true;
            E::custom("heard enough")
        })
    }
}

/// The most members of one object at this level; Google's have three.
const MOST_MEMBERS: usize = 100;

/// The members of a file (`feed` is `None`), or of one feed of several.
struct Members<'e, 'l, L> {
    ear: &'e mut Ear<'l, L>,
    feed: Option<usize>,
}

impl<'de, L: Listener> DeserializeSeed<'de> for Members<'_, '_, L> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, L: Listener> Visitor<'de> for Members<'_, '_, L> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a feed: an object with metadata and merchant, service or service_availability")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let Self { ear, feed } = self;
        let mut seen: Vec<String> = Vec::new();
        ear.meter.bound();
        while let Some(name) = members.next_key::<String>()? {
            let name = snake(&name);
            if seen.contains(&name) {
                return Err(A::Error::custom(format!("duplicate key {name:?}")));
            }
            if seen.len() >= MOST_MEMBERS {
                return Err(A::Error::custom("more members than a feed has"));
            }
            let kind = FeedKind::ALL.into_iter().find(|kind| kind.envelope() == name);
            if let Some(kind) = kind {
                let wanted = ear.listener.begin(feed, kind);
                if ear.heard(wanted)? {
                    members.next_value_seed(Entities { ear, availability: kind == FeedKind::Availability })?;
                } else {
                    ear.meter.unbound();
                    members.next_value::<IgnoredAny>()?;
                }
            } else if name == "metadata" {
                let metadata = members.next_value_seed(Strict)?;
                let heard = ear.listener.metadata(feed, metadata);
                ear.heard(heard)?;
            } else if name == "feeds" && feed.is_none() {
                members.next_value_seed(Several { ear })?;
            } else {
                ear.meter.unbound();
                members.next_value::<IgnoredAny>()?;
            }
            ear.meter.bound();
            seen.push(name);
        }
        let several = feed.is_none() && seen.iter().any(|name| name == "feeds");
        if several && seen.iter().any(|name| FeedKind::ALL.iter().any(|kind| kind.envelope() == name)) {
            return Err(A::Error::custom("a feed of its own stands beside feeds"));
        }
        let heard = if several { Ok(()) } else { ear.listener.end(feed) };
        ear.heard(heard)
    }
}

/// `{"feeds":[…]}`.
struct Several<'e, 'l, L> {
    ear: &'e mut Ear<'l, L>,
}

impl<'de, L: Listener> DeserializeSeed<'de> for Several<'_, '_, L> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de, L: Listener> Visitor<'de> for Several<'_, '_, L> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of feeds")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let mut number = 0;
        while let Some(()) = items.next_element_seed(Members { ear: self.ear, feed: Some(number) })? {
            number += 1;
        }
        Ok(())
    }
}

/// The list of a feed's entities. Availability is a list of lists: `availability` within restricts, which say nothing in a
/// complete feed.
struct Entities<'e, 'l, L> {
    ear: &'e mut Ear<'l, L>,
    availability: bool,
}

impl<'de, L: Listener> DeserializeSeed<'de> for Entities<'_, '_, L> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de, L: Listener> Visitor<'de> for Entities<'_, '_, L> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        self.ear.meter.bound();
        if self.availability {
            while let Some(()) = items.next_element_seed(Restricted { ear: self.ear })? {}
            return Ok(());
        }
        while let Some(entity) = items.next_element_seed(Strict)? {
            let heard = self.ear.listener.entity(entity);
            self.ear.heard(heard)?;
            self.ear.meter.bound();
        }
        Ok(())
    }
}

/// One `ServiceAvailability`.
struct Restricted<'e, 'l, L> {
    ear: &'e mut Ear<'l, L>,
}

impl<'de, L: Listener> DeserializeSeed<'de> for Restricted<'_, '_, L> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, L: Listener> Visitor<'de> for Restricted<'_, '_, L> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with availability")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let mut seen: Vec<String> = Vec::new();
        while let Some(name) = members.next_key::<String>()? {
            let name = snake(&name);
            if seen.contains(&name) {
                return Err(A::Error::custom(format!("duplicate key {name:?}")));
            }
            if seen.len() >= MOST_MEMBERS {
                return Err(A::Error::custom("more members than service_availability has"));
            }
            if name == "availability" {
                members.next_value_seed(Entities { ear: self.ear, availability: false })?;
            } else {
                members.next_value_seed(Strict)?;
            }
            self.ear.meter.bound();
            seen.push(name);
        }
        Ok(())
    }
}
