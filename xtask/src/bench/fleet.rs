//! The processes of a load: idle ones, so many that the machine has the number wanted, and servers under
//! one owner.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use super::cpu;
use super::load::{Load, PROCESSES_OF_A_SERVER};
use super::workshop;

/// A measurement takes minutes, one an hour; nothing of it outlives this.
const MAX_LIFETIME: Duration = Duration::from_hours(2);

/// A young process may still change its name and its program, so monitors read more of it. A machine on
/// which all processes are seconds old is no load that anybody has.
const SETTLE: Duration = Duration::from_secs(15);

/// The processes of a load. They end with it.
#[derive(Debug)]
pub(crate) struct Fleet {
    /// Each ends what it has started when its standard input ends.
    leaders: Vec<Child>,
}

impl Fleet {
    /// Fills the machine up to the load, with the leaders counted in. `release` has our programs.
    pub(crate) fn start(release: &Path, load: Load) -> Result<Self> {
        let mut fleet = Self {
            leaders: Vec::new(),
        };
        let lifetime = format!("--max-lifetime={}", MAX_LIFETIME.as_secs());
        if load.servers > 0 {
            fleet.lead(&mut owner(release, load, &lifetime)?)?;
        }
        let idle = load.processes.saturating_sub(cpu::processes() + 1);
        let mut leader = Command::new(release.join("idle-fleet"));
        fleet.lead(leader.arg(format!("--count={idle}")).arg(&lifetime))?;
        thread::sleep(SETTLE);
        Ok(fleet)
    }

    /// Starts a program that prints a line when all that it starts is up.
    fn lead(&mut self, command: &mut Command) -> Result<()> {
        let mut leader = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start the load")?;
        let output = leader.stdout.take().context("the load cannot be heard")?;
        self.leaders.push(leader);
        let mut line = String::new();
        BufReader::new(output)
            .read_line(&mut line)
            .context("cannot hear from the load")?;
        ensure!(!line.is_empty(), "the load did not come up");
        Ok(())
    }
}

/// The owner with its servers.
fn owner(release: &Path, load: Load, lifetime: &str) -> Result<Command> {
    let server = release.join("mcp-server");
    let children = format!("--children={}", PROCESSES_OF_A_SERVER - 1);
    let count = format!("--count={}", load.servers);
    if !load.named {
        let mut owner = Command::new(release.join("mcp-owner"));
        owner.args([&count, lifetime, "--"]).arg(server);
        owner.args([lifetime, &children, "--children-end-too"]);
        return Ok(owner);
    }
    let folder = workshop::empty("servers")?;
    let mut owner = Command::new(link(&release.join("mcp-owner"), &folder, "claude")?);
    for number in 1..=load.servers {
        link(&server, &folder, &format!("mcp-server-of-{number}"))?;
    }
    owner.args([&count, lifetime, "--", "sh", "-c", NEXT_NAME, "sh"]);
    owner.arg(&folder).arg(load.servers.to_string());
    owner.args([lifetime, &children, "--children-end-too"]);
    Ok(owner)
}

/// The owner starts one command many times: each takes the next name that nobody has taken, which it
/// notes by making a file, and becomes the server of that name. Nothing is started for that: with
/// hundreds of servers it would be started a hundred thousand times.
const NEXT_NAME: &str = "folder=$1 last=$2; shift 2; set -C; \
    for number in $(seq \"$last\"); do \
    command : 2>/dev/null >\"$folder/taken-$number\" && exec \"$folder/mcp-server-of-$number\" \"$@\"; \
    done; exit 1";

/// The program under another name.
pub(crate) fn link(program: &Path, folder: &Path, name: &str) -> Result<PathBuf> {
    let place = folder.join(name);
    fs::hard_link(program, &place)
        .or_else(|_| fs::copy(program, &place).map(drop))
        .with_context(|| format!("cannot make {}", place.display()))?;
    Ok(place)
}

impl Drop for Fleet {
    fn drop(&mut self) {
        for leader in &mut self.leaders {
            drop(leader.stdin.take());
            if let Err(error) = leader.wait() {
                eprintln!("cannot wait for the load to end: {error}");
            }
        }
    }
}
