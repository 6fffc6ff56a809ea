//! A day of ticks out of a recording, tick by tick.

use std::error::Error;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::sync::Arc;

use jiff::Timestamp;
use model::{LabelValues, Measurement, MetricKind, Moment, Observation};

use crate::arguments::Arguments;
use crate::made_up;
use crate::metrics::METRICS;
use crate::record::Heading;

/// Ticks of a day.
pub(crate) const DAY: usize = 17_280;

/// Values of one recorded server: by metric, then by second.
pub(crate) type Server = Vec<Vec<f64>>;

/// A day of one server in pieces of a recording.
struct Pieces {
    length: usize,
    /// Where each piece begins in the recording.
    starts: Vec<usize>,
    /// By metric, then by piece: by how much a counter has grown in the pieces before.
    grown: Vec<Vec<f64>>,
}

impl Pieces {
    fn of(server: &Server, number: usize, length: usize) -> Self {
        let seconds = server.first().map_or(1, Vec::len);
        let mut random = made_up::Random(0x1234_5678 + 7_919 * number as u64);
        let room = seconds.saturating_sub(length + 1).max(1) as u64;
        // Some ticks after the day are measured, too.
        let count = (DAY + 1_000) / length + 1;
        let starts: Vec<usize> = (0..count)
            .map(|_| usize::try_from(random.below(room)).unwrap_or(0))
            .collect();
        let grown = server.iter().map(|values| {
            let mut sum = values[0];
            let each = starts.iter().map(|start| {
                let before = sum;
                sum += values[(start + length).min(seconds - 1)] - values[*start];
                before
            });
            each.collect()
        });
        Self {
            length,
            grown: grown.collect(),
            starts,
        }
    }
}

/// The servers of a day.
pub(crate) struct Fleet {
    servers: Vec<(Arc<Server>, usize)>,
    /// For each server the pieces that its day is made of.
    pieces: Vec<Pieces>,
    labels: Vec<LabelValues>,
}

impl Fleet {
    pub(crate) fn of(arguments: &Arguments) -> Result<Self, Box<dyn Error>> {
        let recorded = match &arguments.data {
            Some(path) => read(path, arguments.busy)?,
            None => made_up::servers(arguments.busy),
        };
        if recorded.is_empty() {
            return Err("the recording has no servers of this mix".into());
        }
        let recorded: Vec<Arc<Server>> = recorded.into_iter().map(Arc::new).collect();
        let servers = (0..arguments.servers).map(|number| {
            let server = recorded[number % recorded.len()].clone();
            // Each repetition begins elsewhere, by a number that shares no factor with usual lengths.
            let shift = number / recorded.len() * 37;
            (server, shift)
        });
        let servers: Vec<(Arc<Server>, usize)> = servers.collect();
        let numbered = servers.iter().enumerate().filter(|_| arguments.pieces > 0);
        let pieces =
            numbered.map(|(number, (server, _))| Pieces::of(server, number, arguments.pieces));
        let pieces = pieces.collect();
        let labels = (0..arguments.servers)
            .map(|number| Arc::from([Arc::from(format!("server-{number}")), Arc::from("ada")]));
        Ok(Self {
            servers,
            pieces,
            labels: labels.collect(),
        })
    }

    /// Number of series.
    pub(crate) fn series(&self) -> usize {
        self.servers.len() * METRICS.len()
    }

    /// The value of a server's metric at a tick. A counter goes on growing from one round of the
    /// recording to the next.
    pub(crate) fn value(&self, server: usize, metric: usize, tick: usize) -> f64 {
        let (recorded, shift) = &self.servers[server];
        let values = &recorded[metric];
        let counter = METRICS[metric].kind == MetricKind::Counter;
        if let Some(pieces) = self.pieces.get(server) {
            let (piece, within) = (
                tick / pieces.length % pieces.starts.len(),
                tick % pieces.length,
            );
            let start = pieces.starts[piece];
            let value = values[(start + within).min(values.len() - 1)];
            return if counter {
                whole(value - values[start] + pieces.grown[metric][piece])
            } else {
                value
            };
        }
        let place = tick + shift;
        let (round, within) = (place / values.len(), place % values.len());
        let value = values[within];
        if counter {
            let grown = values[values.len() - 1] - values[0];
            return whole(value + grown * round as f64);
        }
        value
    }

    /// All that is observed at a tick; `end` is the time of the last tick of the day.
    pub(crate) fn observation(&self, tick: usize, time: i64) -> Result<Observation, jiff::Error> {
        let mut measurements = Vec::with_capacity(self.series());
        for (server, labels) in self.labels.iter().enumerate() {
            for (number, metric) in METRICS.iter().enumerate() {
                measurements.push(Measurement {
                    metric,
                    labels: labels.clone(),
                    value: self.value(server, number, tick),
                });
            }
        }
        let moment = Moment {
            wall: Timestamp::from_millisecond(time)?,
            boot_ns: time.unsigned_abs() * 1_000_000,
        };
        Ok(Observation {
            moment,
            measurements,
        })
    }

    pub(crate) fn labels(&self, server: usize) -> &LabelValues {
        &self.labels[server]
    }
}

/// In whole nanoseconds, so that seconds stay the decimal fractions that they are.
fn whole(value: f64) -> f64 {
    if value.fract() == 0.0 {
        return value;
    }
    (value * 1e9).round() / 1e9
}

/// The time of a tick, milliseconds: five seconds apart, a few milliseconds late now and then, as
/// timers are.
pub(crate) fn time(end: i64, tick: usize) -> i64 {
    let late = [0, 1, 0, 2, 1, 0, 0, 3, 1, 0, 0, 1, 12, 0, 1][tick * 7 % 15];
    let before_end = i64::try_from(DAY - tick.min(DAY)).unwrap_or(0);
    end * 1_000 - before_end * 5_000 + late
}

fn read(path: &std::path::Path, busy: bool) -> Result<Vec<Server>, Box<dyn Error>> {
    let mut lines = BufReader::new(File::open(path)?).lines();
    let heading = lines.next().ok_or("the recording is empty")??;
    let heading: Heading = serde_json::from_str(&heading)?;
    let mut servers: Vec<Option<Server>> = heading
        .busy
        .iter()
        .map(|of| (*of || !busy).then(|| vec![Vec::new(); METRICS.len()]))
        .collect();
    for line in lines {
        let values: Vec<Option<Vec<f64>>> = serde_json::from_str(&line?)?;
        for (server, values) in servers.iter_mut().zip(values) {
            match (server.as_mut(), values) {
                (Some(columns), Some(values)) => {
                    for (column, value) in columns.iter_mut().zip(values) {
                        column.push(value);
                    }
                }
                // One that ended while it was recorded is left out.
                (_, None) => *server = None,
                (None, _) => {}
            }
        }
    }
    Ok(servers.into_iter().flatten().collect())
}
