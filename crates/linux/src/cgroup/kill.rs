//! Ending and stopping all of a group at once.

use std::path::Path;

use rustix::fs::{Access, access};

use super::{
    controller::Controller,
    error::CgroupError,
    files,
    group::{Folder, Group},
};

/// Whether the kernel was told to end a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "where the kernel cannot do it, the caller has to"]
pub enum Kill {
    /// It was, and sends SIGKILL to all that is in it or is forked meanwhile. They end soon after:
    /// see [`Group::is_populated`].
    Ordered,
    /// There is no `cgroup.kill` here: before Linux 5.14, or without a unified hierarchy in which we
    /// may make groups. End what [`Group::pids`] tells, through pidfds.
    NotPossible,
}

impl Group {
    /// Ends everything in the group and below it, safe against forks.
    pub fn kill(&self) -> Result<Kill, CgroupError> {
        let Some(file) = self.unified_file("cgroup.kill") else {
            return Ok(Kill::NotPossible);
        };
        files::write(&file, "1")?;
        Ok(Kill::Ordered)
    }

    /// Stops everything in the group and below it, or lets it go on; `false` if there is no way to do
    /// that here. It takes the kernel a moment: see [`Self::is_frozen`].
    ///
    /// What version 1 has frozen cannot be killed before it goes on.
    pub fn freeze(&self, frozen: bool) -> Result<bool, CgroupError> {
        if let Some(file) = self.unified_file("cgroup.freeze") {
            files::write(&file, if frozen { "1" } else { "0" })?;
            return Ok(true);
        }
        let Some(folder) = self.v1_freezer() else {
            return Ok(false);
        };
        let state = if frozen { "FROZEN" } else { "THAWED" };
        files::write(&folder.path.join("freezer.state"), state)?;
        Ok(true)
    }

    /// Whether everything in the group stands still; `None` if that cannot be told here.
    pub fn is_frozen(&self) -> Option<bool> {
        if self.unified_file("cgroup.freeze").is_some() {
            let text = files::read_plain(&self.unified()?.path.join("cgroup.events")).ok()?;
            return files::keyed(&text, "frozen").map(|frozen| frozen == 1);
        }
        let state = files::read_plain(&self.v1_freezer()?.path.join("freezer.state")).ok()?;
        Some(files::trim(&state) == b"FROZEN")
    }

    fn unified_file(&self, name: &str) -> Option<std::path::PathBuf> {
        let file = self.unified()?.path.join(name);
        exists(&file).then_some(file)
    }

    fn v1_freezer(&self) -> Option<&Folder> {
        self.folders
            .iter()
            .find(|folder| folder.controllers.contains(&Controller::Freezer))
    }
}

fn exists(file: &Path) -> bool {
    access(file, Access::EXISTS).is_ok()
}
