//! What the engine has for each rule: its feeds, and where each of its alerts is.

use std::sync::Arc;

use foldhash::HashMap;
use model::Metric;

use super::feed::Object;
use super::life::Life;
use crate::alert::Alert;
use crate::matcher::{Comparison, Matcher};
use crate::rule::{Condition, Figure, Rule, Source};

/// A rule at work.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) rule: Arc<Rule>,
    /// Names of the labels that tell its objects apart.
    pub(super) names: Vec<String>,
    /// Conditions on objects, with the places of their labels; one on a label that objects do not have
    /// is one on the empty value.
    conditions: Vec<(Option<usize>, Matcher)>,
    pub(super) feed: Option<usize>,
    pub(super) per: Option<Part>,
    pub(super) traffic: Option<Part>,
    pub(super) lives: HashMap<Object, Live>,
}

/// A feed of some of an object's labels.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) feed: usize,
    /// Where its labels are in the object's.
    pub(super) places: Vec<usize>,
}

/// Where an object is in its life.
#[derive(Debug, Default)]
pub(super) struct Live {
    pub(super) life: Life,
    pub(super) alert: Option<Alert>,
    /// When it was measured last, ns of what was observed.
    pub(super) measured: Option<u64>,
    pub(super) look: u64,
    /// The alert's texts are of its severity, and of the rule as it is now.
    pub(super) is_told: bool,
}

impl Plan {
    /// What a rule needs; its feeds are made or found by `feed`.
    pub(super) fn new(rule: Rule, mut feed: impl FnMut(Figure, Vec<String>) -> usize) -> Self {
        let names: Vec<String> = rule.object_labels().map(str::to_owned).collect();
        let part = |figure: &Figure, feed: &mut dyn FnMut(Figure, Vec<String>) -> usize| {
            let has = |name: &&String| figure.metric.labels.contains(&name.as_str());
            let by: Vec<String> = names.iter().filter(has).cloned().collect();
            let places = by
                .iter()
                .filter_map(|name| names.iter().position(|other| other == name));
            Part {
                places: places.collect(),
                feed: feed(figure.clone(), by),
            }
        };
        let mut conditions = Vec::new();
        let mut of_series = Vec::new();
        for matcher in &rule.matchers {
            let at = names.iter().position(|name| *name == matcher.name);
            match (at, &rule.source) {
                (None, Source::Figure { figure, .. })
                    if figure.metric.labels.contains(&matcher.name.as_str()) =>
                {
                    of_series.push(matcher.clone());
                }
                _ => conditions.push((at, matcher.clone())),
            }
        }
        let (own, per) = match &rule.source {
            Source::Finding(_) => (None, None),
            Source::Figure { figure, per } => {
                let mut figure = figure.clone();
                figure.only.extend(of_series);
                let per = per.as_ref().map(|per| part(per, &mut feed));
                (Some(feed(figure, names.clone())), per)
            }
        };
        let traffic = rule.traffic.as_ref();
        let traffic = traffic.map(|traffic| part(&traffic.figure, &mut feed));
        Self {
            conditions,
            feed: own,
            per,
            traffic,
            lives: HashMap::default(),
            names,
            rule: Arc::new(rule),
        }
    }

    /// Is the rule about this object?
    pub(super) fn concerns(&self, object: &[Arc<str>]) -> bool {
        concerns(&self.conditions, object)
    }

    /// What its figure is of.
    pub(super) fn metric(&self) -> Option<&'static Metric> {
        match &self.rule.source {
            Source::Figure { figure, .. } => Some(figure.metric),
            Source::Finding(_) => None,
        }
    }

    /// Does it wait for what is missing?
    pub(super) fn awaits(&self) -> bool {
        matches!(self.rule.condition, Condition::Absent { .. })
    }

    /// The object that a rule about what is missing names; labels that it does not name are empty.
    pub(super) fn named(&self) -> Option<Named> {
        if !self.awaits() {
            return None;
        }
        let value = |name: &String| {
            let mut equal = self.rule.matchers.iter();
            let found = equal.find(|matcher| {
                matcher.name == *name
                    && matcher.how == Comparison::Equal
                    && !matcher.value.is_empty()
            });
            found.map(|matcher| Arc::<str>::from(matcher.value.as_str()))
        };
        let values: Vec<Option<Arc<str>>> = self.names.iter().map(value).collect();
        let is_whole = values.iter().all(Option::is_some);
        let is_named = is_whole || values.iter().any(Option::is_some);
        let empty = || Arc::from("");
        is_named.then(|| Named {
            object: values
                .into_iter()
                .map(|value| value.unwrap_or_else(empty))
                .collect(),
            is_whole,
        })
    }
}

/// An object that must be there.
pub(super) struct Named {
    pub(super) object: Object,
    /// All its labels are named: there is one such object and not several.
    pub(super) is_whole: bool,
}

fn concerns(conditions: &[(Option<usize>, Matcher)], object: &[Arc<str>]) -> bool {
    conditions.iter().all(|(at, matcher)| {
        let value = at.and_then(|at| object.get(at));
        matcher.takes(value.map_or("", |value| value))
    })
}
