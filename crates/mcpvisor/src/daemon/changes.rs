//! What has changed between two pictures: the events that history keeps and listeners get.

use std::collections::BTreeMap;

use inventory::{Server, ServerState};
use model::{Finding, ProcessId, Severity};
use serde_json::{Value, json};

use super::level::Level;
use super::snapshot::Snapshot;
use crate::picture::Picture;

/// Something that happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// `server`, `finding`, `alert`, `level` or `action`.
    pub kind: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// Id of the server that it concerns.
    pub server: Option<String>,
    /// One line for people.
    pub title: String,
    /// For programs.
    pub data: Value,
}

/// What has changed from one look to the next, in the order of the later one.
pub fn between(before: &Snapshot, after: &Snapshot) -> Vec<Change> {
    let mut changes = pictures(&before.picture, &after.picture);
    changes.extend(levels(before.level, after.level));
    changes
}

fn pictures(before: &Picture, after: &Picture) -> Vec<Change> {
    let mut changes = servers(before, after);
    changes.extend(findings(&before.findings, &after.findings));
    changes
}

fn levels(old: Level, new: Level) -> Option<Change> {
    (old != new).then(|| Change {
        kind: "level",
        severity: Severity::Info,
        server: None,
        title: format!("the level went from {} to {}", old.name(), new.name()),
        data: json!({ "before": old, "after": new }),
    })
}

fn all(picture: &Picture) -> BTreeMap<&str, &Server> {
    let inventory = &picture.inventory;
    let servers = inventory.servers.iter().chain(&inventory.watched);
    servers.map(|server| (server.id.as_str(), server)).collect()
}

fn servers(before: &Picture, after: &Picture) -> Vec<Change> {
    let (old, new) = (all(before), all(after));
    let mut changes = Vec::new();
    for (id, server) in &new {
        let was = old.get(id).copied();
        changes.extend(instances(was, server));
        let state = was.map(|was| was.state);
        if state != Some(server.state) && is_worth_telling(state, server.state) {
            changes.push(Change {
                severity: severity(server.state),
                ..change(
                    server,
                    "state",
                    format!(
                        "{} of {} is {}",
                        server.name,
                        server.owner.name,
                        server.state.name().replace('_', " ")
                    ),
                    json!({ "before": state, "after": server.state }),
                )
            });
        }
    }
    for (id, server) in &old {
        if !new.contains_key(id) {
            for root in roots(server) {
                changes.push(ended(server, root));
            }
        }
    }
    changes
}

/// Starts and ends of a server's instances.
fn instances(was: Option<&Server>, server: &Server) -> Vec<Change> {
    let before: Vec<ProcessId> = was.map(roots).unwrap_or_default();
    let after = roots(server);
    let gone = before.iter().filter(|root| !after.contains(root));
    let new = after.iter().filter(|root| !before.contains(root));
    let started = new.map(|root| {
        change(
            server,
            "started",
            format!(
                "{} of {} started (PID {})",
                server.name, server.owner.name, root.pid
            ),
            json!({ "pid": root.pid }),
        )
    });
    gone.map(|root| ended(server, *root))
        .chain(started)
        .collect()
}

fn ended(server: &Server, root: ProcessId) -> Change {
    change(
        server,
        "ended",
        format!(
            "{} of {} ended (PID {})",
            server.name, server.owner.name, root.pid
        ),
        json!({ "pid": root.pid }),
    )
}

fn roots(server: &Server) -> Vec<ProcessId> {
    server.instances.iter().map(|run| run.root).collect()
}

fn change(server: &Server, what: &str, title: String, mut data: Value) -> Change {
    if let Value::Object(map) = &mut data {
        map.insert("what".to_owned(), json!(what));
        map.insert("name".to_owned(), json!(server.name));
        map.insert("owner".to_owned(), json!(server.owner.name));
    }
    Change {
        kind: "server",
        severity: Severity::Info,
        server: Some(server.id.clone()),
        title,
        data,
    }
}

/// A server that is first seen running has started, which is told already; one that is declared and
/// does not run is nothing new.
fn is_worth_telling(before: Option<ServerState>, after: ServerState) -> bool {
    let quiet = [
        ServerState::Running,
        ServerState::NotRunning,
        ServerState::Disabled,
    ];
    before.is_some() || !quiet.contains(&after)
}

fn severity(state: ServerState) -> Severity {
    match state {
        ServerState::Running | ServerState::NotRunning | ServerState::Disabled => Severity::Info,
        ServerState::Duplicate | ServerState::Surplus | ServerState::Orphan => Severity::Warning,
        ServerState::Stopped | ServerState::Zombie => Severity::Error,
    }
}

fn findings(before: &[Finding], after: &[Finding]) -> Vec<Change> {
    let known = |all: &[Finding], id: &str| all.iter().any(|finding| finding.id == id);
    let opened = after
        .iter()
        .filter(|finding| !known(before, &finding.id))
        .map(|found| finding(found, "opened"));
    let closed = before
        .iter()
        .filter(|finding| !known(after, &finding.id))
        .map(|gone| finding(gone, "closed"));
    opened.chain(closed).collect()
}

fn finding(finding: &Finding, what: &str) -> Change {
    Change {
        kind: "finding",
        severity: if what == "closed" {
            Severity::Info
        } else {
            finding.severity
        },
        server: finding.server.clone(),
        title: if what == "closed" {
            format!("no longer: {}", finding.title)
        } else {
            finding.title.clone()
        },
        data: json!({
            "what": what,
            "id": finding.id,
            "kind": finding.kind,
            "severity": finding.severity,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::{Change, levels, pictures};
    use crate::daemon::Level;
    use crate::top::tests::sample;

    fn titles(changes: &[Change], kind: &str) -> Vec<String> {
        let of_kind = changes.iter().filter(|change| change.kind == kind);
        of_kind.map(|change| change.title.clone()).collect()
    }

    #[test]
    fn nothing_new_is_told_twice() {
        assert_eq!(pictures(&sample::picture(), &sample::picture()), []);
    }

    #[test]
    fn starts_ends_findings_and_the_level_are_told() {
        let begun = pictures(&sample::nothing(), &sample::picture());
        let servers = titles(&begun, "server");
        assert!(
            servers.contains(&"memory of Claude Code started (PID 110)".to_owned()),
            "{servers:?}"
        );
        assert_eq!(titles(&begun, "finding").len(), 3);
        let level = levels(Level::Green, Level::Orange);
        assert_eq!(
            level.map(|level| level.title).as_deref(),
            Some("the level went from green to orange")
        );
        assert_eq!(levels(Level::Red, Level::Red), None);
        let orphan = begun.iter().find(|change| change.data["after"] == "orphan");
        assert_eq!(
            orphan.map(|change| change.severity),
            Some(model::Severity::Warning)
        );

        let ended = pictures(&sample::picture(), &sample::without("memory"));
        assert_eq!(
            titles(&ended, "server"),
            ["memory of Claude Code ended (PID 110)"]
        );
        assert!(
            titles(&ended, "finding")
                .iter()
                .all(|title| title.starts_with("no longer: "))
        );
    }
}
