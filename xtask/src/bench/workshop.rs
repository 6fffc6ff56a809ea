//! What all measurements need before they start: release builds of ours, and the peers' packages.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::command::{cargo, run};
use crate::repository;
use crate::testbed::debian;

/// A peer's program and the Debian package that brings it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer {
    pub(crate) program: &'static str,
    pub(crate) package: &'static str,
}

impl Peer {
    /// Whether it is here; the error is why it cannot be measured.
    pub(crate) fn must_be_here(self) -> Result<()> {
        if Path::new(self.program).exists() {
            return Ok(());
        }
        bail!(
            "{} is not installed; Debian's package {} brings it",
            self.program,
            self.package
        )
    }
}

/// The folder of our release builds.
pub(crate) fn release() -> PathBuf {
    repository::target().join("release")
}

/// A folder for configurations and the like.
pub(crate) fn scratch() -> Result<PathBuf> {
    let folder = repository::target().join("bench");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    Ok(folder)
}

/// An empty folder within it.
pub(crate) fn empty(name: &str) -> Result<PathBuf> {
    let folder = scratch()?.join(name);
    if folder.exists() {
        fs::remove_dir_all(&folder)
            .with_context(|| format!("cannot empty {}", folder.display()))?;
    }
    fs::create_dir(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    Ok(folder)
}

/// How our programs come to be measured.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct Builds {
    /// Measure the release builds that are there already.
    #[arg(long)]
    no_build: bool,
}

impl Builds {
    /// Builds targets of packages of ours as they are shipped, unless that is not wanted.
    pub(crate) fn build(self, targets: &[(&str, &[&str])]) -> Result<()> {
        if self.no_build {
            return Ok(());
        }
        targets
            .iter()
            .try_for_each(|(package, target)| build(package, target))
    }
}

/// Builds a target of a package of ours as it is shipped.
pub(crate) fn build(package: &str, target: &[&str]) -> Result<()> {
    let build = ["build", "--release", "--package", package];
    run(cargo().args(build).args(target))
}

/// Installs what is missing; what cannot be had is only named.
pub(crate) fn install(peers: &[Peer]) {
    let missing = peers.iter().filter(|peer| peer.must_be_here().is_err());
    let packages: Vec<&str> = missing.map(|peer| peer.package).collect();
    if packages.is_empty() {
        return;
    }
    if let Err(error) = debian::install(&packages) {
        eprintln!("measuring without {}: {error:#}", packages.join(", "));
    }
}
