//! What holds a step: limits, cooldowns, quiet hours, data that is not known, what is only watched.

use model::Severity;
use supervise::Policy;
use supervise::policy::{Effect, Event, Mode, Settings, Step};

use super::world::{case, changed, done, fired, follow, ladder, moment, resolved, settings, short};

fn restarting() -> Settings {
    settings(Mode::Enforce, ladder(&[(Step::RestartServer, 1)]))
}

#[test]
fn nothing_is_done_on_unknown_data() {
    let unknown = |is_unknown| changed("x", |case| case.is_unknown = is_unknown);
    let steps = [(Step::RestartServer, 1), (Step::RestartContainer, 1)];
    follow(
        &mut Policy::new(settings(Mode::Enforce, ladder(&steps))),
        &[
            (0, unknown(true), "x: <restart_server held, Unknown>"),
            (1, Event::Tick, ""),
            (2, unknown(false), "x: 2 restart_server a"),
            (2, done(2), "x: <2 done>"),
            (2, unknown(true), ""),
            // Whether it has helped cannot be told.
            (3, Event::Tick, "x: <restart_container held, Unknown>"),
            (9, Event::Tick, ""),
            (
                10,
                unknown(false),
                "x: <restart_server in vain>, x: 3 restart_container container",
            ),
        ],
    );
}

#[test]
fn what_is_only_watched_is_left_alone() {
    let watched = changed("x", |case| case.is_only_watched = true);
    let steps = [
        (Step::Notify, 1),
        (Step::RestartServer, 1),
        (Step::StopLargest, 1),
    ];
    let mut policy = Policy::new(settings(Mode::Enforce, ladder(&steps)));
    let all = "x: <restart_server skipped, OnlyWatched>, x: <stop_largest skipped, OnlyWatched>, \
               x: <exhausted>";
    follow(
        &mut policy,
        &[(0, watched, "x: <notice>"), (1, Event::Tick, all)],
    );
    let of_step = changed("y", |case| {
        let target = case.targets.get_mut(&Step::RestartServer).unwrap();
        target.is_only_watched = true;
    });
    follow(
        &mut policy,
        &[
            (2, of_step, "y: <notice>"),
            (
                3,
                Event::Tick,
                "y: <restart_server skipped, OnlyWatched>, y: 3 stop_largest a",
            ),
        ],
    );
}

#[test]
fn quiet_hours_hold_actions_and_not_notices() {
    let steps = [(Step::Notify, 1), (Step::RestartServer, 1)];
    let mut policy = Policy::new(settings(Mode::Enforce, ladder(&steps)));
    for (minute, event, is_quiet, expected) in [
        (0, fired("x", "a"), true, "x: <notice>"),
        (1, Event::Tick, true, "x: <restart_server held, Quiet>"),
        (300, Event::Tick, true, ""),
        (301, Event::Tick, false, "x: 2 restart_server a"),
        (301, done(2), true, "x: <2 done>"),
        (
            302,
            Event::Tick,
            true,
            "x: <restart_server in vain>, x: <exhausted>",
        ),
    ] {
        let effects = policy.on(event, moment(minute * 60), is_quiet);
        assert_eq!(short(&effects), expected, "minute {minute}");
    }
}

#[test]
fn a_step_may_need_a_worse_alert() {
    let mut rungs = ladder(&[(Step::Notify, 1), (Step::RestartServer, 1)])
        .rungs()
        .to_vec();
    rungs[1].least = Severity::Critical;
    let ladder = supervise::policy::Ladder::try_new(rungs).unwrap();
    let warning = changed("x", |case| case.severity = Severity::Warning);
    follow(
        &mut Policy::new(settings(Mode::Enforce, ladder)),
        &[
            (0, warning, "x: <notice>"),
            (1, Event::Tick, "x: <restart_server held, NotBadEnough>"),
            (2, Event::Tick, ""),
            (3, changed("x", |_| {}), "x: 2 restart_server a"),
        ],
    );
}

#[test]
fn others_wait_while_it_is_done_and_for_the_cooldown() {
    follow(
        &mut Policy::new(restarting()),
        &[
            (0, fired("x", "a"), "x: 2 restart_server a"),
            (0, fired("y", "a"), "y: <restart_server held, Busy>"),
            (0, fired("z", "b"), "z: 5 restart_server b"),
            (1, done(2), "x: <2 done>"),
            (1, Event::Tick, ""),
            (1, resolved("x"), "x: <restart_server helped>"),
            (1, Event::Tick, "y: <restart_server held, Cooldown>"),
            (9, Event::Tick, ""),
            (
                10,
                Event::Tick,
                "y: 6 restart_server a, z: <5 overdue>, z: <exhausted>",
            ),
        ],
    );
}

/// It comes and goes: that is another alert each time, so the cooldown holds, and then the limit.
#[test]
fn an_alert_that_flutters() {
    let mut policy = Policy::new(restarting());
    let mut acts = Vec::new();
    for minute in 0..120 {
        let alert = format!("x{minute}");
        let at = moment(minute * 60);
        for effect in policy.on(fired(&alert, "a"), at, false) {
            if let Effect::Act(act) = effect {
                acts.push(minute);
                policy.on(done(act.number), at, false);
            }
        }
        policy.on(resolved(&alert), at, false);
    }
    assert_eq!(
        acts,
        [0, 10, 20, 60, 70, 80],
        "three an hour, ten minutes apart"
    );
}

#[test]
fn limits_of_an_object_and_of_all() {
    let mut settings = restarting();
    settings.per_object = 1;
    settings.in_all = 2;
    follow(
        &mut Policy::new(settings),
        &[
            (0, fired("x", "a"), "x: 2 restart_server a"),
            (0, done(2), "x: <2 done>"),
            (0, resolved("x"), "x: <restart_server helped>"),
            (
                30,
                fired("y", "a"),
                "y: <restart_server held, LimitOfObject>",
            ),
            (30, fired("z", "b"), "z: 5 restart_server b"),
            (31, fired("u", "c"), "u: <restart_server held, LimitOfAll>"),
            (40, Event::Tick, "z: <5 overdue>, z: <exhausted>"),
            (59, Event::Tick, ""),
            (60, Event::Tick, "y: 7 restart_server a"),
            (
                90,
                Event::Tick,
                "y: <7 overdue>, y: <exhausted>, u: 8 restart_server c",
            ),
        ],
    );
}

#[test]
fn no_more_alerts_than_there_is_room_for() {
    let mut policy = Policy::new(settings(Mode::Enforce, ladder(&[(Step::Notify, 1)])));
    for number in 0..1_010 {
        let mut case = case(&format!("x{number}"), "a");
        case.evidence = vec!["x".repeat(5_000); 100];
        let effects = policy.on(Event::Fired(case), moment(0), false);
        let size = format!("{effects:?}").len();
        assert!(size < 20_000, "{size}");
    }
    assert_eq!((policy.alerts().count(), policy.dropped()), (1_000, 10));
}
