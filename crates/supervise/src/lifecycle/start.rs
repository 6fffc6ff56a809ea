//! Whether a start goes on or hangs.
//!
//! The first start of an `npx` or `uvx` server downloads its package, which takes a minute and more. Ended
//! by a time-out the download is lost, the next start begins it anew, and it never ends. So the time-out
//! counts from the last progress, and a cap bounds the whole.

use serde::{Deserialize, Serialize};

use crate::spec::StartTimes;
use crate::time::after;

/// The least share of the time passed that must be spent computing to be progress: a program that waits
/// wakes up now and then, and uses about a hundredth of this.
const LEAST_CPU_SHARE: f64 = 0.05;
/// Bytes read, written, sent or received that are progress: more than what looking at a clock or a
/// heartbeat makes, less than a second of the slowest download.
const LEAST_BYTES: u64 = 4096;

/// What a tree has done since its start. What could not be read is `None` and counts as nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activity {
    /// When it was read, ns.
    pub at: u64,
    /// Bytes that it wrote to stderr.
    pub stderr_bytes: Option<u64>,
    /// CPU time of all its processes, those that have ended too, ns.
    pub cpu_ns: Option<u64>,
    /// Bytes that it read and wrote, files and sockets (`rchar` and `wchar` of `/proc/PID/io`).
    pub io_bytes: Option<u64>,
    /// Bytes that it sent and received, where those are known.
    pub network_bytes: Option<u64>,
}

impl Activity {
    /// Has it come on since an earlier reading? Any line on stderr, some bytes moved, or a twentieth of a
    /// processor used. Figures that fell (a process ended between the readings) are no progress.
    pub fn has_progressed(&self, earlier: &Self) -> bool {
        let gain = |now: Option<u64>, then: Option<u64>| {
            let gained = now.and_then(|now| now.checked_sub(then.unwrap_or(0)));
            gained.unwrap_or(0)
        };
        let passed = self.at.saturating_sub(earlier.at) as f64;
        let cpu = gain(self.cpu_ns, earlier.cpu_ns) as f64;
        gain(self.stderr_bytes, earlier.stderr_bytes) > 0
            || gain(self.io_bytes, earlier.io_bytes) >= LEAST_BYTES
            || gain(self.network_bytes, earlier.network_bytes) >= LEAST_BYTES
            || (cpu > 0.0 && cpu >= passed * LEAST_CPU_SHARE)
    }
}

/// How long a start has taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct StartClock {
    /// When it was ordered, ns.
    pub(super) began: u64,
    /// When it last came on, ns.
    pub(super) progressed: u64,
}

impl StartClock {
    pub(super) fn new(now: u64) -> Self {
        Self {
            began: now,
            progressed: now,
        }
    }

    /// When it has taken too long.
    pub(super) fn due(&self, times: &StartTimes) -> u64 {
        after(self.progressed, times.quiet).min(after(self.began, times.cap))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn activity(seconds: u64, cpu_ms: u64, io: u64) -> Activity {
        Activity {
            at: seconds * SECOND,
            cpu_ns: Some(cpu_ms * 1_000_000),
            io_bytes: Some(io),
            ..Activity::default()
        }
    }

    #[test]
    fn what_is_progress() {
        let before = activity(10, 500, 100_000);
        let stderr = |bytes| Activity {
            stderr_bytes: bytes,
            ..activity(11, 500, 100_000)
        };
        let network = |bytes| Activity {
            network_bytes: Some(bytes),
            ..activity(11, 500, 100_000)
        };
        for (now, expected, why) in [
            (activity(11, 500, 100_000), false, "nothing happened"),
            (activity(11, 549, 100_000), false, "it woke up"),
            (activity(11, 550, 100_000), true, "it computes"),
            (activity(11, 500, 104_095), false, "a heartbeat"),
            (activity(11, 500, 104_096), true, "it reads or writes"),
            (activity(11, 400, 90_000), false, "a process has ended"),
            (activity(10, 500, 100_000), false, "the same reading"),
            (stderr(Some(1)), true, "a first line"),
            (stderr(None), false, "stderr is not known"),
            (network(5_000), true, "a download"),
            (
                Activity {
                    at: 11 * SECOND,
                    ..Activity::default()
                },
                false,
                "no data",
            ),
        ] {
            assert_eq!(now.has_progressed(&before), expected, "{why}");
        }
    }

    #[test]
    fn progress_moves_the_time_out_up_to_the_cap() {
        let times = StartTimes::default();
        let mut clock = StartClock::new(0);
        assert_eq!(clock.due(&times), 30 * SECOND);
        clock.progressed = 29 * SECOND;
        assert_eq!(clock.due(&times), 59 * SECOND);
        clock.progressed = 599 * SECOND;
        assert_eq!(clock.due(&times), 600 * SECOND);
    }
}
