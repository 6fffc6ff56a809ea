//! The text of the unit file.
//!
//! Why it says what it says:
//!
//! - `Type=notify`: the service is started when the daemon answers, not when it was forked. The daemon
//!   also feeds the watchdog, so that one that hangs is started anew.
//! - `Delegate=yes`: groups of servers are made below the unit's own, where systemd leaves them alone.
//!   What limits the unit limits them too. That is why the unit has no `MemoryHigh=` and no `TasksMax=`
//!   for the daemon's own budget: it would be the budget of all servers together. The daemon keeps its
//!   budget by itself.
//! - `OOMPolicy=continue`: a server that is killed because memory ran out is restarted by the daemon, and
//!   is no reason to end everything.
//! - `KillMode=mixed`: the daemon alone gets SIGTERM and ends its servers in order, with the time that
//!   each has; what is left when `TimeoutStopSec=` is over is killed. `control-group`, the default, would
//!   send SIGTERM to servers behind the daemon's back, which would take that for crashes. Where servers
//!   are to outlive the daemon (`survival = "adopt"`) it has to be `process`: systemd then leaves them,
//!   and the next daemon adopts them.
//! - `DelegateSubgroup=`: groups of servers have controllers only if nobody is in the unit's own group. The
//!   daemon moves itself out of it, into a leaf; with this systemd starts it there. Before version 254,
//!   which does not know it, systemd cannot start a daemon in a unit in which servers live on (`219/CGROUP`,
//!   again and again), so there it is `KillMode=mixed` in any case.
//! - No `OOMScoreAdjust=`: servers would inherit the protection, and a leaking one would see others die
//!   in its stead.
//! - Hardening is what takes nothing from the daemon, nor from the servers, which inherit it. Whatever
//!   makes a mount namespace (`ProtectSystem=`, `PrivateTmp=`, `ProtectKernelModules=` and many more) is
//!   left out: servers and their containers would have other mounts and another `/tmp` than their
//!   clients. `ProtectClock=` is, because it closes all devices, GPUs too; so is
//!   `NoNewPrivileges=`, without which rootless containers do not start, `RestrictSUIDSGID=`, with which
//!   images cannot be unpacked, and `MemoryDenyWriteExecute=`, with which node does not run. In the
//!   service of a user each of the others would bring `NoNewPrivileges=` with it.

use super::place::Kind;
use super::quote;

/// What becomes of servers when the daemon ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Servers {
    /// They end with it.
    End,
    /// They go on, and the next daemon adopts them.
    GoOn,
}

/// What the unit starts, and how.
#[derive(Clone, Debug)]
pub struct Unit<'u> {
    /// Whose it is.
    pub kind: Kind,
    /// Absolute path of the program.
    pub program: &'u str,
    /// Its arguments, `serve` and what goes before.
    pub arguments: &'u [String],
    /// The state directory is the usual one of root, which systemd is to make.
    pub usual_state: bool,
    /// What becomes of servers. They cannot go on where there are no subgroups.
    pub servers: Servers,
    /// systemd knows `DelegateSubgroup=`.
    pub has_subgroups: bool,
}

impl Unit<'_> {
    /// The text without a seal.
    pub fn text(&self) -> String {
        let words = self.arguments.iter().map(|word| quote::argument(word));
        let command: Vec<_> = std::iter::once(quote::program(self.program))
            .chain(words)
            .collect();
        let wanted_by = match self.kind {
            Kind::System => "multi-user.target",
            Kind::User => "default.target",
        };
        [
            self.head().as_str(),
            "[Unit]\nDescription=mcpvisor, which watches and supervises MCP servers\n\n[Service]\n",
            &format!("ExecStart={}\n", command.join(" ")),
            SUPERVISION,
            self.stopping(),
            GROUPS,
            if self.has_subgroups { SUBGROUP } else { "" },
            match self.kind {
                Kind::System => SYSTEM,
                Kind::User => USER,
            },
            if self.usual_state && self.kind == Kind::System {
                STATE
            } else {
                ""
            },
            &format!("\n[Install]\nWantedBy={wanted_by}\n"),
        ]
        .concat()
    }

    fn head(&self) -> String {
        let option = self.kind.option();
        format!(
            "# To change it: systemctl{option} edit mcpvisor. The next installation would overwrite changes here.\n\n"
        )
    }

    fn stopping(&self) -> &'static str {
        match self.servers {
            Servers::GoOn if self.has_subgroups => PROCESS,
            Servers::GoOn | Servers::End => MIXED,
        }
    }
}

const SUPERVISION: &str = "\
Type=notify
NotifyAccess=main
ExecReload=/bin/kill -HUP $MAINPID
TimeoutStartSec=90s
# It is started anew after a crash, and when it has not said for this long that it works. A wrong command
# line (64) or configuration (78) does not mend itself.
Restart=on-failure
RestartSec=2s
RestartPreventExitStatus=64 78
WatchdogSec=30s
# Time for its servers to end in order.
TimeoutStopSec=60s
";

const MIXED: &str = "\
# SIGTERM is for it alone: it ends its servers itself. What is left after that is killed.
KillMode=mixed
";

const PROCESS: &str = "\
# Servers go on when it ends, and the next one adopts them.
KillMode=process
";

const GROUPS: &str = "\
# Servers get groups with limits below this one, and systemd leaves these alone.
Delegate=yes
# A server for which there is no memory left is no reason to end all.
OOMPolicy=continue
";

const SUBGROUP: &str = "\
DelegateSubgroup=mcpvisor-supervisor
";

const SYSTEM: &str = "\
# Gives it $HOME, below which its configuration is.
User=root

# What neither it nor a server of its needs. Nothing that changes what files, devices and processes are
# seen: it reads those of others, and its servers inherit its view.
# Load modules, reboot, set the clock, change mandatory access control.
CapabilityBoundingSet=~CAP_SYS_MODULE CAP_SYS_BOOT CAP_SYS_TIME CAP_WAKE_ALARM CAP_MAC_ADMIN CAP_MAC_OVERRIDE
# A server that spins at realtime priority would stop the machine.
RestrictRealtime=yes
# Programs that ask for the ways of another system lose address randomisation.
LockPersonality=yes
";

const USER: &str = "\
# No hardening: in the service of a user all of it needs NoNewPrivileges=, and with that servers in
# rootless containers do not start.
";

const STATE: &str = "\
# /var/lib/mcpvisor
StateDirectory=mcpvisor
StateDirectoryMode=0700
";

#[cfg(test)]
mod tests {
    use super::*;

    const NEW: bool = true;

    fn unit(kind: Kind, servers: Servers, has_subgroups: bool, arguments: &[&str]) -> String {
        let arguments: Vec<String> = arguments.iter().map(|&word| word.to_owned()).collect();
        let unit = Unit {
            kind,
            program: "/usr/local/bin/mcpvisor",
            arguments: &arguments,
            usual_state: true,
            servers,
            has_subgroups,
        };
        unit.text()
    }

    fn settings(text: &str) -> Vec<&str> {
        let is_setting = |line: &&str| !line.starts_with('#') && line.contains('=');
        text.lines().filter(is_setting).collect()
    }

    #[test]
    fn the_service_of_the_machine() {
        let text = unit(Kind::System, Servers::End, NEW, &["serve"]);
        let settings = settings(&text);
        for expected in [
            "ExecStart=/usr/local/bin/mcpvisor serve",
            "Type=notify",
            "WatchdogSec=30s",
            "Delegate=yes",
            "OOMPolicy=continue",
            "KillMode=mixed",
            "StateDirectory=mcpvisor",
            "WantedBy=multi-user.target",
        ] {
            assert!(settings.contains(&expected), "{expected}:\n{text}");
        }
    }

    #[test]
    fn the_service_of_a_user_asks_for_nothing_that_only_root_gets() {
        let text = unit(
            Kind::User,
            Servers::GoOn,
            NEW,
            &["--state-dir", "/s p", "serve"],
        );
        let settings = settings(&text);
        assert!(settings.contains(&"ExecStart=/usr/local/bin/mcpvisor --state-dir \"/s p\" serve"));
        assert!(settings.contains(&"KillMode=process"));
        assert!(settings.contains(&"WantedBy=default.target"));
        for never in [
            "User=",
            "CapabilityBoundingSet=",
            "Restrict",
            "Lock",
            "StateDirectory=",
        ] {
            assert!(
                !settings.iter().any(|line| line.starts_with(never)),
                "{never}:\n{text}"
            );
        }
    }

    #[test]
    fn servers_go_on_only_where_the_next_daemon_can_be_started_beside_them() {
        let old = unit(Kind::System, Servers::GoOn, !NEW, &["serve"]);
        assert!(settings(&old).contains(&"KillMode=mixed"), "{old}");
        assert!(!old.contains("DelegateSubgroup="), "{old}");
        let leaf = format!("DelegateSubgroup={}", linux::cgroup::LEAF);
        for servers in [Servers::End, Servers::GoOn] {
            let new = unit(Kind::System, servers, NEW, &["serve"]);
            assert!(settings(&new).contains(&leaf.as_str()), "{new}");
        }
    }

    /// Each of these would break servers, or hide from us what we are to see.
    #[test]
    fn nothing_changes_what_is_seen() {
        let text = unit(Kind::System, Servers::End, NEW, &["serve"]);
        for never in [
            "Private",
            "Protect",
            "ReadOnly",
            "Inaccessible",
            "TemporaryFileSystem",
            "NoNewPrivileges",
            "MemoryDeny",
            "RestrictNamespaces",
            "RestrictSUIDSGID",
            "DevicePolicy",
            "OOMScoreAdjust",
            "MemoryHigh",
            "MemoryMax",
            "TasksMax",
        ] {
            assert!(
                !settings(&text).iter().any(|line| line.starts_with(never)),
                "{never}"
            );
        }
    }
}
