//! What is measured of each server: as many series as the daemon keeps of one, with the same units.

use model::{Metric, MetricKind};

macro_rules! metrics {
    ($($name:literal $kind:ident $unit:literal),+ $(,)?) => {
        /// One series of each for every server.
        pub(crate) static METRICS: &[Metric] = &[$(Metric {
            name: $name,
            help: "Measured for the benchmark.",
            unit: $unit,
            kind: MetricKind::$kind,
            labels: &["server", "owner"],
            kept: true,
        }),+];
    };
}

metrics![
    "bench_up" Gauge "",
    "bench_instances" Gauge "",
    "bench_processes" Gauge "",
    "bench_threads" Gauge "",
    "bench_orphaned_instances" Gauge "",
    "bench_zombie_processes" Gauge "",
    "bench_start_time_seconds" Gauge "seconds",
    "bench_restarts_total" Counter "",
    "bench_cpu_user_seconds_total" Counter "seconds",
    "bench_cpu_system_seconds_total" Counter "seconds",
    "bench_run_delay_seconds_total" Counter "seconds",
    "bench_voluntary_context_switches_total" Counter "",
    "bench_involuntary_context_switches_total" Counter "",
    "bench_resident_memory_bytes" Gauge "bytes",
    "bench_proportional_memory_bytes" Gauge "bytes",
    "bench_private_memory_bytes" Gauge "bytes",
    "bench_swap_memory_bytes" Gauge "bytes",
    "bench_virtual_memory_bytes" Gauge "bytes",
    "bench_minor_page_faults_total" Counter "",
    "bench_major_page_faults_total" Counter "",
    "bench_open_fds" Gauge "",
    "bench_max_fds" Gauge "",
    "bench_worst_fd_ratio" Gauge "ratio",
    "bench_connections" Gauge "",
    "bench_io_read_bytes_total" Counter "bytes",
    "bench_io_write_bytes_total" Counter "bytes",
    "bench_io_read_chars_total" Counter "",
    "bench_io_write_chars_total" Counter "",
    "bench_io_read_calls_total" Counter "",
    "bench_io_write_calls_total" Counter "",
];
