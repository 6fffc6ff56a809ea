//! What a series is: a metric with its labels, and a number that stands for both in the store.

use serde::Serialize;

/// Milliseconds since the epoch (UTC): the form in which times are stored and compared.
pub type Millis = i64;

/// How the values of a series behave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Grows, and starts again from zero.
    Counter,
    /// Goes up and down.
    Gauge,
}

impl From<model::MetricKind> for Kind {
    fn from(kind: model::MetricKind) -> Self {
        match kind {
            model::MetricKind::Counter => Self::Counter,
            model::MetricKind::Gauge | model::MetricKind::Info => Self::Gauge,
        }
    }
}

/// A metric with its labels.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct SeriesKey {
    /// Full name of the metric.
    pub metric: String,
    /// Names and values, in the order of the metric's labels.
    pub labels: Vec<(String, String)>,
}

impl SeriesKey {
    /// The value of a label.
    pub fn label(&self, name: &str) -> Option<&str> {
        let found = self.labels.iter().find(|(label, _)| label == name);
        found.map(|(_, value)| value.as_str())
    }

    pub(crate) fn of(measurement: &model::Measurement) -> Self {
        let names = measurement.metric.labels.iter();
        Self {
            metric: measurement.metric.name.to_owned(),
            labels: names
                .zip(measurement.labels.iter())
                .map(|(name, value)| ((*name).to_owned(), value.as_ref().to_owned()))
                .collect(),
        }
    }

    pub(crate) fn matches(&self, labels: &[(String, String)]) -> bool {
        labels
            .iter()
            .all(|(name, value)| self.label(name) == Some(value))
    }
}

/// A series as it is stored.
#[derive(Debug)]
pub(crate) struct Series {
    pub(crate) id: u32,
    pub(crate) key: SeriesKey,
    pub(crate) kind: Kind,
    /// Base unit of the metric; empty for counts and states.
    pub(crate) unit: String,
}
