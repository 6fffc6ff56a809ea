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

/// The servers of a day.
pub(crate) struct Fleet {
    servers: Vec<(Arc<Server>, usize)>,
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
        let labels = (0..arguments.servers)
            .map(|number| Arc::from([Arc::from(format!("server-{number}")), Arc::from("ada")]));
        Ok(Self {
            servers: servers.collect(),
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
        let place = tick + shift;
        let (round, within) = (place / values.len(), place % values.len());
        let value = values[within];
        if METRICS[metric].kind == MetricKind::Counter {
            let grown = values[values.len() - 1] - values[0];
            // In whole nanoseconds, so that seconds stay the decimal fractions that they are.
            let whole = ((value + grown * round as f64) * 1e9).round();
            return whole / 1e9;
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
