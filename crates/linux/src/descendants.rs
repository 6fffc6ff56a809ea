//! Descendants of a process, as the kernel lists them now.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use crate::{ProcRoot, parse::stat};

/// All of them, parents before their children; zombies too.
///
/// `/proc/PID/task/TID/children` needs no look at the whole machine, but is only there with
/// `CONFIG_PROC_CHILDREN` (`proc_pid_children(5)`), and may miss a child while another ends: whoever
/// needs all of them looks until two looks agree.
pub fn of(root: &ProcRoot, ancestor: u32) -> Vec<u32> {
    match by_children(root, ancestor) {
        Some(found) => found,
        None => by_table(root, ancestor),
    }
}

fn by_children(root: &ProcRoot, ancestor: u32) -> Option<Vec<u32>> {
    let mut found = Vec::new();
    let mut seen = BTreeSet::from([ancestor]);
    let mut next = vec![ancestor];
    let mut can_be_read = false;
    while let Some(pid) = next.pop() {
        let children = children(root, pid);
        can_be_read |= children.is_some();
        for child in children.into_iter().flatten() {
            if seen.insert(child) {
                found.push(child);
                next.push(child);
            }
        }
    }
    can_be_read.then_some(found)
}

/// What all threads of a process have forked and not waited for; nothing if it has ended, or if the kernel
/// has no such list.
fn children(root: &ProcRoot, pid: u32) -> Option<Vec<u32>> {
    let threads = fs::read_dir(root.path().join(format!("{pid}/task"))).ok()?;
    let lists = threads
        .flatten()
        .map(|thread| thread.path().join("children"));
    let mut texts = lists
        .filter_map(|list| fs::read_to_string(list).ok())
        .peekable();
    texts.peek()?;
    let pids = |text: String| -> Vec<u32> {
        let words = text.split_ascii_whitespace();
        words.filter_map(|word| word.parse().ok()).collect()
    };
    Some(texts.flat_map(pids).collect())
}

fn by_table(root: &ProcRoot, ancestor: u32) -> Vec<u32> {
    let mut children: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    let entries = fs::read_dir(root.path()).into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    for pid in pids {
        let text = root.read(&format!("{pid}/stat"), 4096).ok();
        if let Some(parent) = text.and_then(|text| Some(stat::stat(&text)?.ppid)) {
            children.entry(parent).or_default().push(pid);
        }
    }
    let mut found = Vec::new();
    let mut next = vec![ancestor];
    while let Some(pid) = next.pop() {
        let of_it = children.remove(&pid).unwrap_or_default();
        found.extend(&of_it);
        next.extend(of_it);
    }
    found
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    #![allow(
        clippy::disallowed_methods,
        reason = "the test starts what it looks for"
    )]

    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn both_ways_find_children_of_children() {
        let root = ProcRoot::system().unwrap();
        let mut child = Command::new("sh")
            .args(["-c", "exec 3<&0; cat <&3 & cat <&3 & exec 3<&- <&-; wait"])
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        let wanted = |found: &[u32]| found.len() == 2;
        while !wanted(&by_table(&root, child.id())) {
            std::thread::yield_now();
        }
        if let Some(found) = by_children(&root, child.id()) {
            assert_eq!(
                found.iter().collect::<BTreeSet<_>>(),
                by_table(&root, child.id()).iter().collect::<BTreeSet<_>>()
            );
        }
        assert!(of(&root, std::process::id()).contains(&child.id()));
        drop(child.stdin.take());
        child.wait().unwrap();
        assert!(of(&root, child.id()).is_empty());
    }
}
