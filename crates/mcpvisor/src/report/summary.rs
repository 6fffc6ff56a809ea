//! Totals of an observation: who eats the memory, how bad it is, what could be freed.

use std::collections::BTreeMap;

use inventory::{OwnerKind, ServerState};
use model::Severity;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::server::{Totals, processes};
use crate::picture::Picture;

/// Totals.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
pub struct Summary {
    /// Servers that run.
    pub servers: usize,
    /// Servers that are declared and do not run.
    pub not_running: usize,
    /// Sums over all instances.
    pub totals: Totals,
    /// By owner, the heaviest first.
    pub owners: Vec<OwnerSummary>,
    /// Findings by severity.
    pub findings: BTreeMap<String, usize>,
    /// The worst severity; `null` if nothing was found.
    pub worst: Option<Severity>,
    /// What `clean` could free.
    pub reclaimable: Reclaimable,
}

/// One owner.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
pub struct OwnerSummary {
    /// Name.
    pub name: String,
    /// Kind.
    pub kind: OwnerKind,
    /// Pid.
    pub pid: Option<u32>,
    /// Is it still there?
    pub alive: bool,
    /// Servers that run under it.
    pub servers: usize,
    /// Sums over them.
    pub totals: Totals,
}

/// What cleaning all orphans would free, whether they may be cleaned yet or not.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, JsonSchema)]
pub struct Reclaimable {
    /// Instances.
    pub instances: usize,
    /// Processes.
    pub processes: usize,
    /// Resident memory, bytes.
    pub rss_bytes: u64,
    /// Proportional memory, bytes.
    pub pss_bytes: Option<u64>,
    /// Open descriptors.
    pub fds: Option<u64>,
}

/// Totals of an observation.
pub fn summary(seen: &Picture) -> Summary {
    let (table, inventory) = (&*seen.table, &*seen.inventory);
    let running: Vec<_> = inventory
        .servers
        .iter()
        .filter(|server| !server.instances.is_empty())
        .collect();
    let absent = inventory
        .servers
        .iter()
        .filter(|s| s.state == ServerState::NotRunning)
        .count();
    let mut owners: Vec<OwnerSummary> = Vec::new();
    for server in &running {
        let owner = &server.owner;
        let known = owners
            .iter()
            .any(|o| o.pid == owner.pid && o.name == owner.name && o.alive == owner.alive);
        if known {
            continue;
        }
        let own: Vec<_> = running
            .iter()
            .filter(|s| {
                s.owner.pid == owner.pid
                    && s.owner.name == owner.name
                    && s.owner.alive == owner.alive
            })
            .collect();
        let instances = own.iter().map(|server| server.instances.len()).sum();
        owners.push(OwnerSummary {
            name: owner.name.clone(),
            kind: owner.kind,
            pid: owner.pid,
            alive: owner.alive,
            servers: own.len(),
            totals: Totals::of(
                instances,
                own.iter().flat_map(|server| processes(table, server)),
            ),
        });
    }
    owners.sort_by_key(|owner| {
        std::cmp::Reverse(owner.totals.pss_bytes.unwrap_or(owner.totals.rss_bytes))
    });
    let orphans: Vec<_> = inventory
        .instances()
        .filter(|(_, run)| run.orphaned.is_some())
        .collect();
    let left: Vec<_> = orphans
        .iter()
        .flat_map(|(_, run)| &run.members)
        .filter_map(|member| table.get(member.id.pid))
        .collect();
    let freed = Totals::of(orphans.len(), left.iter().copied());
    let mut findings: BTreeMap<String, usize> = ["info", "warning", "error", "critical"]
        .into_iter()
        .map(|name| (name.to_owned(), 0))
        .collect();
    for finding in seen.findings.iter() {
        *findings
            .entry(severity(finding.severity).to_owned())
            .or_default() += 1;
    }
    Summary {
        servers: running.len(),
        not_running: absent,
        totals: Totals::of(
            running.iter().map(|server| server.instances.len()).sum(),
            running.iter().flat_map(|server| processes(table, server)),
        ),
        owners,
        findings,
        worst: seen.findings.iter().map(|finding| finding.severity).max(),
        reclaimable: Reclaimable {
            instances: orphans.len(),
            processes: freed.processes,
            rss_bytes: freed.rss_bytes,
            pss_bytes: freed.pss_bytes,
            fds: freed.fds,
        },
    }
}

/// The name of a severity.
pub fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "info",
        Severity::Warning => "warning",
        Severity::Error => "error",
        Severity::Critical => "critical",
    }
}
