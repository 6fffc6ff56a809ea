//! `mcpvisor explain PID`.

use inventory::command::Command;
use inventory::plan::Refusal;
use inventory::{owners, plan};

use crate::cli::Setting;
use crate::exit::{self, Failure};
use crate::observe::{Observer, Scope};
use crate::picture::Picture;
use crate::render;
use crate::report::{self, Ancestor, ExplainReport, FindingReport, OwnerReport, Words};

/// `explain`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The process.
    pub pid: u32,
    /// As JSON (schema/explain.v1.json).
    #[arg(long)]
    pub json: bool,
}

/// Runs the command.
pub fn run(setting: &Setting, arguments: &Arguments) -> anyhow::Result<u8> {
    let mut observer = Observer::once(setting)?;
    // Named by its pid it is judged even if it is no orphan, so that the reasons are told.
    observer.wishes().only = vec![arguments.pid.to_string()];
    let seen = observer.observe(Scope::Thorough);
    observer.remember();
    let report = explain(&seen, arguments.pid).ok_or_else(|| {
        Failure::new(
            exit::NO_INPUT,
            format!(
                "there is no process {}; `mcpvisor ps --all` lists all",
                arguments.pid
            ),
        )
    })?;
    if arguments.json {
        setting.output.json(&report, true)?;
    } else {
        setting
            .output
            .text(&render::explain::render(&report, &setting.output))?;
    }
    Ok(exit::FINE)
}

fn explain(seen: &Picture, pid: u32) -> Option<ExplainReport> {
    let mut words = Words::default();
    words.refresh(&seen.table);
    let at = seen.table.position(pid)?;
    let mut process = report::process_report(&seen.table, at, &words);
    let found = seen.inventory.instance_of(pid);
    if let Some((_, instance)) = found
        && let Some(member) = instance.members.iter().find(|member| member.id.pid == pid)
    {
        process.role = Some(member.role);
        process.stray = member.stray;
    }
    let known = |at: usize| {
        let process = &seen.table.processes()[at];
        owners::recognise(process, Command::parse(process.argv()).as_ref(), None)
    };
    let removed = seen
        .plan
        .removals
        .iter()
        .any(|removal| removal.processes.iter().any(|id| id.pid == pid));
    Some(ExplainReport {
        schema: report::EXPLAIN.into(),
        taken_at: seen.table.moment.wall,
        process,
        what: match (&found, known(at)) {
            (Some(_), _) => "server",
            (None, Some(_)) => "owner",
            (None, None) => "other",
        }
        .into(),
        server: found.map(|(server, _)| server.name.clone()),
        server_id: found.map(|(server, _)| server.id.clone()),
        owner: found.map(|(server, _)| OwnerReport::from(&server.owner)),
        confidence: found.map(|(server, _)| report::rounded(server.confidence)),
        evidence: found
            .map(|(server, _)| server.evidence.clone())
            .unwrap_or_default(),
        orphaned: found
            .and_then(|(_, instance)| instance.orphaned.as_ref())
            .map(|gone| gone.evidence.clone())
            .unwrap_or_default(),
        verdict: if removed { "cleaned" } else { "kept" }.into(),
        reasons: if removed {
            Vec::new()
        } else {
            reasons(&seen.plan, found.map(|(_, i)| i.root))
        },
        ancestors: seen
            .table
            .ancestors(at)
            .map(|above| {
                let parent = &seen.table.processes()[above];
                Ancestor {
                    pid: parent.pid(),
                    cmdline: words.of(parent).to_string(),
                    owner: known(above).map(|known| known.name.to_owned()),
                }
            })
            .collect(),
        findings: seen
            .findings
            .iter()
            .filter(|finding| finding.processes.iter().any(|id| id.pid == pid))
            .map(FindingReport::from)
            .collect(),
    })
}

fn reasons(plan: &plan::Plan, root: Option<model::ProcessId>) -> Vec<Refusal> {
    plan.refused
        .iter()
        .filter(|refused| Some(refused.root) == root)
        .flat_map(|refused| refused.refusals.clone())
        .collect()
}
