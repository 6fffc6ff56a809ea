//! The buckets of one series in one block, as columns. What is the same for all series (where buckets
//! start, how many samples a series has that was always there, how much time they cover) belongs to
//! the block: [`Frame`].
//!
//! Everything is written relative to `last`, so that a bucket in which nothing changed is a row of
//! zeros, and a series that never changes costs a dozen bytes a block. A sketch costs nothing where
//! all values fall into one bin: its ends follow from `min` and `max`.

use super::rollup::{Rollup, rounded_rate};
use super::sketch::{Sketch, bin_of};
use crate::bytes::{Damaged, Reader, put_count};
use crate::codec::{
    Exponent, LONGEST, MOST, decode_integers, decode_values, encode_integers, encode_values,
    to_scaled, to_value,
};
use crate::presence::Presence;
use crate::series::{Kind, Millis};

/// What the series of a block of buckets share.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Frame {
    /// Starts of the buckets, ascending.
    pub(crate) starts: Vec<Millis>,
    /// Number of samples in each bucket of a series that was always there.
    pub(crate) counts: Vec<i64>,
    /// Milliseconds covered in each bucket of such a series.
    pub(crate) covered: Vec<i64>,
}

impl Frame {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        put_count(&mut out, self.starts.len());
        for column in [&self.starts, &self.counts, &self.covered] {
            encode_integers(column, &mut out);
        }
        out
    }

    pub(crate) fn decode(reader: &mut Reader) -> Result<Self, Damaged> {
        let count = reader.count(LONGEST)?;
        let mut column = || decode_integers(reader, count);
        Ok(Self {
            starts: column()?,
            counts: column()?,
            covered: column()?,
        })
    }
}

const USUAL: u8 = 1;
const SCALED: u8 = 2;
const SKETCHED: u8 = 4;
/// Stands for "no rate" in a column of bins.
const NO_RATE: i64 = -1;

/// Appends buckets, ascending by start; each start is in the frame.
pub(crate) fn encode(kind: Kind, buckets: &[Rollup], frame: &Frame) -> Vec<u8> {
    let mut out = Vec::new();
    let mut presence = Presence::default();
    let mut places = Vec::with_capacity(buckets.len());
    for bucket in buckets {
        if let Ok(place) = frame.starts.binary_search(&bucket.start) {
            presence.push(u32::try_from(place).unwrap_or(u32::MAX));
            places.push(place);
        }
    }
    presence.encode(frame.starts.len(), &mut out);

    let usual = places.iter().zip(buckets).all(|(place, bucket)| {
        let covers = kind == Kind::Gauge || frame.covered[*place] == bucket.covered;
        covers && frame.counts[*place] == i64::from(bucket.count)
    });
    let scaled = scaled_columns(kind, buckets);
    let sketched = kind == Kind::Gauge && buckets.iter().all(|bucket| bucket.sketch.is_some());
    let flag = |set: bool, flag: u8| if set { flag } else { 0 };
    out.push(flag(usual, USUAL) | flag(scaled.is_some(), SCALED) | flag(sketched, SKETCHED));
    if !usual {
        put_integers(&mut out, buckets, |bucket| i64::from(bucket.count));
        put_integers(&mut out, buckets, |bucket| bucket.covered);
    }
    if let Some((exponent, columns)) = scaled {
        out.push(exponent);
        for column in columns {
            encode_integers(&column, &mut out);
        }
    } else {
        for field in fields(kind) {
            encode_values(&buckets.iter().map(field).collect::<Vec<_>>(), &mut out);
        }
    }
    if kind == Kind::Counter {
        put_integers(&mut out, buckets, |bucket| bin_of_rate(bucket.min));
        put_integers(&mut out, buckets, |bucket| bin_of_rate(bucket.max));
    }
    if sketched {
        put_sketches(&mut out, buckets);
    }
    out
}

type Field = fn(&Rollup) -> f64;

/// What is written as values when it does not scale.
fn fields(kind: Kind) -> Vec<Field> {
    match kind {
        Kind::Gauge => vec![|b| b.last, |b| b.min, |b| b.max, |b| b.sum],
        Kind::Counter => vec![|b| b.last, |b| b.increase, |b| b.sum],
    }
}

fn put_integers(out: &mut Vec<u8>, buckets: &[Rollup], of: impl Fn(&Rollup) -> i64) {
    encode_integers(&buckets.iter().map(of).collect::<Vec<_>>(), out);
}

fn bin_of_rate(rate: f64) -> i64 {
    if rate.is_nan() {
        NO_RATE
    } else {
        i64::from(bin_of(rate))
    }
}

/// Sums of decimal fractions miss their exact value by some last bits; they are brought back.
fn near_scaled(value: f64, exponent: Exponent) -> Option<i64> {
    to_scaled(value, exponent).or_else(|| {
        let scaled = value * 10_f64.powi(i32::from(exponent));
        let near = (scaled - scaled.round()).abs() <= 1e-6_f64.max(scaled.abs() * 1e-12);
        let decimals = usize::from(exponent);
        // Through its decimal text, which is how the nearest floating-point number is found.
        let exact: f64 = format!("{value:.decimals$}").parse().ok()?;
        near.then(|| to_scaled(exact, exponent)).flatten()
    })
}

/// All columns relative to `last`, if every value is a decimal fraction.
fn scaled_columns(kind: Kind, buckets: &[Rollup]) -> Option<(Exponent, Vec<Vec<i64>>)> {
    let exact: fn(&Rollup) -> [f64; 3] = match kind {
        Kind::Gauge => |b| [b.last, b.min, b.max],
        Kind::Counter => |b| [b.last; 3],
    };
    let fits = |exponent: Exponent| {
        let all = buckets.iter().flat_map(exact);
        all.into_iter()
            .all(|value| to_scaled(value, exponent).is_some())
    };
    let exponent = (0..=MOST).find(|exponent| fits(*exponent))?;
    let mut columns = vec![Vec::with_capacity(buckets.len()); fields(kind).len()];
    let mut before = None;
    for bucket in buckets {
        let last = to_scaled(bucket.last, exponent)?;
        let sum = near_scaled(bucket.sum, exponent)?;
        let row: Vec<i64> = match kind {
            Kind::Gauge => vec![
                last,
                last.checked_sub(to_scaled(bucket.min, exponent)?)?,
                to_scaled(bucket.max, exponent)?.checked_sub(last)?,
                sum.checked_sub(last.checked_mul(i64::from(bucket.count))?)?,
            ],
            Kind::Counter => {
                let increase = near_scaled(bucket.increase, exponent)?;
                let usual = before.map_or(0, |before| last.wrapping_sub(before));
                vec![
                    last,
                    increase.checked_sub(usual)?,
                    increase.checked_sub(sum)?,
                ]
            }
        };
        before = Some(last);
        for (column, number) in columns.iter_mut().zip(row) {
            column.push(number);
        }
    }
    Some((exponent, columns))
}

/// For each bucket: how many values are in the first bin, then pairs of the way to the next bin and
/// how many are there; the last number follows from the count of the bucket, and with one bin
/// nothing is left to say.
fn put_sketches(out: &mut Vec<u8>, buckets: &[Rollup]) {
    let (mut steps, mut counts) = (Vec::new(), Vec::new());
    for bucket in buckets {
        let bins = bucket.sketch.as_ref().map_or(&[][..], Sketch::bins);
        for pair in bins.windows(2) {
            counts.push(i64::from(pair[0].1));
            steps.push(i64::from(pair[1].0) - i64::from(pair[0].0));
        }
    }
    put_count(out, counts.len());
    encode_integers(&steps, out);
    encode_integers(&counts, out);
}

/// Reads the buckets of a series.
pub(crate) fn decode(kind: Kind, bytes: &[u8], frame: &Frame) -> Result<Vec<Rollup>, Damaged> {
    let mut reader = Reader::new(bytes);
    let presence = Presence::decode(&mut reader, frame.starts.len())?;
    let places: Vec<usize> = presence.ticks().map(|place| place as usize).collect();
    let count = places.len();
    let flags = reader.byte()?;
    let (counts, covered) = if flags & USUAL == 0 {
        (
            decode_integers(&mut reader, count)?,
            decode_integers(&mut reader, count)?,
        )
    } else {
        let of = |column: &[i64]| {
            places
                .iter()
                .map(|place| column[*place])
                .collect::<Vec<_>>()
        };
        (of(&frame.counts), of(&frame.covered))
    };
    let columns = if flags & SCALED == 0 {
        let mut columns = Vec::new();
        for _ in fields(kind) {
            columns.push(decode_values(&mut reader, count)?);
        }
        columns
    } else {
        read_scaled(kind, &mut reader, count, &counts)?
    };
    let mut buckets = Vec::with_capacity(count);
    for (index, place) in places.iter().enumerate() {
        let column = |number: usize| columns[number][index];
        let (min, max, sum, increase) = match kind {
            Kind::Gauge => (column(1), column(2), column(3), 0.0),
            Kind::Counter => (f64::NAN, f64::NAN, column(2), column(1)),
        };
        buckets.push(Rollup {
            start: frame.starts[*place],
            count: u32::try_from(counts[index]).map_err(|_| Damaged("count"))?,
            last: column(0),
            min,
            max,
            sum,
            increase,
            covered: if kind == Kind::Gauge {
                0
            } else {
                covered[index]
            },
            sketch: None,
        });
    }
    if kind == Kind::Counter {
        for low in [true, false] {
            for (bucket, bin) in buckets.iter_mut().zip(decode_integers(&mut reader, count)?) {
                let rate = match i32::try_from(bin) {
                    Ok(bin) if bin >= 0 => rounded_rate(bin),
                    _ => f64::NAN,
                };
                *(if low {
                    &mut bucket.min
                } else {
                    &mut bucket.max
                }) = rate;
            }
        }
    }
    if flags & SKETCHED != 0 {
        read_sketches(&mut reader, &mut buckets)?;
    }
    Ok(buckets)
}

fn read_scaled(
    kind: Kind,
    reader: &mut Reader,
    count: usize,
    counts: &[i64],
) -> Result<Vec<Vec<f64>>, Damaged> {
    let exponent = reader.byte()?;
    let mut scaled = Vec::new();
    for _ in fields(kind) {
        scaled.push(decode_integers(reader, count)?);
    }
    let value = |number: i64| to_value(number, exponent);
    let mut columns = vec![Vec::with_capacity(count); scaled.len()];
    let mut before = None;
    for index in 0..count {
        let last = scaled[0][index];
        let row = match kind {
            Kind::Gauge => vec![
                last,
                last.wrapping_sub(scaled[1][index]),
                last.wrapping_add(scaled[2][index]),
                scaled[3][index].wrapping_add(last.wrapping_mul(counts[index])),
            ],
            Kind::Counter => {
                let usual = before.map_or(0, |before| last.wrapping_sub(before));
                let increase = scaled[1][index].wrapping_add(usual);
                vec![last, increase, increase.wrapping_sub(scaled[2][index])]
            }
        };
        before = Some(last);
        for (column, number) in columns.iter_mut().zip(row) {
            column.push(value(number));
        }
    }
    Ok(columns)
}

fn read_sketches(reader: &mut Reader, buckets: &mut [Rollup]) -> Result<(), Damaged> {
    const BROKEN: Damaged = Damaged("sketch");
    let count = reader.count(LONGEST)?;
    let steps = decode_integers(reader, count)?;
    let counts = decode_integers(reader, count)?;
    let mut pairs = steps.into_iter().zip(counts);
    for bucket in buckets {
        let (mut bin, last) = (bin_of(bucket.min), bin_of(bucket.max));
        let mut left = bucket.count;
        let mut sketch = Sketch::default();
        while bin < last {
            let (step, here) = pairs.next().ok_or(BROKEN)?;
            let here = u32::try_from(here).map_err(|_| BROKEN)?;
            left = left.checked_sub(here).ok_or(BROKEN)?;
            sketch.add_bin(bin, here);
            let step = i32::try_from(step).map_err(|_| BROKEN)?;
            bin = bin.checked_add(step.max(1)).ok_or(BROKEN)?;
        }
        sketch.merge(&Rollup::flat_sketch(bin, left));
        bucket.sketch = Some(sketch);
    }
    Ok(())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use proptest::prelude::*;

    use super::super::rollup::{Point, Roller};
    use super::*;

    fn roll(kind: Kind, values: &[Option<f64>]) -> Vec<Rollup> {
        let mut roller = Roller::new(kind, 20_000, 60_000, None);
        for (tick, value) in (0_u64..).zip(values) {
            if let Some(value) = value {
                let time = i64::try_from(tick).unwrap() * 5_000;
                roller.push(Point {
                    tick,
                    time,
                    value: *value,
                });
            }
        }
        roller.finish()
    }

    fn frame(ticks: usize) -> Frame {
        let always = roll(Kind::Counter, &vec![Some(0.0); ticks]);
        Frame {
            starts: always.iter().map(|bucket| bucket.start).collect(),
            counts: always
                .iter()
                .map(|bucket| i64::from(bucket.count))
                .collect(),
            covered: always.iter().map(|bucket| bucket.covered).collect(),
        }
    }

    fn same(a: f64, b: f64, error: f64) -> bool {
        a.to_bits() == b.to_bits() || (a - b).abs() <= a.abs() * error || (a.is_nan() && b.is_nan())
    }

    fn comes_back(kind: Kind, values: &[Option<f64>]) -> usize {
        let (buckets, frame) = (roll(kind, values), frame(values.len()));
        let bytes = encode(kind, &buckets, &frame);
        let found = decode(kind, &bytes, &frame).unwrap();
        assert_eq!(found.len(), buckets.len());
        let spread = if kind == Kind::Counter { 0.0101 } else { 0.0 };
        for (found, bucket) in found.iter().zip(&buckets) {
            assert_eq!(
                (found.start, found.count, found.last.to_bits()),
                (bucket.start, bucket.count, bucket.last.to_bits())
            );
            assert!(same(bucket.sum, found.sum, 1e-9), "{bucket:?} {found:?}");
            assert!(
                same(bucket.increase, found.increase, 1e-9),
                "{bucket:?} {found:?}"
            );
            assert!(same(bucket.min, found.min, spread) && same(bucket.max, found.max, spread));
            match kind {
                Kind::Gauge => {
                    assert_eq!(found.sketch, bucket.sketch);
                    assert_eq!(found.covered, bucket.covered);
                }
                Kind::Counter => {
                    assert_eq!(found.sketch, None);
                    assert_eq!(found.covered, bucket.covered);
                }
            }
        }
        bytes.len()
    }

    #[test]
    fn what_never_changes_costs_a_dozen_bytes() {
        assert!(comes_back(Kind::Gauge, &vec![Some(4_096.0); 4_000]) <= 24);
        assert!(comes_back(Kind::Counter, &vec![Some(12.34); 4_000]) <= 24);
    }

    #[test]
    fn the_frame_comes_back() {
        let frame = frame(100);
        let bytes = frame.encode();
        assert_eq!(Frame::decode(&mut Reader::new(&bytes)).unwrap(), frame);
    }

    fn any_values() -> impl Strategy<Value = Vec<Option<f64>>> {
        let value = prop_oneof![
            (0_i32..50).prop_map(f64::from),
            (0_i32..100_000).prop_map(|ticks| f64::from(ticks) / 100.0),
            0.0_f64..1e12,
        ];
        prop::collection::vec(prop::option::weighted(0.9, value), 1..300)
    }

    fn seconds() -> impl Strategy<Value = Vec<Option<f64>>> {
        let value = (0_i32..1_000_000).prop_map(|ticks| f64::from(ticks) / 100.0);
        prop::collection::vec(prop::option::weighted(0.95, value), 1..300)
    }

    proptest! {
        #[test]
        fn gauges_come_back(values in any_values()) {
            comes_back(Kind::Gauge, &values);
        }

        #[test]
        fn counters_come_back(values in any_values()) {
            comes_back(Kind::Counter, &values);
        }

        #[test]
        fn decimal_fractions_come_back(values in seconds()) {
            comes_back(Kind::Gauge, &values);
            comes_back(Kind::Counter, &values);
        }

        #[test]
        fn damaged_bytes_never_panic(values in any_values(), at in any::<prop::sample::Index>(), bits in 1_u8..) {
            let frame = frame(values.len());
            for kind in [Kind::Gauge, Kind::Counter] {
                let mut bytes = encode(kind, &roll(kind, &values), &frame);
                let place = at.index(bytes.len());
                bytes[place] ^= bits;
                if let Ok(buckets) = decode(kind, &bytes, &frame) {
                    prop_assert!(buckets.len() <= frame.starts.len());
                }
            }
        }
    }
}
