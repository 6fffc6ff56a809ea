//! Documents about alerts.

use std::collections::BTreeMap;

use alerting::rule::{Condition, SEVERITIES, Scope, Source};
use alerting::{Alert, Matcher, Rule, State, Unit};
use jiff::Timestamp;
use model::Severity;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::daemon::Level;
use crate::daemon::alarm::ReceiverState;

/// `GET /api/v1/alerts`.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
pub struct Alerts {
    /// The level of the whole.
    pub level: Level,
    /// Alerts: those that fire first, the worst first; those that are over by their end, the latest
    /// first.
    pub alerts: Vec<Alert>,
}

/// What to say of an alert.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AckRequest {
    /// Why, for others; at most 1,000 characters.
    #[schemars(length(max = 1000))]
    pub comment: String,
}

/// How many alerts were cleared.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
pub struct Cleared {
    /// So many.
    pub cleared: usize,
}

/// `GET /api/v1/silences`.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
pub struct Silences {
    /// Silences, those that end last first; those that were over within a week too.
    pub silences: Vec<SilenceReport>,
}

/// A silence.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
pub struct SilenceReport {
    /// The silence.
    #[serde(flatten)]
    pub silence: alerting::mute::Silence,
    /// `pending`, `active` or `expired`.
    pub state: String,
    /// Alerts that it keeps from receivers now.
    pub alerts: usize,
}

/// A silence to be made.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SilenceRequest {
    /// Conditions that an alert's labels must satisfy: `server="memory"`, `severity=~"warning|info"`.
    #[schemars(length(min = 1, max = 20))]
    pub matchers: Vec<Matcher>,
    /// When it begins; now if it is not said.
    #[serde(default)]
    pub starts_at: Option<Timestamp>,
    /// When it ends; this or `seconds` must be said.
    #[serde(default)]
    pub ends_at: Option<Timestamp>,
    /// How long it lasts, seconds; up to a year.
    #[serde(default)]
    #[schemars(range(min = 1, max = 31_536_000))]
    pub seconds: Option<u64>,
    /// Why, for others; at most 1,000 characters.
    #[serde(default)]
    #[schemars(length(max = 1000))]
    pub comment: String,
}

/// `GET /api/v1/receivers`.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
pub struct Receivers {
    /// Receivers by name.
    pub receivers: Vec<ReceiverState>,
}

/// What became of a test.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
pub struct ReceiverTest {
    /// Name of the receiver.
    pub receiver: String,
    /// Did it arrive?
    pub delivered: bool,
    /// What the receiver answered, or why it failed.
    pub answer: String,
}

/// `GET /api/v1/rules`.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
pub struct Rules {
    /// Rules in force.
    pub rules: Vec<RuleReport>,
}

/// A rule.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
pub struct RuleReport {
    /// Its name: the label `alertname` of its alerts.
    pub name: String,
    /// What its alerts are about.
    #[serde(rename = "type")]
    pub kind: String,
    /// What its objects are.
    pub scope: Scope,
    /// What is judged, for people.
    pub what: String,
    /// Name of the metric, or `finding`.
    pub metric: String,
    /// The whole condition, for people.
    pub condition: String,
    /// Thresholds by severity.
    pub thresholds: BTreeMap<String, ThresholdReport>,
    /// Only objects that satisfy these.
    pub matchers: Vec<Matcher>,
    /// An alert goes on for this long after its condition held last, seconds.
    pub keep_firing_seconds: f64,
    /// `firing`, `pending` or `inactive`.
    pub state: String,
    /// Alerts that are pending or firing.
    pub alerts: usize,
    /// What to do.
    pub advice: String,
    /// Why it is there.
    pub why: String,
}

/// A threshold.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
pub struct ThresholdReport {
    /// Where it begins.
    pub value: f64,
    /// The same for people.
    pub shown: String,
    /// Where it ends.
    pub clear: f64,
    /// How long it must be so, seconds.
    pub for_seconds: f64,
}

impl RuleReport {
    /// A rule, with where its alerts are.
    pub fn of(rule: &Rule, alerts: &[Alert]) -> Self {
        let (state, count) = rule_state(rule, alerts);
        Self {
            name: rule.name.clone(),
            kind: rule.kind.clone(),
            scope: rule.scope,
            what: rule.what.clone(),
            metric: match &rule.source {
                Source::Figure { figure, .. } => figure.metric.name.to_owned(),
                Source::Finding(_) => "finding".to_owned(),
            },
            condition: condition(rule),
            thresholds: thresholds(rule),
            matchers: rule.matchers.clone(),
            keep_firing_seconds: rule.keep_firing.as_secs_f64(),
            state: state.to_owned(),
            alerts: count,
            advice: rule.advice.clone(),
            why: rule.why.clone(),
        }
    }
}

/// `firing`, `pending` or `inactive`, and how many alerts of a rule there are.
pub(crate) fn rule_state(rule: &Rule, alerts: &[Alert]) -> (&'static str, usize) {
    let own = || alerts.iter().filter(|alert| alert.rule == rule.name);
    let is_firing = own().any(|alert| alert.state == State::Firing);
    match (is_firing, own().count()) {
        (true, count) => ("firing", count),
        (false, 0) => ("inactive", 0),
        (false, count) => ("pending", count),
    }
}

fn thresholds(rule: &Rule) -> BTreeMap<String, ThresholdReport> {
    let report = |value: f64, clear: f64, hold: std::time::Duration, unit: Unit| ThresholdReport {
        value,
        shown: unit.show(value),
        clear,
        for_seconds: hold.as_secs_f64(),
    };
    match &rule.condition {
        Condition::Threshold { levels, .. } => SEVERITIES
            .iter()
            .zip(levels)
            .filter_map(|(severity, level)| {
                let level = level.as_ref()?;
                let report = report(level.value, level.clear, level.hold, rule.unit);
                Some((severity.name().to_owned(), report))
            })
            .collect(),
        Condition::Absent { .. } | Condition::Found { .. } => BTreeMap::new(),
    }
}

/// `above 300 MB (warning), 500 MB (critical) for 15s`.
pub(crate) fn condition(rule: &Rule) -> String {
    let held = |hold: std::time::Duration| {
        if hold.is_zero() {
            String::new()
        } else {
            format!(" for {}", model::units::seconds(hold.as_secs_f64()))
        }
    };
    match &rule.condition {
        Condition::Threshold { side, levels } => {
            let levels = SEVERITIES
                .iter()
                .zip(levels)
                .filter_map(|(severity, level)| {
                    let level = level.as_ref()?;
                    let value = rule.unit.show(level.value);
                    Some(format!("{value}{} ({})", held(level.hold), severity.name()))
                });
            let levels: Vec<String> = levels.collect();
            format!("{} {}", side.words(), levels.join(", "))
        }
        Condition::Absent { severity, hold } => {
            format!("missing{} ({})", held(*hold), severity.name())
        }
        Condition::Found { least, hold } => match least {
            Severity::Info => format!("found{}", held(*hold)),
            least => format!("found, {} or worse{}", least.name(), held(*hold)),
        },
    }
}
