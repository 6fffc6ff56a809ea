//! One group of alerts on its way to one receiver: what it was told, and when it hears more.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;
use model::{Moment, Severity};
use serde::{Deserialize, Serialize};

use super::{Due, MOST_IN_NOTICE, Outlet, Plan, RESENT_FOR, Route, since};
use crate::alert::{Alert, State};
use crate::engine::place as place_of;
use crate::notice::{Notice, Occasion};
use crate::receivers::alertmanager::RESEND_EVERY;

/// A group without alerts is remembered for so long, for the time between two notices.
const LINGER: Duration = Duration::from_mins(5);

/// What belongs to a group now, and how fast it is told.
pub(super) struct Members<'a> {
    labels: BTreeMap<String, String>,
    pub(super) pace: Pace,
    /// Those that fire, and those that are over and were not forgotten.
    pub(super) alerts: Vec<&'a Alert>,
}

/// How fast a group is told.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Pace {
    pub(super) outlet: String,
    pub(super) kind: Kind,
    /// What is new waits for so long.
    wait: Duration,
    /// At least this is between two notices.
    interval: Duration,
    /// What goes on is told again after this.
    repeat: Option<Duration>,
    resolved: bool,
    pub(super) per_minute: u32,
}

/// What a group is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Usual,
    /// For an Alertmanager.
    Feed,
    Digest,
    /// Nobody has acknowledged for so long.
    Escalation(Duration),
}

/// What a group was told.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Group {
    /// Alerts that were told of as firing.
    told: BTreeMap<String, Told>,
    /// Alerts whose end was told, or need not be.
    closed: BTreeSet<String>,
    /// When it was told last.
    last: Option<Timestamp>,
    /// Since when something new waits.
    news_since: Option<Timestamp>,
    /// Notices so far.
    number: u64,
}

/// What was told of an alert.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Told {
    severity: Severity,
    /// It was muted since: if it still fires afterwards, it is told again.
    muted: bool,
}

/// Puts an alert where it belongs.
pub(super) fn place<'a>(
    groups: &mut BTreeMap<String, Members<'a>>,
    outlet: &Outlet,
    route: &Route,
    number: usize,
    alert: &'a Alert,
) {
    if alert.severity < outlet.least {
        return;
    }
    let collects = outlet.digest[place_of(alert.severity)];
    let (kind, labels) = if outlet.is_alertmanager {
        (Kind::Feed, BTreeMap::new())
    } else if !collects.is_zero() {
        (Kind::Digest, BTreeMap::new())
    } else {
        let labels = route.group_by.iter().filter_map(|name| {
            let value = alert.labels.get(name)?;
            Some((name.clone(), value.clone()))
        });
        (Kind::Usual, labels.collect())
    };
    let key = match kind {
        Kind::Feed => format!("{}/all", outlet.name),
        Kind::Digest => format!("{}/digest of {} s", outlet.name, collects.as_secs()),
        _ => {
            let labels: Vec<String> = labels
                .iter()
                .map(|(name, value)| format!("{name}={value:?}"))
                .collect();
            format!("{}/{number}:{{{}}}", outlet.name, labels.join(","))
        }
    };
    let mut pace = Pace::of(outlet, kind, route);
    if kind == Kind::Digest {
        pace.wait = collects;
    }
    let members = groups
        .entry(key)
        .or_insert_with(|| Members::new(labels, pace));
    members.alerts.push(alert);
}

impl Pace {
    pub(super) fn of(outlet: &Outlet, kind: Kind, route: &Route) -> Self {
        let (wait, repeat) = match kind {
            Kind::Usual => (route.group_wait, Some(route.repeat_interval)),
            Kind::Escalation(_) => (Duration::ZERO, Some(route.repeat_interval)),
            Kind::Feed => (Duration::ZERO, Some(RESEND_EVERY)),
            Kind::Digest => (Duration::ZERO, None),
        };
        Self {
            outlet: outlet.name.clone(),
            kind,
            wait,
            // An Alertmanager groups by itself: it hears of everything as soon as it happens.
            interval: if kind == Kind::Feed {
                Duration::ZERO
            } else {
                route.group_interval
            },
            repeat,
            resolved: outlet.resolved,
            per_minute: if kind == Kind::Feed {
                u32::MAX
            } else {
                outlet.per_minute
            },
        }
    }
}

impl Members<'_> {
    pub(super) fn new(labels: BTreeMap<String, String>, pace: Pace) -> Self {
        Self {
            labels,
            pace,
            alerts: Vec::new(),
        }
    }
}

impl Group {
    /// Was it told that this alert fires?
    pub(super) fn has_told(&self, alert: &Alert) -> bool {
        self.told.contains_key(&alert.id)
    }

    /// Has it nothing to hear of this alert any more?
    pub(super) fn has_closed(&self, alert: &Alert) -> bool {
        self.closed.contains(&alert.id)
    }

    /// Was it told something so recently that the next notice may have to wait for it?
    pub(super) fn is_recent(&self, now: Timestamp) -> bool {
        self.last.is_some_and(|last| since(last, now) < LINGER)
    }

    /// Forgets alerts that are over and not `kept`.
    pub(super) fn forget(&mut self, kept: impl Fn(&str) -> bool) {
        self.closed.retain(|id| kept(id));
    }

    /// Is something of this alert to be told that was not?
    fn is_news(&self, alert: &Alert, pace: &Pace) -> bool {
        if alert.is_over() {
            let is_owed = self.has_told(alert) || !alert.is_muted();
            return is_owed && pace.resolved && !self.has_closed(alert);
        }
        let told = Told {
            severity: alert.severity,
            muted: false,
        };
        !alert.is_muted() && self.told.get(&alert.id) != Some(&told)
    }

    /// Is there a reason to make a notice now? If not yet, `due` says when.
    pub(super) fn occasion(
        &mut self,
        members: &Members<'_>,
        now: Moment,
        due: &mut Due,
    ) -> Option<Occasion> {
        let pace = &members.pace;
        for alert in &members.alerts {
            if !alert.is_over() {
                if alert.is_muted()
                    && let Some(told) = self.told.get_mut(&alert.id)
                {
                    told.muted = true;
                }
            } else if !self.is_news(alert, pace) {
                // What nobody wants to hear of is closed unheard.
                self.told.remove(&alert.id);
                self.closed.insert(alert.id.clone());
            }
        }
        // A clock that was set back must not make us silent.
        let passed = self.last.map(|last| {
            if last > now.wall {
                Duration::MAX
            } else {
                since(last, now.wall)
            }
        });
        let is_news = members.alerts.iter().any(|alert| self.is_news(alert, pace));
        if !is_news {
            self.news_since = None;
            return repetition(members, passed, now, due);
        }
        let begun = *self.news_since.get_or_insert(now.wall);
        let waited = if begun > now.wall {
            Duration::MAX
        } else {
            since(begun, now.wall)
        };
        let rest = pace.wait.saturating_sub(waited);
        let rest = rest.max(passed.map_or(Duration::ZERO, |passed| {
            pace.interval.saturating_sub(passed)
        }));
        if !rest.is_zero() {
            due.after(now, rest);
            return None;
        }
        Some(match pace.kind {
            Kind::Usual | Kind::Feed => Occasion::Change,
            Kind::Digest => Occasion::Digest,
            Kind::Escalation(after) => Occasion::Escalation {
                unacknowledged_seconds: after.as_secs(),
            },
        })
    }

    /// Makes the notice and notes what it tells.
    pub(super) fn tell(
        &mut self,
        key: &str,
        members: &Members<'_>,
        occasion: Occasion,
        now: Timestamp,
        plan: &Plan,
    ) -> Notice {
        let is_feed = members.pace.kind == Kind::Feed;
        let mut alerts: Vec<&Alert> = Vec::new();
        for &alert in &members.alerts {
            if alert.is_over() {
                if self.is_news(alert, &members.pace) || (is_feed && is_fresh(alert, now)) {
                    alerts.push(alert);
                }
                self.told.remove(&alert.id);
                self.closed.insert(alert.id.clone());
            } else if !alert.is_muted() {
                alerts.push(alert);
                let told = Told {
                    severity: alert.severity,
                    muted: false,
                };
                self.told.insert(alert.id.clone(), told);
            }
        }
        let fires = |alert: &Alert| alert.state == State::Firing;
        alerts.sort_by(|a, b| {
            (fires(b), b.severity, &a.starts_at, &a.id).cmp(&(
                fires(a),
                a.severity,
                &b.starts_at,
                &b.id,
            ))
        });
        let truncated = alerts.len().saturating_sub(MOST_IN_NOTICE);
        self.last = Some(now);
        self.news_since = None;
        self.number += 1;
        Notice {
            id: id(key, now, self.number),
            receiver: members.pace.outlet.clone(),
            occasion,
            made_at: now,
            group_key: key.to_owned(),
            group_labels: members.labels.clone(),
            alerts: alerts.into_iter().take(MOST_IN_NOTICE).cloned().collect(),
            truncated,
            host: plan.host.clone(),
            external_url: plan.external_url.clone(),
        }
    }
}

/// Is it time to tell again what goes on? If not yet, `due` says when.
fn repetition(
    members: &Members<'_>,
    passed: Option<Duration>,
    now: Moment,
    due: &mut Due,
) -> Option<Occasion> {
    let (repeat, passed) = (members.pace.repeat?, passed?);
    let is_feed = members.pace.kind == Kind::Feed;
    let goes_on = members.alerts.iter().any(|alert| {
        if alert.is_over() {
            return is_feed && is_fresh(alert, now.wall);
        }
        // Whoever has taken notice need not hear it again.
        !alert.is_muted() && (is_feed || alert.acknowledged.is_none())
    });
    if !goes_on {
        return None;
    }
    if passed < repeat {
        due.after(now, repeat.saturating_sub(passed));
        return None;
    }
    Some(Occasion::Repeat)
}

/// An Alertmanager is told that an alert is over for a while.
fn is_fresh(alert: &Alert, now: Timestamp) -> bool {
    alert
        .ends_at
        .is_some_and(|end| since(end, now) < RESENT_FOR)
}

/// A notice that says only that we are alive.
pub fn heartbeat(outlet: &str, now: Timestamp, host: &str, external_url: &str) -> Notice {
    let key = format!("{outlet}/heartbeat");
    let labels = [("alertname", "mcpvisor_alive"), ("severity", "info")];
    let labels: BTreeMap<String, String> = labels
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
    let alert = Alert {
        id: id(&key, now, 0),
        fingerprint: crate::engine::hash(["mcpvisor_alive"]),
        rule: "mcpvisor_alive".to_owned(),
        kind: "process_health".to_owned(),
        severity: Severity::Info,
        state: State::Firing,
        labels: labels.clone(),
        summary: format!("mcpvisor on {host} is alive"),
        evidence: Vec::new(),
        advice: "This comes regularly. When it stops, look after mcpvisor or its machine."
            .to_owned(),
        value: Some(1.0),
        shown: None,
        threshold: None,
        active_at: now,
        starts_at: Some(now),
        ends_at: None,
        updated_at: now,
        unknown: false,
        reason: None,
        acknowledged: None,
        silenced_by: Vec::new(),
        inhibited_by: Vec::new(),
        muted_by: Vec::new(),
    };
    Notice {
        id: id(&key, now, 1),
        receiver: outlet.to_owned(),
        occasion: Occasion::Heartbeat,
        made_at: now,
        group_key: key,
        group_labels: labels,
        alerts: vec![alert],
        truncated: 0,
        host: host.to_owned(),
        external_url: external_url.to_owned(),
    }
}

fn id(key: &str, now: Timestamp, number: u64) -> String {
    crate::engine::hash([key, &now.as_nanosecond().to_string(), &number.to_string()])
}
