//! The processes of a load: idle ones, so many that the machine has the number wanted, and servers under
//! one owner.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use super::cpu;
use super::load::{Load, PROCESSES_OF_A_SERVER};
use super::workshop::Workshop;

/// A measurement takes minutes; nothing of it outlives this.
const MAX_LIFETIME: Duration = Duration::from_hours(1);

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
    /// Fills the machine up to the load, with the leaders counted in.
    pub(crate) fn start(workshop: &Workshop, load: Load) -> Result<Self> {
        let mut fleet = Self {
            leaders: Vec::new(),
        };
        let lifetime = format!("--max-lifetime={}", MAX_LIFETIME.as_secs());
        if load.servers > 0 {
            let mut owner = Command::new(workshop.release.join("mcp-owner"));
            owner
                .arg(format!("--count={}", load.servers))
                .args([&lifetime, "--"]);
            owner
                .arg(workshop.release.join("mcp-server"))
                .arg(&lifetime);
            owner.arg(format!("--children={}", PROCESSES_OF_A_SERVER - 1));
            owner.arg("--children-end-too");
            fleet.lead(&mut owner)?;
        }
        let idle = load.processes.saturating_sub(cpu::processes() + 1);
        let mut leader = Command::new(workshop.release.join("idle-fleet"));
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
