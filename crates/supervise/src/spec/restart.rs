//! What happens when a server ends by itself.

use std::collections::BTreeSet;
use std::fmt;
use std::num::NonZeroU32;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Backoff;

/// Which ends are followed by a restart. A stop that was ordered never is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RestartPolicy {
    /// None.
    Never,
    /// Those that are no success: an end with success is taken as meant.
    #[default]
    OnFailure,
    /// All.
    Always,
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Exit {
    /// With this code, from 0 to 255.
    Code(i32),
    /// By this signal.
    Signal(i32),
    /// It was no child of ours (an adopted one), so the kernel did not tell.
    Unknown,
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => write!(f, "ended with code {code}"),
            Self::Signal(number) => match signal_name(*number) {
                Some(name) => write!(f, "ended by {name}"),
                None => write!(f, "ended by signal {number}"),
            },
            Self::Unknown => f.write_str("ended, how is not known"),
        }
    }
}

/// Names of signals that end processes, by their numbers on x86 and ARM (signal(7)).
fn signal_name(number: i32) -> Option<&'static str> {
    Some(match number {
        1 => "SIGHUP",
        2 => "SIGINT",
        3 => "SIGQUIT",
        4 => "SIGILL",
        6 => "SIGABRT",
        7 => "SIGBUS",
        8 => "SIGFPE",
        9 => "SIGKILL",
        11 => "SIGSEGV",
        13 => "SIGPIPE",
        14 => "SIGALRM",
        15 => "SIGTERM",
        24 => "SIGXCPU",
        25 => "SIGXFSZ",
        31 => "SIGSYS",
        _ => return None,
    })
}

/// So many failures within so long, and it is not tried at the usual pace any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StartLimit {
    /// Failures.
    pub failures: NonZeroU32,
    /// Within this time.
    pub within: Duration,
}

impl Default for StartLimit {
    /// 8 failures in 10 minutes. With the usual pauses (0, 1, 2, 4, 8, 16 and 30 s) what crashes at once
    /// fails for the eighth time after a minute, when the pauses have reached their cap: a port that was
    /// taken, or a network or a database that was coming up, had that long. Fewer failures in a shorter
    /// time would give up after seconds, which is what people complain of in other supervisors. The window
    /// is long enough for what hangs at each start (30 s each), and for what each time ends just before it
    /// counts as well again (60 s): seven of those with all pauses take 8 minutes.
    fn default() -> Self {
        Self {
            failures: NonZeroU32::MIN.saturating_add(7),
            within: Duration::from_mins(10),
        }
    }
}

/// What happens when a server ends by itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Restart {
    /// Which ends are followed by a restart.
    pub policy: RestartPolicy,
    /// Codes that are a success. An end by a signal that we did not send never is.
    pub success: BTreeSet<i32>,
    /// Pauses between restarts.
    pub backoff: Backoff,
    /// What has been well for so long, and for at least as long as the last pause, begins anew: its next
    /// restart is the first.
    pub reset_after: Duration,
    /// When it is given up for now.
    pub limit: StartLimit,
    /// Time between two tries of what is given up for now, with the jitter of the pauses; never shorter
    /// than their cap.
    pub slow: Duration,
}

impl Default for Restart {
    fn default() -> Self {
        Self {
            policy: RestartPolicy::default(),
            success: BTreeSet::from([0]),
            backoff: Backoff::default(),
            reset_after: Duration::from_mins(1),
            limit: StartLimit::default(),
            slow: Duration::from_mins(5),
        }
    }
}

impl Restart {
    /// Is it a success?
    pub fn is_success(&self, exit: Exit) -> bool {
        matches!(exit, Exit::Code(code) if self.success.contains(&code))
    }

    /// Is it restarted after this end, which nobody ordered?
    pub fn follows(&self, exit: Exit) -> bool {
        match self.policy {
            RestartPolicy::Never => false,
            RestartPolicy::OnFailure => !self.is_success(exit),
            RestartPolicy::Always => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_ends_are_followed_by_a_restart() {
        use RestartPolicy::{Always, Never, OnFailure};
        let cases = [
            (Exit::Code(0), [false, false, true]),
            (Exit::Code(3), [false, false, true]),
            (Exit::Code(1), [false, true, true]),
            (Exit::Signal(15), [false, true, true]),
            (Exit::Signal(9), [false, true, true]),
            (Exit::Signal(0), [false, true, true]),
            (Exit::Unknown, [false, true, true]),
        ];
        for (exit, expected) in cases {
            let follows = [Never, OnFailure, Always].map(|policy| {
                let restart = Restart {
                    policy,
                    success: BTreeSet::from([0, 3]),
                    ..Restart::default()
                };
                restart.follows(exit)
            });
            assert_eq!(follows, expected, "{exit}");
        }
    }

    #[test]
    fn ends_in_words() {
        for (exit, words) in [
            (Exit::Code(137), "ended with code 137"),
            (Exit::Signal(9), "ended by SIGKILL"),
            (Exit::Signal(64), "ended by signal 64"),
            (Exit::Unknown, "ended, how is not known"),
        ] {
            assert_eq!(exit.to_string(), words);
        }
    }
}
