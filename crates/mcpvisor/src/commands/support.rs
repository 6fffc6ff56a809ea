//! `mcpvisor support`: a bundle for a bug report, with nothing in it that is not needed.
//!
//! Command lines are redacted as everywhere; home folders and user and host names are
//! replaced, and processes that have nothing to do with MCP appear by their program only.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;

use serde::Serialize;

use crate::cli::Setting;
use crate::exit::{self, Failure};
use crate::observe::{Observer, Scope};
use crate::report::{self, Report, Words};

/// `support`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// File to write, instead of `mcpvisor-support-TIME.json` here.
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Print the bundle instead.
    #[arg(long)]
    pub json: bool,
}

#[derive(Serialize)]
struct Bundle {
    schema: &'static str,
    version: &'static str,
    effective_uid: u32,
    process_events: Result<(), String>,
    declared_servers: Vec<Declared>,
    report: Report,
    plan: report::PlanReport,
}

#[derive(Serialize)]
struct Declared {
    client: String,
    file: String,
    line: Option<u32>,
    enabled: bool,
}

/// Runs the command.
pub fn run(setting: &Setting, arguments: &Arguments) -> anyhow::Result<u8> {
    let mut observer = Observer::once(setting)?;
    let seen = observer.observe(Scope::Servers);
    let bundle = Bundle {
        schema: "mcpvisor.support.v1",
        version: env!("CARGO_PKG_VERSION"),
        effective_uid: rustix::process::geteuid().as_raw(),
        process_events: linux::events::ProcessEvents::open()
            .map(drop)
            .map_err(|error| error.to_string()),
        declared_servers: observer
            .declared()
            .iter()
            .map(|server| Declared {
                client: server.client.to_owned(),
                file: server.source.display().to_string(),
                line: server.line,
                enabled: server.enabled,
            })
            .collect(),
        report: report::report(&seen, false, &mut Words::default()),
        plan: report::plan(&seen.plan, observer.wishes().grace_seconds),
    };
    let text = neutral(
        &serde_json::to_string_pretty(&bundle)?,
        &seen.table.host.name,
    );
    if arguments.json {
        setting.output.text(&(text + "\n"))?;
        return Ok(exit::FINE);
    }
    let name = format!(
        "mcpvisor-support-{}.json",
        seen.table.moment.wall.strftime("%Y%m%dT%H%M%SZ")
    );
    let path = arguments
        .output
        .clone()
        .unwrap_or_else(|| PathBuf::from(name));
    let fail = |error: std::io::Error| {
        Failure::new(
            exit::CANNOT_CREATE,
            format!("{} cannot be written: {error}", path.display()),
        )
    };
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&path)
        .map_err(fail)?;
    file.write_all(text.as_bytes()).map_err(fail)?;
    setting.output.text(&format!(
        "Wrote {}. Read it before you attach it: command lines are redacted, names of servers are not.\n",
        path.display()
    ))?;
    Ok(exit::FINE)
}

/// Replaces what tells who and where.
fn neutral(text: &str, host: &str) -> String {
    let mut text = text.to_owned();
    if let Ok(home) = std::env::var("HOME")
        && home.len() > 1
    {
        text = text.replace(&home, "~");
    }
    for name in ["USER", "LOGNAME", "SUDO_USER"] {
        if let Ok(user) = std::env::var(name)
            && user.len() > 2
            && user != "root"
        {
            text = text
                .replace(&format!("/home/{user}"), "~")
                .replace(&format!("\"{user}\""), "\"user\"");
        }
    }
    if host.len() > 2 {
        text = text.replace(&format!("\"{host}\""), "\"host\"");
    }
    text
}
