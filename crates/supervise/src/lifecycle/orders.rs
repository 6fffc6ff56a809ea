//! What a server's machine does with orders, and with changes around it.

use std::sync::Arc;

use model::ProcessId;

use super::phase::{Phase, Then, Tree};
use super::{Effect, Ending, History, Lifecycle, News, Reason, Told};
use crate::spec::{Readiness, RestartPolicy, Spec};

impl Lifecycle {
    pub(super) fn start(&mut self, out: &mut Vec<Effect>) {
        self.is_wanted = true;
        match &mut self.phase {
            Phase::Waiting | Phase::Starting { .. } | Phase::Running { .. } => {}
            Phase::Ending { then, .. } => {
                *then = Then::Start;
                self.history = History::default();
            }
            Phase::Stopped | Phase::Pausing { .. } => {
                self.history = History::default();
                self.launch(out);
            }
        }
    }

    pub(super) fn stop(&mut self, out: &mut Vec<Effect>) {
        self.is_wanted = false;
        self.history = History::default();
        match &mut self.phase {
            Phase::Stopped => {}
            Phase::Waiting | Phase::Pausing { .. } => {
                self.phase = Phase::Stopped;
                out.push(Effect::Tell(Told::Stopped));
            }
            Phase::Starting { .. } | Phase::Running { .. } => {
                self.end(Reason::Ordered, Then::Stop, out);
            }
            Phase::Ending { then, .. } => {
                if *then != Then::Stop {
                    *then = Then::Stop;
                    self.tell_stopping(Reason::Ordered, out);
                }
            }
        }
    }

    pub(super) fn restart(&mut self, out: &mut Vec<Effect>) {
        self.is_wanted = true;
        self.begin_anew(Reason::Restart, out);
    }

    /// Ends what runs and starts it again, with nothing failed.
    fn begin_anew(&mut self, reason: Reason, out: &mut Vec<Effect>) {
        self.history = History::default();
        match &mut self.phase {
            Phase::Starting { .. } | Phase::Running { .. } => self.end(reason, Then::Start, out),
            Phase::Ending { then, .. } => {
                if *then != Then::Start {
                    *then = Then::Start;
                    self.tell_stopping(reason, out);
                }
            }
            Phase::Stopped | Phase::Waiting | Phase::Pausing { .. } => self.launch(out),
        }
    }

    fn tell_stopping(&self, reason: Reason, out: &mut Vec<Effect>) {
        let generation = self.generation;
        out.push(Effect::Tell(Told::Stopping { generation, reason }));
    }

    pub(super) fn resume(&mut self, out: &mut Vec<Effect>) {
        if !self.is_wanted {
            return;
        }
        match &mut self.phase {
            Phase::Stopped => self.launch(out),
            Phase::Ending { then, .. } if *then == Then::Stop => *then = Then::Start,
            _ => {}
        }
    }

    pub(super) fn configure(&mut self, spec: Arc<Spec>, out: &mut Vec<Effect>) {
        let old = std::mem::replace(&mut self.spec, spec);
        if old.runs != self.spec.runs && self.is_wanted {
            // The cause of its failures may be mended.
            self.begin_anew(Reason::Changed, out);
            return;
        }
        let never = self.spec.restart.policy == RestartPolicy::Never;
        let waits = self.missing().next().is_some();
        match &mut self.phase {
            // It may need others now.
            Phase::Waiting if !waits => self.launch(out),
            Phase::Pausing { .. } if never => {
                self.history = History::default();
                self.phase = Phase::Stopped;
                out.push(Effect::Tell(Told::Stopped));
            }
            Phase::Ending { then, .. } if never && matches!(then, Then::Pause { .. }) => {
                self.history = History::default();
                *then = Then::Stop;
            }
            _ if old.readiness != self.spec.readiness => self.check_anew(out),
            _ => {}
        }
    }

    /// What makes it ready has changed while it starts or runs.
    fn check_anew(&mut self, out: &mut Vec<Effect>) {
        let is_spawned = match &self.phase {
            Phase::Starting { tree, .. } => tree.is_answered,
            Phase::Running { .. } => true,
            _ => false,
        };
        if !is_spawned {
            return;
        }
        if self.spec.readiness == Readiness::None {
            self.news(News::Ready, out);
        } else {
            let generation = self.generation;
            out.push(Effect::CheckReadiness { generation });
        }
    }

    pub(super) fn dependency_ready(&mut self, name: String, out: &mut Vec<Effect>) {
        self.ready.insert(name);
        if matches!(self.phase, Phase::Waiting) && self.missing().next().is_none() {
            self.launch(out);
        }
    }

    pub(super) fn adopt(&mut self, id: ProcessId, out: &mut Vec<Effect>) {
        if self.phase.tree().is_some() {
            return;
        }
        self.is_wanted = true;
        let tree = self.inherit(Some(id));
        let generation = self.generation;
        self.phase = Phase::Running {
            tree,
            since: self.now,
            is_ready: true,
        };
        out.push(Effect::Tell(Told::Adopted { generation, id }));
        if self.spec.readiness != Readiness::None {
            out.push(Effect::CheckReadiness { generation });
        }
    }

    pub(super) fn end_leftover(&mut self, id: Option<ProcessId>, out: &mut Vec<Effect>) {
        let then = match self.phase {
            Phase::Stopped => Then::Stop,
            Phase::Waiting => Then::Start,
            Phase::Pausing { until } => Then::Pause { until },
            Phase::Starting { .. } | Phase::Running { .. } | Phase::Ending { .. } => return,
        };
        let tree = self.inherit(id);
        let generation = self.generation;
        self.tell_stopping(Reason::Leftover, out);
        let ending = Ending::of_remains(generation, self.now, out);
        self.phase = Phase::Ending { tree, ending, then };
    }

    /// The tree of an earlier run. Its stdin was held by that run and has ended with it.
    fn inherit(&mut self, id: Option<ProcessId>) -> Tree {
        self.generation = self.generation.saturating_add(1);
        Tree {
            id,
            is_answered: true,
            ordered: self.now,
            holds_stdin: false,
        }
    }
}
