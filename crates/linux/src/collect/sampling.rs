//! Taking costly readings: all that were asked for at once, or as many as the budget pays for.

use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;

use model::{Moment, OpenFiles, ProcessState, Reading};
use rustix::io::Errno;

use super::cheap::Reader;
use super::connections::Networks;
use super::handles::Kind;
use super::meter::Meter;
use super::schedule::{Candidate, Costly, Purse, most_urgent_first};
use super::shed::ShedLevel;
use super::tracked::{Sampled, Tracked};
use super::wants::{Rank, Wants};
use super::{files, memory};
use crate::parse::stat::stat;

/// So many readings are chosen at a time: more are seldom paid for.
const CHOSEN_AT_ONCE: usize = 32;

/// Cost of the readings taken, nanoseconds, by kind.
pub(crate) type Spent = [u64; 3];

/// Takes costly readings.
pub(crate) struct Sampler<'a> {
    pub(crate) reader: &'a mut Reader,
    pub(crate) networks: &'a mut Networks,
    pub(crate) meter: &'a mut dyn Meter,
    pub(crate) candidates: &'a mut Vec<Candidate>,
    pub(crate) open_files_kept: usize,
    /// When the pass began.
    pub(crate) now: Moment,
    pub(crate) spent: Spent,
}

impl Sampler<'_> {
    /// Takes every reading that is wanted of the processes of at least this rank.
    pub(crate) fn take_all(&mut self, tracked: &mut [Tracked], wants: &Wants, least: Rank) {
        // Connections last: they use the open files just read.
        for kind in Costly::ALL {
            let selection = wants.selection(kind);
            if selection.is_none() {
                continue;
            }
            for process in tracked.iter_mut() {
                if selection.rank(process.pid()) >= least && can_be_sampled(process) {
                    self.take(process, kind);
                }
            }
        }
    }

    /// Takes the most urgent readings while the purse has money.
    pub(crate) fn take_affordable(
        &mut self,
        tracked: &mut [Tracked],
        wants: &Wants,
        shed: ShedLevel,
        purse: &mut Purse,
    ) {
        if !purse.has_money() {
            return;
        }
        let mut candidates = std::mem::take(self.candidates);
        candidates.clear();
        gather(&mut candidates, tracked, wants, shed, self.now);
        let mut rest = &mut candidates[..];
        'paid: while !rest.is_empty() {
            let count = CHOSEN_AT_ONCE.min(rest.len());
            for chosen in most_urgent_first(rest, count) {
                if !purse.has_money() {
                    break 'paid;
                }
                if let Some(process) = tracked.get_mut(chosen.process) {
                    purse.pay_costly(self.take(process, chosen.kind));
                }
            }
            rest = &mut rest[count..];
        }
        *self.candidates = candidates;
    }

    /// Takes one reading; returns what it cost.
    fn take(&mut self, process: &mut Tracked, kind: Costly) -> u64 {
        let before = self.meter.cpu_ns();
        let result = match kind {
            Costly::Pss => self.take_memory(process),
            Costly::Files => self.take_files(process),
            Costly::Connections => self.take_connections(process),
        };
        let cost = self.meter.cpu_ns().saturating_sub(before);
        self.spent[kind as usize] += cost;
        process.sampled[kind as usize] = Sampled {
            figure: figure(process, kind),
            taken: true,
            refused: matches!(result, Err(Errno::ACCESS | Errno::PERM | Errno::NOENT)),
        };
        cost
    }

    fn take_memory(&mut self, process: &mut Tracked) -> Result<(), Errno> {
        let folder = self.folder(process)?;
        let value = memory::read(folder.as_fd(), &mut self.reader.buffer);
        process.sample.memory = Some(self.reading(&value));
        value.map(|_| ())
    }

    fn take_files(&mut self, process: &mut Tracked) -> Result<(), Errno> {
        let folder = self.folder(process)?;
        let value = files::read(
            folder.as_fd(),
            self.open_files_kept,
            &mut self.reader.buffer,
            &mut self.reader.scratch,
        )
        .map(|files| shared(files, process.sample.files.as_ref()));
        process.sample.files = Some(self.reading(&value));
        value.map(|_| ())
    }

    fn take_connections(&mut self, process: &mut Tracked) -> Result<(), Errno> {
        // Open files of an earlier pass may name sockets that are gone.
        let files = process.sample.files.as_ref();
        if files.is_none_or(|files| files.boot_ns < self.now.boot_ns) {
            self.take_files(process)?;
        }
        let files = process.sample.files.as_ref();
        let value = match (
            files.and_then(|files| files.value.as_ref()),
            process.sample.facts.net_namespace,
        ) {
            (Some(files), Some(namespace)) => self
                .networks
                .connections(&self.reader.root, process.pid(), namespace, files)
                .ok_or(Errno::ACCESS),
            _ => Err(Errno::ACCESS),
        };
        let value = value.map(|connections| {
            let before = process.sample.connections.as_ref();
            match before.and_then(|reading| reading.value.as_ref()) {
                Some(same) if **same == connections => Arc::clone(same),
                _ => Arc::new(connections),
            }
        });
        process.sample.connections = Some(self.reading(&value));
        value.map(|_| ())
    }

    /// The folder of this very process: `stat` is read after it was opened.
    fn folder(&mut self, process: &mut Tracked) -> Result<OwnedFd, Errno> {
        let folder = self.reader.root.process(process.pid())?;
        let text = process.handles.read(
            Kind::Stat,
            Some(folder.as_fd()),
            &mut self.reader.handles,
            &mut self.reader.buffer,
        )?;
        match stat(text) {
            Some(now) if now.start_ticks == process.sample.id.start_ticks => Ok(folder),
            _ => Err(Errno::SRCH),
        }
    }

    /// What was read, or that it could not be, with its time.
    fn reading<T: Clone>(&mut self, value: &Result<T, Errno>) -> Reading<T> {
        Reading {
            boot_ns: self.meter.boot_ns(),
            value: value.as_ref().ok().cloned(),
        }
    }
}

/// The same files again share what was read before.
fn shared(files: OpenFiles, before: Option<&Reading<Arc<OpenFiles>>>) -> Arc<OpenFiles> {
    match before.and_then(|reading| reading.value.as_ref()) {
        Some(same) if **same == files => Arc::clone(same),
        _ => Arc::new(files),
    }
}

/// Threads of the kernel and ended processes have no memory or files; one that waits for a device
/// may hold the lock of its memory, and we would wait with it.
fn can_be_sampled(process: &Tracked) -> bool {
    let state = process.sample.counters.state;
    process.known
        && !process.kernel_thread
        && !matches!(
            state,
            ProcessState::Zombie | ProcessState::Dead | ProcessState::DiskSleep
        )
}

fn gather(
    candidates: &mut Vec<Candidate>,
    tracked: &[Tracked],
    wants: &Wants,
    shed: ShedLevel,
    now: Moment,
) {
    for kind in Costly::ALL {
        let selection = wants.selection(kind);
        if selection.is_none() || shed.sheds(kind) {
            continue;
        }
        for (at, process) in tracked.iter().enumerate() {
            let rank = selection.rank(process.pid());
            let sampled = &process.sampled[kind as usize];
            if rank == Rank::Out || sampled.refused || !can_be_sampled(process) {
                continue;
            }
            let wanted = rank == Rank::Wanted;
            let age_ns = last_reading(process, kind)
                .filter(|_| sampled.taken)
                .map(|at| now.boot_ns.saturating_sub(at));
            let change = change(sampled.figure, figure(process, kind));
            if age_ns.is_none_or(|age| age >= fresh_ns(wanted, change > 0.0)) {
                candidates.push(Candidate {
                    process: at,
                    kind,
                    wanted,
                    age_ns,
                    change,
                });
            }
        }
    }
}

/// How long a reading counts as fresh: reading it again sooner would tell nothing new.
fn fresh_ns(wanted: bool, changed: bool) -> u64 {
    match (wanted, changed) {
        (true, true) => 900_000_000,
        (true, false) | (false, true) => 5_000_000_000,
        (false, false) => 15_000_000_000,
    }
}

fn last_reading(process: &Tracked, kind: Costly) -> Option<u64> {
    match kind {
        Costly::Pss => process.sample.memory.as_ref().map(|r| r.boot_ns),
        Costly::Files => process.sample.files.as_ref().map(|r| r.boot_ns),
        Costly::Connections => process.sample.connections.as_ref().map(|r| r.boot_ns),
    }
}

/// The cheap figure that a costly reading goes with.
fn figure(process: &Tracked, kind: Costly) -> u64 {
    match kind {
        Costly::Pss => process.sample.counters.rss_bytes,
        Costly::Files | Costly::Connections => {
            process.sample.counters.fd_total.map_or(0, u64::from)
        }
    }
}

fn change(then: u64, now: u64) -> f64 {
    then.abs_diff(now) as f64 / then.max(1) as f64
}
