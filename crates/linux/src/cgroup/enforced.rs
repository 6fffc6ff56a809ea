//! What the kernel holds of what was asked for: read back, never assumed.

use std::{fmt, path::PathBuf};

use super::{
    controller::{Controller, Version},
    error::CgroupError,
    hierarchies::OutOfSight,
    limits::{Amount, Limit},
};

/// What became of [`super::Limits`], and of the group itself.
///
/// A limit holds for the processes that enter the group, from when they do: memory that a process
/// used before stays charged to where it came from.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Enforced {
    /// One entry for each limit that was asked for.
    pub limits: Vec<Enforcement>,
    /// Where memory runs out, the kernel ends the whole group and not only one of its processes
    /// (`memory.oom.group`, version 2 only).
    pub ends_whole_on_oom: bool,
    /// Folders that could not be made; where there is one, something of the group is missing.
    pub not_made: Vec<CgroupError>,
}

impl Enforced {
    /// What became of one limit; `None` if it was not asked for.
    pub fn outcome(&self, limit: Limit) -> Option<&Outcome> {
        let entry = self.limits.iter().find(|entry| entry.limit == limit);
        entry.map(|entry| &entry.outcome)
    }

    /// Whether the kernel holds everything that was asked for.
    pub fn is_complete(&self) -> bool {
        self.limits
            .iter()
            .all(|entry| matches!(entry.outcome, Outcome::Held { .. }))
    }
}

/// What became of one limit.
#[derive(Clone, Debug, PartialEq)]
pub struct Enforcement {
    /// Which.
    pub limit: Limit,
    /// How much was asked for.
    pub asked: Amount,
    /// What came of it.
    pub outcome: Outcome,
}

impl fmt::Display for Enforcement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}: {}", self.limit, self.asked, self.outcome)
    }
}

/// Whether the kernel holds a limit.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// It does.
    Held {
        /// What it says that it holds: sizes are rounded down to whole pages.
        says: Amount,
        /// The file that says so.
        file: PathBuf,
        /// Version of the interface.
        version: Version,
        /// In what it is less than was asked for, if it is.
        weaker: Option<&'static str>,
    },
    /// It does not.
    Not(NotEnforced),
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Held {
                says,
                file,
                version,
                weaker,
            } => {
                write!(
                    f,
                    "the kernel holds {says} ({version}, `{}`)",
                    file.display()
                )?;
                weaker.map_or(Ok(()), |weaker| write!(f, "; {weaker}"))
            }
            Self::Not(why) => write!(f, "not enforced: {why}"),
        }
    }
}

/// Why a limit is not held.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum NotEnforced {
    /// No kernel takes such a value.
    #[error("it must be {0}")]
    OutOfRange(&'static str),
    /// No hierarchy has the controller.
    #[error(
        "no control group hierarchy of this machine has the {0} controller: mount one, or remove \
         `cgroup_disable={0}` from the kernel's command line"
    )]
    NoController(Controller),
    /// Our own group of the unified hierarchy does not have it.
    #[error(
        "`{}` does not have the {controller} controller, because a group above does not give it or the \
         kernel has none: for a user's services put `Delegate={controller}` into a drop-in of \
         `user@.service`",
        .group.display()
    )]
    NotGiven {
        /// The group that we are in.
        group: PathBuf,
        /// What it was not given.
        controller: Controller,
    },
    /// A hierarchy has it, but our own group cannot be seen through its mount.
    #[error("{0}")]
    OutOfSight(OutOfSight),
    /// Version 2 gives a controller only to groups below one that has no processes of its own.
    #[error(
        "`{}` has processes of its own, so cgroup v2 does not let it give the {controller} controller \
         to groups below it (the no-internal-process rule): start this alone in a systemd scope or \
         service with `Delegate=yes`, or in a scope that has the limit itself",
        .group.display()
    )]
    NotDelegated {
        /// The group that we are in.
        group: PathBuf,
        /// What it does not give.
        controller: Controller,
    },
    /// The kernel refused it.
    #[error(transparent)]
    Refused(#[from] CgroupError),
    /// It was written without an error, but something else is in force.
    #[error("the kernel took it, but `{}` says {says}", .file.display())]
    Different {
        /// The file that was read back.
        file: PathBuf,
        /// What it says.
        says: Amount,
    },
    /// What was read back makes no sense to us.
    #[error("the kernel took it, but `{}` says nothing that is known: `{text}`", .file.display())]
    Unreadable {
        /// The file that was read back.
        file: PathBuf,
        /// The beginning of what is in it.
        text: String,
    },
    /// Version 1 has no limit of swap alone.
    #[error(
        "cgroup v1 limits memory and swap together, so swap has a limit only where memory has one: \
         set a memory limit too"
    )]
    SwapWithoutMemory,
    /// No interface of this kernel for it.
    #[error("this kernel has none of {0}: it was built without, or the feature is switched off")]
    NoSetting(&'static str),
}
