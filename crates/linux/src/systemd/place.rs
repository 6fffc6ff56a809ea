//! Where a scope is to be, so that it stays below what limits us now.
//!
//! A scope is another group, beside ours. What limits the slice that both are in holds for it as before;
//! what limits only our own group, or one between, would not. So the scope is asked for in the slice that
//! we are in, and not at all where a limit would be left behind.

use std::path::{Path, PathBuf};

use super::address::Manager;
use super::error::ScopeError;

/// Limits that are looked for; each says `max`, or nothing, where there is none. The number of tasks is
/// not among them: systemd limits it for every service (`DefaultTasksMax=`), wanted or not.
const LIMITS: [&str; 5] = [
    "memory.max",
    "memory.high",
    "memory.swap.max",
    "cpu.max",
    "cpuset.cpus",
];

/// A place for a scope.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The slice to ask for; none is the manager's own choice.
    pub(super) slice: Option<String>,
    /// The nearest group above us that is also above the scope; none is the root of the hierarchy.
    common: Option<PathBuf>,
}

impl Place {
    /// For a process whose group has this folder.
    pub(super) fn of(own: &Path, manager: Manager) -> Self {
        match manager {
            Manager::System => Self::from_slices(slices_from(own, Path::new(""))),
            Manager::User(user) => {
                let service = format!("user@{user}.service");
                if let Some(top) = upto(own, &service) {
                    let slice = slices_from(own, &top);
                    let common = slice.clone().unwrap_or(top);
                    return Self {
                        common: Some(common),
                        ..Self::from_slices(slice)
                    };
                }
                Self {
                    slice: None,
                    common: upto(own, &format!("user-{user}.slice")),
                }
            }
        }
    }

    fn from_slices(folder: Option<PathBuf>) -> Self {
        let name = folder.as_deref().and_then(Path::file_name);
        Self {
            slice: name.map(|name| name.to_string_lossy().into_owned()),
            common: folder,
        }
    }

    /// Fails if a limit between our group and the one above both would be left behind.
    pub(super) fn keeps_limits_of(&self, own: &Path) -> Result<(), ScopeError> {
        for folder in own.ancestors() {
            // The root of the hierarchy has no type, and nothing above it is a group.
            if Some(folder) == self.common.as_deref() || !folder.join("cgroup.type").exists() {
                break;
            }
            for name in LIMITS {
                let file = folder.join(name);
                let text = std::fs::read_to_string(&file).unwrap_or_default();
                let says = text.trim();
                if !says.is_empty() && says.split(' ').next() != Some("max") {
                    return Err(ScopeError::WouldEscape {
                        says: says.to_owned(),
                        file,
                    });
                }
            }
        }
        Ok(())
    }
}

/// The folder of the first part of `path` that has this name.
fn upto(path: &Path, name: &str) -> Option<PathBuf> {
    let mut folder = PathBuf::new();
    for part in path {
        folder.push(part);
        if part == name {
            return Some(folder);
        }
    }
    None
}

/// The innermost of the slices that follow each other in `path`, the first of them below `top`.
fn slices_from(path: &Path, top: &Path) -> Option<PathBuf> {
    let rest = path.strip_prefix(top).ok()?;
    let is_slice = |part: &std::ffi::OsStr| {
        Path::new(part)
            .extension()
            .is_some_and(|end| end == "slice")
    };
    let mut folder = top.to_owned();
    let mut found = None;
    for part in rest {
        folder.push(part);
        if is_slice(part) {
            found = Some(folder.clone());
        } else if found.is_some() || !top.as_os_str().is_empty() {
            break;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::fs;

    use super::*;

    #[test]
    fn scopes_stay_in_our_slice() {
        let user = Manager::User(7);
        for (manager, own, slice, common) in [
            (
                Manager::System,
                "user.slice/user-7.slice/session-2.scope",
                Some("user-7.slice"),
                "user.slice/user-7.slice",
            ),
            (
                Manager::System,
                "user.slice/user-7.slice/user@7.service/app.slice/x.scope",
                Some("user-7.slice"),
                "user.slice/user-7.slice",
            ),
            (
                Manager::System,
                "system.slice/cron.service",
                Some("system.slice"),
                "system.slice",
            ),
            (Manager::System, "init.scope", None, ""),
            (
                user,
                "user.slice/user-7.slice/session-2.scope",
                None,
                "user.slice/user-7.slice",
            ),
            (
                user,
                "user.slice/user-7.slice/user@7.service/app.slice/app-a.slice/x.scope",
                Some("app-a.slice"),
                "user.slice/user-7.slice/user@7.service/app.slice/app-a.slice",
            ),
            (
                user,
                "user.slice/user-7.slice/user@7.service/init.scope",
                None,
                "user.slice/user-7.slice/user@7.service",
            ),
            // A service of the system that runs as this user.
            (user, "system.slice/a.service", None, ""),
        ] {
            let top = Path::new("/sys/fs/cgroup");
            let place = Place::of(&top.join(own), manager);
            let common = (!common.is_empty()).then(|| top.join(common));
            assert_eq!(
                (place.slice.as_deref(), place.common),
                (slice, common),
                "{own}"
            );
        }
    }

    #[test]
    fn a_limit_that_would_be_left_behind_is_a_reason_to_stay() {
        let top = tempfile::tempdir().unwrap();
        let own = top.path().join("user.slice/user-7.slice/a.scope/b");
        fs::create_dir_all(&own).unwrap();
        for folder in own.ancestors().take_while(|folder| *folder != top.path()) {
            fs::write(folder.join("cgroup.type"), "domain\n").unwrap();
            fs::write(folder.join("memory.max"), "max\n").unwrap();
            fs::write(folder.join("cpu.max"), "max 100000\n").unwrap();
            fs::write(folder.join("cpuset.cpus"), "\n").unwrap();
        }
        let place = Place::of(&own, Manager::User(7));
        place.keeps_limits_of(&own).unwrap();
        // It holds for the scope, too.
        fs::write(top.path().join("user.slice/user-7.slice/memory.max"), "5\n").unwrap();
        place.keeps_limits_of(&own).unwrap();
        let quota = own.parent().unwrap().join("cpu.max");
        fs::write(&quota, "20000 100000\n").unwrap();
        let error = place.keeps_limits_of(&own).unwrap_err().to_string();
        assert!(
            error.contains("a.scope/cpu.max` limits us to `20000 100000`"),
            "{error}"
        );
    }
}
