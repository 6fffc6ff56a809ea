//! The life of one server: `on(event, now) -> effects`, and the caller carries the effects out.
//!
//! ```text
//!              ┌────────────── Backoff / Failed ◄──────────────┐
//!              ▼                                               │ a failure
//! Stopped ► Starting ► Running ◄► Degraded ► Stopping ─────────┤
//!    ▲                                                         │ an order, or the end of its work
//!    └──────────────── nothing of it is left ◄─────────────────┘
//! ```
//! 1. A start waits for the servers that it depends on, then asks for a [`Spawn`](Effect::Spawn) under a new
//!    generation. There is one tree at most: the next is asked for only after somebody has looked and told
//!    that nothing of the last one is left ([`News::Emptied`]).
//! 2. Until it is ready the [start clock](Activity) runs; afterwards readiness may be lost and come back.
//!    Degraded is not restarted from here: a ladder of the [policy](crate::policy) does that.
//! 3. When its root ends by itself, the rest of its tree is ended. The restart policy says whether it is
//!    started again: at once, then after longer and longer pauses, and after too many failures slowly.
//! 4. A stop closes stdin, terminates, kills, and goes on killing and telling while anything is left.
//!
//! Times are nanoseconds of a clock that does not count while the machine sleeps (`CLOCK_MONOTONIC` of
//! `clock_gettime(2)`), so that no time-out ends during sleep. A time before the last one counts as the last.

mod crash_loop;
mod effect;
mod ending;
mod event;
mod history;
mod news;
mod orders;
mod phase;
mod start;
mod told;
mod turns;

use std::collections::BTreeSet;
use std::sync::Arc;

use model::ProcessId;
use serde::{Deserialize, Serialize};

use crate::dice::Dice;
use crate::spec::{Readiness, Spec};
use crate::time::after;

pub use crash_loop::CrashLoop;
pub use effect::Effect;
pub use event::{Event, News};
pub use phase::State;
pub use start::Activity;
pub use told::{Reason, Told};

use ending::Ending;
use history::History;
use phase::{Phase, Tree};

/// Things that can become due at one time; a start that times out with all times zero needs six.
const MOST_PASSES: usize = 8;

/// What is kept over a restart of mcpvisor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Saved {
    /// The last order was to run.
    pub is_wanted: bool,
    /// The last generation, so that its number is not used again.
    pub generation: u64,
    /// Failures in a row.
    pub failures: u32,
    /// It was given up for now.
    pub is_slow: bool,
}

/// A server's machine.
#[derive(Clone, Debug)]
pub struct Lifecycle {
    spec: Arc<Spec>,
    dice: Dice,
    is_wanted: bool,
    generation: u64,
    /// Other servers that run.
    ready: BTreeSet<String>,
    history: History,
    phase: Phase,
    /// The latest time that was told, ns.
    now: u64,
    /// The tick that was asked for last, ns.
    timer: Option<u64>,
}

impl Lifecycle {
    /// A server that is stopped. The seed decides its jitter: give each server another.
    pub fn new(spec: Arc<Spec>, seed: u64) -> Self {
        Self::resumed(spec, seed, Saved::default())
    }

    /// A server as an earlier run of mcpvisor left it; [`Event::Resume`] starts it if it was wanted.
    pub fn resumed(spec: Arc<Spec>, seed: u64, saved: Saved) -> Self {
        Self {
            spec,
            dice: Dice::new(seed),
            is_wanted: saved.is_wanted,
            generation: saved.generation,
            ready: BTreeSet::new(),
            history: History::resumed(saved.failures, saved.is_slow),
            phase: Phase::Stopped,
            now: 0,
            timer: None,
        }
    }

    /// What must be kept, before effects are carried out. It changes only while an event is taken in.
    pub fn saved(&self) -> Saved {
        Saved {
            is_wanted: self.is_wanted,
            generation: self.generation,
            failures: self.history.failures,
            is_slow: self.history.is_slow,
        }
    }

    /// Takes in what happened at a time, ns.
    pub fn on(&mut self, event: Event, now: u64) -> Vec<Effect> {
        self.now = self.now.max(now);
        let mut out = Vec::new();
        // Before the event: it ran for as long as it did, even if the tick comes late.
        self.note_steady(&mut out);
        match event {
            Event::Start => self.start(&mut out),
            Event::Stop => self.stop(&mut out),
            Event::Restart => self.restart(&mut out),
            Event::Resume => self.resume(&mut out),
            Event::Configured(spec) => self.configure(spec, &mut out),
            Event::DependencyReady(name) => self.dependency_ready(name, &mut out),
            Event::DependencyLost(name) => {
                self.ready.remove(&name);
            }
            Event::Adopted { id } => self.adopt(id, &mut out),
            Event::Leftover { id } => self.end_leftover(id, &mut out),
            Event::Tree { generation, news } if generation == self.generation => {
                self.news(news, &mut out);
            }
            Event::Tick | Event::Tree { .. } => {}
        }
        for _ in 0..MOST_PASSES {
            if self.due().is_none_or(|due| due > self.now) {
                break;
            }
            self.pass(&mut out);
        }
        self.set_timer(&mut out);
        out
    }

    /// Where it is.
    pub fn state(&self) -> State {
        match &self.phase {
            Phase::Stopped => State::Stopped,
            Phase::Waiting | Phase::Starting { .. } => State::Starting,
            Phase::Running { is_ready: true, .. } => State::Running,
            Phase::Running { .. } => State::Degraded,
            Phase::Ending { .. } => State::Stopping,
            Phase::Pausing { .. } if self.history.is_slow => State::Failed,
            Phase::Pausing { .. } => State::Backoff,
        }
    }

    /// Its specification.
    pub fn spec(&self) -> &Arc<Spec> {
        &self.spec
    }

    /// The last order was to run.
    pub fn is_wanted(&self) -> bool {
        self.is_wanted
    }

    /// The number of the last start, 0 before the first.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// The root of its tree, if there is one and it is known.
    pub fn process(&self) -> Option<ProcessId> {
        self.phase.tree()?.id
    }

    /// Failures in a row.
    pub fn failures(&self) -> u32 {
        self.history.failures
    }

    /// It was given up for now, and has not been well for long enough since.
    pub fn is_crash_looping(&self) -> bool {
        self.history.is_slow
    }

    /// What was left of a tree that is being ended, as of the last look.
    pub fn remains(&self) -> &[ProcessId] {
        match &self.phase {
            Phase::Ending { ending, .. } => ending.remains(),
            _ => &[],
        }
    }

    /// Servers that it depends on and that do not run.
    pub fn missing(&self) -> impl Iterator<Item = &str> {
        let all = self.spec.depends_on.iter();
        all.filter(|name| !self.ready.contains(*name))
            .map(String::as_str)
    }

    /// When something is to be done next, ns; nothing while only news can change anything.
    pub fn due(&self) -> Option<u64> {
        match &self.phase {
            Phase::Stopped | Phase::Waiting => None,
            Phase::Starting { tree, clock } if self.settles(tree) => {
                Some(after(clock.progressed, self.spec.start.settle))
            }
            Phase::Starting { clock, .. } => Some(clock.due(&self.spec.start)),
            Phase::Running { .. } => self.steady_at(),
            Phase::Ending { ending, .. } => Some(ending.due(&self.spec.stop)),
            Phase::Pausing { until } => Some(*until),
        }
    }

    /// It is ready by being alive for a moment.
    fn settles(&self, tree: &Tree) -> bool {
        tree.is_answered && self.spec.readiness == Readiness::None
    }

    fn pass(&mut self, out: &mut Vec<Effect>) {
        match &mut self.phase {
            Phase::Stopped | Phase::Waiting => {}
            Phase::Starting { tree, .. } => {
                if tree.is_answered && self.spec.readiness == Readiness::None {
                    self.become_ready(out);
                } else {
                    self.time_out(out);
                }
            }
            Phase::Running { .. } => self.note_steady(out),
            Phase::Ending { ending, .. } => ending.pass(&self.spec.stop, self.now, out),
            Phase::Pausing { .. } => self.launch(out),
        }
    }

    /// When earlier failures count no more.
    fn steady_at(&self) -> Option<u64> {
        match self.phase {
            Phase::Running {
                since,
                is_ready: true,
                ..
            } if !self.history.is_clean() => {
                Some(after(since, self.history.steady_after(&self.spec.restart)))
            }
            _ => None,
        }
    }

    fn note_steady(&mut self, out: &mut Vec<Effect>) {
        if self.steady_at().is_some_and(|at| at <= self.now) {
            self.history = History::default();
            let generation = self.generation;
            out.push(Effect::Tell(Told::Steady { generation }));
        }
    }

    /// Asks for a tick, if none comes in time. One that comes too soon asks for the next, so that progress
    /// does not move the timer each time.
    fn set_timer(&mut self, out: &mut Vec<Effect>) {
        let Some(at) = self.due() else {
            return;
        };
        let comes = self
            .timer
            .is_some_and(|timer| timer > self.now && timer <= at);
        if !comes {
            self.timer = Some(at);
            out.push(Effect::SetTimer { at });
        }
    }
}
