//! Alerts from the machine to whoever is told, through a real daemon.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::process::Stdio;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use serde_json::{Value, json};
use testbed::Spawned;
use testbed::real::{self, or_skip};
use testbed::wait::wait_for;

use super::running::Daemon;
use crate::support::World;

const SOON: Duration = Duration::from_secs(30);

/// A rule about one watched process, which crosses it at once: the test's own.
fn configuration(world: &World, port: u16) -> String {
    let text = format!(
        "[daemon]\ninterval = \"1s\"\n\
         [[rule]]\nname = \"big\"\nmetric = \"resident_memory_bytes\"\nmatch = [\"server=mine\"]\n\
         above = {{ warning = \"1KB\" }}\ntype = \"high_memory\"\n\
         [[receiver]]\nname = \"hook\"\nkind = \"webhook\"\nurl = \"http://127.0.0.1:{port}/hook\"\n\
         timeout = \"2s\"\n\
         [[receiver]]\nname = \"lines\"\nkind = \"file\"\npath = \"{}\"\n\
         [[route]]\nmatch = [\"alertname=big\"]\nreceivers = [\"hook\", \"lines\"]\n",
        world.folder.path().join("alerts.jsonl").display()
    );
    let path = world.folder.path().join("mcpvisor.toml");
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

fn watch(daemon: &Daemon) {
    let body = json!({ "pid": std::process::id() }).to_string();
    let answer = daemon.ask("PUT", "/api/v1/watches/mine", &body);
    assert!([200, 201].contains(&answer.status), "{answer:?}");
}

/// A webhook receiver: answers 200 and passes bodies on.
fn webhook(listener: TcpListener) -> Receiver<Value> {
    let (bodies, received) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(stream) = stream else { return };
            if receive(stream, &bodies).is_none() {
                return;
            }
        }
    });
    received
}

fn receive(stream: std::net::TcpStream, bodies: &Sender<Value>) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 {
            return Some(());
        }
        if line == "\r\n" {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let mut stream = stream;
    let answer = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    drop(stream.write_all(answer.as_bytes()));
    bodies.send(serde_json::from_slice(&body).unwrap()).ok()
}

fn next(bodies: &Receiver<Value>, status: &str) -> Value {
    let body = bodies.recv_timeout(SOON).unwrap();
    assert_eq!(body["status"], status, "{body:#}");
    body
}

fn firing(daemon: &Daemon) -> Value {
    wait_for("the alert", SOON, || {
        let all = daemon.get("/api/v1/alerts?state=firing&rule=big");
        Some(all["alerts"].as_array()?.first()?.clone())
    })
    .unwrap()
}

#[test]
fn an_alert_is_told_acknowledged_silenced_and_over() {
    let world = World::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let config = configuration(&world, listener.local_addr().unwrap().port());
    let bodies = webhook(listener);
    let daemon = Daemon::start(&world, &["--config", &config]);
    watch(&daemon);
    let alert = firing(&daemon);
    assert_eq!(alert["type"], "high_memory");
    assert_eq!(alert["labels"]["server"], "mine");
    let evidence = alert["evidence"].to_string();
    assert!(
        evidence.contains(&format!("PID {}", std::process::id())),
        "{evidence}"
    );

    let body = next(&bodies, "firing");
    assert_eq!(body["version"], "4");
    assert_eq!(body["alerts"][0]["labels"]["alertname"], "big");
    assert_eq!(body["alerts"][0]["labels"]["severity"], "warning");

    // What cron sees, through the daemon and without it.
    let (check, code) = world.json(&["check", "--json", "--rule", "big", "--config", &config]);
    assert_eq!(
        (code, &check["status"]),
        (1, &json!("WARNING")),
        "{check:#}"
    );
    assert_eq!(check["by_daemon"], true);
    let (_, code) = world.json(&["check", "--json", "--server", "nobody", "--config", &config]);
    assert_eq!(code, 3, "a server that is not there cannot be judged");
    let health = daemon.get("/api/v1/servers/watch-mine/health");
    assert_eq!(health["level"], "yellow", "{health:#}");
    assert_eq!(health["warnings"], 1);
    let page = daemon.ask("GET", "/metrics", "").body;
    let series = "mcpvisor_alerts{rule=\"big\",severity=\"warning\",state=\"firing\"} 1";
    assert!(page.contains(series), "{page}");
    let shown = daemon.get("/prometheus/api/v1/alerts");
    assert!(
        shown["data"]["alerts"].to_string().contains("\"big\""),
        "{shown:#}"
    );

    let id = alert["id"].as_str().unwrap();
    let path = format!("/api/v1/alerts/{id}/ack");
    let answer = daemon.ask("POST", &path, "{\"comment\":\"seen\"}");
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.json()["acknowledged"]["comment"], "seen");
    assert_eq!(
        daemon.ask("POST", "/api/v1/alerts/none/ack", "{}").status,
        404
    );

    let silence = json!({ "matchers": ["alertname=\"big\""], "seconds": 600, "comment": "known" });
    let made = daemon.ask("POST", "/api/v1/silences", &silence.to_string());
    assert_eq!(made.status, 201, "{made:?}");
    let (_, code) = world.json(&["check", "--json", "--rule", "big", "--config", &config]);
    assert_eq!(code, 0, "what is silenced is known");
    let everything = json!({ "matchers": ["server=~\".*\""], "seconds": 600 });
    let refused = daemon.ask("POST", "/api/v1/silences", &everything.to_string());
    assert_eq!(refused.status, 422, "{refused:?}");
    let silenced = made.json()["id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/silences/{silenced}");
    assert_eq!(daemon.ask("DELETE", &path, "").status, 204);
    assert_eq!(daemon.ask("DELETE", &path, "").status, 404);

    // What was told and silenced since is told again when it goes on.
    next(&bodies, "firing");
    assert_eq!(daemon.ask("DELETE", "/api/v1/watches/mine", "").status, 204);
    let body = next(&bodies, "resolved");
    assert_ne!(body["alerts"][0]["endsAt"], "0001-01-01T00:00:00Z");
    let over = wait_for("its end in the history", SOON, || {
        let all = daemon.get("/api/v1/alerts?state=resolved&rule=big");
        Some(all["alerts"].as_array()?.first()?.clone())
    })
    .unwrap();
    assert_eq!(
        (&over["id"], &over["reason"]),
        (&alert["id"], &json!("ended"))
    );
    let lines = std::fs::read_to_string(world.folder.path().join("alerts.jsonl")).unwrap();
    assert!(lines.lines().count() >= 3, "{lines}");
}

#[test]
fn nothing_is_lost_by_kill_9_before_delivery() {
    let world = World::new();
    // A port that refuses until we listen on it.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let config = configuration(&world, port);
    let daemon = Daemon::start(&world, &["--config", &config]);
    watch(&daemon);
    let alert = firing(&daemon);
    wait_for("a try that failed", SOON, || {
        let all = daemon.get("/api/v1/receivers");
        let hook = all["receivers"]
            .as_array()?
            .iter()
            .find(|one| one["name"] == "hook")?
            .clone();
        hook["failure"].is_string().then_some(())
    })
    .unwrap();
    let mut daemon = daemon;
    daemon.process.kill_alone().unwrap();
    drop(daemon);

    let bodies = webhook(TcpListener::bind(("127.0.0.1", port)).unwrap());
    let daemon = Daemon::start(&world, &["--config", &config]);
    let body = next(&bodies, "firing");
    assert_eq!(body["alerts"][0]["labels"]["alertname"], "big");
    // It is the same alert, since the same time.
    let again = firing(&daemon);
    assert_eq!(
        (&again["id"], &again["starts_at"]),
        (&alert["id"], &alert["starts_at"])
    );
    // And it is not told without end.
    assert!(bodies.recv_timeout(Duration::from_secs(4)).is_err());
    wait_for("an empty outbox", SOON, || {
        let all = daemon.get("/api/v1/receivers");
        let waiting = all["receivers"]
            .as_array()?
            .iter()
            .map(|one| one["waiting"].as_u64());
        waiting.sum::<Option<u64>>().filter(|waiting| *waiting == 0)
    })
    .unwrap();
}

/// From us through a real Alertmanager to its webhook, and its end as well.
#[test]
fn a_real_alertmanager_hands_it_on_and_resolves_it() {
    let Some(program) = or_skip(real::alertmanager()) else {
        return;
    };
    let world = World::new();
    let folder = world.folder.path();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let hook = listener.local_addr().unwrap();
    let bodies = webhook(listener);
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let theirs = format!(
        "route: {{receiver: w, group_wait: 100ms, group_interval: 1s}}\n\
         receivers: [{{name: w, webhook_configs: [{{url: 'http://{hook}/hook'}}]}}]\n"
    );
    std::fs::write(folder.join("alertmanager.yml"), theirs).unwrap();
    let mut command = std::process::Command::new(program);
    command
        .args([
            "--config.file=alertmanager.yml",
            "--storage.path=am",
            "--cluster.listen-address=",
        ])
        .arg(format!("--web.listen-address=127.0.0.1:{port}"))
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let _manager = Spawned::start(&mut command).unwrap();

    let config = configuration(&world, port);
    let text = std::fs::read_to_string(&config).unwrap();
    let text = text.replace("kind = \"webhook\"", "kind = \"alertmanager\"");
    std::fs::write(&config, text.replace("/hook\"", "\"")).unwrap();
    let daemon = Daemon::start(&world, &["--config", &config]);
    watch(&daemon);
    let body = next(&bodies, "firing");
    assert_eq!(body["alerts"][0]["labels"]["alertname"], "big", "{body:#}");
    assert_eq!(body["alerts"][0]["labels"]["server"], "mine");
    assert_eq!(daemon.ask("DELETE", "/api/v1/watches/mine", "").status, 204);
    next(&bodies, "resolved");
}

#[test]
fn check_judges_without_a_daemon() {
    let world = World::new();
    let config = configuration(&world, 9);
    let text = std::fs::read_to_string(&config).unwrap();
    let machine = text.replace("resident_memory_bytes", "host_processes");
    let machine = machine.replace("match = [\"server=mine\"]\n", "scope = \"machine\"\n");
    for (above, code) in [
        ("{ warning = 1 }", 1),
        ("{ critical = 1 }", 2),
        ("{ error = 1 }", 2),
        ("{ info = 1 }", 0),
        ("{ warning = 10000000 }", 0),
    ] {
        let text = machine.replace("{ warning = \"1KB\" }", above);
        std::fs::write(&config, text).unwrap();
        let (report, given) =
            world.json(&["check", "--json", "--rule", "big", "--config", &config]);
        assert_eq!(
            (given, &report["by_daemon"]),
            (code, &json!(false)),
            "{above}: {report:#}"
        );
    }
    let output = world.run(&["check", "--rule", "nonsense"]);
    assert_eq!(output.status.code(), Some(64));
}
