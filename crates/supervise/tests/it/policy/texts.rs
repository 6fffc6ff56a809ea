//! What people and programs read.

use supervise::policy::{Act, Hold, Skip, Step, Told, What};

use super::world::target;

fn act() -> Act {
    Act {
        number: 7,
        step: Step::RestartServer,
        target: target("server memory of Claude Code"),
        alert: "x".to_owned(),
        rule: "memory".to_owned(),
        evidence: vec!["3.9 GiB resident, 4 GiB allowed".to_owned()],
    }
}

#[test]
fn what_is_told() {
    let (number, step, said) = (7, Step::RestartServer, "in 0.3 s".to_owned());
    let evidence = act().evidence;
    for (what, expected) in [
        (
            What::Notice { evidence },
            "people are told: 3.9 GiB resident, 4 GiB allowed",
        ),
        (
            What::WouldAct { act: act() },
            "`restart_server` would have been done to server memory of Claude Code",
        ),
        (
            What::Held {
                step,
                why: Hold::Quiet,
            },
            "`restart_server` waits: it is a quiet time",
        ),
        (
            What::Skipped {
                step,
                why: Skip::OnlyWatched,
            },
            "`restart_server` is passed over: what it would be done to is only watched by its pid",
        ),
        (
            What::Done { number, step, said },
            "`restart_server` was done: in 0.3 s",
        ),
        (What::NoEffect { step }, "`restart_server` has not helped"),
        (
            What::Helped { step },
            "the alert is over after `restart_server`",
        ),
        (What::Exhausted, "no step is left; this is for people now"),
    ] {
        assert_eq!(what.to_string(), expected);
        let told = Told {
            alert: "x".to_owned(),
            rule: "memory".to_owned(),
            what,
        };
        let text = serde_json::to_string(&told).unwrap();
        assert_eq!(serde_json::from_str::<Told>(&text).unwrap(), told, "{text}");
    }
}
