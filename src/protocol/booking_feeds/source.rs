//! Files of feeds: plain or gzip, read from the beginning as often as wanted, in memory that does not grow with them.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::rc::Rc;

use flate2::bufread::MultiGzDecoder;

/// What a file may inflate to.
const MOST_INFLATED: u64 = 4 << 30;
/// What is read at once.
const BUFFER: usize = 64 * 1024;
/// How gzip begins (RFC 1952, section 2.3.1).
const GZIP: [u8; 2] = [0x1f, 0x8b];
/// What one merchant, service or slot may weigh.
const MOST_ENTITY: u64 = 8 * 1024 * 1024;

/// A file with feeds: one, or several as `{"feeds":[…]}`.
#[derive(Debug)]
pub struct FeedFile {
    /// How messages call it; empty if it has no name, as the body of a request.
    pub name: String,
    /// Its bytes, unverified.
    pub file: File,
}

/// How much may still be read before something has to end.
#[derive(Debug, Clone)]
pub(super) struct Meter(Rc<Cell<u64>>);

impl Meter {
    /// One entity begins.
    pub(super) fn bound(&self) {
        self.0.set(MOST_ENTITY);
    }

    /// What comes is passed over.
    pub(super) fn unbound(&self) {
        self.0.set(u64::MAX);
    }
}

impl FeedFile {
    /// Begins to read, whatever was read before. What it says it is does not count: files are renamed.
    pub(super) fn open(&self) -> io::Result<(impl BufRead + use<'_>, Meter)> {
        let mut file = BufReader::with_capacity(BUFFER, &self.file);
        file.seek(SeekFrom::Start(0))?;
        let inner: Box<dyn Read + '_> =
            if file.fill_buf()?.starts_with(&GZIP) { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) };
        let meter = Meter(Rc::new(Cell::new(u64::MAX)));
        let bounded = Bounded { inner, left: MOST_INFLATED, meter: meter.clone() };
        Ok((BufReader::with_capacity(BUFFER, bounded), meter))
    }
}

/// A few bytes can inflate to any length, and one text can be as long as the file.
struct Bounded<R> {
    inner: R,
    left: u64,
    meter: Meter,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(into)?;
        let size = read as u64;
        self.left = self.left.checked_sub(size).ok_or_else(|| io::Error::other("more than 4 GiB"))?;
        let left = self.meter.0.get();
        if left != u64::MAX {
            let left = left.checked_sub(size);
            self.meter.0.set(left.ok_or_else(|| io::Error::other("one entity of more than 8 MiB"))?);
        }
        Ok(read)
    }
}
