//! `mcpvisor top`: servers and their processes on a screen that keeps itself up to date.
//!
//! A pure core and a thin edge. [`State`] is told what happened ([`Input`]) and when, and answers
//! what is to be done ([`Effect`]); [`draw()`] paints a state and changes nothing. Neither does I/O
//! or reads a clock, so that every screen can be tested without a terminal. [`run()`] is the edge:
//! it waits for keys, signals and kernel events in one `poll`, without a thread, and carries the
//! effects out through a [`Source`].
//!
//! It is cheap: figures are added up once for each picture, rows are formatted only while they are
//! visible, the screen is drawn only when something has changed, and histories are rings of a
//! fixed size, one for each server.
//!
//! Text from other programs reaches the screen only through [`shown`], which takes secrets out and
//! makes control characters visible.

pub mod columns;
pub mod confirm;
pub mod details;
pub mod draw;
pub mod figures;
pub mod findings;
pub mod footer;
pub mod header;
pub mod help;
pub mod history;
pub mod input;
pub mod keys;
pub mod layout;
pub mod look;
pub mod modal;
pub mod order;
pub mod overlay;
pub mod paint;
pub mod panes;
pub mod rows;
pub mod run;
pub mod screen;
pub mod selection;
pub mod shown;
pub mod source;
pub mod spark;
pub mod state;
pub mod table;
pub mod terminal_keys;
#[cfg(test)]
pub(crate) mod tests;
pub mod tree;

pub use draw::draw;
pub use input::{Effect, Input, Key, Outcome};
pub use look::Look;
pub use run::run;
pub use source::Source;
pub use state::{Options, State};
