//! Control: the only way in which mcpvisor signals a process.
//!
//! A pid is a number that the kernel gives to another process as soon as the first is
//! reaped, so nothing here takes a pid and signals it. A [`Target`] holds a pidfd, which
//! names one process for ever, and is made in two ways: from a process that is there now
//! ([`Target::hold`]), or from what was recorded of one earlier ([`Target::open`] with an
//! [`Expected`]), in which case everything is compared again after opening. Processes that
//! may never be signalled are refused with a reason ([`Forbidden`]).
//!
//! [`stop`] decides, as a pure state machine, how a tree is ended; [`mod@run`] carries it out;
//! [`Lineage`] finds the children that are forked meanwhile. [`pipes`] tells whether anybody
//! could still write to a server.

mod ancestors;
mod identity;
mod lineage;
mod members;
pub mod pipes;
pub mod run;
pub mod stop;
mod target;

pub use ancestors::{Forbidden, ancestors_of_self};
pub use identity::{Difference, Expected};
pub use lineage::{Lineage, Relatives};
pub use members::members;
pub use pipes::stdin_writer_gone;
pub use run::{Plan, Progress, Report, run};
pub use stop::{Outcome, Step, Timing};
pub use target::{Ending, OpenError, SignalError, Target};
