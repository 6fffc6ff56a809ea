//! Findings about containers, as the findings of a picture, and what cannot be seen of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use containers::View;
use containers::container::Container;
use containers::finding;
use containers::view::EngineState;
use model::finding::Cost;
use model::{Finding, FindingKind, ProcessId, ProcessTable, Unavailable};

/// Which container each finding is about.
pub(super) fn about(found: &[finding::Finding]) -> BTreeMap<String, String> {
    let about = found.iter().filter_map(|finding| {
        let container = finding.container.clone()?;
        Some((finding.id.clone(), container))
    });
    about.collect()
}

/// The same findings in the picture's words.
pub(super) fn findings(
    found: Vec<finding::Finding>,
    containers: &[Arc<Container>],
    table: &ProcessTable,
) -> Vec<Finding> {
    let told = found.into_iter().filter_map(|finding| {
        let id = finding.container.as_ref();
        let container = id.and_then(|id| containers.iter().find(|one| one.id == *id));
        let root = container.and_then(|container| main_process(container, table));
        Some(Finding {
            kind: kind(finding.kind)?,
            id: finding.id,
            severity: finding.severity,
            title: finding.title,
            server: None,
            processes: root.into_iter().collect(),
            evidence: finding.evidence,
            cost: Cost {
                rss_bytes: finding.memory_bytes.unwrap_or(0),
                ..Cost::default()
            },
            advice: finding.advice,
            command: finding.command,
        })
    });
    told.collect()
}

fn kind(name: &str) -> Option<FindingKind> {
    let mut all = FindingKind::ALL.into_iter();
    all.find(|kind| kind.name() == name)
}

/// A container's main process, where its engine runs on this kernel.
pub(super) fn main_process(container: &Container, table: &ProcessTable) -> Option<ProcessId> {
    let process = table.get(container.pid?)?;
    // Its control group names it; else the number is one of another machine.
    let its = process.sample.facts.container_id.as_deref()?;
    container.id.starts_with(its).then(|| process.id())
}

/// Engines that are not there, may not be asked, or do not answer; each in a line.
pub(super) fn unavailable(view: &View) -> Vec<Unavailable> {
    let missing = |why: &str, remedy: &str| Unavailable {
        what: "containers".to_owned(),
        why: why.to_owned(),
        remedy: remedy.to_owned(),
    };
    let notes = view.notes.iter().map(|note| missing(note, ""));
    let engines = view.engines.iter().filter_map(|engine| {
        let socket = engine.socket.display();
        match &engine.state {
            EngineState::Connecting | EngineState::Up if engine.not_inspected > 0 => {
                let count = engine.not_inspected;
                let why = format!("{count} containers of {socket} could not be inspected in time");
                Some(missing(&why, "none of its containers is cleaned meanwhile"))
            }
            EngineState::Connecting | EngineState::Up => None,
            EngineState::Hangs { since } => Some(missing(
                &format!("the engine at {socket} hangs: no answer since {since}"),
                "restart it if it does not come back; its containers are neither judged nor cleaned meanwhile",
            )),
            EngineState::Down { why, .. } | EngineState::Refused { why } => {
                Some(missing(why, ""))
            }
        }
    });
    notes.chain(engines).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_the_crate_is_a_kind_of_the_picture() {
        for name in [
            finding::kind::ORPHAN,
            finding::kind::CIDFILES,
            finding::kind::CREDENTIALS,
            finding::kind::BACKENDS,
            finding::kind::OOM,
            finding::kind::UNHEALTHY,
            finding::kind::ENGINE,
        ] {
            assert!(kind(name).is_some(), "{name}");
        }
    }

    #[test]
    fn that_there_is_no_engine_is_one_line() {
        let view = View {
            engines: Vec::new(),
            notes: vec!["no container engine".to_owned()],
        };
        let told = unavailable(&view);
        assert_eq!(told.len(), 1);
        assert_eq!(told[0].what, "containers");
    }
}
