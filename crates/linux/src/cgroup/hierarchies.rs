//! Where each controller lives on this machine, and which group of it we are in.
//!
//! Two files are read, `/proc/self/mountinfo` and `/proc/self/cgroup`, and `cgroup.controllers` of our
//! own group where there is a unified hierarchy. A controller is taken from there if our group has
//! it, else from a version 1 mount that has it. Of several mounts the one that is seen and shows our
//! group counts: a mount may show only a part (a bind mount), or another part than our namespace.

use std::{
    ffi::OsStr,
    fmt,
    os::unix::ffi::OsStrExt as _,
    path::{Path, PathBuf},
};

use rustix::{
    fs::{Access, access},
    io::Errno,
};

use super::{
    controller::{Controller, Version},
    enforced::NotEnforced,
    error::{Action, CgroupError},
    files,
    membership::{below, path},
    mountinfo::{Mount, cgroup_mounts},
};
use crate::ProcRoot;

/// Bytes of `mountinfo` that are read at most: some 100,000 mounts.
const LONGEST_MOUNTINFO: usize = 16 << 20;
const LONGEST_MEMBERSHIP: usize = 1 << 20;

/// One hierarchy, and our own group in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hierarchy {
    pub(super) version: Version,
    pub(super) own: PathBuf,
    pub(super) controllers: Vec<Controller>,
    /// Its own processes are out of the way of groups below it.
    pub(super) has_room: bool,
}

impl Hierarchy {
    /// Version of its interface.
    pub fn version(&self) -> Version {
        self.version
    }

    /// Folder of the group that this process is in, or was in before it [made
    /// room](Hierarchies::make_room): groups are made below it.
    pub fn own_group(&self) -> &Path {
        &self.own
    }

    /// Controllers that are used here, of those in [`Controller`].
    pub fn controllers(&self) -> &[Controller] {
        &self.controllers
    }
}

/// A mounted hierarchy in which our own group cannot be seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutOfSight {
    /// The controller that was looked for; `None` is the unified hierarchy.
    pub controller: Option<Controller>,
    /// Where it is mounted.
    pub mount_point: PathBuf,
    /// Our group as `/proc/self/cgroup` names it.
    pub group: PathBuf,
}

impl fmt::Display for OutOfSight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (group, mount) = (self.group.display(), self.mount_point.display());
        write!(
            f,
            "our own group `{group}` is not below the mount at `{mount}`, which shows another part of \
             the hierarchy: mount it anew in this cgroup namespace"
        )
    }
}

/// The hierarchies of this machine, as this process sees them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hierarchies {
    pub(super) found: Vec<Hierarchy>,
    out_of_sight: Vec<OutOfSight>,
}

impl Hierarchies {
    /// Those of this process, by the machine's own `/proc`.
    pub fn system() -> Result<Self, CgroupError> {
        let proc = ProcRoot::system()
            .map_err(|error| CgroupError::new(Action::Open, error.path, errno(&error.source)))?;
        Self::read(&proc, Path::new("/"))
    }

    /// Those that `self` of `proc` tells of. Mount points are taken below `machine`, which is `/` but
    /// in tests. A kernel without control groups has none, which is no error.
    pub fn read(proc: &ProcRoot, machine: &Path) -> Result<Self, CgroupError> {
        let read = |name: &str, limit| {
            proc.read(name, limit).map_err(|error| {
                CgroupError::new(Action::Read, proc.path().join(name), errno(&error))
            })
        };
        let own = match read("self/cgroup", LONGEST_MEMBERSHIP) {
            Err(error) if error.source == Errno::NOENT => return Ok(Self::default()),
            own => own?,
        };
        let mounts = cgroup_mounts(&read("self/mountinfo", LONGEST_MOUNTINFO)?);
        let mut search = Search {
            mounts: &mounts,
            own: &own,
            machine,
            result: Self::default(),
        };
        search.run();
        Ok(search.result)
    }

    /// The hierarchy that has this controller.
    pub fn of(&self, controller: Controller) -> Option<&Hierarchy> {
        let has = |hierarchy: &&Hierarchy| hierarchy.controllers.contains(&controller);
        self.found.iter().find(has)
    }

    /// The unified hierarchy, if there is one: `cgroup.kill` and `cgroup.events` are there even where
    /// it has no controllers.
    pub fn unified(&self) -> Option<&Hierarchy> {
        self.found
            .iter()
            .find(|hierarchy| hierarchy.version == Version::V2)
    }

    /// Each hierarchy once.
    pub fn iter(&self) -> impl Iterator<Item = &Hierarchy> {
        self.found.iter()
    }

    /// Hierarchies that are mounted, but not so that we see ourselves in them.
    pub fn out_of_sight(&self) -> &[OutOfSight] {
        &self.out_of_sight
    }

    /// Why there is none for this controller.
    pub(super) fn why_not(&self, controller: Controller) -> NotEnforced {
        let hidden = self
            .out_of_sight
            .iter()
            .find(|hidden| hidden.controller == Some(controller));
        match (hidden, self.unified()) {
            (Some(hidden), _) => NotEnforced::OutOfSight(hidden.clone()),
            (None, Some(unified)) => NotEnforced::NotGiven {
                group: unified.own.clone(),
                controller,
            },
            (None, None) => NotEnforced::NoController(controller),
        }
    }
}

struct Search<'a> {
    mounts: &'a [Mount],
    own: &'a [u8],
    machine: &'a Path,
    result: Hierarchies,
}

impl Search<'_> {
    fn run(&mut self) {
        self.find(Version::V2, None);
        for controller in Controller::ALL {
            if self.result.of(controller).is_none() {
                self.find(Version::V1, Some(controller));
            }
        }
    }

    fn find(&mut self, version: Version, controller: Option<Controller>) {
        let name = controller.and_then(|controller| controller.name(version));
        let name = name.unwrap_or_default();
        let Some(group) = path(self.own, version, name) else {
            return;
        };
        let fits = |mount: &&Mount| match version {
            Version::V1 => mount.has(name),
            Version::V2 => mount.version == Version::V2,
        };
        let mut hidden = None;
        // Of several mounts on one place the last is seen.
        for mount in self.mounts.iter().filter(fits).rev() {
            let point = under(self.machine, &mount.point);
            let own = below(&mount.root, group).map(|rest| under(&point, rest));
            match own {
                Some(own) if access(own.join("cgroup.procs"), Access::EXISTS).is_ok() => {
                    return self.take(version, controller, own);
                }
                _ => hidden = hidden.or(Some(point)),
            }
        }
        if let Some(mount_point) = hidden {
            self.result.out_of_sight.push(OutOfSight {
                controller,
                mount_point,
                group: PathBuf::from(OsStr::from_bytes(group)),
            });
        }
    }

    fn take(&mut self, version: Version, controller: Option<Controller>, own: PathBuf) {
        let controllers = controller.map_or_else(|| controllers_of(&own), |one| vec![one]);
        // Controllers that are mounted together share their groups.
        match self.result.found.iter_mut().find(|known| known.own == own) {
            Some(known) => known.controllers.extend(controllers),
            None => self.result.found.push(Hierarchy {
                version,
                own,
                controllers,
                has_room: false,
            }),
        }
    }
}

/// What our own group of the unified hierarchy has.
pub(super) fn controllers_of(own: &Path) -> Vec<Controller> {
    let text = files::read_plain(&own.join("cgroup.controllers")).unwrap_or_default();
    let has = |controller: &Controller| {
        let name = controller.name(Version::V2);
        name.is_some_and(|name| files::has_word(&text, name))
    };
    Controller::ALL.into_iter().filter(has).collect()
}

/// `path` begins with a slash, or is empty.
fn under(folder: &Path, path: &[u8]) -> PathBuf {
    let relative = path.strip_prefix(b"/").unwrap_or(path);
    if relative.is_empty() {
        return folder.to_owned();
    }
    folder.join(OsStr::from_bytes(relative))
}

fn errno(error: &std::io::Error) -> Errno {
    Errno::from_io_error(error).unwrap_or(Errno::IO)
}
