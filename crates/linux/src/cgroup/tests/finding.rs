//! Where controllers live, on machines of every kind.

use super::fixture::Machine;
use crate::cgroup::{
    Hierarchies,
    controller::{Controller, Version},
};

/// Version and folder of each controller, below `/sys/fs/cgroup`.
fn places(machine: &Machine, hierarchies: &Hierarchies) -> Vec<(Controller, Version, String)> {
    let top = machine.path("sys/fs/cgroup");
    Controller::ALL
        .into_iter()
        .filter_map(|controller| {
            let place = hierarchies.of(controller)?;
            let own = place.own_group().strip_prefix(&top).unwrap();
            Some((
                controller,
                place.version(),
                own.to_str().unwrap().to_owned(),
            ))
        })
        .collect()
}

#[test]
fn pure_v2() {
    let machine = Machine::v2("cpuset cpu io memory pids\n", "");
    let hierarchies = machine.hierarchies();
    let place = |controller| (controller, Version::V2, "app".to_owned());
    assert_eq!(
        places(&machine, &hierarchies),
        [
            place(Controller::Memory),
            place(Controller::Pids),
            place(Controller::Cpu),
            place(Controller::Io)
        ]
    );
    assert_eq!(hierarchies.iter().count(), 1);
    assert!(hierarchies.unified().is_some());
}

#[test]
fn pure_v1_with_controllers_mounted_together() {
    let machine = Machine::v1();
    let hierarchies = machine.hierarchies();
    let place = |controller, folder: &str| (controller, Version::V1, format!("{folder}/app"));
    assert_eq!(
        places(&machine, &hierarchies),
        [
            place(Controller::Memory, "memory"),
            place(Controller::Pids, "pids"),
            place(Controller::Cpu, "cpu,cpuacct"),
            place(Controller::Io, "blkio"),
            place(Controller::Freezer, "freezer"),
            place(Controller::CpuAccounting, "cpu,cpuacct"),
        ]
    );
    assert_eq!(hierarchies.iter().count(), 5);
    assert!(hierarchies.unified().is_none());
}

#[test]
fn hybrid_is_decided_for_each_controller() {
    let mut machine = Machine::new();
    machine.mount_v1("memory", "/", "/jobs/a");
    machine.mount_v1("cpu,cpuacct", "/", "/");
    machine.mount_v2("/", "/sys/fs/cgroup/unified", "/");
    machine.own_v2("sys/fs/cgroup/unified", "pids hugetlb\n", "");
    let hierarchies = machine.hierarchies();
    let v1 = |controller, folder: &str| (controller, Version::V1, folder.to_owned());
    assert_eq!(
        places(&machine, &hierarchies),
        [
            v1(Controller::Memory, "memory/jobs/a"),
            (Controller::Pids, Version::V2, "unified".to_owned()),
            v1(Controller::Cpu, "cpu,cpuacct"),
            v1(Controller::CpuAccounting, "cpu,cpuacct"),
        ]
    );
}

#[test]
fn a_mount_may_show_a_part_only() {
    let mut machine = Machine::new();
    // As in a container without a cgroup namespace: its own group is bound to the mount point.
    machine.mount_v1("memory", "/docker/ab", "/docker/ab/job");
    let hierarchies = machine.hierarchies();
    assert_eq!(
        places(&machine, &hierarchies),
        [(Controller::Memory, Version::V1, "memory/job".to_owned())]
    );
}

#[test]
fn in_a_cgroup_namespace_whose_mount_is_from_outside_nothing_is_guessed() {
    let mut machine = Machine::new();
    machine.mount_v2("/../..", "/sys/fs/cgroup", "/");
    machine.own_v2("sys/fs/cgroup", "memory\n", "memory\n");
    let hierarchies = machine.hierarchies();
    assert_eq!(hierarchies.iter().count(), 0);
    let [hidden] = hierarchies.out_of_sight() else {
        panic!("{hierarchies:?}");
    };
    assert_eq!(hidden.mount_point, machine.path("sys/fs/cgroup"));
    assert!(hidden.to_string().contains("mount it anew"), "{hidden}");
}

#[test]
fn in_a_cgroup_namespace_with_its_own_mount_all_is_well() {
    let mut machine = Machine::new();
    // The first mount came from outside; the second was made inside, on the same place.
    machine.line("40 31 0:38 /../.. /sys/fs/cgroup ro - cgroup2 cgroup2 rw\n");
    machine.mount_v2("/", "/sys/fs/cgroup", "/");
    machine.own_v2("sys/fs/cgroup", "memory\n", "memory\n");
    let hierarchies = machine.hierarchies();
    let own = hierarchies.unified().unwrap().own_group();
    assert_eq!(own, machine.path("sys/fs/cgroup"));
    assert_eq!(hierarchies.out_of_sight(), []);
}

#[test]
fn a_group_that_was_removed_is_out_of_sight() {
    let mut machine = Machine::new();
    machine.mount_v2("/", "/sys/fs/cgroup", "/gone (deleted)");
    machine.own_v2("sys/fs/cgroup", "memory\n", "memory\n");
    assert_eq!(machine.hierarchies().out_of_sight().len(), 1);
}

#[test]
fn a_kernel_without_groups_has_none() {
    let hierarchies = Machine::new().hierarchies();
    assert_eq!(hierarchies, Hierarchies::default());
}

#[test]
fn without_proc_the_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("self")).unwrap();
    std::fs::write(folder.path().join("self/cgroup"), "0::/\n").unwrap();
    let proc = crate::ProcRoot::open(folder.path()).unwrap();
    let error = Hierarchies::read(&proc, folder.path()).unwrap_err();
    assert!(error.to_string().contains("self/mountinfo`"), "{error}");
}
