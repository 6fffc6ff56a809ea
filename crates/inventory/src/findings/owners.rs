//! Owners: several of one gateway, and servers that a running owner should have and has not.

use model::{Finding, FindingKind, Severity};

use super::{Scene, finding, id};
use crate::memory::Ended;
use crate::stock::ownership::configs;
use crate::{OwnerKind, Server, ServerState};

pub(super) fn judge(scene: &Scene<'_>, findings: &mut Vec<Finding>) {
    several_gateways(scene, findings);
    not_running(scene, findings);
}

/// Two gateways of one product and user that serve the same configuration.
fn several_gateways(scene: &Scene<'_>, findings: &mut Vec<Finding>) {
    let gateways: Vec<_> = scene
        .inventory
        .owners
        .iter()
        .filter(|owner| owner.kind == OwnerKind::Gateway)
        .filter_map(|owner| Some((owner, scene.table.get(owner.pid?)?)))
        .collect();
    let mut told: Vec<(&str, Option<u32>)> = Vec::new();
    for (owner, process) in &gateways {
        let key = (owner.name.as_str(), process.sample.facts.uid);
        // Bridges serve one server each: many of them are many servers.
        if told.contains(&key)
            || !matches!(
                key.0,
                "mcp-hub" | "mcpproxy-go" | "toolhive" | "agentgateway" | "ContextForge"
            )
        {
            continue;
        }
        let same: Vec<_> = gateways
            .iter()
            .filter(|(other, peer)| {
                other.name == owner.name
                    && peer.sample.facts.uid == process.sample.facts.uid
                    && configs(peer) == configs(process)
            })
            .collect();
        if same.len() < 2 {
            continue;
        }
        told.push(key);
        let processes: Vec<_> = same.iter().map(|(_, process)| process.id()).collect();
        let pids = processes
            .iter()
            .map(|id| id.pid.to_string())
            .collect::<Vec<_>>()
            .join(", ");
        findings.push(Finding {
            evidence: same
                .iter()
                .map(|(_, process)| {
                    let shown = model::redact::arguments(process.argv());
                    format!(
                        "PID {}: {}",
                        process.pid(),
                        model::text::safe(&model::text::command_line(&shown))
                    )
                })
                .collect(),
            cost: scene.cost(&processes),
            processes,
            ..finding(
                FindingKind::SeveralGateways,
                Severity::Warning,
                id(FindingKind::SeveralGateways, [owner.name.as_str()]),
                format!(
                    "{} runs {} times with the same configuration (PID {pids})",
                    owner.name,
                    same.len()
                ),
                "Each starts a full set of servers. Keep one and stop the others.",
            )
        });
    }
}

/// Servers that a running gateway declares and does not run, and those that ended while their client
/// went on. Otherwise clients start theirs when they want to, so that is only worth knowing.
fn not_running(scene: &Scene<'_>, findings: &mut Vec<Finding>) {
    for server in &scene.inventory.servers {
        if server.state != ServerState::NotRunning || !server.owner.alive {
            continue;
        }
        if let Some(ended) = ended(scene, server) {
            findings.push(has_ended(server, ended));
            continue;
        }
        let in_project = server
            .declared_in
            .iter()
            .any(|place| place.scope.starts_with("project") || place.scope.starts_with("local"));
        if in_project || server.transport != crate::Transport::Stdio {
            continue;
        }
        let gateway = server.owner.kind == OwnerKind::Gateway;
        let pid = server
            .owner
            .pid
            .map(|pid| format!(" (PID {pid})"))
            .unwrap_or_default();
        findings.push(Finding {
            server: Some(server.id.clone()),
            evidence: server
                .declared_in
                .iter()
                .map(|place| format!("declared in {}", model::text::safe(&place.file)))
                .chain([format!("{}{pid} runs", server.owner.name)])
                .collect(),
            ..finding(
                FindingKind::NotRunning,
                if gateway { Severity::Warning } else { Severity::Info },
                id(FindingKind::NotRunning, [server.id.as_str()]),
                format!("{} is declared but not running under {}{pid}", model::text::safe(&server.name), server.owner.name),
                if gateway {
                    "Look into the gateway's log: a server that died is not always restarted, and its health page may not say so."
                } else {
                    "The client may start it only when it is needed."
                },
            )
        });
    }
}

/// What is remembered of a declared server that ran under an owner which still lives.
fn ended<'a>(scene: &Scene<'a>, server: &Server) -> Option<&'a Ended> {
    let mut all = scene.context.memory.ended.values();
    all.find(|ended| {
        ended.server == server.name
            && ended.owner.name == server.owner.name
            && ended.is_of_living(scene.table)
    })
}

fn has_ended(server: &Server, ended: &Ended) -> Finding {
    let pid = ended.owner.pid.map(|pid| format!(" (PID {pid})"));
    let pid = pid.unwrap_or_default();
    let owner = &ended.owner.name;
    let name = model::text::safe(&server.name);
    let (title, advice) = if *owner == crate::kept::OWNER {
        (
            format!("{name} has ended and does not run now"),
            "mcpvisor keeps it and starts it again if its configuration says so: `mcpvisor status` says when, and \
             `mcpvisor logs` has its last words.",
        )
    } else {
        (
            format!("{name} has ended, and {owner}{pid} goes on without it"),
            "Look into its log for its last words, and connect it again in its client: not every client starts a \
             server again that has ended.",
        )
    };
    Finding {
        server: Some(server.id.clone()),
        evidence: vec![
            format!("process {} was last seen at {}", ended.root, ended.last),
            format!("{owner}{pid} goes on"),
        ],
        ..finding(
            FindingKind::NotRunning,
            Severity::Warning,
            id(FindingKind::NotRunning, [server.id.as_str()]),
            title,
            advice,
        )
    }
}
