//! What the daemon's threads share: the last look, the history, the listeners, the inbox.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

use arc_swap::{ArcSwap, ArcSwapOption};
use history::{History, NewAudit, NewEvent};
use linux::inbox::Inbox;
use model::Moment;
use serde_json::json;
use web::Hub;

use super::alarm::AlarmView;
use super::changes::Change;
use super::containers::Containers;
use super::figures::Figures;
use super::level::Level;
use super::limiting::confine::ConfinedView;
use super::orders::Order;
use super::signals::{Signal, Signals};
use super::snapshot::Snapshot;
use super::tasks::Tasks;
use crate::config::Config;
use crate::logging;
use crate::picture::Picture;
use crate::report::{self, Words, summary_severity};
use crate::state::State;

/// The history's own figures are asked for this often, nanoseconds.
const STATS_EVERY_NS: u64 = 60_000_000_000;
/// Without a look for this many intervals nothing is known any more.
const STALE_INTERVALS: u32 = 6;

/// The daemon as its threads share it.
pub struct Daemon {
    state: State,
    config: ArcSwap<Config>,
    config_file: Mutex<(Option<String>, Option<String>)>,
    history: History,
    hub: Hub,
    orders: Inbox<Order>,
    signals: Signals,
    keeper: OnceLock<keeper::Handle>,
    containers: OnceLock<Containers>,
    /// Rings when something about servers that are kept has changed.
    kept_signal: tokio::sync::watch::Sender<u64>,
    tasks: Mutex<Tasks>,
    /// Itself, for threads that must not keep it.
    itself: OnceLock<Weak<Self>>,
    confined: ArcSwap<Vec<ConfinedView>>,
    snapshot: ArcSwapOption<Snapshot>,
    alarms: ArcSwap<AlarmView>,
    words: Mutex<Words>,
    started: Moment,
    url: OnceLock<String>,
    edge: OnceLock<web::Handle>,
    log: OnceLock<Arc<logging::Handle>>,
    figures: Figures,
    pulse: AtomicU64,
    histories: crate::daemon::past::Cache,
    /// The history's figures and when they were asked for, nanoseconds since boot.
    stats: Mutex<Option<(u64, history::Stats)>>,
}

impl Daemon {
    /// A daemon that has not looked yet.
    pub fn new(
        state: State,
        config: Arc<Config>,
        config_file: Option<String>,
        history: History,
        hub: Hub,
    ) -> std::io::Result<Self> {
        Ok(Self {
            state,
            config: ArcSwap::new(config),
            config_file: Mutex::new((config_file, None)),
            history,
            hub,
            orders: Inbox::new()?,
            signals: Signals::default(),
            keeper: OnceLock::new(),
            containers: OnceLock::new(),
            kept_signal: tokio::sync::watch::Sender::new(0),
            tasks: Mutex::default(),
            itself: OnceLock::new(),
            confined: ArcSwap::default(),
            snapshot: ArcSwapOption::empty(),
            alarms: ArcSwap::from_pointee(AlarmView::default()),
            words: Mutex::new(Words::default()),
            started: linux::clock::now(),
            url: OnceLock::new(),
            edge: OnceLock::new(),
            log: OnceLock::new(),
            figures: Figures::default(),
            pulse: AtomicU64::new(0),
            histories: crate::daemon::past::Cache::default(),
            stats: Mutex::default(),
        })
    }

    /// The state directory.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// The configuration in force.
    pub fn config(&self) -> Arc<Config> {
        self.config.load_full()
    }

    /// The configuration file, and why it is not in force as it is now.
    pub fn config_file(&self) -> (Option<String>, Option<String>) {
        self.config_file
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Takes a new configuration into force.
    pub fn configure(&self, config: Arc<Config>) {
        let wanted = super::keeping::wanted(&config);
        self.config.store(config);
        self.file_error(None);
        self.figures.reload();
        if let Some(keeper) = self.keeper.get() {
            keeper.configure(wanted);
        }
        self.signal(Signal::Configured);
    }

    /// Notes that the configuration file was refused.
    pub fn refuse_configuration(&self, why: String) {
        self.figures.refuse_reload();
        self.file_error(Some(why));
    }

    fn file_error(&self, why: Option<String>) {
        self.config_file
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .1 = why;
    }

    /// The history.
    pub fn history(&self) -> &History {
        &self.history
    }

    /// The history's figures, as they were at most a minute ago: asking for them reads the file.
    pub(super) fn recent_stats(&self) -> Option<history::Stats> {
        let now = linux::clock::boot_ns();
        let mut kept = self.stats.lock().unwrap_or_else(PoisonError::into_inner);
        let is_old = kept
            .as_ref()
            .is_none_or(|(at, _)| now.saturating_sub(*at) >= STATS_EVERY_NS);
        if is_old {
            *kept = self.history.stats().ok().map(|stats| (now, stats));
        }
        kept.as_ref().map(|(_, stats)| stats.clone())
    }

    /// Listeners of live events.
    pub fn hub(&self) -> &Hub {
        &self.hub
    }

    /// Who keeps servers, once it is there.
    pub fn keeper(&self) -> Option<&keeper::Handle> {
        self.keeper.get()
    }

    /// Notes who keeps servers; once.
    pub(super) fn set_keeper(&self, keeper: keeper::Handle) -> Result<(), keeper::Handle> {
        self.keeper.set(keeper)
    }

    /// Container engines, once they are watched.
    pub(crate) fn containers(&self) -> Option<&Containers> {
        self.containers.get()
    }

    /// Notes who watches them; once.
    pub(super) fn set_containers(&self, containers: Containers) {
        // Set twice it would still be the first.
        drop(self.containers.set(containers));
    }

    /// Rings when something about servers that are kept has changed.
    pub(crate) fn kept_signal(&self) -> &tokio::sync::watch::Sender<u64> {
        &self.kept_signal
    }

    /// Notes itself; once.
    pub(super) fn set_itself(self: &Arc<Self>) {
        drop(self.itself.set(Arc::downgrade(self)));
    }

    /// Itself, for threads that must not keep it.
    pub(super) fn weak(&self) -> Weak<Self> {
        self.itself.get().cloned().unwrap_or_default()
    }

    /// Servers of others that are limited.
    pub(crate) fn confined(&self) -> Arc<Vec<ConfinedView>> {
        self.confined.load_full()
    }

    /// Notes which they are.
    pub(super) fn set_confined(&self, confined: Vec<ConfinedView>) {
        self.confined.store(Arc::new(confined));
    }

    /// Orders to servers, done and not done yet.
    pub(crate) fn tasks(&self) -> &Mutex<Tasks> {
        &self.tasks
    }

    /// Tells the thread that looks, beside its orders.
    pub(super) fn signal(&self, signal: Signal) {
        self.signals.raise(signal);
        self.orders.ring();
    }

    /// Whether it was told so.
    pub(super) fn take_signal(&self, signal: Signal) -> bool {
        self.signals.take(signal)
    }

    /// Orders to the thread that looks.
    pub fn orders(&self) -> &Inbox<Order> {
        &self.orders
    }

    /// Command lines as they may be shown.
    pub fn words(&self) -> &Mutex<Words> {
        &self.words
    }

    /// What earlier questions about the past found.
    pub(crate) fn histories_cache(&self) -> &crate::daemon::past::Cache {
        &self.histories
    }

    /// When the daemon was started.
    pub fn started(&self) -> Moment {
        self.started
    }

    /// Seconds since it was started.
    pub fn uptime_seconds(&self) -> f64 {
        let ns = linux::clock::boot_ns().saturating_sub(self.started.boot_ns);
        (ns / 1_000_000) as f64 / 1e3
    }

    /// Where it answers.
    pub fn url(&self) -> String {
        self.url.get().cloned().unwrap_or_default()
    }

    /// Notes where it answers; once.
    pub fn set_url(&self, url: String) {
        // Set twice it would still be the first, which is the one that was printed.
        drop(self.url.set(url));
    }

    /// What the daemon counts of itself.
    pub fn figures(&self) -> &Figures {
        &self.figures
    }

    /// The last look.
    pub fn snapshot(&self) -> Option<Arc<Snapshot>> {
        self.snapshot.load_full()
    }

    /// Alerts, silences and receivers as they are now.
    pub fn alarms(&self) -> Arc<AlarmView> {
        self.alarms.load_full()
    }

    /// Lets everybody see them.
    pub(super) fn set_alarms(&self, view: AlarmView) {
        self.alarms.store(Arc::new(view));
    }

    /// The level of the whole; unknown without a look that is recent.
    pub fn level(&self) -> Level {
        let Some(snapshot) = self.snapshot() else {
            return Level::Unknown;
        };
        let interval = self.config.load().daemon.interval.0;
        let age = linux::clock::boot_ns().saturating_sub(snapshot.picture.table.moment.boot_ns);
        let longest = (interval * STALE_INTERVALS).max(std::time::Duration::from_secs(30));
        if u128::from(age) > longest.as_nanos() {
            Level::Unknown
        } else {
            snapshot.level
        }
    }

    /// Makes a look the last one.
    pub(super) fn publish(&self, snapshot: &Arc<Snapshot>) {
        let last = self.snapshot.swap(Some(Arc::clone(snapshot)));
        if let Some(last) = last {
            self.figures.drop_series(last.dropped_series());
        }
        self.hub.publish("snapshot", &snapshot.live());
    }

    /// What the edge counts, once it is there.
    pub fn edge(&self) -> Option<web::Counts> {
        self.edge.get().map(|handle| handle.counters().read())
    }

    /// Log lines that could not be written.
    pub fn dropped_lines(&self) -> u64 {
        self.log.get().map_or(0, |log| log.dropped_lines())
    }

    /// Notes where lines are written; once.
    pub fn set_log(&self, log: Arc<logging::Handle>) {
        drop(self.log.set(log));
    }

    /// The edge's handle, once it is there.
    pub fn edge_handle(&self) -> Option<&web::Handle> {
        self.edge.get()
    }

    /// Notes the edge; once.
    pub fn set_edge(&self, handle: web::Handle) {
        drop(self.edge.set(handle));
    }

    /// The thread that looks is alive.
    pub(super) fn pulse(&self) {
        self.pulse.store(linux::clock::boot_ns(), Ordering::Relaxed);
    }

    /// When the thread that looks was last known to be alive, nanoseconds since boot.
    pub fn last_pulse(&self) -> u64 {
        self.pulse.load(Ordering::Relaxed)
    }

    /// Tells what has changed: to the history first, so that nobody hears of what could be lost.
    pub(crate) fn tell(&self, at: jiff::Timestamp, changes: impl IntoIterator<Item = Change>) {
        for change in changes {
            let event = NewEvent {
                at: at.as_millisecond(),
                kind: change.kind.to_owned(),
                server: change.server.clone(),
                severity: Some(summary_severity(change.severity).to_owned()),
                title: change.title.clone(),
                data: change.data.clone(),
            };
            let id = self
                .history
                .event(event)
                .inspect_err(|error| {
                    self.figures.history_error();
                    tracing::warn!("an event could not be kept: {error}");
                })
                .ok();
            let live = json!({
                "id": id,
                "at": at,
                "severity": change.severity,
                "server": change.server,
                "title": change.title,
                "data": change.data,
            });
            match &change.server {
                Some(server) => self.hub.publish_about(change.kind, server, &live),
                None => self.hub.publish(change.kind, &live),
            }
        }
    }

    /// Keeps the findings of now: those that are new are opened, those that are gone are closed.
    pub(super) fn keep_findings(&self, at: jiff::Timestamp, rows: Vec<history::FindingRow>) {
        if let Err(error) = self.history.findings_seen(at.as_millisecond(), rows) {
            self.figures.history_error();
            tracing::warn!("findings could not be kept: {error}");
        }
    }

    /// Keeps how all is now.
    pub(super) fn keep_summary(&self, at: jiff::Timestamp, picture: &Picture) {
        let summary = serde_json::to_vec(&report::summary(picture)).unwrap_or_default();
        let kept = self
            .history
            .put_snapshot(at.as_millisecond(), "summary", summary);
        if let Err(error) = kept {
            self.figures.history_error();
            tracing::warn!("a summary could not be kept: {error}");
        }
    }

    /// Notes a command before it is carried out, so that one that was cut short is known too.
    pub(crate) fn begin(&self, actor: &str, command: &str, target: &str) {
        let entry = NewAudit {
            at: linux::clock::now().wall.as_millisecond(),
            actor: actor.to_owned(),
            command: command.to_owned(),
            target: target.to_owned(),
            phase: "begin".to_owned(),
            outcome: None,
            data: serde_json::Value::Null,
        };
        if let Err(error) = self.history.audit(entry) {
            self.figures.history_error();
            tracing::error!("the audit entry of `{command}` could not be kept: {error}");
        }
    }

    /// Notes what the policy does, or would do.
    pub(super) fn audit_act(&self, entry: NewAudit) {
        let live = json!({
            "at": entry.at, "actor": entry.actor, "command": entry.command, "target": entry.target,
            "phase": entry.phase, "outcome": entry.outcome, "data": entry.data,
        });
        if let Err(error) = self.history.audit(entry) {
            self.figures.history_error();
            tracing::error!("an audit entry of the policy could not be kept: {error}");
        }
        self.hub.publish("action", &live);
    }

    /// Notes a command and what became of it: in the history, in the log, and for listeners.
    pub(crate) fn audit(
        &self,
        actor: &str,
        command: &str,
        target: &str,
        outcome: Result<(), &str>,
    ) {
        let at = linux::clock::now().wall;
        let words = outcome.err().unwrap_or("done");
        tracing::info!("{command} {target} by {actor}: {words}");
        let entry = NewAudit {
            at: at.as_millisecond(),
            actor: actor.to_owned(),
            command: command.to_owned(),
            target: target.to_owned(),
            phase: "end".to_owned(),
            outcome: Some(words.to_owned()),
            data: serde_json::Value::Null,
        };
        if let Err(error) = self.history.audit(entry) {
            self.figures.history_error();
            tracing::error!("the audit entry of `{command}` could not be kept: {error}");
        }
        let live = json!({
            "at": at, "actor": actor, "command": command, "target": target, "outcome": words,
        });
        self.hub.publish("action", &live);
    }
}
