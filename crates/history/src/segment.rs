//! Chunks of neighbouring series of one block in one row: a directory, then the chunks. Rows of some
//! dozens of kilobytes fill the pages of the database to the brim, and a directory entry costs seven
//! bytes where a row of its own would cost twenty.
//!
//! The directory and each chunk carry a checksum: a damaged chunk costs that chunk only.

use crate::bytes::{Damaged, Reader, put_count, put_unsigned};
use crate::checksum::crc32;

/// So many neighbouring series share a row.
pub(crate) const SERIES: u32 = 32;

/// The number of the row, within a block, that holds a series.
pub(crate) fn part_of(series: u32) -> u32 {
    series / SERIES
}

/// Puts chunks, ascending by series, into one piece.
pub(crate) fn pack(chunks: &[(u32, Vec<u8>)]) -> Vec<u8> {
    let mut directory = Vec::with_capacity(chunks.len() * 8);
    put_count(&mut directory, chunks.len());
    let mut before = 0;
    for (series, bytes) in chunks {
        put_unsigned(&mut directory, u64::from(series - before));
        put_count(&mut directory, bytes.len());
        directory.extend_from_slice(&crc32(bytes).to_le_bytes());
        before = *series;
    }
    let payload: usize = chunks.iter().map(|(_, bytes)| bytes.len()).sum();
    let mut out = Vec::with_capacity(directory.len() + payload + 8);
    out.extend_from_slice(&crc32(&directory).to_le_bytes());
    put_count(&mut out, directory.len());
    out.extend_from_slice(&directory);
    for (_, bytes) in chunks {
        out.extend_from_slice(bytes);
    }
    out
}

/// A row whose directory has been read.
#[derive(Debug)]
pub(crate) struct Segment<'a> {
    entries: Vec<Entry<'a>>,
}

#[derive(Debug)]
struct Entry<'a> {
    series: u32,
    checksum: u32,
    bytes: Result<&'a [u8], Damaged>,
}

impl<'a> Entry<'a> {
    fn checked(&self) -> Result<&'a [u8], Damaged> {
        let bytes = self.bytes?;
        let right = crc32(bytes) == self.checksum;
        right.then_some(bytes).ok_or(Damaged("checksum of a chunk"))
    }
}

impl<'a> Segment<'a> {
    /// Reads the directory.
    pub(crate) fn open(bytes: &'a [u8]) -> Result<Self, Damaged> {
        let mut reader = Reader::new(bytes);
        let expected = reader.u32_fixed()?;
        let length = reader.count(bytes.len())?;
        let directory = reader.bytes(length)?;
        if crc32(directory) != expected {
            return Err(Damaged("checksum of a directory"));
        }
        let mut payload = Reader::new(reader.rest());
        let mut entries = Reader::new(directory);
        let count = entries.count(directory.len())?;
        let mut found = Vec::with_capacity(count);
        let mut series = 0_u32;
        for _ in 0..count {
            let step = u32::try_from(entries.unsigned()?).map_err(|_| Damaged("series"))?;
            series = series.checked_add(step).ok_or(Damaged("series"))?;
            let length = entries.count(usize::MAX)?;
            found.push(Entry {
                series,
                checksum: entries.u32_fixed()?,
                bytes: payload.bytes(length),
            });
        }
        Ok(Self { entries: found })
    }

    /// The chunk of a series, if there is one.
    pub(crate) fn chunk(&self, series: u32) -> Option<Result<&'a [u8], Damaged>> {
        let place = self
            .entries
            .binary_search_by_key(&series, |entry| entry.series);
        place.ok().map(|index| self.entries[index].checked())
    }

    /// All chunks, ascending by series.
    pub(crate) fn chunks(&self) -> impl Iterator<Item = (u32, Result<&'a [u8], Damaged>)> + '_ {
        self.entries
            .iter()
            .map(|entry| (entry.series, entry.checked()))
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn sample() -> Vec<(u32, Vec<u8>)> {
        vec![(64, vec![1, 2, 3]), (65, Vec::new()), (90, vec![9; 200])]
    }

    #[test]
    fn chunks_come_back() {
        let bytes = pack(&sample());
        let segment = Segment::open(&bytes).unwrap();
        for (series, chunk) in sample() {
            assert_eq!(segment.chunk(series), Some(Ok(chunk.as_slice())));
        }
        assert_eq!(segment.chunk(66), None);
        assert_eq!(segment.chunks().count(), 3);
    }

    #[test]
    fn a_damaged_chunk_costs_that_chunk_only() {
        let mut bytes = pack(&sample());
        let last = bytes.len() - 1;
        bytes[last] ^= 1;
        let segment = Segment::open(&bytes).unwrap();
        assert!(segment.chunk(90).unwrap().is_err());
        assert_eq!(segment.chunk(64), Some(Ok([1, 2, 3].as_slice())));
    }

    #[test]
    fn a_damaged_or_short_directory_is_found() {
        let whole = pack(&sample());
        for place in 0..20 {
            let mut bytes = whole.clone();
            bytes[place] ^= 0x10;
            assert!(Segment::open(&bytes).is_err(), "{place}");
        }
        for length in 0..20 {
            assert!(Segment::open(&whole[..length]).is_err());
        }
    }
}
