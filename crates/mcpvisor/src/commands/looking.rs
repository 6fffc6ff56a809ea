//! One look for commands that print: the daemon's where one runs, with what its history tells, else
//! our own.

use containers::Places;

use crate::cli::Setting;
use crate::client::{Client, ClientError};
use crate::engines::Source;
use crate::observe::{Observer, Scope};
use crate::report::{self, Report, Words};

/// A look that is taken now; a thorough one asks container engines too. `all`: every process of the machine too.
pub(super) fn now(setting: &Setting, scope: Scope, all: bool) -> anyhow::Result<Report> {
    if let Some(client) = Client::find(&setting.state) {
        let path = format!("/api/v1/report?fresh=true&all={all}");
        match client.get(&path) {
            Ok(report) => return Ok(report),
            Err(error @ ClientError::Broken { .. }) => setting
                .output
                .note(&format!("mcpvisor: {error}; looking without it")),
            Err(error) => return Err(error.into()),
        }
    }
    let mut observer = Observer::once(setting)?;
    if scope == Scope::Thorough {
        observer.ask_engines(Source::once(Places::of_environment()));
    }
    let seen = observer.observe(scope);
    observer.remember();
    Ok(report::report(&seen, all, &mut Words::default()))
}
