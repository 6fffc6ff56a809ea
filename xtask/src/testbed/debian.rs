//! Debian packages, where we are root on a system that has them.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::command::{exists, run};

/// Asked by Debian's packages before they start a service of theirs.
const SERVICE_POLICY: &str = "/usr/sbin/policy-rc.d";

/// tmux gives the terminal tests a real terminal.
pub(crate) fn install_tmux() -> Result<()> {
    if exists("tmux") {
        return Ok(());
    }
    install(&["tmux"])
}

/// Prometheus scrapes a running daemon, and promtool checks what it exposes.
pub(crate) fn install_prometheus() -> Result<()> {
    if exists("prometheus") && exists("promtool") {
        return Ok(());
    }
    install(&["prometheus"])
}

/// Alertmanager takes alerts and hands them on.
pub(crate) fn install_alertmanager() -> Result<()> {
    if exists("prometheus-alertmanager") {
        return Ok(());
    }
    install(&["prometheus-alertmanager"])
}

/// A browser to look at the dashboard with. Fonts are recommended only, and without one there is no text.
pub(crate) fn install_chromium() -> Result<()> {
    if exists("chromium") {
        return Ok(());
    }
    install(&["chromium", "fonts-dejavu-core"])
}

/// A container engine for tests to start, and a static busybox to make an image of.
pub(crate) fn install_docker() -> Result<()> {
    if exists("dockerd") && exists("docker") && Path::new("/bin/busybox").exists() {
        return Ok(());
    }
    install(&["docker.io", "busybox-static"])
}

/// Installs packages without their recommendations, and without starting what they bring: a service in
/// the background would change what is tested and measured.
pub(crate) fn install(packages: &[&str]) -> Result<()> {
    let names = packages.join(" ");
    ensure!(
        exists("apt-get"),
        "{names}: missing, and this is no Debian to install it on"
    );
    ensure!(
        is_root(),
        "{names}: missing; `apt-get install {names}` as root brings it"
    );
    let _policy = NoServices::set()?;
    run(apt_get().args(["update", "--quiet=2"]))?;
    run(apt_get()
        .args(["install", "--quiet=2", "--yes", "--no-install-recommends"])
        .args(packages))
}

fn apt_get() -> Command {
    let mut command = Command::new("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive");
    command
}

/// Whether we are root: our own entry in /proc belongs to us.
fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|entry| entry.uid() == 0)
}

/// While it lives no package starts a service. A policy that the administrator has set stays as it is.
struct NoServices {
    ours: bool,
}

impl NoServices {
    fn set() -> Result<Self> {
        let policy = Path::new(SERVICE_POLICY);
        if policy.exists() {
            return Ok(Self { ours: false });
        }
        // 101: forbidden by local policy.
        fs::write(policy, "#!/bin/sh\nexit 101\n")
            .and_then(|()| fs::set_permissions(policy, fs::Permissions::from_mode(0o755)))
            .with_context(|| format!("cannot write {SERVICE_POLICY}"))?;
        Ok(Self { ours: true })
    }
}

impl Drop for NoServices {
    fn drop(&mut self) {
        if self.ours
            && let Err(error) = fs::remove_file(SERVICE_POLICY)
        {
            eprintln!("cannot remove {SERVICE_POLICY}: {error}");
        }
    }
}
