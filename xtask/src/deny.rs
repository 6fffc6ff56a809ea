//! Licences, banned crates and sources of all dependencies, by cargo-deny.
//!
//! Advisories need a database from the network and change without our doing, so they are not part of
//! this check.

use anyhow::Result;

use crate::command::{cargo, run as run_command};
use crate::step::Outcome;
use crate::testbed;

/// Installs cargo-deny if need be and runs it.
pub(crate) fn run() -> Result<Outcome> {
    let folder = match testbed::tools()? {
        Ok(folder) => folder,
        Err(reason) => return Ok(Outcome::Skipped(reason)),
    };
    let mut command = cargo();
    let program = folder.join("bin").join("cargo-deny");
    let mut deny = std::process::Command::new(program);
    deny.current_dir(crate::repository::root());
    deny.args([
        "--workspace",
        "--offline",
        "check",
        "bans",
        "licenses",
        "sources",
    ]);
    // The metadata of all dependencies must be there before it may work offline.
    run_command(command.args(["fetch", "--locked"]))?;
    run_command(&mut deny)?;
    Ok(Outcome::Done)
}
