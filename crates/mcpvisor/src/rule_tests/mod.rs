//! `rules test`: files of tests, read, played and reported.
//!
//! A file is YAML, close to that of promtool. Everything that is wrong with it is told with line and
//! key; a file that is wrong in one place is not played.

mod fields;
mod file;
mod recorded;
#[cfg(test)]
mod tests;
mod tree;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use alerting::Rule;
use alerting::rehearsal::outcome::Outcome;
use alerting::rehearsal::{Expected, play};
use schemars::JsonSchema;
use serde::Serialize;

use crate::report::Word;
use file::{Case, TestFile};

/// What `rules test --json` says.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct RuleTestsReport {
    /// `mcpvisor.rules-test.v1`.
    pub schema: Word,
    /// Tests that passed.
    pub passed: usize,
    /// Tests that failed.
    pub failed: usize,
    /// Each test.
    pub tests: Vec<TestReport>,
    /// What is wrong with the files.
    pub errors: Vec<FileError>,
}

/// One test.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct TestReport {
    /// The file.
    pub file: String,
    /// Line at which it begins.
    pub line: usize,
    /// Its name, or which of the file it is.
    pub name: String,
    /// Was everything as expected?
    pub passed: bool,
    /// Each point at which was compared.
    pub checks: Vec<CheckReport>,
}

/// One rule at one time.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct CheckReport {
    /// Line of the file.
    pub line: usize,
    /// The rule.
    pub rule: String,
    /// Time after the beginning, seconds.
    pub at_seconds: f64,
    /// Was everything as expected?
    pub passed: bool,
    /// Alerts that should have fired like this.
    pub missing: Vec<TestedAlert>,
    /// Alerts that fired and should not have, or not like this.
    pub unexpected: Vec<TestedAlert>,
}

/// An alert.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct TestedAlert {
    /// Labels without `alertname`.
    pub labels: BTreeMap<String, String>,
    /// What it says.
    pub annotations: BTreeMap<String, String>,
}

/// Something that is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FileError {
    /// The file.
    pub file: String,
    /// Line of it, from 1.
    pub line: Option<usize>,
    /// The key, such as `tests[0].interval`; empty if it is about none.
    pub key: String,
    /// What is wrong and what to do.
    pub message: String,
}

/// Reads and plays files. `rules` are those in force, for files that name no others.
pub fn run(files: &[PathBuf], rules: &[Rule]) -> RuleTestsReport {
    let mut report = RuleTestsReport {
        schema: "mcpvisor.rules-test.v1".into(),
        passed: 0,
        failed: 0,
        tests: Vec::new(),
        errors: Vec::new(),
    };
    for path in files {
        match TestFile::open(path, rules) {
            Ok(file) => {
                let tests = file
                    .cases
                    .iter()
                    .map(|case| tested(path, &file.rules, case));
                report.tests.extend(tests);
            }
            Err(errors) => report.errors.extend(errors),
        }
    }
    report.passed = report.tests.iter().filter(|test| test.passed).count();
    report.failed = report.tests.len() - report.passed;
    report
}

fn tested(path: &Path, rules: &[Rule], case: &Case) -> TestReport {
    let outcomes = play(rules, &case.scenario);
    let expectations = case.scenario.expectations.iter();
    let checks =
        expectations
            .zip(&case.lines)
            .zip(outcomes)
            .map(|((expectation, line), outcome)| CheckReport {
                line: *line,
                rule: expectation.rule.clone(),
                at_seconds: expectation.at.as_secs_f64(),
                passed: outcome.is_as_expected(),
                ..compared(outcome)
            });
    let checks: Vec<CheckReport> = checks.collect();
    TestReport {
        file: path.display().to_string(),
        line: case.line,
        name: case.name.clone(),
        passed: checks.iter().all(|check| check.passed),
        checks,
    }
}

/// The alerts that differ. Of those that fire only what was asked about and the summary is told.
fn compared(outcome: Outcome) -> CheckReport {
    let told = |alert: Expected| TestedAlert {
        labels: alert.labels,
        annotations: alert.annotations,
    };
    let asked: Vec<String> = outcome
        .missing
        .iter()
        .flat_map(|alert| alert.annotations.keys().cloned())
        .collect();
    let fires = |mut alert: Expected| {
        alert
            .annotations
            .retain(|name, _| name == "summary" || asked.contains(name));
        told(alert)
    };
    CheckReport {
        line: 0,
        rule: String::new(),
        at_seconds: 0.0,
        passed: false,
        unexpected: outcome.unexpected.into_iter().map(fires).collect(),
        missing: outcome.missing.into_iter().map(told).collect(),
    }
}
