//! `mcpvisor logs`: what a server that is kept has written.
//!
//! Its log is a file of the state directory, so no daemon is needed to read it.

use std::time::Duration;

use crate::api::ServerLog;
use crate::cli::Setting;
use crate::daemon::keeping;
use crate::exit::{self, Failure};
use crate::logs::{Follower, last_lines};

/// Between two looks at a log that is followed.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// `logs`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Name of the server.
    pub name: String,
    /// Go on with what is written from now on, until it is ended.
    #[arg(long, short)]
    pub follow: bool,
    /// The last so many lines.
    #[arg(long, short = 'n', default_value_t = 100, value_name = "N")]
    pub lines: usize,
    /// As JSON (schema/logs.v1.json).
    #[arg(long, conflicts_with = "follow")]
    pub json: bool,
}

/// Runs the command.
pub fn run(setting: &Setting, arguments: &Arguments) -> anyhow::Result<u8> {
    inventory::watches::check_name(&arguments.name)
        .map_err(|why| Failure::new(exit::USAGE, why))?;
    let path = keeping::log_of(&setting.state, &arguments.name);
    let unreadable = |error: std::io::Error| {
        Failure::new(exit::NO_INPUT, format!("{}: {error}", path.display()))
    };
    // First, so that nothing is lost between.
    let mut follower = Follower::open(&path).map_err(unreadable)?;
    let lines = last_lines(&path, arguments.lines).map_err(unreadable)?;
    if lines.is_empty() && !arguments.follow && !path.exists() {
        let known: Vec<&str> = setting
            .config
            .servers
            .iter()
            .filter_map(|server| Some(server.spec()?.name.as_str()))
            .collect();
        let why = if known.contains(&arguments.name.as_str()) {
            format!("`{}` has not been started yet", arguments.name)
        } else {
            format!(
                "mcpvisor keeps no server `{}`; declare it as a [[server]], see `mcpvisor config init`",
                arguments.name
            )
        };
        return Err(Failure::new(exit::NO_INPUT, why).into());
    }
    if arguments.json {
        let document = ServerLog {
            schema: "mcpvisor.logs.v1".into(),
            server: keeping::id_of(&arguments.name),
            name: arguments.name.clone(),
            lines,
        };
        setting.output.json(&document, true)?;
        return Ok(exit::FINE);
    }
    print(setting, &lines)?;
    if !arguments.follow {
        return Ok(exit::FINE);
    }
    loop {
        print(setting, &follower.new_lines().map_err(unreadable)?)?;
        pause();
    }
}

fn print(setting: &Setting, lines: &[String]) -> anyhow::Result<()> {
    if !lines.is_empty() {
        setting.output.text(&format!("{}\n", lines.join("\n")))?;
    }
    Ok(())
}

fn pause() {
    #[expect(
        clippy::disallowed_methods,
        reason = "a command for people that follows a file"
    )]
    std::thread::sleep(LOOK_EVERY);
}
