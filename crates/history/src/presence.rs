//! At which ticks of a block a series was there. Nearly all series are there all the time, so runs
//! are kept, and "always" costs one byte.

use crate::bytes::{Damaged, Reader, put_count};

/// Runs of ticks, ascending and apart from each other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Presence {
    /// First tick and number of ticks.
    runs: Vec<(u32, u32)>,
}

impl Presence {
    /// Adds a tick after all others.
    pub(crate) fn push(&mut self, tick: u32) {
        match self.runs.last_mut() {
            Some((start, length)) if *start + *length == tick => *length += 1,
            _ => self.runs.push((tick, 1)),
        }
    }

    /// Adds the runs of a later block whose first tick is `offset` here.
    pub(crate) fn append(&mut self, later: &Self, offset: u32) {
        for (start, length) in &later.runs {
            let start = start + offset;
            match self.runs.last_mut() {
                Some((first, known)) if *first + *known == start => *known += length,
                _ => self.runs.push((start, *length)),
            }
        }
    }

    pub(crate) fn clear(&mut self) {
        self.runs.clear();
    }

    /// How many ticks.
    pub(crate) fn len(&self) -> usize {
        self.runs.iter().map(|(_, length)| *length as usize).sum()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// The ticks, ascending.
    pub(crate) fn ticks(&self) -> impl Iterator<Item = u32> + '_ {
        self.runs
            .iter()
            .flat_map(|(start, length)| *start..start + length)
    }

    /// The how-manieth tick this is, if it is one.
    pub(crate) fn position(&self, tick: u32) -> Option<usize> {
        let mut before = 0;
        for (start, length) in &self.runs {
            if (*start..start + length).contains(&tick) {
                return Some(before + (tick - start) as usize);
            }
            before += *length as usize;
        }
        None
    }

    /// Takes away the first `count` ticks of the block and returns how many of them were here.
    pub(crate) fn forget_first(&mut self, count: u32) -> usize {
        let mut forgotten = 0;
        let mut kept = Vec::with_capacity(self.runs.len());
        for (start, length) in &self.runs {
            let gone = count.saturating_sub(*start).min(*length);
            forgotten += gone as usize;
            if gone < *length {
                kept.push((start + gone - count, length - gone));
            }
        }
        self.runs = kept;
        forgotten
    }

    /// Appends itself; a block of `ticks` ticks.
    pub(crate) fn encode(&self, ticks: usize, out: &mut Vec<u8>) {
        if self.len() == ticks {
            out.push(0);
            return;
        }
        put_count(out, self.runs.len() + 1);
        let mut end = 0;
        for (start, length) in &self.runs {
            put_count(out, (start - end) as usize);
            put_count(out, *length as usize);
            end = start + length;
        }
    }

    pub(crate) fn decode(reader: &mut Reader, ticks: usize) -> Result<Self, Damaged> {
        const BEYOND: Damaged = Damaged("present beyond the block");
        let ticks = u32::try_from(ticks).map_err(|_| BEYOND)?;
        let count = reader.count(ticks as usize + 1)?;
        if count == 0 {
            let runs = if ticks == 0 {
                Vec::new()
            } else {
                vec![(0, ticks)]
            };
            return Ok(Self { runs });
        }
        let mut presence = Self::default();
        let mut end = 0_u32;
        for _ in 1..count {
            let mut number = || u32::try_from(reader.unsigned()?).map_err(|_| BEYOND);
            let start = end.checked_add(number()?).ok_or(BEYOND)?;
            let length = number()?;
            end = start.checked_add(length).ok_or(BEYOND)?;
            if end > ticks || length == 0 {
                return Err(BEYOND);
            }
            presence.runs.push((start, length));
        }
        Ok(presence)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(flags: &[bool]) -> Presence {
        let mut presence = Presence::default();
        for (tick, there) in (0..).zip(flags) {
            if *there {
                presence.push(tick);
            }
        }
        presence
    }

    #[test]
    fn always_there_costs_one_byte() {
        let mut bytes = Vec::new();
        of(&vec![true; 17_280]).encode(17_280, &mut bytes);
        assert_eq!(bytes, [0]);
    }

    proptest! {
        #[test]
        fn comes_back(
            flags in prop::collection::vec(any::<bool>(), 0..200),
            later in prop::collection::vec(any::<bool>(), 0..50),
            cut in 0_u32..250,
        ) {
            let mut presence = of(&flags);
            let mut bytes = Vec::new();
            presence.encode(flags.len(), &mut bytes);
            prop_assert_eq!(&Presence::decode(&mut Reader::new(&bytes), flags.len()).unwrap(), &presence);
            prop_assert_eq!(presence.len(), presence.ticks().count());
            for (position, tick) in presence.ticks().enumerate() {
                prop_assert_eq!(presence.position(tick), Some(position));
            }

            let all: Vec<bool> = flags.iter().chain(&later).copied().collect();
            presence.append(&of(&later), u32::try_from(flags.len()).unwrap());
            prop_assert_eq!(&presence, &of(&all));

            let cut = (cut as usize).min(all.len());
            let gone = presence.forget_first(u32::try_from(cut).unwrap());
            prop_assert_eq!(gone, all[..cut].iter().filter(|there| **there).count());
            prop_assert_eq!(presence, of(&all[cut..]));
        }

        #[test]
        fn damaged_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..40), ticks in 0_usize..100) {
            if let Ok(presence) = Presence::decode(&mut Reader::new(&bytes), ticks) {
                prop_assert!(presence.len() <= ticks);
            }
        }
    }
}
