//! Plans and their results in a document.

mod engines;

use inventory::plan::{Plan, Refusal};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Word;
pub use engines::{
    AttemptReport, ContainerRefused, ContainerRemoval, ContainerResult, FileRemoval, FileResult,
    StepReport,
};

/// What `clean` says.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
pub struct CleanReport {
    /// `mcpvisor.clean.v1`.
    pub schema: Word,
    /// When the plan was made.
    pub taken_at: Timestamp,
    /// The machine.
    pub host: super::HostReport,
    /// The plan.
    pub plan: PlanReport,
    /// Was it carried out?
    pub applied: bool,
    /// `planned`, `nothing_to_do`, `done`, `incomplete`, `changed`, `declined`.
    pub outcome: Word,
    /// What became of each process, if it was carried out.
    pub results: Vec<ProcessResult>,
    /// What became of each container, with every try.
    #[serde(default)]
    pub containers: Vec<ContainerResult>,
    /// What became of each file.
    #[serde(default)]
    pub files: Vec<FileResult>,
    /// Measured before.
    pub before: Option<Measured>,
    /// Measured after.
    pub after: Option<Measured>,
    /// What came free.
    pub freed: Option<Measured>,
    /// Anything else that people should know.
    pub notes: Vec<String>,
}

/// What `clean` is asked for over HTTP. What is left out is as the configuration says.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CleanRequest {
    /// Carry out the plan with `plan_id`; otherwise a plan is answered and nothing is done.
    pub apply: bool,
    /// The plan to be carried out, as an earlier answer named it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan_id: Option<String>,
    /// How long an owner must be gone before its instance counts as an orphan, seconds.
    #[schemars(range(min = 0.0, max = 1e9))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grace_seconds: Option<f64>,
    /// Only instances that have run at least this long, seconds.
    #[schemars(range(min = 0.0, max = 1e9))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub older_than_seconds: Option<f64>,
    /// Time from SIGTERM to SIGKILL, seconds.
    #[schemars(range(min = 0.0, max = 300.0))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kill_after_seconds: Option<f64>,
    /// Only these: ids of servers, findings or containers, names, kinds of findings, paths of files, or
    /// pids.
    pub only: Vec<String>,
    /// Not these, in the same words.
    pub exclude: Vec<String>,
    /// Other users' processes too; only a daemon of root can.
    pub all_users: bool,
}

/// A plan.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
pub struct PlanReport {
    /// For `--plan-id`.
    pub plan_id: String,
    /// Seconds that an owner must be gone.
    pub grace_seconds: f64,
    /// Instances to be removed.
    pub removals: Vec<RemovalReport>,
    /// Instances that are left alone, and why.
    pub refused: Vec<RefusedReport>,
    /// Containers to be removed.
    #[serde(default)]
    pub containers: Vec<ContainerRemoval>,
    /// Files to be removed.
    #[serde(default)]
    pub files: Vec<FileRemoval>,
    /// Containers that are left alone, and why.
    #[serde(default)]
    pub containers_refused: Vec<ContainerRefused>,
}

/// An instance to be removed.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
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
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
pub struct Spared {
    /// Process.
    pub pid: u32,
    /// Why.
    pub why: String,
}

/// An instance that is left alone.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
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
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
pub struct ProcessResult {
    /// Process.
    pub pid: u32,
    /// `ended`, `already_gone`, `survived`, `refused`, `changed`.
    pub outcome: Word,
    /// The step that ended it, or why it did not end.
    pub detail: Option<String>,
}

/// What the planned processes held at one time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
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
    /// Planned containers that are there.
    #[serde(default)]
    pub containers: u64,
    /// Their memory, bytes; `null` if it could not be read for all.
    #[serde(default)]
    pub container_memory_bytes: Option<u64>,
    /// Planned files that are there.
    #[serde(default)]
    pub files: u64,
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
        containers: Vec::new(),
        files: Vec::new(),
        containers_refused: Vec::new(),
    }
}
