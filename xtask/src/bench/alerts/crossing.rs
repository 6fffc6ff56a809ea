//! From the moment at which a process crosses a threshold to the notice about it.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use super::{configure, hook::Hook};
use crate::bench::cpu;
use crate::bench::daemon::Daemon;
use crate::bench::http::Connection;
use crate::bench::workshop;

/// What is taken to cross, and the threshold above what we have, bytes.
const TAKEN: usize = 256 << 20;
const ABOVE: u64 = 128 << 20;

/// The daemon's interval unless configured.
pub(super) const INTERVAL: Duration = Duration::from_secs(5);

/// A group that has just been told waits before it is told again.
const APART: Duration = Duration::from_secs(12);

/// How long one notice may take.
const PATIENCE: Duration = Duration::from_mins(1);

/// How long each crossing took until its notice.
pub(super) fn measure(times: usize) -> Result<Vec<Duration>> {
    eprintln!("{times} crossings");
    let hook = Hook::open()?;
    let state = workshop::empty("state")?;
    let here = cpu::resident(std::process::id()).context("we have no memory")?;
    let rule = format!(
        "[[rule]]\nname = \"bench_memory\"\nmetric = \"resident_memory_bytes\"\nscope = \"server\"\n\
         match = [\"server=bench\"]\nabove = {{ warning = {} }}\ntype = \"bench\"\n",
        here + ABOVE
    );
    let config = configure(&state, hook.port, &rule)?;
    let daemon = Daemon::start_with(&state, &["--config", &config])?;
    watch(&daemon)?;
    thread::sleep(INTERVAL * 2);
    let mut took = Vec::new();
    for time in 0..times {
        // At another moment between two looks each time.
        let share = (time as f64 * 0.618_034).fract();
        thread::sleep(APART + INTERVAL.mul_f64(share));
        // It crosses somewhere on the way; the moment before flatters nobody.
        let before = Instant::now();
        let memory = vec![1_u8; TAKEN];
        let notice = hook.next(PATIENCE)?;
        ensure!(notice.is_firing(), "an end was told before its beginning");
        took.push(notice.came - before);
        drop(memory);
        ensure!(!hook.next(PATIENCE)?.is_firing(), "no end was told");
    }
    Ok(took)
}

/// Has the daemon watch us as the server `bench`.
fn watch(daemon: &Daemon) -> Result<()> {
    let bearer = daemon.bearer();
    let mut connection = Connection::open(daemon.port)?;
    let headers = [
        ("Authorization", bearer.as_str()),
        ("Content-Type", "application/json"),
        ("Transfer-Encoding", "chunked"),
    ];
    connection.begin("PUT", "/api/v1/watches/bench", &headers)?;
    connection.chunk(format!("{{\"pid\":{}}}", std::process::id()).as_bytes())?;
    connection.chunk(b"")?;
    let answer = connection.answer()?;
    ensure!(
        answer.status < 300,
        "we cannot be watched: {}",
        String::from_utf8_lossy(&answer.body)
    );
    Ok(())
}
