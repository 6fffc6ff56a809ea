//! One raw reading of one process: counters as the kernel gave them, no rates.
//!
//! Three groups by how they change: [`Facts`] change when a program is executed
//! and are shared between readings, [`Counters`] are read at each pass, and the
//! costly [`Reading`]s (PSS, descriptor kinds, connections) are sampled on a
//! budget and carry their own time. What could not be read is `None`, never zero.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{Connection, OpenFiles, ProcessId};

/// State letter of `/proc/PID/stat` (proc(5)), in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProcessState {
    /// `R`: on a processor or waiting for one.
    Running,
    /// `S`: waits, can be interrupted.
    Sleeping,
    /// `D`: waits for a device, cannot be interrupted.
    DiskSleep,
    /// `T`: stopped by a signal.
    Stopped,
    /// `t`: stopped by a debugger.
    Traced,
    /// `Z`: ended, its parent has not waited for it.
    Zombie,
    /// `I`: idle kernel thread.
    Idle,
    /// `X`: being removed.
    Dead,
    /// A letter that this version does not know.
    Unknown,
}

impl ProcessState {
    /// From the letter in `/proc/PID/stat`.
    pub fn from_letter(letter: u8) -> Self {
        match letter {
            b'R' => Self::Running,
            b'S' => Self::Sleeping,
            b'D' => Self::DiskSleep,
            b'T' => Self::Stopped,
            b't' => Self::Traced,
            b'Z' => Self::Zombie,
            b'I' => Self::Idle,
            b'X' | b'x' => Self::Dead,
            _ => Self::Unknown,
        }
    }

    /// The letter that `ps` and `top` show.
    pub fn letter(self) -> char {
        match self {
            Self::Running => 'R',
            Self::Sleeping => 'S',
            Self::DiskSleep => 'D',
            Self::Stopped => 'T',
            Self::Traced => 't',
            Self::Zombie => 'Z',
            Self::Idle => 'I',
            Self::Dead => 'X',
            Self::Unknown => '?',
        }
    }
}

/// What a process is: changes when it executes a program, changes user, or is moved.
///
/// Text from other programs is kept as read (invalid UTF-8 replaced) and is
/// neither redacted nor escaped here: see [`crate::redact`] and [`crate::text`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Facts {
    /// Name of the main thread, at most 15 bytes.
    pub comm: String,
    /// Arguments, program first; empty for kernel threads and zombies, `None` if unreadable.
    pub cmdline: Option<Vec<String>>,
    /// The command line was longer than what is kept (32 KiB).
    pub cmdline_cut: bool,
    /// Path of the running program.
    pub exe: Option<String>,
    /// The program's file has been deleted or replaced since it was started.
    pub exe_deleted: bool,
    /// Working directory.
    pub cwd: Option<String>,
    /// Effective user id.
    pub uid: Option<u32>,
    /// Name of that user, if the machine has one for it.
    pub user: Option<String>,
    /// Path in the cgroup hierarchy: v2 where the process is in one, else the v1 path that names
    /// its service (`name=systemd`), else that of `pids` or `memory`.
    pub cgroup: Option<String>,
    /// Container id that the cgroup path names, 64 hexadecimal digits or its first 12.
    pub container_id: Option<String>,
    /// Soft limit of open files; `None` if unreadable or unlimited.
    pub fd_limit: Option<u64>,
    /// Inode of the network namespace.
    pub net_namespace: Option<u64>,
    /// Inode of the PID namespace.
    pub pid_namespace: Option<u64>,
}

/// Read and write figures of `/proc/PID/io` (proc(5)).
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema,
)]
pub struct Io {
    /// Bytes fetched from storage.
    pub read_bytes: u64,
    /// Bytes sent to storage.
    pub write_bytes: u64,
    /// Bytes read by system calls, from anything (pipes included).
    pub read_chars: u64,
    /// Bytes written by system calls.
    pub write_chars: u64,
    /// Read calls.
    pub read_calls: u64,
    /// Write calls.
    pub write_calls: u64,
}

/// Cheap figures, read at each pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counters {
    /// State at the reading.
    pub state: ProcessState,
    /// Parent; 0 for PID 1, kernel threads, and a parent outside our PID namespace.
    pub ppid: u32,
    /// Process group.
    pub pgid: u32,
    /// Session.
    pub sid: u32,
    /// Controlling terminal as a device number, 0 for none.
    pub tty: i32,
    /// CPU time in user mode, clock ticks.
    pub user_ticks: u64,
    /// CPU time in kernel mode, clock ticks.
    pub system_ticks: u64,
    /// Faults served without storage.
    pub minor_faults: u64,
    /// Faults that needed storage.
    pub major_faults: u64,
    /// Threads.
    pub threads: u32,
    /// Address space, bytes.
    pub vms_bytes: u64,
    /// Resident set, bytes.
    pub rss_bytes: u64,
    /// Resident file and shared-memory pages, bytes.
    pub shared_bytes: Option<u64>,
    /// Swapped-out anonymous memory, bytes.
    pub swap_bytes: Option<u64>,
    /// Context switches that the process asked for by waiting.
    pub voluntary_switches: Option<u64>,
    /// Context switches forced by the scheduler.
    pub involuntary_switches: Option<u64>,
    /// Input and output.
    pub io: Option<Io>,
    /// Open file descriptors.
    pub fd_total: Option<u32>,
    /// Time spent ready but waiting for a processor, nanoseconds (`schedstat`).
    pub run_delay_ns: Option<u64>,
    /// How likely the kernel is to kill it when memory runs out, 0 to 2000.
    pub oom_score: Option<i32>,
}

/// `smaps_rollup`: what the process really costs.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema,
)]
pub struct Memory {
    /// Proportional set: private pages and a fair share of shared ones, bytes.
    pub pss_bytes: u64,
    /// Pages of this process alone, bytes: what ending it surely frees.
    pub private_bytes: u64,
    /// Its proportional share of swap, bytes.
    pub swap_pss_bytes: u64,
}

/// A costly reading with the time it was taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading<T> {
    /// When, nanoseconds since boot.
    pub boot_ns: u64,
    /// What was read; `None` if it was refused or has been shed to save time.
    pub value: Option<T>,
}

/// All that was read of one process at one pass.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// Identity.
    pub id: ProcessId,
    /// When this process was read, nanoseconds since boot.
    pub boot_ns: u64,
    /// What it is.
    pub facts: Arc<Facts>,
    /// Cheap figures of this pass.
    pub counters: Counters,
    /// Proportional memory; `None` if never sampled.
    pub memory: Option<Reading<Memory>>,
    /// Open files; `None` if never sampled.
    pub files: Option<Reading<Arc<OpenFiles>>>,
    /// Network connections; `None` if never sampled.
    pub connections: Option<Reading<Arc<Vec<Connection>>>>,
}
