//! Which declaration an instance comes from.
//!
//! Compared are the command lines along the instance's chain, root to leaf, with each
//! declared command, both in the form of [`Command`]: the same package or the same program
//! is needed, the same arguments and the same owner decide between several. Environments
//! tell entries of one package apart only to their client, since another process's
//! environment is never read: such entries are given out in order of start.

use model::Process;

use crate::Owner;
use crate::command::{Command, base_name, stem};
use crate::declared::{DeclaredServer, Launch};

/// A declaration, its command taken apart once.
pub struct Spec<'a> {
    /// The declaration.
    pub declared: &'a DeclaredServer,
    command: Option<Command>,
    words: Vec<String>,
}

impl<'a> Spec<'a> {
    /// Prepares a declaration; remote ones match no process.
    pub fn new(declared: &'a DeclaredServer) -> Self {
        let words = match &declared.launch {
            Launch::Stdio { command, args, .. } => std::iter::once(command.clone())
                .chain(args.iter().cloned())
                .collect(),
            Launch::Remote { .. } => Vec::new(),
        };
        Self {
            declared,
            command: Command::parse(&words),
            words,
        }
    }

    /// How well a chain of processes fits, 0 to 1; `None` if it is something else.
    pub fn fit(&self, chain: &[Link<'_>], owner: &Owner) -> Option<f64> {
        let wanted = self.command.as_ref()?;
        if !self.is_specific() && self.declared.client != owner.name {
            return None;
        }
        let best = chain
            .iter()
            .filter_map(|link| self.fit_link(wanted, link))
            .max_by(f64::total_cmp)?;
        let owned = if self.declared.client == owner.name {
            0.1
        } else {
            0.0
        };
        Some(best + owned)
    }

    /// Does the declaration name one program or package wherever it is run from? `node server.js`
    /// does not: half the web runs that.
    pub fn is_specific(&self) -> bool {
        let Some(command) = &self.command else {
            return false;
        };
        match (&command.package, &command.script) {
            (Some(_), _) => true,
            (None, Some(script)) => script.starts_with('/') || self.cwd().is_some(),
            (None, None) => {
                let first = self.words.first().map(String::as_str).unwrap_or_default();
                first.starts_with('/') || crate::evidence::by_name(command).is_some()
            }
        }
    }

    fn fit_link(&self, wanted: &Command, link: &Link<'_>) -> Option<f64> {
        if link.process.argv() == self.words {
            return Some(0.9);
        }
        let have = link.command?;
        let package = link.package;
        let same =
            same_package(wanted, have, package) || self.same_program(wanted, have, link.process);
        if !same {
            return None;
        }
        let args = if wanted.args == have.args {
            0.25
        } else if contains_all(&have.args, &wanted.args) || contains_all(&wanted.args, &have.args) {
            0.1
        } else {
            // The same package for something else: two entries of one package differ in arguments.
            return None;
        };
        Some(0.6 + args)
    }

    fn same_program(&self, wanted: &Command, have: &Command, process: &Process) -> bool {
        let facts = &process.sample.facts;
        match (&wanted.script, &have.script) {
            (Some(wanted), Some(have)) => {
                same_path(wanted, have, self.cwd().or(facts.cwd.as_deref()))
            }
            // `/venv/bin/mcp-server-time` is a script that its interpreter runs.
            (None, Some(have)) => {
                let first = self.words.first().map(String::as_str).unwrap_or_default();
                if first.contains('/') && wanted.launcher.is_none() {
                    have == first
                } else {
                    wanted.package.is_none()
                        && stem(have) == wanted.program
                        && !wanted.program.is_empty()
                }
            }
            (None, None) if wanted.package.is_none() && have.package.is_none() => {
                let first = self.words.first().map(String::as_str).unwrap_or_default();
                if first.contains('/') && wanted.launcher.is_none() {
                    facts.exe.as_deref() == Some(first)
                        || process.argv().first().is_some_and(|have| have == first)
                } else {
                    wanted.program == have.program
                        || facts.exe.as_deref().map(base_name) == Some(wanted.program.as_str())
                }
            }
            _ => false,
        }
    }

    fn cwd(&self) -> Option<&str> {
        match &self.declared.launch {
            Launch::Stdio { cwd, .. } => cwd.as_deref(),
            Launch::Remote { .. } => None,
        }
    }
}

/// One process of a chain.
pub struct Link<'a> {
    /// The process.
    pub process: &'a Process,
    /// Its command.
    pub command: Option<&'a Command>,
    /// Name of the package of its script, from the package's metadata.
    pub package: Option<&'a str>,
}

fn same_package(wanted: &Command, have: &Command, found: Option<&str>) -> bool {
    let Some(wanted) = &wanted.package else {
        return false;
    };
    let same =
        |name: &str| wanted.name == name || wanted.name.replace('_', "-") == name.replace('_', "-");
    have.package.as_ref().is_some_and(|package| same(&package.name))
        || found.is_some_and(same)
        // `mcp-server-memory` in `node_modules/.bin`, with the package's metadata out of reach.
        || have.script.as_deref().map(stem).is_some_and(|script| {
            same(script) || script.strip_prefix("mcp-") == Some(wanted.short_name())
        })
        || (have.launcher.is_some() && have.package.is_none() && {
            same(&have.program) || have.program.strip_prefix("mcp-") == Some(wanted.short_name())
        })
}

fn same_path(wanted: &str, have: &str, cwd: Option<&str>) -> bool {
    if wanted == have {
        return true;
    }
    let absolute = |path: &str| match (path.starts_with('/'), cwd) {
        (false, Some(cwd)) => format!("{cwd}/{}", path.trim_start_matches("./")),
        _ => path.to_owned(),
    };
    absolute(wanted) == absolute(have)
}

fn contains_all(all: &[String], some: &[String]) -> bool {
    let mut rest = all.iter();
    some.iter().all(|word| rest.any(|have| have == word))
}

/// Gives each chain its declaration: the best fitting pairs first, each entry of one owner
/// once as long as there are unused ones that fit as well.
///
/// `fits[i]` are the entries that fit chain `i`, with their fit; chains come in order of start
/// and `owners[i]` tells chains of one owner. Returns the entry of each chain.
pub fn assign(fits: &[Vec<(usize, f64)>], owners: &[usize]) -> Vec<Option<usize>> {
    let mut used: Vec<(usize, usize)> = Vec::new();
    fits.iter()
        .zip(owners)
        .map(|(fits, &owner)| {
            let top = fits.iter().map(|(_, fit)| *fit).max_by(f64::total_cmp)?;
            let mut best = fits
                .iter()
                .filter(|(_, fit)| *fit >= top - 1e-9)
                .map(|(entry, _)| *entry);
            let first = best.clone().next()?;
            let chosen = best
                .find(|entry| !used.contains(&(owner, *entry)))
                .unwrap_or(first);
            used.push((owner, chosen));
            Some(chosen)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::assign;

    #[test]
    fn equal_entries_are_given_out_in_order() {
        let both = vec![(4, 0.9), (7, 0.9)];
        let fits = [
            both.clone(),
            both.clone(),
            both.clone(),
            vec![],
            vec![(7, 0.5), (4, 0.6)],
        ];
        assert_eq!(
            assign(&fits, &[1, 1, 1, 1, 2]),
            [Some(4), Some(7), Some(4), None, Some(4)]
        );
    }
}
