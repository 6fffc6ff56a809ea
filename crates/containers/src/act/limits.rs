//! Limits of a container that runs: asked of the engine, then read back, because what was asked for is
//! not always what holds.
//!
//! Two readings come back: what the engine has written down (inspection) and what the kernel enforces
//! (the container's control group, through the engine's figures). Memory without a word about swap gets
//! as much swap again, as `docker run` does.

mod ask;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::target::Target;
use crate::container::Limits;
use crate::engine::{Engine, EngineError};
use crate::{list, stats};

/// For reading back.
const READ: Duration = Duration::from_secs(3);

/// A CPU limit may be rounded by this much.
const CPU_SLACK: f64 = 0.01;

/// The kernel rounds memory to whole pages, of 64 KiB at most.
const PAGE: u64 = 64 << 10;

/// What is wanted; `None` stays as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Wanted {
    /// Memory, bytes. The engines refuse less than 6 MiB.
    pub memory_bytes: Option<u64>,
    /// Memory and swap together, bytes.
    pub memory_swap_bytes: Option<u64>,
    /// Tasks.
    pub pids: Option<u64>,
    /// Processors.
    pub cpus: Option<f64>,
    /// Open files: cannot be changed while it runs, and the answer says so.
    pub nofile: Option<u64>,
}

/// What became of one limit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "outcome")]
pub enum LimitOutcome {
    /// It holds.
    Set,
    /// Something else holds.
    Differs {
        /// What, as text.
        holds: String,
    },
    /// It was accepted, and nothing tells whether it holds.
    Unverified {
        /// Why not.
        why: String,
    },
    /// It cannot be had.
    Refused {
        /// Why.
        why: String,
    },
}

/// What holds now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Enforced {
    /// Each limit that was wanted, by name, and what became of it.
    pub limits: Vec<(String, LimitOutcome)>,
    /// What the engine has written down.
    pub recorded: Option<Limits>,
    /// Memory limit of the control group, bytes, where it could be read.
    pub kernel_memory_bytes: Option<u64>,
    /// Limit of tasks of the control group.
    pub kernel_pids: Option<u64>,
    /// What the engine warned of, and what could not be read back.
    pub warnings: Vec<String>,
}

/// Sets limits on the container, if it is still the one that was meant.
///
/// # Errors
/// The engine could not be asked, or it is another container. A limit that it refuses is no error: it is
/// in the answer.
pub async fn set_limits(
    engine: &Engine,
    target: &Target,
    wanted: &Wanted,
) -> Result<Enforced, EngineError> {
    let before = list::inspect(engine, &target.id, READ).await?;
    if let Some(message) = target.difference(&before) {
        return Err(EngineError::Api {
            call: "set limits".to_owned(),
            status: 409,
            message,
        });
    }
    let (mut warnings, mut is_recorded) = (Vec::new(), true);
    let refused = match ask::update(engine, target, wanted, &before).await {
        Ok(said) => {
            warnings.extend(said.warnings);
            is_recorded = said.is_recorded;
            None
        }
        Err(error) if error.status().is_some() => Some(error.to_string()),
        Err(error) => return Err(error),
    };
    let after = list::inspect(engine, &target.id, READ).await?;
    let kernel = match stats::read(engine, &target.id, READ).await {
        Ok(stats) => stats,
        Err(error) => {
            warnings.push(format!(
                "what the kernel enforces could not be read: {error}"
            ));
            None
        }
    };
    let mut enforced = Enforced {
        limits: Vec::new(),
        recorded: Some(after.limits),
        kernel_memory_bytes: kernel.and_then(|stats| stats.memory_limit_bytes),
        kernel_pids: kernel.and_then(|stats| stats.pids_limit),
        warnings,
    };
    enforced.limits = compare(wanted, &enforced, refused.as_deref(), is_recorded);
    Ok(enforced)
}

/// Each limit that was wanted against what holds; the kernel's word counts more than the engine's.
fn compare(
    wanted: &Wanted,
    now: &Enforced,
    refused: Option<&str>,
    is_recorded: bool,
) -> Vec<(String, LimitOutcome)> {
    let recorded = now.recorded.unwrap_or_default();
    let within = |slack: u64, wanted: u64, holds: Option<u64>| {
        let is_set = holds.is_some_and(|holds| holds.abs_diff(wanted) <= slack);
        (!is_set).then(|| holds.map_or("no limit".to_owned(), |holds| holds.to_string()))
    };
    let memory = now.kernel_memory_bytes.or(recorded.memory_bytes);
    let pids = now.kernel_pids.or(recorded.pids);
    let mut found = Vec::new();
    let mut note = |name: &str, differs: Option<String>, is_kernels: bool| {
        let outcome = match (differs, refused) {
            (None, _) => LimitOutcome::Set,
            (Some(_), None) if !is_recorded && !is_kernels => LimitOutcome::Unverified {
                why: "this version of Podman accepts it and shows the old limit".to_owned(),
            },
            (Some(_), Some(why)) => LimitOutcome::Refused {
                why: why.to_owned(),
            },
            (Some(holds), None) => LimitOutcome::Differs { holds },
        };
        found.push((name.to_owned(), outcome));
    };
    if let Some(bytes) = wanted.memory_bytes {
        note(
            "memory",
            within(PAGE, bytes, memory),
            now.kernel_memory_bytes.is_some(),
        );
    }
    if let Some(bytes) = wanted.memory_swap_bytes {
        note(
            "memory_swap",
            within(PAGE, bytes, recorded.memory_swap_bytes),
            false,
        );
    }
    if let Some(tasks) = wanted.pids {
        note("pids", within(0, tasks, pids), now.kernel_pids.is_some());
    }
    if let Some(cpus) = wanted.cpus {
        let holds = recorded.cpus;
        let is_set = holds.is_some_and(|holds| (holds - cpus).abs() <= CPU_SLACK);
        note(
            "cpus",
            (!is_set).then(|| holds.map_or("no limit".to_owned(), |cpus| cpus.to_string())),
            false,
        );
    }
    if wanted.nofile.is_some() {
        let why =
            "open files are limited when a container is made (`--ulimit nofile=N`)".to_owned();
        found.push(("nofile".to_owned(), LimitOutcome::Refused { why }));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;

    #[test]
    fn the_kernels_word_counts() {
        let wanted = Wanted {
            memory_bytes: Some(64 * MIB),
            pids: Some(5),
            nofile: Some(9),
            ..Wanted::default()
        };
        let now = Enforced {
            limits: Vec::new(),
            recorded: Some(Limits {
                memory_bytes: Some(64 * MIB),
                pids: Some(5),
                ..Limits::default()
            }),
            kernel_memory_bytes: Some(128 * MIB),
            kernel_pids: None,
            warnings: Vec::new(),
        };
        let differs = LimitOutcome::Differs {
            holds: (128 * MIB).to_string(),
        };
        let found = compare(&wanted, &now, None, true);
        assert_eq!(found[0], ("memory".to_owned(), differs));
        assert_eq!(found[1], ("pids".to_owned(), LimitOutcome::Set));
        assert!(matches!(found[2].1, LimitOutcome::Refused { .. }));
        let unseen = Wanted {
            cpus: Some(0.5),
            ..wanted
        };
        let found = compare(&unseen, &now, None, false);
        assert!(
            matches!(found[0].1, LimitOutcome::Differs { .. }),
            "the kernel said it"
        );
        assert!(
            matches!(found[2].1, LimitOutcome::Unverified { .. }),
            "{found:?}"
        );
        let refused = compare(&wanted, &now, Some("no"), true);
        assert_eq!(
            refused[0].1,
            LimitOutcome::Refused {
                why: "no".to_owned()
            }
        );
        assert_eq!(refused[1].1, LimitOutcome::Set, "it holds, whoever set it");
    }
}
