//! What was measured, and what we promise.

use serde_json::json;

use super::memory::Needs;
use super::start::Starts;
use super::traffic::Passed;
use super::{Arguments, Measured};
use crate::bench::machine;
use crate::bench::paper::{Paper, Table};
use crate::bench::verdict::Verdict;

/// Private memory of one guard.
const MOST_MEGABYTES: f64 = 3.0;
/// What it adds to a start.
const MOST_ADDED_MS: f64 = 5.0;
/// With a control group: attaching a process to one of version 1 alone takes some 11 ms.
const MOST_ADDED_WITH_GROUP_MS: f64 = 20.0;
/// Of what passes a bare pipe; two measurements of the same bare pipe differ by as much.
const LEAST_RATIO: f64 = 0.97;

pub(super) fn fill(paper: &mut Paper, measured: &Measured, arguments: &Arguments) {
    paper.name = "guard";
    paper.conditions = format!(
        "{}; the processors were busy for {:.0} % of the time, with the measurement itself. The server is the \
         testbed's `mcp-server`. Memory is that of what stands in front, without the server's: *private* counts what \
         nobody else has, alone with the pages of its program's file that it has read, of which the kernel can \
         drop all that are not *dirty*, and which several share; {} rounds of \
         starts, in turn, each compared with the bare start of its own round; traffic is compared in the same \
         way, {} MB through `cat` and {} calls of a tool in each of {} rounds.{}",
        machine::words(),
        measured.busy_percent,
        measured.starts.first().map_or(0, |starts| starts.rounds),
        arguments.amount().bytes >> 20,
        arguments.amount().calls,
        arguments.amount().rounds,
        if arguments.quick {
            " A quick try, not a measurement."
        } else {
            ""
        },
    );
    let tables = [
        memory(&measured.needs),
        starts(&measured.starts),
        traffic(&measured.passed),
    ];
    paper.tables = tables
        .into_iter()
        .filter(|table| !table.rows.is_empty())
        .collect();
    paper.verdicts = judge(measured);
    paper.figures = figures(measured);
}

fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

fn memory(all: &[Needs]) -> Table {
    let mut table = Table::new(&[
        "in front of an idle server",
        "processes",
        "private MB",
        "dirty MB",
        "RSS MB",
        "together",
        "private MB of each",
        "PSS MB of all",
    ]);
    table.rows = all
        .iter()
        .map(|needs| {
            vec![
                needs.front.name.to_owned(),
                needs.alone.processes.to_string(),
                format!("{:.2}", megabytes(needs.alone.private)),
                format!("{:.2}", megabytes(needs.alone.dirty)),
                format!("{:.2}", megabytes(needs.alone.resident)),
                needs.many.to_string(),
                format!("{:.2}", each(needs)),
                format!("{:.1}", megabytes(needs.together.proportional)),
            ]
        })
        .collect();
    table
}

/// Private megabytes of each of many.
fn each(needs: &Needs) -> f64 {
    megabytes(needs.together.private) / needs.many.max(1) as f64
}

fn starts(all: &[Starts]) -> Table {
    let mut table = Table::new(&[
        "in front",
        "ms until the first answer",
        "ms added, median",
        "ms added, p95",
    ]);
    table.rows = all
        .iter()
        .map(|starts| {
            vec![
                starts.front.name.to_owned(),
                format!("{:.2}", starts.median_ms),
                format!("{:.2}", starts.added_ms),
                format!("{:.2}", starts.added_p95_ms),
            ]
        })
        .collect();
    table
}

fn traffic(all: &[Passed]) -> Table {
    let mut table = Table::new(&[
        "in front",
        "MB/s",
        "against bare",
        "calls/s",
        "against bare",
    ]);
    table.rows = all
        .iter()
        .map(|passed| {
            vec![
                passed.name.clone(),
                format!("{:.0}", passed.megabytes_a_second),
                format!("{:.3}×", passed.bytes_ratio),
                format!("{:.0}", passed.calls_a_second),
                format!("{:.3}×", passed.calls_ratio),
            ]
        })
        .collect();
    table
}

fn judge(measured: &Measured) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    if let Some(guard) = measured
        .needs
        .iter()
        .find(|needs| needs.front.key == "guard")
    {
        let alone = megabytes(guard.alone.dirty);
        verdicts.push(Verdict::most(
            "a guard by itself, private and dirty",
            alone,
            MOST_MEGABYTES,
            " MB",
        ));
        let what = format!("each of {} guards, private", guard.many);
        verdicts.push(Verdict::most(what, each(guard), MOST_MEGABYTES, " MB"));
    }
    for (key, what, most) in [
        ("guard", "what the guard adds to a start", MOST_ADDED_MS),
        (
            "limited",
            "what it adds with a control group",
            MOST_ADDED_WITH_GROUP_MS,
        ),
    ] {
        if let Some(starts) = measured
            .starts
            .iter()
            .find(|starts| starts.front.key == key)
        {
            verdicts.push(Verdict::most(what, starts.added_ms, most, " ms"));
        }
    }
    if let Some(passed) = measured.passed.iter().find(|passed| passed.key == "guard") {
        verdicts.push(Verdict::least(
            "bytes that pass, against bare",
            passed.bytes_ratio,
            LEAST_RATIO,
            "×",
        ));
        verdicts.push(Verdict::least(
            "calls that pass, against bare",
            passed.calls_ratio,
            LEAST_RATIO,
            "×",
        ));
    }
    verdicts
}

fn figures(measured: &Measured) -> serde_json::Value {
    let needs = measured.needs.iter().map(|needs| {
        json!({
            "key": needs.front.key,
            "private_bytes": needs.alone.private,
            "private_dirty_bytes": needs.alone.dirty,
            "resident_bytes": needs.alone.resident,
            "count": needs.many,
            "together_private_bytes": needs.together.private,
            "together_pss_bytes": needs.together.proportional,
        })
    });
    let starts = measured.starts.iter().map(|starts| {
        json!({
            "key": starts.front.key,
            "rounds": starts.rounds,
            "median_ms": starts.median_ms,
            "added_ms": starts.added_ms,
            "added_p95_ms": starts.added_p95_ms,
        })
    });
    let passed = measured.passed.iter().map(|passed| {
        json!({
            "key": passed.key,
            "megabytes_a_second": passed.megabytes_a_second,
            "bytes_ratio": passed.bytes_ratio,
            "calls_a_second": passed.calls_a_second,
            "calls_ratio": passed.calls_ratio,
        })
    });
    json!({
        "memory": needs.collect::<Vec<_>>(),
        "starts": starts.collect::<Vec<_>>(),
        "traffic": passed.collect::<Vec<_>>(),
        "busy_percent": measured.busy_percent,
    })
}

#[cfg(test)]
mod tests {
    use super::super::fronts::{BARE, GUARD, LIMITED};
    use super::super::memory::Memory;
    use super::*;

    fn measured() -> Measured {
        let memory = |private, dirty, processes| Memory {
            processes,
            private,
            dirty,
            ..Memory::default()
        };
        let starts = |front, added_ms| Starts {
            front,
            rounds: 100,
            median_ms: 3.0 + added_ms,
            added_ms,
            added_p95_ms: 2.0 * added_ms,
        };
        let passed = |key: &'static str, ratio| Passed {
            name: key.to_owned(),
            key,
            megabytes_a_second: 1000.0,
            calls_a_second: 20_000.0,
            bytes_ratio: ratio,
            calls_ratio: 0.9,
        };
        Measured {
            needs: vec![Needs {
                front: GUARD,
                alone: memory(5_000_000, 3_500_000, 1),
                many: 50,
                together: memory(100_000_000, 90_000_000, 50),
            }],
            starts: vec![starts(BARE, 0.0), starts(GUARD, 4.0), starts(LIMITED, 21.0)],
            passed: vec![passed("bare", 1.0), passed("guard", 0.98)],
            busy_percent: 50.0,
        }
    }

    #[test]
    fn limits_are_held_against_the_guard_alone() {
        let verdicts = judge(&measured());
        let met: Vec<bool> = verdicts.iter().map(Verdict::is_met).collect();
        assert_eq!(met, [false, true, true, false, true, false], "{verdicts:?}");
        assert!(judge(&Measured::default()).is_empty());
    }

    #[test]
    fn tables_have_a_figure_for_each_column() {
        let measured = measured();
        for table in [
            memory(&measured.needs),
            starts(&measured.starts),
            traffic(&measured.passed),
        ] {
            assert!(!table.rows.is_empty());
            assert!(
                table.rows.iter().all(|row| row.len() == table.head.len()),
                "{table:?}"
            );
        }
        assert_eq!(figures(&measured)["starts"][1]["added_ms"], 4.0);
    }
}
