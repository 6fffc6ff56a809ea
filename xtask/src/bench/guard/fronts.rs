//! What stands in front of a server: nothing, our guard, or another program that runs a command in its
//! place.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::bench::strays::{Mark, VARIABLE};
use crate::bench::workshop::{self, Peer};

/// Something in front of a server.
#[derive(Clone, Copy, Debug)]
pub(super) struct Front {
    pub(super) key: &'static str,
    pub(super) name: &'static str,
    /// What it needs that is not ours.
    peer: Option<Peer>,
    /// Its program; `None` is no front at all, an empty one our own guard.
    words: Option<&'static [&'static str]>,
}

const fn peer(program: &'static str, package: &'static str) -> Peer {
    Peer { program, package }
}

/// No front: what all others are compared with.
pub(super) const BARE: Front = Front {
    key: "bare",
    name: "nothing",
    peer: None,
    words: None,
};

/// The guard as people declare it.
pub(super) const GUARD: Front = Front {
    key: "guard",
    name: "`mcpvisor run`",
    peer: None,
    words: Some(&["run", "--"]),
};

/// The guard with limits for which it makes a control group.
pub(super) const LIMITED: Front = Front {
    key: "limited",
    name: "`mcpvisor run --memory 512MiB --pids 60`",
    peer: None,
    words: Some(&["run", "--memory", "512MiB", "--pids", "60", "--"]),
};

/// Others, which do a part of what the guard does.
pub(super) const PEERS: [Front; 5] = [
    // Executes the server in its own place: what there is to see is the kernel's, which gives each session
    // a share of the processors of its own (`sched(7)`, autogroups).
    Front {
        key: "setsid",
        name: "`setsid` (util-linux)",
        peer: Some(peer("/usr/bin/setsid", "util-linux")),
        words: Some(&[]),
    },
    Front {
        key: "timeout",
        name: "`timeout -k 5 1h` (coreutils)",
        peer: Some(peer("/usr/bin/timeout", "coreutils")),
        words: Some(&["-k", "5", "1h"]),
    },
    Front {
        key: "tini",
        name: "`tini -s`",
        peer: Some(peer("/usr/bin/tini", "tini")),
        words: Some(&["-s", "--"]),
    },
    Front {
        key: "dumb-init",
        name: "`dumb-init`",
        peer: Some(peer("/usr/bin/dumb-init", "dumb-init")),
        words: Some(&["--"]),
    },
    Front {
        key: "firejail",
        name: "`firejail --noprofile`",
        peer: Some(peer("/usr/bin/firejail", "firejail")),
        words: Some(&["--quiet", "--noprofile", "--"]),
    },
];

impl Front {
    /// It is still there once the server runs.
    pub(super) fn stays(self) -> bool {
        self.key != "setsid"
    }
}

/// Where systemd says that it runs the machine (`sd_booted(3)`).
const SYSTEMD_RUNS: &str = "/run/systemd/system";

/// Why `systemd-run --scope` is not among the peers: it needs systemd as the first process, and what it
/// starts is no longer its child.
pub(super) fn systemd_is_missing() -> Result<()> {
    ensure!(
        Path::new(SYSTEMD_RUNS).exists(),
        "the first process of this machine is not systemd"
    );
    anyhow::bail!(
        "it hands the command to systemd and ends, so nothing stands in front of the server"
    )
}

/// Installs what can be had.
pub(super) fn install() {
    let peers: Vec<Peer> = PEERS.iter().filter_map(|front| front.peer).collect();
    workshop::install(&peers);
}

/// A server with its front.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) child: Child,
    pub(super) input: ChildStdin,
    pub(super) output: ChildStdout,
}

impl Running {
    /// An error, with how it has ended, if it has: what was killed by somebody shows so.
    pub(super) fn explain(mut self, error: anyhow::Error) -> anyhow::Error {
        drop((self.input, self.output));
        match self.child.wait() {
            Ok(status) => error.context(format!("it ended with {status}")),
            Err(_) => error,
        }
    }

    /// Its input ends, and so does it.
    pub(super) fn end(self) -> Result<()> {
        let Self {
            mut child,
            input,
            output,
        } = self;
        drop((input, output));
        child.wait().context("cannot wait for it").map(drop)
    }
}

impl Front {
    /// Why it cannot be measured.
    pub(super) fn must_be_here(self) -> Result<()> {
        self.peer.map_or(Ok(()), Peer::must_be_here)
    }

    /// Program and arguments with a command behind it.
    fn words(self, command: &[OsString]) -> Vec<OsString> {
        let program = match (self.words, self.peer) {
            (None, _) => None,
            (Some(_), Some(peer)) => Some(PathBuf::from(peer.program)),
            (Some(_), None) => Some(workshop::release().join("mcpvisor")),
        };
        let own = self.words.unwrap_or_default().iter().map(OsString::from);
        let program = program.map(PathBuf::into_os_string);
        program
            .into_iter()
            .chain(own)
            .chain(command.iter().cloned())
            .collect()
    }

    /// Starts a command with it in front.
    pub(super) fn start(self, command: &[OsString], mark: &Mark) -> Result<Running> {
        let words = self.words(command);
        let (program, arguments) = words.split_first().context("no command")?;
        let mut child = Command::new(program)
            .args(arguments)
            .env(VARIABLE, mark.text())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("cannot start {}", self.name))?;
        let input = child.stdin.take().context("no input")?;
        let output = child.stdout.take().context("no output")?;
        Ok(Running {
            child,
            input,
            output,
        })
    }
}

/// The testbed's server.
pub(super) fn server() -> Vec<OsString> {
    let program = workshop::release().join("mcp-server");
    vec![program.into_os_string(), "--max-lifetime=600".into()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_comes_behind() {
        let command = [OsString::from("x"), OsString::from("-y")];
        assert_eq!(BARE.words(&command), ["x", "-y"]);
        let guarded = GUARD.words(&command);
        assert!(
            guarded
                .first()
                .is_some_and(|program| Path::new(program).ends_with("release/mcpvisor"))
        );
        assert_eq!(guarded[1..], ["run", "--", "x", "-y"]);
        assert_eq!(
            PEERS[2].words(&command),
            ["/usr/bin/tini", "-s", "--", "x", "-y"]
        );
    }

    #[test]
    fn keys_differ() {
        let mut keys: Vec<&str> = PEERS
            .iter()
            .chain([&BARE, &GUARD, &LIMITED])
            .map(|front| front.key)
            .collect();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), 8);
    }
}
