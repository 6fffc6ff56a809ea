//! How a tree of processes is ended: a pure state machine.
//!
//! ```text
//! Closing ──► Terminating ──► Freezing ──► Killing ──► Done
//!  stdin        SIGTERM        SIGSTOP      SIGKILL
//! ```
//! 1. **Closing**, only where we hold the server's stdin: it is closed, as the MCP
//!    specification has it for stdio, and the tree gets `stdin_grace` to end by itself.
//! 2. **Terminating**: SIGTERM to the whole tree, root first, so that a supervisor knows before
//!    its children end and does not start them anew; then SIGCONT, so that what is stopped
//!    can act on it. Wrappers that pass the signal on (`npm`, `docker run`) and those that do
//!    not (`sh -c`) are treated alike: it is what systemd does with a unit (`systemd.kill(5)`). Left out
//!    where `kill_after` is zero.
//! 3. **Freezing**: what is left after `kill_after` is stopped by SIGSTOP before it is killed.
//!    A fork that meets a pending signal is started over by the kernel, so once SIGSTOP is
//!    sent, no child appears that a look at the process table would not find under its living
//!    parent. Newcomers are stopped too, until a look finds none.
//! 4. **Killing**: SIGKILL to all, `give_up` for the kernel to carry it out. A process that
//!    waits for a device without end survives even that, and is reported.
//!
//! In all phases the process table is looked at again and again; newcomers join with what
//! the others got. It is over when all members have ended *and* a look that was begun
//! after the last end finds nobody else: a process that ended but was not reaped by its parent has ended.
//!
//! The machine does nothing by itself: it is told [`Event`]s, and answers with [`Effect`]s
//! that [`mod@super::run`] carries out.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    time::Duration,
};

use model::ProcessId;
use serde::{Deserialize, Serialize};

/// How long each step may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timing {
    /// From the end of stdin to SIGTERM.
    pub stdin_grace: Duration,
    /// From SIGTERM to SIGKILL.
    pub kill_after: Duration,
    /// From SIGKILL until what still lives is reported as survived.
    pub give_up: Duration,
    /// Between two looks at the process table; at least ten milliseconds.
    pub look_every: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            stdin_grace: Duration::from_secs(2),
            kill_after: Duration::from_secs(10),
            give_up: Duration::from_secs(5),
            look_every: Duration::from_millis(200),
        }
    }
}

/// What was done to end a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Its stdin was closed.
    StdinClosed,
    /// SIGTERM.
    Terminated,
    /// SIGKILL.
    Killed,
}

/// What became of a process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It had ended before anything was done to it.
    AlreadyGone,
    /// It has ended.
    Ended {
        /// The last step before it did.
        by: Step,
        /// Its parent has not waited for it: only the entry in the process table is left.
        zombie: bool,
    },
    /// It lives although it was killed: the kernel cannot end it now.
    Survived,
    /// It was not signalled, or not successfully.
    Refused {
        /// Why.
        why: String,
    },
    /// The pid belongs to another process, or the process became something else; it was
    /// not signalled.
    Changed {
        /// In what.
        why: String,
    },
}

/// A signal that the machine sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// SIGTERM.
    Terminate,
    /// SIGCONT.
    Continue,
    /// SIGSTOP.
    Freeze,
    /// SIGKILL.
    Kill,
}

/// What the machine is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Go.
    Begin,
    /// Time has passed.
    Tick,
    /// A process has ended.
    Ended {
        /// Which.
        id: ProcessId,
        /// Nobody has waited for it.
        zombie: bool,
    },
    /// A signal was refused.
    Refused {
        /// By which process.
        id: ProcessId,
        /// Why.
        why: String,
    },
    /// The process table was looked at.
    Looked {
        /// What has joined the tree.
        newcomers: Vec<ProcessId>,
    },
    /// The process table could not be looked at: whether the tree is gone is not known.
    Blind,
}

/// What the machine wants done, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Close the server's stdin.
    CloseStdin,
    /// Signal a process.
    Signal(ProcessId, Sent),
    /// Look at the process table, tell the result. Each is answered once, in order.
    Look,
    /// Tick at this time, unless something else happens before.
    WakeAt(Duration),
    /// It is over.
    Finish,
}

/// Where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Not begun.
    Ready,
    /// Waiting for the end of stdin to work.
    Closing,
    /// Waiting for SIGTERM to work.
    Terminating,
    /// Stopping what is to be killed.
    Freezing,
    /// Waiting for SIGKILL to work.
    Killing,
    /// Over.
    Done,
}

/// Looks in a row that may find newcomers while freezing; then what is known is killed, and
/// the rest is frozen anew.
const MOST_LOOKS: u32 = 20;

/// Least time between two looks.
const SHORTEST_PAUSE: Duration = Duration::from_millis(10);

#[derive(Clone, Debug, Default)]
struct Member {
    step: Option<Step>,
    outcome: Option<Outcome>,
}

/// The machine. Times are since any moment that does not change.
#[derive(Debug)]
pub struct Stop {
    timing: Timing,
    holds_stdin: bool,
    phase: Phase,
    deadline: Duration,
    next_look: Duration,
    /// Looks since freezing began.
    looks: u32,
    /// Looks asked for and looks answered: only the answer to the latest decides, since
    /// those before it may be older than the last end or the last SIGSTOP.
    asked: u64,
    answered: u64,
    blind: bool,
    /// In the order in which they are signalled.
    order: Vec<ProcessId>,
    members: BTreeMap<ProcessId, Member>,
}

impl Stop {
    /// For the processes of a tree, root first.
    pub fn new(
        tree: impl IntoIterator<Item = ProcessId>,
        holds_stdin: bool,
        timing: Timing,
    ) -> Self {
        let mut stop = Self {
            timing: Timing {
                // A look costs milliseconds: without a pause they would be all that happens.
                look_every: timing.look_every.max(SHORTEST_PAUSE),
                ..timing
            },
            holds_stdin,
            phase: Phase::Ready,
            deadline: Duration::ZERO,
            next_look: Duration::ZERO,
            looks: 0,
            asked: 0,
            answered: 0,
            blind: false,
            order: Vec::new(),
            members: BTreeMap::new(),
        };
        for id in tree {
            stop.join(id);
        }
        stop
    }

    /// Where it stands.
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// The last look at the process table succeeded: what it says about the tree is known.
    pub fn is_verified(&self) -> bool {
        !self.blind
    }

    /// Processes that live and were not refused, in signalling order.
    pub fn living(&self) -> impl Iterator<Item = ProcessId> + '_ {
        let lives = |id: &&ProcessId| {
            self.members
                .get(id)
                .is_some_and(|member| member.outcome.is_none())
        };
        self.order.iter().filter(lives).copied()
    }

    /// What became of each process; those that live are survivors. In signalling order.
    pub fn outcomes(&self) -> Vec<(ProcessId, Outcome)> {
        let outcome = |id: &ProcessId| {
            let member = self.members.get(id)?;
            Some((*id, member.outcome.clone().unwrap_or(Outcome::Survived)))
        };
        self.order.iter().filter_map(outcome).collect()
    }

    /// Takes an event at `now`, and says what is to be done.
    pub fn on(&mut self, event: &Event, now: Duration) -> Vec<Effect> {
        let mut effects = Vec::new();
        match event {
            _ if self.phase == Phase::Done => return effects,
            Event::Begin if self.phase == Phase::Ready => self.begin(now, &mut effects),
            // Whoever has ended by now needs no signal.
            Event::Ended { id, zombie } if self.phase == Phase::Ready => {
                self.ended(*id, *zombie, &mut Vec::new());
                return effects;
            }
            _ if self.phase == Phase::Ready => return effects,
            Event::Begin => {}
            Event::Tick => self.tick(now, &mut effects),
            Event::Ended { id, zombie } => self.ended(*id, *zombie, &mut effects),
            Event::Refused { id, why } => {
                self.settle(*id, Outcome::Refused { why: why.clone() }, &mut effects);
            }
            Event::Looked { newcomers } => {
                self.blind = false;
                self.looked(newcomers, now, &mut effects);
            }
            Event::Blind => {
                self.blind = true;
                self.looked(&[], now, &mut effects);
            }
        }
        let asked = effects
            .iter()
            .filter(|effect| **effect == Effect::Look)
            .count();
        self.asked += asked as u64;
        if !matches!(self.phase, Phase::Done | Phase::Freezing) {
            effects.push(Effect::WakeAt(self.deadline.min(self.next_look)));
        }
        effects
    }

    fn begin(&mut self, now: Duration, effects: &mut Vec<Effect>) {
        self.next_look = now + self.timing.look_every;
        if self.holds_stdin {
            self.phase = Phase::Closing;
            self.deadline = now + self.timing.stdin_grace;
            effects.push(Effect::CloseStdin);
            self.mark(Step::StdinClosed);
        } else {
            self.terminate(now, effects);
        }
        if self.living().next().is_none() {
            effects.push(Effect::Look);
        }
    }

    fn tick(&mut self, now: Duration, effects: &mut Vec<Effect>) {
        if now >= self.deadline {
            match self.phase {
                Phase::Closing => self.terminate(now, effects),
                Phase::Terminating => self.freeze(effects),
                Phase::Killing => self.finish(effects),
                Phase::Ready | Phase::Freezing | Phase::Done => {}
            }
        } else if now >= self.next_look {
            self.next_look = now + self.timing.look_every;
            effects.push(Effect::Look);
        }
    }

    fn ended(&mut self, id: ProcessId, zombie: bool, effects: &mut Vec<Effect>) {
        let Some(member) = self.members.get(&id) else {
            return;
        };
        let outcome = match member.step {
            Some(by) => Outcome::Ended { by, zombie },
            None => Outcome::AlreadyGone,
        };
        self.settle(id, outcome, effects);
    }

    fn settle(&mut self, id: ProcessId, outcome: Outcome, effects: &mut Vec<Effect>) {
        let Some(member) = self.members.get_mut(&id) else {
            return;
        };
        if member.outcome.is_some() {
            return;
        }
        member.outcome = Some(outcome);
        // While freezing a look is under way, and its answer decides.
        if self.phase != Phase::Freezing && self.living().next().is_none() {
            effects.push(Effect::Look);
        }
    }

    fn looked(&mut self, newcomers: &[ProcessId], now: Duration, effects: &mut Vec<Effect>) {
        let joined: Vec<_> = newcomers
            .iter()
            .copied()
            .filter(|id| self.join(*id))
            .collect();
        self.answered += 1;
        let is_latest = self.answered >= self.asked;
        match self.phase {
            Phase::Ready | Phase::Done => {}
            _ if joined.is_empty() && !is_latest => {}
            Phase::Closing | Phase::Terminating | Phase::Killing if joined.is_empty() => {
                if self.living().next().is_none() {
                    self.finish(effects);
                }
            }
            // They share the stdin that is closed, or were born after it.
            Phase::Closing => self.mark(Step::StdinClosed),
            Phase::Terminating => self.signal(&joined, &[Sent::Terminate, Sent::Continue], effects),
            Phase::Killing => {
                self.phase = Phase::Freezing;
                self.looks = 0;
                self.signal(&joined, &[Sent::Freeze], effects);
                effects.push(Effect::Look);
            }
            Phase::Freezing if joined.is_empty() || self.looks >= MOST_LOOKS => {
                self.kill(now, effects);
            }
            Phase::Freezing => {
                self.looks += 1;
                self.signal(&joined, &[Sent::Freeze], effects);
                effects.push(Effect::Look);
            }
        }
    }

    fn terminate(&mut self, now: Duration, effects: &mut Vec<Effect>) {
        if self.timing.kill_after.is_zero() {
            // Asked first, its root would end and leave children that nothing tells from strangers.
            self.freeze(effects);
            return;
        }
        self.phase = Phase::Terminating;
        self.deadline = now + self.timing.kill_after;
        let living: Vec<_> = self.living().collect();
        self.signal(&living, &[Sent::Terminate, Sent::Continue], effects);
    }

    fn freeze(&mut self, effects: &mut Vec<Effect>) {
        self.phase = Phase::Freezing;
        self.looks = 0;
        let living: Vec<_> = self.living().collect();
        self.signal(&living, &[Sent::Freeze], effects);
        effects.push(Effect::Look);
    }

    fn kill(&mut self, now: Duration, effects: &mut Vec<Effect>) {
        let first = !self
            .members
            .values()
            .any(|member| member.step == Some(Step::Killed));
        self.phase = Phase::Killing;
        if first {
            self.deadline = now + self.timing.give_up;
        }
        self.next_look = now + self.timing.look_every;
        let living: Vec<_> = self.living().collect();
        self.signal(&living, &[Sent::Kill], effects);
        if living.is_empty() {
            effects.push(Effect::Look);
        }
    }

    fn finish(&mut self, effects: &mut Vec<Effect>) {
        self.phase = Phase::Done;
        effects.push(Effect::Finish);
    }

    /// Signal by signal, so that the whole tree has SIGTERM before any of it is continued.
    fn signal(&mut self, ids: &[ProcessId], signals: &[Sent], effects: &mut Vec<Effect>) {
        for signal in signals {
            effects.extend(ids.iter().map(|id| Effect::Signal(*id, *signal)));
        }
        let step = match signals.first() {
            Some(Sent::Terminate) => Step::Terminated,
            Some(Sent::Kill) => Step::Killed,
            Some(Sent::Continue | Sent::Freeze) | None => return,
        };
        for id in ids {
            if let Some(member) = self.members.get_mut(id) {
                member.step = Some(step);
            }
        }
    }

    fn mark(&mut self, step: Step) {
        for member in self.members.values_mut().filter(|m| m.outcome.is_none()) {
            member.step = Some(step);
        }
    }

    /// Whether it is new.
    fn join(&mut self, id: ProcessId) -> bool {
        let Entry::Vacant(vacant) = self.members.entry(id) else {
            return false;
        };
        vacant.insert(Member::default());
        self.order.push(id);
        true
    }
}

#[cfg(test)]
mod tests;
