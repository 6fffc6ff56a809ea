//! `mcpvisor check`: one line and an exit code, for cron and for monitoring that runs commands.
//!
//! Where a daemon runs it is asked, and thresholds have held for as long as their rules want. Without one
//! the machine is looked at twice, a second apart, and what is over a threshold now counts, because a
//! single look cannot know for how long.

use std::time::Duration;

use alerting::engine::{Engine, Look};
use alerting::rule::Condition;
use alerting::{Alert, Rule, State};
use schemars::JsonSchema;
use serde::Serialize;

use super::watch::failure;
use crate::api::{Alerts, Servers};
use crate::cli::Setting;
use crate::client::Client;
use crate::daemon::ledger::Ledger;
use crate::daemon::readings::Readings;
use crate::daemon::{Level, alarm, measure};
use crate::exit::{self, Failure};
use crate::observe::{Observer, Scope};
use crate::picture::Picture;
use crate::report::{self, Summary};

/// Time between the two looks.
const BETWEEN: Duration = Duration::from_secs(1);

/// `check`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Only alerts about the server with this name.
    #[arg(long, value_name = "NAME")]
    pub server: Option<String>,
    /// Only alerts of this rule; `mcpvisor rules list` names them.
    #[arg(long, value_name = "NAME")]
    pub rule: Option<String>,
    /// As JSON (schema/check.v1.json).
    #[arg(long)]
    pub json: bool,
}

/// What `check --json` says.
#[derive(Clone, Serialize, JsonSchema)]
pub struct CheckReport {
    /// `mcpvisor.check.v1`.
    pub schema: report::Word,
    /// `OK`, `WARNING`, `CRITICAL` or `UNKNOWN`.
    pub status: report::Word,
    /// The exit code: 0, 1, 2, 3.
    pub code: u8,
    /// The line for people.
    pub line: String,
    /// Was a daemon asked? Without one, thresholds count at once.
    pub by_daemon: bool,
    /// What fires and is not silenced, the worst first.
    pub alerts: Vec<Alert>,
    /// Totals of the machine.
    pub summary: Summary,
}

struct Seen {
    by_daemon: bool,
    /// Does it know how things are?
    is_known: bool,
    alerts: Vec<Alert>,
    summary: Summary,
    names: Vec<String>,
}

/// Runs the command. Exit code: 0 fine or `info`, 1 `warning`, 2 worse, 3 nothing could be judged.
pub fn run(setting: &Setting, arguments: &Arguments) -> anyhow::Result<u8> {
    if let Some(rule) = &arguments.rule
        && !setting
            .config
            .alerts
            .rules
            .iter()
            .any(|known| known.name == *rule)
    {
        return Err(Failure::new(
            exit::USAGE,
            format!("there is no rule `{rule}`; `mcpvisor rules list` names them all"),
        )
        .into());
    }
    let mut seen = match Client::find(&setting.state) {
        Some(client) => asked(&client)?,
        None => looked(setting)?,
    };
    let is_meant = |alert: &Alert| {
        let server = alert.labels.get("server");
        alert.state == State::Firing
            && alert.silenced_by.is_empty()
            && arguments
                .rule
                .as_ref()
                .is_none_or(|rule| alert.rule == *rule)
            && arguments
                .server
                .as_ref()
                .is_none_or(|name| server == Some(name))
    };
    seen.alerts.retain(is_meant);
    if let Some(name) = &arguments.server {
        seen.is_known &= seen.names.contains(name);
    }
    let document = judged(seen, arguments);
    if arguments.json {
        setting.output.json(&document, true)?;
    } else {
        setting.output.text(&format!("{}\n", document.line))?;
    }
    Ok(document.code)
}

fn judged(seen: Seen, arguments: &Arguments) -> CheckReport {
    let worst = seen.alerts.iter().map(|alert| alert.severity).max();
    let code = match exit::of_severity(worst) {
        exit::FINE if !seen.is_known => exit::UNKNOWN,
        code => code,
    };
    let status = ["OK", "WARNING", "CRITICAL", "UNKNOWN"][usize::from(code.min(3))];
    CheckReport {
        schema: "mcpvisor.check.v1".into(),
        status: status.into(),
        code,
        line: line(status, &seen, arguments),
        by_daemon: seen.by_daemon,
        alerts: seen.alerts,
        summary: seen.summary,
    }
}

/// One line as Nagios takes it: what, then figures behind a bar.
fn line(status: &str, seen: &Seen, arguments: &Arguments) -> String {
    let totals = &seen.summary.totals;
    let said = match (seen.alerts.as_slice(), &arguments.server) {
        ([first, rest @ ..], _) => {
            // A bar would end the words, and a line end the line.
            let first = model::text::safe(&first.summary).replace('|', "/");
            match rest.len() {
                0 => first,
                more => format!("{first} (and {more} more)"),
            }
        }
        ([], Some(name)) if !seen.is_known => {
            format!(
                "there is no server {} here",
                model::text::safe(name).replace('|', "/")
            )
        }
        ([], _) if !seen.is_known => "the daemon has not looked at the machine lately".to_owned(),
        ([], Some(name)) => format!(
            "nothing is wrong with {}",
            model::text::safe(name).replace('|', "/")
        ),
        ([], None) => format!("nothing is wrong with {} servers", seen.summary.servers),
    };
    format!(
        "MCPVISOR {status} - {said} | servers={} processes={} rss={}B firing={}",
        seen.summary.servers,
        totals.processes,
        totals.rss_bytes,
        seen.alerts.len()
    )
}

fn asked(client: &Client) -> anyhow::Result<Seen> {
    let alerts: Alerts = client
        .get("/api/v1/alerts?state=firing&limit=10000")
        .map_err(|error| failure(&error))?;
    let servers: Servers = client
        .get("/api/v1/servers")
        .map_err(|error| failure(&error))?;
    Ok(Seen {
        by_daemon: true,
        is_known: alerts.level != Level::Unknown,
        alerts: alerts.alerts,
        names: servers
            .servers
            .into_iter()
            .map(|server| server.name)
            .collect(),
        summary: servers.summary,
    })
}

fn looked(setting: &Setting) -> anyhow::Result<Seen> {
    let rules = setting
        .config
        .alerts
        .rules
        .iter()
        .cloned()
        .map(at_once)
        .collect();
    let mut engine = Engine::new(rules);
    let mut ledger = Ledger::default();
    let mut observer = Observer::once(setting)?;
    // Disks and the like are read beside us, and are known by the second look.
    let mut readings = Readings::open().ok();
    let mut measured = |observer: &Observer<'_>, picture: &Picture| {
        let mut measurements = measure::all(picture, &mut ledger);
        if let Some(readings) = &mut readings {
            readings.on(observer, picture, setting.state.folder(), &mut measurements);
        }
        measurements
    };
    let first = observer.observe(Scope::Servers);
    let measurements = measured(&observer, &first);
    engine.learn(first.table.moment, BETWEEN, &measurements);
    crate::observe::pause(BETWEEN);
    let picture = observer.observe(Scope::Thorough);
    observer.remember();
    let measurements = measured(&observer, &picture);
    let findings = alarm::findings(&picture);
    let look = Look {
        moment: picture.table.moment,
        interval: BETWEEN,
        measurements: &measurements,
        findings: &findings,
    };
    engine.on(&look);
    let mut alerts: Vec<Alert> = engine.alerts().cloned().collect();
    setting
        .config
        .alerts
        .muting
        .mark(&mut alerts, picture.table.moment.wall);
    alerts.sort_by(|a, b| (b.severity, &a.rule).cmp(&(a.severity, &b.rule)));
    Ok(Seen {
        by_daemon: false,
        is_known: picture.table.processes().len() > 1,
        alerts,
        names: names(&picture),
        summary: report::summary(&picture),
    })
}

fn names(picture: &Picture) -> Vec<String> {
    let inventory = &picture.inventory;
    let servers = inventory.servers.iter().chain(&inventory.watched);
    servers.map(|server| server.name.clone()).collect()
}

/// The rule with thresholds that count as soon as they are crossed.
fn at_once(mut rule: Rule) -> Rule {
    match &mut rule.condition {
        Condition::Threshold { levels, .. } => {
            for level in levels.iter_mut().flatten() {
                level.hold = Duration::ZERO;
            }
        }
        Condition::Absent { hold, .. } | Condition::Found { hold, .. } => *hold = Duration::ZERO,
    }
    rule
}

#[cfg(test)]
mod tests {
    use model::Severity;

    use super::*;

    fn seen(alerts: Vec<Alert>, is_known: bool) -> Seen {
        Seen {
            by_daemon: true,
            is_known,
            alerts,
            summary: report::summary(&crate::top::tests::sample::nothing()),
            names: Vec::new(),
        }
    }

    fn alert(severity: Severity, summary: &str) -> Alert {
        let notice = crate::api::test_notice("x", "");
        let mut alert = notice.alerts.into_iter().next();
        if let Some(alert) = &mut alert {
            alert.severity = severity;
            summary.clone_into(&mut alert.summary);
        }
        alert.unwrap_or_else(|| unreachable!("a test notice has an alert"))
    }

    #[test]
    fn the_worst_decides_and_nothing_known_is_no_ok() {
        let arguments = Arguments {
            server: None,
            rule: None,
            json: false,
        };
        for (alerts, is_known, code, words) in [
            (
                vec![],
                true,
                0,
                "MCPVISOR OK - nothing is wrong with 0 servers | servers=0",
            ),
            (vec![Severity::Info], true, 0, "MCPVISOR OK - a b"),
            (vec![Severity::Warning], true, 1, "MCPVISOR WARNING - a b"),
            (vec![Severity::Error], true, 2, "MCPVISOR CRITICAL - a b"),
            (
                vec![Severity::Critical, Severity::Warning],
                false,
                2,
                "MCPVISOR CRITICAL - a b (and 1 more)",
            ),
            (vec![], false, 3, "MCPVISOR UNKNOWN - the daemon has not"),
        ] {
            let alerts = alerts.into_iter().map(|severity| alert(severity, "a b"));
            let report = judged(seen(alerts.collect(), is_known), &arguments);
            assert_eq!(report.code, code);
            assert!(report.line.starts_with(words), "{}", report.line);
        }
    }

    #[test]
    fn a_line_stays_one_line_with_one_bar() {
        let arguments = Arguments {
            server: None,
            rule: None,
            json: false,
        };
        let hostile = alert(Severity::Warning, "x | y=1\nz");
        let report = judged(seen(vec![hostile], true), &arguments);
        assert_eq!(report.line.matches('|').count(), 1);
        assert_eq!(report.line.lines().count(), 1);
    }
}
