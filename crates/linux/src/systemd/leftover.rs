//! Scopes that an earlier mcpvisor left because it was killed while others were in them.

use std::fs;
use std::path::{Path, PathBuf};

use super::address::Manager;
use super::call;
use super::error::ScopeError;
use super::scope::ask;
use crate::cgroup::GroupName;

/// Groups below each other that are looked into: a scope, what is made in it, and what a server makes.
const DEEPEST: usize = 4;

/// A scope with a name as only mcpvisor gives it.
#[derive(Debug)]
pub struct AbandonedScope {
    /// Its name, which tells who made it.
    pub name: GroupName,
    /// Processes in it and below it, as far as they can be read.
    pub pids: Vec<u32>,
}

impl AbandonedScope {
    /// Has systemd end what is in it: SIGTERM, after ten seconds SIGKILL. First make sure that
    /// [`GroupName::maker`] has ended.
    ///
    /// # Errors
    /// systemd cannot be asked, or refuses.
    pub fn stop(&self) -> Result<(), ScopeError> {
        let unit = format!("{}.scope", self.name);
        ask(Manager::ours(), |serial| call::stop(serial, &unit))
    }
}

/// Scopes of ours beside the one with this folder, those of mcpvisors that live too. What cannot be read
/// is none.
pub fn abandoned(scope: &Path) -> Vec<AbandonedScope> {
    let Some(slice) = scope.parent() else {
        return Vec::new();
    };
    let beside = folders(slice).into_iter().filter(|folder| folder != scope);
    let ours = |folder: PathBuf| {
        let name = folder.file_name()?.to_str()?.strip_suffix(".scope")?;
        Some(AbandonedScope {
            name: GroupName::parse(name)?,
            pids: pids(&folder, DEEPEST),
        })
    };
    beside.filter_map(ours).collect()
}

fn folders(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let folders = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    folders.map(|entry| entry.path()).collect()
}

fn pids(group: &Path, depth: usize) -> Vec<u32> {
    let text = fs::read_to_string(group.join("cgroup.procs")).unwrap_or_default();
    let mut pids: Vec<u32> = text.lines().filter_map(|line| line.parse().ok()).collect();
    if depth > 0 {
        pids.extend(
            folders(group)
                .iter()
                .flat_map(|below| self::pids(below, depth - 1)),
        );
    }
    pids
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn only_what_we_have_named_is_found() {
        let slice = tempfile::tempdir().unwrap();
        let make = |path: &str, pids: &str| {
            let folder = slice.path().join(path);
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join("cgroup.procs"), pids).unwrap();
            folder
        };
        let own = make("mcpvisor-a-1-2-0.scope", "1\n");
        make("mcpvisor-b-x-3-4-0.scope", "");
        make("mcpvisor-b-x-3-4-0.scope/mcpvisor-supervisor", "");
        make(
            "mcpvisor-b-x-3-4-0.scope/mcpvisor-b-x-3-4-0/deeper",
            "7\n8\n",
        );
        make("mcpvisor.service", "9\n");
        make("mcpvisor-5-6-0.scope.wants", "9\n");
        make("session-2.scope", "9\n");
        let found = abandoned(&own);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].name.to_string(), "mcpvisor-b-x-3-4-0");
        assert_eq!(found[0].pids, [7, 8]);
    }
}
