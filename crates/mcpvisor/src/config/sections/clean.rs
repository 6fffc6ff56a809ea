//! `[clean]`.

use crate::config::Span;
use crate::config::section::Section;

/// What `clean` does and what it leaves alone.
#[derive(Clone, Debug, PartialEq, serde::Serialize, schemars::JsonSchema)]
#[schemars(default, deny_unknown_fields)]
pub struct Clean {
    /// Names of servers, programs, or parts of a command line: whatever matches is never cleaned.
    pub never_touch: Vec<String>,
    /// How long an owner must be gone before its instance counts as an orphan to be cleaned, as
    /// in `60s` or `2m`.
    pub grace: Span,
    /// Time from SIGTERM to SIGKILL.
    pub kill_after: Span,
}

impl Default for Clean {
    fn default() -> Self {
        Self {
            never_touch: Vec::new(),
            grace: Span::seconds(60),
            kill_after: Span::seconds(10),
        }
    }
}

impl Clean {
    pub(in crate::config) fn read(section: &mut Section<'_>) -> Self {
        let default = Self::default();
        Self {
            never_touch: section.take("never_touch", default.never_touch),
            grace: section.take("grace", default.grace),
            kill_after: section.take("kill_after", default.kill_after),
        }
    }
}
