//! Control groups: limits that the kernel enforces, and a set of processes that no fork leaves.
//!
//! [`Hierarchies::read`] finds, for each controller, where it lives on this machine: in the unified
//! hierarchy (version 2), in a mount of its own (version 1), or nowhere; on a hybrid machine each
//! controller has its own answer. [`Group::create`] makes a group below the one that we are in, so
//! that whatever limits us limits it too, writes the limits, reads them back, and says in
//! [`Enforced`] what the kernel really holds and why it does not hold the rest. A child enters
//! through [`Entrances`] before it starts its program. Then the group tells who is in it
//! ([`Group::pids`]), what happened ([`Group::events`]), what it uses ([`Group::usage`]), and ends
//! everything at once ([`Group::kill`]).
//!
//! Nothing is removed but what was made here, or what [`leftovers()`] found by the name that only
//! mcpvisor gives ([`GroupName`]). Sources of names and values: the kernel's
//! `admin-guide/cgroup-v2.rst`, `admin-guide/cgroup-v1/` and cgroups(7).

mod controller;
mod create;
mod delegation;
mod enforced;
mod entrances;
mod error;
mod events;
mod files;
mod folders;
mod group;
mod hierarchies;
mod kill;
mod leftovers;
mod limits;
mod members;
mod membership;
mod mountinfo;
mod name;
mod room;
mod settings;
#[cfg(test)]
mod tests;
mod usage;

pub use controller::{Controller, Version};
pub use enforced::{Enforced, Enforcement, NotEnforced, Outcome};
pub use entrances::Entrances;
pub use error::{Action, CgroupError};
pub use events::Events;
pub use group::Group;
pub use hierarchies::{Hierarchies, Hierarchy, OutOfSight};
pub use kill::Kill;
pub use leftovers::{Leftover, leftovers};
pub use limits::{Amount, Limit, Limits};
pub use name::{GroupName, PREFIX};
pub use room::{LEAF, NoRoom};
pub use usage::Usage;
