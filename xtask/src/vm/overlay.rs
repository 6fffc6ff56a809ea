//! What is put on top of the guest for one run: our program as it is built for tests, the scripts, and a
//! unit that starts them.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::cpio::Archive;
use super::image::Image;
use crate::command::{cargo, exists, run};
use crate::repository;

/// The scripts, as they are called in the guest's folder `/checks`.
pub(crate) const SCRIPTS: [(&str, &str); 4] = [
    ("delegated.sh", include_str!("guest/delegated.sh")),
    ("lib.sh", include_str!("guest/lib.sh")),
    ("root.sh", include_str!("guest/root.sh")),
    ("user.sh", include_str!("guest/user.sh")),
];

/// Starts the checks when everything else has been started.
const UNIT: &str = "\
[Unit]
Description=Checks
After=multi-user.target dbus.service systemd-logind.service systemd-user-sessions.service

[Service]
Type=oneshot
ExecStart=/checks/root.sh
StandardOutput=tty
StandardError=tty
TTYPath=/dev/ttyS0
TimeoutStartSec=infinity
";

const UNITS: &str = "etc/systemd/system";

/// Builds our program and writes the archive that is booted.
pub(crate) fn put_together(image: &Image, folder: &Path) -> Result<PathBuf> {
    let program = program(folder)?;
    let disk = folder.join("guest.cpio");
    let failed = || format!("cannot write {}", disk.display());
    // The kernel unpacks archives that follow each other one over the other.
    fs::copy(&image.base, &disk).with_context(failed)?;
    let file = File::options()
        .append(true)
        .open(&disk)
        .with_context(failed)?;
    write(&program, BufWriter::new(file)).with_context(failed)?;
    Ok(disk)
}

fn write(program: &[u8], to: BufWriter<File>) -> io::Result<()> {
    let mut archive = Archive::new(to);
    archive.file("usr/local/bin/mcpvisor", 0o755, program)?;
    archive.folder("checks")?;
    for (name, text) in SCRIPTS {
        archive.file(&format!("checks/{name}"), 0o755, text.as_bytes())?;
    }
    archive.file(&format!("{UNITS}/checks.service"), 0o644, UNIT.as_bytes())?;
    // Not wanted by the target that it waits for, which would wait for it.
    let timer = "[Timer]\nOnBootSec=1ms\nAccuracySec=1ms\n";
    archive.file(&format!("{UNITS}/checks.timer"), 0o644, timer.as_bytes())?;
    let wants = "[Unit]\nWants=checks.timer\n";
    let drop_in = format!("{UNITS}/multi-user.target.d");
    archive.folder(&drop_in)?;
    archive.file(&format!("{drop_in}/checks.conf"), 0o644, wants.as_bytes())?;
    archive.finish()?.flush()
}

/// Without what debuggers want: that is most of it.
fn program(folder: &Path) -> Result<Vec<u8>> {
    run(cargo().args([
        "build",
        "--quiet",
        "--package",
        "mcpvisor",
        "--bin",
        "mcpvisor",
    ]))?;
    let built = repository::target().join("debug").join("mcpvisor");
    let stripped = folder.join("mcpvisor");
    if exists("strip") {
        run(Command::new("strip").arg("-o").arg(&stripped).arg(&built))?;
    } else {
        fs::copy(&built, &stripped).context("cannot copy our program")?;
    }
    fs::read(&stripped).with_context(|| format!("cannot read {}", stripped.display()))
}
