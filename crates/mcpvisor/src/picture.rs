//! One moment of the machine as commands and screens show it.
//!
//! A picture is immutable and shared: whoever watches makes a new one at each look, and whoever
//! draws keeps the last. Everything in it comes from the same pass, so that a server, its
//! processes, what is wrong with them and what could be cleaned fit together.

use std::collections::BTreeMap;
use std::sync::Arc;

use inventory::Inventory;
use inventory::plan::Plan;
use model::{Finding, ProcessTable, Unavailable};

use crate::engines;
use crate::report::ServerHistory;

/// What the history tells of servers, by name of the server and of its owner.
pub type Pasts = BTreeMap<(String, String), ServerHistory>;

/// What was seen and judged at one moment, and what seeing it cost.
#[derive(Clone, Debug)]
pub struct Picture {
    /// All processes.
    pub table: Arc<ProcessTable>,
    /// Servers, their instances and owners.
    pub inventory: Arc<Inventory>,
    /// What is wrong.
    pub findings: Arc<Vec<Finding>>,
    /// What could be cleaned, and why the rest may not.
    pub plan: Arc<Plan>,
    /// Containers; `None` where engines were not asked.
    pub engines: Option<Arc<engines::Look>>,
    /// Costly readings that are given up at present, and since when; `None` if none are.
    pub shed: Option<String>,
    /// CPU that mcpvisor itself uses, percent of one processor; `None` without a second look.
    pub own_cpu_percent: Option<f64>,
    /// What a daemon's history tells of servers, by name and owner; empty without one.
    pub pasts: Arc<Pasts>,
    /// Resident memory of mcpvisor itself, bytes; `None` if it cannot be read.
    pub own_rss_bytes: Option<u64>,
}

impl Picture {
    /// What cannot be seen here, each in a line.
    pub fn unavailable(&self) -> Vec<Unavailable> {
        let mut all = self.table.unavailable.clone();
        if let Some(look) = &self.engines {
            all.extend(look.unavailable.iter().cloned());
        }
        all
    }

    /// The plan would remove nothing.
    pub fn has_nothing_to_clean(&self) -> bool {
        let engines = self.engines.as_ref();
        self.plan.removals.is_empty() && engines.is_none_or(|look| look.plan.is_empty())
    }

    /// Something that might have been removed is left alone.
    pub fn leaves_something(&self) -> bool {
        let engines = self.engines.as_ref();
        !self.plan.refused.is_empty() || engines.is_some_and(|look| !look.plan.refused.is_empty())
    }

    /// The longest that something would have to wait until only its grace is over, seconds.
    pub fn longest_wait(&self) -> Option<f64> {
        let engines = self.engines.as_ref();
        let of_containers = engines.and_then(|look| look.plan.longest_wait());
        let waits = self.plan.longest_wait().into_iter().chain(of_containers);
        waits.max_by(f64::total_cmp)
    }
}
