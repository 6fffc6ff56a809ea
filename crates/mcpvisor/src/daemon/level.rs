//! How the machine's servers are as a whole.

use alerting::{Alert, State};
use model::{Finding, Severity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Level of a server or of the whole: the worst finding or alert decides.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Nothing is wrong, or nothing worse than `info`.
    Green,
    /// A warning.
    Yellow,
    /// An error.
    Orange,
    /// Something critical.
    Red,
    /// Nobody has looked, or not for long.
    Unknown,
}

impl Level {
    /// The level that findings and firing alerts add up to.
    pub fn of(findings: &[Finding], alerts: &[Alert]) -> Self {
        let firing = alerts.iter().filter(|alert| alert.state == State::Firing);
        let alerts = firing.map(|alert| alert.severity);
        let findings = findings.iter().map(|finding| finding.severity);
        Self::of_severity(findings.chain(alerts).max())
    }

    /// The level of the worst severity.
    pub fn of_severity(worst: Option<Severity>) -> Self {
        match worst {
            None | Some(Severity::Info) => Self::Green,
            Some(Severity::Warning) => Self::Yellow,
            Some(Severity::Error) => Self::Orange,
            Some(Severity::Critical) => Self::Red,
        }
    }

    /// Whether a load balancer or a watchdog should be content.
    pub fn is_well(self) -> bool {
        matches!(self, Self::Green | Self::Yellow)
    }

    /// The name used in JSON and tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Green => "green",
            Self::Yellow => "yellow",
            Self::Orange => "orange",
            Self::Red => "red",
            Self::Unknown => "unknown",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Level;
    use model::Severity;

    #[test]
    fn the_worst_decides() {
        for (worst, level, well) in [
            (None, "green", true),
            (Some(Severity::Info), "green", true),
            (Some(Severity::Warning), "yellow", true),
            (Some(Severity::Error), "orange", false),
            (Some(Severity::Critical), "red", false),
        ] {
            let found = Level::of_severity(worst);
            assert_eq!((found.name(), found.is_well()), (level, well));
            assert_eq!(serde_json::to_value(found).ok(), Some(level.into()));
        }
        assert!(!Level::Unknown.is_well());
    }
}
