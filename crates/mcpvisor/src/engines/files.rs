//! Files that are left behind: container ids of gateways and guards, locks and process ids of hubs.
//!
//! Only our own user's files are judged. What belongs to another is that user's to remove, and may name a
//! container of an engine that only that user can ask.

use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use containers::View;
use containers::cidfile::{self, Cidfile, CidfileVerdict, Content, Known};
use containers::process::Processes;
use inventory::context::{WatchedFile, WatchedKind};
use jiff::Timestamp;
use model::ProcessTable;

use crate::state::State;

/// Folders are read again after this long, nanoseconds.
const SCAN_EVERY_NS: u64 = 60_000_000_000;
/// A lock that is held is written anew within this; seconds.
const LOCK_IS_OLD: i64 = 60;

/// Finds files with container ids, not at every look.
pub(super) struct Scanner {
    folders: Vec<PathBuf>,
    scanned_ns: Option<u64>,
    found: Vec<Cidfile>,
}

impl Scanner {
    /// In the folder for temporary files, and in that of our guards.
    pub(super) fn new(state: &State) -> Self {
        Self {
            folders: vec![std::env::temp_dir(), state.folder().join("guards")],
            scanned_ns: None,
            found: Vec::new(),
        }
    }

    /// Reads the folders if it is time.
    pub(super) fn scan(&mut self, now_ns: u64, is_needed: bool) {
        let is_due = self
            .scanned_ns
            .is_none_or(|then| now_ns.saturating_sub(then) >= SCAN_EVERY_NS);
        if !is_due && !is_needed {
            return;
        }
        self.scanned_ns = Some(now_ns);
        let scan = cidfile::scan(&self.folders);
        let ours = scan.files.into_iter().filter(|file| is_ours(&file.path));
        self.found = ours.collect();
    }

    /// What is to be thought of each.
    pub(super) fn judge(
        &self,
        view: &View,
        processes: &Processes,
        now: Timestamp,
        grace: Duration,
    ) -> Vec<(Cidfile, CidfileVerdict)> {
        let judged = self.found.iter().map(|file| {
            let known = known(view, &file.content);
            let grace = grace.max(containers::orphan::LEAST_GRACE);
            let verdict = cidfile::judge(file, known, processes, now, grace);
            (file.clone(), verdict)
        });
        judged.collect()
    }
}

fn is_ours(path: &Path) -> bool {
    let own = rustix::process::geteuid().as_raw();
    std::fs::symlink_metadata(path).is_ok_and(|facts| facts.uid() == own)
}

/// What engines say of a file's container. One that is elsewhere, or hangs, may know it.
fn known(view: &View, content: &Content) -> Known {
    let Content::Id { id } = content else {
        return Known::Nowhere;
    };
    let all = view.engines.iter().flat_map(|engine| &engine.containers);
    if all
        .into_iter()
        .any(|seen| seen.container.id.starts_with(id))
    {
        return Known::Exists;
    }
    // A note is about an engine that is not looked at.
    if view.is_complete() && !view.engines.is_empty() && view.notes.is_empty() {
        Known::Nowhere
    } else {
        Known::Unknown
    }
}

/// A state file that is left over, as it was when that was judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateFile {
    /// Where.
    pub path: PathBuf,
    /// Whose.
    pub client: String,
    /// Why it is left over.
    pub reason: String,
    /// Device, inode, and time of the last change, to be compared before it is removed.
    identity: (u64, u64, i64),
    is_folder: bool,
}

impl StateFile {
    /// What tells this file from another in its place.
    pub(super) fn identity(&self) -> String {
        let (device, inode, modified) = self.identity;
        format!("{device}:{inode}:{modified}")
    }

    /// Removes it, if it is still the one that was judged.
    ///
    /// # Errors
    /// It is another by now, or the system says no. One that is gone is no error.
    pub fn remove(&self) -> io::Result<()> {
        let facts = match std::fs::symlink_metadata(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            facts => facts?,
        };
        if self.identity != identity(&facts) {
            return Err(io::Error::other(
                "it was replaced or written again since it was judged",
            ));
        }
        if self.is_folder {
            std::fs::remove_dir(&self.path)
        } else {
            std::fs::remove_file(&self.path)
        }
    }
}

fn identity(facts: &std::fs::Metadata) -> (u64, u64, i64) {
    (facts.dev(), facts.ino(), facts.mtime())
}

/// State files that are left over, of those that were found.
pub(super) fn stale(files: &[WatchedFile], table: &ProcessTable) -> Vec<StateFile> {
    let found = files.iter().filter_map(|file| stale_one(file, table));
    found.collect()
}

fn stale_one(file: &WatchedFile, table: &ProcessTable) -> Option<StateFile> {
    let path = PathBuf::from(&file.path);
    let facts = std::fs::symlink_metadata(&path).ok()?;
    if facts.uid() != rustix::process::geteuid().as_raw() || facts.is_symlink() {
        return None;
    }
    let age = table.moment.wall.as_second().saturating_sub(facts.mtime());
    let reason = match file.kind {
        WatchedKind::Lock if age > LOCK_IS_OLD => {
            format!("a lock that nobody has touched for {age} s; it is held for milliseconds")
        }
        WatchedKind::Pid(pid) if table.get(pid).is_none() && age > LOCK_IS_OLD => {
            format!("it names process {pid}, which is gone")
        }
        // Files with container ids are judged with the engine's word.
        _ => return None,
    };
    Some(StateFile {
        identity: identity(&facts),
        is_folder: facts.is_dir(),
        client: file.client.clone(),
        reason,
        path,
    })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use crate::top::tests::sample;

    fn watched(path: &Path, kind: WatchedKind) -> WatchedFile {
        WatchedFile {
            path: path.display().to_string(),
            client: "mcp-hub".to_owned(),
            kind,
            bytes: 0,
            modified: None,
        }
    }

    fn old(path: &Path) {
        let file = std::fs::File::create(path).unwrap();
        // The sample's clock stands in the past of any file that is made now.
        file.set_modified(std::time::UNIX_EPOCH).unwrap();
    }

    #[test]
    fn only_old_locks_and_files_of_the_dead_are_left_over() {
        let folder = tempfile::tempdir().unwrap();
        let table = sample::picture().table;
        let [lock, young, dead, living] =
            ["lock", "young", "dead", "living"].map(|name| folder.path().join(name));
        for path in [&lock, &dead, &living] {
            old(path);
        }
        std::fs::File::create(&young).unwrap();
        let files = [
            watched(&lock, WatchedKind::Lock),
            watched(&young, WatchedKind::Lock),
            watched(&dead, WatchedKind::Pid(999_999)),
            watched(&living, WatchedKind::Pid(table.processes()[0].pid())),
            watched(&lock, WatchedKind::Log),
            watched(&folder.path().join("none"), WatchedKind::Lock),
        ];
        let found = stale(&files, &table);
        let paths: Vec<&PathBuf> = found.iter().map(|file| &file.path).collect();
        assert_eq!(paths, [&lock, &dead]);
        // Taken anew since: that is another lock.
        std::fs::remove_file(&lock).unwrap();
        std::fs::File::create(&lock).unwrap();
        assert!(found[0].remove().is_err() && lock.exists());
        found[1].remove().unwrap();
        assert!(!dead.exists());
        found[1].remove().unwrap();
    }

    #[test]
    fn what_cannot_be_asked_may_know_the_container() {
        let content = Content::Id {
            id: "ab".repeat(32),
        };
        let nobody = View::default();
        assert_eq!(known(&nobody, &content), Known::Unknown);
        assert_eq!(known(&nobody, &Content::Empty), Known::Nowhere);
    }
}
