//! What is wrong: findings with evidence, cost, and the command that helps.
//!
//! Each concern is a small judge over one picture; their findings are put in order, the
//! worst first. A finding's id stays the same while the thing itself stays.

use model::finding::Cost;
use model::{Finding, FindingKind, ProcessId, ProcessTable, Severity, units};

use crate::wiring::Wiring;
use crate::{Context, Instance, Inventory, Server};

mod configuration;
mod files;
mod instances;
mod kept;
mod over;
mod owners;
mod processes;

/// One picture, as the judges see it.
pub struct Scene<'a> {
    /// Processes.
    pub table: &'a ProcessTable,
    /// Servers and owners.
    pub inventory: &'a Inventory,
    /// What else is known.
    pub context: &'a Context,
    /// Pipes and sockets.
    pub wiring: &'a Wiring,
}

/// All findings, the worst first.
pub fn judge(scene: &Scene<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    instances::judge(scene, &mut findings);
    processes::judge(scene, &mut findings);
    owners::judge(scene, &mut findings);
    files::judge(scene, &mut findings);
    configuration::judge(scene, &mut findings);
    kept::judge(scene, &mut findings);
    over::judge(scene, &mut findings);
    sort(&mut findings);
    findings
}

/// The worst first, each once.
pub fn sort(findings: &mut Vec<Finding>) {
    findings.sort_by(|a, b| {
        b.severity
            .cmp(&a.severity)
            .then(a.kind.cmp(&b.kind))
            .then_with(|| a.id.cmp(&b.id))
    });
    findings.dedup_by(|a, b| a.id == b.id);
}

/// Ids that findings about an instance have: what `clean --only ID` may name.
pub fn instance_finding_ids(instance: &Instance) -> impl Iterator<Item = String> + '_ {
    [
        FindingKind::Orphan,
        FindingKind::Surplus,
        FindingKind::Duplicate,
        FindingKind::Stopped,
    ]
    .into_iter()
    .map(|kind| id(kind, [instance.root.to_string().as_str()]))
}

/// An id from what the finding is about.
pub(crate) fn id<'a>(kind: FindingKind, parts: impl IntoIterator<Item = &'a str>) -> String {
    let parts = std::iter::once(kind.name()).chain(parts);
    format!("{}-{}", kind.name(), model::identity::fingerprint(parts))
}

impl Scene<'_> {
    /// What processes cost together; figures that are missing for one are missing for all.
    pub(crate) fn cost(&self, processes: &[ProcessId]) -> Cost {
        let all: Vec<_> = processes
            .iter()
            .filter_map(|id| self.table.get(id.pid))
            .collect();
        let sum = |figure: &dyn Fn(&model::Process) -> Option<u64>| {
            all.iter()
                .map(|process| figure(process))
                .sum::<Option<u64>>()
        };
        Cost {
            processes: u32::try_from(all.len()).unwrap_or(u32::MAX),
            rss_bytes: all
                .iter()
                .map(|process| process.sample.counters.rss_bytes)
                .sum(),
            pss_bytes: sum(&model::Process::pss_bytes),
            cpu_percent: all.iter().map(|process| process.usage.cpu_percent).sum(),
            fds: sum(&|process| process.sample.counters.fd_total.map(u64::from)),
            disk_bytes: None,
        }
    }

    /// Seconds that a process has run.
    pub(crate) fn age(&self, id: ProcessId) -> f64 {
        self.table.moment.age_of(id.start_ticks, &self.table.host)
    }
}

/// Ids of all processes of an instance, root first.
pub(crate) fn member_ids(instance: &Instance) -> Vec<ProcessId> {
    instance.members.iter().map(|member| member.id).collect()
}

/// `memory of Claude Code`.
pub(crate) fn named(server: &Server) -> String {
    model::text::safe(&format!("{} of {}", server.name, server.owner.name)).into_owned()
}

/// `9 processes, 412 MiB`: memory as PSS where it is known, else RSS.
pub(crate) fn burden(cost: &Cost) -> String {
    let memory = cost.pss_bytes.unwrap_or(cost.rss_bytes);
    let noun = if cost.processes == 1 {
        "process"
    } else {
        "processes"
    };
    format!("{} {noun}, {}", cost.processes, units::bytes(memory))
}

/// A finding without a server or command; the rest is filled in by its judge.
pub(crate) fn finding(
    kind: FindingKind,
    severity: Severity,
    id: String,
    title: String,
    advice: &str,
) -> Finding {
    Finding {
        id,
        kind,
        severity,
        title,
        server: None,
        processes: Vec::new(),
        evidence: Vec::new(),
        cost: Cost::default(),
        advice: advice.to_owned(),
        command: None,
    }
}
