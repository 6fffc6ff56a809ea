//! What must outlive the program: alerts with their clocks, silences, what was told, and notices that
//! have not arrived.

use std::collections::BTreeMap;

use alerting::dispatch::Kept;
use alerting::engine::{Saved, Transition, What};
use alerting::mute::Silence;
use alerting::{Alert, Notice, State};
use history::{AlertQuery, AlertRow, Changes, Document, History, Json};
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Kinds of documents.
pub(super) const NOTICE: &str = "notice";
const SILENCE: &str = "silence";
const TOLD: &str = "told";
/// Alerts that are taken up again at most.
const MOST_RESTORED: usize = 50_000;
/// Alerts that are written in one transaction at most.
const TOGETHER: usize = 100;
/// Changes that wait for the disk at most; the newest stay.
const MOST_WAITING: usize = 20_000;

/// Writes it, and remembers what could not be written.
pub(super) struct Keeper {
    history: History,
    alerts: BTreeMap<String, AlertRow>,
    put: BTreeMap<(String, String), Document>,
    /// Alerts that came to nothing.
    gone: Vec<String>,
    is_failing: bool,
}

impl Keeper {
    pub(super) fn new(history: History) -> Self {
        Self {
            history,
            alerts: BTreeMap::new(),
            put: BTreeMap::new(),
            gone: Vec::new(),
            is_failing: false,
        }
    }

    /// Alerts that were pending or firing.
    pub(super) fn alerts(&self) -> Vec<Saved> {
        let mut all = Vec::new();
        for state in [State::Pending, State::Firing] {
            let query = AlertQuery {
                state: Some(state.name().to_owned()),
                limit: Some(MOST_RESTORED),
                ..AlertQuery::default()
            };
            match self.history.alerts(&query) {
                Ok(rows) => all.extend(rows.into_iter().filter_map(|row| read(&row.id, &row.data))),
                Err(error) => tracing::error!("alerts could not be taken up again: {error}"),
            }
        }
        all
    }

    /// Silences.
    pub(super) fn silences(&self) -> Vec<Silence> {
        self.documents(SILENCE)
    }

    /// What receivers were told.
    pub(super) fn told(&self) -> Kept {
        self.documents(TOLD).pop().unwrap_or_default()
    }

    fn documents<T: DeserializeOwned>(&self, kind: &str) -> Vec<T> {
        match self.history.documents(kind) {
            Ok(all) => all
                .into_iter()
                .filter_map(|one| read(&one.id, &one.data))
                .collect(),
            Err(error) => {
                tracing::error!("what was kept as `{kind}` could not be read: {error}");
                Vec::new()
            }
        }
    }

    /// Alerts are as `saved` now; those that are over are in `transitions` only.
    pub(super) fn alerts_changed(
        &mut self,
        saved: impl Iterator<Item = Saved>,
        transitions: &[Transition],
    ) {
        for saved in saved {
            self.put_alert(&saved.alert, &saved);
        }
        for Transition { what, alert } in transitions {
            if *what == What::Resolved {
                let over = Over { alert };
                self.put_alert(alert, &over);
            } else if *what == What::Dropped {
                self.alerts.remove(&alert.id);
                self.gone.push(alert.id.clone());
            }
        }
    }

    fn put_alert(&mut self, alert: &Alert, data: &impl Serialize) {
        let row = AlertRow {
            id: alert.id.clone(),
            rule: alert.rule.clone(),
            server: alert.labels.get("server").cloned(),
            severity: alert.severity.name().to_owned(),
            state: alert.state.name().to_owned(),
            since: alert.starts_at.unwrap_or(alert.active_at).as_millisecond(),
            updated: alert.updated_at.as_millisecond(),
            data: Json::of(data),
        };
        self.alerts.insert(row.id.clone(), row);
    }

    /// A silence was made or has changed.
    pub(super) fn silence_changed(&mut self, silence: &Silence) {
        self.put(SILENCE, &silence.id, silence.ends_at, silence);
    }

    /// What was told has changed.
    pub(super) fn told_changed(&mut self, kept: &Kept) {
        self.put(TOLD, "all", Timestamp::UNIX_EPOCH, kept);
    }

    /// Notices must not be lost from now on.
    pub(super) fn notices_made(&mut self, notices: &[Notice]) {
        for notice in notices {
            self.put(NOTICE, &notice.id, notice.made_at, notice);
        }
    }

    fn put(&mut self, kind: &str, id: &str, at: Timestamp, data: &impl Serialize) {
        let document = Document {
            kind: kind.to_owned(),
            id: id.to_owned(),
            at: at.as_millisecond(),
            data: Json::of(data),
        };
        self.put.insert((kind.to_owned(), id.to_owned()), document);
    }

    /// Writes all of it: in one transaction, but for alerts beyond the first hundred, since `SQLite` keeps
    /// in memory what a transaction of ours overwrites. Those come later, so a crash in between leaves them
    /// as they were: what was told of them is known, and they are judged again. What cannot be written is
    /// tried again with the next change.
    pub(super) fn flush(&mut self) {
        if self.alerts.is_empty() && self.put.is_empty() && self.gone.is_empty() {
            return;
        }
        match self.write() {
            Ok(()) => {
                if self.is_failing {
                    tracing::info!("alerts are kept again");
                }
                self.is_failing = false;
            }
            Err(error) => {
                if !self.is_failing {
                    tracing::error!(
                        "alerts cannot be kept over a restart until the history can be written again: {error}"
                    );
                }
                self.is_failing = true;
                while self.put.len() + self.alerts.len() > MOST_WAITING {
                    self.alerts.pop_first();
                    self.put.pop_first();
                }
            }
        }
    }

    fn write(&mut self) -> Result<(), history::Error> {
        let gone = std::mem::take(&mut self.gone);
        if !gone.is_empty() {
            self.history.remove_alerts(gone)?;
        }
        while !self.alerts.is_empty() || !self.put.is_empty() {
            let rows = self.alerts.values().take(TOGETHER);
            let changes = Changes {
                alerts: rows.cloned().collect(),
                put: self.put.values().cloned().collect(),
                ..Changes::default()
            };
            self.history.change(changes)?;
            self.put.clear();
            for _ in 0..TOGETHER.min(self.alerts.len()) {
                self.alerts.pop_first();
            }
        }
        Ok(())
    }
}

/// An alert that is over has no clocks.
#[derive(Serialize)]
struct Over<'a> {
    alert: &'a Alert,
}

fn read<T: DeserializeOwned>(id: &str, data: &Json) -> Option<T> {
    data.read()
        .inspect_err(|error| tracing::warn!("`{id}` of an earlier version is left out: {error}"))
        .ok()
}
