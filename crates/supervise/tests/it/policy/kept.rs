//! Restarts of mcpvisor, reboots, other settings.

use model::Moment;
use supervise::Policy;
use supervise::policy::{Event, Memory, Mode, Step};

use super::world::{done, fired, follow, ladder, moment, resolved, settings, short};

fn enforcing() -> supervise::policy::Settings {
    let steps = [(Step::RestartServer, 1), (Step::RestartContainer, 1)];
    settings(Mode::Enforce, ladder(&steps))
}

/// As it is read back from where it was kept.
fn restart(policy: &Policy) -> Policy {
    let text = serde_json::to_string(policy.memory()).unwrap();
    let memory: Memory = serde_json::from_str(&text).unwrap();
    assert_eq!(&memory, policy.memory());
    Policy::resumed(enforcing(), memory)
}

#[test]
fn it_goes_on_where_it_was() {
    let mut policy = Policy::new(enforcing());
    follow(
        &mut policy,
        &[(0, fired("x", "a"), "x: 2 restart_server a")],
    );
    // What was being done is taken as done.
    let mut policy = restart(&policy);
    follow(
        &mut policy,
        &[
            (0, fired("x", "a"), ""),
            (0, done(2), ""),
            (
                1,
                Event::Tick,
                "x: <restart_server in vain>, x: 3 restart_container container",
            ),
            (1, done(3), "x: <3 done>"),
        ],
    );
    let mut policy = restart(&policy);
    let held = "y: <restart_server held, Cooldown>";
    follow(
        &mut policy,
        &[
            (
                2,
                Event::Tick,
                "x: <restart_container in vain>, x: <exhausted>",
            ),
            (3, fired("y", "a"), held),
        ],
    );
}

#[test]
fn what_was_over_is_forgotten() {
    let mut policy = Policy::new(enforcing());
    follow(
        &mut policy,
        &[
            (0, fired("x", "a"), "x: 2 restart_server a"),
            (0, resolved("x"), "x: <restart_server helped>"),
        ],
    );
    let mut policy = restart(&policy);
    let held = "y: <restart_server held, Cooldown>";
    follow(&mut policy, &[(0, fired("y", "a"), held), (1, done(2), "")]);
}

#[test]
fn limits_hold_over_a_reboot() {
    let mut policy = Policy::new(enforcing());
    let at = moment(36_000);
    policy.on(fired("x", "a"), at, false);
    let mut policy = restart(&policy);
    let after = |wall_seconds: i64, boot_seconds: u64| Moment {
        wall: at.wall + jiff::SignedDuration::from_secs(wall_seconds),
        boot_ns: boot_seconds * 1_000_000_000,
    };
    policy.on(
        Event::Resolved {
            alert: "x".to_owned(),
        },
        after(100, 5),
        false,
    );
    let effects = policy.on(fired("y", "a"), after(500, 405), false);
    assert_eq!(short(&effects), "y: <restart_server held, Cooldown>");
    let effects = policy.on(Event::Tick, after(600, 505), false);
    assert_eq!(short(&effects), "y: 4 restart_server a");
}

#[test]
fn another_mode_begins_anew() {
    let mut observing = enforcing();
    observing.mode = Mode::Observe;
    let mut policy = Policy::new(observing.clone());
    follow(
        &mut policy,
        &[
            (0, fired("x", "a"), "x: <would restart_server a>"),
            (1, Event::Tick, "x: <would restart_container container>"),
        ],
    );
    policy.configure(enforcing());
    follow(&mut policy, &[(2, Event::Tick, "x: 4 restart_server a")]);
    // What is being done goes on.
    policy.configure(observing);
    follow(
        &mut policy,
        &[
            (3, done(4), "x: <4 done>"),
            (
                4,
                Event::Tick,
                "x: <restart_server in vain>, x: <would restart_container container>",
            ),
        ],
    );
}

#[test]
fn another_ladder_begins_anew_and_the_same_goes_on() {
    let mut policy = Policy::new(enforcing());
    let exhausted = "x: <restart_container in vain>, x: <exhausted>";
    follow(
        &mut policy,
        &[
            (0, fired("x", "a"), "x: 2 restart_server a"),
            (0, done(2), "x: <2 done>"),
            (
                1,
                Event::Tick,
                "x: <restart_server in vain>, x: 3 restart_container container",
            ),
            (1, done(3), "x: <3 done>"),
            (2, Event::Tick, exhausted),
        ],
    );
    policy.configure(enforcing());
    follow(&mut policy, &[(3, Event::Tick, "")]);
    let other = ladder(&[(Step::StopLargest, 1)]);
    policy.configure(settings(Mode::Enforce, other));
    follow(&mut policy, &[(4, Event::Tick, "x: 4 stop_largest a")]);
}
