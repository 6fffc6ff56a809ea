//! The real Alertmanager takes what we send, tells its own webhook in the shape that we use ourselves, and
//! resolves what we say is over.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use alerting::receivers::settings::Alertmanager;
use alerting::receivers::{Kind, WebhookBody, WebhookStatus};
use alerting::{Notice, Reason, State};

use super::server::Server;
use super::{LONG, alert, map, notice, receiver};

/// Killed with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

/// Starts it on a port that the kernel chooses; `None` if it is not installed.
#[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
fn start(folder: &Path, webhook: &str) -> Option<(Running, String)> {
    let config = format!(
        "route: {{receiver: w, group_wait: 10ms, group_interval: 1s}}\n\
         receivers: [{{name: w, webhook_configs: [{{url: \"{webhook}\"}}]}}]\n"
    );
    std::fs::write(folder.join("alertmanager.yml"), config).unwrap();
    let started = Command::new("prometheus-alertmanager")
        .args([
            "--config.file",
            "alertmanager.yml",
            "--storage.path",
            "data",
        ])
        .args([
            "--web.listen-address=127.0.0.1:0",
            "--cluster.listen-address=",
        ])
        .current_dir(folder)
        .stderr(Stdio::piped())
        .spawn();
    let mut child = match started {
        Ok(child) => child,
        Err(error) => {
            eprintln!(
                "skipped: no Alertmanager ({error}); Debian's prometheus-alertmanager has it"
            );
            return None;
        }
    };
    let mut log = BufReader::new(child.stderr.take().unwrap());
    let running = Running(child);
    let mut line = String::new();
    let address = loop {
        line.clear();
        assert!(log.read_line(&mut line).unwrap() > 0, "it has ended");
        if let Some((_, address)) = line.split_once("msg=\"Listening on\" address=") {
            break address.trim().to_owned();
        }
    };
    // It would be killed by a closed pipe.
    std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
    Some((running, format!("http://{address}")))
}

fn told(server: &Server) -> WebhookBody {
    serde_json::from_slice(&server.asked().body).unwrap()
}

#[test]
fn it_fires_and_resolves() {
    let folder = tempfile::tempdir().unwrap();
    let webhook = Server::with_status("200 OK");
    let Some((_running, url)) = start(folder.path(), &webhook.url()) else {
        return;
    };
    let receiver = receiver(Kind::Alertmanager(Alertmanager {
        url,
        authorization: None,
        ca_file: None,
    }));
    let now = jiff::Timestamp::now();
    let began = now - Duration::from_mins(5);
    let mut odd = alert();
    odd.rule = "odd".to_owned();
    odd.labels = map(&[
        ("alertname", "odd"),
        ("a-label 1", "<\"\n\u{1b}ä"),
        ("", "x"),
        ("empty", ""),
    ]);
    let mut firing = Notice {
        made_at: now,
        alerts: vec![alert(), odd],
        ..notice()
    };
    for alert in &mut firing.alerts {
        alert.active_at = began;
        alert.starts_at = Some(began);
    }
    receiver.deliver(&firing, LONG).unwrap();
    let heard = told(&webhook);
    assert_eq!(heard.status, WebhookStatus::Firing);
    assert_eq!(heard.version, WebhookBody::new(&firing).version);
    let mut names: Vec<&str> = heard
        .alerts
        .iter()
        .map(|alert| alert.labels["alertname"].as_str())
        .collect();
    names.sort_unstable();
    assert_eq!(names, ["high_memory", "odd"]);
    let memory = heard
        .alerts
        .iter()
        .find(|alert| alert.labels["alertname"] == "high_memory");
    let memory = memory.unwrap();
    assert_eq!(
        memory.annotations["advice"],
        "Restart it: mcpvisor restart memory"
    );
    assert_eq!(memory.labels["host"], "build-7");
    let odd = heard
        .alerts
        .iter()
        .find(|alert| alert.labels["alertname"] == "odd")
        .unwrap();
    assert_eq!(odd.labels["a_label_1"], "<\"\n\u{1b}ä");

    let mut over = firing;
    for alert in &mut over.alerts {
        alert.state = State::Resolved;
        alert.ends_at = Some(now);
        alert.reason = Some(Reason::Recovered);
    }
    receiver.deliver(&over, LONG).unwrap();
    let heard = told(&webhook);
    assert_eq!(heard.status, WebhookStatus::Resolved);
    assert!(
        heard
            .alerts
            .iter()
            .all(|alert| alert.status == WebhookStatus::Resolved)
    );
}
