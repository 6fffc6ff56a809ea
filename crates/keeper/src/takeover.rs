//! What an earlier mcpvisor left behind, since it was killed: taken over or ended, as `supervise::adopt`
//! decides for each record.
//!
//! A root is taken for that of the record if pid, start time and boot are those, and it belongs to the start:
//! it is in the group that was made for it, or carries its mark. Nothing else of it is compared, since a root
//! may have become another program meanwhile (`exec env`, `exec python`), and has another parent since we were
//! killed. One of which neither can be read (it wrote over its environment, and there is no group) must be in
//! everything who it was (`control::Expected`). A group is taken only if it bears the number of the mcpvisor
//! that wrote the record.

use std::collections::BTreeSet;

use linux::cgroup::{self, Group, Hierarchies, Leftover, PREFIX};
use linux::control::{Expected, Target};
use linux::marks;
use model::ProcessId;
use supervise::Spec;
use supervise::adopt::{Alive, EndReason, Run as Recorded, Verdict, decide};
use supervise::lifecycle::Event;
use supervise::spec::{Runs, Transport};

use crate::keeper::Shop;
use crate::kept::Kept;
use crate::launch::LABEL;
use crate::record::Record;
use crate::run::Run;
use crate::streams;
use crate::tree::Tree;
use crate::wanted::Wanted;

/// A server that a record is about and no configuration knows any more: to be ended.
pub(crate) fn unconfigured(record: &Record) -> Wanted {
    Wanted::new(Spec::new(record.name.clone(), Runs::default()))
}

/// Takes over or ends what the record of this server names.
pub(crate) fn take_over(kept: &mut Kept, shop: &mut Shop) {
    let Some(recorded) = kept.record.run.clone() else {
        return;
    };
    let group = group(&recorded, kept.record.maker, shop);
    let mark = kept.record.mark.clone().unwrap_or_default();
    let tree = Tree::new(group, mark.clone());
    let held = kept
        .record
        .root
        .as_ref()
        .and_then(|expected| root(expected, &tree, shop));
    let held = held.filter(|held| matches!(held.ending(), Ok(None)));
    let alive = alive(&recorded, held.as_ref(), &tree, &mark, shop);
    let specs: Vec<Spec> = (!kept.leaves)
        .then(|| (*kept.wanted.spec).clone())
        .into_iter()
        .collect();
    let runs = [recorded];
    let decisions = decide(&runs, &alive, &specs, kept.wanted.survival);
    let [recorded] = &runs;
    let verdict = decisions.runs.first().map(|decision| decision.verdict);
    let mut run = Run::new(recorded.generation, tree, shop.now());
    let root = held.as_ref().map(Target::id);
    if let Some(held) = held {
        run.tree.set_root(held.id().pid);
        run.held = Some(held);
    }
    run.has_ended = run.held.is_none();
    match (verdict, root) {
        (Some(Verdict::Adopt), Some(id)) => {
            reopen_log(&mut run, kept, shop);
            kept.inherit(
                run,
                Event::Adopted { id },
                "outlived an earlier mcpvisor",
                shop,
            );
        }
        (Some(Verdict::End(why)), id) => {
            let words = format!("is ended: {}", reason(why));
            kept.inherit(run, Event::Leftover { id }, &words, shop);
        }
        _ => {
            run.tree.remove();
            kept.record.run = None;
        }
    }
}

/// The root of the record, if it is still there.
fn root(expected: &Expected, tree: &Tree, shop: &Shop) -> Option<Target> {
    let proc_root = &shop.ground.root;
    let (held, now) = Target::hold(proc_root, expected.id.pid).ok()?;
    let is_same_start = now.id == expected.id && now.boot_id == expected.boot_id;
    // Asked while it is held, so of this process.
    if is_same_start && !now.boot_id.is_empty() && tree.has(proc_root, now.id.pid) {
        return Some(held);
    }
    Target::open(proc_root, expected).ok()
}

fn reason(why: EndReason) -> &'static str {
    match why {
        EndReason::StdioLost => "its input and output ended with the mcpvisor that held them",
        EndReason::NotConfigured => "it is not configured any more",
        EndReason::Changed => "it is configured to run something else now",
        EndReason::NotWanted => "it was being ended when mcpvisor was killed",
        EndReason::Remains => "its first process has ended and left others",
        EndReason::Superseded => "a later start of it lives too",
        EndReason::Policy => "it is configured not to outlive mcpvisor",
        EndReason::Unrecorded => "no record names it",
    }
}

/// Its group, if it is there and the record's mcpvisor made it.
fn group(recorded: &Recorded, maker: Option<ProcessId>, shop: &Shop) -> Option<Group> {
    let hierarchies: &Hierarchies = shop.ground.hierarchies.as_ref().ok()?;
    let prefix = format!("{PREFIX}{LABEL}");
    let found = cgroup::leftovers(hierarchies, &prefix).ok()?;
    let is_it = |leftover: &Leftover| {
        Some(leftover.name.to_string()) == recorded.cgroup && Some(leftover.name.maker()) == maker
    };
    found.into_iter().find(is_it).map(Leftover::into_group)
}

fn alive(
    recorded: &Recorded,
    held: Option<&Target>,
    tree: &Tree,
    mark: &str,
    shop: &Shop,
) -> Alive {
    let lives = if let Some(group) = tree.group() {
        group.is_populated().unwrap_or(true)
    } else {
        let bearers = marks::bearers(&shop.ground.root, mark);
        !mark.is_empty() && bearers.is_ok_and(|mut bearers| bearers.next().is_some())
    };
    let sets: BTreeSet<String> = recorded
        .cgroup
        .clone()
        .filter(|_| lives)
        .into_iter()
        .collect();
    Alive {
        boot_id: shop.boot_id.clone(),
        processes: held.map(Target::id).into_iter().collect(),
        cgroups: sets,
    }
}

/// An HTTP server writes to its named pipe all the time.
fn reopen_log(run: &mut Run, kept: &Kept, shop: &Shop) {
    if kept.wanted.spec.runs.transport != Transport::Http {
        return;
    }
    match streams::reopen(&shop.records.path(kept.name(), "fifo")) {
        Ok(log) => run.ours.log = Some(log),
        Err(error) => tracing::warn!("{}: its log is lost: {error}", kept.name()),
    }
}
