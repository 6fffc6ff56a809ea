//! What is kept of one process from pass to pass.

use std::sync::Arc;

use model::{Counters, Facts, ProcessId, ProcessState, Sample};

use super::facts::Depth;
use super::handles::Handles;
use crate::parse::schedstat::Schedstat;
use crate::parse::stat::Stat;

/// A process as it is known so far.
#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent marks, not states of one thing"
)]
pub(crate) struct Tracked {
    /// Latest figures and readings; costly readings keep their value while they are shed.
    pub(crate) sample: Sample,
    /// Files that stay open.
    pub(crate) handles: Handles,
    /// Has it been read at all? Before, `sample` holds the pid only.
    pub(crate) known: bool,
    /// A thread of the kernel.
    pub(crate) kernel_thread: bool,
    /// Read it again at the next pass, wanted or not: an event says that it has changed.
    pub(crate) touched: bool,
    /// An event says that it has executed a program.
    pub(crate) executed: bool,
    /// Number of the pass that read it last.
    pub(crate) read_in: u64,
    /// When its facts were read, nanoseconds since boot.
    pub(crate) facts_at: u64,
    /// Turns that it has had in the slow rotation.
    turns: u8,
    /// Name as the kernel gave it, which need not be UTF-8.
    pub(crate) comm: Comm,
    /// What changes with an exec.
    pub(crate) program: ProgramMark,
    /// What stood when `status` was read.
    pub(crate) status: Option<StatusMark>,
    /// At how many passes in a row its parent was not shown.
    pub(crate) parent_hidden: u8,
    /// Program, working folder or namespaces were refused.
    pub(crate) facts_refused: bool,
    /// What the costly readings depend on.
    pub(crate) sampled: [Sampled; 3],
}

/// Bookkeeping of one kind of costly reading.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sampled {
    /// Figure at the last reading whose change makes the next one more urgent.
    pub(crate) figure: u64,
    /// It was tried at least once.
    pub(crate) taken: bool,
    /// It was refused.
    pub(crate) refused: bool,
}

/// A name without an allocation: up to 15 bytes, of kernel threads up to 63.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Comm {
    bytes: [u8; 64],
    length: u8,
}

impl Comm {
    pub(crate) fn new(comm: &[u8]) -> Self {
        let mut bytes = [0; 64];
        let mut length = 0;
        for (to, from) in bytes.iter_mut().zip(comm) {
            *to = *from;
            length += 1;
        }
        Self { bytes, length }
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length)]
    }
}

/// Changes when a program is executed: addresses are chosen anew, the fork mark goes. All zero but
/// the name where we may not trace the process; then the name must do, and the slow rotation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ProgramMark {
    start_stack: u64,
    arg_start: u64,
    not_executed: bool,
}

impl ProgramMark {
    pub(crate) fn of(stat: &Stat<'_>) -> Self {
        Self {
            start_stack: stat.start_stack,
            arg_start: stat.arg_start,
            not_executed: stat.flags & Stat::NOT_EXECUTED != 0,
        }
    }
}

/// While all of this stands still, so does what `status` tells: the main thread has not run since
/// (its switches), and no page came or went (file pages, swap), but for swapped-out pages that are
/// given up, which the slow rotation finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StatusMark {
    pub(crate) schedule: Schedstat,
    pub(crate) rss_pages: u64,
    pub(crate) vms_bytes: u64,
    pub(crate) minor_faults: u64,
    pub(crate) major_faults: u64,
    pub(crate) state: u8,
}

impl Tracked {
    pub(crate) fn new(pid: u32) -> Self {
        Self {
            sample: Sample {
                id: ProcessId {
                    pid,
                    start_ticks: 0,
                },
                boot_ns: 0,
                facts: Arc::new(Facts::default()),
                counters: no_counters(),
                memory: None,
                files: None,
                connections: None,
            },
            handles: Handles::default(),
            known: false,
            kernel_thread: false,
            touched: false,
            executed: false,
            read_in: 0,
            facts_at: 0,
            turns: 0,
            comm: Comm::new(b""),
            program: ProgramMark::default(),
            status: None,
            parent_hidden: 0,
            facts_refused: false,
            sampled: [Sampled::default(); 3],
        }
    }

    /// What was refused may be allowed by now: it is tried again.
    pub(crate) fn forget_refusals(&mut self) {
        self.handles.forget_refusals();
        for sampled in &mut self.sampled {
            sampled.refused = false;
        }
    }

    /// How much of the facts a turn of the slow rotation reads: limits and namespaces hardly ever
    /// change, so they have every fourth turn.
    pub(crate) fn next_depth(&mut self) -> Depth {
        self.turns = self.turns.wrapping_add(1);
        if self.turns.is_multiple_of(4) {
            Depth::All
        } else {
            Depth::Title
        }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.sample.id.pid
    }
}

fn no_counters() -> Counters {
    Counters {
        state: ProcessState::Unknown,
        ppid: 0,
        pgid: 0,
        sid: 0,
        tty: 0,
        user_ticks: 0,
        system_ticks: 0,
        minor_faults: 0,
        major_faults: 0,
        threads: 0,
        vms_bytes: 0,
        rss_bytes: 0,
        shared_bytes: None,
        swap_bytes: None,
        voluntary_switches: None,
        involuntary_switches: None,
        io: None,
        fd_total: None,
        run_delay_ns: None,
        oom_score: None,
    }
}
