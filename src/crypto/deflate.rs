//! Deflate in both directions, with one state per thread and direction.
//!
//! A fresh state for each message is tens of kilobytes that live for microseconds: under load they fragment the heap until
//! most of what the process holds is holes. Kept states are reset instead.

use std::cell::RefCell;

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};
use zeroize::Zeroizing;

/// What stands around the deflated bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wrapping {
    /// Nothing (RFC 1951): OpenPGP's ZIP, JOSE's DEF.
    Raw,
    /// A zlib header and checksum (RFC 1950): OpenPGP's ZLIB.
    Zlib,
}

thread_local! {
    static COMPRESS: RefCell<Compress> = RefCell::new(Compress::new(Compression::default(), false));
    static DECOMPRESS: RefCell<Decompress> = RefCell::new(Decompress::new(false));
}

/// Deflates without any wrapping. `None` cannot happen with the memory at hand.
pub(super) fn deflate(plain: &[u8]) -> Option<Vec<u8>> {
    COMPRESS.with_borrow_mut(|state| {
        state.reset();
        // Room for what does not compress: five bytes for each stored block, and the end.
        let mut deflated = Vec::with_capacity(plain.len() + plain.len() / 1000 + 64);
        loop {
            let taken = usize::try_from(state.total_in()).ok()?;
            let rest = plain.get(taken..)?;
            match state.compress_vec(rest, &mut deflated, FlushCompress::Finish).ok()? {
                Status::StreamEnd => return Some(deflated),
                Status::Ok | Status::BufError => deflated.reserve(deflated.capacity() / 2 + 1024),
            }
        }
    })
}

/// Inflates at most `limit` bytes; `None` for more, for what is no deflate stream, and for one that ends too early. What
/// stands behind the stream is not looked at.
pub(super) fn inflate(deflated: &[u8], wrapping: Wrapping, limit: usize) -> Option<Zeroizing<Vec<u8>>> {
    DECOMPRESS.with_borrow_mut(|state| {
        state.reset(wrapping == Wrapping::Zlib);
        let first = deflated.len().saturating_mul(4).max(512).min(limit.saturating_add(1));
        let mut plain = Zeroizing::new(Vec::with_capacity(first));
        loop {
            let taken = usize::try_from(state.total_in()).ok()?;
            let rest = deflated.get(taken..)?;
            let before = (state.total_in(), state.total_out());
            let status = state.decompress_vec(rest, &mut plain, FlushDecompress::None).ok()?;
            if plain.len() > limit {
                return None;
            }
            match status {
                Status::StreamEnd => return Some(plain),
                Status::Ok | Status::BufError if plain.len() == plain.capacity() => grow(&mut plain, limit),
                // Nothing more comes, and it has not ended.
                Status::Ok | Status::BufError if before == (state.total_in(), state.total_out()) => return None,
                Status::Ok | Status::BufError => {}
            }
        }
    })
}

/// Into a new buffer: one that grows in place would leave what it held before behind.
fn grow(plain: &mut Zeroizing<Vec<u8>>, limit: usize) {
    let wanted = plain.capacity().saturating_mul(2).min(limit.saturating_add(1)).max(plain.len() + 1);
    let mut larger = Zeroizing::new(Vec::with_capacity(wanted));
    larger.extend_from_slice(plain);
    *plain = larger;
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};

    use flate2::read::DeflateDecoder;
    use flate2::write::{DeflateEncoder, ZlibEncoder};
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_deflated_is_what_others_inflate_and_comes_back(plain in proptest::collection::vec(any::<u8>(), 0..5_000)) {
            let deflated = deflate(&plain).unwrap();
            let mut others = Vec::new();
            DeflateDecoder::new(deflated.as_slice()).read_to_end(&mut others).unwrap();
            prop_assert_eq!(&others, &plain);
            let back = inflate(&deflated, Wrapping::Raw, plain.len()).unwrap();
            prop_assert_eq!(back.as_slice(), plain.as_slice());
        }

        #[test]
        fn garbage_neither_panics_nor_hangs(garbage in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = inflate(&garbage, Wrapping::Raw, 10_000);
            let _ = inflate(&garbage, Wrapping::Zlib, 10_000);
        }
    }

    #[test]
    fn nothing_stays_nothing() {
        let deflated = deflate(&[]).unwrap();
        assert!(inflate(&deflated, Wrapping::Raw, 0).unwrap().is_empty());
    }

    #[test]
    fn both_wrappings_and_large_messages_inflate_one_after_the_other() {
        let plain: Vec<u8> = (0..3_000_000_u32).map(|n| (n % 251) as u8).collect();
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
        zlib.write_all(&plain).unwrap();
        let zlib = zlib.finish().unwrap();
        let mut raw = DeflateEncoder::new(Vec::new(), Compression::best());
        raw.write_all(&plain).unwrap();
        let raw = raw.finish().unwrap();
        for _ in 0..2 {
            assert_eq!(inflate(&zlib, Wrapping::Zlib, plain.len()).unwrap().as_slice(), plain);
            assert_eq!(inflate(&raw, Wrapping::Raw, plain.len()).unwrap().as_slice(), plain);
            assert!(inflate(&raw, Wrapping::Raw, plain.len() - 1).is_none(), "one byte more than allowed");
            assert!(inflate(raw.get(..raw.len() - 1).unwrap(), Wrapping::Raw, plain.len()).is_none(), "cut short");
        }
    }
}
