//! What the daemon reads less often than it looks: logs, ports, disks.

use std::io::Write as _;
use std::net::TcpListener;
use std::time::Duration;

use serde_json::json;
use testbed::wait::wait_for;
use testbed::{Owner, OwnerPlan, programs};

use super::running::Daemon;
use crate::support::World;

/// The value of a series, as it stands on the page.
fn value<'a>(page: &'a str, series: &str) -> Option<&'a str> {
    page.lines()
        .find_map(|line| line.strip_prefix(series)?.strip_prefix(' '))
}

#[test]
fn a_real_log_real_ports_and_the_disk_are_measured() {
    let world = World::new();
    let log = world.folder.path().join("diary.log");
    std::fs::write(&log, "ERROR: before the daemon\n").unwrap();
    let mut append = std::fs::File::options().append(true).open(&log).unwrap();
    let server = programs::server_command(&["--name=diary"]).unwrap();
    let open = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = |port: u16| json!({"type": "http", "url": format!("http://127.0.0.1:{port}/mcp")});
    // Port 1 is nobody's.
    let declared = json!({"mcpServers": {
        "diary": {"command": server[0].to_str(), "args": ["--name=diary"]},
        "diary-page": url(open.local_addr().unwrap().port()),
        "diary-gone": url(1),
    }});
    std::fs::write(world.home().join(".claude.json"), declared.to_string()).unwrap();
    let plan = OwnerPlan {
        looks_like: Some("claude".to_owned()),
        ..OwnerPlan::default()
    };
    let redirected = format!("exec \"$0\" \"$@\" 2>>{}", log.display());
    let mut command = vec!["sh".into(), "-c".into(), redirected.into()];
    command.extend(server);
    let owner = Owner::start(world.folder.path(), &plan, &command).unwrap();

    let config = world.folder.path().join("fast.toml");
    std::fs::write(&config, "[daemon]\ninterval = \"1s\"\n").unwrap();
    let daemon = Daemon::start(&world, &["--config", config.to_str().unwrap()]);
    let of = |metric: &str, server: &str| {
        format!("mcpvisor_server_{metric}{{server=\"{server}\",owner=\"Claude Code\"}}")
    };
    let page = || daemon.ask("GET", "/metrics", "").body;
    let errors = of("log_errors_total", "diary");
    wait_for("the log is known", Duration::from_secs(40), || {
        (value(&page(), &errors)? == "0").then_some(())
    })
    .unwrap_or_else(|error| panic!("{error}: {}{}", page(), Daemon::log(&world)));

    append
        .write_all(b"ERROR: full\nall is well\nTraceback (most recent call last):\n")
        .unwrap();
    wait_for("the errors are counted", Duration::from_secs(40), || {
        (value(&page(), &errors)? == "2").then_some(())
    })
    .unwrap_or_else(|error| panic!("{error}: {}{}", page(), Daemon::log(&world)));
    let page = page();
    assert_eq!(value(&page, &of("log_bytes_total", "diary")), Some("59"));
    assert_eq!(value(&page, &of("listening", "diary-page")), Some("1"));
    assert_eq!(value(&page, &of("listening", "diary-gone")), Some("0"));
    assert_eq!(value(&page, &of("listening", "diary")), None);
    for worst in ["worst_threads", "worst_open_fds", "worst_cpu_ratio"] {
        assert!(
            value(&page, &of(worst, "diary")).is_some(),
            "{worst}: {page}"
        );
    }
    let free = page
        .lines()
        .find_map(|line| line.strip_prefix("mcpvisor_disk_free_ratio{disk=\"/"))
        .unwrap();
    let ratio: f64 = free.rsplit(' ').next().unwrap().parse().unwrap();
    assert!((0.0..=1.0).contains(&ratio), "{free}");
    assert!(!page.contains("diary.log"), "no path is a label");
    drop(owner);
}
