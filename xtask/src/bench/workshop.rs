//! What the measurement needs before it starts: release builds of ours, the compiled floor, the peers.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::measure::Plan;
use crate::command::{cargo, run};
use crate::repository;
use crate::testbed::debian;

/// Programs that are built and found.
#[derive(Debug)]
pub(crate) struct Workshop {
    /// The folder of our release builds.
    pub(crate) release: PathBuf,
    /// The compiled floor.
    pub(crate) floor: PathBuf,
    /// What the floor reads, as its flag says it.
    pub(crate) files: String,
    /// For configurations and the like.
    pub(crate) scratch: PathBuf,
}

/// A peer's program and the Debian package that brings it.
const PEERS: [(&str, &str); 3] = [
    ("/usr/lib/netdata/plugins.d/apps.plugin", "netdata-core"),
    (
        "/usr/bin/prometheus-process-exporter",
        "prometheus-process-exporter",
    ),
    ("/usr/lib/python3/dist-packages/psutil", "python3-psutil"),
];

/// What is built for which contenders (none named: for all): package and target.
const BUILDS: [(&[&str], &str, [&str; 2]); 3] = [
    (&["ps", "top", "doctor"], "mcpvisor", ["--bin", "mcpvisor"]),
    (&["pass"], "mcpvisor-linux", ["--example", "pass"]),
    (&[], "mcpvisor-testbed", ["--bins", "--quiet"]),
];

impl Workshop {
    /// Builds ours, as far as the plan needs it, and installs what peers are missing; a peer that cannot
    /// be had is only named.
    pub(crate) fn prepare(files: &str, plan: &Plan) -> Result<Self> {
        let scratch = repository::target().join("bench");
        fs::create_dir_all(&scratch)
            .with_context(|| format!("cannot make {}", scratch.display()))?;
        for (keys, package, what) in BUILDS {
            if keys.is_empty() || keys.iter().any(|key| plan.wants(key)) {
                let build = ["build", "--release", "--package", package];
                run(cargo().args(build).args(what))?;
            }
        }
        install_peers();
        Ok(Self {
            release: repository::target().join("release"),
            floor: compile_floor(&scratch)?,
            files: files.to_owned(),
            scratch,
        })
    }
}

fn install_peers() {
    let missing = PEERS
        .iter()
        .filter(|(program, _)| !Path::new(program).exists());
    let packages: Vec<&str> = missing.map(|(_, package)| *package).collect();
    if packages.is_empty() {
        return;
    }
    if let Err(error) = debian::install(&packages) {
        eprintln!("measuring without {}: {error:#}", packages.join(", "));
    }
}

fn compile_floor(scratch: &Path) -> Result<PathBuf> {
    let floor = scratch.join("floor");
    run(Command::new("cc")
        .args(["-O2", "-Wall", "-Wextra", "-o"])
        .arg(&floor)
        .arg(repository::root().join("xtask/bench/floor.c")))?;
    Ok(floor)
}
