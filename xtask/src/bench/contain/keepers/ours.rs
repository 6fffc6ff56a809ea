//! Our daemon with `[[server]]`s.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::{Keeper, Server};
use crate::bench::daemon::Daemon;
use crate::bench::strays::{Mark, VARIABLE};
use crate::bench::workshop;

pub(super) struct Ours {
    daemon: Daemon,
    state: PathBuf,
}

impl Ours {
    pub(super) fn start(folder: &Path, servers: &[Server], mark: &Mark) -> Result<Self> {
        let state = folder.join("state");
        fs::create_dir_all(&state).with_context(|| format!("cannot make {}", state.display()))?;
        let file = state.join("mcpvisor.toml");
        let text: String = servers.iter().map(|server| section(server, mark)).collect();
        fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))?;
        let daemon = Daemon::start_with(&state, &["--config", &file.display().to_string()])?;
        Ok(Self { daemon, state })
    }

    fn command(&self, order: &str, server: &str) -> Command {
        let mut command = Command::new(workshop::release().join("mcpvisor"));
        command
            .arg("--state-dir")
            .arg(&self.state)
            .args([order, server]);
        command
    }
}

impl Keeper for Ours {
    fn pid(&self) -> Result<u32> {
        Ok(self.daemon.running.pid())
    }

    fn start_command(&self, server: &str) -> Command {
        self.command("start", server)
    }

    fn stop_command(&self, server: &str) -> Command {
        self.command("stop", server)
    }
}

fn section(server: &Server, mark: &Mark) -> String {
    let words: Vec<String> = server
        .command
        .iter()
        .map(|word| format!("{word:?}"))
        .collect();
    let mut text = format!(
        "[[server]]\nname = \"{}\"\ncommand = [{}]\nautostart = {}\nenv = {{ {VARIABLE} = \"{}\" }}\n",
        server.name,
        words.join(", "),
        server.autostart,
        mark.text()
    );
    if let Some(most) = server.pids_max {
        text.push_str(&format!("limits = {{ pids_max = {most} }}\n"));
    }
    if server.stops_quickly {
        text.push_str("stop = { stdin_grace = \"50ms\", kill_after = \"200ms\" }\n");
    }
    text
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn a_section_is_toml() {
        let server = Server {
            name: "nasty".to_owned(),
            command: vec!["/a b/tree".to_owned(), "\"x\"".to_owned()],
            autostart: false,
            pids_max: Some(15),
            stops_quickly: true,
        };
        let mark = Mark::new("section");
        let table: toml::Table = toml::from_str(&section(&server, &mark)).unwrap();
        let section = &table["server"][0];
        assert_eq!(section["command"][1].as_str(), Some("\"x\""));
        assert_eq!(section["limits"]["pids_max"].as_integer(), Some(15));
        assert_eq!(section["env"][VARIABLE].as_str(), Some(mark.text()));
        assert_eq!(section["autostart"].as_bool(), Some(false));
    }
}
