//! What we promise, as limits on what was measured.

use super::contender::FLOOR;
use super::measure::{Measured, Reading};
use crate::bench::load::{LARGE, Load, SERVERS, SMALL};
use crate::bench::verdict::Verdict;

/// A promise about measured figures.
enum Limit {
    /// Our processor time for a pass is at most so many times another's.
    Ratio {
        ours: &'static str,
        other: &'static str,
        load: Load,
        most: f64,
    },
    /// Our processor time for one process grows at most so many times from one load to another.
    Growth {
        ours: &'static str,
        from: Load,
        to: Load,
        most: f64,
    },
    /// It uses at most so much of one processor, when it looks once a second.
    Share {
        key: &'static str,
        load: Load,
        percent: f64,
    },
    /// It keeps at most so much resident memory.
    Memory {
        key: &'static str,
        load: Load,
        megabytes: f64,
    },
    /// A command takes at most so long.
    Wall {
        key: &'static str,
        milliseconds: f64,
    },
}

const LIMITS: [Limit; 8] = [
    Limit::Ratio {
        ours: "pass",
        other: FLOOR,
        load: SMALL,
        most: 1.25,
    },
    Limit::Ratio {
        ours: "pass",
        other: "apps.plugin",
        load: SMALL,
        most: 1.0 / 2.0,
    },
    Limit::Ratio {
        ours: "pass",
        other: "psutil",
        load: SMALL,
        most: 1.0 / 3.0,
    },
    Limit::Ratio {
        ours: "pass",
        other: "process-exporter",
        load: SMALL,
        most: 1.0 / 30.0,
    },
    Limit::Growth {
        ours: "pass",
        from: SMALL,
        to: LARGE,
        most: 1.1,
    },
    Limit::Share {
        key: "top",
        load: SERVERS,
        percent: 0.6,
    },
    Limit::Memory {
        key: "top",
        load: SERVERS,
        megabytes: 15.0,
    },
    Limit::Wall {
        key: "doctor",
        milliseconds: 400.0,
    },
];

/// Judges all limits for which there are figures; the others are no verdict.
pub(crate) fn judge(measured: &Measured) -> Vec<Verdict> {
    LIMITS
        .iter()
        .filter_map(|limit| limit.judge(measured))
        .collect()
}

impl Limit {
    fn judge(&self, measured: &Measured) -> Option<Verdict> {
        let find = |key: &str, load: Load| -> Option<&Reading> {
            let matches = |reading: &&Reading| reading.key == key && reading.load == load;
            measured.readings.iter().find(matches)
        };
        match *self {
            Limit::Ratio {
                ours,
                other,
                load,
                most,
            } => {
                let (left, right) = (find(ours, load)?, find(other, load)?);
                Some(Verdict::most(
                    format!("a pass over {load} against {other}"),
                    left.cpu_us_per_pass / right.cpu_us_per_pass,
                    most,
                    "×",
                ))
            }
            Limit::Growth {
                ours,
                from,
                to,
                most,
            } => {
                let (small, large) = (find(ours, from)?, find(ours, to)?);
                Some(Verdict::most(
                    format!("each of {to} against each of {from}"),
                    large.us_per_process() / small.us_per_process(),
                    most,
                    "×",
                ))
            }
            Limit::Share { key, load, percent } => {
                let reading = find(key, load)?;
                let what = format!("{}, {load}, of one processor", reading.name);
                // A microsecond each second is a millionth.
                let share = reading.cpu_us_per_pass / 10_000.0;
                Some(Verdict::most(what, share, percent, " %"))
            }
            Limit::Memory {
                key,
                load,
                megabytes,
            } => {
                let reading = find(key, load)?;
                let what = format!("{}, {load}, resident", reading.name);
                let resident = reading.rss_bytes as f64 / 1e6;
                Some(Verdict::most(what, resident, megabytes, " MB"))
            }
            Limit::Wall { key, milliseconds } => {
                let wall = measured.walls.iter().find(|wall| wall.key == key)?;
                Some(Verdict::most(
                    format!("{}, {}", wall.name, wall.load),
                    wall.milliseconds,
                    milliseconds,
                    " ms",
                ))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::collect::wall::Wall;

    fn reading(key: &'static str, load: Load, cpu_us_per_pass: f64) -> Reading {
        Reading {
            key,
            name: key,
            load,
            processes: load.processes,
            cpu_us_per_pass,
            rss_bytes: 1,
        }
    }

    #[test]
    fn ratios_growth_and_waiting() {
        let measured = Measured {
            readings: vec![
                reading("pass", SMALL, 12_000.0),
                reading(FLOOR, SMALL, 10_000.0),
                reading("psutil", SMALL, 30_000.0),
                reading("pass", LARGE, 48_000.0),
            ],
            walls: vec![Wall {
                key: "doctor",
                name: "doctor",
                load: SMALL,
                milliseconds: 350.0,
            }],
            missing: Vec::new(),
        };
        let verdicts = judge(&measured);
        let met: Vec<bool> = verdicts.iter().map(Verdict::is_met).collect();
        assert_eq!(met, [true, false, false, true], "{verdicts:?}");
        assert!(
            (verdicts[2].measured - 1.2).abs() < 1e-9,
            "24 µs against 20"
        );
    }

    #[test]
    fn no_figure_is_no_verdict() {
        assert!(judge(&Measured::default()).is_empty());
    }
}
