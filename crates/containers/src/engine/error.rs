//! Why an engine did not do what it was asked, with what helps.
//!
//! Nothing of an answer is quoted but the engine's own message, shortened and with what looks like a
//! secret hidden: answers hold the environment of containers.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use http::StatusCode;

/// Longest message of an engine that is kept, in characters.
const LONGEST_MESSAGE: usize = 300;

/// A call that failed.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// No socket of an engine exists.
    #[error("no container engine: none of its sockets exists ({})", paths(.looked))]
    NoEngine {
        /// Where it was looked.
        looked: Vec<PathBuf>,
    },
    /// The socket exists, and we may not use it.
    #[error(
        "no permission to use {}: join the group that owns it (`stat -c %G {}`), or run as root",
        socket.display(),
        socket.display()
    )]
    NoPermission {
        /// The socket.
        socket: PathBuf,
    },
    /// The engine is somewhere else; containers there are not of this machine.
    #[error("the engine at {host} is not looked at: only unix sockets of this machine are")]
    Remote {
        /// `DOCKER_HOST`, without what could be a secret.
        host: String,
    },
    /// Nobody listens, or the connection broke off: the engine is down or was restarted.
    #[error("the engine at {} does not answer ({why}): is it running?", socket.display())]
    Unreachable {
        /// The socket.
        socket: PathBuf,
        /// What the kernel or the connection says.
        why: String,
    },
    /// Connected, but no whole answer in time.
    #[error(
        "the engine at {} hangs: no answer to {call} within {:.1} s",
        socket.display(),
        after.as_secs_f64()
    )]
    Hangs {
        /// The socket.
        socket: PathBuf,
        /// Method and path.
        call: String,
        /// How long it was waited.
        after: Duration,
    },
    /// The engine says no.
    #[error("the engine refuses {call}: {message} (status {status})")]
    Api {
        /// Method and path.
        call: String,
        /// HTTP status.
        status: u16,
        /// What it says.
        message: String,
    },
    /// An answer that is not what the interface promises.
    #[error("the engine's answer to {call} cannot be read: {why}")]
    Garbled {
        /// Method and path.
        call: String,
        /// Where; never what stands there.
        why: String,
    },
    /// A longer answer than is read.
    #[error("the engine's answer to {call} has more than {limit} bytes")]
    TooLarge {
        /// Method and path.
        call: String,
        /// Bytes that are read at most.
        limit: usize,
    },
}

impl EngineError {
    /// The engine knows no such container (any more).
    pub fn is_not_found(&self) -> bool {
        self.status() == Some(StatusCode::NOT_FOUND.as_u16())
    }

    /// The status of a refusal.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Api { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// It may work later by itself: the engine hangs, is being restarted, or failed inside.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Hangs { .. } | Self::Unreachable { .. } => true,
            Self::Api { status, .. } => *status >= 500 || *status == StatusCode::CONFLICT.as_u16(),
            _ => false,
        }
    }

    pub(crate) fn garbled(call: &str, error: &serde_json::Error) -> Self {
        // The error's own text quotes values, which may be secrets.
        let why = format!(
            "{:?} error in line {}, column {}",
            error.classify(),
            error.line(),
            error.column()
        );
        Self::Garbled {
            call: call.to_owned(),
            why,
        }
    }

    pub(crate) fn of_io(socket: PathBuf, error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::PermissionDenied => Self::NoPermission { socket },
            io::ErrorKind::NotFound => Self::NoEngine {
                looked: vec![socket],
            },
            _ => Self::Unreachable {
                socket,
                why: error.to_string(),
            },
        }
    }
}

/// A text of the engine in one line that may be shown.
pub(crate) fn presentable(text: &str) -> String {
    let short: String = text.trim().chars().take(LONGEST_MESSAGE).collect();
    model::text::safe(&model::redact::text(&short)).into_owned()
}

fn paths(paths: &[PathBuf]) -> String {
    let shown: Vec<String> = paths
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    shown.join(", ")
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn errors_about_answers_do_not_quote_them() {
        let error = serde_json::from_str::<u32>("\"hunter2\"").unwrap_err();
        assert!(error.to_string().contains("hunter2"));
        let shown = EngineError::garbled("GET /x", &error).to_string();
        assert!(!shown.contains("hunter2"), "{shown}");
        assert!(shown.contains("line 1"), "{shown}");
    }

    #[test]
    fn messages_are_short_one_line_and_without_secrets() {
        let shown = presentable("bad\nenv: API_KEY=abcdefgh12345678");
        assert!(
            !shown.contains('\n') && !shown.contains("abcdefgh12345678"),
            "{shown}"
        );
        assert!(presentable(&"x".repeat(5000)).len() <= LONGEST_MESSAGE);
    }

    #[test]
    fn what_the_kernel_says_becomes_what_to_do() {
        let of = |kind| EngineError::of_io("/run/d.sock".into(), &io::Error::from(kind));
        let denied = of(io::ErrorKind::PermissionDenied).to_string();
        assert!(
            denied.contains("group") && denied.contains("/run/d.sock"),
            "{denied}"
        );
        assert!(matches!(
            of(io::ErrorKind::NotFound),
            EngineError::NoEngine { .. }
        ));
        assert!(of(io::ErrorKind::ConnectionRefused).is_passing());
    }
}
