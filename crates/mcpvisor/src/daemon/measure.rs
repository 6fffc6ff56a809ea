//! From figures to measurements: which figure is which metric, with which labels.
//!
//! What is not known is left out, so its series has a gap; nothing is made zero.

use std::collections::BTreeMap;
use std::sync::Arc;

use inventory::Inventory;
use model::metric::table as metrics;
use model::{ConnectionState, Finding, Host, LabelValues, Measurement, Metric, ProcessTable};

use super::ledger::{Counter, Figures, Ledger};
use crate::picture::Picture;
use crate::report::{Totals, summary_severity};

/// Processor time of owners' servers, seconds, by name of the owner.
pub type OwnerCpu = BTreeMap<Arc<str>, f64>;

/// All that a picture tells of servers, owners, findings and the machine.
pub fn all(picture: &Picture, ledger: &mut Ledger) -> Vec<Measurement> {
    let mut out = Vec::new();
    let mut cpu = OwnerCpu::new();
    ledger.on(&picture.table, &picture.inventory, |figures| {
        server(figures, &picture.table.host, &mut cpu, &mut out);
    });
    findings(&picture.findings, &mut out);
    owners(&picture.inventory, &picture.table, &cpu, &mut out);
    out
}

/// One server's figures, which are added to its owner's.
pub fn server(
    mut figures: Figures<'_>,
    host: &Host,
    owners: &mut OwnerCpu,
    out: &mut Vec<Measurement>,
) {
    let labels = figures.labels();
    let ticks = host.ticks_per_second.max(1) as f64;
    if let [_, owner] = &*labels {
        let spent = owners.entry(Arc::clone(owner)).or_default();
        for counter in [Counter::UserTicks, Counter::SystemTicks] {
            *spent += figures.counter(counter).unwrap_or(0) as f64 / ticks;
        }
    }
    let mut put = |metric, value: Option<f64>| {
        out.extend(value.map(|value| Measurement {
            metric,
            labels: Arc::clone(&labels),
            value,
        }));
    };
    let count = |value: u64| Some(value as f64);
    put(metrics::SERVER_UP, Some(f64::from(u8::from(figures.up))));
    put(metrics::SERVER_INSTANCES, count(figures.instances));
    put(metrics::SERVER_PROCESSES, count(figures.processes));
    put(metrics::SERVER_RESTARTS_TOTAL, count(figures.restarts()));
    if !figures.up {
        return;
    }
    put(metrics::SERVER_THREADS, count(figures.threads));
    put(metrics::SERVER_ORPHANED_INSTANCES, count(figures.orphaned));
    put(metrics::SERVER_ZOMBIE_PROCESSES, count(figures.zombies));
    put(metrics::SERVER_START_TIME_SECONDS, figures.started_at);
    let delay = figures.counter(Counter::RunDelayNs);
    put(
        metrics::SERVER_RUN_DELAY_SECONDS_TOTAL,
        delay.map(|ns| ns as f64 / 1e9),
    );
    let known = |value: Option<u64>| value.map(|value| value as f64);
    put(
        metrics::SERVER_RESIDENT_MEMORY_BYTES,
        count(figures.rss_bytes),
    );
    put(
        metrics::SERVER_PROPORTIONAL_MEMORY_BYTES,
        known(figures.pss_bytes),
    );
    put(
        metrics::SERVER_PRIVATE_MEMORY_BYTES,
        known(figures.private_bytes),
    );
    put(
        metrics::SERVER_SHARED_MEMORY_BYTES,
        known(figures.shared_bytes),
    );
    put(metrics::SERVER_SWAP_MEMORY_BYTES, known(figures.swap_bytes));
    put(
        metrics::SERVER_VIRTUAL_MEMORY_BYTES,
        count(figures.vms_bytes),
    );
    put(metrics::SERVER_MAX_FDS, known(figures.fd_limit));
    put(metrics::SERVER_WORST_FD_RATIO, figures.fd_ratio);
    let worst = |value: Option<u32>| value.map(f64::from);
    put(metrics::SERVER_WORST_OPEN_FDS, worst(figures.worst_fds));
    put(metrics::SERVER_WORST_THREADS, worst(figures.worst_threads));
    put(metrics::SERVER_WORST_CPU_RATIO, figures.worst_cpu);
    counters(&mut figures, host, out);
    kinds(&mut figures, out);
}

fn counters(figures: &mut Figures<'_>, host: &Host, out: &mut Vec<Measurement>) {
    let ticks = host.ticks_per_second.max(1) as f64;
    let rows: [(&'static Metric, &'static str, Counter, f64); 12] = [
        (
            metrics::SERVER_CPU_SECONDS_TOTAL,
            "user",
            Counter::UserTicks,
            ticks,
        ),
        (
            metrics::SERVER_CPU_SECONDS_TOTAL,
            "system",
            Counter::SystemTicks,
            ticks,
        ),
        (
            metrics::SERVER_CONTEXT_SWITCHES_TOTAL,
            "voluntary",
            Counter::VoluntarySwitches,
            1.0,
        ),
        (
            metrics::SERVER_CONTEXT_SWITCHES_TOTAL,
            "involuntary",
            Counter::InvoluntarySwitches,
            1.0,
        ),
        (
            metrics::SERVER_PAGE_FAULTS_TOTAL,
            "minor",
            Counter::MinorFaults,
            1.0,
        ),
        (
            metrics::SERVER_PAGE_FAULTS_TOTAL,
            "major",
            Counter::MajorFaults,
            1.0,
        ),
        (
            metrics::SERVER_IO_BYTES_TOTAL,
            "read",
            Counter::ReadBytes,
            1.0,
        ),
        (
            metrics::SERVER_IO_BYTES_TOTAL,
            "write",
            Counter::WriteBytes,
            1.0,
        ),
        (
            metrics::SERVER_IO_CHARS_TOTAL,
            "read",
            Counter::ReadChars,
            1.0,
        ),
        (
            metrics::SERVER_IO_CHARS_TOTAL,
            "write",
            Counter::WriteChars,
            1.0,
        ),
        (
            metrics::SERVER_IO_CALLS_TOTAL,
            "read",
            Counter::ReadCalls,
            1.0,
        ),
        (
            metrics::SERVER_IO_CALLS_TOTAL,
            "write",
            Counter::WriteCalls,
            1.0,
        ),
    ];
    for (metric, label, counter, divisor) in rows {
        if let Some(value) = figures.counter(counter) {
            out.push(Measurement {
                metric,
                labels: figures.labels_with(label),
                value: value as f64 / divisor,
            });
        }
    }
}

/// Descriptors by kind and connections by state.
fn kinds(figures: &mut Figures<'_>, out: &mut Vec<Measurement>) {
    if let Some((kinds, unknown)) = figures.fds {
        let rows = [
            ("file", u64::from(kinds.file)),
            ("pipe", u64::from(kinds.pipe)),
            ("socket", u64::from(kinds.socket)),
            ("tty", u64::from(kinds.tty)),
            ("anon_inode", u64::from(kinds.anon_inode)),
            ("inotify", u64::from(kinds.inotify)),
            ("eventfd", u64::from(kinds.eventfd)),
            ("unknown", unknown),
        ];
        for (kind, value) in rows {
            out.push(Measurement {
                metric: metrics::SERVER_OPEN_FDS,
                labels: figures.labels_with(kind),
                value: value as f64,
            });
        }
    }
    for (state, value) in figures.connections.take().unwrap_or_default() {
        out.push(Measurement {
            metric: metrics::SERVER_CONNECTIONS,
            labels: figures.labels_with(state_name(state)),
            value: value as f64,
        });
    }
}

/// The name of a state in labels: as in JSON.
fn state_name(state: ConnectionState) -> &'static str {
    match state {
        ConnectionState::Established => "established",
        ConnectionState::SynSent => "syn_sent",
        ConnectionState::SynReceived => "syn_received",
        ConnectionState::FinWait1 => "fin_wait1",
        ConnectionState::FinWait2 => "fin_wait2",
        ConnectionState::TimeWait => "time_wait",
        ConnectionState::Close => "close",
        ConnectionState::CloseWait => "close_wait",
        ConnectionState::LastAck => "last_ack",
        ConnectionState::Listen => "listen",
        ConnectionState::Closing => "closing",
        ConnectionState::Unknown => "unknown",
    }
}

/// What is wrong, counted.
pub fn findings(findings: &[Finding], out: &mut Vec<Measurement>) {
    let mut counts: BTreeMap<(&'static str, &'static str), u64> = BTreeMap::new();
    for finding in findings {
        let key = (finding.kind.name(), summary_severity(finding.severity));
        *counts.entry(key).or_default() += 1;
    }
    for ((kind, severity), count) in counts {
        put(out, metrics::FINDINGS, &[kind, severity], count as f64);
    }
}

/// Sums by owner, and the machine.
pub fn owners(
    inventory: &Inventory,
    table: &ProcessTable,
    cpu: &OwnerCpu,
    out: &mut Vec<Measurement>,
) {
    let mut servers: BTreeMap<&str, Vec<&inventory::Server>> = BTreeMap::new();
    for server in &inventory.servers {
        servers.entry(&server.owner.name).or_default().push(server);
    }
    for (owner, servers) in servers {
        let instances: usize = servers.iter().map(|server| server.instances.len()).sum();
        let processes = servers
            .iter()
            .flat_map(|server| &server.instances)
            .flat_map(|run| &run.members)
            .filter_map(|member| table.get(member.id.pid));
        let totals = Totals::of(instances, processes);
        let sessions = inventory
            .owners
            .iter()
            .filter(|known| known.name == owner)
            .count();
        let labels = [owner];
        put(out, metrics::OWNER_SERVERS, &labels, servers.len() as f64);
        put(out, metrics::OWNER_INSTANCES, &labels, instances as f64);
        put(
            out,
            metrics::OWNER_PROCESSES,
            &labels,
            totals.processes as f64,
        );
        put(out, metrics::OWNER_SESSIONS, &labels, sessions as f64);
        put(
            out,
            metrics::OWNER_RESIDENT_MEMORY_BYTES,
            &labels,
            totals.rss_bytes as f64,
        );
        if let Some(spent) = cpu.get(owner) {
            put(out, metrics::OWNER_CPU_SECONDS_TOTAL, &labels, *spent);
        }
        if let Some(pss) = totals.pss_bytes {
            put(
                out,
                metrics::OWNER_PROPORTIONAL_MEMORY_BYTES,
                &labels,
                pss as f64,
            );
        }
    }
    put(
        out,
        metrics::HOST_PROCESSES,
        &[],
        table.processes().len() as f64,
    );
    put(
        out,
        metrics::HOST_PROCESSORS,
        &[],
        f64::from(table.host.cpus),
    );
    if let Some(bytes) = table.host.memory_bytes {
        put(out, metrics::HOST_MEMORY_BYTES, &[], bytes as f64);
    }
}

/// One value.
pub(super) fn put(
    out: &mut Vec<Measurement>,
    metric: &'static Metric,
    labels: &[&str],
    value: f64,
) {
    let labels: LabelValues = labels.iter().map(|label| Arc::from(*label)).collect();
    out.push(Measurement {
        metric,
        labels,
        value,
    });
}
