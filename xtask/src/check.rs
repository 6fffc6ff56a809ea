//! `cargo xtask check`: what can be said without running the tests.

use anyhow::Result;

use crate::command::{cargo, run as run_command};
use crate::step::{Outcome, Steps};
use crate::{dashboard, deny, schemas, tidy};

/// The cheap steps come first, so that the common mistakes show within a second.
pub(crate) fn run(steps: &mut Steps) {
    steps.run("format", || run_cargo(&["fmt", "--all", "--check"]));
    steps.run("tidy", tidy::run);
    steps.run("types and parts of the dashboard", dashboard::check);
    steps.run("clippy", || {
        let what = [
            "clippy",
            "--workspace",
            "--all-targets",
            "--",
            "-D",
            "warnings",
        ];
        run_cargo(&what)
    });
    steps.run("documentation", || {
        let mut command = cargo();
        command.args(["doc", "--workspace", "--no-deps"]);
        command.env("RUSTDOCFLAGS", "-D warnings");
        run_command(&mut command)?;
        Ok(Outcome::Done)
    });
    steps.run("schemas", schemas::compare);
    steps.run("licences and bans", deny::run);
}

fn run_cargo(arguments: &[&str]) -> Result<Outcome> {
    run_command(cargo().args(arguments))?;
    Ok(Outcome::Done)
}
