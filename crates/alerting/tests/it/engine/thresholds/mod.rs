//! Every row of the default pack that has thresholds: what is just well is quiet, and the rest is told
//! with the right severity at the right time, eases, and ends.

mod bursts;
mod rows;

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use alerting::Reason;
use alerting::engine::What;
use alerting::rule::{Profile, Source, Wishes, pack};
use model::Severity::{self, Critical, Warning};

use super::world::{World, packed};
use bursts::bursts;
use rows::{Row, SETTLED, processes, processes_of_each, row, rows};

/// A world where all has been well for a while.
fn healthy(row: &Row, profile: Profile) -> World {
    let mut world = World::new(packed(row.rule, profile));
    (row.drive)(&mut world, row.well[0]);
    assert_eq!(world.run(20), [], "{}", row.rule);
    world
}

fn just_well_is_quiet(row: &Row, profile: Profile) {
    let mut world = healthy(row, profile);
    (row.drive)(&mut world, row.well[1]);
    assert_eq!(world.run(1200), [], "{}", row.rule);
    assert_eq!(world.engine.alerts().count(), 0, "{}", row.rule);
}

fn expect(
    world: &mut World,
    row: &Row,
    within: &RangeInclusive<u64>,
    what: What,
    severity: Severity,
) {
    let told = world.next(*within.end());
    let (after, told, alert) = told.unwrap_or_else(|| panic!("{}: {what:?} is not told", row.rule));
    assert_eq!(
        (told, alert.severity),
        (what, severity),
        "{} after {after}",
        row.rule
    );
    assert!(
        within.contains(&after),
        "{}: {what:?} after {after} s",
        row.rule
    );
    assert_eq!(alert.labels["alertname"], row.rule);
    assert_eq!(alert.labels["severity"], severity.name());
}

/// Warning, critical, warning again, and over.
fn up_and_down(row: &Row, profile: Profile) {
    let mut world = healthy(row, profile);
    let mut at = None;
    if let Some((value, after)) = &row.warning {
        (row.drive)(&mut world, *value);
        expect(&mut world, row, after, What::Fired, Warning);
        at = Some(*value);
    }
    if let Some((value, after)) = &row.critical {
        (row.drive)(&mut world, *value);
        // The time that it was a warning counts if it is the same value.
        let from = if at == Some(*value) {
            5
        } else {
            *after.start()
        };
        let what = if at.is_some() {
            What::Escalated
        } else {
            What::Fired
        };
        expect(&mut world, row, &(from..=*after.end()), what, Critical);
        if let Some(value) = at.filter(|at| at != value) {
            (row.drive)(&mut world, value);
            expect(&mut world, row, &(5..=row.end), What::Eased, Warning);
        }
    }
    assert_eq!(world.run(300), [], "{}: it stays as it is", row.rule);
    (row.drive)(&mut world, row.well[0]);
    let (after, what, alert) = world.next(row.end).unwrap();
    assert_eq!(
        (what, alert.reason),
        (What::Resolved, Some(Reason::Recovered)),
        "{} {after}",
        row.rule
    );
    assert_eq!(world.engine.alerts().count(), 0);
}

/// From nothing to critical: told as critical as soon as that is known.
fn at_once(row: &Row, profile: Profile) {
    let (Some((_, warns)), Some((value, after))) = (&row.warning, &row.critical) else {
        return;
    };
    let mut world = healthy(row, profile);
    (row.drive)(&mut world, *value);
    if warns.start() < after.start() {
        expect(&mut world, row, warns, What::Fired, Warning);
        expect(
            &mut world,
            row,
            &(5..=*after.end()),
            What::Escalated,
            Critical,
        );
    } else if warns == after && *after.end() <= 60 && after.start() == after.end() {
        expect(&mut world, row, after, What::Fired, Critical);
    } else {
        // Over a window the lower threshold is crossed earlier.
        let (_, _, first) = world.next(*after.end()).unwrap();
        if first.severity != Critical {
            expect(
                &mut world,
                row,
                &(5..=*after.end()),
                What::Escalated,
                Critical,
            );
        }
    }
}

#[test]
fn every_row() {
    for profile in [Profile::Default, Profile::Strict, Profile::Gateway] {
        let mut rows = rows();
        rows.push(match profile {
            Profile::Default => row(
                "process_count",
                processes_of_each,
                [3.0, 11.75],
                (12.0, SETTLED),
                (15.0, SETTLED),
                5,
            ),
            Profile::Strict | Profile::Gateway => row(
                "process_count",
                processes,
                [8.0, 11.0],
                (12.0, SETTLED),
                (15.0, SETTLED),
                5,
            ),
        });
        if profile == Profile::Gateway {
            let busy = rows.iter_mut().find(|row| row.rule == "high_cpu");
            let busy = busy.unwrap();
            busy.well[1] = 0.59;
            busy.warning = Some((0.7, 305..=320));
        }
        for row in &rows {
            just_well_is_quiet(row, profile);
            up_and_down(row, profile);
            at_once(row, profile);
        }
    }
}

#[test]
fn no_rule_is_forgotten() {
    let tested: BTreeSet<&str> = rows()
        .iter()
        .map(|row| row.rule)
        .chain(bursts().iter().map(|burst| burst.rule))
        .chain(["process_count"])
        .collect();
    for rule in pack(&Wishes::default()) {
        if !matches!(rule.source, Source::Finding(_)) {
            assert!(
                tested.contains(rule.name.as_str()),
                "{} has no test",
                rule.name
            );
        }
    }
}
