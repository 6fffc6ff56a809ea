//! Finds the binaries of this crate next to the running test, and builds them when they are missing
//! or older than their source: cargo builds a dependency's library, but not its binaries.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::SystemTime;

use anyhow::{Context, Result, bail};

/// The MCP server with misbehaviours; `mcp-server --help` lists them.
pub fn mcp_server() -> Result<PathBuf> {
    find("mcp-server")
}

/// The owner; see [`crate::Owner`] for the comfortable way.
pub fn mcp_owner() -> Result<PathBuf> {
    find("mcp-owner")
}

/// A client that starts the servers of a plan and calls their tools on and on.
pub fn mcp_traffic() -> Result<PathBuf> {
    find("mcp-traffic")
}

/// Starts N idle processes; the load of the measurements.
pub fn idle_fleet() -> Result<PathBuf> {
    find("idle-fleet")
}

/// The command line of an MCP server with these flags.
pub fn server_command(flags: &[&str]) -> Result<Vec<OsString>> {
    let mut command = vec![mcp_server()?.into_os_string()];
    command.extend(flags.iter().map(OsString::from));
    Ok(command)
}

/// The same program under another file name, so that `comm`, `exe` and the first argument say `name`:
/// how a test gets a `claude`. A hard link, or a copy where the folder is on another file system.
pub fn named(folder: &Path, program: &Path, name: &str) -> Result<PathBuf> {
    let place = folder.join(name);
    if !place.exists() {
        fs::hard_link(program, &place)
            .or_else(|_| fs::copy(program, &place).map(drop))
            .with_context(|| format!("cannot make {}", place.display()))?;
    }
    Ok(place)
}

fn find(name: &str) -> Result<PathBuf> {
    static BUILT: OnceLock<Result<(), String>> = OnceLock::new();
    let folder = build_folder()?;
    BUILT
        .get_or_init(|| ensure_built(&folder).map_err(|error| format!("{error:#}")))
        .as_ref()
        .map_err(|error| anyhow::anyhow!("{error}"))?;
    Ok(folder.join(name))
}

/// `target/debug` or its like: tests run in its `deps`, examples in its `examples`, programs in it.
fn build_folder() -> Result<PathBuf> {
    let ourselves = std::env::current_exe().context("cannot tell where the test binary is")?;
    let folder = ourselves
        .parent()
        .context("the test binary has no folder")?;
    let nested = folder.ends_with("deps") || folder.ends_with("examples");
    let folder = if nested {
        folder.parent()
    } else {
        Some(folder)
    };
    Ok(folder.context("the test binary has no folder")?.to_owned())
}

/// A stamp says which state of the source the binaries were last built from: asking cargo costs a
/// tenth of a second, and each test is a process of its own.
fn ensure_built(folder: &Path) -> Result<()> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let newest = format!("{:?}", newest_change(&source)?);
    let stamp = folder.join("testbed-programs.stamp");
    let present = ["mcp-server", "mcp-owner", "mcp-traffic", "idle-fleet"]
        .iter()
        .all(|name| folder.join(name).exists());
    if present && fs::read_to_string(&stamp).is_ok_and(|stamped| stamped == newest) {
        return Ok(());
    }
    build(folder)?;
    fs::write(&stamp, newest).with_context(|| format!("cannot write {}", stamp.display()))
}

fn build(folder: &Path) -> Result<()> {
    let profile = match folder.file_name().and_then(|name| name.to_str()) {
        Some("debug") | None => "dev",
        Some(other) => other,
    };
    let target = folder.parent().context("the build folder has no parent")?;
    let status = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args([
            "build",
            "--quiet",
            "--bins",
            "--profile",
            profile,
            "--target-dir",
        ])
        .arg(target)
        .status()
        .context("cannot run cargo to build the programs of the testbed")?;
    if !status.success() {
        bail!("building the programs of the testbed failed: {status}");
    }
    Ok(())
}

fn newest_change(folder: &Path) -> Result<SystemTime> {
    let mut newest = SystemTime::UNIX_EPOCH;
    let entries =
        fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        let found = if path.is_dir() {
            newest_change(&path)?
        } else {
            changed(&path).unwrap_or(SystemTime::UNIX_EPOCH)
        };
        newest = newest.max(found);
    }
    Ok(newest)
}

fn changed(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).ok()?.modified().ok()
}
