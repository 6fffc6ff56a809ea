//! Servers: what they are, cost and do.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::routing::get;
use inventory::Server;
use schemars::JsonSchema;
use serde::Deserialize;
use web::{Path, Problem, Query};

use super::describe::{Api, Operation};
use super::documents::{Branch, Findings, MetricValue, ServerMetrics, ServerTree, Servers};
use super::{Shared, current};
use crate::daemon::Snapshot;
use crate::report::{FindingReport, InstanceReport, ProcessReport, Report, ServerReport};

/// Which look answers.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Freshness {
    /// Look now, instead of telling what the last look saw.
    fresh: bool,
    /// Every process of the machine too.
    all: bool,
}

/// Which look answers.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Fresh {
    /// Look now, instead of telling what the last look saw.
    fresh: bool,
}

pub(super) fn routes(api: Api<Shared>) -> Api<Shared> {
    let none = "There is no such server.";
    api.route(
        Operation::new("get", "/api/v1/servers", "All servers")
            .query::<Fresh>()
            .answer::<Servers>(200, "All servers, with their instances and processes."),
        get(all),
    )
    .route(
        Operation::new("get", "/api/v1/servers/{id}", "One server")
            .about("By its id, or by its name where only one server has it.")
            .answer::<ServerReport>(200, "The server.")
            .problem(404, none),
        get(one),
    )
    .route(
        Operation::new(
            "get",
            "/api/v1/servers/{id}/metrics",
            "What it measures now",
        )
        .answer::<ServerMetrics>(200, "Its metrics.")
        .problem(404, none),
        get(metrics),
    )
    .route(
        Operation::new(
            "get",
            "/api/v1/servers/{id}/tree",
            "Its processes as a tree",
        )
        .answer::<ServerTree>(200, "The tree.")
        .problem(404, none),
        get(tree),
    )
    .route(
        Operation::new("get", "/api/v1/findings", "What is wrong")
            .query::<Fresh>()
            .answer::<Findings>(200, "Findings, the worst first."),
        get(findings),
    )
    .route(
        Operation::new("get", "/api/v1/report", "All of one look")
            .about("What `mcpvisor ps --json` prints, with what the history tells of each server.")
            .query::<Freshness>()
            .answer::<Report>(200, "The document of one look."),
        get(report),
    )
}

async fn all(
    State(shared): State<Shared>,
    Query(fresh): Query<Fresh>,
) -> Result<Json<Servers>, Problem> {
    let snapshot = shared.look(fresh.fresh).await?;
    let report = shared.with_history(&snapshot, false).await?;
    Ok(Json(Servers {
        taken_at: report.taken_at,
        level: snapshot.level,
        servers: report.servers,
        summary: report.summary,
    }))
}

async fn report(
    State(shared): State<Shared>,
    Query(fresh): Query<Freshness>,
) -> Result<Json<Report>, Problem> {
    let snapshot = shared.look(fresh.fresh).await?;
    Ok(Json(shared.with_history(&snapshot, fresh.all).await?))
}

async fn one(
    State(shared): State<Shared>,
    Path(id): Path<String>,
) -> Result<Json<ServerReport>, Problem> {
    let snapshot = current(&shared)?;
    let id = named(&snapshot, &id)?.id.clone();
    let report = shared.with_history(&snapshot, false).await?;
    let found = report.servers.into_iter().find(|server| server.id == id);
    found.map(Json).ok_or_else(|| unknown(&id))
}

async fn metrics(
    State(shared): State<Shared>,
    Path(id): Path<String>,
) -> Result<Json<ServerMetrics>, Problem> {
    let snapshot = current(&shared)?;
    let server = named(&snapshot, &id)?;
    let metrics = snapshot
        .observation
        .measurements
        .iter()
        .filter(|one| {
            matches!(&*one.labels, [name, owner, ..]
                if one.metric.labels.starts_with(&["server", "owner"])
                    && **name == *server.name && **owner == *server.owner.name)
        })
        .map(|one| {
            let pairs = one.metric.labels.iter().zip(&*one.labels).skip(2);
            MetricValue {
                name: one.metric.name.into(),
                labels: pairs
                    .map(|(name, value)| ((*name).to_owned(), value.to_string()))
                    .collect::<BTreeMap<_, _>>(),
                kind: kind_name(one.metric.kind).into(),
                unit: one.metric.unit.into(),
                value: one.value,
            }
        })
        .collect();
    Ok(Json(ServerMetrics {
        server: server.id.clone(),
        taken_at: snapshot.picture.table.moment.wall,
        metrics,
    }))
}

/// The name of a kind in JSON.
pub(super) fn kind_name(kind: model::MetricKind) -> &'static str {
    match kind {
        model::MetricKind::Counter => "counter",
        model::MetricKind::Gauge => "gauge",
        model::MetricKind::Info => "info",
    }
}

async fn tree(
    State(shared): State<Shared>,
    Path(id): Path<String>,
) -> Result<Json<ServerTree>, Problem> {
    let snapshot = current(&shared)?;
    let id = named(&snapshot, &id)?.id.clone();
    let report = snapshot.report(shared.words());
    let server = report.servers.iter().find(|server| server.id == id);
    let server = server.ok_or_else(|| unknown(&id))?;
    let roots = server.instances.iter().filter_map(branches).collect();
    Ok(Json(ServerTree { server: id, roots }))
}

/// The tree of an instance. Its processes come root first, parents before children.
fn branches(instance: &InstanceReport) -> Option<Branch> {
    let mut below: BTreeMap<u32, Vec<Branch>> = BTreeMap::new();
    let known = |pid: u32| instance.processes.iter().any(|process| process.pid == pid);
    let root = instance.processes.first()?;
    for process in instance.processes.iter().skip(1).rev() {
        let mut children = below.remove(&process.pid).unwrap_or_default();
        children.reverse();
        let branch = Branch {
            process: ProcessReport::clone(process),
            children,
        };
        // One whose parent is not in the instance any more hangs below its root.
        let parent = if known(process.ppid) {
            process.ppid
        } else {
            root.pid
        };
        below.entry(parent).or_default().push(branch);
    }
    let mut children = below.remove(&root.pid).unwrap_or_default();
    children.reverse();
    Some(Branch {
        process: root.clone(),
        children,
    })
}

async fn findings(
    State(shared): State<Shared>,
    Query(fresh): Query<Fresh>,
) -> Result<Json<Findings>, Problem> {
    let snapshot = shared.look(fresh.fresh).await?;
    let picture = &snapshot.picture;
    Ok(Json(Findings {
        taken_at: picture.table.moment.wall,
        findings: picture.findings.iter().map(FindingReport::from).collect(),
        unavailable: picture.unavailable(),
    }))
}

/// The server with this id, else the only one with this name.
pub(super) fn named<'a>(snapshot: &'a Snapshot, id: &str) -> Result<&'a Server, Problem> {
    let inventory = &snapshot.picture.inventory;
    let all = || inventory.servers.iter().chain(&inventory.watched);
    if let Some(server) = all().find(|server| server.id == id) {
        return Ok(server);
    }
    let mut named = all().filter(|server| server.name == id);
    match (named.next(), named.next()) {
        (Some(only), None) => Ok(only),
        (Some(_), Some(_)) => Err(Problem::not_found(
            "several servers have this name; ask by id, as `/api/v1/servers` lists them",
        )),
        _ => Err(unknown(id)),
    }
}

fn unknown(_id: &str) -> Problem {
    Problem::not_found("there is no such server; `/api/v1/servers` lists them all")
}
