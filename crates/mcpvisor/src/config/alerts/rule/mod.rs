//! `[[rule]]`: rules of one's own, and what is changed in those of the pack.
//!
//! A section is read onto a rule: that of the pack with its name, else one that says nothing yet.
//! `judged` finds out what is judged, and so in which unit, which labels there are; `condition` reads
//! the thresholds in that unit; `write` makes a section of a rule again.

mod condition;
mod judged;
mod names;
mod read;
mod taken;
mod traffic;
mod write;

use std::borrow::Cow;
use std::collections::BTreeMap;

use alerting::rule::{Combine, Scope};
use model::{FindingKind, Severity};

use super::conditions::Conditions;
use super::levels::Graded;
use super::quantity::Quantity;
use crate::config::Span;

pub(super) use read::{Reader, Ruled};

/// A rule: of one's own, or what is changed in one of the pack.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, schemars::JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct RuleSection {
    /// Name of the rule, which its alerts have as `alertname`. A rule of the pack keeps whatever is not
    /// given here.
    pub name: String,
    /// `false` takes the rule out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// The metric that is judged; its prefix `mcpvisor_server_` or `mcpvisor_` may be left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metric: Option<String>,
    /// The kind of finding that is judged, instead of a metric.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finding: Option<FindingKind>,
    /// What the rule's objects are. Series of one object become one value; by default what the metric's
    /// labels tell apart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<Scope>,
    /// Labels of the metric that tell objects apart besides those of the scope.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<Vec<String>>,
    /// Conditions on labels: `["server=\"memory\"", "owner!=Cursor"]`, with `=`, `!=`, `=~` or `!~`; or a
    /// table `{ server = "memory", owner = "Cur*" }`.
    #[serde(rename = "match", skip_serializing_if = "Option::is_none")]
    pub conditions: Option<Conditions>,
    /// Conditions on the series of `metric` alone, not on those of `per` and `min_traffic`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub only: Option<Conditions>,
    /// How several series of one object become one value; the sum by default, of shares the worst.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub combine: Option<Combine>,
    /// Judges a counter's increase a second, over this time from `5s` to `1d`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<Span>,
    /// Judges a counter's increase over this time, from `5s` to `1d`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub increase: Option<Span>,
    /// Judges how far a gauge is above its lowest value within this time, from `5s` to `1d`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub growth: Option<Span>,
    /// Judges the time until a gauge reaches a limit, if it goes on as within the time `over`: thresholds
    /// are durations.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reaches: Option<ReachesSection>,
    /// A metric by which the figure is divided. A counter is taken the same way. `false` takes the divisor
    /// of a rule of the pack out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per: Option<OrNone<String>>,
    /// Wrong above this, by severity: `{ warning = "300MB", critical = "500MB" }`; a single value is the
    /// warning. In a rule of the pack a severity that is not given stays, and `false` takes it out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub above: Option<Graded<Quantity>>,
    /// Wrong below this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub below: Option<Graded<Quantity>>,
    /// Wrong above this or on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_least: Option<Graded<Quantity>>,
    /// Wrong below this or on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_most: Option<Graded<Quantity>>,
    /// Where it ends once it has begun, by severity: the threshold itself by default; a rule of the pack
    /// keeps its distance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clear: Option<Graded<Quantity>>,
    /// How long it must be so, up to `7d`, by severity or for all.
    #[serde(rename = "for", skip_serializing_if = "Option::is_none")]
    pub hold: Option<Graded<Span>>,
    /// An alert goes on for this long after it was so last, up to `7d`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_firing_for: Option<Span>,
    /// So many of the last looks must be wrong, with `of`.
    #[schemars(range(min = 1, max = 64))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
    /// Of so many looks, up to 64.
    #[schemars(range(min = 1, max = 64))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<u32>,
    /// How much must happen before anything is judged; a single number is counted by the rule's own
    /// metric.
    #[schemars(with = "Option<TrafficForms>")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_traffic: Option<TrafficSection>,
    /// Wrong when there has been no value for this long, up to `7d`, instead of thresholds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub absent: Option<Span>,
    /// How bad it is that there is no value; `warning` by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// Findings that are less bad do not count; `warning` by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub least: Option<Severity>,
    /// What its alerts are about: `high_cpu`, `high_memory`, `process_health`, `resource_limit` (the
    /// default) or a word of one's own.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Labels that its alerts get besides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub labels: Option<BTreeMap<String, String>>,
    /// The line for people, with `{server}`, `{value}` and other labels filled in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
}

/// A value, or `false` for none.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
#[serde(untagged)]
pub enum OrNone<T> {
    /// `false`.
    None(bool),
    /// A value.
    Some(T),
}

impl<T: schemars::JsonSchema> schemars::JsonSchema for OrNone<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("OrNone_{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let value = generator.subschema_for::<T>();
        schemars::json_schema!({"anyOf": [value, {"const": false}]})
    }
}

/// A limit and the time that tells how soon it is reached.
#[derive(Clone, Debug, PartialEq, serde::Serialize, schemars::JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ReachesSection {
    /// The limit, in the unit of the metric.
    pub limit: Quantity,
    /// The time that is looked at, from `5s` to `1d`.
    pub over: Span,
}

/// How much must happen before anything is judged.
#[derive(Clone, Debug, PartialEq, serde::Serialize, schemars::JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct TrafficSection {
    /// A counter; that of the rule by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metric: Option<String>,
    /// The least that is judged.
    pub at_least: Quantity,
    /// Within this time, from `5s` to `1d`; `5m` by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub over: Option<Span>,
}

/// The forms in which [`TrafficSection`] may be written.
#[derive(schemars::JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "describes what is read elsewhere")]
enum TrafficForms {
    Number(f64),
    Table(TrafficSection),
}
