//! The collector: one pass after the other over one `/proc`.

use model::{Moment, ProcessState, Sample};

use super::cheap::{Found, Reader};
use super::connections::Networks;
use super::handles::{self, HandleBudget};
use super::list::numbered_entries;
use super::meter::{Meter, SystemMeter};
use super::missing::{missing, note_hidden_parents};
use super::options::Options;
use super::pass::{Cost, Pass};
use super::sampling::{Sampler, Spent};
use super::schedule::{Candidate, Costly, Purse};
use super::shed::{Share, Shed, ShedLevel, Shedding};
use super::tracked::Tracked;
use super::visibility::Visibility;
use super::wants::{Rank, Wants};
use crate::ProcRoot;
use crate::events::ProcessEvent;
use crate::users::Users;

/// Facts of a process younger than this are read at nearly every pass: it may still execute its
/// program, or write itself a title.
const YOUNG_NS: u64 = 10_000_000_000;
/// But no more often than this.
const YOUNG_FACTS_NS: u64 = 400_000_000;

/// Reads all processes, pass after pass.
pub struct Collector {
    root: ProcRoot,
    options: Options,
    meter: Box<dyn Meter>,
    handles: HandleBudget,
    users: Users,
    visibility: Visibility,
    networks: Networks,
    /// With a budget: what may be spent, and what is given up.
    limits: Option<(Purse, Shedding)>,
    /// By pid.
    tracked: Vec<Tracked>,
    passes: u64,
    last_at: Option<u64>,
    /// Pid after which the slow rotation of facts goes on.
    rotated_to: u32,
    /// Processes that events say have started.
    started: Vec<u32>,
    list_all: bool,
    page_size: u64,
    tick_ns: u64,
    own_uid: u32,
    fds_by_size: bool,
    buffer: Vec<u8>,
    scratch: Vec<u8>,
    pids: Vec<u32>,
    candidates: Vec<Candidate>,
}

impl Collector {
    /// A collector that has seen nothing yet.
    pub fn new(root: ProcRoot, options: Options) -> Self {
        Self::with_meter(root, options, Box::new(SystemMeter))
    }

    /// The same with clocks of the caller's own.
    pub fn with_meter(root: ProcRoot, options: Options, meter: Box<dyn Meter>) -> Self {
        let room = handles::room(options.raise_descriptor_limit);
        let visibility = Visibility::find(&root);
        let mut scratch = Vec::new();
        Self {
            fds_by_size: handles::size_is_count(root.folder(), &mut scratch),
            users: Users::read(&root),
            handles: HandleBudget::new(options.handles.map_or(room, |most| most.min(room))),
            networks: Networks::new(visibility.net_namespace),
            limits: options.budget.map(|budget| {
                (
                    Purse::new(budget.cpu_share),
                    Shedding::new(budget.cpu_share),
                )
            }),
            root,
            options,
            meter,
            visibility,
            tracked: Vec::new(),
            passes: 0,
            last_at: None,
            rotated_to: 0,
            started: Vec::new(),
            list_all: false,
            page_size: rustix::param::page_size() as u64,
            tick_ns: 1_000_000_000 / rustix::param::clock_ticks_per_second().max(1),
            own_uid: rustix::process::geteuid().as_raw(),
            buffer: vec![0; 64 * 1024],
            scratch,
            pids: Vec::new(),
            candidates: Vec::new(),
        }
    }

    /// The `/proc` that is read.
    pub fn root(&self) -> &ProcRoot {
        &self.root
    }

    /// Tells of a kernel event: the process is read at the next pass, wanted or not.
    pub fn note(&mut self, event: &ProcessEvent) {
        match *event {
            ProcessEvent::Fork { child, .. } => self.started.push(child),
            ProcessEvent::Exec { pid } => {
                self.touch(pid, |process| process.executed = true);
                self.started.push(pid);
            }
            ProcessEvent::Exit { pid, .. }
            | ProcessEvent::Uid { pid, .. }
            | ProcessEvent::Sid { pid }
            | ProcessEvent::Comm { pid } => self.touch(pid, |_| {}),
            ProcessEvent::Lost => self.list_all = true,
        }
        // More than can run at once: a full listing is cheaper, and bounds the memory.
        if self.started.len() > 100_000 {
            self.started.clear();
            self.list_all = true;
        }
    }

    fn touch(&mut self, pid: u32, change: impl FnOnce(&mut Tracked)) {
        if let Ok(at) = self.tracked.binary_search_by_key(&pid, Tracked::pid) {
            self.tracked[at].touched = true;
            change(&mut self.tracked[at]);
        }
    }

    /// Makes a pass. `now` is the present moment; later passes must have later ones.
    pub fn pass(&mut self, now: Moment, wants: &Wants) -> Pass {
        let begun = self.meter.cpu_ns();
        let elapsed_ns = self.last_at.map(|at| now.boot_ns.saturating_sub(at));
        self.last_at = Some(now.boot_ns);
        self.passes += 1;
        self.list();
        let listed = self.meter.cpu_ns();
        self.read_cheap(now, wants, elapsed_ns.unwrap_or(0));
        let read = self.meter.cpu_ns();
        let shed = self.limits.as_ref().map(|(_, shedding)| shedding.shed());
        let shed = shed.unwrap_or_default();
        let spent = self.sample(now, wants, shed.level, elapsed_ns);
        self.give_back_handles();
        note_hidden_parents(&mut self.tracked);
        let unavailable = missing(
            &self.tracked,
            self.own_uid,
            &self.visibility,
            &self.networks,
            shed,
        );
        let samples = self.samples(shed.level, wants.all_now);
        let cost = Cost {
            cpu_ns: self.meter.cpu_ns().saturating_sub(begun),
            list_ns: listed.saturating_sub(begun),
            counters_ns: read.saturating_sub(listed),
            pss_ns: spent[Costly::Pss as usize],
            files_ns: spent[Costly::Files as usize],
            connections_ns: spent[Costly::Connections as usize],
        };
        self.account(cost, elapsed_ns, now);
        Pass {
            moment: now,
            samples,
            unavailable,
            cost,
            shed,
        }
    }

    /// Brings `tracked` in line with the pids that there are.
    fn list(&mut self) {
        let every = u64::from(self.options.full_pass_every.max(1));
        let full = self.list_all || (self.passes - 1).is_multiple_of(every);
        if full {
            self.list_all = false;
            self.started.clear();
            self.pids.clear();
            let pids = &mut self.pids;
            let listed = numbered_entries(self.root.folder(), &mut self.scratch, |pid| {
                pids.push(pid);
            });
            if listed.is_err() {
                return;
            }
            if !self.pids.is_sorted() {
                self.pids.sort_unstable();
            }
            self.drop_unlisted();
        } else {
            std::mem::swap(&mut self.pids, &mut self.started);
            self.started.clear();
            self.pids.sort_unstable();
            self.pids.dedup();
        }
        let known = self.tracked.len();
        let mut at = 0;
        for &pid in &self.pids {
            while at < known && self.tracked[at].pid() < pid {
                at += 1;
            }
            if at == known || self.tracked[at].pid() != pid {
                self.tracked.push(Tracked::new(pid));
            }
        }
        if self.tracked.len() > known {
            self.tracked.sort_unstable_by_key(Tracked::pid);
        }
    }

    fn drop_unlisted(&mut self) {
        let Self {
            tracked,
            pids,
            handles,
            ..
        } = self;
        let mut listed = pids.iter().peekable();
        tracked.retain_mut(|process| {
            while listed.next_if(|&&pid| pid < process.pid()).is_some() {}
            let there = listed.peek() == Some(&&process.pid());
            if !there {
                process.handles.close(handles);
            }
            there
        });
    }

    fn read_cheap(&mut self, now: Moment, wants: &Wants, elapsed_ns: u64) {
        let rotation = self.rotation(elapsed_ns);
        let (mut tracked, tick_ns, passes) =
            (std::mem::take(&mut self.tracked), self.tick_ns, self.passes);
        let (mut reader, meter) = self.reader();
        let mut at = 0;
        tracked.retain_mut(|process| {
            let rotated = rotation.contains(&at);
            at += 1;
            let wanted = wants.counters.rank(process.pid()) != Rank::Out;
            if process.known && !process.touched && !wanted {
                return true;
            }
            let age_ns = now
                .boot_ns
                .saturating_sub(process.sample.id.start_ticks.saturating_mul(tick_ns));
            let young =
                age_ns < YOUNG_NS && now.boot_ns.saturating_sub(process.facts_at) >= YOUNG_FACTS_NS;
            let mut found = reader.read(process, rotated || young, meter.boot_ns());
            if found == Found::Replaced {
                process.handles.close(reader.handles);
                *process = Tracked::new(process.pid());
                found = reader.read(process, true, meter.boot_ns());
            }
            process.read_in = passes;
            if found != Found::Alive {
                process.handles.close(reader.handles);
            }
            found == Found::Alive
        });
        self.tracked = tracked;
    }

    /// Positions whose facts are read again because it is their turn.
    fn rotation(&mut self, elapsed_ns: u64) -> std::ops::Range<usize> {
        let count = self.tracked.len();
        let every = self.options.facts_every.as_nanos().max(1) as f64;
        let turn = (count as f64 * elapsed_ns as f64 / every).ceil();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "not negative, and cut to the number of processes"
        )]
        let turn = (turn as usize).min(count);
        let from = self
            .tracked
            .partition_point(|process| process.pid() <= self.rotated_to);
        let from = if from >= count { 0 } else { from };
        let to = (from + turn).min(count);
        if let Some(last) = to.checked_sub(1).filter(|_| turn > 0) {
            self.rotated_to = self.tracked.get(last).map_or(0, Tracked::pid);
        }
        from..to
    }

    fn reader(&mut self) -> (Reader<'_>, &mut dyn Meter) {
        let reader = Reader {
            root: &self.root,
            handles: &mut self.handles,
            users: &self.users,
            buffer: &mut self.buffer,
            scratch: &mut self.scratch,
            page_size: self.page_size,
            fds_by_size: self.fds_by_size,
        };
        (reader, &mut *self.meter)
    }

    /// Takes costly readings.
    fn sample(
        &mut self,
        now: Moment,
        wants: &Wants,
        shed: ShedLevel,
        elapsed_ns: Option<u64>,
    ) -> Spent {
        let mut sampler = Sampler {
            reader: Reader {
                root: &self.root,
                handles: &mut self.handles,
                users: &self.users,
                buffer: &mut self.buffer,
                scratch: &mut self.scratch,
                page_size: self.page_size,
                fds_by_size: self.fds_by_size,
            },
            networks: &mut self.networks,
            meter: &mut *self.meter,
            candidates: &mut self.candidates,
            open_files_kept: self.options.open_files_kept,
            now,
            spent: Spent::default(),
        };
        if wants.all_now {
            sampler.take_all(&mut self.tracked, wants, Rank::Wanted);
        } else if let Some((purse, _)) = &mut self.limits {
            purse.earn(elapsed_ns.unwrap_or(0));
            sampler.take_affordable(&mut self.tracked, wants, shed, purse);
        } else {
            sampler.take_all(&mut self.tracked, wants, Rank::Rest);
        }
        let spent = sampler.spent;
        self.networks.forget();
        spent
    }

    /// When files were missed for want of room, processes that were not read give theirs back, the
    /// longest unread first.
    fn give_back_handles(&mut self) {
        let mut missed = std::mem::take(&mut self.handles.missed);
        if missed == 0 {
            return;
        }
        let mut idle: Vec<&mut Tracked> = self
            .tracked
            .iter_mut()
            .filter(|process| process.read_in < self.passes)
            .collect();
        idle.sort_unstable_by_key(|process| process.read_in);
        for process in idle {
            if missed == 0 {
                break;
            }
            missed = missed.saturating_sub(process.handles.close(&mut self.handles));
        }
    }

    fn samples(&self, shed: ShedLevel, all_now: bool) -> Vec<Sample> {
        let shed = if all_now { ShedLevel::Nothing } else { shed };
        let mut samples = Vec::with_capacity(self.tracked.len());
        for process in &self.tracked {
            let mut sample = process.sample.clone();
            if sample.counters.state == ProcessState::Zombie {
                // Nothing of it is left but its entry.
                sample.memory = None;
                sample.files = None;
                sample.connections = None;
            }
            // What is given up has no value, but its time tells how long it has been so.
            if shed.sheds(Costly::Pss) {
                sample.memory.iter_mut().for_each(|r| r.value = None);
            }
            if shed.sheds(Costly::Files) {
                sample.files.iter_mut().for_each(|r| r.value = None);
            }
            if shed.sheds(Costly::Connections) {
                sample.connections.iter_mut().for_each(|r| r.value = None);
            }
            samples.push(sample);
        }
        samples
    }

    fn account(&mut self, cost: Cost, elapsed_ns: Option<u64>, now: Moment) {
        // The first pass reads everything for the first time, over no time at all.
        let (Some((purse, shedding)), Some(elapsed_ns)) = (&mut self.limits, elapsed_ns) else {
            return;
        };
        purse.pay_cheap(cost.cpu_ns.saturating_sub(cost.sampling_ns()));
        if elapsed_ns == 0 {
            return;
        }
        let share = |ns: u64| ns as f64 / elapsed_ns as f64;
        shedding.on(
            Share {
                total: share(cost.cpu_ns),
                sampling: share(cost.sampling_ns()),
                elapsed_ns,
            },
            now.boot_ns,
        );
    }

    /// What is given up from the next pass on.
    pub fn shed(&self) -> Shed {
        let shed = self.limits.as_ref().map(|(_, shedding)| shedding.shed());
        shed.unwrap_or_default()
    }
}
