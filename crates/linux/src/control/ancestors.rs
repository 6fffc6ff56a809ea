//! Processes that are never signalled, whatever a plan says.

use model::ProcessId;

use crate::{ProcRoot, parse};

/// Longest chain of parents that is followed: PID namespaces nest to 32, shells a few more.
const DEEPEST: usize = 256;

/// Why a process may never be signalled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Forbidden {
    /// For kill(2), 0 and negative numbers mean groups, -1 means everybody.
    #[error("{0} is no process id")]
    NoProcess(i64),
    /// The machine's or the container's first process.
    #[error("process 1 keeps the machine or the container alive")]
    Init,
    /// Ourselves.
    #[error("process {0} is mcpvisor itself")]
    Ourselves(u32),
    /// A shell, terminal, SSH server or client that we were started from.
    #[error("process {0} is an ancestor of mcpvisor: ending it would end us too")]
    Ancestor(u32),
    /// A thread of the kernel.
    #[error("process {0} belongs to the kernel")]
    Kernel(u32),
}

/// Our ancestors, parent first, as far as this PID namespace shows them.
pub fn ancestors_of_self(root: &ProcRoot) -> Vec<ProcessId> {
    let mut chain: Vec<ProcessId> = Vec::new();
    let mut next = parent_of(root, std::process::id()).map(|(_, parent)| parent);
    while let Some(pid) = next.filter(|pid| *pid != 0 && chain.len() < DEEPEST) {
        let Some((id, parent)) = parent_of(root, pid) else {
            break;
        };
        if chain.contains(&id) {
            break;
        }
        chain.push(id);
        next = Some(parent);
    }
    chain
}

/// Refuses what must not be signalled. To be asked with the pid as it came in, before
/// it is narrowed to what the kernel takes.
pub(super) fn check(root: &ProcRoot, pid: u32) -> Result<(), Forbidden> {
    if pid == 0 || i32::try_from(pid).is_err() {
        return Err(Forbidden::NoProcess(i64::from(pid.cast_signed())));
    }
    if pid == 1 {
        return Err(Forbidden::Init);
    }
    if pid == std::process::id() {
        return Err(Forbidden::Ourselves(pid));
    }
    if ancestors_of_self(root).iter().any(|id| id.pid == pid) {
        return Err(Forbidden::Ancestor(pid));
    }
    Ok(())
}

fn parent_of(root: &ProcRoot, pid: u32) -> Option<(ProcessId, u32)> {
    let text = root.read(&format!("{pid}/stat"), 4096).ok()?;
    let stat = parse::stat::stat(&text)?;
    let id = ProcessId {
        pid,
        start_ticks: stat.start_ticks,
    };
    Some((id, stat.ppid))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::{Forbidden, ancestors_of_self, check};
    use crate::ProcRoot;

    #[test]
    fn numbers_that_mean_groups_are_refused() {
        let root = ProcRoot::system().unwrap();
        assert_eq!(check(&root, 0), Err(Forbidden::NoProcess(0)));
        assert_eq!(check(&root, u32::MAX), Err(Forbidden::NoProcess(-1)));
        assert_eq!(check(&root, 1 << 31), Err(Forbidden::NoProcess(-(1 << 31))));
        assert_eq!(check(&root, 1), Err(Forbidden::Init));
    }

    #[test]
    fn we_and_our_ancestors_are_refused() {
        let root = ProcRoot::system().unwrap();
        let own = std::process::id();
        assert_eq!(check(&root, own), Err(Forbidden::Ourselves(own)));
        for ancestor in ancestors_of_self(&root) {
            assert!(check(&root, ancestor.pid).is_err());
        }
    }

    #[test]
    fn a_cyclic_tree_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let own = std::process::id();
        for (pid, parent) in [(own, 700_001), (700_001, 700_002), (700_002, 700_001)] {
            let process = folder.path().join(pid.to_string());
            std::fs::create_dir(&process).unwrap();
            let line =
                format!("{pid} (x) S {parent} 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 {pid} 0 0 0\n");
            std::fs::write(process.join("stat"), line).unwrap();
        }
        let root = ProcRoot::open(folder.path()).unwrap();
        let pids: Vec<u32> = ancestors_of_self(&root).iter().map(|id| id.pid).collect();
        assert_eq!(pids, [700_001, 700_002]);
        assert_eq!(check(&root, 700_002), Err(Forbidden::Ancestor(700_002)));
    }
}
