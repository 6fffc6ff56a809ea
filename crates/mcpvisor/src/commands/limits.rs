//! `mcpvisor limits`: what is limited, how far, and by whom.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::watch::failure;
use crate::api::{Confined, Kept, LimitReport, Supervision, limit_name};
use crate::cli::Setting;
use crate::client::Client;
use crate::daemon::keeping;
use crate::exit;
use crate::render;
use crate::report::{ContainersReport, Word};

/// `limits`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Only these servers.
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// As JSON (schema/limits.v1.json).
    #[arg(long)]
    pub json: bool,
}

/// What `limits --json` says.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
pub struct LimitsReport {
    /// `mcpvisor.limits.v1`.
    pub schema: Word,
    /// A daemon told what the kernel holds; without one it is what would be asked for.
    pub running: bool,
    /// Where each kind of limit would be held on this machine, for whoever runs the command.
    pub machine: Vec<Holder>,
    /// Servers that mcpvisor keeps or is told to limit.
    pub servers: Vec<Limited>,
    /// Containers of MCP servers that the configuration has limits for.
    #[serde(default)]
    pub containers: Vec<Limited>,
}

/// A controller of the kernel.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
pub struct Holder {
    /// `memory`, `pids`, `cpu` or `io`.
    pub controller: Word,
    /// Groups with it can be made here.
    pub available: bool,
    /// Where, or why not.
    pub how: String,
}

/// The limits of one server.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
pub struct Limited {
    /// Its name.
    pub name: String,
    /// Each limit.
    pub limits: Vec<LimitReport>,
    /// What happened at them in its last run.
    pub events: crate::api::LimitEvents,
}

/// Runs the command.
pub fn run(setting: &Setting, arguments: &Arguments) -> anyhow::Result<u8> {
    let client = Client::find(&setting.state);
    let kept = match &client {
        Some(client) => {
            let all: Supervision = client
                .get("/api/v1/supervision")
                .map_err(|error| failure(&error))?;
            let confined = all.confined.into_iter().map(of_confined);
            all.servers
                .into_iter()
                .map(of_kept)
                .chain(confined)
                .collect()
        }
        None => configured(setting),
    };
    let is_asked = |limited: &Limited| {
        arguments.names.is_empty()
            || arguments
                .names
                .iter()
                .any(|name| limited.name.split(" of ").next() == Some(name))
    };
    let document = LimitsReport {
        schema: "mcpvisor.limits.v1".into(),
        running: client.is_some(),
        machine: machine(),
        containers: containers(client.as_ref(), &is_asked),
        servers: kept.into_iter().filter(is_asked).collect(),
    };
    if arguments.json {
        setting.output.json(&document, true)?;
    } else {
        let page = render::supervision::limits(&document, &setting.output);
        setting.output.text(&page)?;
    }
    Ok(exit::FINE)
}

/// Containers of MCP servers, where a daemon watches their engines.
fn containers(client: Option<&Client>, is_asked: &dyn Fn(&Limited) -> bool) -> Vec<Limited> {
    // What an engine does not answer is no reason to say nothing of servers.
    let report: Option<ContainersReport> =
        client.and_then(|client| client.get("/api/v1/containers").ok());
    let all = report.into_iter().flat_map(|report| report.containers);
    all.filter(|container| !container.limits.is_empty())
        .map(|container| Limited {
            name: container.name,
            limits: container.limits,
            events: crate::api::LimitEvents::default(),
        })
        .filter(|limited| is_asked(limited))
        .collect()
}

fn of_kept(kept: Kept) -> Limited {
    Limited {
        name: kept.name,
        limits: kept.limits,
        events: kept.limit_events,
    }
}

fn of_confined(confined: Confined) -> Limited {
    Limited {
        name: format!("{} of {}", confined.server, confined.owner),
        limits: confined.limits,
        events: crate::api::LimitEvents::default(),
    }
}

/// What the configuration asks for.
fn configured(setting: &Setting) -> Vec<Limited> {
    let config = &setting.config;
    let names = config
        .servers
        .iter()
        .filter_map(|server| Some(server.spec()?.name.clone()));
    let limited = names.map(|name| {
        let asked = keeping::of_group(&config.limits_of(&name));
        let limits = asked.asked().map(|(limit, amount)| LimitReport {
            limit: limit_name(limit).into(),
            asked: amount.to_string(),
            enforced: None,
            how: "no daemon keeps it now".to_owned(),
        });
        Limited {
            limits: limits.collect(),
            name,
            events: crate::api::LimitEvents::default(),
        }
    });
    limited.collect()
}

/// What the machine can hold.
fn machine() -> Vec<Holder> {
    use linux::cgroup::{Controller, Hierarchies};
    let hierarchies = Hierarchies::system();
    [
        ("memory", Controller::Memory),
        ("pids", Controller::Pids),
        ("cpu", Controller::Cpu),
        ("io", Controller::Io),
    ]
    .into_iter()
    .map(|(name, controller)| {
        let found = hierarchies.as_ref().ok().and_then(|all| all.of(controller));
        let (available, how) = match (found, &hierarchies) {
            (Some(place), _) => writable(place),
            (None, Err(error)) => (false, error.to_string()),
            (None, Ok(_)) => (
                false,
                "no control group hierarchy that can be used has it".to_owned(),
            ),
        };
        Holder {
            controller: name.into(),
            available,
            how,
        }
    })
    .collect()
}

fn writable(place: &linux::cgroup::Hierarchy) -> (bool, String) {
    let folder = place.own_group();
    let where_it_is = format!("{}, below `{}`", place.version(), folder.display());
    match rustix::fs::access(folder, rustix::fs::Access::WRITE_OK) {
        Ok(()) => (true, where_it_is),
        Err(_) => (
            false,
            format!(
                "{where_it_is}, where only another user may make groups: run it as root, or as a \
                     service with `Delegate=yes` (`mcpvisor service install --user`)"
            ),
        ),
    }
}
