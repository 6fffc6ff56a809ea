//! Writing to standard output and error: one place, so that a closed pipe ends the program
//! quietly and nothing is printed past the escaping of the renderers.

use std::io::{IsTerminal, Write};

/// Where commands write.
#[derive(Debug)]
pub struct Output {
    /// Colours may be used.
    pub colour: bool,
    /// Columns to lay out for; `None` for as many as it takes.
    pub width: Option<u16>,
    /// Notes go to the log, not to standard error.
    pub logs: bool,
}

/// Columns where standard output is no terminal and `COLUMNS` says nothing.
const FILE_WIDTH: u16 = 200;

impl Output {
    /// As standard output and the environment want it: `NO_COLOR`, `COLUMNS`.
    pub fn standard() -> Self {
        let terminal = std::io::stdout().is_terminal();
        let no_colour = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let columns = std::env::var("COLUMNS")
            .ok()
            .and_then(|columns| columns.parse().ok());
        let size = rustix::termios::tcgetwinsize(std::io::stdout())
            .ok()
            .map(|size| size.ws_col);
        let width = size
            .filter(|&columns| columns > 0)
            .or(columns)
            .unwrap_or(FILE_WIDTH);
        Self {
            colour: terminal && !no_colour && !dumb,
            width: Some(width.max(40)),
            logs: false,
        }
    }

    /// For a program that writes a log.
    pub fn log() -> Self {
        Self {
            colour: false,
            width: None,
            logs: true,
        }
    }

    /// Writes text to standard output.
    pub fn text(&self, text: &str) -> std::io::Result<()> {
        let mut out = std::io::stdout().lock();
        out.write_all(text.as_bytes())?;
        out.flush()
    }

    /// Writes one JSON document and a newline.
    pub fn json(&self, document: &impl serde::Serialize, pretty: bool) -> anyhow::Result<()> {
        let mut out = std::io::BufWriter::with_capacity(64 << 10, std::io::stdout().lock());
        if pretty {
            serde_json::to_writer_pretty(&mut out, document)?;
        } else {
            serde_json::to_writer(&mut out, document)?;
        }
        out.write_all(b"\n")?;
        out.flush()?;
        Ok(())
    }

    /// How far something is, on the line of a terminal that the next word replaces; an empty one ends
    /// it.
    pub fn progress(&self, line: &str) {
        if !self.logs {
            drop(write!(std::io::stderr().lock(), "\r{line}\x1b[K"));
        }
    }

    /// A line for people on standard error: progress, questions, warnings.
    pub fn note(&self, line: &str) {
        if self.logs {
            tracing::warn!("{}", line.trim_start_matches("mcpvisor: "));
            return;
        }
        // Nothing is lost for good if standard error is closed.
        drop(writeln!(std::io::stderr().lock(), "{line}"));
    }
}

/// Can a person answer a question?
pub fn is_interactive() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Was the error a reader that went away, as `head` does?
pub fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        let io = cause
            .downcast_ref::<std::io::Error>()
            .map(std::io::Error::kind);
        let json = cause
            .downcast_ref::<serde_json::Error>()
            .and_then(serde_json::Error::io_error_kind);
        io.or(json) == Some(std::io::ErrorKind::BrokenPipe)
    })
}
