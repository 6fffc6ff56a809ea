//! Which manager is asked, and where it listens.

use std::fmt;
use std::path::{Path, PathBuf};

/// systemd makes this folder when it has booted the machine (`sd_booted(3)`).
const RUNNING: &str = "/run/systemd/system";

/// Whether systemd is this machine's init.
pub fn is_running() -> bool {
    Path::new(RUNNING).is_dir()
}

/// One of systemd's managers of units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manager {
    /// The machine's, which root may ask.
    System,
    /// That of a user, by its number; it runs while the user is logged in, or lingers.
    User(u32),
}

impl Manager {
    /// The one that may make scopes for this process.
    pub fn ours() -> Self {
        let user = rustix::process::geteuid();
        if user.is_root() {
            Self::System
        } else {
            Self::User(user.as_raw())
        }
    }

    /// Sockets to try, one after the other.
    ///
    /// The bus is what is documented. systemd's own socket, which `systemctl` uses as well, is there
    /// without a bus too. Clients commonly start servers without `XDG_RUNTIME_DIR`, so that the usual
    /// place is tried in any case.
    pub(super) fn sockets(self) -> Vec<Socket> {
        let given = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
        self.sockets_with(given)
    }

    fn sockets_with(self, runtime: Option<PathBuf>) -> Vec<Socket> {
        let bus = |path: PathBuf| Socket { path, is_bus: true };
        let own = |path: PathBuf| Socket {
            path,
            is_bus: false,
        };
        match self {
            Self::System => vec![
                bus("/run/dbus/system_bus_socket".into()),
                own("/run/systemd/private".into()),
            ],
            Self::User(user) => {
                let usual = PathBuf::from(format!("/run/user/{user}"));
                let given = runtime.filter(|folder| folder.is_absolute() && *folder != usual);
                let folders = given.into_iter().chain([usual]);
                let both = |folder: PathBuf| {
                    [bus(folder.join("bus")), own(folder.join("systemd/private"))]
                };
                folders.flat_map(both).collect()
            }
        }
    }
}

impl fmt::Display for Manager {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::System => f.write_str("systemd"),
            Self::User(user) => write!(f, "the systemd of user {user}"),
        }
    }
}

/// Where a manager can be asked.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Socket {
    pub(super) path: PathBuf,
    /// A bus wants to be greeted; the manager itself does not.
    pub(super) is_bus: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(manager: Manager, runtime: Option<&str>) -> Vec<String> {
        let sockets = manager.sockets_with(runtime.map(PathBuf::from));
        let path = |socket: Socket| socket.path.display().to_string();
        sockets.into_iter().map(path).collect()
    }

    #[test]
    fn the_usual_place_is_always_among_them() {
        let usual = ["/run/user/7/bus", "/run/user/7/systemd/private"];
        for runtime in [None, Some("/run/user/7"), Some("not/absolute")] {
            assert_eq!(paths(Manager::User(7), runtime), usual, "{runtime:?}");
        }
        let given = paths(Manager::User(7), Some("/elsewhere"));
        assert_eq!(given[..2], ["/elsewhere/bus", "/elsewhere/systemd/private"]);
        assert_eq!(given[2..], usual);
    }

    #[test]
    fn root_never_asks_where_the_environment_says() {
        assert_eq!(paths(Manager::System, Some("/tmp/evil")).len(), 2);
    }
}
