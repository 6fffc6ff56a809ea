//! A thousand alerts that fire in one look, and what they cost the daemon.

use std::collections::BTreeSet;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use super::{configure, hook::Hook};
use crate::bench::cpu;
use crate::bench::daemon::Daemon;
use crate::bench::fleet::Fleet;
use crate::bench::http;
use crate::bench::load::NAMED_SERVERS;
use crate::bench::workshop;

/// Rules, each of which every server of the fleet crosses.
const RULES: usize = 20;

/// Alerts in all.
pub(super) const ALERTS: usize = RULES * NAMED_SERVERS.servers;

/// All rules hold for so long before they fire, so that they do in the same look however the daemon
/// finds the servers while it starts.
const HOLD: Duration = Duration::from_secs(20);

/// How long a daemon runs before its memory is that of everyday.
const SETTLE: Duration = Duration::from_secs(45);

/// How long notices may take altogether.
const PATIENCE: Duration = Duration::from_secs(90);

/// What a thousand alerts at once did.
#[derive(Debug)]
pub(super) struct Burst {
    /// From the first alert that fires, as the daemon's `/metrics` tells, to the last that has arrived.
    pub(super) told_within: Duration,
    /// Requests that the webhook got.
    pub(super) requests: usize,
    /// Most resident memory of a daemon whose rules nothing crosses, bytes.
    pub(super) calm_bytes: u64,
    /// Of the one with the alerts, until some time after they have been told.
    pub(super) busy_bytes: u64,
}

pub(super) fn measure() -> Result<Burst> {
    eprintln!("{ALERTS} alerts at once");
    let fleet = Fleet::start(&workshop::release(), NAMED_SERVERS)?;
    let hook = Hook::open()?;
    let calm = daemon(&hook, 1e9)?;
    let calm_bytes = most_resident(calm.running.pid(), Instant::now() + SETTLE);
    drop(calm);

    let busy = daemon(&hook, 0.5)?;
    let pid = busy.running.pid();
    let begun = Instant::now();
    let fired = loop {
        if firing(&busy)? > 0 {
            break Instant::now();
        }
        ensure!(begun.elapsed() < PATIENCE, "nothing fires");
        thread::sleep(Duration::from_millis(20));
    };
    let mut told = BTreeSet::new();
    let mut requests = 0;
    let mut last = fired;
    while told.len() < ALERTS {
        let notice = hook.next(PATIENCE.saturating_sub(fired.elapsed()))?;
        requests += 1;
        last = notice.came.max(last);
        told.extend(notice.fingerprints());
    }
    let busy_bytes = most_resident(pid, begun + SETTLE);
    drop(busy);
    drop(fleet);
    Ok(Burst {
        told_within: last - fired,
        requests,
        calm_bytes,
        busy_bytes,
    })
}

fn daemon(hook: &Hook, above: f64) -> Result<Daemon> {
    let state = workshop::empty("state")?;
    let rules = (1..=RULES).map(|number| {
        format!(
            "[[rule]]\nname = \"bench_{number}\"\nmetric = \"processes\"\nscope = \"server\"\n\
             match = [\"server=~.*of-.*\"]\nabove = {{ warning = {above} }}\nfor = \"{}s\"\n",
            HOLD.as_secs()
        )
    });
    let config = configure(&state, hook.port, &rules.collect::<String>())?;
    Daemon::start_with(&state, &["--config", &config])
}

/// How many of our alerts fire.
fn firing(daemon: &Daemon) -> Result<usize> {
    let page = http::fetch(daemon.port, "/metrics", &[])?;
    let page = String::from_utf8_lossy(&page);
    let ours = page.lines().filter(|line| {
        line.starts_with("mcpvisor_alerts{rule=\"bench_") && line.contains("state=\"firing\"")
    });
    let counts = ours.filter_map(|line| line.rsplit(' ').next()?.parse::<usize>().ok());
    Ok(counts.sum())
}

/// The kernel's own peak would count what the start needed; this one is looked at again and again.
fn most_resident(pid: u32, until: Instant) -> u64 {
    let mut most = 0;
    while Instant::now() < until {
        most = cpu::resident(pid).unwrap_or(0).max(most);
        thread::sleep(Duration::from_millis(50));
    }
    most
}
