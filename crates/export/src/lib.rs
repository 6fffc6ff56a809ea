//! Encoders of what mcpvisor measures: the Prometheus text format 0.0.4 and `OpenMetrics` 1.0.0.
//!
//! Pure: [`negotiate`] says which format a client wants, [`encode`] writes the page. Names, help
//! and units come from the metric table of `model`; label values come from whoever started a
//! process and are made harmless here.
#![forbid(unsafe_code)]

mod accept;
mod format;
mod label;
mod limit;
mod number;
mod page;

pub use accept::negotiate;
pub use format::Format;
pub use limit::{Limit, Written};
pub use page::encode;
