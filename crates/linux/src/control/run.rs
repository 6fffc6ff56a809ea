//! Carries out what [`super::stop`] decides: signals through the pidfds that the plan
//! holds, waits on them, looks for newcomers, and reports each process' end.
//!
//! It blocks the calling thread until the tree is gone or given up, at most the sum of the
//! three times of [`super::Timing`]. If mcpvisor itself is killed within the milliseconds
//! between SIGSTOP and SIGKILL, what it stopped stays stopped.

use std::{collections::VecDeque, os::fd::OwnedFd, time::Duration};

use model::ProcessId;
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::Errno,
    process::Signal,
};

use super::{
    Ending, Expected, OpenError, Outcome, Relatives, SignalError, Target, Timing,
    stop::{Effect, Event, Phase, Sent, Stop},
};
use crate::ProcRoot;

/// What is to be ended: processes that are held already, root first.
#[derive(Debug, Default)]
pub struct Plan {
    /// Processes to end.
    pub targets: Vec<Target>,
    /// Processes that were to be ended but could not be held; they are reported, not touched.
    pub unopened: Vec<(ProcessId, OpenError)>,
    /// Our end of the server's stdin, if we hold it.
    pub stdin: Option<OwnedFd>,
    /// How long each step may take.
    pub timing: Timing,
}

impl Plan {
    /// Holds what was recorded, in this order. Nothing is signalled yet: a caller for whom
    /// a changed world is a reason to do nothing asks [`Self::has_changed`] first.
    pub fn open<'e>(root: &ProcRoot, recorded: impl IntoIterator<Item = &'e Expected>) -> Self {
        let mut plan = Self::default();
        for expected in recorded {
            match Target::open(root, expected) {
                Ok(target) => plan.targets.push(target),
                Err(error) => plan.unopened.push((expected.id, error)),
            }
        }
        plan
    }

    /// A pid belongs to another process, or a process has become something else. That one
    /// has just ended is no change: it is what was wanted.
    pub fn has_changed(&self) -> bool {
        self.unopened.iter().any(|(_, error)| {
            matches!(
                error,
                OpenError::Changed { .. } | OpenError::Unproven { .. }
            )
        })
    }
}

/// What happens while a tree is ended, for people who wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// A phase has begun; so many processes live.
    Phase(Phase, usize),
    /// A process was found that had been forked meanwhile.
    Joined(ProcessId),
    /// A process has ended.
    Ended(ProcessId),
    /// A process refused the signal.
    Refused(ProcessId, String),
}

/// What became of a tree.
#[derive(Debug)]
pub struct Report {
    /// Each process of the plan and each that joined.
    pub outcomes: Vec<(ProcessId, Outcome)>,
    /// Why it is not known that nothing else of the tree is left; `None` if it was looked at
    /// last after the last end.
    pub unverified: Option<String>,
    /// Time taken.
    pub took: Duration,
}

impl Report {
    /// All that was to be ended has ended, and that was verified.
    pub fn is_complete(&self) -> bool {
        let gone =
            |outcome: &Outcome| matches!(outcome, Outcome::AlreadyGone | Outcome::Ended { .. });
        self.unverified.is_none() && self.outcomes.iter().all(|(_, outcome)| gone(outcome))
    }
}

/// Ends the processes of `plan` and what they fork meanwhile.
///
/// `clock` gives the time since any moment that does not change, and must advance with
/// real time: the waiting is real.
pub fn run(
    plan: Plan,
    clock: &dyn Fn() -> Duration,
    relatives: &mut dyn Relatives,
    progress: &mut dyn FnMut(Progress),
) -> Report {
    let began = clock();
    let stop = Stop::new(
        plan.targets.iter().map(Target::id),
        plan.stdin.is_some(),
        plan.timing,
    );
    let mut runner = Runner {
        stop,
        targets: plan.targets,
        stdin: plan.stdin,
        blind: None,
        relatives,
        progress,
    };
    runner.drive(clock);
    let mut outcomes = runner.stop.outcomes();
    let unopened = plan.unopened.into_iter();
    outcomes.extend(unopened.map(|(id, error)| (id, outcome_of(&error))));
    Report {
        outcomes,
        unverified: runner.blind,
        took: clock().saturating_sub(began),
    }
}

/// What it means for the report that a process could not be held.
fn outcome_of(error: &OpenError) -> Outcome {
    let why = error.to_string();
    match error {
        OpenError::Gone { .. } => Outcome::AlreadyGone,
        OpenError::Changed { .. } | OpenError::Unproven { .. } => Outcome::Changed { why },
        OpenError::Forbidden(_)
        | OpenError::ForeignProc(_)
        | OpenError::Unsupported
        | OpenError::Io { .. } => Outcome::Refused { why },
    }
}

struct Runner<'a> {
    stop: Stop,
    targets: Vec<Target>,
    stdin: Option<OwnedFd>,
    blind: Option<String>,
    relatives: &'a mut dyn Relatives,
    progress: &'a mut dyn FnMut(Progress),
}

impl Runner<'_> {
    fn drive(&mut self, clock: &dyn Fn() -> Duration) {
        let mut events = VecDeque::new();
        // What ended before we began was not ended by us.
        self.note_ended(&mut events);
        events.push_back(Event::Begin);
        let mut wake_at = Duration::ZERO;
        loop {
            let Some(event) = events.pop_front() else {
                let left = wake_at.saturating_sub(clock());
                self.wait(left, &mut events);
                if events.is_empty() {
                    events.push_back(Event::Tick);
                }
                continue;
            };
            let phase = self.stop.phase();
            let effects = self.stop.on(&event, clock());
            if self.stop.phase() != phase {
                let living = self.stop.living().count();
                (self.progress)(Progress::Phase(self.stop.phase(), living));
            }
            for effect in effects {
                match effect {
                    Effect::Finish => return,
                    Effect::WakeAt(time) => wake_at = time,
                    Effect::CloseStdin => self.stdin = None,
                    Effect::Signal(id, signal) => self.signal(id, signal, &mut events),
                    Effect::Look => self.look(&mut events),
                }
            }
        }
    }

    fn signal(&mut self, id: ProcessId, signal: Sent, events: &mut VecDeque<Event>) {
        let Some(target) = self.targets.iter().find(|target| target.id() == id) else {
            return;
        };
        let signal = match signal {
            Sent::Terminate => Signal::TERM,
            Sent::Continue => Signal::CONT,
            Sent::Freeze => Signal::STOP,
            Sent::Kill => Signal::KILL,
        };
        match target.signal(signal) {
            // Its end is noticed through the pidfd.
            Ok(()) | Err(SignalError::Gone) => {}
            Err(error @ (SignalError::NotPermitted | SignalError::Io(_))) => {
                let why = error.to_string();
                (self.progress)(Progress::Refused(id, why.clone()));
                events.push_back(Event::Refused { id, why });
            }
        }
    }

    fn look(&mut self, events: &mut VecDeque<Event>) {
        match self.relatives.newcomers(&self.targets) {
            Ok(newcomers) => {
                let ids: Vec<_> = newcomers.iter().map(Target::id).collect();
                for id in &ids {
                    (self.progress)(Progress::Joined(*id));
                }
                self.targets.extend(newcomers);
                self.blind = None;
                events.push_back(Event::Looked { newcomers: ids });
            }
            Err(error) => {
                self.blind = Some(error.to_string());
                events.push_back(Event::Blind);
            }
        }
    }

    /// Waits until a process ends or the time is over.
    fn wait(&mut self, left: Duration, events: &mut VecDeque<Event>) {
        let living: Vec<_> = self.stop.living().collect();
        let timeout = Timespec::try_from(left).unwrap_or_default();
        let polled = {
            let held = self
                .targets
                .iter()
                .filter(|held| living.contains(&held.id()));
            let mut fds: Vec<_> = held.map(|held| PollFd::new(held, PollFlags::IN)).collect();
            poll(&mut fds, Some(&timeout))
        };
        match polled {
            Ok(_) | Err(Errno::INTR) => self.note_ended(events),
            Err(_) => {
                // Too many for one call, or no memory: ask one by one, and do not spin. Here
                // nothing but the time is waited for, so what it returns says nothing.
                let pause = left.min(Duration::from_millis(50));
                let pause = Timespec::try_from(pause).unwrap_or_default();
                poll(&mut [], Some(&pause)).unwrap_or_default();
                self.note_ended(events);
                events.push_back(Event::Tick);
            }
        }
    }

    fn note_ended(&mut self, events: &mut VecDeque<Event>) {
        let living: Vec<_> = self.stop.living().collect();
        for target in self
            .targets
            .iter()
            .filter(|held| living.contains(&held.id()))
        {
            let id = target.id();
            let already =
                |event: &Event| matches!(event, Event::Ended { id: known, .. } if *known == id);
            if let Ok(Some(ending)) = target.ending()
                && !events.iter().any(already)
            {
                (self.progress)(Progress::Ended(id));
                let zombie = ending == Ending::Zombie;
                events.push_back(Event::Ended { id, zombie });
            }
        }
    }
}
