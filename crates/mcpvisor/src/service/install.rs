//! Writing the unit, and starting it.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::place::{Kind, UNIT};
use super::program::{self, ProgramError};
use super::report::{Present, ServiceReport, UnitState};
use super::seal::{self, Origin};
use super::systemctl::{Systemctl, SystemctlError};
use super::unit::{Servers, Unit};
use crate::client::Client;
use crate::exit::{self, Failure};
use crate::state::State;

/// What is wanted.
#[derive(Clone, Debug)]
pub struct Wish {
    /// Whose service.
    pub kind: Kind,
    /// Overwrite a file that is not ours; start a program that others could change.
    pub force: bool,
    /// What becomes of servers when the daemon ends.
    pub servers: Servers,
    /// `--config`, if it is to be passed on.
    pub config: Option<PathBuf>,
    /// `--state-dir`, if it is to be passed on.
    pub state_dir: Option<PathBuf>,
}

impl Wish {
    /// `DelegateSubgroup=` is of version 254 (systemd.resource-control(5)).
    fn has_subgroups(&self) -> bool {
        let version = Systemctl(self.kind).version();
        version.is_some_and(|version| version >= 254)
    }

    /// What is to be known of the unit before it is relied on.
    pub fn notes(&self) -> Vec<String> {
        if self.servers == Servers::End || self.has_subgroups() {
            return Vec::new();
        }
        let words = "servers end when the daemon crashes, although the configuration has some that are to be \
                     adopted: that needs systemd 254";
        vec![words.to_owned()]
    }

    /// The unit file's whole text.
    pub fn text(&self) -> Result<String, Failure> {
        let program = program::ours().map_err(|error| refused(&error))?;
        let mut arguments = Vec::new();
        for (option, path) in [("--config", &self.config), ("--state-dir", &self.state_dir)] {
            if let Some(path) = path {
                let path = std::path::absolute(path).map_err(|error| cannot(path, &error))?;
                let text = path.to_str().map(str::to_owned);
                let text = text.ok_or_else(|| refused(&ProgramError::NoText(path)))?;
                arguments.extend([option.to_owned(), text]);
            }
        }
        arguments.push("serve".to_owned());
        let unit = Unit {
            kind: self.kind,
            program: &program,
            arguments: &arguments,
            usual_state: self.state_dir.is_none(),
            servers: self.servers,
            has_subgroups: self.has_subgroups(),
        };
        Ok(seal::seal(&unit.text()))
    }
}

/// Where the unit file belongs.
pub fn file(kind: Kind) -> Result<PathBuf, Failure> {
    kind.file().ok_or_else(|| {
        let words = "neither XDG_CONFIG_HOME nor HOME says where a user's units are";
        Failure::new(exit::CANNOT_CREATE, words)
    })
}

/// Fails where there is no systemd to ask, or not by us.
pub fn must_have_systemd(kind: Kind) -> Result<(), Failure> {
    if !linux::systemd::is_running() {
        return Err(Failure::new(
            exit::UNAVAILABLE,
            "this machine was not booted by systemd, so it has no place for a unit: have `mcpvisor serve` \
             started by what starts services here; `mcpvisor service install --print` shows the unit",
        ));
    }
    if kind == Kind::System && !rustix::process::geteuid().is_root() {
        return Err(Failure::new(
            exit::CANNOT_CREATE,
            "only root can change services of the machine: use sudo, or --user for a service of your own",
        ));
    }
    Ok(())
}

/// Writes the unit, enables it, and starts it.
pub fn install(wish: &Wish, state: &State) -> Result<ServiceReport, Failure> {
    must_have_systemd(wish.kind)?;
    let text = wish.text()?;
    if wish.kind == Kind::System && !wish.force {
        let program = program::ours().map_err(|error| refused(&error))?;
        program::only_root_changes(Path::new(&program), 0).map_err(|error| refused(&error))?;
    }
    let path = file(wish.kind)?;
    let present = Present::read(&path).map_err(|error| cannot(&path, &error))?;
    must_be_ours(&path, &present, wish.force)?;
    let systemctl = Systemctl(wish.kind);
    let before = UnitState::read(wish.kind).map_err(|error| unavailable(&error))?;
    if !before.is_active() && Client::find(state).is_some() {
        let words = format!(
            "a daemon runs already that is no service and holds {}: end it first",
            state.folder().display()
        );
        return Err(Failure::new(exit::UNAVAILABLE, words));
    }
    let mut done = Vec::new();
    let is_new = present.text.as_deref() != Some(&text);
    if is_new {
        write(&path, &text).map_err(|error| cannot(&path, &error))?;
        done.push(format!("wrote {}", path.display()));
        systemctl
            .run(&["daemon-reload"])
            .map_err(|error| unavailable(&error))?;
    }
    systemctl
        .run(&["enable", UNIT])
        .map_err(|error| unavailable(&error))?;
    done.push("enabled: it starts by itself from now on".to_owned());
    let verb = if before.is_active() && is_new {
        "restart"
    } else {
        "start"
    };
    systemctl
        .run(&[verb, UNIT])
        .map_err(|error| failed(wish.kind, &error))?;
    done.push(format!("{verb}ed: it answers"));
    let written = Present { text: Some(text) };
    let mut report = ServiceReport::new("install", wish.kind, path, &written);
    report.done = done;
    report.notes = wish.notes();
    report.state = UnitState::read(wish.kind).ok();
    if report.lingers == Some(false) {
        report.notes.push(
            "it ends when you log out, and starts when you log in: `loginctl enable-linger` has it run always"
                .to_owned(),
        );
    }
    Ok(report)
}

/// Fails if the file was written or changed by somebody else.
pub fn must_be_ours(path: &Path, present: &Present, force: bool) -> Result<(), Failure> {
    let why = match present.origin() {
        None | Some(Origin::Ours) => return Ok(()),
        Some(Origin::Edited) => {
            "was changed since mcpvisor wrote it: move the changes to a drop-in"
        }
        Some(Origin::Foreign) => "was not written by mcpvisor: keep it, or move it away",
    };
    if force {
        return Ok(());
    }
    let words = format!(
        "{} {why}, or use --force, which does not keep it",
        path.display()
    );
    Err(Failure::new(exit::CANNOT_CREATE, words))
}

/// Who reads it sees the old or the new one, never a part.
fn write(path: &Path, text: &str) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let temporary = path.with_extension(format!("new-{}", std::process::id()));
    let mut file = std::fs::File::create(&temporary)?;
    let written = file
        .write_all(text.as_bytes())
        .and_then(|()| file.sync_all());
    let moved = written.and_then(|()| std::fs::rename(&temporary, path));
    if moved.is_err() {
        // What is left of it is no unit: its name has another ending.
        std::fs::remove_file(&temporary).unwrap_or_default();
    }
    moved
}

fn refused(error: &ProgramError) -> Failure {
    Failure::new(exit::CANNOT_CREATE, error.to_string())
}

fn cannot(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(exit::CANNOT_CREATE, format!("{}: {error}", path.display()))
}

/// systemd cannot be asked, or will not.
pub fn unavailable(error: &SystemctlError) -> Failure {
    Failure::new(exit::UNAVAILABLE, error.to_string())
}

/// The unit is there, and the daemon does not start.
fn failed(kind: Kind, error: &SystemctlError) -> Failure {
    let state = UnitState::read(kind).unwrap_or_default();
    let option = kind.option();
    let words = format!(
        "the unit is installed, but the daemon does not start ({}, {}): {error}; \
         `journalctl{option} --unit {UNIT} --lines 20` says more, `mcpvisor service uninstall{option}` \
         takes it away",
        state.active, state.result
    );
    Failure::new(exit::UNAVAILABLE, words)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn wish(config: Option<&str>, state_dir: Option<&str>) -> Wish {
        Wish {
            kind: Kind::System,
            force: false,
            servers: Servers::End,
            config: config.map(PathBuf::from),
            state_dir: state_dir.map(PathBuf::from),
        }
    }

    #[test]
    fn what_is_given_is_passed_on_and_sealed() {
        let text = wish(Some("/c/m.toml"), Some("/s")).text().unwrap();
        assert_eq!(seal::origin(&text), Origin::Ours);
        assert!(
            text.contains(" --config /c/m.toml --state-dir /s serve\n"),
            "{text}"
        );
        assert!(!text.contains("StateDirectory="));
        let usual = wish(None, None).text().unwrap();
        assert!(usual.contains("StateDirectory=mcpvisor"), "{usual}");
    }

    #[test]
    fn files_of_others_stay() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("units/mcpvisor.service");
        let absent = Present::read(&path).unwrap();
        must_be_ours(&path, &absent, false).unwrap();
        let text = wish(None, None).text().unwrap();
        write(&path, &text).unwrap();
        let ours = Present::read(&path).unwrap();
        assert_eq!(ours.word(), "ours");
        must_be_ours(&path, &ours, false).unwrap();
        for (text, word) in [
            (text.replace("WatchdogSec=30s", "WatchdogSec=1h"), "edited"),
            ("[Service]\nExecStart=/bin/true\n".to_owned(), "foreign"),
        ] {
            write(&path, &text).unwrap();
            let present = Present::read(&path).unwrap();
            assert_eq!(present.word(), word);
            let refusal = must_be_ours(&path, &present, false).unwrap_err();
            assert_eq!(refusal.code, exit::CANNOT_CREATE);
            must_be_ours(&path, &present, true).unwrap();
        }
        let left = std::fs::read_dir(path.parent().unwrap()).unwrap();
        assert_eq!(left.count(), 1, "no temporary file is left");
    }
}
