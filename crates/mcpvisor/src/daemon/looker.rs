//! The loop: looks at the machine at its interval, and does what it is ordered to between looks.
//!
//! One thread owns the observer, so nothing about processes is shared or locked. A look is judged and
//! measured at once; its measurements go to the history at the interval, however often something else
//! (an order, a server that starts) brings a look forward, so that series stay even. Everybody else
//! reads the immutable [`Snapshot`] that each look leaves behind.

mod acts;
mod cleaned;
mod findings;

use std::sync::Arc;
use std::time::Duration;

use linux::collect::ShedLevel;
use linux::events::{ProcessEvent, ProcessEvents};
use model::Observation;

use super::alarm::{self, Alarm};
use super::containers::Desk;
use super::handle::Daemon;
use super::held::Held;
use super::ledger::Ledger;
use super::limiting::Limiter;
use super::orders::Order;
use super::own::{self, Look};
use super::policy::Enforcer;
use super::readings::Readings;
use super::signals::Signal;
use super::snapshot::Snapshot;
use super::{changes, keeping, measure, watching};
use crate::cli::Setting;
use crate::config::Config;
use crate::exit::Failure;
use crate::observe::{self, Observer, Pace, Scope};
use crate::picture::Picture;

/// Kernel events are taken in this often; a server that starts or ends shows at most so much later.
const EVENTS_EVERY: Duration = Duration::from_secs(1);
/// Programs that were executed since the last time that are looked at, to tell servers by their
/// command: in a storm the next look tells.
const EXECS_AT_ONCE: usize = 64;

/// The thread's own state.
pub(super) struct Looker<'a> {
    daemon: &'a Daemon,
    setting: &'a Setting,
    config: Arc<Config>,
    observer: Observer<'a>,
    events: Option<ProcessEvents>,
    ledger: Ledger,
    alarm: Alarm,
    enforcer: Enforcer,
    limiter: Limiter,
    containers: Desk,
    /// What is read less often than looks are taken; `None` if its thread could not be started.
    readings: Option<Readings>,
    looks: u64,
    /// When the next look is due, nanoseconds since boot.
    due_ns: u64,
    /// When the next look goes to the history, nanoseconds since boot.
    record_ns: u64,
    last_ns: u64,
    /// When the last thorough look began.
    thorough_ns: u64,
    last: Option<Arc<Snapshot>>,
    /// Plans that were asked for.
    held: Held,
    /// When the program's own CPU time was last read, and what it was, nanoseconds.
    cost: Option<(u64, u64)>,
    short_of_memory: bool,
    /// Ids of the findings that were kept last, and when that was, nanoseconds since boot.
    findings_kept: Vec<String>,
    findings_kept_ns: u64,
    summary_kept_ns: u64,
}

impl<'a> Looker<'a> {
    /// Opens what is looked through.
    pub(super) fn open(daemon: &'a Daemon, setting: &'a Setting) -> Result<Self, Failure> {
        let config = daemon.config();
        let events = ProcessEvents::open()
            .inspect_err(|error| tracing::info!("{error}"))
            .ok();
        let pace = Pace::daemon(config.budget.cpu.fraction());
        let mut observer = Observer::paced(setting, pace, events.is_some())?;
        if let Some(containers) = daemon.containers() {
            observer.ask_engines(containers.source());
        }
        let host = rustix::system::uname()
            .nodename()
            .to_string_lossy()
            .into_owned();
        let alarm = Alarm::open(&config, daemon.history().clone(), &host, &daemon.url());
        Ok(Self {
            alarm,
            enforcer: Enforcer::open(config.policy.clone(), daemon.state()),
            limiter: Limiter::default(),
            containers: Desk::default(),
            daemon,
            setting,
            config,
            observer,
            events,
            ledger: Ledger::default(),
            readings: Readings::open()
                .inspect_err(|error| tracing::warn!("logs and disks are not read: {error}"))
                .ok(),
            looks: 0,
            due_ns: 0,
            record_ns: 0,
            last_ns: 0,
            thorough_ns: 0,
            last: None,
            held: Held::default(),
            cost: None,
            short_of_memory: false,
            findings_kept: Vec::new(),
            findings_kept_ns: 0,
            summary_kept_ns: 0,
        })
    }

    /// Looks until it is told to stop.
    pub(super) fn run(mut self) {
        loop {
            let now = linux::clock::boot_ns();
            if now >= self.due_ns {
                let snapshot = self.look(Scope::Servers);
                self.enforce(&snapshot);
                let daemon = self.daemon;
                self.limiter
                    .after(daemon, &self.config, &self.observer, &snapshot.picture);
                self.containers
                    .after(daemon, &self.config, &snapshot.picture);
            }
            self.daemon.pulse();
            let now = linux::clock::now();
            if self.alarm.due_ns() <= now.boot_ns {
                self.alarm.tick(now);
                self.daemon.set_alarms(self.alarm.view());
            }
            let due_ns = self.due_ns.min(self.alarm.due_ns());
            let wait = Duration::from_nanos(due_ns.saturating_sub(now.boot_ns));
            let wait = if self.events.is_some() {
                wait.min(EVENTS_EVERY)
            } else {
                wait
            };
            self.daemon.orders().wait(wait);
            if self.note_signals() {
                self.observer.store_memory();
                return;
            }
            while let Some(order) = self.daemon.orders().take() {
                self.carry_out(order);
            }
            self.note_events();
        }
    }

    /// Takes in what was told beside orders; whether it is to end.
    fn note_signals(&mut self) -> bool {
        let daemon = self.daemon;
        if daemon.take_signal(Signal::Configured) {
            self.configure(daemon.config());
        }
        if daemon.take_signal(Signal::Kept) {
            self.note_kept();
        }
        if daemon.take_signal(Signal::Soon) {
            self.due_ns = linux::clock::boot_ns();
        }
        daemon.take_signal(Signal::Stop)
    }

    fn interval_ns(&self) -> u64 {
        nanoseconds(self.config.daemon.interval.0)
    }

    fn look(&mut self, scope: Scope) -> Arc<Snapshot> {
        self.note_events();
        let begun = linux::clock::boot_ns();
        if scope == Scope::Thorough {
            self.thorough_ns = begun;
        }
        let file = self.daemon.config_file().0;
        let kept = keeping::inventory_of(&self.daemon.kept(), file.as_deref());
        self.observer.set_kept(kept);
        self.limiter.before(&self.config, &mut self.observer);
        let picture = Arc::new(self.observer.observe(scope));
        self.observer.remember();
        let seconds = linux::clock::boot_ns().saturating_sub(begun) as f64 / 1e9;
        self.publish(picture, begun, seconds)
    }

    /// Makes a snapshot of a picture, tells what changed, and feeds the history when it is time.
    fn publish(&mut self, picture: Arc<Picture>, begun: u64, seconds: f64) -> Arc<Snapshot> {
        self.looks += 1;
        self.last_ns = begun;
        let interval = self.interval_ns();
        let mut measurements = measure::all(&picture, &mut self.ledger);
        self.containers.measure(&picture, &mut measurements);
        if let Some(readings) = &mut self.readings {
            let state = self.daemon.state().folder();
            readings.on(&self.observer, &picture, state, &mut measurements);
        }
        let look = Look {
            picture: &picture,
            number: self.looks,
            seconds,
            shed: self.observer.collector().shed().level,
        };
        own::own(self.daemon, &look, &mut measurements);
        let interval_time = self.config.daemon.interval.0;
        let judged = self.alarm.judge(&picture, &measurements, interval_time);
        measurements.extend(judged.measurements);
        let observation = Arc::new(Observation {
            moment: picture.table.moment,
            measurements,
        });
        if begun.saturating_add(interval / 20) >= self.record_ns {
            self.note_cost(begun, &picture);
            self.keep(&picture);
            if !self.daemon.history().record(Arc::clone(&observation)) {
                self.daemon.figures().drop_observation();
            }
            self.schedule(begun, interval);
        }
        self.due_ns = self.record_ns;
        let moment = picture.table.moment;
        self.alarm.tell(&judged.transitions, moment);
        let alarms = self.alarm.view();
        let alerts = Arc::clone(&alarms.alerts);
        self.daemon.set_alarms(alarms);
        let snapshot = Snapshot::new(self.looks, picture, observation, alerts, seconds);
        let snapshot = Arc::new(snapshot);
        self.daemon
            .tell(moment.wall, alarm::changes(&judged.transitions));
        if let Some(last) = self.last.replace(Arc::clone(&snapshot)) {
            self.daemon
                .tell(moment.wall, changes::between(&last, &snapshot));
        }
        self.daemon.publish(&snapshot);
        snapshot
    }

    /// Puts a look before the policy, and does what it wants done.
    fn enforce(&mut self, snapshot: &Snapshot) {
        if self.enforcer.is_idle() {
            return;
        }
        let kept = self.daemon.kept();
        let wanted = self
            .enforcer
            .judge(&snapshot.alerts, &snapshot.picture, &kept);
        acts::carry_out(self, wanted);
    }

    fn keep_policy(&mut self, has_changed: bool) {
        let now = linux::clock::now();
        self.enforcer.keep(has_changed, now, self.daemon.state());
    }

    /// Notes what the whole program used since the last time, and gives readings up before it uses
    /// more memory than it may.
    fn note_cost(&mut self, now: u64, picture: &Picture) {
        let budget = self.config.budget.memory.0;
        let used = picture.own_rss_bytes.unwrap_or(0);
        let collector = self.observer.collector();
        if used > budget / 10 * 9 {
            if !self.short_of_memory {
                tracing::warn!(
                    "{} of {} of memory are used; descriptor kinds and PSS are given up",
                    model::units::bytes(used),
                    model::units::bytes(budget)
                );
            }
            self.short_of_memory = true;
            collector.give_up(ShedLevel::Files, now);
        } else if used < budget / 10 * 7 && self.short_of_memory {
            self.short_of_memory = false;
            collector.give_up(ShedLevel::Nothing, now);
            tracing::info!("memory is below the budget again; all readings are taken");
        }
        let cpu = linux::clock::process_cpu_ns();
        if let Some((then, before)) = self.cost.replace((now, cpu)) {
            let passed = now.saturating_sub(then).max(1) as f64;
            let share = cpu.saturating_sub(before) as f64 / passed;
            self.daemon.figures().set_cpu_share(share);
        }
    }

    /// Even steps, unless we are late by more than one.
    fn schedule(&mut self, begun: u64, interval: u64) {
        let next = self.record_ns.saturating_add(interval);
        let is_late = begun >= next;
        if is_late && self.looks > 1 {
            self.daemon.figures().overrun();
            tracing::warn!(
                "a look came {:.1} s late; the machine is busy, or the interval is too short for it",
                begun.saturating_sub(self.record_ns) as f64 / 1e9
            );
        }
        self.record_ns = if is_late {
            begun.saturating_add(interval)
        } else {
            next
        };
    }

    /// Takes in what the kernel tells; a server that starts or ends brings the next look forward.
    fn note_events(&mut self) {
        let Some(events) = &mut self.events else {
            return;
        };
        let mut noted = Vec::new();
        loop {
            match events.read(&mut noted) {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    tracing::warn!("kernel process events ended: {error}; from now on looks tell");
                    self.events = None;
                    break;
                }
            }
        }
        let mut execs = 0;
        let mut matters = false;
        for event in &noted {
            self.observer.collector().note(event);
            matters = matters
                || match event {
                    ProcessEvent::Exec { pid } => {
                        execs += 1;
                        execs <= EXECS_AT_ONCE && observe::looks_like_a_server(*pid)
                    }
                    ProcessEvent::Exit { pid, .. } => self.is_of_interest(*pid),
                    _ => false,
                };
        }
        let settled = self.last_ns.saturating_add(nanoseconds(EVENTS_EVERY) / 2);
        if matters {
            self.due_ns = self.due_ns.min(settled.max(linux::clock::boot_ns()));
        }
    }

    /// A member of an instance, or an owner.
    fn is_of_interest(&self, pid: u32) -> bool {
        self.last.as_ref().is_some_and(|snapshot| {
            let inventory = &snapshot.picture.inventory;
            inventory.instance_of(pid).is_some()
                || inventory
                    .servers
                    .iter()
                    .any(|server| server.owner.pid == Some(pid))
                || inventory
                    .watched
                    .iter()
                    .flat_map(|server| &server.instances)
                    .any(|run| run.root.pid == pid)
        })
    }

    /// Tells what happened to servers that are kept, and brings the next look forward.
    fn note_kept(&mut self) {
        let Some(keeper) = self.daemon.keeper() else {
            return;
        };
        acts::note_restarts(self);
        let (notices, _) = keeper.take_notices();
        if notices.is_empty() {
            return;
        }
        for notice in &notices {
            tracing::info!("`{}` {}", notice.server, notice.what);
        }
        let now = linux::clock::now();
        self.daemon.tell(now.wall, keeping::changes(notices));
        let settled = self.last_ns.saturating_add(nanoseconds(EVENTS_EVERY) / 2);
        self.due_ns = self.due_ns.min(settled.max(now.boot_ns));
    }

    fn carry_out(&mut self, order: Order) {
        match order {
            Order::Look { asked_ns, reply } => {
                let snapshot = match &self.last {
                    Some(last) if self.thorough_ns >= asked_ns => Arc::clone(last),
                    _ => self.look(Scope::Thorough),
                };
                drop(reply.send(snapshot));
            }
            Order::Watch {
                name,
                pid,
                actor,
                reply,
            } => {
                let seen = self.look(Scope::Thorough);
                let state = self.daemon.state();
                let done = watching::watch(&mut self.observer, state, &seen.picture, &name, pid);
                let why = done.as_ref().err().map(ToString::to_string);
                let target = format!("{name} = PID {pid}");
                let outcome = why.as_deref().map_or(Ok(()), Err);
                self.daemon.audit(&actor, "watch", &target, outcome);
                if done.is_ok() {
                    self.look(Scope::Thorough);
                }
                drop(reply.send(done));
            }
            Order::Unwatch { name, actor, reply } => {
                let done = watching::unwatch(&mut self.observer, self.daemon.state(), &name);
                let why = done.as_ref().err().map(ToString::to_string);
                let outcome = why.as_deref().map_or(Ok(()), Err);
                self.daemon.audit(&actor, "unwatch", &name, outcome);
                if done.is_ok() {
                    self.look(Scope::Servers);
                }
                drop(reply.send(done));
            }
            Order::Plan { wishes, reply } => drop(reply.send(self.plan(&wishes))),
            Order::Clean {
                plan_id,
                wishes,
                actor,
                reply,
            } => cleaned::clean(self, (&plan_id, &wishes, actor), reply),
            Order::Alarm(order) => self.alarm.carry_out(order, self.daemon),
            Order::PolicyDone { act, how } => acts::note_done(self, act, how),
        }
    }

    fn configure(&mut self, config: Arc<Config>) {
        self.alarm.configure(&config);
        self.enforcer.configure(config.policy.clone());
        self.observer.configure_engines(&config);
        let wishes = self.observer.wishes();
        wishes.grace_seconds = config.clean.grace.0.as_secs_f64();
        wishes.never_touch.clone_from(&config.clean.never_touch);
        self.record_ns = self
            .last_ns
            .saturating_add(nanoseconds(config.daemon.interval.0));
        self.due_ns = self.record_ns;
        self.config = config;
    }
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
