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
    if !plan.removals.is_empty() {
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
    }
    if !plan.refused.is_empty() {
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
    if page.is_empty() {
        page.push_str(&style.good("Nothing was left behind."));
        page.push('\n');
    }
    page
}

/// What to do after looking at a plan.
pub fn next_step(plan: &PlanReport, output: &Output) -> String {
    if plan.removals.is_empty() {
        return String::new();
    }
    let style = Style::new(output.colour);
    format!(
        "\nNothing has been done. To do exactly this: {}\n",
        style.command(&format!(
            "mcpvisor clean --apply --plan-id {}",
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
