//! A notification on the desktop of who runs the daemon, by `notify-send`, which every desktop's session
//! bus understands.

use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use model::Severity;

use super::program::Program;
use super::{Delivered, Failure, command, text, wording};
use crate::Notice;

/// What `notify-send` needs to find the session.
const INHERITED: [&str; 7] = [
    "PATH",
    "HOME",
    "LANG",
    "DBUS_SESSION_BUS_ADDRESS",
    "XDG_RUNTIME_DIR",
    "DISPLAY",
    "WAYLAND_DISPLAY",
];

/// Alerts that are named in a notification.
const MOST_ALERTS: usize = 5;

/// Characters of a line at most.
const MOST_LINE: usize = 200;

/// Shows a notice.
pub(super) fn deliver(notice: &Notice, timeout: Duration) -> Result<Delivered, Failure> {
    show(command::inherited(&INHERITED), notice, timeout)
}

fn show(
    environment: Vec<(OsString, OsString)>,
    notice: &Notice,
    timeout: Duration,
) -> Result<Delivered, Failure> {
    let variable = |name: &str| {
        let mut set = environment.iter().filter(|(known, _)| known == name);
        set.next().map(|(_, value)| value.as_os_str())
    };
    if !is_installed(variable("PATH").unwrap_or_default()) {
        return Err(Failure::permanent(
            "there is no notify-send for notifications on the desktop; install libnotify \
             (Debian: libnotify-bin)",
        ));
    }
    // Where the variable is missing, the bus is looked for at its usual place.
    let usual = variable("XDG_RUNTIME_DIR").map(|folder| Path::new(folder).join("bus"));
    if variable("DBUS_SESSION_BUS_ADDRESS").is_none() && !usual.is_some_and(|bus| bus.exists()) {
        return Err(Failure::permanent(
            "there is no desktop session to show a notification in: DBUS_SESSION_BUS_ADDRESS is not \
             set; run mcpvisor as a service of the user (systemctl --user), not of the system",
        ));
    }
    let program = Program {
        argv: &arguments(notice),
        environment,
        input: b"",
    };
    command::run(program, &[], timeout)
}

fn is_installed(path: &std::ffi::OsStr) -> bool {
    std::env::split_paths(path).any(|folder| folder.join("notify-send").is_file())
}

fn arguments(notice: &Notice) -> Vec<String> {
    let urgency = match notice.worst() {
        Some(Severity::Critical) => "critical",
        Some(Severity::Error | Severity::Warning) => "normal",
        Some(Severity::Info) | None => "low",
    };
    vec![
        "notify-send".to_owned(),
        format!("--urgency={urgency}"),
        "--app-name=mcpvisor".to_owned(),
        // What follows is text, whatever it begins with.
        "--".to_owned(),
        wording::title(notice),
        body(notice),
    ]
}

fn body(notice: &Notice) -> String {
    let mut lines: Vec<String> = wording::occasion(notice).into_iter().collect();
    for alert in notice.alerts.iter().take(MOST_ALERTS) {
        let state = if alert.is_over() { "Resolved: " } else { "" };
        lines.push(text::line(&format!("{state}{}", alert.summary), MOST_LINE));
        let place = text::line(&wording::place(notice, alert), MOST_LINE);
        lines.push(format!("{place}, since {}", wording::span(alert)));
        if !alert.is_over() && !alert.advice.is_empty() {
            lines.push(text::line(&alert.advice, MOST_LINE));
        }
    }
    let more = notice.alerts.len().saturating_sub(MOST_ALERTS) + notice.truncated;
    if more > 0 {
        lines.push(format!("and {more} more"));
    }
    // The body may hold markup; ours holds none.
    text::html(&lines.join("\n"))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::super::samples;
    use super::*;

    const TIMEOUT: Duration = Duration::from_secs(20);

    #[test]
    fn what_is_shown() {
        insta::assert_snapshot!("desktop", arguments(&samples::notice()).join("\n"));
        let hostile = arguments(&samples::hostile());
        assert!(!hostile[5].contains(['<', '>']), "{}", hostile[5]);
        let controls = |c: char| c.is_control() && c != '\n';
        assert!(!hostile.concat().contains(controls));
    }

    fn with(pairs: &[(&str, &Path)]) -> Result<Delivered, Failure> {
        let owned = pairs
            .iter()
            .map(|(name, value)| ((*name).into(), (*value).into()));
        show(owned.collect(), &samples::notice(), TIMEOUT)
    }

    #[test]
    fn what_to_do_without_a_desktop() {
        let folder = tempfile::tempdir().unwrap();
        let failure = with(&[("PATH", folder.path())]).unwrap_err();
        assert!(!failure.is_temporary());
        assert!(failure.message.contains("libnotify-bin"), "{failure}");
        let program = folder.path().join("notify-send");
        fs::write(&program, "#!/bin/sh\nexit 0\n").unwrap();
        let failure = with(&[("PATH", folder.path()), ("XDG_RUNTIME_DIR", folder.path())]);
        let failure = failure.unwrap_err();
        assert!(!failure.is_temporary());
        assert!(
            failure.message.contains("DBUS_SESSION_BUS_ADDRESS"),
            "{failure}"
        );
    }

    #[test]
    fn notify_send_gets_texts_behind_two_dashes() {
        let folder = tempfile::tempdir().unwrap();
        let (program, seen) = (
            folder.path().join("notify-send"),
            folder.path().join("seen"),
        );
        let script = format!("#!/bin/sh\nprintf '%s\\n' \"$@\" > '{}'\n", seen.display());
        fs::write(&program, script).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        fs::write(folder.path().join("bus"), "").unwrap();
        with(&[("PATH", folder.path()), ("XDG_RUNTIME_DIR", folder.path())]).unwrap();
        let seen = fs::read_to_string(seen).unwrap();
        assert!(
            seen.starts_with("--urgency=critical\n--app-name=mcpvisor\n--\n"),
            "{seen}"
        );
        assert!(
            seen.contains("Restart it: mcpvisor restart memory"),
            "{seen}"
        );
    }
}
