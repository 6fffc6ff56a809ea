//! What was measured, and what we promise.

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Arguments, Conditions, POINTS};
use crate::bench::machine;
use crate::bench::median::{largest, median};
use crate::bench::paper::{Paper, Table};
use crate::bench::verdict::Verdict;

/// What the script tells.
#[derive(Debug, Deserialize)]
struct Figures {
    bytes: f64,
    rows: usize,
    paints: Vec<Paint>,
    charts: Vec<f64>,
    cost: Cost,
    scroll: Scroll,
    memory: Vec<Reading>,
}

/// Milliseconds from the navigation.
#[derive(Debug, Deserialize)]
struct Paint {
    useful: f64,
    contentful: Option<f64>,
}

#[derive(Debug, Deserialize)]
struct Cost {
    cpu_percent: f64,
    pss_bytes: Option<f64>,
}

/// Milliseconds between frames.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Scroll {
    frames: usize,
    median: f64,
    p99: f64,
    longest: f64,
    longest_task: f64,
}

#[derive(Debug, Deserialize)]
struct Reading {
    at: f64,
    bytes: f64,
    nodes: f64,
}

pub(super) fn fill(
    paper: &mut Paper,
    conditions: &Conditions,
    arguments: &Arguments,
    told: &Value,
) -> Result<()> {
    let figures = Figures::deserialize(told).context("the script told something else")?;
    let memory = Memory::of(&figures.memory);
    paper.name = "dashboard";
    paper.conditions = format!(
        "{}; {} real servers of three processes under one owner, {} processes in all, looked at each second, \
         figures of all servers shaken in each look by a proxy; Chromium without a window and without a GPU, \
         1280×900; the processors were busy for {:.0} % of the time, with servers, daemon, proxy and browser.{}",
        machine::words(),
        conditions.servers,
        conditions.processes,
        conditions.busy_percent,
        if arguments.quick {
            " A quick run: three rounds, a minute of memory."
        } else {
            ""
        },
    );
    paper.tables = vec![table(&figures, &memory)];
    paper.verdicts = verdicts(&figures, &memory);
    paper.figures = json!({
        "servers": conditions.servers,
        "processes": conditions.processes,
        "machine_busy_percent": conditions.busy_percent,
        "page": told,
    });
    Ok(())
}

fn useful(figures: &Figures) -> Vec<f64> {
    figures.paints.iter().map(|paint| paint.useful).collect()
}

fn table(figures: &Figures, memory: &Memory) -> Table {
    let contentful: Vec<f64> = figures
        .paints
        .iter()
        .filter_map(|paint| paint.contentful)
        .collect();
    let scroll = &figures.scroll;
    let mut table = Table::new(&["of the page", "figure", "worst"]);
    let mut row = |what: &str, figure: String, worst: String| {
        table.rows.push(vec![what.to_owned(), figure, worst]);
    };
    let bytes = format!("{:.1} KB", figures.bytes / 1024.0);
    row("scripts and styles, gzip", bytes, "–".to_owned());
    let rounds = [
        ("first paint of anything", contentful),
        ("first paint with servers in the table", useful(figures)),
        ("a chart of 100,000 points", figures.charts.clone()),
    ];
    for (what, times) in &rounds {
        let worst = format!("{:.0} ms", largest(times));
        row(what, format!("{:.0} ms", median(times)), worst);
    }
    let frames = format!("{:.1} ms", scroll.median);
    let worst = format!("{:.1} ms, 99 % under {:.1}", scroll.longest, scroll.p99);
    row("a frame while scrolling", frames, worst);
    let task = format!("{:.0} ms", scroll.longest_task);
    row("the longest task meanwhile", task, "–".to_owned());
    let cpu = format!("{:.1} % of a processor", figures.cost.cpu_percent);
    row("the whole browser, updating", cpu, "–".to_owned());
    if let Some(bytes) = figures.cost.pss_bytes {
        let resident = format!("{:.0} MB", bytes / 1e6);
        row("its proportional memory", resident, "–".to_owned());
    }
    let heap = format!("{:.2} MB", memory.first / 1e6);
    let last = format!("{:.2} MB after {:.0} s", memory.last / 1e6, memory.seconds);
    row("live JavaScript objects", heap, last);
    let nodes = format!("{:.0}", memory.first_nodes);
    row("nodes", nodes, format!("{:.0}", memory.last_nodes));
    table
}

fn verdicts(figures: &Figures, memory: &Memory) -> Vec<Verdict> {
    let rows = figures.rows;
    vec![
        Verdict::most(
            "scripts and styles, gzip",
            figures.bytes / 1024.0,
            60.0,
            " KB",
        ),
        Verdict::most(
            format!("first useful paint, {rows} servers, median"),
            median(&useful(figures)),
            500.0,
            " ms",
        ),
        Verdict::most(
            format!("the browser, {rows} servers changing each second"),
            figures.cost.cpu_percent,
            10.0,
            " %",
        ),
        Verdict::most(
            format!(
                "the longest of {} frames while scrolling",
                figures.scroll.frames
            ),
            figures.scroll.longest,
            50.0,
            " ms",
        ),
        Verdict::most(
            format!("a chart of {POINTS} points, median"),
            median(&figures.charts),
            100.0,
            " ms",
        ),
        Verdict::most(
            "live JavaScript objects at the end against the beginning",
            memory.last / memory.first,
            1.1,
            "×",
        ),
    ]
}

/// The beginning and the end of what was followed, each as the median of a fifth: a single reading may
/// stand in the middle of an answer.
#[derive(Debug)]
struct Memory {
    first: f64,
    last: f64,
    first_nodes: f64,
    last_nodes: f64,
    seconds: f64,
}

impl Memory {
    fn of(readings: &[Reading]) -> Self {
        let part = (readings.len() / 5).max(1).min(readings.len());
        let (first, last) = (&readings[..part], &readings[readings.len() - part..]);
        let bytes = |of: &[Reading]| median(&of.iter().map(|each| each.bytes).collect::<Vec<_>>());
        let nodes = |of: &[Reading]| median(&of.iter().map(|each| each.nodes).collect::<Vec<_>>());
        Self {
            first: bytes(first),
            last: bytes(last),
            first_nodes: nodes(first),
            last_nodes: nodes(last),
            seconds: readings.last().map_or(0.0, |each| each.at),
        }
    }
}
