//! `[budget]`.

use crate::config::section::Section;
use crate::config::{Share, Size};

/// What mcpvisor itself may cost. It leaves out expensive readings before it passes this.
#[derive(Clone, Debug, PartialEq, serde::Serialize, schemars::JsonSchema)]
#[schemars(default, deny_unknown_fields)]
pub struct Budget {
    /// Share of one processor, on average: above `0%` and up to `100%`.
    pub cpu: Share,
    /// Resident memory, from `16MiB`.
    pub memory: Size,
}

/// Less than the program needs to stand still.
const LEAST_MEMORY: Size = Size::mebibytes(16);

impl Default for Budget {
    fn default() -> Self {
        Self {
            cpu: Share::ONE_PERCENT,
            memory: Size::mebibytes(64),
        }
    }
}

impl Budget {
    pub(in crate::config) fn read(section: &mut Section<'_>) -> Self {
        let default = Self::default();
        let budget = Self {
            cpu: section.take("cpu", default.cpu),
            memory: section.take("memory", default.memory),
        };
        section.require("memory", budget.memory >= LEAST_MEMORY, || {
            format!(
                "{} is less than the daemon needs; give it at least {LEAST_MEMORY}",
                budget.memory
            )
        });
        budget
    }
}
