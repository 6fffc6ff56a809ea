//! Exit codes: what a script may rely on.

use model::Severity;

/// Nothing is wrong, or nothing worse than `info`; all that was planned is done.
pub const FINE: u8 = 0;
/// A warning; something was refused or survived.
pub const WARNING: u8 = 1;
/// An error or worse; something changed under the plan.
pub const ERROR: u8 = 2;
/// Nothing could be judged.
pub const UNKNOWN: u8 = 3;
/// The command line is wrong (`EX_USAGE` of sysexits.h, as the next ones).
pub const USAGE: u8 = 64;
/// What a file says is wrong (`EX_DATAERR`).
pub const DATA: u8 = 65;
/// A file that was named cannot be read (`EX_NOINPUT`).
pub const NO_INPUT: u8 = 66;
/// Something that is needed is taken or not there: the state directory, a port, the daemon
/// (`EX_UNAVAILABLE`).
pub const UNAVAILABLE: u8 = 69;
/// mcpvisor itself failed (`EX_SOFTWARE`).
pub const SOFTWARE: u8 = 70;
/// The system refused something that mcpvisor cannot do without (`EX_OSERR`).
pub const OS_ERROR: u8 = 71;
/// A file cannot be written (`EX_CANTCREAT`).
pub const CANNOT_CREATE: u8 = 73;
/// The configuration is wrong (`EX_CONFIG`).
pub const CONFIG: u8 = 78;

/// The code for the worst severity found.
pub fn of_severity(worst: Option<Severity>) -> u8 {
    match worst {
        None | Some(Severity::Info) => FINE,
        Some(Severity::Warning) => WARNING,
        Some(Severity::Error | Severity::Critical) => ERROR,
    }
}

/// An error that ends the program with a code of its own.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// Exit code.
    pub code: u8,
    /// What happened and what to do.
    pub message: String,
}

impl Failure {
    /// A failure with a code.
    pub fn new(code: u8, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }
}
