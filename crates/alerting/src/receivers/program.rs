//! A program that is told something: started without a shell, in a process group of its own, and gone with
//! all of its group when it has ended or its time is over.
//!
//! Signals go to the group of a child that we have not waited for. While it is ours and not yet reaped,
//! neither its pid nor the group that it leads can be given to anybody else, so no pidfd is needed to be
//! sure whom a signal reaches. The pidfd is only for waiting: one `poll` looks after the end of the child
//! and both pipes, so there is no thread that a silent grandchild could keep.
//!
//! What has left the group (`setsid`) is no longer ours, and stays.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::io::{self, Read as _, Write as _};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, ChildStderr, ChildStdin, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::OFlags;
use rustix::process::{Pid, PidfdFlags, Signal, kill_process_group, pidfd_open};

use super::clock;

/// So much of what it wrote to its standard error is kept: the end of it.
const MOST_STDERR: usize = 4 * 1024;

/// After its end at most so much more is read; what left its group may go on writing for ever.
const MOST_REST: usize = 64 * 1024;

/// What is to be run.
pub(super) struct Program<'a> {
    /// The program and its arguments.
    pub(super) argv: &'a [String],
    /// All of its environment.
    pub(super) environment: Vec<(OsString, OsString)>,
    /// What it reads.
    pub(super) input: &'a [u8],
}

/// How it went.
pub(super) struct Ended {
    /// How it ended; `None` if it had to be killed because its time was over.
    pub(super) status: Option<ExitStatus>,
    /// The end of what it wrote to its standard error.
    pub(super) stderr: Vec<u8>,
}

impl Program<'_> {
    /// Runs it to its end, at most for `timeout`.
    pub(super) fn run(self, timeout: Duration) -> io::Result<Ended> {
        let deadline = clock::instant().checked_add(timeout);
        let mut leader = Leader::start(&self)?;
        let mut pipes = Pipes::of(&mut leader.child, self.input)?;
        let in_time = pipes.attend(leader.pidfd.as_fd(), deadline)?;
        let status = leader.end()?;
        pipes.read_rest();
        Ok(Ended {
            status: in_time.then_some(status),
            stderr: pipes.said.into(),
        })
    }
}

/// A child that leads a group. Whatever happens, the group is killed and the child reaped.
struct Leader {
    child: Child,
    pidfd: OwnedFd,
    reaped: bool,
}

impl Leader {
    fn start(program: &Program<'_>) -> io::Result<Self> {
        let missing = || io::Error::new(io::ErrorKind::InvalidInput, "no program is named");
        let (name, arguments) = program.argv.split_first().ok_or_else(missing)?;
        #[expect(
            clippy::disallowed_methods,
            reason = "it is waited for and killed here"
        )]
        let mut command = Command::new(name);
        let mut child = command
            .args(arguments)
            .env_clear()
            .envs(
                program
                    .environment
                    .iter()
                    .map(|(name, value)| (name, value)),
            )
            .current_dir("/")
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()?;
        match pidfd_open(Pid::from_child(&child), PidfdFlags::empty()) {
            Ok(pidfd) => Ok(Self {
                child,
                pidfd,
                reaped: false,
            }),
            Err(error) => {
                child.kill()?;
                child.wait()?;
                Err(error.into())
            }
        }
    }

    /// Kills what is left of the group, and reaps its leader.
    fn end(&mut self) -> io::Result<ExitStatus> {
        // Before the leader is reaped: until then the number of its group stays taken.
        kill_process_group(Pid::from_child(&self.child), Signal::KILL)?;
        let status = self.child.wait()?;
        self.reaped = true;
        Ok(status)
    }
}

impl Drop for Leader {
    fn drop(&mut self) {
        if !self.reaped {
            // Nobody is left to be told; the group is gone already if this fails.
            drop(self.end());
        }
    }
}

/// Our ends of its pipes, which never block.
struct Pipes<'a> {
    stdin: Option<ChildStdin>,
    stderr: Option<ChildStderr>,
    input: &'a [u8],
    said: VecDeque<u8>,
}

impl<'a> Pipes<'a> {
    fn of(child: &mut Child, input: &'a [u8]) -> io::Result<Self> {
        let pipes = Self {
            stdin: child.stdin.take(),
            stderr: child.stderr.take(),
            input,
            said: VecDeque::new(),
        };
        for pipe in [
            pipes.stdin.as_ref().map(AsFd::as_fd),
            pipes.stderr.as_ref().map(AsFd::as_fd),
        ]
        .into_iter()
        .flatten()
        {
            let flags = rustix::fs::fcntl_getfl(pipe)?;
            rustix::fs::fcntl_setfl(pipe, flags | OFlags::NONBLOCK)?;
        }
        Ok(pipes)
    }

    /// Feeds it and listens to it until it has ended; `false` if its time is over before.
    fn attend(&mut self, ended: BorrowedFd<'_>, deadline: Option<Instant>) -> io::Result<bool> {
        loop {
            let left =
                deadline.map(|deadline| deadline.saturating_duration_since(clock::instant()));
            if left.is_some_and(|left| left.is_zero()) {
                return Ok(false);
            }
            let (ended, writable, readable) = self.wait(ended, left)?;
            if ended {
                return Ok(true);
            }
            if writable {
                self.feed();
            }
            if readable {
                self.listen();
            }
        }
    }

    /// What of these has happened: it ended, it takes more, it says something.
    fn wait(
        &self,
        ended: BorrowedFd<'_>,
        left: Option<Duration>,
    ) -> io::Result<(bool, bool, bool)> {
        let mut watched = vec![PollFd::new(&ended, PollFlags::IN)];
        if let Some(stdin) = &self.stdin {
            watched.push(PollFd::new(stdin, PollFlags::OUT));
        }
        if let Some(stderr) = &self.stderr {
            watched.push(PollFd::new(stderr, PollFlags::IN));
        }
        let left = left.and_then(|left| Timespec::try_from(left).ok());
        match poll(&mut watched, left.as_ref()) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        let mut happened = watched.iter().map(|fd| !fd.revents().is_empty());
        let mut next = |watched: bool| watched && happened.next().unwrap_or(false);
        Ok((
            next(true),
            next(self.stdin.is_some()),
            next(self.stderr.is_some()),
        ))
    }

    fn feed(&mut self) {
        let Some(stdin) = &mut self.stdin else { return };
        match stdin.write(self.input) {
            Ok(written) => self.input = &self.input[written..],
            Err(error) if is_passing(&error) => return,
            // It has read enough.
            Err(_) => self.input = &[],
        }
        if self.input.is_empty() {
            self.stdin = None;
        }
    }

    /// Reads once; `false` if there is nothing more for now.
    fn listen(&mut self) -> bool {
        let Some(stderr) = &mut self.stderr else {
            return false;
        };
        let mut buffer = [0; 4 * 1024];
        match stderr.read(&mut buffer) {
            Ok(0) => self.stderr = None,
            Ok(read) => {
                self.said.extend(&buffer[..read]);
                let surplus = self.said.len().saturating_sub(MOST_STDERR);
                self.said.drain(..surplus);
                return true;
            }
            Err(error) if is_passing(&error) => {}
            Err(_) => self.stderr = None,
        }
        false
    }

    fn read_rest(&mut self) {
        for _ in 0..MOST_REST / (4 * 1024) {
            if !self.listen() {
                return;
            }
        }
    }
}

fn is_passing(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
    )
}
