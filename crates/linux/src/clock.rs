//! The only place that reads clocks: everything else is told the time.

use jiff::Timestamp;
use model::Moment;
use rustix::time::{ClockId, Timespec, clock_gettime};

/// The present moment on both clocks.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the edge where clocks are read"
)]
pub fn now() -> Moment {
    Moment {
        wall: Timestamp::now(),
        boot_ns: boot_ns(),
    }
}

/// Nanoseconds since boot, suspended time included (`CLOCK_BOOTTIME`).
pub fn boot_ns() -> u64 {
    nanoseconds(clock_gettime(ClockId::Boottime))
}

/// Nanoseconds of a clock that stands while the machine sleeps (`CLOCK_MONOTONIC`): for time-outs.
pub fn monotonic_ns() -> u64 {
    nanoseconds(clock_gettime(ClockId::Monotonic))
}

/// CPU time that the calling thread has used, nanoseconds.
pub fn thread_cpu_ns() -> u64 {
    nanoseconds(clock_gettime(ClockId::ThreadCPUTime))
}

/// CPU time that all threads of this process have used, nanoseconds.
pub fn process_cpu_ns() -> u64 {
    nanoseconds(clock_gettime(ClockId::ProcessCPUTime))
}

fn nanoseconds(time: Timespec) -> u64 {
    let part = |value: i64| u64::try_from(value).unwrap_or(0);
    part(time.tv_sec) * 1_000_000_000 + part(time.tv_nsec)
}

#[cfg(test)]
mod tests {
    #[test]
    fn clocks_advance() {
        let (boot, thread, process) = (
            super::boot_ns(),
            super::thread_cpu_ns(),
            super::process_cpu_ns(),
        );
        assert!(super::boot_ns() >= boot && boot > 0);
        assert!(super::thread_cpu_ns() >= thread);
        assert!(super::process_cpu_ns() >= process);
    }
}
