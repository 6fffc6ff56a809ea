//! The details of one process.

use model::{Connection, ConnectionState, Process, ProcessTable, Protocol, units};

use super::super::figures::{self, number};
use super::super::paint::Sheet;
use super::super::table::process_state;
use super::super::{State, shown};

/// More connections are only counted.
const MOST_CONNECTIONS: usize = 20;

/// Adds all facts about a process.
pub(super) fn facts(sheet: &mut Sheet, state: &State, table: &ProcessTable, process: &Process) {
    let sample = &process.sample;
    let counters = &sample.counters;
    let age = units::seconds(table.moment.age_of(sample.id.start_ticks, &table.host));
    let text = format!(
        "{} {}, {}, runs for {age}, parent {}, group {}, session {}",
        process.pid(),
        shown::text(process.comm()),
        process_state(counters.state),
        counters.ppid,
        counters.pgid,
        counters.sid,
    );
    sheet.fact("process", &text);
    sheet.styled_fact(
        "command",
        &shown::command_line(process),
        state.look.strong(),
    );
    memory(sheet, table, process);
    files(sheet, table, process);
    rates(sheet, process);
    let switches = format!(
        "{} voluntary, {} involuntary",
        number(counters.voluntary_switches),
        number(counters.involuntary_switches)
    );
    sheet.fact("switches", &switches);
    connections(sheet, process);
    let facts = &sample.facts;
    let user = facts
        .user
        .as_deref()
        .map(shown::text)
        .or(facts.uid.map(|uid| uid.to_string()));
    sheet.fact("user", &number(user));
    if let Some(cwd) = &facts.cwd {
        sheet.fact("folder", &shown::text(cwd));
    }
    if let Some(exe) = &facts.exe {
        let deleted = if facts.exe_deleted {
            " (deleted or replaced since the start)"
        } else {
            ""
        };
        sheet.fact("program", &format!("{}{deleted}", shown::text(exe)));
    }
    if let Some(cgroup) = &facts.cgroup {
        sheet.fact("cgroup", &shown::text(cgroup));
    }
    if let Some(container) = &facts.container_id {
        sheet.fact("container", &shown::text(container));
    }
}

fn memory(sheet: &mut Sheet, table: &ProcessTable, process: &Process) {
    let sample = &process.sample;
    let counters = &sample.counters;
    let read = sample.memory.as_ref();
    let of = |get: fn(&model::Memory) -> u64| {
        number(
            read.and_then(|reading| reading.value.as_ref())
                .map(|memory| units::bytes(get(memory))),
        )
    };
    let text = format!(
        "PSS {}, private {}, RSS {}, swap {}, address space {}{}",
        of(|memory| memory.pss_bytes),
        of(|memory| memory.private_bytes),
        units::bytes(counters.rss_bytes),
        number(counters.swap_bytes.map(units::bytes)),
        units::bytes(counters.vms_bytes),
        age(table, read.map(|reading| reading.boot_ns), "PSS"),
    );
    sheet.fact("memory", &text);
}

fn files(sheet: &mut Sheet, table: &ProcessTable, process: &Process) {
    let sample = &process.sample;
    let mut text = number(sample.counters.fd_total);
    if let Some(limit) = sample.facts.fd_limit {
        text = format!("{text} of at most {limit}");
    }
    if let Some(files) = process.files() {
        let kinds = &files.kinds;
        let counts = [
            (kinds.socket, "socket"),
            (kinds.pipe, "pipe"),
            (kinds.file, "file"),
            (kinds.tty, "terminal"),
            (kinds.anon_inode, "anonymous inode"),
            (kinds.inotify, "inotify instance"),
            (kinds.eventfd, "eventfd"),
        ];
        let parts: Vec<String> = counts
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, word)| figures::counted(*count as usize, word))
            .collect();
        let read = sample.files.as_ref().map(|reading| reading.boot_ns);
        text = format!("{text}: {}{}", parts.join(", "), age(table, read, "kinds"));
    }
    sheet.fact("open files", &text);
}

fn rates(sheet: &mut Sheet, process: &Process) {
    let usage = &process.usage;
    let rate =
        |value: Option<f64>| number(value.map(|value| format!("{}/s", figures::bytes(value))));
    let mut text = format!(
        "read {}, write {}",
        rate(usage.read_bytes_per_second),
        rate(usage.write_bytes_per_second)
    );
    if let Some(io) = &process.sample.counters.io {
        text = format!(
            "{text}; in all {} and {}, through pipes and all else {} and {}",
            units::bytes(io.read_bytes),
            units::bytes(io.write_bytes),
            units::bytes(io.read_chars),
            units::bytes(io.write_chars)
        );
    }
    sheet.fact("I/O", &text);
    let delay = number(usage.run_delay_percent.map(figures::percent));
    let cpu = number(usage.cpu_percent.map(figures::percent));
    let threads = process.sample.counters.threads;
    sheet.fact(
        "CPU",
        &format!("{cpu} %, waited for a processor {delay} % of the time, {threads} threads"),
    );
}

fn connections(sheet: &mut Sheet, process: &Process) {
    let read = process
        .sample
        .connections
        .as_ref()
        .and_then(|reading| reading.value.as_deref());
    let Some(connections) = read else {
        sheet.fact("connections", "-");
        return;
    };
    if connections.is_empty() {
        sheet.fact("connections", "none");
    }
    for (number, connection) in connections.iter().take(MOST_CONNECTIONS).enumerate() {
        sheet.fact(
            if number == 0 { "connections" } else { "" },
            &connection_text(connection),
        );
    }
    let more = connections.len().saturating_sub(MOST_CONNECTIONS);
    if more > 0 {
        sheet.fact("", &format!("and {more} more"));
    }
}

fn connection_text(connection: &Connection) -> String {
    let protocol = match connection.protocol {
        Protocol::Tcp4 => "TCP",
        Protocol::Tcp6 => "TCP 6",
        Protocol::Unix => "Unix",
    };
    let named = |text: &str| {
        if text.is_empty() {
            "unnamed".to_owned()
        } else {
            shown::text(text)
        }
    };
    let local = named(&connection.local);
    if connection.state == ConnectionState::Listen {
        return format!("{protocol} listens on {local}");
    }
    let state = match connection.state {
        ConnectionState::Established => "",
        ConnectionState::SynSent => ", being opened",
        ConnectionState::SynReceived => ", being accepted",
        ConnectionState::CloseWait => ", closed by the other side",
        ConnectionState::FinWait1
        | ConnectionState::FinWait2
        | ConnectionState::TimeWait
        | ConnectionState::LastAck
        | ConnectionState::Closing => ", being closed",
        ConnectionState::Close => ", closed",
        ConnectionState::Listen | ConnectionState::Unknown => ", state unknown",
    };
    format!("{protocol} {local} to {}{state}", named(&connection.peer))
}

/// ` (PSS of 4s ago)` for a reading that is not of this picture.
fn age(table: &ProcessTable, read_ns: Option<u64>, what: &str) -> String {
    let seconds = read_ns.map(|read| table.moment.boot_ns.saturating_sub(read) as f64 / 1e9);
    match seconds {
        Some(seconds) if seconds >= 1.0 => format!(" ({what} of {} ago)", units::seconds(seconds)),
        _ => String::new(),
    }
}
