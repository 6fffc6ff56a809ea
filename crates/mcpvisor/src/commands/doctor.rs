//! `mcpvisor doctor`.

use linux::events::ProcessEvents;
use model::Unavailable;

use super::looking;
use crate::cli::Setting;
use crate::exit;
use crate::observe::Scope;
use crate::render;

/// `doctor`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// As JSON (schema/report.v1.json).
    #[arg(long)]
    pub json: bool,
}

/// Runs the command. Exit code: 0 fine or `info`, 1 `warning`, 2 worse, 3 nothing could be judged.
pub fn run(setting: &Setting, arguments: &Arguments) -> anyhow::Result<u8> {
    let mut report = looking::now(setting, Scope::Thorough, false)?;
    if let Err(error) = ProcessEvents::open() {
        report.unavailable.push(Unavailable {
            what: "kernel process events".to_owned(),
            why: error.why,
            remedy: "`top` and `ps --watch` see what starts and ends at their next look instead of at once"
                .to_owned(),
        });
    }
    if arguments.json {
        setting.output.json(&report, true)?;
    } else {
        setting
            .output
            .text(&render::doctor::render(&report, &setting.output))?;
    }
    let worst = report.summary.worst;
    // Without any process but our own nothing was judged.
    let blind =
        report.host.processes <= 1 && worst.is_none_or(|worst| worst == model::Severity::Info);
    Ok(if blind {
        exit::UNKNOWN
    } else {
        exit::of_severity(worst)
    })
}
