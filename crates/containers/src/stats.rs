//! What a container uses: counters as the engine reads them from its control group, and rates between
//! two of such readings.
//!
//! The engine is asked for one reading at once (`one-shot`), not for its own pair, which would take it a
//! second each. Memory is counted as `docker stats` does: without the file cache that the kernel gives
//! back first, which is `total_inactive_file` on control groups v1 and `inactive_file` on v2.

mod parse;

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::clock;
use crate::engine::{Engine, EngineError, encoded};
pub use parse::parse;

/// One reading. What the engine did not say is `None`, never zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stats {
    /// When it was read, by the engine's clock; ours if the engine does not say.
    pub at: Timestamp,
    /// CPU time used since its start, nanoseconds.
    pub cpu_ns: Option<u64>,
    /// Memory without the cache that is given back first, bytes.
    pub memory_bytes: Option<u64>,
    /// Most memory that it may use, bytes; the machine's where it has no limit of its own.
    pub memory_limit_bytes: Option<u64>,
    /// Bytes received over all its networks; `None` where it shares the host's.
    pub received_bytes: Option<u64>,
    /// Bytes sent.
    pub sent_bytes: Option<u64>,
    /// Bytes read from storage.
    pub read_bytes: Option<u64>,
    /// Bytes written to storage.
    pub written_bytes: Option<u64>,
    /// Tasks: processes and their threads.
    pub pids: Option<u64>,
    /// Most tasks; `None` for no limit.
    pub pids_limit: Option<u64>,
    /// Times that it was held back for want of CPU time, since its start.
    pub throttled: Option<u64>,
}

/// Rates between two readings; `None` where one of them lacks the counter or it went back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Rates {
    /// CPU, percent of one processor: 200 is two of them all the time.
    pub cpu_percent: Option<f64>,
    /// Bytes a second received.
    pub received_per_second: Option<f64>,
    /// Bytes a second sent.
    pub sent_per_second: Option<f64>,
    /// Bytes a second read from storage.
    pub read_per_second: Option<f64>,
    /// Bytes a second written to storage.
    pub written_per_second: Option<f64>,
}

impl Rates {
    /// Between an earlier reading and a later one of the same run of a container.
    pub fn between(previous: &Stats, now: &Stats) -> Self {
        let seconds = now.at.duration_since(previous.at).as_secs_f64();
        if seconds <= 0.0 {
            return Self::default();
        }
        let rate = |counter: fn(&Stats) -> Option<u64>| {
            // A counter that went back is of another run.
            let gained = counter(now)?.checked_sub(counter(previous)?)?;
            Some(gained as f64 / seconds)
        };
        Self {
            cpu_percent: rate(|stats| stats.cpu_ns).map(|ns| ns / 1e9 * 100.0),
            received_per_second: rate(|stats| stats.received_bytes),
            sent_per_second: rate(|stats| stats.sent_bytes),
            read_per_second: rate(|stats| stats.read_bytes),
            written_per_second: rate(|stats| stats.written_bytes),
        }
    }
}

/// One reading of one container; nothing if it does not run.
///
/// # Errors
/// The engine did not answer in time, or knows no such container.
pub async fn read(
    engine: &Engine,
    id: &str,
    deadline: Duration,
) -> Result<Option<Stats>, EngineError> {
    let path = format!(
        "/containers/{}/stats?stream=false&one-shot=true",
        encoded(id)
    );
    match engine.read(&path, deadline).await {
        Ok(answer) => parse(&answer, clock::now()),
        // Podman refuses where Docker answers with nothing in it.
        Err(error) if error.status() == Some(409) => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn at(second: i64) -> Stats {
        Stats {
            at: Timestamp::from_second(second).unwrap(),
            ..Stats::default()
        }
    }

    #[test]
    fn half_a_processor() {
        let before = Stats {
            cpu_ns: Some(1_000_000_000),
            received_bytes: Some(100),
            ..at(10)
        };
        let now = Stats {
            cpu_ns: Some(2_000_000_000),
            received_bytes: Some(50),
            sent_bytes: Some(7),
            ..at(12)
        };
        let rates = Rates::between(&before, &now);
        assert_eq!(rates.cpu_percent, Some(50.0));
        assert_eq!(rates.received_per_second, None, "the counter went back");
        assert_eq!(rates.sent_per_second, None, "there was none before");
    }

    #[test]
    fn no_time_no_rates() {
        let one = Stats {
            cpu_ns: Some(1),
            ..at(10)
        };
        assert_eq!(Rates::between(&one, &one), Rates::default());
        assert_eq!(Rates::between(&at(11), &at(10)), Rates::default());
    }
}
