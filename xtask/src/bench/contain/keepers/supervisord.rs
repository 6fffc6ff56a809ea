//! supervisord from `PyPI`, in the foreground, told to stop and kill whole process groups, which it does not
//! do by itself.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use super::{Keeper, Server, order};
use crate::bench::running::Running;
use crate::bench::strays::{Mark, VARIABLE};
use crate::repository;

/// How long it may take until it takes orders.
const READY_WITHIN: Duration = Duration::from_secs(30);

pub(super) struct Supervisord {
    running: Running,
    configuration: PathBuf,
}

impl Supervisord {
    pub(super) fn start(folder: &Path, servers: &[Server], mark: &Mark) -> Result<Self> {
        let configuration = folder.join("supervisord.conf");
        fs::write(&configuration, text(folder, servers))
            .with_context(|| format!("cannot write {}", configuration.display()))?;
        let mut command = Command::new(program("supervisord"));
        command
            .arg("--nodaemon")
            .arg("--configuration")
            .arg(&configuration);
        command.env(VARIABLE, mark.text());
        let running = Running::start_logging(&mut command, folder, "supervisord")?;
        let mut supervisord = Self {
            running,
            configuration,
        };
        supervisord.wait_ready()?;
        Ok(supervisord)
    }

    fn wait_ready(&mut self) -> Result<()> {
        let begin = Instant::now();
        while let Err(error) = order(self.control(&["pid"])) {
            self.running.must_still_run()?;
            ensure!(
                begin.elapsed() < READY_WITHIN,
                "it takes no orders: {error:#}"
            );
            thread::sleep(Duration::from_millis(100));
        }
        Ok(())
    }

    fn control(&self, words: &[&str]) -> Command {
        let mut command = Command::new(program("supervisorctl"));
        command
            .arg("--configuration")
            .arg(&self.configuration)
            .args(words);
        command
    }
}

impl Keeper for Supervisord {
    fn pid(&self) -> Result<u32> {
        Ok(self.running.pid())
    }

    fn start_command(&self, server: &str) -> Command {
        self.control(&["start", server])
    }

    fn stop_command(&self, server: &str) -> Command {
        self.control(&["stop", server])
    }
}

fn program(name: &str) -> PathBuf {
    repository::testbed().join("supervisor/bin").join(name)
}

fn text(folder: &Path, servers: &[Server]) -> String {
    let place = folder.display();
    let mut text = format!(
        "[supervisord]\nnodaemon=true\nlogfile={place}/own.log\npidfile={place}/pid\nchildlogdir={place}\nminfds=4096\n\
         [unix_http_server]\nfile={place}/s\n\
         [rpcinterface:supervisor]\nsupervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface\n\
         [supervisorctl]\nserverurl=unix://{place}/s\n"
    );
    for server in servers {
        let wait = if server.stops_quickly {
            "stopwaitsecs=1\n"
        } else {
            ""
        };
        text.push_str(&format!(
            "[program:{}]\ncommand={}\nautostart={}\nautorestart=true\nstopasgroup=true\nkillasgroup=true\n{wait}\
             stdout_logfile=NONE\nstderr_logfile=NONE\n",
            server.name,
            server.command.join(" "),
            server.autostart
        ));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_stopped_and_killed() {
        let server = Server {
            name: "one".to_owned(),
            command: vec!["/t".to_owned(), "idle".to_owned()],
            autostart: true,
            pids_max: Some(15),
            stops_quickly: true,
        };
        let text = text(Path::new("/x"), &[server]);
        assert!(
            text.contains("[program:one]\ncommand=/t idle\nautostart=true\n"),
            "{text}"
        );
        assert!(
            text.contains("killasgroup=true\nstopwaitsecs=1\n"),
            "{text}"
        );
    }
}
