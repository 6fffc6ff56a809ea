//! One server that is kept: its machine, its run, its log, its record; carries out the machine's effects.

mod effects;
mod view;
mod wakes;

use std::collections::VecDeque;
use std::sync::Arc;

use jiff::Timestamp;
use linux::cgroup::{Enforced, Events};
use supervise::Lifecycle;
use supervise::lifecycle::{CrashLoop, Event, State};
use supervise::spec::Exit;

use crate::keeper::Shop;
use crate::log::Log;
use crate::notice::{Happened, Notice};
use crate::record::Record;
use crate::run::Run;
use crate::wanted::Wanted;

/// Progress is told so often while a start waits for that of another, ns.
const HELD_EVERY: u64 = 1_000_000_000;

/// A server.
#[derive(Debug)]
pub(crate) struct Kept {
    /// Tells its descriptors from those of others.
    pub(crate) slot: u32,
    pub(crate) wanted: Wanted,
    pub(crate) life: Lifecycle,
    pub(crate) run: Option<Run>,
    pub(crate) record: Record,
    /// It is no more configured: forgotten once it is stopped.
    pub(crate) leaves: bool,
    log: Log,
    timer: Option<u64>,
    /// A start that waits for that of another server, and when that is looked at, ns.
    held: Option<(u64, u64)>,
    since: Timestamp,
    reason: Option<String>,
    crash_loop: Option<CrashLoop>,
    last_exit: Option<Exit>,
    enforced: Arc<Enforced>,
    nowhere: Option<String>,
    events: Events,
    /// What is to be told of it has changed.
    pub(crate) is_dirty: bool,
}

impl Kept {
    pub(crate) fn new(slot: u32, wanted: Wanted, record: Option<Record>, shop: &Shop) -> Self {
        let name = wanted.name().to_owned();
        let log = Log::new(shop.records.path(&name, "log"), wanted.log);
        let record = record.unwrap_or(Record {
            name,
            maker: None,
            saved: supervise::lifecycle::Saved::default(),
            run: None,
            root: None,
            mark: None,
            restarts: 0,
        });
        let seed = linux::clock::boot_ns() ^ (u64::from(slot) << 32);
        Self {
            slot,
            life: Lifecycle::resumed(Arc::clone(&wanted.spec), seed, record.saved),
            wanted,
            run: None,
            record,
            leaves: false,
            log,
            timer: None,
            held: None,
            since: linux::clock::now().wall,
            reason: None,
            crash_loop: None,
            last_exit: None,
            enforced: Arc::default(),
            nowhere: None,
            events: Events::default(),
            is_dirty: true,
        }
    }

    pub(crate) fn name(&self) -> &str {
        self.wanted.name()
    }

    /// Takes in what happened, and does what follows from it.
    pub(crate) fn on(&mut self, event: Event, shop: &mut Shop) {
        let mut events = VecDeque::from([event]);
        while let Some(event) = events.pop_front() {
            let before = self.life.state();
            let effects = self.life.on(event, shop.now());
            self.keep(shop);
            let after = self.life.state();
            if before != after {
                self.turned(after, shop);
            }
            for effect in effects {
                let news = self.carry_out(effect, shop);
                let generation = self.life.generation();
                events.extend(
                    news.into_iter()
                        .map(|news| Event::Tree { generation, news }),
                );
            }
        }
    }

    fn turned(&mut self, state: State, shop: &mut Shop) {
        self.since = linux::clock::now().wall;
        self.is_dirty = true;
        if matches!(state, State::Running | State::Stopped) {
            self.reason = None;
        }
        if matches!(state, State::Stopped) {
            self.crash_loop = None;
        }
        if let Some(package) = &self.wanted.package
            && state != State::Starting
        {
            let name = &self.wanted.spec.name;
            shop.packages.done(package, name, state == State::Running);
        }
    }

    /// What is to be there after a crash, before anything is done on its strength.
    fn keep(&mut self, shop: &mut Shop) {
        let mut saved = self.life.saved();
        if shop.is_ending {
            // All are stopped since we end; what was wanted is wanted next time.
            saved.is_wanted = self.record.saved.is_wanted;
        }
        let goes_on = self.life.is_wanted() && self.life.state() != State::Stopping;
        let run_is_other = self
            .record
            .run
            .as_ref()
            .is_some_and(|run| run.is_wanted != goes_on);
        if saved != self.record.saved || run_is_other {
            self.record.saved = saved;
            if let Some(run) = &mut self.record.run {
                run.is_wanted = goes_on;
            }
            self.write(shop);
        }
    }

    fn write(&mut self, shop: &mut Shop) {
        self.record.maker = Some(shop.ground.us);
        if let Err(error) = shop.records.write(&self.record) {
            self.tell(Happened::NotRecorded(error.to_string()), shop);
        }
    }

    fn tell(&mut self, what: Happened, shop: &mut Shop) {
        self.is_dirty = true;
        let at = linux::clock::now().wall;
        self.log.note(&what.to_string(), at);
        shop.tell(Notice {
            at,
            server: self.wanted.spec.name.clone(),
            what,
        });
    }

    /// Another configuration.
    pub(crate) fn configure(&mut self, wanted: Wanted, shop: &mut Shop) {
        if self.wanted == wanted {
            return;
        }
        self.log.configure(wanted.log);
        let spec = Arc::clone(&wanted.spec);
        let other_place =
            self.wanted.limits != wanted.limits || self.wanted.nofile != wanted.nofile;
        self.wanted = wanted;
        self.is_dirty = true;
        self.on(Event::Configured(spec), shop);
        // Limits are set before its first process starts, so that nothing of it was ever without.
        if other_place
            && matches!(
                self.life.state(),
                State::Starting | State::Running | State::Degraded
            )
        {
            self.on(Event::Restart, shop);
        }
    }

    /// A run of an earlier mcpvisor, with what happens to it.
    pub(crate) fn inherit(&mut self, run: Run, event: Event, words: &str, shop: &mut Shop) {
        self.tell(Happened::Left(words.to_owned()), shop);
        self.run = Some(run);
        self.on_inherited(event, shop);
    }

    /// The machine gives it a new number, by which the run is known from then on.
    fn on_inherited(&mut self, event: Event, shop: &mut Shop) {
        if let Some(run) = &mut self.run {
            run.generation = self.life.generation().saturating_add(1);
            if let Some(record) = &mut self.record.run {
                record.generation = run.generation;
            }
        }
        self.attend(shop);
        self.on(event, shop);
        self.write(shop);
    }
}
