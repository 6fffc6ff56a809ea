//! Which server waits for which: dependencies start first and stop last.

use std::collections::{BTreeMap, BTreeSet};

/// Why servers cannot be put in order.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OrderError {
    /// They wait for each other.
    #[error(
        "servers wait for each other: {}; remove one of these from `depends_on`",
        arrows(.0)
    )]
    Cycle(
        /// Each depends on the next, and the last on the first.
        Vec<String>,
    ),
    /// It depends on a server that is not configured.
    #[error(
        "server `{server}` depends on `{dependency}`, which is not configured; add it, or remove it from `depends_on`"
    )]
    Unknown {
        /// Which server.
        server: String,
        /// What it depends on.
        dependency: String,
    },
    /// Two servers have one name.
    #[error("two servers are named `{0}`; give one of them another name")]
    Twice(
        /// The name.
        String,
    ),
}

fn arrows(names: &[String]) -> String {
    let again = names.first();
    let names = names.iter().chain(again).map(|name| format!("`{name}`"));
    names.collect::<Vec<_>>().join(" → ")
}

/// Servers in an order in which each comes after those that it depends on; otherwise in that of the
/// configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Order {
    names: Vec<String>,
    /// By server: what it depends on.
    needs: BTreeMap<String, BTreeSet<String>>,
    /// By server: what depends on it.
    needed_by: BTreeMap<String, BTreeSet<String>>,
}

impl Order {
    /// Puts servers in order, each given with what it depends on.
    pub fn of<'a>(
        servers: impl IntoIterator<Item = (&'a str, &'a [String])>,
    ) -> Result<Self, OrderError> {
        let mut order = Self::default();
        let mut wanted = Vec::new();
        for (name, depends_on) in servers {
            let needs: BTreeSet<String> = depends_on.iter().cloned().collect();
            if order.needs.insert(name.to_owned(), needs).is_some() {
                return Err(OrderError::Twice(name.to_owned()));
            }
            wanted.push(name.to_owned());
        }
        for (server, needs) in &order.needs {
            for dependency in needs {
                if !order.needs.contains_key(dependency) {
                    return Err(OrderError::Unknown {
                        server: server.clone(),
                        dependency: dependency.clone(),
                    });
                }
                let by = order.needed_by.entry(dependency.clone()).or_default();
                by.insert(server.clone());
            }
        }
        order.names = sort(wanted, &order.needs)?;
        Ok(order)
    }

    /// Names in the order in which servers are started.
    pub fn start(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// Names in the order in which servers are stopped: the other way round.
    pub fn stop(&self) -> impl Iterator<Item = &str> {
        self.names.iter().rev().map(String::as_str)
    }

    /// What a server depends on by itself: it starts when all of these run.
    pub fn needs(&self, name: &str) -> impl Iterator<Item = &str> {
        let needs = self.needs.get(name).into_iter().flatten();
        needs.map(String::as_str)
    }

    /// What depends on a server by itself: when all are stopped, it is stopped when none of these is left.
    pub fn needed_by(&self, name: &str) -> impl Iterator<Item = &str> {
        let by = self.needed_by.get(name).into_iter().flatten();
        by.map(String::as_str)
    }

    /// All that depends on a server, directly or through others, in the order in which they are started:
    /// what a stop of it would leave without.
    pub fn all_that_need(&self, name: &str) -> Vec<&str> {
        let mut found = BTreeSet::from([name]);
        // What depends on something comes after it.
        for server in self.start() {
            if self.needs(server).any(|needed| found.contains(needed)) {
                found.insert(server);
            }
        }
        let others = self.start().filter(|server| *server != name);
        others.filter(|server| found.contains(server)).collect()
    }
}

/// Again and again takes the first of those that wait for nobody any more.
fn sort(
    mut waiting: Vec<String>,
    needs: &BTreeMap<String, BTreeSet<String>>,
) -> Result<Vec<String>, OrderError> {
    let mut sorted: Vec<String> = Vec::with_capacity(waiting.len());
    let mut done: BTreeSet<String> = BTreeSet::new();
    while !waiting.is_empty() {
        let is_free = |name: &String| needs.get(name).is_none_or(|needs| needs.is_subset(&done));
        let Some(at) = waiting.iter().position(is_free) else {
            return Err(OrderError::Cycle(cycle(&waiting, needs, &done)));
        };
        let name = waiting.remove(at);
        done.insert(name.clone());
        sorted.push(name);
    }
    Ok(sorted)
}

/// Each of the waiting waits for another of them, so following them leads round.
fn cycle(
    waiting: &[String],
    needs: &BTreeMap<String, BTreeSet<String>>,
    done: &BTreeSet<String>,
) -> Vec<String> {
    let mut path: Vec<String> = Vec::new();
    let mut at = waiting.first().cloned();
    while let Some(name) = at {
        if let Some(begin) = path.iter().position(|seen| *seen == name) {
            return path.split_off(begin);
        }
        let mut open = needs.get(&name).into_iter().flatten();
        at = open.find(|needed| !done.contains(*needed)).cloned();
        path.push(name);
    }
    path
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use proptest::prelude::*;

    use super::*;

    /// `"web: db cache, db, cache: db"`.
    fn order(text: &str) -> Result<Order, OrderError> {
        let servers: Vec<(String, Vec<String>)> = text
            .split(", ")
            .map(|server| {
                let (name, needs) = server.split_once(": ").unwrap_or((server, ""));
                let needs = needs.split_whitespace().map(str::to_owned);
                (name.to_owned(), needs.collect())
            })
            .collect();
        let servers = servers.iter();
        Order::of(servers.map(|(name, needs)| (name.as_str(), needs.as_slice())))
    }

    #[test]
    fn dependencies_come_first() {
        for (text, expected) in [
            ("a, b, c", "a b c"),
            ("web: db cache, db, cache: db", "db cache web"),
            ("a: c, b, c", "b c a"),
            ("a: b b, b", "b a"),
            ("d: b c, c: a, b: a, a", "a c b d"),
        ] {
            let order = order(text).unwrap();
            let start: Vec<&str> = order.start().collect();
            assert_eq!(start.join(" "), expected, "{text}");
            let mut stop: Vec<&str> = order.stop().collect();
            stop.reverse();
            assert_eq!(stop, start);
        }
    }

    #[test]
    fn what_cannot_be_put_in_order() {
        for (text, says) in [
            ("a: a", "servers wait for each other: `a` → `a`;"),
            (
                "x: a, a: b, b: c d, c: a, d",
                "servers wait for each other: `a` → `b` → `c` → `a`;",
            ),
            ("a: b", "server `a` depends on `b`, which is not configured"),
            ("a, a", "two servers are named `a`"),
        ] {
            let error = order(text).unwrap_err().to_string();
            assert!(error.starts_with(says), "{error}");
        }
    }

    #[test]
    fn who_waits_for_whom() {
        let order = order("web: cache, cache: db, db, log, mail: db").unwrap();
        assert_eq!(order.needs("web").collect::<Vec<_>>(), ["cache"]);
        assert_eq!(order.needed_by("db").collect::<Vec<_>>(), ["cache", "mail"]);
        assert_eq!(order.all_that_need("db"), ["cache", "web", "mail"]);
        assert!(order.all_that_need("web").is_empty());
        assert_eq!(order.needs("unknown").count(), 0);
    }

    proptest! {
        /// Whatever depends on whatever: either each comes after what it needs, or the error names a way round.
        #[test]
        fn either_an_order_or_a_way_round(pairs in prop::collection::vec((0_u8..12, 0_u8..12), 0..20)) {
            let names: Vec<String> = (0..12).map(|number| format!("s{number}")).collect();
            let needs = |server: &String| -> Vec<String> {
                let of = pairs.iter().filter(|(from, _)| format!("s{from}") == *server);
                of.map(|(_, to)| format!("s{to}")).collect()
            };
            let servers: Vec<_> = names.iter().map(|name| (name.clone(), needs(name))).collect();
            match Order::of(servers.iter().map(|(name, needs)| (name.as_str(), needs.as_slice()))) {
                Ok(order) => {
                    let sorted: Vec<&str> = order.start().collect();
                    prop_assert_eq!(sorted.len(), 12);
                    let place = |name: &str| sorted.iter().position(|other| *other == name);
                    for (from, to) in &pairs {
                        let (first, second) = (format!("s{to}"), format!("s{from}"));
                        prop_assert!(place(&first) < place(&second));
                    }
                }
                Err(OrderError::Cycle(names)) => {
                    let next = names.iter().skip(1).chain(names.first());
                    for (name, next) in names.iter().zip(next) {
                        prop_assert!(needs(name).contains(next), "{} does not need {}", name, next);
                    }
                }
                Err(other) => prop_assert!(false, "{}", other),
            }
        }
    }
}
