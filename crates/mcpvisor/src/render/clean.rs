//! `clean`: the plan with its reasons, and what came of it.

use super::doctor::wrapped;
use super::style::Style;
use super::table::{bytes, safe};
use crate::output::Output;
use crate::report::{CleanReport, Measured, PlanReport};

/// The plan.
pub fn plan(plan: &PlanReport, output: &Output) -> String {
    let style = Style::new(output.colour);
    let width = usize::from(output.width.unwrap_or(200)).min(110);
    let mut page = String::new();
    if !plan.is_empty() {
        page.push_str(&style.heading(&format!("To be removed (plan {})\n", plan.plan_id)));
        for removal in &plan.removals {
            let pids = removal
                .pids
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join(", ");
            wrapped(
                &mut page,
                &format!(
                    "{} of {}: PID {pids}",
                    safe(&removal.name),
                    safe(&removal.owner)
                ),
                "  ",
                width,
            );
            for reason in &removal.reasons {
                wrapped(&mut page, &safe(reason), "    ", width);
            }
            for spared in &removal.spared {
                wrapped(
                    &mut page,
                    &format!(
                        "PID {} below it is left alone: {}",
                        spared.pid,
                        safe(&spared.why)
                    ),
                    "    ",
                    width,
                );
            }
        }
        to_be_removed(&mut page, plan, width);
    }
    if plan.leaves_something() {
        if !page.is_empty() {
            page.push('\n');
        }
        page.push_str(&style.heading("Left alone\n"));
        for refused in &plan.refused {
            wrapped(
                &mut page,
                &format!("{} (PID {})", safe(&refused.name), refused.root_pid),
                "  ",
                width,
            );
            for reason in &refused.reasons {
                let wait = reason
                    .wait_seconds
                    .map(|wait| format!("; wait {wait:.0} s"))
                    .unwrap_or_default();
                wrapped(
                    &mut page,
                    &format!("{}{wait}", safe(&reason.detail)),
                    "    ",
                    width,
                );
            }
        }
    }
    for refused in &plan.containers_refused {
        let name = format!("container {}", safe(&refused.name));
        wrapped(&mut page, &name, "  ", width);
        let wait = refused
            .wait_seconds
            .map(|wait| format!("; wait {wait:.0} s"))
            .unwrap_or_default();
        let reason = format!("{}{wait}", safe(&refused.reason));
        wrapped(&mut page, &reason, "    ", width);
    }
    if page.is_empty() {
        page.push_str(&style.good("Nothing was left behind."));
        page.push('\n');
    }
    page
}

/// Containers and files.
fn to_be_removed(page: &mut String, plan: &PlanReport, width: usize) {
    for container in &plan.containers {
        let memory = container.memory_bytes;
        let memory = memory.map(|bytes| format!(", {}", model::units::bytes(bytes)));
        let line = format!(
            "container {} of {} ({}{})",
            safe(&container.name),
            safe(&container.owner),
            safe(&container.image),
            memory.unwrap_or_default()
        );
        wrapped(page, &line, "  ", width);
        for reason in &container.reasons {
            wrapped(page, &safe(reason), "    ", width);
        }
    }
    for file in &plan.files {
        wrapped(page, &format!("file {}", safe(&file.path)), "  ", width);
        wrapped(page, &safe(&file.reason), "    ", width);
    }
}

/// What to do after looking at a plan that was made for these options.
pub fn next_step(plan: &PlanReport, options: &str, output: &Output) -> String {
    if plan.is_empty() {
        return String::new();
    }
    let style = Style::new(output.colour);
    format!(
        "\nNothing has been done. To do exactly this: {}\n",
        style.command(&format!(
            "mcpvisor clean --apply --plan-id {}{options}",
            plan.plan_id
        ))
    )
}

/// What came of it.
pub fn result(report: &CleanReport, output: &Output) -> String {
    let style = Style::new(output.colour);
    let mut page = String::new();
    for result in &report.results {
        if result.outcome != "ended" && result.outcome != "already_gone" {
            let detail = result
                .detail
                .as_deref()
                .map(|detail| format!(": {}", safe(detail)))
                .unwrap_or_default();
            page.push_str(&format!(
                "  PID {} {}{detail}\n",
                result.pid, result.outcome
            ));
        }
    }
    engines(&mut page, report);
    if let (Some(before), Some(after)) = (&report.before, &report.after) {
        page.push_str(&style.heading(&format!("{:<12}{:>12}{:>12}\n", "", "before", "after")));
        let mut line = |name: &str, figure: fn(&Measured) -> String| {
            page.push_str(&format!(
                "{name:<12}{:>12}{:>12}\n",
                figure(before),
                figure(after)
            ));
        };
        line("processes", |m| m.processes.to_string());
        line("PSS", |m| bytes(m.pss_bytes));
        line("RSS", |m| bytes(Some(m.rss_bytes)));
        line("descriptors", |m| super::table::count(m.fds));
        line("ports", |m| {
            let ports: Vec<String> = m.ports.iter().map(ToString::to_string).collect();
            if ports.is_empty() {
                "none".to_owned()
            } else {
                ports.join(",")
            }
        });
        if before.containers > 0 {
            line("containers", |m| m.containers.to_string());
            line("their memory", |m| bytes(m.container_memory_bytes));
        }
        if before.files > 0 {
            line("files", |m| m.files.to_string());
        }
    }
    for note in &report.notes {
        page.push_str(&format!("{}\n", safe(note)));
    }
    let line = match &*report.outcome {
        "done" => style.good("All of it is gone."),
        "changed" => "Something changed since the plan was made, so nothing was done. Look again: `mcpvisor clean`".to_owned(),
        "declined" => "Nothing has been done.".to_owned(),
        "incomplete" => "Not all of it is gone.".to_owned(),
        _ => return page,
    };
    page.push_str(&line);
    page.push('\n');
    page
}

/// Containers and files that are still there, with every try.
fn engines(page: &mut String, report: &CleanReport) {
    let left = |outcome: &str| !["removed", "already_gone"].contains(&outcome);
    for result in report.containers.iter().filter(|one| left(&one.outcome)) {
        let why = safe(result.detail.as_deref().unwrap_or_default());
        let name = safe(&result.name);
        page.push_str(&format!("  container {name} {}: {why}\n", result.outcome));
        for attempt in &result.attempts {
            let failed = attempt.steps.iter().filter(|step| !step.ok);
            for step in failed {
                page.push_str(&format!(
                    "    try {} ({:.0} s): {}: {}\n",
                    attempt.number,
                    attempt.deadline_seconds,
                    safe(&step.call),
                    safe(&step.answer)
                ));
            }
        }
    }
    for result in report.files.iter().filter(|one| left(&one.outcome)) {
        let why = safe(result.detail.as_deref().unwrap_or_default());
        page.push_str(&format!("  file {}: {why}\n", safe(&result.path)));
    }
}
