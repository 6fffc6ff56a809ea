//! `[policy]`: what is done by itself when alerts fire.
//!
//! The settings are those of [`supervise::policy`]. A profile brings ladders, which the file's own go
//! before, and besides thresholds for `[alerts]` and limits for `[limits.containers]`.

mod ladders;
mod profile;
mod section;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use alerting::mute::Mute;
use jiff::Timestamp;
use supervise::policy::{Mode, Settings};

pub use profile::Profile;

use super::alerts::mute::Week;
use super::alerts::spans::within;
use super::section::Section;
use super::value::{Choice, whole};
use super::word::Word;
use super::{Span, shown};
use ladders::Ladders;
use section::{PolicySection, QuietSection};

/// Quiet times at most.
const MOST_QUIET: usize = 50;
/// Acts within an hour at most: one a second is no limit.
const MOST_ACTS: u64 = 3_600;
const LEAST_COOLDOWN: Span = Span::seconds(1);
const MOST_COOLDOWN: Span = Span::days(7);

/// What is done by itself when alerts fire.
#[derive(Clone, Debug, PartialEq)]
pub struct PolicySetting {
    /// Does it act, how often, and what is tried against the alerts of which rule.
    pub settings: Settings,
    /// Times in which nothing is done; conditions are not used.
    pub quiet_hours: Vec<Mute>,
    /// The set that ladders and limits came from.
    pub profile: Profile,
    /// As it is shown.
    section: PolicySection,
}

impl Default for PolicySetting {
    fn default() -> Self {
        let settings = Settings::default();
        Self {
            section: PolicySection::of(&settings, Profile::None, Vec::new(), &BTreeSet::new()),
            settings,
            quiet_hours: Vec::new(),
            profile: Profile::None,
        }
    }
}

impl PolicySetting {
    /// Is it a time in which nothing is done?
    pub fn is_quiet(&self, now: Timestamp) -> bool {
        self.quiet_hours.iter().any(|quiet| quiet.is_active(now))
    }

    /// Reads the section; `rules` are those that a ladder may be for.
    pub(super) fn read(section: &mut Section<'_>, rules: &BTreeSet<String>) -> Self {
        let usual = Settings::default();
        let mode = section.take("mode", Word(usual.mode)).0;
        let profile = section.take("profile", Profile::None);
        let cooldown =
            within(section, "cooldown", LEAST_COOLDOWN, MOST_COOLDOWN).unwrap_or(usual.cooldown);
        let in_all = acts(section, "per_hour").unwrap_or(usual.in_all);
        let per_object = acts(section, "per_object_per_hour");
        if let Some(per_object) = per_object {
            section.require("per_object_per_hour", per_object <= in_all, || {
                format!(
                    "{per_object} is more than `per_hour` allows in all ({in_all}); lower it, or raise `per_hour`"
                )
            });
        }
        let example = r#"{ from = "22:00", to = "07:00" }"#;
        let quiet = section.each("quiet_hours", MOST_QUIET, example, Week::read);
        let Ladders { ladders, out } = Ladders::read(section, rules, profile);
        let settings = Settings {
            mode,
            ladders,
            cooldown,
            per_object: per_object.unwrap_or(usual.per_object.min(in_all)),
            in_all,
        };
        let shown = quiet.iter().map(QuietSection::of).collect();
        let quiet = quiet.into_iter().enumerate();
        let quiet_hours =
            quiet.map(|(at, week)| week.mute(format!("quiet {}", at + 1), Vec::new()));
        Self {
            section: PolicySection::of(&settings, profile, shown, &out),
            quiet_hours: quiet_hours.collect(),
            settings,
            profile,
        }
    }
}

fn acts(section: &mut Section<'_>, key: &'static str) -> Option<u32> {
    let count = section.with(key, |value| whole(value, 10, 1, MOST_ACTS));
    // It is within what was asked for.
    count.and_then(|count| u32::try_from(count).ok())
}

impl Choice for Mode {
    const ALL: &[(&str, Self)] = &[("observe", Self::Observe), ("enforce", Self::Enforce)];
}

shown::by_section!(PolicySetting, PolicySection);
