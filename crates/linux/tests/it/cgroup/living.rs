//! Who is in a group, and how all of it ends.

use linux::cgroup::{Controller, Group, Hierarchies, Kill, LEAF, Limits, PREFIX, leftovers};
use testbed::Identity;

use super::{Live, name, until};

#[test]
fn a_kill_takes_strays_and_the_deaf() {
    let Some(mut live) = Live::with("kill", Limits::default()) else {
        return;
    };
    live.start_server(&[
        "--children=3",
        "--setsid-child",
        "--ignore-term",
        "--ignore-eof",
    ]);
    until("five processes", || live.group.pids().unwrap().len() == 5);
    assert!(live.group.is_populated().unwrap());
    let pids = live.group.pids().unwrap();
    match live.group.kill().unwrap() {
        Kill::Ordered => {}
        Kill::NotPossible => return println!("skipped: no `cgroup.kill` here"),
    }
    until("an empty group", || !live.group.is_populated().unwrap());
    let running = |pid: &u32| Identity::of(*pid).is_some_and(Identity::is_running);
    assert!(!pids.iter().any(running), "{pids:?}");
    assert_eq!(live.group.pids().unwrap(), Vec::<u32>::new());
}

#[test]
fn what_is_frozen_stands_still_and_goes_on() {
    let Some(mut live) = Live::with("freeze", Limits::default()) else {
        return;
    };
    live.start_server(&["--spin"]);
    if !live.group.freeze(true).unwrap() {
        return println!("skipped: nothing can be frozen here");
    }
    until("all to stand still", || {
        live.group.is_frozen() == Some(true)
    });
    let before = live.group.usage().cpu;
    assert_eq!(live.group.usage().cpu, before);
    assert_eq!(live.group.freeze(false), Ok(true));
    until("all to go on", || live.group.is_frozen() == Some(false));
    until("some work", || {
        before.is_none() || live.group.usage().cpu > before
    });
}

#[test]
fn a_process_of_others_is_moved() {
    let limits = Limits {
        pids_max: Some(10),
        ..Limits::default()
    };
    let Some(mut live) = Live::with("attach", limits) else {
        return;
    };
    let mut command = std::process::Command::new("sleep");
    live.children.push(command.arg("60").spawn().unwrap());
    let pid = live.children[0].id();
    assert_eq!(live.group.pids().unwrap(), Vec::<u32>::new());
    live.group.attach(pid).unwrap();
    assert_eq!(live.group.pids().unwrap(), [pid]);
    assert_eq!(live.group.usage().tasks, Some(1));
    for (_, folder) in live.group.folders() {
        let procs = std::fs::read_to_string(folder.join("cgroup.procs")).unwrap();
        assert_eq!(procs.trim(), pid.to_string(), "{}", folder.display());
    }
    live.end();
    let error = live.group.attach(pid).unwrap_err().to_string();
    assert!(error.contains("it has ended"), "{error}");
}

#[test]
fn groups_below_belong_to_it() {
    let Some(mut live) = Live::with("nested", Limits::default()) else {
        return;
    };
    let (_, folder) = live.group.folders().next().unwrap();
    let inner = folder.join("inner/most");
    std::fs::create_dir_all(&inner).unwrap();
    live.start("/bin/sleep".into(), &["60"]);
    let pid = live.children[0].id();
    std::fs::write(inner.join("cgroup.procs"), pid.to_string()).unwrap();
    assert_eq!(live.group.pids().unwrap(), [pid]);
    assert!(live.group.is_populated().unwrap());
    let error = live.group.remove().unwrap_err().to_string();
    assert!(error.contains("are still in it"), "{error}");
    assert!(
        inner.exists(),
        "nothing is removed below a group that is in use"
    );
    live.end();
    until("the groups to be removed", || live.group.remove().is_ok());
    assert!(!inner.exists());
}

#[test]
fn what_a_killed_maker_left_is_found_and_removed() {
    let Some(mut live) = Live::with("left", Limits::default()) else {
        return;
    };
    live.start("/bin/sleep".into(), &["60"]);
    let hierarchies = Hierarchies::system().unwrap();
    let mine = || {
        let all = leftovers(&hierarchies, PREFIX).unwrap();
        all.into_iter().find(|found| found.name == name("left"))
    };
    let leftover = mine().unwrap();
    assert_eq!(leftover.pids, Ok(vec![live.children[0].id()]));
    let again: Group = leftover.into_group();
    assert_eq!(again.folders().count(), live.group.folders().count());
    live.group = again;
    live.end();
    until("it to be removed", || live.group.remove().is_ok());
    assert!(mine().is_none());
}

#[test]
fn a_second_group_of_one_name_gets_the_next_number() {
    let Some(first) = Live::with("twice", Limits::default()) else {
        return;
    };
    let Some(second) = Live::with("twice", Limits::default()) else {
        panic!("one could be made, but no second one");
    };
    assert!(first.group.name().ends_with("-0"), "{}", first.group.name());
    assert!(
        second.group.name().ends_with("-1"),
        "{}",
        second.group.name()
    );
}

#[test]
fn a_newborn_needs_no_entrance_to_the_unified_hierarchy() {
    let limits = Limits {
        pids_max: Some(10),
        ..Limits::default()
    };
    let Some(live) = Live::with("newborn", limits) else {
        return;
    };
    let (folder, _others) = live.group.entrances_of_newborn().unwrap();
    let hierarchies = Hierarchies::system().unwrap();
    assert_eq!(folder.is_some(), hierarchies.unified().is_some());
    assert_eq!(live.group.procs_files().len(), live.group.folders().count());
}

#[test]
fn alone_in_a_group_of_v2_room_is_made_for_controllers() {
    let mut hierarchies = Hierarchies::system().unwrap();
    let Some(unified) = hierarchies.unified() else {
        return println!("skipped: no unified hierarchy here");
    };
    let own = unified.own_group().to_owned();
    if !unified.controllers().contains(&Controller::Pids) || !own.join("cgroup.type").exists() {
        return println!("skipped: not in a group of cgroup v2 that has the pids controller");
    }
    if let Err(why) = hierarchies.make_room() {
        return println!("skipped: {why}");
    }
    let limits = Limits {
        pids_max: Some(10),
        ..Limits::default()
    };
    let (mut group, enforced) = Group::create(&hierarchies, &name("room"), &limits);
    let removed = group.remove();
    let again = Hierarchies::system().unwrap();
    // Back to where we were, whatever came of it.
    let write = |file: &str, text: &str| std::fs::write(own.join(file), text).unwrap();
    write("cgroup.subtree_control", "-pids");
    write("cgroup.procs", "0");
    std::fs::remove_dir(own.join(LEAF)).unwrap();
    removed.unwrap();
    assert!(enforced.is_complete(), "{enforced:?}");
    assert_eq!(again.unified().unwrap().own_group(), own.join(LEAF));
}
