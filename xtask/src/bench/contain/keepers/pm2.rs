//! PM2 from npm: its daemon, and its commands, each of which is a program of Node's.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::{Keeper, Server, order};
use crate::bench::strays::{Mark, VARIABLE};
use crate::repository;

pub(super) struct Pm2 {
    home: PathBuf,
    mark: String,
}

impl Pm2 {
    pub(super) fn start(folder: &Path, servers: &[Server], mark: &Mark) -> Result<Self> {
        let home = folder.join("home");
        fs::create_dir_all(&home).with_context(|| format!("cannot make {}", home.display()))?;
        let pm2 = Self {
            home,
            mark: mark.text().to_owned(),
        };
        let file = folder.join("ecosystem.json");
        fs::write(&file, ecosystem(servers).to_string())
            .with_context(|| format!("cannot write {}", file.display()))?;
        order(pm2.command(&["start", &file.display().to_string()]))?;
        // It has no word for servers that are not started with it.
        for server in servers.iter().filter(|server| !server.autostart) {
            order(pm2.command(&["stop", &server.name]))?;
        }
        Ok(pm2)
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new("node");
        command.arg(repository::testbed().join("pm2/node_modules/pm2/bin/pm2"));
        command
            .args(words)
            .env("PM2_HOME", &self.home)
            .env(VARIABLE, &self.mark);
        command
    }
}

impl Keeper for Pm2 {
    fn pid(&self) -> Result<u32> {
        let text = fs::read_to_string(self.home.join("pm2.pid")).context("PM2 has no daemon")?;
        text.trim().parse().context("PM2 tells no pid")
    }

    fn start_command(&self, server: &str) -> Command {
        self.command(&["start", server])
    }

    fn stop_command(&self, server: &str) -> Command {
        self.command(&["stop", server])
    }
}

impl Drop for Pm2 {
    fn drop(&mut self) {
        if let Err(error) = order(self.command(&["kill"])) {
            eprintln!("PM2 does not end: {error:#}");
        }
    }
}

fn ecosystem(servers: &[Server]) -> Value {
    let app = |server: &Server| {
        let (program, arguments) = server
            .command
            .split_first()
            .map_or(("", &[] as &[String]), |(first, rest)| (first, rest));
        let mut app = json!({
            "name": server.name,
            "script": program,
            "args": arguments,
            "interpreter": "none",
            "autorestart": true,
            "max_memory_restart": "1G",
            "out_file": "/dev/null",
            "error_file": "/dev/null",
        });
        if server.stops_quickly {
            app["kill_timeout"] = json!(250);
        }
        app
    };
    json!({ "apps": servers.iter().map(app).collect::<Vec<_>>() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_is_no_script() {
        let server = Server {
            name: "one".to_owned(),
            command: vec!["/t".to_owned(), "idle".to_owned()],
            autostart: true,
            pids_max: None,
            stops_quickly: true,
        };
        let app = &ecosystem(&[server])["apps"][0];
        assert_eq!(app["script"], "/t");
        assert_eq!(app["args"], json!(["idle"]));
        assert_eq!(app["kill_timeout"], 250);
    }
}
