//! `mcpvisor service`: mcpvisor as a service of systemd, of the machine or of a user.

use std::path::Path;

use supervise::adopt::Survival;
use supervise::spec::Transport;

use crate::config::{self, Config, ServerSetting};
use crate::exit::{self, Failure};
use crate::output::Output;
use crate::service::install::{self, Wish, install};
use crate::service::page::page;
use crate::service::place::Kind;
use crate::service::report::{Present, ServiceReport, UnitState};
use crate::service::uninstall::uninstall;
use crate::service::unit::Servers;
use crate::state::State;

/// `service`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Write a unit for `mcpvisor serve`, have it start with the machine (or with the user), start it.
    Install {
        /// Only print the unit.
        #[arg(long)]
        print: bool,
        /// Overwrite a unit that is not ours or was changed, and take a program that others can change.
        #[arg(long)]
        force: bool,
        /// Whose, and how it is told.
        #[command(flatten)]
        common: Common,
    },
    /// Stop it and take the unit away.
    Uninstall {
        /// Also one that is not ours or was changed.
        #[arg(long)]
        force: bool,
        /// Whose, and how it is told.
        #[command(flatten)]
        common: Common,
    },
    /// Say whether it is installed and runs.
    Status {
        /// Whose, and how it is told.
        #[command(flatten)]
        common: Common,
    },
}

/// What all of them take.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct Common {
    /// A service of your own instead of the machine's; needs no root, and sees what you see.
    #[arg(long)]
    pub user: bool,
    /// As JSON (schema/service.v1.json).
    #[arg(long)]
    pub json: bool,
}

/// Runs the command. `named` are the configuration and the state directory of the command line, which the
/// service gets too. Exit code of `status`: 0 it runs, 1 it is installed and does not, 3 it is not.
pub fn run(named: (Option<&Path>, Option<&Path>), arguments: &Arguments) -> anyhow::Result<u8> {
    let (config, state_dir) = named;
    let state = State::locate(state_dir);
    let output = Output::standard();
    let (report, common, code) = match &arguments.command {
        Command::Install {
            print,
            force,
            common,
        } => {
            // A daemon with a wrong one would not start.
            let configured = config::open(config)?.config;
            let wish = Wish {
                kind: Kind::of(common.user),
                force: *force,
                servers: servers(&configured),
                config: config.map(Path::to_owned),
                state_dir: state_dir.map(Path::to_owned),
            };
            let report = if *print {
                shown(&wish)?
            } else {
                install(&wish, &state)?
            };
            (report, common, exit::FINE)
        }
        Command::Uninstall { force, common } => {
            let report = uninstall(Kind::of(common.user), *force, &state)?;
            (report, common, exit::FINE)
        }
        Command::Status { common } => {
            let (report, code) = status(Kind::of(common.user))?;
            (report, common, code)
        }
    };
    if common.json {
        output.json(&report, true)?;
    } else {
        output.text(&page(&report))?;
    }
    Ok(code)
}

/// They go on if one is to be adopted. Those whose standard streams the daemon holds cannot be.
fn servers(config: &Config) -> Servers {
    let is_adopted = |server: &ServerSetting| {
        let transport = server.spec().map(|spec| spec.runs.transport);
        transport == Some(Transport::Http) && server.survival == Survival::Adopt
    };
    if config.servers.iter().any(is_adopted) {
        Servers::GoOn
    } else {
        Servers::End
    }
}

fn present(kind: Kind) -> Result<(std::path::PathBuf, Present), Failure> {
    let path = install::file(kind)?;
    let present = Present::read(&path)
        .map_err(|error| Failure::new(exit::NO_INPUT, format!("{}: {error}", path.display())))?;
    Ok((path, present))
}

/// `install --print`, on any machine.
fn shown(wish: &Wish) -> Result<ServiceReport, Failure> {
    let (path, present) = present(wish.kind)?;
    let mut report = ServiceReport::new("print", wish.kind, path, &present);
    report.text = Some(wish.text()?);
    report.notes = wish.notes();
    Ok(report)
}

fn status(kind: Kind) -> Result<(ServiceReport, u8), Failure> {
    let (path, present) = present(kind)?;
    let mut report = ServiceReport::new("status", kind, path, &present);
    if linux::systemd::is_running() {
        match UnitState::read(kind) {
            Ok(state) => report.state = Some(state),
            Err(error) => report.notes.push(error.to_string()),
        }
    } else {
        let words = "this machine was not booted by systemd, so it has no services of it";
        report.notes.push(words.to_owned());
    }
    let is_active = report.state.as_ref().is_some_and(UnitState::is_active);
    let code = match (is_active, present.origin()) {
        (true, _) => exit::FINE,
        (false, Some(_)) => exit::WARNING,
        (false, None) => exit::UNKNOWN,
    };
    Ok((report, code))
}
