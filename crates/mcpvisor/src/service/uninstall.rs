//! Stopping the unit, and taking it away.

use std::path::Path;

use super::install::{file, must_be_ours, must_have_systemd, unavailable};
use super::place::{Kind, UNIT};
use super::report::{Present, ServiceReport, UnitState};
use super::systemctl::Systemctl;
use crate::exit::{self, Failure};
use crate::state::State;

/// Stops it, disables it, removes its file. What is not there is told, and is no failure.
pub fn uninstall(kind: Kind, force: bool, state: &State) -> Result<ServiceReport, Failure> {
    must_have_systemd(kind)?;
    let path = file(kind)?;
    let cannot = |error: std::io::Error| {
        Failure::new(exit::CANNOT_CREATE, format!("{}: {error}", path.display()))
    };
    let present = Present::read(&path).map_err(cannot)?;
    let systemctl = Systemctl(kind);
    let before = UnitState::read(kind).map_err(|error| unavailable(&error))?;
    let mut report = ServiceReport::new("uninstall", kind, path.clone(), &Present { text: None });
    if present.origin().is_none() {
        report.notes.push(format!("there is no {}", path.display()));
        if before.load != "not-found" {
            report.notes.push(format!(
                "systemd has a {UNIT} from elsewhere, which is left: `systemctl{} cat mcpvisor` shows it",
                kind.option()
            ));
        }
        return Ok(report);
    }
    must_be_ours(&path, &present, force)?;
    if before.active != "inactive" && before.active != "failed" {
        systemctl
            .run(&["stop", UNIT])
            .map_err(|error| unavailable(&error))?;
        report.done.push("stopped".to_owned());
    } else {
        report.notes.push("it did not run".to_owned());
    }
    systemctl
        .run(&["disable", UNIT])
        .map_err(|error| unavailable(&error))?;
    report.done.push("disabled".to_owned());
    std::fs::remove_file(&path).map_err(cannot)?;
    report.done.push(format!("removed {}", path.display()));
    systemctl
        .run(&["daemon-reload"])
        .map_err(|error| unavailable(&error))?;
    if before.active == "failed" {
        // One that systemd has forgotten meanwhile needs none.
        systemctl.run(&["reset-failed", UNIT]).ok();
    }
    report.notes.extend(left(&before, state.folder()));
    report.state = UnitState::read(kind).ok();
    Ok(report)
}

/// What is the user's own, and stays.
fn left(before: &UnitState, state: &Path) -> Vec<String> {
    let drop_ins = before.drop_ins.iter();
    let mut notes: Vec<_> = drop_ins
        .map(|file| format!("{} is left: it is yours", file.display()))
        .collect();
    if state.exists() {
        notes.push(format!(
            "{} is left, with the history and the audit",
            state.display()
        ));
    }
    notes
}
