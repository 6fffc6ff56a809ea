//! The cheap figures of one process: `stat`, `schedstat`, `status`, `io` and the descriptor count.
//!
//! `stat` comes first: it says whether the process is still the one that we know. `status` is the
//! dearest to make and changes the least, so it is read only when something that it tells may have
//! changed ([`StatusMark`]); of a process of one thread the same is true of `io` and descriptors. Of kernel threads `stat`, `schedstat` and `status` are read; they have
//! no files, no program and no I/O of their own.

use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;

use model::ProcessState;
use rustix::io::Errno;

use super::facts::{self, Depth};
use super::handles::{HandleBudget, Kind, size_is_count};
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

/// Reads processes of one `/proc`, into one buffer.
#[derive(Debug)]
pub(crate) struct Reader {
    pub(crate) root: ProcRoot,
    pub(crate) handles: HandleBudget,
    pub(crate) buffer: Vec<u8>,
    pub(crate) scratch: Vec<u8>,
    users: Users,
    page_size: u64,
    fds_by_size: bool,
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

impl Reader {
    /// A reader that keeps at most `handles` files open.
    pub(crate) fn new(root: ProcRoot, handles: usize) -> Self {
        Self {
            fds_by_size: size_is_count(root.folder()),
            users: Users::read(&root),
            root,
            handles: HandleBudget::new(handles),
            buffer: vec![0; 64 * 1024],
            scratch: Vec::new(),
            page_size: rustix::param::page_size() as u64,
        }
    }

    /// Reads the cheap figures; with `facts` also what the process is, and what was refused before
    /// is tried again. A process that is not known yet gets everything. One that cannot be read for
    /// want of descriptors keeps the figures that it has.
    pub(crate) fn read(
        &mut self,
        process: &mut Tracked,
        facts: Option<Depth>,
        boot_ns: u64,
    ) -> Found {
        let known = process.known;
        let facts = if known { facts } else { Some(Depth::All) };
        match self.try_read(process, facts, boot_ns) {
            Ok(found) => found,
            // That we are short of descriptors says nothing about the process.
            Err(Errno::MFILE | Errno::NFILE | Errno::NOMEM) if known => {
                self.handles.exhausted = true;
                Found::Alive
            }
            Err(_) => Found::Gone,
        }
    }

    fn try_read(
        &mut self,
        process: &mut Tracked,
        mut facts: Option<Depth>,
        boot_ns: u64,
    ) -> Result<Found, Errno> {
        if facts.is_some() {
            process.forget_refusals();
        }
        let kinds = if process.kernel_thread {
            &OF_KERNEL_THREADS[..]
        } else {
            &OF_PROCESSES[..]
        };
        // Opened before `stat` is read: if that then still answers for the process that we know,
        // the folder belongs to it as well.
        let mut folder: Option<OwnedFd> = None;
        if facts.is_some() || !process.handles.ready(kinds) {
            folder = Some(self.root.process(process.pid())?);
        }
        let below = folder.as_ref().map(AsFd::as_fd);
        let text = process
            .handles
            .read(Kind::Stat, below, &mut self.handles, &mut self.buffer)?;
        let now = stat(text).ok_or(Errno::NOENT)?;
        if process.known && now.start_ticks != process.sample.id.start_ticks {
            return Ok(Found::Replaced);
        }
        process.known = true;
        process.touched = false;
        process.kernel_thread = now.is_kernel_thread();
        process.sample.id.start_ticks = now.start_ticks;
        process.sample.boot_ns = boot_ns;
        if now.state == b'D' && process.facts_at > 0 {
            // Somebody who waits for a device may hold the lock of the memory that its command line
            // is in: we would wait with it, for as long as a dead disk does. What is known must do.
            facts = None;
        } else if notice_change(process, &now) && !process.kernel_thread {
            facts = Some(Depth::All);
            process.forget_refusals();
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
        if facts.is_some() && folder.is_none() {
            folder = Some(self.root.process(process.pid())?);
            let text =
                process
                    .handles
                    .read(Kind::Stat, None, &mut self.handles, &mut self.buffer)?;
            if stat(text).is_none_or(|again| again.start_ticks != process.sample.id.start_ticks) {
                return Ok(Found::Gone);
            }
        }
        let slept = self.read_status(process, folder.as_ref(), mark, facts.is_some());
        // A process of one thread that has not run has read, written, opened and closed nothing.
        let did_nothing = slept && process.sample.counters.threads == 1;
        if !process.kernel_thread && !did_nothing {
            self.read_io_and_fds(process, folder.as_ref());
        }
        if let (Some(depth), Some(folder)) = (facts, &folder) {
            self.read_facts(process, folder, depth, boot_ns);
        }
        Ok(Found::Alive)
    }

    /// Returns whether the main thread has slept since the last time, so that nothing was read.
    fn read_status(
        &mut self,
        process: &mut Tracked,
        folder: Option<&OwnedFd>,
        mut mark: StatusMark,
        anew: bool,
    ) -> bool {
        let below = folder.map(AsFd::as_fd);
        let schedule = process
            .handles
            .read(Kind::Schedstat, below, &mut self.handles, &mut self.buffer)
            .ok()
            .and_then(schedstat);
        process.sample.counters.run_delay_ns = schedule.map(|s| s.delay_ns);
        mark.schedule = schedule.unwrap_or_default();
        if !anew && schedule.is_some() && process.status == Some(mark) {
            return true;
        }
        process.status = None;
        let read = process
            .handles
            .read(Kind::Status, below, &mut self.handles, &mut self.buffer)
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
            process.forget_refusals();
        }
        false
    }

    fn read_io_and_fds(&mut self, process: &mut Tracked, folder: Option<&OwnedFd>) {
        let below = folder.map(AsFd::as_fd);
        process.sample.counters.io = process
            .handles
            .read(Kind::Io, below, &mut self.handles, &mut self.buffer)
            .ok()
            .and_then(crate::parse::io::io);
        process.sample.counters.fd_total = process
            .handles
            .count_fds(
                below,
                self.fds_by_size,
                &mut self.handles,
                &mut self.scratch,
            )
            .ok();
    }

    fn read_facts(&mut self, process: &mut Tracked, folder: &OwnedFd, depth: Depth, boot_ns: u64) {
        let folder = folder.as_fd();
        process.facts_at = boot_ns;
        process.sample.counters.oom_score = facts::oom_score(folder, &mut self.buffer);
        let zombie = process.sample.counters.state == ProcessState::Zombie;
        // What a process was is worth keeping when it has ended; only its name can still be read.
        let line = process.sample.facts.cmdline.as_ref();
        if zombie && line.is_some_and(|line| !line.is_empty()) {
            return;
        }
        let (read, refused) = facts::read(
            folder,
            process.comm.as_bytes(),
            depth,
            process.kernel_thread || zombie,
            &process.sample.facts,
            &mut self.buffer,
        );
        process.facts_refused = refused;
        if read != *process.sample.facts {
            process.sample.facts = Arc::new(read);
        }
    }
}

/// Has it executed a program or been renamed since the last time? It is remembered either way.
fn notice_change(process: &mut Tracked, now: &Stat<'_>) -> bool {
    let (program, comm) = (ProgramMark::of(now), Comm::new(now.comm));
    let renamed = comm != process.comm;
    let changed = renamed || program != process.program || process.executed;
    process.program = program;
    process.comm = comm;
    process.executed = false;
    // A worker of the kernel is renamed often, and has no other facts that would change.
    if renamed && process.kernel_thread {
        Arc::make_mut(&mut process.sample.facts).comm = facts::text(comm.as_bytes());
    }
    changed
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
