//! Values of one object over a window of time, and what is made of them.

use std::cmp::Ordering;
use std::collections::VecDeque;

use super::life::nanoseconds;
use crate::rule::{Combine, How};

/// Points that are kept for each object: a window is cut into so many steps.
const POINTS: usize = 64;

/// What is known of one object.
#[derive(Debug, Default)]
pub(super) struct Track {
    /// The look that measured it last.
    pub(super) look: u64,
    /// When that was, ns since boot.
    pub(super) at: u64,
    value: f64,
    /// What a counter has gained since we know it.
    gained: f64,
    points: VecDeque<(u64, f64)>,
    /// The side of the limit on which it began: it reaches the limit from there.
    began_below: Option<bool>,
}

impl Track {
    /// Takes a value of one of its series in.
    pub(super) fn add(&mut self, value: f64, look: u64, combine: Combine) {
        if self.look != look {
            self.look = look;
            self.value = value;
            return;
        }
        self.value = match combine {
            Combine::Sum => self.value + value,
            Combine::Max => self.value.max(value),
            Combine::Min => self.value.min(value),
        };
    }

    /// Keeps the value of this look. The window is in ns and not shorter than two intervals.
    pub(super) fn note(&mut self, now: u64, window: u64, how: How, is_counter: bool) {
        if is_counter {
            self.gained += self.value;
            self.value = self.gained;
        }
        if let How::TimeTo { limit, .. } = how
            && self.began_below.is_none()
        {
            self.began_below = match self.value.partial_cmp(&limit) {
                Some(Ordering::Less) => Some(true),
                Some(Ordering::Greater) => Some(false),
                _ => None,
            };
        }
        if self.points.back().is_some_and(|last| last.0 > now) {
            // These are of another boot.
            self.points.clear();
        }
        let step = window / POINTS as u64;
        // The latest point moves on until it is a step away from the one before it.
        let len = self.points.len();
        let is_near = len > 1 && now.saturating_sub(self.points[len - 2].0) < step;
        let point = (now, self.value);
        match self.points.back_mut() {
            Some(last) if is_near => *last = point,
            _ => self.points.push_back(point),
        }
        self.cut(
            now.saturating_sub(window),
            step.saturating_mul(3).max(window / 4),
        );
    }

    /// Removes what is older than the window. The oldest point stays until the next is old enough,
    /// so that a window is looked at as a whole.
    fn cut(&mut self, from: u64, slack: u64) {
        while self.points.len() > 1 && self.points.get(1).is_some_and(|next| next.0 <= from) {
            self.points.pop_front();
        }
        let (Some(&first), Some(&next)) = (self.points.front(), self.points.get(1)) else {
            return;
        };
        // After a gap only the window's part of what came about in it counts.
        if first.0.saturating_add(slack) < from {
            let part = seconds(from - first.0) / seconds(next.0 - first.0);
            self.points[0] = (from, first.1 + (next.1 - first.1) * part);
        }
    }

    /// The figure at the last look; `None` if that cannot be said.
    pub(super) fn figure(&self, how: How) -> Option<f64> {
        let value = match how {
            How::Value => self.value,
            How::Rate(_) => {
                let (first, last) = self.ends()?;
                (last.1 - first.1) / seconds(last.0 - first.0)
            }
            How::Increase(_) => {
                let (first, last) = self.ends()?;
                last.1 - first.1
            }
            How::Growth(_) => {
                let values = self.points.iter().map(|point| point.1);
                self.value - values.fold(self.value, f64::min)
            }
            How::TimeTo { limit, over } => self.time_to(limit, nanoseconds(over) / 2)?,
        };
        value.is_finite().then_some(value)
    }

    fn ends(&self) -> Option<((u64, f64), (u64, f64))> {
        let (first, last) = (*self.points.front()?, *self.points.back()?);
        (last.0 > first.0).then_some((first, last))
    }

    /// Seconds until a line through the points reaches a limit: zero for what has come to it or past
    /// it from the side on which it began, a very long time for what does not come nearer.
    fn time_to(&self, limit: f64, shortest: u64) -> Option<f64> {
        let is_past = match self.began_below {
            Some(true) => self.value >= limit,
            Some(false) => self.value <= limit,
            None => true,
        };
        if is_past {
            return Some(0.0);
        }
        // Three points over half of the window are the least that a line says something about: what
        // starts grows too.
        let (first, last) = self.ends()?;
        if self.points.len() < 3 || last.0 - first.0 < shortest {
            return None;
        }
        let count = self.points.len() as f64;
        let x = |at: u64| seconds(at - first.0);
        let mean_x = self.points.iter().map(|point| x(point.0)).sum::<f64>() / count;
        let mean_y = self.points.iter().map(|point| point.1).sum::<f64>() / count;
        let (mut xy, mut xx) = (0.0, 0.0);
        for point in &self.points {
            let from_mean = x(point.0) - mean_x;
            xy += from_mean * (point.1 - mean_y);
            xx += from_mean * from_mean;
        }
        let slope = xy / xx;
        let now = mean_y + slope * (x(last.0) - mean_x);
        let left = limit - now;
        if slope == 0.0 || (slope > 0.0) != (self.value < limit) {
            // Nothing that goes on will reach it; a very long time compares as it should.
            return Some(f64::MAX);
        }
        // The line may have passed a limit that the last value has not.
        Some((left / slope).max(0.0))
    }
}

fn seconds(ns: u64) -> f64 {
    ns as f64 / 1e9
}
