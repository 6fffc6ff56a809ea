//! How a server is: its level, and the reasons.

use alerting::{Alert, State as Life};
use axum::Json;
use axum::extract::State;
use axum::routing::get;
use model::Severity;
use web::{Path, Problem};

use super::Shared;
use super::current;
use super::describe::{Api, Operation};
use super::documents::{HealthIssue, ServerHealth};
use super::servers::named;
use crate::daemon::{Level, Snapshot};
use crate::report::FindingReport;

pub(super) fn routes(api: Api<Shared>) -> Api<Shared> {
    api.route(
        Operation::new(
            "get",
            "/api/v1/servers/{id}/health",
            "Whether a server is well",
        )
        .tag("servers")
        .answer::<ServerHealth>(200, "Its level and what is wrong with it.")
        .problem(404, "There is no such server."),
        get(health),
    )
}

async fn health(
    State(shared): State<Shared>,
    Path(id): Path<String>,
) -> Result<Json<ServerHealth>, Problem> {
    let snapshot = current(&shared)?;
    let server = named(&snapshot, &id)?;
    let findings: Vec<&model::Finding> = of_server(&snapshot, &server.id).collect();
    let alerts: Vec<&Alert> = about(&snapshot.alerts, &server.name, &server.owner.name).collect();
    let issues = issues(&findings, &alerts);
    let count = |severity: Severity| {
        issues
            .iter()
            .filter(|issue| issue.severity == severity)
            .count()
    };
    Ok(Json(ServerHealth {
        server: server.id.clone(),
        level: level_of(server, &issues),
        state: server.state,
        checked_at: snapshot.picture.table.moment.wall,
        warnings: count(Severity::Warning),
        errors: count(Severity::Error) + count(Severity::Critical),
        issues,
        findings: findings.into_iter().map(FindingReport::from).collect(),
    }))
}

fn of_server<'a>(snapshot: &'a Snapshot, id: &str) -> impl Iterator<Item = &'a model::Finding> {
    let findings = snapshot.picture.findings.iter();
    findings.filter(move |finding| finding.server.as_deref() == Some(id))
}

fn about<'a>(alerts: &'a [Alert], name: &str, owner: &str) -> impl Iterator<Item = &'a Alert> {
    alerts.iter().filter(move |alert| {
        alert.state == Life::Firing
            && alert
                .labels
                .get("server")
                .is_some_and(|label| label == name)
            && alert.labels.get("owner").is_none_or(|label| label == owner)
    })
}

/// What is wrong, the worst first. An alert about a finding says it once.
fn issues(findings: &[&model::Finding], alerts: &[&Alert]) -> Vec<HealthIssue> {
    let mut issues: Vec<HealthIssue> = alerts
        .iter()
        .map(|alert| HealthIssue {
            kind: alert.kind.clone(),
            severity: alert.severity,
            title: alert.summary.clone(),
            since: alert.starts_at.or(Some(alert.active_at)),
            advice: alert.advice.clone(),
            alert: Some(alert.id.clone()),
        })
        .collect();
    for finding in findings {
        let kind = finding.kind.name();
        if !alerts.iter().any(|alert| alert.kind == kind) {
            issues.push(HealthIssue {
                kind: kind.to_owned(),
                severity: finding.severity,
                title: finding.title.clone(),
                since: None,
                advice: finding.advice.clone(),
                alert: None,
            });
        }
    }
    issues.sort_by_key(|issue| std::cmp::Reverse(issue.severity));
    issues
}

fn level_of(server: &inventory::Server, issues: &[HealthIssue]) -> Level {
    let worst = issues.iter().map(|issue| issue.severity).max();
    if server.instances.is_empty() && worst.is_none() {
        return Level::Unknown;
    }
    Level::of_severity(worst)
}

/// The level of the servers of a name (and owner, if one is said), or of the whole.
pub(super) fn level(shared: &Shared, server: Option<&(String, Option<String>)>) -> Level {
    let (Some((name, owner)), Some(snapshot)) = (server, shared.snapshot()) else {
        return shared.level();
    };
    let inventory = &snapshot.picture.inventory;
    let servers = inventory
        .servers
        .iter()
        .chain(&inventory.watched)
        .filter(|server| {
            server.name == *name
                && owner
                    .as_ref()
                    .is_none_or(|owner| server.owner.name == *owner)
        });
    let levels = servers.map(|server| {
        let findings: Vec<&model::Finding> = of_server(&snapshot, &server.id).collect();
        let alerts: Vec<&Alert> =
            about(&snapshot.alerts, &server.name, &server.owner.name).collect();
        level_of(server, &issues(&findings, &alerts))
    });
    let known = levels.filter(|level| *level != Level::Unknown);
    known.max().unwrap_or(Level::Unknown)
}
