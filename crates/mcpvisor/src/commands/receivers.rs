//! `mcpvisor receivers`: who is told of alerts, and whether that works.

use alerting::receivers::Receiver;
use hyper::Method;

use super::watch::failure;
use crate::api::{ReceiverTest, Receivers, test_notice};
use crate::cli::Setting;
use crate::client::{Client, escaped};
use crate::daemon::alarm::ReceiverState;
use crate::exit::{self, Failure};
use crate::render;

/// `receivers`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// List receivers and what became of their notices.
    List {
        /// As JSON (schema/receivers.v1.json).
        #[arg(long)]
        json: bool,
    },
    /// Send a test notice, and say whether it arrived.
    Test {
        /// Names of receivers; all of them if none is named.
        names: Vec<String>,
        /// As JSON (schema/receiver-tests.v1.json).
        #[arg(long)]
        json: bool,
    },
}

/// Runs the command. Exit code of `test`: 0 all arrived, 1 one did not.
pub fn run(setting: &Setting, arguments: &Arguments) -> anyhow::Result<u8> {
    match &arguments.command {
        Command::List { json } => list(setting, *json),
        Command::Test { names, json } => test(setting, names, *json),
    }
}

fn list(setting: &Setting, json: bool) -> anyhow::Result<u8> {
    let all = match Client::find(&setting.state) {
        Some(client) => client
            .get("/api/v1/receivers")
            .map_err(|error| failure(&error))?,
        None => Receivers {
            receivers: setting.config.alerts.receivers.iter().map(unused).collect(),
        },
    };
    if json {
        setting.output.json(&all, true)?;
    } else {
        setting
            .output
            .text(&render::alerts::receivers(&all.receivers, &setting.output))?;
    }
    Ok(exit::FINE)
}

/// A receiver that nobody has told anything yet.
fn unused(receiver: &crate::config::alerts::Receiver) -> ReceiverState {
    ReceiverState::new(&receiver.settings)
}

fn test(setting: &Setting, names: &[String], json: bool) -> anyhow::Result<u8> {
    let receivers = &setting.config.alerts.receivers;
    let is_there = |name: &&String| !receivers.iter().any(|known| known.settings.name == **name);
    if let Some(name) = names.iter().find(is_there) {
        return Err(Failure::new(
            exit::USAGE,
            format!("there is no receiver `{name}`; `mcpvisor receivers list` names them"),
        )
        .into());
    }
    if receivers.is_empty() {
        return Err(Failure::new(
            exit::USAGE,
            "there is no receiver; docs/guide/alerts.md says how to have one",
        )
        .into());
    }
    let client = Client::find(&setting.state);
    let mut results = Vec::new();
    let wanted = |name: &String| names.is_empty() || names.contains(name);
    for receiver in receivers
        .iter()
        .filter(|receiver| wanted(&receiver.settings.name))
    {
        let name = &receiver.settings.name;
        let result = match &client {
            Some(client) => {
                let path = format!("/api/v1/receivers/{}/test", escaped(name));
                client
                    .send(&Method::POST, &path, &())
                    .map_err(|error| failure(&error))?
            }
            None => tried(receiver),
        };
        if !json {
            setting
                .output
                .text(&render::alerts::tested(&result, &setting.output))?;
        }
        results.push(result);
    }
    if json {
        setting.output.json(&results, true)?;
    }
    let all_arrived = results.iter().all(|result| result.delivered);
    Ok(if all_arrived {
        exit::FINE
    } else {
        exit::WARNING
    })
}

fn tried(receiver: &crate::config::alerts::Receiver) -> ReceiverTest {
    let name = receiver.settings.name.clone();
    let notice = test_notice(&name, "");
    let tried = Receiver::new(receiver.settings.clone())
        .map_err(|error| error.to_string())
        .and_then(|made| {
            let done = made.deliver(&notice, receiver.timeout);
            done.map_err(|failure| failure.message)
        });
    ReceiverTest {
        receiver: name,
        delivered: tried.is_ok(),
        answer: tried.map_or_else(|why| why, |delivered| delivered.answer),
    }
}
