//! Servers that are kept, and their limits, for people.

use model::{Severity, text, units};

use super::style::Style;
use super::table::{figure, layout, words};
use crate::api::{Kept, TaskReport};
use crate::commands::limits::LimitsReport;
use crate::output::Output;

/// What became of an order, in a line.
pub fn task(task: &TaskReport, output: &Output) -> String {
    let style = Style::new(output.colour);
    let name = text::safe(&task.server);
    let Some(kept) = &task.kept else {
        let how = match &task.error {
            None if task.ended_at.is_some() => "is done".to_owned(),
            None => "was ordered, and goes on".to_owned(),
            Some(why) => format!("failed: {}", text::safe(why)),
        };
        return format!("{name}: {} {how}\n", task.order);
    };
    let state = state(kept, style);
    let pid = kept
        .pid
        .map(|pid| format!(", PID {pid}"))
        .unwrap_or_default();
    if task.ended_at.is_none() {
        return format!("{name}: {state}{pid}; it goes on, `mcpvisor status` shows how\n");
    }
    format!("{name}: {state}{pid}\n")
}

/// The table of servers that are kept; nothing if there are none.
pub fn servers(kept: &[Kept], now: jiff::Timestamp, output: &Output) -> String {
    if kept.is_empty() {
        return String::new();
    }
    let style = Style::new(output.colour);
    let columns = [
        words("SERVER", 32),
        words("STATE", 10),
        figure("SINCE"),
        figure("PID"),
        figure("RESTARTS"),
        words("WHY", 0),
    ];
    let rows = kept.iter().map(|one| {
        let since = now.duration_since(one.since).as_secs_f64().max(0.0);
        vec![
            text::safe(&one.name).into_owned(),
            one.state.to_string(),
            units::seconds(since),
            one.pid.map(|pid| pid.to_string()).unwrap_or_default(),
            one.restarts.to_string(),
            why(one),
        ]
    });
    let table = layout(&columns, rows.collect(), output.width);
    let mut page = format!("\n{}\n{table}", style.heading("Kept by mcpvisor"));
    for crash in kept.iter().filter_map(|one| one.crash_loop.as_ref()) {
        page.push_str(&format!(
            "  {}\n",
            style.severity(Severity::Error, &text::safe(&crash.advice))
        ));
    }
    page
}

/// Why it is as it is, where that is not plain.
fn why(one: &Kept) -> String {
    let mut parts: Vec<String> = Vec::new();
    if !one.waits_for.is_empty() {
        parts.push(format!("waits for {}", one.waits_for.join(", ")));
    }
    if let Some(crash) = &one.crash_loop {
        parts.push(crash.title.clone());
    } else if let Some(reason) = &one.reason {
        parts.push(reason.clone());
    }
    if let Some(seconds) = one.retry_seconds.filter(|_| one.crash_loop.is_none()) {
        parts.push(format!("next try in {}", units::seconds(seconds)));
    }
    if !one.remains.is_empty() {
        let pids: Vec<String> = one.remains.iter().map(ToString::to_string).collect();
        parts.push(format!("PID {} still there", pids.join(", ")));
    }
    text::safe(&parts.join("; ")).into_owned()
}

fn state(kept: &Kept, style: Style) -> String {
    match &*kept.state {
        "running" => style.good("running"),
        "failed" | "degraded" | "backoff" => style.severity(Severity::Warning, &kept.state),
        other => other.to_owned(),
    }
}

/// What is limited, and by whom.
pub fn limits(document: &LimitsReport, output: &Output) -> String {
    let style = Style::new(output.colour);
    let mut page = String::new();
    let servers = document.servers.iter();
    let servers = servers.map(|server| (text::safe(&server.name).into_owned(), server));
    let containers = document.containers.iter();
    let containers = containers.map(|container| {
        (
            format!("container {}", text::safe(&container.name)),
            container,
        )
    });
    let all: Vec<_> = servers.chain(containers).collect();
    if all.iter().all(|(_, limited)| limited.limits.is_empty()) {
        page.push_str("No server that mcpvisor keeps has a limit.\n");
        page.push_str(&format!(
            "  set some: {} or {} in the configuration\n",
            style.command("[limits.default]"),
            style.command("limits = { memory_max = \"512MiB\" }")
        ));
    } else {
        let columns = [
            words("SERVER", 32),
            words("LIMIT", 12),
            words("ASKED", 24),
            words("HELD", 5),
            words("HOW", 0),
        ];
        let rows = all.iter().flat_map(|(name, limited)| {
            limited.limits.iter().map(move |limit| {
                let held = match limit.enforced {
                    Some(true) => "yes",
                    Some(false) => "NO",
                    None => "",
                };
                vec![
                    name.clone(),
                    limit.limit.to_string(),
                    limit.asked.clone(),
                    held.to_owned(),
                    text::safe(&limit.how).into_owned(),
                ]
            })
        });
        page.push_str(&layout(&columns, rows.collect(), output.width));
    }
    for server in &document.servers {
        page.push_str(&events(server, style));
    }
    page.push_str(&format!(
        "\n{}\n",
        style.heading("What this machine can hold, for you")
    ));
    let columns = [words("CONTROLLER", 10), words("HELD", 5), words("HOW", 0)];
    let rows = document.machine.iter().map(|holder| {
        let held = if holder.available { "yes" } else { "NO" };
        vec![
            holder.controller.to_string(),
            held.to_owned(),
            holder.how.clone(),
        ]
    });
    page.push_str(&layout(&columns, rows.collect(), output.width));
    page
}

fn events(server: &crate::commands::limits::Limited, style: Style) -> String {
    let name = text::safe(&server.name);
    let mut page = String::new();
    let mut line = |words: String| {
        page.push_str(&format!(
            "  {}\n",
            style.severity(Severity::Warning, &words)
        ));
    };
    if let Some(count) = server.events.oom_kills.filter(|count| *count > 0) {
        line(format!(
            "{name}: the kernel killed {count} of its processes, since its memory limit was reached"
        ));
    }
    if let Some(count) = server.events.forks_refused.filter(|count| *count > 0) {
        line(format!(
            "{name}: {count} forks or threads were refused, since its limit of tasks was reached"
        ));
    }
    if let Some(time) = server.events.throttled_seconds.filter(|time| *time > 0.0) {
        line(format!(
            "{name}: held back for {time:.1} s, since its limit of processors was reached"
        ));
    }
    page
}
