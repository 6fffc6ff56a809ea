//! The same day in blocks of Prometheus, made by promtool from `OpenMetrics` text.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, ensure};

use super::victoria::Feed;
use super::{Kind, Source, Stored, bytes_of};
use crate::bench::workshop::{self, Peer};

pub(super) const PROGRAM: Peer = Peer {
    program: "/usr/bin/promtool",
    package: "prometheus",
};

/// Writes a day into blocks of two hours, as Prometheus does.
pub(super) fn store(source: &Source<'_>, kind: Kind) -> Result<Stored> {
    PROGRAM.must_be_here()?;
    let folder = workshop::empty("promtool")?;
    let text = folder.join("day.txt");
    let samples = write_text(source, kind, &text)?;
    let begin = Instant::now();
    let output = Command::new(PROGRAM.program)
        .args(["tsdb", "create-blocks-from", "openmetrics", "--quiet"])
        .arg(&text)
        .arg(folder.join("blocks"))
        .stdin(Stdio::null())
        .output()
        .context("cannot start promtool")?;
    ensure!(
        output.status.success(),
        "promtool: {}",
        String::from_utf8_lossy(&output.stderr).trim()
    );
    let stored = Stored {
        bytes: bytes_of(&folder.join("blocks")),
        samples,
        seconds: begin.elapsed().as_secs_f64(),
    };
    fs::remove_dir_all(&folder).with_context(|| format!("cannot remove {}", folder.display()))?;
    Ok(stored)
}

/// The feed as `OpenMetrics`; how many samples it has.
fn write_text(source: &Source<'_>, kind: Kind, file: &Path) -> Result<u64> {
    let servers = source.arguments.prometheus_servers;
    let mut feed = Feed::start(&mut source.command("feed", kind, servers))?;
    let text = File::create(file).with_context(|| format!("cannot write {}", file.display()))?;
    let mut text = BufWriter::with_capacity(1 << 20, text);
    let mut samples = 0;
    for line in BufReader::with_capacity(1 << 20, feed.output()?).lines() {
        let line = line?;
        let line = in_seconds(&line).with_context(|| format!("{line:?} is no sample"))?;
        writeln!(text, "{line}")?;
        samples += 1;
    }
    writeln!(text, "# EOF")?;
    text.flush()?;
    feed.finish()?;
    Ok(samples)
}

/// `OpenMetrics` has times in seconds, Prometheus' older text in milliseconds.
fn in_seconds(line: &str) -> Option<String> {
    let (series, milliseconds) = line.rsplit_once(' ')?;
    let milliseconds: u64 = milliseconds.parse().ok()?;
    let (seconds, rest) = (milliseconds / 1000, milliseconds % 1000);
    Some(format!("{series} {seconds}.{rest:03}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_in_seconds() {
        assert_eq!(
            in_seconds("a{b=\"c d\"} 1.5 1700006400012").as_deref(),
            Some("a{b=\"c d\"} 1.5 1700006400.012")
        );
        assert_eq!(in_seconds("# EOF"), None);
    }
}
