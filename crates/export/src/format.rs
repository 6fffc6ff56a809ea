//! The two exposition formats, and where they differ in words.

use model::{Metric, MetricKind};

/// How a page of metrics is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Prometheus text, version 0.0.4: what every scraper reads.
    PrometheusText,
    /// `OpenMetrics`, version 1.0.0: has units and info metrics, and an end by which a cut page is
    /// noticed.
    OpenMetrics,
}

impl Format {
    /// Value of the `Content-Type` header.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::PrometheusText => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }

    /// Name of the family, which in `OpenMetrics` lacks the suffix of its samples.
    pub(crate) fn family(self, metric: &Metric) -> &'static str {
        let suffix = match (self, metric.kind) {
            (Self::OpenMetrics, MetricKind::Counter) => "_total",
            (Self::OpenMetrics, MetricKind::Info) => "_info",
            (Self::OpenMetrics, MetricKind::Gauge) | (Self::PrometheusText, _) => "",
        };
        metric.name.strip_suffix(suffix).unwrap_or(metric.name)
    }

    /// Word for a kind; the older format knows no info metrics.
    pub(crate) fn kind(self, kind: MetricKind) -> &'static str {
        match (self, kind) {
            (_, MetricKind::Counter) => "counter",
            (Self::OpenMetrics, MetricKind::Info) => "info",
            (_, MetricKind::Gauge) | (Self::PrometheusText, MetricKind::Info) => "gauge",
        }
    }
}
