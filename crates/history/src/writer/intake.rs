//! From an observation to places in the head. Observations name the same series in the same order
//! tick after tick, so each measurement is first compared with the one at its place last time.

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::RandomState;
use model::{LabelValues, Measurement, Metric};

use super::Writer;
use crate::Error;
use crate::head::Head;
use crate::series::{Kind, Series, SeriesKey};
use crate::store::places::LastSamples;
use crate::store::registry;

/// What is known of the series of the head.
#[derive(Debug, Default)]
pub(super) struct Intake {
    /// Measurements of the last tick in their order, with their places.
    order: Vec<(&'static Metric, LabelValues, usize)>,
    known: HashMap<SeriesKey, Arc<Series>, RandomState>,
    /// For each place the tick that used it last: a series counts once a tick.
    used: Vec<u64>,
}

impl Intake {
    pub(super) fn new(head: &Head) -> Self {
        let series = head.slots.iter().map(|slot| &slot.series);
        Self {
            known: series
                .map(|series| (series.key.clone(), series.clone()))
                .collect(),
            ..Self::default()
        }
    }

    /// Places have changed.
    pub(super) fn begin_again(&mut self, head: &Head) {
        *self = Self::new(head);
    }

    fn usual(&self, index: usize, measurement: &Measurement) -> Option<usize> {
        let (metric, labels, place) = self.order.get(index)?;
        let same = std::ptr::eq(*metric, measurement.metric)
            && (Arc::ptr_eq(labels, &measurement.labels) || *labels == measurement.labels);
        same.then_some(*place)
    }
}

impl Writer {
    /// Puts a tick into the head, after what is there has gone into chunks if it is time.
    pub(super) fn take(&mut self, observation: &model::Observation) {
        let time = observation.moment.wall.as_millisecond();
        self.upkeep.clock(time, observation.moment.boot_ns);
        self.now = time;
        self.seal_if_due(time);
        let mut samples = Vec::with_capacity(observation.measurements.len());
        let mut dropped = 0;
        let mut last_samples = None;
        let tick = self.shared.head().next() + 1;
        let kept = observation
            .measurements
            .iter()
            .filter(|measurement| measurement.metric.kept);
        for (index, measurement) in kept.enumerate() {
            let place = match self.intake.usual(index, measurement) {
                Some(place) => Some(place),
                None => self.find_place(index, measurement, &mut last_samples),
            };
            match place {
                Some(place) if self.intake.used.get(place) != Some(&tick) => {
                    if self.intake.used.len() <= place {
                        self.intake.used.resize(place + 1, 0);
                    }
                    self.intake.used[place] = tick;
                    samples.push((place, measurement.value));
                }
                _ => dropped += 1,
            }
        }
        self.shared.drop_samples(dropped);
        self.shared.head_mut().push(time, samples);
    }

    fn find_place(
        &mut self,
        index: usize,
        measurement: &Measurement,
        last_samples: &mut Option<LastSamples>,
    ) -> Option<usize> {
        let key = SeriesKey::of(measurement);
        let series = match self.intake.known.get(&key) {
            Some(series) => series.clone(),
            None => self.find_series(key, measurement.metric)?,
        };
        let known = self.shared.head().place(series.id);
        let place = match known {
            Some(place) => place,
            None => self.add_place(series, last_samples)?,
        };
        let entry = (measurement.metric, measurement.labels.clone(), place);
        // Measurements without a place may leave this list shorter than the tick.
        let order = &mut self.intake.order;
        if index < order.len() {
            order[index] = entry;
        } else if index == order.len() {
            order.push(entry);
        }
        Some(place)
    }

    fn add_place(
        &mut self,
        series: Arc<Series>,
        last_samples: &mut Option<LastSamples>,
    ) -> Option<usize> {
        if self.shared.head().slots.len() >= self.shared.options.max_series {
            return None;
        }
        let is_new = self.unwritten.iter().any(|new| new.id == series.id);
        let before = (series.kind == Kind::Counter && !is_new)
            .then(|| {
                let connection = self.connection.as_ref()?;
                if last_samples.is_none() {
                    *last_samples = LastSamples::new(connection).ok();
                }
                let found = last_samples.as_mut()?.of(connection, series.id);
                found.ok().flatten()
            })
            .flatten();
        Some(self.shared.head_mut().add(series, before))
    }

    /// The series of a key, made if it is new. Without a database nobody knows whether it is.
    fn find_series(&mut self, key: SeriesKey, metric: &Metric) -> Option<Arc<Series>> {
        if self.intake.known.len() >= self.shared.options.max_series {
            return None;
        }
        let found = self
            .connection
            .as_ref()
            .ok_or(Error::Closed)
            .and_then(|connection| {
                registry::find(connection, &key).map_err(Error::database("read"))
            });
        let series = match found {
            Ok(Some(series)) => series,
            Ok(None) => {
                let series = Arc::new(Series {
                    id: self.next_series,
                    key: key.clone(),
                    kind: Kind::from(metric.kind),
                    unit: metric.unit.to_owned(),
                });
                self.next_series = self.next_series.checked_add(1)?;
                self.unwritten.push(series.clone());
                series
            }
            Err(_) => return None,
        };
        self.intake.known.insert(key, series.clone());
        Some(series)
    }
}
