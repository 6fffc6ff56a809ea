//! `mcpvisor status`: the daemon, and the servers that it watches.

use serde::{Deserialize, Serialize};

use super::watch::failure;
use crate::api::{Kept, Servers, Status, Supervision};
use crate::cli::Setting;
use crate::client::Client;
use crate::exit;
use crate::observe::{Observer, Scope};
use crate::render;
use crate::report::{self, Report, Words};

/// `status`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Print a link that signs a browser in, once.
    #[arg(long)]
    pub link: bool,
    /// As JSON (schema/status.v1.json).
    #[arg(long)]
    pub json: bool,
}

/// What `status --json` says.
#[derive(Serialize, schemars::JsonSchema)]
pub struct StatusReport {
    /// `mcpvisor.status.v1`.
    pub schema: report::Word,
    /// Does a daemon run?
    pub running: bool,
    /// The daemon; `null` without one.
    pub daemon: Option<Status>,
    /// Servers that the daemon keeps.
    pub kept: Vec<Kept>,
    /// MCP servers, as `ps` lists them.
    pub servers: Vec<report::ServerReport>,
    /// Totals.
    pub summary: report::Summary,
}

#[derive(Deserialize)]
struct Link {
    url: String,
}

/// Runs the command. Exit code: 0 a daemon runs, 3 none does.
pub fn run(setting: &Setting, arguments: &Arguments) -> anyhow::Result<u8> {
    let Some(client) = Client::find(&setting.state) else {
        return without(setting, arguments);
    };
    if arguments.link {
        let link: Link = client
            .send(
                &hyper::Method::POST,
                "/api/v1/sign-ins/link",
                &serde_json::json!({}),
            )
            .map_err(|error| failure(&error))?;
        setting.output.text(&format!("{}\n", link.url))?;
        return Ok(exit::FINE);
    }
    let status: Status = client
        .get("/api/v1/status")
        .map_err(|error| failure(&error))?;
    let servers: Servers = client
        .get("/api/v1/servers")
        .map_err(|error| failure(&error))?;
    let kept: Supervision = client
        .get("/api/v1/supervision")
        .map_err(|error| failure(&error))?;
    let document = StatusReport {
        kept: kept.servers,
        schema: status.schema.clone(),
        running: true,
        daemon: Some(status),
        servers: servers.servers,
        summary: servers.summary,
    };
    print(setting, arguments, &document)?;
    Ok(exit::FINE)
}

/// No daemon: that is told, and the servers are looked at by ourselves.
fn without(setting: &Setting, arguments: &Arguments) -> anyhow::Result<u8> {
    if arguments.link {
        return Err(super::watch::daemon(setting)
            .map(drop)
            .map_or_else(anyhow::Error::from, |()| {
                anyhow::anyhow!("a daemon has just been started; try again")
            }));
    }
    let mut observer = Observer::once(setting)?;
    let seen = observer.observe(Scope::Servers);
    observer.remember();
    let Report {
        servers, summary, ..
    } = report::report(&seen, false, &mut Words::default());
    let document = StatusReport {
        schema: crate::api::STATUS.into(),
        running: false,
        daemon: None,
        kept: Vec::new(),
        servers,
        summary,
    };
    print(setting, arguments, &document)?;
    Ok(exit::UNKNOWN)
}

fn print(setting: &Setting, arguments: &Arguments, document: &StatusReport) -> anyhow::Result<()> {
    if arguments.json {
        return setting.output.json(document, true);
    }
    let page = render::status::render(document, &setting.state, &setting.output);
    setting.output.text(&page)?;
    Ok(())
}
