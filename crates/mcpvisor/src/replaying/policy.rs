//! What the policy would have done in the recorded past: the same decisions, from the same alerts.
//!
//! Processes of the past are not known, so what could have been done to what follows from the alert's
//! labels: a server that is kept could be restarted, of others the largest could be stopped, orphans that
//! were found could be cleaned. What is ordered counts as done at once; whether it helped, the recorded
//! alerts tell, which is what really came of it if it really was done.

use std::collections::{BTreeMap, VecDeque};

use alerting::engine::Found;
use alerting::{Alert, State};
use jiff::Timestamp;
use model::{FindingKind, Moment};
use schemars::JsonSchema;
use serde::Serialize;
use supervise::policy::{Case, Effect, Event, Policy, Step, Target, What};

use crate::config::{Config, PolicySetting};
use crate::daemon::policy::About;
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
        let cases = alerts
            .filter(|alert| {
                alert.state == State::Firing && settings.ladders.contains_key(&alert.rule)
            })
            .map(|alert| self.case(alert, findings))
            .collect();
        let is_quiet = self.ladders.setting.is_quiet(now.wall);
        let mut effects = VecDeque::from(self.policy.look(cases, now, is_quiet));
        while let Some(effect) = effects.pop_front() {
            match effect {
                Effect::Act(act) => {
                    let done = Event::Done {
                        act: act.number,
                        ok: true,
                        said: "replayed".to_owned(),
                    };
                    let object = act.target.object;
                    let text = format!("`{}` is done to {object}", act.step.name());
                    self.note(now, &act.rule, "act", Some(act.step), Some(object), text);
                    effects.extend(self.policy.on(done, now, is_quiet));
                }
                Effect::Tell(told) => self.tell(now, &told.rule, &told.what),
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
        let about = About::of(alert);
        let words = about.words();
        let is_about = |found: &&Found| {
            let of = found.server.as_ref();
            found.kind == FindingKind::Orphan
                && of.is_some_and(|(name, owner)| about.is_about(name, owner))
        };
        let mut targets = BTreeMap::from([(Step::Notify, words.clone())]);
        if findings.iter().any(|found| is_about(&found)) {
            targets.insert(Step::CleanOrphans, format!("orphans of {words}"));
        }
        let kept = about
            .ours()
            .filter(|server| self.ladders.kept.contains(server));
        if let Some(server) = kept {
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
            is_only_watched: about.server.is_some() && about.owner == Some("watched"),
        }
    }
}
