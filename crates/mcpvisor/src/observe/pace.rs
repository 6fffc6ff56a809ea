//! How closely is watched, and what it may cost.

use std::time::Duration;

use linux::Budget;

/// How servers are watched: which looks read what, and what all of it may cost.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pace {
    /// Every so manieth look reads all processes, ...
    pub all_every: u32,
    /// ... every so manieth those of servers and owners, and those between only the processes that
    /// speak MCP, and whatever is new.
    pub members_every: u32,
    /// With kernel events, all pids are listed at each so many looks.
    pub list_every: u32,
    /// What a process is (command line, folder, limits) is read again in so long although nothing
    /// points to a change. A program that is executed shows at once.
    pub facts_every: Duration,
    /// What it may cost; costly readings get what the cheap figures leave.
    pub budget: Budget,
}

impl Pace {
    /// For a screen with a look a second.
    pub fn screen() -> Self {
        Self {
            all_every: 10,
            members_every: 5,
            list_every: 5,
            facts_every: Duration::from_secs(30),
            budget: Budget::of(0.005),
        }
    }

    /// For a daemon with a look each few seconds. `cpu_share` is its ceiling, as a share of one
    /// processor.
    pub fn daemon(cpu_share: f64) -> Self {
        Self {
            all_every: 12,
            members_every: 1,
            list_every: 6,
            facts_every: Duration::from_mins(1),
            budget: Budget {
                cpu_share,
                planned_share: DAEMON_SHARE.min(cpu_share * 0.8),
            },
        }
    }
}

/// What a daemon spends on purpose, as a share of one processor, far below its ceiling: nobody may
/// notice it.
const DAEMON_SHARE: f64 = 0.001;
