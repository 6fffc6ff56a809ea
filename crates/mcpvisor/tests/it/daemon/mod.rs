//! The daemon as people start it and programs ask it.

mod access;
mod cleaning;
mod contract;
mod life;
mod prometheus;
mod running;
mod servers;
mod watches;
