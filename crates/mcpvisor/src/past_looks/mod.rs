//! From the history back to looks: what the daemon measured, time by time, as rules judge it.
//!
//! The history keeps series; rules judge looks. [`looks`] joins the series of some metrics by time and
//! gives one look after the other. It reads a window of time at once, as wide as a bounded number of
//! points allows, so memory stays small however long the time is.
//!
//! Where samples are kept no more, buckets of five minutes or an hour stand for them, each as one look at
//! its end: of a counter its last value, of what names the worst process its highest, of other gauges the
//! mean. [`teach`] gives an engine what its windows need to know of the time before.

mod needs;
mod source;
mod teach;
#[cfg(test)]
pub(crate) mod tests;

use std::collections::VecDeque;
use std::time::Duration;

use history::Tier;
use jiff::Timestamp;
use model::{Measurement, Metric};

pub use needs::{Need, kept, metrics, presence, windows};
pub use source::{Answer, Past, PastError, PastFinding, PastSeries, Question};
pub use teach::{BEATS, before, teach};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const SHORTEST: i64 = 5 * MINUTE;
/// Widest windows, by tier: a finer tier that begins within a window is not used before its end.
const WIDEST_FINE: i64 = 8 * HOUR;
const WIDEST_COARSE: i64 = 8 * 24 * HOUR;

/// A look of the past.
#[derive(Clone, Debug, PartialEq)]
pub struct PastLook {
    /// When it was taken, or the end of the bucket that stands for several.
    pub at: Timestamp,
    /// Time between two looks, about then.
    pub interval: Duration,
    /// How finely it is known.
    pub tier: Tier,
    /// What was measured.
    pub measurements: Vec<Measurement>,
}

/// Which looks.
#[derive(Clone, Debug)]
pub struct Wish {
    /// Of these metrics; what is not kept is not found.
    pub metrics: Vec<&'static Metric>,
    /// First time, milliseconds since 1970.
    pub from: i64,
    /// Last time, milliseconds since 1970.
    pub to: i64,
    /// Buckets of this width instead of what is known best.
    pub step: Option<Duration>,
    /// Time between two looks where there is only one to tell it.
    pub interval: Duration,
    /// Points that are held at once, as a rule of thumb; each takes some 70 bytes for a moment.
    pub most_points: usize,
}

/// Looks of a time, the earliest first.
pub fn looks<P: Past + ?Sized>(past: &P, wish: Wish) -> Looks<'_, P> {
    Looks {
        past,
        next: wish.from,
        window: HOUR,
        interval: wish.interval,
        ready: VecDeque::new(),
        latest: i64::MIN,
        is_begun: false,
        is_over: false,
        is_incomplete: false,
        wish,
    }
}

/// See [`looks`].
pub struct Looks<'a, P: ?Sized> {
    past: &'a P,
    wish: Wish,
    /// Where the next window begins.
    next: i64,
    window: i64,
    interval: Duration,
    ready: VecDeque<PastLook>,
    /// Time of the latest look that was made.
    latest: i64,
    is_begun: bool,
    is_over: bool,
    is_incomplete: bool,
}

/// Some time's series.
struct Batch {
    series: Vec<(&'static Metric, PastSeries)>,
    points: usize,
    tier: Option<Tier>,
    is_truncated: bool,
}

impl<P: Past + ?Sized> Looks<'_, P> {
    /// Were there more series than can be asked for? Some are missing then.
    pub fn is_incomplete(&self) -> bool {
        self.is_incomplete
    }

    fn begin(&mut self) -> Result<(), PastError> {
        self.is_begun = true;
        match self.past.oldest()? {
            // A bucket that holds the oldest sample may begin before it.
            Some(oldest) => self.next = self.next.max(oldest.saturating_sub(HOUR)),
            None => self.is_over = true,
        }
        Ok(())
    }

    /// Reads windows until there are looks, or nothing is left.
    fn fill(&mut self) -> Result<(), PastError> {
        if !self.is_begun {
            self.begin()?;
        }
        while self.ready.is_empty() && !self.is_over {
            if self.next > self.wish.to {
                self.is_over = true;
                break;
            }
            let start = self.next.saturating_sub(self.next.rem_euclid(self.window));
            let end = start.saturating_add(self.window - 1).min(self.wish.to);
            let batch = self.read(end)?;
            let is_much = batch.is_truncated || batch.points > self.wish.most_points;
            if is_much && self.window > SHORTEST {
                self.window = (self.window / 2).max(SHORTEST);
                continue;
            }
            let is_coarse = batch.tier.is_some_and(|tier| tier != Tier::Raw);
            if is_coarse && self.window > HOUR && self.is_finer_at(end, &batch)? {
                self.window = HOUR;
                continue;
            }
            self.is_incomplete |= batch.is_truncated;
            let widest = if is_coarse {
                WIDEST_COARSE
            } else {
                WIDEST_FINE
            };
            if batch.points < self.wish.most_points / 3 && self.window < widest {
                self.window = (self.window * 2).min(widest);
            }
            self.join(&batch);
            self.next = end.saturating_add(1);
        }
        Ok(())
    }

    fn read(&self, to: i64) -> Result<Batch, PastError> {
        let mut batch = Batch {
            series: Vec::new(),
            points: 0,
            tier: None,
            is_truncated: false,
        };
        for metric in self
            .wish
            .metrics
            .iter()
            .copied()
            .filter(|metric| metric.kept)
        {
            let answer = self.past.ask(&Question {
                metric,
                from: self.next,
                to,
                step: self.wish.step,
            })?;
            batch.is_truncated |= answer.is_truncated;
            for series in answer.series {
                batch.points += series.points.len();
                batch.tier = batch.tier.max(Some(series.tier));
                batch.series.push((metric, series));
            }
            if batch.points > self.wish.most_points && self.window > SHORTEST {
                break;
            }
        }
        Ok(batch)
    }

    /// Is more known of the end of a window than of its beginning?
    fn is_finer_at(&self, end: i64, batch: &Batch) -> Result<bool, PastError> {
        let Some((metric, _)) = batch.series.first() else {
            return Ok(false);
        };
        let answer = self.past.ask(&Question {
            metric,
            from: end.saturating_sub(2 * SHORTEST),
            to: end,
            step: self.wish.step,
        })?;
        let finest = answer.series.iter().map(|series| series.tier).min();
        Ok(finest.is_some_and(|finest| Some(finest) < batch.tier))
    }

    /// Makes looks of series.
    fn join(&mut self, batch: &Batch) {
        let mut points: Vec<(i64, usize, f64)> = Vec::with_capacity(batch.points);
        for (at, (_, series)) in batch.series.iter().enumerate() {
            let own = series
                .points
                .iter()
                .map(|(time, value)| (*time, at, *value));
            points.extend(own);
        }
        points.sort_by_key(|(time, at, _)| (*time, *at));
        let mut times: Vec<i64> = points.iter().map(|(time, ..)| *time).collect();
        times.dedup();
        let tier = batch.tier.unwrap_or(Tier::Raw);
        self.interval = self
            .wish
            .step
            .or_else(|| width(tier))
            .unwrap_or_else(|| usual_gap(&times).unwrap_or(self.interval));
        let latest = self.latest;
        for (time, at, value) in points {
            let (metric, series) = &batch.series[at];
            // The bucket that two windows share comes twice; the present one is not over.
            let time = time.min(self.wish.to);
            if time <= latest || !value.is_finite() {
                continue;
            }
            if self.ready.is_empty() || time != self.latest {
                self.latest = time;
                self.ready.push_back(PastLook {
                    at: Timestamp::from_millisecond(time).unwrap_or_default(),
                    interval: self.interval,
                    tier,
                    measurements: Vec::new(),
                });
            }
            if let Some(look) = self.ready.back_mut() {
                look.measurements.push(Measurement {
                    metric,
                    labels: series.labels.clone(),
                    value,
                });
            }
        }
    }
}

impl<P: Past + ?Sized> Iterator for Looks<'_, P> {
    type Item = Result<PastLook, PastError>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Err(error) = self.fill() {
            self.is_over = true;
            return Some(Err(error));
        }
        self.ready.pop_front().map(Ok)
    }
}

/// Width of the buckets of a tier.
fn width(tier: Tier) -> Option<Duration> {
    match tier {
        Tier::Raw => None,
        Tier::FiveMinutes => Some(Duration::from_mins(5)),
        Tier::Hours => Some(Duration::from_hours(1)),
    }
}

/// The time between two looks that is neither short nor long among them.
fn usual_gap(times: &[i64]) -> Option<Duration> {
    let mut gaps: Vec<i64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    gaps.sort_unstable();
    let gap = gaps.get(gaps.len() / 2)?;
    u64::try_from(*gap).ok().map(Duration::from_millis)
}
