//! A guard around one started program: when it is dropped, nothing of its tree is left.
//!
//! Descendants are noted whenever the guard looks ([`Spawned::note_descendants`], and before each
//! signal), because after the death of a parent the tree no longer shows whose child an orphan was.

use std::collections::BTreeSet;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus};
use std::time::Duration;

use anyhow::{Context, Result};
use rustix::process::Signal;

use crate::conversation::Conversation;
use crate::process::{Process, descendants};
use crate::wait::wait_until;
use crate::{Identity, wait};

/// How often the drop looks for newly forked descendants before it gives up.
const ROUNDS_OF_ENDING: usize = 20;

/// One started program with its descendants.
#[derive(Debug)]
pub struct Spawned {
    child: Child,
    identity: Identity,
    noted: BTreeSet<Identity>,
}

impl Spawned {
    /// Starts `command` as it is: the caller has chosen its standard streams.
    pub fn start(command: &mut Command) -> Result<Self> {
        let child = command
            .spawn()
            .with_context(|| format!("cannot start {command:?}"))?;
        let identity = Identity::of(child.id())
            .context("a child that nobody has waited for is missing from /proc")?;
        Ok(Self {
            child,
            identity,
            noted: BTreeSet::new(),
        })
    }

    /// The pid of the program itself.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.identity.pid
    }

    /// Its pid with its start time.
    #[must_use]
    pub fn identity(&self) -> Identity {
        self.identity
    }

    /// Whether the program itself still runs (its descendants may do so without it).
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.identity.is_running()
    }

    /// The program's standard input, once, if it was started with a pipe. Dropping it is EOF.
    pub fn take_stdin(&mut self) -> Option<ChildStdin> {
        self.child.stdin.take()
    }

    /// The program's standard output, once, if it was started with a pipe.
    pub fn take_stdout(&mut self) -> Option<ChildStdout> {
        self.child.stdout.take()
    }

    /// An MCP conversation over its standard streams, which must be pipes nobody has taken.
    pub fn conversation(&mut self) -> Result<Conversation<ChildStdout, ChildStdin>> {
        let stdout = self
            .take_stdout()
            .context("stdout is not a pipe or taken")?;
        let stdin = self.take_stdin().context("stdin is not a pipe or taken")?;
        Ok(Conversation::new(stdout, stdin))
    }

    /// Remembers the descendants of now (and answers with them), so that they end with the guard
    /// even when they have lost their parents.
    pub fn note_descendants(&mut self) -> Vec<Process> {
        let mut roots = vec![self.identity];
        roots.extend(&self.noted);
        let mut seen = Vec::new();
        for root in roots.into_iter().filter(|root| root.is_listed()) {
            for process in descendants(root.pid) {
                if self.noted.insert(process.identity()) || root == self.identity {
                    seen.push(process);
                }
            }
        }
        seen
    }

    /// Remembers a process that the caller knows to be one of this program's.
    pub fn note(&mut self, identity: Identity) {
        self.noted.insert(identity);
    }

    /// Everything that was noted and still runs, without the program itself.
    #[must_use]
    pub fn survivors(&self) -> Vec<Identity> {
        let running = |identity: &&Identity| identity.is_running();
        self.noted.iter().filter(running).copied().collect()
    }

    /// Sends a signal to the program itself, its descendants noted first.
    #[must_use = "a signal that was not sent is the caller's business"]
    pub fn signal(&mut self, signal: Signal) -> bool {
        self.note_descendants();
        self.identity.signal(signal)
    }

    /// Kills the program itself and waits for it; what it started lives on until the guard goes.
    pub fn kill_alone(&mut self) -> Result<ExitStatus> {
        self.note_descendants();
        self.child.kill().context("cannot kill our own child")?;
        self.child.wait().context("cannot wait for our own child")
    }

    /// Waits for the program to end by itself.
    pub fn wait(&mut self, within: Duration) -> Result<ExitStatus> {
        let what = format!("the end of process {}", self.pid());
        wait::wait_for(&what, within, || self.child.try_wait().ok().flatten())
    }

    /// Kills the program and everything it started, and waits until they are gone.
    pub fn end(&mut self) -> Result<()> {
        for _ in 0..ROUNDS_OF_ENDING {
            self.note_descendants();
            let sent = self.identity.signal(Signal::KILL);
            let survivors = self.survivors();
            for survivor in &survivors {
                // One that ended on its own between the two looks needs no signal.
                let _ended_already = !survivor.signal(Signal::KILL);
            }
            if sent {
                self.child.wait().context("cannot wait for our own child")?;
            }
            if survivors.is_empty() {
                return Ok(());
            }
            wait_until(
                "the end of killed processes",
                Duration::from_secs(10),
                || self.survivors().is_empty(),
            )?;
        }
        anyhow::bail!("process {} forks faster than it can be killed", self.pid())
    }
}

impl Drop for Spawned {
    #[expect(clippy::print_stderr, reason = "a drop has no other way to report")]
    fn drop(&mut self) {
        if let Err(error) = self.end() {
            eprintln!("testbed: {error:#}");
        }
    }
}
