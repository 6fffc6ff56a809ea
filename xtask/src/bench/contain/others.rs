//! A server that somebody else started, and that is only watched: from the moment at which it has more
//! processes than its limit to the last one that it could start.
//!
//! It starts a process each millisecond, so that what comes too late can be seen to: four hundred take it
//! half a second. It counts as contained only if the daemon says so, too: where the kernel counts, before
//! the explosion, and else after it.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use rustix::process::Signal;

use super::explosion::{CHILDREN, LIMIT, group_of};
use super::notes::Notes;
use super::watcher::{daemon, wait_gone, wait_known, wait_told};
use crate::bench::lineage::{Course, Recorder};
use crate::bench::strays::{Mark, VARIABLE};
use crate::bench::{fleet, workshop};

/// How the server is declared.
pub(super) const NAME: &str = "exploder";

const PAUSE_US: usize = 1_000;

pub(super) const START_WITHIN: Duration = Duration::from_secs(30);

/// The explosion, with what is done about it.
const EXPLODES_WITHIN: Duration = Duration::from_secs(3);

/// The usual way looks so often here, to be done before tomorrow; people let it look each thirty seconds.
pub(super) const POLL: Duration = Duration::from_secs(2);

/// One explosion of a server of others.
#[derive(Clone, Copy, Debug)]
pub(super) struct Contained {
    /// The most processes at one moment.
    pub(super) most: usize,
    /// From the first process too many to the last one that was started, or, if all were, until there were
    /// few enough again; milliseconds. Zero if there never was one too many.
    pub(super) within_ms: f64,
    /// All that it wanted were started: it was not contained.
    pub(super) is_complete: bool,
}

/// By what it is limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    /// The daemon counts processes.
    Processes,
    /// The daemon has the kernel count tasks.
    Tasks,
    /// A loop looks at the table of processes now and then, and kills by a pattern.
    Polling,
}

impl By {
    pub(super) const ALL: [Self; 3] = [Self::Processes, Self::Tasks, Self::Polling];

    pub(super) fn name(self) -> String {
        match self {
            Self::Processes => format!("`mcpvisor serve`, `processes = {LIMIT}`, `enforce`"),
            Self::Tasks => format!("`mcpvisor serve`, `pids_max = {LIMIT}`, `enforce`"),
            Self::Polling => format!("`ps` each {} s and kill by pattern", POLL.as_secs()),
        }
    }

    /// The configuration of the daemon.
    pub(super) fn limit(self) -> String {
        let key = if self == Self::Tasks {
            "pids_max"
        } else {
            "processes"
        };
        format!("[limits.{NAME}]\n{key} = {LIMIT}\n[policy]\nmode = \"enforce\"\n")
    }
}

pub(super) fn measure(by: By, tree: &Path, folder: &Path, mark: &Mark) -> Result<Contained> {
    eprintln!("an explosion of a server of others: {}", by.name());
    let notes = Notes::new(folder, NAME)?;
    let program = fleet::link(tree, folder, &format!("mcp-server-{NAME}"))?;
    let mut words = vec![
        program.display().to_string(),
        notes.path(),
        "explode".to_owned(),
    ];
    words.extend([
        "--on-signal".to_owned(),
        "--count".to_owned(),
        CHILDREN.to_string(),
    ]);
    words.extend(["--pause-us".to_owned(), PAUSE_US.to_string()]);
    let daemon = match by {
        By::Polling => None,
        By::Processes | By::Tasks => Some(daemon(by, folder, &words)?),
    };
    let mut owner = Owner::start(folder, &words, mark)?;
    let (root, target) = notes.wait_root(START_WITHIN)?;
    if let Some(daemon) = &daemon {
        wait_known(daemon)?;
        if by == By::Tasks {
            wait_told(daemon, by)?;
        }
    }
    let recorder = Recorder::begin()?;
    target.signal(Signal::USR1)?;
    if by == By::Polling {
        poll(&program, mark)?;
    } else {
        thread::sleep(EXPLODES_WITHIN);
    }
    let contained = contained(&recorder.course(root.pid)?);
    if let Some(daemon) = &daemon {
        wait_told(daemon, by)?;
    }
    let group = group_of(root.pid);
    owner.end()?;
    mark.end_all();
    // The daemon removes it at a look after the end of the last process.
    if let Some(group) = group {
        wait_gone(&group);
    }
    drop(daemon);
    Ok(contained)
}

fn contained(course: &Course) -> Contained {
    let is_complete = course.forks.len() >= CHILDREN;
    let over = if is_complete {
        course.fell(LIMIT)
    } else {
        course.forks.last().copied()
    };
    let within = course.crossed(LIMIT).zip(over);
    let within = within.map_or(0, |(crossed, over)| over.saturating_sub(crossed));
    Contained {
        most: course.most(),
        within_ms: within as f64 / 1e6,
        is_complete,
    }
}

/// The usual way, until it has killed something: a look at the table of processes now and then, at a
/// moment that has nothing to do with the explosion's.
fn poll(program: &Path, mark: &Mark) -> Result<()> {
    let begin = Instant::now();
    let share = (linux::clock::boot_ns() % 1000) as f64 / 1000.0;
    thread::sleep(POLL.mul_f64(share));
    while begin.elapsed() < POLL * 3 {
        let output = Command::new("ps")
            .args(["-e", "-o", "pid=,args="])
            .output()
            .context("cannot start ps")?;
        let found = matching(
            &String::from_utf8_lossy(&output.stdout),
            &program.display().to_string(),
        );
        if found.len() > LIMIT {
            // Only what the mark proves to be ours, though a pattern would take more.
            ensure!(
                found.iter().filter(|pid| mark.kill(**pid)).count() > 0,
                "nothing was killed"
            );
            return Ok(());
        }
        thread::sleep(POLL);
    }
    bail!("nothing was found to kill")
}

/// Pids of lines of `ps` that have the pattern.
fn matching(table: &str, pattern: &str) -> Vec<u32> {
    let lines = table.lines().filter(|line| line.contains(pattern));
    lines
        .filter_map(|line| line.split_ascii_whitespace().next()?.parse().ok())
        .collect()
}

/// The program that started the server, under a client's name.
struct Owner {
    process: Child,
}

impl Owner {
    fn start(folder: &Path, words: &[String], mark: &Mark) -> Result<Self> {
        let program: PathBuf =
            fleet::link(&workshop::release().join("mcp-owner"), folder, "claude")?;
        let mut process = Command::new(program)
            .args(["--no-initialize", "--max-lifetime=180", "--"])
            .args(words)
            .env(VARIABLE, mark.text())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start the owner")?;
        let output = process.stdout.take().context("the owner cannot be heard")?;
        let mut line = String::new();
        BufReader::new(output)
            .read_line(&mut line)
            .context("the owner is silent")?;
        ensure!(!line.is_empty(), "the owner has ended");
        Ok(Self { process })
    }

    fn end(&mut self) -> Result<()> {
        drop(self.process.stdin.take());
        self.process
            .wait()
            .context("cannot wait for the owner")
            .map(drop)
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        if let Err(error) = self.end() {
            eprintln!("{error:#}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_toml() {
        for by in [By::Processes, By::Tasks] {
            let limit: Option<toml::Table> = toml::from_str(&by.limit()).ok();
            assert!(limit.is_some_and(|table| table["policy"]["mode"].as_str() == Some("enforce")));
        }
    }

    #[test]
    fn lines_of_ps() {
        let table =
            "    1 /sbin/init\n  312 /x/mcp-server-exploder /x/n explode\n  4000 grep exploder\n";
        assert_eq!(matching(table, "/x/mcp-server-exploder"), [312]);
    }
}
