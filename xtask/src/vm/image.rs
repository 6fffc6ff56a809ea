//! The guest without us: a kernel, and a small Debian with systemd as an archive that the kernel unpacks
//! into memory. Nothing of it is installed here.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use super::tools;
use crate::command::run;

/// What is in it beside what every Debian has: a manager of services for the machine and for users, the
/// bus, sessions of users.
const PACKAGES: &str = "systemd,systemd-sysv,dbus,dbus-user-session,libpam-systemd,procps";

/// A kernel for virtual machines: all that is needed is built in.
const KERNEL: &str = "linux-image-cloud-amd64";

/// Files that nobody reads there.
const LEFT_OUT: [&str; 4] = [
    "/usr/share/doc/*",
    "/usr/share/man/*",
    "/usr/share/locale/*",
    "/usr/share/i18n/*",
];

/// Units that wait for hardware, or would disturb.
const UNITS_LEFT_OUT: &str = "getty@tty1.service serial-getty@ttyS0.service systemd-pcrphase.service \
                              apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer";

/// What to boot.
#[derive(Debug)]
pub(crate) struct Image {
    pub(crate) kernel: PathBuf,
    /// A cpio archive.
    pub(crate) base: PathBuf,
}

/// Makes both, unless they are there from the same recipe.
pub(crate) fn prepare(folder: &Path) -> Result<Image> {
    let image = Image {
        kernel: folder.join("vmlinuz"),
        base: folder.join("base.cpio"),
    };
    let recipe = recipe()?;
    let note = folder.join("recipe");
    if fs::read_to_string(&note).is_ok_and(|made| made == recipe) {
        return Ok(image);
    }
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    // Until it is written again, what is there may be anything.
    fs::write(&note, "").with_context(|| format!("cannot write {}", note.display()))?;
    run(Command::new("apt-get").args(["update", "--quiet=2"]))?;
    fetch_kernel(folder, &image.kernel)?;
    make_base(folder, &image.base)?;
    fs::write(&note, recipe).with_context(|| format!("cannot write {}", note.display()))?;
    Ok(image)
}

fn recipe() -> Result<String> {
    let parts = [
        &tools::codename()?,
        PACKAGES,
        KERNEL,
        &LEFT_OUT.join(" "),
        UNITS_LEFT_OUT,
        &hooks().join("\n"),
    ];
    Ok(parts.join("\n"))
}

/// The newest of this kernel, out of its package.
fn fetch_kernel(folder: &Path, kernel: &Path) -> Result<()> {
    let package = newest_kernel()?;
    let unpacked = folder.join("kernel");
    if unpacked.exists() {
        fs::remove_dir_all(&unpacked)?;
    }
    fs::create_dir(&unpacked)?;
    run(Command::new("apt-get")
        // As who we are: the folder may be one that apt's own user cannot enter.
        .args(["--option", "APT::Sandbox::User=root"])
        .args(["download", "--quiet=2", &package])
        .current_dir(&unpacked))?;
    let archive = only(&unpacked, |_| true).context("apt-get has downloaded no package")?;
    run(Command::new("dpkg-deb")
        .arg("--extract")
        .args([&archive, &unpacked]))?;
    let found = only(&unpacked.join("boot"), |name| name.starts_with("vmlinuz-"))
        .with_context(|| format!("{package} has no kernel"))?;
    fs::rename(&found, kernel).context("cannot keep the kernel")?;
    fs::remove_dir_all(&unpacked).context("cannot remove what else is in the kernel's package")
}

/// The package that the one which always means the newest depends on.
fn newest_kernel() -> Result<String> {
    let output = Command::new("apt-cache")
        .args(["depends", "--no-recommends", "--no-suggests", KERNEL])
        .stdin(Stdio::null())
        .output()
        .context("cannot start apt-cache")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let named = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix("Depends: "));
    let mut kernels = named.filter(|name| name.starts_with("linux-image-"));
    let kernel = kernels
        .next()
        .with_context(|| format!("{KERNEL}: there is no such package"))?;
    Ok(kernel.to_owned())
}

fn only(folder: &Path, wanted: impl Fn(&str) -> bool) -> Option<PathBuf> {
    let entries = fs::read_dir(folder).ok()?.flatten();
    let mut paths = entries.filter(|entry| entry.file_name().to_str().is_some_and(&wanted));
    paths.next().map(|entry| entry.path())
}

/// What is done in it, with its folder as `$1`.
fn hooks() -> [String; 3] {
    [
        "ln -s /sbin/init \"$1/init\"".to_owned(),
        "for name in ada bob; do chroot \"$1\" useradd --create-home --shell /bin/bash $name; done"
            .to_owned(),
        format!("chroot \"$1\" systemctl --quiet mask {UNITS_LEFT_OUT}"),
    ]
}

fn make_base(folder: &Path, base: &Path) -> Result<()> {
    let tar = folder.join("base.tar");
    let mut mmdebstrap = Command::new("mmdebstrap");
    mmdebstrap.args(["--quiet", "--variant=minbase", "--format=tar"]);
    mmdebstrap.arg(format!("--include={PACKAGES}"));
    for pattern in LEFT_OUT {
        mmdebstrap.arg(format!("--dpkgopt=path-exclude={pattern}"));
    }
    for hook in hooks() {
        mmdebstrap.arg(format!("--customize-hook={hook}"));
    }
    run(mmdebstrap.arg(tools::codename()?).arg(&tar))?;
    let status = Command::new("bsdtar")
        .args(["--create", "--format=newc", "--file=-"])
        .arg(format!("@{}", tar.display()))
        .stdout(File::create(base).with_context(|| format!("cannot make {}", base.display()))?)
        .status()
        .context("cannot start bsdtar")?;
    ensure!(
        status.success(),
        "bsdtar cannot make an archive for the kernel of {}",
        tar.display()
    );
    fs::remove_file(&tar).with_context(|| format!("cannot remove {}", tar.display()))
}
