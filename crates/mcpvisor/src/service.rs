//! mcpvisor as a service of systemd: the unit file, and what `systemctl` is asked to do with it.
//!
//! [`mod@unit`] writes the text and [`seal`] tells later whether it is still ours, both without a look at the
//! machine; [`program`] judges what the unit will start; [`systemctl`] is the edge; [`install`] and
//! [`uninstall`] are the steps, and [`report`] what they say.

pub mod install;
pub mod page;
pub mod place;
pub mod program;
pub mod quote;
pub mod report;
pub mod seal;
pub mod systemctl;
pub mod uninstall;
pub mod unit;
