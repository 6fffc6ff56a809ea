//! What comes into a plan, and what never does.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use containers::cidfile::Content;
use containers::orphan::Certainty;
use jiff::Timestamp;

use super::*;
use crate::engines::samples::{id, judged, orphan, view};
use crate::top::tests::sample;

/// Proven, likely, waiting, served, kept, unknown.
fn all() -> Vec<Judged> {
    let waiting = |seconds| Verdict::Waiting {
        seconds,
        evidence: vec!["its client is gone".to_owned()],
    };
    let words = || "so".to_owned();
    vec![
        judged('a', "proven", orphan(Certainty::Proven)),
        judged('b', "likely", orphan(Certainty::Likely)),
        judged('c', "soon", waiting(30)),
        judged('d', "later", waiting(3_000)),
        judged('e', "served", Verdict::Served { evidence: words() }),
        judged('f', "kept", Verdict::Kept { why: words() }),
        judged('0', "unknown", Verdict::Unknown { why: words() }),
        judged('1', "stopped", Verdict::NotRunning),
    ]
}

struct World {
    view: View,
    judged: Vec<Judged>,
    cidfiles: Vec<(Cidfile, CidfileVerdict)>,
    about: BTreeMap<String, String>,
    wishes: Wishes,
}

impl World {
    fn new(judged: Vec<Judged>) -> Self {
        let orphans = judged
            .iter()
            .filter(|judged| matches!(judged.verdict, Verdict::Orphan { .. }));
        let about = orphans.map(|judged| {
            let container = &judged.owned.container;
            (
                format!("container_orphan-{}", container.name),
                container.id.clone(),
            )
        });
        Self {
            view: view(&judged),
            about: about.collect(),
            judged,
            cidfiles: Vec::new(),
            wishes: Wishes::default(),
        }
    }

    fn only(words: &[&str]) -> Self {
        let mut world = Self::new(all());
        world.wishes.only = words.iter().map(|word| (*word).to_owned()).collect();
        world
    }

    fn plan(&self) -> Plan {
        let table = sample::picture().table;
        let beside = Beside {
            table: &table,
            wishes: &self.wishes,
            files: &[],
            is_thorough: true,
        };
        plan(&Scene {
            beside: &beside,
            view: &self.view,
            judged: &self.judged,
            cidfiles: &self.cidfiles,
            about: &self.about,
        })
    }
}

fn removed(plan: &Plan) -> Vec<&str> {
    let names = plan.removals.iter();
    names
        .map(|removal| removal.planned.target().name.as_str())
        .collect()
}

fn refused(plan: &Plan) -> Vec<&str> {
    plan.refused.iter().map(|one| one.name.as_str()).collect()
}

#[test]
fn by_default_only_what_is_proven() {
    let plan = World::new(all()).plan();
    assert_eq!(removed(&plan), ["proven"]);
    assert_eq!(refused(&plan), ["likely", "soon", "later"]);
    let likely = &plan.refused[0];
    assert!(
        likely.detail.contains("--only container_orphan-likely"),
        "{}",
        likely.detail
    );
    assert_eq!(plan.longest_wait(), Some(30.0), "nobody waits for an hour");
    assert_eq!(plan.removals[0].socket, PathBuf::from("/run/engine.sock"));
}

#[test]
fn what_is_likely_has_to_be_named_itself() {
    let short = &id('b')[..12];
    for word in ["likely", short, "container_orphan-likely"] {
        assert_eq!(removed(&World::only(&[word]).plan()), ["likely"], "{word}");
    }
    for word in ["container_orphan", "orphan", "time"] {
        let plan = World::only(&[word]).plan();
        assert_eq!(removed(&plan), ["proven"], "{word}");
        assert!(refused(&plan).contains(&"likely"), "{word}");
    }
    assert_eq!(removed(&World::only(&["bbbb", "4711"]).plan()), [""; 0]);
}

#[test]
fn what_somebody_uses_or_nobody_knows_is_never_removed() {
    let names = ["served", "kept", "unknown", "stopped", "soon"];
    let plan = World::only(&names).plan();
    assert_eq!(removed(&plan), [""; 0]);
    assert_eq!(plan.refused.len(), names.len());
}

#[test]
fn wishes_keep_some_out() {
    let mut world = World::new(all());
    world.wishes.exclude = vec!["proven".to_owned()];
    assert_eq!(removed(&world.plan()), [""; 0]);
    for word in ["proven", "time", "mcp/"] {
        let mut world = World::new(all());
        world.wishes.never_touch = vec![word.to_owned()];
        let plan = world.plan();
        assert_eq!(removed(&plan), [""; 0], "{word}");
        assert!(plan.refused[0].detail.contains(word), "{word}");
    }
    let mut world = World::new(all());
    world.wishes.older_than_seconds = Some(1e9);
    assert_eq!(removed(&world.plan()), [""; 0]);
    let mut world = World::new(all());
    world.wishes.insist = true;
    assert_eq!(
        world.plan(),
        Plan::default(),
        "who insists has named processes"
    );
}

#[test]
fn nothing_of_an_engine_that_does_not_answer() {
    let mut world = World::new(all());
    let mut engine = (*world.view.engines[0]).clone();
    engine.state = EngineState::Hangs {
        since: Timestamp::UNIX_EPOCH,
    };
    world.view.engines = vec![Arc::new(engine)];
    assert_eq!(removed(&world.plan()), [""; 0]);
}

#[test]
fn the_id_is_of_what_would_be_removed() {
    let plan = World::new(all()).plan();
    let with = plan.id_with("12345678");
    assert_ne!(with, "12345678");
    assert_eq!(with, World::new(all()).plan().id_with("12345678"));
    assert_ne!(with, plan.id_with("87654321"));
    assert_eq!(Plan::default().id_with("12345678"), "12345678");
    let mut again = all();
    let container = Arc::make_mut(&mut again[0].owned.container);
    container.started = Some(Timestamp::UNIX_EPOCH);
    let again = World::new(again).plan();
    assert_ne!(with, again.id_with("12345678"), "another run of it");
}

#[test]
fn files_of_programs_that_nobody_knows_have_to_be_named() {
    let file = |name: &str, writer| Cidfile {
        path: PathBuf::from(name),
        writer,
        content: Content::Empty,
        modified: Timestamp::UNIX_EPOCH,
        identity: (1, 2),
    };
    let mut world = World::new(Vec::new());
    world.cidfiles = vec![
        (
            file("/t/mcpproxy-cid-1.txt", Writer::Mcpproxy),
            CidfileVerdict::Stale,
        ),
        (file("/t/x.cid", Writer::Other), CidfileVerdict::Stale),
        (
            file("/t/mcpproxy-cid-2.txt", Writer::Mcpproxy),
            CidfileVerdict::InUse,
        ),
    ];
    let paths = |world: &World| -> Vec<String> {
        let files = world.plan().files;
        let paths = files
            .iter()
            .map(|file| file.file.path().display().to_string());
        paths.collect()
    };
    assert_eq!(paths(&world), ["/t/mcpproxy-cid-1.txt"]);
    world.wishes.only = vec!["container_cidfiles".to_owned()];
    assert_eq!(paths(&world), ["/t/mcpproxy-cid-1.txt"]);
    world.wishes.only = vec!["/t/x.cid".to_owned()];
    assert_eq!(paths(&world), ["/t/x.cid"]);
    world.wishes.only = vec!["4711".to_owned()];
    assert_eq!(paths(&world), [""; 0]);
    world.wishes.only.clear();
    world.wishes.exclude = vec!["stale_state".to_owned()];
    assert_eq!(paths(&world), [""; 0]);
}
