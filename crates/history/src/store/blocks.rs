//! Blocks and their segments.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::sql;
use crate::bytes::{Damaged, Reader, put_count};
use crate::checksum::crc32;
use crate::codec::{LONGEST, decode_integers, encode_integers};
use crate::series::Millis;
use crate::tier::Tier;
use crate::tier::columns::Frame;

/// Segments of a block have ids below this, from the block's id times this.
const PARTS: i64 = 1 << 16;

/// Ticks or buckets of one tier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    pub(crate) id: i64,
    /// Numbers of its first and last tick.
    pub(crate) first: u64,
    pub(crate) last: u64,
    /// Earliest and latest time.
    pub(crate) low: Millis,
    pub(crate) high: Millis,
    /// Number of ticks, or of buckets.
    pub(crate) ticks: usize,
    /// Number of samples, or of series' buckets.
    pub(crate) samples: u64,
    /// The block that it is being put into.
    pub(crate) into: Option<i64>,
}

const COLUMNS: &str = "SELECT id, first, last, low, high, ticks, samples, into_block FROM block";

fn read(row: &Row) -> rusqlite::Result<Block> {
    let unsigned = |index| row.get::<_, i64>(index).map(i64::cast_unsigned);
    Ok(Block {
        id: row.get(0)?,
        first: unsigned(1)?,
        last: unsigned(2)?,
        low: row.get(3)?,
        high: row.get(4)?,
        ticks: usize::try_from(row.get::<_, i64>(5)?).unwrap_or(0),
        samples: unsigned(6)?,
        into: row.get(7)?,
    })
}

/// All blocks of a tier that hold anything between two times, in the order of their ticks.
pub(crate) fn between(
    connection: &Connection,
    tier: Tier,
    from: Millis,
    to: Millis,
) -> rusqlite::Result<Vec<Block>> {
    let mut statement = connection.prepare_cached(&format!(
        "{COLUMNS} WHERE tier = ?1 AND high >= ?2 AND low <= ?3 ORDER BY first, id"
    ))?;
    let rows = statement.query_map(params![tier.code(), from, to], read)?;
    rows.collect()
}

/// All blocks of a tier in the order of their ticks.
pub(crate) fn all(connection: &Connection, tier: Tier) -> rusqlite::Result<Vec<Block>> {
    between(connection, tier, Millis::MIN, Millis::MAX)
}

/// Writes a block without its segments; its id is chosen here.
pub(crate) fn insert(
    connection: &Connection,
    tier: Tier,
    block: &Block,
    shared: &[u8],
) -> rusqlite::Result<i64> {
    let mut bytes = crc32(shared).to_le_bytes().to_vec();
    bytes.extend_from_slice(shared);
    connection
        .prepare_cached(
            "INSERT INTO block (tier, first, last, low, high, ticks, samples, shared)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute(params![
            tier.code(),
            sql(block.first),
            sql(block.last),
            block.low,
            block.high,
            sql(block.ticks as u64),
            sql(block.samples),
            bytes
        ])?;
    Ok(connection.last_insert_rowid())
}

/// What the series of a block share.
pub(crate) fn shared(
    connection: &Connection,
    id: i64,
) -> rusqlite::Result<Result<Vec<u8>, Damaged>> {
    let bytes: Option<Vec<u8>> = connection
        .prepare_cached("SELECT shared FROM block WHERE id = ?1")?
        .query_row([id], |row| row.get(0))
        .optional()?;
    let bytes = bytes.unwrap_or_default();
    let Some((checksum, rest)) = bytes.split_first_chunk::<4>() else {
        return Ok(Err(Damaged("a block's times are missing")));
    };
    let right = u32::from_le_bytes(*checksum) == crc32(rest);
    Ok(right
        .then(|| rest.to_vec())
        .ok_or(Damaged("checksum of a block's times")))
}

/// The times of a block of samples as bytes.
pub(crate) fn encode_times(times: &[Millis]) -> Vec<u8> {
    let mut out = Vec::new();
    put_count(&mut out, times.len());
    encode_integers(times, &mut out);
    out
}

pub(crate) fn decode_times(bytes: &[u8]) -> Result<Vec<Millis>, Damaged> {
    let mut reader = Reader::new(bytes);
    let count = reader.count(LONGEST)?;
    decode_integers(&mut reader, count)
}

pub(crate) fn decode_frame(bytes: &[u8]) -> Result<Frame, Damaged> {
    Frame::decode(&mut Reader::new(bytes))
}

/// Writes a segment.
pub(crate) fn put_segment(
    connection: &Connection,
    block: i64,
    part: u32,
    data: &[u8],
) -> rusqlite::Result<()> {
    connection
        .prepare_cached("INSERT OR REPLACE INTO segment (id, data) VALUES (?1, ?2)")?
        .execute(params![block * PARTS + i64::from(part), data])?;
    Ok(())
}

/// Reads a segment.
pub(crate) fn segment(
    connection: &Connection,
    block: i64,
    part: u32,
) -> rusqlite::Result<Option<Vec<u8>>> {
    connection
        .prepare_cached("SELECT data FROM segment WHERE id = ?1")?
        .query_row([block * PARTS + i64::from(part)], |row| row.get(0))
        .optional()
}

/// The lowest part from `from` on that the block has.
pub(crate) fn next_part(
    connection: &Connection,
    block: i64,
    from: u32,
) -> rusqlite::Result<Option<u32>> {
    let first = block * PARTS + i64::from(from);
    let found: Option<i64> = connection
        .prepare_cached("SELECT min(id) FROM segment WHERE id >= ?1 AND id < ?2")?
        .query_row(params![first, (block + 1) * PARTS], |row| row.get(0))?;
    Ok(found.and_then(|id| u32::try_from(id - block * PARTS).ok()))
}

/// Removes a segment.
pub(crate) fn remove_segment(
    connection: &Connection,
    block: i64,
    part: u32,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM segment WHERE id = ?1")?
        .execute([block * PARTS + i64::from(part)])?;
    Ok(())
}

/// Removes a block with its segments.
pub(crate) fn remove(connection: &Connection, id: i64) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM segment WHERE id >= ?1 AND id < ?2")?
        .execute([id * PARTS, (id + 1) * PARTS])?;
    connection
        .prepare_cached("DELETE FROM block WHERE id = ?1")?
        .execute([id])?;
    Ok(())
}

/// Says that a block is being put into another.
pub(crate) fn set_into(connection: &Connection, id: i64, into: i64) -> rusqlite::Result<()> {
    connection
        .prepare_cached("UPDATE block SET into_block = ?2 WHERE id = ?1")?
        .execute([id, into])?;
    Ok(())
}

/// Writes how many samples a block has.
pub(crate) fn set_samples(connection: &Connection, id: i64, samples: u64) -> rusqlite::Result<()> {
    connection
        .prepare_cached("UPDATE block SET samples = ?2 WHERE id = ?1")?
        .execute(params![id, sql(samples)])?;
    Ok(())
}

/// Number of the newest tick in blocks.
pub(crate) fn newest_tick(connection: &Connection) -> rusqlite::Result<Option<u64>> {
    let newest: Option<i64> =
        connection.query_row("SELECT max(last) FROM block WHERE tier = 0", [], |row| {
            row.get(0)
        })?;
    Ok(newest.map(i64::cast_unsigned))
}
