//! Servers that the daemon keeps: orders, their log and limits.

use std::time::Duration;

use rustix::process::Signal;
use serde_json::{Value, json};
use testbed::real::or_skip;
use testbed::wait::{wait_for, wait_until};
use testbed::{Identity, programs};

use super::running::Daemon;
use crate::support::World;

mod killed;
mod others;
mod policy;

const SOON: Duration = Duration::from_secs(40);

/// A `[[server]]` with the test server and these flags.
fn server(name: &str, flags: &[&str], more: &str) -> String {
    let words: Vec<String> = programs::server_command(flags)
        .unwrap()
        .into_iter()
        .map(|word| format!("'{}'", word.to_str().unwrap()))
        .collect();
    format!(
        "[[server]]\nname = \"{name}\"\ncommand = [{}]\n\
         stop = {{ stdin_grace = \"300ms\", kill_after = \"1s\" }}\n{more}\n",
        words.join(", ")
    )
}

fn start(world: &World, config: &str) -> Daemon {
    let file = world.folder.path().join("m.toml");
    std::fs::write(&file, format!("[daemon]\ninterval = \"1s\"\n{config}")).unwrap();
    Daemon::start(world, &["--config", file.to_str().unwrap()])
}

impl Daemon {
    fn kept(&self, name: &str) -> Value {
        let all = self.get("/api/v1/supervision");
        let servers = all["servers"].as_array().unwrap().clone();
        let found = servers.into_iter().find(|server| server["name"] == name);
        found.unwrap_or_else(|| panic!("{name} is not kept: {all}"))
    }

    pub(crate) fn wait_kept(
        &self,
        name: &str,
        what: &str,
        is_so: impl Fn(&Value) -> bool,
    ) -> Value {
        wait_for(&format!("{name}: {what}"), SOON, || {
            Some(self.kept(name)).filter(|kept| is_so(kept))
        })
        .unwrap_or_else(|error| panic!("{error}: {}", self.kept(name)))
    }

    fn wait_running(&self, name: &str) -> Identity {
        let kept = self.wait_kept(name, "running", |kept| kept["state"] == "running");
        Identity::of(u32::try_from(kept["pid"].as_u64().unwrap()).unwrap()).unwrap()
    }

    /// Audit entries of the policy, the oldest first.
    fn policy_audit(&self) -> Vec<Value> {
        let all = self.get("/api/v1/audit?limit=1000");
        let mut entries: Vec<Value> = all["entries"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|entry| entry["actor"] == "policy")
            .cloned()
            .collect();
        entries.sort_by_key(|entry| entry["id"].as_u64());
        entries
    }
}

#[test]
fn orders_are_obeyed_answered_and_audited() {
    let world = World::new();
    let other = server("other", &[], "autostart = false\ndepends_on = [\"memory\"]");
    let config = format!("{}{other}", server("memory", &[], "ready = \"probe\""));
    let daemon = start(&world, &config);
    let first = daemon.wait_running("memory");
    let by_id = daemon.kept("memory")["server"].as_str().unwrap().to_owned();

    let answer = daemon.ask("POST", "/api/v1/servers/memory/restart", "");
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert!(answer.json()["ended_at"].is_string(), "{}", answer.body);
    assert!(!first.is_running());
    let second = daemon.wait_running("memory");
    let task = answer.json()["id"].as_u64().unwrap();
    let asked = daemon.get(&format!("/api/v1/tasks/{task}"));
    assert_eq!(asked["order"], "restart");
    assert_eq!(asked["error"], Value::Null);

    let answer = daemon.ask("POST", &format!("/api/v1/servers/{by_id}/stop"), "");
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert!(!second.is_running());
    assert_eq!(daemon.kept("memory")["state"], "stopped");
    // What it depends on is started, too.
    let answer = daemon.ask("POST", "/api/v1/servers/other/start?wait=30", "");
    assert_eq!(answer.status, 200, "{}", answer.body);
    daemon.wait_running("memory");
    let third = daemon.wait_running("other");

    for (path, status) in [
        ("/api/v1/servers/nobody/start", 404),
        ("/api/v1/servers/memory/start?wait=1000", 422),
        ("/api/v1/servers/memory/start?weit=1", 400),
        ("/api/v1/tasks/x", 405),
    ] {
        assert_eq!(daemon.ask("POST", path, "").status, status, "{path}");
    }
    assert_eq!(daemon.ask("GET", "/api/v1/tasks/99999", "").status, 404);
    assert_eq!(
        daemon.ask("GET", "/api/v1/servers/memory/start", "").status,
        405
    );

    let audit = daemon.get("/api/v1/audit?limit=100").to_string();
    for word in ["\"restart\"", "\"stop\"", "\"start\""] {
        assert!(audit.contains(word), "{word}: {audit}");
    }
    let events = daemon.get("/api/v1/changes?limit=200").to_string();
    assert!(
        events.contains("`memory` is stopped, and nothing of it is left"),
        "{events}"
    );
    // The inventory knows whose it is, and it is no orphan.
    let list = wait_for("it is listed", SOON, || {
        let list = daemon.get("/api/v1/servers?fresh=true");
        let servers = list["servers"].as_array().unwrap().clone();
        servers
            .into_iter()
            .find(|server| server["id"] == by_id.as_str() && server["state"] == "running")
    });
    assert_eq!(list.unwrap()["owner"]["name"], "mcpvisor");
    let mut daemon = daemon;
    assert!(daemon.process.signal(Signal::TERM));
    wait_until("the end of the daemon", SOON, || {
        !daemon.process.is_running()
    })
    .unwrap();
    assert!(!third.is_running(), "a daemon that ends leaves nothing");
}

#[test]
fn commands_speak_of_servers_that_are_kept() {
    let world = World::new();
    let broken = "[[server]]\nname = \"broken\"\ncommand = [\"sh\", \"-c\", \
                  \"echo 'GITHUB_TOKEN=ghp_0123456789abcdefghijABCDEFGHIJ012345 is bad' >&2; exit 3\"]\n\
                  restart = { policy = \"on-failure\", failures = 2 }\n";
    let memory = server("memory", &[], "limits = { pids_max = 64, nofile = 500 }");
    let daemon = start(&world, &format!("{memory}{broken}"));
    daemon.wait_running("memory");
    daemon.wait_kept("broken", "failed", |kept| kept["state"] == "failed");
    let text = |arguments: &[&str]| {
        let output = world.run(arguments);
        String::from_utf8(output.stdout).unwrap()
    };
    let status = text(&["status"]);
    assert!(
        status.contains("Kept by mcpvisor") && status.contains("failed 2 times in a row"),
        "{status}"
    );
    let log = text(&["logs", "broken"]);
    assert!(log.contains(" is bad") && !log.contains("ghp_"), "{log}");
    let limits = text(&["limits"]);
    assert!(
        limits.contains("pids_max") && limits.contains("64 tasks") && limits.contains("nofile"),
        "{limits}"
    );
    let document: Value = serde_json::from_str(&text(&["limits", "--json"])).unwrap();
    assert_eq!(document["running"], true);
    let restarted = text(&["restart", "memory"]);
    assert!(
        restarted.starts_with("memory: running, PID "),
        "{restarted}"
    );
    let refused = world.run(&["start", "broken"]);
    assert_ne!(refused.status.code(), Some(0));
    let why = String::from_utf8(refused.stderr).unwrap();
    assert!(
        why.contains("code 3") && why.contains("mcpvisor logs broken"),
        "{why}"
    );
    let doctor = text(&["doctor"]);
    assert!(
        doctor.contains("crash_loop") || doctor.contains("failed 2 times in a row"),
        "{doctor}"
    );
    let nobody = world.run(&["logs", "nobody"]);
    assert_eq!(nobody.status.code(), Some(66));
}

#[test]
fn a_changed_file_starts_and_ends_servers() {
    let world = World::new();
    let mut daemon = start(&world, &server("memory", &[], ""));
    let memory = daemon.wait_running("memory");
    let file = world.folder.path().join("m.toml");
    let config = format!("[daemon]\ninterval = \"1s\"\n{}", server("new", &[], ""));
    std::fs::write(&file, config).unwrap();
    assert!(daemon.process.signal(Signal::HUP));
    wait_until("it is kept", SOON, || {
        daemon.get("/api/v1/supervision")["servers"]
            .to_string()
            .contains("\"new\"")
    })
    .unwrap();
    daemon.wait_running("new");
    wait_until("the old one's end", SOON, || !memory.is_running()).unwrap();
}

#[test]
fn a_guard_tells_what_it_runs() {
    let world = World::new();
    let daemon = start(&world, "");
    let mut guard = world.command(&["run"]);
    let ran = guard
        .args(["--name", "guarded", "--pids", "50", "--", "true"])
        .output()
        .unwrap();
    assert_eq!(ran.status.code(), Some(0), "{ran:?}");
    wait_until("it is told", SOON, || {
        let events = daemon.get("/api/v1/changes?limit=200").to_string();
        events.contains("guard of `guarded` has started")
            && events.contains("guard of `guarded` has ended: the server ended by itself")
    })
    .unwrap();
    let long = json!({"event": "started", "name": "x".repeat(300), "pid": 1}).to_string();
    assert_eq!(daemon.ask("POST", "/api/v1/guards", &long).status, 422);
}

#[test]
fn real_servers_from_npm_and_pypi_are_kept() {
    let (Some(folder), Some(time)) = (
        or_skip(testbed::real::npm_folder()),
        or_skip(testbed::real::python("mcp-server-time")),
    ) else {
        return;
    };
    let world = World::new();
    let config = format!(
        "[[server]]\nname = \"memory\"\ncommand = [\"npx\", \"mcp-server-memory\"]\ndirectory = '{}'\n\
         ready = \"probe\"\nlimits = {{ pids_max = 60 }}\n\
         [[server]]\nname = \"time\"\ncommand = ['{}']\nready = \"probe\"\ndepends_on = [\"memory\"]\n",
        folder.display(),
        time.display()
    );
    let mut daemon = start(&world, &config);
    let memory = daemon.wait_running("memory");
    daemon.wait_running("time");
    // Behind npx there is a shell and the server itself; all of it ends with a stop.
    let tree = testbed::process::descendants(memory.pid);
    assert!(!tree.is_empty(), "npx has started the server below itself");
    let answer = daemon.ask("POST", "/api/v1/servers/memory/restart?wait=60", "");
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert!(!memory.is_running() && tree.iter().all(|process| !process.identity().is_running()));
    let again = daemon.wait_running("memory");
    assert!(daemon.process.signal(Signal::TERM));
    wait_until("the end of the daemon", SOON, || {
        !daemon.process.is_running()
    })
    .unwrap();
    assert!(!again.is_running());
}
