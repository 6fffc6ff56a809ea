//! A real Prometheus scrapes the daemon, and promtool has nothing to complain of.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use testbed::Spawned;
use testbed::real::{self, or_skip};
use testbed::wait::wait_for;

use super::running::{Daemon, ask};
use crate::support::World;

#[test]
fn promtool_has_nothing_to_complain_of() {
    let Some(promtool) = or_skip(real::promtool()) else {
        return;
    };
    let world = World::new();
    let daemon = Daemon::start(&world, &[]);
    let watch = format!("{{\"pid\":{}}}", daemon.process.pid());
    assert_eq!(
        daemon.ask("PUT", "/api/v1/watches/itself", &watch).status,
        201
    );
    let page = ask(&daemon.address, "GET", "/metrics", &[], "").unwrap();
    assert!(
        page.body.contains("mcpvisor_server_up{server=\"itself\""),
        "{}",
        page.body
    );
    let mut check = Command::new(promtool)
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = check.stdin.take().unwrap();
    input.write_all(page.body.as_bytes()).unwrap();
    drop(input);
    let output = check.wait_with_output().unwrap();
    let words = [output.stdout, output.stderr].concat();
    let words = String::from_utf8_lossy(&words).into_owned();
    assert!(
        output.status.success() && words.trim().is_empty(),
        "{words}"
    );
}

#[test]
fn prometheus_sees_what_the_api_says() {
    let Some(prometheus) = or_skip(real::prometheus()) else {
        return;
    };
    let world = World::new();
    let daemon = Daemon::start(&world, &[]);
    let watch = format!("{{\"pid\":{}}}", std::process::id());
    assert_eq!(
        daemon.ask("PUT", "/api/v1/watches/tests", &watch).status,
        201
    );
    let folder = world.folder.path();
    let config = format!(
        "global: {{scrape_interval: 1s}}\nscrape_configs: [{{job_name: mcpvisor, static_configs: [{{targets: ['{}']}}]}}]\n",
        daemon.address
    );
    std::fs::write(folder.join("prometheus.yml"), config).unwrap();
    let port = free_port();
    let mut command = Command::new(prometheus);
    command
        .arg(format!(
            "--config.file={}",
            folder.join("prometheus.yml").display()
        ))
        .arg(format!(
            "--storage.tsdb.path={}",
            folder.join("tsdb").display()
        ))
        .arg(format!("--web.listen-address=127.0.0.1:{port}"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let _server = Spawned::start(&mut command).unwrap();
    let address = format!("127.0.0.1:{port}");
    let query = |what: &str| -> Option<Value> {
        let path = format!("/api/v1/query?query={what}");
        let answer = ask(&address, "GET", &path, &[], "")?;
        // It says that it is not ready yet in other words than JSON.
        let answer: Value = serde_json::from_str(&answer.body).ok()?;
        let value = answer["data"]["result"].as_array()?.first()?["value"][1].clone();
        Some(value)
    };
    wait_for("a scrape", Duration::from_mins(1), || {
        (query("up").as_ref()?.as_str()? == "1").then_some(())
    })
    .unwrap();
    // A start time stays as it is, so both must say the same.
    let name = "mcpvisor_server_start_time_seconds";
    let scraped = wait_for("the series", Duration::from_secs(30), || {
        query(&format!("{name}%7Bserver%3D%22tests%22%7D"))
    })
    .unwrap();
    let metrics = daemon.get("/api/v1/servers/watch-tests/metrics");
    let told = metrics["metrics"]
        .as_array()
        .unwrap()
        .iter()
        .find(|metric| metric["name"] == name)
        .unwrap();
    let scraped: f64 = scraped.as_str().unwrap().parse().unwrap();
    assert!(
        (scraped - told["value"].as_f64().unwrap()).abs() < 1e-6,
        "{scraped} {told}"
    );

    // What is no longer there has no value any more.
    assert_eq!(
        daemon.ask("DELETE", "/api/v1/watches/tests", "").status,
        204
    );
    wait_for("its end", Duration::from_secs(30), || {
        query(&format!("{name}%7Bserver%3D%22tests%22%7D"))
            .is_none()
            .then_some(())
    })
    .unwrap();
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}
