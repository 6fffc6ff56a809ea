//! What was measured, and what we promise.

use serde_json::{Value, json};

use super::explosion::{CHILDREN, LIMIT};
use super::keepers::Kind;
use super::others::{By, POLL};
use super::tables::{crashes, explosions, fleets, others, stops, within};
use super::{Arguments, Measured};
use crate::bench::machine;
use crate::bench::median::largest;
use crate::bench::paper::Paper;
use crate::bench::verdict::Verdict;

/// From the order to the end of the last process.
const MOST_GONE_MS: f64 = 1_000.0;
/// From the first process too many to the last one started.
const MOST_CONTAINED_MS: f64 = 100.0;
/// From a crash to the next start.
const MOST_RESTART_MS: f64 = 100.0;
/// Of a processor, with two hundred quiet servers.
const MOST_PERCENT: f64 = 0.5;

pub(super) fn fill(paper: &mut Paper, measured: &Measured, arguments: &Arguments) {
    paper.name = "contain";
    let amounts = arguments.amounts();
    paper.conditions = format!(
        "{}; the processors were busy for {:.0} % of the time, with the measurement itself. An explosion is {} \
         processes of a server that ends when its input does. Orders are the commands that people give, with \
         the time that the command itself needs. *Left* of a stop are processes that lived when its command \
         had ended, *later* those of them two seconds after. The usual loop looks each {} s here, not each \
         30 s: it would take {} times as long.{}",
        machine::words(),
        measured.busy_percent,
        CHILDREN + 1,
        POLL.as_secs(),
        30 / POLL.as_secs(),
        if arguments.quick {
            " A quick try, not a measurement."
        } else {
            ""
        },
    );
    let tables = [
        explosions(&measured.explosions),
        others(&measured.others),
        crashes(&measured.crashes),
        stops(&measured.stops),
        fleets(&measured.fleets),
    ];
    paper.tables = tables
        .into_iter()
        .filter(|table| !table.rows.is_empty())
        .collect();
    paper.verdicts = judge(measured, amounts.stops);
    paper.figures = figures(measured);
}

fn judge(measured: &Measured, least_stops: usize) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    for told in &measured.explosions {
        if !matches!(told.key, "guard" | "kept") {
            continue;
        }
        verdicts.push(Verdict::most(
            format!("{}: processes", told.name),
            told.most as f64,
            LIMIT as f64,
            "",
        ));
        let gone = told.gone_ms.unwrap_or(f64::NAN);
        verdicts.push(Verdict::most(
            format!("{}: all gone", told.name),
            gone,
            MOST_GONE_MS,
            " ms",
        ));
    }
    for (by, all) in measured.others.iter().filter(|(by, _)| *by != By::Polling) {
        let missed = all.iter().any(|told| told.is_complete);
        let longest = if missed {
            f64::NAN
        } else {
            largest(&within(all))
        };
        verdicts.push(Verdict::most(
            format!("{}: contained", by.name()),
            longest,
            MOST_CONTAINED_MS,
            " ms",
        ));
    }
    if let Some(told) = measured.crashes.iter().find(|told| told.kind == Kind::Ours) {
        verdicts.push(Verdict::most(
            "crash to next start, longest",
            largest(&told.took_ms),
            MOST_RESTART_MS,
            " ms",
        ));
    }
    if let Some(told) = measured.stops.iter().find(|told| told.kind == Kind::Ours) {
        verdicts.push(Verdict::least(
            "stops",
            told.times as f64,
            least_stops as f64,
            "",
        ));
        verdicts.push(Verdict::most(
            "processes left of all of them",
            told.left as f64,
            0.0,
            "",
        ));
    }
    if let Some(cost) = measured.fleets.iter().find(|cost| cost.kind == Kind::Ours) {
        let what = format!("{} quiet servers, of one processor", cost.servers);
        verdicts.push(Verdict::most(what, cost.cpu_percent, MOST_PERCENT, " %"));
    }
    verdicts
}

fn figures(measured: &Measured) -> Value {
    let explosions = measured.explosions.iter().map(|told| {
        json!({"key": told.key, "most": told.most, "pids_peak": told.peak, "gone_ms": told.gone_ms, "left": told.left})
    });
    let others = measured.others.iter().map(|(by, all)| {
        let most: Vec<usize> = all.iter().map(|told| told.most).collect();
        let complete = all.iter().filter(|told| told.is_complete).count();
        json!({"by": by.name(), "most": most, "within_ms": within(all), "not_contained": complete})
    });
    let crashes = measured
        .crashes
        .iter()
        .map(|told| json!({"keeper": told.kind.name(), "ms": told.took_ms}));
    let stops = measured.stops.iter().map(|told| {
        json!({"keeper": told.kind.name(), "ms": told.took_ms, "left": told.left, "left_later": told.left_later})
    });
    let fleets = measured.fleets.iter().map(|cost| {
        json!({
            "keeper": cost.kind.name(),
            "servers": cost.servers,
            "cpu_percent": cost.cpu_percent,
            "rss_bytes": cost.resident,
            "pss_bytes": cost.proportional,
        })
    });
    json!({
        "explosions": explosions.collect::<Vec<_>>(),
        "others": others.collect::<Vec<_>>(),
        "crashes": crashes.collect::<Vec<_>>(),
        "stops": stops.collect::<Vec<_>>(),
        "fleets": fleets.collect::<Vec<_>>(),
        "busy_percent": measured.busy_percent,
    })
}

#[cfg(test)]
mod tests {
    use super::super::crash::Crashes;
    use super::super::explosion::Explosion;
    use super::super::fleet::Cost;
    use super::super::others::Contained;
    use super::super::stops::Stops;
    use super::*;

    fn measured() -> Measured {
        let explosion = |key: &'static str, most, gone_ms| Explosion {
            key,
            name: key.to_owned(),
            order: "stop",
            most,
            peak: Some(15),
            gone_ms,
            left: 0,
        };
        let contained = |within_ms, is_complete| Contained {
            most: 30,
            within_ms,
            is_complete,
        };
        let stops = |kind, left| Stops {
            kind,
            times: 500,
            took_ms: vec![250.0],
            left,
            left_later: left,
        };
        let cost = |kind, cpu_percent| Cost {
            kind,
            servers: 200,
            cpu_percent,
            resident: 30_000_000,
            proportional: 20_000_000,
        };
        Measured {
            explosions: vec![
                explosion("bare", 406, None),
                explosion("guard", 15, Some(20.0)),
                explosion("kept", 16, None),
            ],
            others: vec![
                (
                    By::Processes,
                    vec![contained(20.0, false), contained(99.0, false)],
                ),
                (By::Tasks, vec![contained(20.0, true)]),
                (By::Polling, vec![contained(900.0, true)]),
            ],
            crashes: vec![Crashes {
                kind: Kind::Ours,
                took_ms: vec![10.0, 101.0],
            }],
            stops: vec![stops(Kind::Ours, 0), stops(Kind::Pm2, 40)],
            fleets: vec![cost(Kind::Ours, 0.4), cost(Kind::Pm2, 0.8)],
            busy_percent: 50.0,
        }
    }

    #[test]
    fn limits_are_held_against_ours_alone() {
        let verdicts = judge(&measured(), 500);
        let met: Vec<bool> = verdicts.iter().map(Verdict::is_met).collect();
        let expected = [
            true, true, // the guard
            false, false, // one too many, and not gone
            true, false, // contained, and not at all
            false, // a restart too late
            true, true, // stops
            true, // the fleet
        ];
        assert_eq!(met, expected, "{verdicts:?}");
        assert!(judge(&Measured::default(), 500).is_empty());
    }

    #[test]
    fn tables_have_a_figure_for_each_column() {
        let measured = measured();
        let tables = [
            explosions(&measured.explosions),
            others(&measured.others),
            crashes(&measured.crashes),
            stops(&measured.stops),
            fleets(&measured.fleets),
        ];
        for table in tables {
            assert!(!table.rows.is_empty());
            assert!(
                table.rows.iter().all(|row| row.len() == table.head.len()),
                "{table:?}"
            );
        }
        assert_eq!(figures(&measured)["stops"][1]["left"], 40);
    }
}
