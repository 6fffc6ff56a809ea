//! What a pass of the engine costs: `cargo run --release -p mcpvisor-alerting --example engine_bench`.
//!
//! 1. 1,500 series, as a laptop with many servers has them, by the default pack. The limit is 5 ms: 0.1 %
//!    of a processor at a look each 5 s.
//! 2. 10,000 rule instances that each have an alert, once pending and once firing, and whose values
//!    change at each look. The limit is 50 ms.
//!
//! Prints one line for each as JSON: processor time of the median and of the slowest pass, which is the
//! first, where all alerts begin.
#![expect(clippy::print_stdout, reason = "the figures are what it is for")]

use std::sync::Arc;
use std::time::Duration;

use alerting::engine::Look;
use alerting::rule::{Condition, Figure, Rule, Scope, Side, Source, Threshold, Wishes, pack};
use alerting::{Engine, State, Unit};
use model::metric::table as metrics;
use model::{Measurement, Metric, Moment};

const INTERVAL: Duration = Duration::from_secs(5);
const PASSES: usize = 300;

fn main() {
    let servers = series_of_servers(34);
    let engine = Engine::new(pack(&Wishes::default()));
    report("default_pack", engine, servers, State::Firing);

    let one = series_of_one_figure(500);
    for (name, hold, state) in [
        ("pending", Duration::from_hours(100), State::Pending),
        ("firing", Duration::ZERO, State::Firing),
    ] {
        let rules = (0..20).map(|number| rule(number, hold)).collect();
        report(name, Engine::new(rules), one.clone(), state);
    }
}

/// Series as the daemon measures them: most of a server's, and the machine's.
fn series_of_servers(count: usize) -> Vec<Measurement> {
    let mut all = Vec::new();
    let mut put = |metric: &'static Metric, labels: &[&str], value: f64| {
        all.push(Measurement {
            metric,
            labels: labels.iter().map(|label| Arc::from(*label)).collect(),
            value,
        });
    };
    for number in 0..count {
        let name = format!("server {number}");
        let owner = ["Claude Code", "Cursor", "Codex"][number % 3];
        for metric in model::metric::METRICS.iter().filter(|metric| metric.kept) {
            let value = if metric.unit == "ratio" { 0.2 } else { 1.0 };
            match metric.labels {
                ["server", "owner"] => put(metric, &[&name, owner], value),
                ["server", "owner", _] => {
                    for kind in ["one", "other", "third"] {
                        put(metric, &[&name, owner, kind], value);
                    }
                }
                _ => {}
            }
        }
    }
    for metric in model::metric::METRICS.iter().filter(|metric| metric.kept) {
        match metric.labels {
            [] => put(metric, &[], 1.0),
            ["owner"] => put(metric, &["Cursor"], 1.0),
            ["gateway"] => put(metric, &["mcp-hub"], 1.0),
            ["disk"] => put(metric, &["/home"], 0.5),
            _ => {}
        }
    }
    put(metrics::GATEWAY_SERVERS, &["mcp-hub", "running"], 5.0);
    all
}

fn series_of_one_figure(count: usize) -> Vec<Measurement> {
    let names = (0..count).map(|number| format!("server {number}"));
    let series = names.flat_map(|name| {
        [
            (metrics::SERVER_UP, 1.0),
            (metrics::SERVER_RESIDENT_MEMORY_BYTES, 5e8),
        ]
        .map(|(metric, value)| Measurement {
            metric,
            labels: [Arc::from(name.as_str()), Arc::from("Cursor")].into(),
            value,
        })
    });
    series.collect()
}

fn rule(number: u32, hold: Duration) -> Rule {
    let figure = Figure::of(metrics::SERVER_RESIDENT_MEMORY_BYTES);
    let value = 1e6 * f64::from(number + 1);
    let warning = Threshold {
        value,
        clear: value,
        hold,
    };
    Rule {
        name: format!("rule_{number}"),
        kind: "high_memory".to_owned(),
        scope: Scope::Server,
        by: Vec::new(),
        unit: Unit::of(figure.metric, figure.how),
        source: Source::Figure { figure, per: None },
        matchers: Vec::new(),
        condition: Condition::Threshold {
            side: Side::Above,
            levels: [None, Some(warning), None, None],
        },
        traffic: None,
        times: None,
        keep_firing: Duration::ZERO,
        labels: std::collections::BTreeMap::new(),
        summary: String::new(),
        what: "resident memory".to_owned(),
        advice: "Look at it.".to_owned(),
        why: String::new(),
    }
}

/// Processor time of this thread: other programs do not count.
fn processor_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::try_from(time).unwrap_or_default()
}

fn report(name: &str, mut engine: Engine, mut series: Vec<Measurement>, state: State) {
    let mut moment = Moment {
        wall: jiff::Timestamp::UNIX_EPOCH,
        boot_ns: 0,
    };
    let mut times = Vec::new();
    for pass in 0..PASSES {
        moment.boot_ns += 5_000_000_000;
        for (number, measurement) in series.iter_mut().enumerate() {
            let grows =
                measurement.metric.unit == "bytes" || measurement.metric.name.ends_with("_total");
            if grows {
                measurement.value +=
                    (pass * 7919 + number) as f64 % 0.01 + measurement.value * 1e-3;
            }
        }
        let look = Look {
            moment,
            interval: INTERVAL,
            measurements: &series,
            findings: &[],
        };
        let start = processor_time();
        engine.on(&look);
        times.push(processor_time().saturating_sub(start));
    }
    times.sort_unstable();
    let alerts = engine.alerts().filter(|alert| alert.state == state).count();
    let milliseconds = |time: Duration| time.as_secs_f64() * 1e3;
    println!(
        "{{\"case\":\"{name}\",\"series\":{},\"alerts\":{alerts},\"median_ms\":{:.3},\"slowest_ms\":{:.3},\"processor_share_at_5_s\":{:.6}}}",
        series.len(),
        milliseconds(times[PASSES / 2]),
        milliseconds(times[PASSES - 1]),
        times[PASSES / 2].as_secs_f64() / INTERVAL.as_secs_f64(),
    );
}
