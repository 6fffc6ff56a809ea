//! The daemon as people start it and programs ask it.

mod access;
mod alerts;
mod cleaning;
mod contract;
mod life;
mod misbehaviour;
mod prometheus;
mod readings;
pub(crate) mod running;
mod servers;
mod supervision;
mod watches;
