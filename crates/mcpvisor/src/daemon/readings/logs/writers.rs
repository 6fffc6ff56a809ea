//! Which file is the standard error of whom.
//!
//! A link in `/proc` tells. It is read once for each process, then now and then, and each time where
//! it leads to a file, which may be renamed. Nothing waits for the costly reading of all descriptors.

use std::collections::HashMap;
use std::path::PathBuf;

use linux::ProcRoot;
use model::ProcessId;

use super::Source;
use crate::daemon::readings::Key;

/// What leads to no file is looked at again after this long, nanoseconds.
const AGAIN_NS: u64 = 60_000_000_000;
/// What a link to a file without a name ends in.
const DELETED: &[u8] = b" (deleted)";

/// A process of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::daemon::readings) struct Writer {
    /// Server and owner.
    pub(in crate::daemon::readings) key: Key,
    /// The process.
    pub(in crate::daemon::readings) id: ProcessId,
    /// With whose rights its log is read.
    pub(in crate::daemon::readings) uid: u32,
    /// The process of the owner, while it lives.
    pub(in crate::daemon::readings) owner: Option<ProcessId>,
}

/// Links that were read.
#[derive(Debug, Default)]
pub(super) struct Links {
    seen: HashMap<ProcessId, Seen>,
}

#[derive(Debug)]
struct Seen {
    file: Option<PathBuf>,
    read_ns: u64,
    used_ns: u64,
}

impl Links {
    /// Files that are the standard error of one server alone.
    pub(super) fn sources(&mut self, writers: &[Writer], now_ns: u64) -> Vec<Source> {
        let root = ProcRoot::system().ok();
        let mut file = |id: ProcessId| self.file(root.as_ref(), id, now_ns);
        // By path: whose it is; `None` where more than one writes to it.
        let mut found: HashMap<PathBuf, Option<Source>> = HashMap::new();
        for writer in writers {
            let Some(path) = file(writer.id) else {
                continue;
            };
            let shared = writer.owner.and_then(&mut file).as_ref() == Some(&path);
            let source = Source {
                key: writer.key.clone(),
                uid: writer.uid,
                pid: writer.id.pid,
                path: path.clone(),
            };
            found
                .entry(path)
                .and_modify(|known| {
                    let same = known.as_ref().is_some_and(|known| known.key == source.key);
                    if !same || shared {
                        *known = None;
                    }
                })
                .or_insert((!shared).then_some(source));
        }
        self.seen.retain(|_, seen| seen.used_ns == now_ns);
        found.into_values().flatten().collect()
    }

    fn file(&mut self, root: Option<&ProcRoot>, id: ProcessId, now_ns: u64) -> Option<PathBuf> {
        if let Some(seen) = self.seen.get_mut(&id) {
            let is_fresh = now_ns.saturating_sub(seen.read_ns) < AGAIN_NS;
            let is_file = seen.file.is_some();
            if seen.read_ns == now_ns || is_fresh && !is_file {
                seen.used_ns = now_ns;
                return seen.file.clone();
            }
        }
        let file = standard_error(root?, id);
        let seen = Seen {
            file: file.clone(),
            read_ns: now_ns,
            used_ns: now_ns,
        };
        self.seen.insert(id, seen);
        file
    }
}

/// The file behind the standard error of this very process, as far as its link tells a file.
fn standard_error(root: &ProcRoot, id: ProcessId) -> Option<PathBuf> {
    let target = root.link(id, "fd/2").ok()?;
    let bytes = target.as_os_str().as_encoded_bytes();
    let is_file = target.is_absolute() && !target.starts_with("/dev");
    (is_file && !bytes.ends_with(DELETED)).then_some(target)
}

#[cfg(test)]
mod tests;
