//! A plan as people read it before they say yes: what would be ended and why, what would be left.

use inventory::plan::{Refused, Removal};
use inventory::{Inventory, Role};
use model::ProcessId;
use ratatui::style::Style;

use super::figures::{self, Totals, counted};
use super::modal::{Confirmation, Wish};
use super::paint::Sheet;
use super::{Look, shown};
use crate::picture::Picture;

/// The plan as lines.
pub fn sheet(
    confirmation: &Confirmation,
    picture: Option<&Picture>,
    columns: usize,
    look: Look,
) -> Sheet {
    let mut sheet = Sheet::new(columns, look);
    let plan = &confirmation.plan;
    if plan.removals.is_empty() {
        let text = match confirmation.wish {
            Wish::Clean if plan.refused.is_empty() => {
                "Nothing is left over: there is nothing to clean."
            }
            Wish::Clean => "Nothing can be cleaned now.",
            Wish::Stop { .. } => "It will not be stopped.",
        };
        sheet.line(text, look.strong());
    }
    for removal in &plan.removals {
        sheet.gap();
        removed(&mut sheet, removal, picture, look);
    }
    if !plan.refused.is_empty() {
        sheet.gap();
        sheet.line("Left alone:", look.label());
        for refused in &plan.refused {
            kept(&mut sheet, refused, look);
        }
    }
    sheet
}

fn removed(sheet: &mut Sheet, removal: &Removal, picture: Option<&Picture>, look: Look) {
    let mut pss = figures::Sum::default();
    let mut lines = Vec::with_capacity(removal.processes.len());
    for id in &removal.processes {
        let process = picture
            .and_then(|picture| picture.table.get(id.pid))
            .filter(|process| process.id() == *id);
        pss.join(Totals::of_process(process).pss_bytes);
        let role = picture
            .and_then(|picture| role(&picture.inventory, *id))
            .map_or("", role_name);
        let command = process.map_or_else(|| "has ended".to_owned(), shown::command_line);
        lines.push(format!("  {:>7} {role:<7} {command}", id.pid));
    }
    let freed = match pss.known() {
        Some(_) => format!(", frees about {}", pss.shown(figures::bytes)),
        None => String::new(),
    };
    let head = format!(
        "{} of {}: {}{freed}",
        shown::text(&removal.name),
        shown::text(&removal.owner),
        counted(removal.processes.len(), "process"),
    );
    sheet.line(&head, look.strong());
    for line in lines {
        sheet.line(&line, Style::new());
    }
    for reason in &removal.reasons {
        sheet.paragraph(4, &shown::text(reason), look.dim());
    }
    for (id, why) in &removal.spared {
        sheet.paragraph(
            4,
            &format!("{} stays: {}", id.pid, shown::text(why)),
            look.severity(model::Severity::Info),
        );
    }
}

fn kept(sheet: &mut Sheet, refused: &Refused, look: Look) {
    sheet.line(
        &format!(
            "  {} (pid {})",
            shown::text(&refused.name),
            refused.root.pid
        ),
        Style::new(),
    );
    for refusal in &refused.refusals {
        let wait = refusal
            .wait_seconds
            .map(|seconds| format!(" (for {} yet)", model::units::seconds(seconds.ceil())))
            .unwrap_or_default();
        sheet.paragraph(
            4,
            &format!("{}{wait}", shown::text(&refusal.detail)),
            look.dim(),
        );
    }
}

fn role(inventory: &Inventory, id: ProcessId) -> Option<Role> {
    let (_, instance) = inventory.instance_of(id.pid)?;
    instance
        .members
        .iter()
        .find(|member| member.id == id)
        .map(|member| member.role)
}

/// The word for a role.
pub fn role_name(role: Role) -> &'static str {
    match role {
        Role::Wrapper => "wrapper",
        Role::Server => "server",
        Role::Helper => "helper",
    }
}
