//! What `mcpvisor service` shows to people.

use super::report::{ServiceReport, UnitState};

/// The page.
pub fn page(report: &ServiceReport) -> String {
    if let Some(text) = &report.text {
        return text.clone();
    }
    let mut page = String::new();
    for done in &report.done {
        page.push_str(&format!("{}\n", model::text::safe(done)));
    }
    if report.action == "status" || report.action == "install" {
        page.push_str(&state(report));
    }
    for note in &report.notes {
        page.push_str(&format!("note: {}\n", model::text::safe(note)));
    }
    page
}

fn state(report: &ServiceReport) -> String {
    let path = report.path.display().to_string();
    let path = model::text::safe(&path);
    let file = match report.unit_file {
        "absent" => format!("no unit at {path}: `mcpvisor service install` makes one"),
        "edited" => format!("{path}, changed since mcpvisor wrote it"),
        "foreign" => format!("{path}, not written by mcpvisor"),
        _ => path.into_owned(),
    };
    let mut lines = format!("{} of the {}: {file}\n", report.unit, report.manager);
    if let Some(state) = report
        .state
        .as_ref()
        .filter(|state| !state.enabled.is_empty())
    {
        lines.push_str(&format!("  {}\n", running(state)));
    }
    lines
}

fn running(state: &UnitState) -> String {
    let mut words = format!("{} ({}), {}", state.active, state.sub, state.enabled);
    if let Some(pid) = state.main_pid {
        words.push_str(&format!(", PID {pid}"));
    }
    if let Some(count) = state.restarts.filter(|count| *count > 0) {
        words.push_str(&format!(", restarted {count} times by systemd"));
    }
    if !state.is_active() && !matches!(state.result.as_str(), "" | "success") {
        words.push_str(&format!(", ended by {}", state.result));
    }
    words
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::service::place::Kind;
    use crate::service::report::Present;

    fn report(text: Option<&str>) -> ServiceReport {
        let present = Present {
            text: text.map(str::to_owned),
        };
        let path = PathBuf::from("/etc/systemd/system/mcpvisor.service");
        ServiceReport::new("status", Kind::System, path, &present)
    }

    #[test]
    fn what_is_not_there_is_told() {
        let page = page(&report(None));
        assert!(page.contains("no unit at /etc/systemd"), "{page}");
        assert_eq!(page.lines().count(), 1);
    }

    #[test]
    fn a_service_that_died_says_how() {
        let mut report = report(Some("[Unit]\n"));
        report.state = Some(UnitState {
            active: "failed".to_owned(),
            sub: "failed".to_owned(),
            enabled: "enabled".to_owned(),
            restarts: Some(2),
            result: "watchdog".to_owned(),
            ..UnitState::default()
        });
        report.notes.push("a\x1b[1mb".to_owned());
        let page = page(&report);
        assert!(page.contains("not written by mcpvisor"), "{page}");
        assert!(
            page.contains(
                "failed (failed), enabled, restarted 2 times by systemd, ended by watchdog"
            )
        );
        assert!(!page.contains('\x1b'));
    }
}
