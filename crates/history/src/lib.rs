//! The embedded history of mcpvisor: series of samples with their coarser tiers, events, the audit
//! log, findings, alerts and snapshots, in one `SQLite` file.
#![forbid(unsafe_code)]

mod bytes;
mod checksum;
mod chunk;
mod codec;
mod error;
mod export;
mod handle;
mod head;
mod notice;
mod options;
mod presence;
mod query;
mod readers;
mod recover;
mod room;
mod rows;
mod schema;
mod segment;
mod series;
mod shared;
mod stats;
mod store;
mod tick;
mod tier;
mod writer;

pub use error::Error;
pub use export::Format;
pub use handle::History;
pub use notice::{Notice, NoticeKind};
pub use options::Options;
pub use query::{Bucket, Points, Query, QueryResult, Sample, SeriesResult, Trend, TrendQuery};
pub use rows::alerts::{AlertQuery, AlertRow};
pub use rows::audits::{Audit, AuditQuery, NewAudit};
pub use rows::events::{Event, EventQuery, NewEvent};
pub use rows::findings::{FindingChanges, FindingQuery, FindingRecord, FindingRow};
pub use rows::snapshots::SnapshotInfo;
pub use series::{Kind, Millis, SeriesKey};
pub use stats::{Stats, TierStats};
pub use tier::Tier;
