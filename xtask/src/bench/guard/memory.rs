//! What something costs that stands in front of an idle server: its own memory, alone and fifty times.
//!
//! *Private* is what nobody else has (`Private_Clean` and `Private_Dirty` of `/proc/PID/smaps_rollup`). Alone
//! that includes the parts of its program's file that it has read (clean): the kernel can drop those at any
//! moment and read them again, and where several run they share them. *Dirty* is what it cannot drop:
//! anonymous memory, and what was written to. Memory of the server does not count.

use std::fs;
use std::thread;
use std::time::Duration;

use anyhow::{Result, ensure};

use super::fronts::{Front, Running, server};
use super::talk;
use crate::bench::family::{kibibytes, members, read};
use crate::bench::strays::Mark;

/// How long a front is left alone after its start.
const SETTLE: Duration = Duration::from_millis(500);

/// Memory of processes, bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Memory {
    pub(super) processes: usize,
    pub(super) private: u64,
    pub(super) dirty: u64,
    pub(super) proportional: u64,
    pub(super) resident: u64,
}

/// What one front needs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Needs {
    pub(super) front: Front,
    /// One, and no other of its kind.
    pub(super) alone: Memory,
    /// So many.
    pub(super) many: usize,
    /// All of them together.
    pub(super) together: Memory,
}

pub(super) fn measure(front: Front, many: usize, mark: &Mark) -> Result<Needs> {
    eprintln!("memory of {}", front.name);
    Ok(Needs {
        front,
        alone: of(front, 1, mark)?,
        many,
        together: of(front, many, mark)?,
    })
}

fn of(front: Front, count: usize, mark: &Mark) -> Result<Memory> {
    let mut running = (0..count)
        .map(|_| {
            let mut running = front.start(&server(), mark)?;
            talk::initialize(&mut running)?;
            Ok(running)
        })
        .collect::<Result<Vec<Running>>>()?;
    thread::sleep(SETTLE);
    let mut memory = Memory::default();
    for one in &running {
        for pid in members(one.child.id())
            .into_iter()
            .filter(|pid| !is_server(*pid))
        {
            memory = memory.and(Memory::of(&read(pid, "smaps_rollup")));
        }
    }
    for one in running.drain(..) {
        one.end()?;
    }
    ensure!(memory.resident > 0, "its memory cannot be read");
    Ok(memory)
}

/// Whether it is the server that the front stands before.
fn is_server(pid: u32) -> bool {
    fs::read_link(format!("/proc/{pid}/exe")).is_ok_and(|path| path.ends_with("mcp-server"))
}

impl Memory {
    /// Of one process, by its `smaps_rollup`.
    fn of(rollup: &str) -> Self {
        let mapped = |name| kibibytes(rollup, name).unwrap_or(0);
        Self {
            processes: 1,
            private: mapped("Private_Clean:") + mapped("Private_Dirty:"),
            dirty: mapped("Private_Dirty:"),
            proportional: mapped("Pss:"),
            resident: mapped("Rss:"),
        }
    }

    fn and(self, other: Self) -> Self {
        Self {
            processes: self.processes + other.processes,
            private: self.private + other.private,
            dirty: self.dirty + other.dirty,
            proportional: self.proportional + other.proportional,
            resident: self.resident + other.resident,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_of_the_kernel() {
        let rollup = "Rss:  4000 kB\nPss:  1500 kB\nPss_Anon: 7 kB\nShared_Clean: 2000 kB\n\
                      Private_Clean:  300 kB\nPrivate_Dirty:  200 kB\n";
        let one = Memory::of(rollup);
        let expected = Memory {
            processes: 1,
            private: 500 << 10,
            dirty: 200 << 10,
            proportional: 1500 << 10,
            resident: 4000 << 10,
        };
        assert_eq!(one, expected);
        assert_eq!(one.and(one).private, 1000 << 10);
        assert_eq!(Memory::of("").resident, 0);
    }
}
