//! A client at work: starts the servers of a plan, each with its own conversation, and calls their
//! tools on and on.
//!
//! The plan is JSON: `{NAME: {"command", "args", "env", "calls": [{"name", "arguments"}]}}`, where `calls`
//! are made in turn. When all sessions are open it prints `{"ready":COUNT}`; when its standard input ends
//! (or its time is over) it prints what each server did, and closes their streams.
#![forbid(unsafe_code)]
#![allow(
    clippy::disallowed_methods,
    reason = "a client in a test starts programs, reads the clock and sleeps"
)]

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::process::{ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use clap::Parser;
use serde_json::{Value, json};
use testbed::{Conversation, Spawned};

/// Starts MCP servers and calls their tools until its input ends.
#[derive(Debug, Parser)]
struct Arguments {
    /// The servers and what to call.
    #[arg(long, value_name = "FILE")]
    plan: PathBuf,

    /// Between two calls of a server, on the average, milliseconds.
    #[arg(long, default_value_t = 1000)]
    pause_ms: u64,

    /// End after so many seconds whatever happens.
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    max_lifetime: u64,
}

/// What one server did.
#[derive(Debug, Default)]
struct Tally {
    calls: u64,
    errors: u64,
    slowest: Duration,
    last_error: Option<String>,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let text = std::fs::read(&arguments.plan)
        .with_context(|| format!("cannot read {}", arguments.plan.display()))?;
    let plan: BTreeMap<String, Value> = serde_json::from_slice(&text).context("no plan")?;
    let enough = Arc::new(AtomicBool::new(false));
    let (ready, all_ready) = channel();
    let pause = Duration::from_millis(arguments.pause_ms);
    let workers = plan.iter().map(|(name, server)| {
        let (server, ready, enough) = (server.clone(), ready.clone(), Arc::clone(&enough));
        let seed = name
            .bytes()
            .fold(7, |sum: u64, byte| sum * 31 + u64::from(byte));
        let work = move || work(&server, pause, seed, &ready, &enough);
        (name, thread::spawn(work))
    });
    let workers: Vec<_> = workers.collect();
    drop(ready);
    let count = all_ready.iter().take(workers.len()).count();
    writeln!(io::stdout(), "{}", json!({ "ready": count }))?;
    wait(Duration::from_secs(arguments.max_lifetime));
    enough.store(true, Ordering::Relaxed);
    let mut report = serde_json::Map::new();
    for (name, worker) in workers {
        let outcome = worker.join().unwrap_or_else(|_| bail!("its worker failed"));
        let told = match outcome {
            Ok(tally) => json!({
                "calls": tally.calls,
                "errors": tally.errors,
                "slowest_ms": tally.slowest.as_millis(),
                "last_error": tally.last_error,
            }),
            Err(error) => json!({ "failed": format!("{error:#}") }),
        };
        report.insert(name.clone(), told);
    }
    writeln!(io::stdout(), "{}", Value::from(report)).context("nobody reads the report")
}

fn work(
    server: &Value,
    pause: Duration,
    mut random: u64,
    ready: &Sender<()>,
    enough: &AtomicBool,
) -> Result<Tally> {
    let mut process = Spawned::start(&mut command(server)?)?;
    let mut conversation = process.conversation()?;
    conversation.initialize("mcp-traffic")?;
    ready.send(()).ok();
    let mut tally = Tally::default();
    let calls = server["calls"].as_array().cloned().unwrap_or_default();
    for number in 0_usize.. {
        if enough.load(Ordering::Relaxed) {
            break;
        }
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let share = (random >> 40) as f64 / f64::from(1_u32 << 24);
        thread::sleep(pause.mul_f64(0.5 + share));
        let begin = Instant::now();
        let answer = match calls.get(number % (calls.len() + 1)) {
            Some(call) => conversation.request("tools/call", call),
            None => conversation.request("tools/list", &json!({})),
        };
        tally.slowest = tally.slowest.max(begin.elapsed());
        tally.calls += 1;
        let trouble = match answer {
            Ok(answer) if answer["isError"] == true => Some(answer.to_string()),
            Ok(_) => None,
            Err(error) => Some(format!("{error:#}")),
        };
        if trouble.is_some() {
            tally.errors += 1;
            tally.last_error = trouble;
            // A server that has ended is waited for, as every client does.
            if process.wait(Duration::ZERO).is_ok() {
                break;
            }
        }
    }
    say_goodbye(process, conversation)?;
    Ok(tally)
}

/// Closes its input, as clients do, and lets it end.
fn say_goodbye(
    mut process: Spawned,
    conversation: Conversation<ChildStdout, ChildStdin>,
) -> Result<()> {
    process.note_descendants();
    let (_output, input) = conversation.into_streams();
    drop(input);
    process.wait(Duration::from_secs(5)).ok();
    process.end()
}

fn command(server: &Value) -> Result<Command> {
    let program = server["command"].as_str().context("no command")?;
    let mut command = Command::new(program);
    let words = server["args"].as_array().into_iter().flatten();
    command.args(words.filter_map(Value::as_str));
    let variables = server["env"].as_object().into_iter().flatten();
    command.envs(variables.filter_map(|(name, value)| Some((name, value.as_str()?))));
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    Ok(command)
}

/// Until standard input ends, or the time is over.
fn wait(most: Duration) {
    let (ends, end) = channel();
    thread::spawn(move || {
        io::stdin().read_to_end(&mut Vec::new()).ok();
        ends.send(()).ok();
    });
    end.recv_timeout(most).ok();
}
