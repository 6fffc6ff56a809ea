//! Writes a made-up day into a history, so that a daemon which is measured has one behind it.
//!
//! ```sh
//! fill_history PAGE HISTORY
//! ```
//! `PAGE` is what `/metrics` answered: the series and where they stand. All that the history keeps is
//! written 17,280 times, five seconds apart, the last time some seconds ago. One server in four is
//! under load: its counters grow with every tick, its memory moves by some pages. The others wake up
//! a few times a minute, and half of their series never change.
#![forbid(unsafe_code)]

use std::fs;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use history::{History, Options};
use jiff::Timestamp;
use model::{LabelValues, Measurement, Metric, MetricKind, Moment, Observation};

const TICKS: i64 = 17_280;
const INTERVAL_MS: i64 = 5_000;
/// A daemon that starts goes on within this time.
const ENDS_BEFORE_MS: i64 = 4_000;
/// Fewer than fit into the history's queue.
const BATCH: i64 = 32;
/// One server in so many is under load.
const LOADED: usize = 4;
/// Everything behind the decimal point is a multiple of this part.
const HUNDREDTH: f64 = 0.01;
const PAGE_BYTES: f64 = 4_096.0;

/// A series and its value as it goes through the day.
struct Series {
    metric: &'static Metric,
    labels: LabelValues,
    value: f64,
    /// Whether its server is under load.
    loaded: bool,
}

struct Random(u64);

impl Random {
    /// Below a limit, which is not zero.
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % limit
    }
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [page, path] = arguments.as_slice() else {
        anyhow::bail!("usage: fill_history PAGE HISTORY");
    };
    let page = fs::read_to_string(page).with_context(|| format!("cannot read {page}"))?;
    let mut series = series(&page);
    ensure!(!series.is_empty(), "the page has no series that are kept");
    let now = now()?;
    let end = now.as_millisecond() - ENDS_BEFORE_MS;
    let (history, _) = History::open(Options::new(Path::new(path)), now)?;
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for tick in 0..TICKS {
        let time = end - (TICKS - 1 - tick) * INTERVAL_MS;
        for each in &mut series {
            each.go_on(&mut random);
        }
        history.record(Arc::new(observation(&series, time)?));
        if tick % BATCH == 0 {
            history.flush()?;
        }
    }
    history.flush()?;
    let stats = history.stats()?;
    history.close()?;
    let wanted = u64::try_from(TICKS)? * series.len() as u64;
    ensure!(
        stats.samples == wanted,
        "{} samples of {wanted} are there",
        stats.samples
    );
    Ok(())
}

#[expect(
    clippy::disallowed_methods,
    reason = "the edge of this program: the day ends now"
)]
fn now() -> Result<Timestamp> {
    Ok(Timestamp::try_from(std::time::SystemTime::now())?)
}

fn observation(series: &[Series], time: i64) -> Result<Observation> {
    let measurements = series.iter().map(|each| Measurement {
        metric: each.metric,
        labels: Arc::clone(&each.labels),
        value: each.value,
    });
    Ok(Observation {
        moment: Moment {
            wall: Timestamp::from_millisecond(time)?,
            boot_ns: time.unsigned_abs() * 1_000_000,
        },
        measurements: measurements.collect(),
    })
}

impl Series {
    fn go_on(&mut self, random: &mut Random) {
        let awake = if self.loaded {
            random.below(4) != 0
        } else {
            random.below(45) == 0
        };
        if !awake {
            return;
        }
        match (self.metric.kind, self.metric.unit) {
            (MetricKind::Counter, "seconds") => {
                let whole = (self.value / HUNDREDTH).round() + random.below(3) as f64;
                self.value = whole * HUNDREDTH;
            }
            (MetricKind::Counter, "bytes") => self.value += random.below(3_000) as f64,
            // Restarts do not happen by themselves.
            (MetricKind::Counter, _) if !self.metric.name.contains("restarts") => {
                self.value += random.below(20) as f64;
            }
            (MetricKind::Gauge, "bytes") if self.value > 0.0 => {
                let pages = random.below(41) as f64 - 20.0;
                self.value = (self.value + pages * PAGE_BYTES).max(PAGE_BYTES);
            }
            _ => {}
        }
    }
}

/// The series of a page that a history keeps.
fn series(page: &str) -> Vec<Series> {
    let lines = page.lines().filter(|line| !line.starts_with('#'));
    let mut servers: Vec<String> = Vec::new();
    let mut series = Vec::new();
    for line in lines {
        let Some((metric, labels, value)) = parsed(line) else {
            continue;
        };
        let server = labels.first().map_or("", AsRef::as_ref).to_owned();
        let number = servers.iter().position(|known| *known == server);
        let number = number.unwrap_or_else(|| {
            servers.push(server);
            servers.len() - 1
        });
        series.push(Series {
            metric,
            labels,
            value,
            loaded: number.is_multiple_of(LOADED),
        });
    }
    series
}

/// `name{label="value"} 1`, if the metric is one that is kept.
fn parsed(line: &str) -> Option<(&'static Metric, LabelValues, f64)> {
    let (series, value) = line.rsplit_once(' ')?;
    let (name, labels) = match series.split_once('{') {
        Some((name, labels)) => (name, labels.strip_suffix('}')?),
        None => (series, ""),
    };
    let metric = model::metric::METRICS
        .iter()
        .find(|metric| metric.name == name && metric.kept)?;
    let given = pairs(labels)?;
    let values = metric.labels.iter().map(|label| {
        let given = given.iter().find(|(name, _)| name == label);
        given.map(|(_, value)| Arc::from(value.as_str()))
    });
    Some((metric, values.collect::<Option<_>>()?, value.parse().ok()?))
}

/// `a="1",b="2"`.
fn pairs(mut text: &str) -> Option<Vec<(&str, String)>> {
    let mut pairs = Vec::new();
    while !text.is_empty() {
        let (name, rest) = text.trim_start_matches(',').split_once("=\"")?;
        let mut value = String::new();
        let mut letters = rest.char_indices();
        loop {
            match letters.next()? {
                (end, '"') => {
                    text = &rest[end + 1..];
                    break;
                }
                (_, '\\') => match letters.next()?.1 {
                    'n' => value.push('\n'),
                    other => value.push(other),
                },
                (_, letter) => value.push(letter),
            }
        }
        pairs.push((name, value));
    }
    Some(pairs)
}
