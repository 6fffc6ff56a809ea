//! From a rule to the section that says it in full.

use alerting::rule::{Condition, Figure, How, Rule, Side, Source, Threshold, Thresholds};
use alerting::{Matcher, Unit};

use super::names::shortest;
use super::{OrNone, ReachesSection, RuleSection, TrafficSection};
use crate::config::Span;
use crate::config::alerts::conditions::Conditions;
use crate::config::alerts::levels::{Graded, GradedValue, Levels};
use crate::config::alerts::quantity::Quantity;

impl RuleSection {
    /// The section that makes this rule, of nothing or of the rule of the pack with its name.
    pub(in crate::config::alerts) fn of(rule: &Rule, base: Option<&Rule>) -> Self {
        let mut section = Self {
            name: rule.name.clone(),
            scope: Some(rule.scope),
            kind: Some(rule.kind.clone()),
            keep_firing_for: Some(Span(rule.keep_firing)).filter(|time| {
                !time.0.is_zero() || base.is_some_and(|base| !base.keep_firing.is_zero())
            }),
            times: rule.times.map(|times| times.times),
            of: rule.times.map(|times| times.of),
            labels: Some(rule.labels.clone()).filter(|labels| !labels.is_empty()),
            summary: Some(rule.summary.clone()).filter(|text| !text.is_empty()),
            advice: Some(rule.advice.clone()).filter(|text| !text.is_empty()),
            ..Self::default()
        };
        match &rule.source {
            Source::Finding(kind) => {
                section.finding = Some(*kind);
                section.conditions = conditions(rule.matchers.clone(), &old_matchers(base));
            }
            Source::Figure { figure, per } => section.put_figure(rule, figure, per.as_ref(), base),
        }
        section.put_condition(rule, base);
        section
    }

    fn put_figure(
        &mut self,
        rule: &Rule,
        figure: &Figure,
        per: Option<&Figure>,
        base: Option<&Rule>,
    ) {
        let metric = figure.metric;
        self.metric = Some(shortest(metric.name).to_owned());
        self.by = Some(rule.by.clone())
            .filter(|by| !by.is_empty() || base.is_some_and(|base| !base.by.is_empty()));
        self.combine = Some(figure.combine);
        match figure.how {
            How::Value => {}
            How::Rate(over) => self.rate = Some(Span(over)),
            How::Increase(over) => self.increase = Some(Span(over)),
            How::Growth(over) => self.growth = Some(Span(over)),
            How::TimeTo { limit, over } => {
                self.reaches = Some(ReachesSection {
                    limit: Quantity::of(limit, Unit::of(metric, How::Value)),
                    over: Span(over),
                });
            }
        }
        let (old, old_per) = match base.map(|base| &base.source) {
            Some(Source::Figure { figure, per }) => (figure.only.as_slice(), per.is_some()),
            _ => (&[] as &[Matcher], false),
        };
        self.per = match per {
            Some(per) => Some(OrNone::Some(shortest(per.metric.name).to_owned())),
            None => old_per.then_some(OrNone::None(false)),
        };
        let traffic = rule.traffic.as_ref();
        let shared = [per, traffic.map(|traffic| &traffic.figure)]
            .into_iter()
            .flatten();
        let shared: Vec<&Matcher> = shared.flat_map(|figure| &figure.only).collect();
        let (shared, own): (Vec<Matcher>, Vec<Matcher>) = figure
            .only
            .iter()
            .cloned()
            .partition(|matcher| shared.contains(&matcher));
        let all = rule.matchers.iter().cloned().chain(shared).collect();
        self.conditions = conditions(all, &old_matchers(base));
        self.only = conditions(own, old);
        self.min_traffic = traffic.map(|traffic| TrafficSection {
            metric: Some(shortest(traffic.figure.metric.name).to_owned()),
            at_least: Quantity::of(traffic.at_least, Unit::Count),
            over: traffic.figure.how.window().map(Span),
        });
    }

    fn put_condition(&mut self, rule: &Rule, base: Option<&Rule>) {
        match &rule.condition {
            Condition::Absent { severity, hold } => {
                self.absent = Some(Span(*hold));
                self.severity = Some(*severity);
            }
            Condition::Found { least, hold } => {
                self.least = Some(*least);
                self.hold = Some(Graded::Bare(Span(*hold)));
            }
            Condition::Threshold { side, levels } => {
                let unit = rule.unit;
                let quantity = |value: fn(&Threshold) -> f64| {
                    levels.map(|level| level.map(|level| Quantity::of(value(&level), unit)))
                };
                let mut values = Graded::of(quantity(|level| level.value));
                values.take_out(levels, base);
                let place = match side {
                    Side::Above => &mut self.above,
                    Side::Below => &mut self.below,
                    Side::AtLeast => &mut self.at_least,
                    Side::AtMost => &mut self.at_most,
                };
                *place = Some(values);
                let all = || levels.iter().flatten();
                if base.is_some() || all().any(|level| level.clear.total_cmp(&level.value).is_ne())
                {
                    self.clear = Some(Graded::of(quantity(|level| level.clear)));
                }
                if base.is_some() || all().any(|level| !level.hold.is_zero()) {
                    self.hold = Some(Graded::same(
                        levels.map(|level| level.map(|level| Span(level.hold))),
                    ));
                }
            }
        }
    }
}

/// Conditions, if there are any, or none where the rule of the pack has some.
fn conditions(all: Vec<Matcher>, old: &[Matcher]) -> Option<Conditions> {
    Some(Conditions(all)).filter(|all| !all.0.is_empty() || !old.is_empty())
}

fn old_matchers(base: Option<&Rule>) -> Vec<Matcher> {
    base.map(|base| base.matchers.clone()).unwrap_or_default()
}

impl<T: Clone + PartialEq> Graded<T> {
    /// One value, if all that there are are the same.
    fn same(levels: Levels<T>) -> Self {
        let mut there = levels.iter().flatten();
        match there.next() {
            Some(first) if there.all(|other| other == first) => Self::Bare(first.clone()),
            _ => Self::of(levels),
        }
    }
}

impl<T> Graded<T> {
    /// Severities that the rule of the pack has, and this one not.
    fn take_out(&mut self, levels: &Thresholds, base: Option<&Rule>) {
        let Some(Condition::Threshold { levels: old, .. }) = base.map(|base| &base.condition)
        else {
            return;
        };
        let Self::Table(table) = self else { return };
        for ((value, level), old) in table.iter_mut().zip(levels).zip(old) {
            if level.is_none() && old.is_some() {
                *value = GradedValue::Out;
            }
        }
    }
}
