//! Who is told what and when: `on(alerts, time) -> notices`.
//!
//! For each receiver alerts are put into groups. A group remembers what it has told; when what is to be
//! told differs from that, it makes a notice: at once the first time, afterwards at most every
//! `group_interval`, so that what follows comes in one piece. So nothing is told twice, whatever comes
//! and goes is told once, and a receiver that is limited to few notices gets later but whole ones.
//!
//! Digests and escalations are groups too, with other ideas of what belongs to them and when it is due.
//! An Alertmanager is a receiver without groups: it gets all that fires again and again, as it wants.
//!
//! What was told is kept over a restart ([`Kept`]) in the same transaction as the notices.

mod group;

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use model::{Moment, Severity};
use serde::{Deserialize, Serialize};

use crate::alert::{Alert, State};
use crate::engine::{Transition, What};
use crate::matcher::Matcher;
use crate::mute::takes;
use crate::notice::Notice;

pub use group::heartbeat;
use group::{Group, Kind, Members, Pace};

/// Resolved alerts are told to an Alertmanager for so long.
const RESENT_FOR: Duration = Duration::from_mins(5);
/// Alerts of one notice at most; what is more is counted in it.
pub const MOST_IN_NOTICE: usize = 2_000;
/// A minute, ns.
const MINUTE_NS: u64 = 60_000_000_000;
/// Alerts that are over and not told yet, at most.
const MOST_ENDED: usize = 5_000;

/// A receiver, as far as dispatching needs to know it.
#[derive(Clone, Debug, PartialEq)]
pub struct Outlet {
    /// Its name.
    pub name: String,
    /// It is an Alertmanager: it groups by itself and wants everything again and again.
    pub is_alertmanager: bool,
    /// Is it told that alerts are over?
    pub resolved: bool,
    /// Alerts below this are not told.
    pub least: Severity,
    /// How long alerts of a severity are collected before they are told, by severity from `info` on;
    /// zero: not at all.
    pub digest: [Duration; 4],
    /// Notices a minute at most.
    pub per_minute: u32,
    /// It is told this often that we are alive.
    pub heartbeat: Option<Duration>,
    /// Only escalations and routes that name it lead here.
    pub on_demand: bool,
}

/// Which alerts go where, and how they are put together.
#[derive(Clone, Debug, PartialEq)]
pub struct Route {
    /// Alerts whose labels satisfy these.
    pub matchers: Vec<Matcher>,
    /// Names of receivers; all if there are none.
    pub receivers: Vec<String>,
    /// Labels that make a group.
    pub group_by: Vec<String>,
    /// How long the first notice of a group waits for more.
    pub group_wait: Duration,
    /// Time between two notices of a group.
    pub group_interval: Duration,
    /// What still fires is told again after this long.
    pub repeat_interval: Duration,
    /// Later routes are tried too.
    pub goes_on: bool,
}

impl Default for Route {
    fn default() -> Self {
        Self {
            matchers: Vec::new(),
            receivers: Vec::new(),
            group_by: vec!["alertname".to_owned()],
            group_wait: Duration::ZERO,
            group_interval: Duration::from_secs(10),
            repeat_interval: Duration::from_hours(4),
            goes_on: false,
        }
    }
}

/// Who is told when nobody takes notice.
#[derive(Clone, Debug, PartialEq)]
pub struct Escalation {
    /// An alert has fired for so long without being acknowledged.
    pub after: Duration,
    /// Alerts below this are left out.
    pub least: Severity,
    /// Alerts whose labels satisfy these.
    pub matchers: Vec<Matcher>,
    /// Names of receivers.
    pub receivers: Vec<String>,
}

/// How it is all set up.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// Receivers.
    pub outlets: Vec<Outlet>,
    /// Routes in the order in which they are tried; none: everything goes everywhere.
    pub routes: Vec<Route>,
    /// The ladder.
    pub escalations: Vec<Escalation>,
    /// Name of this machine, for notices.
    pub host: String,
    /// Address of the daemon, for notices.
    pub external_url: String,
}

/// What must be kept over a restart.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    groups: BTreeMap<String, Group>,
    /// Alerts that are over, until everybody was told.
    ended: BTreeMap<String, Alert>,
    /// When each receiver last heard that we are alive.
    beats: BTreeMap<String, Timestamp>,
}

/// Decides who is told.
#[derive(Debug, Default)]
pub struct Dispatcher {
    plan: Plan,
    kept: Kept,
    /// When notices were made within the last minute, ns since boot, by receiver.
    sent: BTreeMap<String, Vec<u64>>,
    due: Option<u64>,
    dropped: u64,
}

impl Dispatcher {
    /// Goes on from what was kept.
    pub fn new(plan: Plan, kept: Kept) -> Self {
        Self {
            plan,
            kept,
            ..Self::default()
        }
    }

    /// Takes another set-up into force; what was told stays told.
    pub fn configure(&mut self, plan: Plan) {
        self.plan = plan;
    }

    /// The set-up.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// What must be kept.
    pub fn kept(&self) -> &Kept {
        &self.kept
    }

    /// When to ask again at the latest, ns since boot, if no alert changes before.
    pub fn due(&self) -> Option<u64> {
        self.due
    }

    /// Alerts that were over before they could be told and did not fit.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Takes in what happened to alerts: those that are over are remembered until they were told.
    /// They carry the marks of what mutes them.
    pub fn note(&mut self, transitions: &[Transition]) {
        let over = transitions
            .iter()
            .filter(|change| change.what == What::Resolved);
        for Transition { alert, .. } in over {
            if self.plan.outlets.is_empty() {
                continue;
            }
            if self.kept.ended.len() >= MOST_ENDED {
                self.dropped += 1;
                continue;
            }
            self.kept.ended.insert(alert.id.clone(), alert.clone());
        }
    }

    /// Says what is to be told now. `alerts` are all that there are, with their marks.
    pub fn on(&mut self, alerts: &[Alert], now: Moment) -> Vec<Notice> {
        let mut due = Due(None);
        let ended: Vec<Alert> = self.kept.ended.values().cloned().collect();
        let mut groups = self.members(alerts, &ended, now, &mut due);
        let mut notices = self.heartbeats(now, &mut due);
        let lingers = |group: &Group| group.is_recent(now.wall);
        self.kept
            .groups
            .retain(|key, group| groups.contains_key(key) || lingers(group));
        for (key, members) in &mut groups {
            let group = self.kept.groups.entry(key.clone()).or_default();
            let Some(occasion) = group.occasion(members, now, &mut due) else {
                continue;
            };
            let sent = self.sent.entry(members.pace.outlet.clone()).or_default();
            sent.retain(|at| now.boot_ns.saturating_sub(*at) < MINUTE_NS);
            if sent.len() >= members.pace.per_minute as usize {
                let oldest = sent.first().copied().unwrap_or(now.boot_ns);
                due.at(oldest.saturating_add(MINUTE_NS));
                continue;
            }
            sent.push(now.boot_ns);
            notices.push(group.tell(key, members, occasion, now.wall, &self.plan));
            // Told now; when is it due again?
            group.occasion(members, now, &mut due);
        }
        self.forget(&groups, now.wall);
        self.due = due.0;
        notices
    }

    /// Alerts by group.
    fn members<'a>(
        &self,
        alerts: &'a [Alert],
        ended: &'a [Alert],
        now: Moment,
        due: &mut Due,
    ) -> BTreeMap<String, Members<'a>> {
        let everywhere = [Route::default()];
        let routes = match self.plan.routes.as_slice() {
            [] => &everywhere,
            routes => routes,
        };
        let mut groups = BTreeMap::new();
        let firing = alerts.iter().filter(|alert| alert.state == State::Firing);
        for alert in firing.chain(ended) {
            for (number, route) in routes.iter().enumerate() {
                if !takes(&route.matchers, alert) {
                    continue;
                }
                for outlet in self.outlets(route) {
                    group::place(&mut groups, outlet, route, number, alert);
                }
                if !route.goes_on {
                    break;
                }
            }
            for (number, step) in self.plan.escalations.iter().enumerate() {
                self.escalate(&mut groups, number, step, alert, now, due);
            }
        }
        groups
    }

    /// Where a route leads.
    fn outlets<'p>(&'p self, route: &'p Route) -> impl Iterator<Item = &'p Outlet> {
        self.plan.outlets.iter().filter(|outlet| {
            if route.receivers.is_empty() {
                !outlet.on_demand
            } else {
                route.receivers.contains(&outlet.name)
            }
        })
    }

    fn escalate<'a>(
        &self,
        groups: &mut BTreeMap<String, Members<'a>>,
        number: usize,
        step: &Escalation,
        alert: &'a Alert,
        now: Moment,
        due: &mut Due,
    ) {
        if alert.severity < step.least || !takes(&step.matchers, alert) {
            return;
        }
        let age = alert
            .starts_at
            .map_or(Duration::ZERO, |start| since(start, now.wall));
        if !alert.is_over() {
            if alert.acknowledged.is_some() || alert.is_muted() {
                return;
            }
            if age < step.after {
                due.after(now, step.after.saturating_sub(age));
                return;
            }
        }
        let named = |outlet: &&Outlet| step.receivers.contains(&outlet.name);
        for outlet in self.plan.outlets.iter().filter(named) {
            let key = format!("{}/escalation {number}", outlet.name);
            let was_told = self
                .kept
                .groups
                .get(&key)
                .is_some_and(|group| group.has_told(alert));
            if alert.is_over() && !was_told {
                continue;
            }
            let pace = Pace::of(outlet, Kind::Escalation(step.after), &Route::default());
            groups
                .entry(key)
                .or_insert_with(|| Members::new(BTreeMap::new(), pace))
                .alerts
                .push(alert);
        }
    }

    fn heartbeats(&mut self, now: Moment, due: &mut Due) -> Vec<Notice> {
        let mut notices = Vec::new();
        for outlet in &self.plan.outlets {
            let Some(every) = outlet.heartbeat else {
                continue;
            };
            let last = self.kept.beats.get(&outlet.name).copied();
            // A clock that was set back must not make us silent.
            let passed = last
                .filter(|last| *last <= now.wall)
                .map(|last| since(last, now.wall));
            if let Some(passed) = passed.filter(|passed| *passed < every) {
                due.after(now, every.saturating_sub(passed));
                continue;
            }
            self.kept.beats.insert(outlet.name.clone(), now.wall);
            due.after(now, every);
            notices.push(heartbeat(
                &outlet.name,
                now.wall,
                &self.plan.host,
                &self.plan.external_url,
            ));
        }
        let outlets = &self.plan.outlets;
        let is_there = |name: &String| outlets.iter().any(|outlet| outlet.name == *name);
        self.kept.beats.retain(|name, _| is_there(name));
        notices
    }

    /// Alerts that are over and that nobody waits to hear of any more.
    fn forget(&mut self, groups: &BTreeMap<String, Members<'_>>, now: Timestamp) {
        let mut awaited: BTreeMap<&str, bool> = BTreeMap::new();
        for (key, members) in groups {
            let Some(group) = self.kept.groups.get(key) else {
                continue;
            };
            for alert in members.alerts.iter().filter(|alert| alert.is_over()) {
                let is_new = alert
                    .ends_at
                    .is_some_and(|end| since(end, now) < RESENT_FOR);
                let resends = members.pace.kind == Kind::Feed && is_new;
                *awaited.entry(&alert.id).or_default() |= resends || !group.has_closed(alert);
            }
        }
        let ended = &mut self.kept.ended;
        ended.retain(|id, _| awaited.get(id.as_str()).copied().unwrap_or(false));
        for group in self.kept.groups.values_mut() {
            group.forget(|id| ended.contains_key(id));
        }
    }
}

/// The earliest of several times, ns since boot.
struct Due(Option<u64>);

impl Due {
    fn at(&mut self, at: u64) {
        self.0 = Some(self.0.map_or(at, |soonest| soonest.min(at)));
    }

    fn after(&mut self, now: Moment, time: Duration) {
        let time = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.at(now.boot_ns.saturating_add(time));
    }
}

/// Time from one moment to a later one; none if it is not later.
fn since(from: Timestamp, to: Timestamp) -> Duration {
    Duration::try_from(to.duration_since(from)).unwrap_or(Duration::ZERO)
}

#[cfg(test)]
mod tests;
