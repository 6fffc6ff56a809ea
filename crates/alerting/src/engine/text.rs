//! What an alert says.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use model::{Moment, Severity};
use sha2::{Digest as _, Sha256};

use super::Found;
use super::feed::Object;
use super::life::{Reading, place};
use crate::alert::{Alert, State};
use crate::rule::{Condition, Rule, SEVERITIES, Scope, Side, Source, Threshold};
use crate::unit::Unit;

/// Lines of evidence at most.
const MOST_EVIDENCE: usize = 20;
/// Characters of a label's value or a line at most.
const MOST_CHARS: usize = 300;

/// An alert that has just begun.
pub(super) fn begun(
    rule: &Rule,
    names: &[String],
    object: &Object,
    worst: Severity,
    moment: Moment,
) -> Alert {
    let mut labels: BTreeMap<String, String> = rule.labels.clone();
    labels.insert("alertname".to_owned(), rule.name.clone());
    let mut known: BTreeMap<&str, &str> = BTreeMap::new();
    for (name, value) in names.iter().zip(object.iter()) {
        if !value.is_empty() {
            labels.insert(name.clone(), clean(value));
            known.insert(name, value);
        }
    }
    // Of the labels as they were measured: two that look the same are still two.
    known.extend([("alertname", rule.name.as_str())]);
    let fixed = rule.labels.iter();
    let fixed = fixed.map(|(name, value)| (name.as_str(), value.as_str()));
    let parts = fixed.filter(|(name, _)| !names.iter().any(|other| other == name));
    known.extend(parts);
    let fingerprint = hash(known.into_iter().flat_map(|(name, value)| [name, value]));
    labels.insert("severity".to_owned(), worst.name().to_owned());
    let wall = moment.wall;
    let times = [wall.as_nanosecond().to_string(), moment.boot_ns.to_string()];
    let [at_wall, since_boot] = &times;
    Alert {
        id: hash([fingerprint.as_str(), at_wall, since_boot]),
        fingerprint,
        rule: rule.name.clone(),
        kind: rule.kind.clone(),
        severity: worst,
        state: State::Pending,
        labels,
        summary: String::new(),
        evidence: Vec::new(),
        advice: rule.advice.clone(),
        value: None,
        shown: None,
        threshold: None,
        active_at: wall,
        starts_at: None,
        ends_at: None,
        updated_at: wall,
        unknown: false,
        reason: None,
        acknowledged: None,
        silenced_by: Vec::new(),
        inhibited_by: Vec::new(),
        muted_by: Vec::new(),
    }
}

/// Brings what it says up to date. `is_told`: it says something of this severity already, so that only
/// a value that people read as another is worth new texts.
pub(super) fn tell(
    alert: &mut Alert,
    rule: &Rule,
    reading: Reading,
    found: Option<&[&Found]>,
    is_told: bool,
) {
    if let Some(found) = found {
        tell_findings(alert, rule, found);
        return;
    }
    match (&rule.condition, reading) {
        (Condition::Threshold { side, levels }, Reading::Value(value)) => {
            if is_told && alert.value == Some(value) {
                return;
            }
            alert.value = Some(value);
            let shown = rule.unit.show(value);
            if is_told && alert.shown.as_ref() == Some(&shown) {
                return;
            }
            alert.shown = Some(shown);
            alert.threshold = levels[place(alert.severity)].map(|threshold| threshold.value);
            tell_summary(alert, rule, *side);
            if !is_told {
                alert.evidence = evidence(alert, rule, *side, levels);
            }
        }
        (Condition::Absent { hold, .. }, _) => tell_absence(alert, rule, *hold, is_told),
        _ => {
            alert.value = None;
            alert.shown = None;
        }
    }
}

fn tell_absence(alert: &mut Alert, rule: &Rule, hold: Duration, is_told: bool) {
    if is_told {
        return;
    }
    alert.summary = if rule.summary.is_empty() {
        let mut line = format!("{} ", named(rule));
        push_object(&mut line, alert, rule);
        line + " is missing"
    } else {
        filled(alert, rule, &rule.summary)
    };
    let mut line = format!("not measured since {}", since(alert));
    if !hold.is_zero() {
        line.push_str(&format!("; told when it is missing for {}", span(hold)));
    }
    alert.evidence = vec![line];
}

fn tell_findings(alert: &mut Alert, rule: &Rule, found: &[&Found]) {
    let worst = found.iter().max_by_key(|found| found.severity);
    alert.value = Some(found.len() as f64);
    alert.shown = Some(Unit::Count.show(found.len() as f64));
    if let Some(worst) = worst {
        alert.summary = match (found.len(), rule.summary.is_empty()) {
            (_, false) => filled(alert, rule, &rule.summary),
            (1, true) => clean(&worst.title),
            (more, true) => clean(&format!("{} (and {} more)", worst.title, more - 1)),
        };
        if rule.advice.is_empty() {
            alert.advice = clean(&worst.advice);
        }
    }
    let lines = found.iter().flat_map(|found| {
        let title = (found.title != alert.summary).then_some(&found.title);
        title.into_iter().chain(&found.evidence)
    });
    alert.evidence = lines.take(MOST_EVIDENCE).map(|line| clean(line)).collect();
}

/// Written into the text that was there: values change at each look.
fn tell_summary(alert: &mut Alert, rule: &Rule, side: Side) {
    if !rule.summary.is_empty() {
        alert.summary = filled(alert, rule, &rule.summary);
        return;
    }
    let mut line = std::mem::take(&mut alert.summary);
    line.clear();
    line.push_str(named(rule));
    line.push(' ');
    push_object(&mut line, alert, rule);
    line.push_str(": ");
    line.push_str(alert.shown.as_deref().unwrap_or("unknown"));
    if let Some(limit) = alert.threshold {
        line.push_str(", ");
        line.push_str(side.words());
        line.push(' ');
        line.push_str(&rule.unit.show(limit));
    }
    alert.summary = line;
}

/// What is measured.
fn named(rule: &Rule) -> &str {
    match (&rule.source, rule.what.is_empty()) {
        (_, false) => &rule.what,
        (Source::Figure { figure, .. }, true) => figure.metric.name,
        (Source::Finding(kind), true) => kind.name(),
    }
}

/// What it is about, after what is measured: `of memory (Claude Code)`, `on /home`, `on this machine`.
fn push_object(line: &mut String, alert: &Alert, rule: &Rule) {
    line.push_str(match rule.scope {
        Scope::Machine | Scope::Container => "on ",
        _ => "of ",
    });
    push_object_itself(line, alert, rule);
}

/// What it is about: `memory (Claude Code)`, `/home`, `this machine`.
fn push_object_itself(line: &mut String, alert: &Alert, rule: &Rule) {
    let start = line.len();
    let mut is_server = false;
    for name in rule.object_labels() {
        let Some(value) = alert.labels.get(name) else {
            continue;
        };
        if name == "owner" && is_server {
            line.push_str(" (");
            line.push_str(value);
            line.push(')');
            continue;
        }
        if line.len() > start {
            line.push_str(", ");
        }
        line.push_str(value);
        is_server = name == "server";
    }
    if line.len() == start {
        line.push_str("this machine");
    }
}

/// Since when, and what the rule wants.
fn evidence(
    alert: &Alert,
    rule: &Rule,
    side: Side,
    levels: &[Option<Threshold>; 4],
) -> Vec<String> {
    let how = if side.is_upward() {
        "too high"
    } else {
        "too low"
    };
    let mut lines = vec![format!("{}: {how} since {}", named(rule), since(alert))];
    for (level, threshold) in SEVERITIES.iter().zip(levels) {
        let Some(threshold) = threshold else {
            continue;
        };
        let limit = rule.unit.show(threshold.value);
        let mut line = format!("{} when {} {limit}", level.name(), side.words());
        if !threshold.hold.is_zero() {
            line.push_str(" for ");
            line.push_str(&span(threshold.hold));
        }
        lines.push(line);
    }
    lines
}

/// When the condition began to hold.
fn since(alert: &Alert) -> Timestamp {
    let rounded = alert.active_at.round(jiff::Unit::Second);
    rounded.unwrap_or(alert.active_at)
}

/// A time of a rule: `15 s`, `5 min`, `1 h`.
fn span(time: Duration) -> String {
    match time.as_secs() {
        0 => format!("{} ms", time.as_millis()),
        seconds if seconds % 3600 == 0 => format!("{} h", seconds / 3600),
        seconds if seconds % 60 == 0 => format!("{} min", seconds / 60),
        seconds if seconds < 60 => format!("{seconds} s"),
        _ => model::units::seconds(time.as_secs_f64()),
    }
}

/// A line with `{value}`, `{threshold}`, `{object}`, `{server}` and other labels filled in.
fn filled(alert: &Alert, rule: &Rule, template: &str) -> String {
    let mut out = String::with_capacity(template.len());
    let mut rest = template;
    while let Some(start) = rest.find('{') {
        let Some(length) = rest[start..].find('}') else {
            break;
        };
        out.push_str(&rest[..start]);
        match &rest[start + 1..start + length] {
            "value" => out.push_str(alert.shown.as_deref().unwrap_or("unknown")),
            "threshold" => out.extend(alert.threshold.map(|value| rule.unit.show(value))),
            "object" => push_object_itself(&mut out, alert, rule),
            name => out.push_str(alert.labels.get(name).map_or("", String::as_str)),
        }
        rest = &rest[start + length + 1..];
    }
    out.push_str(rest);
    clean(&out)
}

/// One line of at most [`MOST_CHARS`] characters, without those that steer terminals or turn the
/// direction of writing.
fn clean(text: &str) -> String {
    let is_break = |c| matches!(c, '\n' | '\t' | '\u{2028}' | '\u{2029}');
    let is_steering = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let shown = text.trim().chars();
    let shown = shown.map(|c| if is_break(c) { ' ' } else { c });
    let mut shown = shown.filter(|c| !is_steering(*c));
    let mut line: String = shown.by_ref().take(MOST_CHARS).collect();
    if shown.next().is_some() {
        line.pop();
        line.push('…');
    }
    line
}

/// 16 hexadecimal digits of all parts.
pub(crate) fn hash<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    let digest = hasher.finalize();
    let first = digest.iter().take(8);
    let number = first.fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    format!("{number:016x}")
}
