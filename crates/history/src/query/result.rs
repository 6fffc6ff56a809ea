//! Answers.

use serde::Serialize;

use crate::series::{Kind, Millis, SeriesKey};
use crate::tier::Tier;
use crate::tier::rollup::Rollup;

/// An answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct QueryResult {
    /// First time that was asked for.
    pub from: Millis,
    /// Last time that was asked for.
    pub to: Millis,
    /// Series that have points in this time.
    pub series: Vec<SeriesResult>,
    /// There is more than the limits allow; what is here is the earliest.
    pub truncated: bool,
}

/// One series.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SeriesResult {
    /// Its metric and labels.
    pub key: SeriesKey,
    /// How its values behave.
    pub kind: Kind,
    /// Base unit of the metric; empty for counts and states.
    pub unit: String,
    /// Where the points come from.
    pub tier: Tier,
    /// Its points, ascending by time.
    pub points: Points,
}

/// Samples or buckets.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Points {
    /// As they were taken.
    Samples(Vec<Sample>),
    /// Summed up.
    Buckets(Vec<Bucket>),
}

impl Points {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        match self {
            Self::Samples(samples) => samples.len(),
            Self::Buckets(buckets) => buckets.len(),
        }
    }
}

/// One sample.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Sample {
    /// When it was taken.
    pub at: Millis,
    /// Its value, in the metric's unit.
    pub value: f64,
    /// Something is missing between the sample before and this one: draw no line there.
    pub after_gap: bool,
}

/// The samples of one span of time. Of a gauge, `min` to `p99` speak of its values; of a counter,
/// of its rate per second.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Bucket {
    /// When it begins.
    pub at: Millis,
    /// How long it is, milliseconds.
    pub width: Millis,
    /// How many samples; never 0.
    pub count: u32,
    /// Smallest value or rate; of counters in the coarser tiers to 1 %.
    pub min: Option<f64>,
    /// Largest value or rate; of counters in the coarser tiers to 1 %.
    pub max: Option<f64>,
    /// Mean value, or rate over the time that samples cover.
    pub mean: Option<f64>,
    /// Sum of a gauge's values.
    pub sum: Option<f64>,
    /// The last value, of a counter too.
    pub last: f64,
    /// By how much a counter grew; starting again from zero is no loss.
    pub increase: Option<f64>,
    /// Median, to 1 %. Not kept for counters in the coarser tiers.
    pub p50: Option<f64>,
    /// 95th percentile, to 1 %.
    pub p95: Option<f64>,
    /// 99th percentile, to 1 %.
    pub p99: Option<f64>,
}

impl Bucket {
    pub(crate) fn of(kind: Kind, rollup: &Rollup, width: Millis) -> Self {
        let number = |value: f64| value.is_finite().then_some(value);
        Self {
            at: rollup.start,
            width,
            count: rollup.count,
            min: number(rollup.min),
            max: number(rollup.max),
            mean: rollup.mean(kind),
            sum: (kind == Kind::Gauge).then_some(rollup.sum),
            last: rollup.last,
            increase: (kind == Kind::Counter).then_some(rollup.increase),
            p50: rollup.quantile(0.5),
            p95: rollup.quantile(0.95),
            p99: rollup.quantile(0.99),
        }
    }
}
