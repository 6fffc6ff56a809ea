//! The budget at work, with clocks and costs of the test's own.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use linux::collect::{Meter, ShedLevel};
use linux::{Budget, Collector, Options, Pass, Selection, Wants};
use model::{Moment, Reading, Sample};

use super::tree::Tree;

const SECOND: u64 = 1_000_000_000;
/// Long after boot: nobody in the tree is young.
const START: u64 = 1_000_000 * SECOND;

/// Each look at the CPU clock costs what the test says; time stands still unless it moves it.
/// All in nanoseconds.
#[derive(Clone, Default)]
struct Dials {
    look: Arc<AtomicU64>,
    cpu: Arc<AtomicU64>,
    boot: Arc<AtomicU64>,
}

impl Meter for Dials {
    fn cpu_ns(&mut self) -> u64 {
        self.cpu.fetch_add(self.look.load(Relaxed), Relaxed)
    }

    fn boot_ns(&mut self) -> u64 {
        self.boot.load(Relaxed)
    }
}

struct Bench {
    tree: Tree,
    dials: Dials,
    collector: Collector,
    now: u64,
}

impl Bench {
    fn new(processes: u32, cpu_share: f64) -> Self {
        let tree = Tree::new();
        for pid in 1..=processes {
            tree.process(pid).write();
        }
        let dials = Dials::default();
        let options = Options {
            budget: Some(Budget::of(cpu_share)),
            ..Options::default()
        };
        let collector = Collector::with_meter(tree.root(), options, Box::new(dials.clone()));
        Self {
            tree,
            dials,
            collector,
            now: START,
        }
    }

    /// A pass one second after the one before.
    fn pass(&mut self, look_ns: u64, wants: &Wants) -> Pass {
        self.now += SECOND;
        self.dials.look.store(look_ns, Relaxed);
        self.dials.boot.store(self.now, Relaxed);
        let wall = linux::clock::now().wall;
        let moment = Moment {
            wall,
            boot_ns: self.now,
        };
        self.collector.pass(moment, wants)
    }

    /// Makes all readings worth taking again.
    fn stir(&self, seed: u64) {
        for pid in 1..=4 {
            let mut process = self.tree.process(pid);
            process.rss_pages = 100 + seed;
            process.stat();
            process.link(&format!("fd/{}", 100 + seed), "/dev/null");
        }
    }
}

/// Which of the three have a value, of the process with pid 1; all three must have been read.
fn values(pass: &Pass) -> [bool; 3] {
    let sample = &pass.samples[0];
    [
        sample.memory.as_ref().is_some_and(|r| r.value.is_some()),
        sample.files.as_ref().is_some_and(|r| r.value.is_some()),
        sample
            .connections
            .as_ref()
            .is_some_and(|r| r.value.is_some()),
    ]
}

fn times(sample: &Sample) -> [Option<u64>; 3] {
    fn at<T>(reading: Option<&Reading<T>>) -> Option<u64> {
        reading.map(|r| r.boot_ns)
    }
    [
        at(sample.memory.as_ref()),
        at(sample.files.as_ref()),
        at(sample.connections.as_ref()),
    ]
}

#[test]
fn over_budget_pss_then_fd_kinds_then_connections_are_shed_and_resumed() {
    let mut bench = Bench::new(4, 0.01);
    let wants = Wants::default();
    // Well below: everything is read, and read again.
    let mut calm = bench.pass(1_000, &wants);
    for round in 0..20 {
        bench.stir(round);
        calm = bench.pass(1_000, &wants);
    }
    assert_eq!(calm.shed.level, ShedLevel::Nothing);
    assert_eq!(values(&calm), [true; 3]);
    let mut last = times(&calm.samples[0]);
    assert!(
        last.iter()
            .all(|at| at.is_some_and(|at| bench.now - at <= 2 * SECOND)),
        "{last:?}"
    );

    // Three times the budget: 3 looks a pass of 10 ms each, with nothing costly.
    let mut seen = vec![(ShedLevel::Nothing, values(&calm))];
    for round in 0..40 {
        bench.stir(100 + round);
        let pass = bench.pass(10_000_000, &wants);
        let state = (pass.shed.level, values(&pass));
        for (kind, at) in times(&pass.samples[0]).into_iter().enumerate() {
            if !state.1[kind] {
                assert_eq!(
                    at, last[kind],
                    "a shed field keeps the time of its last reading"
                );
                assert!(at.is_some_and(|at| at < pass.moment.boot_ns));
            }
            last[kind] = at;
        }
        if seen.last() != Some(&state) {
            assert_eq!(
                pass.shed.since_boot_ns + SECOND,
                bench.now,
                "told from the next pass on"
            );
            seen.push(state);
        }
    }
    assert_eq!(
        seen,
        [
            (ShedLevel::Nothing, [true, true, true]),
            (ShedLevel::Pss, [false, true, true]),
            (ShedLevel::Files, [false, false, true]),
            (ShedLevel::Connections, [false, false, false]),
        ]
    );
    let shed = bench.pass(10_000_000, &wants);
    assert!(shed.unavailable.iter().any(|u| {
        u.what
            .starts_with("proportional memory (PSS), open files and")
    }));
    assert!(
        bench.now - times(&shed.samples[0])[0].unwrap() > 20 * SECOND,
        "its age grows"
    );

    // Cheap again: they come back the other way round, with fresh readings.
    let mut seen = Vec::new();
    for round in 0..150 {
        bench.stir(200 + round);
        let pass = bench.pass(1_000, &wants);
        if seen.last() != Some(&(pass.shed.level, values(&pass))) {
            seen.push((pass.shed.level, values(&pass)));
        }
    }
    assert_eq!(
        seen,
        [
            (ShedLevel::Connections, [false, false, false]),
            (ShedLevel::Files, [false, false, true]),
            (ShedLevel::Pss, [false, true, true]),
            (ShedLevel::Nothing, [true, true, true]),
        ]
    );
    let fresh = bench.pass(1_000, &wants);
    assert!(
        times(&fresh.samples[0])
            .iter()
            .all(|at| bench.now - at.unwrap() < 20 * SECOND)
    );
}

#[test]
fn costly_readings_keep_to_what_is_left_of_the_budget() {
    let mut bench = Bench::new(100, 0.01);
    let wants = Wants {
        files: Selection::None,
        connections: Selection::None,
        ..Wants::default()
    };
    let mut spent = 0;
    let mut sampling = 0;
    for _ in 0..100 {
        // A reading costs 1 ms, and the cheap figures 3 ms.
        let pass = bench.pass(1_000_000, &wants);
        spent += pass.cost.cpu_ns;
        sampling += pass.cost.sampling_ns();
        assert_eq!(pass.shed.level, ShedLevel::Nothing);
    }
    let budget = 100 * SECOND / 100;
    assert!(spent <= budget, "{spent} of {budget} ns");
    assert!(
        sampling >= budget / 5,
        "what is left is used: {sampling} ns"
    );
}

#[test]
fn wanted_processes_come_first_and_others_after_them() {
    let mut bench = Bench::new(50, 0.003);
    let wants = Wants {
        pss: Selection::first([40, 41, 42]),
        files: Selection::only([7]),
        connections: Selection::None,
        ..Wants::default()
    };
    let mut by_pass: Vec<Vec<u32>> = Vec::new();
    for _ in 0..100 {
        let pass = bench.pass(200_000, &wants);
        let with = |is_read: fn(&Sample) -> bool| -> Vec<u32> {
            pass.samples
                .iter()
                .filter(|s| is_read(s))
                .map(|s| s.id.pid)
                .collect()
        };
        assert!(with(|s| s.files.is_some()).iter().all(|&pid| pid == 7));
        assert!(with(|s| s.connections.is_some()).is_empty());
        by_pass.push(with(|s| s.memory.is_some()));
    }
    let first = by_pass.iter().find(|pids| !pids.is_empty()).unwrap();
    assert!(
        [40, 41, 42].iter().all(|pid| first.contains(pid)),
        "{first:?}"
    );
    assert!(first.len() < 20, "not all can be paid for at once");
    assert_eq!(by_pass[99].len(), 50, "all others have their turn");
}

#[test]
fn one_shot_commands_get_everything_at_once() {
    let mut bench = Bench::new(30, 0.000_001);
    let wants = Wants {
        pss: Selection::only([3, 4]),
        all_now: true,
        ..Wants::default()
    };
    let pass = bench.pass(5_000_000, &wants);
    assert!(
        pass.samples
            .iter()
            .all(|s| s.files.is_some() && s.connections.is_some())
    );
    let with_pss: Vec<u32> = pass
        .samples
        .iter()
        .filter(|s| s.memory.is_some())
        .map(|s| s.id.pid)
        .collect();
    assert_eq!(with_pss, [3, 4]);
}

/// `top` looks thoroughly before and after it stops something: that gave PSS up for a minute.
#[test]
fn what_is_wanted_whatever_it_costs_does_not_count_against_the_budget() {
    let mut bench = Bench::new(4, 0.01);
    let thorough = Wants {
        all_now: true,
        ..Wants::default()
    };
    bench.pass(1_000, &Wants::default());
    for round in 0..30 {
        bench.stir(round);
        let pass = bench.pass(10_000_000, &thorough);
        assert_eq!(pass.shed.level, ShedLevel::Nothing);
        assert_eq!(values(&pass), [true; 3]);
    }
}

#[test]
fn what_is_given_up_for_memory_is_let_go_and_taken_up_again() {
    let mut bench = Bench::new(4, 0.5);
    let wants = Wants::default();
    bench.pass(1_000, &wants);
    bench.stir(1);
    assert_eq!(values(&bench.pass(1_000, &wants)), [true; 3]);
    let now = bench.now;
    bench.collector.give_up(ShedLevel::Files, now);
    bench.stir(2);
    let pass = bench.pass(1_000, &wants);
    assert_eq!(pass.shed.level, ShedLevel::Files);
    assert_eq!(values(&pass), [false, false, true]);
    bench.collector.give_up(ShedLevel::Nothing, now);
    bench.stir(3);
    let mut pass = bench.pass(1_000, &wants);
    for round in 0..20 {
        bench.stir(4 + round);
        pass = bench.pass(1_000, &wants);
    }
    assert_eq!(values(&pass), [true; 3]);
}
