//! Servers and instances in a document.

use inventory::server::DeclaredIn;
use inventory::{Instance, Owner, OwnerKind, Server, ServerState, Transport};
use jiff::Timestamp;
use model::ProcessTable;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::process::{ProcessReport, process};
use super::{Words, rounded};

/// An MCP server under one owner.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
pub struct ServerReport {
    /// Stable while its owner lives.
    pub id: String,
    /// Configured name, or what it calls itself.
    pub name: String,
    /// Who started it.
    pub owner: OwnerReport,
    /// How it is reached.
    pub transport: Transport,
    /// Where it is declared.
    pub declared_in: Vec<DeclaredIn>,
    /// Worst state of its instances.
    pub state: ServerState,
    /// How sure mcpvisor is, 0 to 1.
    pub confidence: f64,
    /// Why.
    pub evidence: Vec<String>,
    /// A process that somebody watches under a name; it may belong to another server too.
    #[serde(default)]
    pub watched: bool,
    /// Its runs.
    pub instances: Vec<InstanceReport>,
    /// Sums over all its processes.
    pub totals: Totals,
    /// What the history tells of it; only where a daemon keeps one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub history: Option<ServerHistory>,
}

/// What the history tells of a server: all of its name under owners of one name.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
pub struct ServerHistory {
    /// Seconds that the figures below look back, at most.
    pub window_seconds: f64,
    /// Highest resident memory in that time, bytes.
    pub peak_rss_bytes: Option<f64>,
    /// Average resident memory, bytes.
    pub average_rss_bytes: Option<f64>,
    /// How fast resident memory grows, bytes an hour; `null` before ten minutes are known.
    pub rss_bytes_per_hour: Option<f64>,
    /// CPU on average, percent of one processor.
    pub average_cpu_percent: Option<f64>,
    /// Instances that were started in place of one that had ended, in that time.
    pub restarts: Option<f64>,
}

/// The owner of a server.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
pub struct OwnerReport {
    /// Name.
    pub name: String,
    /// Kind.
    pub kind: OwnerKind,
    /// Its pid, or what that was.
    pub pid: Option<u32>,
    /// Is it still there?
    pub alive: bool,
}

impl From<&Owner> for OwnerReport {
    fn from(owner: &Owner) -> Self {
        Self {
            name: owner.name.clone(),
            kind: owner.kind,
            pid: owner.pid,
            alive: owner.alive,
        }
    }
}

/// One run of a server.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
pub struct InstanceReport {
    /// Pid of its topmost process.
    pub root_pid: u32,
    /// Pid of the process that speaks MCP.
    pub server_pid: u32,
    /// When the topmost process was started.
    pub started_at: Timestamp,
    /// State.
    pub state: ServerState,
    /// Its owner has been gone at least since then; `null` while it lives or if that is not known.
    pub owner_gone_since: Option<Timestamp>,
    /// What shows that the owner is gone or has let go.
    pub evidence: Vec<String>,
    /// Its processes, root first, parents before children.
    pub processes: Vec<ProcessReport>,
}

/// Sums. A figure is `null` if it is not known for every process.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, JsonSchema)]
pub struct Totals {
    /// Instances.
    pub instances: usize,
    /// Processes.
    pub processes: usize,
    /// Percent of one processor.
    pub cpu_percent: Option<f64>,
    /// Resident memory, bytes; shared pages count once for each process.
    pub rss_bytes: u64,
    /// Proportional memory, bytes.
    pub pss_bytes: Option<u64>,
    /// Threads.
    pub threads: u64,
    /// Open descriptors.
    pub fds: Option<u64>,
}

impl Totals {
    /// Sums over processes.
    pub fn of<'a>(instances: usize, all: impl Iterator<Item = &'a model::Process> + Clone) -> Self {
        Self {
            instances,
            processes: all.clone().count(),
            cpu_percent: all
                .clone()
                .map(|p| p.usage.cpu_percent)
                .sum::<Option<f64>>()
                .map(rounded),
            rss_bytes: all.clone().map(|p| p.sample.counters.rss_bytes).sum(),
            pss_bytes: all.clone().map(model::Process::pss_bytes).sum(),
            threads: all
                .clone()
                .map(|p| u64::from(p.sample.counters.threads))
                .sum(),
            fds: all.map(|p| p.sample.counters.fd_total.map(u64::from)).sum(),
        }
    }
}

/// The processes of all instances of a server.
pub(super) fn processes<'a>(
    table: &'a ProcessTable,
    server: &'a Server,
) -> impl Iterator<Item = &'a model::Process> + Clone {
    server
        .instances
        .iter()
        .flat_map(|instance| &instance.members)
        .filter_map(|member| table.get(member.id.pid))
}

/// Sums over all processes of a server.
pub fn totals(table: &ProcessTable, server: &Server) -> Totals {
    Totals::of(server.instances.len(), processes(table, server))
}

pub(super) fn server(table: &ProcessTable, server: &Server, words: &Words) -> ServerReport {
    let safe = |lines: &[String]| {
        lines
            .iter()
            .map(|line| model::redact::text(line).into_owned())
            .collect()
    };
    ServerReport {
        id: server.id.clone(),
        name: server.name.clone(),
        owner: OwnerReport::from(&server.owner),
        transport: server.transport,
        declared_in: server.declared_in.clone(),
        state: server.state,
        confidence: rounded(server.confidence),
        evidence: safe(&server.evidence),
        watched: false,
        instances: server
            .instances
            .iter()
            .map(|run| instance(table, run, words))
            .collect(),
        totals: totals(table, server),
        history: None,
    }
}

fn instance(table: &ProcessTable, instance: &Instance, words: &Words) -> InstanceReport {
    let gone = instance.orphaned.as_ref();
    InstanceReport {
        root_pid: instance.root.pid,
        server_pid: instance.leaf.pid,
        started_at: instance.started_at,
        state: instance.state,
        owner_gone_since: gone.and_then(|gone| gone.since),
        evidence: gone
            .map(|gone| gone.evidence.clone())
            .unwrap_or_default()
            .into_iter()
            .chain(instance.unused.clone())
            .collect(),
        processes: instance
            .members
            .iter()
            .filter_map(|member| {
                let at = table.position(member.id.pid)?;
                let report = process(table, at, words);
                Some(ProcessReport {
                    role: Some(member.role),
                    stray: member.stray,
                    ..report
                })
            })
            .collect(),
    }
}
