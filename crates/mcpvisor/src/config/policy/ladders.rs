//! `[policy.ladders]`: what is tried against the alerts of a rule.

use std::collections::{BTreeMap, BTreeSet};

use model::Severity;
use supervise::policy::{BadLadder, Ladder, Rung, Step};
use toml::de::DeValue;

use super::Profile;
use crate::config::Span;
use crate::config::alerts::spans::within;
use crate::config::document::Placed;
use crate::config::invalid::quotable;
use crate::config::nearest::nearest;
use crate::config::section::{Section, told};
use crate::config::value::{Choice, choice, kind};
use crate::config::word::Word;

/// How it is written that there is to be no ladder.
pub(super) const NONE: &str = "none";
const LEAST_CHECK: Span = Span::seconds(1);
const MOST_CHECK: Span = Span::hours(24);

/// Ladders by the names of their rules, and the names of those that were taken out.
pub(super) struct Ladders {
    pub ladders: BTreeMap<String, Ladder>,
    pub out: BTreeSet<String>,
}

impl Ladders {
    /// Reads all ladders, on top of those of the profile.
    pub(super) fn read(
        section: &mut Section<'_>,
        rules: &BTreeSet<String>,
        profile: Profile,
    ) -> Self {
        let mut found = Self {
            ladders: profile.ladders(),
            out: BTreeSet::new(),
        };
        let example = r#"{ high_memory = ["notify", "restart_server"] }"#;
        for (rule, value) in section.entries("ladders", example) {
            if !rules.contains(&rule) {
                let key = format!("ladders.{}", quotable(&rule));
                section.note(&key, Some(value.span()), no_rule(&rule, rules));
            }
            if let DeValue::String(text) = value.get_ref()
                && text == NONE
            {
                found.ladders.remove(&rule);
                found.out.insert(rule);
            } else if let Some(ladder) = ladder(section, &rule, value) {
                found.ladders.insert(rule, ladder);
            }
        }
        found
    }
}

fn no_rule(rule: &str, rules: &BTreeSet<String>) -> String {
    let shown = quotable(rule);
    match nearest(rule, rules.iter().map(String::as_str)) {
        Some(right) => format!("there is no rule `{shown}`; did you mean `{right}`?"),
        None => format!("there is no rule `{shown}`; `mcpvisor rules list` names them"),
    }
}

/// Reads one ladder; what is wrong with a step is told at its own place.
fn ladder<'d>(section: &mut Section<'d>, rule: &str, value: &'d Placed<'d>) -> Option<Ladder> {
    let key = format!("ladders.{}", quotable(rule));
    let DeValue::Array(entries) = value.get_ref() else {
        let what = kind(value.get_ref());
        let message = format!(
            "the value must be a list of steps such as `[\"notify\", \"restart_server\"]`, or `\"none\"`, not {what}"
        );
        section.note(&key, Some(value.span()), message);
        return None;
    };
    let rungs: Vec<Option<Rung>> = entries
        .iter()
        .map(|entry| rung(section, &key, entry))
        .collect();
    let rungs: Vec<Rung> = rungs.into_iter().collect::<Option<_>>()?;
    let descent = rungs.windows(2).position(|pair| match pair {
        [first, second] => second.step <= first.step,
        _ => false,
    });
    match Ladder::try_new(rungs) {
        Ok(ladder) => Some(ladder),
        Err(error) => {
            let second = descent.and_then(|at| entries.get(at + 1));
            let place = match error {
                BadLadder::Descends { .. } => second.unwrap_or(value),
                BadLadder::Empty | BadLadder::TooSoon { .. } => value,
            };
            section.note(&key, Some(place.span()), error.to_string());
            None
        }
    }
}

/// Reads a step: its name, or a table.
fn rung<'d>(section: &mut Section<'d>, key: &str, entry: &'d Placed<'d>) -> Option<Rung> {
    match entry.get_ref() {
        DeValue::Table(_) => {
            let full = format!("policy.{key}");
            let header = format!("`{full}`");
            section.inside(full, header, entry, from_table)
        }
        DeValue::String(_) => match choice::<Step>(entry.get_ref()) {
            Ok(step) => Some(usual(step)),
            Err(invalid) => {
                section.note(key, Some(entry.span()), told("step", invalid));
                None
            }
        },
        other => {
            let message = format!(
                "a step must be its name such as `\"notify\"`, or a table such as `{{ step = \"notify\" }}`, not {}",
                kind(other)
            );
            section.note(key, Some(entry.span()), message);
            None
        }
    }
}

fn from_table(table: &mut Section<'_>) -> Option<Rung> {
    if !table.has("step") {
        table.blame_all("it needs `step`, such as `step = \"notify\"`".to_owned());
    }
    let step = table.optional::<Word<Step>>("step");
    let least = table.optional::<Severity>("least");
    let check_after = within(table, "check_after", LEAST_CHECK, MOST_CHECK);
    let usual = usual(step?.0);
    Some(Rung {
        step: usual.step,
        least: least.unwrap_or(usual.least),
        check_after: check_after.unwrap_or(usual.check_after),
    })
}

/// A step with the severity and the time that it has in the ladder of all steps.
pub(super) fn usual(step: Step) -> Rung {
    let all = Ladder::default();
    let found = all.rungs().iter().find(|rung| rung.step == step);
    found.copied().unwrap_or(Rung {
        step,
        least: Severity::Critical,
        check_after: std::time::Duration::from_mins(1),
    })
}

impl Choice for Step {
    const ALL: &[(&str, Self)] = &[
        ("notify", Self::Notify),
        ("clean_orphans", Self::CleanOrphans),
        ("restart_server", Self::RestartServer),
        ("stop_largest", Self::StopLargest),
        ("restart_container", Self::RestartContainer),
    ];
}
