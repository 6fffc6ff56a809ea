//! Durations with bounds.

use std::time::Duration;

use crate::config::Span;
use crate::config::section::Section;

/// A window that is looked back over: from a few looks to what is kept of every series.
pub(super) fn window(section: &mut Section<'_>, key: &'static str) -> Option<Duration> {
    within(section, key, Span::seconds(5), Span::hours(24))
}

/// How long something must be so, or goes on.
pub(super) fn hold(section: &mut Section<'_>, key: &'static str) -> Option<Duration> {
    within(section, key, Span::seconds(0), Span::days(7))
}

/// The duration of a key, if it is there and within bounds.
pub(in crate::config) fn within(
    section: &mut Section<'_>,
    key: &'static str,
    least: Span,
    most: Span,
) -> Option<Duration> {
    let span = section.optional::<Span>(key)?;
    let fits = (least..=most).contains(&span);
    section.require(key, fits, || fault(span, least, most));
    fits.then_some(span.0)
}

/// Why a duration is out of bounds.
pub(super) fn fault(span: Span, least: Span, most: Span) -> String {
    if least == Span::seconds(0) {
        format!("{span} is longer than {most}")
    } else {
        format!("{span} is not from {least} to {most}")
    }
}
