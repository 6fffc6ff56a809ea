//! Orders to a living engine: what they report, and what is so afterwards.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::time::Duration;

use containers::act::{
    LimitOutcome, Outcome, Patience, Planned, Target, Wanted, remove, restart, set_limits, stop,
};
use containers::container::State;
use containers::list::exists;
use containers::orphan::Memory;

use crate::dockerd::{Asked as _, Client, Dockerd};
use crate::judged::judged_in;
use crate::reading::{PATIENCE, container, run};

const MIB: u64 = 1 << 20;

pub(crate) fn limits(dockerd: &Dockerd) {
    let id = dockerd.run_detached(&[], &["sleep", "600"]);
    let engine = dockerd.engine();
    let target = Target::from(&container(&engine, &id));
    let wanted = Wanted {
        memory_bytes: Some(48 * MIB),
        pids: Some(12),
        cpus: Some(0.25),
        nofile: Some(100),
        ..Wanted::default()
    };
    let enforced = run(set_limits(&engine, &target, &wanted)).unwrap();
    for (name, outcome) in &enforced.limits {
        match name.as_str() {
            "nofile" => assert!(matches!(outcome, LimitOutcome::Refused { .. })),
            _ => assert_eq!(*outcome, LimitOutcome::Set, "{name}: {enforced:?}"),
        }
    }
    assert_eq!(enforced.limits.len(), 4);
    assert_eq!(
        (enforced.kernel_memory_bytes, enforced.kernel_pids),
        (Some(48 * MIB), Some(12))
    );
    // The kernel itself, where it can be asked under this name (control groups v1).
    let group = Path::new("/sys/fs/cgroup/pids/docker")
        .join(&id)
        .join("pids.max");
    if let Ok(limit) = std::fs::read_to_string(group) {
        assert_eq!(limit.trim(), "12");
    }

    // Less than an engine takes: said, not swallowed, and what held before holds.
    let tiny = Wanted {
        memory_bytes: Some(MIB),
        ..Wanted::default()
    };
    let enforced = run(set_limits(&engine, &target, &tiny)).unwrap();
    assert!(
        matches!(&enforced.limits[0].1, LimitOutcome::Refused { why } if why.contains("emory")),
        "{enforced:?}"
    );
    assert_eq!(enforced.kernel_memory_bytes, Some(48 * MIB));
    dockerd.docker(&["rm", "-f", &id]);
}

pub(crate) fn restart_and_stop(dockerd: &Dockerd) {
    let id = dockerd.run_detached(&["--init"], &["sleep", "600"]);
    let engine = dockerd.engine();
    let before = container(&engine, &id);
    let report = run(restart(
        &engine,
        &Target::from(&before),
        &Patience::default(),
    ));
    assert_eq!(report.outcome, Outcome::Done, "{report:?}");
    let after = container(&engine, &id);
    assert!(after.state == State::Running && after.started > before.started);

    let report = run(stop(&engine, &Target::from(&after), &Patience::default()));
    assert_eq!(report.outcome, Outcome::Done, "{report:?}");
    assert_eq!(container(&engine, &id).state, State::Exited);

    dockerd.docker(&["rename", &id, "somebody-elses"]);
    let report = run(restart(
        &engine,
        &Target::from(&after),
        &Patience::default(),
    ));
    assert!(matches!(report.outcome, Outcome::Refused(_)), "{report:?}");
    assert_eq!(container(&engine, &id).state, State::Exited);
    dockerd.docker(&["rm", "-f", &id]);
}

/// A container whose client was killed, and the decision to remove it.
fn left_over(dockerd: &Dockerd, name: &str) -> Planned {
    let mut client = Client::start(dockerd, name, &[]);
    client.kill();
    let judged = judged_in(dockerd, &mut Memory::default(), 2);
    Planned::of(&judged[&client.id]).unwrap()
}

pub(crate) fn removal(dockerd: &Dockerd) {
    let engine = dockerd.engine();
    let served = Client::start(dockerd, "served", &["--name", "served"]);
    let planned = left_over(dockerd, "left");
    let judged = judged_in(dockerd, &mut Memory::default(), 2);
    assert!(Planned::of(&judged[&served.id]).is_none(), "it is served");

    // Renamed by somebody since: not what was decided about.
    let id = planned.target().id.clone();
    dockerd.docker(&["rename", &id, "kept-after-all"]);
    let report = run(remove(&engine, &planned, &Patience::default()));
    assert!(matches!(report.outcome, Outcome::Refused(_)), "{report:?}");
    assert!(run(exists(&engine, &id, PATIENCE)).unwrap());
    dockerd.docker(&["rename", &id, &planned.target().name]);

    let report = run(remove(&engine, &planned, &Patience::default()));
    assert_eq!(report.outcome, Outcome::Done, "{report:?}");
    assert!(!run(exists(&engine, &id, PATIENCE)).unwrap());
    assert!(
        run(exists(&engine, &served.id, PATIENCE)).unwrap(),
        "others stay"
    );
    let report = run(remove(&engine, &planned, &Patience::default()));
    assert_eq!(report.outcome, Outcome::AlreadyGone, "{report:?}");
    dockerd.docker(&["rm", "-f", &served.id]);
}

pub(crate) fn removal_while_the_engine_hangs(dockerd: &Dockerd) {
    let engine = dockerd.engine();
    let planned = left_over(dockerd, "late");
    dockerd.freeze();
    let patience = Patience {
        tries: [1, 2, 60].map(Duration::from_secs).to_vec(),
        pauses: vec![Duration::from_millis(100)],
    };
    let report = run(async {
        let thaw = async {
            tokio::time::sleep(Duration::from_secs(6)).await;
            dockerd.thaw();
        };
        tokio::join!(remove(&engine, &planned, &patience), thaw).0
    });
    assert!(report.is_done(), "{report:?}");
    assert_eq!(report.attempts.len(), 3, "{report:?}");
    for attempt in &report.attempts[..2] {
        let failed = attempt.steps.iter().find(|step| !step.is_ok).unwrap();
        assert!(failed.answer.contains("hangs"), "{failed:?}");
    }
    assert!(!run(exists(&engine, &planned.target().id, PATIENCE)).unwrap());
}
