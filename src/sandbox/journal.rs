//! What a stand-in remembers: an append-only file of JSON lines, folded in memory.
//!
//! A line is written before it counts, so a killed stand-in comes back with everything that it has answered. A last line
//! without its line end was never acknowledged and is cut off. Nothing is forced to disk: the stand-ins survive a killed
//! process, not a power failure.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Why a stand-in's memory cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The file system refused.
    #[error("{path}: {source}")]
    Io {
        /// The journal.
        path: PathBuf,
        /// What it said.
        source: std::io::Error,
    },
    /// A complete line is no record.
    #[error("{path}, line {line}: {source}; move the file away to start afresh")]
    Corrupt {
        /// The journal.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// What the reader said.
        source: serde_json::Error,
    },
}

/// State that is nothing but the fold of its records.
pub(crate) trait Book: Default {
    /// One line of the journal.
    type Record: Serialize + DeserializeOwned;

    /// Takes a record in. Total: whoever wrote the record had already judged it.
    fn apply(&mut self, record: Self::Record);
}

/// A book and the file behind it.
pub(crate) struct Journal<B: Book> {
    path: PathBuf,
    inner: Mutex<Inner<B>>,
}

struct Inner<B> {
    file: File,
    /// Length up to the last complete line, in bytes.
    length: u64,
    book: B,
}

impl<B: Book> Journal<B> {
    /// Opens or creates `path` (and its directory) and folds what stands in it.
    pub(crate) fn open(path: &Path) -> Result<Self, JournalError> {
        let failed = |source| JournalError::Io { path: path.to_owned(), source };
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(failed)?;
        }
        let mut file = OpenOptions::new().read(true).append(true).create(true).open(path).map_err(failed)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(failed)?;
        let complete = bytes.iter().rposition(|&b| b == b'\n').map_or(0, |at| at + 1);
        if complete < bytes.len() {
            tracing::warn!(journal.path = %path.display(), "the last line was never completed; it is cut off");
            file.set_len(complete as u64).map_err(failed)?;
        }
        let mut book = B::default();
        let lines = bytes.get(..complete).unwrap_or_default().split(|&b| b == b'\n');
        for (at, line) in lines.enumerate().filter(|(_, line)| !line.is_empty()) {
            let record = serde_json::from_slice(line).map_err(|source| JournalError::Corrupt {
                path: path.to_owned(),
                line: at + 1,
                source,
            })?;
            book.apply(record);
        }
        Ok(Self { path: path.to_owned(), inner: Mutex::new(Inner { file, length: complete as u64, book }) })
    }

    fn lock(&self) -> MutexGuard<'_, Inner<B>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks something up.
    pub(crate) fn read<T>(&self, look: impl FnOnce(&B) -> T) -> T {
        look(&self.lock().book)
    }

    /// Looks and writes under one lock: what `decide` saw is what its records follow.
    pub(crate) fn decide<T>(&self, decide: impl FnOnce(&B) -> (Vec<B::Record>, T)) -> Result<T, JournalError> {
        let mut inner = self.lock();
        let (records, answer) = decide(&inner.book);
        let mut lines = Vec::new();
        for record in &records {
            serde_json::to_writer(&mut lines, record).map_err(|e| self.failed(e.into()))?;
            lines.push(b'\n');
        }
        if let Err(source) = inner.file.write_all(&lines) {
            // Half a line must not stand before the next one.
            if let Err(again) = inner.file.set_len(inner.length) {
                tracing::error!(journal.path = %self.path.display(), error = %again, "a half-written line stays");
            }
            return Err(self.failed(source));
        }
        inner.length += lines.len() as u64;
        for record in records {
            inner.book.apply(record);
        }
        Ok(answer)
    }

    /// Writes one record.
    pub(crate) fn record(&self, record: B::Record) -> Result<(), JournalError> {
        self.decide(|_| (vec![record], ()))
    }

    fn failed(&self, source: std::io::Error) -> JournalError {
        JournalError::Io { path: self.path.clone(), source }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Sum(i64);

    impl Book for Sum {
        type Record = i64;

        fn apply(&mut self, record: i64) {
            self.0 += record;
        }
    }

    fn sum(path: &Path) -> i64 {
        Journal::<Sum>::open(path).unwrap().read(|book| book.0)
    }

    #[test]
    fn what_was_recorded_is_there_after_a_restart() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("deep/down/journal.jsonl");
        let journal = Journal::<Sum>::open(&path).unwrap();
        journal.record(3).unwrap();
        assert_eq!(journal.decide(|book| (vec![book.0, 1], "seen")).unwrap(), "seen");
        drop(journal);
        assert_eq!(sum(&path), 7);
    }

    #[test]
    fn a_torn_last_line_is_cut_off_and_the_next_record_stands_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("journal.jsonl");
        std::fs::write(&path, "1\n2\n39").unwrap();
        Journal::<Sum>::open(&path).unwrap().record(4).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "1\n2\n4\n");
        assert_eq!(sum(&path), 7);
    }

    #[test]
    fn a_complete_line_that_is_no_record_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("journal.jsonl");
        std::fs::write(&path, "1\nx\n2\n").unwrap();
        assert!(matches!(Journal::<Sum>::open(&path), Err(JournalError::Corrupt { line: 2, .. })));
    }
}
