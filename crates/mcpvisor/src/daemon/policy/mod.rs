//! What is done by itself when alerts fire: `supervise::policy` decides, and this carries it out.
//!
//! After each look the alerts that fire are put before the policy, each with what could be done about it
//! ([`cases`]). What it wants done is done by those who do it for people too: servers are restarted by
//! their keeper, processes are ended by the plan that `clean` makes, with all of its refusals. Before
//! anything is done it is in the audit, with its evidence; in `observe` there is only what would have been.

mod cases;
mod contained;

use std::sync::Arc;

use alerting::{Alert, State};
use keeper::View;
use model::{Moment, Severity};
use serde_json::json;
use supervise::lifecycle::State as Life;
use supervise::policy::{Act, Effect, Event, Policy, Step, Told, What};

use super::changes::Change;
use crate::config::PolicySetting;
use crate::picture::Picture;
use crate::state::State as Folder;

pub(super) use cases::orphan_words;
pub(crate) use cases::{About, case};
pub(super) use contained::{name_of as container_of, orphan_words as orphan_containers};

/// The policy as the thread that looks owns it.
pub(super) struct Enforcer {
    policy: Policy,
    setting: PolicySetting,
    restarts: Vec<Restart>,
    /// Acts that go on.
    doing: Vec<Act>,
    written_ns: u64,
}

/// A restart that was ordered.
struct Restart {
    act: u64,
    server: String,
    ticket: u64,
    /// The start before it.
    before: u64,
}

/// What a look came to.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    /// To be done now.
    pub(super) acts: Vec<Act>,
    /// To be told.
    pub(super) told: Vec<Told>,
}

impl Wanted {
    fn of(effects: Vec<Effect>) -> Self {
        let mut wanted = Self::default();
        for effect in effects {
            match effect {
                Effect::Act(act) => wanted.acts.push(act),
                Effect::Tell(told) => wanted.told.push(told),
            }
        }
        wanted
    }

    pub(super) fn and(mut self, other: Self) -> Self {
        self.acts.extend(other.acts);
        self.told.extend(other.told);
        self
    }
}

impl Enforcer {
    /// Goes on from what was kept in the state directory.
    pub(super) fn open(setting: PolicySetting, state: &Folder) -> Self {
        let policy = match state.policy() {
            Some(memory) => Policy::resumed(setting.settings.clone(), memory),
            None => Policy::new(setting.settings.clone()),
        };
        Self {
            policy,
            setting,
            restarts: Vec::new(),
            doing: Vec::new(),
            written_ns: 0,
        }
    }

    /// Takes another configuration into force.
    pub(super) fn configure(&mut self, setting: PolicySetting) {
        self.policy.configure(setting.settings.clone());
        self.setting = setting;
    }

    /// Nothing has a ladder, and nothing is on one.
    pub(super) fn is_idle(&self) -> bool {
        self.setting.settings.ladders.is_empty() && self.policy.alerts().next().is_none()
    }

    /// Puts the alerts of a look before the policy.
    pub(super) fn judge(&mut self, alerts: &[Alert], picture: &Picture, kept: &View) -> Wanted {
        let now = picture.table.moment;
        let ladders = &self.setting.settings.ladders;
        let cases = alerts
            .iter()
            .filter(|alert| alert.state == State::Firing && ladders.contains_key(&alert.rule))
            .map(|alert| case(alert, picture, kept))
            .collect();
        let is_quiet = self.setting.is_quiet(now.wall);
        Wanted::of(self.policy.look(cases, now, is_quiet))
    }

    /// What was to be done has been tried.
    pub(super) fn done(&mut self, act: u64, how: Result<String, String>, now: Moment) -> Wanted {
        let (ok, said) = match how {
            Ok(said) => (true, said),
            Err(said) => (false, said),
        };
        let is_quiet = self.setting.is_quiet(now.wall);
        let done = Event::Done { act, ok, said };
        Wanted::of(self.policy.on(done, now, is_quiet))
    }

    /// A restart was ordered: it is done when the server runs again.
    pub(super) fn await_restart(&mut self, act: u64, server: String, ticket: u64, before: u64) {
        self.restarts.push(Restart {
            act,
            server,
            ticket,
            before,
        });
    }

    /// An act goes on.
    pub(super) fn remember(&mut self, act: Act) {
        self.doing.push(act);
    }

    /// It has come to an end.
    pub(super) fn forget(&mut self, number: u64) -> Option<Act> {
        let at = self.doing.iter().position(|act| act.number == number)?;
        Some(self.doing.swap_remove(at))
    }

    /// Restarts that have come to an end.
    pub(super) fn restarted(&mut self, view: &View) -> Vec<(u64, Result<String, String>)> {
        let mut ended = Vec::new();
        self.restarts.retain(|restart| match restart.outcome(view) {
            Some(how) => {
                ended.push((restart.act, how));
                false
            }
            None => true,
        });
        ended
    }

    /// Writes down what must be known after a restart, if it has changed or that was a while ago.
    pub(super) fn keep(&mut self, has_changed: bool, now: Moment, state: &Folder) {
        const EVERY_NS: u64 = 60_000_000_000;
        let is_due = now.boot_ns.saturating_sub(self.written_ns) >= EVERY_NS;
        if has_changed || (is_due && !self.is_idle()) {
            self.written_ns = now.boot_ns;
            if let Err(error) = state.store_policy(self.policy.memory()) {
                tracing::warn!(
                    "what the policy knows cannot be written ({error}): after a restart its limits count anew"
                );
            }
        }
    }
}

impl Restart {
    fn outcome(&self, view: &View) -> Option<Result<String, String>> {
        if view.orders_done < self.ticket {
            return None;
        }
        let Some(server) = view.server(&self.server) else {
            return Some(Err(format!("`{}` is not configured any more", self.server)));
        };
        match server.state {
            Life::Running | Life::Degraded if server.generation > self.before => {
                let pid = server.process.map_or(0, |id| id.pid);
                Some(Ok(format!("`{}` was restarted, PID {pid}", self.server)))
            }
            Life::Backoff | Life::Failed | Life::Stopped => {
                let reason = server.reason.clone().unwrap_or_default();
                Some(Err(format!(
                    "`{}` did not come up again: {reason}",
                    self.server
                )))
            }
            _ => None,
        }
    }
}

/// What is said, as an event.
pub(super) fn change(told: &Told) -> Change {
    let severity = match &told.what {
        What::Failed { .. } | What::Overdue { .. } | What::Exhausted => Severity::Error,
        What::Done { .. } | What::NoEffect { .. } | What::Notice { .. } | What::WouldAct { .. } => {
            Severity::Warning
        }
        What::Held { .. } | What::Skipped { .. } | What::Helped { .. } => Severity::Info,
    };
    Change {
        kind: "action",
        severity,
        server: None,
        title: format!("policy, {}: {}", told.rule, told.what),
        data: json!({ "policy": told }),
    }
}

/// An entry of the audit about an act.
pub(super) fn entry(
    phase: &str,
    act: &Act,
    outcome: Option<&str>,
    at: jiff::Timestamp,
) -> history::NewAudit {
    history::NewAudit {
        at: at.as_millisecond(),
        actor: "policy".to_owned(),
        command: act.step.name().to_owned(),
        target: act.target.object.clone(),
        phase: phase.to_owned(),
        outcome: outcome.map(str::to_owned),
        data: json!({
            "act": act.number,
            "rule": act.rule,
            "alert": act.alert,
            "evidence": act.evidence,
            "processes": act.target.processes,
        }),
    }
}

/// An entry of the audit about people who were told, which is a step of a ladder too.
pub(super) fn notice(told: &Told, evidence: &[String], at: jiff::Timestamp) -> history::NewAudit {
    history::NewAudit {
        at: at.as_millisecond(),
        actor: "policy".to_owned(),
        command: Step::Notify.name().to_owned(),
        target: told.rule.clone(),
        phase: "end".to_owned(),
        outcome: Some("done: people were told".to_owned()),
        data: json!({ "rule": told.rule, "alert": told.alert, "evidence": evidence }),
    }
}

/// The server that an act restarts.
pub(super) fn server_of(act: &Act, view: &Arc<View>) -> Option<(String, u64)> {
    let name = act.target.object.strip_prefix(cases::SERVER)?;
    let server = view.server(name)?;
    (act.step == Step::RestartServer).then(|| (server.name.clone(), server.generation))
}
