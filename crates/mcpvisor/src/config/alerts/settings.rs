//! `[alerts]`.

use alerting::rule::{Profile, Wishes};
use toml::de::DeValue;

use crate::config::Size;
use crate::config::invalid::Invalid;
use crate::config::section::Section;
use crate::config::value::{Choice, FromValue, choice};

/// What the rules that are there by themselves go by.
#[derive(Clone, Debug, PartialEq, serde::Serialize, schemars::JsonSchema)]
#[schemars(default, deny_unknown_fields)]
pub struct AlertSettings {
    /// Numbers of the rules that are there by themselves: `default` is quiet where all is well, `strict` are
    /// the numbers that people set by hand, `gateway` those that `policy.profile` of that name brings.
    pub profile: Profile,
    /// Memory that all servers may use together, from `16MiB`: a warning comes at three quarters of it.
    pub memory_budget: Size,
}

/// A single server takes more.
const LEAST_BUDGET: Size = Size::mebibytes(16);

impl Default for AlertSettings {
    fn default() -> Self {
        let usual = Wishes::default();
        Self {
            profile: usual.profile,
            memory_budget: Size(usual.memory_budget),
        }
    }
}

impl AlertSettings {
    /// Reads the section; `profile` is that which the policy brings, where nothing else is said.
    pub(super) fn read(section: &mut Section<'_>, profile: Option<Profile>) -> Self {
        let default = Self::default();
        let settings = Self {
            profile: section.take("profile", profile.unwrap_or(default.profile)),
            memory_budget: section.take("memory_budget", default.memory_budget),
        };
        section.require(
            "memory_budget",
            settings.memory_budget >= LEAST_BUDGET,
            || {
                format!(
                    "{} is less than a single server takes; give at least {LEAST_BUDGET}",
                    settings.memory_budget
                )
            },
        );
        settings
    }

    /// What the pack is made for.
    pub(super) fn wishes(&self) -> Wishes {
        Wishes {
            profile: self.profile,
            memory_budget: self.memory_budget.0,
        }
    }
}

impl Choice for Profile {
    const ALL: &[(&str, Self)] = &[
        ("default", Self::Default),
        ("strict", Self::Strict),
        ("gateway", Self::Gateway),
    ];
}

impl FromValue for Profile {
    fn from_value(value: &DeValue<'_>) -> Result<Self, Invalid> {
        choice(value)
    }
}
