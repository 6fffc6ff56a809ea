//! What keeps an alert from receivers while it fires: silences that people make, times in which nobody
//! wants to hear, and worse alerts that make it needless.

use jiff::Timestamp;
use jiff::civil::{Time, Weekday};
use jiff::tz::TimeZone;
use model::Severity;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::alert::{Alert, State};
use crate::matcher::{Comparison, Matcher, all_take};

/// Somebody does not want to hear of some alerts for a while.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Silence {
    /// What it is called.
    pub id: String,
    /// Alerts whose labels satisfy all of these; never empty.
    pub matchers: Vec<Matcher>,
    /// When it begins.
    pub starts_at: Timestamp,
    /// When it ends.
    pub ends_at: Timestamp,
    /// Who made it.
    pub created_by: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// Why.
    pub comment: String,
}

impl Silence {
    /// Is it in force?
    pub fn is_active(&self, now: Timestamp) -> bool {
        self.starts_at <= now && now < self.ends_at
    }

    /// Is it over?
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.ends_at <= now
    }

    /// Does it concern an alert?
    pub fn takes(&self, alert: &Alert) -> bool {
        !self.matchers.is_empty() && takes(&self.matchers, alert)
    }
}

/// Times of the week in which some alerts are not told.
#[derive(Clone, Debug, PartialEq)]
pub struct Mute {
    /// Its name.
    pub name: String,
    /// Which alerts; all if there are none.
    pub matchers: Vec<Matcher>,
    /// On these days; every day if there are none.
    pub days: Vec<Weekday>,
    /// From this time of the day.
    pub from: Time,
    /// Until this one, which is not part of it; on the next day if it is not after `from`.
    pub to: Time,
    /// Where that is the time.
    pub zone: TimeZone,
}

impl Mute {
    /// Is it such a time?
    pub fn is_active(&self, now: Timestamp) -> bool {
        let local = now.to_zoned(self.zone.clone());
        let (day, time) = (local.weekday(), local.time());
        let is_day = |day: Weekday| self.days.is_empty() || self.days.contains(&day);
        if self.from < self.to {
            return is_day(day) && (self.from..self.to).contains(&time);
        }
        // Over midnight: the part after it belongs to the day before.
        (is_day(day) && time >= self.from) || (is_day(day.previous()) && time < self.to)
    }
}

/// An alert that makes others needless.
#[derive(Clone, Debug, PartialEq)]
pub struct Inhibition {
    /// The alert that is enough.
    pub source: Vec<Matcher>,
    /// The alerts that are needless beside it.
    pub target: Vec<Matcher>,
    /// Labels of source and target that must be the same.
    pub equal: Vec<(String, String)>,
}

/// What is inhibited without configuration.
pub fn inhibitions() -> Vec<Inhibition> {
    let is = |name: &str, value: &str| Matcher::new(name, Comparison::Equal, value).ok();
    let like = |name: &str, value: &str| Matcher::new(name, Comparison::Like, value).ok();
    let unlike = |name: &str, value: &str| Matcher::new(name, Comparison::Unlike, value).ok();
    let all = |matchers: Vec<Option<Matcher>>| matchers.into_iter().flatten().collect();
    let same = |names: &[&str]| {
        let pairs = names
            .iter()
            .map(|name| ((*name).to_owned(), (*name).to_owned()));
        pairs.collect::<Vec<_>>()
    };
    vec![
        // A critical alert says all that a warning of the same type about the same thing says. Two types
        // are about many things: threads say nothing of open files.
        Inhibition {
            source: all(vec![
                is("severity", "critical"),
                like("server", ".+"),
                unlike("type", "resource_limit|process_health"),
            ]),
            target: all(vec![like("severity", "info|warning")]),
            equal: same(&["type", "server", "owner"]),
        },
        Inhibition {
            source: all(vec![
                is("severity", "critical"),
                is("alertname", "open_files_near_limit"),
            ]),
            target: all(vec![
                is("alertname", "many_open_files"),
                like("severity", "info|warning"),
            ]),
            equal: same(&["server", "owner"]),
        },
        // None of a gateway's servers runs: each of them need not be told.
        Inhibition {
            source: all(vec![is("alertname", "gateway_down")]),
            target: all(vec![is("alertname", "gateway_servers_down")]),
            equal: same(&["gateway"]),
        },
        Inhibition {
            source: all(vec![is("alertname", "gateway_down")]),
            target: all(vec![like("alertname", "not_running|port_not_listening")]),
            equal: vec![("gateway".to_owned(), "owner".to_owned())],
        },
        // For rules of one's own: when a machine is down, so is all that runs on it.
        Inhibition {
            source: all(vec![is("alertname", "machine_down")]),
            target: all(vec![like("server", ".+")]),
            equal: same(&["machine"]),
        },
    ]
}

/// Everything that mutes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Muting {
    /// Silences, those that are over too.
    pub silences: Vec<Silence>,
    /// Times.
    pub mutes: Vec<Mute>,
    /// Inhibitions.
    pub inhibitions: Vec<Inhibition>,
}

impl Muting {
    /// Marks each alert with what mutes it now.
    pub fn mark(&self, alerts: &mut [Alert], now: Timestamp) {
        let silences: Vec<&Silence> = self
            .silences
            .iter()
            .filter(|silence| silence.is_active(now))
            .collect();
        let mutes: Vec<&Mute> = self
            .mutes
            .iter()
            .filter(|mute| mute.is_active(now))
            .collect();
        let sources: Vec<(&Inhibition, Vec<Source>)> = self
            .inhibitions
            .iter()
            .map(|inhibition| (inhibition, inhibition.sources(alerts)))
            .filter(|(_, sources)| !sources.is_empty())
            .collect();
        for alert in alerts {
            let silenced = silences.iter().filter(|silence| silence.takes(alert));
            alert.silenced_by = silenced.map(|silence| silence.id.clone()).collect();
            let muted = mutes.iter().filter(|mute| takes(&mute.matchers, alert));
            alert.muted_by = muted.map(|mute| mute.name.clone()).collect();
            let inhibited = sources
                .iter()
                .filter(|(inhibition, _)| takes(&inhibition.target, alert));
            let inhibited = inhibited.flat_map(|(inhibition, sources)| {
                let values = inhibition.equal.iter().map(|(_, name)| label(alert, name));
                let values: Vec<&str> = values.map(Option::unwrap_or_default).collect();
                sources.iter().filter(move |source| source.values == values)
            });
            let own = (alert.severity, alert.id.clone());
            alert.inhibited_by = inhibited
                .filter(|source| source.id != own.1 && source.severity >= own.0)
                .map(|source| source.id.clone())
                .collect();
            alert.inhibited_by.dedup();
        }
    }
}

/// An alert that inhibits, with the values that its targets must have.
struct Source {
    id: String,
    severity: Severity,
    values: Vec<String>,
}

impl Inhibition {
    fn sources(&self, alerts: &[Alert]) -> Vec<Source> {
        let firing = alerts.iter().filter(|alert| alert.state == State::Firing);
        firing
            .filter(|alert| takes(&self.source, alert))
            .map(|alert| Source {
                id: alert.id.clone(),
                severity: alert.severity,
                values: self
                    .equal
                    .iter()
                    .map(|(name, _)| label(alert, name).unwrap_or_default().to_owned())
                    .collect(),
            })
            .collect()
    }
}

/// Do an alert's labels satisfy all conditions?
pub fn takes(matchers: &[Matcher], alert: &Alert) -> bool {
    all_take(matchers, |name| label(alert, name))
}

/// A label, or what can be matched as if it were one.
fn label<'a>(alert: &'a Alert, name: &str) -> Option<&'a str> {
    match alert.labels.get(name) {
        Some(value) => Some(value),
        None if name == "type" => Some(&alert.kind),
        None if name == "rule" => Some(&alert.rule),
        None => None,
    }
}

#[cfg(test)]
mod tests;
