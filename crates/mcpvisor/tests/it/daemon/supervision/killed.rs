//! What becomes of servers when the daemon that keeps them is killed.

use std::path::Path;
use std::time::Duration;

use rustix::process::Signal;
use serde_json::Value;
use testbed::Identity;
use testbed::wait::wait_until;

use super::{SOON, server};
use crate::daemon::running::Daemon;
use crate::support::World;

/// Roots of all that the records of a state directory name.
fn recorded(state: &Path) -> Vec<Identity> {
    let entries = std::fs::read_dir(state.join("servers"))
        .into_iter()
        .flatten()
        .flatten();
    let records = entries.filter(|entry| entry.path().extension().is_some_and(|end| end == "json"));
    records
        .filter_map(|entry| {
            let record: Value = serde_json::from_slice(&std::fs::read(entry.path()).ok()?).ok()?;
            Identity::of(u32::try_from(record["run"]["root"]["pid"].as_u64()?).ok()?)
        })
        .collect()
}

/// Processes that have this mark of the world in their environment, which children inherit.
fn marked(mark: &str) -> Vec<u32> {
    let entry = format!("WORLD={mark}");
    let has = |pid: u32| {
        let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        environment
            .split(|byte| *byte == 0)
            .any(|part| part == entry.as_bytes())
    };
    testbed::process::all()
        .iter()
        .map(|process| process.pid)
        .filter(|pid| has(*pid))
        .collect()
}

/// How often the daemon is killed: enough to meet starts, stops and writes at each of their moments.
const KILLS: u32 = 100;

#[test]
fn killed_at_any_moment_it_neither_loses_nor_doubles_servers() {
    let world = World::new();
    let mark = format!(
        "mark-{}",
        world.folder.path().file_name().unwrap().to_string_lossy()
    );
    let deaf = |name: &str, more: &str| {
        let flags = [
            "--ignore-eof",
            "--ignore-term",
            "--setsid-child",
            "--max-lifetime=300",
        ];
        server(
            name,
            &flags,
            &format!("env = {{ WORLD = \"{mark}\" }}\n{more}"),
        )
    };
    let web = "transport = \"http\"\nrestart = \"always\"";
    let config = [
        deaf("stdio", ""),
        deaf("adopted", web),
        deaf("ended", &format!("{web}\nsurvival = \"end\"")),
    ]
    .concat();
    let file = world.folder.path().join("m.toml");
    std::fs::write(&file, format!("[daemon]\ninterval = \"1s\"\n{config}")).unwrap();
    let arguments = ["--config", file.to_str().unwrap()];
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    for _ in 0..KILLS {
        let mut daemon = Daemon::spawn(&world, &arguments);
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        if random.is_multiple_of(3) {
            drop(daemon.ask("POST", "/api/v1/servers/stdio/restart?wait=0", ""));
        }
        std::thread::sleep(Duration::from_millis(random % 400));
        assert!(daemon.process.signal(Signal::KILL));
        wait_until("its end", SOON, || !daemon.process.is_running()).unwrap();
    }
    let before = recorded(&world.state());
    let daemon = Daemon::start(&world, &arguments);
    let roots = ["stdio", "adopted", "ended"].map(|name| daemon.wait_running(name));
    // Each has itself and its child in a session of its own, and nothing else has the mark.
    wait_until("just one of each", SOON, || marked(&mark).len() == 6).unwrap_or_else(|error| {
        panic!(
            "{error}: {:?} {roots:?} {before:?}\n{}",
            marked(&mark),
            Daemon::log(&world)
        )
    });
    let mut daemon = daemon;
    assert!(daemon.process.signal(Signal::TERM));
    wait_until("the end of the daemon", SOON, || {
        !daemon.process.is_running()
    })
    .unwrap();
    assert!(marked(&mark).is_empty(), "{:?}", marked(&mark));
}
