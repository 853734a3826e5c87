//! The feeds of one kind in one file: entity by entity to the judge, and every fault with its place.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::FeedKind;
use super::error::{FeedError, FeedWarning, InvalidFeed};
use super::fields::{Complaint, expected, shown};
use super::judge::{BATCH, FromFeed, Judge};
use super::source::FeedFile;
use super::stream::{Broken, Halt, Listener, listen};
use super::survey::refused;

impl<T: FnMut(FromFeed) -> bool> Judge<T> {
    /// Reads the feeds of this kind in a file.
    pub(super) fn read(
        &mut self,
        kind: FeedKind,
        file: &FeedFile,
        places: &BTreeMap<Option<usize>, &str>,
    ) -> Result<(), FeedError> {
        let first = places.values().next().copied().unwrap_or_default().into();
        let mut reading =
            Reading { judge: self, kind, places, left: places.len(), file: first, at: 0, begun: false, ended: None };
        let read = listen(file, &mut reading);
        let (place, entity) = (reading.file.clone(), reading.begun.then(|| reading.nameless()));
        match (read, reading.ended.take()) {
            (Ok(()), _) | (Err(Broken::Halted(..)), Some(Ended::Done)) => Ok(()),
            (Err(Broken::Halted(..)), Some(Ended::Stopped) | None) => Err(FeedError::Stopped),
            (Err(Broken::Halted(line, column)), Some(Ended::Fault(fault))) => {
                Err(InvalidFeed { position: Some((line, column)), ..*fault }.into())
            }
            (Err(broken), _) => Err(InvalidFeed { entity, ..refused(broken, &place, Some(kind)) }.into()),
        }
    }
}

/// Why the stream of a file was left.
enum Ended {
    /// Everything that was wanted was read.
    Done,
    /// Nobody wants more.
    Stopped,
    Fault(Box<InvalidFeed>),
}

/// The feeds of one kind in one file.
struct Reading<'j, 'p, T> {
    judge: &'j mut Judge<T>,
    kind: FeedKind,
    places: &'j BTreeMap<Option<usize>, &'p str>,
    left: usize,
    /// The place that is being read.
    file: Arc<str>,
    /// The number of the entity, from 0.
    at: u64,
    begun: bool,
    ended: Option<Ended>,
}

impl<T> Reading<'_, '_, T> {
    /// The entity that is being read, by its place.
    fn nameless(&self) -> String {
        let list = match self.kind {
            FeedKind::Availability => "availability",
            FeedKind::Merchants | FeedKind::Services => self.kind.envelope(),
        };
        format!("{list}[{}]", self.at)
    }

    fn name(&self, members: &Map<String, Value>) -> String {
        named(self.kind, members).unwrap_or_else(|| self.nameless())
    }

    fn fault(&mut self, members: &Map<String, Value>, why: Complaint) {
        self.ended = Some(Ended::Fault(Box::new(InvalidFeed {
            file: self.file.to_string(),
            feed: Some(self.kind),
            position: None,
            entity: Some(self.name(members)),
            field: said(why.field),
            problem: why.problem,
        })));
    }
}

/// A field; none for the entity itself.
fn said(field: String) -> Option<String> {
    Some(field).filter(|field| !field.is_empty())
}

/// The name of an entity, by the ids that it states.
fn named(kind: FeedKind, members: &Map<String, Value>) -> Option<String> {
    let text = |names: [&str; 2]| names.iter().find_map(|name| members.get(*name)).and_then(Value::as_str);
    let merchant = text(["merchant_id", "merchantId"])?;
    let service = || text(["service_id", "serviceId"]);
    Some(match kind {
        FeedKind::Merchants => format!("merchant {merchant}"),
        FeedKind::Services => format!("service {merchant}/{}", service()?),
        FeedKind::Availability => {
            let start = ["start_sec", "startSec"].iter().find_map(|name| members.get(*name));
            let start = start.map(shown).unwrap_or_default();
            format!("slot {merchant}/{} at {}", service()?, start.trim_matches('"'))
        }
    })
}

impl<T: FnMut(FromFeed) -> bool> Listener for Reading<'_, '_, T> {
    fn metadata(&mut self, _: Option<usize>, _: Value) -> Result<(), Halt> {
        Ok(())
    }

    fn begin(&mut self, feed: Option<usize>, kind: FeedKind) -> Result<bool, Halt> {
        let Some(place) = self.places.get(&feed) else { return Ok(false) };
        if kind != self.kind {
            self.ended = Some(Ended::Fault(Box::new(InvalidFeed {
                file: (*place).to_owned(),
                feed: Some(self.kind),
                position: None,
                entity: None,
                field: Some(kind.envelope().to_owned()),
                problem: format!("stands beside {}: a file holds one feed", self.kind.envelope()),
            })));
            return Err(Halt);
        }
        (self.file, self.at, self.begun) = ((*place).into(), 0, true);
        Ok(true)
    }

    fn entity(&mut self, entity: Value) -> Result<(), Halt> {
        let mut members = match entity {
            Value::Object(members) => members,
            other => {
                self.fault(&Map::new(), expected("", "an object", &other));
                return Err(Halt);
            }
        };
        let judged = match self.kind {
            FeedKind::Merchants => self.judge.merchant(&mut members, &self.file),
            FeedKind::Services => self.judge.service(&mut members, &self.file),
            FeedKind::Availability => self.judge.slot(&mut members),
        };
        for note in std::mem::take(&mut self.judge.notes) {
            let (file, entity) = (self.file.to_string(), Some(self.name(&members)));
            let warning = FeedWarning { file, entity, field: said(note.field), problem: note.problem };
            self.judge.totals.warnings.add(warning);
        }
        if let Err(why) = judged {
            self.fault(&members, why);
            return Err(Halt);
        }
        self.at += 1;
        let judge = &self.judge;
        if judge.merchants.len().max(judge.services.len()).max(judge.slots.len()) >= BATCH
            && self.judge.hand_out().is_err()
        {
            self.ended = Some(Ended::Stopped);
            return Err(Halt);
        }
        Ok(())
    }

    fn end(&mut self, feed: Option<usize>) -> Result<(), Halt> {
        if self.places.contains_key(&feed) {
            self.begun = false;
            self.left = self.left.saturating_sub(1);
        }
        // The rest of the file was read when it was looked at; a file that is one feed is read to its last byte.
        if self.left == 0 && feed.is_some() {
            self.ended = Some(Ended::Done);
            return Err(Halt);
        }
        Ok(())
    }
}
