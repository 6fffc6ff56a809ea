//! Evidence that is read only for what it matters to: package metadata, pipes, locks.

use std::collections::BTreeSet;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use inventory::command::Command;
use inventory::packages::Packages;
use inventory::{Context, Inventory, Role};
use linux::ProcRoot;
use linux::locks::FileKey;
use model::{FileTarget, ProcessTable};

use super::reader;

/// Looks up the packages of all scripts that run.
pub(super) fn packages(table: &ProcessTable, context: &mut Context, packages: &mut Packages) {
    let own_uid = context.own_uid;
    context
        .packages
        .retain(|id, _| table.get(id.pid).is_some_and(|process| process.id() == *id));
    packages.forget_ended(table);
    for process in table.processes() {
        let uid = process.sample.facts.uid;
        // Another user's files say nothing to us, but to root.
        if own_uid != 0 && uid != Some(own_uid) || !packages.is_new(process) {
            continue;
        }
        let Some(command) =
            Command::parse(process.argv()).filter(|command| command.script.is_some())
        else {
            continue;
        };
        let read = |path: &Path, cap: usize| reader::read(uid.unwrap_or(own_uid), path, cap).ok();
        if let Some(facts) = packages.look(process, &command, &read) {
            context.packages.insert(process.id(), facts);
        }
    }
}

/// Asks the kernel who could still write to the instances. Tells whether anything new was learned.
pub(super) fn ask_kernel(
    root: &ProcRoot,
    table: &ProcessTable,
    inventory: &Inventory,
    context: &mut Context,
) -> bool {
    let mut learned = false;
    context
        .writers
        .retain(|id, _| table.get(id.pid).is_some_and(|process| process.id() == *id));
    let of_others = |root| context.kept_as(root).is_none();
    // Those that we keep are written to by ourselves.
    let asked: Vec<_> = inventory
        .instances()
        .map(|(_, instance)| instance)
        .filter(|instance| of_others(instance.root))
        .collect();
    for instance in asked {
        for member in &instance.members {
            let Some(process) = table.get(member.id.pid) else {
                continue;
            };
            let Some(files) = process.files() else {
                continue;
            };
            let (input, _) = inventory::wiring::streams(process);
            let piped = files
                .get(input)
                .is_some_and(|file| matches!(file.target, FileTarget::Pipe(_)));
            if member.role != Role::Helper && piped {
                // A pipe may lose its writer at any time, so it is asked anew each time.
                if let Some(gone) = linux::control::stdin_writer_gone(root, member.id.pid, input) {
                    learned |= context.writers.insert(member.id, !gone) != Some(!gone);
                }
            }
        }
    }
    learned
}

/// Reads which file locks orphans hold; those of others trouble nobody.
pub(super) fn locks(
    root: &ProcRoot,
    table: &ProcessTable,
    inventory: &Inventory,
    context: &mut Context,
) {
    context.locks.clear();
    let orphans = inventory
        .instances()
        .filter(|(_, instance)| instance.orphaned.is_some());
    let members: Vec<_> = orphans
        .flat_map(|(_, instance)| &instance.members)
        .collect();
    if members.is_empty() {
        return;
    }
    let all = linux::locks::read(root).unwrap_or_default();
    for member in members {
        if let Some(files) = table.get(member.id.pid).and_then(model::Process::files) {
            let held = locked(root, &all, member.id.pid, files);
            context
                .locks
                .extend(held.into_iter().map(|path| (member.id, path)));
        }
    }
}

/// Paths of the files that a process holds a lock on.
fn locked(
    root: &ProcRoot,
    locks: &[linux::locks::FileLock],
    pid: u32,
    files: &model::OpenFiles,
) -> Vec<String> {
    let mut found = BTreeSet::new();
    for entry in &files.entries {
        let FileTarget::File { path, .. } = &entry.target else {
            continue;
        };
        let Ok(metadata) = std::fs::metadata(root.path().join(format!("{pid}/fd/{}", entry.fd)))
        else {
            continue;
        };
        if !metadata.is_file() {
            continue;
        }
        let key = FileKey::new(metadata.dev(), metadata.ino());
        let own = linux::locks::held_on(locks, key).any(|lock| lock.pid == Some(pid));
        let shared = || {
            linux::locks::held_on(locks, key).next().is_some()
                && linux::locks::of_descriptor(root, pid, entry.fd).is_ok_and(|all| !all.is_empty())
        };
        if own || shared() {
            found.insert(path.clone());
        }
    }
    found.into_iter().collect()
}
