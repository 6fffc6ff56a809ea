//! How many processes of a tree live at any moment, exactly: from the kernel's own forks and exits.
//!
//! A look at `/proc` each millisecond would miss what lives shorter, and cost more than what it watches.
//! A thread takes the events as they come and notes when; afterwards they are followed from a root.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::{Result, ensure};
use linux::clock::monotonic_ns;
use linux::events::{ProcessEvent, ProcessEvents};

/// How long the thread waits before it looks whether it is to end.
const PACE: Duration = Duration::from_millis(20);

/// A buffer of the kernel that holds some ten thousands of events: a machine full of tests makes many.
const BUFFER: usize = 32 << 20;

/// An event and when it was read, nanoseconds of the monotonic clock.
type Entry = (u64, ProcessEvent);

/// Takes events from its beginning to its end.
#[derive(Debug)]
pub(crate) struct Recorder {
    entries: Arc<Mutex<Vec<Entry>>>,
    enough: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Recorder {
    /// Begins.
    pub(crate) fn begin() -> Result<Self> {
        let events = ProcessEvents::open_with(BUFFER)?;
        let entries = Arc::new(Mutex::new(Vec::new()));
        let enough = Arc::new(AtomicBool::new(false));
        let (shared, end) = (Arc::clone(&entries), Arc::clone(&enough));
        let thread = thread::spawn(move || record(events, &shared, &end));
        Ok(Self {
            entries,
            enough,
            thread: Some(thread),
        })
    }

    /// What has become of a process and all that it started, so far.
    pub(crate) fn course(&self, root: u32) -> Result<Course> {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let lost = entries
            .iter()
            .any(|(_, event)| *event == ProcessEvent::Lost);
        ensure!(!lost, "the kernel dropped events: the machine is too busy");
        Ok(Course::of(&entries, root))
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.enough.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            eprintln!("what took the kernel's events has failed");
        }
    }
}

fn record(mut events: ProcessEvents, shared: &Mutex<Vec<Entry>>, end: &AtomicBool) {
    let mut taken = Vec::new();
    while !end.load(Ordering::Relaxed) {
        if events.wait(PACE).is_err() || events.read(&mut taken).is_err() {
            eprintln!("no more events of the kernel");
            taken.push(ProcessEvent::Lost);
            end.store(true, Ordering::Relaxed);
        }
        let now = monotonic_ns();
        let mut entries = shared.lock().unwrap_or_else(PoisonError::into_inner);
        entries.extend(taken.drain(..).map(|event| (now, event)));
    }
}

/// The life of a tree.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Course {
    /// When its number changed, and what it was from then on.
    counts: Vec<(u64, usize)>,
    /// When each of its processes but the first was started.
    pub(crate) forks: Vec<u64>,
}

impl Course {
    /// Follows the tree of a process that is there from the start, or is forked on the way.
    fn of(entries: &[Entry], root: u32) -> Self {
        let is_root = |event: &ProcessEvent| matches!(event, ProcessEvent::Fork { child, .. } if *child == root);
        // The last of them: a pid may have been another's before.
        let begin = entries.iter().rposition(|(_, event)| is_root(event));
        let first = begin.and_then(|begin| entries.get(begin));
        let mut course = Self {
            counts: vec![(first.map_or(0, |(at, _)| *at), 1)],
            forks: Vec::new(),
        };
        let mut alive = BTreeSet::from([root]);
        // Who descends from it, ended or not: an event of a fork comes after the exit of a quick parent.
        let mut kin = alive.clone();
        for (at, event) in entries.iter().skip(begin.map_or(0, |begin| begin + 1)) {
            match event {
                ProcessEvent::Fork { parent, child } if kin.contains(parent) => {
                    kin.insert(*child);
                    alive.insert(*child);
                    course.forks.push(*at);
                }
                ProcessEvent::Fork { child, .. } => {
                    kin.remove(child);
                    continue;
                }
                ProcessEvent::Exit { pid, .. } if alive.remove(pid) => {}
                _ => continue,
            }
            course.counts.push((*at, alive.len()));
        }
        course
    }

    /// The most that lived at one moment.
    pub(crate) fn most(&self) -> usize {
        self.counts
            .iter()
            .map(|(_, count)| *count)
            .max()
            .unwrap_or(0)
    }

    /// How many live.
    pub(crate) fn alive(&self) -> usize {
        self.counts.last().map_or(0, |(_, count)| *count)
    }

    /// When it had more than so many for the first time.
    pub(crate) fn crossed(&self, limit: usize) -> Option<u64> {
        let crossing = self.counts.iter().find(|(_, count)| *count > limit);
        crossing.map(|(at, _)| *at)
    }

    /// When it last came down to so many or fewer, if it is so now.
    pub(crate) fn fell(&self, limit: usize) -> Option<u64> {
        let mut from_the_end = self.counts.iter().rev();
        let below = from_the_end
            .by_ref()
            .take_while(|(_, count)| *count <= limit);
        below.last().map(|(at, _)| *at)
    }

    /// When the last of it ended, if none lives.
    pub(crate) fn gone(&self) -> Option<u64> {
        self.counts
            .last()
            .filter(|(_, count)| *count == 0)
            .map(|(at, _)| *at)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::process::Command;

    use super::*;

    fn fork(parent: u32, child: u32) -> ProcessEvent {
        ProcessEvent::Fork { parent, child }
    }

    fn exit(pid: u32) -> ProcessEvent {
        ProcessEvent::Exit {
            pid,
            code: Some(0),
            signal: None,
        }
    }

    #[test]
    fn a_tree_is_followed_through_orphans_and_reused_pids() {
        let entries = [
            (1, fork(10, 4)), // Not the root yet.
            (2, exit(4)),
            (3, fork(1, 4)),
            (4, fork(4, 5)),
            (5, fork(5, 6)),
            (6, exit(5)),
            (7, fork(6, 7)), // The child of an orphan.
            (8, fork(99, 8)),
            (9, exit(8)),
            (10, exit(7)),
            (11, fork(99, 7)), // Somebody else's now.
            (12, exit(7)),
        ];
        let course = Course::of(&entries, 4);
        assert_eq!(
            course.counts,
            [(3, 1), (4, 2), (5, 3), (6, 2), (7, 3), (10, 2)]
        );
        assert_eq!((course.most(), course.alive(), course.gone()), (3, 2, None));
        assert_eq!(course.forks, [4, 5, 7]);
        assert_eq!(course.crossed(2), Some(5));
        assert_eq!(course.crossed(3), None);
        assert_eq!((course.fell(2), course.fell(1)), (Some(10), None));
        let ended = [entries.as_slice(), &[(13, exit(6)), (14, exit(4))]].concat();
        assert_eq!(Course::of(&ended, 4).gone(), Some(14));
        assert_eq!(Course::of(&[], 4).alive(), 1);
    }

    #[test]
    fn real_processes_are_counted() {
        let recorder = match Recorder::begin() {
            Ok(recorder) => recorder,
            Err(error) => {
                eprintln!("skipped: {error:#}");
                return;
            }
        };
        let mut child = Command::new("sh")
            .args(["-c", "(exit 0); (exit 0); exit 0"])
            .spawn()
            .unwrap();
        let root = child.id();
        child.wait().unwrap();
        thread::sleep(Duration::from_millis(200));
        let course = recorder.course(root).unwrap();
        assert_eq!(
            (course.most(), course.alive(), course.forks.len()),
            (2, 0, 2),
            "{course:?}"
        );
    }
}
