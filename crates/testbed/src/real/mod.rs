//! The real programs that people run, as `cargo xtask test` installs them under the folder which
//! `MCPVISOR_TESTBED` names: `npm/node_modules`, `python/bin`, `browser/node_modules`.
//!
//! A plain `cargo test` has none of this; then every function here answers [`Skipped`] with the
//! reason, and the test says so and ends.

mod hub;

use std::env;
use std::fmt;
use std::path::PathBuf;

pub use hub::{Hub, hub};

/// Where the installed programs are; absolute.
pub const FOLDER: &str = "MCPVISOR_TESTBED";

/// Why a real program is missing, set by `cargo xtask test` in `MCPVISOR_TESTBED_SKIP_NPM` and so on.
const SKIP: &str = "MCPVISOR_TESTBED_SKIP_";

/// The reason why a test cannot run here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped(String);

impl Skipped {
    /// A reason in words that complete "skipped: ".
    pub fn because(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}

impl fmt::Display for Skipped {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "skipped: {}", self.0)
    }
}

impl std::error::Error for Skipped {}

/// Lets a test go on with what it needs, or says on standard error why it does not:
/// `let Some(hub) = or_skip(real::npm_bin("mcp-hub")) else { return };`
#[expect(
    clippy::print_stderr,
    reason = "the one place where a test says that it tested nothing"
)]
pub fn or_skip<T>(needed: Result<T, Skipped>) -> Option<T> {
    needed.map_err(|skipped| eprintln!("{skipped}")).ok()
}

/// `node_modules/.bin/NAME` of the installed npm packages: `mcp-hub`, `mcp-server-everything`,
/// `mcp-server-memory`, `mcp-server-filesystem`, `supergateway`, `mcp-proxy`.
pub fn npm_bin(name: &str) -> Result<PathBuf, Skipped> {
    installed("NPM", &format!("npm/node_modules/.bin/{name}"))
}

/// The script behind [`npm_bin`], for `node SCRIPT`: the path that a client configuration names.
pub fn npm_script(name: &str) -> Result<PathBuf, Skipped> {
    let link = npm_bin(name)?;
    link.canonicalize()
        .map_err(|error| Skipped::because(format!("{} leads nowhere: {error}", link.display())))
}

/// The folder in which `npx NAME` finds the installed packages without asking a registry.
pub fn npm_folder() -> Result<PathBuf, Skipped> {
    installed("NPM", "npm")
}

/// A program of the virtual environment: `python3`, `mcp-server-time`, `mcp-server-git`, `fastmcp`.
pub fn python(name: &str) -> Result<PathBuf, Skipped> {
    installed("PYTHON", &format!("python/bin/{name}"))
}

/// The program that asks a daemon for all that its `OpenAPI` document promises.
pub fn schemathesis() -> Result<PathBuf, Skipped> {
    installed("SCHEMATHESIS", "schemathesis/bin/schemathesis")
}

/// A browser, and the packages that drive it and judge pages.
#[derive(Clone, Debug)]
pub struct Browser {
    /// Chromium.
    pub program: PathBuf,
    /// The folder whose `node_modules` has `playwright-core` and `axe-core`.
    pub packages: PathBuf,
}

/// Chromium with what drives it, to look at pages.
pub fn browser() -> Result<Browser, Skipped> {
    installed("BROWSER", "browser/node_modules/playwright-core")?;
    Ok(Browser {
        program: on_path("CHROMIUM", "chromium")?,
        packages: installed("BROWSER", "browser")?,
    })
}

/// tmux, for programs that need a terminal.
pub fn tmux() -> Result<PathBuf, Skipped> {
    on_path("TMUX", "tmux")
}

/// Prometheus, to scrape a daemon.
pub fn prometheus() -> Result<PathBuf, Skipped> {
    on_path("PROMETHEUS", "prometheus")
}

/// Alertmanager, to take alerts.
pub fn alertmanager() -> Result<PathBuf, Skipped> {
    on_path("ALERTMANAGER", "prometheus-alertmanager")
}

/// promtool, to check what a daemon exposes.
pub fn promtool() -> Result<PathBuf, Skipped> {
    on_path("PROMETHEUS", "promtool")
}

fn on_path(part: &str, name: &str) -> Result<PathBuf, Skipped> {
    if let Ok(reason) = env::var(format!("{SKIP}{part}")) {
        return Err(Skipped::because(reason));
    }
    let path = env::var_os("PATH").unwrap_or_default();
    let mut places = env::split_paths(&path).map(|folder| folder.join(name));
    let found = places.find(|place| place.is_file());
    found.ok_or_else(|| Skipped::because(format!("{name} is not installed")))
}

fn installed(part: &str, path: &str) -> Result<PathBuf, Skipped> {
    if let Ok(reason) = env::var(format!("{SKIP}{part}")) {
        return Err(Skipped::because(reason));
    }
    let Some(folder) = env::var_os(FOLDER) else {
        return Err(Skipped::because(format!(
            "{FOLDER} is not set; `cargo xtask test` installs the real programs and sets it"
        )));
    };
    let place = PathBuf::from(folder).join(path);
    if place.exists() {
        return Ok(place);
    }
    Err(Skipped::because(format!("{} is missing", place.display())))
}
