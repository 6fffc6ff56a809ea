//! The command line.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::commands::{
    alerts, check, clean, control, doctor, explain, history, limits, logs, ps, receivers, replay,
    rules, run as guarded, schemas, serve, service, silence, status, support, watch,
};
use crate::config::{self, Span};
use crate::exit::{self, Failure};
use crate::output::{Output, is_closed_pipe};
use crate::state::State;

/// Sees every MCP server on this machine, says whose it is and what it costs, and cleans up
/// safely what was left behind.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100, disable_help_subcommand = true)]
pub struct Cli {
    /// Configuration file, instead of `$XDG_CONFIG_HOME/mcpvisor/mcpvisor.toml`.
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// State directory, instead of `$XDG_STATE_HOME/mcpvisor`.
    #[arg(long, global = true, value_name = "DIR")]
    pub state_dir: Option<PathBuf>,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List MCP servers and what they cost, owners first.
    Ps(ps::Arguments),
    /// Watch servers and their processes; stop and clean them with confirmation.
    Top(TopArguments),
    /// Say everything that is wrong, what it costs, and the command that fixes it.
    Doctor(doctor::Arguments),
    /// Plan what to clean and why; `--apply` carries it out.
    Clean(clean::Arguments),
    /// Say what a process is, whose, and why it is kept or would be cleaned.
    Explain(explain::Arguments),
    /// Write a bundle for a bug report, without secrets.
    Support(support::Arguments),
    /// Watch this machine, keep its history, and answer over HTTP until told to end.
    Serve(serve::Arguments),
    /// Have systemd run `serve`: install the unit, take it away, say how it is.
    Service(service::Arguments),
    /// Run a stdio server in a client's place: limited, and ended with all it has started when the client
    /// is gone.
    Run(guarded::Arguments),
    /// Start servers that the configuration declares, with what they depend on.
    Start(control::Arguments),
    /// Stop them, with all that they have started.
    Stop(control::Arguments),
    /// Stop and start them.
    Restart(control::Arguments),
    /// Show what a server that mcpvisor keeps has written.
    Logs(logs::Arguments),
    /// Say what is limited, how far, and whether the kernel holds it.
    Limits(limits::Arguments),
    /// Say whether a daemon runs and how it is, and list its servers.
    Status(status::Arguments),
    /// Say in one line and by the exit code whether all is well, for cron and monitoring.
    Check(check::Arguments),
    /// List alerts, take notice of them, clear them.
    Alerts(alerts::Arguments),
    /// Keep alerts from receivers for a while.
    Silence(silence::Arguments),
    /// Say who is told of alerts, and test whether that works.
    Receivers(receivers::Arguments),
    /// List rules, show one, or test them on written or recorded series.
    Rules(rules::Arguments),
    /// Say what rules would have said of the recorded past, with their values or others.
    Replay(replay::Arguments),
    /// Have the daemon watch a process under a name; it is only looked at.
    Watch(watch::Arguments),
    /// Watch it no longer.
    Unwatch(watch::UnwatchArguments),
    /// Ask the history, export it, or say how large it is.
    History(history::Arguments),
    /// Begin a configuration, check it, show what is in force.
    Config(crate::commands::config::Arguments),
    /// Print completions for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Write the JSON Schemas of all documents.
    #[command(hide = true)]
    Schemas {
        /// Folder to write to.
        folder: PathBuf,
    },
}

/// `top`.
#[derive(Debug, clap::Args)]
pub struct TopArguments {
    /// Time between two looks, from 200ms.
    #[arg(long, short, default_value = "1s", value_name = "INTERVAL")]
    pub interval: Span,
}

/// What every command gets.
#[derive(Debug)]
pub struct Setting {
    /// Configuration.
    pub config: config::Config,
    /// Where that came from.
    pub source: config::Source,
    /// State directory.
    pub state: State,
    /// Where to write.
    pub output: Output,
}

/// Runs the program with the arguments of the process.
pub fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are no errors.
            let code = if error.use_stderr() {
                exit::USAGE
            } else {
                exit::FINE
            };
            drop(error.print());
            return ExitCode::from(code);
        }
    };
    match dispatch(cli) {
        Ok(code) => ExitCode::from(code),
        Err(error) if is_closed_pipe(&error) => ExitCode::from(exit::FINE),
        Err(error) => {
            Output::standard().note(&format!("mcpvisor: {error:#}"));
            ExitCode::from(
                error
                    .downcast_ref::<Failure>()
                    .map_or(exit::SOFTWARE, |failure| failure.code),
            )
        }
    }
}

fn dispatch(cli: Cli) -> anyhow::Result<u8> {
    let setting = || -> anyhow::Result<Setting> {
        let loaded = config::open(cli.config.as_deref())?;
        Ok(Setting {
            config: loaded.config,
            source: loaded.source,
            state: State::locate(cli.state_dir.as_deref()),
            output: Output::standard(),
        })
    };
    match cli.command {
        Command::Ps(arguments) => ps::run(&setting()?, &arguments),
        Command::Top(arguments) => crate::commands::top::run(&setting()?, &arguments),
        Command::Doctor(arguments) => doctor::run(&setting()?, &arguments),
        Command::Clean(arguments) => clean::run(&setting()?, &arguments),
        Command::Explain(arguments) => explain::run(&setting()?, &arguments),
        Command::Support(arguments) => support::run(&setting()?, &arguments),
        Command::Serve(arguments) => serve::run(&setting()?, &arguments),
        Command::Service(arguments) => {
            // `install` looks at the configuration itself; the others work whatever is wrong there.
            let named = (cli.config.as_deref(), cli.state_dir.as_deref());
            service::run(named, &arguments)
        }
        Command::Run(arguments) => {
            // Without a look at the configuration: it must start at once, whatever is wrong there.
            guarded::run(&State::locate(cli.state_dir.as_deref()), &arguments)
        }
        Command::Start(arguments) => control::run(&setting()?, "start", &arguments),
        Command::Stop(arguments) => control::run(&setting()?, "stop", &arguments),
        Command::Restart(arguments) => control::run(&setting()?, "restart", &arguments),
        Command::Logs(arguments) => logs::run(&setting()?, &arguments),
        Command::Limits(arguments) => limits::run(&setting()?, &arguments),
        Command::Status(arguments) => status::run(&setting()?, &arguments),
        Command::Check(arguments) => check::run(&setting()?, &arguments),
        Command::Alerts(arguments) => alerts::run(&setting()?, &arguments),
        Command::Silence(arguments) => silence::run(&setting()?, &arguments),
        Command::Receivers(arguments) => receivers::run(&setting()?, &arguments),
        Command::Rules(arguments) => rules::run(&setting()?, &arguments),
        Command::Replay(arguments) => replay::run(&setting()?, &arguments),
        Command::Watch(arguments) => watch::run(&setting()?, &arguments),
        Command::Unwatch(arguments) => watch::unwatch(&setting()?, &arguments),
        Command::History(arguments) => history::run(&setting()?, &arguments),
        Command::Config(arguments) => {
            crate::commands::config::run(cli.config.as_deref(), &arguments)
        }
        Command::Completions { shell } => {
            let mut text = Vec::new();
            clap_complete::generate(
                shell,
                &mut <Cli as clap::CommandFactory>::command(),
                "mcpvisor",
                &mut text,
            );
            Output::standard().text(&String::from_utf8_lossy(&text))?;
            Ok(exit::FINE)
        }
        Command::Schemas { folder } => schemas::run(&folder),
    }
}
