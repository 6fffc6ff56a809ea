//! Named sets of what protects a machine: ladders, thresholds, and limits of containers in one word.

use std::collections::BTreeMap;

use supervise::policy::{Ladder, Step};
use toml::de::DeValue;

use super::ladders::usual;
use crate::config::Size;
use crate::config::document::Document;
use crate::config::invalid::Invalid;
use crate::config::limits::{Limit, LimitsSection, OpenFiles};
use crate::config::value::{Choice, FromValue, choice};

/// A set of ladders, thresholds and limits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Profile {
    /// Nothing but what is written down.
    #[default]
    None,
    /// For the servers and containers of a gateway.
    Gateway,
}

use Step::{CleanOrphans, Notify, RestartContainer, RestartServer, StopLargest};

/// What `gateway` tries against the alerts of which rule. Rules about one server leave out the orphans,
/// which cost that server nothing; those about the whole machine leave out containers, since none is to blame
/// more than others.
const GATEWAY: [(&str, &[Step]); 7] = [
    (
        "process_count",
        &[Notify, CleanOrphans, RestartServer, StopLargest],
    ),
    (
        "total_memory",
        &[Notify, CleanOrphans, RestartServer, StopLargest],
    ),
    (
        "high_memory",
        &[Notify, RestartServer, StopLargest, RestartContainer],
    ),
    (
        "high_cpu",
        &[Notify, RestartServer, StopLargest, RestartContainer],
    ),
    ("container_count", &[Notify, CleanOrphans]),
    ("orphan", &[Notify, CleanOrphans]),
    ("gateway_down", &[Notify, RestartServer, RestartContainer]),
];

impl Profile {
    /// That of a document whose policy was not read yet.
    pub(in crate::config) fn of(document: &Document<'_>) -> Self {
        let word = document.word("policy", "profile");
        let found = Self::ALL.iter().find(|(name, _)| Some(*name) == word);
        found.map_or(Self::None, |(_, profile)| *profile)
    }

    /// The thresholds that it brings.
    pub(in crate::config) fn of_alerts(self) -> Option<alerting::rule::Profile> {
        match self {
            Self::None => None,
            Self::Gateway => Some(alerting::rule::Profile::Gateway),
        }
    }

    /// The ladders that it brings, each step with its usual severity and time.
    pub(super) fn ladders(self) -> BTreeMap<String, Ladder> {
        let all: &[(&str, &[Step])] = match self {
            Self::None => &[],
            Self::Gateway => &GATEWAY,
        };
        let ladder = |steps: &[Step]| Ladder::try_new(steps.iter().copied().map(usual).collect());
        let made = all
            .iter()
            .filter_map(|(rule, steps)| Some(((*rule).to_owned(), ladder(steps).ok()?)));
        made.collect()
    }

    /// The limits of containers that it brings.
    pub(in crate::config) fn container_limits(self) -> Option<LimitsSection> {
        match self {
            Self::None => None,
            Self::Gateway => Some(LimitsSection {
                memory_max: Some(Limit::To(Size::mebibytes(4096))),
                pids_max: Some(Limit::To(50)),
                cpu_max: Some(Limit::To(2.0)),
                nofile: Some(Limit::To(OpenFiles {
                    soft: 1024,
                    hard: 2048,
                })),
                ..LimitsSection::default()
            }),
        }
    }
}

impl Choice for Profile {
    const ALL: &[(&str, Self)] = &[("none", Self::None), ("gateway", Self::Gateway)];
}

impl FromValue for Profile {
    fn from_value(value: &DeValue<'_>) -> Result<Self, Invalid> {
        choice(value)
    }
}

#[cfg(test)]
mod tests {
    use alerting::rule::{Wishes, pack};

    use super::*;

    #[test]
    fn every_ladder_of_a_profile_is_one_for_a_rule_of_the_pack() {
        let rules = pack(&Wishes::default());
        let ladders = Profile::Gateway.ladders();
        assert_eq!(ladders.len(), GATEWAY.len(), "none is left out as wrong");
        for (name, steps) in GATEWAY {
            assert!(rules.iter().any(|rule| rule.name == name), "{name}");
            let rungs = ladders.get(name).map(Ladder::rungs).unwrap_or_default();
            let made: Vec<Step> = rungs.iter().map(|rung| rung.step).collect();
            assert_eq!(made, steps, "{name}");
        }
        assert!(Profile::None.ladders().is_empty());
    }
}
