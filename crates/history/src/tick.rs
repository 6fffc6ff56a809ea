//! One row of the log for each tick: what is not yet in chunks survives the death of the process
//! here. A row says what differs from the row before: which series came and went, and by how much
//! values changed. Every [`KEY_EVERY`] rows, one stands for itself, so that a damaged row costs the
//! few minutes until then.
//!
//! Series are meant by their *place*: the how-manieth one to appear since the last such key row.

use crate::bytes::{Damaged, Reader, put_count, put_signed, put_unsigned};
use crate::checksum::crc32;
use crate::codec::{Exponent, MOST, to_scaled, to_value};
use crate::series::Millis;

const KEY_EVERY: u32 = 60;
const DIFFERENCE: u8 = 0;
const KEY: u8 = 1;
/// Stands in the four low bits where there is no exponent: eight bytes follow.
const BITS: u64 = 15;
const LARGEST_STEP: i64 = 1 << 58;

#[derive(Clone, Copy, Debug, Default)]
struct State {
    present: bool,
    value: f64,
    exponent: Exponent,
}

/// Writes rows.
#[derive(Debug, Default)]
pub(crate) struct Encoder {
    time: Millis,
    states: Vec<State>,
    since_key: Option<u32>,
}

impl Encoder {
    /// The next row will stand for itself.
    pub(crate) fn begin_again(&mut self) {
        *self = Self::default();
    }

    /// The row of a tick. `series` are all places with their series, of which those before the last
    /// call's count must not have changed; `samples` are places and values, ascending.
    pub(crate) fn encode(
        &mut self,
        time: Millis,
        series: &[u32],
        samples: &[(usize, f64)],
    ) -> Vec<u8> {
        let key = self.since_key.is_none_or(|rows| rows >= KEY_EVERY);
        if key {
            self.begin_again();
        }
        self.since_key = Some(self.since_key.map_or(1, |rows| rows + 1));
        let mut out = vec![0; 4];
        out.push(if key { KEY } else { DIFFERENCE });
        put_signed(&mut out, time.wrapping_sub(self.time));
        self.time = time;

        let added = series.get(self.states.len()..).unwrap_or_default();
        put_count(&mut out, added.len());
        let mut before = 0;
        for id in added {
            put_signed(&mut out, i64::from(*id) - before);
            before = i64::from(*id);
        }
        self.states.resize(series.len(), State::default());

        let mut toggles = Vec::new();
        let mut changes = Vec::new();
        let mut rest = samples.iter().peekable();
        for (place, state) in self.states.iter_mut().enumerate() {
            let value = rest
                .next_if(|(at, _)| *at == place)
                .map(|(_, value)| *value);
            if state.present != value.is_some() {
                toggles.push(place);
                state.present = value.is_some();
            }
            if let Some(value) = value
                && value.to_bits() != state.value.to_bits()
            {
                changes.push(place);
            }
        }
        put_places(&mut out, &toggles);
        put_places(&mut out, &changes);
        let mut rest = samples.iter();
        for place in changes {
            let Some((_, value)) = rest.find(|(at, _)| *at == place) else {
                continue;
            };
            put_value(&mut out, &mut self.states[place], *value);
        }
        let checksum = crc32(&out[4..]);
        out[..4].copy_from_slice(&checksum.to_le_bytes());
        out
    }
}

fn put_places(out: &mut Vec<u8>, places: &[usize]) {
    put_count(out, places.len());
    let mut next = 0;
    for place in places {
        put_count(out, place - next);
        next = place + 1;
    }
}

fn put_value(out: &mut Vec<u8>, state: &mut State, value: f64) {
    let known = state.value;
    state.value = value;
    let exponents = [state.exponent].into_iter().chain(0..=MOST);
    for exponent in exponents {
        let Some(scaled) = to_scaled(value, exponent) else {
            continue;
        };
        let step = scaled.wrapping_sub(to_scaled(known, exponent).unwrap_or(0));
        if step.abs() < LARGEST_STEP {
            state.exponent = exponent;
            put_unsigned(out, crate::bytes::fold(step) << 4 | u64::from(exponent));
            return;
        }
    }
    put_unsigned(out, BITS);
    out.extend_from_slice(&value.to_bits().to_le_bytes());
}

/// What a row says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tick {
    pub(crate) time: Millis,
    /// Series and values.
    pub(crate) samples: Vec<(u32, f64)>,
}

/// Reads rows in their order.
#[derive(Debug, Default)]
pub(crate) struct Decoder {
    time: Millis,
    series: Vec<u32>,
    states: Vec<State>,
    /// After a damaged row, rows mean nothing until the next one that stands for itself.
    lost: bool,
}

impl Decoder {
    /// Reads the next row.
    pub(crate) fn decode(&mut self, row: &[u8]) -> Result<Tick, Damaged> {
        let tick = self.read(row);
        self.lost = tick.is_err();
        tick
    }

    fn read(&mut self, row: &[u8]) -> Result<Tick, Damaged> {
        let mut reader = Reader::new(row);
        if reader.u32_fixed()? != crc32(reader.rest()) {
            return Err(Damaged("checksum of a tick"));
        }
        if reader.byte()? == KEY {
            *self = Self::default();
        } else if self.lost {
            return Err(Damaged("the row before it is damaged"));
        }
        self.time = self.time.wrapping_add(reader.signed()?);
        let added = reader.count(row.len())?;
        let mut before = 0_i64;
        for _ in 0..added {
            before = before.wrapping_add(reader.signed()?);
            self.series
                .push(u32::try_from(before).map_err(|_| Damaged("series"))?);
        }
        self.states.resize(self.series.len(), State::default());
        for place in self.places(&mut reader)? {
            self.states[place].present ^= true;
        }
        for place in self.places(&mut reader)? {
            read_value(&mut reader, &mut self.states[place])?;
        }
        let all = self.series.iter().zip(&self.states);
        Ok(Tick {
            time: self.time,
            samples: all
                .filter(|(_, state)| state.present)
                .map(|(id, state)| (*id, state.value))
                .collect(),
        })
    }

    fn places(&self, reader: &mut Reader) -> Result<Vec<usize>, Damaged> {
        let count = reader.count(self.states.len())?;
        let mut next = 0;
        let mut places = Vec::with_capacity(count);
        for _ in 0..count {
            let place = next + reader.count(self.states.len())?;
            if place >= self.states.len() {
                return Err(Damaged("place beyond the series"));
            }
            places.push(place);
            next = place + 1;
        }
        Ok(places)
    }
}

fn read_value(reader: &mut Reader, state: &mut State) -> Result<(), Damaged> {
    let code = reader.unsigned()?;
    if code & BITS == BITS {
        state.value = f64::from_bits(reader.u64_fixed()?);
        return Ok(());
    }
    let exponent = (code & BITS) as Exponent;
    let before = to_scaled(state.value, exponent).unwrap_or(0);
    let scaled = before.wrapping_add(crate::bytes::unfold(code >> 4));
    state.value = to_value(scaled, exponent);
    state.exponent = exponent;
    Ok(())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_value() -> impl Strategy<Value = f64> {
        prop_oneof![
            (-1000_i32..1000).prop_map(f64::from),
            (0_i32..100_000).prop_map(|ticks| f64::from(ticks) / 100.0),
            any::<u64>().prop_map(f64::from_bits),
        ]
    }

    /// Ticks: a time, and for each of up to eight series perhaps a value.
    fn any_ticks() -> impl Strategy<Value = Vec<(Millis, Vec<Option<f64>>)>> {
        let tick = (
            any::<i32>().prop_map(Millis::from),
            prop::collection::vec(prop::option::of(any_value()), 8),
        );
        prop::collection::vec(tick, 1..140)
    }

    fn rows(ticks: &[(Millis, Vec<Option<f64>>)], encoder: &mut Encoder) -> Vec<Vec<u8>> {
        let series = [5, 3, 900, 4, 1, 0, 77, 78];
        let each = ticks.iter().enumerate().map(|(index, (time, values))| {
            let known = (index + 1).min(series.len());
            let samples: Vec<(usize, f64)> = values[..known]
                .iter()
                .enumerate()
                .filter_map(|(place, value)| Some((place, (*value)?)))
                .collect();
            encoder.encode(*time, &series[..known], &samples)
        });
        each.collect()
    }

    #[test]
    fn a_quiet_tick_is_short() {
        let mut encoder = Encoder::default();
        let series: Vec<u32> = (0..1_500).collect();
        let samples: Vec<(usize, f64)> = (0..1_500).map(|place| (place, 4096.0)).collect();
        encoder.encode(1_700_000_000_000, &series, &samples);
        assert!(encoder.encode(1_700_000_005_000, &series, &samples).len() < 16);
    }

    proptest! {
        #[test]
        fn ticks_come_back_and_a_damaged_row_costs_those_until_the_next_key(
            ticks in any_ticks(),
            hit in any::<prop::sample::Index>(),
        ) {
            let rows = rows(&ticks, &mut Encoder::default());
            let mut decoder = Decoder::default();
            let whole: Vec<Tick> = rows.iter().map(|row| decoder.decode(row).unwrap()).collect();
            for (index, (tick, (time, values))) in whole.iter().zip(&ticks).enumerate() {
                prop_assert_eq!(tick.time, *time);
                let known = (index + 1).min(8);
                let expected: Vec<u64> =
                    values[..known].iter().flatten().map(|value| value.to_bits()).collect();
                let found: Vec<u64> = tick.samples.iter().map(|(_, value)| value.to_bits()).collect();
                prop_assert_eq!(found, expected);
            }

            let hit = hit.index(rows.len());
            let mut damaged = rows.clone();
            let middle = damaged[hit].len() / 2;
            damaged[hit][middle] ^= 0x40;
            let mut decoder = Decoder::default();
            for (index, row) in damaged.iter().enumerate() {
                let found = decoder.decode(row);
                let key = index / KEY_EVERY as usize > hit / KEY_EVERY as usize;
                if index < hit || key {
                    let found = found.unwrap();
                    prop_assert_eq!(found.time, whole[index].time);
                    prop_assert_eq!(found.samples.len(), whole[index].samples.len());
                } else {
                    prop_assert!(found.is_err());
                }
            }
        }
    }
}
