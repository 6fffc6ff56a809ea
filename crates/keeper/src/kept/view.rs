//! A server as people see it.

use std::sync::Arc;

use supervise::lifecycle::State;

use super::Kept;
use crate::view::ServerView;

impl Kept {
    fn waits_for(&self) -> Vec<String> {
        let waits = self.is_starting() && self.life.process().is_none();
        let missing = self.life.missing().filter(|_| waits);
        missing.map(str::to_owned).collect()
    }

    /// As people see it.
    pub(crate) fn view(&self, now: u64) -> ServerView {
        let due = self
            .life
            .due()
            .map(|at| at.saturating_sub(now) as f64 / 1e9);
        let state = self.life.state();
        ServerView {
            name: self.name().to_owned(),
            state,
            since: self.since,
            reason: self.reason.clone(),
            is_wanted: self.life.is_wanted(),
            transport: self.wanted.spec.runs.transport,
            restart: self.wanted.spec.restart.policy,
            generation: self.life.generation(),
            process: self.life.process(),
            restarts: self.record.restarts,
            failures: self.life.failures(),
            crash_loop: self.crash_loop.clone(),
            last_exit: self.last_exit,
            due_seconds: due.filter(|_| matches!(state, State::Backoff | State::Failed)),
            waits_for: self.waits_for(),
            remains: self.life.remains().to_vec(),
            limits: self.wanted.limits,
            nofile: self.wanted.nofile,
            enforced: Arc::clone(&self.enforced),
            nowhere: self.nowhere.clone(),
            group: self
                .run
                .as_ref()
                .and_then(|run| run.tree.group())
                .map(|group| group.name().to_owned()),
            events: self.events,
            log: self.log.path().to_owned(),
        }
    }
}
