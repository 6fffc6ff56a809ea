//! A server that starts four hundred and five processes as fast as it can: how many live at most, and what
//! is left when it is told to stop.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use linux::clock::monotonic_ns;

use super::keepers::{Kind, Server, order};
use super::notes::Notes;
use crate::bench::lineage::Recorder;
use crate::bench::strays::{Mark, VARIABLE};
use crate::bench::workshop;

/// Processes that it starts; with itself four hundred and six.
pub(super) const CHILDREN: usize = 405;

/// What it is limited to, where there is such a limit.
pub(super) const LIMIT: usize = 15;

/// It needs less than a tenth of that.
const EXPLODES_WITHIN: Duration = Duration::from_secs(2);

const START_WITHIN: Duration = Duration::from_secs(30);

/// How long its end is waited for.
const GONE_WITHIN: Duration = Duration::from_secs(5);

const PACE: Duration = Duration::from_millis(10);

/// What became of one explosion.
#[derive(Clone, Debug)]
pub(super) struct Explosion {
    pub(super) key: &'static str,
    pub(super) name: String,
    /// How it was told to stop.
    pub(super) order: &'static str,
    /// The most processes at one moment, by the kernel's own forks and exits.
    pub(super) most: usize,
    /// The most tasks that the control group has had, by its `pids.peak`.
    pub(super) peak: Option<u64>,
    /// From the order to the end of the last, milliseconds; nothing where some are left.
    pub(super) gone_ms: Option<f64>,
    /// How many are left.
    pub(super) left: usize,
}

/// How a server runs.
#[derive(Clone, Copy, Debug)]
pub(super) enum Way {
    /// As a client starts it; a client that goes closes its input.
    Bare,
    /// With our guard before it.
    Guard,
    /// Under a keeper.
    Kept(Kind),
}

impl Way {
    pub(super) const ALL: [Self; 5] = [
        Self::Bare,
        Self::Guard,
        Self::Kept(Kind::Ours),
        Self::Kept(Kind::Supervisord),
        Self::Kept(Kind::Pm2),
    ];

    pub(super) fn key(self) -> &'static str {
        match self {
            Self::Bare => "bare",
            Self::Guard => "guard",
            Self::Kept(Kind::Ours) => "kept",
            Self::Kept(Kind::Supervisord) => "supervisord",
            Self::Kept(Kind::Pm2) => "pm2",
        }
    }

    pub(super) fn name(self) -> String {
        match self {
            Self::Bare => "nothing".to_owned(),
            Self::Guard => format!("`mcpvisor run --pids {LIMIT}`"),
            Self::Kept(Kind::Ours) => format!("`[[server]]`, `pids_max = {LIMIT}`"),
            Self::Kept(kind) => kind.name().to_owned(),
        }
    }

    fn order(self) -> &'static str {
        match self {
            Self::Bare | Self::Guard => "its input ends",
            Self::Kept(Kind::Ours) => "`mcpvisor stop`",
            Self::Kept(Kind::Supervisord) => "`supervisorctl stop`",
            Self::Kept(Kind::Pm2) => "`pm2 stop`",
        }
    }
}

pub(super) fn measure(way: Way, tree: &Path, folder: &Path, mark: &Mark) -> Result<Explosion> {
    eprintln!("an explosion: {}", way.name());
    let recorder = Recorder::begin()?;
    let notes = Notes::new(folder, "explosion")?;
    let mut words = vec![
        tree.display().to_string(),
        notes.path(),
        "explode".to_owned(),
    ];
    words.extend([
        "--heed-eof".to_owned(),
        "--count".to_owned(),
        CHILDREN.to_string(),
    ]);
    let (end, root): (End, u32) = match way {
        Way::Bare | Way::Guard => {
            let child = start(way, &words, mark)?;
            (End::Input(child), notes.wait_root(START_WITHIN)?.0.pid)
        }
        Way::Kept(kind) => {
            let server = Server {
                name: "explosion".to_owned(),
                command: words,
                autostart: true,
                pids_max: Some(LIMIT as u64),
                stops_quickly: false,
            };
            let keeper = kind.start(folder, &[server], mark)?;
            let stop = keeper.stop_command("explosion");
            let root = notes.wait_root(START_WITHIN)?.0.pid;
            (End::Order(stop, keeper), root)
        }
    };
    thread::sleep(EXPLODES_WITHIN);
    let peak = peak(root);
    let ordered = monotonic_ns();
    let rest = end.give()?;
    let begin = Instant::now();
    let course = loop {
        let course = recorder.course(root)?;
        if course.alive() == 0 || begin.elapsed() > GONE_WITHIN {
            break course;
        }
        thread::sleep(PACE);
    };
    rest.end()?;
    mark.end_all();
    Ok(Explosion {
        key: way.key(),
        name: way.name(),
        order: way.order(),
        most: course.most(),
        peak,
        gone_ms: course
            .gone()
            .map(|at| at.saturating_sub(ordered) as f64 / 1e6),
        left: course.alive(),
    })
}

fn start(way: Way, words: &[String], mark: &Mark) -> Result<Child> {
    let guard = workshop::release().join("mcpvisor").display().to_string();
    let front = [
        guard,
        "run".to_owned(),
        "--pids".to_owned(),
        LIMIT.to_string(),
        "--".to_owned(),
    ];
    let front: &[String] = if matches!(way, Way::Guard) {
        &front
    } else {
        &[]
    };
    let mut all = front.iter().chain(words);
    Command::new(all.next().context("no command")?)
        .args(all)
        .env(VARIABLE, mark.text())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .with_context(|| format!("cannot start {}", way.name()))
}

/// How it is told to stop.
enum End {
    Input(Child),
    Order(Command, Box<dyn super::keepers::Keeper>),
}

/// What is to be waited for, or to be ended, afterwards.
enum Rest {
    Child(Child),
    Keeper(Box<dyn super::keepers::Keeper>),
}

impl End {
    fn give(self) -> Result<Rest> {
        match self {
            Self::Input(mut child) => {
                drop(child.stdin.take());
                Ok(Rest::Child(child))
            }
            Self::Order(stop, keeper) => order(stop).map(|()| Rest::Keeper(keeper)),
        }
    }
}

impl Rest {
    fn end(self) -> Result<()> {
        match self {
            Self::Child(mut child) => child.wait().context("cannot wait for it").map(drop),
            Self::Keeper(keeper) => {
                drop(keeper);
                Ok(())
            }
        }
    }
}

/// `pids.peak` of the group that a process is in, if that is one that mcpvisor has made.
fn peak(pid: u32) -> Option<u64> {
    let text = fs::read_to_string(group_of(pid)?.join("pids.peak")).ok()?;
    text.trim().parse().ok()
}

/// The group that mcpvisor has made for a process.
pub(super) fn group_of(pid: u32) -> Option<PathBuf> {
    pids_group(&fs::read_to_string(format!("/proc/{pid}/cgroup")).ok()?)
}

/// The folder of the group with the controller `pids`: of version 1 where it is mounted, else of version 2.
fn pids_group(text: &str) -> Option<PathBuf> {
    let lines = text.lines().filter_map(|line| {
        let mut parts = line.splitn(3, ':').skip(1);
        Some((parts.next()?, parts.next()?))
    });
    let lines: Vec<(&str, &str)> = lines.collect();
    let of = |wanted: fn(&str) -> bool| lines.iter().find(|(names, _)| wanted(names));
    let own = of(|names| names.split(',').any(|name| name == "pids"));
    let (path, mount) = match own {
        Some((_, path)) => (path, "/sys/fs/cgroup/pids"),
        None => (&of(str::is_empty)?.1, "/sys/fs/cgroup"),
    };
    path.contains("mcpvisor")
        .then(|| PathBuf::from(format!("{mount}{path}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_of_both_versions() {
        let first = "9:name=systemd:/\n8:pids:/a/mcpvisor-1\n0::/\n";
        assert_eq!(
            pids_group(first),
            Some(PathBuf::from("/sys/fs/cgroup/pids/a/mcpvisor-1"))
        );
        let second = "0::/user.slice/mcpvisor-2\n";
        assert_eq!(
            pids_group(second),
            Some(PathBuf::from("/sys/fs/cgroup/user.slice/mcpvisor-2"))
        );
        assert_eq!(pids_group("8:pids:/\n0::/\n"), None, "it is everybody's");
        assert_eq!(pids_group(""), None);
    }

    #[test]
    fn each_way_has_a_key_of_its_own() {
        let mut keys = Way::ALL.map(Way::key).to_vec();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), Way::ALL.len());
    }
}
