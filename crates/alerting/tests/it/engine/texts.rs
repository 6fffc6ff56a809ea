//! What people read of an alert of each rule.

use std::time::Duration;

use alerting::Alert;
use alerting::rule::{Profile, Wishes, pack};
use model::metric::table as metrics;
use model::{FindingKind, Severity};

use super::world::{GATEWAY, SERVER, World, found};

/// A world in which everything is wrong.
fn everything(profile: Profile) -> World {
    let mut world = World::new(pack(&Wishes {
        profile,
        ..Wishes::default()
    }));
    let [server, owner] = SERVER;
    for (metric, value) in [
        (metrics::SERVER_RESIDENT_MEMORY_BYTES, 412_345_678.0),
        (metrics::SERVER_WORST_THREADS, 240.0),
        (metrics::SERVER_WORST_OPEN_FDS, 131.0),
        (metrics::SERVER_WORST_FD_RATIO, 0.912),
        (metrics::SERVER_LISTENING, 0.0),
        (metrics::SERVER_OPERATION_P95_SECONDS, 2.34),
        (metrics::SERVER_LOG_ERRORS_TOTAL, 0.0),
        (metrics::SERVER_LOG_BYTES_TOTAL, 0.0),
        (metrics::SERVER_RESTARTS_TOTAL, 0.0),
    ] {
        world.set(metric, &SERVER, value);
    }
    world.slope(
        metrics::SERVER_CPU_SECONDS_TOTAL,
        &[server, owner, "user"],
        0.97,
    );
    world.slope(
        metrics::SERVER_OPERATIONS_TOTAL,
        &[server, owner, "ok"],
        0.93,
    );
    world.slope(
        metrics::SERVER_OPERATIONS_TOTAL,
        &[server, owner, "error"],
        0.07,
    );
    world.set(metrics::OWNER_PROCESSES, &[owner], 53.0);
    world.set(metrics::OWNER_RESIDENT_MEMORY_BYTES, &[owner], 3.4e9);
    world.set(metrics::CONTAINERS, &[], 12.0);
    world.set(metrics::DISK_FREE_RATIO, &["/home"], 0.083);
    world.set(metrics::GATEWAY_SERVERS, &[GATEWAY, "running"], 0.0);
    world.set(metrics::GATEWAY_SERVERS, &[GATEWAY, "not_running"], 4.0);
    world.set(metrics::GATEWAY_CIRCUITS_OPEN, &[GATEWAY], 1.0);
    world.set(metrics::GATEWAY_QUEUE_DEPTH, &[GATEWAY], 12.0);
    world.set(metrics::GATEWAY_DATABASE_BYTES, &[GATEWAY], 12.4e6);
    world.set(metrics::GATEWAY_GOROUTINES, &[GATEWAY], 400.0);
    world.slope(
        metrics::GATEWAY_CACHE_REQUESTS_TOTAL,
        &[GATEWAY, "hit"],
        0.62,
    );
    world.slope(
        metrics::GATEWAY_CACHE_REQUESTS_TOTAL,
        &[GATEWAY, "miss"],
        0.38,
    );
    world.set(metrics::LOOK_OVERRUNS_TOTAL, &[], 0.0);
    world.set(metrics::HISTORY_ERRORS_TOTAL, &[], 0.0);
    world.set(metrics::NOTICES_WAITING, &["mail"], 3.0);
    world.findings = vec![
        found(FindingKind::Orphan, Severity::Warning),
        found(FindingKind::Orphan, Severity::Error),
    ];
    world.run(300);
    world.set(metrics::GATEWAY_GOROUTINES, &[GATEWAY], 612.0);
    world.run(60);
    world.add(metrics::SERVER_LOG_ERRORS_TOTAL, &SERVER, 17.0);
    world.add(metrics::SERVER_LOG_BYTES_TOTAL, &SERVER, 123_456_789.0);
    world.add(metrics::SERVER_RESTARTS_TOTAL, &SERVER, 4.0);
    world.add(metrics::LOOK_OVERRUNS_TOTAL, &[], 6.0);
    world.add(metrics::HISTORY_ERRORS_TOTAL, &[], 2.0);
    world.run(60);
    world.pass(Duration::ZERO);
    world
}

fn page(alerts: &[&Alert]) -> String {
    let mut page = String::new();
    for alert in alerts {
        page.push_str(&format!(
            "{} ({}, {:?})\n  {}\n",
            alert.rule,
            alert.severity.name(),
            alert.state,
            alert.summary
        ));
        for line in &alert.evidence {
            page.push_str(&format!("  - {line}\n"));
        }
        page.push_str(&format!("  > {}\n\n", alert.advice));
    }
    page
}

#[test]
fn as_people_read_them() {
    let world = everything(Profile::Default);
    let mut alerts: Vec<&Alert> = world.engine.alerts().collect();
    alerts.sort_by(|a, b| a.rule.cmp(&b.rule));
    let figures = pack(&Wishes::default());
    let figures = figures
        .iter()
        .filter(|rule| rule.kind != rule.name || !rule.advice.is_empty());
    assert_eq!(
        alerts.len(),
        figures.count() + 1,
        "one of each rule on a figure, and the orphans"
    );
    insta::assert_snapshot!("alerts", page(&alerts));

    let world = everything(Profile::Strict);
    let strict = world
        .engine
        .alerts()
        .find(|alert| alert.rule == "process_count");
    assert_eq!(
        strict.unwrap().summary,
        "processes of MCP servers on this machine: 53, at least 15"
    );
}

#[test]
fn nothing_is_odd() {
    for profile in [Profile::Default, Profile::Strict, Profile::Gateway] {
        let world = everything(profile);
        for alert in world.engine.alerts() {
            let lines = alert.evidence.iter();
            for text in lines.chain([&alert.summary, &alert.advice]) {
                for odd in [
                    "  ",
                    ",,",
                    ", :",
                    ",:",
                    " ,",
                    "()",
                    "{",
                    "}",
                    "unknown",
                    "mcpvisor_",
                    "..",
                ] {
                    assert!(!text.contains(odd), "{}: {odd:?} in {text:?}", alert.rule);
                }
                assert_eq!(text.trim(), text, "{}", alert.rule);
                assert!(
                    !text.is_empty() && text.chars().count() <= 300,
                    "{}: {text:?}",
                    alert.rule
                );
            }
        }
    }
}
