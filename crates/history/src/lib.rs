//! The embedded history of mcpvisor: series of samples with their coarser tiers, events, the audit
//! log, findings, alerts, snapshots, and documents that must outlive the program (silences, notices
//! that are not delivered, clocks of rules), in one `SQLite` file of bounded size.
//!
//! # How it works
//! [`History`] is a handle. What is observed goes through a bounded queue to the one thread that
//! writes: into the *head*, the newest ticks in memory, and as one short row a tick into a log, from
//! which the head is built again after any end of the process. On a border of five minutes, twenty
//! minutes or so of samples leave the head in one transaction: as a *block* of samples, a block of
//! buckets of five minutes and one of hours, while their rows leave the log. Blocks of a span of time
//! that is over are put together piece by piece until a day (and weeks of buckets) are one. Times
//! are stored once a block; of each series a block holds a *chunk*, with a checksum of its own, and 32
//! neighbouring chunks share a row. Readers have connections of their own.
//!
//! # What is promised
//! - After kill -9 the file opens, and at most the tick in flight is missing (two hundred kills at
//!   random moments are tested). An event, audit entry, finding, alert, snapshot or document is on the
//!   disk, even if the power fails, when the call returns; of samples, a failing power supply may take
//!   those since the log was last written back, some minutes.
//! - Alerts, documents and events that belong together are written all or none ([`Changes`]).
//! - All files together never exceed [`Options::max_disk`]. What goes first: samples, then buckets of
//!   five minutes, of hours, then events and the like, audit entries last. Documents and alerts that
//!   are not over never go; documents that would be too much are refused.
//! - A damaged file is set aside with its log and a new one begun, with the documents and the alerts
//!   that are not over as far as they can still be read; a damaged chunk costs that chunk.
//! - While the disk is full or fails, samples stay in memory up to a bound, people hear of it once, and
//!   writing resumes by itself.
//! - A wall clock that is set back loses nothing: samples are kept in the order in which they were
//!   taken and answered in the order of their times. One that is set far ahead removes nothing by age
//!   until it has gone steadily for an hour.
//! - Nothing is made up: a series that is missing from an observation has a gap, no line or rate
//!   crosses it, and what is not known is `None`, not zero.
//!
//! # Figures
//! 40 real MCP servers, 13 of them under load, recorded for 400 s at 1 s, taken as 5 s apart and
//! repeated to 1,500 series over a day (25.9 million samples; 1,200 series in the first two rows); a
//! shared machine with two cores.
//!
//! | bytes a sample | all servers | under load |
//! |---|---|---|
//! | Gorilla, values only, 240 / 720 / 17,280 points | 0.53 / 0.52 / 0.48 | 1.29 / 1.29 / 1.21 |
//! | pco, values only, 240 / 720 / 17,280 points | 0.29 / 0.19 / 0.12 | 0.61 / 0.48 / 0.34 |
//! | this store, the whole file with all tiers | 0.024 | 0.041 |
//! | the same, `VictoriaMetrics` 1.79.5 merged, its data and index | 0.045 | 0.084 |
//! | this store, the day in pieces of five minutes in random order | 0.052 | 0.095 |
//! | the same, `VictoriaMetrics` | 0.068 | 0.130 |
//!
//! So pco was taken, over chunks of a day; a Gorilla chunk is four times as large however long it is.
//! Deflate over the differences wins where work comes again exactly, which a recording that is
//! repeated does far more than life, so the last two rows are nearer to it. Before blocks are put
//! together the newest part of the file needs 0.2 to 0.4 bytes a sample.
//!
//! In the same runs: 1.7 to 2.8 million samples a second taken in, all upkeep included; a day of one
//! series read in 1.1 ms; thirty days of hours of 50 series in 23 to 35 ms; 0.4 to 0.5 ms of processor
//! time for a tick of 1,500 series; 11 MiB of memory after a day.
//! `examples/history_bench` measures all of this.
#![forbid(unsafe_code)]

mod aside;
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
mod salvage;
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
pub use rows::Json;
pub use rows::alerts::{AlertQuery, AlertRow};
pub use rows::audits::{Audit, AuditQuery, NewAudit};
pub use rows::changes::Changes;
pub use rows::documents::Document;
pub use rows::events::{Event, EventQuery, NewEvent};
pub use rows::findings::{FindingChanges, FindingQuery, FindingRecord, FindingRow};
pub use rows::snapshots::SnapshotInfo;
pub use series::{Kind, Millis, SeriesKey};
pub use stats::{Stats, TierStats};
pub use tier::Tier;
