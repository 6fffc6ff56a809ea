//! What `explain` says about one process.

use inventory::plan::Refusal;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{FindingReport, OwnerReport, ProcessReport, Word};

/// One process, explained.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
pub struct ExplainReport {
    /// `mcpvisor.explain.v1`.
    pub schema: Word,
    /// When the machine was looked at.
    pub taken_at: Timestamp,
    /// The process.
    pub process: ProcessReport,
    /// `server`, `owner` or `other`.
    pub what: Word,
    /// Name of the server that it belongs to.
    pub server: Option<String>,
    /// Id of that server.
    pub server_id: Option<String>,
    /// Whose that server is.
    pub owner: Option<OwnerReport>,
    /// How sure mcpvisor is, 0 to 1.
    pub confidence: Option<f64>,
    /// Why it is taken for what it is.
    pub evidence: Vec<String>,
    /// What shows that the owner is gone, if it is.
    pub orphaned: Vec<String>,
    /// `kept` or `cleaned`: what `clean --apply` would do.
    pub verdict: Word,
    /// Why it is kept.
    pub reasons: Vec<Refusal>,
    /// Its parents, nearest first.
    pub ancestors: Vec<Ancestor>,
    /// Findings that name it.
    pub findings: Vec<FindingReport>,
}

/// A parent, grandparent, ...
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
pub struct Ancestor {
    /// Process id.
    pub pid: u32,
    /// Command line, secrets redacted.
    pub cmdline: String,
    /// The owner that it is known as.
    pub owner: Option<String>,
}
