//! Hubs, bridges and reference servers from npm, exactly as the committed lock file says.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::stamp::Stamp;
use crate::command::{exists, run};
use crate::repository;

const FILES: [&str; 3] = ["package.json", "package-lock.json", ".npmrc"];

/// The servers, into `npm`.
pub(crate) fn install() -> Result<()> {
    install_into("npm")
}

/// What drives a browser through the dashboard and judges it, into `browser`.
pub(crate) fn install_browser() -> Result<()> {
    install_into("browser")
}

/// Another program that keeps servers, which `bench contain` is measured beside, into `pm2`.
pub(crate) fn install_pm2() -> Result<()> {
    install_into("pm2")
}

fn install_into(name: &str) -> Result<()> {
    let source = repository::root().join("crates/testbed/real").join(name);
    let folder = repository::testbed().join(name);
    let stamp = Stamp::new(&folder, &FILES.map(|name| source.join(name)))?;
    if stamp.agrees() {
        return Ok(());
    }
    ensure!(exists("npm"), "npm is not installed");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    stamp.clear()?;
    for name in FILES {
        fs::copy(source.join(name), folder.join(name))
            .with_context(|| format!("cannot copy {name} to {}", folder.display()))?;
    }
    run(Command::new("npm")
        .args(["ci", "--prefer-offline", "--loglevel=error"])
        .current_dir(&folder))?;
    stamp.set()
}
