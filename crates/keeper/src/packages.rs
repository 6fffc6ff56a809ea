//! Which servers wait for another's download.
//!
//! Two `npx` that fetch one package at the same time write into one cache and spoil it for each other. So
//! the first start of a package is made alone; once it has run, all may start at will.

use std::collections::{BTreeMap, BTreeSet};

/// Packages by name.
#[derive(Debug, Default)]
pub(crate) struct Packages {
    /// They are there.
    fetched: BTreeSet<String>,
    /// They are being fetched, by the start of this server.
    busy: BTreeMap<String, String>,
}

impl Packages {
    /// Whether this server may start now; if so, others wait for it.
    pub(crate) fn may_start(&mut self, package: &str, server: &str) -> bool {
        if self.fetched.contains(package) {
            return true;
        }
        let who = self
            .busy
            .entry(package.to_owned())
            .or_insert_with(|| server.to_owned());
        who == server
    }

    /// Its start has come to an end.
    pub(crate) fn done(&mut self, package: &str, server: &str, is_there: bool) {
        if self.busy.get(package).is_some_and(|who| who == server) {
            self.busy.remove(package);
        }
        if is_there {
            self.fetched.insert(package.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Packages;

    #[test]
    fn the_first_start_is_made_alone() {
        let mut packages = Packages::default();
        assert!(packages.may_start("server-memory", "a"));
        assert!(
            packages.may_start("server-memory", "a"),
            "it waits for nobody but itself"
        );
        assert!(!packages.may_start("server-memory", "b"));
        assert!(packages.may_start("server-github", "c"));
        packages.done("server-memory", "b", false);
        assert!(
            !packages.may_start("server-memory", "b"),
            "it was not the one that fetched"
        );
        packages.done("server-memory", "a", false);
        assert!(packages.may_start("server-memory", "b"), "the next tries");
        assert!(!packages.may_start("server-memory", "a"));
        packages.done("server-memory", "b", true);
        assert!(packages.may_start("server-memory", "a"));
        assert!(packages.may_start("server-memory", "d"));
    }
}
