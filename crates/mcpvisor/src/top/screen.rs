//! The terminal while `top` has it: raw keys, the alternate screen, and its restoration on every
//! way out, a panic included.

use std::fs::File;
use std::io::{self, BufWriter, Stdout};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::cursor::{Hide, Show};
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};

use ratatui::layout::Rect;
use ratatui::{Terminal, TerminalOptions, Viewport};

use super::State;

/// A whole screen of 200 by 50 in one write, so that it goes over a network in one piece.
const WRITE_AT_ONCE: usize = 64 << 10;

static TAKEN: AtomicBool = AtomicBool::new(false);
static PANIC_HOOK: Once = Once::new();

/// The terminal; restored when this is dropped.
pub struct Screen {
    terminal: Terminal<CrosstermBackend<BufWriter<Stdout>>>,
    keys: Keys,
}

/// Where keys come from.
enum Keys {
    /// Standard input is the terminal.
    Standard(io::Stdin),
    /// It is something else.
    Terminal(File),
}

impl Screen {
    /// Takes the terminal.
    pub fn take() -> io::Result<Self> {
        let keys = if rustix::termios::isatty(io::stdin()) {
            Keys::Standard(io::stdin())
        } else {
            Keys::Terminal(File::options().read(true).open("/dev/tty")?)
        };
        restore_on_panic();
        TAKEN.store(true, Ordering::SeqCst);
        let taken = enable_raw_mode()
            .and_then(|()| execute!(io::stdout(), EnterAlternateScreen, Hide))
            .and_then(|()| {
                let writer = BufWriter::with_capacity(WRITE_AT_ONCE, io::stdout());
                // The size is asked for when it changes, not at each drawing.
                let (columns, rows) = size();
                let viewport = Viewport::Fixed(Rect::new(0, 0, columns, rows));
                let backend = CrosstermBackend::new(writer);
                Terminal::with_options(backend, TerminalOptions { viewport })
            });
        match taken {
            Ok(terminal) => Ok(Self { terminal, keys }),
            Err(error) => {
                restore();
                Err(error)
            }
        }
    }

    /// Takes on the size that the terminal has now; columns and rows.
    pub fn resize(&mut self) -> io::Result<(u16, u16)> {
        let (columns, rows) = size();
        self.terminal.resize(Rect::new(0, 0, columns, rows))?;
        Ok((columns, rows))
    }

    /// Paints a state; only what differs from the last one is written.
    pub fn draw(&mut self, state: &State) -> io::Result<()> {
        self.terminal
            .draw(|frame| super::draw(state, frame))
            .map(drop)
    }

    /// Where keys come from.
    pub fn keys(&self) -> BorrowedFd<'_> {
        match &self.keys {
            Keys::Standard(stdin) => stdin.as_fd(),
            Keys::Terminal(file) => file.as_fd(),
        }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        restore();
    }
}

/// Columns and rows of the terminal; the usual ones where it does not say, as a serial line.
fn size() -> (u16, u16) {
    match rustix::termios::tcgetwinsize(io::stdout()) {
        Ok(size) if size.ws_col > 0 && size.ws_row > 0 => (size.ws_col, size.ws_row),
        _ => (80, 24),
    }
}

/// Gives the terminal back, once. A terminal that is gone cannot be restored, and needs not be.
fn restore() {
    if TAKEN.swap(false, Ordering::SeqCst) {
        drop(execute!(io::stdout(), LeaveAlternateScreen, Show));
        drop(disable_raw_mode());
    }
}

/// The message of a panic belongs on the usual screen.
fn restore_on_panic() {
    PANIC_HOOK.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            restore();
            usual(panic);
        }));
    });
}
