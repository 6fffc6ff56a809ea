//! What the measurement needs before it starts: release builds of ours, the compiled floor, the peers.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use super::measure::Plan;
use crate::bench::workshop::{self, Peer};
use crate::command::run;
use crate::repository;

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

const PEERS: [Peer; 3] = [
    Peer {
        program: "/usr/lib/netdata/plugins.d/apps.plugin",
        package: "netdata-core",
    },
    Peer {
        program: "/usr/bin/prometheus-process-exporter",
        package: "prometheus-process-exporter",
    },
    Peer {
        program: "/usr/lib/python3/dist-packages/psutil",
        package: "python3-psutil",
    },
];

/// What is built for which contenders (none named: for all): package and target.
const BUILDS: [(&[&str], &str, &[&str]); 3] = [
    (&["ps", "top", "doctor"], "mcpvisor", &["--bin", "mcpvisor"]),
    (&["pass"], "mcpvisor-linux", &["--example", "pass"]),
    (&[], "mcpvisor-testbed", &["--bins", "--quiet"]),
];

impl Workshop {
    /// Builds ours, as far as the plan needs it, and installs what peers are missing; a peer that cannot
    /// be had is only named.
    pub(crate) fn prepare(files: &str, plan: &Plan) -> Result<Self> {
        let scratch = workshop::scratch()?;
        for (keys, package, what) in BUILDS {
            if keys.is_empty() || keys.iter().any(|key| plan.wants(key)) {
                workshop::build(package, what)?;
            }
        }
        workshop::install(&PEERS);
        Ok(Self {
            release: workshop::release(),
            floor: compile_floor(&scratch)?,
            files: files.to_owned(),
            scratch,
        })
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
