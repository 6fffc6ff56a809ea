//! `[policy]` as it stands in a file.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use model::Severity;
use supervise::policy::{Ladder, Mode, Rung, Settings, Step};

use super::Profile;
use crate::config::Span;
use crate::config::alerts::mute::{Clock, Day, Week};
use crate::config::word::Word;

/// What is done by itself when alerts fire. Without ladders nothing is.
#[derive(Clone, Debug, PartialEq, serde::Serialize, schemars::JsonSchema)]
#[schemars(deny_unknown_fields, default)]
pub(super) struct PolicySection {
    /// `observe` only says what would have been done, `enforce` does it.
    mode: Word<Mode>,
    /// A set that brings ladders, thresholds and limits of containers: `none`, or `gateway` for the servers
    /// of a gateway. What is written in this file goes before it.
    profile: Profile,
    /// After something was done to an object, other alerts do nothing to it for so long; from `1s` to `7d`.
    cooldown: Span,
    /// What is done within an hour at most in all, from 1 to 3600.
    #[schemars(range(min = 1, max = 3600))]
    per_hour: u32,
    /// What is done to one object within an hour at most; not more than `per_hour`.
    #[schemars(range(min = 1, max = 3600))]
    per_object_per_hour: u32,
    /// Times in which nothing is done, only told.
    quiet_hours: Vec<QuietSection>,
    /// What is tried against the alerts of a rule, by its name, from mild to harsh: `notify`,
    /// `clean_orphans`, `restart_server`, `stop_largest`, `restart_container`. `"none"` takes out what the
    /// profile brings.
    ladders: BTreeMap<String, LadderForm>,
}

/// A time of the week in which nothing is done.
#[derive(Clone, Debug, PartialEq, serde::Serialize, schemars::JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct QuietSection {
    /// Days on which it begins: `mon`, `tue`, `wed`, `thu`, `fri`, `sat`, `sun`. Every day, if there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    days: Vec<Day>,
    /// From this time of the day, such as `22:00`; midnight by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<Clock>,
    /// Until this one; on the next day, if it is not after `from`. Midnight by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<Clock>,
    /// Time zone of both, such as `Europe/Berlin`; that of the system by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    zone: Option<String>,
}

/// A ladder, or that there is to be none.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
#[serde(untagged)]
enum LadderForm {
    /// `"none"`.
    Out(&'static str),
    /// Its steps.
    Steps(Vec<RungForm>),
}

/// A step of a ladder; by itself, it is written as its name.
#[derive(Clone, Debug, PartialEq, serde::Serialize, schemars::JsonSchema)]
#[schemars(deny_unknown_fields)]
struct RungForm {
    /// What is done.
    step: Word<Step>,
    /// Only for alerts that are at least this bad.
    #[schemars(with = "Option<Severity>")]
    least: Severity,
    /// Its effect is looked at so long after it was done, from `1s` to `24h`.
    #[schemars(with = "Option<Span>")]
    check_after: Span,
}

impl Default for PolicySection {
    fn default() -> Self {
        let settings = Settings::default();
        Self::of(&settings, Profile::None, Vec::new(), &BTreeSet::new())
    }
}

impl PolicySection {
    /// The section of what is in force; `out` are rules whose ladder was taken out.
    pub(super) fn of(
        settings: &Settings,
        profile: Profile,
        quiet_hours: Vec<QuietSection>,
        out: &BTreeSet<String>,
    ) -> Self {
        let steps = |ladder: &Ladder| LadderForm::Steps(ladder.rungs().iter().map(form).collect());
        let ladders = settings.ladders.iter();
        let mut forms: BTreeMap<String, LadderForm> = ladders
            .map(|(rule, ladder)| (rule.clone(), steps(ladder)))
            .collect();
        let out = out.iter().cloned();
        forms.extend(out.map(|rule| (rule, LadderForm::Out(super::ladders::NONE))));
        Self {
            mode: Word(settings.mode),
            profile,
            cooldown: Span(settings.cooldown),
            per_hour: settings.in_all,
            per_object_per_hour: settings.per_object,
            quiet_hours,
            ladders: forms,
        }
    }
}

fn form(rung: &Rung) -> RungForm {
    RungForm {
        step: Word(rung.step),
        least: rung.least,
        check_after: Span(rung.check_after),
    }
}

impl QuietSection {
    pub(super) fn of(week: &Week) -> Self {
        Self {
            days: week.days.clone(),
            from: week.from,
            to: week.to,
            zone: week.zone_name(),
        }
    }
}

impl schemars::JsonSchema for LadderForm {
    fn schema_name() -> Cow<'static, str> {
        "Ladder".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let name = Word::<Step>::json_schema(generator);
        let table = RungForm::json_schema(generator);
        schemars::json_schema!({"anyOf": [
            {"const": super::ladders::NONE},
            {"type": "array", "minItems": 1, "items": {"anyOf": [name, table]}},
        ]})
    }
}
