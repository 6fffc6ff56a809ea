//! An owner of MCP servers that a test can look at, disown and kill: the `mcp-owner` program under
//! any name, with the pids of the servers it has started.

use std::ffi::OsString;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{ChildStdin, Command, Stdio as StandardStream};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::{Identity, Spawned, programs};

/// What carries the conversation between the owner and a server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stdio {
    /// Two pipes, as Python and Rust clients do it.
    #[default]
    Pipe,
    /// Socket pairs, as Node does it.
    SocketPair,
}

/// How the owner is to behave.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of its own that combines with the others"
)]
pub struct OwnerPlan {
    /// The name it goes by: `claude`, `codex`, ... `None` leaves it `mcp-owner`.
    pub looks_like: Option<String>,
    /// How many times it starts the command.
    pub count: usize,
    /// What it talks over.
    pub stdio: Stdio,
    /// Each server leads a process group of its own.
    pub own_group: bool,
    /// Each server leads a session of its own.
    pub setsid: bool,
    /// The owner itself leads a session, like a client that a terminal started.
    pub lead_session: bool,
    /// It opens an MCP session with each server before it reports.
    pub initialize: bool,
    /// Arguments that only decorate the owner's command line.
    pub decoration: Vec<String>,
}

impl Default for OwnerPlan {
    fn default() -> Self {
        Self {
            looks_like: None,
            count: 1,
            stdio: Stdio::Pipe,
            own_group: false,
            setsid: false,
            lead_session: false,
            initialize: true,
            decoration: Vec::new(),
        }
    }
}

/// A running owner. Dropping it ends the owner and all servers.
#[derive(Debug)]
pub struct Owner {
    /// The owner's own process.
    pub process: Spawned,
    /// What it started, in order.
    pub servers: Vec<Identity>,
    stdin: Option<ChildStdin>,
}

impl Owner {
    /// Starts an owner that starts `command`; returns when all servers run (and have answered, if the
    /// plan says so). `folder` takes the renamed copy of the program.
    pub fn start(folder: &Path, plan: &OwnerPlan, command: &[OsString]) -> Result<Self> {
        let mut program = programs::mcp_owner()?;
        if let Some(name) = &plan.looks_like {
            program = programs::named(folder, &program, name)?;
        }
        let mut process = Spawned::start(
            Command::new(program)
                .args(flags(plan))
                .arg("--")
                .args(command)
                .stdin(StandardStream::piped())
                .stdout(StandardStream::piped()),
        )?;
        let stdin = process.take_stdin();
        let stdout = process.take_stdout().context("the owner has no stdout")?;
        let mut line = String::new();
        BufReader::new(stdout)
            .read_line(&mut line)
            .context("cannot read the owner's report")?;
        process.note_descendants();
        let servers = started(&line).with_context(|| format!("the owner reported: {line:?}"))?;
        for server in &servers {
            process.note(*server);
        }
        Ok(Self {
            process,
            servers,
            stdin,
        })
    }

    /// The owner's pid.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// Kills the owner as a crash would: its servers see EOF, and are orphans if they ignore it.
    pub fn crash(&mut self) -> Result<()> {
        self.process.kill_alone().map(drop)
    }

    /// Ends the owner by closing its standard input: it closes its servers' streams and goes.
    pub fn leave(&mut self) -> Result<()> {
        self.process.note_descendants();
        self.stdin.take();
        let within = std::time::Duration::from_secs(10);
        self.process.wait(within).map(drop)
    }
}

fn flags(plan: &OwnerPlan) -> Vec<String> {
    let mut flags = vec![format!("--count={}", plan.count)];
    if plan.stdio == Stdio::SocketPair {
        flags.push("--stdio=socketpair".to_owned());
    }
    let switches = [
        (plan.own_group, "--own-group"),
        (plan.setsid, "--setsid"),
        (plan.lead_session, "--lead-session"),
        (!plan.initialize, "--no-initialize"),
    ];
    let chosen = switches.iter().filter(|(on, _)| *on);
    flags.extend(chosen.map(|(_, flag)| (*flag).to_owned()));
    flags.extend(
        plan.decoration
            .iter()
            .map(|text| format!("--decoration={text}")),
    );
    flags
}

fn started(line: &str) -> Option<Vec<Identity>> {
    let report: Value = serde_json::from_str(line).ok()?;
    let servers = report["servers"].as_array()?;
    let identity = |server: &Value| Identity::of(u32::try_from(server["pid"].as_u64()?).ok()?);
    servers.iter().map(identity).collect()
}
