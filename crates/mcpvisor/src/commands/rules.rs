//! `mcpvisor rules`: which rules are in force, what each says, and tests of them.

use std::path::PathBuf;

use alerting::Rule;
use schemars::JsonSchema;
use serde::Serialize;

use super::watch::failure;
use crate::api::{RuleReport, Rules};
use crate::cli::Setting;
use crate::client::Client;
use crate::config::alerts::as_toml;
use crate::config::nearest;
use crate::exit::{self, Failure};
use crate::render;
use crate::rule_tests;

/// `rules`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// List the rules in force and whether they fire.
    List {
        /// As JSON (schema/rules.v1.json).
        #[arg(long)]
        json: bool,
    },
    /// Say everything about a rule: what it judges, why, what to do, and how to change it.
    Show {
        /// Name of the rule.
        name: String,
        /// As JSON (schema/rule.v1.json).
        #[arg(long)]
        json: bool,
    },
    /// Play series that were written or recorded to rules, and compare what fires.
    Test {
        /// Files of tests; docs/guide/rules-tests.md says how they are written.
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// As JSON (schema/rules-test.v1.json).
        #[arg(long)]
        json: bool,
    },
}

/// What `rules show --json` says.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct RuleShown {
    /// The rule.
    #[serde(flatten)]
    pub rule: RuleReport,
    /// A section of a configuration that would make the same rule; `null` if only the daemon has it.
    pub toml: Option<String>,
}

/// Runs the command. Exit code of `test`: 0 all passed, 1 one failed, 65 a file is wrong.
pub fn run(setting: &Setting, arguments: &Arguments) -> anyhow::Result<u8> {
    match &arguments.command {
        Command::List { json } => list(setting, *json),
        Command::Show { name, json } => show(setting, name, *json),
        Command::Test { files, json } => test(setting, files, *json),
    }
}

/// Rules with their states if a daemon runs.
fn in_force(setting: &Setting) -> Result<Rules, Failure> {
    if let Some(client) = Client::find(&setting.state) {
        return client.get("/api/v1/rules").map_err(|error| failure(&error));
    }
    let rules = setting.config.alerts.rules.iter();
    let rules = rules.map(|rule| RuleReport {
        state: "unknown".to_owned(),
        ..RuleReport::of(rule, &[])
    });
    Ok(Rules {
        rules: rules.collect(),
    })
}

fn list(setting: &Setting, json: bool) -> anyhow::Result<u8> {
    let rules = in_force(setting)?;
    if json {
        setting.output.json(&rules, true)?;
    } else {
        setting
            .output
            .text(&render::rules::list(&rules.rules, &setting.output))?;
    }
    Ok(exit::FINE)
}

fn show(setting: &Setting, name: &str, json: bool) -> anyhow::Result<u8> {
    let known = &setting.config.alerts.rules;
    let rules = in_force(setting)?.rules;
    let rule = rules.into_iter().find(|rule| rule.name == name);
    let rule = rule.ok_or_else(|| unknown(name, known))?;
    let own = known.iter().find(|known| known.name == name);
    let shown = RuleShown {
        rule,
        toml: own.map(as_toml),
    };
    if json {
        setting.output.json(&shown, true)?;
    } else {
        let path = setting.source.path();
        setting
            .output
            .text(&render::rules::show(&shown, path, &setting.output))?;
    }
    Ok(exit::FINE)
}

/// There is no rule of this name.
pub(super) fn unknown(name: &str, rules: &[Rule]) -> Failure {
    let right = nearest(name, rules.iter().map(|rule| rule.name.as_str()));
    let right = right.map_or_else(
        || "`mcpvisor rules list` names them".to_owned(),
        |right| format!("did you mean `{right}`?"),
    );
    let name = model::text::safe(name);
    Failure::new(exit::USAGE, format!("there is no rule `{name}`; {right}"))
}

fn test(setting: &Setting, files: &[PathBuf], json: bool) -> anyhow::Result<u8> {
    let rules = &setting.config.alerts.rules;
    let report = rule_tests::run(files, rules);
    if json {
        setting.output.json(&report, true)?;
    } else {
        setting
            .output
            .text(&render::rules::tests(&report, &setting.output))?;
    }
    Ok(match (report.errors.is_empty(), report.failed) {
        (false, _) => exit::DATA,
        (true, 0) => exit::FINE,
        (true, _) => exit::WARNING,
    })
}
