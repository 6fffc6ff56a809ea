//! What was measured, and what we promise.

use std::time::Duration;

use serde_json::json;

use super::burst::{ALERTS, Burst};
use super::{Pass, crossing};
use crate::bench::machine;
use crate::bench::paper::{Paper, Table};
use crate::bench::verdict::Verdict;

/// Processor time of the default pack over 1,500 series, of a processor at a look each five seconds.
const MOST_PACK_PERCENT: f64 = 0.1;
const MOST_PASS_MS: f64 = 50.0;
const LEAST_SERIES: f64 = 1_500.0;
const LEAST_ALERTS: f64 = 10_000.0;
const MOST_TOLD_SECONDS: f64 = 10.0;
const MOST_MEGABYTES: f64 = 10.0;
const MOST_CROSSING: Duration = Duration::from_millis(5_200);

pub(super) fn fill(paper: &mut Paper, passes: &[Pass], burst: &Burst, crossings: &[Duration]) {
    paper.name = "alerts";
    paper.conditions = format!(
        "{}; a look each {} s. {ALERTS} alerts that fire in one look reached a webhook in {} requests; \
         {} crossings of a threshold with `for` 0.",
        machine::words(),
        crossing::INTERVAL.as_secs(),
        burst.requests,
        crossings.len(),
    );
    let mut engine = Table::new(&[
        "the engine by itself",
        "series",
        "alerts kept",
        "ms a pass, median",
        "ms, slowest (all begin)",
        "% of a core",
    ]);
    engine.rows = passes.iter().map(row).collect();
    let mut delay = Table::new(&["from crossing to notice", "shortest", "median", "longest"]);
    delay.rows = vec![spread(crossings)];
    paper.tables = vec![engine, delay];
    paper.verdicts = verdicts(passes, burst, crossings);
    paper.figures = json!({
        "engine": passes,
        "burst": {
            "told_within_seconds": burst.told_within.as_secs_f64(),
            "requests": burst.requests,
            "calm_bytes": burst.calm_bytes,
            "busy_bytes": burst.busy_bytes,
        },
        "crossings_seconds": crossings.iter().map(Duration::as_secs_f64).collect::<Vec<_>>(),
    });
}

fn row(pass: &Pass) -> Vec<String> {
    let name = match pass.case.as_str() {
        "default_pack" => "the default pack".to_owned(),
        other => format!("20 rules over 500 servers, all {other}"),
    };
    vec![
        name,
        pass.series.to_string(),
        pass.alerts.to_string(),
        format!("{:.2}", pass.median_ms),
        format!("{:.2}", pass.slowest_ms),
        format!("{:.4}", percent(pass)),
    ]
}

fn percent(pass: &Pass) -> f64 {
    pass.median_ms / crossing::INTERVAL.as_secs_f64() / 10.0
}

fn spread(crossings: &[Duration]) -> Vec<String> {
    let mut sorted = crossings.to_vec();
    sorted.sort_unstable();
    let at = |place: usize| {
        let time = sorted.get(place).map(Duration::as_secs_f64);
        time.map_or("–".to_owned(), |seconds| format!("{seconds:.2} s"))
    };
    vec![
        "`for` 0".to_owned(),
        at(0),
        at(sorted.len() / 2),
        at(sorted.len().saturating_sub(1)),
    ]
}

fn verdicts(passes: &[Pass], burst: &Burst, crossings: &[Duration]) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    for pass in passes {
        if pass.case == "default_pack" {
            verdicts.extend([
                Verdict::least(
                    "series judged by the default pack",
                    pass.series as f64,
                    LEAST_SERIES,
                    "",
                ),
                Verdict::most(
                    "the default pack, of one processor",
                    percent(pass),
                    MOST_PACK_PERCENT,
                    " %",
                ),
            ]);
        } else {
            let name = |what: &str| format!("alerts {}: {what}", pass.case);
            verdicts.extend([
                Verdict::least(name("count"), pass.alerts as f64, LEAST_ALERTS, ""),
                Verdict::most(name("a pass"), pass.median_ms, MOST_PASS_MS, " ms"),
            ]);
        }
    }
    let longest = crossings.iter().max().copied().unwrap_or_default();
    let more = burst.busy_bytes as f64 - burst.calm_bytes as f64;
    verdicts.extend([
        Verdict::most(
            format!("{ALERTS} alerts at once, until the last is told"),
            burst.told_within.as_secs_f64(),
            MOST_TOLD_SECONDS,
            " s",
        ),
        Verdict::most(
            "resident memory that they take",
            more / 1e6,
            MOST_MEGABYTES,
            " MB",
        ),
        Verdict::most(
            "from crossing to notice, longest",
            longest.as_secs_f64() * 1e3,
            MOST_CROSSING.as_secs_f64() * 1e3,
            " ms",
        ),
    ]);
    verdicts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_held_against_the_limits() {
        let pass = |name: &str, alerts: usize, median_ms: f64| Pass {
            case: name.to_owned(),
            series: 1_600,
            alerts,
            median_ms,
            slowest_ms: 9.0,
        };
        let passes = [pass("default_pack", 900, 5.1), pass("firing", 10_000, 20.0)];
        let burst = Burst {
            told_within: Duration::from_millis(300),
            requests: 20,
            calm_bytes: 20_000_000,
            busy_bytes: 31_000_000,
        };
        let crossings = [3, 1, 2].map(Duration::from_secs);
        let met: Vec<bool> = verdicts(&passes, &burst, &crossings)
            .iter()
            .map(Verdict::is_met)
            .collect();
        assert_eq!(met, [true, false, true, true, true, false, true]);
        assert_eq!(spread(&crossings)[1..], ["1.00 s", "2.00 s", "3.00 s"]);
    }
}
