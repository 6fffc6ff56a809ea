//! The words of mcpvisor as types: processes as they were read, rates derived
//! from two readings, severities and findings, and the rules by which text from
//! other programs may be shown.
//!
//! Nothing here does I/O or reads a clock: times and readings come in as values.
#![forbid(unsafe_code)]

pub mod connection;
pub mod derive;
pub mod files;
pub mod finding;
pub mod host;
pub mod identity;
pub mod metric;
pub mod process;
pub mod redact;
pub mod sample;
pub mod table;
pub mod text;
pub mod units;

pub use connection::{Connection, ConnectionState, Protocol};
pub use files::{Access, FdKinds, FileTarget, OpenFile, OpenFiles};
pub use finding::{Finding, FindingKind, Severity};
pub use host::{Host, Moment, Unavailable};
pub use identity::ProcessId;
pub use metric::{LabelValues, Measurement, Metric, MetricKind, Observation};
pub use process::{Process, Usage};
pub use sample::{Counters, Facts, Io, Memory, ProcessState, Reading, Sample};
pub use table::ProcessTable;
