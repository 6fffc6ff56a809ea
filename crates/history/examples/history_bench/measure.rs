//! Fills a history and asks it.

use std::error::Error;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use history::{History, Options, Query};
use jiff::Timestamp;
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::arguments::Arguments;
use crate::data::{DAY, Fleet, time};
use crate::metrics::METRICS;

/// Ticks that are made before the clock runs: making them is not what is measured.
const BATCH: usize = 32;
const FIVE_MINUTES: i64 = 300_000;

/// What something returns, and the seconds that it took.
#[expect(
    clippy::disallowed_methods,
    reason = "a benchmark measures time where it happens"
)]
pub(crate) fn seconds_of<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let start = Instant::now();
    let outcome = work();
    (outcome, start.elapsed().as_secs_f64())
}

pub(crate) fn run(arguments: &Arguments) -> Result<Value, Box<dyn Error>> {
    let folder = tempfile::tempdir_in(&arguments.folder)?;
    let fleet = Fleet::of(arguments)?;
    let resident_before = resident()?;
    let day = folder.path().join("day");
    let history = open(&day, Duration::from_mins(1))?;
    let samples = (fleet.series() * DAY) as f64;
    let mut seconds = 0.0;
    for first in (0..DAY).step_by(BATCH) {
        let batch: Vec<_> = (first..(first + BATCH).min(DAY))
            .map(|tick| {
                fleet
                    .observation(tick, time(arguments.end, tick))
                    .map(Arc::new)
            })
            .collect::<Result<_, _>>()?;
        let (outcome, took) = seconds_of(|| take(&history, batch));
        outcome?;
        seconds += took;
    }
    let before = history.stats()?;
    let resident_after = resident()?;
    let (outcome, compact_seconds) = seconds_of(|| history.compact());
    outcome?;
    let stats = history.stats()?;
    let file = fs::metadata(day.join("history.db"))?.len();
    let one = one_series(&history, arguments, &fleet)?;
    let paced = paced(&history, arguments, &fleet)?;
    history.close()?;
    let tiers = tiers(&day)?;
    let month = month(&folder.path().join("month"), arguments, &fleet)?;
    Ok(json!({
        "mix": if arguments.busy { "busy" } else { "quiet" },
        "data": if arguments.data.is_some() { "recorded" } else { "made up" },
        "series": fleet.series(),
        "samples": stats.samples,
        "file_bytes": file,
        "bytes_per_sample": file as f64 / samples,
        "bytes_per_sample_before_compact": before.bytes as f64 / samples,
        "bytes_by_tier": tiers,
        "ingest_samples_per_second": samples / seconds,
        "compact_seconds": compact_seconds,
        "dropped": stats.dropped,
        "resident_mib_before": resident_before,
        "resident_mib_after_day": resident_after,
        "resident_mib_at_the_end": resident()?,
        "day_of_one_series_ms": one,
        "processor_ms_per_tick": paced,
        "thirty_days_hourly_50_series_ms": month,
    }))
}

fn open(folder: &Path, stale_after: Duration) -> Result<History, history::Error> {
    let mut options = Options::new(folder.join("history.db"));
    options.stale_after = stale_after;
    History::open(options, Timestamp::UNIX_EPOCH).map(|(history, _)| history)
}

fn take(history: &History, batch: Vec<Arc<model::Observation>>) -> Result<(), history::Error> {
    for observation in batch {
        history.record(observation);
    }
    history.flush()
}

/// Median milliseconds to read a day of one series.
fn one_series(
    history: &History,
    arguments: &Arguments,
    fleet: &Fleet,
) -> Result<f64, Box<dyn Error>> {
    let end = arguments.end * 1_000;
    let mut times = Vec::new();
    for round in 0..31 {
        let (server, metric) = (
            round * 7 % arguments.servers,
            &METRICS[round * 11 % METRICS.len()],
        );
        let query = Query::between(end - 86_400_000, end)
            .metric(metric.name)
            .label("server", fleet.labels(server)[0].as_ref());
        let (result, seconds) = seconds_of(|| history.query(&query));
        let points: usize = result?
            .series
            .iter()
            .map(|series| series.points.len())
            .sum();
        if points != DAY {
            return Err(format!("{points} points in a day").into());
        }
        times.push(seconds * 1e3);
    }
    Ok(median(times))
}

/// Milliseconds of processor time for a tick, over the next hour, one tick at a time as the daemon
/// does, with all upkeep.
fn paced(history: &History, arguments: &Arguments, fleet: &Fleet) -> Result<f64, Box<dyn Error>> {
    let mut spent = 0.0;
    for tick in 0..720 {
        let late = i64::try_from(tick)? * 5_000;
        let observation = fleet.observation(DAY + tick, time(arguments.end, DAY) + late)?;
        let observation = Arc::new(observation);
        let before = processor_ms()?;
        take(history, vec![observation])?;
        spent += processor_ms()? - before;
    }
    Ok(spent / 720.0)
}

/// Median milliseconds to read thirty days of hours of one metric of 50 servers.
fn month(folder: &Path, arguments: &Arguments, fleet: &Fleet) -> Result<f64, Box<dyn Error>> {
    let history = open(folder, Duration::from_hours(1))?;
    let ticks = 30 * 288;
    let begin = arguments.end * 1_000 - 30 * 86_400_000;
    for first in (0..ticks).step_by(BATCH) {
        let batch: Vec<_> = (first..(first + BATCH).min(ticks))
            .map(|tick| {
                let late = i64::try_from(tick).unwrap_or(0) * FIVE_MINUTES;
                fleet.observation(tick, begin + late).map(Arc::new)
            })
            .collect::<Result<_, _>>()?;
        take(&history, batch)?;
    }
    let mut times = Vec::new();
    for round in 0..21 {
        let metric = &METRICS[round * 11 % METRICS.len()];
        let query = Query::between(begin, arguments.end * 1_000)
            .metric(metric.name)
            .step(Duration::from_hours(1));
        let (result, seconds) = seconds_of(|| history.query(&query));
        let result = result?;
        let points: usize = result.series.iter().map(|series| series.points.len()).sum();
        if points != arguments.servers * 720 {
            return Err(format!("{points} hours").into());
        }
        times.push(seconds * 1e3);
    }
    Ok(median(times) * 50.0 / arguments.servers as f64)
}

/// Bytes of chunks by tier.
fn tiers(folder: &Path) -> Result<Value, Box<dyn Error>> {
    let connection = Connection::open(folder.join("history.db"))?;
    let mut statement = connection.prepare(
        "SELECT tier, sum(length(data)) FROM segment JOIN block ON segment.id / 65536 = block.id
         GROUP BY tier ORDER BY tier",
    )?;
    let rows = statement.query_map([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)))?;
    let rows: Vec<(i64, i64)> = rows.collect::<Result<_, _>>()?;
    Ok(json!(rows))
}

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}

/// Resident memory of this process, MiB.
fn resident() -> Result<f64, Box<dyn Error>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next());
    Ok(kilobytes.ok_or("no VmRSS")?.parse::<f64>()? / 1_024.0)
}

/// Processor time of all threads of this process, milliseconds.
fn processor_ms() -> Result<f64, Box<dyn Error>> {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Ok(time.tv_sec as f64 * 1e3 + f64::from(i32::try_from(time.tv_nsec)?) / 1e6)
}
