//! What `mcpvisor service` says.

use std::collections::BTreeMap;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Serialize;

use super::place::{Kind, UNIT, lingers};
use super::seal::{self, Origin};
use super::systemctl::{Systemctl, SystemctlError};

/// What `service --json` says.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ServiceReport {
    /// `mcpvisor.service.v1`.
    pub schema: &'static str,
    /// What was asked for: `install`, `uninstall`, `status`, `print`.
    pub action: &'static str,
    /// `system`, or `user`: a service of the user's own.
    pub manager: &'static str,
    /// Name of the unit.
    pub unit: &'static str,
    /// Its file.
    pub path: PathBuf,
    /// What is there now: `absent`, `ours`, `edited` (we wrote it, and it was changed), `foreign`.
    pub unit_file: &'static str,
    /// What systemd says of it; `null` if it was not asked.
    pub state: Option<UnitState>,
    /// Whether the user's services go on after logging out; `null` where that is no question.
    pub lingers: Option<bool>,
    /// What was done, in order.
    pub done: Vec<String>,
    /// What is to be known beside.
    pub notes: Vec<String>,
    /// The unit's text, of `print`.
    pub text: Option<String>,
}

/// What systemd says of a unit, in its own words (`org.freedesktop.systemd1(5)`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct UnitState {
    /// `loaded`, `not-found`, ...
    pub load: String,
    /// `active`, `inactive`, `failed`, `activating`, ...
    pub active: String,
    /// `running`, `dead`, `auto-restart`, ...
    pub sub: String,
    /// `enabled`, `disabled`; empty where there is no unit.
    pub enabled: String,
    /// Of the daemon; `null` if it does not run.
    pub main_pid: Option<u32>,
    /// How often systemd has started it anew.
    pub restarts: Option<u32>,
    /// How it last ended: `success`, `exit-code`, `watchdog`, `oom-kill`, ...
    pub result: String,
    /// Files that change the unit.
    pub drop_ins: Vec<PathBuf>,
}

impl UnitState {
    /// Reads it.
    pub fn read(kind: Kind) -> Result<Self, SystemctlError> {
        Systemctl(kind).show().map(|all| Self::of(&all))
    }

    fn of(all: &BTreeMap<String, String>) -> Self {
        let text = |key| all.get(key).cloned().unwrap_or_default();
        let number = |key| text(key).parse().ok();
        Self {
            load: text("LoadState"),
            active: text("ActiveState"),
            sub: text("SubState"),
            enabled: text("UnitFileState"),
            main_pid: number("MainPID").filter(|pid| *pid != 0),
            restarts: number("NRestarts"),
            result: text("Result"),
            drop_ins: text("DropInPaths")
                .split_whitespace()
                .map(PathBuf::from)
                .collect(),
        }
    }

    /// Does it run?
    pub fn is_active(&self) -> bool {
        matches!(self.active.as_str(), "active" | "reloading")
    }
}

/// What is at the place of the unit file.
#[derive(Clone, Debug)]
pub struct Present {
    /// Its text; `None` if there is no file.
    pub text: Option<String>,
}

impl Present {
    /// Reads it. What is no text is a file of somebody else's.
    pub fn read(path: &std::path::Path) -> std::io::Result<Self> {
        match std::fs::read(path) {
            Ok(bytes) => Ok(Self {
                text: Some(String::from_utf8_lossy(&bytes).into_owned()),
            }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self { text: None }),
            Err(error) => Err(error),
        }
    }

    /// Whose it is; `None` if there is none.
    pub fn origin(&self) -> Option<Origin> {
        self.text.as_deref().map(seal::origin)
    }

    /// As documents say it.
    pub fn word(&self) -> &'static str {
        match self.origin() {
            None => "absent",
            Some(Origin::Ours) => "ours",
            Some(Origin::Edited) => "edited",
            Some(Origin::Foreign) => "foreign",
        }
    }
}

impl ServiceReport {
    /// One of which only the action is known.
    pub fn new(action: &'static str, kind: Kind, path: PathBuf, present: &Present) -> Self {
        Self {
            schema: "mcpvisor.service.v1",
            action,
            manager: kind.word(),
            unit: UNIT,
            path,
            unit_file: present.word(),
            state: None,
            lingers: (kind == Kind::User).then(lingers).flatten(),
            done: Vec::new(),
            notes: Vec::new(),
            text: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_systemd_says_is_taken_over() {
        let text = "LoadState=loaded\nActiveState=active\nSubState=running\nMainPID=0\nNRestarts=3\n\
                    UnitFileState=enabled\nResult=success\nDropInPaths=/a/b.conf /c.conf\n";
        let pairs = text.lines().filter_map(|line| line.split_once('='));
        let all = pairs
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect();
        let state = UnitState::of(&all);
        assert!(state.is_active());
        assert_eq!((state.main_pid, state.restarts), (None, Some(3)));
        assert_eq!(
            state.drop_ins,
            [PathBuf::from("/a/b.conf"), PathBuf::from("/c.conf")]
        );
        assert_eq!(UnitState::of(&BTreeMap::new()), UnitState::default());
    }
}
