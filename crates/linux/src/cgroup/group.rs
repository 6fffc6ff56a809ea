//! A group of ours: one folder in each hierarchy that was needed for it.

use std::{
    fs,
    path::{Path, PathBuf},
};

use rustix::io::Errno;

use super::{
    controller::{Controller, Version},
    error::{Action, CgroupError},
    files,
    folders::{Folders, System},
    members,
};

/// A group that mcpvisor made, below the group that it was in.
///
/// It stays when this is dropped: [`Self::remove`] takes it away once it is empty, and what a killed
/// maker left is found by [`super::leftovers()`].
#[derive(Debug)]
pub struct Group {
    pub(super) name: String,
    pub(super) folders: Vec<Folder>,
}

/// The group in one hierarchy.
#[derive(Clone, Debug)]
pub(super) struct Folder {
    pub(super) version: Version,
    /// Version 1: what it can be used for. In version 2 the files tell.
    pub(super) controllers: Vec<Controller>,
    pub(super) path: PathBuf,
}

impl Group {
    /// Its name in each hierarchy.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// It has no folder in any hierarchy: nobody can be in it, and nothing is limited by it.
    pub fn is_nowhere(&self) -> bool {
        self.folders.is_empty()
    }

    /// Its folders.
    pub fn folders(&self) -> impl Iterator<Item = (Version, &Path)> {
        self.folders
            .iter()
            .map(|folder| (folder.version, folder.path.as_path()))
    }

    /// Moves a process with all its threads into the group, in each hierarchy.
    ///
    /// Memory that it used before stays charged to where it was, and its children stay where they
    /// are. A child of our own enters cheaper through [`super::Entrances`]: each move by another
    /// process makes the kernel wait for about ten milliseconds.
    ///
    /// All hierarchies are tried; the first error is told. A pid is only a number: hold the process
    /// by a pidfd, and look again afterwards whether it is still the one that was meant.
    pub fn attach(&self, pid: u32) -> Result<(), CgroupError> {
        let mut first = Ok(());
        for folder in &self.folders {
            let file = folder.path.join("cgroup.procs");
            let moved = files::write_plain(&file, &pid.to_string())
                .map_err(|error| CgroupError::new(Action::Attach(pid), file, error));
            first = first.and(moved);
        }
        first
    }

    /// Removes the group, and the groups below it, once nobody is in them.
    ///
    /// `Busy` while processes are left: they are not ended here. What could not be removed is kept,
    /// so that it can be tried again; the first error is told.
    pub fn remove(&mut self) -> Result<(), CgroupError> {
        self.remove_in(&mut System)
    }

    pub(super) fn remove_in(&mut self, folders: &mut dyn Folders) -> Result<(), CgroupError> {
        let mut first = Ok(());
        self.folders.retain(|folder| {
            let removed = remove_tree(folders, &folder.path);
            let keep = removed.is_err();
            if first.is_ok() {
                first = removed;
            }
            keep
        });
        first
    }

    pub(super) fn unified(&self) -> Option<&Folder> {
        self.folders
            .iter()
            .find(|folder| folder.version == Version::V2)
    }

    /// Where this controller's files are: a version 1 folder that has it, else the unified one.
    pub(super) fn folder_of(&self, controller: Controller) -> Option<&Folder> {
        self.folders
            .iter()
            .find(|folder| {
                folder.version == Version::V1 && folder.controllers.contains(&controller)
            })
            .or_else(|| self.unified())
    }
}

fn remove_tree(folders: &mut dyn Folders, top: &Path) -> Result<(), CgroupError> {
    let failed = |path: &Path, error| Err(CgroupError::new(Action::Remove, path, error));
    match folders.remove(top) {
        Ok(()) | Err(Errno::NOENT) => return Ok(()),
        // A group with groups below it is busy, just as one with processes.
        Err(Errno::BUSY | Errno::NOTEMPTY) => {}
        Err(error) => return failed(top, error),
    }
    let below = members::groups_below(top)?;
    if !members::pids_of(below.iter())?.is_empty() {
        return failed(top, Errno::BUSY);
    }
    // Each group stands before those below it.
    for path in below.iter().rev() {
        match folders.remove(path) {
            Ok(()) | Err(Errno::NOENT) => {}
            Err(error) => return failed(path, error),
        }
    }
    Ok(())
}

/// Folders in `folder`; none if it is gone.
pub(super) fn subfolders(folder: &Path) -> Result<Vec<PathBuf>, CgroupError> {
    let failed = |error: &std::io::Error| {
        let error = Errno::from_io_error(error).unwrap_or(Errno::IO);
        CgroupError::new(Action::List, folder, error)
    };
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed(&error)),
    };
    let mut found = Vec::new();
    for entry in entries {
        match entry {
            Ok(entry) if entry.file_type().is_ok_and(|kind| kind.is_dir()) => {
                found.push(entry.path());
            }
            Ok(_) => {}
            // The group was removed while it was listed.
            Err(error) if error.raw_os_error() == Some(Errno::NODEV.raw_os_error()) => break,
            Err(error) => return Err(failed(&error)),
        }
    }
    Ok(found)
}
