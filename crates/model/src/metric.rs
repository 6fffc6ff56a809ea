//! What is measured: one table of metrics for every encoder, store, document and dashboard, and
//! the measurements themselves.
//!
//! Names, units and kinds follow the Prometheus conventions: base units (seconds, bytes), counters
//! end in `_total` and only grow while their server lives, no pid is a label. What is not known is
//! not measured: there is no measurement with a made-up zero.

use std::sync::Arc;

use crate::Moment;

pub mod table;

pub use table::METRICS;

/// How the values of a metric behave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MetricKind {
    /// Grows, and starts again from zero when what it counts is restarted.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Always 1: its labels are the message.
    Info,
}

/// One metric.
#[derive(Debug, PartialEq, Eq)]
pub struct Metric {
    /// Full name: `mcpvisor_server_resident_memory_bytes`.
    pub name: &'static str,
    /// One line for people, without quotes or backslashes.
    pub help: &'static str,
    /// Base unit, as it stands in the name: `bytes`, `seconds`; empty for counts and states.
    pub unit: &'static str,
    /// How its values behave.
    pub kind: MetricKind,
    /// Names of its labels, in the order in which measurements carry them.
    pub labels: &'static [&'static str],
    /// Is it kept in the history? What only describes mcpvisor's own inside is not.
    pub kept: bool,
}

impl Metric {
    /// The metric with this name; its prefix `mcpvisor_` or `mcpvisor_server_` may be left out.
    pub fn named(name: &str) -> Option<&'static Self> {
        METRICS.iter().find(|metric| {
            metric.name == name
                || ["mcpvisor_server_", "mcpvisor_"]
                    .iter()
                    .any(|prefix| metric.name.strip_prefix(prefix) == Some(name))
        })
    }

    /// Where it stands in [`METRICS`]; `None` for a metric that is not of the table.
    pub fn place(&self) -> Option<usize> {
        // By address: no name is compared for each of thousands of measurements.
        let offset = std::ptr::from_ref(self)
            .addr()
            .checked_sub(METRICS.as_ptr().addr())?;
        let place = offset / size_of::<Self>();
        (place < METRICS.len()).then_some(place)
    }
}

/// Values of a metric's labels, in the order of [`Metric::labels`].
pub type LabelValues = Arc<[Arc<str>]>;

/// One value of one series.
#[derive(Clone, Debug, PartialEq)]
pub struct Measurement {
    /// What is measured.
    pub metric: &'static Metric,
    /// Of what: values for the metric's labels, in their order.
    pub labels: LabelValues,
    /// The value, in the metric's unit.
    pub value: f64,
}

/// All that was measured at one moment. A series that is missing here has ended or is not known.
#[derive(Clone, Debug)]
pub struct Observation {
    /// When.
    pub moment: Moment,
    /// What.
    pub measurements: Vec<Measurement>,
}
