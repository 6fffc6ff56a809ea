//! Where the past is read: from the file, or from the daemon that has it open.

use std::time::Duration;

use alerting::rehearsal::series::labelled;
use history::{Bucket, History, Points, Query, Tier};
use jiff::Timestamp;
use model::{LabelValues, Metric, MetricKind};

use crate::api::{HistoryReport, HistorySeries, HistoryStats, PastFindings, Point};
use crate::client::{Client, ClientError, escaped};

pub use crate::api::PastFinding;

/// Series and points of one answer at most.
const MOST_SERIES: usize = 20_000;
const MOST_POINTS: usize = 2_000_000;
/// Findings at most.
const MOST_FINDINGS: usize = 100_000;

/// Why the past cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum PastError {
    /// The file cannot be read.
    #[error("the history cannot be read: {0}")]
    History(#[from] history::Error),
    /// The daemon did not answer.
    #[error(transparent)]
    Daemon(#[from] ClientError),
}

/// One metric over some time.
#[derive(Clone, Copy, Debug)]
pub struct Question {
    /// The metric.
    pub metric: &'static Metric,
    /// First time, milliseconds since 1970.
    pub from: i64,
    /// Last time, milliseconds since 1970.
    pub to: i64,
    /// Width of buckets; without it what is known best.
    pub step: Option<Duration>,
}

/// Its series.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// Series with their points.
    pub series: Vec<PastSeries>,
    /// There is more than one answer may hold.
    pub is_truncated: bool,
}

/// One series.
#[derive(Clone, Debug)]
pub struct PastSeries {
    /// Values of the metric's labels, in their order.
    pub labels: LabelValues,
    /// Where its points come from.
    pub tier: Tier,
    /// Times in milliseconds since 1970, of buckets their ends, and values.
    pub points: Vec<(i64, f64)>,
}

/// What can be asked about the past.
pub trait Past {
    /// Series of a metric.
    fn ask(&self, question: &Question) -> Result<Answer, PastError>;
    /// Time of the oldest sample, milliseconds since 1970.
    fn oldest(&self) -> Result<Option<i64>, PastError>;
    /// Findings that were there between two times, and whether that is all of them.
    fn findings(&self, from: i64, to: i64) -> Result<(Vec<PastFinding>, bool), PastError>;
}

impl Past for History {
    fn ask(&self, question: &Question) -> Result<Answer, PastError> {
        let mut query = Query::between(question.from, question.to).metric(question.metric.name);
        query.step = question.step;
        query.max_series = MOST_SERIES;
        query.max_points = MOST_POINTS;
        let found = self.query(&query)?;
        let series = found.series.iter().filter_map(|series| {
            let labels = series.key.labels.iter();
            let labels = labels.map(|(name, value)| (name.as_str(), value.as_str()));
            let points = match &series.points {
                Points::Samples(samples) => samples
                    .iter()
                    .map(|sample| (sample.at, sample.value))
                    .collect(),
                Points::Buckets(buckets) => buckets
                    .iter()
                    .map(|bucket| of_bucket(question.metric, bucket))
                    .collect(),
            };
            Some(PastSeries {
                // A series of an earlier version may have had other labels.
                labels: labelled(question.metric, labels).ok()?,
                tier: series.tier,
                points,
            })
        });
        Ok(Answer {
            series: series.collect(),
            is_truncated: found.truncated,
        })
    }

    fn oldest(&self) -> Result<Option<i64>, PastError> {
        Ok(self.stats()?.oldest.map(Timestamp::as_millisecond))
    }

    fn findings(&self, from: i64, to: i64) -> Result<(Vec<PastFinding>, bool), PastError> {
        let found = self.findings_history(&history::FindingQuery {
            from: Some(from),
            to: Some(to),
            limit: Some(MOST_FINDINGS),
            ..history::FindingQuery::default()
        })?;
        let is_all = found.len() < MOST_FINDINGS;
        Ok((found.into_iter().map(PastFinding::from).collect(), is_all))
    }
}

/// The end of a bucket, and the value that stands for it.
fn of_bucket(metric: &Metric, bucket: &Bucket) -> (i64, f64) {
    let value = standing_for(metric, bucket.last, bucket.mean, bucket.max);
    (bucket.at.saturating_add(bucket.width), value)
}

fn standing_for(metric: &Metric, last: f64, mean: Option<f64>, max: Option<f64>) -> f64 {
    let of_gauge = if metric.name.contains("_worst_") {
        max
    } else {
        mean
    };
    match metric.kind {
        MetricKind::Counter => last,
        MetricKind::Gauge | MetricKind::Info => of_gauge.unwrap_or(last),
    }
}

impl Past for Client {
    fn ask(&self, question: &Question) -> Result<Answer, PastError> {
        let time = |at: i64| Timestamp::from_millisecond(at).unwrap_or_default();
        let step = question
            .step
            .map_or_else(String::new, |step| format!("&step={}s", step.as_secs()));
        let report: HistoryReport = self.get(&format!(
            "/api/v1/history?metric={}&from={}&to={}{step}",
            question.metric.name,
            time(question.from),
            time(question.to)
        ))?;
        let series = report.series.iter();
        Ok(Answer {
            series: series
                .filter_map(|series| of_report(question, series))
                .collect(),
            is_truncated: report.truncated,
        })
    }

    fn oldest(&self) -> Result<Option<i64>, PastError> {
        let stats: HistoryStats = self.get("/api/v1/history/stats")?;
        Ok(stats.oldest.map(Timestamp::as_millisecond))
    }

    fn findings(&self, from: i64, to: i64) -> Result<(Vec<PastFinding>, bool), PastError> {
        let time = |at: i64| {
            Timestamp::from_millisecond(at)
                .unwrap_or_default()
                .to_string()
        };
        let found: PastFindings = self.get(&format!(
            "/api/v1/findings/history?from={}&to={}",
            escaped(&time(from)),
            escaped(&time(to))
        ))?;
        Ok((found.findings, !found.truncated))
    }
}

fn of_report(question: &Question, series: &HistorySeries) -> Option<PastSeries> {
    let tier = match &*series.tier {
        "five_minutes" => Tier::FiveMinutes,
        "hours" => Tier::Hours,
        _ => Tier::Raw,
    };
    let width = question
        .step
        .or_else(|| super::width(tier))
        .unwrap_or_default();
    let width = i64::try_from(width.as_millis()).unwrap_or(0);
    let labels = series.labels.iter();
    let labels = labels.map(|(name, value)| (name.as_str(), value.as_str()));
    let point = |point: &Point| {
        let at = point.at.as_millisecond();
        let last = point.value?;
        if point.count.is_none() {
            return Some((at, last));
        }
        let value = standing_for(question.metric, last, point.mean, point.max);
        Some((at.saturating_add(width), value))
    };
    Some(PastSeries {
        labels: labelled(question.metric, labels).ok()?,
        tier,
        points: series.points.iter().filter_map(point).collect(),
    })
}
