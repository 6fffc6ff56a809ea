//! Processes that come and go while passes are made.

use std::collections::HashMap;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use linux::{Collector, Options, ProcRoot, Wants, clock};
use model::ProcessId;

#[test]
fn processes_may_vanish_at_any_read() {
    let stop = AtomicBool::new(false);
    let own = std::process::id();
    std::thread::scope(|scope| {
        // Some end at once; others live for a few passes, so that a busy machine sees them too.
        for script in ["true & true & wait", "true & sleep 0.02"] {
            let stop = &stop;
            scope.spawn(move || {
                while !stop.load(Relaxed) {
                    let child = Command::new("sh")
                        .args(["-c", script])
                        .stdin(Stdio::null())
                        .spawn();
                    child.unwrap().wait().unwrap();
                }
            });
        }
        let root = ProcRoot::system().unwrap();
        let mut collector = Collector::new(root, Options::one_shot());
        let mut parents: HashMap<ProcessId, u32> = HashMap::new();
        let mut short_lived = 0;
        // Cheap figures at most passes, the costly ones at some: they open files one by one.
        let limit = clock::boot_ns() + 20_000_000_000;
        let mut round = 0;
        while round < 60 || (short_lived < 20 && clock::boot_ns() < limit) {
            round += 1;

            let mut wants = Wants::cheap();
            if round % 20 == 0 {
                wants = Wants {
                    all_now: true,
                    ..Wants::default()
                };
            }
            let pass = collector.pass(clock::now(), &wants);
            assert!(pass.samples.is_sorted_by_key(|s| s.id.pid));
            assert!(pass.samples.windows(2).all(|w| w[0].id.pid < w[1].id.pid));
            assert!(
                pass.samples.iter().any(|s| s.id.pid == own),
                "round {round}"
            );
            for sample in pass.samples {
                assert!(
                    sample.id.start_ticks > 0 || sample.id.pid < 100,
                    "{sample:?}"
                );
                if sample.counters.ppid == own && parents.insert(sample.id, own).is_none() {
                    short_lived += 1;
                }
            }
        }
        stop.store(true, Relaxed);
        assert!(
            short_lived >= 20,
            "the storm was hardly seen: {short_lived}"
        );
        let open = std::fs::read_dir("/proc/self/fd").unwrap().count();
        let live = std::fs::read_dir("/proc").unwrap().count();
        assert!(
            open < live * 5 + 200,
            "files of ended processes are closed: {open} open, {live} entries"
        );
    });
}

#[test]
fn more_processes_than_files_may_be_kept() {
    let root = ProcRoot::system().unwrap();
    let options = Options {
        handles: Some(23),
        ..Options::one_shot()
    };
    let mut collector = Collector::new(root, options);
    let all = collector.pass(clock::now(), &Wants::cheap()).samples.len();
    assert!(all > 5);
    for _ in 0..5 {
        let pass = collector.pass(clock::now(), &Wants::cheap());
        let own = pass
            .samples
            .iter()
            .find(|s| s.id.pid == std::process::id())
            .unwrap();
        assert!(own.counters.fd_total.is_some() && own.counters.io.is_some());
    }
}
