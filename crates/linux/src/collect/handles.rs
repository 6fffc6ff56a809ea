//! Files of a process that stay open from pass to pass, within the limit of descriptors.
//!
//! A kept file saves opening and closing it, about half of what a reading costs, and stays with the
//! process that it was opened for. When there are more processes than the limit allows, later ones
//! are opened at each reading, and after the pass those that were not read in it give theirs back.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{Mode, OFlags, openat};
use rustix::io::Errno;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::list::numbered_entries;
use crate::root::{open_file, read_into};

/// Descriptors that are left to the rest of the program.
const RESERVE: u64 = 256;
/// Even an unlimited number of descriptors costs memory in the kernel.
const MOST: usize = 65_536;

/// A file that is read at each pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Stat = 0,
    Schedstat = 1,
    Status = 2,
    Io = 3,
    /// The folder of descriptors: its size is their number.
    Fds = 4,
}

impl Kind {
    const ALL: [Self; 5] = [
        Self::Stat,
        Self::Schedstat,
        Self::Status,
        Self::Io,
        Self::Fds,
    ];

    fn name(self) -> &'static [u8] {
        match self {
            Self::Stat => b"stat",
            Self::Schedstat => b"schedstat",
            Self::Status => b"status",
            Self::Io => b"io",
            Self::Fds => b"fd",
        }
    }
}

#[derive(Debug, Default)]
enum Slot {
    /// To be opened at the next reading.
    #[default]
    Closed,
    Open(OwnedFd),
    /// Refused or absent: not tried again until the facts are read again.
    Refused,
}

/// The kept files of one process.
#[derive(Debug, Default)]
pub(crate) struct Handles {
    slots: [Slot; 5],
}

/// How many files may be kept, and how many are.
#[derive(Debug)]
pub(crate) struct HandleBudget {
    limit: usize,
    used: usize,
    /// Files that would have been kept in this pass had there been room.
    pub(crate) missed: usize,
    /// A file could not be opened: others in this program need more descriptors than were left.
    pub(crate) exhausted: bool,
}

impl HandleBudget {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            limit,
            used: 0,
            missed: 0,
            exhausted: false,
        }
    }

    /// Lowers the limit for good, to half of what is kept; returns how many are to be closed.
    pub(crate) fn shrink(&mut self) -> usize {
        self.exhausted = false;
        self.limit = self.used / 2;
        self.used - self.limit
    }

    fn take(&mut self) -> bool {
        let free = self.used < self.limit;
        if free {
            self.used += 1;
        } else {
            self.missed += 1;
        }
        free
    }
}

impl Handles {
    /// Would reading `kinds` open nothing?
    pub(crate) fn ready(&self, kinds: &[Kind]) -> bool {
        kinds
            .iter()
            .all(|&kind| !matches!(self.slots[kind as usize], Slot::Closed))
    }

    /// Has the file been refused?
    pub(crate) fn is_refused(&self, kind: Kind) -> bool {
        matches!(self.slots[kind as usize], Slot::Refused)
    }

    /// Reads a file, through the kept descriptor or by opening it below `folder`. `NOENT` if there
    /// is neither; `ACCESS` if it was refused, now or before.
    pub(crate) fn read<'b>(
        &mut self,
        kind: Kind,
        folder: Option<BorrowedFd<'_>>,
        budget: &mut HandleBudget,
        buffer: &'b mut [u8],
    ) -> Result<&'b [u8], Errno> {
        let slot = &mut self.slots[kind as usize];
        match slot {
            Slot::Open(file) => {
                let text = read_into(file.as_fd(), buffer);
                // It has become another user's, or protects itself since.
                if matches!(text, Err(Errno::ACCESS | Errno::PERM)) {
                    *slot = Slot::Refused;
                    budget.used -= 1;
                }
                text
            }
            Slot::Refused => Err(Errno::ACCESS),
            Slot::Closed => {
                let opened = open_file(folder.ok_or(Errno::NOENT)?, kind.name());
                let file = remember_refusal(slot, opened)?;
                let text = read_into(file.as_fd(), buffer);
                match &text {
                    // `io` is opened by whoever may see the file and refused at the reading.
                    Err(Errno::ACCESS | Errno::PERM) => *slot = Slot::Refused,
                    Ok(_) if budget.take() => *slot = Slot::Open(file),
                    _ => {}
                }
                text
            }
        }
    }

    /// Number of descriptors. With `by_size` it is the folder's size, which needs no permission to
    /// list it; else they are listed.
    pub(crate) fn count_fds(
        &mut self,
        folder: Option<BorrowedFd<'_>>,
        by_size: bool,
        budget: &mut HandleBudget,
        scratch: &mut Vec<u8>,
    ) -> Result<u32, Errno> {
        let slot = &mut self.slots[Kind::Fds as usize];
        match slot {
            Slot::Open(fds) => count(fds.as_fd(), by_size, scratch),
            Slot::Refused => Err(Errno::ACCESS),
            Slot::Closed => {
                let access = if by_size {
                    OFlags::PATH
                } else {
                    OFlags::RDONLY
                };
                let opened = openat(
                    folder.ok_or(Errno::NOENT)?,
                    Kind::Fds.name(),
                    access | OFlags::DIRECTORY | OFlags::CLOEXEC,
                    Mode::empty(),
                );
                let fds = remember_refusal(slot, opened)?;
                let counted = count(fds.as_fd(), by_size, scratch)?;
                if budget.take() {
                    *slot = Slot::Open(fds);
                }
                Ok(counted)
            }
        }
    }

    /// Tries again at the next reading what has been refused.
    pub(crate) fn forget_refusals(&mut self) {
        for slot in &mut self.slots {
            if matches!(slot, Slot::Refused) {
                *slot = Slot::Closed;
            }
        }
    }

    /// Closes all files; returns how many there were.
    pub(crate) fn close(&mut self, budget: &mut HandleBudget) -> usize {
        let mut closed = 0;
        for kind in Kind::ALL {
            if matches!(self.slots[kind as usize], Slot::Open(_)) {
                self.slots[kind as usize] = Slot::Closed;
                closed += 1;
            }
        }
        budget.used -= closed;
        closed
    }
}

fn remember_refusal(slot: &mut Slot, opened: Result<OwnedFd, Errno>) -> Result<OwnedFd, Errno> {
    opened.inspect_err(|error| {
        // A file that this kernel does not have is as good as refused; a process that has just
        // ended gives `NOENT` too, and is forgotten soon anyway.
        if matches!(*error, Errno::ACCESS | Errno::PERM | Errno::NOENT) {
            *slot = Slot::Refused;
        }
    })
}

fn count(fds: BorrowedFd<'_>, by_size: bool, scratch: &mut Vec<u8>) -> Result<u32, Errno> {
    if by_size {
        let size = rustix::fs::fstat(fds)?.st_size;
        return Ok(u32::try_from(size).unwrap_or(u32::MAX));
    }
    let mut count = 0;
    numbered_entries(fds, scratch, |_| count += 1)?;
    Ok(count)
}

/// Does the size of a descriptor folder tell their number? It does on procfs since kernel 6.2; before,
/// it is zero there, and on any other file system (a tree of a test) it means something else.
pub(crate) fn size_is_count(root: BorrowedFd<'_>) -> bool {
    let Ok(own) = crate::root::open_folder(root, b"self/fd") else {
        return false;
    };
    let system = rustix::fs::fstatfs(&own);
    let procfs = system.is_ok_and(|system| system.f_type == rustix::fs::PROC_SUPER_MAGIC);
    // This folder itself is open, so the true number is not zero.
    procfs && rustix::fs::fstat(&own).is_ok_and(|stat| stat.st_size > 0)
}

/// Raises the soft limit of descriptors to the hard one; returns the soft limit that then holds,
/// `None` for unlimited.
pub fn raise_descriptor_limit() -> Option<u64> {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    if limit.current == limit.maximum || setrlimit(Resource::Nofile, raised).is_err() {
        return limit.current;
    }
    limit.maximum
}

/// How many files may be kept under the present limit.
pub(crate) fn room(raise: bool) -> usize {
    let limit = if raise {
        raise_descriptor_limit()
    } else {
        getrlimit(Resource::Nofile).current
    };
    let room = limit.map_or(u64::MAX, |limit| {
        limit.saturating_sub(RESERVE.max(limit / 8))
    });
    usize::try_from(room).map_or(MOST, |room| room.min(MOST))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::os::fd::AsFd;

    use rustix::io::Errno;

    use super::{HandleBudget, Handles, Kind, size_is_count};
    use crate::ProcRoot;

    #[test]
    fn files_are_kept_as_far_as_there_is_room() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["stat", "status", "io"] {
            std::fs::write(folder.path().join(name), name).unwrap();
        }
        let root = ProcRoot::open(folder.path()).unwrap();
        let mut budget = HandleBudget::new(2);
        let mut handles = Handles::default();
        let mut buffer = [0; 64];
        let mut read = |handles: &mut Handles, kind, below: bool, budget: &mut HandleBudget| {
            let folder = below.then(|| root.folder());
            handles
                .read(kind, folder, budget, &mut buffer)
                .map(<[u8]>::to_vec)
        };
        assert_eq!(
            read(&mut handles, Kind::Stat, false, &mut budget),
            Err(Errno::NOENT)
        );
        for kind in [Kind::Stat, Kind::Status, Kind::Io] {
            assert!(read(&mut handles, kind, true, &mut budget).is_ok());
        }
        assert_eq!((budget.used, budget.missed), (2, 1));
        assert_eq!(
            read(&mut handles, Kind::Status, false, &mut budget).unwrap(),
            b"status"
        );
        assert_eq!(
            read(&mut handles, Kind::Io, false, &mut budget),
            Err(Errno::NOENT)
        );
        assert!(handles.ready(&[Kind::Stat, Kind::Status]) && !handles.ready(&[Kind::Io]));
        assert_eq!((handles.close(&mut budget), budget.used), (2, 0));
    }

    #[test]
    fn what_is_refused_is_not_tried_again_until_told() {
        let folder = tempfile::tempdir().unwrap();
        let root = ProcRoot::open(folder.path()).unwrap();
        let mut budget = HandleBudget::new(9);
        let mut handles = Handles::default();
        let mut buffer = [0; 64];
        let mut read = |handles: &mut Handles| {
            let folder = Some(root.folder());
            handles
                .read(Kind::Io, folder, &mut budget, &mut buffer)
                .map(<[u8]>::to_vec)
        };
        assert_eq!(read(&mut handles), Err(Errno::NOENT));
        std::fs::write(folder.path().join("io"), "x").unwrap();
        assert_eq!(read(&mut handles), Err(Errno::ACCESS));
        assert!(handles.is_refused(Kind::Io));
        handles.forget_refusals();
        assert_eq!(read(&mut handles).unwrap(), b"x");
    }

    #[test]
    fn a_kept_file_of_an_ended_process_answers_for_nobody() {
        #[expect(
            clippy::disallowed_methods,
            reason = "a process that ends is what is tested"
        )]
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let folder = ProcRoot::system().unwrap().process(child.id()).unwrap();
        let mut budget = HandleBudget::new(9);
        let mut handles = Handles::default();
        let mut buffer = [0; 4096];
        let below = Some(folder.as_fd());
        let first = handles.read(Kind::Stat, below, &mut budget, &mut buffer);
        assert!(first.is_ok());
        child.wait().unwrap();
        let after = handles.read(Kind::Stat, below, &mut budget, &mut buffer);
        assert_eq!(after, Err(Errno::SRCH));
    }

    #[test]
    fn sizes_count_descriptors_on_procfs_only() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("self/fd")).unwrap();
        let tree = ProcRoot::open(folder.path()).unwrap();
        assert!(!size_is_count(tree.folder()));
        let system = ProcRoot::system().unwrap();
        let size = std::fs::metadata("/proc/self/fd").unwrap().len();
        assert_eq!(size_is_count(system.folder()), size > 0);
    }
}
