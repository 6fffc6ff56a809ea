//! Who is measured: the table of programs that take a pass over all processes each second.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use super::workshop::Workshop;
use crate::bench::load::{LARGE, Load, SERVERS, SMALL};
use crate::repository;

/// The port on which process-exporter is asked; only while it is measured.
const EXPORTER_PORT: u16 = 39256;

/// The floor's key: what the others are compared with.
pub(crate) const FLOOR: &str = "floor";

/// A program that passes over all processes once a second.
pub(crate) struct Contender {
    /// Short and steady: in JSON, and in the table of limits.
    pub(crate) key: &'static str,
    /// For people.
    pub(crate) name: &'static str,
    /// How it is started; it then passes each second without end.
    pub(crate) command: fn(&Workshop) -> Result<Command>,
    /// Whether it passes by itself, or when it is asked over HTTP.
    pub(crate) scraped_at: Option<u16>,
    /// Whether the command that is started is the program, or only gives it a terminal.
    pub(crate) in_terminal: bool,
    /// On what it is measured.
    pub(crate) loads: &'static [Load],
}

/// All of them, ours first.
pub(crate) const CONTENDERS: [Contender; 7] = [
    Contender {
        key: "pass",
        name: "mcpvisor: the collector's pass",
        command: our_pass,
        scraped_at: None,
        in_terminal: false,
        loads: &[SMALL, LARGE],
    },
    Contender {
        key: "ps",
        name: "mcpvisor: `ps --all --watch 1s --json`",
        command: our_ps,
        scraped_at: None,
        in_terminal: false,
        loads: &[SMALL, LARGE],
    },
    Contender {
        key: "top",
        name: "mcpvisor: `top` at 120×40, drawing included",
        command: our_top,
        scraped_at: None,
        in_terminal: true,
        loads: &[SERVERS],
    },
    Contender {
        key: FLOOR,
        name: "plain C, the same files, kept open, nothing parsed",
        command: floor,
        scraped_at: None,
        in_terminal: false,
        loads: &[SMALL, LARGE],
    },
    Contender {
        key: "apps.plugin",
        name: "netdata apps.plugin",
        command: apps_plugin,
        scraped_at: None,
        in_terminal: false,
        loads: &[SMALL, LARGE],
    },
    Contender {
        key: "psutil",
        name: "psutil loop (Python)",
        command: psutil,
        scraped_at: None,
        in_terminal: false,
        loads: &[SMALL],
    },
    Contender {
        key: "process-exporter",
        name: "process-exporter, defaults",
        command: process_exporter,
        scraped_at: Some(EXPORTER_PORT),
        in_terminal: false,
        loads: &[SMALL],
    },
];

#[expect(
    clippy::unnecessary_wraps,
    reason = "all contenders have one type; others can fail"
)]
fn our_pass(workshop: &Workshop) -> Result<Command> {
    let mut command = Command::new(workshop.release.join("examples/pass"));
    command.args(["--count", "1000000", "--interval", "1s"]);
    Ok(command)
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "all contenders have one type; others can fail"
)]
fn our_ps(workshop: &Workshop) -> Result<Command> {
    let mut command = Command::new(workshop.release.join("mcpvisor"));
    command.args(["ps", "--all", "--watch", "1s", "--json"]);
    Ok(command)
}

/// In a terminal of a fixed size, which `script` makes and keeps while its own input is open.
#[expect(
    clippy::unnecessary_wraps,
    reason = "all contenders have one type; others can fail"
)]
fn our_top(workshop: &Workshop) -> Result<Command> {
    let program = workshop.release.join("mcpvisor");
    let inside = format!("stty cols 120 rows 40; exec '{}' top", program.display());
    let mut command = Command::new("script");
    command.args(["--quiet", "--return", "--command", &inside, "/dev/null"]);
    command.env("TERM", "xterm-256color").stdin(Stdio::piped());
    Ok(command)
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "all contenders have one type; others can fail"
)]
fn floor(workshop: &Workshop) -> Result<Command> {
    let mut command = Command::new(&workshop.floor);
    command.args(["--files", &workshop.files, "--interval-ms", "1000"]);
    Ok(command)
}

/// It ends when its standard input does.
#[expect(
    clippy::unnecessary_wraps,
    reason = "all contenders have one type; others can fail"
)]
fn apps_plugin(_: &Workshop) -> Result<Command> {
    let mut command = Command::new("/usr/lib/netdata/plugins.d/apps.plugin");
    command.arg("1").stdin(Stdio::piped());
    Ok(command)
}

/// Debian's Python, which is the one that finds Debian's psutil.
#[expect(
    clippy::unnecessary_wraps,
    reason = "all contenders have one type; others can fail"
)]
fn psutil(_: &Workshop) -> Result<Command> {
    let mut command = Command::new("/usr/bin/python3");
    command.arg(repository::root().join("xtask/bench/psutil_loop.py"));
    Ok(command)
}

fn process_exporter(workshop: &Workshop) -> Result<Command> {
    let configuration = workshop.scratch.join("process-exporter.yml");
    write_groups(&configuration)?;
    let mut command = Command::new("/usr/bin/prometheus-process-exporter");
    command.arg("-config.path").arg(configuration);
    command.args(["-web.listen-address", &format!("127.0.0.1:{EXPORTER_PORT}")]);
    Ok(command)
}

/// One group for each program name, which is what its own documentation begins with.
fn write_groups(file: &Path) -> Result<()> {
    let groups = "process_names:\n- name: \"{{.Comm}}\"\n  cmdline: [\".+\"]\n";
    fs::write(file, groups).with_context(|| format!("cannot write {}", file.display()))
}
