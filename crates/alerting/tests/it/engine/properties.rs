//! Whatever is read, whenever: what holds of all alerts.

use std::collections::BTreeMap;
use std::time::Duration;

use alerting::engine::{Transition, What};
use alerting::rule::{Condition, How, Scope, Side, Source, Threshold, Times};
use alerting::{Alert, Reason, Rule, State};
use model::Severity;
use model::metric::table as metrics;
use proptest::prelude::*;

use super::world::{SERVER, World, how, memory_rule, set_memory, threshold_rule};

/// What happens before a look.
#[derive(Clone, Copy, Debug)]
enum Step {
    Value(f64),
    Missing,
    Down,
    Gap(u64),
    Wall(i64),
    Clear,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let value = prop_oneof![
        prop::sample::select(vec![
            0.0, 50.0, 95.0, 100.0, 101.0, 150.0, 200.0, 201.0, 300.0
        ]),
        -1e3..1e3,
        Just(f64::NAN),
        Just(f64::MAX),
    ];
    let step = prop_oneof![
        12 => value.prop_map(Step::Value),
        2 => Just(Step::Missing),
        1 => Just(Step::Down),
        1 => (0_u64..20_000).prop_map(Step::Gap),
        1 => (-100_000_i64..100_000).prop_map(Step::Wall),
        1 => Just(Step::Clear),
    ];
    // Each value for some looks, as they are in life.
    prop::collection::vec((step, 1_usize..8), 1..30).prop_map(|steps| {
        let steps = steps.into_iter();
        steps
            .flat_map(|(step, times)| std::iter::repeat_n(step, times))
            .collect()
    })
}

fn rules() -> impl Strategy<Value = Rule> {
    let level = |value: f64| {
        prop::option::of(
            (0_u64..40, 0.5..=1.0).prop_map(move |(hold, clear)| Threshold {
                value,
                clear: value * clear,
                hold: Duration::from_secs(hold),
            }),
        )
    };
    let levels = (level(50.0), level(100.0), level(150.0), level(200.0));
    let keep = prop_oneof![Just(0), 0_u64..60];
    let absent = prop::option::weighted(0.1, 0_u64..60);
    (levels, keep, absent, 0_u8..5).prop_map(
        |((info, warning, error, critical), keep, absent, shape)| {
            let window = Duration::from_mins(1);
            let over = match shape {
                0 => How::Growth(window),
                1 => How::TimeTo {
                    limit: 250.0,
                    over: window,
                },
                _ => How::Value,
            };
            let figure = how(metrics::SERVER_RESIDENT_MEMORY_BYTES, over);
            let levels = [info, warning, error, critical];
            let rule = threshold_rule("rule", Scope::Server, figure, Side::Above, levels);
            Rule {
                keep_firing: Duration::from_secs(keep),
                condition: match absent {
                    Some(hold) => Condition::Absent {
                        severity: Severity::Warning,
                        hold: Duration::from_secs(hold),
                    },
                    None => rule.condition.clone(),
                },
                ..rule
            }
        },
    )
}

/// Lets a step happen, and looks.
fn follow(world: &mut World, step: Step) -> Vec<Transition> {
    let mut told = Vec::new();
    world.set(metrics::SERVER_UP, &SERVER, 1.0);
    match step {
        Step::Value(value) => set_memory(world, value),
        Step::Missing => world.unset(metrics::SERVER_RESIDENT_MEMORY_BYTES, &SERVER),
        Step::Down => {
            world.unset(metrics::SERVER_RESIDENT_MEMORY_BYTES, &SERVER);
            world.unset(metrics::SERVER_UP, &SERVER);
        }
        Step::Gap(seconds) => world.pass(Duration::from_secs(seconds)),
        Step::Wall(seconds) => world.moment.wall += jiff::SignedDuration::from_secs(seconds),
        Step::Clear => {
            let id = world.engine.alerts().next().map(|alert| alert.id.clone());
            if let Some(id) = id {
                told.push(world.engine.clear(&id).unwrap());
            }
        }
    }
    told.extend(world.look());
    told
}

/// The life of each alert, by its id.
#[derive(Default)]
struct Lives(BTreeMap<String, (State, Severity)>);

impl Lives {
    /// What is told fits what was told before.
    fn take(&mut self, told: &Transition) {
        let alert = &told.alert;
        let before = self.0.get(&alert.id).copied();
        let now = alert.state;
        match told.what {
            What::Pending => assert_eq!((before, now), (None, State::Pending)),
            What::Fired => {
                assert!(
                    matches!(before, None | Some((State::Pending, _))),
                    "{told:?}"
                );
                assert_eq!(now, State::Firing);
                assert!(alert.starts_at.is_some() && alert.ends_at.is_none());
            }
            What::Escalated | What::Eased => {
                let Some((State::Firing, severity)) = before else {
                    panic!("{told:?} after {before:?}");
                };
                assert_eq!(now, State::Firing);
                assert_eq!(told.what == What::Escalated, alert.severity > severity);
                assert_ne!(alert.severity, severity);
            }
            What::Dropped => {
                assert!(matches!(before, Some((State::Pending, _))), "{told:?}");
                assert_eq!(now, State::Resolved);
            }
            What::Resolved => {
                assert!(matches!(before, Some((State::Firing, _))), "{told:?}");
                assert_eq!(now, State::Resolved);
                assert!(alert.ends_at.is_some() && alert.reason.is_some());
            }
        }
        assert_eq!(alert.labels["severity"], alert.severity.name());
        self.0.insert(alert.id.clone(), (now, alert.severity));
    }

    /// What the engine lists is what was told.
    fn agree(&self, world: &World) {
        let listed = world.engine.alerts();
        let listed: BTreeMap<&str, State> = listed.map(|alert| (&*alert.id, alert.state)).collect();
        let open = self
            .0
            .iter()
            .filter(|(_, (state, _))| *state != State::Resolved);
        let open: BTreeMap<&str, State> = open.map(|(id, (state, _))| (&**id, *state)).collect();
        assert_eq!(listed, open);
    }
}

/// The last bit of a value may be lost where it is written as text.
fn are_same(mut left: Vec<Alert>, mut right: Vec<Alert>) -> bool {
    let values = left.iter_mut().zip(&mut right);
    let values = values.map(|(left, right)| (left.value.take(), right.value.take()));
    let are_near = values
        .collect::<Vec<_>>()
        .into_iter()
        .all(|pair| match pair {
            (Some(left), Some(right)) => (left - right).abs() <= left.abs() * 1e-12,
            pair => pair == (None, None),
        });
    are_near && left == right
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// Inactive, pending, firing, resolved, and nothing else; each that fires ends at most once.
    #[test]
    fn lives_are_in_order(rule in rules(), steps in steps()) {
        let mut world = World::new(vec![rule]);
        let mut lives = Lives::default();
        for step in steps {
            for told in follow(&mut world, step) {
                lives.take(&told);
            }
            lives.agree(&world);
        }
    }

    /// With N of M too.
    #[test]
    fn lives_of_n_of_m(rule in rules(), times in 1_u32..6, of in 0_u32..80, steps in steps()) {
        let mut world = World::new(vec![Rule { times: Some(Times { times, of }), ..rule }]);
        let mut lives = Lives::default();
        for step in steps {
            for told in follow(&mut world, step) {
                lives.take(&told);
            }
            lives.agree(&world);
        }
    }

    /// It fires only if the value was over the threshold in every look for as long as the rule wants,
    /// gaps not counted.
    #[test]
    fn nothing_fires_early(hold in 0_u64..60, steps in steps()) {
        let mut rule = memory_rule();
        let wanted = Threshold { value: 100.0, clear: 60.0, hold: Duration::from_secs(hold) };
        rule.condition = Condition::Threshold {
            side: Side::Above,
            levels: [None, Some(wanted), None, None],
        };
        let mut world = World::new(vec![rule]);
        let mut held: Option<u64> = None;
        let mut value = None;
        let mut last = None;
        for step in steps {
            match step {
                Step::Value(new) => value = Some(new),
                Step::Missing | Step::Down => value = None,
                Step::Gap(_) | Step::Wall(_) | Step::Clear => {}
            }
            let told = follow(&mut world, step);
            let now = world.moment.boot_ns;
            let passed = last.replace(now).map_or(0, |last| (now - last) / super::world::SECOND);
            let credit = if passed > 15 { 5 } else { passed };
            match (step, value.filter(|value| value.is_finite())) {
                (Step::Clear, Some(value)) => held = (value > 100.0).then_some(0),
                (Step::Clear, None) | (Step::Down, _) => held = None,
                (_, Some(value)) if value > 100.0 => held = Some(held.map_or(0, |held| held + credit)),
                (_, Some(_)) => held = None,
                (_, None) => {}
            }
            // What was cleared may have been pending only: the clock of the world begins anew as well.
            if told.iter().any(|told| told.what == What::Fired) {
                prop_assert!(held.is_some_and(|held| held >= hold), "{held:?} of {hold}");
            }
            let is_firing = world.engine.alerts().any(|alert| alert.state == State::Firing);
            if held.is_some_and(|held| held >= hold) && !matches!(step, Step::Clear) {
                prop_assert!(is_firing, "{held:?} of {hold}");
            }
        }
    }

    /// A restart at any point changes nothing of what follows, if the history has all looks.
    #[test]
    fn a_restart_changes_nothing(rule in rules(), steps in steps(), at in any::<prop::sample::Index>()) {
        let mut one = World::new(vec![rule.clone()]);
        let mut other = World::new(vec![rule.clone()]);
        let at = at.index(steps.len());
        for (number, step) in steps.into_iter().enumerate() {
            if number == at {
                other.restart(vec![rule.clone()]);
            }
            let (left, right) = (follow(&mut one, step), follow(&mut other, step));
            let alerts = |told: &[Transition]| told.iter().map(|told| told.alert.clone()).collect();
            let whats = |told: &[Transition]| told.iter().map(|told| told.what).collect::<Vec<_>>();
            prop_assert_eq!(whats(&left), whats(&right), "after {}", number);
            prop_assert!(are_same(alerts(&left), alerts(&right)), "{:?}\n{:?}", left, right);
        }
        let alerts = |world: &World| world.engine.alerts().cloned().collect::<Vec<_>>();
        prop_assert!(are_same(alerts(&one), alerts(&other)));
    }

    /// Rates are of what was counted: never below zero, never more than all of it.
    #[test]
    fn rates(gains in prop::collection::vec((0.0..50.0, 0_u64..40_000, 0_u8..12), 1..60)) {
        let over = Duration::from_mins(1);
        let figure = how(metrics::SERVER_LOG_ERRORS_TOTAL, How::Increase(over));
        let levels = [None, super::world::level(-1.0, 0), None, None];
        let mut world = World::new(vec![threshold_rule("rule", Scope::Server, figure, Side::Above, levels)]);
        let mut all = 0.0;
        world.set(metrics::SERVER_LOG_ERRORS_TOTAL, &SERVER, 100.0);
        world.look();
        for (gain, gap, event) in gains {
            match event {
                0 => world.set(metrics::SERVER_LOG_ERRORS_TOTAL, &SERVER, gain),
                1 => world.pass(Duration::from_millis(gap)),
                _ => {}
            }
            world.add(metrics::SERVER_LOG_ERRORS_TOTAL, &SERVER, gain);
            all += gain + f64::from(u8::from(event == 0)) * gain;
            world.look();
            let value = world.alert().value.unwrap();
            prop_assert!((-1e-9..=all + 1e-9).contains(&value), "{} of {}", value, all);
        }
    }

    /// What is written can be read, whatever it is.
    #[test]
    fn matchers(name in "[a-z_][a-z0-9_]{0,9}", value in any::<String>()) {
        use alerting::Matcher;
        use alerting::matcher::Comparison;
        for how in [Comparison::Equal, Comparison::Different] {
            let matcher = Matcher::new(&name, how, &value).unwrap();
            let again: Matcher = matcher.to_string().parse().unwrap();
            prop_assert_eq!(&again, &matcher);
            prop_assert_eq!(matcher.takes(&value), how == Comparison::Equal);
        }
    }

    /// Nothing that people write makes it panic.
    #[test]
    fn texts_for_matchers(text in any::<String>()) {
        if let Ok(matcher) = text.parse::<alerting::Matcher>() {
            let again: alerting::Matcher = matcher.to_string().parse().unwrap();
            prop_assert_eq!(again, matcher);
        }
    }
}

/// The rules above are of every kind that they are meant to be.
#[test]
fn a_resolved_alert_says_why() {
    let mut world = World::new(vec![memory_rule()]);
    assert!(matches!(memory_rule().source, Source::Figure { .. }));
    follow(&mut world, Step::Value(300.0));
    for _ in 0..10 {
        follow(&mut world, Step::Value(300.0));
    }
    let told = follow(&mut world, Step::Down);
    assert_eq!(told[0].alert.reason, Some(Reason::Ended));
}
