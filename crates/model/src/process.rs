//! A process as it is judged: its sample, and rates against an earlier one.

use serde::{Deserialize, Serialize};

use crate::{OpenFiles, ProcessId, Sample};

/// Rates between two samples of one process; all `None` at its first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Usage {
    /// CPU time over time passed, percent of one processor: 100 is one of them all the time.
    pub cpu_percent: Option<f64>,
    /// Bytes a second fetched from storage.
    pub read_bytes_per_second: Option<f64>,
    /// Bytes a second sent to storage.
    pub write_bytes_per_second: Option<f64>,
    /// Share of the time spent ready but waiting for a processor, percent.
    pub run_delay_percent: Option<f64>,
}

/// A process at one moment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Process {
    /// Raw figures.
    pub sample: Sample,
    /// Rates.
    #[serde(default)]
    pub usage: Usage,
}

impl Process {
    /// Process id.
    pub fn pid(&self) -> u32 {
        self.sample.id.pid
    }

    /// Parent's id; 0 for none that we can see.
    pub fn ppid(&self) -> u32 {
        self.sample.counters.ppid
    }

    /// Identity.
    pub fn id(&self) -> ProcessId {
        self.sample.id
    }

    /// Name of the main thread.
    pub fn comm(&self) -> &str {
        &self.sample.facts.comm
    }

    /// Arguments, program first; empty if there are none or they are unreadable.
    pub fn argv(&self) -> &[String] {
        self.sample.facts.cmdline.as_deref().unwrap_or_default()
    }

    /// Open files, if they were read.
    pub fn files(&self) -> Option<&OpenFiles> {
        self.sample.files.as_ref()?.value.as_deref()
    }

    /// Proportional memory in bytes, if it was read.
    pub fn pss_bytes(&self) -> Option<u64> {
        Some(self.sample.memory.as_ref()?.value?.pss_bytes)
    }

    /// A kernel thread: a child of `kthreadd`, or that itself.
    pub fn is_kernel_thread(&self) -> bool {
        self.pid() == 2 || (self.ppid() == 2 && self.sample.counters.vms_bytes == 0)
    }
}
