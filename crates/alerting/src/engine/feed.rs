//! Figures of objects, look by look: what several rules judge is added up once.
//!
//! A feed is one figure of one set of labels. It keeps what its window needs, some 64 points for each
//! object, and forgets an object that has not been measured for longer than its window.

use std::sync::Arc;

use foldhash::{HashMap, HashMapExt};
use model::{LabelValues, MetricKind};

use super::life::nanoseconds;
use super::track::Track;
use crate::rule::Figure;

/// Objects of one feed; what is more is not judged, and counted.
pub const MOST_OBJECTS: usize = 10_000;

/// Values of the labels that tell an object apart.
pub type Object = Arc<[Arc<str>]>;

/// One figure.
#[derive(Debug)]
pub(super) struct Feed {
    pub(super) figure: Figure,
    /// Names of the labels that tell objects apart.
    pub(super) by: Vec<String>,
    /// Where those labels are in the metric's.
    places: Vec<usize>,
    /// They are all labels of the metric, in its order.
    is_whole: bool,
    /// Conditions on labels, by their places in the figure's list and in the metric's labels; a label
    /// that the metric does not have is empty.
    only: Vec<(usize, Option<usize>)>,
    tracks: HashMap<Object, Track>,
    key: Vec<Arc<str>>,
    pub(super) dropped: u64,
}

impl Feed {
    /// `by` are labels of the metric.
    pub(super) fn new(figure: Figure, by: Vec<String>) -> Self {
        let labels = figure.metric.labels;
        let place = |name: &str| labels.iter().position(|label| *label == name);
        let places: Vec<usize> = by.iter().filter_map(|name| place(name)).collect();
        let only = figure.only.iter().enumerate();
        let only = only
            .map(|(at, matcher)| (at, place(&matcher.name)))
            .collect();
        Self {
            is_whole: places.iter().copied().eq(0..labels.len()),
            figure,
            by,
            places,
            only,
            tracks: HashMap::new(),
            key: Vec::new(),
            dropped: 0,
        }
    }

    /// Takes a value of the look `look` in: of a counter, what it has gained.
    pub(super) fn take(&mut self, labels: &LabelValues, value: f64, look: u64) {
        let label = |place: Option<usize>| labels.get(place?).map(|value| &**value);
        let fits = self
            .only
            .iter()
            .all(|&(at, place)| self.figure.only[at].takes(label(place).unwrap_or_default()));
        if !fits {
            return;
        }
        let combine = self.figure.combine;
        let key: &[Arc<str>] = if self.is_whole {
            labels
        } else {
            self.key.clear();
            let values = self.places.iter().filter_map(|&place| labels.get(place));
            self.key.extend(values.cloned());
            &self.key
        };
        if let Some(track) = self.tracks.get_mut(key) {
            track.add(value, look, combine);
        } else if self.tracks.len() < MOST_OBJECTS {
            let object = if self.is_whole {
                Arc::clone(labels)
            } else {
                Object::from(key)
            };
            let mut track = Track::default();
            track.add(value, look, combine);
            self.tracks.insert(object, track);
        } else {
            self.dropped += 1;
        }
    }

    /// All of the look has been taken in.
    pub(super) fn settle(&mut self, look: u64, now: u64, interval: u64) {
        let window = self.figure.how.window().map(nanoseconds);
        let is_counter = self.figure.metric.kind == MetricKind::Counter;
        let shortest = interval.saturating_mul(2);
        let mut seen = 0;
        for track in self.tracks.values_mut().filter(|track| track.look == look) {
            seen += 1;
            track.at = now;
            if let Some(window) = window {
                track.note(now, window.max(shortest), self.figure.how, is_counter);
            }
        }
        if seen < self.tracks.len() {
            let keep = window.unwrap_or(0).max(interval.saturating_mul(3));
            self.tracks
                .retain(|_, track| now.saturating_sub(track.at) <= keep);
        }
    }

    /// Objects that this look measured, with their figures.
    pub(super) fn readings(&self, look: u64) -> impl Iterator<Item = (&Object, Option<f64>)> {
        let seen = self
            .tracks
            .iter()
            .filter(move |(_, track)| track.look == look);
        seen.map(|(object, track)| (object, track.figure(self.figure.how)))
    }

    /// The figure of an object in this look.
    pub(super) fn value(&self, object: &[Arc<str>], look: u64) -> Option<f64> {
        let track = self.tracks.get(object).filter(|track| track.look == look)?;
        track.figure(self.figure.how)
    }
}
