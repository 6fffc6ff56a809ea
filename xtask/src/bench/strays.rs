//! Nothing that a benchmark has started outlives it: whatever bears its mark is ended.
//!
//! The mark is a variable of the environment, which children inherit whatever else they do. A process is
//! held by a pidfd before its mark is read once more, and only that very process is killed.

use std::fs;
use std::thread;
use std::time::Duration;

use linux::ProcRoot;
use linux::control::Target;
use rustix::process::Signal;

/// The variable.
pub(crate) const VARIABLE: &str = "MCPVISOR_BENCH";

/// How often it is looked again whether anything is left.
const ROUNDS: usize = 50;

/// Between two looks.
const PACE: Duration = Duration::from_millis(20);

/// A mark that nobody else has. Dropped, it ends whatever bears it.
#[derive(Debug)]
pub(crate) struct Mark {
    text: String,
}

impl Mark {
    pub(crate) fn new(name: &str) -> Self {
        let now = linux::clock::boot_ns();
        Self {
            text: format!("{name}-{}-{now}", std::process::id()),
        }
    }

    /// The variable's value.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Pids of the processes that bear it.
    pub(crate) fn bearers(&self) -> Vec<u32> {
        let Ok(listing) = fs::read_dir("/proc") else {
            return Vec::new();
        };
        let pids = listing.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
        pids.filter(|pid| self.is_borne_by(*pid)).collect()
    }

    fn is_borne_by(&self, pid: u32) -> bool {
        let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        bears(&environment, &self.text)
    }

    /// Kills one process, if it bears the mark; tells whether it did.
    pub(crate) fn kill(&self, pid: u32) -> bool {
        let held = ProcRoot::system()
            .ok()
            .and_then(|root| Target::hold(&root, pid).ok());
        held.is_some_and(|(target, _)| self.is_borne_by(pid) && target.signal(Signal::KILL).is_ok())
    }

    /// Kills all that bear it, until there are none. Answers how many were there at first.
    pub(crate) fn end_all(&self) -> usize {
        let first = self.bearers();
        let mut left = first.clone();
        for _ in 0..ROUNDS {
            if left.is_empty() {
                return first.len();
            }
            for pid in left {
                self.kill(pid);
            }
            thread::sleep(PACE);
            left = self.bearers();
        }
        eprintln!("processes that cannot be ended: {left:?}");
        first.len()
    }
}

impl Drop for Mark {
    fn drop(&mut self) {
        self.end_all();
    }
}

fn bears(environment: &[u8], mark: &str) -> bool {
    let entry = format!("{VARIABLE}={mark}");
    environment
        .split(|byte| *byte == 0)
        .any(|part| part == entry.as_bytes())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::process::{Command, Stdio};
    use std::time::Instant;

    use super::*;

    #[test]
    fn only_the_whole_mark_counts() {
        assert!(bears(b"A=1\0MCPVISOR_BENCH=x-1\0", "x-1"));
        assert!(!bears(b"A=1\0MCPVISOR_BENCH=x-11\0", "x-1"));
        assert!(!bears(b"", "x-1"));
    }

    #[test]
    fn what_bears_it_is_ended_and_nothing_else() {
        let (mark, other) = (Mark::new("test"), Mark::new("other"));
        let start = |mark: &Mark| {
            let mut command = Command::new("setsid");
            command
                .args(["sh", "-c", "sleep 30 & wait"])
                .env(VARIABLE, mark.text());
            command.stdout(Stdio::null()).spawn().unwrap()
        };
        let (mut ours, mut others) = (start(&mark), start(&other));
        let begin = Instant::now();
        while mark.bearers().len() < 2 && begin.elapsed() < Duration::from_secs(20) {
            thread::sleep(PACE);
        }
        assert_eq!(mark.end_all(), 2);
        assert!(mark.bearers().is_empty() && !other.bearers().is_empty());
        assert!(!mark.kill(others.id()), "it is another's");
        ours.wait().unwrap();
        drop(other);
        others.wait().unwrap();
    }
}
