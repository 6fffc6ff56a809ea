//! The two versions of control groups, and the controllers that we know how to use.

use std::fmt;

/// Which interface a hierarchy has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Version {
    /// One hierarchy for one controller, or for a few that are mounted together.
    V1,
    /// The unified hierarchy.
    V2,
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V1 => "cgroup v1",
            Self::V2 => "cgroup v2",
        })
    }
}

/// A part of the kernel that limits or counts for groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Controller {
    /// Memory and swap.
    Memory,
    /// Tasks: processes and their threads.
    Pids,
    /// Processor time.
    Cpu,
    /// Block devices; `blkio` in version 1.
    Io,
    /// Freezing; a controller in version 1 only, every group of version 2 can do it.
    Freezer,
    /// Counting of processor time; likewise.
    CpuAccounting,
}

impl Controller {
    /// Each of them.
    pub const ALL: [Self; 6] = [
        Self::Memory,
        Self::Pids,
        Self::Cpu,
        Self::Io,
        Self::Freezer,
        Self::CpuAccounting,
    ];

    /// Its name in `cgroup.controllers`, or in the options of a version 1 mount; `None` where that
    /// version has no such controller.
    pub fn name(self, version: Version) -> Option<&'static str> {
        match (self, version) {
            (Self::Memory, _) => Some("memory"),
            (Self::Pids, _) => Some("pids"),
            (Self::Cpu, _) => Some("cpu"),
            (Self::Io, Version::V1) => Some("blkio"),
            (Self::Io, Version::V2) => Some("io"),
            (Self::Freezer, Version::V1) => Some("freezer"),
            (Self::CpuAccounting, Version::V1) => Some("cpuacct"),
            (Self::Freezer | Self::CpuAccounting, Version::V2) => None,
        }
    }
}

impl fmt::Display for Controller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Memory => "memory",
            Self::Pids => "pids",
            Self::Cpu => "cpu",
            Self::Io => "io",
            Self::Freezer => "freezer",
            Self::CpuAccounting => "cpuacct",
        })
    }
}
