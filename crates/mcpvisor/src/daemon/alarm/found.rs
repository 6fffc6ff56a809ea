//! From a picture to what the engine judges, and to the evidence that only a picture has.

use std::collections::HashMap;
use std::sync::Arc;

use alerting::engine::Found;
use alerting::{Alert, Unit};
use inventory::Server;
use model::Process;

use crate::picture::Picture;

/// Processes that are named in evidence.
const NAMED: usize = 3;

/// All findings, with the names of their servers.
pub(crate) fn all(picture: &Picture) -> Vec<Found> {
    if picture.findings.is_empty() {
        return Vec::new();
    }
    let servers: HashMap<&str, &Server> = servers(picture)
        .map(|server| (server.id.as_str(), server))
        .collect();
    let named = |id: &String| {
        let server = servers.get(id.as_str())?;
        Some((
            Arc::from(server.name.as_str()),
            Arc::from(server.owner.name.as_str()),
        ))
    };
    let container = |finding: &str| {
        let (server, owner) = picture.engines.as_ref()?.subject(finding)?;
        Some((Arc::from(server), Arc::from(owner)))
    };
    picture
        .findings
        .iter()
        .map(|finding| Found {
            kind: finding.kind,
            severity: finding.severity,
            server: match &finding.server {
                Some(id) => named(id),
                None => container(&finding.id),
            },
            title: finding.title.clone(),
            evidence: finding.evidence.clone(),
            advice: finding.advice.clone(),
        })
        .collect()
}

fn servers(picture: &Picture) -> impl Iterator<Item = &Server> {
    let inventory = &picture.inventory;
    inventory.servers.iter().chain(&inventory.watched)
}

/// The processes behind an alert about a server, a line each: those that matter most to its rule.
pub(super) fn processes(alert: &Alert, picture: &Picture) -> Vec<String> {
    let (Some(name), Some(owner)) = (alert.labels.get("server"), alert.labels.get("owner")) else {
        return Vec::new();
    };
    let of_server =
        servers(picture).filter(|server| server.name == *name && server.owner.name == *owner);
    let members = of_server
        .flat_map(|server| &server.instances)
        .flat_map(|run| &run.members);
    let table = &picture.table;
    let mut processes: Vec<&Process> = members
        .filter_map(|member| {
            table
                .get(member.id.pid)
                .filter(|process| process.id() == member.id)
        })
        .collect();
    processes.sort_by(|a, b| weight(&alert.rule, b).total_cmp(&weight(&alert.rule, a)));
    processes.into_iter().take(NAMED).map(line).collect()
}

fn weight(rule: &str, process: &Process) -> f64 {
    let counters = &process.sample.counters;
    match rule {
        "many_threads" => f64::from(counters.threads),
        "many_open_files" | "open_files_near_limit" => counters.fd_total.map_or(0.0, f64::from),
        "high_cpu" | "hot" => process.usage.cpu_percent.unwrap_or(0.0),
        _ => counters.rss_bytes as f64,
    }
}

fn line(process: &Process) -> String {
    let counters = &process.sample.counters;
    let mut line = format!(
        "PID {} ({}): {}, {} threads",
        process.pid(),
        model::text::safe(process.comm()),
        // As the threshold beside it.
        Unit::Bytes.show(counters.rss_bytes as f64),
        counters.threads,
    );
    if let Some(open) = counters.fd_total {
        line.push_str(&format!(", {open} open files"));
    }
    if let Some(percent) = process.usage.cpu_percent {
        line.push_str(&format!(", {percent:.0} % CPU"));
    }
    line
}
