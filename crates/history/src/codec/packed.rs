//! pco as a block without its file format: what it needs to know (how many numbers) is kept by the
//! caller, which saves a dozen bytes a column.

use pco::data_types::Number;
use pco::wrapped::{FileCompressor, FileDecompressor};
use pco::{ChunkConfig, DeltaSpec, ModeSpec, PagingSpec};

use super::LONGEST;
use crate::bytes::Damaged;

/// pco's own default; 12 is hardly smaller and takes longer.
const LEVEL: usize = 8;

/// Below this many numbers, pco's tables weigh more than what they save.
pub(crate) const FEWEST: usize = 16;

/// The numbers packed, or nothing if pco refuses them.
pub(crate) fn pack<T: Number>(numbers: &[T], mode: ModeSpec, delta: DeltaSpec) -> Option<Vec<u8>> {
    let config = ChunkConfig::default()
        .with_compression_level(LEVEL)
        .with_mode_spec(mode)
        .with_delta_spec(delta)
        .with_paging_spec(PagingSpec::EqualPagesUpTo(LONGEST));
    let file = FileCompressor::default();
    let out = file.write_header(Vec::new()).ok()?;
    let mut chunk = file.chunk_compressor(numbers, &config).ok()?;
    let out = chunk.write_meta(out).ok()?;
    chunk.write_page(0, out).ok()
}

/// As many numbers as were packed.
pub(crate) fn unpack<T: Number>(bytes: &[u8], count: usize) -> Result<Vec<T>, Damaged> {
    const BROKEN: Damaged = Damaged("packed numbers");
    if count > LONGEST {
        return Err(BROKEN);
    }
    let (file, rest) = FileDecompressor::new(bytes).map_err(|_| BROKEN)?;
    let (mut chunk, rest) = file
        .chunk_decompressor::<T, &[u8]>(rest)
        .map_err(|_| BROKEN)?;
    let mut numbers = vec![T::default(); count];
    let mut page = chunk.page_decompressor(rest, count).map_err(|_| BROKEN)?;
    let progress = page.read(&mut numbers).map_err(|_| BROKEN)?;
    if progress.n_processed != count {
        return Err(BROKEN);
    }
    Ok(numbers)
}
