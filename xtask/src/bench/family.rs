//! What a program and all that it starts cost: processor time, resident and proportional memory.
//!
//! Processor time is counted in two ways. The sum over threads of `schedstat` has nanoseconds but
//! forgets threads that have ended; `utime` and `stime` of the process remember them, in steps of a
//! clock tick. A process that is looked at each second has cost the larger of the two.

use std::collections::BTreeMap;
use std::fs;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use super::running::{Running, wait_until};

/// Nanoseconds of a clock tick: Linux tells everybody 100 a second.
const TICK_NS: u64 = 10_000_000;

/// Between two looks.
const PACE: Duration = Duration::from_secs(1);

/// Proportional memory is read in one look of so many: the kernel walks all pages for it.
const LOOKS_PER_PROPORTION: u32 = 10;

/// What a program and its children did during a measurement.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Cost {
    /// Percent of one processor.
    pub(crate) cpu_percent: f64,
    /// Resident memory of all together at the end, bytes.
    pub(crate) rss_bytes: u64,
    /// The most that was seen.
    pub(crate) peak_rss_bytes: u64,
    /// Proportional memory at the end; nothing where it may not be read.
    pub(crate) pss_bytes: Option<u64>,
    /// Processes at the end.
    pub(crate) processes: usize,
}

impl Cost {
    pub(crate) fn json(&self) -> Value {
        json!({
            "cpu_percent": self.cpu_percent,
            "rss_bytes": self.rss_bytes,
            "peak_rss_bytes": self.peak_rss_bytes,
            "pss_bytes": self.pss_bytes,
            "processes": self.processes,
        })
    }
}

/// Lets the programs run for a time, looking once a second at the families of these roots.
pub(crate) fn watch(programs: &mut [&mut Running], time: Duration) -> Result<Vec<Cost>> {
    let mut families: Vec<Family> = programs
        .iter()
        .map(|program| Family::new(program.pid()))
        .collect();
    let begin = Instant::now();
    for family in &mut families {
        family.look(true);
    }
    let first: Vec<u64> = families.iter().map(Family::nanoseconds).collect();
    let mut looks = 0;
    while begin.elapsed() < time {
        looks += 1;
        wait_until(begin + (PACE * looks).min(time));
        let last = begin.elapsed() >= time;
        for family in &mut families {
            family.look(last || looks % LOOKS_PER_PROPORTION == 0);
        }
    }
    let passed = begin.elapsed();
    for program in programs {
        program.must_still_run()?;
    }
    let costs = families.iter().zip(first);
    costs
        .map(|(family, first)| family.cost(first, passed))
        .collect()
}

#[derive(Debug)]
struct Family {
    root: u32,
    /// Of every process that was ever seen.
    spent: BTreeMap<u32, Spent>,
    members: Vec<u32>,
    rss_bytes: u64,
    peak_rss_bytes: u64,
    pss_bytes: Option<u64>,
}

/// Processor time of one process.
#[derive(Clone, Debug, Default)]
struct Spent {
    by_thread: BTreeMap<u32, u64>,
    ticks: u64,
}

impl Spent {
    fn nanoseconds(&self) -> u64 {
        let threads: u64 = self.by_thread.values().sum();
        threads.max(self.ticks * TICK_NS)
    }
}

impl Family {
    fn new(root: u32) -> Self {
        Self {
            root,
            spent: BTreeMap::new(),
            members: Vec::new(),
            rss_bytes: 0,
            peak_rss_bytes: 0,
            pss_bytes: None,
        }
    }

    fn look(&mut self, proportional: bool) {
        self.members = members(self.root);
        for pid in &self.members {
            let spent = self.spent.entry(*pid).or_default();
            for (thread, nanoseconds) in threads(*pid) {
                // A thread's number can be given to another one; the figure never goes down for one.
                let known = spent.by_thread.entry(thread).or_default();
                *known = nanoseconds.max(*known);
            }
            let stat = read(*pid, "stat");
            spent.ticks = ticks(&stat).unwrap_or(spent.ticks).max(spent.ticks);
        }
        let resident = |pid: &u32| kibibytes(&read(*pid, "status"), "VmRSS:").unwrap_or(0);
        self.rss_bytes = self.members.iter().map(resident).sum();
        self.peak_rss_bytes = self.peak_rss_bytes.max(self.rss_bytes);
        if proportional {
            let proportion = |pid: &u32| kibibytes(&read(*pid, "smaps_rollup"), "Pss:");
            self.pss_bytes = self.members.iter().map(proportion).sum();
        }
    }

    fn nanoseconds(&self) -> u64 {
        self.spent.values().map(Spent::nanoseconds).sum()
    }

    fn cost(&self, first: u64, passed: Duration) -> Result<Cost> {
        ensure!(self.rss_bytes > 0, "process {} has ended", self.root);
        let spent = self.nanoseconds().saturating_sub(first);
        Ok(Cost {
            cpu_percent: spent as f64 / passed.as_nanos() as f64 * 100.0,
            rss_bytes: self.rss_bytes,
            peak_rss_bytes: self.peak_rss_bytes,
            pss_bytes: self.pss_bytes,
            processes: self.members.len(),
        })
    }
}

/// A process with its living descendants.
pub(crate) fn members(root: u32) -> Vec<u32> {
    let mut members = vec![root];
    let mut next = 0;
    while let Some(pid) = members.get(next).copied() {
        next += 1;
        for (thread, _) in threads(pid) {
            let children = read(pid, &format!("task/{thread}/children"));
            let children = children.split_ascii_whitespace();
            members.extend(children.filter_map(|child| child.parse::<u32>().ok()));
        }
    }
    members
}

/// Living threads with their nanoseconds on a processor.
fn threads(pid: u32) -> Vec<(u32, u64)> {
    let Ok(listing) = fs::read_dir(format!("/proc/{pid}/task")) else {
        return Vec::new();
    };
    let thread = |entry: fs::DirEntry| {
        let name = entry.file_name();
        let number: u32 = name.to_str()?.parse().ok()?;
        let times = fs::read_to_string(entry.path().join("schedstat")).ok()?;
        let spent = times.split_ascii_whitespace().next()?.parse().ok()?;
        Some((number, spent))
    };
    listing.filter_map(|entry| thread(entry.ok()?)).collect()
}

/// A file of a process; empty if it is gone or not for us.
pub(crate) fn read(pid: u32, file: &str) -> String {
    fs::read_to_string(format!("/proc/{pid}/{file}")).unwrap_or_default()
}

/// `utime` and `stime` of a line of `stat`, together.
pub(crate) fn ticks(stat: &str) -> Option<u64> {
    let (_, after_name) = stat.rsplit_once(") ")?;
    let mut fields = after_name.split(' ').skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(user + system)
}

/// The figure of a line `Name:   12 kB`, in bytes.
pub(crate) fn kibibytes(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    let kibibytes: u64 = line.trim().trim_end_matches(" kB").parse().ok()?;
    Some(kibibytes * 1024)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::process::Command;

    use super::*;

    #[test]
    fn figures_of_proc() {
        let stat = "7 (a) b) S 1 7 7 0 -1 4194560 1 2 3 4 150 25 9 9 20 0 1 0 100 1 1";
        assert_eq!(ticks(stat), Some(175));
        assert_eq!(ticks("7 (a"), None);
        assert_eq!(
            kibibytes("Rss: 9 kB\nPss:      12 kB\n", "Pss:"),
            Some(12_288)
        );
        assert_eq!(kibibytes("Rss: 9 kB\n", "Pss:"), None);
    }

    #[test]
    fn ended_threads_are_not_forgotten() {
        let spent = Spent {
            by_thread: [(1, 5_000_000), (2, 1_000_000)].into(),
            ticks: 3,
        };
        assert_eq!(spent.nanoseconds(), 30_000_000);
        assert_eq!(Spent { ticks: 0, ..spent }.nanoseconds(), 6_000_000);
    }

    #[test]
    fn children_are_counted_too() {
        let script = "i=0; while [ $i -lt 60000 ]; do i=$((i+1)); done & sleep 30; wait";
        let mut running = Running::start(Command::new("sh").args(["-c", script])).unwrap();
        let costs = watch(&mut [&mut running], Duration::from_millis(300)).unwrap();
        assert!(costs[0].processes >= 2, "{costs:?}");
        assert!(costs[0].cpu_percent > 0.0, "{costs:?}");
        assert!(
            costs[0].pss_bytes.unwrap() <= costs[0].rss_bytes,
            "{costs:?}"
        );
        assert!(costs[0].peak_rss_bytes >= costs[0].rss_bytes);
        drop(running);
    }
}
