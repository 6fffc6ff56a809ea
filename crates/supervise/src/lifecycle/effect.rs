//! What a server's machine wants done.

use super::Told;

/// What is to be done, in this order. All that concerns a tree names its generation: the number of the
/// start, which is never used twice.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Start what the present specification says. Nothing of an earlier generation is left.
    Spawn {
        /// The new generation.
        generation: u64,
    },
    /// From now on until its end, tell when it becomes ready and when it is no more.
    CheckReadiness {
        /// Which.
        generation: u64,
    },
    /// Close its stdin, as the MCP specification has it for stdio.
    CloseStdin {
        /// Which.
        generation: u64,
    },
    /// SIGTERM to all of it.
    Terminate {
        /// Which.
        generation: u64,
    },
    /// SIGKILL to all of it.
    Kill {
        /// Which.
        generation: u64,
    },
    /// Look whether anything of it is left, and tell.
    VerifyEmpty {
        /// Which.
        generation: u64,
    },
    /// Tick at this time, ns of the same clock, instead of at the time that was asked for before. Later
    /// does no harm but being late, and sooner none.
    SetTimer {
        /// When.
        at: u64,
    },
    /// For the log, the history and the audit.
    Tell(Told),
}
