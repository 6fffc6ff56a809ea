//! What a server's machine has to say: for the log, the history and the audit.

use std::fmt;

use model::ProcessId;
use serde::{Deserialize, Serialize};

use super::CrashLoop;
use crate::spec::Exit;

/// Why a tree is ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Somebody ordered a stop.
    Ordered,
    /// Somebody ordered a restart.
    Restart,
    /// It is configured to run something else now.
    Changed,
    /// Its start took too long.
    StartTimedOut,
    /// Its root has ended, and something of it is left.
    Remains,
    /// An earlier run of mcpvisor left it behind.
    Leftover,
}

impl Reason {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Ordered => "a stop was ordered",
            Self::Restart => "a restart was ordered",
            Self::Changed => "what it runs has changed in the configuration",
            Self::StartTimedOut => "its start took too long",
            Self::Remains => "its first process has ended and left others",
            Self::Leftover => "an earlier run left it behind",
        }
    }
}

/// What is said. Times are in seconds. Some texts come from other programs: whoever shows them escapes them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Told {
    /// It would start, and waits.
    Waiting {
        /// For these servers.
        on: Vec<String>,
    },
    /// It is started.
    Starting {
        /// The number of the start.
        generation: u64,
        /// Failures in a row before it.
        failures: u32,
    },
    /// It runs.
    Running {
        /// Which start.
        generation: u64,
        /// Since the start.
        after_seconds: f64,
    },
    /// It runs, and is not ready any more.
    Degraded {
        /// Which start.
        generation: u64,
        /// Why.
        reason: String,
    },
    /// It is ready again.
    Recovered {
        /// Which start.
        generation: u64,
        /// Since it was ready last.
        after_seconds: f64,
    },
    /// It has been well for so long that earlier failures count no more.
    Steady {
        /// Which start.
        generation: u64,
    },
    /// It could not be started.
    SpawnFailed {
        /// Which start.
        generation: u64,
        /// Why.
        reason: String,
    },
    /// Its start took too long.
    StartTimedOut {
        /// Which start.
        generation: u64,
        /// Since the start.
        after_seconds: f64,
        /// Without any progress.
        quiet_seconds: f64,
    },
    /// Its root has ended.
    Exited {
        /// Which start.
        generation: u64,
        /// How.
        exit: Exit,
        /// Since the start, or since it was taken over.
        ran_seconds: f64,
        /// We were ending it.
        is_ordered: bool,
        /// The last lines of its log.
        lines: Vec<String>,
    },
    /// It will be started again.
    BackingOff {
        /// So long after the failure.
        delay_seconds: f64,
        /// Failures in a row.
        failures: u32,
    },
    /// It is given up for now.
    CrashLoop(CrashLoop),
    /// Its tree is being ended.
    Stopping {
        /// Which start.
        generation: u64,
        /// Why.
        reason: Reason,
    },
    /// Something of it lives although it was killed.
    Survives {
        /// Which start.
        generation: u64,
        /// What, as far as that is known.
        processes: Vec<ProcessId>,
        /// How often it was killed.
        kills: u32,
        /// Since it was killed first.
        after_seconds: f64,
    },
    /// A tree that an earlier run of mcpvisor started was taken over.
    Adopted {
        /// The number that it has now.
        generation: u64,
        /// Its root.
        id: ProcessId,
    },
    /// Nothing of it runs, and it will not be started by itself.
    Stopped,
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = |seconds: &f64| {
            if *seconds < 10.0 {
                format!("{seconds:.1} s")
            } else {
                model::units::seconds(*seconds)
            }
        };
        match self {
            Self::Waiting { on } => write!(f, "waits for {}", quoted(on)),
            Self::Starting { failures: 0, .. } => f.write_str("is started"),
            Self::Starting { failures, .. } => {
                write!(f, "is started again, after {failures} failures in a row")
            }
            Self::Running { after_seconds, .. } => write!(f, "runs after {}", time(after_seconds)),
            Self::Degraded { reason, .. } => write!(f, "is not ready any more: {reason}"),
            Self::Recovered { after_seconds, .. } => {
                write!(f, "is ready again after {}", time(after_seconds))
            }
            Self::Steady { .. } => f.write_str("is well again; earlier failures count no more"),
            Self::SpawnFailed { reason, .. } => write!(f, "could not be started: {reason}"),
            Self::StartTimedOut {
                after_seconds,
                quiet_seconds,
                ..
            } => write!(
                f,
                "is not ready {} after its start, {} without progress",
                time(after_seconds),
                time(quiet_seconds)
            ),
            Self::Exited {
                exit, ran_seconds, ..
            } => write!(f, "{exit} after {}", time(ran_seconds)),
            Self::BackingOff { delay_seconds, .. } if *delay_seconds <= 0.0 => {
                f.write_str("is restarted at once")
            }
            Self::BackingOff {
                delay_seconds,
                failures,
            } => write!(
                f,
                "is restarted in {}, after {failures} failures in a row",
                time(delay_seconds)
            ),
            Self::CrashLoop(found) => f.write_str(&found.title()),
            Self::Stopping { reason, .. } => write!(f, "is stopped: {}", reason.words()),
            Self::Survives {
                processes,
                kills,
                after_seconds,
                ..
            } => {
                let pids: Vec<String> = processes.iter().map(|id| id.pid.to_string()).collect();
                let who = if pids.is_empty() {
                    "something of it, not known what,".to_owned()
                } else {
                    format!("of it, pid {}", pids.join(", "))
                };
                let since = time(after_seconds);
                write!(f, "{who} survives SIGKILL, sent {kills} times in {since}")
            }
            Self::Adopted { id, .. } => write!(f, "is taken over as it runs, pid {}", id.pid),
            Self::Stopped => f.write_str("is stopped, and nothing of it is left"),
        }
    }
}

fn quoted(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}
