//! What the API answers, beside the documents of `report`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::daemon::Level;
mod alerts;
mod configuration;
mod past_findings;
mod supervision;

pub use alerts::*;
pub use configuration::*;
pub use past_findings::*;
pub use supervision::*;

use crate::report::{FindingReport, ProcessReport, ServerReport, Summary, Word};

/// `GET /api/health`.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
pub struct Health {
    /// The level of the whole; `unknown` before the first look and when looking has stopped.
    pub level: Level,
    /// Version of mcpvisor.
    pub version: Word,
    /// Seconds since the daemon was started.
    pub uptime: f64,
    /// When the machine was last looked at.
    pub taken_at: Option<Timestamp>,
}

/// `GET /api/v1/status`.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
pub struct Status {
    /// `mcpvisor.status.v1`.
    pub schema: Word,
    /// Version of mcpvisor.
    pub version: Word,
    /// The daemon's process.
    pub pid: u32,
    /// When it was started.
    pub started_at: Timestamp,
    /// Seconds since then.
    pub uptime_seconds: f64,
    /// The level of the whole.
    pub level: Level,
    /// When the machine was last looked at.
    pub taken_at: Option<Timestamp>,
    /// Where it answers.
    pub url: String,
    /// Its state directory.
    pub state_dir: String,
    /// Its configuration file, if it has one.
    pub config: Option<String>,
    /// Why that file, as it is now, is not in force.
    pub config_error: Option<String>,
    /// Time between two looks, seconds.
    pub interval_seconds: f64,
    /// Looks since the start.
    pub looks: u64,
    /// What the last look took, seconds.
    pub look_seconds: f64,
    /// What the daemon itself costs.
    pub own: Own,
    /// The history; `null` if it cannot be read.
    pub history: Option<HistoryStats>,
    /// Listeners of live events.
    pub listeners: u64,
    /// Processes that are watched under a name.
    pub watches: usize,
}

/// What the daemon itself costs, and may.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
pub struct Own {
    /// Percent of one processor since the look before.
    pub cpu_percent: Option<f64>,
    /// Percent of one processor that it may use.
    pub cpu_budget_percent: f64,
    /// Resident memory, bytes.
    pub rss_bytes: Option<u64>,
    /// Resident memory that it may use, bytes.
    pub memory_budget_bytes: u64,
    /// Costly readings that are given up at present, and for how long.
    pub shed: Option<String>,
}

/// `GET /api/v1/servers`.
#[derive(Deserialize, Serialize, JsonSchema)]
pub struct Servers {
    /// When the machine was looked at.
    pub taken_at: Timestamp,
    /// The level of the whole.
    pub level: Level,
    /// MCP servers, in the order of `ps`.
    pub servers: Vec<ServerReport>,
    /// Totals.
    pub summary: Summary,
}

/// `GET /api/v1/findings`.
#[derive(Deserialize, Serialize, JsonSchema)]
pub struct Findings {
    /// When the machine was looked at.
    pub taken_at: Timestamp,
    /// What is wrong, the worst first.
    pub findings: Vec<FindingReport>,
    /// What cannot be seen here, why, and what would help.
    pub unavailable: Vec<model::Unavailable>,
}

/// `GET /api/v1/servers/{id}/metrics`.
#[derive(Deserialize, Serialize, JsonSchema)]
pub struct ServerMetrics {
    /// Id of the server.
    pub server: String,
    /// When they were measured.
    pub taken_at: Timestamp,
    /// The same values as at `/metrics`: of all servers of this name under owners of this name.
    pub metrics: Vec<MetricValue>,
}

/// One value.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
pub struct MetricValue {
    /// Name of the metric.
    pub name: Word,
    /// Its labels but `server` and `owner`.
    pub labels: BTreeMap<String, String>,
    /// `counter`, `gauge` or `info`.
    pub kind: Word,
    /// `bytes`, `seconds`, ...; empty for counts.
    pub unit: Word,
    /// The value.
    pub value: f64,
}

/// `GET /api/v1/servers/{id}/health`.
#[derive(Deserialize, Serialize, JsonSchema)]
pub struct ServerHealth {
    /// Id of the server.
    pub server: String,
    /// Its level: the worst of its findings and alerts; `unknown` if it does not run.
    pub level: Level,
    /// Worst state of its instances.
    pub state: inventory::ServerState,
    /// When it was last looked at.
    pub checked_at: Timestamp,
    /// Issues that are warnings.
    pub warnings: usize,
    /// Issues that are errors or critical.
    pub errors: usize,
    /// What is wrong with it, the worst first: the reasons of its level.
    pub issues: Vec<HealthIssue>,
    /// What was found at the last look.
    pub findings: Vec<FindingReport>,
}

/// Something that is wrong with a server.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
pub struct HealthIssue {
    /// Type of the alert, or kind of the finding.
    #[serde(rename = "type")]
    pub kind: String,
    /// How bad.
    pub severity: model::Severity,
    /// One line.
    pub title: String,
    /// Since when, if that is known.
    pub since: Option<Timestamp>,
    /// What to do.
    pub advice: String,
    /// Id of the alert about it.
    pub alert: Option<String>,
}

/// `GET /api/v1/servers/{id}/tree`.
#[derive(Deserialize, Serialize, JsonSchema)]
pub struct ServerTree {
    /// Id of the server.
    pub server: String,
    /// The roots of its instances.
    pub roots: Vec<Branch>,
}

/// A process and what is below it.
#[derive(Deserialize, Serialize, JsonSchema)]
pub struct Branch {
    /// The process.
    pub process: ProcessReport,
    /// Its children that belong to the instance.
    pub children: Vec<Branch>,
}

/// `GET /api/v1/watches`.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
pub struct Watches {
    /// In the order in which they were made.
    pub watches: Vec<WatchReport>,
}

/// A process that is watched under a name.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
pub struct WatchReport {
    /// The name.
    pub name: String,
    /// Id of the server that stands for it.
    pub server: String,
    /// The process.
    pub pid: u32,
    /// Since when it is watched.
    pub since: Timestamp,
    /// Does it still run?
    pub alive: bool,
}

/// `PUT /api/v1/watches/{name}`.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WatchRequest {
    /// The process to watch.
    #[schemars(range(min = 1))]
    pub pid: u32,
}

/// `GET /api/v1/servers/{id}/trends`.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
pub struct Trends {
    /// Id of the server.
    pub server: String,
    /// What is looked back on, seconds.
    pub window_seconds: f64,
    /// One for each series, of gauges their values, of counters their increase a second.
    pub trends: Vec<Trend>,
}

/// How one series went.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
pub struct Trend {
    /// Name of the metric.
    pub metric: String,
    /// Its labels but `server` and `owner`.
    pub labels: BTreeMap<String, String>,
    /// `counter` or `gauge`.
    pub kind: Word,
    /// Unit of the values; the figures of a counter but `last` are that a second.
    pub unit: String,
    /// Samples that the figures are made of.
    pub points: u64,
    /// Average.
    pub average: Option<f64>,
    /// Lowest.
    pub minimum: Option<f64>,
    /// Highest.
    pub peak: Option<f64>,
    /// Latest.
    pub last: Option<f64>,
    /// By how much it grows a second, by least squares; `null` with fewer than two points.
    pub slope_per_second: Option<f64>,
}

/// `GET /api/v1/audit`.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
pub struct AuditList {
    /// Commands, the latest first.
    pub entries: Vec<AuditEntry>,
}

/// A command that was given.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
pub struct AuditEntry {
    /// Number, growing.
    pub id: u64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: String,
    /// What.
    pub command: String,
    /// On what.
    pub target: String,
    /// `begin` before it is carried out, `end` afterwards; `dry_run` for what only would have been done.
    pub phase: String,
    /// `begin` before it is carried out; then `done`, or why not.
    pub outcome: String,
    /// More about it: of the policy's acts the rule, the alert, the evidence and the processes.
    #[serde(default, skip_serializing_if = "serde_json::Value::is_null")]
    pub data: serde_json::Value,
}

/// `GET /api/v1/changes`.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
pub struct Changes {
    /// What happened, the latest first.
    pub changes: Vec<ChangeReport>,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
pub struct ChangeReport {
    /// Number, growing.
    pub id: u64,
    /// When.
    pub at: Timestamp,
    /// `server`, `finding`, `level`, `action`.
    pub kind: String,
    /// How bad.
    pub severity: Option<String>,
    /// Id of the server that it concerns.
    pub server: Option<String>,
    /// One line for people.
    pub title: String,
    /// For programs.
    pub data: serde_json::Value,
}

/// `GET /api/v1/history` and what `history query` prints.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
pub struct HistoryReport {
    /// First time that was asked for.
    pub from: Timestamp,
    /// Last time that was asked for.
    pub to: Timestamp,
    /// There is more than one answer may hold; what is here is the earliest.
    pub truncated: bool,
    /// Series that have points in this time.
    pub series: Vec<HistorySeries>,
}

/// One series.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
pub struct HistorySeries {
    /// Full name of the metric.
    pub metric: String,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// `counter` or `gauge`.
    pub kind: Word,
    /// Base unit; empty for counts and states.
    pub unit: String,
    /// Where the points come from: `raw`, `five_minutes` or `hours`.
    pub tier: Word,
    /// Its points, the earliest first.
    pub points: Vec<Point>,
    /// What a chart needs of them, where `columns` is asked for; `points` is empty then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub columns: Option<Columns>,
}

/// The points of a series as lists of one length: half as long to tell, and ready to be drawn.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
pub struct Columns {
    /// When samples were taken, or when buckets begin; seconds since 1970.
    pub at: Vec<f64>,
    /// Values, or the last ones of buckets.
    pub value: Vec<Option<f64>>,
    /// Means of buckets, of a counter those of its rate a second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mean: Option<Vec<Option<f64>>>,
    /// By how much a counter grew in each bucket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub increase: Option<Vec<Option<f64>>>,
    /// Places, counted from 0, before which something is missing: draw no line to there.
    pub gaps: Vec<usize>,
}

/// A sample, or the samples of one bucket. Of a counter, `min` to `p99` but `increase` speak of its
/// rate a second.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
pub struct Point {
    /// When it was taken, or when the bucket begins.
    pub at: Timestamp,
    /// The value, or the last one of the bucket.
    pub value: Option<f64>,
    /// Something is missing between the sample before and this one: draw no line there.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub after_gap: bool,
    /// Samples of the bucket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
    /// Smallest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<f64>,
    /// Largest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<f64>,
    /// Mean.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mean: Option<f64>,
    /// Sum of a gauge's values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sum: Option<f64>,
    /// By how much a counter grew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub increase: Option<f64>,
    /// Median, to 1 %.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p50: Option<f64>,
    /// 95th percentile, to 1 %.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p95: Option<f64>,
    /// 99th percentile, to 1 %.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p99: Option<f64>,
}

/// `GET /api/v1/history/stats` and what `history stats --json` prints.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
pub struct HistoryStats {
    /// Series that are known.
    pub series: u64,
    /// Samples that are kept as they were taken.
    pub samples: u64,
    /// Bytes of all files of the history.
    pub bytes: u64,
    /// Time of the oldest sample or bucket.
    pub oldest: Option<Timestamp>,
    /// Time of the newest sample.
    pub newest: Option<Timestamp>,
    /// Events that are kept.
    pub events: u64,
    /// Bytes that the files never exceed.
    pub max_bytes: u64,
    /// Samples, or buckets of series, by tier.
    pub tiers: BTreeMap<String, u64>,
    /// Samples that could not be kept, since the start.
    pub dropped: u64,
    /// Damaged pieces that were met, since the start.
    pub damaged: u64,
    /// Nothing can be written at the moment: samples are kept in memory only.
    pub failing: bool,
    /// The last failure, since the start.
    pub last_error: Option<String>,
}

impl From<history::Stats> for HistoryStats {
    fn from(stats: history::Stats) -> Self {
        Self {
            series: stats.series,
            samples: stats.samples,
            bytes: stats.bytes,
            oldest: stats.oldest,
            newest: stats.newest,
            events: stats.events,
            max_bytes: stats.max_bytes,
            tiers: stats
                .tiers
                .iter()
                .map(|(tier, figures)| (super::recorded::tier(*tier).to_owned(), figures.points))
                .collect(),
            dropped: stats.dropped,
            damaged: stats.damaged,
            failing: stats.failing,
            last_error: stats.last_error,
        }
    }
}
