//! `mcpvisor alerts`: list, acknowledge, clear, and what was.

use alerting::Alert;
use hyper::Method;

use super::watch::{daemon, failure};
use crate::api::{AckRequest, Alerts, Cleared};
use crate::cli::Setting;
use crate::client::escaped;
use crate::exit;
use crate::render;

/// `alerts`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// What to do; lists what is pending or firing if it is not said.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Which alerts to list.
    #[command(flatten)]
    pub list: List,
}

/// What to do.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// List what is pending or firing.
    List(List),
    /// Take notice: an alert is not repeated and not escalated from then on.
    Ack {
        /// Its id, or enough of its beginning.
        id: String,
        /// Why, for others.
        #[arg(long, short, default_value = "")]
        comment: String,
    },
    /// Clear alerts; they come back if their conditions hold on.
    Clear {
        /// An alert's id, or enough of its beginning.
        #[arg(required_unless_present_any = ["server", "all"], conflicts_with_all = ["server", "all"])]
        id: Option<String>,
        /// All alerts about this server.
        #[arg(long, value_name = "NAME", conflicts_with = "all")]
        server: Option<String>,
        /// All alerts.
        #[arg(long)]
        all: bool,
    },
    /// List alerts that are over, the latest first.
    History(List),
}

/// Which alerts.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct List {
    /// Only about the server with this name or id.
    #[arg(long, value_name = "NAME")]
    pub server: Option<String>,
    /// Only of this rule.
    #[arg(long, value_name = "NAME")]
    pub rule: Option<String>,
    /// At most so many.
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub limit: u32,
    /// As JSON (schema/alerts.v1.json).
    #[arg(long)]
    pub json: bool,
}

/// Runs the command.
pub fn run(setting: &Setting, arguments: &Arguments) -> anyhow::Result<u8> {
    match &arguments.command {
        None => list(setting, &arguments.list, false),
        Some(Command::List(which)) => list(setting, which, false),
        Some(Command::History(which)) => list(setting, which, true),
        Some(Command::Ack { id, comment }) => acknowledge(setting, id, comment),
        Some(Command::Clear { id, server, .. }) => clear(setting, id.as_deref(), server.as_deref()),
    }
}

fn list(setting: &Setting, which: &List, over: bool) -> anyhow::Result<u8> {
    let mut path = format!("/api/v1/alerts?limit={}", which.limit);
    let state = over.then_some("resolved");
    for (name, value) in [
        ("state", state),
        ("server", which.server.as_deref()),
        ("rule", which.rule.as_deref()),
    ] {
        if let Some(value) = value {
            path.push_str(&format!("&{name}={}", escaped(value)));
        }
    }
    let found: Alerts = daemon(setting)?
        .get(&path)
        .map_err(|error| failure(&error))?;
    if which.json {
        setting.output.json(&found, true)?;
    } else {
        let page = render::alerts::render(
            &found.alerts,
            over,
            linux::clock::now().wall,
            &setting.output,
        );
        setting.output.text(&page)?;
    }
    Ok(exit::FINE)
}

fn acknowledge(setting: &Setting, id: &str, comment: &str) -> anyhow::Result<u8> {
    let id = whole(setting, id)?;
    let request = AckRequest {
        comment: comment.to_owned(),
    };
    let path = format!("/api/v1/alerts/{}/ack", escaped(&id));
    let alert: Alert = daemon(setting)?
        .send(&Method::POST, &path, &request)
        .map_err(|error| failure(&error))?;
    setting.output.text(&format!(
        "Acknowledged: {}\nIt is told again when it is over.\n",
        model::text::safe(&alert.summary)
    ))?;
    Ok(exit::FINE)
}

fn clear(setting: &Setting, id: Option<&str>, server: Option<&str>) -> anyhow::Result<u8> {
    let path = match (id, server) {
        (Some(id), _) => format!("/api/v1/alerts/{}", escaped(&whole(setting, id)?)),
        (None, Some(server)) => format!("/api/v1/alerts?server={}", escaped(server)),
        (None, None) => "/api/v1/alerts".to_owned(),
    };
    let done: Cleared = daemon(setting)?
        .send(&Method::DELETE, &path, &())
        .map_err(|error| failure(&error))?;
    let alerts = if done.cleared == 1 { "alert" } else { "alerts" };
    setting.output.text(&format!(
        "{} {alerts} cleared. What still holds comes back after the time of its rule.\n",
        done.cleared
    ))?;
    Ok(exit::FINE)
}

/// The id that begins so, as lists show only the beginning.
fn whole(setting: &Setting, beginning: &str) -> anyhow::Result<String> {
    let found: Alerts = daemon(setting)?
        .get("/api/v1/alerts?limit=10000")
        .map_err(|error| failure(&error))?;
    let mut fitting = found
        .alerts
        .iter()
        .filter(|alert| alert.id.starts_with(beginning));
    match (fitting.next(), fitting.next()) {
        (Some(only), None) => Ok(only.id.clone()),
        (Some(_), Some(_)) => Err(exit::Failure::new(
            exit::USAGE,
            format!("several alerts begin with `{beginning}`; give more of the id"),
        )
        .into()),
        _ => Err(exit::Failure::new(
            exit::USAGE,
            format!("no alert that is pending or firing begins with `{beginning}`; see `mcpvisor alerts`"),
        )
        .into()),
    }
}
