//! How a collector works.

use std::time::Duration;

/// What a collector may cost.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Budget {
    /// Share of one processor, 0.01 for one percent. Cheap figures come out of it first; costly
    /// readings get what is left, and are shed when nothing is.
    pub cpu_share: f64,
    /// What is spent on purpose, as a share of one processor, at most `cpu_share`; the rest is room
    /// for what varies.
    pub planned_share: f64,
}

/// Part of a budget that is spent on purpose where nothing else is said.
const PLANNED: f64 = 0.8;

impl Budget {
    /// A budget of which most is spent on purpose.
    pub fn of(cpu_share: f64) -> Self {
        Self {
            cpu_share,
            planned_share: cpu_share * PLANNED,
        }
    }
}

impl Default for Budget {
    fn default() -> Self {
        Self::of(0.01)
    }
}

/// Settings of a collector.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    /// What it may cost; `None` for no bound: then every costly reading that is wanted is taken at
    /// every pass.
    pub budget: Option<Budget>,
    /// Most files to keep open; `None` for as many as the limit of descriptors leaves room for.
    pub handles: Option<usize>,
    /// Raise our own soft limit of descriptors to the hard one. Programs that we start inherit it.
    pub raise_descriptor_limit: bool,
    /// List all pids only at each so many passes. Between them new processes are known only through
    /// [`Collector::note`](super::Collector::note), so more than 1 needs kernel events.
    pub full_pass_every: u32,
    /// How often facts are read again although nothing points to a change.
    pub facts_every: Duration,
    /// Most open files of one process that are kept as entries; the others are counted.
    pub open_files_kept: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            budget: Some(Budget::default()),
            handles: None,
            raise_descriptor_limit: true,
            full_pass_every: 1,
            facts_every: Duration::from_secs(30),
            open_files_kept: 1024,
        }
    }
}

impl Options {
    /// For commands that end by themselves: no budget.
    pub fn one_shot() -> Self {
        Self {
            budget: None,
            ..Self::default()
        }
    }
}
