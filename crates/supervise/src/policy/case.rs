//! An alert as ladders see it: what it is about, what could be done, and why.

use std::collections::BTreeMap;

use model::{ProcessId, Severity};
use serde::{Deserialize, Serialize};

use super::Step;
use crate::bounded::{MOST_NAMES, first_lines};

/// What a step is done to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// What it is, in words that are the same each time: `server memory of Claude Code`, `container hub`.
    /// Limits and cooldowns are counted by it.
    pub object: String,
    /// Its processes as they were seen, root first; empty where they are found when it is done.
    pub processes: Vec<ProcessId>,
    /// Somebody has put a process under a name to look at it, and nothing more is allowed.
    pub is_only_watched: bool,
}

/// An alert that fires.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case {
    /// Id of the alert: another each time that it begins.
    pub alert: String,
    /// The rule that it comes from.
    pub rule: String,
    /// How bad it is.
    pub severity: Severity,
    /// What was seen, one fact a line; the first twenty are kept.
    pub evidence: Vec<String>,
    /// What could be done to what. A step without a target is passed over.
    pub targets: BTreeMap<Step, Target>,
    /// What it is about could not be measured at the last look.
    pub is_unknown: bool,
    /// What it is about is only watched by pid: nothing is done at all.
    pub is_only_watched: bool,
}

impl Case {
    /// The same, as much of it as is kept.
    pub(super) fn bounded(mut self) -> Self {
        self.evidence = first_lines(self.evidence);
        for target in self.targets.values_mut() {
            target.processes.truncate(MOST_NAMES);
        }
        self
    }
}
