//! An owner: starts a command K times, talks MCP to each, and holds their standard input open.
//!
//! When all run it prints one line, `{"owner":PID,"servers":[{"pid":N},...]}`, and waits for its own
//! standard input to end; then it closes the servers' streams and leaves them to it. A test that
//! kills it sees what a crashed client leaves behind.
#![forbid(unsafe_code)]
#![allow(
    clippy::disallowed_methods,
    reason = "an owner in a test starts programs and sleeps"
)]

use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::{Parser, ValueEnum};
use serde_json::json;
use testbed::Conversation;

/// Starts MCP servers as a client does, and keeps them.
#[derive(Debug, Parser)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of its own that combines with the others"
)]
struct Arguments {
    /// How many servers to start.
    #[arg(long, default_value_t = 1)]
    count: usize,

    /// What to talk over.
    #[arg(long, value_enum, default_value = "pipe")]
    stdio: Channel,

    /// Each server leads a process group of its own.
    #[arg(long)]
    own_group: bool,

    /// Each server leads a session of its own.
    #[arg(long)]
    setsid: bool,

    /// Lead a session oneself.
    #[arg(long)]
    lead_session: bool,

    /// Start the servers without a word.
    #[arg(long)]
    no_initialize: bool,

    /// Only shows in the command line; can be repeated.
    #[arg(long)]
    decoration: Vec<String>,

    /// End after so many seconds whatever happens.
    #[arg(long, value_name = "SECONDS", default_value_t = 300.0)]
    max_lifetime: f64,

    /// The server's program and arguments.
    #[arg(last = true, required = true)]
    command: Vec<OsString>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Channel {
    Pipe,
    Socketpair,
}

/// A started server with the two ends that keep it going.
struct Server {
    child: Child,
    _output: Box<dyn Read>,
    _input: Box<dyn Write>,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    if arguments.lead_session {
        rustix::process::setsid().context("cannot lead a session")?;
    }
    let servers = (0..arguments.count)
        .map(|_| start(&arguments))
        .collect::<Result<Vec<Server>>>()?;
    report(&servers).context("nobody reads the report")?;
    wait(arguments.max_lifetime);
    Ok(())
}

fn start(arguments: &Arguments) -> Result<Server> {
    let mut command = server_command(arguments);
    if arguments.own_group {
        command.process_group(0);
    }
    match arguments.stdio {
        Channel::Pipe => {
            let mut child = command
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn()
                .context("cannot start the server")?;
            let input = child.stdin.take().context("the server has no input")?;
            let output = child.stdout.take().context("the server has no output")?;
            let (output, input) = greet(arguments, Conversation::new(output, input))?;
            Ok(Server {
                child,
                _output: Box::new(output),
                _input: Box::new(input),
            })
        }
        Channel::Socketpair => {
            // Node gives each stream a socket pair of its own.
            let (input, server_input) = UnixStream::pair().context("no socket pair")?;
            let (output, server_output) = UnixStream::pair().context("no socket pair")?;
            let child = command
                .stdin(OwnedFd::from(server_input))
                .stdout(OwnedFd::from(server_output))
                .spawn()
                .context("cannot start the server")?;
            // The command holds the server's ends: without it the server's death is our EOF.
            drop(command);
            let (output, input) = greet(arguments, Conversation::new(output, input))?;
            Ok(Server {
                child,
                _output: Box::new(output),
                _input: Box::new(input),
            })
        }
    }
}

fn server_command(arguments: &Arguments) -> Command {
    // `setsid` makes the call in place when it leads no group, and is gone with its exec.
    let launcher = arguments.setsid.then(|| OsString::from("setsid"));
    let mut words = launcher.iter().chain(&arguments.command);
    let mut command = Command::new(words.next().cloned().unwrap_or_default());
    command.args(words);
    command
}

fn greet<R: Read + std::os::fd::AsFd, W: Write>(
    arguments: &Arguments,
    mut conversation: Conversation<R, W>,
) -> Result<(R, W)> {
    if !arguments.no_initialize {
        conversation.initialize("mcp-owner")?;
    }
    Ok(conversation.into_streams())
}

fn report(servers: &[Server]) -> io::Result<()> {
    let pids = servers
        .iter()
        .map(|server| json!({"pid": server.child.id()}));
    let line = json!({"owner": std::process::id(), "servers": pids.collect::<Vec<_>>()});
    let mut output = io::stdout().lock();
    writeln!(output, "{line}")?;
    output.flush()
}

/// Until standard input ends, or the time is over.
fn wait(max_lifetime: f64) {
    let (ended, end) = channel();
    thread::spawn(move || {
        // An error of reading is an end as well.
        io::copy(&mut io::stdin().lock(), &mut io::sink()).ok();
        ended.send(()).ok();
    });
    // Either way it is time to go.
    end.recv_timeout(Duration::from_secs_f64(max_lifetime)).ok();
}
