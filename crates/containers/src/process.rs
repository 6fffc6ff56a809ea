//! Processes as plain values: what of the machine's process table is needed to tell whose a container is.
//!
//! Whoever calls has a table already and hands over what matters of it. Where it could not see all, it
//! says so, and then nobody is called dead.

use std::collections::HashMap;

use jiff::Timestamp;
use model::ProcessId;

/// How far a container's start and that of its main process may be apart, seconds: the engine starts it
/// first and writes the time afterwards, and boot clock and wall clock drift apart.
const START_TOLERANCE_S: i64 = 60;

/// A process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    /// Who it is.
    pub id: ProcessId,
    /// Its parent.
    pub ppid: u32,
    /// Arguments, program first; empty if they could not be read.
    pub argv: Vec<String>,
    /// When it was started; `None` if that could not be told.
    pub started: Option<Timestamp>,
    /// Ended, but not waited for.
    pub is_zombie: bool,
    /// It numbers processes as we do (same PID namespace); `None` if that could not be told.
    pub shares_our_pids: Option<bool>,
}

impl Process {
    /// Name of its program, without the path.
    pub fn program(&self) -> &str {
        let first = self.argv.first().map_or("", String::as_str);
        first.rsplit('/').next().unwrap_or_default()
    }
}

/// The table.
#[derive(Clone, Debug, Default)]
pub struct Processes {
    by_pid: HashMap<u32, Process>,
    is_complete: bool,
}

impl Processes {
    /// `is_complete`: every process of the machine is in it, with its arguments where it has any. It is not
    /// where `/proc` hides those of others (`hidepid`), or inside of a PID namespace.
    pub fn new(processes: impl IntoIterator<Item = Process>, is_complete: bool) -> Self {
        let by_pid = processes
            .into_iter()
            .map(|process| (process.id.pid, process))
            .collect();
        Self {
            by_pid,
            is_complete,
        }
    }

    /// Who is missing is dead.
    pub fn is_complete(&self) -> bool {
        self.is_complete
    }

    /// The living process with this number.
    pub fn get(&self, pid: u32) -> Option<&Process> {
        self.by_pid.get(&pid).filter(|process| !process.is_zombie)
    }

    /// This very process, if it lives.
    pub fn find(&self, id: ProcessId) -> Option<&Process> {
        self.get(id.pid).filter(|process| process.id == id)
    }

    /// All that live.
    pub fn living(&self) -> impl Iterator<Item = &Process> {
        self.by_pid.values().filter(|process| !process.is_zombie)
    }

    /// Whether this is the main process of a container that was started then: if so, the engine runs on
    /// the kernel that we see, and numbers processes as we do.
    pub fn shows(&self, pid: u32, started: Timestamp) -> bool {
        let apart = self
            .get(pid)
            .and_then(|process| Some(process.started?.as_second().abs_diff(started.as_second())));
        apart.is_some_and(|apart| apart <= START_TOLERANCE_S.unsigned_abs())
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use crate::samples::process;

    #[test]
    fn the_dead_and_those_of_another_start_are_not_found() {
        let mut zombie = process(7, "x");
        zombie.is_zombie = true;
        let table = Processes::new([process(5, "/usr/bin/docker run x"), zombie], true);
        assert_eq!(table.get(5).unwrap().program(), "docker");
        assert!(table.get(7).is_none() && table.living().count() == 1);
        let other = ProcessId {
            pid: 5,
            start_ticks: 1,
        };
        assert!(table.find(other).is_none());
    }

    #[test]
    fn a_number_alone_does_not_show_a_container() {
        let table = Processes::new([process(5, "x")], true);
        let started = table.get(5).unwrap().started.unwrap();
        assert!(table.shows(5, started));
        assert!(!table.shows(5, started + jiff::SignedDuration::from_hours(1)));
        assert!(!table.shows(6, started));
    }
}
