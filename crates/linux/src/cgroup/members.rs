//! Who is in a group: the processes of all its hierarchies, and of the groups below it.

use std::path::{Path, PathBuf};

use rustix::io::Errno;

use super::{
    controller::Version,
    error::{Action, CgroupError},
    files,
    group::{Group, subfolders},
};
use crate::parse::{lines, number};

impl Group {
    /// Pids of the processes in the group and in groups below it, in order, each once.
    ///
    /// Processes of another pid namespace have no number here and are left out; a process that has
    /// ended but was not waited for is not there either.
    pub fn pids(&self) -> Result<Vec<u32>, CgroupError> {
        let mut all = Vec::new();
        for folder in &self.folders {
            all.extend(pids_of(groups_below(&folder.path)?.iter())?);
        }
        all.sort_unstable();
        all.dedup();
        Ok(all)
    }

    /// Whether any process lives in the group or below it.
    pub fn is_populated(&self) -> Result<bool, CgroupError> {
        for folder in &self.folders {
            let populated = match folder.version {
                Version::V2 => populated(&folder.path)?,
                Version::V1 => !pids_of(groups_below(&folder.path)?.iter())?.is_empty(),
            };
            if populated {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// What the kernel says of a group of version 2 and all below it, other pid namespaces too.
fn populated(folder: &Path) -> Result<bool, CgroupError> {
    let file = folder.join("cgroup.events");
    match files::read_plain(&file) {
        Ok(text) => Ok(files::keyed(&text, "populated") != Some(0)),
        Err(error) if is_gone(error) => Ok(false),
        Err(error) => Err(CgroupError::new(Action::Read, file, error)),
    }
}

/// The group and all groups below it, each before those below it.
pub(super) fn groups_below(top: &Path) -> Result<Vec<PathBuf>, CgroupError> {
    let mut found = vec![top.to_owned()];
    let mut next = 0;
    while let Some(folder) = found.get(next) {
        let below = subfolders(folder)?;
        found.extend(below);
        next += 1;
    }
    Ok(found)
}

pub(super) fn pids_of<'p>(
    groups: impl Iterator<Item = &'p PathBuf>,
) -> Result<Vec<u32>, CgroupError> {
    let mut found = Vec::new();
    for group in groups {
        let file = group.join("cgroup.procs");
        match files::read_plain(&file) {
            Ok(text) => found.extend(lines(&text).filter_map(pid)),
            // The processes of a group for threads are listed in the group above it.
            Err(Errno::OPNOTSUPP) => {}
            Err(error) if is_gone(error) => {}
            Err(error) => return Err(CgroupError::new(Action::Read, file, error)),
        }
    }
    Ok(found)
}

/// Zero stands for a process of another pid namespace.
fn pid(line: &[u8]) -> Option<u32> {
    let pid = u32::try_from(number(line)?).ok()?;
    (pid != 0).then_some(pid)
}

/// The group was removed before or while it was read.
fn is_gone(error: Errno) -> bool {
    matches!(error, Errno::NOENT | Errno::NODEV)
}
