//! Up the ladder, step by step.

use model::Severity;
use supervise::Policy;
use supervise::policy::{Event, Mode, Step};

use super::world::{all_steps, changed, done, failed, fired, follow, ladder, resolved, settings};

fn enforcing() -> Policy {
    Policy::new(settings(Mode::Enforce, all_steps()))
}

/// Two steps that act, each checked after a minute.
fn short() -> Policy {
    let steps = [(Step::RestartServer, 1), (Step::RestartContainer, 1)];
    Policy::new(settings(Mode::Enforce, ladder(&steps)))
}

#[test]
fn the_whole_ladder() {
    follow(
        &mut enforcing(),
        &[
            (0, fired("x", "a"), "x: <notice>"),
            (4, Event::Tick, ""),
            (5, Event::Tick, "x: 2 clean_orphans orphans"),
            (6, Event::Tick, ""),
            (7, done(2), "x: <2 done>"),
            // A minute after it was done.
            (
                8,
                Event::Tick,
                "x: <clean_orphans in vain>, x: 3 restart_server a",
            ),
            (9, done(3), "x: <3 done>"),
            (11, Event::Tick, ""),
            (
                12,
                Event::Tick,
                "x: <restart_server in vain>, x: 4 stop_largest a",
            ),
            (13, done(4), "x: <4 done>"),
            (
                14,
                Event::Tick,
                "x: <stop_largest in vain>, x: 5 restart_container container",
            ),
            (15, done(5), "x: <5 done>"),
            (
                20,
                Event::Tick,
                "x: <restart_container in vain>, x: <exhausted>",
            ),
            (21, Event::Tick, ""),
            (600, fired("x", "a"), ""),
            (700, resolved("x"), "x: <restart_container helped>"),
        ],
    );
}

#[test]
fn observing_says_what_it_would_do() {
    follow(
        &mut Policy::new(settings(Mode::Observe, all_steps())),
        &[
            (0, fired("x", "a"), "x: <notice>"),
            (5, Event::Tick, "x: <would clean_orphans orphans>"),
            (6, Event::Tick, "x: <would restart_server a>"),
            (9, Event::Tick, "x: <would stop_largest a>"),
            (10, Event::Tick, "x: <would restart_container container>"),
            (15, Event::Tick, "x: <exhausted>"),
            // Nothing was done, so nothing has helped.
            (16, resolved("x"), ""),
        ],
    );
}

#[test]
fn it_ends_where_the_alert_does() {
    follow(
        &mut enforcing(),
        &[
            (0, fired("x", "a"), "x: <notice>"),
            (1, resolved("x"), ""),
            (9, Event::Tick, ""),
            (9, resolved("x"), ""),
        ],
    );
    follow(
        &mut short(),
        &[
            (0, fired("x", "a"), "x: 2 restart_server a"),
            (0, done(2), "x: <2 done>"),
            (0, resolved("x"), "x: <restart_server helped>"),
            (5, Event::Tick, ""),
        ],
    );
}

/// A server that is being stopped needs no memory before whoever stops it says so.
#[test]
fn it_may_end_before_the_answer() {
    let mut policy = short();
    follow(
        &mut policy,
        &[
            (0, fired("x", "a"), "x: 2 restart_server a"),
            (0, resolved("x"), "x: <restart_server helped>"),
            (1, fired("y", "a"), "y: <restart_server held, Busy>"),
            (2, done(2), "x: <2 done>"),
            (3, Event::Tick, "y: <restart_server held, Cooldown>"),
        ],
    );
    assert_eq!(policy.alerts().collect::<Vec<_>>(), ["y"]);
}

#[test]
fn what_fails_leads_on() {
    follow(
        &mut short(),
        &[
            (0, fired("x", "a"), "x: 2 restart_server a"),
            (1, done(9), ""),
            (
                1,
                failed(2),
                "x: <2 failed>, x: 3 restart_container container",
            ),
            (2, failed(2), ""),
            (2, failed(3), "x: <3 failed>, x: <exhausted>"),
            (3, resolved("x"), ""),
        ],
    );
}

#[test]
fn what_is_never_answered_leads_on() {
    follow(
        &mut short(),
        &[
            (0, fired("x", "a"), "x: 2 restart_server a"),
            (9, Event::Tick, ""),
            (
                10,
                Event::Tick,
                "x: <2 overdue>, x: 3 restart_container container",
            ),
            (11, done(2), ""),
            (11, resolved("x"), "x: <restart_container helped>"),
            (21, Event::Tick, "x: <3 overdue>"),
            (30, Event::Tick, ""),
        ],
    );
}

#[test]
fn steps_without_a_target_are_passed_over() {
    let bare = changed("x", |case| {
        case.targets.remove(&Step::CleanOrphans);
        case.targets.remove(&Step::StopLargest);
    });
    follow(
        &mut enforcing(),
        &[
            (0, bare, "x: <notice>"),
            (
                5,
                Event::Tick,
                "x: <clean_orphans skipped, NoTarget>, x: 2 restart_server a",
            ),
            (5, done(2), "x: <2 done>"),
            (
                8,
                Event::Tick,
                "x: <restart_server in vain>, x: <stop_largest skipped, NoTarget>, \
                 x: 3 restart_container container",
            ),
        ],
    );
}

#[test]
fn rules_without_a_ladder() {
    let other = changed("x", |case| case.rule = "cpu".to_owned());
    let mut policy = enforcing();
    follow(&mut policy, &[(0, other, ""), (9, Event::Tick, "")]);
    assert_eq!(policy.alerts().count(), 0);
}

#[test]
fn the_worst_comes_first() {
    let mut settings = settings(Mode::Enforce, ladder(&[(Step::RestartServer, 1)]));
    settings.in_all = 1;
    let mild = changed("mild", |case| case.severity = Severity::Warning);
    let mut policy = Policy::new(settings);
    policy.on(mild, super::world::moment(0), true);
    policy.on(fired("bad", "b"), super::world::moment(0), true);
    follow(
        &mut policy,
        &[(
            1,
            Event::Tick,
            "bad: 3 restart_server b, mild: <restart_server held, LimitOfAll>",
        )],
    );
}
