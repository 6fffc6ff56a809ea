//! `ps`: totals by owner, then servers as a table or tree; with `--all` every process.

use model::{ProcessTable, text, units};

use super::style::Style;
use super::table::{bytes, count, figure, layout, percent, safe, words};
use crate::output::Output;
use crate::report::{InstanceReport, OwnerSummary, ProcessReport, Report, ServerReport};

/// Widths from which on further columns are shown.
const MEDIUM: u16 = 100;
const WIDE: u16 = 140;

/// Everything that `ps` shows.
pub fn render(report: &Report, tree: bool, output: &Output) -> String {
    let style = Style::new(output.colour);
    let mut page = String::new();
    if report.summary.servers == 0 {
        page.push_str("No MCP servers run here.\n");
    } else {
        page.push_str(&owners(&report.summary.owners, output.width));
        page.push('\n');
        if tree {
            page.push_str(&forest(report, style));
        } else {
            page.push_str(&servers(&report.servers, output.width));
        }
    }
    if report.summary.not_running > 0 {
        page.push_str(&style.dim(&format!(
            "\n{} more declared and not running: `mcpvisor ps --json` lists them.\n",
            report.summary.not_running
        )));
    }
    if let Some(all) = &report.processes {
        page.push('\n');
        page.push_str(&processes(all, output.width));
    }
    let bad = &report.summary.findings;
    let wrong: usize = ["warning", "error", "critical"]
        .iter()
        .filter_map(|name| bad.get(*name))
        .sum();
    if wrong > 0 {
        let noun = if wrong == 1 { "thing is" } else { "things are" };
        page.push_str(&format!(
            "\n{wrong} {noun} wrong: {}\n",
            style.command("mcpvisor doctor")
        ));
    }
    page
}

fn owner_name(name: &str, alive: bool) -> String {
    let name = safe(name);
    if alive {
        name
    } else {
        format!("{name} (gone)")
    }
}

/// Who eats the memory.
fn owners(owners: &[OwnerSummary], width: Option<u16>) -> String {
    let columns = [
        words("OWNER", 26),
        figure("PID"),
        figure("SERVERS"),
        figure("PROCS"),
        figure("CPU %"),
        figure("PSS"),
        figure("RSS"),
    ];
    let rows = owners
        .iter()
        .map(|owner| {
            vec![
                owner_name(&owner.name, owner.alive),
                count(owner.pid),
                owner.servers.to_string(),
                owner.totals.processes.to_string(),
                percent(owner.totals.cpu_percent),
                bytes(owner.totals.pss_bytes),
                bytes(Some(owner.totals.rss_bytes)),
            ]
        })
        .collect();
    layout(&columns, rows, width)
}

/// Every instance of every server, one a line; with a history also how its memory went.
pub(crate) fn servers(servers: &[ServerReport], width: Option<u16>) -> String {
    let wide = width.is_none_or(|width| width >= WIDE);
    let medium = width.is_none_or(|width| width >= MEDIUM);
    let mut columns = vec![
        words("SERVER", if medium { 24 } else { 15 }),
        words("OWNER", 18),
        words("STATE", 9),
        figure("PID"),
        figure("PROCS"),
    ];
    columns.extend([figure("CPU %"), figure("PSS")]);
    if medium {
        columns.extend([
            figure("RSS"),
            figure("THR"),
            figure("FDS"),
            figure("UPTIME"),
        ]);
    }
    let past = servers.iter().any(|server| server.history.is_some()) && medium;
    if past {
        columns.extend([figure("PEAK"), figure("GROWTH/H")]);
    }
    if wide {
        columns.push(words("COMMAND", 0));
    }
    let mut rows = Vec::new();
    for server in servers {
        for instance in &server.instances {
            rows.push(row(server, instance, medium, past, wide));
        }
    }
    layout(&columns, rows, width)
}

fn row(
    server: &ServerReport,
    instance: &InstanceReport,
    medium: bool,
    past: bool,
    wide: bool,
) -> Vec<String> {
    let all = &instance.processes;
    let sum =
        |figure: fn(&ProcessReport) -> Option<u64>| all.iter().map(figure).sum::<Option<u64>>();
    let cpu: Option<f64> = all.iter().map(|process| process.cpu_percent).sum();
    let mut row = vec![
        safe(&server.name),
        owner_name(&server.owner.name, server.owner.alive),
        instance.state.name().to_owned(),
        instance.root_pid.to_string(),
        all.len().to_string(),
        percent(cpu),
        bytes(sum(|process| process.pss_bytes)),
    ];
    if medium {
        row.extend([
            bytes(sum(|process| Some(process.rss_bytes))),
            count(sum(|process| Some(u64::from(process.threads)))),
            count(sum(|process| process.fds.total.map(u64::from))),
            all.first()
                .map_or_else(String::new, |root| units::seconds(root.uptime_seconds)),
        ]);
    }
    if past {
        let history = server.history.as_ref();
        row.extend([
            bytes(history.and_then(|past| past.peak_rss_bytes).map(whole)),
            growth(history.and_then(|past| past.rss_bytes_per_hour)),
        ]);
    }
    if wide {
        let leaf = all
            .iter()
            .find(|process| process.pid == instance.server_pid)
            .or(all.first());
        row.push(leaf.map_or_else(String::new, |leaf| safe(&leaf.cmdline)));
    }
    row
}

/// Bytes more or less in an hour; a change below a MiB is none.
fn growth(bytes_per_hour: Option<f64>) -> String {
    match bytes_per_hour {
        None => "-".to_owned(),
        Some(change) if change.abs() < 1_048_576.0 => "0".to_owned(),
        Some(change) => {
            let sign = if change > 0.0 { '+' } else { '-' };
            format!("{sign}{}", units::bytes(whole(change.abs())))
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "bytes of memory; a negative number would show as none"
)]
fn whole(value: f64) -> u64 {
    value.max(0.0) as u64
}

/// Owners, their servers, and the processes of each instance as a tree.
fn forest(report: &Report, style: Style) -> String {
    let mut page = String::new();
    for owner in &report.summary.owners {
        let pid = owner
            .pid
            .map(|pid| format!(" (PID {pid})"))
            .unwrap_or_default();
        page.push_str(&style.heading(&format!("{}{pid}", owner_name(&owner.name, owner.alive))));
        page.push('\n');
        let own: Vec<(&ServerReport, &InstanceReport)> = report
            .servers
            .iter()
            .filter(|s| {
                s.owner.pid == owner.pid
                    && s.owner.name == owner.name
                    && s.owner.alive == owner.alive
            })
            .flat_map(|server| {
                server
                    .instances
                    .iter()
                    .map(move |instance| (server, instance))
            })
            .collect();
        for (at, (server, instance)) in own.iter().enumerate() {
            let last = at + 1 == own.len();
            let (branch, below) = if last {
                ("└─ ", "   ")
            } else {
                ("├─ ", "│  ")
            };
            let sum: Option<u64> = instance
                .processes
                .iter()
                .map(|process| process.pss_bytes)
                .sum();
            page.push_str(&format!(
                "{branch}{} {} {}\n",
                style.heading(&safe(&server.name)),
                instance.state.name(),
                style.dim(&bytes(sum)),
            ));
            if let Some(root) = instance.processes.first() {
                node(&mut page, instance, root, below, true, style);
            }
        }
    }
    page
}

fn node(
    page: &mut String,
    instance: &InstanceReport,
    process: &ProcessReport,
    indent: &str,
    last: bool,
    style: Style,
) {
    let (branch, below) = if last {
        ("└─ ", "   ")
    } else {
        ("├─ ", "│  ")
    };
    let role = process
        .role
        .map(|role| format!("{role:?}").to_lowercase())
        .unwrap_or_default();
    let state = if process.state.letter() == 'S' {
        String::new()
    } else {
        format!(" {}", process.state.letter())
    };
    page.push_str(&format!(
        "{indent}{branch}{} {}{state} {} {}\n",
        process.pid,
        style.dim(&format!("{role:<7}")),
        bytes(process.pss_bytes.or(Some(process.rss_bytes))),
        super::table::shorten(&safe(&process.cmdline), 100),
    ));
    let indent = format!("{indent}{below}");
    for thread in process.thread_list.iter().flatten() {
        page.push_str(&style.dim(&format!(
            "{indent}· {} {} {} {:.2}s\n",
            thread.tid,
            thread.state.letter(),
            text::safe(&thread.name),
            thread.cpu_user_seconds + thread.cpu_system_seconds
        )));
    }
    let children: Vec<&ProcessReport> = instance
        .processes
        .iter()
        .filter(|p| p.ppid == process.pid && p.pid != process.pid)
        .collect();
    for (at, child) in children.iter().enumerate() {
        node(
            page,
            instance,
            child,
            &indent,
            at + 1 == children.len(),
            style,
        );
    }
}

fn processes(all: &[ProcessReport], width: Option<u16>) -> String {
    let medium = width.is_none_or(|width| width >= MEDIUM);
    let mut columns = vec![
        figure("PID"),
        figure("PPID"),
        words("USER", 10),
        words("S", 1),
        figure("CPU %"),
        figure("RSS"),
    ];
    if medium {
        columns.extend([
            figure("PSS"),
            figure("THR"),
            figure("FDS"),
            figure("UPTIME"),
        ]);
    }
    columns.push(words("COMMAND", 0));
    let rows = all
        .iter()
        .map(|process| {
            let mut row = vec![
                process.pid.to_string(),
                process.ppid.to_string(),
                process
                    .user
                    .as_deref()
                    .map_or_else(|| count(process.uid), safe),
                process.state.letter().to_string(),
                percent(process.cpu_percent),
                bytes(Some(process.rss_bytes)),
            ];
            if medium {
                row.extend([
                    bytes(process.pss_bytes),
                    process.threads.to_string(),
                    count(process.fds.total),
                    units::seconds(process.uptime_seconds),
                ]);
            }
            row.push(safe(&process.cmdline));
            row
        })
        .collect();
    layout(&columns, rows, width)
}

/// One line over a screen that is drawn again and again.
pub fn watch_heading(table: &ProcessTable) -> String {
    format!(
        "{}  {}  {} processes\n\n",
        table.moment.wall.strftime("%H:%M:%SZ"),
        safe(&table.host.name),
        table.processes().len()
    )
}
