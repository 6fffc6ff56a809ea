//! What the policy would have done in the recorded past: the same decisions, from the same alerts.
//!
//! Processes of the past are not known, so what could have been done to what follows from the alert's
//! labels: a server that is kept could be restarted, of others the largest could be stopped, orphans that
//! were found could be cleaned. What is ordered counts as done at once; whether it helped, the recorded
//! alerts tell, which is what really came of it if it really was done.

use std::collections::BTreeMap;

use alerting::engine::Found;
use alerting::{Alert, State};
use jiff::Timestamp;
use model::{FindingKind, Moment};
use schemars::JsonSchema;
use serde::Serialize;
use supervise::policy::{Case, Effect, Event, Policy, Step, Target, What};

use crate::config::{Config, PolicySetting};
use crate::report::Word;

/// Decisions that are listed; what is more is counted.
const MOST: usize = 1_000;

/// A decision of the policy.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct ReplayedStep {
    /// When.
    pub at: Timestamp,
    /// The rule whose alert it was about.
    pub rule: String,
    /// `notice`, `act`, `held`, `skipped`, `no_effect`, `helped` or `exhausted`.
    pub what: Word,
    /// The step of the ladder: `notify`, `restart_server`, ...; `null` where there is none left.
    pub step: Option<String>,
    /// To what.
    pub object: Option<String>,
    /// In words.
    pub text: String,
}

/// What is known of servers by the configuration.
#[derive(Clone, Debug)]
pub struct Ladders<'a> {
    setting: &'a PolicySetting,
    kept: Vec<&'a str>,
}

impl<'a> Ladders<'a> {
    /// Those of a configuration.
    pub fn of(config: &'a Config) -> Self {
        let specs = config.servers.iter().filter_map(|server| server.spec());
        Self {
            setting: &config.policy,
            kept: specs.map(|spec| spec.name.as_str()).collect(),
        }
    }
}

/// The policy over the past.
pub(super) struct Rehearsal<'a> {
    ladders: Ladders<'a>,
    policy: Policy,
    pub(super) steps: Vec<ReplayedStep>,
    pub(super) left_out: u64,
}

impl<'a> Rehearsal<'a> {
    pub(super) fn new(ladders: Ladders<'a>) -> Self {
        Self {
            policy: Policy::new(ladders.setting.settings.clone()),
            ladders,
            steps: Vec::new(),
            left_out: 0,
        }
    }

    /// Takes in the alerts of a look.
    pub(super) fn on<'l>(
        &mut self,
        alerts: impl Iterator<Item = &'l Alert>,
        findings: &[Found],
        now: Moment,
    ) {
        let settings = &self.ladders.setting.settings;
        let firing: Vec<&Alert> = alerts
            .filter(|alert| {
                alert.state == State::Firing && settings.ladders.contains_key(&alert.rule)
            })
            .collect();
        let over: Vec<String> = self
            .policy
            .alerts()
            .filter(|id| firing.iter().all(|alert| alert.id != **id))
            .map(str::to_owned)
            .collect();
        for alert in over {
            self.take(Event::Resolved { alert }, now);
        }
        let cases: Vec<Case> = firing
            .iter()
            .map(|alert| self.case(alert, findings))
            .collect();
        for case in cases {
            self.take(Event::Fired(case), now);
        }
        self.take(Event::Tick, now);
    }

    fn take(&mut self, event: Event, now: Moment) {
        let is_quiet = self.ladders.setting.is_quiet(now.wall);
        let mut events = vec![event];
        while let Some(event) = events.pop() {
            for effect in self.policy.on(event, now, is_quiet) {
                match effect {
                    Effect::Act(act) => {
                        let text =
                            format!("`{}` is done to {}", act.step.name(), act.target.object);
                        self.note(
                            now,
                            &act.rule,
                            "act",
                            Some(act.step),
                            Some(act.target.object),
                            text,
                        );
                        events.push(Event::Done {
                            act: act.number,
                            ok: true,
                            said: "replayed".to_owned(),
                        });
                    }
                    Effect::Tell(told) => self.tell(now, &told.rule, &told.what),
                }
            }
        }
    }

    fn tell(&mut self, now: Moment, rule: &str, what: &What) {
        let text = what.to_string();
        let (name, step, object) = match what {
            What::Notice { .. } => ("notice", Some(Step::Notify), None),
            What::WouldAct { act } => ("act", Some(act.step), Some(act.target.object.clone())),
            What::Held { step, .. } => ("held", Some(*step), None),
            What::Skipped { step, .. } => ("skipped", Some(*step), None),
            What::NoEffect { step } => ("no_effect", Some(*step), None),
            What::Helped { step } => ("helped", Some(*step), None),
            What::Exhausted => ("exhausted", None, None),
            // The act itself was noted, and is done at once here.
            What::Done { .. } | What::Failed { .. } | What::Overdue { .. } => return,
        };
        self.note(now, rule, name, step, object, text);
    }

    fn note(
        &mut self,
        now: Moment,
        rule: &str,
        what: &'static str,
        step: Option<Step>,
        object: Option<String>,
        text: String,
    ) {
        if self.steps.len() >= MOST {
            self.left_out += 1;
            return;
        }
        self.steps.push(ReplayedStep {
            at: now.wall,
            rule: rule.to_owned(),
            what: what.into(),
            step: step.map(|step| step.name().to_owned()),
            object,
            text,
        });
    }

    fn case(&self, alert: &Alert, findings: &[Found]) -> Case {
        let label = |name: &str| alert.labels.get(name).map(String::as_str);
        let (server, owner) = (label("server"), label("owner").or_else(|| label("gateway")));
        let words = match (server, owner) {
            (Some(server), Some(owner)) => format!("{server} of {owner}"),
            (Some(one), None) | (None, Some(one)) => one.to_owned(),
            (None, None) => "the machine".to_owned(),
        };
        let is_ours = owner.is_none_or(|owner| owner == inventory::kept::OWNER);
        let is_kept = is_ours && server.is_some_and(|server| self.ladders.kept.contains(&server));
        let is_about = |found: &&Found| {
            found.kind == FindingKind::Orphan
                && found.server.as_ref().is_some_and(|(name, of)| {
                    server.is_none_or(|server| server == &**name)
                        && owner.is_none_or(|owner| owner == &**of)
                })
        };
        let mut targets = BTreeMap::from([(Step::Notify, words.clone())]);
        if findings.iter().any(|found| is_about(&found)) {
            targets.insert(Step::CleanOrphans, format!("orphans of {words}"));
        }
        if let Some(server) = server.filter(|_| is_kept) {
            targets.insert(Step::RestartServer, format!("kept server {server}"));
        } else {
            targets.insert(Step::StopLargest, format!("instance of {words}"));
        }
        let target = |object: String| Target {
            object,
            processes: Vec::new(),
            is_only_watched: false,
        };
        Case {
            alert: alert.id.clone(),
            rule: alert.rule.clone(),
            severity: alert.severity,
            evidence: vec![alert.summary.clone()],
            targets: targets
                .into_iter()
                .map(|(step, object)| (step, target(object)))
                .collect(),
            is_unknown: alert.unknown,
            is_only_watched: server.is_some() && owner == Some("watched"),
        }
    }
}
