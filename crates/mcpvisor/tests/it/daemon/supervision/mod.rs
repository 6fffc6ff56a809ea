//! Servers that the daemon keeps: orders, their log and limits, the policy, and what becomes of them when
//! the daemon is killed.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use rustix::process::Signal;
use serde_json::{Value, json};
use testbed::real::or_skip;
use testbed::wait::{wait_for, wait_until};
use testbed::{Identity, Spawned, programs};

use super::running::Daemon;
use crate::support::World;

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

    fn wait_kept(&self, name: &str, what: &str, is_so: impl Fn(&Value) -> bool) -> Value {
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

/// A rule of the test's own about one server that fires after a second, and its ladder. Only about that
/// one: other tests have servers on this machine, and nothing may happen to them.
fn ladder(rule: &str, server: &str, figure: &str, above: &str, steps: &str, mode: &str) -> String {
    format!(
        "[[rule]]\nname = \"{rule}\"\n{figure}\nonly = [\"server={server}\"]\nabove = {{ critical = {above} }}\nfor = \"1s\"\n\
         [policy]\nmode = \"{mode}\"\n[policy.ladders]\n{rule} = {steps}\n"
    )
}

const STEPS: &str = "[{ step = \"notify\", check_after = \"1s\" }, { step = \"restart_server\", check_after = \"20s\" }]";

/// Steps of the policy that were begun and ended, in order.
fn steps(audit: &[Value]) -> Vec<String> {
    let of = |entry: &Value| {
        let phase = entry["phase"].as_str().unwrap();
        let outcome = entry["outcome"]
            .as_str()
            .unwrap()
            .split(':')
            .next()
            .unwrap();
        let outcome = if phase == "begin" { "" } else { outcome };
        format!("{phase} {} {outcome}", entry["command"].as_str().unwrap())
    };
    audit
        .iter()
        .map(|entry| of(entry).trim().to_owned())
        .collect()
}

#[test]
fn a_server_that_leaks_is_restarted_step_by_step() {
    let world = World::new();
    let leaky = server("leaky", &["--leak-rss=60000000"], "");
    let rules = ladder(
        "leak_of_ours",
        "leaky",
        "metric = \"server_resident_memory_bytes\"",
        "\"150MB\"",
        STEPS,
        "enforce",
    );
    let daemon = start(&world, &format!("{leaky}{rules}"));
    let first = daemon.wait_running("leaky");
    wait_until("the restart", SOON, || {
        steps(&daemon.policy_audit()).contains(&"end restart_server done".to_owned())
    })
    .unwrap_or_else(|error| {
        panic!(
            "{error}: {:#?}\n{}",
            daemon.policy_audit(),
            Daemon::log(&world)
        )
    });
    assert!(!first.is_running());
    let audit = daemon.policy_audit();
    assert_eq!(
        steps(&audit)[..3],
        [
            "end notify done",
            "begin restart_server",
            "end restart_server done"
        ],
        "{audit:#?}"
    );
    let restart = &audit[1];
    assert_eq!(restart["target"], "kept server leaky");
    assert_eq!(restart["data"]["rule"], "leak_of_ours");
    assert_eq!(restart["data"]["processes"][0]["pid"], first.pid);
    assert!(
        restart["data"]["evidence"].to_string().contains("leaky"),
        "{restart}"
    );
    daemon.wait_running("leaky");
}

#[test]
fn a_server_that_spins_is_only_told_of_where_nothing_may_be_done() {
    let world = World::new();
    let spinner = server("spinner", &["--spin=1"], "");
    let rules = ladder(
        "spin_of_ours",
        "spinner",
        "metric = \"server_cpu_seconds_total\"\nrate = \"5s\"",
        "\"5%\"",
        STEPS,
        "observe",
    );
    let daemon = start(&world, &format!("{spinner}{rules}"));
    let first = daemon.wait_running("spinner");
    wait_until("what would be done", SOON, || {
        steps(&daemon.policy_audit()).contains(
            &"dry_run restart_server would have been done; `policy.mode` is \"observe\"".to_owned(),
        )
    })
    .unwrap_or_else(|error| {
        panic!(
            "{error}: {:#?}\n{}",
            daemon.policy_audit(),
            Daemon::log(&world)
        )
    });
    assert!(first.is_running());
    assert!(
        !steps(&daemon.policy_audit())
            .iter()
            .any(|step| step.starts_with("begin restart"))
    );
}

#[test]
fn a_server_that_spins_is_restarted() {
    let world = World::new();
    let spinner = server("spinner", &["--spin=1"], "");
    let figure = "metric = \"server_cpu_seconds_total\"\nrate = \"5s\"";
    let rules = ladder(
        "spin_of_ours",
        "spinner",
        figure,
        "\"5%\"",
        STEPS,
        "enforce",
    );
    let daemon = start(&world, &format!("{spinner}{rules}"));
    let first = daemon.wait_running("spinner");
    wait_until("the restart", SOON, || {
        steps(&daemon.policy_audit()).contains(&"end restart_server done".to_owned())
    })
    .unwrap_or_else(|error| {
        panic!(
            "{error}: {:#?}\n{}",
            daemon.policy_audit(),
            Daemon::log(&world)
        )
    });
    assert!(!first.is_running());
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

#[test]
fn a_server_of_others_that_forks_is_stopped() {
    let world = World::new();
    let steps_of_it = "[{ step = \"notify\", check_after = \"1s\" }, { step = \"stop_largest\", check_after = \"20s\" }]";
    let rules = ladder(
        "forks_of_ours",
        "forker",
        "metric = \"server_processes\"",
        "15",
        steps_of_it,
        "enforce",
    );
    // A client with two servers: one has twenty children, the other none.
    let program = programs::mcp_traffic().unwrap();
    let claude = programs::named(world.folder.path(), &program, "claude").unwrap();
    let command = programs::mcp_server().unwrap();
    let plan = json!({
        "forker": {"command": command, "args": ["--children=20", "--children-end-too", "--max-lifetime=120"]},
        "calm": {"command": command, "args": ["--max-lifetime=120"]},
    });
    let file = world.folder.path().join("plan.json");
    std::fs::write(&file, plan.to_string()).unwrap();
    let declared = json!({"mcpServers": plan});
    std::fs::write(world.home().join(".claude.json"), declared.to_string()).unwrap();
    let daemon = start(&world, &rules);
    let mut client = Command::new(claude);
    client.arg("--plan").arg(&file);
    client
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::null());
    let client = Spawned::start(&mut client).unwrap();
    wait_until("it is stopped", SOON, || {
        steps(&daemon.policy_audit()).contains(&"end stop_largest done".to_owned())
    })
    .unwrap_or_else(|error| {
        panic!(
            "{error}: {:#?}\n{}",
            daemon.policy_audit(),
            Daemon::log(&world)
        )
    });
    let audit = daemon.policy_audit();
    let stopped = audit
        .iter()
        .find(|entry| entry["command"] == "stop_largest")
        .unwrap();
    assert!(
        stopped["target"].as_str().unwrap().contains("forker"),
        "{stopped}"
    );
    assert!(client.is_running(), "only the server was stopped");
    let left = testbed::process::descendants(client.pid());
    let is_calm = |process: &testbed::process::Process| {
        !process
            .arguments()
            .iter()
            .any(|word| word.contains("children"))
    };
    assert!(left.iter().all(is_calm), "{left:?}");
    assert!(!left.is_empty(), "the calm one runs on");
    // It is in the audit file, too.
    let file = std::fs::read_to_string(world.state().join("audit.jsonl")).unwrap();
    assert!(file.contains("\"actor\":\"policy\""), "{file}");
}

/// A client that runs one server, which it declares under this name.
fn client(world: &World, name: &str, command: &str, arguments: &[&str]) -> Spawned {
    let program = programs::mcp_traffic().unwrap();
    let claude = programs::named(world.folder.path(), &program, "claude").unwrap();
    let plan = json!({ name: {"command": command, "args": arguments} });
    let file = world.folder.path().join("plan.json");
    std::fs::write(&file, plan.to_string()).unwrap();
    let mut client = Command::new(claude);
    client.arg("--plan").arg(&file).env("HOME", world.home());
    client
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::null());
    Spawned::start(&mut client).unwrap()
}

fn declare(world: &World, name: &str, command: &str, arguments: &[&str]) {
    let declared = json!({"mcpServers": { name: {"command": command, "args": arguments} }});
    std::fs::write(world.home().join(".claude.json"), declared.to_string()).unwrap();
}

#[test]
fn a_server_of_others_is_moved_into_a_group_with_its_limits() {
    let world = World::new();
    let command = programs::mcp_server().unwrap().display().to_string();
    let arguments = ["--children=3", "--children-end-too", "--max-lifetime=120"];
    declare(&world, "guest", &command, &arguments);
    let limits =
        "[policy]\nmode = \"enforce\"\n[limits.guest]\npids_max = 40\nmemory_max = \"300MiB\"\n";
    let daemon = start(&world, limits);
    let client = client(&world, "guest", &command, &arguments);
    let confined = wait_for("it is confined", SOON, || {
        let all = daemon.get("/api/v1/supervision");
        all["confined"].as_array().unwrap().first().cloned()
    })
    .unwrap_or_else(|error| panic!("{error}: {}", Daemon::log(&world)));
    assert_eq!(confined["server"], "guest");
    let limits = confined["limits"].as_array().unwrap();
    if limits.iter().any(|limit| limit["enforced"] == true) {
        let groups =
            |pid: u32| std::fs::read_to_string(format!("/proc/{pid}/cgroup")).unwrap_or_default();
        let tree = testbed::process::descendants(client.pid());
        assert_eq!(tree.len(), 4);
        for process in tree {
            let of_it = groups(process.pid);
            assert!(
                of_it.contains("mcpvisor-limit.guest-"),
                "{process:?}: {of_it}"
            );
        }
        assert!(
            !groups(client.pid()).contains("mcpvisor-limit."),
            "its client is not limited"
        );
        let text = String::from_utf8(world.run(&["limits"]).stdout).unwrap();
        assert!(
            text.contains("guest of Claude Code") && text.contains("pids_max"),
            "{text}"
        );
    } else {
        eprintln!("skipped: no group with limits can be made here: {confined}");
    }
    // It runs on when the daemon is gone.
    let mut daemon = daemon;
    assert!(daemon.process.signal(Signal::TERM));
    wait_until("the end of the daemon", SOON, || {
        !daemon.process.is_running()
    })
    .unwrap();
    assert_eq!(testbed::process::descendants(client.pid()).len(), 4);
}

#[test]
fn an_explosion_of_a_server_of_others_is_contained() {
    if let Err(error) = linux::events::ProcessEvents::open() {
        eprintln!("skipped: {error}");
        return;
    }
    let world = World::new();
    let go = world.folder.path().join("go");
    let script = format!(
        "while [ ! -e {} ]; do sleep 0.1; done; i=0; while [ $i -lt 406 ]; do sleep 100 & i=$((i+1)); done; wait",
        go.display()
    );
    let arguments = ["-c", script.as_str()];
    declare(&world, "bomb", "sh", &arguments);
    let daemon = start(
        &world,
        "[policy]\nmode = \"enforce\"\n[limits.bomb]\nprocesses = 15\n",
    );
    let client = client(&world, "bomb", "sh", &arguments);
    wait_until("it is seen", SOON, || {
        daemon.get("/api/v1/servers")["servers"]
            .as_array()
            .unwrap()
            .iter()
            .any(|server| server["name"] == "bomb" && server["state"] == "running")
    })
    .unwrap();
    std::thread::sleep(Duration::from_secs(1));
    std::fs::write(&go, "").unwrap();
    let entry = wait_for("it is contained", SOON, || {
        daemon
            .policy_audit()
            .into_iter()
            .find(|entry| entry["command"] == "contain")
    })
    .unwrap_or_else(|error| panic!("{error}: {}", Daemon::log(&world)));
    assert!(
        entry["outcome"].as_str().unwrap().starts_with("done: "),
        "{entry}"
    );
    assert!(
        entry["data"]["evidence"]
            .to_string()
            .contains("its limit is 15"),
        "{entry}"
    );
    eprintln!("{}", entry["outcome"]);
    // Not only those that are still below it.
    let is_of_it = |process: &testbed::process::Process| {
        let environment =
            std::fs::read(format!("/proc/{}/environ", process.pid)).unwrap_or_default();
        let home = format!("HOME={}", world.home().display());
        process.pid != client.pid()
            && process
                .arguments()
                .first()
                .is_some_and(|word| word == "sleep" || word == "sh")
            && environment
                .split(|byte| *byte == 0)
                .any(|part| part == home.as_bytes())
    };
    wait_until("nothing of it is left", SOON, || {
        !testbed::process::all().iter().any(is_of_it)
    })
    .unwrap();
    assert!(client.is_running());
}

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
