//! Starting the server, waiting for what happens, and carrying out what [`Machine`] decides.

use std::ffi::OsString;
use std::io;
use std::os::fd::{AsFd as _, OwnedFd};
use std::path::PathBuf;
use std::process::{Child, Command};
use std::time::Duration;

use linux::signals::Signals;
use linux::spawn::{OpenFiles, Place, spawn};
use linux::{ProcRoot, RootError, clock};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{FileType, Mode, OFlags, fstat};
use rustix::process::{
    Pid, PidfdFlags, Signal, WaitStatus, getppid, pidfd_open, pidfd_send_signal,
    set_child_subreaper,
};

use crate::container::Cidfile;
use crate::machine::{Effect, Event, Machine, Timing, Why};
use crate::tree::{self, Left};

/// Signals that programs are told things by; the server gets them, too. Those of the terminal's job
/// control stop us, and not the server, which has a session of its own.
const PASSED: [Signal; 8] = [
    Signal::HUP,
    Signal::INT,
    Signal::QUIT,
    Signal::USR1,
    Signal::USR2,
    Signal::ALARM,
    Signal::TERM,
    Signal::WINCH,
];

/// Between two looks at input that has ended but was not read yet.
const DRAIN: Duration = Duration::from_millis(50);

/// What to run, and how.
#[derive(Debug)]
pub struct Task {
    /// The server: program and arguments.
    pub command: Vec<OsString>,
    /// How long each step may take.
    pub timing: Timing,
    /// Open files that each of its processes may have, soft and hard.
    pub nofile: Option<u64>,
    /// `cgroup.procs` files of the groups that it enters.
    pub groups: Vec<PathBuf>,
    /// Where the engine's client writes the id of the container that the command starts.
    pub cidfile: Option<Cidfile>,
}

/// What became of it.
#[derive(Debug)]
pub struct Outcome {
    /// Exit code or signal of the server; `None` if it could not be ended.
    pub status: Option<WaitStatus>,
    /// Why it was over.
    pub why: Why,
    /// What is left of its tree: nothing, unless something went wrong.
    pub left: Left,
    /// Why its container is still there.
    pub container: Option<String>,
}

/// The server could not be started.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The program is not there.
    #[error("cannot run {program}: there is no such program")]
    NotFound {
        /// As it was given.
        program: String,
    },
    /// It is there and cannot be run, or its place cannot be made.
    #[error("cannot run {program}: {source}")]
    Start {
        /// As it was given.
        program: String,
        /// The system's word.
        source: io::Error,
    },
    /// Something that a guard needs is refused.
    #[error("{what}: {source}")]
    System {
        /// What.
        what: &'static str,
        /// The system's word.
        source: io::Error,
    },
    /// No `/proc`.
    #[error(transparent)]
    Proc(#[from] RootError),
    /// Nothing to run.
    #[error("there is no command to run")]
    NoCommand,
}

/// Runs the server until it and all that it started have ended.
///
/// To be called from a program with one thread, before it starts another. Standard output is given away:
/// only the server has it, so that its end is seen.
///
/// # Errors
/// The server was not started.
pub fn run(task: &Task) -> Result<Outcome, Failure> {
    let root = ProcRoot::system()?;
    let system = |what| move |source: io::Error| Failure::System { what, source };
    let wanted = [&PASSED[..], &[Signal::CHILD]].concat();
    let signals = Signals::block(&wanted).map_err(system("cannot take signals"))?;
    let us = rustix::process::getpid();
    set_child_subreaper(Some(us))
        .map_err(|error| system("cannot adopt what the server leaves behind")(error.into()))?;
    let client = client().map_err(system("cannot watch the client"))?;
    let server = start(task)?;
    give_away_stdout().map_err(system("cannot give standard output away"))?;
    let mut watch = Watch {
        machine: Machine::new(task.timing, now()),
        server: Server::hold(&server),
        signals,
        client,
        input: input_to_watch(),
        input_ended: false,
        status: None,
    };
    let why = watch.until_over().map_err(system("cannot wait"))?;
    let (pid, mut status) = (watch.server.pid, watch.status);
    let mut reaped = |ended: u32, with: WaitStatus| {
        if ended == pid {
            status = Some(with);
        }
    };
    let left = tree::end(&root, task.timing.kill_after, &mut reaped);
    let container = task
        .cidfile
        .as_ref()
        .and_then(|cidfile| cidfile.remove().err());
    Ok(Outcome {
        status,
        why,
        left,
        container: container.map(|error| error.to_string()),
    })
}

fn start(task: &Task) -> Result<Child, Failure> {
    let (program, arguments) = task.command.split_first().ok_or(Failure::NoCommand)?;
    let shown = program.to_string_lossy().into_owned();
    #[expect(clippy::disallowed_methods, reason = "this is what waits for it")]
    let mut command = Command::new(program);
    command.args(arguments);
    let place = Place {
        own_session: true,
        dies_with_us: true,
        groups: task.groups.clone(),
        nofile: task.nofile.map(|count| OpenFiles {
            soft: count,
            hard: count,
        }),
        user: None,
    };
    spawn(&mut command, &place).map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => Failure::NotFound { program: shown },
        _ => Failure::Start {
            program: shown,
            source,
        },
    })
}

/// The process that started us. Init never ends; if it is our parent, the client has ended before we
/// looked, or we were started by it.
fn client() -> io::Result<Option<OwnedFd>> {
    let Some(parent) = getppid().filter(|parent| *parent != Pid::INIT) else {
        return Ok(None);
    };
    match pidfd_open(parent, PidfdFlags::empty()) {
        // If our parent is another one now, this one has ended, and its number may be another's.
        Ok(pidfd) if getppid() == Some(parent) => Ok(Some(pidfd)),
        Ok(_) | Err(rustix::io::Errno::SRCH) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// A pipe or socket tells when nobody can write to it any more. Others do not end in a way that means
/// that the client is gone.
fn input_to_watch() -> bool {
    let kind = fstat(rustix::stdio::stdin()).map(|stat| FileType::from_raw_mode(stat.st_mode));
    matches!(kind, Ok(FileType::Fifo | FileType::Socket))
}

fn give_away_stdout() -> io::Result<()> {
    let null = rustix::fs::open("/dev/null", OFlags::WRONLY | OFlags::CLOEXEC, Mode::empty())?;
    Ok(rustix::stdio::dup2_stdout(&null)?)
}

fn now() -> Duration {
    Duration::from_nanos(clock::boot_ns())
}

/// The server's own process.
#[derive(Debug)]
struct Server {
    pid: u32,
    /// Nothing if it cannot be held; it is then not signalled.
    pidfd: Option<OwnedFd>,
}

impl Server {
    fn hold(child: &Child) -> Self {
        let pid = child.id();
        let raw = i32::try_from(pid).ok().and_then(Pid::from_raw);
        // We have not waited for it, so the number is its own.
        let pidfd = raw.and_then(|raw| pidfd_open(raw, PidfdFlags::empty()).ok());
        Self { pid, pidfd }
    }

    fn pass(&self, number: i32) {
        let signal = PASSED.into_iter().find(|signal| signal.as_raw() == number);
        if let (Some(pidfd), Some(signal)) = (&self.pidfd, signal) {
            // One that has just ended needs none.
            pidfd_send_signal(pidfd, signal).ok();
        }
    }
}

#[derive(Debug)]
struct Watch {
    machine: Machine,
    server: Server,
    signals: Signals,
    client: Option<OwnedFd>,
    /// Standard input is to be watched.
    input: bool,
    /// It has ended; what was written before may still wait to be read.
    input_ended: bool,
    status: Option<WaitStatus>,
}

impl Watch {
    /// Waits and acts until the tree is to be ended.
    fn until_over(&mut self) -> io::Result<Why> {
        loop {
            for event in self.wait()? {
                for effect in self.machine.on(event, now()) {
                    match effect {
                        Effect::Pass(signal) => self.server.pass(signal),
                        Effect::End(why) => return Ok(why),
                    }
                }
            }
        }
    }

    /// What has happened, at the latest when the machine wants to be woken.
    fn wait(&mut self) -> io::Result<Vec<Event>> {
        let mut wake = self.machine.wake_at().map(|at| at.saturating_sub(now()));
        if self.input_ended {
            wake = Some(wake.map_or(DRAIN, |wake| wake.min(DRAIN)));
        }
        let wake = wake.and_then(|wake| Timespec::try_from(wake).ok());
        let mut polled = Vec::with_capacity(3);
        polled.push(PollFd::new(&self.signals, PollFlags::IN));
        if let Some(client) = &self.client {
            polled.push(PollFd::from_borrowed_fd(client.as_fd(), PollFlags::IN));
        }
        let client_at = self.client.is_some().then_some(1);
        let input_at = (self.input && !self.input_ended).then_some(polled.len());
        if input_at.is_some() {
            polled.push(PollFd::from_borrowed_fd(
                rustix::stdio::stdin(),
                PollFlags::RDHUP,
            ));
        }
        match poll(&mut polled, wake.as_ref()) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        let happened = |at: Option<usize>, what: PollFlags| {
            let polled = at.and_then(|at| polled.get(at));
            polled.is_some_and(|polled| polled.revents().intersects(what))
        };
        let client_ended = happened(client_at, PollFlags::IN);
        let over = PollFlags::HUP | PollFlags::RDHUP | PollFlags::ERR;
        let input_ended = happened(input_at, over);
        let mut events = vec![Event::Tick];
        if client_ended {
            self.client = None;
            events.push(Event::ClientEnded);
        }
        self.input_ended |= input_ended;
        // Without a client nobody will ask again, and what nobody reads would keep us for ever.
        if self.input_ended && (self.client.is_none() || is_drained()) {
            (self.input, self.input_ended) = (false, false);
            events.push(Event::InputEnded);
        }
        while let Some(signal) = self.signals.take()? {
            if signal.number == Signal::CHILD.as_raw() {
                events.extend(self.reap());
            } else {
                events.push(Event::Signalled(signal.number));
            }
        }
        Ok(events)
    }

    fn reap(&mut self) -> Option<Event> {
        let pid = self.server.pid;
        tree::reap(&mut |ended, status| {
            if ended == pid {
                self.status = Some(status);
            }
        });
        self.status.map(|_| Event::ServerEnded)
    }
}

/// Whether all that was written to standard input has been read: until then the server has work.
fn is_drained() -> bool {
    rustix::io::ioctl_fionread(rustix::stdio::stdin()).map_or(true, |waiting| waiting == 0)
}
