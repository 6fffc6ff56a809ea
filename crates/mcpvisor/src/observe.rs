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
use inventory::wiring::Wiring;
use inventory::Context;
use linux::{Collector, Options, ProcRoot, Selection, Wants};
use model::{Host, ProcessTable, Sample};

use crate::cli::Setting;
use crate::exit::{self, Failure};
use crate::picture::Picture;

pub mod declarations;
mod evidence;
mod memory;
mod reader;
mod watched;

use declarations::Declarations;

/// How long CPU use is measured by a command that ends by itself.
const WINDOW: Duration = Duration::from_millis(200);
/// While watching, configurations are read again after this many seconds.
const DECLARATIONS_EVERY_NS: u64 = 10_000_000_000;

/// What an observation is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// MCP servers.
    Servers,
    /// Every process of the machine in full.
    Everything,
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
    previous: Vec<Sample>,
    watching: bool,
}

impl<'a> Observer<'a> {
    /// For one observation.
    pub fn once(setting: &'a Setting) -> Result<Self, Failure> {
        Self::new(setting, Options::one_shot(), false)
    }

    /// For many, on a budget.
    pub fn watch(setting: &'a Setting) -> Result<Self, Failure> {
        Self::new(setting, Options::default(), true)
    }

    fn new(setting: &'a Setting, options: Options, watching: bool) -> Result<Self, Failure> {
        let root = ProcRoot::system().map_err(|error| {
            Failure::new(exit::OS_ERROR, format!("{error}; mcpvisor reads everything from there"))
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
            previous: Vec::new(),
            watching,
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

    /// Where to write.
    pub fn output(&self) -> &'a crate::output::Output {
        &self.setting.output
    }

    /// Servers that configurations declare.
    pub fn declared(&self) -> &[inventory::declared::DeclaredServer] {
        &self.context.declared
    }

    /// Looks at the machine and judges it. The first look takes the sampling window longer.
    pub fn observe(&mut self, scope: Scope) -> Picture {
        if self.previous.is_empty() {
            let started = linux::clock::boot_ns();
            let pass = self.collector.pass(linux::clock::now(), &Wants::cheap());
            self.declare(&pass.samples, pass.moment.boot_ns);
            self.previous = pass.samples;
            let spent = Duration::from_nanos(linux::clock::boot_ns().saturating_sub(started));
            pause(WINDOW.saturating_sub(spent));
        }
        let wants = self.wants(scope);
        let pass = self.collector.pass(linux::clock::now(), &wants);
        if self.declarations.read_at.is_none_or(|at| pass.moment.boot_ns.saturating_sub(at) > DECLARATIONS_EVERY_NS) {
            self.declare(&pass.samples, pass.moment.boot_ns);
        }
        let samples = pass.samples.clone();
        let processes = model::derive::processes(&self.previous, pass.samples, self.host.ticks_per_second);
        self.previous = samples;
        let shed = shed_in_words(&pass.shed, pass.moment.boot_ns);
        let table = ProcessTable::new(self.host.clone(), pass.moment, processes, pass.unavailable);
        self.judge(table, shed)
    }

    /// Which costly readings the next pass should take.
    fn wants(&mut self, scope: Scope) -> Wants {
        if scope == Scope::Everything && !self.watching {
            return Wants { all_now: true, ..Wants::default() };
        }
        let own = self.interesting();
        if self.watching {
            let first = Selection::first(own);
            return Wants { pss: first.clone(), files: first.clone(), connections: first, ..Wants::default() };
        }
        Wants { pss: Selection::only(own), all_now: true, ..Wants::default() }
    }

    /// Pids of all instances as far as the last pass shows them.
    fn interesting(&mut self) -> Vec<u32> {
        let processes = model::derive::processes(&[], self.previous.clone(), self.host.ticks_per_second);
        let table = ProcessTable::new(self.host.clone(), linux::clock::now(), processes, Vec::new());
        let inventory = inventory::stock::take(&table, &self.context, &mut self.looks);
        let pids = inventory
            .instances()
            .flat_map(|(_, instance)| instance.members.iter().map(|member| member.id.pid))
            .collect();
        pids
    }

    fn declare(&mut self, samples: &[Sample], now_ns: u64) {
        self.declarations.read(samples, &self.context, now_ns);
        self.context.declared.clone_from(&self.declarations.servers);
        self.context.problems.clone_from(&self.declarations.problems);
        self.context.hubs.clone_from(&self.declarations.hubs);
    }

    fn judge(&mut self, table: ProcessTable, shed: Option<String>) -> Picture {
        evidence::packages(&table, &mut self.context, &mut self.packages);
        let wiring = Wiring::new(&table);
        let mut inventory = inventory::stock::take_with(&table, &self.context, &mut self.looks, &wiring);
        // What only the kernel can answer is asked for what it matters to, and then judged again.
        if evidence::ask_kernel(self.collector.root(), &table, &inventory, &mut self.context) {
            inventory = inventory::stock::take_with(&table, &self.context, &mut self.looks, &wiring);
        }
        evidence::locks(self.collector.root(), &table, &inventory, &mut self.context);
        self.context.files = watched::look(&self.declarations.homes);
        memory::update(&mut self.context.memory, &table, &inventory, &self.context.files);
        let inventory = memory::apply(inventory, &self.context.memory);
        let scene = Scene { table: &table, inventory: &inventory, context: &self.context, wiring: &wiring };
        let findings = inventory::findings::judge(&scene);
        let plan = inventory::plan::plan(&table, &inventory, &self.context, &wiring, &self.wishes);
        let own = table.get(self.context.own_pid);
        let (own_cpu_percent, own_rss_bytes) = (
            own.and_then(|own| own.usage.cpu_percent),
            own.map(|own| own.sample.counters.rss_bytes),
        );
        Picture {
            own_cpu_percent,
            own_rss_bytes,
            table: Arc::new(table),
            inventory: Arc::new(inventory),
            findings: Arc::new(findings),
            plan: Arc::new(plan),
            shed,
        }
    }

    /// Stores what the next run should know; says once on standard error if it cannot.
    pub fn remember(&self) {
        if let Err(error) = self.setting.state.remember(&self.context.memory) {
            self.setting.output.note(&format!(
                "mcpvisor: {} cannot be written ({error}); without it no later run knows since when an owner is gone",
                self.setting.state.folder().display()
            ));
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
    Some(format!("{what} not read for {} to stay within the budget", model::units::seconds(seconds)))
}

/// Waits; the only place where a command does nothing on purpose.
#[expect(clippy::disallowed_methods, reason = "the sampling window and the grace are waits by design")]
pub fn pause(time: Duration) {
    std::thread::sleep(time);
}
