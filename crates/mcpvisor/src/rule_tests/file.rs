//! A file of tests: from YAML to scenarios.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use alerting::Rule;
use alerting::engine::Found;
use alerting::rehearsal::{
    Expectation, Expected, Finding, MOST_LOOKS, Scenario, Written, notation, series,
};
use model::{FindingKind, Severity};

use super::FileError;
use super::fields::{Fields, Wrong};
use super::recorded;
use super::tree::{self, Node};
use crate::config::alerts::rules_of;
use crate::config::nearest;

/// Longest file, bytes.
const CAP: u64 = 4 << 20;
/// Time between two looks if it is not said: that of a daemon without configuration.
const INTERVAL: Duration = Duration::from_secs(5);
const SEVERITIES: [Severity; 4] = [
    Severity::Info,
    Severity::Warning,
    Severity::Error,
    Severity::Critical,
];

/// A file.
#[derive(Debug)]
pub(super) struct TestFile {
    pub(super) rules: Vec<Rule>,
    pub(super) cases: Vec<Case>,
}

/// One test of it.
#[derive(Debug)]
pub(super) struct Case {
    pub(super) name: String,
    pub(super) line: usize,
    pub(super) scenario: Scenario,
    /// Lines of the expectations.
    pub(super) lines: Vec<usize>,
}

impl TestFile {
    /// Reads a file, or tells everything that is wrong with it.
    pub(super) fn open(path: &Path, in_force: &[Rule]) -> Result<Self, Vec<FileError>> {
        let shown = path.display().to_string();
        let unreadable = |message: String| {
            vec![FileError {
                file: shown.clone(),
                line: None,
                key: String::new(),
                message,
            }]
        };
        let text = read(path).map_err(unreadable)?;
        let mut wrong = Wrong::default();
        let folder = path.parent().unwrap_or(Path::new(""));
        let file = parsed(&text, folder, in_force, &mut wrong);
        match file.filter(|_| wrong.errors.is_empty()) {
            Some(file) => Ok(file),
            None => Err(wrong.of(&shown)),
        }
    }
}

fn read(path: &Path) -> Result<String, String> {
    let length = std::fs::metadata(path).map_err(|error| format!("it cannot be read: {error}"))?;
    if !length.is_file() || length.len() > CAP {
        return Err("this is no regular file of at most 4 MiB".to_owned());
    }
    std::fs::read_to_string(path).map_err(|error| format!("it cannot be read: {error}"))
}

fn parsed(text: &str, folder: &Path, in_force: &[Rule], wrong: &mut Wrong) -> Option<TestFile> {
    let tree = match tree::parsed(text) {
        Ok(tree) => tree,
        Err(bad) => {
            wrong.tell(bad.line.unwrap_or(1), "", bad.message);
            return None;
        }
    };
    let mut fields = Fields::of(&tree, String::new(), wrong);
    let rules = rules(&mut fields, folder, wrong).unwrap_or_else(|| in_force.to_vec());
    let interval = interval(&mut fields, "evaluation_interval", wrong).unwrap_or(INTERVAL);
    let around = Around {
        rules: &rules,
        folder,
        interval,
    };
    let tests = fields.list("tests", wrong);
    let cases = tests.iter().enumerate();
    let cases: Vec<Case> = cases
        .map(|(at, node)| around.case(at, node, wrong))
        .collect();
    let is_empty = tests.is_empty();
    fields.finish(wrong);
    if is_empty && wrong.errors.is_empty() {
        wrong.tell(tree.line, "tests", "there are no tests in this file");
    }
    Some(TestFile { rules, cases })
}

/// Rules of the file that is named, if one is.
fn rules(fields: &mut Fields<'_>, folder: &Path, wrong: &mut Wrong) -> Option<Vec<Rule>> {
    let (name, line) = fields.text("rule_file", wrong)?;
    let key = fields.key("rule_file");
    let text = match read(&folder.join(name)) {
        Ok(text) => text,
        Err(why) => {
            wrong.tell(line, &key, format!("`{}`: {why}", model::text::safe(name)));
            return None;
        }
    };
    rules_of(&text)
        .inspect_err(|problems| {
            let name = model::text::safe(name);
            wrong.tell(line, &key, format!("`{name}` {problems}"));
        })
        .ok()
}

/// A duration that is not zero.
fn interval(fields: &mut Fields<'_>, key: &'static str, wrong: &mut Wrong) -> Option<Duration> {
    let line = fields.get(key)?.line;
    let interval = fields.span(key, wrong)?;
    if interval < Duration::from_millis(1) {
        wrong.tell(line, &fields.key(key), "an interval is at least `1ms`");
        return None;
    }
    Some(interval)
}

/// What all tests of a file share.
struct Around<'a> {
    rules: &'a [Rule],
    folder: &'a Path,
    /// Time between two looks.
    interval: Duration,
}

impl Around<'_> {
    fn case(&self, at: usize, node: &Node, wrong: &mut Wrong) -> Case {
        let path = format!("tests[{at}]");
        let mut fields = Fields::of(node, path, wrong);
        let name = fields.text("name", wrong).map(|(name, _)| name.to_owned());
        let interval = interval(&mut fields, "interval", wrong).unwrap_or(self.interval);
        let written = each(&mut fields, "input_series", wrong, |fields, line, wrong| {
            written(fields, line, interval, wrong)
        });
        let findings = each(&mut fields, "findings", wrong, finding);
        let recorded = fields.text("input_file", wrong).and_then(|(name, line)| {
            let read = recorded::read(&self.folder.join(name));
            read.map_err(|why| wrong.tell(line, &fields.key("input_file"), why))
                .ok()
        });
        let expectations = each(
            &mut fields,
            "alert_rule_test",
            wrong,
            |fields, line, wrong| Some((self.expectation(fields, line, wrong)?, line)),
        );
        if fields.get("alert_rule_test").is_none() {
            wrong.tell(
                node.line,
                &fields.key("alert_rule_test"),
                "this is missing: what should fire, and when?",
            );
        }
        fields.finish(wrong);
        let (expectations, lines) = expectations.into_iter().unzip();
        Case {
            name: name.unwrap_or_else(|| format!("test {}", at + 1)),
            line: node.line,
            lines,
            scenario: Scenario {
                interval: self.interval,
                written,
                recorded: recorded.unwrap_or_default(),
                findings,
                expectations,
            },
        }
    }

    fn expectation(
        &self,
        fields: &mut Fields<'_>,
        line: usize,
        wrong: &mut Wrong,
    ) -> Option<Expectation> {
        let at = fields
            .needed("eval_time", line, wrong)
            .and_then(|_| fields.span("eval_time", wrong));
        let name = fields.needed("alertname", line, wrong);
        if let Some((name, line)) = name
            && !self.rules.iter().any(|rule| rule.name == name)
        {
            let names = self.rules.iter().map(|rule| rule.name.as_str());
            let right = nearest(name, names).map_or_else(
                || "`mcpvisor rules list` names them".to_owned(),
                |right| format!("did you mean `{right}`?"),
            );
            let name = model::text::safe(name);
            wrong.tell(
                line,
                &fields.key("alertname"),
                format!("there is no rule `{name}`; {right}"),
            );
        }
        if let Some(at) = at
            && at.as_nanos() / self.interval.as_nanos().max(1) >= MOST_LOOKS as u128
        {
            let message =
                format!("that is more than {MOST_LOOKS} looks; raise `evaluation_interval`");
            wrong.tell(line, &fields.key("eval_time"), message);
        }
        let alerts = each(fields, "exp_alerts", wrong, |fields, _, wrong| {
            let mut labels = fields.map("exp_labels", wrong);
            // promtool adds it too.
            labels.remove("alertname");
            Some(Expected {
                labels,
                annotations: fields.map("exp_annotations", wrong),
            })
        });
        Some(Expectation {
            at: at?,
            rule: name?.0.to_owned(),
            alerts,
        })
    }
}

/// Reads the entries of a list.
fn each<T>(
    fields: &mut Fields<'_>,
    key: &'static str,
    wrong: &mut Wrong,
    mut read: impl FnMut(&mut Fields<'_>, usize, &mut Wrong) -> Option<T>,
) -> Vec<T> {
    let mut all = Vec::new();
    for (at, node) in fields.list(key, wrong).iter().enumerate() {
        let path = format!("{}[{at}]", fields.key(key));
        let mut inner = Fields::of(node, path, wrong);
        all.extend(read(&mut inner, node.line, wrong));
        inner.finish(wrong);
    }
    all
}

fn written(
    fields: &mut Fields<'_>,
    line: usize,
    interval: Duration,
    wrong: &mut Wrong,
) -> Option<Written> {
    let series = fields
        .needed("series", line, wrong)
        .and_then(|(text, line)| {
            let parsed = series::parsed(text);
            parsed
                .map_err(|error| wrong.tell(line, &fields.key("series"), error.to_string()))
                .ok()
        });
    let steps = fields
        .needed("values", line, wrong)
        .and_then(|(text, line)| {
            let steps = notation::steps(text);
            steps
                .map_err(|error| wrong.tell(line, &fields.key("values"), error.to_string()))
                .ok()
        });
    let ((metric, labels), steps) = series.zip(steps)?;
    Some(Written {
        metric,
        labels,
        interval,
        steps,
    })
}

fn finding(fields: &mut Fields<'_>, line: usize, wrong: &mut Wrong) -> Option<Finding> {
    let kind = fields.needed("kind", line, wrong).and_then(|(name, line)| {
        let all = FindingKind::ALL;
        let kind = all.into_iter().find(|kind| kind.name() == name);
        if kind.is_none() {
            tell_other(
                fields,
                "kind",
                name,
                line,
                &all.map(FindingKind::name),
                wrong,
            );
        }
        kind
    });
    let severity = fields.text("severity", wrong).and_then(|(name, line)| {
        let severity = SEVERITIES
            .into_iter()
            .find(|severity| severity.name() == name);
        if severity.is_none() {
            tell_other(
                fields,
                "severity",
                name,
                line,
                &SEVERITIES.map(Severity::name),
                wrong,
            );
        }
        severity
    });
    let server = fields.text("server", wrong).map(|(name, _)| name);
    let owner = fields.text("owner", wrong).map(|(name, _)| name);
    let title = fields
        .text("title", wrong)
        .map(|(title, _)| title.to_owned());
    let from = fields.span("from", wrong).unwrap_or_default();
    let to = fields.span("to", wrong);
    let kind = kind?;
    let usual = || match (server, owner) {
        (Some(server), Some(owner)) => format!("{}: {server} ({owner})", kind.name()),
        _ => kind.name().to_owned(),
    };
    Some(Finding {
        found: Found {
            kind,
            severity: severity.unwrap_or(Severity::Warning),
            server: server.map(|server| (Arc::from(server), Arc::from(owner.unwrap_or_default()))),
            title: title.unwrap_or_else(usual),
            evidence: Vec::new(),
            advice: String::new(),
        },
        from,
        to,
    })
}

fn tell_other(
    fields: &Fields<'_>,
    key: &str,
    name: &str,
    line: usize,
    known: &[&str],
    wrong: &mut Wrong,
) {
    let right = nearest(name, known.iter().copied()).map_or_else(
        || format!("it is one of {}", known.join(", ")),
        |right| format!("did you mean `{right}`?"),
    );
    let message = format!("there is no `{}`; {right}", model::text::safe(name));
    wrong.tell(line, &fields.key(key), message);
}
