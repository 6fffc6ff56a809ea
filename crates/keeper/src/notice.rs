//! What happens to servers, for the log, the history and the audit.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use supervise::lifecycle::Told;

/// Something happened to a server.
#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    /// When.
    pub at: Timestamp,
    /// To which.
    pub server: String,
    /// What.
    pub what: Happened,
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Happened {
    /// In its life.
    Told(Told),
    /// Its start waits for that of another server, which fetches the same package.
    WaitsForPackage(String),
    /// A limit that was asked for is not enforced, and why.
    NotLimited(String),
    /// The kernel killed so many of its processes, since its memory limit was reached.
    OomKilled(u64),
    /// So many of its forks and starts of threads were refused, since its limit of tasks was reached.
    ForksRefused(u64),
    /// It was kept from running for so long, since its limit of processors was reached.
    Throttled(Duration),
    /// It has run for as long as it may.
    RunTimeOver(Duration),
    /// It is restarted or ended because an earlier run of mcpvisor left it: in words.
    Left(String),
    /// What is done could not be recorded.
    NotRecorded(String),
}

impl fmt::Display for Happened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Told(told) => told.fmt(f),
            Self::WaitsForPackage(package) => {
                write!(f, "waits until another server has fetched {package}")
            }
            Self::NotLimited(why) => write!(f, "is not limited as configured: {why}"),
            Self::OomKilled(count) => write!(
                f,
                "reached its memory limit: the kernel killed {count} of its processes"
            ),
            Self::ForksRefused(count) => write!(
                f,
                "reached its limit of tasks: {count} forks or threads were refused"
            ),
            Self::Throttled(time) => write!(
                f,
                "reached its limit of processors: it was held back for {:.1} s",
                time.as_secs_f64()
            ),
            Self::RunTimeOver(time) => {
                let time = model::units::seconds(time.as_secs_f64());
                write!(f, "has run for {time}, as long as it may")
            }
            Self::Left(words) => f.write_str(words),
            Self::NotRecorded(why) => write!(
                f,
                "runs, but that could not be recorded ({why}): if mcpvisor is killed now, it is not found again"
            ),
        }
    }
}
