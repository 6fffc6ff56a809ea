//! The programs that make and run a guest.

use std::fs;

use anyhow::{Context, Result, ensure};

use crate::command::exists;
use crate::testbed::debian;

/// Programs, and the Debian packages that bring them.
const TOOLS: [(&str, &str); 3] = [
    ("qemu-system-x86_64", "qemu-system-x86"),
    ("mmdebstrap", "mmdebstrap"),
    ("bsdtar", "libarchive-tools"),
];

/// Installs what is missing.
pub(crate) fn install() -> Result<()> {
    ensure!(
        cfg!(target_arch = "x86_64"),
        "the guest is a machine with an x86-64 processor, and our program is built for another"
    );
    codename()?;
    let missing = TOOLS.iter().filter(|(program, _)| !exists(program));
    let packages: Vec<&str> = missing.map(|(_, package)| *package).collect();
    if packages.is_empty() {
        return Ok(());
    }
    debian::install(&packages)
}

/// The name of this Debian's release: the guest is of the same, so that our program finds its C library
/// there.
pub(crate) fn codename() -> Result<String> {
    let text = fs::read_to_string("/etc/os-release").context("cannot tell what system this is")?;
    let value = |key: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(key))?;
        Some(line.trim_matches('"').to_owned())
    };
    ensure!(
        value("ID=").as_deref() == Some("debian"),
        "this is no Debian, of which the guest is made"
    );
    value("VERSION_CODENAME=").context("this Debian's release has no name")
}
