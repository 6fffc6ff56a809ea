//! One moment of the machine as commands and screens show it.
//!
//! A picture is immutable and shared: whoever watches makes a new one at each look, and whoever
//! draws keeps the last. Everything in it comes from the same pass, so that a server, its
//! processes, what is wrong with them and what could be cleaned fit together.

use std::collections::BTreeMap;
use std::sync::Arc;

use inventory::Inventory;
use inventory::plan::Plan;
use model::{Finding, ProcessTable};

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
    /// Costly readings that are given up at present, and since when; `None` if none are.
    pub shed: Option<String>,
    /// CPU that mcpvisor itself uses, percent of one processor; `None` without a second look.
    pub own_cpu_percent: Option<f64>,
    /// What a daemon's history tells of servers, by name and owner; empty without one.
    pub pasts: Arc<Pasts>,
    /// Resident memory of mcpvisor itself, bytes; `None` if it cannot be read.
    pub own_rss_bytes: Option<u64>,
}
