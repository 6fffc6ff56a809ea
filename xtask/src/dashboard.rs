//! The types of the dashboard's sources, by the TypeScript compiler, since bundling takes no notice of types;
//! and tests of those parts that need no browser.

use std::process::Command;

use anyhow::Result;

use crate::command::{exists, run as run_command};
use crate::repository;
use crate::step::Outcome;

/// Installs the compiler if need be, and runs it and the tests.
pub(crate) fn check() -> Result<Outcome> {
    if !exists("npm") {
        return Ok(Outcome::Skipped("npm is not installed".to_owned()));
    }
    let sources = repository::root().join("crates/mcpvisor/web");
    if !sources.join("node_modules/.bin/tsc").exists() {
        run_command(
            Command::new("npm")
                .args(["ci", "--no-audit", "--no-fund", "--ignore-scripts"])
                .current_dir(&sources),
        )?;
    }
    for script in ["check", "test"] {
        run_command(
            Command::new("npm")
                .args(["run", "--silent", script])
                .current_dir(&sources),
        )?;
    }
    Ok(Outcome::Done)
}
