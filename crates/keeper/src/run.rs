//! One run of a server: its tree, our ends of its streams, and how we know whether it is well.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::process::ExitStatusExt as _;
use std::process::Child;

use linux::ProcRoot;
use linux::cgroup::Events;
use linux::control::{Ending, Target};
use rustix::io::Errno;
use supervise::lifecycle::{Activity, News};
use supervise::spec::{Exit, Readiness};

use crate::lines::Lines;
use crate::log::Log;
use crate::streams::Ours;
use crate::talk::{Say, Talk};
use crate::tree::Tree;
use crate::{activity, port};

/// Longest message of a stdio server that is read; longer ones are skipped. We ask for none that long.
const LONGEST_MESSAGE: usize = 1 << 20;
/// What waits to be written to a server that does not read, bytes.
const MOST_UNWRITTEN: usize = 64 << 10;
/// Read at once, before others have their turn, bytes.
const PIECE: usize = 64 << 10;
/// Read at most of what a server left in its streams when it ended.
const PIECES_AT_THE_END: usize = 64;

const MS: u64 = 1_000_000;
/// Looks at a port until it is open.
const PORT_FIRST: u64 = 50 * MS;
/// And from then on.
const PORT_LATER: u64 = 5_000 * MS;
/// Looks at whether a start goes on.
const ACTIVITY_EVERY: u64 = 1_000 * MS;
/// Looks at what happened at its limits; at its end it is looked in any case.
const EVENTS_EVERY: u64 = 30_000 * MS;

/// One of the descriptors that are waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// Its first process ends.
    End,
    /// Standard output.
    Output,
    /// What it says to people.
    Log,
    /// Standard input, while something waits to be written.
    Input,
}

impl Source {
    pub(crate) const ALL: [Self; 4] = [Self::End, Self::Output, Self::Log, Self::Input];
}

/// When its port is looked at next, and what was seen last.
#[derive(Debug)]
struct PortWatch {
    /// ns.
    at: u64,
    was_open: bool,
}

/// A run.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) generation: u64,
    pub(crate) tree: Tree,
    pub(crate) child: Option<Child>,
    pub(crate) held: Option<Target>,
    pub(crate) ours: Ours,
    pub(crate) talk: Option<Talk>,
    messages: Lines,
    unwritten: Vec<u8>,
    /// Whether it is ready is looked at.
    checks: bool,
    port: PortWatch,
    activity: Option<Activity>,
    activity_at: u64,
    pub(crate) events: Events,
    events_at: u64,
    pub(crate) began: u64,
    /// Its root has ended, and that was told.
    pub(crate) has_ended: bool,
    pub(crate) is_over_told: bool,
}

impl Run {
    pub(crate) fn new(generation: u64, tree: Tree, now: u64) -> Self {
        Self {
            generation,
            tree,
            child: None,
            held: None,
            ours: Ours::default(),
            talk: None,
            messages: Lines::new(LONGEST_MESSAGE),
            unwritten: Vec::new(),
            checks: false,
            port: PortWatch {
                at: u64::MAX,
                was_open: false,
            },
            activity: None,
            activity_at: u64::MAX,
            events: Events::default(),
            events_at: now.saturating_add(EVENTS_EVERY),
            began: now,
            has_ended: false,
            is_over_told: false,
        }
    }

    /// The descriptor of a source, while it is to be waited for.
    pub(crate) fn descriptor(&self, source: Source) -> Option<BorrowedFd<'_>> {
        match source {
            Source::End => self.held.as_ref().map(AsFd::as_fd),
            Source::Output => self.ours.stdout.as_ref().map(AsFd::as_fd),
            Source::Log => self.ours.log.as_ref().map(AsFd::as_fd),
            Source::Input => {
                let stdin = self.ours.stdin.as_ref().map(AsFd::as_fd);
                stdin.filter(|_| !self.unwritten.is_empty())
            }
        }
    }

    /// From now on its readiness is told.
    pub(crate) fn check(&mut self, readiness: Readiness, now: u64) -> Option<News> {
        self.checks = readiness != Readiness::None;
        self.activity_at = if self.checks { now } else { u64::MAX };
        match readiness {
            Readiness::None => None,
            Readiness::Port(_) => {
                self.port.at = now;
                None
            }
            Readiness::Probe => {
                let said = self.talk.as_mut().map(|talk| talk.ping(true, now));
                match said {
                    Some(said) => said.contains(&Say::Ready).then_some(News::Ready),
                    // Nobody can ask it, so nobody can say that it is not.
                    None => Some(News::Ready),
                }
            }
        }
    }

    /// When it wants to be ticked next, ns.
    pub(crate) fn due(&self, is_starting: bool) -> u64 {
        if self.has_ended {
            return u64::MAX;
        }
        let talk = self.talk.as_ref().and_then(Talk::due).unwrap_or(u64::MAX);
        let activity = if is_starting {
            self.activity_at
        } else {
            u64::MAX
        };
        let events = self.tree.group().map_or(u64::MAX, |_| self.events_at);
        talk.min(self.port.at).min(activity).min(events)
    }

    /// Time has passed: what is known of its readiness and its start.
    pub(crate) fn tick(
        &mut self,
        root: &ProcRoot,
        readiness: Readiness,
        is_starting: bool,
        errors: u64,
        now: u64,
    ) -> Vec<News> {
        let mut news = Vec::new();
        if let Some(talk) = &mut self.talk {
            let said = talk.tick(now);
            self.carry_out(said, &mut news);
        }
        if let Readiness::Port(number) = readiness
            && self.port.at <= now
        {
            news.extend(self.look_at_port(number, is_starting, now));
        }
        if is_starting && self.activity_at <= now {
            let read = activity::read(root, &self.tree, errors, now);
            let before = self.activity.replace(read);
            if before.is_some_and(|before| read.has_progressed(&before)) {
                news.push(News::Progress);
            }
            self.activity_at = now.saturating_add(ACTIVITY_EVERY);
        }
        news
    }

    fn look_at_port(&mut self, number: u16, is_starting: bool, now: u64) -> Option<News> {
        let is_open = port::is_open(number);
        let pause = if is_starting && !is_open {
            PORT_FIRST
        } else {
            PORT_LATER
        };
        self.port.at = now.saturating_add(pause);
        let was_open = std::mem::replace(&mut self.port.was_open, is_open);
        match (was_open, is_open) {
            (false, true) => Some(News::Ready),
            (true, false) => {
                let reason = format!("nobody takes connections on its port {number}");
                Some(News::NotReady { reason })
            }
            _ => None,
        }
    }

    /// What is new at its limits, if it is time to look, or in any case.
    pub(crate) fn look_at_limits(&mut self, now: Option<u64>) -> Option<(Events, Events)> {
        if now.is_some_and(|now| now < self.events_at) {
            return None;
        }
        let group = self.tree.group()?;
        let events = group.events();
        self.events_at = now.map_or(u64::MAX, |now| now.saturating_add(EVENTS_EVERY));
        let before = std::mem::replace(&mut self.events, events);
        (before != events).then_some((before, events))
    }

    /// Reads what it wrote; `false` if that has come to an end.
    pub(crate) fn read(&mut self, source: Source, log: &mut Log, now: u64) -> (bool, Vec<News>) {
        let mut news = Vec::new();
        let goes_on = self.read_piece(source, log, now, &mut news).is_some();
        if !goes_on {
            match source {
                Source::Output => self.ours.stdout = None,
                Source::Log => self.ours.log = None,
                Source::End | Source::Input => {}
            }
        }
        (goes_on, news)
    }

    /// One piece; `None` at the end of it. The number of bytes that there were.
    fn read_piece(
        &mut self,
        source: Source,
        log: &mut Log,
        now: u64,
        news: &mut Vec<News>,
    ) -> Option<usize> {
        let mut buffer = vec![0_u8; PIECE];
        let from = match source {
            Source::Output => self.ours.stdout.as_ref()?,
            Source::Log => self.ours.log.as_ref()?,
            Source::End | Source::Input => return None,
        };
        let count = match rustix::io::read(from, &mut buffer) {
            Ok(0) => return None,
            Ok(count) => count,
            Err(Errno::AGAIN | Errno::INTR) => return Some(0),
            Err(_) => return None,
        };
        let piece = buffer.get(..count)?;
        let wall = linux::clock::now().wall;
        if source == Source::Log {
            log.push(piece, wall);
            return Some(count);
        }
        let mut said = Vec::new();
        let talk = &mut self.talk;
        self.messages.push(piece, |line| {
            let Some(talk) = talk else { return };
            // Nothing that we ask for has an answer that long.
            let heard = if line.is_cut {
                Vec::new()
            } else {
                talk.hear(line.bytes, now)
            };
            if heard == [Say::Noise] {
                log.push_line(line.bytes, wall);
            }
            said.extend(heard);
        });
        self.carry_out(said, news);
        Some(count)
    }

    /// What it left in its streams.
    pub(crate) fn drain(&mut self, log: &mut Log, now: u64) {
        for source in [Source::Output, Source::Log] {
            for _ in 0..PIECES_AT_THE_END {
                let mut ignored = Vec::new();
                match self.read_piece(source, log, now, &mut ignored) {
                    Some(count) if count > 0 => {}
                    _ => break,
                }
            }
        }
        log.finish(linux::clock::now().wall);
    }

    fn carry_out(&mut self, said: Vec<Say>, news: &mut Vec<News>) {
        for say in said {
            match say {
                Say::Line(line) => self.write(line.as_bytes()),
                Say::Ready if self.checks => news.push(News::Ready),
                Say::NotReady(reason) if self.checks => news.push(News::NotReady { reason }),
                Say::Ready | Say::NotReady(_) | Say::Noise => {}
            }
        }
    }

    /// Writes to its standard input, now or when it reads. What is too much for one that does not read
    /// is dropped: it is no conversation then.
    pub(crate) fn write(&mut self, bytes: &[u8]) {
        if self.unwritten.len() + bytes.len() <= MOST_UNWRITTEN {
            self.unwritten.extend_from_slice(bytes);
        }
        self.flush();
    }

    /// Writes what waits.
    pub(crate) fn flush(&mut self) {
        while let Some(stdin) = &self.ours.stdin
            && !self.unwritten.is_empty()
        {
            match rustix::io::write(stdin, &self.unwritten) {
                Ok(count) => drop(self.unwritten.drain(..count)),
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return,
                // Its end is told by its process.
                Err(_) => self.unwritten.clear(),
            }
        }
    }

    /// How its root ended; told once.
    pub(crate) fn reap(&mut self) -> Option<Exit> {
        if self.has_ended {
            return None;
        }
        let exit = match (&mut self.child, &self.held) {
            (Some(child), _) => match child.try_wait() {
                Ok(status) => status.map(exit_of),
                Err(_) => Some(Exit::Unknown),
            },
            (None, Some(held)) => ended(held).ok()?.then_some(Exit::Unknown),
            (None, None) => None,
        }?;
        self.has_ended = true;
        self.held = None;
        Some(exit)
    }
}

fn ended(held: &Target) -> io::Result<bool> {
    Ok(matches!(
        held.ending()?,
        Some(Ending::Reaped | Ending::Zombie)
    ))
}

fn exit_of(status: std::process::ExitStatus) -> Exit {
    match (status.code(), status.signal()) {
        (Some(code), _) => Exit::Code(code),
        (None, Some(signal)) => Exit::Signal(signal),
        (None, None) => Exit::Unknown,
    }
}
