//! Records against what lives, case by case.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;
use crate::spec::Runs;

const ROOT: ProcessId = ProcessId {
    pid: 700,
    start_ticks: 4_000,
};

fn spec() -> Spec {
    let runs = Runs {
        program: "demo-server".to_owned(),
        transport: Transport::Http,
        ..Runs::default()
    };
    Spec::new("demo", runs)
}

fn run() -> Run {
    Run {
        server: "demo".to_owned(),
        fingerprint: spec().runs.fingerprint(),
        transport: Transport::Http,
        generation: 3,
        root: Some(ROOT),
        boot_id: "b-1".to_owned(),
        cgroup: Some("demo-3".to_owned()),
        is_wanted: true,
    }
}

fn alive() -> Alive {
    Alive {
        boot_id: "b-1".to_owned(),
        processes: BTreeSet::from([ROOT]),
        cgroups: BTreeSet::from(["demo-3".to_owned()]),
    }
}

type Change = fn(&mut Run, &mut Alive, &mut Spec);

/// Checks what becomes of the record above after a change; with the other policy it is ended instead.
fn check(cases: &[(&str, Change, Verdict)]) {
    for (what, change, expected) in cases {
        let (mut run, mut alive, mut spec) = (run(), alive(), spec());
        change(&mut run, &mut alive, &mut spec);
        for survival in [Survival::Adopt, Survival::End] {
            let runs = [run.clone()];
            let decisions = decide(&runs, &alive, std::slice::from_ref(&spec), survival);
            let expected = match (*expected, survival) {
                (Verdict::Adopt, Survival::End) => Verdict::End(EndReason::Policy),
                (expected, _) => expected,
            };
            assert_eq!(decisions.runs[0].verdict, expected, "{what}");
            assert!(decisions.groups.is_empty(), "{what}");
        }
    }
}

#[test]
fn by_what_lives() {
    let gone = Verdict::Forget(ForgetReason::Gone);
    let remains = Verdict::End(EndReason::Remains);
    check(&[
        ("it lives", |_, _, _| {}, Verdict::Adopt),
        (
            "without a group",
            |run, alive, _| {
                run.cgroup = None;
                alive.cgroups.clear();
            },
            Verdict::Adopt,
        ),
        (
            "an unreadable group",
            |_, alive, _| alive.cgroups.clear(),
            Verdict::Adopt,
        ),
        (
            "its pid is another's",
            |_, alive, _| {
                let start_ticks = ROOT.start_ticks + 1;
                alive.processes = BTreeSet::from([ProcessId {
                    start_ticks,
                    ..ROOT
                }]);
                alive.cgroups.clear();
            },
            gone,
        ),
        (
            "all is gone",
            |_, alive, _| {
                alive.processes.clear();
                alive.cgroups.clear();
            },
            gone,
        ),
        (
            "its root is gone",
            |_, alive, _| alive.processes.clear(),
            remains,
        ),
        (
            "its root was never known",
            |run, _, _| run.root = None,
            remains,
        ),
        (
            "no boot id, but a group",
            |_, alive, _| alive.boot_id.clear(),
            remains,
        ),
        (
            "no boot id, no group",
            |run, alive, _| {
                run.boot_id.clear();
                alive.boot_id.clear();
                alive.cgroups.clear();
            },
            Verdict::Forget(ForgetReason::Unproven),
        ),
        (
            "another boot",
            |run, alive, _| {
                run.boot_id = "b-0".to_owned();
                alive.cgroups.clear();
            },
            Verdict::Forget(ForgetReason::OtherBoot),
        ),
    ]);
}

#[test]
fn by_what_is_wanted() {
    let ends = Verdict::End;
    check(&[
        (
            "another name",
            |_, _, spec| spec.name = "other".to_owned(),
            ends(EndReason::NotConfigured),
        ),
        (
            "another program",
            |_, _, spec| spec.runs.program.push('2'),
            ends(EndReason::Changed),
        ),
        (
            "another pace",
            |_, _, spec| spec.restart.slow *= 2,
            Verdict::Adopt,
        ),
        (
            "stdio",
            |run, _, spec| {
                spec.runs.transport = Transport::Stdio;
                run.fingerprint = spec.runs.fingerprint();
                run.transport = Transport::Stdio;
            },
            ends(EndReason::StdioLost),
        ),
        (
            "it was being ended",
            |run, _, _| run.is_wanted = false,
            ends(EndReason::NotWanted),
        ),
    ]);
}

#[test]
fn one_of_several_is_taken_over() {
    let newer = ProcessId {
        pid: 800,
        start_ticks: 5_000,
    };
    let second = Run {
        generation: 4,
        root: Some(newer),
        cgroup: Some("demo-4".to_owned()),
        ..run()
    };
    let gone = Run {
        generation: 9,
        root: None,
        cgroup: None,
        ..run()
    };
    let mut alive = alive();
    alive.processes.insert(newer);
    let runs = [second, run(), gone];
    let decisions = decide(&runs, &alive, &[spec()], Survival::Adopt);
    let verdicts: Vec<Verdict> = decisions
        .runs
        .iter()
        .map(|decision| decision.verdict)
        .collect();
    assert_eq!(
        verdicts,
        [
            Verdict::Adopt,
            Verdict::End(EndReason::Superseded),
            Verdict::Forget(ForgetReason::Gone)
        ]
    );
}

#[test]
fn groups_without_a_record_are_ended() {
    let mut alive = alive();
    alive.cgroups.insert("stray-1".to_owned());
    let runs = [run()];
    assert_eq!(
        decide(&runs, &alive, &[spec()], Survival::Adopt).groups,
        ["stray-1"]
    );
    assert_eq!(
        decide(&[], &alive, &[], Survival::Adopt).groups,
        ["demo-3", "stray-1"]
    );
    let of_earlier_boot = [Run {
        boot_id: "b-0".to_owned(),
        ..run()
    }];
    let groups = decide(&of_earlier_boot, &alive, &[spec()], Survival::Adopt).groups;
    assert_eq!(
        groups,
        ["demo-3", "stray-1"],
        "somebody else has taken its name"
    );
}

#[test]
fn records_are_kept_as_json() {
    let text = serde_json::to_string(&run()).unwrap();
    assert_eq!(serde_json::from_str::<Run>(&text).unwrap(), run());
}
