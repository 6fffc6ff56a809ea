//! `mcpvisor start`, `stop` and `restart`: orders to servers that the daemon keeps.

use std::time::Duration;

use hyper::Method;

use super::watch::{daemon, failure};
use crate::api::{Supervision, TaskReport};
use crate::cli::Setting;
use crate::client::{Client, escaped};
use crate::config::Span;
use crate::exit::{self, Failure};
use crate::render;

/// `start`, `stop` and `restart`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Names of servers that the configuration declares.
    #[arg(required_unless_present = "all", value_name = "NAME")]
    pub names: Vec<String>,
    /// All that the daemon keeps.
    #[arg(long, conflicts_with = "names")]
    pub all: bool,
    /// How long to wait until it is done, at most 5m; it goes on afterwards.
    #[arg(long, default_value = "60s", value_name = "TIME")]
    pub wait: Span,
    /// As JSON (schema/tasks.v1.json).
    #[arg(long)]
    pub json: bool,
}

/// The longest that the daemon waits.
const LONGEST_WAIT: Duration = Duration::from_mins(5);

/// Runs the command. Exit code: 0 all is done, 1 something failed or goes on.
pub fn run(setting: &Setting, order: &str, arguments: &Arguments) -> anyhow::Result<u8> {
    if arguments.wait.0 > LONGEST_WAIT {
        return Err(Failure::new(exit::USAGE, "--wait is at most 5m".to_owned()).into());
    }
    let client = daemon(setting)?;
    let names = names(&client, arguments)?;
    let mut done = Vec::new();
    let mut failed = false;
    for name in &names {
        let path = format!(
            "/api/v1/servers/{}/{order}?wait={}",
            escaped(name),
            arguments.wait.0.as_secs_f64()
        );
        let answer: Result<TaskReport, _> =
            client.send(&Method::POST, &path, &serde_json::json!({}));
        match answer {
            Ok(task) => {
                failed |= task.ended_at.is_none();
                if !arguments.json {
                    setting
                        .output
                        .text(&render::supervision::task(&task, &setting.output))?;
                }
                done.push(task);
            }
            // What could not be done to one is no reason to leave the others.
            Err(error) => {
                failed = true;
                if names.len() == 1 {
                    return Err(failure(&error).into());
                }
                setting.output.note(&format!("mcpvisor: {name}: {error}"));
            }
        }
    }
    if arguments.json {
        setting.output.json(&done, true)?;
    }
    Ok(u8::from(failed))
}

fn names(client: &Client, arguments: &Arguments) -> anyhow::Result<Vec<String>> {
    if !arguments.all {
        return Ok(arguments.names.clone());
    }
    let all: Supervision = client
        .get("/api/v1/supervision")
        .map_err(|error| failure(&error))?;
    Ok(all.servers.into_iter().map(|server| server.name).collect())
}
