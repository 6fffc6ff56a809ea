//! Passes over literal trees: every field, identities, facts, events, what is missing.

use std::sync::Arc;

use linux::events::ProcessEvent;
use linux::{Collector, Options, Pass, Selection, Wants};
use model::{
    Access, ConnectionState, FileTarget, Io, Memory, Moment, ProcessId, ProcessState, Sample,
};

use super::tree::Tree;

fn collector(tree: &Tree) -> Collector {
    Collector::new(tree.root(), Options::one_shot())
}

fn pass(collector: &mut Collector) -> Pass {
    collector.pass(linux::clock::now(), &Wants::default())
}

fn sample(pass: &Pass, pid: u32) -> &Sample {
    pass.samples.iter().find(|s| s.id.pid == pid).unwrap()
}

fn pids(pass: &Pass) -> Vec<u32> {
    pass.samples.iter().map(|s| s.id.pid).collect()
}

#[test]
fn every_field_is_read() {
    let tree = Tree::new();
    tree.write(
        "etc/passwd",
        "root:x:0:0::/:/bin/sh\nann:x:1000:1000::/home/ann:/bin/sh\n",
    );
    tree.process(42).write();
    let pass = pass(&mut collector(&tree));
    let sample = sample(&pass, 42);
    assert_eq!(
        sample.id,
        ProcessId {
            pid: 42,
            start_ticks: 1000
        }
    );
    let facts = &sample.facts;
    assert_eq!(facts.comm, "server");
    assert_eq!(
        facts.cmdline.as_deref(),
        Some(&["node".to_owned(), "server.js".to_owned()][..])
    );
    assert_eq!(
        (facts.exe.as_deref(), facts.exe_deleted),
        (Some("/usr/bin/node"), true)
    );
    assert_eq!(facts.cwd.as_deref(), Some("/home/ann/work"));
    assert_eq!(
        (facts.uid, facts.user.as_deref()),
        (Some(1000), Some("ann"))
    );
    assert_eq!(facts.cgroup.as_deref(), Some("/user.slice/session-2.scope"));
    assert_eq!(facts.fd_limit, Some(1024));
    assert_eq!(facts.net_namespace, Some(4_026_531_840));
    assert_eq!(facts.pid_namespace, Some(4_026_531_836));
    let counters = &sample.counters;
    assert_eq!((counters.ppid, counters.pgid, counters.sid), (1, 7, 7));
    assert_eq!((counters.user_ticks, counters.system_ticks), (5, 3));
    assert_eq!((counters.minor_faults, counters.major_faults), (11, 2));
    assert_eq!(counters.rss_bytes, 100 * rustix::param::page_size() as u64);
    assert_eq!(counters.vms_bytes, 4_096_000);
    assert_eq!(
        (counters.shared_bytes, counters.swap_bytes),
        (Some(44 * 1024), Some(8192))
    );
    assert_eq!(
        (counters.voluntary_switches, counters.involuntary_switches),
        (Some(21), Some(3))
    );
    assert_eq!(
        (counters.run_delay_ns, counters.oom_score),
        (Some(200), Some(666))
    );
    assert_eq!(counters.fd_total, Some(8));
    let io = Io {
        read_bytes: 5,
        write_bytes: 6,
        read_chars: 1,
        write_chars: 2,
        read_calls: 3,
        write_calls: 4,
    };
    assert_eq!(counters.io, Some(io));
    let memory = Memory {
        pss_bytes: 120 * 1024,
        private_bytes: 90 * 1024,
        swap_pss_bytes: 8 * 1024,
    };
    assert_eq!(sample.memory.as_ref().unwrap().value, Some(memory));
    let files = sample.files.as_ref().unwrap().value.as_ref().unwrap();
    let kinds = files.kinds;
    assert_eq!(
        (kinds.pipe, kinds.tty, kinds.socket, kinds.file),
        (2, 1, 1, 1)
    );
    assert_eq!((kinds.anon_inode, kinds.eventfd, kinds.inotify), (1, 1, 1));
    assert_eq!(files.get(0).unwrap().target, FileTarget::Pipe(501));
    // Links of an ordinary file system have all permission bits.
    assert_eq!(files.get(1).unwrap().access, Access::Both);
    let connections = sample.connections.as_ref().unwrap().value.as_ref().unwrap();
    assert_eq!(connections.len(), 1);
    assert_eq!(
        (connections[0].state, connections[0].inode),
        (ConnectionState::Listen, 600)
    );
}

#[test]
fn what_is_absent_is_none_and_never_zero() {
    let tree = Tree::new();
    tree.process(42).stat();
    let pass = pass(&mut collector(&tree));
    let sample = sample(&pass, 42);
    let counters = &sample.counters;
    assert_eq!(
        (counters.io, counters.fd_total, counters.run_delay_ns),
        (None, None, None)
    );
    assert_eq!((counters.shared_bytes, counters.swap_bytes), (None, None));
    assert_eq!(
        (counters.voluntary_switches, counters.oom_score),
        (None, None)
    );
    assert_eq!(
        (sample.facts.cmdline.as_ref(), sample.facts.uid),
        (None, None)
    );
    assert_eq!(sample.memory.as_ref().map(|r| r.value), Some(None));
    assert!(sample.files.as_ref().unwrap().value.is_none());
    assert!(
        sample
            .connections
            .as_ref()
            .is_none_or(|r| r.value.is_none())
    );
}

#[test]
fn nonsense_is_passed_over() {
    let tree = Tree::new();
    tree.process(42).write();
    tree.write("proc/43/stat", "43 (half");
    tree.write("proc/44/stat", [0xff; 300]);
    tree.write("proc/0045/stat", "");
    tree.write("proc/99999999999/stat", "1 (x) S 1 1 1");
    tree.write("proc/self", "not a folder");
    let mut collector = collector(&tree);
    assert_eq!(pids(&pass(&mut collector)), [42]);
    assert_eq!(pids(&pass(&mut collector)), [42]);
}

#[test]
fn a_recycled_pid_inherits_nothing() {
    for handles in [None, Some(0)] {
        let tree = Tree::new();
        tree.process(42).write();
        let mut collector = Collector::new(
            tree.root(),
            Options {
                handles,
                ..Options::one_shot()
            },
        );
        let first = pass(&mut collector);
        assert!(sample(&first, 42).memory.is_some());
        let mut other = tree.process(42);
        (other.start_ticks, other.comm, other.ppid) = (2000, b"bash".to_vec(), 9);
        // Rewritten in place, as a kept file of a tree stays open on the same contents.
        for name in [
            "status",
            "io",
            "schedstat",
            "cmdline",
            "oom_score",
            "cgroup",
            "limits",
            "smaps_rollup",
        ] {
            other.file(name, "");
        }
        std::fs::remove_dir_all(tree.path("proc/42/fd")).unwrap();
        std::fs::remove_file(tree.path("proc/42/exe")).unwrap();
        other.stat();
        let second = collector.pass(linux::clock::now(), &Wants::cheap());
        let sample = sample(&second, 42);
        assert_eq!(
            (sample.id.start_ticks, sample.facts.comm.as_str()),
            (2000, "bash")
        );
        assert_eq!((sample.facts.exe.as_ref(), sample.facts.uid), (None, None));
        assert_eq!(sample.counters.io, None);
        assert_eq!(
            (&sample.memory, &sample.files, &sample.connections),
            (&None, &None, &None)
        );
    }
}

#[test]
fn facts_are_shared_until_they_change() {
    let tree = Tree::new();
    tree.process(42).write();
    let mut collector = collector(&tree);
    let first = pass(&mut collector);
    let second = pass(&mut collector);
    assert!(Arc::ptr_eq(
        &sample(&first, 42).facts,
        &sample(&second, 42).facts
    ));
    // An exec: other addresses, another command line.
    let mut process = tree.process(42);
    process.arg_start = 0x9000;
    process.stat();
    process.file("cmdline", b"deno\0run\0");
    let third = pass(&mut collector);
    assert_eq!(
        sample(&third, 42).facts.cmdline.as_ref().unwrap()[0],
        "deno"
    );
    // A new name alone is reason enough to look again.
    process.comm = b"npm exec x".to_vec();
    process.stat();
    process.file("cmdline", b"npm exec x\0");
    let fourth = pass(&mut collector);
    let facts = &sample(&fourth, 42).facts;
    assert_eq!(
        (facts.comm.as_str(), facts.cmdline.as_ref().unwrap().len()),
        ("npm exec x", 1)
    );
    assert_eq!(
        sample(&first, 42).facts.comm,
        "server",
        "earlier samples stay as they were"
    );
}

#[test]
fn titles_of_old_processes_are_found_in_rotation() {
    let tree = Tree::new();
    for pid in 1..=60 {
        tree.process(pid).write();
    }
    let mut collector = collector(&tree);
    // Long after boot, so that nobody is young.
    let mut now = Moment {
        boot_ns: linux::clock::boot_ns() + 1_000_000_000_000,
        ..linux::clock::now()
    };
    collector.pass(now, &Wants::cheap());
    for pid in 1..=60 {
        tree.process(pid).file("cmdline", b"renamed\0");
    }
    let renamed = |pass: &Pass| {
        let is_new = |s: &&Sample| s.facts.cmdline.as_ref().unwrap()[0] == "renamed";
        pass.samples.iter().filter(is_new).count()
    };
    let mut counts = Vec::new();
    for _ in 0..30 {
        now.boot_ns += 1_000_000_000;
        counts.push(renamed(&collector.pass(now, &Wants::cheap())));
    }
    assert_eq!(counts[0], 2, "a slice at each pass: {counts:?}");
    assert_eq!(counts[29], 60, "{counts:?}");
}

#[test]
fn kernel_threads_and_zombies() {
    let tree = Tree::new();
    let mut kernel = tree.process(2);
    (kernel.flags, kernel.comm, kernel.ppid) = (0x0020_8040, b"kthreadd".to_vec(), 0);
    kernel.write();
    let mut zombie = tree.process(50);
    zombie.state = 'Z';
    zombie.write();
    let mut headless = tree.process(51);
    (headless.state, headless.threads) = ('Z', 3);
    headless.write();
    let pass = pass(&mut collector(&tree));
    let kernel = sample(&pass, 2);
    assert_eq!(kernel.facts.cmdline, Some(Vec::new()));
    assert_eq!((kernel.counters.io, kernel.counters.fd_total), (None, None));
    assert_eq!(kernel.counters.voluntary_switches, Some(21));
    assert!(kernel.memory.is_none() && kernel.files.is_none());
    let zombie = sample(&pass, 50);
    assert_eq!(zombie.counters.state, ProcessState::Zombie);
    assert_eq!(
        (zombie.facts.cmdline.as_deref(), &zombie.memory),
        (Some(&[][..]), &None)
    );
    assert_eq!(
        sample(&pass, 51).counters.state,
        ProcessState::Sleeping,
        "two threads go on"
    );
}

#[test]
fn a_zombie_keeps_what_it_was() {
    let tree = Tree::new();
    tree.process(42).write();
    let mut collector = collector(&tree);
    assert!(sample(&pass(&mut collector), 42).memory.is_some());
    let mut process = tree.process(42);
    process.state = 'Z';
    process.stat();
    process.file("cmdline", "");
    std::fs::remove_file(tree.path("proc/42/exe")).unwrap();
    let pass = pass(&mut collector);
    let sample = sample(&pass, 42);
    assert_eq!(sample.facts.exe.as_deref(), Some("/usr/bin/node"));
    assert_eq!(sample.facts.cmdline.as_ref().unwrap().len(), 2);
    assert_eq!((&sample.memory, &sample.files), (&None, &None));
}

#[test]
fn selected_processes_alone_are_read_again() {
    let tree = Tree::new();
    for pid in [10, 20, 30] {
        tree.process(pid).write();
    }
    let mut collector = collector(&tree);
    let first = pass(&mut collector);
    for pid in [10, 20] {
        let mut process = tree.process(pid);
        process.user_ticks = 77;
        process.stat();
    }
    tree.process(40).write();
    tree.remove(30);
    let wants = Wants {
        counters: Selection::only([20]),
        ..Wants::cheap()
    };
    let second = collector.pass(linux::clock::now(), &wants);
    assert_eq!(
        pids(&second),
        [10, 20, 40],
        "ended ones go and new ones come all the same"
    );
    let ticks = |pid| sample(&second, pid).counters.user_ticks;
    assert_eq!((ticks(10), ticks(20)), (5, 77));
    assert_eq!(sample(&second, 10).boot_ns, sample(&first, 10).boot_ns);
    assert!(sample(&second, 20).boot_ns > sample(&first, 20).boot_ns);
}

#[test]
fn between_full_passes_events_tell_who_is_there() {
    let tree = Tree::new();
    tree.process(10).write();
    let options = Options {
        full_pass_every: 4,
        ..Options::one_shot()
    };
    let mut collector = Collector::new(tree.root(), options);
    let mut cheap = || collector_pass(&mut collector);
    assert_eq!(cheap(), [10]);
    tree.process(20).write();
    tree.process(30).write();
    assert_eq!(cheap(), [10], "not listed, not told");
    collector.note(&ProcessEvent::Fork {
        parent: 10,
        child: 30,
    });
    collector.note(&ProcessEvent::Fork {
        parent: 10,
        child: 31,
    });
    assert_eq!(
        collector_pass(&mut collector),
        [10, 30],
        "31 has gone already"
    );
    assert_eq!(collector_pass(&mut collector), [10, 30]);
    assert_eq!(
        collector_pass(&mut collector),
        [10, 20, 30],
        "the fifth lists all"
    );
    tree.process(40).write();
    collector.note(&ProcessEvent::Lost);
    assert_eq!(collector_pass(&mut collector), [10, 20, 30, 40]);
}

fn collector_pass(collector: &mut Collector) -> Vec<u32> {
    pids(&collector.pass(linux::clock::now(), &Wants::cheap()))
}

#[test]
fn an_event_reads_a_process_that_was_not_selected() {
    let tree = Tree::new();
    tree.process(10).write();
    let mut collector = collector(&tree);
    let wants = Wants {
        counters: Selection::None,
        ..Wants::cheap()
    };
    collector.pass(linux::clock::now(), &wants);
    let process = tree.process(10);
    process.file("cmdline", b"other\0");
    process.stat();
    let unread = collector.pass(linux::clock::now(), &wants);
    assert_eq!(
        sample(&unread, 10).facts.cmdline.as_ref().unwrap()[0],
        "node"
    );
    collector.note(&ProcessEvent::Exec { pid: 10 });
    let read = collector.pass(linux::clock::now(), &wants);
    assert_eq!(
        sample(&read, 10).facts.cmdline.as_ref().unwrap()[0],
        "other"
    );
}

#[test]
fn kept_files_or_not_the_figures_are_the_same() {
    let tree = Tree::new();
    for pid in 1..=20 {
        tree.process(pid).write();
    }
    let collect = |handles| {
        let options = Options {
            handles,
            ..Options::one_shot()
        };
        let mut collector = Collector::new(tree.root(), options);
        collector.pass(linux::clock::now(), &Wants::default());
        let mut samples = collector
            .pass(linux::clock::now(), &Wants::default())
            .samples;
        for sample in &mut samples {
            sample.boot_ns = 0;
            sample.memory = None;
            sample.files = None;
            sample.connections = None;
        }
        samples
    };
    let all = collect(None);
    assert_eq!(all.len(), 20);
    for handles in [0, 1, 7, 50] {
        assert_eq!(collect(Some(handles)), all, "{handles} kept files");
    }
}

#[test]
fn long_command_lines_are_cut() {
    let tree = Tree::new();
    let process = tree.process(42);
    process.write();
    let mut line = b"node\0".to_vec();
    line.extend(std::iter::repeat_n(b'x', 2 << 20));
    process.file("cmdline", line);
    let pass = pass(&mut collector(&tree));
    let facts = &sample(&pass, 42).facts;
    assert!(facts.cmdline_cut);
    let kept: usize = facts
        .cmdline
        .as_ref()
        .unwrap()
        .iter()
        .map(|a| a.len() + 1)
        .sum();
    assert_eq!(kept, 32 * 1024 + 1);
}

#[test]
fn hidden_parents_are_told_once_they_stay_hidden() {
    let tree = Tree::new();
    tree.process(1).write();
    let mut child = tree.process(42);
    child.ppid = 41;
    child.write();
    let mut first = tree.process(1);
    first.ppid = 0;
    first.stat();
    let mut collector = collector(&tree);
    let told = |pass: &Pass| pass.unavailable.iter().any(|u| u.what == "some processes");
    assert!(!told(&pass(&mut collector)));
    assert!(told(&pass(&mut collector)));
}

#[test]
fn nothing_is_asked_of_a_process_that_waits_for_a_device() {
    let tree = Tree::new();
    let mut process = tree.process(42);
    process.write();
    let mut collector = collector(&tree);
    let first = pass(&mut collector);
    process.state = 'D';
    process.comm = b"renamed".to_vec();
    process.user_ticks = 6;
    process.stat();
    process.file("cmdline", b"renamed\0");
    let second = pass(&mut collector);
    assert_eq!(sample(&second, 42).counters.user_ticks, 6);
    assert_eq!(sample(&second, 42).facts, sample(&first, 42).facts);
    assert_eq!(sample(&second, 42).memory, sample(&first, 42).memory);
    process.state = 'S';
    process.stat();
    let third = pass(&mut collector);
    assert_eq!(sample(&third, 42).facts.comm, "renamed");
    assert!(sample(&third, 42).memory != sample(&first, 42).memory);
}
