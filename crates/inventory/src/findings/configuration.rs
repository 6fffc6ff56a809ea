//! Configurations that cannot be read: whatever they declare is missing from everything else.

use model::{Finding, FindingKind, Severity};

use super::{Scene, finding, id};

pub(super) fn judge(scene: &Scene<'_>, findings: &mut Vec<Finding>) {
    for problem in &scene.context.problems {
        let file = problem.file.display().to_string();
        let at = match (problem.line, problem.column) {
            (Some(line), Some(column)) => format!(", line {line}, column {column}"),
            (Some(line), None) => format!(", line {line}"),
            _ => String::new(),
        };
        let mut found = finding(
            FindingKind::BadConfiguration,
            Severity::Warning,
            id(
                FindingKind::BadConfiguration,
                [file.as_str(), problem.message.as_str()],
            ),
            format!("{}{at} cannot be used", model::text::safe(&file)),
            "Servers that it declares are unknown here. Mend the file; its client will not read it either.",
        );
        found.evidence = vec![model::text::safe(&problem.message).into_owned()];
        findings.push(found);
    }
}
