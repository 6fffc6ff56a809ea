//! `[[mute]]`: times in which nobody wants to hear of some alerts.

use std::collections::BTreeSet;

use alerting::Matcher;
use alerting::mute::Mute;
use jiff::civil::{Time, Weekday};
use jiff::tz::TimeZone;
use toml::de::DeValue;

use super::conditions::{self, Conditions, Labels};
use super::route::some;
use super::{names, zone};
use crate::config::invalid::Invalid;
use crate::config::section::Section;
use crate::config::value::{Choice, FromValue, choice, text};

/// A time of the week in which some alerts are not told; they fire nevertheless.
#[derive(Clone, Debug, PartialEq, serde::Serialize, schemars::JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct MuteSection {
    /// Name, which muted alerts show.
    pub name: String,
    /// Conditions on labels of alerts. All alerts, if there are none.
    #[serde(rename = "match", skip_serializing_if = "Option::is_none")]
    pub conditions: Option<Conditions>,
    /// Days on which it begins: `mon`, `tue`, `wed`, `thu`, `fri`, `sat`, `sun`. Every day, if there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    pub days: Vec<Day>,
    /// From this time of the day, such as `22:00`; midnight by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Clock>,
    /// Until this one; on the next day, if it is not after `from`. Midnight by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<Clock>,
    /// Time zone of both, such as `Europe/Berlin`; that of the system by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
}

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Day {
    /// Monday.
    Mon,
    /// Tuesday.
    Tue,
    /// Wednesday.
    Wed,
    /// Thursday.
    Thu,
    /// Friday.
    Fri,
    /// Saturday.
    Sat,
    /// Sunday.
    Sun,
}

/// A time of the day, to the minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock(Time);

/// Times of the week, as they were written.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::config) struct Week {
    pub days: Vec<Day>,
    pub from: Option<Clock>,
    pub to: Option<Clock>,
    zone: Option<TimeZone>,
}

impl Week {
    /// Reads the keys that all sections about times of the week have.
    pub(in crate::config) fn read(section: &mut Section<'_>) -> Self {
        let is_bounded = ["days", "from", "to"].iter().any(|key| section.has(key));
        if !is_bounded {
            section.blame_all("it would last for ever; give `days`, or `from` and `to`".to_owned());
        }
        Self {
            days: section.take("days", Vec::new()),
            from: section.optional("from"),
            to: section.optional("to"),
            zone: section.with("zone", |value| zone::named(text(value, "Europe/Berlin")?)),
        }
    }

    /// Name of the zone, if one was given.
    pub(in crate::config) fn zone_name(&self) -> Option<String> {
        let name = self.zone.as_ref().and_then(TimeZone::iana_name);
        name.map(str::to_owned)
    }

    /// The times as a mute of this name, of all alerts that satisfy the conditions.
    pub(in crate::config) fn mute(self, name: String, matchers: Vec<Matcher>) -> Mute {
        Mute {
            name,
            matchers,
            days: self.days.into_iter().map(Weekday::from).collect(),
            from: self.from.map_or(Time::midnight(), |clock| clock.0),
            to: self.to.map_or(Time::midnight(), |clock| clock.0),
            zone: self.zone.unwrap_or_else(TimeZone::system),
        }
    }
}

/// Reads a section; `None` where what it needs is missing, which was then told.
pub(super) fn read(
    section: &mut Section<'_>,
    seen: &mut BTreeSet<String>,
    labels: &Labels<'_>,
) -> Option<(Mute, MuteSection)> {
    let name = names::unique(section, seen);
    let matchers = conditions::read(section, "match", labels).unwrap_or_default();
    let week = Week::read(section);
    let name = name?;
    let written = MuteSection {
        name: name.clone(),
        conditions: some(&matchers),
        days: week.days.clone(),
        from: week.from,
        to: week.to,
        zone: week.zone_name(),
    };
    Some((week.mute(name, matchers), written))
}

impl From<Day> for Weekday {
    fn from(day: Day) -> Self {
        match day {
            Day::Mon => Self::Monday,
            Day::Tue => Self::Tuesday,
            Day::Wed => Self::Wednesday,
            Day::Thu => Self::Thursday,
            Day::Fri => Self::Friday,
            Day::Sat => Self::Saturday,
            Day::Sun => Self::Sunday,
        }
    }
}

impl Choice for Day {
    const ALL: &[(&str, Self)] = &[
        ("mon", Self::Mon),
        ("tue", Self::Tue),
        ("wed", Self::Wed),
        ("thu", Self::Thu),
        ("fri", Self::Fri),
        ("sat", Self::Sat),
        ("sun", Self::Sun),
    ];
}

impl FromValue for Day {
    fn from_value(value: &DeValue<'_>) -> Result<Self, Invalid> {
        choice(value).map_err(|invalid| match value {
            // `Monday` is meant as `mon`, and is too far from it for the nearest spelling.
            DeValue::String(text) => {
                let start = text.get(..3).unwrap_or_default().to_ascii_lowercase();
                let day = Self::ALL.iter().find(|(name, _)| *name == start);
                match day {
                    Some((name, _)) => invalid.or_rather(Some((*name).to_owned())),
                    None => invalid,
                }
            }
            _ => invalid,
        })
    }
}

impl FromValue for Clock {
    fn from_value(value: &DeValue<'_>) -> Result<Self, Invalid> {
        let written = text(value, "22:00")?;
        let wrong = || {
            Invalid::new(
                written,
                "is no time of the day; write it like `07:30` or `22:00`",
            )
        };
        let (hour, minute) = written.split_once(':').ok_or_else(wrong)?;
        let is_number =
            |text: &str| (1..=2).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        if !is_number(hour) || !is_number(minute) || minute.len() < 2 {
            return Err(wrong());
        }
        if (hour, minute) == ("24", "00") {
            return Err(wrong().or_rather(Some("00:00".to_owned())));
        }
        let number = |text: &str| text.parse::<i8>().map_err(|_| wrong());
        Time::new(number(hour)?, number(minute)?, 0, 0)
            .map(Self)
            .map_err(|_| wrong())
    }
}

impl serde::Serialize for Clock {
    fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(&format_args!("{:02}:{:02}", self.0.hour(), self.0.minute()))
    }
}

impl schemars::JsonSchema for Clock {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Clock".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": "string", "pattern": "^([01]?[0-9]|2[0-3]):[0-5][0-9]$"})
    }
}
