//! What went wrong with a file or folder of a control group, and what can be done about it.

use std::{fmt, path::PathBuf};

use rustix::io::Errno;

/// What was tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Read a file.
    Read,
    /// List a folder.
    List,
    /// Open a file or folder.
    Open,
    /// Make a group.
    Make,
    /// Remove a group.
    Remove,
    /// Write this into a file.
    Write(String),
    /// Move this process into a group.
    Attach(u32),
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read => f.write_str("read"),
            Self::List => f.write_str("list"),
            Self::Open => f.write_str("open"),
            Self::Make => f.write_str("make the group"),
            Self::Remove => f.write_str("remove the group"),
            Self::Write(text) => write!(f, "write `{text}` to"),
            Self::Attach(pid) => write!(f, "move process {pid} by"),
        }
    }
}

/// A file or folder of a control group, or of `/proc` that tells of them, did not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot {action} `{}`: {source}{}", .path.display(), advice(.action, *.source))]
pub struct CgroupError {
    /// What was tried.
    pub action: Action,
    /// The file or folder.
    pub path: PathBuf,
    /// The kernel's answer.
    pub source: Errno,
}

impl CgroupError {
    pub(super) fn new(action: Action, path: impl Into<PathBuf>, source: Errno) -> Self {
        Self {
            action,
            path: path.into(),
            source,
        }
    }
}

/// The errors are those of `kernel/cgroup/cgroup.c` and of the controllers.
fn advice(action: &Action, error: Errno) -> &'static str {
    match (action, error) {
        (_, Errno::ACCESS | Errno::PERM) => {
            "; we are not root and this group is not delegated to our user: run as root, or in a \
             unit or scope of systemd that has `Delegate=yes`"
        }
        (_, Errno::ROFS) => {
            "; control groups are mounted read-only here, as they are in most containers: set the \
             limit where the container is started"
        }
        (Action::Remove, Errno::BUSY) => {
            "; processes or groups are still in it: end them and try again"
        }
        (Action::Make, Errno::AGAIN) => {
            "; `cgroup.max.descendants` or `cgroup.max.depth` of a group above is reached: remove \
             groups that nobody uses, or raise it"
        }
        (Action::Make, Errno::EXIST) => "; another group has that name: choose another one",
        (Action::Write(_), Errno::NOENT) => "; this kernel does not have that setting",
        (Action::Write(_), Errno::INVAL | Errno::RANGE) => {
            "; the kernel does not take this value: choose another one, within what the groups \
             above allow"
        }
        (Action::Attach(_), Errno::SRCH) => "; it has ended",
        (Action::Attach(_), Errno::BUSY | Errno::OPNOTSUPP) => {
            "; groups below this one use its controllers, or it is a group for threads: no process \
             can be in it"
        }
        (_, Errno::NODEV) => "; the group was removed meanwhile",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use rustix::io::Errno;

    use super::{Action, CgroupError};

    #[test]
    fn what_where_why_and_what_to_do() {
        let write = || Action::Write("max".to_owned());
        for (action, source, expected) in [
            (Action::Make, Errno::ACCESS, "`Delegate=yes`"),
            (write(), Errno::PERM, "run as root"),
            (write(), Errno::ROFS, "where the container is started"),
            (write(), Errno::NOENT, "does not have that setting"),
            (Action::Remove, Errno::BUSY, "end them and try again"),
            (Action::Make, Errno::AGAIN, "cgroup.max.descendants"),
            (Action::Attach(7), Errno::SRCH, "move process 7 by `/a/b`"),
        ] {
            let error = CgroupError::new(action, "/a/b", source).to_string();
            assert!(
                error.contains(expected) && error.contains("`/a/b`"),
                "{error}"
            );
        }
        let plain = CgroupError::new(Action::Read, "/a/b", Errno::IO).to_string();
        assert_eq!(plain, "cannot read `/a/b`: Input/output error (os error 5)");
    }
}
