//! What it costs to keep many servers that are quiet: processor time and memory of the keeper itself,
//! without those of the servers.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use super::keepers::{Kind, Server};
use crate::bench::strays::Mark;
use crate::bench::{cpu, family, workshop};

/// Nanoseconds of a clock tick (`times(2)`).
const TICK_NS: u64 = 10_000_000;

const START_WITHIN: Duration = Duration::from_mins(4);

/// What one keeper costs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cost {
    pub(super) kind: Kind,
    pub(super) servers: usize,
    pub(super) cpu_percent: f64,
    pub(super) resident: u64,
    pub(super) proportional: u64,
}

/// How long.
#[derive(Clone, Copy, Debug)]
pub(super) struct Times {
    pub(super) settle: Duration,
    pub(super) measured: Duration,
}

pub(super) fn measure(
    kind: Kind,
    count: usize,
    times: Times,
    folder: &Path,
    mark: &Mark,
) -> Result<Cost> {
    eprintln!("{count} servers under {}", kind.name());
    let program = workshop::release().join("mcp-server").display().to_string();
    let servers: Vec<Server> = (0..count)
        .map(|number| Server {
            name: format!("quiet-{number}"),
            command: vec![program.clone(), "--max-lifetime=1800".to_owned()],
            autostart: true,
            pids_max: None,
            stops_quickly: false,
        })
        .collect();
    let keeper = kind.start(folder, &servers, mark)?;
    let begin = Instant::now();
    while running(mark) < count {
        ensure!(
            begin.elapsed() < START_WITHIN,
            "{} of {count} servers came up",
            running(mark)
        );
        thread::sleep(Duration::from_millis(500));
    }
    thread::sleep(times.settle);
    let pid = keeper.pid()?;
    let before = (Instant::now(), Spent::of(pid)?);
    thread::sleep(times.measured);
    let (passed, spent) = (before.0.elapsed(), Spent::of(pid)?.since(before.1));
    ensure!(
        running(mark) == count,
        "{} servers are left of {count}",
        running(mark)
    );
    let rollup = family::read(pid, "smaps_rollup");
    let cost = Cost {
        kind,
        servers: count,
        cpu_percent: spent as f64 / passed.as_nanos() as f64 * 100.0,
        resident: cpu::resident(pid).unwrap_or(0),
        proportional: family::kibibytes(&rollup, "Pss:").unwrap_or(0),
    };
    drop(keeper);
    Ok(cost)
}

/// Servers that run.
fn running(mark: &Mark) -> usize {
    let is_server = |pid: &u32| {
        fs::read_link(format!("/proc/{pid}/exe")).is_ok_and(|path| path.ends_with("mcp-server"))
    };
    mark.bearers().iter().filter(|pid| is_server(pid)).count()
}

/// Processor time so far: of living threads to the nanosecond, and of all that ever were in ticks.
#[derive(Clone, Copy, Debug)]
struct Spent {
    nanoseconds: u64,
    ticks: u64,
}

impl Spent {
    fn of(pid: u32) -> Result<Self> {
        Ok(Self {
            nanoseconds: cpu::nanoseconds(pid)?,
            ticks: family::ticks(&family::read(pid, "stat")).unwrap_or(0),
        })
    }

    /// The larger of the two: threads that have ended take their nanoseconds with them.
    fn since(self, before: Self) -> u64 {
        let ticks = self.ticks.saturating_sub(before.ticks) * TICK_NS;
        self.nanoseconds
            .saturating_sub(before.nanoseconds)
            .max(ticks)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ended_threads_are_in_the_ticks() {
        let spent = |nanoseconds, ticks| Spent { nanoseconds, ticks };
        assert_eq!(spent(7_000_000, 0).since(spent(2_000_000, 0)), 5_000_000);
        assert_eq!(spent(1_000_000, 9).since(spent(2_000_000, 4)), 50_000_000);
    }
}
