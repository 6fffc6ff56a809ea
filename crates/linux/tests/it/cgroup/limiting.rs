//! Limits that hold, tried by programs that run into them.

use std::{os::unix::process::ExitStatusExt as _, time::Duration};

use linux::cgroup::{Hierarchies, Limit, Limits};
use rustix::process::Signal;

use super::{Live, until};

const MIB: u64 = 1 << 20;

#[test]
fn fifteen_tasks_are_never_more() {
    let limits = Limits {
        pids_max: Some(15),
        ..Limits::default()
    };
    let Some(mut live) = Live::with("forks", limits) else {
        return;
    };
    // Three at once, each of which would start forty.
    for _ in 0..3 {
        live.start_server(&["--children=40", "--ignore-eof"]);
    }
    let mut most = 0;
    until("a refused fork", || {
        most = most.max(live.group.usage().tasks.unwrap());
        live.group.events().pids_max_hits.unwrap() > 0
    });
    for _ in 0..200 {
        most = most.max(live.group.usage().tasks.unwrap());
        assert!(live.group.pids().unwrap().len() <= 15);
    }
    assert!((2..=15).contains(&most), "{most}");
    // The kernel's own record, since Linux 6.6 or so.
    for peak in live.group.folders().filter_map(|(_, folder)| {
        let text = std::fs::read_to_string(folder.join("pids.peak")).ok()?;
        text.trim().parse::<u64>().ok()
    }) {
        assert!(peak <= 15, "{peak}");
    }
}

#[test]
fn memory_beyond_its_limit_kills() {
    let limits = Limits {
        memory_max: Some(48 * MIB),
        // Where there is swap, memory that is not allowed here would go there.
        swap_max: swapping().then_some(0),
        ..Limits::default()
    };
    let Some(mut live) = Live::with("memory", limits) else {
        return;
    };
    assert!(live.held(Limit::MemoryMax).contains("48.0 MiB"));
    let hog = live.start_server(&["--leak-rss=400000000", "--ignore-eof"]);
    let status = live.children[hog].wait().unwrap();
    assert_eq!(status.signal(), Some(Signal::KILL.as_raw()), "{status}");
    let events = live.group.events();
    assert!(events.oom_kills.unwrap() >= 1, "{events:?}");
    assert!(events.memory_max_hits.unwrap() >= 1, "{events:?}");
    assert!(live.group.usage().memory.unwrap() <= 48 * MIB);
}

#[test]
fn processor_time_is_given_out_by_quota() {
    let limits = Limits {
        cpu: Some(0.2),
        ..Limits::default()
    };
    let Some(mut live) = Live::with("spin", limits) else {
        return;
    };
    assert!(live.held(Limit::Cpu).contains("0.2 processors"));
    live.start_server(&["--spin=2"]);
    until("some throttling", || {
        live.group.events().throttled_periods.unwrap() >= 5
    });
    let events = live.group.events();
    assert!(events.throttled.unwrap() > Duration::ZERO, "{events:?}");
    assert!(events.periods >= events.throttled_periods, "{events:?}");
    // What was used cannot be more than a quota for each period, but for the slack of one slice
    // (5 ms) on each processor, and for the time before the first period.
    let (periods, cpu) = (events.periods.unwrap(), live.group.usage().cpu);
    if let Some(cpu) = cpu {
        let most = Duration::from_millis(20 * (periods + 5)) + Duration::from_millis(500);
        assert!(cpu <= most, "{cpu:?} in {periods} periods");
    }
}

#[test]
fn everything_is_read_back() {
    let limits = Limits {
        memory_max: Some(64 * MIB + 1),
        memory_high: Some(48 * MIB),
        pids_max: Some(20),
        cpu: Some(1.5),
        ..Limits::default()
    };
    let Some(live) = Live::with("read-back", limits) else {
        return;
    };
    assert!(live.enforced.is_complete());
    for (limit, says) in [
        (Limit::MemoryMax, "64.0 MiB"),
        (Limit::MemoryHigh, "48.0 MiB"),
        (Limit::PidsMax, "20 tasks"),
        (Limit::Cpu, "1.5 processors"),
    ] {
        let told = live.held(limit);
        assert!(told.contains(says), "{told}");
    }
    // Below our own groups: what limits us limits it.
    let hierarchies = Hierarchies::system().unwrap();
    for (_, folder) in live.group.folders() {
        let parent = folder.parent().unwrap();
        assert!(hierarchies.iter().any(|known| known.own_group() == parent));
    }
}

#[test]
fn swap_and_weights_are_held_or_refused_with_a_reason() {
    let limits = Limits {
        memory_max: Some(64 * MIB),
        ..Limits::default()
    };
    for (limit, limits) in [
        (
            Limit::SwapMax,
            Limits {
                swap_max: Some(0),
                ..limits
            },
        ),
        (
            Limit::IoWeight,
            Limits {
                io_weight: Some(300),
                ..limits
            },
        ),
    ] {
        if let Some(live) = Live::with("optional", limits) {
            assert!(live.held(limit).starts_with("the kernel holds"));
        }
    }
}

fn swapping() -> bool {
    let swaps = std::fs::read_to_string("/proc/swaps").unwrap_or_default();
    swaps.lines().count() > 1
}
