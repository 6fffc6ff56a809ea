//! The past: series, trends, exports.

use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use history::{Format, Query as Question, TrendQuery};
use http::header::CONTENT_TYPE;
use jiff::Timestamp;
use model::Metric;
use schemars::JsonSchema;
use serde::Deserialize;
use web::{Path, Problem, Query};

use super::describe::{Api, Operation};
use super::documents::{HistoryReport, HistoryStats, Trends};
use super::recorded::{report, trend};
use super::servers::named;
use super::{Shared, current};
use crate::daemon::past::{blocking, unreadable};
use crate::when;

/// How far back is looked where it is not said.
const HOUR: Duration = Duration::from_hours(1);
/// Longest window and step.
const LONGEST: Duration = Duration::from_hours(24 * 400);
/// Most series and points of one answer.
const MOST_SERIES: usize = 1_000;
const MOST_POINTS: usize = 200_000;
/// Bytes of an export that wait for a slow reader.
const CHUNK: usize = 64 << 10;

/// What is asked of the past.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Asked {
    /// Name of a metric; `mcpvisor_server_` may be left out.
    pub metric: Option<String>,
    /// Name or id of a server.
    pub server: Option<String>,
    /// Name of an owner.
    pub owner: Option<String>,
    /// From when: a time such as `2026-11-21T08:00:00Z`, a time ago such as `-1h`, or seconds since
    /// 1970. An hour ago if it is not said.
    pub from: Option<String>,
    /// Until when, in the same words; now if it is not said.
    pub to: Option<String>,
    /// Width of the buckets that samples are summed up in, such as `5m`; without it samples are
    /// told as they were taken.
    pub step: Option<String>,
    /// `true`: lists of times and values in place of points.
    pub columns: bool,
}

/// What is asked of one server's past.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct AskedOfOne {
    /// Name of a metric; `mcpvisor_server_` may be left out. All of them if it is not said.
    metric: Option<String>,
    /// From when; an hour ago if it is not said.
    from: Option<String>,
    /// Until when; now if it is not said.
    to: Option<String>,
    /// Width of the buckets that samples are summed up in, such as `5m`.
    step: Option<String>,
    /// `true`: lists of times and values in place of points.
    columns: bool,
}

/// How an export is asked for.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct AskedExport {
    /// `csv`, `jsonl` or `openmetrics`.
    format: Option<String>,
    /// Name of a metric; all of them if it is not said.
    metric: Option<String>,
    /// Name or id of a server.
    server: Option<String>,
    /// Name of an owner.
    owner: Option<String>,
    /// From when; the beginning if it is not said.
    from: Option<String>,
    /// Until when; now if it is not said.
    to: Option<String>,
    /// Width of the buckets that samples are summed up in.
    step: Option<String>,
}

/// How far trends look back.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Window {
    /// Such as `1h`, which it is if it is not said, or `7d`.
    window: Option<String>,
}

pub(super) fn routes(api: Api<Shared>) -> Api<Shared> {
    let none = "There is no such server.";
    let wrong = "A parameter is not as it should be.";
    let closed = "The history cannot be read.";
    let all = Operation::new("get", "/api/v1/history", "Series of one metric")
        .tag("history")
        .query::<Asked>()
        .answer::<HistoryReport>(200, "Series with their points, the earliest first.")
        .problem(422, wrong)
        .problem(503, closed);
    let one = Operation::new(
        "get",
        "/api/v1/servers/{id}/history",
        "Series of one server",
    )
    .about("Of all servers of its name under owners of one name, whatever their sessions were.")
    .tag("history")
    .query::<AskedOfOne>()
    .answer::<HistoryReport>(200, "Series with their points, the earliest first.")
    .problem(404, none)
    .problem(422, wrong)
    .problem(503, closed);
    let trend = Operation::new(
        "get",
        "/api/v1/servers/{id}/trends",
        "Where a server is going",
    )
    .tag("history")
    .query::<Window>()
    .answer::<Trends>(200, "Average, lowest, peak, last and slope of each series.")
    .problem(404, none)
    .problem(422, wrong)
    .problem(503, closed);
    let figures = Operation::new("get", "/api/v1/history/stats", "How large the history is")
        .tag("history")
        .answer::<HistoryStats>(200, "Its figures.")
        .problem(503, closed);
    let out = Operation::new(
        "get",
        "/api/v1/history/export",
        "Everything, for other programs",
    )
    .tag("history")
    .query::<AskedExport>()
    .answer_as::<String>(200, "CSV, JSON lines or OpenMetrics.", "text/csv")
    .answer_as::<String>(200, "", "application/jsonl")
    .answer_as::<String>(200, "", "application/openmetrics-text")
    .problem(422, wrong)
    .problem(503, closed);
    api.route(all, get(history))
        .route(figures, get(stats))
        .route(out, get(export))
        .route(one, get(history_of_one))
        .route(trend, get(trends))
}

async fn history(
    State(shared): State<Shared>,
    Query(asked): Query<Asked>,
) -> Result<Json<HistoryReport>, Problem> {
    if asked.metric.is_none() {
        return Err(Problem::unprocessable(
            "`metric` is needed; `/metrics` lists all of them",
        ));
    }
    let question = question(&shared, &asked, false)?;
    answer(&shared, question, asked.columns).await
}

async fn history_of_one(
    State(shared): State<Shared>,
    Path(id): Path<String>,
    Query(asked): Query<AskedOfOne>,
) -> Result<Json<HistoryReport>, Problem> {
    let snapshot = current(&shared)?;
    let server = named(&snapshot, &id)?;
    let asked = Asked {
        metric: asked.metric,
        server: Some(server.name.clone()),
        owner: Some(server.owner.name.clone()),
        from: asked.from,
        to: asked.to,
        step: asked.step,
        columns: asked.columns,
    };
    let question = question(&shared, &asked, false)?;
    answer(&shared, question, asked.columns).await
}

impl Asked {
    /// The question in the store's words. `everything`: from the beginning where it is not said, else
    /// from an hour before the end. `known`: name and owner that the server's id stands for.
    pub(crate) fn question(
        &self,
        everything: bool,
        known: Option<(&str, &str)>,
    ) -> Result<Question, String> {
        let now = linux::clock::now().wall;
        let to = Self::time("to", self.to.as_deref(), now)?.unwrap_or(now);
        let from = match Self::time("from", self.from.as_deref(), now)? {
            Some(from) => from.as_millisecond(),
            None if everything => 0,
            None => to.as_millisecond().saturating_sub(millis(HOUR)),
        };
        let mut question = Question {
            max_series: MOST_SERIES,
            max_points: MOST_POINTS,
            ..Question::between(from, to.as_millisecond())
        };
        if let Some(step) = &self.step {
            let step = when::span(step).map_err(|why| format!("`step`: {why}"))?;
            if step < Duration::from_secs(1) || step > LONGEST {
                return Err("`step` is a width from `1s` to `400d`".to_owned());
            }
            question = question.step(step);
        }
        if let Some(name) = &self.metric {
            let metric = Metric::named(name).ok_or(
                "`metric`: there is no metric of this name; docs/metrics.md and `/metrics` list all",
            )?;
            question = question.metric(metric.name);
        }
        question = match (known, &self.server) {
            (Some((name, owner)), _) => question.label("server", name).label("owner", owner),
            (None, Some(server)) => question.label("server", server),
            (None, None) => question,
        };
        if let Some(owner) = &self.owner {
            question = question.label("owner", owner);
        }
        Ok(question)
    }

    fn time(name: &str, text: Option<&str>, now: Timestamp) -> Result<Option<Timestamp>, String> {
        text.map(|text| when::parse(text, now))
            .transpose()
            .map_err(|why| format!("`{name}`: {why}"))
    }
}

fn millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

/// The question, with what an id of a server stands for.
fn question(shared: &Shared, asked: &Asked, everything: bool) -> Result<Question, Problem> {
    let snapshot = shared.snapshot();
    let known = asked.server.as_ref().and_then(|id| {
        let inventory = &snapshot.as_ref()?.picture.inventory;
        let mut all = inventory.servers.iter().chain(&inventory.watched);
        all.find(|known| known.id == *id)
    });
    let known = known.map(|server| (server.name.as_str(), server.owner.name.as_str()));
    asked
        .question(everything, known)
        .map_err(Problem::unprocessable)
}

async fn answer(
    shared: &Shared,
    question: Question,
    columns: bool,
) -> Result<Json<HistoryReport>, Problem> {
    let history = shared.history().clone();
    let found = blocking(move || history.query(&question)).await?;
    let found = found.map_err(|error| unreadable(&error))?;
    Ok(Json(report(found, columns)))
}

async fn trends(
    State(shared): State<Shared>,
    Path(id): Path<String>,
    Query(window): Query<Window>,
) -> Result<Json<Trends>, Problem> {
    let snapshot = current(&shared)?;
    let server = named(&snapshot, &id)?;
    let window = window.window.as_deref().map(when::span).transpose();
    let window = window.map_err(|why| Problem::unprocessable(format!("`window`: {why}")))?;
    let window = window.unwrap_or(HOUR);
    if window.is_zero() || window > LONGEST {
        return Err(Problem::unprocessable("`window` is from `1s` to `400d`"));
    }
    let to = linux::clock::now().wall.as_millisecond();
    let back = millis(window);
    let query = TrendQuery {
        metric: None,
        labels: vec![
            ("server".to_owned(), server.name.clone()),
            ("owner".to_owned(), server.owner.name.clone()),
        ],
        from: to.saturating_sub(back),
        to,
        max_series: MOST_SERIES,
    };
    let history = shared.history().clone();
    let found = blocking(move || history.trends(&query)).await?;
    let found = found.map_err(|error| unreadable(&error))?;
    Ok(Json(Trends {
        server: server.id.clone(),
        window_seconds: window.as_secs_f64(),
        trends: found.into_iter().map(trend).collect(),
    }))
}

async fn stats(State(shared): State<Shared>) -> Result<Json<HistoryStats>, Problem> {
    let history = shared.history().clone();
    let stats = blocking(move || history.stats()).await?;
    let stats = stats.map_err(|error| unreadable(&error))?;
    Ok(Json(HistoryStats::from(stats)))
}

async fn export(
    State(shared): State<Shared>,
    Query(asked): Query<AskedExport>,
) -> Result<Response, Problem> {
    let (format, content) = match asked.format.as_deref().unwrap_or("csv") {
        "csv" => (Format::Csv, "text/csv; charset=utf-8"),
        "jsonl" => (Format::JsonLines, "application/jsonl; charset=utf-8"),
        "openmetrics" => (
            Format::OpenMetrics,
            "application/openmetrics-text; version=1.0.0; charset=utf-8",
        ),
        _ => {
            return Err(Problem::unprocessable(
                "`format` is `csv`, `jsonl` or `openmetrics`",
            ));
        }
    };
    let asked = Asked {
        metric: asked.metric,
        server: asked.server,
        owner: asked.owner,
        from: asked.from,
        to: asked.to,
        step: asked.step,
        columns: false,
    };
    let question = question(&shared, &asked, true)?;
    let history = shared.history().clone();
    let (sender, mut receiver) = tokio::sync::mpsc::channel(4);
    tokio::task::spawn_blocking(move || {
        let mut out = Outlet {
            sender,
            waiting: Vec::with_capacity(CHUNK),
        };
        let done = history.export(&question, format, &mut out);
        if let Err(error) = done {
            // The answer has begun: all that is left is to break it off.
            drop(out.sender.blocking_send(Err(std::io::Error::other(error))));
        }
    });
    // The first piece tells whether there is anything to answer with.
    let first = receiver.recv().await;
    if let Some(Err(error)) = first {
        return Err(Problem::unavailable(format!("the export failed: {error}")));
    }
    let mut first = first;
    // Compression asks again after the end, which a receiver bears.
    let body = Body::from_stream(futures_util::stream::poll_fn(move |context| {
        match first.take() {
            Some(piece) => std::task::Poll::Ready(Some(piece)),
            None => receiver.poll_recv(context),
        }
    }));
    Ok(([(CONTENT_TYPE, content)], body).into_response())
}

/// Passes what is written on, a piece at a time, and waits for a slow reader.
struct Outlet {
    sender: tokio::sync::mpsc::Sender<Result<bytes::Bytes, std::io::Error>>,
    waiting: Vec<u8>,
}

impl std::io::Write for Outlet {
    fn write(&mut self, text: &[u8]) -> std::io::Result<usize> {
        self.waiting.extend_from_slice(text);
        if self.waiting.len() >= CHUNK {
            self.flush()?;
        }
        Ok(text.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let piece = std::mem::replace(&mut self.waiting, Vec::with_capacity(CHUNK));
        self.sender
            .blocking_send(Ok(piece.into()))
            .map_err(|_| std::io::ErrorKind::BrokenPipe.into())
    }
}
