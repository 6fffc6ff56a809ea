//! The last two minutes of each server, in rings of a fixed size.
//!
//! All series share one row of slots, so that a server that came later or was away for a look has
//! gaps in the right places. A picture that follows another at once, because the kernel told of a
//! new process, takes that one's slot: the time axis stays even.

use std::collections::HashMap;

use super::figures::Totals;

/// Slots of a ring: two minutes at a look a second.
pub const SLOTS: usize = 120;
/// A slot takes at least this part of the interval.
const LEAST: f64 = 0.7;

/// One server's figures; a gap is not a number.
#[derive(Clone, Debug)]
pub struct Series {
    cpu_percent: [f32; SLOTS],
    rss_bytes: [f32; SLOTS],
    pss_bytes: [f32; SLOTS],
    seen: u64,
}

/// One of the figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Figure {
    /// CPU, percent of one processor.
    Cpu,
    /// Resident memory, bytes.
    Rss,
    /// Proportional memory, bytes.
    Pss,
}

/// Histories of all servers that are in the last picture.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// Slots begun since the start; the last of them is being filled.
    begun: u64,
    /// When each slot was begun, nanoseconds since boot.
    times: Vec<u64>,
    series: HashMap<String, Box<Series>>,
}

impl History {
    /// Takes in the figures of all servers at one time. Servers that are not among them are
    /// forgotten. `interval_ns` is the usual time between two pictures.
    pub fn push<'a>(
        &mut self,
        boot_ns: u64,
        interval_ns: u64,
        servers: impl Iterator<Item = (&'a str, &'a Totals)>,
    ) {
        let since = self.last_begun().map(|last| boot_ns.saturating_sub(last));
        let is_new = since.is_none_or(|since| since as f64 >= interval_ns as f64 * LEAST);
        if is_new {
            self.begun += 1;
            if self.times.len() < SLOTS {
                self.times.push(boot_ns);
            } else {
                let slot = slot(self.begun);
                self.times[slot] = boot_ns;
            }
        }
        let now = self.begun;
        for (id, totals) in servers {
            if !self.series.contains_key(id) {
                self.series.insert(id.to_owned(), Box::new(Series::empty()));
            }
            if let Some(series) = self.series.get_mut(id) {
                series.put(now, totals);
            }
        }
        self.series.retain(|_, series| series.seen == now);
    }

    /// A figure over time, oldest first, one value for each of at most `columns` columns: the
    /// highest of the slots that share it. `None` where nothing was known.
    pub fn values(&self, id: &str, figure: Figure, columns: usize) -> Vec<Option<f32>> {
        let Some(series) = self.series.get(id).filter(|_| columns > 0) else {
            return Vec::new();
        };
        let ring = match figure {
            Figure::Cpu => &series.cpu_percent,
            Figure::Rss => &series.rss_bytes,
            Figure::Pss => &series.pss_bytes,
        };
        let share = SLOTS.div_ceil(columns) as u64;
        let first = (self.begun + 1).saturating_sub(SLOTS as u64).max(1);
        let mut values: Vec<Option<f32>> = Vec::with_capacity(columns + 1);
        let mut group = None;
        for number in first..=self.begun {
            let value = Some(ring[slot(number)]).filter(|value| !value.is_nan());
            // Groups are counted from the start of all, so that they do not change as time passes.
            if group.replace(number / share) == Some(number / share) {
                if let Some(last) = values.last_mut() {
                    *last = last.iter().chain(&value).copied().reduce(f32::max);
                }
            } else {
                values.push(value);
            }
        }
        let surplus = values.len().saturating_sub(columns);
        values.split_off(surplus)
    }

    /// Seconds from the oldest slot to the newest.
    pub fn span_seconds(&self) -> f64 {
        let oldest = (self.begun + 1).saturating_sub(SLOTS as u64).max(1);
        let (Some(from), Some(to)) = (self.times.get(slot(oldest)), self.last_begun()) else {
            return 0.0;
        };
        to.saturating_sub(*from) as f64 / 1e9
    }

    fn last_begun(&self) -> Option<u64> {
        (self.begun > 0).then(|| self.times.get(slot(self.begun)).copied())?
    }
}

impl Series {
    fn empty() -> Self {
        Self {
            cpu_percent: [f32::NAN; SLOTS],
            rss_bytes: [f32::NAN; SLOTS],
            pss_bytes: [f32::NAN; SLOTS],
            seen: 0,
        }
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "seven figures are more than a bar shows"
    )]
    fn put(&mut self, number: u64, totals: &Totals) {
        let slot = slot(number);
        let known = |sum: super::figures::Sum| sum.known().map_or(f32::NAN, |value| value as f32);
        self.cpu_percent[slot] = known(totals.cpu_percent);
        self.rss_bytes[slot] = known(totals.rss_bytes);
        self.pss_bytes[slot] = known(totals.pss_bytes);
        self.seen = number;
    }
}

/// Place of the slot with this number, which counts from one.
fn slot(number: u64) -> usize {
    let slot = number.saturating_sub(1) % SLOTS as u64;
    usize::try_from(slot).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn cpu(value: Option<f64>) -> Totals {
        let mut totals = Totals::default();
        totals.cpu_percent.add(value);
        totals
    }

    #[test]
    fn a_ring_keeps_the_newest() {
        let mut history = History::default();
        for second in 0..200_u64 {
            let totals = cpu(Some(second as f64));
            history.push(second * SECOND, SECOND, [("a", &totals)].into_iter());
        }
        let values = history.values("a", Figure::Cpu, SLOTS);
        assert_eq!(values.len(), SLOTS);
        assert_eq!(values.first(), Some(&Some(80.0)));
        assert_eq!(values.last(), Some(&Some(199.0)));
        assert!((history.span_seconds() - 119.0).abs() < 1e-9);
    }

    #[test]
    fn gaps_stay_gaps_and_groups_keep_their_peak() {
        let mut history = History::default();
        for (second, value) in [Some(1.0), None, Some(5.0), Some(2.0)]
            .into_iter()
            .enumerate()
        {
            let totals = cpu(value);
            history.push(second as u64 * SECOND, SECOND, [("a", &totals)].into_iter());
        }
        assert_eq!(
            history.values("a", Figure::Cpu, SLOTS),
            [Some(1.0), None, Some(5.0), Some(2.0)]
        );
        // Numbers 1 to 4 in pairs: (1), (2, 3), (4).
        assert_eq!(
            history.values("a", Figure::Cpu, 60),
            [Some(1.0), Some(5.0), Some(2.0)]
        );
        assert!(
            history
                .values("a", Figure::Pss, 60)
                .iter()
                .all(Option::is_none)
        );
    }

    #[test]
    fn a_picture_at_once_after_another_takes_its_slot() {
        let mut history = History::default();
        let (first, second) = (cpu(Some(1.0)), cpu(Some(2.0)));
        history.push(SECOND, SECOND, [("a", &first)].into_iter());
        history.push(SECOND + SECOND / 10, SECOND, [("a", &second)].into_iter());
        assert_eq!(history.values("a", Figure::Cpu, SLOTS), [Some(2.0)]);
    }

    #[test]
    fn who_is_gone_is_forgotten() {
        let mut history = History::default();
        let totals = cpu(Some(1.0));
        history.push(SECOND, SECOND, [("a", &totals), ("b", &totals)].into_iter());
        history.push(2 * SECOND, SECOND, [("b", &totals)].into_iter());
        assert!(history.values("a", Figure::Cpu, SLOTS).is_empty());
        assert_eq!(history.values("b", Figure::Cpu, SLOTS).len(), 2);
    }
}
