//! An alert: a rule that holds for one object, for as long as it holds.

use std::collections::BTreeMap;

use jiff::Timestamp;
use model::Severity;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where an alert is in its life. Inactive ones are not listed.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// The condition holds, but not for long enough.
    Pending,
    /// It holds for as long as the rule wants.
    Firing,
    /// It is over.
    Resolved,
}

impl State {
    /// The name used in JSON and labels.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Firing => "firing",
            Self::Resolved => "resolved",
        }
    }
}

/// Why an alert is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The condition holds no more.
    Recovered,
    /// What it was about has ended.
    Ended,
    /// Somebody cleared it.
    Cleared,
    /// The rule is gone or was changed.
    RuleGone,
}

/// Who took notice of an alert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Acknowledgement {
    /// Who.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// What they wrote; may be empty.
    #[serde(default)]
    pub comment: String,
}

/// An alert, as people, programs and receivers are told of it. Texts come from names of servers and
/// programs, which anybody may choose: they are without control characters, and whoever shows them
/// escapes them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Alert {
    /// One for each time that it begins: it differs when the same alert comes back.
    pub id: String,
    /// Of the labels without the severity, 16 hexadecimal digits: the same whenever it comes back.
    pub fingerprint: String,
    /// The rule that it comes from; also the label `alertname`.
    pub rule: String,
    /// What it is about: `high_cpu`, `high_memory`, `process_health`, `resource_limit`, or the kind
    /// of a finding.
    #[serde(rename = "type")]
    pub kind: String,
    /// How bad it is now.
    pub severity: Severity,
    /// Where it is in its life.
    pub state: State,
    /// `alertname`, `severity`, and what the alert is about: `server` and `owner`, `disk`, ...
    pub labels: BTreeMap<String, String>,
    /// One line: what, where, how much.
    pub summary: String,
    /// What was seen, one fact a line.
    pub evidence: Vec<String>,
    /// What to do.
    pub advice: String,
    /// The value that was judged last; `None` if it is not known now.
    pub value: Option<f64>,
    /// The value as people read it: `412 MB`, `87 %`.
    pub shown: Option<String>,
    /// The threshold that was crossed.
    pub threshold: Option<f64>,
    /// When the condition began to hold.
    pub active_at: Timestamp,
    /// When it began to fire.
    pub starts_at: Option<Timestamp>,
    /// When it was over.
    pub ends_at: Option<Timestamp>,
    /// Last change of state or severity.
    pub updated_at: Timestamp,
    /// Its object is there but could not be measured: state and severity are those from before.
    pub unknown: bool,
    /// Why it is over.
    pub reason: Option<Reason>,
    /// Somebody has taken notice.
    pub acknowledged: Option<Acknowledgement>,
    /// Ids of the silences that keep it from receivers now.
    #[serde(default)]
    pub silenced_by: Vec<String>,
    /// Ids of the alerts that make telling of it needless now.
    #[serde(default)]
    pub inhibited_by: Vec<String>,
    /// Names of the configured times in which it is not told of, if it is such a time.
    #[serde(default)]
    pub muted_by: Vec<String>,
}

impl Alert {
    /// Does something keep it from receivers now?
    pub fn is_muted(&self) -> bool {
        !(self.silenced_by.is_empty() && self.inhibited_by.is_empty() && self.muted_by.is_empty())
    }

    /// Is it over?
    pub fn is_over(&self) -> bool {
        self.state == State::Resolved
    }
}
