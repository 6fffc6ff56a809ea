//! Passes over all processes.
//!
//! A [`Collector`] keeps what it knows of each process from pass to pass. At a pass it lists the
//! pids (`roster`), reads the cheap figures of the processes that were asked for through files that
//! it keeps open (`cheap`, `handles`), reads what they are at first sight, after an exec and in slow
//! rotation (`facts`), and spends what is left of its [`Budget`] on the costly readings (`sampling`,
//! in the order of [`schedule`]). If it costs more than its budget all the same, [`shed`] gives the
//! costly readings up, one kind after the other.
//!
//! A process may end at any read: it then drops out of the pass. What must not be read costs one
//! field. Files are kept open only while they belong to the same process: the kernel answers
//! `ESRCH` on them once it has ended, whoever has its pid by then.

mod cheap;
mod collector;
mod connections;
mod facts;
mod files;
mod handles;
mod list;
mod memory;
mod meter;
mod missing;
mod options;
mod pass;
mod roster;
mod sampling;
pub mod schedule;
pub mod shed;
mod tracked;
mod visibility;
mod wants;

pub use collector::Collector;
pub use handles::raise_descriptor_limit;
pub(crate) use list::numbered_entries;
pub use meter::{Meter, SystemMeter};
pub use options::{Budget, Options};
pub use pass::{Cost, Pass};
pub use shed::{Shed, ShedLevel};
pub use wants::{Selection, Wants};
