//! The rules that are there without any configuration.
//!
//! Three profiles: `default`, which is quiet on a laptop where all is well, `strict`, whose numbers are
//! those that people set by hand against runaway servers, and `gateway`, the same for the host of a gateway,
//! whose servers are busier. Where they differ, `why` says it.

mod findings;
mod gateways;
mod machine;
mod operations;
mod own;
mod servers;

use std::collections::BTreeMap;
use std::time::Duration;

use model::{FindingKind, Metric};

use super::{Condition, Figure, How, Rule, Scope, Side, Source, Threshold, Thresholds, Traffic};
use crate::matcher::{Comparison, Matcher};
use crate::unit::Unit;

/// Which numbers the rules have.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    serde::Serialize,
    serde::Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Profile {
    /// Quiet on a laptop where all is well.
    #[default]
    Default,
    /// The numbers that people set by hand.
    Strict,
    /// The numbers that people set by hand on the host of a gateway.
    Gateway,
}

/// What the pack is made for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Wishes {
    /// Which numbers.
    pub profile: Profile,
    /// Memory that all servers may use together, bytes.
    pub memory_budget: u64,
}

impl Default for Wishes {
    fn default() -> Self {
        Self {
            profile: Profile::Default,
            memory_budget: 4 << 30,
        }
    }
}

/// Rates of processor time are taken over this: three looks, so that one busy moment is not told.
const CPU_OVER: Duration = Duration::from_secs(15);
const NOW: Duration = Duration::ZERO;
const SETTLED: Duration = Duration::from_secs(15);
const MINUTE: Duration = Duration::from_mins(1);
const MINUTES_5: Duration = Duration::from_mins(5);
const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

/// All rules of the pack.
pub fn pack(wishes: &Wishes) -> Vec<Rule> {
    let mut rules = servers::servers(wishes);
    rules.extend(machine::machine(wishes));
    rules.extend(operations::operations());
    rules.extend(gateways::gateways());
    rules.extend(own::own());
    rules.extend(FindingKind::ALL.into_iter().map(findings::finding));
    rules
}

/// A threshold that ends a little on the good side of where it begins.
fn at(side: Side, value: f64, hold: Duration) -> Threshold {
    let clear = if side.is_upward() { 0.9 } else { 1.1 };
    Threshold {
        value,
        clear: value * clear,
        hold,
    }
}

/// A threshold of something that is counted: it ends below where it begins.
fn exactly(value: f64, hold: Duration) -> Threshold {
    Threshold {
        value,
        clear: value,
        hold,
    }
}

fn both(warning: Threshold, critical: Threshold) -> Thresholds {
    [None, Some(warning), None, Some(critical)]
}

/// What most rules share.
fn rule(
    name: &str,
    kind: &str,
    scope: Scope,
    figure: Figure,
    side: Side,
    levels: Thresholds,
) -> Rule {
    Rule {
        name: name.to_owned(),
        kind: kind.to_owned(),
        scope,
        by: Vec::new(),
        unit: Unit::of(figure.metric, figure.how),
        source: Source::Figure { figure, per: None },
        matchers: Vec::new(),
        condition: Condition::Threshold { side, levels },
        traffic: None,
        times: None,
        keep_firing: Duration::ZERO,
        labels: BTreeMap::new(),
        summary: String::new(),
        what: String::new(),
        advice: String::new(),
        why: String::new(),
    }
}

impl Rule {
    fn says(self, what: &str, advice: &str, why: &str) -> Self {
        Self {
            what: what.to_owned(),
            advice: advice.to_owned(),
            why: why.to_owned(),
            ..self
        }
    }

    fn reads(self, summary: &str) -> Self {
        Self {
            summary: summary.to_owned(),
            ..self
        }
    }

    fn per(mut self, divisor: Figure, unit: Unit) -> Self {
        if let Source::Figure { per, .. } = &mut self.source {
            *per = Some(divisor);
        }
        self.unit = unit;
        self
    }

    fn with_traffic(mut self, figure: Figure, at_least: f64) -> Self {
        self.traffic = Some(Traffic { figure, at_least });
        self
    }

    fn keeping(mut self, time: Duration) -> Self {
        self.keep_firing = time;
        self
    }
}

fn with(figure: Figure, label: &str, value: &str) -> Figure {
    match Matcher::new(label, Comparison::Equal, value) {
        Ok(matcher) => figure.only(matcher),
        // Not reached: labels of this page are names.
        Err(_) => figure,
    }
}

fn over(metric: &'static Metric, how: How) -> Figure {
    Figure::of(metric).over(how)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_rule_can_be_judged_and_says_why() {
        for profile in [Profile::Default, Profile::Strict, Profile::Gateway] {
            let rules = pack(&Wishes {
                profile,
                ..Wishes::default()
            });
            let names: BTreeSet<&str> = rules.iter().map(|rule| rule.name.as_str()).collect();
            assert_eq!(names.len(), rules.len(), "each name once");
            for rule in &rules {
                assert!(
                    !rule.what.is_empty() && !rule.why.is_empty(),
                    "{}",
                    rule.name
                );
                let Source::Figure { figure, per } = &rule.source else {
                    continue;
                };
                assert!(!rule.advice.is_empty(), "{}", rule.name);
                for figure in [Some(figure), per.as_ref()].into_iter().flatten() {
                    assert_eq!(figure.fault(), None, "{}", rule.name);
                    let known: Vec<&str> = figure.metric.labels.to_vec();
                    for label in rule.object_labels() {
                        assert!(known.contains(&label), "{}: {label}", rule.name);
                    }
                }
            }
        }
    }

    #[test]
    fn a_gateway_has_its_own_numbers() {
        let rules = pack(&Wishes {
            profile: Profile::Gateway,
            ..Wishes::default()
        });
        let mib = f64::from(1 << 20);
        for (name, warning, critical) in [
            ("process_count", 12.0, 15.0),
            ("total_memory", 3072.0 * mib, 4096.0 * mib),
            ("high_cpu", 0.6, 0.8),
        ] {
            let rule = rules.iter().find(|rule| rule.name == name);
            let levels = rule.and_then(|rule| match &rule.condition {
                Condition::Threshold { levels, .. } => Some(levels),
                _ => None,
            });
            let value = |at: usize| {
                levels
                    .and_then(|levels| levels[at])
                    .map(|level| level.value)
            };
            assert_eq!(
                (value(1), value(3)),
                (Some(warning), Some(critical)),
                "{name}"
            );
            let per_server = matches!(
                rule.map(|rule| &rule.source),
                Some(Source::Figure { per: Some(_), .. })
            );
            assert!(!per_server, "{name} counts the machine, or one server");
        }
    }

    /// A row of docs/guide/alerts.md.
    fn row(rule: &Rule) -> Option<String> {
        let (Source::Figure { .. }, Condition::Threshold { side, levels }) =
            (&rule.source, &rule.condition)
        else {
            return None;
        };
        let told = |at: usize| {
            levels[at].map_or_else(
                || "–".to_owned(),
                |level| {
                    let hold = if level.hold.is_zero() {
                        "at once".to_owned()
                    } else {
                        format!("for {}", model::units::seconds(level.hold.as_secs_f64()))
                    };
                    format!("{} {}, {hold}", side.words(), rule.unit.show(level.value))
                },
            )
        };
        let worse = if levels[2].is_some() {
            format!("error: {}", told(2))
        } else {
            told(3)
        };
        let (name, scope, warning) = (&rule.name, rule.scope.name(), told(1));
        let what = rule.what.trim_end_matches(',');
        Some(format!(
            "| `{name}` | {scope} | {what} | {warning} | {worse} | {} |",
            rule.why
        ))
    }

    #[test]
    fn the_guide_lists_the_rules_as_they_are() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/guide/alerts.md");
        let guide = std::fs::read_to_string(path).unwrap_or_default();
        let rows: Vec<String> = pack(&Wishes::default()).iter().filter_map(row).collect();
        let wanted = format!(
            "| rule | scope | what | warning | critical | why |\n|---|---|---|---|---|---|\n{}\n",
            rows.join("\n")
        );
        let between = guide
            .split("<!-- rules: begin -->\n")
            .nth(1)
            .and_then(|rest| rest.split("<!-- rules: end -->").next());
        assert!(
            between == Some(wanted.as_str()),
            "docs/guide/alerts.md should have:\n{wanted}"
        );
    }
}
