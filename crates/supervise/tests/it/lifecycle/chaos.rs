//! Whatever happens, whenever: what holds of all servers.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use supervise::lifecycle::{Effect, Event, News, State, Told};
use supervise::spec::{
    Backoff, Exit, Readiness, Restart, RestartPolicy, Runs, StartLimit, StartTimes, StopTimes,
    Transport,
};
use supervise::{Lifecycle, Spec};

use super::table::{MS, id, tree};
use super::world::{Nature, World};

fn times(most: u64) -> impl Strategy<Value = Duration> {
    prop_oneof![Just(0), 0..most].prop_map(Duration::from_millis)
}

fn restarts() -> impl Strategy<Value = Restart> {
    let policy = prop::sample::select(vec![
        RestartPolicy::Never,
        RestartPolicy::OnFailure,
        RestartPolicy::Always,
    ]);
    let backoff = (100_u64..5_000, 1.0..10.0, 0_u64..60_000, 0.0..=0.5).prop_map(
        |(base, factor, more, jitter)| {
            let (base, cap) = (
                Duration::from_millis(base),
                Duration::from_millis(base + more),
            );
            Backoff::try_new(base, factor, cap, jitter).unwrap()
        },
    );
    let limit = (1_u32..10, times(600_000)).prop_map(|(failures, within)| StartLimit {
        failures: NonZeroU32::new(failures).unwrap(),
        within,
    });
    (policy, backoff, times(120_000), limit, times(600_000)).prop_map(
        |(policy, backoff, reset_after, limit, slow)| Restart {
            policy,
            backoff,
            reset_after,
            limit,
            slow,
            ..Restart::default()
        },
    )
}

fn specs() -> impl Strategy<Value = Spec> {
    let readiness =
        prop::sample::select(vec![Readiness::None, Readiness::Port(80), Readiness::Probe]);
    let transport = prop::sample::select(vec![Transport::Stdio, Transport::Http]);
    let start = (times(60_000), times(600_000), times(1_000))
        .prop_map(|(quiet, cap, settle)| StartTimes { quiet, cap, settle });
    let stop = (times(5_000), times(20_000)).prop_map(|(grace_eof, kill_after)| StopTimes {
        grace_eof,
        kill_after,
    });
    let program = prop::sample::select(vec!["one", "two"]);
    (readiness, transport, start, stop, restarts(), program).prop_map(
        |(readiness, transport, start, stop, restart, program)| {
            let runs = Runs {
                program: program.to_owned(),
                transport,
                ..Runs::default()
            };
            Spec {
                readiness,
                start,
                stop,
                restart,
                ..Spec::new("demo", runs)
            }
        },
    )
}

fn exits() -> impl Strategy<Value = Exit> {
    prop_oneof![
        (0..3).prop_map(Exit::Code),
        (0..32).prop_map(Exit::Signal),
        Just(Exit::Unknown)
    ]
}

/// What happens in a world.
#[derive(Clone, Debug)]
enum Step {
    Order(Event),
    Dependency(bool),
    Crash(Exit),
    News(News),
    Pass(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let order = prop_oneof![
        4 => Just(Event::Start),
        2 => Just(Event::Stop),
        2 => Just(Event::Restart),
        1 => Just(Event::Resume),
        1 => specs().prop_map(|spec| Event::Configured(Arc::new(spec))),
    ];
    let reason = || "it does not answer".to_owned();
    let news = prop_oneof![
        Just(News::Ready),
        Just(News::NotReady { reason: reason() }),
        Just(News::Progress),
    ];
    let pass = prop_oneof![0_u64..100, 0_u64..20_000, 0_u64..1_000_000];
    let step = prop_oneof![
        3 => order.prop_map(Step::Order),
        1 => any::<bool>().prop_map(Step::Dependency),
        3 => exits().prop_map(Step::Crash),
        3 => news.prop_map(Step::News),
        6 => pass.prop_map(Step::Pass),
    ];
    prop::collection::vec(step, 1..60)
}

fn natures(most_kills: u32) -> impl Strategy<Value = Vec<Nature>> {
    let nature = (
        prop::bool::weighted(0.1),
        any::<bool>(),
        any::<bool>(),
        prop_oneof![3 => Just(1), 1 => 1..=most_kills],
        any::<bool>(),
        prop_oneof![0_u64..5, 0_u64..2_000],
    );
    let nature = nature.prop_map(
        |(fails_to_start, is_deaf_to_eof, is_deaf_to_term, kills, leaves_children, latency)| {
            Nature {
                fails_to_start,
                is_deaf_to_eof,
                is_deaf_to_term,
                kills,
                leaves_children,
                latency,
            }
        },
    );
    prop::collection::vec(nature, 1..5)
}

fn live(world: &mut World, steps: Vec<Step>) {
    for step in steps {
        match step {
            Step::Order(event) => world.order(event),
            Step::Dependency(true) => world.order(Event::DependencyReady("db".to_owned())),
            Step::Dependency(false) => world.order(Event::DependencyLost("db".to_owned())),
            Step::Crash(exit) => world.crash(exit),
            Step::News(news) => world.news(news),
            Step::Pass(ms) => world.pass(ms),
        }
    }
}

proptest! {
    /// The world checks at each moment: one generation at a time, none that nobody wants, pauses within
    /// bounds, a tick in time, and `stopped` only where nothing is left. In the end a stop stops it.
    #[test]
    fn every_stop_leaves_nothing(
        spec in specs(),
        depends in any::<bool>(),
        natures in natures(6),
        steps in steps(),
        seed: u64,
    ) {
        let mut spec = spec;
        if depends {
            spec.depends_on.push("db".to_owned());
        }
        let mut world = World::new(spec, natures, seed);
        live(&mut world, steps);
        world.order(Event::Stop);
        // The longest graces, and some kills with their pauses.
        world.pass(120_000);
        prop_assert_eq!(world.server.state(), State::Stopped);
        prop_assert!(world.is_empty());
        prop_assert_eq!(world.server.due(), None);
    }

    /// What cannot be killed is never taken for gone, and told for ever.
    #[test]
    fn what_survives_is_told(spec in specs(), steps in steps(), seed: u64) {
        let immortal = Nature {
            fails_to_start: false,
            is_deaf_to_eof: true,
            is_deaf_to_term: true,
            kills: u32::MAX,
            leaves_children: true,
            latency: 3,
        };
        let mut world = World::new(spec, vec![immortal], seed);
        world.order(Event::Start);
        world.pass(10);
        live(&mut world, steps);
        world.order(Event::Stop);
        world.pass(3_600_000);
        prop_assert_eq!(world.server.state(), State::Stopping);
        prop_assert_eq!(world.starts, 1);
        let since = world.now - 62_000 * MS;
        prop_assert!(world.survives.iter().any(|at| *at > since), "{:?}", world.survives);
    }

    /// What is wanted and does not crash comes to run, whatever happened before.
    #[test]
    fn what_is_wanted_runs(spec in specs(), natures in natures(3), steps in steps(), seed: u64) {
        let well = natures.into_iter().map(|nature| Nature {
            fails_to_start: false,
            latency: nature.latency.min(5),
            ..nature
        });
        let mut world = World::new(spec, well.collect(), seed);
        live(&mut world, steps);
        let mut spec = Spec::clone(world.server.spec());
        spec.readiness = Readiness::None;
        spec.start = StartTimes::default();
        world.order(Event::Configured(Arc::new(spec)));
        // What has crashed by now is known to have.
        world.pass(10);
        world.order(Event::Start);
        world.order(Event::DependencyReady("db".to_owned()));
        world.pass(3_600_000);
        prop_assert_eq!(world.server.state(), State::Running);
    }
}

/// Anything, of any generation, at any time, in any order.
fn events() -> impl Strategy<Value = Vec<(Event, u64)>> {
    let text = || ".{0,500}";
    let lines = || prop::collection::vec(".{0,20}", 0..40);
    let left = (0_u64..200).prop_map(|many| (0..many).map(id).collect());
    let news = prop_oneof![
        3 => (0_u64..5).prop_map(|number| News::Spawned { id: id(number) }),
        1 => text().prop_map(|reason| News::SpawnFailed { reason }),
        2 => Just(News::Ready),
        1 => text().prop_map(|reason| News::NotReady { reason }),
        1 => Just(News::Progress),
        3 => (exits(), lines()).prop_map(|(exit, lines)| News::Exited { exit, lines }),
        4 => Just(News::Emptied),
        1 => left.prop_map(|processes| News::Remains { processes }),
    ];
    let of_tree =
        (prop_oneof![8 => Just(0_i64), 1 => -1_i64..=1], news).prop_map(|(offset, news)| {
            // Counted from the present generation; see below.
            tree(offset.cast_unsigned(), news)
        });
    let event = prop_oneof![
        3 => Just(Event::Start),
        2 => Just(Event::Stop),
        2 => Just(Event::Restart),
        1 => Just(Event::Resume),
        4 => Just(Event::Tick),
        1 => specs().prop_map(|spec| Event::Configured(Arc::new(spec))),
        1 => Just(Event::Adopted { id: id(1) }),
        1 => Just(Event::Leftover { id: None }),
        16 => of_tree,
    ];
    let time = prop_oneof![
        (0_u64..2_000).prop_map(|ms| ms * MS),
        (0_u64..10_000_000).prop_map(|ms| ms * MS),
        0_u64..1 << 62,
    ];
    prop::collection::vec((event, time), 1..80)
}

proptest! {
    /// Even if nobody keeps to the rules, it asks for one tree at a time, for none after a stop, and never
    /// for a tick in the past.
    #[test]
    fn any_events_at_any_times(spec in specs(), events in events(), seed: u64) {
        let mut server = Lifecycle::new(Arc::new(spec), seed);
        let (mut latest, mut timer, mut wanted) = (0, 0, false);
        // There may be a tree, and its start was answered.
        let (mut lives, mut answered) = (false, true);
        for (event, at) in events {
            let event = match event {
                Event::Tree { generation, news } => {
                    tree(server.generation().wrapping_add(generation), news)
                }
                other => other,
            };
            latest = latest.max(at);
            let before = (server.generation(), server.is_wanted());
            match &event {
                Event::Start | Event::Restart => wanted = true,
                Event::Stop => wanted = false,
                Event::Adopted { .. } if !lives => (lives, answered, wanted) = (true, true, true),
                Event::Leftover { .. } if !lives => (lives, answered) = (true, true),
                Event::Tree { generation, news } if *generation == before.0 => match news {
                    News::Spawned { .. } | News::SpawnFailed { .. } | News::Exited { .. } => {
                        answered = true;
                    }
                    News::Emptied if answered && server.state() == State::Stopping => lives = false,
                    _ => {}
                },
                _ => {}
            }
            for effect in server.on(event, at) {
                match effect {
                    Effect::Spawn { generation } => {
                        prop_assert!(!lives, "two generations at once");
                        prop_assert!(wanted, "nobody wants it to run");
                        prop_assert_eq!(generation, before.0 + 1);
                        (lives, answered) = (true, false);
                    }
                    Effect::SetTimer { at } => {
                        prop_assert!(at > latest);
                        timer = at;
                    }
                    Effect::Tell(Told::Exited { lines, .. }) => prop_assert!(lines.len() <= 20),
                    Effect::Tell(Told::Survives { processes, .. }) => {
                        prop_assert!(processes.len() <= 100);
                    }
                    Effect::Tell(Told::Stopped) => prop_assert!(!lives),
                    _ => {}
                }
            }
            prop_assert_eq!(server.is_wanted(), wanted);
            if let Some(due) = server.due() {
                prop_assert!(latest < due);
                prop_assert!(latest < timer && timer <= due, "{} for {}", timer, due);
            }
        }
    }
}
