//! The machine that was read, the moment of the reading, and what could not be read.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What does not change between two readings of one boot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Host {
    /// Host name as the kernel knows it.
    pub name: String,
    /// `/proc/sys/kernel/random/boot_id`: stored identities are worth nothing in another boot.
    pub boot_id: String,
    /// Kernel release, such as `6.18.44`.
    pub kernel: String,
    /// Clock ticks a second (`sysconf(_SC_CLK_TCK)`), the unit of CPU and start times.
    pub ticks_per_second: u64,
    /// Bytes of a memory page.
    pub page_size: u64,
    /// Memory of the machine in bytes; `None` if `/proc/meminfo` could not be read.
    pub memory_bytes: Option<u64>,
    /// Online processors.
    pub cpus: u32,
}

/// One moment on both clocks: the wall clock for people, the boot clock for differences.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// Wall clock.
    pub wall: Timestamp,
    /// Nanoseconds since boot, suspended time included (`CLOCK_BOOTTIME`).
    pub boot_ns: u64,
}

impl Moment {
    /// Seconds from a start time in ticks until this moment; never below zero.
    pub fn age_of(&self, start_ticks: u64, host: &Host) -> f64 {
        let now = self.boot_ns as f64 / 1e9;
        (now - start_ticks as f64 / host.ticks_per_second.max(1) as f64).max(0.0)
    }

    /// The wall-clock time of a start time in ticks, to a tick.
    pub fn wall_of(&self, start_ticks: u64, host: &Host) -> Timestamp {
        let age = std::time::Duration::from_secs_f64(self.age_of(start_ticks, host));
        self.wall.checked_sub(age).unwrap_or(Timestamp::UNIX_EPOCH)
    }
}

/// Something that cannot be seen on this machine, or not as this user: said once, the rest works.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
pub struct Unavailable {
    /// What is missing, in a few words: `kernel process events`.
    pub what: String,
    /// Why, and how many processes or files it concerns where that is known.
    pub why: String,
    /// What would make it available; empty if nothing can.
    pub remedy: String,
}
