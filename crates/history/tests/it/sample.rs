//! Made-up metrics, observations and random numbers that are the same in every run.

use std::path::Path;
use std::sync::Arc;

use history::{History, Options};
use jiff::Timestamp;
use model::{LabelValues, Measurement, Metric, MetricKind, Moment, Observation};

/// A Tuesday, on the border of a day.
pub(crate) const START: i64 = 1_700_006_400_000;
pub(crate) const SECOND: i64 = 1_000;
pub(crate) const HOUR: i64 = 3_600 * SECOND;
pub(crate) const DAY: i64 = 24 * HOUR;

pub(crate) static MEMORY: Metric = Metric {
    name: "test_memory_bytes",
    help: "Memory.",
    unit: "bytes",
    kind: MetricKind::Gauge,
    labels: &["server", "owner"],
    kept: true,
};

pub(crate) static SECONDS: Metric = Metric {
    name: "test_cpu_seconds_total",
    help: "Processor time.",
    unit: "seconds",
    kind: MetricKind::Counter,
    labels: &["server", "owner"],
    kept: true,
};

pub(crate) static HIDDEN: Metric = Metric {
    name: "test_hidden",
    help: "Not kept.",
    unit: "",
    kind: MetricKind::Gauge,
    labels: &[],
    kept: false,
};

pub(crate) fn labels(server: &str) -> LabelValues {
    Arc::from([Arc::from(server), Arc::from("ada")])
}

pub(crate) fn measure(metric: &'static Metric, server: &str, value: f64) -> Measurement {
    Measurement {
        metric,
        labels: labels(server),
        value,
    }
}

pub(crate) fn observation(time: i64, measurements: Vec<Measurement>) -> Arc<Observation> {
    let wall = timestamp(time);
    let boot_ns = (time - START + DAY).unsigned_abs() * 1_000_000;
    Arc::new(Observation {
        moment: Moment { wall, boot_ns },
        measurements,
    })
}

pub(crate) fn timestamp(time: i64) -> Timestamp {
    Timestamp::from_millisecond(time).unwrap()
}

pub(crate) fn options(folder: &Path) -> Options {
    Options::new(folder.join("history.db"))
}

pub(crate) fn open(folder: &Path) -> History {
    open_with(options(folder))
}

pub(crate) fn open_with(options: Options) -> History {
    let (history, notices) = History::open(options, timestamp(START)).unwrap();
    assert_eq!(notices, []);
    history
}

/// Records, and waits now and then, so that the queue never overflows.
pub(crate) fn record(history: &History, observations: impl IntoIterator<Item = Arc<Observation>>) {
    for (index, observation) in observations.into_iter().enumerate() {
        assert!(history.record(observation));
        if index % 32 == 31 {
            history.flush().unwrap();
        }
    }
    history.flush().unwrap();
}

/// Numbers that look random (xorshift64*).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % limit
    }

    pub(crate) fn one_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }
}

/// Ticks of a small fleet, five seconds apart.
pub(crate) fn fleet(servers: u64, ticks: u64, seed: u64) -> Vec<Arc<Observation>> {
    let mut random = Random(seed);
    let mut state: Vec<(u64, u64)> = (0..servers)
        .map(|server| (4_096 * (1_000 + server), 0))
        .collect();
    let tick = |tick: u64| {
        let time = START + tick.cast_signed() * 5 * SECOND + random.below(7).cast_signed();
        let each = state
            .iter_mut()
            .enumerate()
            .flat_map(|(server, (memory, cpu))| {
                if random.one_in(4) {
                    *memory = (*memory + 4_096 * random.below(64))
                        .saturating_sub(4_096 * 30)
                        .max(4_096);
                }
                *cpu += random.below(40);
                let name = format!("server-{server}");
                [
                    measure(&MEMORY, &name, *memory as f64),
                    measure(&SECONDS, &name, *cpu as f64 / 100.0),
                ]
            });
        let measurements = each.collect();
        observation(time, measurements)
    };
    (0..ticks).map(tick).collect()
}
