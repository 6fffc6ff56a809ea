//! The edge: waits for keys, signals, kernel events and the time of the next picture in one
//! `poll`, tells the state, and carries out what it wants.

use std::io::{IsTerminal, Read};
use std::os::fd::BorrowedFd;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use anyhow::Context as _;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGWINCH};

use super::Source;
use super::input::{Effect, Input, Outcome};
use super::screen::Screen;
use super::state::{Options, State};
use super::terminal_keys::Decoder;
use crate::exit::{self, Failure};

/// An escape byte without anything behind it for this long is the Escape key.
const ESCAPE_TIME: Duration = Duration::from_millis(40);
/// The machine is not looked at more often than this, whatever the source says.
const LEAST_PAUSE: Duration = Duration::from_millis(20);
/// After a look that failed.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(1);

/// Shows the screen until it is left, by a key or by a signal to end.
///
/// # Errors
/// Standard output is no terminal, the terminal cannot be used, or not even a first picture could
/// be taken. Later pictures that fail are reported on the screen.
pub fn run(source: &mut dyn Source, options: &Options) -> anyhow::Result<()> {
    if !std::io::stdout().is_terminal() {
        let message = "`top` needs a terminal, and standard output is none; `mcpvisor ps --watch 1s` prints the same figures line by line";
        return Err(Failure::new(exit::USAGE, message).into());
    }
    let signals = Signals::listen().context("signals cannot be listened to")?;
    let screen = Screen::take().context("the terminal cannot be used")?;
    Running::new(source, screen, signals, options).go()
}

/// What is ready after waiting.
#[derive(Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a source of its own; several may be ready at once"
)]
struct Ready {
    keys: bool,
    resized: bool,
    end: bool,
    woken: bool,
}

struct Running<'a> {
    source: &'a mut dyn Source,
    screen: Screen,
    signals: Signals,
    state: State,
    decoder: Decoder,
    /// The screen is not what the state says.
    stale: bool,
    done: bool,
    /// When the source is asked again, nanoseconds since boot.
    ask_at: u64,
    /// When it was asked last.
    asked_at: u64,
    /// The kernel has told of something and the source has not been asked since.
    woken: bool,
    /// When an unfinished sequence is taken for what it is.
    flush_at: Option<u64>,
}

impl<'a> Running<'a> {
    fn new(
        source: &'a mut dyn Source,
        screen: Screen,
        signals: Signals,
        options: &Options,
    ) -> Self {
        let state = State::new(options);
        Self {
            source,
            screen,
            signals,
            state,
            decoder: Decoder::default(),
            stale: true,
            done: false,
            ask_at: 0,
            asked_at: 0,
            woken: false,
            flush_at: None,
        }
    }

    fn go(mut self) -> anyhow::Result<()> {
        self.resize()?;
        self.paint()?;
        while !self.done {
            self.look()?;
            self.paint()?;
            let ready = self.wait()?;
            if ready.end {
                break;
            }
            if ready.resized {
                self.signals.drain_resized();
                self.resize()?;
            }
            if ready.woken {
                self.woken = true;
                self.ask_at = self.ask_at.min(self.asked_at + nanoseconds(LEAST_PAUSE));
            }
            self.keys(ready.keys)?;
            if self.state.wakes_at().is_some_and(|at| at <= now()) {
                self.tell(Input::Tick)?;
            }
        }
        Ok(())
    }

    /// Takes a picture if one is due.
    fn look(&mut self) -> anyhow::Result<()> {
        if self.done || self.state.paused || now() < self.ask_at {
            return Ok(());
        }
        self.woken = false;
        let pause = match self.source.next(Duration::ZERO) {
            Ok(Some(picture)) => {
                self.tell(Input::Picture(picture))?;
                LEAST_PAUSE
            }
            Ok(None) => LEAST_PAUSE,
            Err(error) if self.state.picture.is_none() => return Err(error),
            Err(error) => {
                self.tell(Input::Failed(format!("{error:#}")))?;
                PAUSE_AFTER_FAILURE
            }
        };
        self.asked_at = now();
        self.ask_at = self.asked_at + nanoseconds(self.source.due_in().max(pause));
        Ok(())
    }

    /// Tells the state what happened and does what it wants.
    fn tell(&mut self, input: Input) -> anyhow::Result<()> {
        let mut inputs = vec![input];
        while let Some(input) = inputs.pop() {
            for effect in self.state.on(input, now()) {
                match effect {
                    Effect::Redraw => self.stale = true,
                    Effect::Quit => self.done = true,
                    Effect::SetInterval(interval) => {
                        self.source.set_interval(interval);
                        self.ask_at = now() + nanoseconds(self.source.due_in());
                    }
                    Effect::PlanStop { root } => {
                        self.paint()?;
                        let plan = self
                            .source
                            .plan_stop(root)
                            .map_err(|error| format!("{error:#}"));
                        inputs.push(Input::Result(Outcome::Planned(plan)));
                    }
                    Effect::Apply { plan_id } => {
                        // What is going on is on the screen while it goes on.
                        self.paint()?;
                        let report = self
                            .source
                            .apply(&plan_id)
                            .map_err(|error| format!("{error:#}"));
                        inputs.push(Input::Result(Outcome::Applied(report)));
                        self.ask_at = 0;
                    }
                }
            }
        }
        Ok(())
    }

    fn paint(&mut self) -> anyhow::Result<()> {
        if self.stale && !self.done {
            self.stale = false;
            self.screen
                .draw(&self.state)
                .context("the terminal cannot be written to")?;
        }
        Ok(())
    }

    fn resize(&mut self) -> anyhow::Result<()> {
        let (columns, rows) = self
            .screen
            .resize()
            .context("the terminal cannot be written to")?;
        self.tell(Input::Resize(columns, rows))
    }

    fn keys(&mut self, ready: bool) -> anyhow::Result<()> {
        let keys = if ready {
            let mut bytes = [0; 1024];
            let length = rustix::io::read(self.screen.keys(), &mut bytes);
            match length {
                // The terminal is gone.
                Ok(0) | Err(rustix::io::Errno::IO) => {
                    self.done = true;
                    return Ok(());
                }
                Ok(length) => self.decoder.push(&bytes[..length]),
                Err(rustix::io::Errno::INTR | rustix::io::Errno::AGAIN) => Vec::new(),
                Err(error) => return Err(error).context("the terminal cannot be read"),
            }
        } else {
            let due = self.flush_at.is_some_and(|at| at <= now());
            if due {
                self.decoder.flush()
            } else {
                Vec::new()
            }
        };
        self.flush_at = match (self.decoder.is_waiting(), ready) {
            (false, _) => None,
            (true, true) => Some(now() + nanoseconds(ESCAPE_TIME)),
            (true, false) => self.flush_at,
        };
        for key in keys {
            self.tell(Input::Key(key))?;
            if self.done {
                break;
            }
        }
        Ok(())
    }

    /// Waits until something is ready or due.
    fn wait(&self) -> anyhow::Result<Ready> {
        if self.done {
            return Ok(Ready::default());
        }
        let now = now();
        let mut until = if self.state.paused {
            u64::MAX
        } else {
            self.ask_at.max(now)
        };
        until = until.min(self.state.wakes_at().unwrap_or(u64::MAX));
        until = until.min(self.flush_at.unwrap_or(u64::MAX));
        let timeout = (until != u64::MAX).then(|| timespec(until.saturating_sub(now)));
        let keys = self.screen.keys();
        let mut fds = vec![
            PollFd::from_borrowed_fd(keys, PollFlags::IN),
            PollFd::new(&self.signals.resized, PollFlags::IN),
            PollFd::new(&self.signals.ended, PollFlags::IN),
        ];
        let wake = self.wake_fd();
        fds.extend(wake.map(|wake| PollFd::from_borrowed_fd(wake, PollFlags::IN)));
        match poll(&mut fds, timeout.as_ref()) {
            Ok(_) => {}
            Err(rustix::io::Errno::INTR) => return Ok(Ready::default()),
            Err(error) => return Err(error).context("waiting failed"),
        }
        let is = |at: usize| !fds[at].revents().is_empty();
        let hung_up = fds[0]
            .revents()
            .intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL);
        let woken = wake.is_some() && is(fds.len() - 1);
        Ok(Ready {
            keys: is(0),
            resized: is(1),
            end: is(2) || hung_up,
            woken,
        })
    }

    /// The kernel's events, unless nobody wants to know, or it is known that there are some.
    fn wake_fd(&self) -> Option<BorrowedFd<'_>> {
        if self.state.paused || self.woken {
            None
        } else {
            self.source.wake_fd()
        }
    }
}

/// Signals as something that can be waited for; the handlers stay until the program ends.
struct Signals {
    resized: UnixStream,
    ended: UnixStream,
}

impl Signals {
    fn listen() -> std::io::Result<Self> {
        let (resized, resize) = UnixStream::pair()?;
        let (ended, end) = UnixStream::pair()?;
        resized.set_nonblocking(true)?;
        signal_hook::low_level::pipe::register(SIGWINCH, resize)?;
        for signal in [SIGTERM, SIGINT, SIGHUP] {
            signal_hook::low_level::pipe::register(signal, end.try_clone()?)?;
        }
        Ok(Self { resized, ended })
    }

    fn drain_resized(&mut self) {
        let mut bytes = [0; 64];
        while self
            .resized
            .read(&mut bytes)
            .is_ok_and(|length| length == bytes.len())
        {}
    }
}

fn now() -> u64 {
    linux::clock::boot_ns()
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX / 2)
}

fn timespec(nanoseconds: u64) -> Timespec {
    let part = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
    Timespec {
        tv_sec: part(nanoseconds / 1_000_000_000),
        tv_nsec: part(nanoseconds % 1_000_000_000),
    }
}
