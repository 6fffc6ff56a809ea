//! A look as listeners get it: enough to draw a page, little enough for hundreds of them.

use super::level::Level;
use super::snapshot::Snapshot;
use crate::report::{Summary, Word};

/// A look for listeners.
#[derive(serde::Serialize)]
pub struct LiveSnapshot<'a> {
    number: u64,
    taken_at: jiff::Timestamp,
    level: Level,
    summary: Summary,
    servers: Vec<LiveServer<'a>>,
}

#[derive(serde::Serialize)]
struct LiveServer<'a> {
    id: &'a str,
    name: &'a str,
    owner: &'a str,
    state: Word,
    totals: crate::report::Totals,
}

impl<'a> LiveSnapshot<'a> {
    pub(super) fn of(snapshot: &'a Snapshot) -> Self {
        let picture = &snapshot.picture;
        let inventory = &picture.inventory;
        Self {
            number: snapshot.number,
            taken_at: picture.table.moment.wall,
            level: snapshot.level,
            summary: crate::report::summary(picture),
            servers: inventory
                .servers
                .iter()
                .chain(&inventory.watched)
                .map(|server| LiveServer {
                    id: &server.id,
                    name: &server.name,
                    owner: &server.owner.name,
                    state: server.state.name().into(),
                    totals: crate::report::server_totals(&picture.table, server),
                })
                .collect(),
        }
    }
}
