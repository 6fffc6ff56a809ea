//! Rules, the life of alerts, silences, routing and receivers.
#![forbid(unsafe_code)]

mod alert;
pub mod dispatch;
pub mod engine;
pub mod matcher;
pub mod mute;
mod notice;
pub mod receivers;
pub mod rehearsal;
pub mod rule;
mod unit;

pub use alert::{Acknowledgement, Alert, Reason, State};
pub use engine::Engine;
pub use matcher::Matcher;
pub use notice::{Notice, Occasion};
pub use rule::Rule;
pub use unit::Unit;
