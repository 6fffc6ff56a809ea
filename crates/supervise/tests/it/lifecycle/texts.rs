//! What people and programs read.

use model::ProcessId;
use supervise::lifecycle::{Reason, State, Told};
use supervise::spec::Exit;

fn all() -> Vec<(Told, &'static str)> {
    let generation = 3;
    let process = |pid| ProcessId {
        pid,
        start_ticks: 1,
    };
    let survives = |processes| Told::Survives {
        generation,
        processes,
        kills: 8,
        after_seconds: 6.35,
    };
    vec![
        (
            Told::Waiting {
                on: vec!["db".to_owned(), "cache".to_owned()],
            },
            "waits for `db`, `cache`",
        ),
        (
            Told::Starting {
                generation,
                failures: 2,
            },
            "is started again, after 2 failures in a row",
        ),
        (
            Told::Running {
                generation,
                after_seconds: 0.05,
            },
            "runs after 0.1 s",
        ),
        (
            Told::Degraded {
                generation,
                reason: "port 3000 is closed".to_owned(),
            },
            "is not ready any more: port 3000 is closed",
        ),
        (
            Told::Recovered {
                generation,
                after_seconds: 75.0,
            },
            "is ready again after 1m 15s",
        ),
        (
            Told::StartTimedOut {
                generation,
                after_seconds: 600.0,
                quiet_seconds: 1.0,
            },
            "is not ready 10m 00s after its start, 1.0 s without progress",
        ),
        (
            Told::Exited {
                generation,
                exit: Exit::Signal(9),
                ran_seconds: 3_600.0,
                is_ordered: false,
                lines: Vec::new(),
            },
            "ended by SIGKILL after 1h 00m",
        ),
        (
            Told::BackingOff {
                delay_seconds: 0.0,
                failures: 1,
            },
            "is restarted at once",
        ),
        (
            Told::BackingOff {
                delay_seconds: 16.4,
                failures: 6,
            },
            "is restarted in 16s, after 6 failures in a row",
        ),
        (
            Told::Stopping {
                generation,
                reason: Reason::Changed,
            },
            "is stopped: what it runs has changed in the configuration",
        ),
        (
            survives(vec![process(10), process(11)]),
            "of it, pid 10, 11 survives SIGKILL, sent 8 times in 6.3 s",
        ),
        (
            survives(Vec::new()),
            "something of it, not known what, survives SIGKILL, sent 8 times in 6.3 s",
        ),
        (Told::Stopped, "is stopped, and nothing of it is left"),
    ]
}

#[test]
fn what_is_told() {
    for (told, expected) in all() {
        assert_eq!(told.to_string(), expected);
        let text = serde_json::to_string(&told).unwrap();
        assert_eq!(serde_json::from_str::<Told>(&text).unwrap(), told);
    }
}

#[test]
fn states_have_one_name() {
    for state in State::ALL {
        assert_eq!(serde_json::to_value(state).unwrap(), state.name());
    }
}
