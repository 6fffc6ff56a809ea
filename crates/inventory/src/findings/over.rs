//! Servers of others that take more than they may.

use model::{Finding, FindingKind, Process, ProcessState, Severity, units};

use super::{Scene, finding, id, member_ids, named};
use crate::bounds::Bound;
use crate::{Instance, Server};

pub(super) fn judge(scene: &Scene<'_>, findings: &mut Vec<Finding>) {
    let bounds = &scene.context.bounds;
    if bounds.is_empty() {
        return;
    }
    for server in &scene.inventory.servers {
        // What we keep is limited by us.
        if server.owner.name == crate::kept::OWNER {
            continue;
        }
        let bound = bounds.of(&server.name);
        for run in &server.instances {
            let over = of_instance(scene, run, bound);
            if !over.is_empty() {
                findings.push(told(scene, server, Some(run), over));
            }
        }
        let count = server.instances.len();
        if let Some(most) = bound.instances.filter(|most| count > *most as usize) {
            let over = vec![format!("{count} instances, its limit is {most}")];
            findings.push(told(scene, server, None, over));
        }
    }
}

/// What an instance takes too much of, one fact a line.
fn of_instance(scene: &Scene<'_>, run: &Instance, bound: Bound) -> Vec<String> {
    let living: Vec<&Process> = run
        .members
        .iter()
        .filter_map(|member| scene.table.get(member.id.pid))
        .filter(|process| {
            let state = process.sample.counters.state;
            !matches!(state, ProcessState::Zombie | ProcessState::Dead)
        })
        .collect();
    let mut over = Vec::new();
    let count = living.len();
    if let Some(most) = bound.processes.filter(|most| count > *most as usize) {
        over.push(format!("{count} processes, its limit is {most}"));
    }
    let tasks: u64 = living
        .iter()
        .map(|process| u64::from(process.sample.counters.threads))
        .sum();
    if let Some(most) = bound.tasks.filter(|most| tasks > *most) {
        over.push(format!("{tasks} tasks, its limit is {most}"));
    }
    // Proportional memory counts shared pages once; without it, resident memory counts too much.
    let memory: Option<u64> = living.iter().map(|process| process.pss_bytes()).sum();
    if let (Some(most), Some(memory)) = (bound.memory, memory)
        && memory > most
    {
        let (memory, most) = (units::bytes(memory), units::bytes(most));
        over.push(format!("{memory} of memory, its limit is {most}"));
    }
    over
}

fn told(scene: &Scene<'_>, server: &Server, run: Option<&Instance>, over: Vec<String>) -> Finding {
    let of_run = run.map(|run| run.root.to_string()).unwrap_or_default();
    let mut found = finding(
        FindingKind::OverLimit,
        Severity::Warning,
        id(
            FindingKind::OverLimit,
            [server.id.as_str(), of_run.as_str()],
        ),
        format!(
            "{} takes more than its limits allow: {}",
            named(server),
            over.join("; ")
        ),
        "Nothing stops it while `policy.mode` is \"observe\". In \"enforce\" it is moved into a control group \
         where that is permitted, and ended where it has more processes than it may.",
    );
    found.server = Some(server.id.clone());
    found.processes = match run {
        Some(run) => member_ids(run),
        None => server.instances.iter().flat_map(member_ids).collect(),
    };
    found.cost = scene.cost(&found.processes);
    found.evidence = over;
    found
}
