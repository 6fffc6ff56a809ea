//! `[[route]]` and `[[escalation]]`: which alerts go to whom, and who is told when nobody takes notice.

use alerting::dispatch::{Escalation, Route};
use model::Severity;

use super::conditions::{self, Conditions, Labels};
use super::spans;
use crate::config::Span;
use crate::config::invalid::quotable;
use crate::config::nearest::nearest;
use crate::config::section::{Section, listed};

/// Which alerts go where. Without any route all receivers are told of everything.
#[derive(Clone, Debug, PartialEq, serde::Serialize, schemars::JsonSchema)]
#[schemars(deny_unknown_fields, default)]
pub struct RouteSection {
    /// Conditions on labels of alerts: `["severity=critical"]` or `{ server = "mem*" }`. All alerts, if there
    /// are none.
    #[serde(rename = "match", skip_serializing_if = "Option::is_none")]
    pub conditions: Option<Conditions>,
    /// Names of receivers; all that are not `on_demand`, if there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub receivers: Vec<String>,
    /// Labels whose values make a group: one notice tells of a group.
    pub group_by: Vec<String>,
    /// How long the first notice of a group waits for more, up to `1h`.
    pub group_wait: Span,
    /// Time between two notices of a group, from `1s` to `24h`.
    pub group_interval: Span,
    /// What still fires is told again after this long, from `1m` to `30d`.
    pub repeat_interval: Span,
    /// Later routes are tried, too.
    #[serde(rename = "continue")]
    pub goes_on: bool,
}

/// Who is told when an alert has fired for long and nobody has acknowledged it.
#[derive(Clone, Debug, PartialEq, serde::Serialize, schemars::JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct EscalationSection {
    /// How long, from `1s` to `7d`.
    pub after: Span,
    /// Alerts that are less bad are left out; `critical` by default.
    #[schemars(default)]
    pub least: Option<Severity>,
    /// Conditions on labels of alerts. All alerts, if there are none.
    #[serde(rename = "match", skip_serializing_if = "Option::is_none")]
    pub conditions: Option<Conditions>,
    /// Names of receivers. Those that no route names are told of nothing else.
    pub receivers: Vec<String>,
}

/// What routes may name.
pub(super) struct Known<'a> {
    pub labels: &'a Labels<'a>,
    pub receivers: &'a [String],
}

/// Reads a route.
pub(super) fn route(section: &mut Section<'_>, known: &Known<'_>) -> Route {
    let usual = Route::default();
    let group_by = section.take("group_by", usual.group_by);
    for label in &group_by {
        if let Some(fault) = known.labels.fault_of_name(label) {
            section.blame("group_by", fault);
        }
    }
    let route = Route {
        matchers: conditions::read(section, "match", known.labels).unwrap_or_default(),
        receivers: receivers(section, known),
        group_by,
        group_wait: spans::within(section, "group_wait", Span::seconds(0), Span::hours(1))
            .unwrap_or(usual.group_wait),
        group_interval: spans::within(section, "group_interval", Span::seconds(1), Span::hours(24))
            .unwrap_or(usual.group_interval),
        repeat_interval: spans::within(
            section,
            "repeat_interval",
            Span::seconds(60),
            Span::days(30),
        )
        .unwrap_or(usual.repeat_interval),
        goes_on: section.take("continue", usual.goes_on),
    };
    let is_empty = section.has("receivers") && section.is_empty_list("receivers");
    section.require("receivers", !is_empty, || {
        "it names nobody; leave it out to tell all receivers".to_owned()
    });
    route
}

/// Reads a step of the ladder; `None` where what it needs is missing, which was then told.
pub(super) fn escalation(section: &mut Section<'_>, known: &Known<'_>) -> Option<Escalation> {
    for (key, example) in [("after", "\"15m\""), ("receivers", "[\"boss\"]")] {
        if !section.has(key) {
            section.blame_all(format!("it needs `{key}`, such as `{key} = {example}`"));
        }
    }
    let is_empty = section.is_empty_list("receivers");
    section.require("receivers", !is_empty, || "it names nobody".to_owned());
    let after = spans::within(section, "after", Span::seconds(1), Span::days(7));
    let least = section.take("least", Severity::Critical);
    let matchers = conditions::read(section, "match", known.labels).unwrap_or_default();
    let receivers = receivers(section, known);
    Some(Escalation {
        after: after?,
        least,
        matchers,
        receivers,
    })
}

fn receivers(section: &mut Section<'_>, known: &Known<'_>) -> Vec<String> {
    let names: Vec<String> = section.take("receivers", Vec::new());
    for name in &names {
        if known.receivers.contains(name) {
            continue;
        }
        let shown = quotable(name);
        let all: Vec<&str> = known.receivers.iter().map(String::as_str).collect();
        let fault = match nearest(name, all.iter().copied()) {
            Some(right) => format!("there is no receiver `{shown}`; did you mean `{right}`?"),
            None if all.is_empty() => {
                format!("there is no receiver `{shown}`; there is no `[[receiver]]` at all")
            }
            None => format!("there is no receiver `{shown}`; there are {}", listed(&all)),
        };
        section.blame("receivers", fault);
    }
    names
}

impl Default for RouteSection {
    fn default() -> Self {
        Self::of(&Route::default())
    }
}

impl RouteSection {
    pub(super) fn of(route: &Route) -> Self {
        Self {
            conditions: some(&route.matchers),
            receivers: route.receivers.clone(),
            group_by: route.group_by.clone(),
            group_wait: Span(route.group_wait),
            group_interval: Span(route.group_interval),
            repeat_interval: Span(route.repeat_interval),
            goes_on: route.goes_on,
        }
    }
}

impl EscalationSection {
    pub(super) fn of(step: &Escalation) -> Self {
        Self {
            after: Span(step.after),
            least: Some(step.least),
            conditions: some(&step.matchers),
            receivers: step.receivers.clone(),
        }
    }
}

/// Conditions, if there are any.
pub(super) fn some(matchers: &[alerting::Matcher]) -> Option<Conditions> {
    (!matchers.is_empty()).then(|| Conditions(matchers.to_vec()))
}
