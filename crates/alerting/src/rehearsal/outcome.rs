//! What fired beside what should have.

use std::collections::BTreeMap;

use crate::alert::Alert;
use crate::receivers::annotations;

use super::{Expectation, Expected};

/// What came of an expectation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// Alerts that should fire and did not, or said something else.
    pub missing: Vec<Expected>,
    /// Alerts that fired and should not, or said something else: all that each says.
    pub unexpected: Vec<Expected>,
}

impl Outcome {
    /// Compares.
    pub(super) fn of(expectation: &Expectation, fired: &[&Alert]) -> Self {
        let mut unexpected: Vec<Expected> = fired.iter().map(|alert| got(alert)).collect();
        unexpected.sort_by(|a, b| a.labels.cmp(&b.labels));
        let mut missing = Vec::new();
        for expected in &expectation.alerts {
            match unexpected.iter().position(|got| fits(expected, got)) {
                Some(at) => drop(unexpected.remove(at)),
                None => missing.push(expected.clone()),
            }
        }
        Self {
            missing,
            unexpected,
        }
    }

    /// Is all as expected?
    pub fn is_as_expected(&self) -> bool {
        self.missing.is_empty() && self.unexpected.is_empty()
    }
}

fn got(alert: &Alert) -> Expected {
    let mut labels = alert.labels.clone();
    labels.remove("alertname");
    Expected {
        labels,
        annotations: annotations(alert),
    }
}

fn fits(expected: &Expected, got: &Expected) -> bool {
    let says =
        |map: &BTreeMap<String, String>, name: &String, text: &String| map.get(name) == Some(text);
    expected.labels == got.labels
        && expected
            .annotations
            .iter()
            .all(|(name, text)| says(&got.annotations, name, text))
}
