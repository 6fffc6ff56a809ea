//! From a section to a rule.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use alerting::Matcher;
use alerting::matcher::Comparison;
use alerting::rule::{Rule, Source};

use super::judged::{self, Judged};
use super::names::words;
use super::{RuleSection, condition};
use crate::config::alerts::conditions::Labels;
use crate::config::alerts::{names, spans};
use crate::config::nearest::nearest;
use crate::config::section::{Section, listed};
use crate::config::value::text;

/// Labels of a rule at most.
const MOST_LABELS: usize = 20;
/// Longest summary, characters.
const MOST_SUMMARY: usize = 300;
/// Longest advice, characters.
const MOST_ADVICE: usize = 2_000;
/// Labels that alerts have without being told so.
const OWN_LABELS: [&str; 2] = ["alertname", "severity"];

/// What is known while the sections are read one after the other.
pub(in crate::config::alerts) struct Reader<'a> {
    pack: &'a [Rule],
    seen: BTreeSet<String>,
}

/// What a section says.
pub(in crate::config::alerts) enum Ruled {
    /// There is to be no such rule.
    Out(Box<RuleSection>),
    /// There is this rule, in place of the one of that name, if there is one.
    In(Box<Rule>),
}

impl<'a> Reader<'a> {
    pub(in crate::config::alerts) fn new(pack: &'a [Rule]) -> Self {
        Self {
            pack,
            seen: BTreeSet::new(),
        }
    }

    /// Reads a section; `None` where it says too little, which was then told.
    pub(in crate::config::alerts) fn read(&mut self, section: &mut Section<'_>) -> Option<Ruled> {
        section.knows(names::keys_of("rule"));
        let is_named = section.has("name");
        let Some(name) = names::unique(section, &mut self.seen) else {
            if !is_named {
                // Nothing comes of it, but all that is wrong is told.
                read(section, None, "", "");
            }
            return None;
        };
        let base = self.pack.iter().find(|rule| rule.name == name);
        let is_enabled = section.take("enabled", true);
        if !is_enabled && base.is_none() && !section.has("metric") && !section.has("finding") {
            section.blame(
                "name",
                format!("there is no rule `{name}` to take out{}", self.offer(&name)),
            );
            return None;
        }
        let rule = read(section, base, &name, &self.offer(&name));
        if is_enabled {
            return rule.map(|rule| Ruled::In(Box::new(rule)));
        }
        // A rule of one's own is all that its section says; one of the pack is known by its name.
        let section = match rule.filter(|_| base.is_none()) {
            Some(rule) => RuleSection::of(&rule, None),
            None => RuleSection {
                name,
                ..RuleSection::default()
            },
        };
        Some(Ruled::Out(Box::new(RuleSection {
            enabled: Some(false),
            ..section
        })))
    }

    /// The rule of the pack that may have been meant.
    fn offer(&self, name: &str) -> String {
        let known = self.pack.iter().map(|rule| rule.name.as_str());
        nearest(name, known).map_or_else(String::new, |right| {
            format!("; did you mean `{right}` of the pack?")
        })
    }
}

fn read(section: &mut Section<'_>, base: Option<&Rule>, name: &str, offer: &str) -> Option<Rule> {
    // Texts need no more than the section; they are judged even where the rest cannot be.
    let kind = kind(section);
    let labels = labels(section);
    let keep_firing = spans::hold(section, "keep_firing_for");
    let advice = line(section, "advice", MOST_ADVICE);
    let summary = line(section, "summary", MOST_SUMMARY);
    let judged = judged::read(section, base, offer)?;
    let condition = match &judged.source {
        Source::Finding(_) => Some(condition::of_findings(section, base)),
        Source::Figure { .. } => condition::of_metric(section, base, judged.unit),
    };
    let times = match &judged.source {
        Source::Figure { .. } if !section.has("absent") => condition::times(section, base),
        _ => None,
    };
    let labels = labels
        .or_else(|| Some(base?.labels.clone()))
        .unwrap_or_default();
    check_labels(section, &judged, &labels);
    if let Some(summary) = &summary {
        check_summary(section, summary, &judged, &labels);
    }
    let Judged {
        source,
        unit,
        scope,
        by,
        matchers,
        traffic,
        is_unchanged,
    } = judged;
    let base_text = |text: fn(&Rule) -> &String| base.map(|base| text(base).clone());
    let condition = condition?;
    // What the pack says of its own figure may not be true of another one.
    let same = base.filter(|base| is_unchanged && condition::is_alike(&base.condition, &condition));
    let usual_kind = || match &source {
        Source::Finding(kind) => kind.name().to_owned(),
        Source::Figure { .. } => "resource_limit".to_owned(),
    };
    Some(Rule {
        name: name.to_owned(),
        kind: kind
            .or_else(|| base_text(|base| &base.kind))
            .unwrap_or_else(usual_kind),
        what: base_text(|base| &base.what)
            .filter(|_| is_unchanged)
            .unwrap_or_else(|| words(&source)),
        summary: summary
            .or_else(|| Some(same?.summary.clone()))
            .unwrap_or_default(),
        scope,
        by,
        source,
        unit,
        matchers,
        condition,
        traffic,
        times,
        keep_firing: keep_firing
            .or(base.map(|base| base.keep_firing))
            .unwrap_or(Duration::ZERO),
        labels,
        advice: advice
            .or_else(|| base_text(|base| &base.advice))
            .unwrap_or_default(),
        why: base_text(|base| &base.why).unwrap_or_default(),
    })
}

fn kind(section: &mut Section<'_>) -> Option<String> {
    let kind = section.optional::<String>("type")?;
    let fits = names::is_word(&kind);
    section.require("type", fits, || names::fault_of_word(&kind));
    fits.then_some(kind)
}

fn line(section: &mut Section<'_>, key: &'static str, most: usize) -> Option<String> {
    let text = section.optional::<String>(key)?;
    let count = text.chars().count();
    section.require(key, count <= most, || {
        format!("it has {count} characters; {most} are the most")
    });
    Some(text)
}

fn labels(section: &mut Section<'_>) -> Option<BTreeMap<String, String>> {
    if !section.has("labels") {
        return None;
    }
    let mut labels = BTreeMap::new();
    for (name, value) in section.entries("labels", r#"{ team = "tools" }"#) {
        let place = Some(value.span());
        match (
            Matcher::new(&name, Comparison::Equal, ""),
            text(value.get_ref(), "tools"),
        ) {
            (Err(error), _) => section.note("labels", place, error.to_string()),
            (_, Err(invalid)) => section.note("labels", place, invalid.to_string()),
            (Ok(_), Ok(value)) => {
                labels.insert(name, value.to_owned());
            }
        }
    }
    let count = labels.len();
    section.require("labels", count <= MOST_LABELS, || {
        format!("{count} labels are too many; {MOST_LABELS} are the most")
    });
    Some(labels)
}

/// Labels that alerts have anyway are nobody's to set.
fn check_labels(section: &mut Section<'_>, judged: &Judged, labels: &BTreeMap<String, String>) {
    for name in labels.keys() {
        let is_taken =
            OWN_LABELS.contains(&name.as_str()) || object_labels(judged).contains(&name.as_str());
        let key = format!("labels.{name}");
        if is_taken {
            section.blame(
                &key,
                "alerts of this rule have that label anyway; take another name".to_owned(),
            );
        }
    }
}

fn object_labels(judged: &Judged) -> Vec<&str> {
    let scope = judged.scope.labels().iter().copied();
    scope.chain(judged.by.iter().map(String::as_str)).collect()
}

/// What stands in braces must be there.
fn check_summary(
    section: &mut Section<'_>,
    summary: &str,
    judged: &Judged,
    labels: &BTreeMap<String, String>,
) {
    let mut known = vec!["value", "threshold", "object"];
    known.extend(OWN_LABELS);
    known.extend(object_labels(judged));
    for name in labels.keys() {
        if !known.contains(&name.as_str()) {
            known.push(name);
        }
    }
    let mut rest = summary;
    while let Some((_, after)) = rest.split_once('{') {
        let Some((name, after)) = after.split_once('}') else {
            break;
        };
        if !known.contains(&name) {
            let labels = Labels {
                of: "an alert of this rule".to_owned(),
                names: known.clone(),
                rules: None,
            };
            let fault = labels.fault_of_name(name);
            section.blame("summary", fault.unwrap_or_else(|| listed(&known)));
        }
        rest = after;
    }
}
