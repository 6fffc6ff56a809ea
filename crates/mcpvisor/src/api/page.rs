//! The page at `/`: the dashboard, or, without the feature `dashboard`, a simple page that signs a
//! browser in and lists what runs.

#[cfg(not(feature = "dashboard"))]
#[path = "page/simple.rs"]
mod files;

#[cfg(feature = "dashboard")]
#[path = "page/dashboard.rs"]
mod files;

pub(super) use files::{paths, routes};
