//! Limits that are set, read back, and told.

use rustix::io::Errno;

use super::fixture::{Machine, name};
use crate::cgroup::{
    NoRoom,
    controller::{Controller, Version},
    create::create_in,
    enforced::{NotEnforced, Outcome},
    limits::{Amount, Limit, Limits},
};

const ALL: Limits = Limits {
    memory_max: Some(64 << 20),
    memory_high: Some(48 << 20),
    swap_max: Some(16 << 20),
    pids_max: Some(15),
    cpu: Some(0.5),
    io_weight: Some(200),
};

fn read(machine: &Machine, path: &str) -> String {
    std::fs::read_to_string(machine.path(&format!("sys/fs/cgroup/{path}"))).unwrap()
}

fn why(outcome: Option<&Outcome>) -> &NotEnforced {
    match outcome {
        Some(Outcome::Not(why)) => why,
        other => panic!("{other:?}"),
    }
}

#[test]
fn v2_with_everything_given() {
    let mut machine = Machine::v2("cpu io memory pids\n", "cpu io memory pids\n");
    let (group, enforced) = machine.create(&ALL);
    assert!(enforced.is_complete(), "{enforced:?}");
    assert!(enforced.ends_whole_on_oom);
    let name = "mcpvisor-github-42-7-0";
    assert_eq!(group.name(), name);
    for (file, contents) in [
        ("memory.max", "67108864"),
        ("memory.high", "50331648"),
        ("memory.swap.max", "16777216"),
        ("memory.oom.group", "1"),
        ("pids.max", "15"),
        ("cpu.max", "50000 100000"),
        ("io.weight", "200"),
    ] {
        assert_eq!(read(&machine, &format!("app/{name}/{file}")), contents);
    }
    assert_eq!(
        enforced.outcome(Limit::Cpu),
        Some(&Outcome::Held {
            says: Amount::Processors(0.5),
            file: machine.path(&format!("sys/fs/cgroup/app/{name}/cpu.max")),
            version: Version::V2,
            weaker: None,
        })
    );
}

#[test]
fn v2_that_gives_nothing_makes_the_group_and_says_why_not() {
    let mut machine = Machine::v2("cpu io memory pids\n", "pids\n");
    let (group, enforced) = machine.create(&ALL);
    assert_eq!(group.folders().count(), 1);
    assert!(!enforced.ends_whole_on_oom);
    for entry in &enforced.limits {
        match (&entry.limit, &entry.outcome) {
            (Limit::PidsMax, Outcome::Held { .. }) => {}
            (_, Outcome::Not(NotEnforced::NotDelegated { group, .. })) => {
                assert_eq!(group, &machine.path("sys/fs/cgroup/app"));
                let text = entry.to_string();
                assert!(text.contains("systemd scope"), "{text}");
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(read(&machine, "app/cgroup.subtree_control"), "pids\n");
}

#[test]
fn in_the_root_of_v2_controllers_are_switched_on() {
    let mut machine = Machine::new();
    machine.mount_v2("/", "/sys/fs/cgroup", "/");
    machine.own_v2("sys/fs/cgroup", "memory pids\n", "");
    let limits = Limits {
        pids_max: Some(15),
        ..Limits::default()
    };
    let (_, enforced) = machine.create(&limits);
    assert!(enforced.is_complete(), "{enforced:?}");
    assert_eq!(read(&machine, "cgroup.subtree_control"), "+pids");
}

#[test]
fn v1_sets_each_controller_where_it_is() {
    let mut machine = Machine::v1();
    let (group, enforced) = machine.create(&ALL);
    assert!(enforced.is_complete(), "{enforced:?}");
    assert!(!enforced.ends_whole_on_oom);
    let name = group.name();
    for (file, contents) in [
        ("memory/app/NAME/memory.limit_in_bytes", "67108864"),
        ("memory/app/NAME/memory.soft_limit_in_bytes", "50331648"),
        ("memory/app/NAME/memory.memsw.limit_in_bytes", "83886080"),
        ("pids/app/NAME/pids.max", "15"),
        ("cpu,cpuacct/app/NAME/cpu.cfs_quota_us", "50000"),
        ("blkio/app/NAME/blkio.bfq.weight", "109"),
    ] {
        assert_eq!(read(&machine, &file.replace("NAME", name)), contents);
    }
    let text = |limit| enforced.outcome(limit).unwrap().to_string();
    assert!(text(Limit::MemoryHigh).contains("soft limit"));
    assert!(text(Limit::SwapMax).contains("holds 16.0 MiB"));
    assert!(text(Limit::SwapMax).contains("memory and swap together"));
    assert!(text(Limit::IoWeight).contains("BFQ"));
    // Without a unified hierarchy the freezer keeps the group together.
    assert_eq!(group.folders().count(), 5);
}

#[test]
fn folders_that_hold_no_limit_are_removed() {
    let mut machine = Machine::v1();
    machine.kernel.lacks = vec!["pids.max"];
    machine.kernel.read_only = vec!["cpu.cfs_quota_us"];
    let (group, enforced) = machine.create(&ALL);
    let folders: Vec<_> = group.folders().map(|(_, path)| path.to_owned()).collect();
    let is_in = |controller: &str| {
        let own = machine.path(&format!("sys/fs/cgroup/{controller}/app"));
        folders.iter().any(|path| path.starts_with(&own))
    };
    assert!(is_in("memory") && is_in("freezer"));
    assert!(!is_in("pids") && !is_in("cpu,cpuacct"));
    assert!(
        !machine
            .path("sys/fs/cgroup/pids/app")
            .join(group.name())
            .exists()
    );
    let pids = why(enforced.outcome(Limit::PidsMax)).to_string();
    assert!(pids.contains("does not have that setting"), "{pids}");
    let cpu = why(enforced.outcome(Limit::Cpu)).to_string();
    assert!(cpu.contains("cpu.cfs_quota_us`"), "{cpu}");
}

#[test]
fn a_weight_is_set_where_this_kernel_has_one() {
    for (lacks, file, weight) in [
        (&["blkio.bfq.weight"][..], Some("blkio.weight"), 1000),
        (&["blkio.bfq.weight", "blkio.weight"], None, 0),
    ] {
        let mut machine = Machine::v1();
        machine.kernel.lacks = lacks.to_vec();
        let limits = Limits {
            io_weight: Some(300),
            ..Limits::default()
        };
        let (_, enforced) = machine.create(&limits);
        match (enforced.outcome(Limit::IoWeight).unwrap(), file) {
            (Outcome::Held { says, file, .. }, Some(name)) => {
                assert_eq!(
                    (says, file.ends_with(name)),
                    (&Amount::Weight(weight), true)
                );
            }
            (Outcome::Not(NotEnforced::NoSetting(_)), None) => {}
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn what_we_were_not_given_is_told() {
    let mut machine = Machine::v2("pids\n", "pids\n");
    let (_, enforced) = machine.create(&ALL);
    let cpu = why(enforced.outcome(Limit::Cpu)).to_string();
    assert!(cpu.contains("/app` does not have the cpu"), "{cpu}");
    assert!(cpu.contains("`Delegate=cpu`"), "{cpu}");
}

#[test]
fn what_no_hierarchy_has_is_told() {
    let mut machine = Machine::new();
    machine.mount_v1("pids", "/", "/app");
    let (_, enforced) = machine.create(&ALL);
    assert!(matches!(
        enforced.outcome(Limit::PidsMax),
        Some(Outcome::Held { .. })
    ));
    let memory = why(enforced.outcome(Limit::MemoryMax));
    assert_eq!(memory, &NotEnforced::NoController(Controller::Memory));
    assert!(memory.to_string().contains("cgroup_disable=memory"));
}

#[test]
fn values_that_no_kernel_takes_are_not_tried() {
    let mut machine = Machine::v1();
    let limits = Limits {
        cpu: Some(0.001),
        pids_max: Some(0),
        swap_max: Some(1 << 20),
        ..Limits::default()
    };
    let (_, enforced) = machine.create(&limits);
    let range = why(enforced.outcome(Limit::Cpu)).to_string();
    assert_eq!(range, "it must be 0.01 to 10000");
    assert!(matches!(
        why(enforced.outcome(Limit::PidsMax)),
        NotEnforced::OutOfRange(_)
    ));
    let swap = why(enforced.outcome(Limit::SwapMax));
    assert_eq!(swap, &NotEnforced::SwapWithoutMemory);
}

#[test]
fn where_nothing_can_be_made_the_group_is_nowhere() {
    let mut machine = Machine::v2("memory pids\n", "memory pids\n");
    machine.kernel.refuses = Some(("mcpvisor-", Errno::ACCESS));
    let (group, enforced) = machine.create(&ALL);
    assert!(group.is_nowhere());
    assert!(group.procs_files().is_empty());
    assert!(!group.is_populated().unwrap());
    assert_eq!(enforced.not_made.len(), 1);
    let memory = why(enforced.outcome(Limit::MemoryMax)).to_string();
    assert!(memory.contains("Delegate=yes"), "{memory}");
}

#[test]
fn a_read_only_mount_is_told() {
    let mut machine = Machine::v2("memory\n", "memory\n");
    machine.kernel.refuses = Some(("mcpvisor-", Errno::ROFS));
    let (_, enforced) = machine.create(&ALL);
    let error = enforced.not_made[0].to_string();
    assert!(error.contains("read-only"), "{error}");
}

#[test]
fn without_a_place_in_the_unified_hierarchy_the_freezer_serves() {
    let mut machine = Machine::v1();
    machine.mount_v2("/", "/sys/fs/cgroup/unified", "/app");
    machine.own_v2("sys/fs/cgroup/unified/app", "", "");
    machine.kernel.refuses = Some(("/unified/", Errno::ACCESS));
    let (group, enforced) = machine.create(&Limits::default());
    let folders: Vec<_> = group.folders().collect();
    assert_eq!(folders.len(), 1);
    assert!(
        folders[0]
            .1
            .starts_with(machine.path("sys/fs/cgroup/freezer"))
    );
    assert_eq!(enforced.not_made.len(), 1);
}

#[test]
fn a_name_that_is_taken_is_not_touched() {
    let mut machine = Machine::v1();
    let taken = "sys/fs/cgroup/memory/app/mcpvisor-github-42-7-0/cgroup.procs";
    machine.write(taken, "77\n");
    let (group, enforced) = machine.create(&ALL);
    assert!(enforced.is_complete(), "{enforced:?}");
    assert_eq!(group.name(), "mcpvisor-github-42-7-1");
    assert!(machine.path(taken).exists());
    // What was made under the first name elsewhere is gone.
    assert!(
        !machine
            .path("sys/fs/cgroup/pids/app/mcpvisor-github-42-7-0")
            .exists()
    );
}

#[test]
fn where_we_are_alone_room_is_made_for_controllers() {
    let mut machine = Machine::v2("memory pids\n", "");
    let limits = Limits {
        pids_max: Some(15),
        ..Limits::default()
    };
    let mut hierarchies = machine.hierarchies();
    let kernel = &mut machine.kernel;
    let shared = hierarchies.make_room_in(kernel, 77).unwrap_err();
    assert!(
        matches!(shared, NoRoom::Shared { others: 1, .. }),
        "{shared:?}"
    );
    let before = hierarchies.clone();
    hierarchies.make_room_in(kernel, 1).unwrap();
    assert_ne!(hierarchies, before);
    // Asked again, it is there already.
    hierarchies.make_room_in(kernel, 77).unwrap();
    let (group, enforced) = create_in(kernel, &hierarchies, &name(), &limits);
    assert_eq!(read(&machine, "app/mcpvisor-supervisor/cgroup.procs"), "1");
    assert_eq!(read(&machine, "app/cgroup.subtree_control"), "+pids");
    assert!(enforced.is_complete(), "{enforced:?}");
    let (_, folder) = group.folders().next().unwrap();
    assert_eq!(folder.parent(), Some(&*machine.path("sys/fs/cgroup/app")));
}

#[test]
fn in_a_leaf_room_is_found_beside_it() {
    let mut machine = Machine::new();
    machine.mount_v2("/", "/sys/fs/cgroup", "/app/mcpvisor-supervisor");
    // Put there by systemd: nothing is switched on above yet.
    machine.own_v2("sys/fs/cgroup/app", "pids\n", "");
    machine.own_v2("sys/fs/cgroup/app/mcpvisor-supervisor", "", "");
    machine.write(
        "sys/fs/cgroup/app/mcpvisor-supervisor/cgroup.type",
        "domain\n",
    );
    let mut hierarchies = machine.hierarchies();
    hierarchies.make_room_in(&mut machine.kernel, 1).unwrap();
    let unified = hierarchies.unified().unwrap();
    assert_eq!(unified.own_group(), machine.path("sys/fs/cgroup/app"));
    assert_eq!(unified.controllers(), [Controller::Pids]);
}

#[test]
fn without_a_unified_hierarchy_there_is_no_room_to_make() {
    let mut machine = Machine::v1();
    let mut hierarchies = machine.hierarchies();
    let made = hierarchies.make_room_in(&mut machine.kernel, 1);
    assert_eq!(made, Err(NoRoom::NoUnified));
}
