//! The table of all metrics. A metric stands here once: encoders, history, documents and
//! dashboards take its name, help, unit and labels from this page.
//!
//! What the servers of one name and owner do together is one series. Counters of a server are
//! meant to go on when one of its instances ends: whoever measures keeps what ended instances had
//! counted, so that a fall means a new start of mcpvisor and nothing else.
//!
//! Each row makes a `static` of its name, so a metric is never named by a string in code, and one
//! element of [`METRICS`], whose order is the order of exposition.

use super::{Metric, MetricKind};

/// Rows: `NAME = kind "name" unit [labels] kept|shown, "help";`
macro_rules! table {
    ($($constant:ident = $kind:ident $name:literal $unit:literal [$($label:literal),*] $life:ident, $help:literal;)+) => {
        #[expect(non_camel_case_types, clippy::upper_case_acronyms, reason = "places of the statics below, by their names")]
        #[derive(Clone, Copy)]
        enum Place { $($constant),+ }

        /// Every metric that mcpvisor exposes, in the order in which they are written.
        pub static METRICS: [Metric; [$($name),+].len()] = [$(Metric {
            name: $name,
            help: $help,
            unit: $unit,
            kind: MetricKind::$kind,
            labels: &[$($label),*],
            kept: table!(@ $life),
        }),+];

        $(
            #[doc = $help]
            pub static $constant: &Metric = &METRICS[Place::$constant as usize];
        )+
    };
    (@ kept) => { true };
    (@ shown) => { false };
}

table! {
    SERVER_UP = Gauge "mcpvisor_server_up" "" ["server", "owner"] kept,
        "Whether the server runs: 1, or 0 for one that is declared and absent.";
    SERVER_INSTANCES = Gauge "mcpvisor_server_instances" "" ["server", "owner"] kept,
        "Runs of the server that are alive: process trees, each with a root of its own.";
    SERVER_PROCESSES = Gauge "mcpvisor_server_processes" "" ["server", "owner"] kept,
        "Processes of all instances, wrappers such as npx included.";
    SERVER_THREADS = Gauge "mcpvisor_server_threads" "" ["server", "owner"] kept,
        "Threads of all processes.";
    SERVER_ORPHANED_INSTANCES = Gauge "mcpvisor_server_orphaned_instances" "" ["server", "owner"] kept,
        "Instances whose owner is gone.";
    SERVER_ZOMBIE_PROCESSES = Gauge "mcpvisor_server_zombie_processes" "" ["server", "owner"] kept,
        "Processes that have ended and that their parent has not waited for.";
    SERVER_START_TIME_SECONDS = Gauge "mcpvisor_server_start_time_seconds" "seconds" ["server", "owner"] kept,
        "Start of the newest instance, seconds since 1970: a restart moves it forward.";
    SERVER_RESTARTS_TOTAL = Counter "mcpvisor_server_restarts_total" "" ["server", "owner"] kept,
        "Times an instance began after an earlier one of the same server had ended.";
    SERVER_LISTENING = Gauge "mcpvisor_server_listening" "" ["server", "owner"] kept,
        "Whether something listens on the local port that the server is declared with: 1, or 0.";

    SERVER_CPU_SECONDS_TOTAL = Counter "mcpvisor_server_cpu_seconds_total" "seconds" ["server", "owner", "mode"] kept,
        "Processor time used, by mode: user, system.";
    SERVER_RUN_DELAY_SECONDS_TOTAL = Counter "mcpvisor_server_run_delay_seconds_total" "seconds" ["server", "owner"] kept,
        "Time spent ready to run but waiting for a processor.";
    SERVER_WORST_CPU_RATIO = Gauge "mcpvisor_server_worst_cpu_ratio" "ratio" ["server", "owner"] kept,
        "Processor time of its busiest process since the last look over the time passed; 1 is one processor.";
    SERVER_WORST_THREADS = Gauge "mcpvisor_server_worst_threads" "" ["server", "owner"] kept,
        "Threads of the process that has most.";
    SERVER_CONTEXT_SWITCHES_TOTAL = Counter "mcpvisor_server_context_switches_total" "" ["server", "owner", "kind"] kept,
        "Context switches, by kind: voluntary (it waited), involuntary (the scheduler took the processor).";

    SERVER_RESIDENT_MEMORY_BYTES = Gauge "mcpvisor_server_resident_memory_bytes" "bytes" ["server", "owner"] kept,
        "Resident memory; pages shared between processes are counted once for each.";
    SERVER_PROPORTIONAL_MEMORY_BYTES = Gauge "mcpvisor_server_proportional_memory_bytes" "bytes" ["server", "owner"] kept,
        "Proportional memory (PSS): private pages and a fair share of shared ones.";
    SERVER_PRIVATE_MEMORY_BYTES = Gauge "mcpvisor_server_private_memory_bytes" "bytes" ["server", "owner"] kept,
        "Memory of these processes alone: what ending them surely frees.";
    SERVER_SHARED_MEMORY_BYTES = Gauge "mcpvisor_server_shared_memory_bytes" "bytes" ["server", "owner"] kept,
        "Resident pages of files and shared memory.";
    SERVER_SWAP_MEMORY_BYTES = Gauge "mcpvisor_server_swap_memory_bytes" "bytes" ["server", "owner"] kept,
        "Anonymous memory that is swapped out.";
    SERVER_VIRTUAL_MEMORY_BYTES = Gauge "mcpvisor_server_virtual_memory_bytes" "bytes" ["server", "owner"] kept,
        "Address space; most of it may never be used.";
    SERVER_PAGE_FAULTS_TOTAL = Counter "mcpvisor_server_page_faults_total" "" ["server", "owner", "kind"] kept,
        "Page faults, by kind: minor (served from memory), major (storage was read).";

    SERVER_OPEN_FDS = Gauge "mcpvisor_server_open_fds" "" ["server", "owner", "kind"] kept,
        "Open file descriptors by kind, which is unknown where they were only counted; the sum over kind is the total.";
    SERVER_MAX_FDS = Gauge "mcpvisor_server_max_fds" "" ["server", "owner"] kept,
        "Lowest soft limit of open file descriptors among its processes.";
    SERVER_WORST_FD_RATIO = Gauge "mcpvisor_server_worst_fd_ratio" "ratio" ["server", "owner"] kept,
        "Open file descriptors over the soft limit, 0 to 1, of the process that is nearest to its limit.";
    SERVER_WORST_OPEN_FDS = Gauge "mcpvisor_server_worst_open_fds" "" ["server", "owner"] kept,
        "Open file descriptors of the process that has most.";
    SERVER_CONNECTIONS = Gauge "mcpvisor_server_connections" "" ["server", "owner", "state"] kept,
        "Sockets by TCP state; a Unix socket is listen, established or close.";
    SERVER_IO_BYTES_TOTAL = Counter "mcpvisor_server_io_bytes_total" "bytes" ["server", "owner", "direction"] kept,
        "Bytes fetched from and sent to storage, by direction: read, write.";
    SERVER_IO_CHARS_TOTAL = Counter "mcpvisor_server_io_chars_total" "" ["server", "owner", "direction"] kept,
        "Bytes passed by read and write calls, to pipes, sockets and caches too, by direction: read, write.";
    SERVER_IO_CALLS_TOTAL = Counter "mcpvisor_server_io_calls_total" "" ["server", "owner", "direction"] kept,
        "Read and write calls, by direction: read, write.";

    SERVER_LOG_BYTES_TOTAL = Counter "mcpvisor_server_log_bytes_total" "bytes" ["server", "owner"] kept,
        "Bytes written to the log files of the server.";
    SERVER_LOG_ERRORS_TOTAL = Counter "mcpvisor_server_log_errors_total" "" ["server", "owner"] kept,
        "Lines of its log files that report an error.";
    SERVER_OPERATIONS_TOTAL = Counter "mcpvisor_server_operations_total" "" ["server", "owner", "outcome"] kept,
        "MCP operations that were answered, by outcome: ok, error.";
    SERVER_OPERATION_P95_SECONDS = Gauge "mcpvisor_server_operation_p95_seconds" "seconds" ["server", "owner"] kept,
        "Time within which 95 of 100 recent MCP operations were answered.";

    OWNER_SERVERS = Gauge "mcpvisor_owner_servers" "" ["owner"] kept,
        "Servers that the owner declares or runs.";
    OWNER_INSTANCES = Gauge "mcpvisor_owner_instances" "" ["owner"] kept,
        "Living instances of its servers.";
    OWNER_PROCESSES = Gauge "mcpvisor_owner_processes" "" ["owner"] kept,
        "Processes of its servers.";
    OWNER_SESSIONS = Gauge "mcpvisor_owner_sessions" "" ["owner"] kept,
        "Running sessions of the owner itself.";
    OWNER_CPU_SECONDS_TOTAL = Counter "mcpvisor_owner_cpu_seconds_total" "seconds" ["owner"] kept,
        "Processor time used by its servers.";
    OWNER_RESIDENT_MEMORY_BYTES = Gauge "mcpvisor_owner_resident_memory_bytes" "bytes" ["owner"] kept,
        "Resident memory of its servers; shared pages are counted once for each process.";
    OWNER_PROPORTIONAL_MEMORY_BYTES = Gauge "mcpvisor_owner_proportional_memory_bytes" "bytes" ["owner"] kept,
        "Proportional memory (PSS) of its servers.";

    CONTAINER_UP = Gauge "mcpvisor_container_up" "" ["server", "owner", "container"] kept,
        "Whether a container of an MCP server runs: 1, or 0 for one that exists and does not.";
    CONTAINER_CPU_SECONDS_TOTAL = Counter "mcpvisor_container_cpu_seconds_total" "seconds" ["server", "owner", "container"] kept,
        "Processor time used by all that runs in it.";
    CONTAINER_MEMORY_BYTES = Gauge "mcpvisor_container_memory_bytes" "bytes" ["server", "owner", "container"] kept,
        "Memory in use, without the file cache that the kernel gives back first.";
    CONTAINER_MEMORY_LIMIT_BYTES = Gauge "mcpvisor_container_memory_limit_bytes" "bytes" ["server", "owner", "container"] kept,
        "Most memory that it may use; absent where it has no limit of its own.";
    CONTAINER_PIDS = Gauge "mcpvisor_container_pids" "" ["server", "owner", "container"] kept,
        "Tasks in it: processes and their threads.";
    CONTAINER_RESTARTS_TOTAL = Counter "mcpvisor_container_restarts_total" "" ["server", "owner", "container"] kept,
        "Times that it was started again, by its engine or in its place.";

    GATEWAY_SERVERS = Gauge "mcpvisor_gateway_servers" "" ["gateway", "state"] kept,
        "Servers that a running gateway declares, by whether they run.";
    GATEWAY_DATABASE_BYTES = Gauge "mcpvisor_gateway_database_bytes" "bytes" ["gateway"] kept,
        "Size of the database that a running gateway keeps.";
    GATEWAY_CACHE_REQUESTS_TOTAL = Counter "mcpvisor_gateway_cache_requests_total" "" ["gateway", "outcome"] kept,
        "Look-ups in the cache of a gateway, by outcome: hit, miss.";
    GATEWAY_QUEUE_DEPTH = Gauge "mcpvisor_gateway_queue_depth" "" ["gateway"] kept,
        "Requests that wait in a gateway.";
    GATEWAY_GOROUTINES = Gauge "mcpvisor_gateway_goroutines" "" ["gateway"] kept,
        "Goroutines of a gateway that is written in Go.";
    GATEWAY_CIRCUITS_OPEN = Gauge "mcpvisor_gateway_circuits_open" "" ["gateway"] kept,
        "Servers that a gateway has stopped calling because calls failed.";

    FINDINGS = Gauge "mcpvisor_findings" "" ["kind", "severity"] kept,
        "What is wrong now, counted by kind and severity.";
    ALERTS = Gauge "mcpvisor_alerts" "" ["rule", "severity", "state"] kept,
        "Alerts, counted by rule, severity and state: pending, firing.";
    NOTICES_TOTAL = Counter "mcpvisor_notices_total" "" ["receiver", "outcome"] shown,
        "Notices handed to a receiver, by outcome: delivered, retried, dropped.";
    NOTICES_WAITING = Gauge "mcpvisor_notices_waiting" "" ["receiver"] shown,
        "Notices that wait for a receiver to take them.";

    HOST_MEMORY_BYTES = Gauge "mcpvisor_host_memory_bytes" "bytes" [] shown,
        "Memory of the machine.";
    HOST_PROCESSORS = Gauge "mcpvisor_host_processors" "" [] shown,
        "Online processors of the machine.";
    HOST_PROCESSES = Gauge "mcpvisor_host_processes" "" [] kept,
        "Processes on the machine, those of MCP servers included.";
    CONTAINERS = Gauge "mcpvisor_containers" "" [] kept,
        "Containers that MCP servers run in, as engines tell; without one, as the commands that started them do.";
    DISK_FREE_BYTES = Gauge "mcpvisor_disk_free_bytes" "bytes" ["disk"] kept,
        "Space left for ordinary users on a file system with our state or that of MCP clients, by mount point.";
    DISK_FREE_RATIO = Gauge "mcpvisor_disk_free_ratio" "ratio" ["disk"] kept,
        "The same space over it and what is used, 0 to 1, as `df` counts.";

    BUILD_INFO = Info "mcpvisor_build_info" "" ["version"] shown,
        "The running mcpvisor.";
    PROCESS_CPU_SECONDS_TOTAL = Counter "process_cpu_seconds_total" "seconds" [] kept,
        "Processor time that mcpvisor itself has used, user and system.";
    PROCESS_RESIDENT_MEMORY_BYTES = Gauge "process_resident_memory_bytes" "bytes" [] kept,
        "Resident memory of mcpvisor itself.";
    PROCESS_VIRTUAL_MEMORY_BYTES = Gauge "process_virtual_memory_bytes" "bytes" [] shown,
        "Address space of mcpvisor itself.";
    PROCESS_OPEN_FDS = Gauge "process_open_fds" "" [] kept,
        "Open file descriptors of mcpvisor itself.";
    PROCESS_MAX_FDS = Gauge "process_max_fds" "" [] shown,
        "Soft limit of open file descriptors of mcpvisor itself.";
    PROCESS_THREADS = Gauge "process_threads" "" [] kept,
        "Threads of mcpvisor itself.";
    PROCESS_START_TIME_SECONDS = Gauge "process_start_time_seconds" "seconds" [] shown,
        "Start of mcpvisor itself, seconds since 1970.";

    LOOKS_TOTAL = Counter "mcpvisor_looks_total" "" [] shown,
        "Passes over the machine since the start.";
    LOOK_DURATION_SECONDS = Gauge "mcpvisor_look_duration_seconds" "seconds" [] kept,
        "Time that the last pass over the machine took.";
    LOOK_OVERRUNS_TOTAL = Counter "mcpvisor_look_overruns_total" "" [] shown,
        "Passes that took longer than the interval between two.";
    RULE_EVALUATION_SECONDS = Gauge "mcpvisor_rule_evaluation_seconds" "seconds" [] kept,
        "Time that the last evaluation of all rules took.";
    SHED = Gauge "mcpvisor_shed" "" ["reading"] shown,
        "Whether a costly reading is left out now to stay within the budget: 1, or 0 while it is taken.";
    WATCHES = Gauge "mcpvisor_watches" "" [] shown,
        "Processes watched by pid under a name.";

    HISTORY_SERIES = Gauge "mcpvisor_history_series" "" [] shown,
        "Series in the history.";
    HISTORY_SAMPLES = Gauge "mcpvisor_history_samples" "" [] shown,
        "Samples in the history, all tiers.";
    HISTORY_SIZE_BYTES = Gauge "mcpvisor_history_size_bytes" "bytes" [] shown,
        "Disk space that the history uses.";
    HISTORY_DROPPED_SAMPLES_TOTAL = Counter "mcpvisor_history_dropped_samples_total" "" [] shown,
        "Samples that could not be kept: queue full, disk full, or too many series.";
    HISTORY_ERRORS_TOTAL = Counter "mcpvisor_history_errors_total" "" [] shown,
        "Writes and reads of the history that failed.";

    HTTP_REQUESTS_TOTAL = Counter "mcpvisor_http_requests_total" "" ["code"] shown,
        "Requests answered, by class of their status code: 2xx, 4xx.";
    HTTP_REFUSED_TOTAL = Counter "mcpvisor_http_refused_total" "" ["reason"] shown,
        "Requests refused before they reached a handler, by reason.";
    SSE_CLIENTS = Gauge "mcpvisor_sse_clients" "" [] shown,
        "Clients that follow the live events.";
    SSE_DROPPED_TOTAL = Counter "mcpvisor_sse_dropped_total" "" [] shown,
        "Live events that a client was too slow for.";

    DROPPED_SERIES_TOTAL = Counter "mcpvisor_dropped_series_total" "" [] shown,
        "Series left out of expositions because there were too many.";
    QUEUE_DROPPED_TOTAL = Counter "mcpvisor_queue_dropped_total" "" ["queue"] shown,
        "Entries that did not fit into a queue, by queue.";
    LOG_DROPPED_LINES_TOTAL = Counter "mcpvisor_log_dropped_lines_total" "" [] shown,
        "Log lines that could not be written.";
    CONFIG_RELOADS_TOTAL = Counter "mcpvisor_config_reloads_total" "" ["outcome"] shown,
        "Times the configuration was read again, by outcome: loaded, refused.";
}

#[cfg(test)]
mod tests;
