//! Answers are what counting by hand gives, whatever tier they come from and wherever the samples
//! are at the moment.

use std::time::Duration;

use history::{Bucket, Kind, Points, Query, Sample, Tier, TrendQuery};

use crate::sample::{
    self, HOUR, MEMORY, Random, SECOND, SECONDS, START, measure, observation, record,
};

const SERVERS: usize = 3;
const STALE: i64 = 60 * SECOND;

/// What was observed: a time, and for each server the memory and the processor time, if it was there.
type Day = Vec<Seen>;
type Seen = (i64, Vec<Option<(f64, f64)>>);

/// Some hours with gaps, restarts of servers, a pause of the observer and uneven times.
fn day(seed: u64, ticks: usize) -> Day {
    let mut random = Random(seed);
    let mut time = START + 17;
    let mut servers = [(4_096_000.0, 0.0_f64, true); SERVERS];
    let mut day = Vec::new();
    for tick in 0..ticks {
        time += 4_995 + random.below(12).cast_signed();
        if random.one_in(400) {
            time += random.below(20).cast_signed() * 60 * SECOND;
        }
        let values = servers.iter_mut().enumerate().map(|(index, server)| {
            if random.one_in(300) {
                server.2 = !server.2;
            }
            if random.one_in(500) {
                server.1 = 0.0;
            }
            if random.one_in(3) {
                server.0 += 4_096.0 * (random.below(200) as f64 - 90.0);
                // One of them is not a whole number, so that nothing scales.
                if index == 2 {
                    server.0 += 1.0 / 3.0;
                }
            }
            if index != 1 || tick % 50 == 0 {
                server.1 = ((server.1 * 100.0).round() + random.below(300) as f64) / 100.0;
            }
            server.2.then_some((server.0, server.1))
        });
        let values = values.collect();
        day.push((time, values));
    }
    day
}

fn observe(history: &history::History, day: &[Seen]) {
    let observations = day.iter().map(|(time, values)| {
        let mut measurements = Vec::new();
        for (server, value) in values.iter().enumerate() {
            if let Some((memory, seconds)) = value {
                let name = format!("s{server}");
                measurements.push(measure(&MEMORY, &name, *memory));
                measurements.push(measure(&SECONDS, &name, *seconds));
            }
        }
        observation(*time, measurements)
    });
    record(history, observations);
}

fn value(kind: Kind, values: &[Option<(f64, f64)>], server: usize) -> Option<f64> {
    values[server].map(|(memory, seconds)| if kind == Kind::Gauge { memory } else { seconds })
}

fn expected_samples(day: &Day, kind: Kind, server: usize, from: i64, to: i64) -> Vec<Sample> {
    let mut samples = Vec::new();
    for (index, (time, values)) in day.iter().enumerate() {
        let Some(value_now) = value(kind, values, server) else {
            continue;
        };
        let after_gap = index == 0 || {
            let (before, there) = &day[index - 1];
            value(kind, there, server).is_none() || time - before > STALE
        };
        if (from..=to).contains(time) {
            samples.push(Sample {
                at: *time,
                value: value_now,
                after_gap,
            });
        }
    }
    samples
}

#[derive(Default)]
struct Expected {
    at: i64,
    values: Vec<f64>,
    last: f64,
    increase: f64,
    grown: f64,
    covered: i64,
}

fn expected_buckets(day: &Day, kind: Kind, server: usize, width: i64) -> Vec<Expected> {
    let mut buckets: Vec<Expected> = Vec::new();
    let mut before: Option<f64> = None;
    for sample in expected_samples(day, kind, server, i64::MIN, i64::MAX) {
        let at = sample.at - sample.at.rem_euclid(width);
        if buckets.last().is_none_or(|bucket| bucket.at != at) {
            buckets.push(Expected {
                at,
                ..Expected::default()
            });
        }
        let bucket = buckets.last_mut().unwrap();
        bucket.last = sample.value;
        if kind == Kind::Gauge {
            bucket.values.push(sample.value);
        } else if let Some(before) = before {
            let grown = if sample.value >= before {
                sample.value - before
            } else {
                sample.value
            };
            bucket.increase += grown;
            if !sample.after_gap {
                let index = day.iter().position(|(time, _)| *time == sample.at).unwrap();
                let apart = sample.at - day[index - 1].0;
                bucket.grown += grown;
                bucket.covered += apart;
                bucket.values.push(grown * 1e3 / apart as f64);
            }
        }
        before = Some(sample.value);
    }
    buckets
}

fn near(found: Option<f64>, expected: f64, error: f64) -> bool {
    found.is_some_and(|found| (found - expected).abs() <= expected.abs() * error + 1e-9)
}

fn check_bucket(kind: Kind, tier: Tier, found: &Bucket, expected: &Expected) {
    assert_eq!(
        (found.at, found.last.to_bits()),
        (expected.at, expected.last.to_bits())
    );
    let count = expected.values.len() as f64;
    let mut sorted = expected.values.clone();
    sorted.sort_by(f64::total_cmp);
    let exact = if kind == Kind::Counter && tier != Tier::Raw {
        0.0101
    } else {
        1e-9
    };
    match (sorted.first(), sorted.last()) {
        (Some(min), Some(max)) => {
            assert!(near(found.min, *min, exact), "{found:?} {min}");
            assert!(near(found.max, *max, exact), "{found:?} {max}");
        }
        _ => assert_eq!((found.min, found.max), (None, None)),
    }
    if kind == Kind::Gauge {
        let sum: f64 = expected.values.iter().sum();
        assert_eq!(f64::from(found.count).to_bits(), count.to_bits());
        assert!(near(found.sum, sum, 1e-9) && near(found.mean, sum / count, 1e-9));
        assert_eq!(found.increase, None);
    } else {
        assert!(near(found.increase, expected.increase, 1e-9), "{found:?}");
        assert_eq!(found.sum, None);
        if expected.covered > 0 {
            let rate = expected.grown * 1e3 / expected.covered as f64;
            assert!(near(found.mean, rate, 1e-9), "{found:?} {rate}");
        } else {
            assert_eq!(found.mean, None);
        }
    }
    for (found, q) in [(found.p50, 0.5), (found.p95, 0.95), (found.p99, 0.99)] {
        if sorted.is_empty() {
            assert_eq!(found, None);
        } else if kind == Kind::Gauge || found.is_some() {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a small rank"
            )]
            let rank = (q * (count - 1.0)).floor() as usize;
            assert!(
                near(found, sorted[rank], 0.0101),
                "{found:?} {}",
                sorted[rank]
            );
        }
    }
}

fn check_all(history: &history::History, day: &Day, said: &str) {
    let (first, last) = (day[0].0, day[day.len() - 1].0);
    for (kind, metric) in [(Kind::Gauge, MEMORY.name), (Kind::Counter, SECONDS.name)] {
        for server in 0..SERVERS {
            let query = |from, to| {
                Query::between(from, to)
                    .metric(metric)
                    .label("server", format!("s{server}"))
            };
            let third = (last - first) / 3;
            for (from, to) in [
                (first, last),
                (first + third, last - third),
                (last - 40_000, last),
                (first, first),
            ] {
                let result = history.query(&query(from, to)).unwrap();
                let expected = expected_samples(day, kind, server, from, to);
                let found = match result.series.as_slice() {
                    [series] => {
                        assert_eq!((series.kind, series.tier), (kind, Tier::Raw));
                        let Points::Samples(samples) = &series.points else {
                            panic!("{said}: buckets");
                        };
                        samples.clone()
                    }
                    [] => Vec::new(),
                    _ => panic!("{said}: more than one series"),
                };
                assert_eq!(
                    found, expected,
                    "{said}: {metric} of {server} from {from} to {to}"
                );
            }
            for (step, tier) in [
                (60, Tier::Raw),
                (300, Tier::FiveMinutes),
                (900, Tier::FiveMinutes),
                (3_600, Tier::Hours),
                (7_200, Tier::Hours),
            ] {
                let question = query(first, last).step(Duration::from_secs(step));
                let result = history.query(&question).unwrap();
                let expected = expected_buckets(day, kind, server, step.cast_signed() * SECOND);
                let Some(series) = result.series.first() else {
                    assert!(expected.is_empty(), "{said}: nothing at step {step}");
                    continue;
                };
                assert_eq!(series.tier, tier);
                let Points::Buckets(found) = &series.points else {
                    panic!("{said}: samples");
                };
                assert_eq!(
                    found.len(),
                    expected.len(),
                    "{said}: {metric} of {server} at step {step}"
                );
                for (found, expected) in found.iter().zip(&expected) {
                    check_bucket(kind, tier, found, expected);
                }
            }
        }
    }
}

#[test]
fn in_the_head_in_blocks_and_after_a_restart() {
    for seed in [3, 11] {
        let folder = tempfile::tempdir().unwrap();
        let day = day(seed, 1_900);
        let history = sample::open(folder.path());
        observe(&history, &day[..100]);
        check_all(&history, &day[..100].to_vec(), "head");
        observe(&history, &day[100..900]);
        history.close().unwrap();
        let history = sample::open(folder.path());
        check_all(&history, &day[..900].to_vec(), "after a restart");
        observe(&history, &day[900..]);
        check_all(&history, &day, "blocks and head");
        history.compact().unwrap();
        check_all(&history, &day, "put together");
        history.close().unwrap();
        let history = sample::open(folder.path());
        check_all(&history, &day, "after another restart");
    }
}

#[test]
fn trends_are_what_the_samples_say() {
    let folder = tempfile::tempdir().unwrap();
    let history = sample::open(folder.path());
    let ticks = (0..720_i32).map(|tick| {
        let time = START + i64::from(tick) * 5 * SECOND;
        let memory = 1e9 + f64::from(tick) * 5.0 * 100.0;
        observation(
            time,
            vec![
                measure(&MEMORY, "a", memory),
                measure(&SECONDS, "a", f64::from(tick) * 2.5),
            ],
        )
    });
    record(&history, ticks);
    let question = |from, to| TrendQuery {
        metric: None,
        labels: Vec::new(),
        from,
        to,
        max_series: 10,
    };
    let trends = history.trends(&question(START, START + HOUR)).unwrap();
    let [memory, seconds] = trends.as_slice() else {
        panic!("{trends:?}");
    };
    assert_eq!(
        (memory.count, memory.minimum, memory.first_at),
        (720, Some(1e9), START)
    );
    assert!(near(memory.slope, 100.0, 1e-6) && near(memory.average, 1e9 + 179_750.0, 1e-9));
    assert!(near(memory.peak, 1e9 + 359_500.0, 1e-12));
    assert!(near(seconds.average, 0.5, 1e-9) && near(seconds.increase, 1_797.5, 1e-9));
    assert!(seconds.slope.unwrap().abs() < 1e-9 && near(Some(seconds.last), 1_797.5, 0.0));

    // A longer window is judged by buckets.
    let trends = history
        .trends(&question(START - 10 * HOUR, START + HOUR))
        .unwrap();
    assert_eq!(trends[0].tier, Tier::FiveMinutes);
    assert!(near(trends[0].slope, 100.0, 1e-6), "{:?}", trends[0]);
    assert!(history.trends(&question(0, 10)).unwrap().is_empty());
}
