//! What a changed configuration asks for: only what changed in what it runs is restarted.

use std::collections::BTreeMap;

use crate::spec::Spec;

/// What becomes of each server. The caller gives orders in the [order](crate::order) of the servers: first
/// stops, then [`Configured`](crate::lifecycle::Event::Configured) for `restarted` and `adjusted`, then
/// starts. A server that somebody has stopped stays so: its machine knows, and restarts nothing then.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// New ones.
    pub started: Vec<String>,
    /// Those that are gone.
    pub stopped: Vec<String>,
    /// Those that run something else now.
    pub restarted: Vec<Restarted>,
    /// Those that are kept in another way (restart policy, times, readiness, dependencies), which is taken
    /// into force while they run.
    pub adjusted: Vec<String>,
    /// Those that are as they were.
    pub left_alone: Vec<String>,
}

/// A server that runs something else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restarted {
    /// Its name.
    pub name: String,
    /// What changed, for people: names only, no values.
    pub what: Vec<String>,
}

impl Changes {
    /// Is there nothing to do?
    pub fn is_empty(&self) -> bool {
        self.started.is_empty()
            && self.stopped.is_empty()
            && self.restarted.is_empty()
            && self.adjusted.is_empty()
    }
}

/// What changes from the servers `old` to the servers `new`; names are unique in each. A server under
/// another name is another server.
pub fn changes(old: &[Spec], new: &[Spec]) -> Changes {
    let before: BTreeMap<&str, &Spec> = by_name(old);
    let after: BTreeMap<&str, &Spec> = by_name(new);
    let gone = old
        .iter()
        .filter(|spec| !after.contains_key(spec.name.as_str()));
    let mut changes = Changes {
        stopped: gone.map(|spec| spec.name.clone()).collect(),
        ..Changes::default()
    };
    for spec in new {
        let name = spec.name.clone();
        match before.get(spec.name.as_str()) {
            None => changes.started.push(name),
            Some(old) if old.runs != spec.runs => changes.restarted.push(Restarted {
                what: old.runs.differences(&spec.runs),
                name,
            }),
            Some(old) if *old != spec => changes.adjusted.push(name),
            Some(_) => changes.left_alone.push(name),
        }
    }
    changes
}

fn by_name(specs: &[Spec]) -> BTreeMap<&str, &Spec> {
    specs
        .iter()
        .map(|spec| (spec.name.as_str(), spec))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::spec::{Hidden, Readiness, RestartPolicy, Runs, Value};

    fn spec(name: &str) -> Spec {
        let runs = Runs {
            program: name.to_owned(),
            ..Runs::default()
        };
        Spec::new(name, runs)
    }

    fn names(restarted: &[Restarted]) -> Vec<&str> {
        restarted
            .iter()
            .map(|server| server.name.as_str())
            .collect()
    }

    #[test]
    fn each_server_has_one_fate() {
        let old = [spec("same"), spec("gone"), spec("other"), spec("kept")];
        let mut new = [spec("new"), spec("same"), spec("kept"), spec("other")];
        new[2].restart.policy = RestartPolicy::Always;
        new[3].runs.arguments.push("--verbose".to_owned());
        let found = changes(&old, &new);
        assert_eq!(found.started, ["new"]);
        assert_eq!(found.stopped, ["gone"]);
        assert_eq!(names(&found.restarted), ["other"]);
        assert_eq!(found.restarted[0].what, ["arguments"]);
        assert_eq!(found.adjusted, ["kept"]);
        assert_eq!(found.left_alone, ["same"]);
        assert!(!found.is_empty());
        assert!(changes(&old, &old).is_empty());
    }

    #[test]
    fn what_restarts_and_what_does_not() {
        type Change = fn(&mut Spec);
        let cases: [(&str, Change, bool); 10] = [
            ("program", |spec| spec.runs.program.push('2'), true),
            ("user", |spec| spec.runs.user = Some("ada".to_owned()), true),
            (
                "environment",
                |spec| {
                    let value = Value::Plain(Hidden("s3cret".to_owned()));
                    spec.runs.environment.insert("TOKEN".to_owned(), value);
                },
                true,
            ),
            (
                "readiness",
                |spec| spec.readiness = Readiness::Port(80),
                false,
            ),
            (
                "dependencies",
                |spec| spec.depends_on.push("db".to_owned()),
                false,
            ),
            ("grace", |spec| spec.stop.kill_after = Duration::ZERO, false),
            ("start", |spec| spec.start.quiet = Duration::ZERO, false),
            (
                "policy",
                |spec| spec.restart.policy = RestartPolicy::Never,
                false,
            ),
            ("codes", |spec| spec.restart.success.clear(), false),
            ("slow", |spec| spec.restart.slow = Duration::ZERO, false),
        ];
        for (what, change, restarts) in cases {
            let mut new = spec("one");
            change(&mut new);
            let found = changes(&[spec("one")], &[new]);
            assert_eq!(found.restarted.len(), usize::from(restarts), "{what}");
            assert_eq!(found.adjusted.len(), usize::from(!restarts), "{what}");
            assert!(!format!("{found:?}").contains("s3cret"));
        }
    }

    #[test]
    fn another_order_is_no_change() {
        let found = changes(&[spec("a"), spec("b")], &[spec("b"), spec("a")]);
        assert!(found.is_empty());
        assert_eq!(found.left_alone, ["b", "a"]);
    }
}
