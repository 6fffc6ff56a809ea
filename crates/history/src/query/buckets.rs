//! Samples of a question become buckets: only samples within its time count, but the one before tells
//! a counter's first growth.

use super::Query;
use crate::options::millis;
use crate::series::{Kind, Millis};
use crate::shared::Shared;
use crate::tier::floor;
use crate::tier::rollup::{Point, Roller, Rollup};

/// Rolls up what lies within a question's time.
#[derive(Debug)]
pub(super) struct Range {
    kind: Kind,
    width: Millis,
    stale_after: Millis,
    from: Millis,
    to: Millis,
    before: Option<Point>,
    roller: Option<Roller>,
}

impl Range {
    pub(super) fn new(kind: Kind, width: Millis, shared: &Shared, query: &Query) -> Self {
        Self {
            kind,
            width,
            stale_after: millis(shared.options.stale_after),
            // Buckets are whole: the first begins before the time that is asked for.
            from: floor(query.from, width),
            to: query.to,
            before: None,
            roller: None,
        }
    }

    /// The sample before the first.
    pub(super) fn start_after(&mut self, before: Point) {
        self.before = Some(before);
    }

    pub(super) fn push(&mut self, point: Point) {
        if !(self.from..=self.to).contains(&point.time) {
            if point.value.is_finite() && self.roller.is_none() {
                self.before = Some(point);
            }
            return;
        }
        let (kind, width, stale_after) = (self.kind, self.width, self.stale_after);
        let before = self.before;
        self.roller
            .get_or_insert_with(|| Roller::new(kind, width, stale_after, before))
            .push(point);
    }

    pub(super) fn finish(self) -> Vec<Rollup> {
        self.roller.map(Roller::finish).unwrap_or_default()
    }
}
