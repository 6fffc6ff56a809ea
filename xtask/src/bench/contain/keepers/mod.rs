//! What keeps servers: our daemon, supervisord and PM2, each with the same servers and with the commands
//! that people give it.

mod ours;
mod pm2;
mod supervisord;

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::bench::strays::Mark;
use crate::testbed;

/// A server to keep.
#[derive(Clone, Debug)]
pub(super) struct Server {
    pub(super) name: String,
    pub(super) command: Vec<String>,
    /// Started with its keeper.
    pub(super) autostart: bool,
    /// Tasks that it may have, where its keeper knows such a limit.
    pub(super) pids_max: Option<u64>,
    /// Not the keeper's usual patience when it is stopped, but the least that each can be told: 0.25 s
    /// here and with PM2, a second with supervisord.
    pub(super) stops_quickly: bool,
}

/// Programs that keep servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Ours,
    Supervisord,
    Pm2,
}

impl Kind {
    pub(super) const ALL: [Self; 3] = [Self::Ours, Self::Supervisord, Self::Pm2];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Ours => "`mcpvisor serve`",
            Self::Supervisord => "supervisord, `stopasgroup`, `killasgroup`",
            Self::Pm2 => "PM2, `treekill`",
        }
    }

    /// Installs it, where it is not ours.
    pub(super) fn install(self) -> Result<()> {
        match self {
            Self::Ours => Ok(()),
            Self::Supervisord => testbed::python::install_supervisor(),
            Self::Pm2 => testbed::npm::install_pm2(),
        }
    }

    /// Starts it with these servers, in an empty folder.
    pub(super) fn start(
        self,
        folder: &Path,
        servers: &[Server],
        mark: &Mark,
    ) -> Result<Box<dyn Keeper>> {
        let keeper: Box<dyn Keeper> = match self {
            Self::Ours => Box::new(ours::Ours::start(folder, servers, mark)?),
            Self::Supervisord => Box::new(supervisord::Supervisord::start(folder, servers, mark)?),
            Self::Pm2 => Box::new(pm2::Pm2::start(folder, servers, mark)?),
        };
        Ok(keeper)
    }
}

/// One that runs. Dropped, it ends, and its servers should.
pub(super) trait Keeper {
    /// Its own process.
    fn pid(&self) -> Result<u32>;

    /// The command that starts a server.
    fn start_command(&self, server: &str) -> Command;

    /// The command that stops a server.
    fn stop_command(&self, server: &str) -> Command;
}

/// Gives an order and waits until it is carried out.
pub(super) fn order(mut command: Command) -> Result<()> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot start {}", command.get_program().display()))?;
    ensure!(
        output.status.success(),
        "the order failed: {} {}",
        String::from_utf8_lossy(&output.stdout).trim(),
        String::from_utf8_lossy(&output.stderr).trim()
    );
    Ok(())
}
