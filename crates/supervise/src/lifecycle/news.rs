//! What a server's machine does with news of its tree.

use model::ProcessId;

use super::phase::{Phase, Then, Tree};
use super::{CrashLoop, Effect, Ending, Lifecycle, News, Reason, Told};
use crate::bounded::{MOST_NAMES, last_lines, line};
use crate::spec::{Exit, Readiness, RestartPolicy};
use crate::time::{after, seconds};

impl Lifecycle {
    pub(super) fn news(&mut self, news: News, out: &mut Vec<Effect>) {
        match news {
            News::Spawned { id } => self.spawned(id, out),
            News::SpawnFailed { reason } => self.spawn_failed(&line(reason), out),
            News::Ready => self.ready(out),
            News::NotReady { reason } => self.not_ready(line(reason), out),
            News::Progress => {
                if let Phase::Starting { tree, clock } = &mut self.phase
                    // What is ready by being alive needs no more time.
                    && !(tree.is_answered && self.spec.readiness == Readiness::None)
                {
                    clock.progressed = self.now;
                }
            }
            News::Exited { exit, lines } => self.exited(exit, last_lines(lines), out),
            News::Emptied => self.emptied(out),
            News::Remains { mut processes } => {
                processes.truncate(MOST_NAMES);
                self.remain(processes, out);
            }
        }
    }

    fn spawned(&mut self, id: ProcessId, out: &mut Vec<Effect>) {
        match &mut self.phase {
            Phase::Starting { tree, clock } if !tree.is_answered => {
                tree.id = Some(id);
                tree.is_answered = true;
                clock.progressed = self.now;
                if self.spec.readiness != Readiness::None {
                    let generation = self.generation;
                    out.push(Effect::CheckReadiness { generation });
                }
            }
            Phase::Ending { tree, ending, .. } if !tree.is_answered => {
                tree.id = Some(id);
                tree.is_answered = true;
                ending.root_came_late(self.now, out);
            }
            _ => {}
        }
    }

    fn spawn_failed(&mut self, reason: &str, out: &mut Vec<Effect>) {
        let generation = self.generation;
        let told = Told::SpawnFailed {
            generation,
            reason: reason.to_owned(),
        };
        match &mut self.phase {
            Phase::Starting { tree, .. } if !tree.is_answered => {
                tree.is_answered = true;
                out.push(Effect::Tell(told));
                let last = format!("could not be started: {reason}");
                let then = self.after_failure(true, last, Vec::new(), out);
                self.verify(then, out);
            }
            Phase::Ending { tree, ending, .. } if !tree.is_answered => {
                tree.is_answered = true;
                out.push(Effect::Tell(told));
                ending.root_ended(self.now, out);
            }
            _ => {}
        }
    }

    fn ready(&mut self, out: &mut Vec<Effect>) {
        match &mut self.phase {
            Phase::Starting { tree, .. } if tree.is_answered => self.become_ready(out),
            Phase::Running {
                since, is_ready, ..
            } if !*is_ready => {
                out.push(Effect::Tell(Told::Recovered {
                    generation: self.generation,
                    after_seconds: seconds(self.now.saturating_sub(*since)),
                }));
                *is_ready = true;
                *since = self.now;
            }
            _ => {}
        }
    }

    fn not_ready(&mut self, reason: String, out: &mut Vec<Effect>) {
        if let Phase::Running {
            since, is_ready, ..
        } = &mut self.phase
            && *is_ready
            // Nobody looks any more who could say that it is ready again.
            && self.spec.readiness != Readiness::None
        {
            *is_ready = false;
            *since = self.now;
            let generation = self.generation;
            out.push(Effect::Tell(Told::Degraded { generation, reason }));
        }
    }

    fn exited(&mut self, exit: Exit, lines: Vec<String>, out: &mut Vec<Effect>) {
        let Some(tree) = self.phase.tree() else {
            return;
        };
        let is_ending = matches!(self.phase, Phase::Ending { .. });
        out.push(Effect::Tell(Told::Exited {
            generation: self.generation,
            exit,
            ran_seconds: seconds(self.now.saturating_sub(tree.ordered)),
            is_ordered: is_ending,
            lines: lines.clone(),
        }));
        if let Phase::Ending { tree, ending, .. } = &mut self.phase {
            tree.is_answered = true;
            ending.root_ended(self.now, out);
            return;
        }
        // An end before it was ever ready is no success, whatever its code.
        let was_ready = matches!(self.phase, Phase::Running { .. });
        let is_early = !was_ready && self.spec.readiness != Readiness::None;
        let follows = is_early || self.spec.restart.follows(exit);
        let then = self.after_failure(follows, exit.to_string(), lines, out);
        self.verify(then, out);
    }

    /// Looks what is left of a tree whose root has ended or was never there.
    fn verify(&mut self, then: Then, out: &mut Vec<Effect>) {
        let tree = match &self.phase {
            Phase::Starting { tree, .. } | Phase::Running { tree, .. } => tree.clone(),
            _ => return,
        };
        let tree = Tree {
            is_answered: true,
            ..tree
        };
        let ending = Ending::of_ended(self.generation, self.now, out);
        self.phase = Phase::Ending { tree, ending, then };
    }

    fn emptied(&mut self, out: &mut Vec<Effect>) {
        let Phase::Ending { tree, then, .. } = &self.phase else {
            return;
        };
        // While its start is not answered, it may begin after the look.
        if !tree.is_answered {
            return;
        }
        match *then {
            Then::Stop => {
                self.phase = Phase::Stopped;
                out.push(Effect::Tell(Told::Stopped));
            }
            Then::Start => self.launch(out),
            Then::Pause { until } if until <= self.now => self.launch(out),
            Then::Pause { until } => self.phase = Phase::Pausing { until },
        }
    }

    fn remain(&mut self, processes: Vec<ProcessId>, out: &mut Vec<Effect>) {
        let generation = self.generation;
        if let Phase::Ending { ending, .. } = &mut self.phase {
            let at = out.len();
            if ending.remain(processes, self.now, out) {
                let reason = Reason::Remains;
                out.insert(at, Effect::Tell(Told::Stopping { generation, reason }));
            }
        }
    }

    /// What comes after its end, which nobody ordered: a restart `follows` it if the policy has any.
    pub(super) fn after_failure(
        &mut self,
        follows: bool,
        last: String,
        lines: Vec<String>,
        out: &mut Vec<Effect>,
    ) -> Then {
        let restart = &self.spec.restart;
        if !follows || restart.policy == RestartPolicy::Never {
            return Then::Stop;
        }
        let pause = self.history.fail(restart, self.now, &mut self.dice);
        let failures = self.history.failures;
        let delay_seconds = pause.delay.as_secs_f64();
        if pause.gives_up {
            out.push(Effect::Tell(Told::CrashLoop(CrashLoop {
                failures,
                last,
                lines,
                retry_seconds: delay_seconds,
            })));
        }
        out.push(Effect::Tell(Told::BackingOff {
            delay_seconds,
            failures,
        }));
        Then::Pause {
            until: after(self.now, pause.delay),
        }
    }
}
