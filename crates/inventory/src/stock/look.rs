//! Looking at each process by itself, and remembering what was seen.
//!
//! Command lines seldom change, so what they say is worked out once for each process and
//! kept as long as its facts stay the same: a pass over 600 processes then costs 600
//! comparisons of a pointer.

use std::sync::Arc;

use foldhash::{HashMap, HashMapExt};
use model::{ConnectionState, Facts, FileTarget, Process, ProcessId, ProcessTable};

use crate::Context;
use crate::command::Command;
use crate::evidence::{self, Streams, Verdict};
use crate::owners::{self, Recognised};
use crate::wiring;

/// What was seen of all processes of one table, by position.
#[derive(Default)]
pub struct Looks {
    known: HashMap<ProcessId, Known>,
    current: Vec<Look>,
    /// Programs that were parsed anew at the last refresh: tests of the cache.
    pub parsed: usize,
}

struct Known {
    facts: Arc<Facts>,
    has_package: bool,
    command: Option<Arc<Command>>,
    owner: Option<Recognised>,
    named: Option<Verdict>,
}

/// One process at the moment of the last refresh.
#[derive(Clone)]
struct Look {
    command: Option<Arc<Command>>,
    owner: Option<Recognised>,
    verdict: Option<Verdict>,
    streams: Streams,
}

impl Looks {
    /// Looks at every process of a table; positions then refer to that table.
    pub fn refresh(&mut self, table: &ProcessTable, context: &Context) {
        let mut known = HashMap::with_capacity(table.processes().len());
        self.parsed = 0;
        self.current.clear();
        for process in table.processes() {
            let facts = &process.sample.facts;
            let package = context.packages.get(&process.id());
            let seen = self.known.remove(&process.id()).filter(|seen| {
                Arc::ptr_eq(&seen.facts, facts) && seen.has_package == package.is_some()
            });
            let seen = seen.unwrap_or_else(|| {
                self.parsed += 1;
                let command = if process.is_kernel_thread() {
                    None
                } else {
                    Command::parse(process.argv())
                };
                let owner = owners::recognise(
                    process,
                    command.as_ref(),
                    package.and_then(|package| package.name.as_deref()),
                );
                let named = command.as_ref().and_then(|command| {
                    let exe = facts.exe.as_deref();
                    let named = evidence::by_name(command)
                        .map(|verdict| evidence::with_program(verdict, command, exe));
                    evidence::with_package(named, command, package)
                });
                Known {
                    facts: Arc::clone(facts),
                    has_package: package.is_some(),
                    command: command.map(Arc::new),
                    owner,
                    named,
                }
            });
            let streams = streams(process);
            let launcher = seen
                .command
                .as_ref()
                .is_some_and(|command| command.launcher.is_some());
            let verdict = seen
                .named
                .clone()
                .map(|verdict| evidence::with_streams(verdict, streams, launcher));
            self.current.push(Look {
                command: seen.command.clone(),
                owner: seen.owner,
                verdict,
                streams,
            });
            known.insert(process.id(), seen);
        }
        self.known = known;
    }

    fn at(&self, at: usize) -> Option<&Look> {
        self.current.get(at)
    }

    /// The command of the process at a position.
    pub fn command(&self, at: usize) -> Option<&Command> {
        self.at(at)?.command.as_deref()
    }

    /// The known owner that the process at a position is.
    pub fn owner(&self, at: usize) -> Option<Recognised> {
        self.at(at)?.owner
    }

    /// What the process at a position seems to be.
    pub fn verdict(&self, at: usize) -> Option<&Verdict> {
        self.at(at)?.verdict.as_ref()
    }

    /// How the process at a position is wired.
    pub fn streams(&self, at: usize) -> Streams {
        self.at(at).map_or(Streams::Unknown, |look| look.streams)
    }

    /// Does the process at a position only launch?
    pub fn is_launcher(&self, at: usize) -> bool {
        self.command(at)
            .is_some_and(|command| command.launcher.is_some())
            && self.owner(at).is_none()
    }
}

/// How standard input and output are wired.
pub fn streams(process: &Process) -> Streams {
    let Some(files) = process.files() else {
        return Streams::Unknown;
    };
    let target = |fd| files.get(fd).map(|file| &file.target);
    let wired = |fd| {
        matches!(
            target(fd),
            Some(FileTarget::Pipe(_) | FileTarget::Socket(_))
        )
    };
    let (input, output) = wiring::streams(process);
    if wired(input) && wired(output) {
        return Streams::Wired;
    }
    if matches!(target(0), Some(FileTarget::Tty { .. })) {
        return Streams::Terminal;
    }
    if listens(process) {
        Streams::Listening
    } else {
        Streams::Nothing
    }
}

/// Does the process listen on a socket, as far as its connections were read?
pub fn listens(process: &Process) -> bool {
    process
        .sample
        .connections
        .as_ref()
        .and_then(|reading| reading.value.as_ref())
        .is_some_and(|all| all.iter().any(|c| c.state == ConnectionState::Listen))
}
