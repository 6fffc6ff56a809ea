//! Asking systemd through its own tool, which knows how to enable units and where they are.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};

use super::place::{Kind, UNIT};

/// What is read of a unit.
const PROPERTIES: &str = "LoadState,ActiveState,SubState,UnitFileState,MainPID,NRestarts,Result,\
                          NeedDaemonReload,DropInPaths";

/// `systemctl` did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum SystemctlError {
    /// It is not there, or cannot be started.
    #[error("cannot run systemctl: {0}")]
    Start(#[from] std::io::Error),
    /// It said no.
    #[error("`{command}` failed: {words}")]
    Failed {
        /// As one would type it.
        command: String,
        /// Its own words.
        words: String,
    },
}

/// The manager of one kind of services.
#[derive(Clone, Copy, Debug)]
pub struct Systemctl(pub Kind);

impl Systemctl {
    /// Has something done, and waits until it is.
    pub fn run(self, arguments: &[&str]) -> Result<String, SystemctlError> {
        let output = self.command(arguments).stdin(Stdio::null()).output()?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let words = String::from_utf8_lossy(&output.stderr);
        Err(SystemctlError::Failed {
            command: format!("systemctl{} {}", self.0.option(), arguments.join(" ")),
            words: model::text::safe(words.trim()).into_owned(),
        })
    }

    /// Version of systemd; `None` where it does not say, or is not there.
    pub fn version(self) -> Option<u32> {
        version_in(&self.run(&["--version"]).ok()?)
    }

    /// What it says of our unit.
    pub fn show(self) -> Result<BTreeMap<String, String>, SystemctlError> {
        let text = self.run(&["show", "--property", PROPERTIES, UNIT])?;
        let pairs = text.lines().filter_map(|line| line.split_once('='));
        let owned = |(key, value): (&str, &str)| (key.to_owned(), value.to_owned());
        Ok(pairs.map(owned).collect())
    }

    fn command(self, arguments: &[&str]) -> Command {
        #[expect(clippy::disallowed_methods, reason = "`run` waits for it")]
        let mut command = Command::new("systemctl");
        command.arg("--no-pager");
        if self.0 == Kind::User {
            command.arg("--user");
            // It finds the user's manager by this, which `su` and `sudo` do not set.
            if std::env::var_os("XDG_RUNTIME_DIR").is_none() {
                let user = rustix::process::geteuid().as_raw();
                command.env("XDG_RUNTIME_DIR", format!("/run/user/{user}"));
            }
        }
        command.args(arguments);
        command
    }
}

/// It begins with `systemd 252 (252.39-1~deb12u1)`.
fn version_in(text: &str) -> Option<u32> {
    let number = text.strip_prefix("systemd ")?;
    let end = number.find(|c: char| !c.is_ascii_digit());
    number.get(..end.unwrap_or(number.len()))?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::version_in;

    #[test]
    fn versions_as_distributions_write_them() {
        for (text, version) in [
            ("systemd 252 (252.39-1~deb12u1)\n+PAM", Some(252)),
            ("systemd 258~rc1 (x)", Some(258)),
            ("systemd 260", Some(260)),
            ("elogind 252", None),
            ("", None),
        ] {
            assert_eq!(version_in(text), version, "{text}");
        }
    }
}
