//! Rules on values that a test sets.

use std::ops::RangeInclusive;

use model::Severity::{self, Critical, Warning};
use model::metric::table as metrics;

use super::super::world::{GATEWAY, SERVER, World};

/// A rule of which the value is set.
pub(super) struct Row {
    pub(super) rule: &'static str,
    /// Makes the rule's value so.
    pub(super) drive: fn(&mut World, f64),
    /// All is well, and just so.
    pub(super) well: [f64; 2],
    /// Value, and after how many seconds it is told.
    pub(super) warning: Option<(f64, RangeInclusive<u64>)>,
    pub(super) critical: Option<(f64, RangeInclusive<u64>)>,
    /// Seconds until easing and until the end are told, at most.
    pub(super) end: u64,
}

const GIB: f64 = 1_073_741_824.0;
const AT_ONCE: RangeInclusive<u64> = 5..=5;
/// A first look, and then three more.
pub(super) const SETTLED: RangeInclusive<u64> = 20..=20;
const MINUTE: RangeInclusive<u64> = 65..=65;

#[expect(clippy::too_many_lines, reason = "it is a table")]
pub(super) fn rows() -> Vec<Row> {
    vec![
        row(
            "high_cpu",
            cpu,
            [0.05, 0.49],
            (0.6, 305..=320),
            (0.9, 65..=80),
            60,
        ),
        row(
            "high_memory",
            rss,
            [8e7, 3e8],
            (3e8 + 1.0, SETTLED),
            (5e8 + 1.0, SETTLED),
            5,
        ),
        row(
            "many_threads",
            threads,
            [11.0, 99.0],
            (100.0, SETTLED),
            (200.0, SETTLED),
            5,
        ),
        row(
            "many_open_files",
            files,
            [25.0, 99.0],
            (100.0, SETTLED),
            (200.0, SETTLED),
            5,
        ),
        row(
            "open_files_near_limit",
            fd_ratio,
            [0.1, 0.69],
            (0.7, AT_ONCE),
            (0.9, AT_ONCE),
            5,
        ),
        row(
            "total_memory",
            owner_rss,
            [GIB, 3.0 * GIB - 1.0],
            (3.0 * GIB, SETTLED),
            (4.0 * GIB, SETTLED),
            5,
        ),
        row(
            "container_count",
            containers,
            [1.0, 9.0],
            (10.0, SETTLED),
            (20.0, SETTLED),
            5,
        ),
        row(
            "disk_space",
            disk,
            [0.5, 0.2],
            (0.19, SETTLED),
            (0.09, SETTLED),
            5,
        ),
        // Of the last five minutes: it takes some looks until a change is seen.
        row(
            "low_success_rate",
            success,
            [1.0, 0.96],
            (0.94, 5..=100),
            (0.2, 5..=100),
            300,
        ),
        row(
            "slow_operations",
            p95,
            [0.1, 2.0],
            (2.1, MINUTE),
            (5.1, MINUTE),
            5,
        ),
        row(
            "low_cache_hit_rate",
            hits,
            [1.0, 0.81],
            (0.75, 65..=180),
            (0.0, 65..=240),
            600,
        ),
        row(
            "queue_depth",
            queue,
            [0.0, 10.0],
            (11.0, SETTLED),
            (51.0, SETTLED),
            5,
        ),
        row(
            "gateway_database",
            database,
            [1e6, 10e6],
            (10e6 + 1.0, AT_ONCE),
            (100e6 + 1.0, AT_ONCE),
            5,
        ),
        row(
            "gateway_servers_down",
            down,
            [0.0, 0.0],
            (2.0, MINUTE),
            (3.0, SETTLED),
            5,
        ),
        row(
            "mcpvisor_notices_wait",
            notices,
            [0.0, 0.0],
            (1.0, 305..=305),
            (1.0, 3605..=3605),
            5,
        ),
        only(
            Warning,
            "goroutines_grow",
            goroutines,
            [0.0, 15.0],
            (15.1, 305..=305),
            3605,
        ),
        only(
            Critical,
            "many_goroutines",
            goroutines,
            [0.0, 100.0],
            (100.3, SETTLED),
            5,
        ),
        only(
            Critical,
            "gateway_down",
            down,
            [0.0, 3.0],
            (4.0, SETTLED),
            5,
        ),
        only(
            Critical,
            "circuit_open",
            circuits,
            [0.0, 0.0],
            (1.0, AT_ONCE),
            5,
        ),
        only(
            Critical,
            "port_not_listening",
            listening,
            [1.0, 1.0],
            (0.0, SETTLED),
            5,
        ),
    ]
}

pub(super) fn row(
    rule: &'static str,
    drive: fn(&mut World, f64),
    well: [f64; 2],
    warning: (f64, RangeInclusive<u64>),
    critical: (f64, RangeInclusive<u64>),
    end: u64,
) -> Row {
    Row {
        rule,
        drive,
        well,
        warning: Some(warning),
        critical: Some(critical),
        end,
    }
}

fn only(
    severity: Severity,
    rule: &'static str,
    drive: fn(&mut World, f64),
    well: [f64; 2],
    level: (f64, RangeInclusive<u64>),
    end: u64,
) -> Row {
    let (warning, critical) = match severity {
        Warning => (Some(level), None),
        _ => (None, Some(level)),
    };
    Row {
        rule,
        drive,
        well,
        warning,
        critical,
        end,
    }
}

fn cpu(world: &mut World, value: f64) {
    world.slope(
        metrics::SERVER_CPU_SECONDS_TOTAL,
        &[SERVER[0], SERVER[1], "user"],
        value * 0.7,
    );
    world.slope(
        metrics::SERVER_CPU_SECONDS_TOTAL,
        &[SERVER[0], SERVER[1], "system"],
        value * 0.3,
    );
}

fn rss(world: &mut World, value: f64) {
    world.set(metrics::SERVER_RESIDENT_MEMORY_BYTES, &SERVER, value);
}

fn threads(world: &mut World, value: f64) {
    world.set(metrics::SERVER_WORST_THREADS, &SERVER, value);
}

fn files(world: &mut World, value: f64) {
    world.set(metrics::SERVER_WORST_OPEN_FDS, &SERVER, value);
}

fn fd_ratio(world: &mut World, value: f64) {
    world.set(metrics::SERVER_WORST_FD_RATIO, &SERVER, value);
}

/// Of two owners.
fn owner_rss(world: &mut World, value: f64) {
    world.set(
        metrics::OWNER_RESIDENT_MEMORY_BYTES,
        &[SERVER[1]],
        value - 1024.0,
    );
    world.set(metrics::OWNER_RESIDENT_MEMORY_BYTES, &["Cursor"], 1024.0);
}

pub(super) fn processes(world: &mut World, value: f64) {
    world.set(metrics::OWNER_PROCESSES, &[SERVER[1]], value - 4.0);
    world.set(metrics::OWNER_PROCESSES, &["Cursor"], 4.0);
}

/// The server of four owner's.
pub(super) fn processes_of_each(world: &mut World, value: f64) {
    processes(world, value * 4.0);
}

fn containers(world: &mut World, value: f64) {
    world.set(metrics::CONTAINERS, &[], value);
}

fn disk(world: &mut World, value: f64) {
    world.set(metrics::DISK_FREE_RATIO, &["/home"], value);
    world.set(metrics::DISK_FREE_RATIO, &["/"], 0.6);
}

fn success(world: &mut World, value: f64) {
    let labels = |outcome| [SERVER[0], SERVER[1], outcome];
    world.slope(
        metrics::SERVER_OPERATIONS_TOTAL,
        &labels("ok"),
        100.0 * value,
    );
    world.slope(
        metrics::SERVER_OPERATIONS_TOTAL,
        &labels("error"),
        100.0 * (1.0 - value),
    );
}

fn p95(world: &mut World, value: f64) {
    world.set(metrics::SERVER_OPERATION_P95_SECONDS, &SERVER, value);
}

fn hits(world: &mut World, value: f64) {
    let labels = |outcome| [GATEWAY, outcome];
    world.slope(
        metrics::GATEWAY_CACHE_REQUESTS_TOTAL,
        &labels("hit"),
        100.0 * value,
    );
    world.slope(
        metrics::GATEWAY_CACHE_REQUESTS_TOTAL,
        &labels("miss"),
        100.0 * (1.0 - value),
    );
}

fn queue(world: &mut World, value: f64) {
    world.set(metrics::GATEWAY_QUEUE_DEPTH, &[GATEWAY], value);
}

fn database(world: &mut World, value: f64) {
    world.set(metrics::GATEWAY_DATABASE_BYTES, &[GATEWAY], value);
}

fn down(world: &mut World, value: f64) {
    world.set(metrics::GATEWAY_SERVERS, &[GATEWAY, "running"], 4.0 - value);
    world.set(metrics::GATEWAY_SERVERS, &[GATEWAY, "not_running"], value);
}

fn notices(world: &mut World, value: f64) {
    world.set(metrics::NOTICES_WAITING, &["mail"], value);
    world.set(metrics::NOTICES_WAITING, &["chat"], 0.0);
}

/// Above 100, for each of the gateway's four servers.
fn goroutines(world: &mut World, value: f64) {
    world.set(metrics::GATEWAY_GOROUTINES, &[GATEWAY], 100.0 + 4.0 * value);
}

fn circuits(world: &mut World, value: f64) {
    world.set(metrics::GATEWAY_CIRCUITS_OPEN, &[GATEWAY], value);
}

fn listening(world: &mut World, value: f64) {
    world.set(metrics::SERVER_LISTENING, &SERVER, value);
}
