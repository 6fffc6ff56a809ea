//! Deflate (RFC 1951) over the short form of a column: worse than pco for noise, far better for what
//! comes again exactly, such as the work of a timer.

use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;

use crate::bytes::Damaged;

/// The bytes deflated.
pub(super) fn deflate(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).ok()?;
    encoder.finish().ok()
}

/// The bytes as they were; more than `most` are damage.
pub(super) fn inflate(bytes: &[u8], most: usize) -> Result<Vec<u8>, Damaged> {
    let mut out = Vec::new();
    DeflateDecoder::new(bytes)
        .take(most as u64 + 1)
        .read_to_end(&mut out)
        .map_err(|_| Damaged("deflated numbers"))?;
    if out.len() > most {
        return Err(Damaged("deflated numbers"));
    }
    Ok(out)
}
