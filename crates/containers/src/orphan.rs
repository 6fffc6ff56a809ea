//! Whether a container still serves somebody, decided from values alone, with the evidence.
//!
//! Only what is shown to be left over is an orphan. What somebody keeps (compose, a person who started it
//! detached, a restart policy) never is. Where something is missing (processes that cannot be seen, a
//! label without a process, an engine on another kernel, two containers that one client may serve) the
//! answer is unknown, and nobody may clean that.

mod memory;
mod suspicion;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::container::Container;
use crate::owner::{ClientFound, Owned, Owner, owners};
use crate::process::Processes;
pub use memory::Memory;
use suspicion::{Suspicion, suspicion};

/// The shortest grace that is used, whatever was asked for: mcpproxy takes 45 s to end in good order.
pub const LEAST_GRACE: Duration = Duration::from_mins(1);

/// How long a container must have run before it is judged without anybody having seen its client leave.
pub const LONG: Duration = Duration::from_hours(1);

/// How sure an orphan is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Certainty {
    /// Nobody is seen who could use it, but nobody was seen leaving either: a person may decide.
    Likely,
    /// Its owner is named, or its client was seen, and is dead.
    Proven,
}

/// What is known about a container's use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "verdict")]
pub enum Verdict {
    /// Somebody lives who uses it.
    Served {
        /// Who, and how that is known.
        evidence: String,
    },
    /// Somebody keeps it on purpose: never an orphan.
    Kept {
        /// Who, or by what sign.
        why: String,
    },
    /// It has no processes.
    NotRunning,
    /// Left over.
    Orphan {
        /// How sure.
        certainty: Certainty,
        /// Noticed then; `None` if only now.
        since: Option<Timestamp>,
        /// What shows it, one fact a line.
        evidence: Vec<String>,
    },
    /// It looks left over, but not for long enough.
    Waiting {
        /// Until it may be called an orphan, seconds.
        seconds: u64,
        /// What shows it so far.
        evidence: Vec<String>,
    },
    /// It cannot be told: never cleaned.
    Unknown {
        /// What is missing.
        why: String,
    },
}

impl Verdict {
    /// A word for tables.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Served { .. } => "served",
            Self::Kept { .. } => "kept",
            Self::NotRunning => "not_running",
            Self::Orphan { .. } => "orphan",
            Self::Waiting { .. } => "waiting",
            Self::Unknown { .. } => "unknown",
        }
    }

    /// It may be removed without asking a person.
    pub fn is_proven_orphan(&self) -> bool {
        matches!(
            self,
            Self::Orphan {
                certainty: Certainty::Proven,
                ..
            }
        )
    }
}

/// When it is judged, and how patiently.
#[derive(Clone, Copy, Debug)]
pub struct Judge {
    /// Now.
    pub now: Timestamp,
    /// How long an owner must be gone; at least [`LEAST_GRACE`] is used.
    pub grace: Duration,
    /// How long it must have run where nobody was seen leaving.
    pub long: Duration,
}

impl Judge {
    /// With [`LEAST_GRACE`] and [`LONG`].
    pub fn new(now: Timestamp) -> Self {
        Self {
            now,
            grace: LEAST_GRACE,
            long: LONG,
        }
    }
}

/// A container with its verdict.
#[derive(Clone, Debug)]
pub struct Judged {
    /// The container, whose it is, and its client.
    pub owned: Owned,
    /// What is known about its use.
    pub verdict: Verdict,
}

/// Judges all containers of a machine. They have to be all: which client serves which can only be told
/// from all of them together.
pub fn judge_all(
    containers: &[Arc<Container>],
    processes: &Processes,
    memory: &Memory,
    judge: &Judge,
) -> Vec<Judged> {
    let look = Look {
        processes,
        memory,
        judge,
    };
    let owned = owners(containers, processes).into_iter();
    owned
        .map(|owned| Judged {
            verdict: judge_one(&owned, &look),
            owned,
        })
        .collect()
}

/// What a judgement is made with.
#[derive(Clone, Copy)]
struct Look<'a> {
    processes: &'a Processes,
    memory: &'a Memory,
    judge: &'a Judge,
}

fn judge_one(owned: &Owned, look: &Look<'_>) -> Verdict {
    let container = &owned.container;
    if !container.state.is_alive() {
        return Verdict::NotRunning;
    }
    if let Some(why) = kept(owned) {
        return Verdict::Kept { why };
    }
    match &owned.client {
        ClientFound::Serves(_, evidence) => {
            return Verdict::Served {
                evidence: evidence.clone(),
            };
        }
        ClientFound::MayServe(_, why) => return Verdict::Unknown { why: why.clone() },
        ClientFound::None => {}
    }
    match suspicion(owned, look) {
        Suspicion::Served(evidence) => Verdict::Served { evidence },
        Suspicion::Unknown(why) => Verdict::Unknown {
            why: why.to_owned(),
        },
        Suspicion::Orphan(certainty, evidence) => after_grace(owned, look, certainty, evidence),
    }
}

/// Why somebody wants it to go on by itself.
fn kept(owned: &Owned) -> Option<String> {
    let manner = owned.container.manner;
    match &owned.owner {
        Owner::Compose { project, .. } => {
            return Some(format!(
                "compose keeps it, project {}",
                model::text::safe(project)
            ));
        }
        Owner::Other { what } => return Some(format!("{what} keeps it")),
        Owner::ToolHive { .. } => return Some("ToolHive keeps its containers itself".to_owned()),
        Owner::DockerMcp {
            is_helper: true, ..
        } => {
            return Some("it is a helper of the docker mcp gateway".to_owned());
        }
        _ => {}
    }
    if manner.restarts_itself {
        return Some("it has a restart policy: it is meant to go on".to_owned());
    }
    if manner.attached == Some(false) {
        return Some("it was started detached: it is meant to go on".to_owned());
    }
    None
}

fn after_grace(
    owned: &Owned,
    look: &Look<'_>,
    certainty: Certainty,
    mut evidence: Vec<String>,
) -> Verdict {
    let container = &owned.container;
    let since = look.memory.gone_since(&container.id);
    // Nobody remembers: then only what has run for long has had the time to be left over for long.
    let is_remembered = since.is_some() && certainty == Certainty::Proven;
    let (from, needed) = match since {
        Some(since) if is_remembered => (Some(since), look.judge.grace.max(LEAST_GRACE)),
        _ => (container.started, look.judge.long.max(look.judge.grace)),
    };
    let Some(from) = from else {
        return Verdict::Unknown {
            why: "the engine does not say when it was started".to_owned(),
        };
    };
    let passed = seconds(from, look.judge.now);
    let mut left = needed.as_secs().saturating_sub(passed);
    if let (Some(since), Certainty::Likely) = (since, certainty) {
        let grace = look.judge.grace.max(LEAST_GRACE).as_secs();
        left = left.max(grace.saturating_sub(seconds(since, look.judge.now)));
    }
    if left > 0 {
        return Verdict::Waiting {
            seconds: left,
            evidence,
        };
    }
    if let Some(started) = container.started {
        let minutes = seconds(started, look.judge.now) / 60;
        evidence.push(format!("it has run for {minutes} minutes"));
    }
    Verdict::Orphan {
        certainty,
        since,
        evidence,
    }
}

/// From one time to a later one; zero if it is not later.
fn seconds(from: Timestamp, to: Timestamp) -> u64 {
    u64::try_from(to.as_second().saturating_sub(from.as_second())).unwrap_or(0)
}

#[cfg(test)]
mod tests;
