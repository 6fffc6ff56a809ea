//! Observing: from the machine to one judged picture.
//!
//! A one-shot command makes two passes with a short window between them, because CPU use
//! is a difference. The configurations are read inside that window, which would otherwise
//! be waited away. The second pass reads the open files of everybody, because whether an
//! instance still serves somebody is written in the other process's descriptors, and
//! proportional memory only of what is shown, because it is dear.
//!
//! Watching keeps the collector, what it knows of each process, and the declarations, and
//! spends a budget.

use std::sync::Arc;
use std::time::Duration;

use inventory::findings::Scene;
use inventory::packages::Packages;
use inventory::plan::Wishes;
use inventory::stock::look::Looks;
use inventory::watches::{self, Watch};
use inventory::wiring::Wiring;
use inventory::{Context, Inventory};
use linux::{Collector, Options, ProcRoot, Selection, Wants};
use model::{Host, ProcessTable, Sample};

use crate::cli::Setting;
use crate::engines::Engines;
use crate::exit::{self, Failure};
use crate::picture::Picture;

mod arrivals;
mod contained;
pub mod declarations;
mod evidence;
mod memory;
mod pace;
mod reader;
mod watched;

pub use arrivals::looks_like_a_server;
use declarations::Declarations;
pub use pace::Pace;

/// How long CPU use is measured by a command that ends by itself.
const WINDOW: Duration = Duration::from_millis(200);
/// While watching, configurations are read again after this long, nanoseconds.
const DECLARATIONS_EVERY_NS: u64 = 10_000_000_000;
/// While watching, logs and state files are looked at again after this long, nanoseconds.
const FILES_EVERY_NS: u64 = 60_000_000_000;
/// While watching, what later runs should know is stored after this long, nanoseconds.
const REMEMBER_EVERY_NS: u64 = 10_000_000_000;

/// What an observation is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// MCP servers.
    Servers,
    /// Every process of the machine in full.
    Everything,
    /// MCP servers, with nothing that is older than this look: what a plan is made from.
    Thorough,
}

/// Observes this machine, again and again if asked.
pub struct Observer<'a> {
    setting: &'a Setting,
    collector: Collector,
    host: Host,
    looks: Looks,
    packages: Packages,
    declarations: Declarations,
    context: Context,
    wishes: Wishes,
    previous: Option<Arc<ProcessTable>>,
    watching: bool,
    pace: Pace,
    /// Looks so far.
    looks_taken: u32,
    /// Pids that the last look showed to matter.
    interesting: Interesting,
    files_read_at: Option<u64>,
    wards: Option<inventory::plan::Plan>,
    remembered_at: std::cell::Cell<Option<u64>>,
    engines: Option<Engines>,
    /// The look under way is to be of now, all of it.
    is_thorough: bool,
}

impl<'a> Observer<'a> {
    /// For one observation.
    pub fn once(setting: &'a Setting) -> Result<Self, Failure> {
        Self::new(setting, Options::one_shot(), None)
    }

    /// For many, on a budget. `events`: the caller notes kernel process events, so that the whole
    /// list of processes need not be read at each look.
    pub fn watch(setting: &'a Setting, scope: Scope, events: bool) -> Result<Self, Failure> {
        if scope == Scope::Servers {
            return Self::paced(setting, Pace::screen(), events);
        }
        Self::new(setting, Options::default(), Some(Pace::screen()))
    }

    /// For many looks at servers, at a pace of the caller's.
    pub fn paced(setting: &'a Setting, pace: Pace, events: bool) -> Result<Self, Failure> {
        let options = Options {
            budget: Some(pace.budget),
            full_pass_every: if events { pace.list_every } else { 1 },
            facts_every: pace.facts_every,
            ..Options::default()
        };
        Self::new(setting, options, Some(pace))
    }

    fn new(setting: &'a Setting, options: Options, pace: Option<Pace>) -> Result<Self, Failure> {
        let root = ProcRoot::system().map_err(|error| {
            Failure::new(
                exit::OS_ERROR,
                format!("{error}; mcpvisor reads everything from there"),
            )
        })?;
        let host = linux::host::read(&root);
        let wishes = Wishes {
            grace_seconds: setting.config.clean.grace.0.as_secs_f64(),
            never_touch: setting.config.clean.never_touch.clone(),
            ..Wishes::default()
        };
        let context = Context {
            own_pid: std::process::id(),
            own_uid: rustix::process::geteuid().as_raw(),
            home: std::env::var("HOME").ok(),
            memory: setting.state.memory().of_boot(&host.boot_id),
            watches: setting.state.watches(),
            ..Context::default()
        };
        Ok(Self {
            setting,
            collector: Collector::new(root, options),
            host,
            looks: Looks::default(),
            packages: Packages::default(),
            declarations: Declarations::default(),
            context,
            wishes,
            previous: None,
            watching: pace.is_some(),
            pace: pace.unwrap_or_else(Pace::screen),
            looks_taken: 0,
            interesting: Interesting::default(),
            files_read_at: None,
            wards: None,
            remembered_at: std::cell::Cell::new(None),
            engines: None,
            is_thorough: false,
        })
    }

    /// What plans are made for.
    pub fn wishes(&mut self) -> &mut Wishes {
        &mut self.wishes
    }

    /// The collector, to note kernel events.
    pub fn collector(&mut self) -> &mut Collector {
        &mut self.collector
    }

    /// Processes that are watched under a name.
    pub fn watches(&mut self) -> &mut Vec<Watch> {
        &mut self.context.watches
    }

    /// What servers of others may take. `plans`: say what ending each of those would be.
    pub fn set_bounds(&mut self, bounds: inventory::bounds::Bounds, plans: bool) {
        self.context.bounds = bounds;
        self.wards = plans.then(inventory::plan::Plan::default);
    }

    /// What it would be to end each instance whose number of processes is bounded; nothing if that is not
    /// asked for.
    pub fn wards(&self) -> Option<&inventory::plan::Plan> {
        self.wards.as_ref()
    }

    /// Servers that we keep ourselves.
    pub fn set_kept(&mut self, kept: Vec<inventory::kept::KeptServer>) {
        self.context.kept = kept;
    }

    /// Where to write.
    pub fn output(&self) -> &'a crate::output::Output {
        &self.setting.output
    }

    /// Servers that configurations declare.
    pub fn declared(&self) -> &[inventory::declared::DeclaredServer] {
        &self.context.declared
    }

    /// Homes whose configurations are read, with their users.
    pub fn homes(&self) -> &[(u32, inventory::declared::Home)] {
        &self.declarations.homes
    }

    /// Looks at the machine and judges it. The first look takes the sampling window longer.
    pub fn observe(&mut self, scope: Scope) -> Picture {
        let previous = match self.previous.take() {
            Some(previous) => previous,
            None => self.first_look(),
        };
        self.is_thorough = scope == Scope::Thorough;
        let wants = self.wants(scope);
        let pass = self.collector.pass(linux::clock::now(), &wants);
        if due(
            self.declarations.read_at,
            pass.moment.boot_ns,
            DECLARATIONS_EVERY_NS,
        ) {
            self.declare(&pass.samples, pass.moment.boot_ns);
        }
        let shed = shed_in_words(&pass.shed, pass.moment.boot_ns);
        let ticks = self.host.ticks_per_second;
        let processes = model::derive::processes(previous.processes(), pass.samples, ticks);
        let table = ProcessTable::new(self.host.clone(), pass.moment, processes, pass.unavailable);
        let picture = self.judge(table, shed);
        self.previous = Some(Arc::clone(&picture.table));
        picture
    }

    /// The look that CPU use is measured from. What needs files is read while its window lasts.
    fn first_look(&mut self) -> Arc<ProcessTable> {
        let started = linux::clock::boot_ns();
        let pass = self.collector.pass(linux::clock::now(), &Wants::cheap());
        self.declare(&pass.samples, pass.moment.boot_ns);
        let processes = model::derive::processes(&[], pass.samples, self.host.ticks_per_second);
        let table = ProcessTable::new(self.host.clone(), pass.moment, processes, pass.unavailable);
        evidence::packages(&table, &mut self.context, &mut self.packages);
        let inventory = inventory::stock::take(&table, &self.context, &mut self.looks);
        self.interesting = Interesting::of(&inventory);
        let spent = Duration::from_nanos(linux::clock::boot_ns().saturating_sub(started));
        pause(WINDOW.saturating_sub(spent));
        Arc::new(table)
    }

    /// What the next pass should read.
    fn wants(&mut self, scope: Scope) -> Wants {
        let look = self.looks_taken;
        self.looks_taken = look.wrapping_add(1);
        let members = || self.interesting.members.iter().copied();
        let own = Selection::only(members());
        let thorough = Wants {
            pss: own.clone(),
            all_now: true,
            ..Wants::default()
        };
        match (scope, self.watching) {
            (Scope::Thorough, _) | (Scope::Servers, false) => thorough,
            // What is left behind can be cleaned at a key: then everybody's descriptors matter.
            (Scope::Servers, true)
                if self.interesting.orphans && look.is_multiple_of(self.pace.all_every) =>
            {
                thorough
            }
            (Scope::Everything, false) => Wants {
                all_now: true,
                ..Wants::default()
            },
            (Scope::Everything, true) => {
                let first = Selection::first(members());
                Wants {
                    pss: first.clone(),
                    files: first.clone(),
                    connections: first,
                    ..Wants::default()
                }
            }
            (Scope::Servers, true) if look.is_multiple_of(self.pace.all_every) => {
                let first = Selection::first(members());
                Wants {
                    pss: own,
                    files: first.clone(),
                    connections: first,
                    ..Wants::default()
                }
            }
            (Scope::Servers, true) => {
                let counters = if look.is_multiple_of(self.pace.members_every) {
                    own.clone()
                } else {
                    Selection::only(self.interesting.speakers.iter().copied())
                };
                let (pss, files, connections) = (own.clone(), own.clone(), own);
                Wants {
                    counters,
                    pss,
                    files,
                    connections,
                    all_now: false,
                }
            }
        }
    }

    fn declare(&mut self, samples: &[Sample], now_ns: u64) {
        self.declarations.read(samples, &self.context, now_ns);
        self.context.declared.clone_from(&self.declarations.servers);
        self.context
            .problems
            .clone_from(&self.declarations.problems);
        self.context.hubs.clone_from(&self.declarations.hubs);
    }

    fn judge(&mut self, table: ProcessTable, shed: Option<String>) -> Picture {
        evidence::packages(&table, &mut self.context, &mut self.packages);
        let wiring = Wiring::new(&table);
        let mut inventory =
            inventory::stock::take_with(&table, &self.context, &mut self.looks, &wiring);
        // What only the kernel can answer is asked for what it matters to, and then judged again.
        if evidence::ask_kernel(self.collector.root(), &table, &inventory, &mut self.context) {
            inventory =
                inventory::stock::take_with(&table, &self.context, &mut self.looks, &wiring);
        }
        evidence::locks(self.collector.root(), &table, &inventory, &mut self.context);
        if due(self.files_read_at, table.moment.boot_ns, FILES_EVERY_NS) {
            self.files_read_at = Some(table.moment.boot_ns);
            self.context.files = watched::look(&self.declarations.homes);
        }
        memory::update(
            &mut self.context.memory,
            &table,
            &inventory,
            &self.context.files,
        );
        let mut inventory = memory::apply(inventory, &self.context.memory);
        inventory.watched = watches::servers(&self.context.watches, &table, &inventory);
        self.interesting = Interesting::of(&inventory);
        let scene = Scene {
            table: &table,
            inventory: &inventory,
            context: &self.context,
            wiring: &wiring,
        };
        let mut findings = inventory::findings::judge(&scene);
        let mut plan =
            inventory::plan::plan(&table, &inventory, &self.context, &wiring, &self.wishes);
        if self.wards.is_some() {
            let wishes = self.ward_wishes(&inventory);
            let wards = inventory::plan::plan(&table, &inventory, &self.context, &wiring, &wishes);
            self.wards = Some(wards);
        }
        let engines = self.look_at_engines(&table, &mut findings, &mut plan);
        let own = table.get(self.context.own_pid);
        let (own_cpu_percent, own_rss_bytes) = (
            own.and_then(|own| own.usage.cpu_percent),
            own.map(|own| own.sample.counters.rss_bytes),
        );
        Picture {
            pasts: Arc::default(),
            own_cpu_percent,
            own_rss_bytes,
            table: Arc::new(table),
            inventory: Arc::new(inventory),
            findings: Arc::new(findings),
            plan: Arc::new(plan),
            engines,
            shed,
        }
    }

    /// Instances that are bounded, and not ours.
    fn ward_wishes(&self, inventory: &Inventory) -> Wishes {
        let bounds = &self.context.bounds;
        let bounded = inventory.instances().filter(|(server, run)| {
            bounds.of(&server.name).processes.is_some() && self.context.kept_as(run.root).is_none()
        });
        let mut only: Vec<String> = bounded.map(|(_, run)| run.root.pid.to_string()).collect();
        if only.is_empty() {
            // Nothing, where no word would mean all orphans.
            only.push("none".to_owned());
        }
        Wishes {
            only,
            insist: true,
            ..self.wishes.clone()
        }
    }

    /// Stores what the next run should know, while watching now and then; says on standard error
    /// if it cannot.
    pub fn remember(&self) {
        let now = linux::clock::boot_ns();
        if self.watching && !due(self.remembered_at.get(), now, REMEMBER_EVERY_NS) {
            return;
        }
        self.remembered_at.set(Some(now));
        self.store_memory();
    }

    /// Stores what the next run should know; says on standard error if it cannot.
    pub fn store_memory(&self) {
        let containers = self.engines.as_ref();
        let stored = self
            .setting
            .state
            .remember(&self.context.memory)
            .and_then(|()| containers.map_or(Ok(()), |engines| engines.store(&self.setting.state)));
        if let Err(error) = stored {
            self.setting.output.note(&format!(
                "mcpvisor: {} cannot be written ({error}); without it no later run knows since when an owner is gone",
                self.setting.state.folder().display()
            ));
        }
    }
}

/// Is something due that was last done at a time, if ever?
fn due(last: Option<u64>, now: u64, every: u64) -> bool {
    last.is_none_or(|last| now.saturating_sub(last) >= every)
}

/// Pids that matter to somebody who watches servers.
#[derive(Default)]
struct Interesting {
    /// All processes of all instances, their owners, and our own.
    members: Vec<u32>,
    /// Those that speak MCP, and the same owners.
    speakers: Vec<u32>,
    /// Something was left behind.
    orphans: bool,
}

impl Interesting {
    fn of(inventory: &Inventory) -> Self {
        let owners = inventory
            .servers
            .iter()
            .filter_map(|server| server.owner.pid);
        let mut speakers: Vec<u32> = owners.chain([std::process::id()]).collect();
        let mut members = speakers.clone();
        let watched = inventory.watched.iter().flat_map(|watch| &watch.instances);
        for instance in inventory.instances().map(|(_, run)| run).chain(watched) {
            members.extend(instance.members.iter().map(|member| member.id.pid));
            speakers.push(instance.leaf.pid);
        }
        let orphans = inventory
            .instances()
            .any(|(_, instance)| instance.orphaned.is_some());
        Self {
            members,
            speakers,
            orphans,
        }
    }
}

/// What is given up at present, and for how long it has been.
fn shed_in_words(shed: &linux::collect::Shed, now_ns: u64) -> Option<String> {
    use linux::collect::ShedLevel;
    let what = match shed.level {
        ShedLevel::Nothing => return None,
        ShedLevel::Pss => "PSS",
        ShedLevel::Files => "PSS and descriptor kinds",
        ShedLevel::Connections => "PSS, descriptor kinds and connections",
    };
    let seconds = now_ns.saturating_sub(shed.since_boot_ns) as f64 / 1e9;
    Some(format!(
        "{what} not read for {} to stay within the budget",
        model::units::seconds(seconds)
    ))
}

/// Waits; the only place where a command does nothing on purpose.
#[expect(
    clippy::disallowed_methods,
    reason = "the sampling window and the grace are waits by design"
)]
pub fn pause(time: Duration) {
    std::thread::sleep(time);
}
