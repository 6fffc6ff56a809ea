//! `mcpvisor ps --containers`: the daemon's view where one runs, else one look of our own.

use containers::Places;

use crate::cli::Setting;
use crate::client::{Client, ClientError};
use crate::daemon::containers::limits::{self, Limited};
use crate::engines::Source;
use crate::exit;
use crate::observe::{Observer, Scope};
use crate::render;
use crate::report::ContainersReport;

/// Runs the command. `all`: those that have nothing to do with MCP too.
pub(super) fn run(setting: &Setting, all: bool, json: bool) -> anyhow::Result<u8> {
    let report = now(setting, all)?;
    if json {
        setting.output.json(&report, true)?;
    } else {
        let page = render::containers::render(&report, &setting.output);
        setting.output.text(&page)?;
    }
    Ok(exit::FINE)
}

fn now(setting: &Setting, all: bool) -> anyhow::Result<ContainersReport> {
    if let Some(client) = Client::find(&setting.state) {
        let path = format!("/api/v1/containers?fresh=true&all={all}");
        match client.get(&path) {
            Ok(report) => return Ok(report),
            Err(error @ ClientError::Broken { .. }) => setting
                .output
                .note(&format!("mcpvisor: {error}; looking without it")),
            Err(error) => return Err(error.into()),
        }
    }
    let mut observer = Observer::once(setting)?;
    observer.ask_engines(Source::once(Places::of_environment()));
    let seen = observer.observe(Scope::Servers);
    observer.remember();
    let Some(look) = &seen.engines else {
        anyhow::bail!("container engines were not asked; this is a fault of mcpvisor");
    };
    let (limited, config) = (Limited::default(), &setting.config);
    let limits = |judged: &_| limits::report(&limited, config, look, judged);
    let taken_at = seen.table.moment.wall;
    Ok(ContainersReport::of(look, taken_at, all, limits))
}
