//! The result of a pass.

use model::{Moment, Sample, Unavailable};

use super::shed::Shed;

/// CPU time of the collecting thread, nanoseconds, in all and by stage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// The whole pass.
    pub cpu_ns: u64,
    /// Listing the pids.
    pub list_ns: u64,
    /// Cheap figures and facts.
    pub counters_ns: u64,
    /// Proportional memory.
    pub pss_ns: u64,
    /// Open files.
    pub files_ns: u64,
    /// Network connections.
    pub connections_ns: u64,
}

impl Cost {
    /// The costly readings together.
    pub fn sampling_ns(&self) -> u64 {
        self.pss_ns + self.files_ns + self.connections_ns
    }
}

/// All processes at one moment.
#[derive(Clone, Debug)]
pub struct Pass {
    /// When the pass began.
    pub moment: Moment,
    /// Samples by pid. One whose `boot_ns` is before the pass was not read again in it.
    pub samples: Vec<Sample>,
    /// What could not be seen.
    pub unavailable: Vec<Unavailable>,
    /// What the pass cost.
    pub cost: Cost,
    /// Which costly readings are given up at present.
    pub shed: Shed,
}
