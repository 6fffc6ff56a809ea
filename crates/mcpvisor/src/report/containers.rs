//! Containers in a document.

use containers::container::{Container, Health};
use containers::orphan::{Certainty, Judged, Verdict};
use containers::owner::ClientFound;
use containers::view::{EngineState, EngineView, Seen};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Word, rounded};
use crate::api::LimitReport;
use crate::engines::{self, Look};

/// Version of the document.
const CONTAINERS: &str = "mcpvisor.containers.v1";

/// `GET /api/v1/containers`, and what `ps --containers` says.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
pub struct ContainersReport {
    /// `mcpvisor.containers.v1`.
    pub schema: Word,
    /// When processes were looked at.
    pub taken_at: Timestamp,
    /// Engines whose socket is there.
    pub engines: Vec<EngineReport>,
    /// That there is no engine, or that one is elsewhere.
    pub notes: Vec<String>,
    /// Containers of MCP servers, or all, by owner and name.
    pub containers: Vec<ContainerReport>,
}

/// A container engine.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
pub struct EngineReport {
    /// Its socket.
    pub socket: String,
    /// `docker` or `podman`; `null` before it first answered.
    pub kind: Option<Word>,
    /// Its version.
    pub version: Option<String>,
    /// `connecting`, `up`, `hangs`, `down` or `refused`.
    pub state: Word,
    /// Why it is not up.
    pub why: Option<String>,
    /// When its containers were last listed.
    pub taken_at: Option<Timestamp>,
    /// Its containers.
    pub containers: usize,
    /// Those that could not be inspected.
    pub not_inspected: usize,
    /// What did not work in the last look.
    pub problems: Vec<String>,
}

/// A container. What its engine does not say is `null`.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
pub struct ContainerReport {
    /// 64 hexadecimal digits.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its image.
    pub image: String,
    /// Socket of its engine.
    pub engine: String,
    /// `created`, `running`, `paused`, `restarting`, `removing`, `exited`, `dead` or `unknown`.
    pub state: Word,
    /// Who made it, by its labels or by how it was made.
    pub owner: String,
    /// The MCP server in it: by the configuration, its labels, or its image.
    pub server: String,
    /// It is the container of an MCP server.
    pub mcp: bool,
    /// Pid of its main process, on the engine's machine.
    pub pid: Option<u32>,
    /// Pid of the living client that carries its input and output.
    pub client_pid: Option<u32>,
    /// When it was made.
    pub created_at: Option<Timestamp>,
    /// When it was started last.
    pub started_at: Option<Timestamp>,
    /// `starting`, `healthy` or `unhealthy`; `null` without a health check.
    pub health: Option<Word>,
    /// How often its engine has started it again.
    pub restarts: Option<u64>,
    /// How it ended last.
    pub exit_code: Option<i64>,
    /// The kernel has killed a process of it for want of memory.
    pub oom_killed: Option<bool>,
    /// What it uses.
    pub usage: ContainerUsage,
    /// Upper bounds that its engine was told.
    pub bounds: ContainerBounds,
    /// What the configuration has for it, and whether that holds.
    pub limits: Vec<LimitReport>,
    /// Whether it still serves somebody.
    pub verdict: VerdictReport,
}

/// What a container uses.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
pub struct ContainerUsage {
    /// CPU, percent of one processor.
    pub cpu_percent: Option<f64>,
    /// CPU time since its start, seconds.
    pub cpu_seconds: Option<f64>,
    /// Memory without the file cache that is given back first, bytes.
    pub memory_bytes: Option<u64>,
    /// Tasks: processes and their threads.
    pub pids: Option<u64>,
    /// Bytes received over its networks; `null` where it shares the host's.
    pub received_bytes: Option<u64>,
    /// Bytes sent.
    pub sent_bytes: Option<u64>,
    /// Bytes read from storage.
    pub read_bytes: Option<u64>,
    /// Bytes written to storage.
    pub written_bytes: Option<u64>,
}

/// Upper bounds of a container; `null` for none.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
pub struct ContainerBounds {
    /// Memory, bytes.
    pub memory_bytes: Option<u64>,
    /// Memory and swap together, bytes.
    pub memory_swap_bytes: Option<u64>,
    /// Tasks.
    pub pids: Option<u64>,
    /// Processors.
    pub cpus: Option<f64>,
    /// Open files of each process.
    pub nofile: Option<u64>,
}

/// What is known about a container's use.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
pub struct VerdictReport {
    /// `served`, `kept`, `not_running`, `orphan`, `waiting` or `unknown`.
    pub verdict: Word,
    /// Of an orphan: `proven` or `likely`.
    pub certainty: Option<Word>,
    /// Of an orphan: when that was noticed.
    pub since: Option<Timestamp>,
    /// Seconds until it counts as an orphan.
    pub wait_seconds: Option<u64>,
    /// What shows it, one fact a line.
    pub evidence: Vec<String>,
}

impl ContainersReport {
    /// Of one look. `limits`: what the configuration has for a container, and what holds.
    pub fn of(
        look: &Look,
        taken_at: Timestamp,
        all: bool,
        limits: impl Fn(&Judged) -> Vec<LimitReport>,
    ) -> Self {
        let judged = look
            .judged
            .iter()
            .filter(|judged| all || look.is_mcp(judged));
        let one = |judged| ContainerReport::of(look, judged, limits(judged));
        let mut containers: Vec<ContainerReport> = judged.map(one).collect();
        containers.sort_by(|a, b| (&a.owner, &a.name, &a.id).cmp(&(&b.owner, &b.name, &b.id)));
        Self {
            schema: CONTAINERS.into(),
            taken_at,
            engines: look.view.engines.iter().map(|one| engine(one)).collect(),
            notes: look.view.notes.clone(),
            containers,
        }
    }
}

fn engine(engine: &EngineView) -> EngineReport {
    use containers::EngineKind;

    let is_up = matches!(engine.state, EngineState::Connecting | EngineState::Up);
    EngineReport {
        socket: engine.socket.display().to_string(),
        kind: engine.kind().map(|kind| match kind {
            EngineKind::Docker => "docker".into(),
            EngineKind::Podman => "podman".into(),
        }),
        version: engine.version.as_ref().map(|it| it.version.clone()),
        state: engine.state.name().into(),
        why: (!is_up).then(|| engine.state.to_string()),
        taken_at: engine.taken,
        containers: engine.total,
        not_inspected: engine.not_inspected,
        problems: engine.problems.clone(),
    }
}

impl ContainerReport {
    fn of(look: &Look, judged: &Judged, limits: Vec<LimitReport>) -> Self {
        let container = &judged.owned.container;
        let found = look.view.engines.iter().find_map(|engine| {
            let mut containers = engine.containers.iter();
            let seen = containers.find(|seen| seen.container.id == container.id)?;
            Some((engine.socket.display().to_string(), seen))
        });
        let (socket, seen) =
            found.map_or_else(Default::default, |(socket, seen)| (socket, Some(seen)));
        Self {
            id: container.id.clone(),
            name: container.name.clone(),
            image: container.image.clone(),
            engine: socket,
            state: container.state.name().into(),
            owner: engines::owner_name(judged),
            server: engines::server_name(look, judged),
            mcp: look.is_mcp(judged),
            pid: container.pid,
            client_pid: match judged.owned.client {
                ClientFound::Serves(id, _) => Some(id.pid),
                ClientFound::MayServe(..) | ClientFound::None => None,
            },
            created_at: container.created,
            started_at: container.started,
            health: container.health.map(health),
            restarts: container.restarts,
            exit_code: container.exit.map(|exit| exit.code),
            oom_killed: container.oom_killed,
            usage: seen.map(usage).unwrap_or_default(),
            bounds: bounds(container),
            limits,
            verdict: VerdictReport::of(&judged.verdict),
        }
    }
}

fn health(health: Health) -> Word {
    match health {
        Health::Starting => "starting",
        Health::Healthy => "healthy",
        Health::Unhealthy => "unhealthy",
    }
    .into()
}

fn usage(seen: &Seen) -> ContainerUsage {
    let stats = seen.stats.unwrap_or_default();
    ContainerUsage {
        cpu_percent: seen.rates.cpu_percent.map(rounded),
        cpu_seconds: stats.cpu_ns.map(|ns| rounded(ns as f64 / 1e9)),
        memory_bytes: stats.memory_bytes,
        pids: stats.pids,
        received_bytes: stats.received_bytes,
        sent_bytes: stats.sent_bytes,
        read_bytes: stats.read_bytes,
        written_bytes: stats.written_bytes,
    }
}

fn bounds(container: &Container) -> ContainerBounds {
    let limits = container.limits;
    ContainerBounds {
        memory_bytes: limits.memory_bytes,
        memory_swap_bytes: limits.memory_swap_bytes,
        pids: limits.pids,
        cpus: limits.cpus,
        nofile: limits.nofile,
    }
}

impl VerdictReport {
    fn of(verdict: &Verdict) -> Self {
        let plain = |evidence: Vec<String>| Self {
            verdict: verdict.name().into(),
            certainty: None,
            since: None,
            wait_seconds: None,
            evidence,
        };
        match verdict {
            Verdict::Served { evidence } => plain(vec![evidence.clone()]),
            Verdict::Kept { why } | Verdict::Unknown { why } => plain(vec![why.clone()]),
            Verdict::NotRunning => plain(Vec::new()),
            Verdict::Orphan {
                certainty,
                since,
                evidence,
            } => Self {
                certainty: Some(match certainty {
                    Certainty::Proven => "proven".into(),
                    Certainty::Likely => "likely".into(),
                }),
                since: *since,
                ..plain(evidence.clone())
            },
            Verdict::Waiting { seconds, evidence } => Self {
                wait_seconds: Some(*seconds),
                ..plain(evidence.clone())
            },
        }
    }
}
