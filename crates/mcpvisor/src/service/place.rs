//! The two kinds of services, and where their unit files are.

use std::path::{Path, PathBuf};

use linux::ProcRoot;
use linux::systemd::Manager;
use linux::users::Users;

/// Name of the unit.
pub const UNIT: &str = "mcpvisor.service";

/// Units that an administrator has written (systemd.unit(5)).
const SYSTEM_UNITS: &str = "/etc/systemd/system";

/// Whose service it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The machine's: it runs as root and sees all.
    System,
    /// A user's own.
    User,
}

impl Kind {
    /// As the command line says.
    pub fn of(user: bool) -> Self {
        if user { Self::User } else { Self::System }
    }

    /// As documents say it.
    pub fn word(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::User => "user",
        }
    }

    /// The option of `mcpvisor service`, `systemctl` and `journalctl` for it, with a blank before it.
    pub fn option(self) -> &'static str {
        match self {
            Self::System => "",
            Self::User => " --user",
        }
    }

    /// The manager that runs it.
    pub fn manager(self) -> Manager {
        match self {
            Self::System => Manager::System,
            Self::User => Manager::User(rustix::process::geteuid().as_raw()),
        }
    }

    /// The unit file; `None` where a user has neither `XDG_CONFIG_HOME` nor `HOME`.
    pub fn file(self) -> Option<PathBuf> {
        let folder = |name| std::env::var_os(name).map(PathBuf::from);
        self.file_with(folder("XDG_CONFIG_HOME"), folder("HOME"))
    }

    fn file_with(self, config: Option<PathBuf>, home: Option<PathBuf>) -> Option<PathBuf> {
        let absolute = |folder: &PathBuf| folder.is_absolute();
        let folder = match self {
            Self::System => PathBuf::from(SYSTEM_UNITS),
            Self::User => config
                .filter(absolute)
                .or_else(|| home.filter(absolute).map(|home| home.join(".config")))?
                .join("systemd/user"),
        };
        Some(folder.join(UNIT))
    }
}

/// Whether the user's services go on when the user has logged out (`loginctl enable-linger`).
pub fn lingers() -> Option<bool> {
    let users = Users::read(&ProcRoot::system().ok()?);
    let name = users.name(rustix::process::geteuid().as_raw())?;
    Some(Path::new("/var/lib/systemd/linger").join(name).exists())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_systemd_looks_for_units() {
        let file = |kind: Kind, config: Option<&str>, home: Option<&str>| {
            let path = kind.file_with(config.map(PathBuf::from), home.map(PathBuf::from));
            path.map(|path| path.display().to_string())
        };
        let system = Some("/etc/systemd/system/mcpvisor.service".to_owned());
        assert_eq!(file(Kind::System, Some("/c"), Some("/h")), system);
        assert_eq!(
            file(Kind::User, Some("/c"), Some("/h")).as_deref(),
            Some("/c/systemd/user/mcpvisor.service")
        );
        assert_eq!(
            file(Kind::User, Some("relative"), Some("/h")).as_deref(),
            Some("/h/.config/systemd/user/mcpvisor.service")
        );
        assert_eq!(file(Kind::User, None, None), None);
    }
}
