//! Severities and findings: something wrong, with its evidence and what to do.

use serde::{Deserialize, Serialize};

use crate::ProcessId;

/// How bad a finding is.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Costs something or will.
    Warning,
    /// Something does not work.
    Error,
    /// The machine or its data are in danger.
    Critical,
}

impl Severity {
    /// The name used in JSON, on the command line and in labels.
    pub fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
            Self::Critical => "critical",
        }
    }
}

/// What is wrong. The names are part of the interface: `clean --only KIND`, metric labels.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// The owner is gone, the instance lives on.
    Orphan,
    /// The owner lives but no longer needs it.
    Surplus,
    /// The same server started twice by one session at about the same time.
    Duplicate,
    /// Ended, but its parent has not waited for it.
    Zombie,
    /// A descendant that left its group or session.
    Stray,
    /// Declared and wanted, but not running although its owner is.
    NotRunning,
    /// Running, but declared nowhere.
    Undeclared,
    /// Running although its declaration is disabled.
    DisabledRunning,
    /// Uses a processor without end.
    Hot,
    /// Stopped by a signal, so it answers nobody.
    Stopped,
    /// Open files near the limit.
    FdsNearLimit,
    /// Runs a program whose file was deleted or replaced.
    DeletedExecutable,
    /// An orphan holds a file lock.
    LockHeld,
    /// An orphan holds a port.
    PortHeld,
    /// A log or state file grows without bound.
    LogGrowth,
    /// A state file names something that is gone.
    StaleState,
    /// Several instances of one gateway.
    SeveralGateways,
    /// A configuration cannot be read.
    BadConfiguration,
    /// A server that mcpvisor keeps fails again and again.
    CrashLoop,
    /// A server that mcpvisor keeps runs and is not ready.
    Degraded,
    /// A limit that was asked for is not enforced.
    NotLimited,
    /// A server that somebody else started takes more than its limits allow.
    OverLimit,
    /// A container whose client or owner is gone.
    ContainerOrphan,
    /// More files with container ids than a running gateway needs.
    ContainerCidfiles,
    /// A container can see credentials of the host.
    ContainerCredentials,
    /// More than one container engine of a kind runs.
    ContainerBackends,
    /// The kernel killed a process of a container for want of memory.
    ContainerOom,
    /// A container's own health check fails.
    ContainerUnhealthy,
    /// A container engine hangs or has gone away.
    ContainerEngine,
}

impl FindingKind {
    /// All kinds, in the order of this list.
    pub const ALL: [Self; 29] = [
        Self::Orphan,
        Self::Surplus,
        Self::Duplicate,
        Self::Zombie,
        Self::Stray,
        Self::NotRunning,
        Self::Undeclared,
        Self::DisabledRunning,
        Self::Hot,
        Self::Stopped,
        Self::FdsNearLimit,
        Self::DeletedExecutable,
        Self::LockHeld,
        Self::PortHeld,
        Self::LogGrowth,
        Self::StaleState,
        Self::SeveralGateways,
        Self::BadConfiguration,
        Self::CrashLoop,
        Self::Degraded,
        Self::NotLimited,
        Self::OverLimit,
        Self::ContainerOrphan,
        Self::ContainerCidfiles,
        Self::ContainerCredentials,
        Self::ContainerBackends,
        Self::ContainerOom,
        Self::ContainerUnhealthy,
        Self::ContainerEngine,
    ];

    /// The name used in JSON, on the command line and in labels.
    pub fn name(self) -> &'static str {
        match self {
            Self::Orphan => "orphan",
            Self::Surplus => "surplus",
            Self::Duplicate => "duplicate",
            Self::Zombie => "zombie",
            Self::Stray => "stray",
            Self::NotRunning => "not_running",
            Self::Undeclared => "undeclared",
            Self::DisabledRunning => "disabled_running",
            Self::Hot => "hot",
            Self::Stopped => "stopped",
            Self::FdsNearLimit => "fds_near_limit",
            Self::DeletedExecutable => "deleted_executable",
            Self::LockHeld => "lock_held",
            Self::PortHeld => "port_held",
            Self::LogGrowth => "log_growth",
            Self::StaleState => "stale_state",
            Self::SeveralGateways => "several_gateways",
            Self::BadConfiguration => "bad_configuration",
            Self::CrashLoop => "crash_loop",
            Self::Degraded => "degraded",
            Self::NotLimited => "not_limited",
            Self::OverLimit => "over_limit",
            Self::ContainerOrphan => "container_orphan",
            Self::ContainerCidfiles => "container_cidfiles",
            Self::ContainerCredentials => "container_credentials",
            Self::ContainerBackends => "container_backends",
            Self::ContainerOom => "container_oom",
            Self::ContainerUnhealthy => "container_unhealthy",
            Self::ContainerEngine => "container_engine",
        }
    }
}

/// What the thing found costs while it stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Cost {
    /// Processes.
    pub processes: u32,
    /// Resident memory, bytes: counts shared pages once for each process.
    pub rss_bytes: u64,
    /// Proportional memory, bytes: what would come free; `None` if it was not read for all.
    pub pss_bytes: Option<u64>,
    /// CPU, percent of one processor; `None` without a second sample.
    pub cpu_percent: Option<f64>,
    /// Open files; `None` if they could not be counted for all.
    pub fds: Option<u64>,
    /// Size on disk in bytes, for files.
    pub disk_bytes: Option<u64>,
}

/// Something wrong.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// Stable while the thing itself stays: `orphan-1f2e3d4c`.
    pub id: String,
    /// What is wrong.
    pub kind: FindingKind,
    /// How bad.
    pub severity: Severity,
    /// One line for people, without control characters or secrets.
    pub title: String,
    /// Id of the server that it concerns.
    pub server: Option<String>,
    /// Processes that it concerns, root first.
    pub processes: Vec<ProcessId>,
    /// What was seen, one fact a line.
    pub evidence: Vec<String>,
    /// What it costs.
    pub cost: Cost,
    /// What to do, for people.
    pub advice: String,
    /// The command that does it, if there is one.
    pub command: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::FindingKind;

    #[test]
    fn names_are_what_serde_writes() {
        for kind in FindingKind::ALL {
            assert_eq!(
                serde_json::to_value(kind).ok(),
                Some(serde_json::Value::from(kind.name()))
            );
        }
    }
}
