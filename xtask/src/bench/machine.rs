//! The machine, and how busy it was.

use std::fs;
use std::thread::available_parallelism;

/// Processors and kernel, in words.
pub(crate) fn words() -> String {
    let processors = available_parallelism().map_or(0, usize::from);
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    format!("{processors} processors, Linux {}", kernel.trim())
}

/// Time that the processors have been busy and idle since the machine started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Busy {
    busy: u64,
    idle: u64,
}

impl Busy {
    /// Until now; nothing where the kernel does not say.
    pub(crate) fn now() -> Self {
        Self::of(&fs::read_to_string("/proc/stat").unwrap_or_default())
    }

    /// The first line of `/proc/stat`: user, nice, system, idle, iowait, irq, softirq, steal.
    fn of(stat: &str) -> Self {
        let line = stat.lines().next().unwrap_or_default();
        let times: Vec<u64> = line
            .split_ascii_whitespace()
            .skip(1)
            .take(8)
            .map_while(|time| time.parse().ok())
            .collect();
        let idle = times.iter().skip(3).take(2).sum();
        Self {
            busy: times.iter().sum::<u64>() - idle,
            idle,
        }
    }

    /// Percent of all processors together that were busy since an earlier moment.
    pub(crate) fn percent_since(self, before: Self) -> f64 {
        let busy = self.busy.saturating_sub(before.busy);
        let idle = self.idle.saturating_sub(before.idle);
        busy as f64 * 100.0 / (busy + idle).max(1) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn share_of_busy_time() {
        let before = Busy::of("cpu  100 0 50 1000 10 0 5 0 0 0\ncpu0 1 1 1 1\n");
        assert_eq!(
            before,
            Busy {
                busy: 155,
                idle: 1010
            }
        );
        let after = Busy::of("cpu  120 0 55 1070 10 0 10 0 0 0\n");
        assert!((after.percent_since(before) - 30.0).abs() < 1e-9);
        assert!(Busy::of("").percent_since(before).abs() < 1e-9);
    }
}
