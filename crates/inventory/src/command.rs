//! What a command line runs: program, package, script, and whether it only launches.
//!
//! The same server shows itself in many ways: `npx -y @scope/pkg`, the title `npm
//! exec @scope/pkg` that npm gives itself, `sh -c 'mcp-server-memory'`, `node
//! …/node_modules/.bin/mcp-server-memory`. [`Command::parse`] brings them to one form
//! by taking launchers off one after the other, without looking at the disk.

use std::borrow::Cow;

mod interpreters;
mod launchers;
mod package;

pub(crate) use launchers::{has_ending, is_python};
pub use package::{Package, Registry, package_in_path};

/// A command line, taken apart.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Command {
    /// The process only starts another one and waits for it.
    pub launcher: Option<Launcher>,
    /// Base name of the program that does the work: `node`, `mcp-server-time`. For a launcher
    /// this is what it launches, as far as its arguments tell.
    pub program: String,
    /// Path of the script or name of the module that an interpreter runs.
    pub script: Option<String>,
    /// The package that it comes from, as the command line tells.
    pub package: Option<Package>,
    /// Arguments after program and script.
    pub args: Vec<String>,
}

/// Kinds of launchers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Launcher {
    /// `npx`, `npm exec`, `pnpm dlx`, `yarn dlx`, `bunx`.
    Npm,
    /// `uvx`, `uv run`, `pipx run`.
    Python,
    /// `sh -c`, a shell that runs a script, `cmd /c`.
    Shell,
    /// `docker run`, `podman run`.
    Container,
    /// `env`, `nohup`, `timeout`, `tini`, `mcpvisor run` and the like.
    Prefix,
}

impl Command {
    /// Takes a command line apart. `None` if it is empty.
    pub fn parse(argv: &[String]) -> Option<Self> {
        let words = title_words(argv);
        let mut command = launchers::strip(&words, 0)?;
        if command.package.is_none() {
            command.package = command
                .script
                .as_deref()
                .and_then(package_in_path)
                .or_else(|| words.first().and_then(|word| package_in_path(word)));
        }
        Some(command)
    }

    /// A shell that works through a script of its own.
    pub fn runs_a_script(&self) -> bool {
        self.launcher == Some(Launcher::Shell) && self.program == "sh" && self.script.is_some()
    }

    /// The names that say what this is, the strongest first: package, script, program.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let package = self.package.as_ref().map(|package| package.name.as_str());
        let script = self.script.as_deref().map(stem);
        package
            .into_iter()
            .chain(script)
            .chain([self.program.as_str()])
    }
}

/// A program that sets its title overwrites its arguments with one string: npm does.
fn title_words(argv: &[String]) -> Cow<'_, [String]> {
    if let [title, rest @ ..] = argv
        && rest.iter().all(String::is_empty)
        && (title.starts_with("npm ") || title.starts_with("npx ") || title.starts_with("pnpm "))
    {
        return title.split_whitespace().map(String::from).collect();
    }
    Cow::Borrowed(argv)
}

/// Last part of a path, without a version or an ending that only says the language.
pub fn stem(path: &str) -> &str {
    let name = base_name(path);
    for ending in [
        ".js", ".mjs", ".cjs", ".ts", ".mts", ".py", ".rb", ".jar", ".dll", ".exe",
    ] {
        if let Some(stem) = name.strip_suffix(ending)
            && !stem.is_empty()
        {
            return stem;
        }
    }
    name
}

/// Last part of a path.
pub fn base_name(path: &str) -> &str {
    path.rsplit('/')
        .find(|part| !part.is_empty())
        .unwrap_or(path)
}

#[cfg(test)]
mod tests;
