//! What files hold: which feed, of which generation, and whether every shard is there (google-booking-server section 7.2).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::FeedKind;
use super::error::{FeedError, FeedWarning, InvalidFeed, Warnings};
use super::fields::{Complaint, Fields, Taken, expected, missing, shown};
use super::judge::{FeedTotals, FromFeed, Judge};
use super::source::FeedFile;
use super::spelling::respell;
use super::stream::{Broken, Halt, Listener, listen};
use super::terms::MOST_SMALL;

/// Feeds that belong together: merchants, services and availability, every shard of each.
#[derive(Debug)]
pub struct Feeds {
    files: Vec<FeedFile>,
    found: Vec<Found>,
    generation: i64,
    warnings: Warnings,
}

/// One feed, or one shard of it.
#[derive(Debug, Clone)]
struct Found {
    file: usize,
    feed: Option<usize>,
    place: String,
    kind: FeedKind,
    metadata: Metadata,
}

/// `FeedMetadata`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Metadata {
    shard: i64,
    total: i64,
    nonce: Option<String>,
    generation: i64,
}

/// How messages call a feed.
fn place(file: &FeedFile, feed: Option<usize>) -> String {
    match (file.name.as_str(), feed) {
        ("", None) => "the feed".to_owned(),
        ("", Some(number)) => format!("feeds[{number}]"),
        (name, None) => name.to_owned(),
        (name, Some(number)) => format!("{name} feeds[{number}]"),
    }
}

impl Feeds {
    /// Looks at the metadata of every file, in whatever order they come. Reads a file no further than to its metadata and
    /// the name of its feed, where both stand at its beginning.
    pub fn survey(files: Vec<FeedFile>) -> Result<Self, InvalidFeed> {
        let mut found = Vec::new();
        for (number, file) in files.iter().enumerate() {
            let mut looking = Looking { file, number, found: Vec::new(), begun: Begun::default(), fault: None };
            match listen(file, &mut looking) {
                Ok(()) => {}
                Err(Broken::Halted(line, column)) => {
                    if let Some(fault) = looking.fault {
                        return Err(InvalidFeed { position: Some((line, column)), ..fault });
                    }
                }
                Err(broken) => return Err(refused(broken, &place(file, looking.begun.feed), looking.begun.kind)),
            }
            found.extend(looking.found);
        }
        let mut warnings = Warnings::default();
        for kind in FeedKind::ALL {
            complete(kind, &found)?;
        }
        let generation = agree(&found, &mut warnings);
        Ok(Self { files, found, generation, warnings })
    }

    /// `generation_timestamp`, in seconds since the Unix epoch: of the newest, if they differ.
    pub const fn generation(&self) -> i64 {
        self.generation
    }

    /// Reads everything to its end and hands it out in batches: merchants, then services, then slots, each checked against
    /// those before (section 7.9). `take` answers whether it wants more. What was handed out before an error must not be
    /// used.
    pub fn read(&self, take: impl FnMut(FromFeed) -> bool) -> Result<FeedTotals, FeedError> {
        let mut judge = Judge::new(self.generation, self.warnings.clone(), take);
        for kind in FeedKind::ALL {
            for (number, file) in self.files.iter().enumerate() {
                let places: BTreeMap<Option<usize>, &str> = self
                    .found
                    .iter()
                    .filter(|found| found.kind == kind && found.file == number)
                    .map(|found| (found.feed, found.place.as_str()))
                    .collect();
                if !places.is_empty() {
                    judge.read(kind, file, &places)?;
                }
            }
            judge.hand_out()?;
        }
        Ok(judge.finish())
    }
}

/// A file that cannot be read on.
pub(super) fn refused(broken: Broken, place: &str, feed: Option<FeedKind>) -> InvalidFeed {
    let (position, problem) = match broken {
        Broken::Halted(line, column) => (Some((line, column)), "was not read to its end".to_owned()),
        Broken::Unreadable(error) => (None, format!("cannot be read: {error}")),
        Broken::Invalid { line, column, problem } => (Some((line, column)), format!("not strict JSON: {problem}")),
    };
    InvalidFeed { file: place.to_owned(), feed, position, entity: None, field: None, problem }
}

#[derive(Default)]
struct Begun {
    feed: Option<usize>,
    kind: Option<FeedKind>,
    metadata: Option<Metadata>,
}

struct Looking<'f> {
    file: &'f FeedFile,
    number: usize,
    found: Vec<Found>,
    begun: Begun,
    fault: Option<InvalidFeed>,
}

impl Looking<'_> {
    fn at(&mut self, feed: Option<usize>) {
        if self.begun.feed != feed {
            self.begun = Begun { feed, ..Begun::default() };
        }
    }

    fn fault(&mut self, why: Complaint) -> Halt {
        self.fault = Some(InvalidFeed {
            file: place(self.file, self.begun.feed),
            feed: self.begun.kind,
            position: None,
            entity: None,
            field: Some(why.field).filter(|field| !field.is_empty()),
            problem: why.problem,
        });
        Halt
    }

    /// A file that is a feed is known as soon as both have come.
    fn enough(&mut self) -> Result<(), Halt> {
        match (self.begun.feed, self.begun.kind, &self.begun.metadata) {
            (None, Some(_), Some(_)) => {
                self.keep()?;
                Err(Halt)
            }
            _ => Ok(()),
        }
    }

    fn keep(&mut self) -> Result<(), Halt> {
        let Begun { feed, kind, metadata } = std::mem::take(&mut self.begun);
        self.begun.feed = feed;
        let Some(kind) = kind else {
            let problem = "holds none of merchant, service and service_availability";
            return Err(self.fault(Complaint::new("", problem)));
        };
        self.begun.kind = Some(kind);
        let Some(metadata) = metadata else { return Err(self.fault(missing("metadata", "an object"))) };
        self.begun.kind = None;
        self.found.push(Found { file: self.number, feed, place: place(self.file, feed), kind, metadata });
        Ok(())
    }
}

impl Listener for Looking<'_> {
    fn metadata(&mut self, feed: Option<usize>, value: Value) -> Result<(), Halt> {
        self.at(feed);
        let taken = match value {
            Value::Object(mut members) => metadata(&mut members),
            other => Err(expected("", "an object", &other)),
        };
        let taken = taken.map_err(|why| self.fault(why.within("metadata")))?;
        self.begun.metadata = Some(taken);
        self.enough()
    }

    fn begin(&mut self, feed: Option<usize>, kind: FeedKind) -> Result<bool, Halt> {
        self.at(feed);
        if let Some(before) = self.begun.kind {
            let problem = format!("stands beside {}: a file holds one feed", before.envelope());
            return Err(self.fault(Complaint::new(kind.envelope(), problem)));
        }
        self.begun.kind = Some(kind);
        self.enough().map(|()| false)
    }

    fn entity(&mut self, _: Value) -> Result<(), Halt> {
        Ok(())
    }

    fn end(&mut self, feed: Option<usize>) -> Result<(), Halt> {
        self.at(feed);
        self.keep()
    }
}

fn metadata(members: &mut Map<String, Value>) -> Taken<Metadata> {
    const INSTRUCTION: &str = "processing_instruction";
    respell(members)?;
    let fields = Fields::new(members);
    let complete = [("PROCESS_AS_COMPLETE", 1, true), ("PROCESS_AS_INCREMENTAL", 2, false)];
    match fields.choice(INSTRUCTION, &complete)? {
        Some(true) => {}
        Some(false) => {
            return Err(Complaint::new(INSTRUCTION, "expected PROCESS_AS_COMPLETE: only whole feeds are loaded"));
        }
        None => return Err(missing(INSTRUCTION, "PROCESS_AS_COMPLETE")),
    }
    let total = fields.required_integer("total_shards", 1..=MOST_SMALL)?;
    // proto3 leaves a zero out (section 2.3).
    let shard = fields.integer("shard_number", 0..=MOST_SMALL)?.unwrap_or(0);
    if shard >= total {
        return Err(Complaint::new("shard_number", format!("expected 0 to {}, found {shard}", total - 1)));
    }
    let nonce = match fields.get("nonce") {
        None => None,
        Some(Value::Number(number)) if number.is_u64() => Some(number.to_string()),
        Some(Value::String(text)) if text.parse::<u64>().is_ok() => Some(text.clone()),
        Some(other) => return Err(expected("nonce", "an unsigned 64-bit number, in quotes or not", other)),
    };
    if nonce.is_none() && total > 1 {
        return Err(missing("nonce", "the number that all shards of the feed share"));
    }
    Ok(Metadata { shard, total, nonce, generation: fields.required_integer("generation_timestamp", 1..=i64::MAX)? })
}

/// All shards of one nonce, each once.
fn complete(kind: FeedKind, found: &[Found]) -> Result<(), InvalidFeed> {
    let shards: Vec<&Found> = found.iter().filter(|found| found.kind == kind).collect();
    let fault = |place: &str, field: Option<&str>, problem: String| InvalidFeed {
        file: place.to_owned(),
        feed: Some(kind),
        position: None,
        entity: None,
        field: field.map(str::to_owned),
        problem,
    };
    let Some(first) = shards.first() else {
        let problem = format!("there is no {}: expected one with {}", kind.name(), kind.envelope());
        return Err(InvalidFeed { feed: None, ..fault("feeds", None, problem) });
    };
    let mut numbers: BTreeMap<i64, &str> = BTreeMap::new();
    for shard in &shards {
        let (ours, theirs) = (&shard.metadata, &first.metadata);
        let differs = |name: &str, ours: &str, theirs: &str| {
            let problem =
                format!("expected {theirs}, as in {}, found {ours}: all shards of a feed say the same", first.place);
            fault(&shard.place, Some(&format!("metadata.{name}")), problem)
        };
        if let Some(before) = numbers.insert(ours.shard, &shard.place) {
            let problem = format!("shard {} stands in {before} already", ours.shard);
            return Err(fault(&shard.place, Some("metadata.shard_number"), problem));
        }
        if ours.total != theirs.total {
            return Err(differs("total_shards", &ours.total.to_string(), &theirs.total.to_string()));
        }
        if ours.nonce != theirs.nonce {
            let said = |nonce: &Option<String>| nonce.clone().unwrap_or_else(|| "none".to_owned());
            return Err(differs("nonce", &said(&ours.nonce), &said(&theirs.nonce)));
        }
        if ours.generation != theirs.generation {
            let said = |generation: i64| shown(&Value::from(generation));
            return Err(differs("generation_timestamp", &said(ours.generation), &said(theirs.generation)));
        }
    }
    let absent: Vec<String> = (0..first.metadata.total)
        .filter(|shard| !numbers.contains_key(shard))
        .take(10)
        .map(|n| n.to_string())
        .collect();
    if absent.is_empty() {
        return Ok(());
    }
    let problem = format!("expected {} shards, but shard {} is not there", first.metadata.total, absent.join(", "));
    Err(fault(&first.place, Some("metadata.total_shards"), problem))
}

/// The generation of all feeds: one, or the newest.
fn agree(found: &[Found], warnings: &mut Warnings) -> i64 {
    let newest = found.iter().map(|found| found.metadata.generation).max().unwrap_or(0);
    let mut nonces: BTreeMap<&str, BTreeSet<FeedKind>> = BTreeMap::new();
    for one in found {
        if one.metadata.generation != newest {
            let problem = format!("is older than that of other feeds ({newest}), which counts for all");
            warnings.add(FeedWarning {
                file: one.place.clone(),
                entity: None,
                field: Some("metadata.generation_timestamp".to_owned()),
                problem,
            });
        }
        if let Some(nonce) = &one.metadata.nonce {
            let kinds = nonces.entry(nonce).or_default();
            if kinds.insert(one.kind) && kinds.len() == 2 {
                warnings.add(FeedWarning {
                    file: one.place.clone(),
                    entity: None,
                    field: Some("metadata.nonce".to_owned()),
                    problem: "is that of another feed, too: Google asks for different ones".to_owned(),
                });
            }
        }
    }
    newest
}
