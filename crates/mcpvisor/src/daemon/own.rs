//! What mcpvisor measures of itself: cost, shedding, queues.

use linux::collect::ShedLevel;
use model::Measurement;
use model::metric::table as metrics;

use super::handle::Daemon;
use super::measure::put;
use crate::picture::Picture;

/// The look that the figures belong to.
pub(super) struct Look<'a> {
    pub(super) picture: &'a Picture,
    /// Looks since the start, this one included.
    pub(super) number: u64,
    /// What it took, seconds.
    pub(super) seconds: f64,
    /// What is given up.
    pub(super) shed: ShedLevel,
}

/// All figures of ourselves.
pub(super) fn own(daemon: &Daemon, look: &Look<'_>, out: &mut Vec<Measurement>) {
    process(daemon, look.picture, out);
    let figures = daemon.figures();
    put(out, metrics::BUILD_INFO, &[env!("CARGO_PKG_VERSION")], 1.0);
    put(out, metrics::LOOKS_TOTAL, &[], look.number as f64);
    put(out, metrics::LOOK_DURATION_SECONDS, &[], look.seconds);
    put(
        out,
        metrics::LOOK_OVERRUNS_TOTAL,
        &[],
        figures.overruns() as f64,
    );
    for (reading, level) in [
        ("proportional_memory", ShedLevel::Pss),
        ("fd_kinds", ShedLevel::Files),
        ("connections", ShedLevel::Connections),
    ] {
        let shed = f64::from(u8::from(look.shed >= level));
        put(out, metrics::SHED, &[reading], shed);
    }
    let watches = look.picture.inventory.watched.len();
    put(out, metrics::WATCHES, &[], watches as f64);
    let (loaded, refused) = figures.reloads();
    put(
        out,
        metrics::CONFIG_RELOADS_TOTAL,
        &["loaded"],
        loaded as f64,
    );
    put(
        out,
        metrics::CONFIG_RELOADS_TOTAL,
        &["refused"],
        refused as f64,
    );
    put(
        out,
        metrics::DROPPED_SERIES_TOTAL,
        &[],
        figures.dropped_series() as f64,
    );
    let lines = daemon.dropped_lines();
    put(out, metrics::LOG_DROPPED_LINES_TOTAL, &[], lines as f64);
    let dropped = figures.dropped_observations();
    put(
        out,
        metrics::QUEUE_DROPPED_TOTAL,
        &["history"],
        dropped as f64,
    );
    let dropped = figures.refused_orders();
    put(
        out,
        metrics::QUEUE_DROPPED_TOTAL,
        &["orders"],
        dropped as f64,
    );
    history(daemon, out);
    edge(daemon, out);
}

/// The figures that every Prometheus client library exposes of its process.
fn process(daemon: &Daemon, picture: &Picture, out: &mut Vec<Measurement>) {
    let cpu = linux::clock::process_cpu_ns() as f64 / 1e9;
    put(out, metrics::PROCESS_CPU_SECONDS_TOTAL, &[], cpu);
    let started = daemon.started().wall.as_millisecond() as f64 / 1e3;
    put(out, metrics::PROCESS_START_TIME_SECONDS, &[], started);
    let Some(own) = picture.table.get(std::process::id()) else {
        return;
    };
    let counters = &own.sample.counters;
    let bytes = counters.rss_bytes as f64;
    put(out, metrics::PROCESS_RESIDENT_MEMORY_BYTES, &[], bytes);
    let bytes = counters.vms_bytes as f64;
    put(out, metrics::PROCESS_VIRTUAL_MEMORY_BYTES, &[], bytes);
    put(
        out,
        metrics::PROCESS_THREADS,
        &[],
        f64::from(counters.threads),
    );
    if let Some(open) = counters.fd_total {
        put(out, metrics::PROCESS_OPEN_FDS, &[], f64::from(open));
    }
    if let Some(most) = own.sample.facts.fd_limit {
        put(out, metrics::PROCESS_MAX_FDS, &[], most as f64);
    }
}

fn history(daemon: &Daemon, out: &mut Vec<Measurement>) {
    let Some(stats) = daemon.recent_stats() else {
        return;
    };
    put(out, metrics::HISTORY_SERIES, &[], stats.series as f64);
    put(out, metrics::HISTORY_SAMPLES, &[], stats.samples as f64);
    put(out, metrics::HISTORY_SIZE_BYTES, &[], stats.bytes as f64);
    put(
        out,
        metrics::HISTORY_DROPPED_SAMPLES_TOTAL,
        &[],
        stats.dropped as f64,
    );
    let errors = stats.damaged + daemon.figures().history_errors();
    put(out, metrics::HISTORY_ERRORS_TOTAL, &[], errors as f64);
}

fn edge(daemon: &Daemon, out: &mut Vec<Measurement>) {
    let Some(counters) = daemon.edge() else {
        return;
    };
    let classes = ["1xx", "2xx", "3xx", "4xx", "5xx"];
    for (class, count) in classes.into_iter().zip(counters.answers) {
        put(out, metrics::HTTP_REQUESTS_TOTAL, &[class], count as f64);
    }
    for (reason, count) in &counters.refused {
        put(out, metrics::HTTP_REFUSED_TOTAL, &[reason], *count as f64);
    }
    let hub = daemon.hub().counts();
    put(out, metrics::SSE_CLIENTS, &[], hub.clients as f64);
    put(out, metrics::SSE_DROPPED_TOTAL, &[], hub.missed as f64);
}
