//! A program under measurement: started with nobody reading its output, ended when dropped.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// How long a scrape may take.
const SCRAPE_WITHIN: Duration = Duration::from_secs(20);

/// How long a program may take to end when it is asked to.
const END_WITHIN: Duration = Duration::from_secs(10);

/// A running program, tied to us.
#[derive(Debug)]
pub(crate) struct Running {
    child: Child,
}

impl Running {
    /// Starts it. A standard input that the command has chosen stays open as long as it runs.
    pub(crate) fn start(command: &mut Command) -> Result<Self> {
        let program = command.get_program().to_string_lossy().into_owned();
        let child = command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("cannot start {program}"))?;
        Ok(Self { child })
    }

    /// Starts it with a folder of its own for what it writes: its output and its errors go to `name.log`
    /// there.
    pub(crate) fn start_logging(command: &mut Command, folder: &Path, name: &str) -> Result<Self> {
        let program = command.get_program().to_string_lossy().into_owned();
        let log = folder.join(format!("{name}.log"));
        let file = File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
        let child = command
            .stdin(Stdio::null())
            .stdout(file.try_clone().context("no second descriptor")?)
            .stderr(file)
            .spawn()
            .with_context(|| format!("cannot start {program}"))?;
        Ok(Self { child })
    }

    /// Its process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The process to measure: itself, or the one that it has given a terminal.
    pub(crate) fn measured_pid(&self, in_terminal: bool) -> Result<u32> {
        let pid = self.child.id();
        if !in_terminal {
            return Ok(pid);
        }
        let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"))
            .context("cannot list the children of the terminal")?;
        let first = children.split_ascii_whitespace().next();
        first
            .and_then(|child| child.parse().ok())
            .context("nothing runs in the terminal")
    }

    /// Sends SIGTERM through a shell, whose `kill` is always there; whether it has ended in time. Its
    /// number cannot be another's: it has not been waited for.
    fn ask_to_end(&mut self) -> bool {
        let pid = self.child.id().to_string();
        let asked = Command::new("sh")
            .args(["-c", "kill -TERM \"$0\"", &pid])
            .stderr(Stdio::null())
            .status();
        let deadline = Instant::now() + END_WITHIN;
        while asked.as_ref().is_ok_and(ExitStatus::success) && Instant::now() < deadline {
            match self.child.try_wait() {
                Ok(Some(_)) => return true,
                Ok(None) => thread::sleep(Duration::from_millis(20)),
                Err(_) => return false,
            }
        }
        false
    }

    /// Fails if it has ended: a program that does not run costs nothing, which is no result.
    pub(crate) fn must_still_run(&mut self) -> Result<()> {
        match self.child.try_wait().context("cannot ask for its state")? {
            None => Ok(()),
            Some(status) => bail!("it ended by itself: {status}"),
        }
    }
}

impl Drop for Running {
    /// Asked first, so that it ends what it has started; killed if it does not listen.
    fn drop(&mut self) {
        if self.ask_to_end() {
            return;
        }
        let ended = self.child.kill().and_then(|()| self.child.wait());
        if let Err(error) = ended {
            eprintln!("cannot end process {}: {error}", self.child.id());
        }
    }
}

/// Sleeps until a moment.
pub(crate) fn wait_until(due: Instant) {
    thread::sleep(due.saturating_duration_since(Instant::now()));
}

/// Waits for `passes` seconds; in each asks the port for its metrics, where there is one.
pub(crate) fn let_it_pass(passes: u32, scraped_at: Option<u16>) -> Result<()> {
    let begin = Instant::now();
    for pass in 1..=passes {
        if let Some(port) = scraped_at {
            scrape(port).with_context(|| format!("no answer on port {port}"))?;
        }
        wait_until(begin + Duration::from_secs(1) * pass);
    }
    Ok(())
}

fn scrape(port: u16) -> Result<()> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_read_timeout(Some(SCRAPE_WITHIN))?;
    stream.write_all(b"GET /metrics HTTP/1.0\r\nHost: localhost\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    if !answer.starts_with(b"HTTP/1.0 200") && !answer.starts_with(b"HTTP/1.1 200") {
        bail!("it refused to be scraped");
    }
    Ok(())
}
