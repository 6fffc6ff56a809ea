//! Which objects exist at a look, whether anything else of them was measured or not.

use std::sync::Arc;

use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};
use model::metric::table as metrics;
use model::{Measurement, Metric};

use crate::rule::Scope;

/// What a look lists.
pub(super) struct Presence<'a> {
    /// Name and owner of servers, and whether they run.
    servers: HashMap<(&'a str, &'a str), bool>,
    /// Owners that are listed, and whether a server of theirs runs.
    owners: HashMap<&'a str, bool>,
    gateways: HashSet<&'a str>,
}

impl<'a> Presence<'a> {
    pub(super) fn of(measurements: &'a [Measurement]) -> Self {
        let mut found = Self {
            servers: HashMap::new(),
            owners: HashMap::new(),
            gateways: HashSet::new(),
        };
        for measurement in measurements {
            let metric = measurement.metric;
            match &*measurement.labels {
                [server, owner] if std::ptr::eq(metric, metrics::SERVER_UP) => {
                    let is_up = measurement.value > 0.0;
                    found.servers.insert((server, owner), is_up);
                    *found.owners.entry(owner).or_default() |= is_up;
                }
                [owner] if std::ptr::eq(metric, metrics::OWNER_SERVERS) => {
                    found.owners.entry(owner).or_default();
                }
                [gateway, _] if std::ptr::eq(metric, metrics::GATEWAY_SERVERS) => {
                    found.gateways.insert(gateway);
                }
                _ => {}
            }
        }
        found
    }

    /// Is there something that `metric` of an object could be measured of? `None`: that is not known
    /// of such objects. What adds up over servers is gone when no server is left, though its owner and
    /// the machine are there.
    pub(super) fn is_there(
        &self,
        scope: Scope,
        object: &[Arc<str>],
        metric: Option<&Metric>,
    ) -> Option<bool> {
        let is_of = |label| metric.is_some_and(|metric| metric.labels.contains(&label));
        match (scope, object) {
            (Scope::Server | Scope::Process, [server, owner, ..]) => {
                let key: (&str, &str) = (server, owner);
                Some(self.servers.get(&key).copied().unwrap_or(false))
            }
            (Scope::Owner, [owner, ..]) => {
                let running = self.owners.get(&**owner).copied();
                Some(running.is_some_and(|running| running || !is_of("server")))
            }
            (Scope::Gateway, [gateway, ..]) => Some(self.gateways.contains(&**gateway)),
            (Scope::Machine | Scope::Container, []) => Some(if is_of("server") {
                self.owners.values().any(|running| *running)
            } else if is_of("owner") {
                !self.owners.is_empty()
            } else if is_of("gateway") {
                !self.gateways.is_empty()
            } else {
                true
            }),
            _ => None,
        }
    }
}
