//! The daemon behind `mcpvisor serve`.
//!
//! ```text
//!            orders                 observation
//!  HTTP ─────────────► looker ─────────────────► history (its own writer thread)
//!    ▲                   │ snapshot, changes
//!    └───── handle ◄─────┘
//! ```
//!
//! One thread looks at the machine (`looker`): it alone owns the observer, and is told what to do
//! through an [`Inbox`](linux::inbox::Inbox). What it sees becomes measurements ([`ledger`], [`measure`]), changes
//! ([`changes`]) and an immutable [`snapshot`] that HTTP reads through the [`handle`]. Nothing waits
//! for a reader: the history's queue, the listeners' and the inbox have bounds, and what does not fit
//! is counted.

pub mod alarm;
pub mod changes;
pub(crate) mod containers;
pub mod figures;
pub mod handle;
mod held;
pub(crate) mod keeping;
pub mod ledger;
pub mod level;
mod limiting;
pub mod live;
pub mod lock;
mod looker;
pub mod measure;
pub mod orders;
mod own;
pub mod past;
pub(crate) mod policy;
mod port;
pub(crate) mod readings;
mod run;
mod signals;
pub mod snapshot;
pub(crate) mod tasks;
mod watching;

pub use handle::Daemon;
pub use level::Level;
pub(crate) use limiting::confine::ConfinedView;
pub use run::{open_history, run};
pub use snapshot::Snapshot;
