//! How a child gets into a group before it starts its program, so that no moment is unlimited.
//!
//! The files are opened by the parent; the child writes `0`, which means the writer itself. A move
//! through `cgroup.procs` locks out every fork of the machine and waits for that, some 5 to 15 ms.
//! Two ways are almost free, and are taken where they can be: in version 1 the file `tasks`, which
//! moves one thread, and a child that was just forked has but one; in version 2 a child that is born
//! in the group (clone3(2) with `CLONE_INTO_CGROUP`, Linux 5.7), for which the folder is given.

use std::{
    io,
    os::{fd::OwnedFd, unix::process::CommandExt as _},
    path::{Path, PathBuf},
    process::Command,
};

use rustix::{
    fs::{Mode, OFlags, open},
    io::Errno,
};

use super::{
    controller::Version,
    error::{Action, CgroupError},
    files,
    group::{Folder, Group},
};

/// Open files through which a child enters a group.
#[derive(Debug)]
pub struct Entrances {
    files: Vec<OwnedFd>,
}

impl Group {
    /// The files to which a freshly forked child writes `0` to enter the group: `tasks` in version 1,
    /// `cgroup.procs` in version 2.
    pub fn procs_files(&self) -> Vec<PathBuf> {
        self.folders.iter().map(procs_file).collect()
    }

    /// Ways into the group in all its hierarchies.
    pub fn entrances(&self) -> Result<Entrances, CgroupError> {
        Entrances::open(self.folders.iter())
    }

    /// The same for a child that is born in the group of the unified hierarchy: the folder for the
    /// `cgroup` field of clone3(2), if there is one, and ways into the other hierarchies.
    pub fn entrances_of_newborn(&self) -> Result<(Option<OwnedFd>, Entrances), CgroupError> {
        let folder = match self.unified() {
            Some(folder) => Some(open_folder(&folder.path)?),
            None => None,
        };
        let others = self
            .folders
            .iter()
            .filter(|folder| folder.version == Version::V1);
        Ok((folder, Entrances::open(others)?))
    }
}

impl Entrances {
    fn open<'f>(folders: impl Iterator<Item = &'f Folder>) -> Result<Self, CgroupError> {
        let mut entrances = Self { files: Vec::new() };
        for folder in folders {
            let file = procs_file(folder);
            match files::open_to_write(&file) {
                Ok(descriptor) => entrances.files.push(descriptor),
                Err(error) => return Err(CgroupError::new(Action::Open, file, error)),
            }
        }
        Ok(entrances)
    }

    /// Moves the calling thread into the group; it must be the only one of its process, as it is
    /// after a fork. May be called between fork and exec: it only writes to open files, and neither
    /// allocates nor locks. At the first error the rest is left.
    pub fn enter(&self) -> Result<(), Errno> {
        for file in &self.files {
            rustix::io::retry_on_intr(|| rustix::io::write(file, b"0"))?;
        }
        Ok(())
    }

    /// Lets what `command` starts enter the group first; if it cannot, `spawn` fails with the
    /// kernel's error and the program is not started.
    pub fn before_exec(self, command: &mut Command) {
        let enter = move || self.enter().map_err(io::Error::from);
        // SAFETY: between fork and exec it makes nothing but write(2) calls on descriptors that it
        // owns; an error is made from a number, without allocation.
        #[expect(
            unsafe_code,
            reason = "the standard library has no safe hook before exec"
        )]
        unsafe {
            command.pre_exec(enter);
        }
    }
}

fn procs_file(folder: &Folder) -> PathBuf {
    folder.path.join(match folder.version {
        Version::V1 => "tasks",
        Version::V2 => "cgroup.procs",
    })
}

fn open_folder(path: &Path) -> Result<OwnedFd, CgroupError> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    open(path, flags, Mode::empty()).map_err(|error| CgroupError::new(Action::Open, path, error))
}
