//! A made-up time, alerts, and what ladders say to them, in short words.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use model::{Moment, ProcessId, Severity};
use supervise::Policy;
use supervise::policy::{Case, Effect, Event, Ladder, Mode, Rung, Settings, Step, Target, What};

/// What happens, in minutes since the beginning, and what is said.
pub(super) type Row<'a> = (u64, Event, &'a str);

pub(super) fn moment(seconds: u64) -> Moment {
    let wall = Timestamp::from_second(1_700_000_000).unwrap();
    Moment {
        wall: wall + SignedDuration::from_secs(seconds.cast_signed()),
        boot_ns: seconds * 1_000_000_000,
    }
}

/// A ladder whose steps are checked after so many minutes.
pub(super) fn ladder(steps: &[(Step, u64)]) -> Ladder {
    let rungs = steps.iter().map(|(step, minutes)| Rung {
        step: *step,
        least: Severity::Warning,
        check_after: Duration::from_mins(*minutes),
    });
    Ladder::try_new(rungs.collect()).unwrap()
}

pub(super) fn all_steps() -> Ladder {
    ladder(&[
        (Step::Notify, 5),
        (Step::CleanOrphans, 1),
        (Step::RestartServer, 3),
        (Step::StopLargest, 1),
        (Step::RestartContainer, 5),
    ])
}

/// The rule `memory` has this ladder.
pub(super) fn settings(mode: Mode, ladder: Ladder) -> Settings {
    Settings {
        mode,
        ladders: BTreeMap::from([("memory".to_owned(), ladder)]),
        ..Settings::default()
    }
}

pub(super) fn target(object: &str) -> Target {
    Target {
        object: object.to_owned(),
        processes: vec![ProcessId {
            pid: 10,
            start_ticks: 1,
        }],
        is_only_watched: false,
    }
}

/// A critical alert about a server, which has a target for each step.
pub(super) fn case(alert: &str, server: &str) -> Case {
    let targets = [
        (Step::CleanOrphans, target("orphans")),
        (Step::RestartServer, target(server)),
        (Step::StopLargest, target(server)),
        (Step::RestartContainer, target("container")),
    ];
    Case {
        alert: alert.to_owned(),
        rule: "memory".to_owned(),
        severity: Severity::Critical,
        evidence: vec!["3.9 GiB resident, 4 GiB allowed".to_owned()],
        targets: BTreeMap::from(targets),
        is_unknown: false,
        is_only_watched: false,
    }
}

pub(super) fn fired(alert: &str, server: &str) -> Event {
    Event::Fired(case(alert, server))
}

pub(super) fn changed(alert: &str, change: impl FnOnce(&mut Case)) -> Event {
    let mut case = case(alert, "a");
    change(&mut case);
    Event::Changed(case)
}

pub(super) fn resolved(alert: &str) -> Event {
    let alert = alert.to_owned();
    Event::Resolved { alert }
}

pub(super) fn done(act: u64) -> Event {
    let said = "so it is".to_owned();
    Event::Done {
        act,
        ok: true,
        said,
    }
}

pub(super) fn failed(act: u64) -> Event {
    let said = "permission denied".to_owned();
    Event::Done {
        act,
        ok: false,
        said,
    }
}

/// Goes through a table in which no time is quiet.
pub(super) fn follow(policy: &mut Policy, rows: &[Row<'_>]) {
    for (number, (minute, event, expected)) in rows.iter().enumerate() {
        let effects = policy.on(event.clone(), moment(minute * 60), false);
        assert_eq!(short(&effects), *expected, "row {number}, {event:?}");
    }
}

/// Effects in a few words: the alert, then what.
pub(super) fn short(effects: &[Effect]) -> String {
    let words = effects.iter().map(|effect| match effect {
        Effect::Act(act) => {
            let (step, object) = (act.step.name(), &act.target.object);
            format!("{}: {} {step} {object}", act.alert, act.number)
        }
        Effect::Tell(told) => format!("{}: <{}>", told.alert, what(&told.what)),
    });
    words.collect::<Vec<_>>().join(", ")
}

fn what(what: &What) -> String {
    match what {
        What::Notice { .. } => "notice".to_owned(),
        What::WouldAct { act } => format!("would {} {}", act.step.name(), act.target.object),
        What::Held { step, why } => format!("{} held, {why:?}", step.name()),
        What::Skipped { step, why } => format!("{} skipped, {why:?}", step.name()),
        What::Done { number, .. } => format!("{number} done"),
        What::Failed { number, .. } => format!("{number} failed"),
        What::Overdue { number, .. } => format!("{number} overdue"),
        What::NoEffect { step } => format!("{} in vain", step.name()),
        What::Helped { step } => format!("{} helped", step.name()),
        What::Exhausted => "exhausted".to_owned(),
    }
}
