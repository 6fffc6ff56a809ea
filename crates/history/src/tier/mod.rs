//! The three resolutions in which series are kept. Buckets of five minutes and of an hour are made
//! when samples go from the head into chunks, in the same transaction, so that each sample is in each
//! tier exactly once, whenever the process dies. A bucket may be stored in parts (a head ended within
//! it, or the clock was set back); parts are put together when they are read or merged.

pub(crate) mod columns;
pub(crate) mod rollup;
pub(crate) mod sketch;

use serde::{Deserialize, Serialize};

use crate::series::Millis;

/// A resolution.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// Every sample.
    Raw,
    /// Buckets of five minutes.
    FiveMinutes,
    /// Buckets of an hour.
    Hours,
}

const MINUTE: Millis = 60_000;
const HOUR: Millis = 60 * MINUTE;
const DAY: Millis = 24 * HOUR;

impl Tier {
    /// From the finest to the coarsest.
    pub const ALL: [Self; 3] = [Self::Raw, Self::FiveMinutes, Self::Hours];

    /// The width of its buckets; nothing for samples.
    pub(crate) fn width(self) -> Option<Millis> {
        match self {
            Self::Raw => None,
            Self::FiveMinutes => Some(5 * MINUTE),
            Self::Hours => Some(HOUR),
        }
    }

    /// Spans of time, longest first: the blocks of one span that is over become one block.
    pub(crate) fn spans(self) -> &'static [Millis] {
        match self {
            Self::Raw => &[DAY, 2 * HOUR],
            Self::FiveMinutes => &[8 * DAY, DAY, 4 * HOUR],
            Self::Hours => &[64 * DAY, 8 * DAY, DAY, 4 * HOUR],
        }
    }

    /// How it is written in the store.
    pub(crate) fn code(self) -> i64 {
        match self {
            Self::Raw => 0,
            Self::FiveMinutes => 1,
            Self::Hours => 2,
        }
    }
}

/// The beginning of the bucket that holds a time.
pub(crate) fn floor(time: Millis, width: Millis) -> Millis {
    time.saturating_sub(time.rem_euclid(width))
}
