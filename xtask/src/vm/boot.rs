//! Booting the guest, and reading what it says on its second serial port until it switches itself off.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

/// Lines of the console that are told where the guest did not come to its end.
const LAST_LINES: usize = 15;

/// Runs it to its end; each line is told as it comes.
pub(crate) fn run(
    kernel: &Path,
    disk: &Path,
    console: &Path,
    patience: Duration,
    line: &mut dyn FnMut(&str),
) -> Result<()> {
    let mut qemu = start(kernel, disk, console)?;
    let stdout = qemu.stdout.take().context("qemu has no output")?;
    let ended = read(&lines(stdout), patience, line);
    if ended.is_err() {
        // It is ours, and not yet waited for.
        qemu.kill().context("cannot end qemu")?;
    }
    let status = qemu.wait().context("cannot wait for qemu")?;
    ended.with_context(|| format!("its console ended with:\n{}", last_lines(console)))?;
    ensure!(status.success(), "qemu ended with {status}");
    Ok(())
}

fn start(kernel: &Path, disk: &Path, console: &Path) -> Result<Child> {
    let mut qemu = Command::new("qemu-system-x86_64");
    // Always emulated: a processor's own virtualisation is often there and does not work within a guest.
    qemu.args(["-accel", "tcg,thread=multi", "-smp", "2", "-m", "2048"]);
    qemu.args(["-nodefaults", "-display", "none", "-no-reboot"]);
    qemu.arg("-kernel").arg(kernel).arg("-initrd").arg(disk);
    qemu.args([
        "-append",
        "console=ttyS0 quiet panic=-1 psi=1 systemd.show_status=no",
    ]);
    qemu.arg("-serial")
        .arg(format!("file:{}", console.display()))
        .args(["-serial", "stdio"]);
    qemu.stdin(Stdio::null()).stdout(Stdio::piped());
    qemu.spawn().context("cannot start qemu-system-x86_64")
}

fn lines(stdout: ChildStdout) -> Receiver<String> {
    let (to, lines) = sync_channel(64);
    std::thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            // Nobody listens any more after the deadline.
            if to.send(line).is_err() {
                break;
            }
        }
    });
    lines
}

fn read(lines: &Receiver<String>, patience: Duration, line: &mut dyn FnMut(&str)) -> Result<()> {
    let deadline = Instant::now() + patience;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        match lines.recv_timeout(left) {
            Ok(text) => line(text.trim_end()),
            Err(RecvTimeoutError::Disconnected) => return Ok(()),
            Err(RecvTimeoutError::Timeout) => {
                bail!("the guest was not done within {} s", patience.as_secs())
            }
        }
    }
}

fn last_lines(console: &Path) -> String {
    let text = fs::read(console).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let all: Vec<_> = text.lines().collect();
    all[all.len().saturating_sub(LAST_LINES)..].join("\n")
}
