//! The documents that programs read: one type for each, with a committed JSON Schema.
//!
//! These are not the domain's own types: their names and units are an interface. Text
//! from other processes is redacted on its way in ([`Words`]); JSON escapes the rest.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

mod clean;
mod containers;
mod explain;
mod process;
mod server;
mod summary;
mod words;

pub use clean::{
    AttemptReport, CleanReport, CleanRequest, ContainerRefused, ContainerRemoval, ContainerResult,
    FileRemoval, FileResult, Measured, PlanReport, ProcessResult, RefusedReport, RemovalReport,
    StepReport, plan,
};
pub use containers::{
    ContainerBounds, ContainerReport, ContainerUsage, ContainersReport, EngineReport, VerdictReport,
};
pub use explain::{Ancestor, ExplainReport};
pub use process::{
    ConnectionReport, FdsReport, ProcessReport, ThreadReport, process as process_report,
};
pub use server::{
    InstanceReport, OwnerReport, ServerHistory, ServerReport, Totals, totals as server_totals,
};
pub use summary::{OwnerSummary, Reclaimable, Summary, severity as summary_severity, summary};
pub use words::Words;

use crate::picture::Picture;

/// A word of a fixed set; owned where a document was read rather than made.
pub type Word = std::borrow::Cow<'static, str>;

/// Version of [`Report`].
pub const REPORT: &str = "mcpvisor.report.v1";
/// Version of [`CleanReport`].
pub const CLEAN: &str = "mcpvisor.clean.v1";
/// Version of [`ExplainReport`].
pub const EXPLAIN: &str = "mcpvisor.explain.v1";

/// What `ps` and `doctor` say.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
pub struct Report {
    /// `mcpvisor.report.v1`.
    pub schema: Word,
    /// When the machine was looked at.
    pub taken_at: Timestamp,
    /// The machine.
    pub host: HostReport,
    /// MCP servers: running ones by owner, then declared ones that do not run, then processes that
    /// somebody watches under a name.
    pub servers: Vec<ServerReport>,
    /// Every process of the machine; with `ps --all` only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub processes: Option<Vec<ProcessReport>>,
    /// What is wrong, the worst first.
    pub findings: Vec<FindingReport>,
    /// What cannot be seen here, why, and what would help.
    pub unavailable: Vec<model::Unavailable>,
    /// Totals.
    pub summary: Summary,
}

/// The machine.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
pub struct HostReport {
    /// Host name.
    pub name: String,
    /// Kernel release.
    pub kernel: String,
    /// Identity of the running boot.
    pub boot_id: String,
    /// Online processors.
    pub cpus: u32,
    /// Memory, bytes.
    pub memory_bytes: Option<u64>,
    /// Processes that can be seen.
    #[serde(default)]
    pub processes: usize,
}

/// A finding.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
pub struct FindingReport {
    /// Stable while the thing itself stays.
    pub id: String,
    /// What is wrong.
    pub kind: model::FindingKind,
    /// How bad.
    pub severity: model::Severity,
    /// One line for people.
    pub title: String,
    /// Id of the server that it concerns.
    pub server: Option<String>,
    /// Processes that it concerns, root first.
    pub pids: Vec<u32>,
    /// What was seen, one fact a line.
    pub evidence: Vec<String>,
    /// What it costs.
    pub cost: model::finding::Cost,
    /// What to do, for people.
    pub advice: String,
    /// The command that does it.
    pub command: Option<String>,
}

impl From<&model::Finding> for FindingReport {
    fn from(finding: &model::Finding) -> Self {
        Self {
            id: finding.id.clone(),
            kind: finding.kind,
            severity: finding.severity,
            title: finding.title.clone(),
            server: finding.server.clone(),
            pids: finding.processes.iter().map(|id| id.pid).collect(),
            evidence: finding.evidence.clone(),
            cost: finding.cost,
            advice: finding.advice.clone(),
            command: finding.command.clone(),
        }
    }
}

/// The machine of an observation.
pub fn host(table: &model::ProcessTable) -> HostReport {
    let host = &table.host;
    HostReport {
        name: host.name.clone(),
        kernel: host.kernel.clone(),
        boot_id: host.boot_id.clone(),
        cpus: host.cpus,
        memory_bytes: host.memory_bytes,
        processes: table.processes().len(),
    }
}

/// The document of an observation.
pub fn report(seen: &Picture, all: bool, words: &mut Words) -> Report {
    words.refresh(&seen.table);
    let words = &*words;
    let watched = seen.inventory.watched.iter().map(|server| ServerReport {
        watched: true,
        ..server::server(&seen.table, server, words)
    });
    Report {
        schema: REPORT.into(),
        taken_at: seen.table.moment.wall,
        host: host(&seen.table),
        servers: seen
            .inventory
            .servers
            .iter()
            .map(|server| server::server(&seen.table, server, words))
            .chain(watched)
            .collect(),
        processes: all.then(|| {
            (0..seen.table.processes().len())
                .map(|at| process::process(&seen.table, at, words))
                .collect()
        }),
        findings: seen.findings.iter().map(FindingReport::from).collect(),
        unavailable: seen.unavailable(),
        summary: summary(seen),
    }
}

/// A figure with two decimals: more is noise, and makes documents long.
pub(crate) fn rounded(value: f64) -> f64 {
    // A sum over nothing is a negative zero, which nobody wants to read.
    (value * 100.0).round() / 100.0 + 0.0
}
