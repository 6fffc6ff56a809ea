//! What a group uses, all its processes together.

use std::time::Duration;

use super::{
    controller::{Controller, Version},
    files,
    group::Group,
};

/// What a group uses; `None` where it is not counted for this group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Memory that is charged to it, bytes: caches of files are in it.
    pub memory: Option<u64>,
    /// Tasks that live: processes and their threads.
    pub tasks: Option<u64>,
    /// Processor time since the group was made.
    pub cpu: Option<Duration>,
}

impl Group {
    /// What it uses now. It reads at most four files.
    pub fn usage(&self) -> Usage {
        Usage {
            memory: self.folder_of(Controller::Memory).and_then(|folder| {
                files::read_number(&folder.path.join(match folder.version {
                    Version::V1 => "memory.usage_in_bytes",
                    Version::V2 => "memory.current",
                }))
            }),
            tasks: self
                .folder_of(Controller::Pids)
                .and_then(|folder| files::read_number(&folder.path.join("pids.current"))),
            cpu: self.cpu_time(),
        }
    }

    /// Every group of version 2 counts it, also where it has no controllers.
    fn cpu_time(&self) -> Option<Duration> {
        let folder = self.folder_of(Controller::CpuAccounting)?;
        match folder.version {
            Version::V1 => {
                files::read_number(&folder.path.join("cpuacct.usage")).map(Duration::from_nanos)
            }
            Version::V2 => {
                let text = files::read_plain(&folder.path.join("cpu.stat")).ok()?;
                files::keyed(&text, "usage_usec").map(Duration::from_micros)
            }
        }
    }
}
