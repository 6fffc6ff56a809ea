//! The process table as the tests see it: a second, independent reader of `/proc`, so that a mistake
//! of the reader under test is not repeated by its judge.

use std::collections::HashMap;
use std::fs;

use crate::Identity;

/// A line of the process table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    /// Process id.
    pub pid: u32,
    /// Parent.
    pub ppid: u32,
    /// Process group.
    pub pgid: u32,
    /// Session.
    pub sid: u32,
    /// The kernel's letter: `R`, `S`, `D`, `T`, `Z`, ...
    pub state: char,
    /// The kernel's short name, at most 15 bytes; invalid UTF-8 is replaced.
    pub comm: String,
    /// Threads.
    pub threads: u64,
    /// Clock ticks from boot to its start.
    pub start_time: u64,
}

impl Process {
    /// Reads one process; `None` if there is none with this pid.
    #[must_use]
    pub fn read(pid: u32) -> Option<Self> {
        let bytes = fs::read(format!("/proc/{pid}/stat")).ok()?;
        parse(&String::from_utf8_lossy(&bytes))
    }

    /// Its pid together with its start time.
    #[must_use]
    pub fn identity(&self) -> Identity {
        Identity {
            pid: self.pid,
            start_time: self.start_time,
        }
    }

    /// Its arguments, empty for a zombie and for kernel threads.
    #[must_use]
    pub fn arguments(&self) -> Vec<String> {
        let bytes = fs::read(format!("/proc/{}/cmdline", self.pid)).unwrap_or_default();
        bytes
            .strip_suffix(b"\0")
            .unwrap_or(&bytes)
            .split(|byte| *byte == 0)
            .filter(|_| !bytes.is_empty())
            .map(|argument| String::from_utf8_lossy(argument).into_owned())
            .collect()
    }
}

/// All processes that can be seen now, in no particular order.
#[must_use]
pub fn all() -> Vec<Process> {
    let Ok(entries) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    entries
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter_map(Process::read)
        .collect()
}

/// All descendants of `pid` now, without itself: nearest first.
#[must_use]
pub fn descendants(pid: u32) -> Vec<Process> {
    let mut by_parent: HashMap<u32, Vec<Process>> = HashMap::new();
    for process in all() {
        by_parent.entry(process.ppid).or_default().push(process);
    }
    let mut found: Vec<Process> = by_parent.remove(&pid).unwrap_or_default();
    let mut next = 0;
    while let Some(process) = found.get(next) {
        if let Some(children) = by_parent.remove(&process.pid) {
            found.extend(children);
        }
        next += 1;
    }
    found
}

/// Parses a `/proc/PID/stat` line. The name may hold spaces and parentheses, so the fields are
/// counted from its last `)`.
fn parse(stat: &str) -> Option<Process> {
    let (pid, rest) = stat.split_once(" (")?;
    let (comm, rest) = rest.rsplit_once(") ")?;
    let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
    let number = |index: usize| fields.get(index)?.parse::<u64>().ok();
    let small = |index: usize| u32::try_from(number(index)?).ok();
    Some(Process {
        pid: pid.parse().ok()?,
        comm: comm.to_owned(),
        state: fields.first()?.chars().next()?,
        ppid: small(1)?,
        pgid: small(2)?,
        sid: small(3)?,
        threads: number(17)?,
        start_time: number(19)?,
    })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn a_name_with_parentheses_does_not_shift_the_fields() {
        let line = "77 (a) b (c) S 1 70 60 0 -1 4194304 1 0 0 0 0 0 0 0 20 0 3 0 5555 1 1";
        let process = parse(line).unwrap();
        assert_eq!(
            (process.pid, process.ppid, process.pgid, process.sid),
            (77, 1, 70, 60)
        );
        assert_eq!(process.comm, "a) b (c");
        assert_eq!((process.threads, process.start_time), (3, 5555));
    }

    #[test]
    fn a_cut_line_is_no_process() {
        assert_eq!(parse("77 (a) S 1 70"), None);
        assert_eq!(parse(""), None);
    }

    #[test]
    fn we_are_among_our_parents_descendants() {
        let ourselves = Process::read(std::process::id()).unwrap();
        assert!(descendants(ourselves.ppid).contains(&ourselves));
        assert!(!ourselves.arguments().is_empty());
    }
}
