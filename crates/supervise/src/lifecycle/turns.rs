//! How a server's machine goes from one phase to the next.

use super::phase::{Phase, Then, Tree};
use super::start::StartClock;
use super::{Effect, Ending, Lifecycle, Reason, Told};
use crate::spec::Transport;
use crate::time::seconds;

impl Lifecycle {
    /// Starts it, or waits for what it depends on. There is no tree.
    pub(super) fn launch(&mut self, out: &mut Vec<Effect>) {
        let missing: Vec<String> = self.missing().map(str::to_owned).collect();
        if !missing.is_empty() {
            self.phase = Phase::Waiting;
            out.push(Effect::Tell(Told::Waiting { on: missing }));
            return;
        }
        self.generation = self.generation.saturating_add(1);
        let generation = self.generation;
        self.phase = Phase::Starting {
            tree: Tree {
                id: None,
                is_answered: false,
                ordered: self.now,
                holds_stdin: self.spec.runs.transport == Transport::Stdio,
            },
            clock: StartClock::new(self.now),
        };
        out.push(Effect::Tell(Told::Starting {
            generation,
            failures: self.history.failures,
        }));
        out.push(Effect::Spawn { generation });
    }

    /// Ends a tree that starts or runs.
    pub(super) fn end(&mut self, reason: Reason, then: Then, out: &mut Vec<Effect>) {
        let tree = match &self.phase {
            Phase::Starting { tree, .. } | Phase::Running { tree, .. } => tree.clone(),
            _ => return,
        };
        let generation = self.generation;
        out.push(Effect::Tell(Told::Stopping { generation, reason }));
        let ending = Ending::of_living(generation, tree.holds_stdin, self.now, out);
        self.phase = Phase::Ending { tree, ending, then };
    }

    pub(super) fn time_out(&mut self, out: &mut Vec<Effect>) {
        let Phase::Starting { clock, .. } = &self.phase else {
            return;
        };
        let waited = self.now.saturating_sub(clock.began);
        let quiet = self.now.saturating_sub(clock.progressed);
        out.push(Effect::Tell(Told::StartTimedOut {
            generation: self.generation,
            after_seconds: seconds(waited),
            quiet_seconds: seconds(quiet),
        }));
        let last = "was not ready in time".to_owned();
        let then = self.after_failure(true, last, Vec::new(), out);
        self.end(Reason::StartTimedOut, then, out);
    }

    pub(super) fn become_ready(&mut self, out: &mut Vec<Effect>) {
        let Phase::Starting { tree, .. } = &self.phase else {
            return;
        };
        out.push(Effect::Tell(Told::Running {
            generation: self.generation,
            after_seconds: seconds(self.now.saturating_sub(tree.ordered)),
        }));
        self.phase = Phase::Running {
            tree: tree.clone(),
            since: self.now,
            is_ready: true,
        };
    }
}
