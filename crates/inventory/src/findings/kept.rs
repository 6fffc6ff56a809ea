//! What is wrong with servers that mcpvisor keeps: whoever keeps them knows, and says so here.

use model::{Finding, text};

use super::{Scene, finding, id};

pub(super) fn judge(scene: &Scene<'_>, findings: &mut Vec<Finding>) {
    for kept in &scene.context.kept {
        for trouble in &kept.troubles {
            let name = text::safe(&kept.name);
            let title = format!("`{name}` {}", text::safe(&trouble.title));
            let mut found = finding(
                trouble.kind,
                trouble.severity,
                id(trouble.kind, [kept.name.as_str()]),
                title,
                &trouble.advice,
            );
            found.server = Some(kept.id());
            found.processes = kept.root.into_iter().collect();
            found.cost = scene.cost(&found.processes);
            let facts = trouble.evidence.iter();
            found.evidence = facts.map(|fact| text::safe(fact).into_owned()).collect();
            found.command.clone_from(&trouble.command);
            findings.push(found);
        }
    }
}
