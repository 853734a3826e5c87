//! A bank statement file: plain or gzip, read from its beginning as often as wanted, in constant memory.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::bufread::MultiGzDecoder;

use crate::protocol::camt053::BankStatementReader;
use crate::report::Progress;

/// What a file may inflate to.
const MOST_INFLATED: Bound = Bound { bytes: 4 << 30, said: "more than 4 GiB" };
/// What is read at once.
const BUFFER: usize = 64 * 1024;
/// How gzip begins (RFC 1952, section 2.3.1).
const GZIP: [u8; 2] = [0x1f, 0x8b];

#[derive(Debug, Clone, Copy)]
struct Bound {
    bytes: u64,
    said: &'static str,
}

/// Counts what is read of a file: it is read twice.
#[derive(Debug, Clone)]
pub(super) struct Reading {
    progress: Progress,
    read: Arc<AtomicU64>,
}

impl Reading {
    pub(super) fn new(progress: Progress) -> Self {
        Self { progress, read: Arc::default() }
    }

    fn count(&self, bytes: usize) {
        let bytes = bytes as u64;
        let read = self.read.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes);
        self.progress.reach(read / 2);
    }
}

/// Says how much was read.
struct Counted<R> {
    inner: R,
    reading: Reading,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(into)?;
        self.reading.count(read);
        Ok(read)
    }
}

/// Begins to read, whatever was read before. The bytes are unverified.
pub(super) fn read(unverified: &File, reading: Reading) -> io::Result<BankStatementReader<impl BufRead + use<'_>>> {
    Ok(BankStatementReader::new(open(unverified, reading, MOST_INFLATED)?))
}

fn open(mut file: &File, reading: Reading, bound: Bound) -> io::Result<impl BufRead + use<'_>> {
    file.seek(SeekFrom::Start(0))?;
    let mut file = BufReader::with_capacity(BUFFER, Counted { inner: file, reading });
    // What it says it is does not count: files are renamed, and a header may describe the transport or the file.
    let inner: Box<dyn Read + '_> =
        if file.fill_buf()?.starts_with(&GZIP) { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) };
    Ok(BufReader::with_capacity(BUFFER, Bounded { inner, bound }))
}

/// A few bytes can inflate to any length.
struct Bounded<R> {
    inner: R,
    bound: Bound,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(into)?;
        let left = self.bound.bytes.checked_sub(read as u64);
        self.bound.bytes = left.ok_or_else(|| io::Error::other(self.bound.said))?;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn zipped(content: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(content).unwrap();
        encoder.finish().unwrap()
    }

    fn content(bytes: &[u8], most: u64) -> io::Result<Vec<u8>> {
        let mut file = tempfile::tempfile()?;
        file.write_all(bytes)?;
        let mut content = Vec::new();
        let (progress, mut times) = (Progress::default(), 0);
        let reading = Reading::new(progress.clone());
        for _ in 0..2 {
            content.clear();
            open(&file, reading.clone(), Bound { bytes: most, said: "too much" })?.read_to_end(&mut content)?;
            times += 1;
            assert_eq!(progress.now().0, bytes.len() as u64 * times / 2, "half of it each time");
        }
        Ok(content)
    }

    #[test]
    fn plain_and_gzip_are_told_apart_and_read_again_from_the_beginning() {
        assert_eq!(content(b"<a/>", 4).unwrap(), b"<a/>");
        assert_eq!(content(&zipped(b"<a/>"), 4).unwrap(), b"<a/>");
        let members = [zipped(b"<a>"), zipped(b"</a>")].concat();
        assert_eq!(content(&members, 100).unwrap(), b"<a></a>", "gzip may have several members");
        assert_eq!(content(b"", 0).unwrap(), b"");
    }

    #[test]
    fn a_few_bytes_do_not_inflate_without_end() {
        let bomb = zipped(&vec![b' '; 1_000_000]);
        assert!(bomb.len() < 10_000);
        assert_eq!(content(&bomb, 1_000_000).unwrap().len(), 1_000_000);
        assert_eq!(content(&bomb, 999_999).unwrap_err().to_string(), "too much");
        assert_eq!(content(b"12345", 4).unwrap_err().to_string(), "too much");
    }

    #[test]
    fn half_a_gzip_file_is_no_file() {
        let whole = zipped(b"<a/>");
        assert!(content(&whole[..whole.len() - 1], 100).is_err());
        assert!(content(&[whole.as_slice(), b"more"].concat(), 100).is_err());
    }
}
