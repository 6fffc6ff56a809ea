//! The same day in `VictoriaMetrics`: imported, merged, weighed.

use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use super::{Kind, Source, Stored, bytes_of};
use crate::bench::http::{self, Connection};
use crate::bench::running::Running;
use crate::bench::workshop::{self, Peer};

pub(super) const PROGRAM: Peer = Peer {
    program: "/usr/bin/victoria-metrics",
    package: "victoria-metrics",
};

const PORT: u16 = 39328;
const READY_WITHIN: Duration = Duration::from_secs(30);
const MERGED_WITHIN: Duration = Duration::from_mins(5);
/// After a merge old files go; the sizes are final when they have not changed for so many looks.
const STEADY_LOOKS: u32 = 8;
/// Folders that hold samples and the index of series; caches beside them are not counted.
const KEPT: [&str; 2] = ["data", "indexdb"];

/// Imports a day.
pub(super) fn store(source: &Source<'_>, kind: Kind) -> Result<Stored> {
    PROGRAM.must_be_here()?;
    let folder = workshop::empty("victoria-metrics")?;
    let mut command = Command::new(PROGRAM.program);
    command.arg("-storageDataPath").arg(folder.join("store"));
    command.args(["-httpListenAddr", &format!("127.0.0.1:{PORT}")]);
    // A recording may be of any time.
    command.args(["-retentionPeriod", "100y", "-search.latencyOffset", "0s"]);
    let mut victoria = Running::start_logging(&mut command, &folder, "victoria-metrics")?;
    wait_until_ready(&mut victoria)?;
    let begin = Instant::now();
    let given = import(source, kind)?;
    for path in ["/internal/force_flush", "/internal/force_merge"] {
        http::fetch(PORT, path, &[])?;
    }
    wait_until_merged(&folder.join("store"))?;
    let seconds = begin.elapsed().as_secs_f64();
    let metrics = String::from_utf8(http::fetch(PORT, "/metrics", &[])?)?;
    let samples = rows(&metrics).context("VictoriaMetrics does not say how many samples it has")?;
    ensure!(samples == given, "it has {samples} samples of {given}");
    victoria.must_still_run()?;
    let sizes = KEPT.map(|name| bytes_of(&folder.join("store").join(name)));
    Ok(Stored {
        bytes: sizes.iter().sum(),
        samples,
        seconds,
    })
}

/// The text goes from one program to the other, and is never a file. Tells how many lines it had.
fn import(source: &Source<'_>, kind: Kind) -> Result<u64> {
    let mut feed = Feed::start(&mut source.command("feed", kind, source.arguments.servers))?;
    let mut connection = Connection::open(PORT)?;
    let chunked = [("Transfer-Encoding", "chunked")];
    connection.begin("POST", "/api/v1/import/prometheus", &chunked)?;
    let mut buffer = vec![0; 1 << 20];
    let mut lines = 0;
    loop {
        let length = feed.output()?.read(&mut buffer)?;
        lines += count_lines(&buffer[..length]);
        connection.chunk(&buffer[..length])?;
        if length == 0 {
            break;
        }
    }
    let answer = connection.answer()?;
    ensure!(
        answer.status == 204,
        "the import was refused with {}: {}",
        answer.status,
        String::from_utf8_lossy(&answer.body)
    );
    feed.finish()?;
    Ok(lines)
}

fn count_lines(text: &[u8]) -> u64 {
    text.split(|byte| *byte == b'\n').skip(1).count() as u64
}

/// A program whose output is read; killed when dropped.
pub(super) struct Feed(Child);

impl Feed {
    pub(super) fn start(command: &mut Command) -> Result<Self> {
        let feed = command.stdout(Stdio::piped()).spawn();
        Ok(Self(feed.context("cannot start history_bench")?))
    }

    pub(super) fn output(&mut self) -> Result<&mut impl Read> {
        self.0.stdout.as_mut().context("the feed cannot be read")
    }

    /// It has written all.
    pub(super) fn finish(mut self) -> Result<()> {
        let status = self.0.wait()?;
        ensure!(status.success(), "history_bench feed: {status}");
        Ok(())
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        // One that has ended is only waited for.
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

fn wait_until_ready(victoria: &mut Running) -> Result<()> {
    let deadline = Instant::now() + READY_WITHIN;
    loop {
        victoria.must_still_run()?;
        match http::fetch(PORT, "/health", &[]) {
            Ok(_) => return Ok(()),
            Err(error) if Instant::now() > deadline => bail!("not ready: {error:#}"),
            Err(_) => thread::sleep(Duration::from_millis(100)),
        }
    }
}

fn wait_until_merged(folder: &Path) -> Result<()> {
    let deadline = Instant::now() + MERGED_WITHIN;
    let (mut steady, mut before) = (0, 0);
    while steady < STEADY_LOOKS {
        ensure!(
            Instant::now() < deadline,
            "not merged after {MERGED_WITHIN:?}"
        );
        thread::sleep(Duration::from_millis(500));
        let metrics = String::from_utf8(http::fetch(PORT, "/metrics", &[])?)?;
        let now: u64 = KEPT.iter().map(|name| bytes_of(&folder.join(name))).sum();
        let idle = merges(&metrics) == 0 && now == before;
        steady = if idle { steady + 1 } else { 0 };
        before = now;
    }
    Ok(())
}

/// Merges that are going on.
fn merges(metrics: &str) -> u64 {
    sum(metrics, "vm_active_merges{") + sum(metrics, "vm_active_force_merges")
}

/// Samples that are stored: rows of parts of every size, but not those of the index.
fn rows(metrics: &str) -> Option<u64> {
    let rows = ["storage/big", "storage/small", "storage/inmemory"]
        .map(|kind| sum(metrics, &format!("vm_rows{{type=\"{kind}\"}}")));
    let rows = rows.iter().sum::<u64>();
    (rows > 0).then_some(rows)
}

/// Values of all lines that begin like this.
fn sum(metrics: &str, begin: &str) -> u64 {
    let lines = metrics.lines().filter(|line| line.starts_with(begin));
    lines
        .filter_map(|line| line.rsplit_once(' ')?.1.parse::<u64>().ok())
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_own_figures() {
        let metrics = "vm_rows{type=\"indexdb\"} 900\nvm_rows{type=\"storage/big\"} 2000\n\
             vm_rows{type=\"storage/small\"} 500\nvm_active_merges{type=\"storage/big\"} 1\n\
             vm_active_merges{type=\"indexdb\"} 0\nvm_active_force_merges 2\n";
        assert_eq!(rows(metrics), Some(2_500));
        assert_eq!(merges(metrics), 3);
        assert_eq!(rows("vm_rows{type=\"indexdb\"} 900\n"), None);
    }
}
