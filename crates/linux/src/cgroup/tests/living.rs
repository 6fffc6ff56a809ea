//! Who is in a group, what it used and ran into, and its end.

use std::time::Duration;

use super::fixture::{Kernel, Machine, name};
use crate::cgroup::{Kill, PREFIX, Usage, events::Events, leftovers, limits::Limits};

const SOME: Limits = Limits {
    memory_max: Some(64 << 20),
    memory_high: None,
    swap_max: None,
    pids_max: Some(15),
    cpu: Some(0.5),
    io_weight: None,
};

const GIVEN: &str = "cpu memory pids\n";

fn put(machine: &Machine, path: &str, contents: &str) {
    machine.write(&format!("sys/fs/cgroup/{path}"), contents);
}

#[test]
fn events_and_usage_of_v2() {
    let mut machine = Machine::v2(GIVEN, GIVEN);
    let (group, _) = machine.create(&SOME);
    put(
        &machine,
        &format!("app/{}/cpu.stat", group.name()),
        "usage_usec 1500\nnr_periods 10\nnr_throttled 4\nthrottled_usec 700\n",
    );
    assert_eq!(
        group.events(),
        Events {
            oom_kills: Some(1),
            memory_high_hits: Some(3),
            memory_max_hits: Some(4),
            pids_max_hits: Some(5),
            periods: Some(10),
            throttled_periods: Some(4),
            throttled: Some(Duration::from_micros(700)),
        }
    );
    assert_eq!(
        group.usage(),
        Usage {
            memory: Some(8192),
            tasks: Some(3),
            cpu: Some(Duration::from_micros(1500)),
        }
    );
}

#[test]
fn events_and_usage_of_v1() {
    let mut machine = Machine::v1();
    let (group, _) = machine.create(&SOME);
    assert_eq!(
        group.events(),
        Events {
            oom_kills: Some(2),
            memory_high_hits: None,
            memory_max_hits: Some(9),
            pids_max_hits: Some(6),
            periods: Some(8),
            throttled_periods: Some(5),
            throttled: Some(Duration::from_millis(2)),
        }
    );
    assert_eq!(
        group.usage(),
        Usage {
            memory: Some(4096),
            tasks: Some(2),
            cpu: Some(Duration::from_millis(3)),
        }
    );
}

#[test]
fn what_is_not_counted_is_no_zero() {
    let mut machine = Machine::v2(GIVEN, "");
    let (group, _) = machine.create(&SOME);
    assert_eq!(group.events(), Events::default());
    let usage = group.usage();
    assert_eq!((usage.memory, usage.tasks), (None, None));
    assert_eq!(usage.cpu, Some(Duration::from_micros(1500)));
}

#[test]
fn pids_of_all_hierarchies_and_of_groups_below() {
    let mut machine = Machine::v1();
    let (group, _) = machine.create(&SOME);
    assert_eq!(group.pids(), Ok(Vec::new()));
    assert!(!group.is_populated().unwrap());
    let name = group.name();
    put(
        &machine,
        &format!("memory/app/{name}/cgroup.procs"),
        "12\n0\n7\n12\n",
    );
    put(
        &machine,
        &format!("pids/app/{name}/a/b/cgroup.procs"),
        "3\n7\n",
    );
    assert_eq!(group.pids().unwrap(), [3, 7, 12]);
    assert!(group.is_populated().unwrap());
}

#[test]
fn the_kernel_tells_whether_v2_is_populated() {
    let mut machine = Machine::v2(GIVEN, GIVEN);
    let (group, _) = machine.create(&SOME);
    assert!(!group.is_populated().unwrap());
    let events = format!("app/{}/cgroup.events", group.name());
    put(&machine, &events, "populated 1\nfrozen 0\n");
    assert!(group.is_populated().unwrap());
    assert_eq!(group.is_frozen(), Some(false));
}

#[test]
fn killing_and_freezing_take_what_there_is() {
    let mut machine = Machine::v2(GIVEN, GIVEN);
    let (group, _) = machine.create(&SOME);
    assert_eq!(group.kill(), Ok(Kill::Ordered));
    assert_eq!(group.freeze(true), Ok(true));
    let read = |path: String| std::fs::read_to_string(machine.path(&path)).unwrap();
    let own = format!("sys/fs/cgroup/app/{}", group.name());
    assert_eq!(read(format!("{own}/cgroup.kill")), "1");
    assert_eq!(read(format!("{own}/cgroup.freeze")), "1");

    let mut old = Machine::v2(GIVEN, GIVEN);
    old.kernel.lacks = vec!["cgroup.kill", "cgroup.freeze"];
    let (group, _) = old.create(&SOME);
    assert_eq!(group.kill(), Ok(Kill::NotPossible));
    assert_eq!(group.freeze(true), Ok(false));
    assert_eq!(group.is_frozen(), None);

    let mut v1 = Machine::v1();
    let (group, _) = v1.create(&SOME);
    assert_eq!(group.kill(), Ok(Kill::NotPossible));
    assert_eq!(group.freeze(true), Ok(true));
    assert_eq!(group.is_frozen(), Some(true));
    assert_eq!(group.freeze(false), Ok(true));
    assert_eq!(group.is_frozen(), Some(false));
}

#[test]
fn a_group_goes_with_those_below_it_but_not_with_processes() {
    let mut machine = Machine::v2(GIVEN, GIVEN);
    let (mut group, _) = machine.create(&SOME);
    let own = format!("app/{}", group.name());
    put(&machine, &format!("{own}/inner/cgroup.procs"), "77\n");
    let error = group
        .remove_in(&mut machine.kernel)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains(&own) && error.contains("end them"),
        "{error}"
    );
    assert!(!group.is_nowhere());
    put(&machine, &format!("{own}/inner/cgroup.procs"), "");
    group.remove_in(&mut machine.kernel).unwrap();
    assert!(group.is_nowhere());
    assert!(!machine.path("sys/fs/cgroup").join(&own).exists());
    assert!(machine.path("sys/fs/cgroup/app").exists());
    group.remove_in(&mut machine.kernel).unwrap();
}

#[test]
fn one_that_is_gone_already_is_removed() {
    let mut machine = Machine::v1();
    let (mut group, _) = machine.create(&SOME);
    let folders: Vec<_> = group.folders().map(|(_, path)| path.to_owned()).collect();
    std::fs::remove_dir_all(&folders[0]).unwrap();
    group.remove_in(&mut Kernel::default()).unwrap();
    assert!(folders.iter().all(|folder| !folder.exists()));
}

#[test]
fn leftovers_are_told_once_and_strangers_never() {
    let mut machine = Machine::v1();
    let (group, _) = machine.create(&SOME);
    let own = group.name().to_owned();
    drop(group);
    put(&machine, &format!("pids/app/{own}/cgroup.procs"), "5\n");
    put(&machine, "pids/app/mcpvisor-by-hand/cgroup.procs", "6\n");
    put(&machine, "pids/app/other.service/cgroup.procs", "7\n");
    let hierarchies = machine.hierarchies();
    let mut found = leftovers(&hierarchies, PREFIX).unwrap();
    let leftover = found.pop().unwrap();
    assert!(found.is_empty(), "{found:?}");
    assert_eq!(leftover.name, name());
    assert_eq!(leftover.pids, Ok(vec![5]));
    assert_eq!(
        leftovers(&hierarchies, "mcpvisor-memory-").unwrap().len(),
        0
    );
    assert_eq!(leftovers(&hierarchies, "").unwrap().len(), 1);
    put(&machine, &format!("pids/app/{own}/cgroup.procs"), "");
    let mut group = leftover.into_group();
    assert_eq!(group.folders().count(), 4);
    group.remove_in(&mut machine.kernel).unwrap();
    assert!(leftovers(&hierarchies, PREFIX).unwrap().is_empty());
}
