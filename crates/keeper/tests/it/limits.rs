//! Limits that the kernel holds, and what happens at them. Skipped where no group can be made.

use keeper::{Happened, Wanted};
use linux::cgroup::{Limit, Limits, Outcome};
use supervise::lifecycle::State;
use supervise::spec::RestartPolicy;

use crate::support::{World, script};

fn held(world: &World, name: &str, limit: Limit) -> bool {
    let server = world.server(name);
    let held = matches!(server.enforced.outcome(limit), Some(Outcome::Held { .. }));
    if !held {
        eprintln!(
            "skipped: {limit} cannot be held here: {:?} {:?}",
            server.nowhere, server.enforced
        );
    }
    held
}

#[test]
fn a_limit_of_tasks_refuses_forks_and_tells() {
    let mut spec = script(
        "forks",
        "i=0; while [ $i -lt 60 ]; do sleep 30 & i=$((i+1)); done; sleep 30",
    );
    spec.restart.policy = RestartPolicy::Never;
    let mut wanted = Wanted::new(spec);
    wanted.limits = Limits {
        pids_max: Some(15),
        ..Limits::default()
    };
    let mut world = World::new(vec![wanted]);
    world.wait("forks", "a start", |server| server.generation > 0);
    if held(&world, "forks", Limit::PidsMax) {
        // The shell gives up when it cannot fork.
        world.wait_state("forks", State::Stopped);
        let refused = |what: &Happened| matches!(what, Happened::ForksRefused(count) if *count > 0);
        assert!(world.has_happened(refused), "{:#?}", world.told("forks"));
    }
    world.end();
}

#[test]
fn a_limit_of_memory_kills_and_tells() {
    let mut spec = script("eater", "x=x; while :; do x=$x$x; done");
    spec.restart.policy = RestartPolicy::Never;
    let mut wanted = Wanted::new(spec);
    wanted.limits = Limits {
        memory_max: Some(32 << 20),
        swap_max: Some(0),
        ..Limits::default()
    };
    let mut world = World::new(vec![wanted]);
    world.wait("eater", "a start", |server| server.generation > 0);
    if held(&world, "eater", Limit::MemoryMax) {
        world.wait_state("eater", State::Stopped);
        let killed = |what: &Happened| matches!(what, Happened::OomKilled(count) if *count > 0);
        assert!(world.has_happened(killed), "{:#?}", world.told("eater"));
    }
    world.end();
}

#[test]
fn open_files_are_limited_everywhere() {
    let scratch = tempfile::tempdir().unwrap();
    let out = scratch.path().join("out");
    let text = format!(
        "echo $(ulimit -Sn) $(ulimit -Hn) > {}; sleep 60",
        out.display()
    );
    let mut wanted = Wanted::new(script("files", &text));
    wanted.nofile = Some(linux::spawn::OpenFiles { soft: 77, hard: 99 });
    let mut world = World::new(vec![wanted]);
    let said = testbed::wait::wait_for("its limits", crate::support::SOON, || {
        std::fs::read_to_string(&out)
            .ok()
            .filter(|text| text.ends_with('\n'))
    });
    assert_eq!(said.unwrap(), "77 99\n");
    world.end();
}
