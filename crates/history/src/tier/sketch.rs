//! How the values of a bucket are distributed, with a relative error of at most 1 %, after the
//! method of `DDSketch` (Masson, Rim, Lee, VLDB 2019): values are counted in bins whose bounds grow by
//! a factor of 1.01/0.99. Bins of two sketches with the same bounds can be added.
//!
//! Bins are numbered so that the numbers are in the order of the values: negative values below zero,
//! zero itself 0, positive ones above.

/// Largest relative error of a quantile.
pub(crate) const ERROR: f64 = 0.01;

/// Values nearer to zero than this are zero: nothing that is measured here is smaller.
const SMALLEST: f64 = 1e-12;

/// Puts the bin of [`SMALLEST`] above zero.
const SHIFT: i32 = 1_400;

const GROWTH: f64 = (1.0 + ERROR) / (1.0 - ERROR);

/// The bin of a finite value.
pub(crate) fn bin_of(value: f64) -> i32 {
    if value.abs() < SMALLEST {
        return 0;
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a logarithm of a finite number is at most 710, divided by 0.02"
    )]
    let bin = (value.abs().ln() / GROWTH.ln()).ceil() as i32 + SHIFT;
    if value < 0.0 { -bin } else { bin }
}

/// The middle of a bin: nowhere in the bin is further away than [`ERROR`].
pub(crate) fn value_of(bin: i32) -> f64 {
    if bin == 0 {
        return 0.0;
    }
    let middle = GROWTH.powi(bin.abs() - SHIFT) * 2.0 / (GROWTH + 1.0);
    middle.copysign(f64::from(bin))
}

/// Counted values.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Sketch {
    /// Bins and how many values they hold, ascending, none empty.
    bins: Vec<(i32, u32)>,
}

impl Sketch {
    #[cfg(test)]
    pub(crate) fn add(&mut self, value: f64) {
        self.add_bin(bin_of(value), 1);
    }

    pub(crate) fn add_bin(&mut self, bin: i32, count: u32) {
        match self.bins.binary_search_by_key(&bin, |(known, _)| *known) {
            Ok(place) => self.bins[place].1 = self.bins[place].1.saturating_add(count),
            Err(place) => self.bins.insert(place, (bin, count)),
        }
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        for (bin, count) in &other.bins {
            self.add_bin(*bin, *count);
        }
    }

    pub(crate) fn bins(&self) -> &[(i32, u32)] {
        &self.bins
    }

    /// The value below which the part `q` (0 to 1) of the values lies: the bin of the value with
    /// rank `q * (n - 1)`, rounded down.
    pub(crate) fn quantile(&self, q: f64) -> Option<f64> {
        let count: u64 = self.bins.iter().map(|(_, count)| u64::from(*count)).sum();
        let rank = q * (count.checked_sub(1)?) as f64;
        let mut below = 0_u64;
        for (bin, count) in &self.bins {
            below += u64::from(*count);
            if below as f64 > rank {
                return Some(value_of(*bin));
            }
        }
        self.bins.last().map(|(bin, _)| value_of(*bin))
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn near(estimate: f64, value: f64) -> bool {
        (estimate - value).abs() <= value.abs() * ERROR * 1.000_001 + SMALLEST
    }

    #[test]
    fn bins_are_in_the_order_of_the_values() {
        let values = [-1e300, -5.0, -1e-11, 0.0, 1e-11, 1.0, 1.5, 1e12, 1e300];
        assert!(
            values
                .windows(2)
                .all(|pair| bin_of(pair[0]) < bin_of(pair[1]))
        );
    }

    #[test]
    fn a_bin_is_the_bin_of_its_middle() {
        for bin in -36_000..36_000 {
            let value = value_of(bin);
            if bin.abs() > SHIFT - 1_380 && value.is_finite() && value.abs() >= SMALLEST {
                assert_eq!(bin_of(value), bin);
            }
        }
    }

    #[test]
    fn as_near_as_the_crate_for_ddsketch() {
        let mut theirs = sketches_ddsketch::DDSketch::new(sketches_ddsketch::Config::defaults());
        let mut ours = Sketch::default();
        for step in 0..10_000 {
            let value = f64::from(step % 977).powf(1.7) + 3.0;
            theirs.add(value);
            ours.add(value);
        }
        for q in [0.5, 0.95, 0.99] {
            let (theirs, ours) = (
                theirs.quantile(q).unwrap().unwrap(),
                ours.quantile(q).unwrap(),
            );
            assert!(
                (theirs - ours).abs() <= 2.0 * ERROR * theirs,
                "{q}: {theirs} and {ours}"
            );
        }
    }

    proptest! {
        #[test]
        fn quantiles_are_within_the_error(
            mut values in prop::collection::vec(prop_oneof![-1e9_f64..1e9, -10.0_f64..10.0, Just(0.0)], 1..200),
            split in any::<prop::sample::Index>(),
            q in 0.0_f64..=1.0,
        ) {
            let (first, second) = values.split_at(split.index(values.len()));
            let of = |values: &[f64]| {
                let mut sketch = Sketch::default();
                for value in values {
                    sketch.add(*value);
                }
                sketch
            };
            let mut merged = of(first);
            merged.merge(&of(second));
            prop_assert_eq!(&merged, &of(&values));
            values.sort_by(f64::total_cmp);
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small rank")]
            let rank = (q * (values.len() - 1) as f64).floor() as usize;
            let estimate = merged.quantile(q).unwrap();
            prop_assert!(near(estimate, values[rank]), "{} for {}", estimate, values[rank]);
        }
    }
}
