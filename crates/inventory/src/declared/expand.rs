//! `${NAME}` in commands, arguments and URLs.
//!
//! Clients fill these in when they start a server, so a running process shows the
//! result while the file shows the name. Expanded text serves for matching only. What
//! cannot be known (`${input:token}`, an unset variable) stays as it is written:
//! matching then has one argument less to compare, and nothing fails.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

/// Longest text that is still expanded, in bytes; the kernel takes no longer argument
/// (`MAX_ARG_STRLEN`).
const MAX_BYTES: usize = 128 * 1024;

/// Values of environment variables for `${NAME}`. They may be secrets: `Debug` shows
/// only how many there are.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Variables(BTreeMap<String, String>);

impl Variables {
    /// The value of a variable.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Variables {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(variables: I) -> Self {
        Self(
            variables
                .into_iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
        )
    }
}

impl fmt::Debug for Variables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Variables({})", self.0.len())
    }
}

/// What the names in one file stand for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Names<'a> {
    pub(super) variables: &'a Variables,
    pub(super) home: &'a Path,
    /// The project's folder, for files of a project.
    pub(super) workspace: Option<&'a Path>,
    /// The plugin's folder, for files of a plugin.
    pub(super) plugin: Option<&'a Path>,
}

impl Names<'_> {
    /// The text with every known name replaced.
    pub(super) fn expand(&self, text: &str) -> String {
        let mut expanded = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(start) = rest.find("${") {
            let Some(length) = rest[start..].find('}') else {
                break;
            };
            let (before, reference) = (&rest[..start], &rest[start..=start + length]);
            expanded.push_str(before);
            match self.value(&reference[2..reference.len() - 1]) {
                Some(value) => expanded.push_str(&value),
                None => expanded.push_str(reference),
            }
            if expanded.len() > MAX_BYTES {
                return text.to_owned();
            }
            rest = &rest[start + length + 1..];
        }
        expanded.push_str(rest);
        expanded
    }

    /// What stands for the inside of `${..}`.
    fn value(&self, name: &str) -> Option<String> {
        let path = |path: Option<&Path>| path.map(|path| path.to_string_lossy().into_owned());
        match name {
            "userHome" => return path(Some(self.home)),
            "workspaceFolder" => return path(self.workspace),
            "workspaceFolderBasename" => {
                return path(self.workspace.and_then(Path::file_name).map(Path::new));
            }
            "CLAUDE_PLUGIN_ROOT" if self.plugin.is_some() => return path(self.plugin),
            "pathSeparator" | "/" => return Some("/".to_owned()),
            _ => {}
        }
        let name = name.strip_prefix("env:").unwrap_or(name);
        let (name, default) = match name.split_once(":-") {
            Some((name, default)) => (name, Some(default)),
            None => (name, None),
        };
        // As in a shell, `:-` also stands in for an empty value.
        let value = self
            .variables
            .get(name)
            .filter(|value| default.is_none() || !value.is_empty());
        value.or(default).map(str::to_owned)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{MAX_BYTES, Names, Variables};

    fn check(text: &str, expected: &str) {
        let variables =
            Variables::from_iter([("ROOT", "/srv"), ("EMPTY", ""), ("WIDE", &"w".repeat(9000))]);
        let names = Names {
            variables: &variables,
            home: Path::new("/home/ada"),
            workspace: Some(Path::new("/home/ada/app")),
            plugin: None,
        };
        assert_eq!(names.expand(text), expected, "{text}");
    }

    #[test]
    fn names_are_replaced() {
        check("${ROOT}/x", "/srv/x");
        check("a${env:ROOT}b${ROOT}c", "a/srvb/srvc");
        check("${userHome}/.cache", "/home/ada/.cache");
        check("${workspaceFolder}${/}x", "/home/ada/app/x");
        check("${workspaceFolderBasename}", "app");
    }

    #[test]
    fn defaults_stand_in() {
        check("${NONE:-8080}", "8080");
        check("${ROOT:-8080}", "/srv");
        check("${EMPTY:-8080}", "8080");
        check("${EMPTY}", "");
        check("${env:NONE:-}", "");
    }

    #[test]
    fn the_unknown_stays() {
        for text in [
            "${NONE}",
            "${input:token}",
            "${CLAUDE_PLUGIN_ROOT}/x",
            "${ROOT",
            "$ROOT",
            "${}",
            "ü${",
        ] {
            check(text, text);
        }
        check("${NONE}${ROOT}", "${NONE}/srv");
    }

    #[test]
    fn growth_is_bounded() {
        let text = "${WIDE}".repeat(MAX_BYTES / 9000 + 1);
        check(&text, &text);
    }
}
