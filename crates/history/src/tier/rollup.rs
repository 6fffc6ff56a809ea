//! Samples become buckets, and buckets become wider buckets.
//!
//! A gauge's bucket tells how its values are distributed. A counter's bucket tells by how much the
//! counter grew (`increase`) and how its *rate per second* is distributed, because that is what
//! readers of a counter look for: the value itself only says how old its server is.
//!
//! `increase` counts a smaller value as a new beginning from zero, and what lies between two samples
//! belongs to the bucket of the later one, over gaps too: at least so much was added in between. A
//! rate is never taken over a gap. A gap is where the series was missing from a tick, or where the
//! two ticks are further apart than `stale_after`.

use super::floor;
use super::sketch::{Sketch, bin_of, value_of};
use crate::series::{Kind, Millis};

/// A sample with the number of its tick.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Point {
    pub(crate) tick: u64,
    pub(crate) time: Millis,
    pub(crate) value: f64,
}

impl Point {
    /// Whether something is missing between `before` and this.
    pub(crate) fn after_gap(&self, before: Option<&Self>, stale_after: Millis) -> bool {
        before.is_none_or(|before| {
            let apart = self.time - before.time;
            self.tick != before.tick + 1 || apart > stale_after || apart <= 0
        })
    }
}

/// By how much a counter grew from one value to the next.
pub(crate) fn increase(before: f64, now: f64) -> f64 {
    if now >= before { now - before } else { now }
}

/// One bucket of one series.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Rollup {
    pub(crate) start: Millis,
    /// How many finite samples; never 0.
    pub(crate) count: u32,
    pub(crate) last: f64,
    /// Smallest and largest value, or rate; NaN where there is no rate.
    pub(crate) min: f64,
    pub(crate) max: f64,
    /// Of a gauge the sum of its values, of a counter what it grew by outside of gaps.
    pub(crate) sum: f64,
    /// Of a counter: by how much it grew, gaps included.
    pub(crate) increase: f64,
    /// How much time lies between samples that no gap parts.
    pub(crate) covered: Millis,
    /// Of values or rates; not kept for counters in the coarser tiers.
    pub(crate) sketch: Option<Sketch>,
}

impl Rollup {
    fn new(start: Millis, sketched: bool) -> Self {
        Self {
            start,
            count: 0,
            last: f64::NAN,
            min: f64::NAN,
            max: f64::NAN,
            sum: 0.0,
            increase: 0.0,
            covered: 0,
            sketch: sketched.then(Sketch::default),
        }
    }

    fn spread(&mut self, value: f64, bin: Option<i32>) {
        self.min = self.min.min(value);
        self.max = self.max.max(value);
        if let (Some(sketch), Some(bin)) = (&mut self.sketch, bin) {
            sketch.add_bin(bin, 1);
        }
    }

    /// Adds a later part of the same bucket, or a later bucket of the same wider one.
    pub(crate) fn merge(&mut self, later: &Self) {
        self.count = self.count.saturating_add(later.count);
        self.last = later.last;
        self.min = self.min.min(later.min);
        self.max = self.max.max(later.max);
        self.sum += later.sum;
        self.increase += later.increase;
        self.covered += later.covered;
        match (&mut self.sketch, &later.sketch) {
            (Some(sketch), Some(later)) => sketch.merge(later),
            (sketch, _) => *sketch = None,
        }
    }

    /// Mean of the values, or rate per second over the covered time.
    pub(crate) fn mean(&self, kind: Kind) -> Option<f64> {
        match kind {
            Kind::Gauge => Some(self.sum / f64::from(self.count)),
            Kind::Counter if self.covered > 0 => Some(self.sum * 1e3 / self.covered as f64),
            Kind::Counter => None,
        }
    }

    /// A quantile of values or rates, never outside of what there was.
    pub(crate) fn quantile(&self, q: f64) -> Option<f64> {
        let estimate = self.sketch.as_ref()?.quantile(q)?;
        Some(estimate.max(self.min).min(self.max))
    }

    /// The bins of one value that never changed.
    pub(crate) fn flat_sketch(bin: i32, count: u32) -> Sketch {
        let mut sketch = Sketch::default();
        sketch.add_bin(bin, count);
        sketch
    }
}

/// Makes buckets of one width from the samples of one series in the order of their ticks.
#[derive(Debug)]
pub(crate) struct Roller {
    kind: Kind,
    width: Millis,
    stale_after: Millis,
    before: Option<Point>,
    sketched: bool,
    /// The last value that was put into a bin: most series rarely change.
    bin: Option<(f64, i32)>,
    /// Ascending by start.
    buckets: Vec<Rollup>,
}

impl Roller {
    /// `before` is the last sample before the first that will come.
    pub(crate) fn new(
        kind: Kind,
        width: Millis,
        stale_after: Millis,
        before: Option<Point>,
    ) -> Self {
        Self {
            kind,
            width,
            stale_after,
            before,
            sketched: true,
            bin: None,
            buckets: Vec::new(),
        }
    }

    /// Leaves out how values are distributed.
    pub(crate) fn without_sketch(mut self) -> Self {
        self.sketched = false;
        self
    }

    fn bin(&mut self, value: f64) -> Option<i32> {
        if !self.sketched {
            return None;
        }
        if let Some((known, bin)) = self.bin
            && known.to_bits() == value.to_bits()
        {
            return Some(bin);
        }
        let bin = bin_of(value);
        self.bin = Some((value, bin));
        Some(bin)
    }

    pub(crate) fn push(&mut self, point: Point) {
        if !point.value.is_finite() {
            return;
        }
        let before = self.before.replace(point);
        let gap = point.after_gap(before.as_ref(), self.stale_after);
        let kind = self.kind;
        let (mut grown, mut apart) = (0.0, 0);
        let spread = match (kind, &before) {
            (Kind::Gauge, _) => Some(point.value),
            (Kind::Counter, Some(before)) => {
                grown = increase(before.value, point.value);
                apart = point.time - before.time;
                (!gap).then(|| grown * 1e3 / apart as f64)
            }
            (Kind::Counter, None) => None,
        };
        let bin = spread.and_then(|value| self.bin(value));
        let start = floor(point.time, self.width);
        let bucket = bucket_at(&mut self.buckets, start, self.sketched);
        bucket.count = bucket.count.saturating_add(1);
        bucket.last = point.value;
        bucket.increase += grown;
        if let Some(value) = spread {
            bucket.spread(value, bin);
            match kind {
                Kind::Gauge => bucket.sum += value,
                Kind::Counter => {
                    bucket.sum += grown;
                    bucket.covered += apart;
                }
            }
        }
    }

    /// The buckets, ascending by start.
    pub(crate) fn finish(self) -> Vec<Rollup> {
        self.buckets
    }
}

/// The bucket that starts then, made if it is new. The last is tried first: clocks are rarely set
/// back.
fn bucket_at(buckets: &mut Vec<Rollup>, start: Millis, sketched: bool) -> &mut Rollup {
    let place = match buckets.last() {
        Some(last) if last.start == start => buckets.len() - 1,
        Some(last) if last.start > start => {
            match buckets.binary_search_by_key(&start, |bucket| bucket.start) {
                Ok(place) => place,
                Err(place) => {
                    buckets.insert(place, Rollup::new(start, sketched));
                    place
                }
            }
        }
        _ => {
            buckets.push(Rollup::new(start, sketched));
            buckets.len() - 1
        }
    };
    &mut buckets[place]
}

/// Puts buckets into wider ones, and parts of one bucket together. `parts` are in the order in which
/// their samples were taken.
pub(crate) fn widen(parts: impl IntoIterator<Item = Rollup>, width: Millis) -> Vec<Rollup> {
    let mut wide: Vec<Rollup> = Vec::new();
    for mut part in parts {
        part.start = floor(part.start, width);
        match wide.last_mut() {
            Some(last) if last.start == part.start => last.merge(&part),
            Some(last) if last.start > part.start => {
                match wide.binary_search_by_key(&part.start, |bucket| bucket.start) {
                    Ok(place) => wide[place].merge(&part),
                    Err(place) => wide.insert(place, part),
                }
            }
            _ => wide.push(part),
        }
    }
    wide
}

/// The rate as the coarser tiers keep it: the middle of its bin.
pub(crate) fn rounded_rate(bin: i32) -> f64 {
    value_of(bin)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    const STALE: Millis = 60_000;

    fn roll(kind: Kind, samples: &[(u64, Millis, f64)]) -> Vec<Rollup> {
        let mut roller = Roller::new(kind, 300_000, STALE, None);
        for (tick, time, value) in samples {
            roller.push(Point {
                tick: *tick,
                time: *time,
                value: *value,
            });
        }
        roller.finish()
    }

    #[test]
    fn a_gauge_is_its_values() {
        let buckets = roll(
            Kind::Gauge,
            &[(0, 0, 4.0), (1, 5_000, 8.0), (2, 300_000, 1.0)],
        );
        assert_eq!(buckets.len(), 2);
        let first = &buckets[0];
        assert_eq!(
            (first.count, first.min, first.max, first.last),
            (2, 4.0, 8.0, 8.0)
        );
        assert_eq!(first.mean(Kind::Gauge), Some(6.0));
        assert_eq!(buckets[1].quantile(0.5), Some(1.0));
    }

    #[test]
    fn a_counter_is_its_growth_and_starts_again_from_zero() {
        let samples = [
            (0, 0, 100.0),
            (1, 5_000, 110.0),
            (2, 10_000, 4.0),
            (3, 15_000, 4.0),
        ];
        let bucket = &roll(Kind::Counter, &samples)[0];
        assert_eq!((bucket.increase, bucket.last), (14.0, 4.0));
        assert_eq!((bucket.min, bucket.max), (0.0, 2.0));
        assert_eq!(bucket.mean(Kind::Counter), Some(14.0 / 15.0));
    }

    #[test]
    fn growth_over_a_gap_counts_but_is_no_rate() {
        for after in [(2, 10_000), (1, 100_000)] {
            let bucket = &roll(Kind::Counter, &[(0, 0, 100.0), (after.0, after.1, 150.0)])[0];
            assert_eq!((bucket.increase, bucket.covered), (50.0, 0));
            assert_eq!(bucket.mean(Kind::Counter), None);
            assert!(bucket.max.is_nan());
            assert_eq!(bucket.quantile(0.5), None);
        }
    }

    #[test]
    fn a_clock_set_back_makes_no_negative_rate() {
        let bucket = &roll(Kind::Counter, &[(0, 9_000, 1.0), (1, 4_000, 3.0)])[0];
        assert_eq!((bucket.increase, bucket.covered), (2.0, 0));
        let buckets = roll(
            Kind::Gauge,
            &[(0, 900_000, 1.0), (1, 4_000, 3.0), (2, 905_000, 5.0)],
        );
        assert_eq!(buckets.len(), 2);
        assert_eq!((buckets[0].start, buckets[1].sum), (0, 6.0));
    }

    #[test]
    fn what_is_not_a_number_is_no_sample() {
        assert!(roll(Kind::Gauge, &[(0, 0, f64::NAN), (1, 1, f64::INFINITY)]).is_empty());
    }

    #[test]
    fn parts_are_put_together_in_any_order_of_time() {
        let part = |start: Millis, value: f64| roll(Kind::Gauge, &[(0, start, value)]).remove(0);
        let wide = widen(
            [
                part(0, 1.0),
                part(300_000, 2.0),
                part(3_600_000, 9.0),
                part(600_000, 3.0),
            ],
            3_600_000,
        );
        assert_eq!(wide.len(), 2);
        assert_eq!((wide[0].count, wide[0].sum, wide[0].last), (3, 6.0, 3.0));
        assert!((wide[0].quantile(0.5).unwrap() - 2.0).abs() < 0.03);
    }
}
