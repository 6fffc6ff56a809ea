//! A program of the user's: it reads the webhook's body on its standard input, and the most important of
//! it from its environment.
//!
//! How it exits says how it went:
//!
//! | exit code                     | means                                                                |
//! |-------------------------------|----------------------------------------------------------------------|
//! | 0                             | delivered                                                            |
//! | 64, 65, 77, 78 (`sysexits.h`) | wrong usage, data, permission, configuration: refused for good       |
//! | 75 (`EX_TEMPFAIL`), any other | failed for now: most scripts fail because something they call is down |
//!
//! When it has ended, or its time is over, what it has started is killed with it.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::process::ExitStatusExt as _;
use std::time::Duration;

use super::body::{self, WebhookBody};
use super::program::{Ended, Program};
use super::webhook::read;
use super::{Delivered, Failure, Secret, settings, text, wording};
use crate::Notice;

/// What it gets of our environment.
const INHERITED: [&str; 3] = ["PATH", "HOME", "LANG"];

/// Of its standard error so many characters are quoted.
const MOST_QUOTE: usize = 200;

/// Characters of a variable at most.
const MOST_VARIABLE: usize = 1_000;

/// Runs the program.
pub(super) fn deliver(
    command: &settings::Command,
    notice: &Notice,
    timeout: Duration,
) -> Result<Delivered, Failure> {
    let input = serde_json::to_vec(&WebhookBody::new(notice))
        .map_err(|error| Failure::permanent(format!("the notice is no JSON: {error}")))?;
    let mut environment = inherited(&INHERITED);
    let mut secrets = Vec::new();
    for (name, source) in &command.environment {
        let value = read(&format!("environment.{name}"), source)?;
        environment.push((name.into(), value.expose().into()));
        secrets.push(value);
    }
    let about = about(notice).into_iter();
    environment.extend(about.map(|(name, value)| (name.into(), value.into())));
    let program = Program {
        argv: &command.argv,
        environment,
        input: &input,
    };
    run(program, &secrets, timeout)
}

/// Runs a program and judges its end.
pub(super) fn run(
    program: Program<'_>,
    secrets: &[Secret],
    timeout: Duration,
) -> Result<Delivered, Failure> {
    let name = program.argv.first().cloned().unwrap_or_default();
    let name = text::line(&name, 100);
    let ended = program
        .run(timeout)
        .map_err(|error| Failure::temporary(format!("cannot run {name}: {error}")))?;
    judge(&name, &ended, secrets, timeout)
}

fn judge(
    name: &str,
    ended: &Ended,
    secrets: &[Secret],
    timeout: Duration,
) -> Result<Delivered, Failure> {
    let mut said = String::from_utf8_lossy(&ended.stderr).into_owned();
    for secret in secrets {
        said = secret.mask(&said);
    }
    let said = last(&text::quote(said.as_bytes(), usize::MAX), MOST_QUOTE);
    let with_quote = |what: String| {
        if said.is_empty() {
            what
        } else {
            format!("{what}: {said}")
        }
    };
    let Some(status) = ended.status else {
        return Err(Failure::temporary(with_quote(format!(
            "{name} did not end within {:.1} s and was killed",
            timeout.as_secs_f64()
        ))));
    };
    match status.code() {
        Some(0) => Ok(Delivered::new(format!("{name} exited with 0"))),
        Some(code @ (64 | 65 | 77 | 78)) => Err(Failure::permanent(with_quote(format!(
            "{name} exited with {code}"
        )))),
        Some(code) => Err(Failure::temporary(with_quote(format!(
            "{name} exited with {code}"
        )))),
        None => Err(Failure::temporary(with_quote(format!(
            "{name} was ended by signal {}",
            status.signal().unwrap_or(0)
        )))),
    }
}

/// The last characters of a text.
fn last(said: &str, most: usize) -> String {
    let surplus = said.chars().count().saturating_sub(most);
    said.chars().skip(surplus).collect()
}

/// Variables of our own environment, as far as they are set.
pub(super) fn inherited(names: &[&str]) -> Vec<(OsString, OsString)> {
    let set = names.iter().filter_map(|name| {
        let value = std::env::var_os(name)?;
        Some((OsString::from(name), value))
    });
    set.collect()
}

/// What it is told by variables. Those without a value for this notice are empty, so that a script with
/// `set -u` works.
fn about(notice: &Notice) -> BTreeMap<&'static str, String> {
    let first = notice.alerts.first();
    let label =
        |name: &str| wording::shared(notice, |alert| alert.labels.get(name).map(String::as_str));
    let severity = notice.worst().or(first.map(|alert| alert.severity));
    let told = [
        ("MCPVISOR_STATUS", body::status(notice).name()),
        ("MCPVISOR_OCCASION", wording::occasion_name(notice)),
        (
            "MCPVISOR_SEVERITY",
            severity.map_or("", model::Severity::name),
        ),
        (
            "MCPVISOR_RULE",
            wording::shared(notice, |alert| Some(alert.rule.as_str())).unwrap_or(""),
        ),
        ("MCPVISOR_SERVER", label("server").unwrap_or("")),
        (
            "MCPVISOR_SUMMARY",
            first.map_or("", |alert| alert.summary.as_str()),
        ),
        ("MCPVISOR_HOST", notice.host.as_str()),
        ("MCPVISOR_NOTICE_ID", notice.id.as_str()),
    ];
    told.into_iter()
        .map(|(name, value)| (name, text::line(value, MOST_VARIABLE)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    #[test]
    fn what_it_is_told_by_variables() {
        let told = about(&samples::notice());
        assert_eq!(told["MCPVISOR_STATUS"], "firing");
        assert_eq!(told["MCPVISOR_SEVERITY"], "critical");
        assert_eq!(told["MCPVISOR_RULE"], "", "they differ");
        assert_eq!(told["MCPVISOR_SERVER"], "memory");
        assert_eq!(told["MCPVISOR_NOTICE_ID"], "n-42");
        let told = about(&samples::hostile());
        assert!(told.values().all(|value| !value.contains(char::is_control)));
        let mut empty = samples::notice();
        empty.alerts.clear();
        assert_eq!(about(&empty)["MCPVISOR_SEVERITY"], "");
    }

    #[test]
    fn the_end_of_what_was_said() {
        assert_eq!(last("first last", 6), "t last");
        assert_eq!(last("all", 6), "all");
    }
}
