//! `cargo xtask screenshots`: pictures of each view of the dashboard for the documentation, made by a test of
//! the dashboard with real servers.
//!
//! The test runs in namespaces of its own, where no other process of the machine is to be seen, and where the
//! servers stand below `/srv`: so nothing of the machine that makes the pictures is in them.

use std::process::Command;

use anyhow::{Context, Result};

use crate::command::{cargo, run as run_command};
use crate::repository;
use crate::testbed::{debian, npm};

/// The name of the test.
const TEST: &str = "dashboard::pictures::pictures_of_every_view";

/// Takes all pictures.
pub(crate) fn take() -> Result<()> {
    debian::install_chromium()?;
    npm::install()?;
    npm::install_browser()?;
    // What makes a day of history; and everything else, so that nothing is built among the namespaces.
    run_command(cargo().args(["build", "--package", "xtask", "--example", "fill_history"]))?;
    run_command(cargo().args(["test", "--package", "mcpvisor", "--test", "it", "--no-run"]))?;
    let images = repository::root().join("docs/images");
    std::fs::create_dir_all(&images)
        .with_context(|| format!("cannot make {}", images.display()))?;
    run_command(
        Command::new("unshare")
            .args(["--user", "--map-root-user", "--pid", "--fork", "--kill-child"])
            .args(["--mount-proc", "--", "sh", "-c"])
            .arg("mount --bind \"$0\" /srv && exec cargo test --package mcpvisor --test it \"$1\" -- --exact --nocapture")
            .arg(repository::testbed())
            .arg(TEST)
            .current_dir(repository::root())
            .env("MCPVISOR_TESTBED", "/srv")
            .env("MCPVISOR_SCREENSHOTS", images)
            .env(
                "MCPVISOR_FILL_HISTORY",
                repository::target().join("debug/examples/fill_history"),
            ),
    )
}
