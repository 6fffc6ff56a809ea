//! The samples of one series in one block: at which ticks it was there, and its values. The times
//! belong to the block, because all series of a tick share them.

use crate::bytes::{Damaged, Reader};
use crate::codec::{decode_values, encode_values};
use crate::presence::Presence;

/// Decoded samples of one series.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Chunk {
    pub(crate) presence: Presence,
    /// One for each tick of the presence.
    pub(crate) values: Vec<f64>,
}

/// The bytes of a chunk in a block of `ticks` ticks.
pub(crate) fn encode(presence: &Presence, values: &[f64], ticks: usize) -> Vec<u8> {
    let mut out = Vec::new();
    presence.encode(ticks, &mut out);
    encode_values(values, &mut out);
    out
}

/// The reverse of [`encode`].
pub(crate) fn decode(bytes: &[u8], ticks: usize) -> Result<Chunk, Damaged> {
    let mut reader = Reader::new(bytes);
    let presence = Presence::decode(&mut reader, ticks)?;
    let values = decode_values(&mut reader, presence.len())?;
    Ok(Chunk { presence, values })
}
