//! `cargo xtask test`: installs what the tests need, checks, and runs every test.
//!
//! The documentation's examples run before the tests proper, so that the last summary on the screen is
//! that of the real tests.

use crate::command::{cargo, run as run_command};
use crate::step::{Outcome, Steps};
use crate::{check, testbed, vm};

/// Carries out all steps.
pub(crate) fn run(steps: &mut Steps) {
    let parts = testbed::prepare(steps);
    check::run(steps);
    // After `check`, which builds the same program.
    vm::run(steps);
    steps.run("documentation examples", || {
        run_command(cargo().args(["test", "--workspace", "--doc"]))?;
        Ok(Outcome::Done)
    });
    steps.run("tests", || {
        let mut command = cargo();
        if has_nextest() {
            command.args(["nextest", "run", "--no-fail-fast"]);
        } else {
            eprintln!("cargo-nextest is not installed: `cargo test` does it, one binary at a time");
            command.args(["test", "--no-fail-fast"]);
        }
        command.args(["--workspace", "--all-targets"]);
        command.envs(testbed::variables(&parts));
        run_command(&mut command)?;
        Ok(Outcome::Done)
    });
}

fn has_nextest() -> bool {
    cargo()
        .args(["nextest", "--version"])
        .output()
        .is_ok_and(|output| output.status.success())
}
