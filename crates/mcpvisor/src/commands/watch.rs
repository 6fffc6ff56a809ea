//! `mcpvisor watch NAME PID` and `unwatch NAME`.

use hyper::Method;

use crate::api::{WatchReport, WatchRequest};
use crate::cli::Setting;
use crate::client::{Client, ClientError, escaped};
use crate::exit::{self, Failure};

/// `watch`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The name: letters, digits, dots, dashes and underscores.
    pub name: String,
    /// The process.
    pub pid: u32,
    /// As JSON (schema/watch.v1.json).
    #[arg(long)]
    pub json: bool,
}

/// `unwatch`.
#[derive(Debug, clap::Args)]
pub struct UnwatchArguments {
    /// The name.
    pub name: String,
}

/// Runs `watch`.
pub fn run(setting: &Setting, arguments: &Arguments) -> anyhow::Result<u8> {
    inventory::watches::check_name(&arguments.name)
        .map_err(|why| Failure::new(exit::USAGE, why))?;
    let client = daemon(setting)?;
    let path = format!("/api/v1/watches/{}", escaped(&arguments.name));
    let request = WatchRequest { pid: arguments.pid };
    let watch: WatchReport = client
        .send(&Method::PUT, &path, &request)
        .map_err(|error| failure(&error))?;
    if arguments.json {
        setting.output.json(&watch, true)?;
    } else {
        setting.output.text(&format!(
            "Watching PID {} as `{}`. It shows in `mcpvisor ps` and `mcpvisor history query --server {}`; mcpvisor will never stop it.\n",
            watch.pid, watch.name, watch.name
        ))?;
    }
    Ok(exit::FINE)
}

/// Runs `unwatch`.
pub fn unwatch(setting: &Setting, arguments: &UnwatchArguments) -> anyhow::Result<u8> {
    let client = daemon(setting)?;
    client
        .delete(&format!("/api/v1/watches/{}", escaped(&arguments.name)))
        .map_err(|error| failure(&error))?;
    setting
        .output
        .text(&format!("`{}` is no longer watched.\n", arguments.name))?;
    Ok(exit::FINE)
}

/// The daemon, or what to do to have one.
pub(crate) fn daemon(setting: &Setting) -> Result<Client, Failure> {
    Client::find(&setting.state).ok_or_else(|| {
        Failure::new(
            exit::UNAVAILABLE,
            format!(
                "no daemon answers at {}; start one with `mcpvisor serve`",
                setting.state.socket().display()
            ),
        )
    })
}

/// A refusal for a reason of the caller's is no failure of ours.
pub(crate) fn failure(error: &ClientError) -> Failure {
    let code = match error {
        ClientError::Refused {
            status: 400..=499, ..
        } => exit::USAGE,
        _ => exit::UNAVAILABLE,
    };
    Failure::new(code, error.to_string())
}
