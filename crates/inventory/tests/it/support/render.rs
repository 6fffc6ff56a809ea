//! The answer to a picture as lines of text.
//!
//! ```text
//! NAME of OWNER PID|gone|service: STATE ROOT>..>LEAF [+ helpers] [declared in FILE:scope]
//! clean PIDS
//! spare PID
//! keep ROOT: reasons
//! find KIND SEVERITY PIDS
//! ```

use std::fmt::Write as _;

use inventory::findings::{Scene, judge};
use inventory::wiring::Wiring;
use inventory::{Instance, Role, Server};

use super::Picture;

pub(crate) fn answer(picture: &Picture) -> String {
    let inventory = picture.inventory();
    let mut text = String::new();
    for server in &inventory.servers {
        for instance in &server.instances {
            writeln!(text, "{}", line(server, instance)).unwrap();
        }
        if server.instances.is_empty() {
            writeln!(
                text,
                "{} of {}: {}",
                server.name,
                server.owner.name,
                server.state.name()
            )
            .unwrap();
        }
    }
    let plan = picture.plan();
    for removal in &plan.removals {
        let pids = pids(removal.processes.iter().map(|id| id.pid));
        writeln!(text, "clean {pids}").unwrap();
        for (id, _) in &removal.spared {
            writeln!(text, "spare {}", id.pid).unwrap();
        }
    }
    for refused in &plan.refused {
        let mut kinds: Vec<String> = Vec::new();
        for refusal in &refused.refusals {
            let kind = serde_json::to_value(refusal.kind)
                .unwrap()
                .as_str()
                .unwrap()
                .to_owned();
            if !kinds.contains(&kind) {
                kinds.push(kind);
            }
        }
        writeln!(text, "keep {}: {}", refused.root.pid, kinds.join(" ")).unwrap();
    }
    let wiring = Wiring::new(&picture.table);
    let scene = Scene {
        table: &picture.table,
        inventory: &inventory,
        context: &picture.context,
        wiring: &wiring,
    };
    for finding in judge(&scene)
        .iter()
        .filter(|finding| picture.shown.contains(&finding.kind))
    {
        let pids = pids(finding.processes.iter().map(|id| id.pid));
        let severity = format!("{:?}", finding.severity).to_lowercase();
        writeln!(text, "find {} {severity} {pids}", finding.kind.name()).unwrap();
    }
    text.lines()
        .map(str::trim_end)
        .collect::<Vec<_>>()
        .join("\n")
}

fn pids(pids: impl Iterator<Item = u32>) -> String {
    pids.map(|pid| pid.to_string())
        .collect::<Vec<_>>()
        .join(" ")
}

fn line(server: &Server, instance: &Instance) -> String {
    let owner = &server.owner;
    let pid = match (owner.alive, owner.pid) {
        (true, Some(pid)) => pid.to_string(),
        (true, None) => "service".to_owned(),
        (false, _) => "gone".to_owned(),
    };
    let with_role = |wanted: &[Role]| {
        let some = instance
            .members
            .iter()
            .filter(|member| wanted.contains(&member.role));
        some.map(|member| format!("{}{}", member.id.pid, if member.stray { "!" } else { "" }))
            .collect::<Vec<_>>()
    };
    let mut text = format!(
        "{} of {} {pid}: {} {}",
        server.name,
        owner.name,
        instance.state.name(),
        with_role(&[Role::Wrapper, Role::Server]).join(">")
    );
    let helpers = with_role(&[Role::Helper]);
    if !helpers.is_empty() {
        write!(text, " + {}", helpers.join(" ")).unwrap();
    }
    let places: Vec<&str> = server
        .declared_in
        .iter()
        .map(|place| place.scope.as_str())
        .collect();
    if !places.is_empty() {
        write!(text, " [{}]", places.join(" ")).unwrap();
    }
    text
}
