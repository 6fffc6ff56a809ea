//! A process in a document.

use std::sync::Arc;

use inventory::Role;
use jiff::Timestamp;
use model::{ConnectionState, FdKinds, Io, Process, ProcessState, ProcessTable, Protocol, redact};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Words, rounded};

/// A process. `null` is "not known", never zero.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
pub struct ProcessReport {
    /// Process id.
    pub pid: u32,
    /// Parent; 0 for none that is visible.
    pub ppid: u32,
    /// Process group.
    pub pgid: u32,
    /// Session.
    pub sid: u32,
    /// Start time in clock ticks since boot, as in field 22 of `/proc/PID/stat`: with the pid it
    /// identifies the process.
    pub start_time: u64,
    /// The same as wall-clock time.
    pub started_at: Timestamp,
    /// What it is for in its instance; `null` outside of one.
    pub role: Option<Role>,
    /// It left the group or session of its instance.
    pub stray: bool,
    /// State.
    pub state: ProcessState,
    /// Name of the main thread.
    pub name: String,
    /// Command line, secrets redacted.
    #[schemars(with = "String")]
    pub cmdline: Arc<str>,
    /// Program file.
    pub exe: Option<String>,
    /// The program file has been deleted or replaced.
    pub exe_deleted: bool,
    /// Working directory.
    pub cwd: Option<String>,
    /// Effective user id.
    pub uid: Option<u32>,
    /// User name.
    pub user: Option<String>,
    /// Percent of one processor over the sampling window.
    pub cpu_percent: Option<f64>,
    /// CPU time in user mode, seconds.
    pub cpu_user_seconds: f64,
    /// CPU time in kernel mode, seconds.
    pub cpu_system_seconds: f64,
    /// Resident memory, bytes.
    pub rss_bytes: u64,
    /// Proportional memory, bytes.
    pub pss_bytes: Option<u64>,
    /// Memory of this process alone, bytes.
    pub private_bytes: Option<u64>,
    /// Swapped-out memory, bytes.
    pub swap_bytes: Option<u64>,
    /// Shared resident memory, bytes.
    pub shared_bytes: Option<u64>,
    /// Address space, bytes.
    pub vms_bytes: u64,
    /// Resident memory as percent of the machine's.
    pub memory_percent: Option<f64>,
    /// Threads.
    pub threads: u32,
    /// Each thread; with `--threads` only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thread_list: Option<Vec<ThreadReport>>,
    /// Open file descriptors.
    pub fds: FdsReport,
    /// Input and output since its start.
    pub io: Option<Io>,
    /// Context switches since its start.
    pub context_switches: Option<SwitchesReport>,
    /// Page faults since its start.
    pub faults: FaultsReport,
    /// Pids of its children.
    pub children: Vec<u32>,
    /// Network connections.
    pub connections: Option<Vec<ConnectionReport>>,
    /// Path in the cgroup hierarchy.
    pub cgroup: Option<String>,
    /// Container id.
    pub container_id: Option<String>,
    /// Time spent ready but waiting for a processor since its start, seconds.
    pub scheduling_delay_seconds: Option<f64>,
    /// How likely the kernel is to kill it when memory runs out, 0 to 2000.
    pub oom_score: Option<i32>,
    /// Seconds since its start.
    pub uptime_seconds: f64,
    /// How old the costly readings are.
    pub ages: AgesReport,
}

/// Open file descriptors.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
pub struct FdsReport {
    /// How many.
    pub total: Option<u32>,
    /// Soft limit; `null` if unknown or unlimited.
    pub limit: Option<u64>,
    /// By kind.
    pub by_kind: Option<FdKinds>,
}

/// Context switches.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema)]
pub struct SwitchesReport {
    /// Asked for by waiting.
    pub voluntary: u64,
    /// Forced by the scheduler.
    pub involuntary: u64,
}

/// Page faults.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema)]
pub struct FaultsReport {
    /// Served without storage.
    pub minor: u64,
    /// Needed storage.
    pub major: u64,
}

/// Seconds since each costly reading was last tried, where it ever was. A reading that has been
/// given up to save time is `null` with its age here.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema)]
#[expect(
    clippy::struct_field_names,
    reason = "every name of a figure ends in its unit"
)]
pub struct AgesReport {
    /// Proportional and private memory.
    pub pss_seconds: Option<f64>,
    /// Descriptors by kind.
    pub fd_kinds_seconds: Option<f64>,
    /// Connections.
    pub connections_seconds: Option<f64>,
}

/// A network connection.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
pub struct ConnectionReport {
    /// Protocol.
    pub protocol: Protocol,
    /// State.
    pub state: ConnectionState,
    /// Own address.
    pub local: String,
    /// The other side's address.
    pub peer: String,
}

/// A thread.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
pub struct ThreadReport {
    /// Thread id.
    pub tid: u32,
    /// Name.
    pub name: String,
    /// State.
    pub state: ProcessState,
    /// CPU time in user mode, seconds.
    pub cpu_user_seconds: f64,
    /// CPU time in kernel mode, seconds.
    pub cpu_system_seconds: f64,
}

/// The process at a position of the table.
pub fn process(table: &ProcessTable, at: usize, words: &Words) -> ProcessReport {
    let process = &table.processes()[at];
    let (sample, facts) = (&process.sample, &process.sample.facts);
    let counters = &sample.counters;
    let ticks = table.host.ticks_per_second.max(1) as f64;
    let memory = sample.memory.as_ref().and_then(|reading| reading.value);
    let age = |boot_ns: u64| rounded(table.moment.boot_ns.saturating_sub(boot_ns) as f64 / 1e9);
    ProcessReport {
        pid: process.pid(),
        ppid: counters.ppid,
        pgid: counters.pgid,
        sid: counters.sid,
        start_time: process.id().start_ticks,
        started_at: table.moment.wall_of(process.id().start_ticks, &table.host),
        role: None,
        stray: false,
        state: counters.state,
        name: facts.comm.clone(),
        cmdline: words.of(process),
        exe: facts.exe.clone(),
        exe_deleted: facts.exe_deleted,
        cwd: facts.cwd.clone(),
        uid: facts.uid,
        user: facts.user.clone(),
        cpu_percent: process.usage.cpu_percent.map(rounded),
        cpu_user_seconds: counters.user_ticks as f64 / ticks,
        cpu_system_seconds: counters.system_ticks as f64 / ticks,
        rss_bytes: counters.rss_bytes,
        pss_bytes: memory.map(|memory| memory.pss_bytes),
        private_bytes: memory.map(|memory| memory.private_bytes),
        swap_bytes: counters.swap_bytes,
        shared_bytes: counters.shared_bytes,
        vms_bytes: counters.vms_bytes,
        memory_percent: table
            .host
            .memory_bytes
            .filter(|&all| all > 0)
            .map(|all| rounded(100.0 * counters.rss_bytes as f64 / all as f64)),
        threads: counters.threads,
        thread_list: None,
        fds: FdsReport {
            total: counters.fd_total,
            limit: facts.fd_limit,
            by_kind: process.files().map(|files| files.kinds),
        },
        io: counters.io,
        context_switches: counters
            .voluntary_switches
            .zip(counters.involuntary_switches)
            .map(|(voluntary, involuntary)| SwitchesReport {
                voluntary,
                involuntary,
            }),
        faults: FaultsReport {
            minor: counters.minor_faults,
            major: counters.major_faults,
        },
        children: table
            .children(at)
            .iter()
            .map(|&child| table.processes()[child].pid())
            .collect(),
        connections: connections(process),
        cgroup: facts.cgroup.clone(),
        container_id: facts.container_id.clone(),
        scheduling_delay_seconds: counters.run_delay_ns.map(|ns| rounded(ns as f64 / 1e9)),
        oom_score: counters.oom_score,
        uptime_seconds: rounded(table.moment.age_of(process.id().start_ticks, &table.host)),
        ages: AgesReport {
            pss_seconds: sample.memory.as_ref().map(|reading| age(reading.boot_ns)),
            fd_kinds_seconds: sample.files.as_ref().map(|reading| age(reading.boot_ns)),
            connections_seconds: sample
                .connections
                .as_ref()
                .map(|reading| age(reading.boot_ns)),
        },
    }
}

fn connections(process: &Process) -> Option<Vec<ConnectionReport>> {
    let all = process.sample.connections.as_ref()?.value.as_ref()?;
    Some(
        all.iter()
            .map(|connection| ConnectionReport {
                protocol: connection.protocol,
                state: connection.state,
                local: redact::text(&connection.local).into_owned(),
                peer: redact::text(&connection.peer).into_owned(),
            })
            .collect(),
    )
}
