//! Rules: what is watched, where it begins to be wrong, and for how long it must be.
//!
//! A rule takes one figure for each object of its scope (a server, an owner, a disk, the machine) and
//! compares it with a threshold for each severity. Figures are made from the table of metrics:
//! added up over the labels that the scope does not have, then taken as they are, as a rate, a growth or
//! a time to a limit over a window, and divided by another figure if the rule says so.

use std::collections::BTreeMap;
use std::time::Duration;

use model::{FindingKind, Metric, MetricKind, Severity};

use crate::matcher::Matcher;
use crate::unit::Unit;

mod pack;

pub use pack::{Profile, Wishes, pack};

/// All severities, the least first: places of [`Thresholds`].
pub const SEVERITIES: [Severity; 4] = [
    Severity::Info,
    Severity::Warning,
    Severity::Error,
    Severity::Critical,
];

/// What a rule's objects are.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    serde::Serialize,
    serde::Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// The worst process of each server; metrics named `.._worst_..` are of this kind.
    Process,
    /// Each server under each owner.
    Server,
    /// Each owner, by name.
    Owner,
    /// All containers.
    Container,
    /// Each gateway.
    Gateway,
    /// The machine; with labels of its own where the rule keeps some, such as `disk`.
    Machine,
}

impl Scope {
    /// Labels that tell its objects apart.
    pub fn labels(self) -> &'static [&'static str] {
        match self {
            Self::Process | Self::Server => &["server", "owner"],
            Self::Owner => &["owner"],
            Self::Gateway => &["gateway"],
            Self::Container | Self::Machine => &[],
        }
    }

    /// The name used in configuration and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Process => "process",
            Self::Server => "server",
            Self::Owner => "owner",
            Self::Container => "container",
            Self::Gateway => "gateway",
            Self::Machine => "machine",
        }
    }
}

/// How several series of one object become one value.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    serde::Serialize,
    serde::Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Combine {
    /// Added up.
    Sum,
    /// The largest.
    Max,
    /// The smallest.
    Min,
}

/// What is made of values over time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum How {
    /// The value as it is.
    Value,
    /// Increase of a counter a second, over this time.
    Rate(Duration),
    /// Increase of a counter over this time.
    Increase(Duration),
    /// How far a gauge is above its lowest value within this time.
    Growth(Duration),
    /// Seconds until the value reaches a limit, if it goes on as within this time.
    TimeTo {
        /// The limit.
        limit: f64,
        /// The time that is looked at.
        over: Duration,
    },
}

impl How {
    /// The time that it looks back.
    pub fn window(self) -> Option<Duration> {
        match self {
            Self::Value => None,
            Self::Rate(over)
            | Self::Increase(over)
            | Self::Growth(over)
            | Self::TimeTo { over, .. } => Some(over),
        }
    }
}

/// One figure of a metric.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// The metric.
    pub metric: &'static Metric,
    /// Only of series whose labels satisfy these.
    pub only: Vec<Matcher>,
    /// How series become one.
    pub combine: Combine,
    /// What is made of the values.
    pub how: How,
}

/// Where a rule's values come from.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    /// A figure, divided by another if there is one.
    Figure {
        /// The figure.
        figure: Figure,
        /// What it is divided by.
        per: Option<Figure>,
    },
    /// The number of findings of this kind, with their own severity.
    Finding(FindingKind),
}

/// A threshold of one severity.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Threshold {
    /// Where it begins.
    pub value: f64,
    /// Where it ends once it has begun: the same, or a less bad value so that it does not flutter.
    pub clear: f64,
    /// How long it must be so.
    pub hold: Duration,
}

/// Thresholds by severity, in the order of [`SEVERITIES`].
pub type Thresholds = [Option<Threshold>; 4];

/// On which side of a threshold things are wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Above it.
    Above,
    /// Above it or on it.
    AtLeast,
    /// Below it.
    Below,
    /// Below it or on it.
    AtMost,
}

impl Side {
    /// Is a value on the wrong side?
    pub fn is_crossed(self, value: f64, threshold: f64) -> bool {
        match self {
            Self::Above => value > threshold,
            Self::AtLeast => value >= threshold,
            Self::Below => value < threshold,
            Self::AtMost => value <= threshold,
        }
    }

    /// For people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Above => "above",
            Self::AtLeast => "at least",
            Self::Below => "below",
            Self::AtMost => "at most",
        }
    }

    /// Is it wrong to be high?
    pub fn is_upward(self) -> bool {
        matches!(self, Self::Above | Self::AtLeast)
    }
}

/// When a rule holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    /// The value is on the wrong side of a threshold.
    Threshold {
        /// Which side is wrong.
        side: Side,
        /// The thresholds.
        levels: Thresholds,
    },
    /// There is no value, where there was one or must be one.
    Absent {
        /// How bad that is.
        severity: Severity,
        /// How long it must be missing.
        hold: Duration,
    },
    /// There are findings, at least this bad, for this long.
    Found {
        /// Findings that are less bad do not count.
        least: Severity,
        /// How long they must be there.
        hold: Duration,
    },
}

/// How much must happen before a rule says anything: a rate of two requests is an accident.
#[derive(Clone, Debug, PartialEq)]
pub struct Traffic {
    /// What is counted: an [`How::Increase`].
    pub figure: Figure,
    /// The least that is judged.
    pub at_least: f64,
}

/// So many of the last looks must cross a threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// So many.
    pub times: u32,
    /// Of so many, at most 64.
    pub of: u32,
}

/// A rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// Its name: the label `alertname` of its alerts.
    pub name: String,
    /// What its alerts are about: `high_cpu`, `high_memory`, `process_health`, `resource_limit`, or
    /// the kind of a finding.
    pub kind: String,
    /// Its objects.
    pub scope: Scope,
    /// Labels that tell objects apart besides the scope's.
    pub by: Vec<String>,
    /// Where its values come from.
    pub source: Source,
    /// Unit of the values.
    pub unit: Unit,
    /// Only objects whose labels satisfy these.
    pub matchers: Vec<Matcher>,
    /// When it holds.
    pub condition: Condition,
    /// How much must happen before it is judged.
    pub traffic: Option<Traffic>,
    /// How many of the last looks must cross a threshold.
    pub times: Option<Times>,
    /// An alert goes on for this long after the condition held last.
    pub keep_firing: Duration,
    /// Labels that its alerts get besides.
    pub labels: BTreeMap<String, String>,
    /// The line for people with `{server}`, `{value}` and so on; made from the rule where it is empty.
    pub summary: String,
    /// What is measured, for people: `resident memory`.
    pub what: String,
    /// What to do.
    pub advice: String,
    /// Why the rule is there and why its numbers are what they are.
    pub why: String,
}

impl Rule {
    /// Names of the labels that tell its objects apart.
    pub fn object_labels(&self) -> impl Iterator<Item = &str> {
        let scope = self.scope.labels().iter().copied();
        scope.chain(self.by.iter().map(String::as_str))
    }
}

impl Figure {
    /// A metric as it is. Shares of something are combined by their worst, everything else adds up.
    pub fn of(metric: &'static Metric) -> Self {
        let is_share = metric.unit == "ratio" || metric.name.contains("_worst_");
        Self {
            metric,
            only: Vec::new(),
            combine: if is_share { Combine::Max } else { Combine::Sum },
            how: How::Value,
        }
    }

    /// The same figure over time.
    #[must_use]
    pub fn over(self, how: How) -> Self {
        Self { how, ..self }
    }

    /// The same figure of some series only.
    #[must_use]
    pub fn only(mut self, matcher: Matcher) -> Self {
        self.only.push(matcher);
        self
    }

    /// Does the way in which it is taken fit the metric?
    pub fn fault(&self) -> Option<String> {
        let is_counter = self.metric.kind == MetricKind::Counter;
        match self.how {
            How::Rate(_) | How::Increase(_) if !is_counter => Some(format!(
                "`{}` goes up and down, so it has no rate; use `growth`",
                self.metric.name
            )),
            How::Value | How::Growth(_) | How::TimeTo { .. } if is_counter => Some(format!(
                "`{}` only grows; say over which time, with `rate` or `increase`",
                self.metric.name
            )),
            _ => None,
        }
    }
}
