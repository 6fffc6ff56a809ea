//! A change of what must outlive the program: alerts, documents and events that belong together, all
//! of them written or none.

use rusqlite::Connection;

use super::alerts::{self, AlertRow};
use super::documents::{self, Document, Limits};
use super::events::{self, NewEvent};
use crate::Error;

/// A row that changes can cost a page of the log: a third of one here, because room is made for
/// three times the bytes.
const ROW: usize = 1_536;

/// What is written together. Documents are removed before others are put.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Changes {
    /// Alerts to be written; one with the same id is replaced.
    pub alerts: Vec<AlertRow>,
    /// Documents to be written; one with the same kind and id is replaced.
    pub put: Vec<Document>,
    /// Kinds and ids of documents to be removed, if they are there.
    pub remove: Vec<(String, String)>,
    /// Events to be written.
    pub events: Vec<NewEvent>,
}

impl Changes {
    /// Whether there is nothing to be written.
    pub fn is_empty(&self) -> bool {
        self.alerts.is_empty()
            && self.put.is_empty()
            && self.remove.is_empty()
            && self.events.is_empty()
    }

    /// About how many bytes it needs.
    pub(crate) fn bytes(&self) -> usize {
        let alerts = self.alerts.iter().map(alert_bytes);
        let put = self.put.iter().map(document_bytes);
        let events = self
            .events
            .iter()
            .map(|event| event.title.len() + event.data.to_string().len());
        alerts.chain(put).chain(events).sum::<usize>()
            + removed_bytes(self.remove.len() + self.events.len())
    }

    /// Refuses what cannot fit whatever else there is, before room is made for it.
    pub(crate) fn check(&self, limits: Limits) -> Result<(), Error> {
        let sizes = self
            .put
            .iter()
            .map(|one| documents::size(&one.kind, &one.id, one.data.as_str()));
        if sizes.sum::<i64>() > limits.bytes {
            return Err(Error::DocumentsTooLarge {
                limit: limits.bytes.unsigned_abs(),
            });
        }
        Ok(())
    }

    /// Writes it in the transaction that is open, and returns the numbers of the events.
    pub(crate) fn write(&self, connection: &Connection, limits: Limits) -> Result<Vec<u64>, Error> {
        let failed = Error::database("write");
        alerts::put(connection, &self.alerts).map_err(&failed)?;
        documents::change(connection, &self.remove, &self.put, limits)?;
        let events = self.events.iter();
        events
            .map(|event| events::insert(connection, event).map_err(&failed))
            .collect()
    }
}

/// About how many bytes an alert needs.
pub(crate) fn alert_bytes(row: &AlertRow) -> usize {
    ROW + row.data.as_str().len()
}

/// About how many bytes a document needs.
pub(crate) fn document_bytes(document: &Document) -> usize {
    ROW + document.id.len() + document.data.as_str().len()
}

/// About how many bytes it needs to remove rows.
pub(crate) fn removed_bytes(rows: usize) -> usize {
    rows * ROW
}
