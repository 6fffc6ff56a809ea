//! Runs a test alone in a pid namespace of its own, where it may force pids to be reused and where
//! the kernel kills all that is left when the test ends.
//!
//! A namespace begins with a new process, so [`alone`] starts the test binary again for just this
//! test, under `unshare`, and the inner run carries out the body.

use std::ffi::OsStr;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::real::Skipped;

const INSIDE: &str = "MCPVISOR_TESTBED_INSIDE_NAMESPACE";

/// A command that runs `program` as a child of pid 1 in a new user and pid namespace with its own
/// `/proc`; the caller adds its arguments. Needs no privileges, but a kernel that allows it.
#[must_use]
pub fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new("unshare");
    command
        .args([
            "--user",
            "--map-root-user",
            "--pid",
            "--fork",
            "--kill-child",
        ])
        .args(["--mount-proc", "--"])
        .arg(program);
    command
}

/// Whether this machine lets us make namespaces.
pub fn available() -> Result<(), Skipped> {
    let output = command("true")
        .stdin(Stdio::null())
        .output()
        .map_err(|error| Skipped::because(format!("cannot run unshare: {error}")))?;
    if output.status.success() {
        return Ok(());
    }
    let reason = String::from_utf8_lossy(&output.stderr);
    Err(Skipped::because(format!(
        "no pid namespaces here: {}",
        reason.trim()
    )))
}

/// Carries out `body` alone in a pid namespace. `test` is the test's full name within its binary,
/// such as `clean::reused_pid`.
pub fn alone(test: &str, body: impl FnOnce() -> Result<()>) -> Result<()> {
    if std::env::var_os(INSIDE).is_some() {
        return body();
    }
    let binary = std::env::current_exe().context("cannot tell where the test binary is")?;
    let output = command(binary)
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env(INSIDE, "1")
        .stdin(Stdio::null())
        .output()
        .context("cannot run unshare")?;
    let said = String::from_utf8_lossy(&output.stdout);
    if output.status.success() && said.contains("1 passed") {
        return Ok(());
    }
    bail!(
        "inside the namespace, {test} ended with {}:\n{said}{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    )
}
