//! What counters have gained since the last look, series by series.
//!
//! Gains are added up to objects, not values: when one of an object's series ends, appears or starts
//! again, what the others gained stays right. A counter that is lower than before was started again,
//! or whoever counts it was, with what its processes had used by then: how much of it is new is not
//! known, so that look gained nothing.

use foldhash::{HashMap, HashMapExt};
use model::metric::METRICS;
use model::{LabelValues, Measurement};

/// Series of one metric; what is more gains nothing, and is counted.
const MOST_SERIES: usize = 20_000;
/// A series that was away for longer is a new one, ns.
const FORGOTTEN_NS: u64 = 86_400_000_000_000;
/// Time between two searches for what is forgotten, ns.
const SWEEP_NS: u64 = 600_000_000_000;

/// The last value of every series of the counters that are judged.
#[derive(Debug, Default)]
pub(super) struct Counters {
    /// By the metric's place in the table.
    metrics: Vec<HashMap<LabelValues, Last>>,
    swept: u64,
    pub(super) dropped: u64,
}

#[derive(Clone, Copy, Debug)]
struct Last {
    value: f64,
    /// Ns since boot.
    at: u64,
}

impl Counters {
    /// What a series has gained since it was measured last; zero for a new one.
    pub(super) fn gain(&mut self, place: usize, measurement: &Measurement, now: u64) -> f64 {
        if self.metrics.is_empty() {
            self.metrics.resize_with(METRICS.len(), HashMap::new);
        }
        let Some(series) = self.metrics.get_mut(place) else {
            return 0.0;
        };
        let value = measurement.value;
        if let Some(last) = series.get_mut(&*measurement.labels) {
            let gain = (value - last.value).max(0.0);
            *last = Last { value, at: now };
            return gain;
        }
        if series.len() < MOST_SERIES {
            let labels = LabelValues::clone(&measurement.labels);
            series.insert(labels, Last { value, at: now });
        } else {
            self.dropped += 1;
        }
        0.0
    }

    /// Forgets all values: every series is a new one.
    pub(super) fn forget(&mut self) {
        self.metrics.clear();
    }

    /// Forgets what was not measured for long.
    pub(super) fn settle(&mut self, now: u64) {
        if now.saturating_sub(self.swept) < SWEEP_NS {
            return;
        }
        self.swept = now;
        for series in &mut self.metrics {
            series.retain(|_, last| now.saturating_sub(last.at) <= FORGOTTEN_NS);
        }
    }
}
