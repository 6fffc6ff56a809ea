//! The load of the measurements: N idle processes with a few threads and file descriptors each.
//!
//! The parent prints `{"ready":N}` when all have started, and ends them when its standard input ends.
//! If it is killed they go too: each child asked the kernel for that.
#![forbid(unsafe_code)]
#![allow(
    clippy::disallowed_methods,
    reason = "a fleet of test processes starts programs and sleeps"
)]

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::Parser;
use rustix::process::{Signal, getppid, set_parent_process_death_signal};
use serde_json::json;

const READY_WITHIN: Duration = Duration::from_mins(1);

/// Starts idle processes and keeps them while its standard input is open.
#[derive(Debug, Parser)]
struct Arguments {
    /// How many processes.
    #[arg(long, default_value_t = 500)]
    count: usize,

    /// Threads in each, the first one included.
    #[arg(long, default_value_t = 4)]
    threads: usize,

    /// File descriptors in each, the standard streams and inherited ones included.
    #[arg(long, default_value_t = 13)]
    fds: usize,

    /// End after so many seconds whatever happens.
    #[arg(long, value_name = "SECONDS", default_value_t = 900.0)]
    max_lifetime: f64,

    /// Be one of the processes; the value is the pid of the parent.
    #[arg(long, hide = true)]
    member_of: Option<i32>,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    match arguments.member_of {
        Some(parent) => idle(&arguments, parent),
        None => lead(&arguments),
    }
}

/// The parent. The children are tied to this very thread, which stays.
fn lead(arguments: &Arguments) -> Result<()> {
    let (ready, readiness) = io::pipe().context("no pipe")?;
    let members = (0..arguments.count)
        .map(|_| start_member(arguments, readiness.try_clone()?))
        .collect::<Result<Vec<Child>>>()?;
    wait_for_members(ready, arguments.count)?;
    let mut output = io::stdout().lock();
    writeln!(output, "{}", json!({"ready": arguments.count})).context("nobody listens")?;
    output.flush().context("nobody listens")?;
    wait_for_end(arguments.max_lifetime);
    dismiss(members)
}

/// Ends all members and waits for them, so that none is still dying when the parent is gone. Should
/// the parent be killed, the kernel does it, a little later.
fn dismiss(mut members: Vec<Child>) -> Result<()> {
    for member in &mut members {
        member.kill().context("cannot end a process")?;
    }
    for mut member in members {
        member.wait().context("cannot wait for a process")?;
    }
    Ok(())
}

/// Each member writes one byte. All hold the pipe for good, so a missing one shows by the deadline.
fn wait_for_members(mut ready: io::PipeReader, count: usize) -> Result<()> {
    let (all_up, up) = channel();
    thread::spawn(move || {
        let complete = ready.read_exact(&mut vec![0; count]).is_ok();
        all_up.send(complete).ok();
    });
    let complete = up.recv_timeout(READY_WITHIN).unwrap_or(false);
    ensure!(
        complete,
        "not all of the {count} processes came up within {READY_WITHIN:?}"
    );
    Ok(())
}

fn start_member(arguments: &Arguments, readiness: io::PipeWriter) -> Result<Child> {
    let ourselves = std::env::current_exe().context("cannot tell where this program is")?;
    Command::new(ourselves)
        .arg(format!("--member-of={}", std::process::id()))
        .arg(format!("--threads={}", arguments.threads))
        .arg(format!("--fds={}", arguments.fds))
        .stdin(Stdio::null())
        .stdout(readiness)
        .spawn()
        .context("cannot start a process")
}

/// A child: threads, descriptors, one byte to say so, and rest.
fn idle(arguments: &Arguments, parent: i32) -> Result<()> {
    set_parent_process_death_signal(Some(Signal::KILL)).context("cannot bind to the parent")?;
    let bound = getppid().is_some_and(|pid| pid.as_raw_nonzero().get() == parent);
    ensure!(bound, "the parent is gone already");
    for _ in 1..arguments.threads {
        thread::Builder::new()
            .stack_size(16 * 1024)
            .spawn(rest)
            .context("cannot start a thread")?;
    }
    let mut opened = Vec::new();
    while open_descriptors()? < arguments.fds {
        opened.push(File::open("/dev/null").context("cannot open /dev/null")?);
    }
    io::stdout().write_all(b".").context("nobody listens")?;
    io::stdout().flush().context("nobody listens")?;
    rest()
}

fn open_descriptors() -> Result<usize> {
    let listing = fs::read_dir("/proc/self/fd").context("cannot count descriptors")?;
    // Listing them takes one more.
    Ok(listing.count() - 1)
}

fn rest() -> ! {
    loop {
        thread::park();
    }
}

fn wait_for_end(max_lifetime: f64) {
    let (ended, end) = channel();
    thread::spawn(move || {
        io::copy(&mut io::stdin().lock(), &mut io::sink()).ok();
        ended.send(()).ok();
    });
    end.recv_timeout(Duration::from_secs_f64(max_lifetime)).ok();
}
