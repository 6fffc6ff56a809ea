//! The cheap figures of one process: `stat`, `schedstat`, `status`, `io` and the descriptor count.
//!
//! `stat` comes first: it says whether the process is still the one that we know. `status` is the
//! dearest to make and changes the least, so it is read only when something that it tells may have
//! changed ([`StatusMark`]). Of kernel threads `stat`, `schedstat` and `status` are read; they have
//! no files, no program and no I/O of their own.

use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;

use model::ProcessState;
use rustix::io::Errno;

use super::facts;
use super::handles::{HandleBudget, Kind};
use super::tracked::{Comm, ProgramMark, StatusMark, Tracked};
use crate::ProcRoot;
use crate::parse::schedstat::{Schedstat, schedstat};
use crate::parse::stat::{Stat, stat};
use crate::parse::status::status;
use crate::users::Users;

const OF_PROCESSES: [Kind; 5] = [
    Kind::Stat,
    Kind::Schedstat,
    Kind::Status,
    Kind::Io,
    Kind::Fds,
];
const OF_KERNEL_THREADS: [Kind; 3] = [Kind::Stat, Kind::Schedstat, Kind::Status];

/// What all readings share.
pub(crate) struct Reader<'a> {
    pub(crate) root: &'a ProcRoot,
    pub(crate) handles: &'a mut HandleBudget,
    pub(crate) users: &'a Users,
    pub(crate) buffer: &'a mut [u8],
    pub(crate) scratch: &'a mut Vec<u8>,
    pub(crate) page_size: u64,
    pub(crate) fds_by_size: bool,
}

/// What a reading found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    Alive,
    /// It has ended, or cannot be seen any more.
    Gone,
    /// Its pid belongs to another process.
    Replaced,
}

impl Reader<'_> {
    /// Reads the cheap figures; with `facts` also what the process is, and what was refused before
    /// is tried again. A process that is not known yet gets everything.
    pub(crate) fn read(&mut self, process: &mut Tracked, facts: bool, boot_ns: u64) -> Found {
        self.try_read(process, facts || !process.known, boot_ns)
            .unwrap_or(Found::Gone)
    }

    fn try_read(
        &mut self,
        process: &mut Tracked,
        mut facts: bool,
        boot_ns: u64,
    ) -> Result<Found, Errno> {
        if facts {
            process.handles.forget_refusals();
            for sampled in &mut process.sampled {
                sampled.refused = false;
            }
        }
        let kinds = if process.kernel_thread {
            &OF_KERNEL_THREADS[..]
        } else {
            &OF_PROCESSES[..]
        };
        // Opened before `stat` is read: if that then still answers for the process that we know,
        // the folder belongs to it as well.
        let mut folder: Option<OwnedFd> = None;
        if facts || !process.handles.ready(kinds) {
            folder = Some(self.root.process(process.pid())?);
        }
        let below = folder.as_ref().map(AsFd::as_fd);
        let text = process
            .handles
            .read(Kind::Stat, below, self.handles, self.buffer)?;
        let now = stat(text).ok_or(Errno::NOENT)?;
        if process.known && now.start_ticks != process.sample.id.start_ticks {
            return Ok(Found::Replaced);
        }
        process.known = true;
        process.touched = false;
        process.kernel_thread = now.is_kernel_thread();
        process.sample.id.start_ticks = now.start_ticks;
        process.sample.boot_ns = boot_ns;
        let program = ProgramMark::of(&now);
        let comm = Comm::new(now.comm);
        let named = comm == process.comm;
        if (!named || program != process.program || process.executed) && !process.kernel_thread {
            facts = true;
        }
        process.program = program;
        process.executed = false;
        if !named {
            process.comm = comm;
            // A worker of the kernel is renamed often, and has no other facts that would change.
            if process.kernel_thread {
                Arc::make_mut(&mut process.sample.facts).comm = facts::text(comm.as_bytes());
            }
        }
        set_counters(process, &now, self.page_size);
        let mark = StatusMark {
            schedule: Schedstat::default(),
            rss_pages: now.rss_pages,
            vms_bytes: now.vms_bytes,
            minor_faults: now.minor_faults,
            major_faults: now.major_faults,
            state: now.state,
        };
        if facts && folder.is_none() {
            folder = Some(self.root.process(process.pid())?);
            let text = process
                .handles
                .read(Kind::Stat, None, self.handles, self.buffer)?;
            if stat(text).is_none_or(|again| again.start_ticks != process.sample.id.start_ticks) {
                return Ok(Found::Gone);
            }
        }
        self.read_status(process, folder.as_ref(), mark, facts);
        if !process.kernel_thread {
            self.read_io_and_fds(process, folder.as_ref());
        }
        if facts && let Some(folder) = &folder {
            self.read_facts(process, folder, comm.as_bytes(), boot_ns);
        }
        Ok(Found::Alive)
    }

    fn read_status(
        &mut self,
        process: &mut Tracked,
        folder: Option<&OwnedFd>,
        mut mark: StatusMark,
        anew: bool,
    ) {
        let below = folder.map(AsFd::as_fd);
        let schedule = process
            .handles
            .read(Kind::Schedstat, below, self.handles, self.buffer)
            .ok()
            .and_then(schedstat);
        process.sample.counters.run_delay_ns = schedule.map(|s| s.delay_ns);
        mark.schedule = schedule.unwrap_or_default();
        if !anew && schedule.is_some() && process.status == Some(mark) {
            return;
        }
        process.status = None;
        let read = process
            .handles
            .read(Kind::Status, below, self.handles, self.buffer)
            .map(status)
            .unwrap_or_default();
        let counters = &mut process.sample.counters;
        counters.shared_bytes = read.shared_bytes();
        counters.swap_bytes = read.swap_bytes;
        counters.voluntary_switches = read.voluntary_switches;
        counters.involuntary_switches = read.involuntary_switches;
        // A main thread that runs at this moment will be switched away without a new slice.
        if mark.schedule.slices > 0 && mark.state != b'R' && read.state == Some(mark.state) {
            process.status = Some(mark);
        }
        if let Some(uid) = read.uid
            && process.sample.facts.uid != Some(uid)
        {
            let facts = Arc::make_mut(&mut process.sample.facts);
            facts.uid = Some(uid);
            facts.user = self.users.name(uid).map(ToOwned::to_owned);
            // Another user's files may be refused, and ours no longer.
            process.handles.forget_refusals();
        }
    }

    fn read_io_and_fds(&mut self, process: &mut Tracked, folder: Option<&OwnedFd>) {
        let below = folder.map(AsFd::as_fd);
        process.sample.counters.io = process
            .handles
            .read(Kind::Io, below, self.handles, self.buffer)
            .ok()
            .and_then(crate::parse::io::io);
        process.sample.counters.fd_total = process
            .handles
            .count_fds(below, self.fds_by_size, self.handles, self.scratch)
            .ok();
    }

    fn read_facts(&mut self, process: &mut Tracked, folder: &OwnedFd, comm: &[u8], boot_ns: u64) {
        let folder = folder.as_fd();
        process.facts_at = boot_ns;
        process.sample.counters.oom_score = facts::oom_score(folder, self.buffer);
        let zombie = process.sample.counters.state == ProcessState::Zombie;
        // What a process was is worth keeping when it has ended; only its name can still be read.
        if zombie
            && process
                .sample
                .facts
                .cmdline
                .as_ref()
                .is_some_and(|c| !c.is_empty())
        {
            return;
        }
        let (read, refused) = facts::read(
            folder,
            comm,
            process.kernel_thread || zombie,
            &process.sample.facts,
            self.buffer,
        );
        process.facts_refused = refused;
        if read != *process.sample.facts {
            process.sample.facts = Arc::new(read);
        }
    }
}

fn set_counters(process: &mut Tracked, now: &Stat<'_>, page_size: u64) {
    let counters = &mut process.sample.counters;
    counters.state = match ProcessState::from_letter(now.state) {
        // Only its first thread has ended, the others go on: nothing to wait for yet.
        ProcessState::Zombie if now.threads > 1 => ProcessState::Sleeping,
        state => state,
    };
    counters.ppid = now.ppid;
    counters.pgid = now.pgid;
    counters.sid = now.sid;
    counters.tty = now.tty;
    counters.user_ticks = now.user_ticks;
    counters.system_ticks = now.system_ticks;
    counters.minor_faults = now.minor_faults;
    counters.major_faults = now.major_faults;
    counters.threads = now.threads;
    counters.vms_bytes = now.vms_bytes;
    counters.rss_bytes = now.rss_pages.saturating_mul(page_size);
}
