//! What fired over a time: each alert from its beginning to its end, and sums for each rule.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use jiff::Timestamp;
use model::Severity;

use crate::alert::{Alert, State};
use crate::engine::{Engine, Transition};
use crate::rule::{Condition, Rule};

/// Episodes that are kept; what is more is counted.
pub const MOST_EPISODES: usize = 10_000;

/// One alert, from when it began to fire.
#[derive(Clone, Debug, PartialEq)]
pub struct Episode {
    /// The rule.
    pub rule: String,
    /// The worst severity that it had.
    pub severity: Severity,
    /// Its labels, without name and severity.
    pub labels: BTreeMap<String, String>,
    /// When it began to fire.
    pub from: Timestamp,
    /// When it was over; nothing if it still fires at the end.
    pub to: Option<Timestamp>,
    /// The worst value while it fired: the highest, or the lowest where low is bad.
    pub peak: Option<f64>,
    /// What it said last.
    pub summary: String,
}

/// Sums of one rule.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sum {
    /// Times that it fired.
    pub fired: u64,
    /// Time that its alerts fired, all added up.
    pub time: Duration,
    /// The longest of them.
    pub longest: Duration,
    /// The worst severity.
    pub worst: Option<Severity>,
    /// Alerts that still fire at the end.
    pub open: u64,
    /// Times that it began to hold and was over before it fired.
    pub dropped: u64,
}

/// What has fired so far.
#[derive(Debug, Default)]
pub struct Tally {
    open: HashMap<String, Episode>,
    episodes: Vec<Episode>,
    sums: BTreeMap<String, Sum>,
    low_is_bad: BTreeMap<String, bool>,
    left_out: u64,
}

impl Tally {
    /// A tally of these rules.
    pub fn of<'a>(rules: impl IntoIterator<Item = &'a Rule>) -> Self {
        let low = |rule: &Rule| match &rule.condition {
            Condition::Threshold { side, .. } => !side.is_upward(),
            Condition::Absent { .. } | Condition::Found { .. } => false,
        };
        let mut tally = Self::default();
        for rule in rules {
            tally.sums.insert(rule.name.clone(), Sum::default());
            tally.low_is_bad.insert(rule.name.clone(), low(rule));
        }
        tally
    }

    /// Takes in what a look came to.
    pub fn on(&mut self, engine: &Engine, transitions: &[Transition]) {
        for Transition { alert, .. } in transitions.iter().filter(|change| change.alert.is_over()) {
            self.close(alert);
        }
        for alert in engine.alerts().filter(|alert| alert.state == State::Firing) {
            self.note(alert);
        }
    }

    fn note(&mut self, alert: &Alert) {
        let low = self
            .low_is_bad
            .get(&alert.rule)
            .copied()
            .unwrap_or_default();
        let episode = self
            .open
            .entry(alert.id.clone())
            .or_insert_with(|| begun(alert));
        episode.severity = episode.severity.max(alert.severity);
        let worse = |peak: f64, value: f64| {
            if low {
                peak.min(value)
            } else {
                peak.max(value)
            }
        };
        episode.peak = match (episode.peak, alert.value) {
            (Some(peak), Some(value)) => Some(worse(peak, value)),
            (peak, value) => peak.or(value),
        };
        if episode.summary != alert.summary {
            episode.summary.clone_from(&alert.summary);
        }
    }

    fn close(&mut self, alert: &Alert) {
        let Some(mut episode) = self.open.remove(&alert.id) else {
            let sum = self.sums.entry(alert.rule.clone()).or_default();
            sum.dropped += u64::from(alert.starts_at.is_none());
            return;
        };
        episode.to = alert.ends_at;
        let end = alert.ends_at.unwrap_or(episode.from);
        self.count(episode, end);
    }

    fn count(&mut self, episode: Episode, end: Timestamp) {
        let time = Duration::try_from(end.duration_since(episode.from)).unwrap_or_default();
        let sum = self.sums.entry(episode.rule.clone()).or_default();
        sum.fired += 1;
        sum.time += time;
        sum.longest = sum.longest.max(time);
        sum.worst = sum.worst.max(Some(episode.severity));
        sum.open += u64::from(episode.to.is_none());
        if self.episodes.len() < MOST_EPISODES {
            self.episodes.push(episode);
        } else {
            self.left_out += 1;
        }
    }

    /// All of it at the end of the time, by beginning; sums by name of the rule.
    pub fn finish(mut self, end: Timestamp) -> Tallied {
        for episode in std::mem::take(&mut self.open).into_values() {
            self.count(episode, end);
        }
        let mut episodes = self.episodes;
        episodes.sort_by(|a, b| (a.from, &a.rule, &a.labels).cmp(&(b.from, &b.rule, &b.labels)));
        Tallied {
            episodes,
            sums: self.sums,
            left_out: self.left_out,
        }
    }
}

/// All that fired.
#[derive(Clone, Debug, PartialEq)]
pub struct Tallied {
    /// Each alert, by its beginning.
    pub episodes: Vec<Episode>,
    /// Sums by name of the rule, also of those that never fired.
    pub sums: BTreeMap<String, Sum>,
    /// Alerts that are counted in the sums only.
    pub left_out: u64,
}

fn begun(alert: &Alert) -> Episode {
    let mut labels = alert.labels.clone();
    labels.remove("alertname");
    labels.remove("severity");
    Episode {
        rule: alert.rule.clone(),
        severity: alert.severity,
        labels,
        from: alert.starts_at.unwrap_or(alert.updated_at),
        to: None,
        peak: None,
        summary: String::new(),
    }
}
