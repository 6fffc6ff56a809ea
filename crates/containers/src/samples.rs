//! Containers and processes for tests, which change of them what they are about.

use jiff::Timestamp;
use model::ProcessId;

use crate::container::{Container, Labels, Limits, Manner, State};
use crate::process::Process;

/// When everything here was started, seconds since 1970.
pub(crate) const START: i64 = 1_795_000_000;

pub(crate) fn second(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap_or_default()
}

/// A running `docker run -i --rm mcp/time`, begun at [`START`], with main process 900.
pub(crate) fn container(letter: &str) -> Container {
    Container {
        id: letter.repeat(64),
        name: format!("name_{letter}"),
        image: "mcp/time".to_owned(),
        labels: Labels::default(),
        state: State::Running,
        created: Some(second(START)),
        started: Some(second(START)),
        pid: Some(900),
        health: None,
        failing_streak: None,
        restarts: Some(0),
        exit: None,
        oom_killed: Some(false),
        mounts: Vec::new(),
        ports: Vec::new(),
        networks: Vec::new(),
        limits: Limits::default(),
        manner: Manner {
            open_stdin: true,
            stdin_once: true,
            tty: false,
            attached: Some(true),
            auto_remove: true,
            restarts_itself: false,
        },
        program: "node".to_owned(),
        speaks_of_mcp: false,
        cidfile: None,
        is_infrastructure: false,
    }
}

/// A living process, started at [`START`].
pub(crate) fn process(pid: u32, command: &str) -> Process {
    Process {
        id: ProcessId {
            pid,
            start_ticks: u64::from(pid) * 100,
        },
        ppid: 1,
        argv: command
            .split(' ')
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect(),
        started: Some(second(START)),
        is_zombie: false,
        shares_our_pids: Some(true),
    }
}
