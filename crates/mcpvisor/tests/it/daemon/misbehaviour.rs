//! Servers that misbehave in each of the ways that people report, judged by the rules that are in force
//! without configuration (but for one threshold): the right alert, not before its time, and its end.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use rustix::process::Signal;
use serde_json::{Value, json};
use testbed::process::{Process, descendants};
use testbed::wait::wait_for;
use testbed::{Identity, Owner, OwnerPlan, Spawned, programs};

use super::running::Daemon;
use crate::support::World;

/// All of them together: the longest has to hold for a minute. Alerts come late on a busy machine.
const ALL_WITHIN: Duration = Duration::from_mins(2);
const OVER_WITHIN: Duration = Duration::from_secs(40);

/// What a server does wrong, and what must be said of it.
struct Case {
    server: &'static str,
    /// Flags of the test server.
    does: &'static [&'static str],
    rule: &'static str,
    severity: &'static str,
    /// How long it must have been so, seconds.
    hold: f64,
}

const CASES: [Case; 8] = [
    case("spinner", &["--spin=4"], "high_cpu", "critical", 60.0),
    case(
        "eater",
        &["--leak-rss=30000000"],
        "high_memory",
        "critical",
        15.0,
    ),
    case(
        "opener",
        &["--leak-fds=25"],
        "many_open_files",
        "critical",
        15.0,
    ),
    case(
        "weaver",
        &["--threads=220"],
        "many_threads",
        "critical",
        15.0,
    ),
    case("undertaker", &["--zombie"], "zombie", "warning", 15.0),
    case("writer", &[], "log_errors", "critical", 0.0),
    case("dead", &[], "not_running", "warning", 60.0),
    case("lost", &["--ignore-eof"], "orphan", "warning", 15.0),
];

const fn case(
    server: &'static str,
    does: &'static [&'static str],
    rule: &'static str,
    severity: &'static str,
    hold: f64,
) -> Case {
    Case {
        server,
        does,
        rule,
        severity,
        hold,
    }
}

/// The client with all servers but the lost one, which is another client's.
struct Client {
    process: Spawned,
    log: PathBuf,
}

impl Client {
    fn start(folder: &Path) -> Self {
        let log = folder.join("writer.log");
        std::fs::write(&log, "").unwrap();
        let server = programs::mcp_server().unwrap();
        let entry = |case: &Case| {
            let flags = flags(case);
            match case.server {
                "writer" => {
                    let redirected = format!("exec \"$0\" \"$@\" 2>>{}", log.display());
                    let words = [
                        vec!["-c".to_owned(), redirected, server.display().to_string()],
                        flags,
                    ];
                    json!({ "command": "sh", "args": words.concat() })
                }
                _ => json!({ "command": server, "args": flags }),
            }
        };
        let its = CASES.iter().filter(|case| case.server != "lost");
        let plan: serde_json::Map<String, Value> = its
            .map(|case| (case.server.to_owned(), entry(case)))
            .collect();
        let file = folder.join("plan.json");
        std::fs::write(&file, Value::from(plan).to_string()).unwrap();
        let program = programs::mcp_traffic().unwrap();
        let mut command = Command::new(programs::named(folder, &program, "claude").unwrap());
        command.arg("--plan").arg(file);
        command.stdin(Stdio::piped()).stdout(Stdio::null());
        Self {
            process: Spawned::start(&mut command).unwrap(),
            log,
        }
    }

    /// The process of one of its servers.
    fn server(&mut self, name: &str) -> Process {
        let flag = format!("--name={name}");
        wait_for(name, Duration::from_secs(20), || {
            self.process.note_descendants();
            let all = descendants(self.process.pid());
            all.into_iter()
                .find(|process| process.arguments().contains(&flag))
        })
        .unwrap()
    }
}

fn flags(case: &Case) -> Vec<String> {
    let name = [format!("--name={}", case.server)];
    let does = case.does.iter().map(|flag| (*flag).to_owned());
    name.into_iter().chain(does).collect()
}

fn alert(daemon: &Daemon, state: &str, case: &Case) -> Option<Value> {
    let all = daemon.get(&format!("/api/v1/alerts?state={state}&rule={}", case.rule));
    let alerts = all["alerts"].as_array()?;
    let its = alerts
        .iter()
        .find(|alert| alert["labels"]["server"] == case.server);
    its.cloned()
}

/// Seconds between two of its moments.
fn seconds(alert: &Value, from: &str, to: &str) -> f64 {
    let at = |key: &str| -> jiff::Timestamp { alert[key].as_str().unwrap().parse().unwrap() };
    (at(to) - at(from)).total(jiff::Unit::Second).unwrap()
}

#[test]
fn each_misbehaviour_is_an_alert_in_its_time_and_ends() {
    let world = World::new();
    let folder = world.folder.path();
    let declared: serde_json::Map<String, Value> = CASES
        .iter()
        .map(|case| {
            let entry = json!({"command": programs::mcp_server().unwrap(), "args": flags(case)});
            (case.server.to_owned(), entry)
        })
        .collect();
    let file = world.home().join(".claude.json");
    std::fs::write(file, json!({ "mcpServers": declared }).to_string()).unwrap();
    let mut client = Client::start(folder);
    let processes: Vec<(&str, Identity)> = CASES
        .iter()
        .filter(|case| case.server != "lost")
        .map(|case| (case.server, client.server(case.server).identity()))
        .collect();
    let end = |server: &str| {
        let (_, identity) = processes.iter().find(|(name, _)| *name == server).unwrap();
        assert!(
            identity.signal(Signal::KILL),
            "{server} has ended by itself"
        );
    };
    let mut command = vec![programs::mcp_server().unwrap().into_os_string()];
    let lost = CASES.iter().find(|case| case.server == "lost").unwrap();
    command.extend(flags(lost).into_iter().map(Into::into));
    let plan = OwnerPlan {
        looks_like: Some("claude".to_owned()),
        ..OwnerPlan::default()
    };
    let elsewhere = folder.join("elsewhere");
    std::fs::create_dir(&elsewhere).unwrap();
    let mut gone = Owner::start(&elsewhere, &plan, &command).unwrap();

    let config = folder.join("fast.toml");
    // One of many that want the processors may not get 80 % of one for a whole minute.
    let rule = "[[rule]]\nname = \"high_cpu\"\nabove = { warning = \"10%\", critical = \"20%\" }\n";
    std::fs::write(&config, format!("[daemon]\ninterval = \"1s\"\n{rule}")).unwrap();
    let daemon = Daemon::start(&world, &["--config", config.to_str().unwrap()]);
    wait_for("the log is known", Duration::from_mins(1), || {
        let page = daemon.ask("GET", "/metrics", "").body;
        page.contains("mcpvisor_server_log_errors_total{server=\"writer\"")
            .then_some(())
    })
    .unwrap();
    gone.crash().unwrap();
    end("dead");
    let mut log = std::fs::File::options()
        .append(true)
        .open(&client.log)
        .unwrap();
    log.write_all("ERROR: the disk is full\n".repeat(150).as_bytes())
        .unwrap();

    // As soon as a server has shown what is wrong with it, it is ended: it has cost enough.
    let mut open: Vec<&Case> = CASES.iter().collect();
    wait_for("all alerts", ALL_WITHIN, || {
        open.retain(|case| {
            let Some(alert) = alert(&daemon, "firing", case) else {
                return true;
            };
            if alert["severity"] != case.severity {
                return true;
            }
            let held = seconds(&alert, "active_at", "starts_at");
            assert!(
                held >= case.hold - 0.5,
                "{} after {held} s: {alert:#}",
                case.server
            );
            assert!(!alert["advice"].as_str().unwrap().is_empty(), "{alert:#}");
            match case.server {
                "dead" => {}
                "lost" => assert!(gone.servers[0].signal(Signal::KILL)),
                other => end(other),
            }
            false
        });
        open.is_empty().then_some(())
    })
    .unwrap_or_else(|error| {
        let missing: Vec<&str> = open.iter().map(|case| case.server).collect();
        panic!("{error}: {missing:?} in {:#}", daemon.get("/api/v1/alerts"))
    });

    // What was down is started again, by another session.
    let again = [
        programs::mcp_server().unwrap().into_os_string(),
        "--name=dead".into(),
    ];
    let _back = Owner::start(&elsewhere, &plan, &again).unwrap();
    // Errors within five minutes are over after five minutes, which the tests of the pack see in time of
    // their own.
    for case in CASES.iter().filter(|case| case.server != "writer") {
        let over = wait_for(case.server, OVER_WITHIN, || {
            alert(&daemon, "resolved", case)
        })
        .unwrap_or_else(|error| panic!("{error}: {:#}", daemon.get("/api/v1/alerts")));
        assert!(
            ["ended", "recovered"].contains(&over["reason"].as_str().unwrap()),
            "{over:#}"
        );
        if case.server == "dead" {
            assert_eq!(over["reason"], "recovered", "{over:#}");
        }
    }
}
