//! All processes of one moment, with the tree over them.

use serde::{Deserialize, Serialize};

use crate::{Host, Moment, Process, Unavailable};

/// An immutable picture of the machine's processes.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(from = "Parts", into = "Parts")]
pub struct ProcessTable {
    /// The machine.
    pub host: Host,
    /// When the picture was taken.
    pub moment: Moment,
    /// What could not be read.
    pub unavailable: Vec<Unavailable>,
    processes: Vec<Process>,
    /// Index of each process's parent in `processes`.
    parents: Vec<Option<usize>>,
    /// Children of process `i` are `child_list[child_start[i]..child_start[i + 1]]`, by pid.
    child_start: Vec<usize>,
    child_list: Vec<usize>,
}

#[derive(Serialize, Deserialize)]
struct Parts {
    host: Host,
    moment: Moment,
    #[serde(default)]
    unavailable: Vec<Unavailable>,
    processes: Vec<Process>,
}

impl From<Parts> for ProcessTable {
    fn from(parts: Parts) -> Self {
        Self::new(parts.host, parts.moment, parts.processes, parts.unavailable)
    }
}

impl From<ProcessTable> for Parts {
    fn from(table: ProcessTable) -> Self {
        Self {
            host: table.host,
            moment: table.moment,
            unavailable: table.unavailable,
            processes: table.processes,
        }
    }
}

impl ProcessTable {
    /// Builds the tree. Processes may come in any order; of two with one pid the later
    /// started is kept.
    pub fn new(
        host: Host,
        moment: Moment,
        mut processes: Vec<Process>,
        unavailable: Vec<Unavailable>,
    ) -> Self {
        processes.sort_unstable_by_key(|p| (p.pid(), std::cmp::Reverse(p.id().start_ticks)));
        processes.dedup_by_key(|p| p.pid());
        let find = |pid: u32| processes.binary_search_by_key(&pid, Process::pid).ok();
        // A parent that started after its child is not the parent that forked it: the pass read
        // the two at different times and the pid was given out again in between.
        let parents: Vec<Option<usize>> = processes
            .iter()
            .map(|p| {
                find(p.ppid()).filter(|&at| {
                    p.ppid() != 0 && processes[at].id().start_ticks <= p.id().start_ticks
                })
            })
            .collect();
        let mut child_start = vec![0; processes.len() + 1];
        for parent in parents.iter().flatten() {
            child_start[parent + 1] += 1;
        }
        for at in 1..child_start.len() {
            child_start[at] += child_start[at - 1];
        }
        let mut next = child_start.clone();
        let mut child_list = vec![0; child_start.last().copied().unwrap_or(0)];
        for (child, parent) in parents.iter().enumerate() {
            if let Some(parent) = parent {
                child_list[next[*parent]] = child;
                next[*parent] += 1;
            }
        }
        Self {
            host,
            moment,
            unavailable,
            processes,
            parents,
            child_start,
            child_list,
        }
    }

    /// All processes, by pid.
    pub fn processes(&self) -> &[Process] {
        &self.processes
    }

    /// Position of a pid in [`Self::processes`].
    pub fn position(&self, pid: u32) -> Option<usize> {
        self.processes.binary_search_by_key(&pid, Process::pid).ok()
    }

    /// The process with this pid.
    pub fn get(&self, pid: u32) -> Option<&Process> {
        self.position(pid).map(|at| &self.processes[at])
    }

    /// Position of the parent of the process at `at`.
    pub fn parent(&self, at: usize) -> Option<usize> {
        self.parents.get(at).copied().flatten()
    }

    /// Positions of the children of the process at `at`, by pid.
    pub fn children(&self, at: usize) -> &[usize] {
        match (self.child_start.get(at), self.child_start.get(at + 1)) {
            (Some(&from), Some(&to)) => &self.child_list[from..to],
            _ => &[],
        }
    }

    /// Positions of parent, grandparent and so on; ends at the first without a parent.
    pub fn ancestors(&self, at: usize) -> impl Iterator<Item = usize> + '_ {
        // A cycle cannot come from the kernel, but a table may come from a file.
        std::iter::successors(self.parent(at), |&at| self.parent(at)).take(self.processes.len())
    }

    /// Positions of the process at `at` and everything below it, parents before children.
    pub fn subtree(&self, at: usize) -> Vec<usize> {
        let mut found = vec![at];
        let mut next = 0;
        while let Some(&current) = found.get(next) {
            found.extend(self.children(current).iter().filter(|&&child| child != at));
            next += 1;
            if found.len() > self.processes.len() {
                break;
            }
        }
        found
    }
}
