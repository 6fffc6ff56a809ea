//! Whatever alerts do, whenever: what holds of all ladders.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use model::{Moment, Severity};
use proptest::prelude::*;
use supervise::Policy;
use supervise::policy::{
    Act, Case, Effect, Event, Ladder, Memory, Mode, Rung, Settings, Step, Target, What,
};

use super::world::moment;

/// An hour, seconds.
const HOUR: u64 = 3_600;

fn severities() -> impl Strategy<Value = Severity> {
    prop::sample::select(vec![Severity::Warning, Severity::Error, Severity::Critical])
}

fn ladders() -> impl Strategy<Value = Ladder> {
    prop::sample::subsequence(Step::ALL.to_vec(), 1..=5).prop_flat_map(|steps| {
        let rung = (severities(), 1_u64..600);
        prop::collection::vec(rung, steps.len()).prop_map(move |times| {
            let rungs = steps
                .iter()
                .zip(times)
                .map(|(step, (least, seconds))| Rung {
                    step: *step,
                    least,
                    check_after: Duration::from_secs(seconds),
                });
            Ladder::try_new(rungs.collect()).unwrap()
        })
    })
}

fn settings() -> impl Strategy<Value = Settings> {
    (ladders(), ladders(), 0_u64..1_200, 0_u32..4, 0_u32..8).prop_map(
        |(memory, processes, cooldown, per_object, in_all)| Settings {
            mode: Mode::Enforce,
            ladders: BTreeMap::from([
                ("memory".to_owned(), memory),
                ("processes".to_owned(), processes),
            ]),
            cooldown: Duration::from_secs(cooldown),
            per_object,
            in_all,
        },
    )
}

fn cases() -> impl Strategy<Value = Case> {
    let steps = Step::ALL.to_vec();
    let target =
        (0_u8..3, prop::bool::weighted(0.1)).prop_map(|(object, is_only_watched)| Target {
            object: format!("object {object}"),
            processes: Vec::new(),
            is_only_watched,
        });
    let targets = prop::collection::btree_map(prop::sample::select(steps), target, 2..5);
    let rule = prop::sample::select(vec!["memory", "processes", "other"]);
    let flags = (prop::bool::weighted(0.2), prop::bool::weighted(0.1));
    (0_u8..5, rule, severities(), targets, flags).prop_map(
        |(alert, rule, severity, targets, (is_unknown, is_only_watched))| Case {
            alert: format!("alert {alert}"),
            rule: rule.to_owned(),
            severity,
            evidence: Vec::new(),
            targets,
            is_unknown,
            is_only_watched,
        },
    )
}

/// What happens, so many seconds after what happened before.
#[derive(Clone, Debug)]
enum Happens {
    Fired(Case),
    Changed(Case),
    Resolved(u8),
    /// The oldest act that is not answered, or one that never was.
    Done(bool),
    NeverAsked(u64),
    Tick,
    Restart,
}

fn happenings() -> impl Strategy<Value = Vec<(Happens, u64, bool)>> {
    let happens = prop_oneof![
        4 => cases().prop_map(Happens::Fired),
        2 => cases().prop_map(Happens::Changed),
        2 => (0_u8..5).prop_map(Happens::Resolved),
        4 => any::<bool>().prop_map(Happens::Done),
        1 => any::<u64>().prop_map(Happens::NeverAsked),
        8 => Just(Happens::Tick),
        1 => Just(Happens::Restart),
    ];
    let seconds = prop_oneof![0_u64..5, 0_u64..400, 0_u64..4_000];
    prop::collection::vec((happens, seconds, prop::bool::weighted(0.2)), 1..120)
}

fn restarted(policy: &Policy, settings: &Settings) -> Policy {
    let text = serde_json::to_string(policy.memory()).unwrap();
    let memory: Memory = serde_json::from_str(&text).unwrap();
    Policy::resumed(settings.clone(), memory)
}

/// Lives through what happens and returns all effects with their times. Acts are answered in their order.
fn live(
    settings: &Settings,
    happenings: &[(Happens, u64, bool)],
    mut see: impl FnMut(u64, bool, &[Effect]),
) {
    let mut policy = Policy::new(settings.clone());
    let (mut now, mut open) = (1, Vec::new());
    for (happens, seconds, is_quiet) in happenings {
        now += seconds;
        let event = match happens.clone() {
            Happens::Fired(case) => Event::Fired(case),
            Happens::Changed(case) => Event::Changed(case),
            Happens::Resolved(alert) => Event::Resolved {
                alert: format!("alert {alert}"),
            },
            Happens::Done(ok) if !open.is_empty() => Event::Done {
                act: open.remove(0),
                ok,
                said: String::new(),
            },
            Happens::NeverAsked(act) => Event::Done {
                act: act.saturating_add(1 << 40),
                ok: true,
                said: String::new(),
            },
            Happens::Done(_) | Happens::Tick => Event::Tick,
            Happens::Restart => {
                policy = restarted(&policy, settings);
                Event::Tick
            }
        };
        let effects = policy.on(event, moment(now), *is_quiet);
        open.extend(acts(&effects).map(|act| act.number));
        see(now, *is_quiet, &effects);
    }
}

fn acts(effects: &[Effect]) -> impl Iterator<Item = &Act> {
    effects.iter().filter_map(|effect| match effect {
        Effect::Act(act) => Some(act),
        Effect::Tell(_) => None,
    })
}

proptest! {
    /// Never more than the limits in any hour, never in a quiet time, and no number twice.
    #[test]
    fn limits_hold(settings in settings(), happenings in happenings()) {
        let mut done: Vec<(u64, String)> = Vec::new();
        let mut numbers = BTreeSet::new();
        live(&settings, &happenings, |now, is_quiet, effects| {
            for act in acts(effects) {
                assert!(!is_quiet, "it is a quiet time");
                assert!(numbers.insert(act.number), "{act:?}");
                assert!(!act.target.is_only_watched && act.step != Step::Notify);
                done.push((now, act.target.object.clone()));
            }
        });
        for (begin, _) in &done {
            let hour = done.iter().filter(|(at, _)| (*begin..begin + HOUR).contains(at));
            let in_hour: Vec<&String> = hour.map(|(_, object)| object).collect();
            prop_assert!(in_hour.len() <= settings.in_all as usize, "{:?}", done);
            for object in &in_hour {
                let of_object = in_hour.iter().filter(|other| other == &object).count();
                prop_assert!(of_object <= settings.per_object as usize, "{:?}", done);
            }
        }
    }

    /// What is acted on is as it was told last: known, not only watched, and bad enough.
    #[test]
    fn only_known_data_is_acted_on(settings in settings(), happenings in happenings()) {
        let mut cases: BTreeMap<String, Case> = BTreeMap::new();
        let mut all = happenings.iter();
        live(&settings, &happenings, |_, _, effects| {
            match &all.next().unwrap().0 {
                Happens::Fired(case) | Happens::Changed(case) => {
                    // One that was begun keeps its place; its rule may differ only in this test.
                    cases.insert(case.alert.clone(), case.clone());
                }
                _ => {}
            }
            for act in acts(effects) {
                let case = &cases[&act.alert];
                assert!(!case.is_unknown && !case.is_only_watched, "{act:?} of {case:?}");
                assert_eq!(case.targets.get(&act.step), Some(&act.target));
                let ladder = &settings.ladders[&case.rule];
                let rung = ladder.rungs().iter().find(|rung| rung.step == act.step).unwrap();
                assert!(case.severity >= rung.least);
            }
        });
    }

    /// In `observe` nothing is ever done, and the same is decided as in `enforce` if that succeeds at once.
    #[test]
    fn observing_decides_the_same(settings in settings(), happenings in happenings()) {
        let observe = Settings { mode: Mode::Observe, ..settings.clone() };
        let (mut one, mut other) = (Policy::new(settings), Policy::new(observe));
        let mut now = 1;
        for (happens, seconds, is_quiet) in happenings {
            now += seconds;
            let event = match happens {
                Happens::Fired(case) => Event::Fired(case),
                Happens::Changed(case) => Event::Changed(case),
                Happens::Resolved(alert) => Event::Resolved { alert: format!("alert {alert}") },
                _ => Event::Tick,
            };
            let done = one.on(event.clone(), moment(now), is_quiet);
            let would = other.on(event, moment(now), is_quiet);
            prop_assert_eq!(acts(&would).count(), 0, "nothing is done");
            let would: Vec<Act> = would.into_iter().filter_map(|effect| match effect {
                Effect::Tell(told) => match told.what {
                    What::WouldAct { act } => Some(act),
                    _ => None,
                },
                Effect::Act(_) => None,
            }).collect();
            let done: Vec<Act> = acts(&done).cloned().collect();
            for act in &done {
                let answer = Event::Done { act: act.number, ok: true, said: String::new() };
                one.on(answer, moment(now), is_quiet);
            }
            prop_assert_eq!(done, would);
        }
    }

    /// The same events at the same times decide the same, whatever the wall clock says.
    #[test]
    fn decisions_repeat(settings in settings(), happenings in happenings(), shift in -100_000_i64..100_000) {
        let (mut one, mut other) = (Policy::new(settings.clone()), Policy::new(settings));
        let mut now = 1;
        for (happens, seconds, is_quiet) in happenings {
            now += seconds;
            let event = match happens {
                Happens::Fired(case) | Happens::Changed(case) => Event::Fired(case),
                _ => Event::Tick,
            };
            let at = moment(now);
            let wall = at.wall + jiff::SignedDuration::from_secs(shift);
            let shifted = Moment { wall, ..at };
            prop_assert_eq!(one.on(event.clone(), at, is_quiet), other.on(event, shifted, is_quiet));
        }
        prop_assert_eq!(one.alerts().count(), other.alerts().count());
    }
}
