//! `[history]`.

use crate::config::section::Section;
use crate::config::{Size, Span};

/// How much of the past is kept, and for how long. Where `max_disk` is reached first, the oldest
/// goes first.
#[derive(Clone, Debug, PartialEq, serde::Serialize, schemars::JsonSchema)]
#[schemars(default, deny_unknown_fields)]
pub struct History {
    /// Hard limit of the disk space of the history, from `4MiB`.
    pub max_disk: Size,
    /// How long every sample is kept, from `10m`.
    pub raw: Span,
    /// How long summaries of five minutes are kept; not shorter than `raw`.
    pub five_minutes: Span,
    /// How long summaries of an hour are kept; not shorter than `five_minutes`.
    pub hours: Span,
}

/// Below this the store would only remove what it has just written.
const LEAST_DISK: Size = Size::mebibytes(4);

/// Less than two summaries of five minutes could not be made of it.
const LEAST_RAW: Span = Span::seconds(600);

impl Default for History {
    fn default() -> Self {
        Self {
            max_disk: Size::mebibytes(1024),
            raw: Span::hours(48),
            five_minutes: Span::days(30),
            hours: Span::days(400),
        }
    }
}

impl History {
    pub(in crate::config) fn read(section: &mut Section<'_>) -> Self {
        let default = Self::default();
        let history = Self {
            max_disk: section.take("max_disk", default.max_disk),
            raw: section.take("raw", default.raw),
            five_minutes: section.take("five_minutes", default.five_minutes),
            hours: section.take("hours", default.hours),
        };
        section.require("max_disk", history.max_disk >= LEAST_DISK, || {
            format!(
                "{} is too little for a history; give it at least {LEAST_DISK}",
                history.max_disk
            )
        });
        section.require("raw", history.raw >= LEAST_RAW, || {
            format!(
                "{} is too short; keep samples for at least {LEAST_RAW}",
                history.raw
            )
        });
        let tiers = [
            ("raw", history.raw),
            ("five_minutes", history.five_minutes),
            ("hours", history.hours),
        ];
        for [(fine, kept_fine), (coarse, kept_coarse)] in tiers.array_windows().copied() {
            // The problem is told where it was written: both may be, or one is the default.
            let at = if section.has(coarse) { coarse } else { fine };
            section.require(at, kept_fine <= kept_coarse, || {
                format!("`{fine}` ({kept_fine}) is kept longer than the coarser `{coarse}` ({kept_coarse}); raise `{coarse}` or lower `{fine}`")
            });
        }
        history
    }
}
