//! What runs on this machine, whose it is, and what is wrong with it.
//!
//! [`stock::take`] turns a picture of all processes, the declared servers and what
//! earlier runs remembered into an [`stock::Inventory`]: servers with their
//! instances, owners and states. [`findings::judge`] says what is wrong, and
//! [`plan::plan`] which instances could be removed and why the others may not.
//!
//! All of that is pure; reading client configurations ([`declared`]), package
//! metadata ([`packages`]) and state files ([`memory`]) are thin edges around it.
//! Nothing here sends a signal.
#![forbid(unsafe_code)]

pub mod bounds;
pub mod command;
pub mod context;
pub mod declared;
pub mod evidence;
pub mod findings;
pub mod kept;
pub mod matching;
pub mod memory;
pub mod owners;
pub mod packages;
pub mod plan;
pub mod server;
pub mod stock;
pub mod watches;
pub mod wiring;

pub use context::Context;
pub use server::{Instance, Member, Owner, OwnerKind, Role, Server, ServerState, Transport};
pub use stock::Inventory;
