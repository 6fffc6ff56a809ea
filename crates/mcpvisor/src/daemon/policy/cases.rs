//! Alerts as the policy sees them: what each is about, and what could be done to what.

use std::collections::BTreeMap;

use alerting::Alert;
use inventory::plan::Removal;
use inventory::{Instance, Server};
use keeper::View;
use model::{FindingKind, ProcessId};
use supervise::policy::{Case, Step, Target};

use super::contained;
use crate::picture::Picture;

/// What the objects of servers that are kept begin with.
pub(super) const SERVER: &str = "kept server ";

/// An alert with what could be done about it.
pub(crate) fn case(alert: &Alert, picture: &Picture, kept: &View) -> Case {
    let about = About::of(alert);
    let mut evidence = vec![alert.summary.clone()];
    evidence.extend(alert.evidence.iter().cloned());
    let mut targets = BTreeMap::from([(Step::Notify, nothing(about.words()))]);
    targets.extend(orphans(&about, picture).map(|target| (Step::CleanOrphans, target)));
    targets
        .extend(contained::restart(&about, picture).map(|target| (Step::RestartContainer, target)));
    targets.extend(restart(&about, kept).map(|target| (Step::RestartServer, target)));
    targets.extend(largest(alert, &about, picture, kept).map(|target| (Step::StopLargest, target)));
    let is_watched = |server: &&Server| about.is_about(&server.name, &server.owner.name);
    let of_a_server = about.server.is_some();
    let is_only_watched = of_a_server
        && picture
            .inventory
            .watched
            .iter()
            .any(|server| is_watched(&server))
        && !picture
            .inventory
            .servers
            .iter()
            .any(|server| is_watched(&server));
    Case {
        alert: alert.id.clone(),
        rule: alert.rule.clone(),
        severity: alert.severity,
        evidence,
        targets,
        is_unknown: alert.unknown,
        is_only_watched,
    }
}

/// What an alert is about, by its labels: a server, all servers of an owner, or the machine.
pub(crate) struct About<'a> {
    pub(crate) server: Option<&'a str>,
    pub(crate) owner: Option<&'a str>,
    /// Of a series of a container.
    pub(super) container: Option<&'a str>,
}

impl<'a> About<'a> {
    pub(crate) fn of(alert: &'a Alert) -> Self {
        let label = |name: &str| alert.labels.get(name).map(String::as_str);
        Self {
            server: label("server"),
            container: label("container"),
            // Figures of a gateway are about what it has started.
            owner: label("owner").or_else(|| label("gateway")),
        }
    }

    pub(crate) fn is_about(&self, server: &str, owner: &str) -> bool {
        self.server.is_none_or(|name| name == server) && self.owner.is_none_or(|name| name == owner)
    }

    /// The server, if it may be one that we keep.
    pub(crate) fn ours(&self) -> Option<&'a str> {
        let is_ours = self
            .owner
            .is_none_or(|owner| owner == inventory::kept::OWNER);
        self.server.filter(|_| is_ours)
    }

    pub(crate) fn words(&self) -> String {
        match (self.server, self.owner) {
            (Some(server), Some(owner)) => format!("server {server} of {owner}"),
            (Some(server), None) => format!("server {server}"),
            (None, Some(owner)) => format!("servers of {owner}"),
            (None, None) => "the machine".to_owned(),
        }
    }
}

fn nothing(object: String) -> Target {
    Target {
        object,
        processes: Vec::new(),
        is_only_watched: false,
    }
}

/// What nobody owns any more, as far as it would be cleaned.
fn orphans(about: &About<'_>, picture: &Picture) -> Option<Target> {
    let of_it = |removal: &&Removal| about.is_about(&removal.name, &removal.owner);
    let removals = picture.plan.removals.iter().filter(of_it);
    let mut roots: Vec<ProcessId> = removals.map(|removal| removal.root).collect();
    roots.extend(contained::orphans(about, picture));
    if roots.is_empty() {
        return None;
    }
    Some(Target {
        object: format!("orphans of {}", about.words()),
        processes: roots,
        is_only_watched: false,
    })
}

/// A server that we keep can be started anew.
fn restart(about: &About<'_>, kept: &View) -> Option<Target> {
    let server = kept.server(about.ours()?)?;
    Some(Target {
        object: format!("{SERVER}{}", server.name),
        processes: server.process.into_iter().collect(),
        is_only_watched: false,
    })
}

/// The instance that takes most of what the rule is about. One that we keep is not taken: to restart it
/// is the step before, and its keeper would start it again.
fn largest(alert: &Alert, about: &About<'_>, picture: &Picture, kept: &View) -> Option<Target> {
    let is_kept = |root: ProcessId| {
        kept.servers
            .iter()
            .any(|server| server.process == Some(root))
    };
    let runs = picture
        .inventory
        .instances()
        .filter(|(server, run)| {
            about.is_about(&server.name, &server.owner.name) && !is_kept(run.root)
        })
        .filter_map(|(server, run)| Some((weight(&alert.rule, run, picture)?, server, run)));
    let (_, server, run) = runs.max_by(|a, b| a.0.total_cmp(&b.0))?;
    Some(Target {
        object: format!("instance of {} of {}", server.name, server.owner.name),
        processes: run.members.iter().map(|member| member.id).collect(),
        is_only_watched: is_watched(run, picture),
    })
}

/// What an instance takes of what a rule is about; `None` if that is not known.
fn weight(rule: &str, run: &Instance, picture: &Picture) -> Option<f64> {
    let processes = run.members.iter().map(|member| {
        let process = picture.table.get(member.id.pid)?;
        (process.id() == member.id).then_some(process)
    });
    let of_one = |process: &model::Process| -> Option<f64> {
        let counters = &process.sample.counters;
        Some(match rule {
            "high_cpu" | "hot" | "machine_cpu" => process.usage.cpu_percent?,
            "process_count" => 1.0,
            "many_threads" => f64::from(counters.threads),
            "many_open_files" | "open_files_near_limit" | "fds_near_limit" => {
                f64::from(counters.fd_total?)
            }
            _ => counters.rss_bytes as f64,
        })
    };
    // What has ended since takes nothing.
    let known: Option<Vec<f64>> = processes.flatten().map(of_one).collect();
    known
        .filter(|all| !all.is_empty())
        .map(|all| all.iter().sum())
}

fn is_watched(run: &Instance, picture: &Picture) -> bool {
    let watched = picture
        .inventory
        .watched
        .iter()
        .flat_map(|server| &server.instances);
    let roots: Vec<ProcessId> = watched.map(|watched| watched.root).collect();
    run.members.iter().any(|member| roots.contains(&member.id))
}

/// The words by which a plan means just these orphans.
pub(in crate::daemon) fn orphan_words(processes: &[ProcessId], picture: &Picture) -> Vec<String> {
    let instances = picture
        .inventory
        .instances()
        .filter(|(_, run)| processes.contains(&run.root));
    let orphan = format!("{}-", FindingKind::Orphan.name());
    let ids = instances.flat_map(|(_, run)| inventory::findings::instance_finding_ids(run));
    ids.filter(|id| id.starts_with(&orphan)).collect()
}
