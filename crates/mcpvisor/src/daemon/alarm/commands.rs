//! What people order about alerts: each is carried out, audited, and then seen by everybody.

use super::{Alarm, changes};
use crate::daemon::Daemon;
use crate::daemon::orders::AlarmOrder;

impl Alarm {
    /// Carries an order out and answers it. Nobody may be waiting for the answer any more.
    pub(in crate::daemon) fn carry_out(&mut self, order: AlarmOrder, daemon: &Daemon) {
        let now = linux::clock::now();
        match order {
            AlarmOrder::Acknowledge { id, by, reply } => {
                let actor = by.by.clone();
                let done = self.acknowledge(&id, by, now);
                let why = done.as_ref().err().map(ToString::to_string);
                self.note(
                    daemon,
                    &actor,
                    "acknowledge",
                    &format!("alert {id}"),
                    why.as_deref(),
                );
                drop(reply.send(done));
            }
            AlarmOrder::Clear { ids, actor, reply } => {
                let cleared = self.clear(&ids, now);
                daemon.tell(now.wall, changes(&cleared));
                let count = cleared.len();
                self.note(daemon, &actor, "clear", &format!("{count} alerts"), None);
                reply.send(count).unwrap_or_default();
            }
            AlarmOrder::Silence { silence, reply } => {
                let (actor, id) = (silence.created_by.clone(), silence.id.clone());
                let done = self.silence(silence, now);
                let why = done.as_ref().err().map(ToString::to_string);
                self.note(daemon, &actor, "silence", &id, why.as_deref());
                drop(reply.send(done));
            }
            AlarmOrder::Expire { id, actor, reply } => {
                let done = self.expire(&id, now);
                let why = done.as_ref().err().map(ToString::to_string);
                self.note(daemon, &actor, "expire silence", &id, why.as_deref());
                drop(reply.send(done));
            }
        }
    }

    fn note(&self, daemon: &Daemon, actor: &str, command: &str, target: &str, why: Option<&str>) {
        daemon.set_alarms(self.view());
        daemon.audit(actor, command, target, why.map_or(Ok(()), Err));
    }
}
