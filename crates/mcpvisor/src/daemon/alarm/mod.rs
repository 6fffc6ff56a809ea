//! Alerts: judged after each look, kept, and handed to whoever is told.
//!
//! ```text
//! measurements, findings ─► engine ─► transitions ─► marks of what mutes ─► dispatcher ─► notices
//!                                          │                                                 │
//!                                          └──────────── kept before they go out ──────────────┤
//!                                                                                            ▼
//!                                                                              courier: a thread for
//!                                                                              each receiver
//! ```
//!
//! The thread that looks owns all of it but the couriers, so nothing is locked. A notice is on the disk
//! before it is handed out and until it has arrived: kill -9 at any moment may bring one twice, never
//! lose one. While the disk refuses, alerts are told all the same, and kept when it takes them again.

mod commands;
mod courier;
mod found;
mod keep;
mod view;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use alerting::dispatch::{Dispatcher, Plan};
use alerting::engine::{Engine, Look, NoAlert, Saved, Transition, What};
use alerting::mute::{Muting, Silence};
use alerting::{Acknowledgement, Alert, State};
use model::metric::table as metrics;
use model::{Measurement, Moment, Severity};

use super::changes::Change;
use super::measure::put;
use crate::config::Config;
use crate::past_looks;
use crate::picture::Picture;

use courier::Courier;
pub use courier::{Counts, ReceiverState};
pub(crate) use found::all as findings;
use keep::Keeper;
pub use view::AlarmView;

/// Clocks of what is pending are kept this often, ns.
const CLOCKS_EVERY_NS: u64 = 10_000_000_000;
/// Alerts whose processes are named at most.
const MOST_EXPLAINED: usize = 200;
/// Silences that are over are listed for so long.
const OVER_FOR: Duration = Duration::from_hours(24 * 7);
/// Silences at most.
const MOST_SILENCES: usize = 1_000;

/// All that has to do with alerts, as the thread that looks owns it.
pub(super) struct Alarm {
    engine: Engine,
    dispatcher: Dispatcher,
    muting: Muting,
    courier: Courier,
    keeper: Keeper,
    alerts: Arc<[Alert]>,
    /// Processes behind each alert, as the last look saw them, by id of the alert.
    behind: HashMap<String, Vec<String>>,
    clocks_ns: u64,
    /// What the last evaluation took, seconds.
    seconds: f64,
}

/// What a look came to.
pub(super) struct Judged {
    pub(super) transitions: Vec<Transition>,
    pub(super) measurements: Vec<Measurement>,
}

/// Why a silence was not made or ended.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SilenceError {
    /// There is no such silence, or it is over.
    #[error("there is no silence `{0}` in force or to come")]
    None(String),
    /// It would be in force never or for everything.
    #[error("{0}")]
    Unusable(String),
    /// There are too many.
    #[error("there are {MOST_SILENCES} silences, which is the most; end some")]
    TooMany,
}

impl Alarm {
    /// Goes on from what was kept.
    pub(super) fn open(config: &Config, history: history::History, host: &str, url: &str) -> Self {
        let keeper = Keeper::new(history.clone());
        let rules = &config.alerts.rules;
        let mut engine = Engine::new(rules.clone());
        let taught = past_looks::teach(
            &mut engine,
            &history,
            rules,
            config.daemon.interval.0,
            linux::clock::now(),
        );
        if let Err(error) = taught {
            tracing::warn!("rates are known from the next looks on only: {error}");
        }
        engine.restore(keeper.alerts());
        let dispatcher = Dispatcher::new(plan(config, host, url), keeper.told());
        let mut muting = config.alerts.muting.clone();
        muting.silences = keeper.silences();
        let courier = Courier::open(&config.alerts.receivers, history);
        let alerts = engine.alerts().cloned().collect();
        Self {
            engine,
            dispatcher,
            muting,
            courier,
            keeper,
            alerts,
            behind: HashMap::new(),
            clocks_ns: 0,
            seconds: 0.0,
        }
    }

    /// Takes another configuration into force.
    pub(super) fn configure(&mut self, config: &Config) {
        self.engine.configure(config.alerts.rules.clone());
        let old = self.dispatcher.plan();
        let (host, url) = (old.host.clone(), old.external_url.clone());
        self.dispatcher.configure(plan(config, &host, &url));
        let silences = std::mem::take(&mut self.muting.silences);
        self.muting = config.alerts.muting.clone();
        self.muting.silences = silences;
        self.courier.configure(&config.alerts.receivers);
    }

    /// Judges a look. What it says of alerts is measured too.
    pub(super) fn judge(
        &mut self,
        picture: &Picture,
        measurements: &[Measurement],
        interval: Duration,
    ) -> Judged {
        let begun = linux::clock::boot_ns();
        let findings = found::all(picture);
        let look = Look {
            moment: picture.table.moment,
            interval,
            measurements,
            findings: &findings,
        };
        let mut transitions = self.engine.on(&look);
        let firing = self
            .engine
            .alerts()
            .filter(|alert| alert.state == State::Firing);
        let behind = firing
            .take(MOST_EXPLAINED)
            .map(|alert| (alert.id.clone(), found::processes(alert, picture)));
        // What is over keeps what was seen of it last.
        let over = transitions.iter().filter(|change| change.alert.is_over());
        let over: Vec<String> = over.map(|change| change.alert.id.clone()).collect();
        let kept: Vec<(String, Vec<String>)> = over
            .into_iter()
            .filter_map(|id| self.behind.remove_entry(&id))
            .collect();
        self.behind = behind.chain(kept).collect();
        self.mark(&mut transitions, picture.table.moment.wall);
        self.seconds = linux::clock::boot_ns().saturating_sub(begun) as f64 / 1e9;
        Judged {
            transitions,
            measurements: self.measurements(),
        }
    }

    /// Takes the alerts of now with their marks, and marks those that are over.
    fn mark(&mut self, transitions: &mut [Transition], now: jiff::Timestamp) {
        let mut alerts: Vec<Alert> = self.engine.alerts().cloned().collect();
        let firing = alerts.len();
        let over = transitions.iter().filter(|change| change.alert.is_over());
        alerts.extend(over.map(|change| change.alert.clone()));
        for alert in &mut alerts {
            let lines = self.behind.get(&alert.id).into_iter().flatten();
            alert.evidence.extend(lines.cloned());
        }
        self.muting.mark(&mut alerts, now);
        let mut changed: HashMap<String, &mut Transition> = transitions
            .iter_mut()
            .map(|change| (change.alert.id.clone(), change))
            .collect();
        for alert in &alerts {
            if let Some(change) = changed.get_mut(&alert.id) {
                change.alert = alert.clone();
            }
        }
        alerts.truncate(firing);
        alerts.sort_by(|a, b| {
            (
                b.state == State::Firing,
                b.severity,
                &a.rule,
                &a.fingerprint,
            )
                .cmp(&(
                    a.state == State::Firing,
                    a.severity,
                    &b.rule,
                    &b.fingerprint,
                ))
        });
        self.alerts = alerts.into();
    }

    fn measurements(&self) -> Vec<Measurement> {
        let mut out = Vec::new();
        let mut counts = std::collections::BTreeMap::new();
        for alert in &*self.alerts {
            let key = (alert.rule.as_str(), alert.severity, alert.state);
            *counts.entry(key).or_insert(0_u64) += 1;
        }
        for ((rule, severity, state), count) in counts {
            let labels = [rule, severity.name(), state.name()];
            put(&mut out, metrics::ALERTS, &labels, count as f64);
        }
        put(
            &mut out,
            metrics::RULE_EVALUATION_SECONDS,
            &[],
            self.seconds,
        );
        for (name, counts) in self.courier.counts() {
            put(
                &mut out,
                metrics::NOTICES_WAITING,
                &[&name],
                counts.waiting as f64,
            );
            for (outcome, count) in [
                ("delivered", counts.delivered),
                ("retried", counts.retried),
                ("dropped", counts.dropped),
            ] {
                put(
                    &mut out,
                    metrics::NOTICES_TOTAL,
                    &[&name, outcome],
                    count as f64,
                );
            }
        }
        out
    }

    /// Keeps what has changed and tells whoever is to be told. `is_well`: the look was a good one, so
    /// that we may say that we are alive.
    pub(super) fn tell(&mut self, transitions: &[Transition], now: Moment) {
        self.dispatcher.note(transitions);
        let notices = self.dispatcher.on(&self.alerts, now);
        let is_pending = self
            .alerts
            .iter()
            .any(|alert| alert.state == State::Pending);
        let keeps_clocks =
            is_pending && now.boot_ns.saturating_sub(self.clocks_ns) >= CLOCKS_EVERY_NS;
        if !transitions.is_empty() || keeps_clocks {
            let changed: HashSet<&str> = transitions
                .iter()
                .map(|change| change.alert.id.as_str())
                .collect();
            let touched = |saved: &Saved| {
                keeps_clocks && saved.alert.state == State::Pending
                    || changed.contains(saved.alert.id.as_str())
            };
            self.keeper
                .alerts_changed(self.engine.saved().filter(touched), transitions);
        }
        if keeps_clocks {
            self.clocks_ns = now.boot_ns;
        }
        let notices = self.courier.accept(notices);
        if !notices.is_empty()
            || transitions
                .iter()
                .any(|change| change.what == What::Resolved)
        {
            self.keeper.told_changed(self.dispatcher.kept());
            self.keeper.notices_made(&notices);
        }
        self.keeper.flush();
        self.courier.send(notices);
    }

    /// When the dispatcher wants to be asked again, ns since boot; never, if nothing waits.
    pub(super) fn due_ns(&self) -> u64 {
        self.dispatcher.due().unwrap_or(u64::MAX)
    }

    /// Asks the dispatcher again without a look.
    pub(super) fn tick(&mut self, now: Moment) {
        self.mark(&mut [], now.wall);
        self.tell(&[], now);
    }

    /// What everybody may read.
    pub(super) fn view(&self) -> AlarmView {
        AlarmView {
            alerts: Arc::clone(&self.alerts),
            silences: self.muting.silences.clone(),
            receivers: self.courier.states(),
        }
    }

    /// Somebody has taken notice.
    fn acknowledge(
        &mut self,
        id: &str,
        by: Acknowledgement,
        now: Moment,
    ) -> Result<Alert, NoAlert> {
        let alert = self.engine.acknowledge(id, by)?;
        let saved: Vec<Saved> = self
            .engine
            .saved()
            .filter(|saved| saved.alert.id == id)
            .collect();
        self.keeper.alerts_changed(saved.into_iter(), &[]);
        self.tick(now);
        Ok(alert)
    }

    /// Ends alerts; they come back if their conditions hold on.
    fn clear(&mut self, ids: &[String], now: Moment) -> Vec<Transition> {
        let mut cleared: Vec<Transition> = ids
            .iter()
            .filter_map(|id| self.engine.clear(id).ok())
            .collect();
        self.mark(&mut cleared, now.wall);
        self.tell(&cleared, now);
        cleared
    }

    /// Makes a silence.
    fn silence(&mut self, silence: Silence, now: Moment) -> Result<Silence, SilenceError> {
        if silence.matchers.is_empty() {
            return Err(SilenceError::Unusable(
                "a silence needs at least one condition, such as server=\"memory\"".to_owned(),
            ));
        }
        if silence.matchers.iter().all(|matcher| matcher.takes("")) {
            return Err(SilenceError::Unusable(
                "this would silence everything; name a label that must have a value".to_owned(),
            ));
        }
        if silence.ends_at <= silence.starts_at || silence.is_over(now.wall) {
            return Err(SilenceError::Unusable(
                "it would end before it begins, or is over already".to_owned(),
            ));
        }
        let silences = &mut self.muting.silences;
        silences.retain(|old| {
            Duration::try_from(now.wall.duration_since(old.ends_at)).is_ok_and(|age| age < OVER_FOR)
                || !old.is_over(now.wall)
        });
        if silences.len() >= MOST_SILENCES {
            return Err(SilenceError::TooMany);
        }
        silences.push(silence.clone());
        self.keeper.silence_changed(&silence);
        self.tick(now);
        Ok(silence)
    }

    /// Ends a silence.
    fn expire(&mut self, id: &str, now: Moment) -> Result<Silence, SilenceError> {
        let mut silences = self.muting.silences.iter_mut();
        let found = silences.find(|silence| silence.id == id && !silence.is_over(now.wall));
        let silence = found.ok_or_else(|| SilenceError::None(id.to_owned()))?;
        silence.ends_at = now.wall;
        let silence = silence.clone();
        self.keeper.silence_changed(&silence);
        self.tick(now);
        Ok(silence)
    }
}

fn plan(config: &Config, host: &str, url: &str) -> Plan {
    Plan {
        host: host.to_owned(),
        external_url: url.to_owned(),
        ..config.alerts.plan.clone()
    }
}

/// What happened to alerts, for the history and for listeners. What only begins to hold is told to
/// listeners of the page by the next look. One at a time: a thousand as trees of JSON are 20 MB.
pub(super) fn changes(transitions: &[Transition]) -> impl Iterator<Item = Change> {
    let told = transitions
        .iter()
        .filter(|change| !matches!(change.what, What::Pending | What::Dropped));
    told.map(|Transition { what, alert }| Change {
        kind: "alert",
        severity: if *what == What::Resolved {
            Severity::Info
        } else {
            alert.severity
        },
        server: None,
        title: match what {
            What::Resolved => format!("over: {}", alert.summary),
            _ => format!("{}: {}", alert.severity.name(), alert.summary),
        },
        data: serde_json::json!({ "what": what, "alert": alert }),
    })
}
