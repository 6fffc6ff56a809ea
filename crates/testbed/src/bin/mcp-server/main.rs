//! A small MCP server over stdio that can misbehave in every way that the tests need: deaf to EOF and
//! SIGTERM, leaking memory or descriptors, spinning, forking, holding a lock or a port.
//!
//! The main thread only waits for the reason to end; a thread reads the requests, others misbehave.
//! The process ends by itself after `--max-lifetime`, so nothing outlives a test that was killed.
#![forbid(unsafe_code)]
#![allow(
    clippy::disallowed_methods,
    reason = "a misbehaving test program starts children, sleeps and ends as it likes"
)]

mod arguments;
mod children;
mod holdings;
mod leaks;
mod protocol;

use std::os::unix::process::CommandExt;
use std::process::Command;
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Parser;
use rustix::process::{Signal, set_parent_process_death_signal, setsid};

use arguments::Arguments;

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    if arguments.ignore_term && !arguments.signals_ignored {
        return Err(become_deaf());
    }
    if arguments.setsid {
        setsid().context("cannot lead a session")?;
    }
    if arguments.end_with_parent {
        set_parent_process_death_signal(Some(Signal::KILL)).context("cannot bind to the parent")?;
    }
    let (ends, end) = channel();
    end_after(arguments.max_lifetime, &ends);
    if let Some(seconds) = arguments.exit_after {
        end_after(seconds, &ends);
    }
    if !arguments.child {
        serve(&arguments, &ends)?;
    }
    // Whatever comes first: the time is over, or the input is closed and that is heeded.
    end.recv().ok();
    Ok(())
}

fn serve(arguments: &Arguments, ends: &Sender<()>) -> Result<()> {
    let _children = children::start(arguments)?;
    holdings::take(arguments)?;
    leaks::start(arguments);
    let (name, heeds_eof, ends) = (arguments.name.clone(), !arguments.ignore_eof, ends.clone());
    thread::spawn(move || {
        protocol::answer_until_eof(&name);
        if heeds_eof {
            // Nobody listens any more only when the process is ending anyway.
            ends.send(()).ok();
        }
    });
    Ok(())
}

fn end_after(seconds: f64, ends: &Sender<()>) {
    let ends = ends.clone();
    thread::spawn(move || {
        thread::sleep(Duration::from_secs_f64(seconds));
        ends.send(()).ok();
    });
}

/// Starts itself again with SIGTERM and SIGHUP ignored, which survives an `exec`: a shell sets it, as
/// the standard library has no safe way.
fn become_deaf() -> anyhow::Error {
    let ourselves = match std::env::current_exe() {
        Ok(path) => path,
        Err(error) => return error.into(),
    };
    let error = Command::new("/bin/sh")
        .arg("-c")
        .arg(r#"trap "" TERM HUP; exec "$0" "$@""#)
        .arg(ourselves)
        .args(std::env::args_os().skip(1))
        .arg("--signals-ignored")
        .exec();
    anyhow::Error::new(error).context("cannot start again through /bin/sh")
}
