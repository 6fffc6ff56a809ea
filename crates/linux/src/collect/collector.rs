//! The collector: one pass after the other over one `/proc`.

use model::{Moment, ProcessState, Sample};

use super::cheap::{Found, Reader};
use super::connections::Networks;
use super::facts::Depth;
use super::handles;
use super::meter::{Meter, SystemMeter};
use super::missing::{missing, note_hidden_parents};
use super::options::Options;
use super::pass::{Cost, Pass};
use super::roster::Roster;
use super::sampling::{Sampler, Spent};
use super::schedule::{Candidate, Costly, Purse};
use super::shed::{Share, Shed, ShedLevel, Shedding};
use super::tracked::Tracked;
use super::visibility::Visibility;
use super::wants::{Rank, Wants};
use crate::ProcRoot;
use crate::events::ProcessEvent;

/// Facts of a process younger than this are read at nearly every pass: it may still execute its
/// program, or write itself a title.
const YOUNG_NS: u64 = 10_000_000_000;
/// But no more often than this.
const YOUNG_FACTS_NS: u64 = 900_000_000;

/// Reads all processes, pass after pass.
pub struct Collector {
    options: Options,
    meter: Box<dyn Meter>,
    reader: Reader,
    roster: Roster,
    visibility: Visibility,
    networks: Networks,
    /// With a budget: what may be spent, and what is given up.
    limits: Option<(Purse, Shedding)>,
    /// What is given up for another reason than time.
    forced: Shed,
    passes: u64,
    last_at: Option<u64>,
    tick_ns: u64,
    own_uid: u32,
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
        let limits = options.budget.map(|budget| {
            let purse = Purse::new(budget.planned_share.min(budget.cpu_share));
            (purse, Shedding::new(budget.cpu_share))
        });
        Self {
            meter,
            reader: Reader::new(root, options.handles.map_or(room, |most| most.min(room))),
            roster: Roster::default(),
            visibility,
            networks: Networks::new(visibility.net_namespace),
            limits,
            forced: Shed::default(),
            passes: 0,
            last_at: None,
            tick_ns: 1_000_000_000 / rustix::param::clock_ticks_per_second().max(1),
            own_uid: rustix::process::geteuid().as_raw(),
            candidates: Vec::new(),
            options,
        }
    }

    /// The `/proc` that is read.
    pub fn root(&self) -> &ProcRoot {
        &self.reader.root
    }

    /// Tells of a kernel event: the process is read at the next pass, wanted or not.
    pub fn note(&mut self, event: &ProcessEvent) {
        self.roster.note(event);
    }

    /// Makes a pass. `now` is the present moment; later passes must have later ones.
    pub fn pass(&mut self, now: Moment, wants: &Wants) -> Pass {
        let begun = self.meter.cpu_ns();
        let elapsed_ns = self.last_at.map(|at| now.boot_ns.saturating_sub(at));
        self.last_at = Some(now.boot_ns);
        let every = u64::from(self.options.full_pass_every.max(1));
        // Whoever wants all of it, to act on it, must not miss a process whose event is still on its way.
        let all = wants.all_now || self.passes.is_multiple_of(every);
        self.roster.update(&mut self.reader, all);
        self.passes += 1;
        let listed = self.meter.cpu_ns();
        self.read_cheap(now, wants, elapsed_ns.unwrap_or(0));
        let read = self.meter.cpu_ns();
        let shed = self.shed();
        let spent = self.sample(now, wants, shed.level, elapsed_ns);
        self.roster.give_back_handles(&mut self.reader, self.passes);
        note_hidden_parents(&mut self.roster.tracked);
        let unavailable = missing(
            &self.roster.tracked,
            self.own_uid,
            &self.visibility,
            &self.networks,
            shed,
        );
        // Commands that want all of it at once are not bound by the budget.
        let shown = if wants.all_now {
            ShedLevel::Nothing
        } else {
            shed.level
        };
        let samples = self.roster.tracked.iter();
        let samples = samples
            .map(|process| shown_sample(process, shown))
            .collect();
        let cost = Cost {
            cpu_ns: self.meter.cpu_ns().saturating_sub(begun),
            list_ns: listed.saturating_sub(begun),
            counters_ns: read.saturating_sub(listed),
            pss_ns: spent[Costly::Pss as usize],
            files_ns: spent[Costly::Files as usize],
            connections_ns: spent[Costly::Connections as usize],
        };
        // What was asked for whatever it costs says nothing about what watching costs.
        if !wants.all_now {
            self.account(cost, elapsed_ns, now);
        }
        Pass {
            moment: now,
            samples,
            unavailable,
            cost,
            shed,
        }
    }

    /// What is given up from the next pass on.
    pub fn shed(&self) -> Shed {
        let shed = self.limits.as_ref().map(|(_, shedding)| shedding.shed());
        let shed = shed.unwrap_or_default();
        if self.forced.level > shed.level {
            self.forced
        } else {
            shed
        }
    }

    /// Gives up at least so much from now on, whatever it costs in time, and lets go of what was read
    /// of it: for whoever runs out of memory. `now_ns` is nanoseconds since boot.
    pub fn give_up(&mut self, level: ShedLevel, now_ns: u64) {
        if self.forced.level == level {
            return;
        }
        self.forced = Shed {
            level,
            since_boot_ns: now_ns,
        };
        for process in &mut self.roster.tracked {
            let sample = &mut process.sample;
            if level.sheds(Costly::Pss) {
                sample.memory.iter_mut().for_each(|r| r.value = None);
            }
            if level.sheds(Costly::Files) {
                sample.files.iter_mut().for_each(|r| r.value = None);
            }
            if level.sheds(Costly::Connections) {
                sample.connections.iter_mut().for_each(|r| r.value = None);
            }
        }
    }

    fn read_cheap(&mut self, now: Moment, wants: &Wants, elapsed_ns: u64) {
        let rotation = self.roster.rotation(elapsed_ns, self.options.facts_every);
        let (reader, meter) = (&mut self.reader, &mut self.meter);
        let mut at = 0;
        self.roster.tracked.retain_mut(|process| {
            let rotated = rotation.contains(&at);
            at += 1;
            let wanted = wants.counters.rank(process.pid()) != Rank::Out;
            if process.known && !process.touched && !wanted {
                return true;
            }
            let started_ns = process.sample.id.start_ticks.saturating_mul(self.tick_ns);
            let young = now.boot_ns.saturating_sub(started_ns) < YOUNG_NS
                && now.boot_ns.saturating_sub(process.facts_at) >= YOUNG_FACTS_NS;
            let facts = if rotated {
                Some(process.next_depth())
            } else {
                young.then_some(Depth::Title)
            };
            let mut found = reader.read(process, facts, meter.boot_ns());
            if found == Found::Replaced {
                process.handles.close(&mut reader.handles);
                *process = Tracked::new(process.pid());
                found = reader.read(process, None, meter.boot_ns());
            }
            process.read_in = self.passes;
            if found != Found::Alive {
                process.handles.close(&mut reader.handles);
            }
            found == Found::Alive
        });
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
            reader: &mut self.reader,
            networks: &mut self.networks,
            meter: &mut *self.meter,
            candidates: &mut self.candidates,
            open_files_kept: self.options.open_files_kept,
            now,
            spent: Spent::default(),
        };
        let tracked = &mut self.roster.tracked;
        if wants.all_now {
            sampler.take_all(tracked, wants, Rank::Wanted);
        } else if let Some((purse, _)) = &mut self.limits {
            purse.earn(elapsed_ns.unwrap_or(0));
            sampler.take_affordable(tracked, wants, shed, purse);
        } else {
            sampler.take_all(tracked, wants, Rank::Rest);
        }
        let spent = sampler.spent;
        self.networks.forget();
        spent
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
        let share = Share {
            total: share(cost.cpu_ns),
            sampling: share(cost.sampling_ns()),
            elapsed_ns,
        };
        shedding.on(share, now.boot_ns);
    }
}

/// The sample as it is handed out: of an ended process nothing costly is left; what is given up has
/// no value, but its time tells how long it has been so.
fn shown_sample(process: &Tracked, shed: ShedLevel) -> Sample {
    let mut sample = process.sample.clone();
    if sample.counters.state == ProcessState::Zombie {
        sample.memory = None;
        sample.files = None;
        sample.connections = None;
    }
    if shed.sheds(Costly::Pss) {
        sample.memory.iter_mut().for_each(|r| r.value = None);
    }
    if shed.sheds(Costly::Files) {
        sample.files.iter_mut().for_each(|r| r.value = None);
    }
    if shed.sheds(Costly::Connections) {
        sample.connections.iter_mut().for_each(|r| r.value = None);
    }
    sample
}
