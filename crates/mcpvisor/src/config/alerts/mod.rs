//! What is watched, and who is told: rules, receivers, and all that lies between them.
//!
//! Each section is read into what the crate `alerting` takes: rules onto those of the pack, the rest as
//! it is. What routes and conditions name must exist, so receivers and rules are read before them. From
//! what is in force the sections are made again, for whoever wants to see it.

mod conditions;
mod inhibit;
mod levels;
pub(super) mod mute;
mod names;
mod quantity;
mod receiver;
mod route;
mod rule;
mod settings;
pub(super) mod spans;
#[cfg(test)]
mod tests;
mod zone;

use std::collections::BTreeSet;
use std::path::Path;

use alerting::dispatch::Plan;
use alerting::mute::{Muting, inhibitions};
use alerting::rule::{Rule, pack};
use model::metric::METRICS;

pub use conditions::Conditions;
pub use inhibit::InhibitSection;
pub use levels::{Graded, GradedValue};
pub use mute::{Clock, Day, MuteSection};
pub use quantity::Quantity;
pub use receiver::{KindName, Receiver, ReceiverSection, SecretForm, TlsName};
pub use route::{EscalationSection, RouteSection};
pub use rule::{OrNone, ReachesSection, RuleSection, TrafficSection};
pub use settings::AlertSettings;

use super::document::Document;
use super::effective::sections;
use super::policy;
use super::problem::Problems;
use conditions::Labels;
use route::Known;
use rule::Ruled;

/// Rules of a file at most.
const MOST_RULES: usize = 500;
/// Receivers at most: each has a thread of its own.
const MOST_RECEIVERS: usize = 32;
/// Routes, escalations, mutes and inhibitions at most, of each.
const MOST_ROUTES: usize = 100;

/// Labels that any alert may have without a metric having them.
const OF_ALERTS: [&str; 4] = ["alertname", "severity", "type", "rule"];

/// Everything about alerts.
#[derive(Clone, Debug, PartialEq, serde::Serialize, schemars::JsonSchema)]
#[schemars(default)]
pub struct Alerts {
    /// What the rules that are there by themselves go by.
    #[serde(rename = "alerts")]
    settings: AlertSettings,
    /// Rules of one's own, and what is changed in those that are there by themselves.
    #[serde(rename = "rule", skip_serializing_if = "Vec::is_empty")]
    rule_sections: Vec<RuleSection>,
    /// Who can be told. Without a route every receiver is told of everything.
    #[serde(rename = "receiver", skip_serializing_if = "Vec::is_empty")]
    receiver_sections: Vec<ReceiverSection>,
    /// Which alerts go to whom; the first that fits is taken.
    #[serde(rename = "route", skip_serializing_if = "Vec::is_empty")]
    route_sections: Vec<RouteSection>,
    /// Who is told when an alert has fired for long and nobody has acknowledged it.
    #[serde(rename = "escalation", skip_serializing_if = "Vec::is_empty")]
    escalation_sections: Vec<EscalationSection>,
    /// Times of the week in which some alerts are not told.
    #[serde(rename = "mute", skip_serializing_if = "Vec::is_empty")]
    mute_sections: Vec<MuteSection>,
    /// Alerts that make others needless, besides those that do so anyway.
    #[serde(rename = "inhibit", skip_serializing_if = "Vec::is_empty")]
    inhibit_sections: Vec<InhibitSection>,

    /// All rules in force: those of the pack, in its order, then one's own.
    #[serde(skip)]
    pub rules: Vec<Rule>,
    /// Who is told of what. `host` and `external_url` are empty: the daemon knows them.
    #[serde(skip)]
    pub plan: Plan,
    /// What mutes; without silences, which are not configured.
    #[serde(skip)]
    pub muting: Muting,
    /// Who can be told, in the order of the plan's outlets.
    #[serde(skip)]
    pub receivers: Vec<Receiver>,
}

impl Default for Alerts {
    fn default() -> Self {
        let settings = AlertSettings::default();
        Self {
            rules: pack(&settings.wishes()),
            plan: Plan::default(),
            muting: Muting {
                inhibitions: inhibitions(),
                ..Muting::default()
            },
            receivers: Vec::new(),
            settings,
            rule_sections: Vec::new(),
            receiver_sections: Vec::new(),
            route_sections: Vec::new(),
            escalation_sections: Vec::new(),
            mute_sections: Vec::new(),
            inhibit_sections: Vec::new(),
        }
    }
}

impl Alerts {
    /// Which numbers the rules of the pack have, and what they are made for.
    pub fn settings(&self) -> &AlertSettings {
        &self.settings
    }

    /// Names of all rules that may be named: a rule that was taken out may come back.
    pub(super) fn rule_names(&self) -> BTreeSet<String> {
        let pack = pack(&self.settings.wishes());
        let own = self.rule_sections.iter().map(|section| &section.name);
        let of_pack = pack.iter().map(|rule| &rule.name);
        of_pack.chain(own).cloned().collect()
    }

    /// Reads all sections. Paths in them begin at `folder`.
    pub(super) fn read(document: &mut Document<'_>, folder: &Path) -> Self {
        let mut alerts = Self::read_rules(document);
        let names = alerts.read_receivers(document, folder);
        let rules = alerts.rule_names();
        let own_labels: BTreeSet<String> = alerts
            .rules
            .iter()
            .flat_map(|rule| rule.labels.keys().cloned())
            .collect();
        let of_metrics = METRICS
            .iter()
            .flat_map(|metric| metric.labels.iter().copied());
        let all: BTreeSet<&str> = of_metrics
            .chain(OF_ALERTS)
            .chain(own_labels.iter().map(String::as_str))
            .collect();
        let labels = Labels {
            of: "an alert".to_owned(),
            names: all.into_iter().collect(),
            rules: Some(&rules),
        };
        let known = Known {
            labels: &labels,
            receivers: &names,
        };
        alerts.read_routes(document, &known);
        let mut seen = BTreeSet::new();
        let mutes = document.each("mute", MOST_ROUTES, |section| {
            mute::read(section, &mut seen, &labels)
        });
        for (mute, section) in mutes.into_iter().flatten() {
            alerts.muting.mutes.push(mute);
            alerts.mute_sections.push(section);
        }
        let inhibitions = document.each("inhibit", MOST_ROUTES, |section| {
            inhibit::read(section, &labels)
        });
        for inhibition in inhibitions.into_iter().flatten() {
            alerts
                .inhibit_sections
                .push(InhibitSection::of(&inhibition));
            alerts.muting.inhibitions.push(inhibition);
        }
        alerts
    }

    /// Reads `[alerts]` and `[[rule]]`.
    fn read_rules(document: &mut Document<'_>) -> Self {
        let profile = policy::Profile::of(document).of_alerts();
        let settings = document.section("alerts", |section| AlertSettings::read(section, profile));
        let pack = pack(&settings.wishes());
        let mut alerts = Self {
            rules: pack.clone(),
            settings,
            ..Self::default()
        };
        let mut reader = rule::Reader::new(&pack);
        let read = document.each("rule", MOST_RULES, |section| reader.read(section));
        for ruled in read.into_iter().flatten() {
            match ruled {
                Ruled::Out(section) => {
                    alerts.rules.retain(|rule| rule.name != section.name);
                    alerts.rule_sections.push(*section);
                }
                Ruled::In(rule) => {
                    let base = pack.iter().find(|base| base.name == rule.name);
                    alerts.rule_sections.push(RuleSection::of(&rule, base));
                    match alerts.rules.iter_mut().find(|base| base.name == rule.name) {
                        Some(place) => *place = *rule,
                        None => alerts.rules.push(*rule),
                    }
                }
            }
        }
        alerts
    }

    /// Reads `[[receiver]]`, and says the names of all, right or wrong.
    fn read_receivers(&mut self, document: &mut Document<'_>, folder: &Path) -> Vec<String> {
        let mut seen = BTreeSet::new();
        let read = document.each("receiver", MOST_RECEIVERS, |section| {
            receiver::read(section, &mut seen, folder)
        });
        let mut names = Vec::new();
        for read in read.into_iter().flatten() {
            names.push(read.name);
            let Some(received) = read.received else {
                continue;
            };
            self.receiver_sections.push(ReceiverSection::of(&received));
            self.plan.outlets.push(received.outlet);
            self.receivers.push(received.receiver);
        }
        names
    }

    fn read_routes(&mut self, document: &mut Document<'_>, known: &Known<'_>) {
        let mut is_closed = false;
        self.plan.routes = document.each("route", MOST_ROUTES, |section| {
            if is_closed {
                section.blame_all("no alert gets here, because a route before it takes all; move that one to the end, or write `continue = true` in it".to_owned());
            }
            let route = route::route(section, known);
            is_closed |= section.count("match").unwrap_or(0) == 0 && !route.goes_on;
            route
        });
        let steps = document.each("escalation", MOST_ROUTES, |section| {
            route::escalation(section, known)
        });
        self.plan.escalations = steps.into_iter().flatten().collect();
        self.route_sections = self.plan.routes.iter().map(RouteSection::of).collect();
        self.escalation_sections = self
            .plan
            .escalations
            .iter()
            .map(EscalationSection::of)
            .collect();
        let routed: BTreeSet<&String> = self
            .plan
            .routes
            .iter()
            .flat_map(|route| &route.receivers)
            .collect();
        let steps: BTreeSet<&String> = self
            .plan
            .escalations
            .iter()
            .flat_map(|step| &step.receivers)
            .collect();
        for (outlet, section) in self
            .plan
            .outlets
            .iter_mut()
            .zip(&mut self.receiver_sections)
        {
            let is_of_steps = steps.contains(&outlet.name) && !routed.contains(&outlet.name);
            if section.on_demand.is_none() && is_of_steps {
                outlet.on_demand = true;
                section.on_demand = Some(true);
            }
        }
    }
}

/// The rules that a text puts in force by its sections `[alerts]` and `[[rule]]`; other sections are not
/// looked at.
pub fn rules_of(text: &str) -> Result<Vec<Rule>, Problems> {
    let mut document = Document::parse(text).map_err(Problems::one)?;
    let alerts = Alerts::read_rules(&mut document);
    document.finish_partly()?;
    Ok(alerts.rules)
}

/// A rule as the section of a configuration that makes it, in full.
pub fn as_toml(rule: &Rule) -> String {
    #[derive(serde::Serialize)]
    struct One {
        rule: [RuleSection; 1],
    }
    let pack = pack(&AlertSettings::default().wishes());
    let base = pack.iter().find(|base| base.name == rule.name);
    sections(&One {
        rule: [RuleSection::of(rule, base)],
    })
}
