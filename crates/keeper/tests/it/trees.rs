//! Trees that do not want to end, with and without a group of their own.

use std::path::Path;

use keeper::Wanted;
use supervise::lifecycle::State;
use testbed::wait::wait_for;
use testbed::{Identity, programs};

use crate::support::{SOON, World, all_gone, script};

/// A tree of the nastiest kinds: deaf to SIGTERM, in sessions of their own, forked twice. Each writes its
/// pid, since some have left the tree that `/proc` shows.
fn nasty(folder: &Path) -> String {
    let server = programs::mcp_server().unwrap();
    let deaf = format!(
        "{} --ignore-term --ignore-eof --max-lifetime 120",
        server.display()
    );
    let list = folder.join("pids").display().to_string();
    format!(
        "note() {{ echo $1 >> {list}; }}; \
         {deaf} </dev/null >/dev/null 2>&1 & note $!; \
         setsid sh -c 'echo $$ >> {list}; trap \"\" TERM HUP; while :; do sleep 1; done' </dev/null >/dev/null 2>&1 & \
         (setsid sh -c 'echo $$ >> {list}; exec {deaf}' </dev/null >/dev/null 2>&1 &) ; \
         note $$; trap '' TERM; while :; do sleep 1; done"
    )
}

fn pids(folder: &Path) -> Vec<Identity> {
    wait_for("all four of them", SOON, || {
        let text = std::fs::read_to_string(folder.join("pids")).ok()?;
        let pids: Vec<u32> = text.lines().filter_map(|line| line.parse().ok()).collect();
        (pids.len() == 4).then_some(pids)
    })
    .unwrap()
    .into_iter()
    .map(|pid| Identity::of(pid).unwrap())
    .collect()
}

#[test]
fn nothing_of_a_nasty_tree_is_left() {
    ends_nasty(World::new);
}

#[test]
fn nothing_of_a_nasty_tree_is_left_without_groups() {
    ends_nasty(World::without_groups);
}

fn ends_nasty(keep: fn(Vec<Wanted>) -> World) {
    let scratch = tempfile::tempdir().unwrap();
    let mut world = keep(vec![Wanted::new(script("nasty", &nasty(scratch.path())))]);
    world.wait_state("nasty", State::Running);
    let all = pids(scratch.path());
    world.keeper().order_stop("nasty");
    world.wait_state("nasty", State::Stopped);
    let left: Vec<&Identity> = all.iter().filter(|one| one.is_running()).collect();
    assert!(left.is_empty(), "{left:?} left: {:#?}", world.told("nasty"));
    world.end();
}

#[test]
fn what_a_crashed_root_leaves_is_ended_before_it_starts_again() {
    let scratch = tempfile::tempdir().unwrap();
    let text = format!("{} </dev/null & sleep 0.2; exit 1", {
        let list = scratch.path().join("pids");
        format!("sh -c 'echo $$ >> {}; exec sleep 120'", list.display())
    });
    let mut world = World::new(vec![Wanted::new(script("leaver", &text))]);
    world.wait("leaver", "third start", |server| server.generation >= 3);
    let text = std::fs::read_to_string(scratch.path().join("pids")).unwrap();
    let earlier: Vec<u32> = text.lines().filter_map(|line| line.parse().ok()).collect();
    world.keeper().order_stop("leaver");
    world.wait_state("leaver", State::Stopped);
    let left: Vec<Identity> = earlier.into_iter().filter_map(Identity::of).collect();
    all_gone(&left);
    world.end();
}

#[test]
fn what_forks_on_and_on_is_ended() {
    ends_storm(World::new);
}

#[test]
fn what_forks_on_and_on_is_ended_without_groups() {
    ends_storm(World::without_groups);
}

fn ends_storm(keep: fn(Vec<Wanted>) -> World) {
    // Each ends after starting the next one: a tree that is never the same at two looks.
    let text = "f() { sleep 0.01; (f &) ; }; i=0; while [ $i -lt 20 ]; do (f &); i=$((i+1)); done; while :; do sleep 1; done";
    let scratch = tempfile::tempdir().unwrap();
    let mark = scratch.path().display().to_string();
    let mut world = keep(vec![Wanted::new(script(
        "storm",
        &format!("# {mark}\n{text}"),
    ))]);
    world.wait_state("storm", State::Running);
    std::thread::sleep(std::time::Duration::from_millis(300));
    world.keeper().order_stop("storm");
    world.wait_state("storm", State::Stopped);
    let left = testbed::process::all().into_iter().filter(|process| {
        process
            .arguments()
            .iter()
            .any(|argument| argument.contains(&mark))
    });
    assert_eq!(left.count(), 0);
    world.end();
}
