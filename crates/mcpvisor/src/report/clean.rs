//! Plans and their results in a document.

use inventory::plan::{Plan, Refusal};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

/// What `clean` says.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct CleanReport {
    /// `mcpvisor.clean.v1`.
    pub schema: &'static str,
    /// When the plan was made.
    pub taken_at: Timestamp,
    /// The machine.
    pub host: super::HostReport,
    /// The plan.
    pub plan: PlanReport,
    /// Was it carried out?
    pub applied: bool,
    /// `planned`, `nothing_to_do`, `done`, `incomplete`, `changed`, `declined`.
    pub outcome: &'static str,
    /// What became of each process, if it was carried out.
    pub results: Vec<ProcessResult>,
    /// Measured before.
    pub before: Option<Measured>,
    /// Measured after.
    pub after: Option<Measured>,
    /// What came free.
    pub freed: Option<Measured>,
    /// Anything else that people should know.
    pub notes: Vec<String>,
}

/// A plan.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct PlanReport {
    /// For `--plan-id`.
    pub plan_id: String,
    /// Seconds that an owner must be gone.
    pub grace_seconds: f64,
    /// Instances to be removed.
    pub removals: Vec<RemovalReport>,
    /// Instances that are left alone, and why.
    pub refused: Vec<RefusedReport>,
}

/// An instance to be removed.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct RemovalReport {
    /// Id of its server.
    pub server: String,
    /// Name of its server.
    pub name: String,
    /// The owner that is gone.
    pub owner: String,
    /// Topmost process.
    pub root_pid: u32,
    /// All processes that are ended, root first.
    pub pids: Vec<u32>,
    /// The same with their start times: `pid@ticks`.
    pub processes: Vec<String>,
    /// Why.
    pub reasons: Vec<String>,
    /// Descendants that are left alone, and why.
    pub spared: Vec<Spared>,
}

/// A descendant that is left alone.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Spared {
    /// Process.
    pub pid: u32,
    /// Why.
    pub why: String,
}

/// An instance that is left alone.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct RefusedReport {
    /// Id of its server.
    pub server: String,
    /// Name of its server.
    pub name: String,
    /// Topmost process.
    pub root_pid: u32,
    /// Why.
    pub reasons: Vec<Refusal>,
}

/// What became of a process.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ProcessResult {
    /// Process.
    pub pid: u32,
    /// `ended`, `already_gone`, `survived`, `refused`, `changed`.
    pub outcome: &'static str,
    /// The step that ended it, or why it did not end.
    pub detail: Option<String>,
}

/// What the planned processes held at one time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Measured {
    /// Processes that live.
    pub processes: u64,
    /// Their resident memory, bytes.
    pub rss_bytes: u64,
    /// Their proportional memory, bytes; `null` if it could not be read for all.
    pub pss_bytes: Option<u64>,
    /// Their open descriptors.
    pub fds: Option<u64>,
    /// Ports that they listen on.
    pub ports: Vec<u16>,
}

/// A plan as a document.
pub fn plan(plan: &Plan, grace_seconds: f64) -> PlanReport {
    PlanReport {
        plan_id: plan.id.clone(),
        grace_seconds,
        removals: plan
            .removals
            .iter()
            .map(|removal| RemovalReport {
                server: removal.server.clone(),
                name: removal.name.clone(),
                owner: removal.owner.clone(),
                root_pid: removal.root.pid,
                pids: removal.processes.iter().map(|id| id.pid).collect(),
                processes: removal.processes.iter().map(ToString::to_string).collect(),
                reasons: removal.reasons.clone(),
                spared: removal
                    .spared
                    .iter()
                    .map(|(id, why)| Spared {
                        pid: id.pid,
                        why: why.clone(),
                    })
                    .collect(),
            })
            .collect(),
        refused: plan
            .refused
            .iter()
            .map(|refused| RefusedReport {
                server: refused.server.clone(),
                name: refused.name.clone(),
                root_pid: refused.root.pid,
                reasons: refused.refusals.clone(),
            })
            .collect(),
    }
}
