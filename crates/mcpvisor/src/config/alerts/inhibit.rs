//! `[[inhibit]]`: alerts that make others needless.

use alerting::Matcher;
use alerting::mute::Inhibition;

use super::conditions::{self, Conditions, Labels};
use crate::config::section::Section;

/// While an alert fires that satisfies `source`, those that satisfy `target` are not told.
#[derive(Clone, Debug, PartialEq, serde::Serialize, schemars::JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct InhibitSection {
    /// Conditions on labels of the alert that is enough.
    pub source: Conditions,
    /// Conditions on labels of the alerts that are needless beside it.
    pub target: Conditions,
    /// Labels that both must have with the same value; `gateway=owner` compares one label of the source with
    /// another one of the target.
    #[schemars(default)]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub equal: Vec<String>,
}

/// Reads a section; `None` where what it needs is missing, which was then told.
pub(super) fn read(section: &mut Section<'_>, labels: &Labels<'_>) -> Option<Inhibition> {
    let source = side(section, "source", labels);
    let target = side(section, "target", labels);
    let equal: Vec<String> = section.take("equal", Vec::new());
    let mut pairs = Vec::new();
    for written in &equal {
        let (left, right) = written.split_once('=').unwrap_or((written, written));
        for name in [left, right] {
            if let Some(fault) = labels.fault_of_name(name.trim()) {
                section.blame("equal", fault);
                break;
            }
        }
        pairs.push((left.trim().to_owned(), right.trim().to_owned()));
    }
    Some(Inhibition {
        source: source?,
        target: target?,
        equal: pairs,
    })
}

fn side(section: &mut Section<'_>, key: &'static str, labels: &Labels<'_>) -> Option<Vec<Matcher>> {
    if !section.has(key) {
        section.blame_all(format!(
            "it needs `{key}`, such as `{key} = [\"severity=critical\"]`"
        ));
    }
    let count = section.count(key);
    section.require(key, count != Some(0), || {
        "without a condition it would be every alert".to_owned()
    });
    conditions::read(section, key, labels)
}

impl InhibitSection {
    pub(super) fn of(inhibition: &Inhibition) -> Self {
        let pair = |(left, right): &(String, String)| {
            if left == right {
                left.clone()
            } else {
                format!("{left}={right}")
            }
        };
        Self {
            source: Conditions(inhibition.source.clone()),
            target: Conditions(inhibition.target.clone()),
            equal: inhibition.equal.iter().map(pair).collect(),
        }
    }
}
