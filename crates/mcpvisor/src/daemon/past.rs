//! What the history tells, for the documents of the API.
//!
//! Reading the history waits for the disk, so all of it happens away from the threads that serve.
//! What `ps` shows of the past changes slowly and is asked for often: it is kept for a minute.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use history::{AuditQuery, EventQuery, History, Trend, TrendQuery};
use jiff::Timestamp;
use model::metric::table as metrics;
use web::Problem;

use super::{Daemon, Snapshot};
use crate::api::{AuditEntry, ChangeReport};
use crate::report::{self, Report, ServerHistory, Words};

/// How far back `ps` looks, milliseconds.
const WINDOW_MS: i64 = 3_600_000;
/// Growth is told of a server that has been seen for this long.
const SETTLED_SECONDS: f64 = 600.0;
/// How long what was found is told again, nanoseconds.
const KEPT_NS: u64 = 60_000_000_000;
/// A server that is new is looked for again after this long, nanoseconds.
const AT_LEAST_NS: u64 = 2_000_000_000;

/// What the last question found, by server and owner, and when that was, nanoseconds since boot.
#[derive(Default)]
pub struct Cache(Mutex<Option<(u64, Arc<Histories>)>>);

type Histories = BTreeMap<Key, ServerHistory>;

/// Name of a server and of its owner.
type Key = (String, String);

fn key(server: &report::ServerReport) -> Key {
    (server.name.clone(), server.owner.name.clone())
}

impl Daemon {
    /// The document of a look, with what the history tells of each server. `all`: every process of
    /// the machine too.
    pub(crate) async fn with_history(
        self: &Arc<Self>,
        snapshot: &Arc<Snapshot>,
        all: bool,
    ) -> Result<Report, Problem> {
        let (daemon, snapshot) = (Arc::clone(self), Arc::clone(snapshot));
        blocking(move || {
            let mut document = if all {
                report::report(&snapshot.picture, true, &mut Words::default())
            } else {
                (*snapshot.report(daemon.words())).clone()
            };
            let runs = document.servers.iter();
            let runs = runs.filter(|server| !server.instances.is_empty());
            let keys: Vec<Key> = runs.map(key).collect();
            let histories = daemon.histories(&keys);
            for server in &mut document.servers {
                server.history = histories.get(&key(server)).cloned();
            }
            document
        })
        .await
    }

    /// What the history tells of all servers, these among them if it knows them; of none where it
    /// cannot be read.
    fn histories(&self, wanted: &[Key]) -> Arc<Histories> {
        let mut cache = self
            .histories_cache()
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let now = linux::clock::boot_ns();
        if let Some((at, found)) = &*cache
            && (now.saturating_sub(*at) < AT_LEAST_NS
                || (now.saturating_sub(*at) < KEPT_NS
                    && wanted.iter().all(|key| found.contains_key(key))))
        {
            return Arc::clone(found);
        }
        let found = ask(self.history()).unwrap_or_else(|error| {
            tracing::warn!("the history could not be asked: {error}");
            Histories::new()
        });
        let found = Arc::new(found);
        *cache = Some((now, Arc::clone(&found)));
        found
    }

    /// Commands that were given, the latest first.
    pub(crate) async fn audits(
        &self,
        limit: usize,
        before: Option<u64>,
    ) -> Result<Vec<AuditEntry>, Problem> {
        let history = self.history().clone();
        let query = AuditQuery {
            limit: Some(limit),
            before,
            ..AuditQuery::default()
        };
        let found = blocking(move || history.audits(&query)).await?;
        let found = found.map_err(|error| unreadable(&error))?;
        Ok(found
            .into_iter()
            .map(|entry| AuditEntry {
                id: entry.id,
                at: time(entry.at),
                actor: entry.actor,
                command: entry.command,
                target: entry.target,
                outcome: entry.outcome.unwrap_or_else(|| entry.phase.clone()),
                phase: entry.phase,
                data: entry.data,
            })
            .collect())
    }

    /// What happened, the latest first.
    pub(crate) async fn past_changes(
        &self,
        query: EventQuery,
    ) -> Result<Vec<ChangeReport>, Problem> {
        let history = self.history().clone();
        let found = blocking(move || history.events(&query)).await?;
        let found = found.map_err(|error| unreadable(&error))?;
        Ok(found
            .into_iter()
            .map(|event| ChangeReport {
                id: event.id,
                at: time(event.at),
                kind: event.kind,
                severity: event.severity,
                server: event.server,
                title: event.title,
                data: event.data,
            })
            .collect())
    }
}

/// Four figures of each server over the last hour.
fn ask(history: &History) -> Result<Histories, history::Error> {
    let to = linux::clock::now().wall.as_millisecond();
    let trends = |metric: &model::Metric| {
        history.trends(&TrendQuery {
            metric: Some(metric.name.to_owned()),
            labels: Vec::new(),
            from: to - WINDOW_MS,
            to,
            max_series: 10_000,
        })
    };
    let mut found = Histories::new();
    for trend in trends(metrics::SERVER_RESIDENT_MEMORY_BYTES)? {
        let server = entry(&mut found, &trend);
        server.peak_rss_bytes = trend.peak;
        server.average_rss_bytes = trend.average;
        let window = (trend.last_at - trend.first_at).max(0) as f64 / 1e3;
        server.window_seconds = window;
        // What a start looks like says nothing about the hours after it.
        let slope = trend.slope.filter(|_| window >= SETTLED_SECONDS);
        server.rss_bytes_per_hour = slope.map(|slope| slope * 3600.0);
    }
    for trend in trends(metrics::SERVER_CPU_SECONDS_TOTAL)? {
        let server = entry(&mut found, &trend);
        let percent = trend.average.map(|rate| rate * 100.0);
        // User and system are two series of one server.
        server.average_cpu_percent = match (server.average_cpu_percent, percent) {
            (Some(one), Some(other)) => Some(one + other),
            (one, other) => one.or(other),
        };
    }
    for trend in trends(metrics::SERVER_RESTARTS_TOTAL)? {
        entry(&mut found, &trend).restarts = trend.increase;
    }
    Ok(found)
}

fn entry<'a>(found: &'a mut Histories, trend: &Trend) -> &'a mut ServerHistory {
    let label = |name: &str| trend.key.label(name).unwrap_or_default().to_owned();
    found
        .entry((label("server"), label("owner")))
        .or_insert_with(|| ServerHistory {
            window_seconds: 0.0,
            peak_rss_bytes: None,
            average_rss_bytes: None,
            rss_bytes_per_hour: None,
            average_cpu_percent: None,
            restarts: None,
        })
}

/// A stored time.
pub(crate) fn time(millis: i64) -> Timestamp {
    Timestamp::from_millisecond(millis).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// Runs what waits for the disk where nobody else waits.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Problem> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| Problem::internal("reading failed; the log says more"))
}

/// The history cannot be read.
pub(crate) fn unreadable(error: &history::Error) -> Problem {
    tracing::warn!("the history could not be read: {error}");
    Problem::unavailable(format!("the history cannot be read: {error}"))
}
