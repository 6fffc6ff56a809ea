//! What the processes of `xtask/bench/tree.c` tell: a line each, with their pid and the time.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use linux::ProcRoot;
use linux::control::Target;

/// Between two looks.
const PACE: Duration = Duration::from_millis(2);

/// A process that has told of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Note {
    /// `root`, `child`, `session` or `orphan`.
    pub(super) what: String,
    pub(super) pid: u32,
    /// Nanoseconds of the monotonic clock.
    pub(super) at_ns: u64,
}

/// The file of one server.
#[derive(Clone, Debug)]
pub(super) struct Notes {
    file: PathBuf,
}

impl Notes {
    /// An empty one.
    pub(super) fn new(folder: &Path, name: &str) -> Result<Self> {
        let notes = Self {
            file: folder.join(format!("{name}.notes")),
        };
        notes.clear()?;
        Ok(notes)
    }

    pub(super) fn path(&self) -> String {
        self.file.display().to_string()
    }

    /// Forgets what is there.
    pub(super) fn clear(&self) -> Result<()> {
        fs::write(&self.file, "").with_context(|| format!("cannot write {}", self.file.display()))
    }

    pub(super) fn read(&self) -> Vec<Note> {
        notes(&fs::read_to_string(&self.file).unwrap_or_default())
    }

    /// Waits until there are so many.
    pub(super) fn wait(&self, count: usize, within: Duration) -> Result<Vec<Note>> {
        let begin = Instant::now();
        loop {
            let notes = self.read();
            if notes.len() >= count {
                return Ok(notes);
            }
            if begin.elapsed() > within {
                bail!(
                    "{} of {count} processes came up within {within:?}",
                    notes.len()
                );
            }
            thread::sleep(PACE);
        }
    }

    /// Waits for the root, and holds it.
    pub(super) fn wait_root(&self, within: Duration) -> Result<(Note, Target)> {
        let notes = self.wait(1, within)?;
        let root = notes.into_iter().next_back().context("no root")?;
        let target = hold(root.pid)?;
        Ok((root, target))
    }
}

/// Holds a process that has told of itself a moment ago.
pub(super) fn hold(pid: u32) -> Result<Target> {
    let (target, _) = Target::hold(&ProcRoot::system()?, pid)?;
    Ok(target)
}

fn notes(text: &str) -> Vec<Note> {
    // The last line may be half written.
    let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
    whole.lines().filter_map(note).collect()
}

fn note(line: &str) -> Option<Note> {
    let mut words = line.split(' ');
    Some(Note {
        what: words.next()?.to_owned(),
        pid: words.next()?.parse().ok()?,
        at_ns: words.next()?.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_lines_only() {
        let read = notes("root 12 3456\nchild 13 3500\norphan 1");
        let expected = |what: &str, pid, at_ns| Note {
            what: what.to_owned(),
            pid,
            at_ns,
        };
        assert_eq!(
            read,
            [expected("root", 12, 3456), expected("child", 13, 3500)]
        );
        assert!(notes("root x 1\n").is_empty() && notes("").is_empty());
    }
}
