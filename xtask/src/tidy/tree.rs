//! The text files of the repository in memory; a test makes one from literals.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

/// What is made, fetched or not ours.
const PASSED_OVER: [&str; 4] = [".git", "target", "node_modules", ".venv"];

/// A text file.
#[derive(Debug)]
pub(crate) struct File {
    /// From the repository's root, with `/`.
    pub(crate) path: String,
    pub(crate) text: String,
}

/// All text files, by path.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    files: Vec<File>,
}

impl Tree {
    /// Reads a folder. Files that are no UTF-8 (samples of bad input) hold no text of ours.
    pub(crate) fn read(root: &Path) -> Result<Self> {
        let mut tree = Self::default();
        tree.add(root, root)?;
        tree.files.sort_by(|left, right| left.path.cmp(&right.path));
        Ok(tree)
    }

    pub(crate) fn files(&self) -> &[File] {
        &self.files
    }

    /// Rust source, ours all of it.
    pub(crate) fn rust(&self) -> impl Iterator<Item = &File> {
        let is_rust = |file: &&File| Path::new(&file.path).extension().is_some_and(|e| e == "rs");
        self.files.iter().filter(is_rust)
    }

    fn add(&mut self, root: &Path, folder: &Path) -> Result<()> {
        let entries =
            fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
        for entry in entries {
            let entry = entry.with_context(|| format!("cannot list {}", folder.display()))?;
            let (path, kind) = (entry.path(), entry.file_type()?);
            let name = entry.file_name();
            if kind.is_dir() && !PASSED_OVER.iter().any(|passed| name == *passed) {
                self.add(root, &path)?;
            }
            // A test of another crate may have removed its temporary file since the listing.
            if kind.is_file()
                && let Ok(text) = fs::read_to_string(&path)
            {
                let path = path.strip_prefix(root).unwrap_or(&path);
                let path = path.to_string_lossy().into_owned();
                self.files.push(File { path, text });
            }
        }
        Ok(())
    }

    /// A tree from literal files.
    #[cfg(test)]
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let file = |(path, text): &(&str, &str)| File {
            path: (*path).to_owned(),
            text: (*text).to_owned(),
        };
        Self {
            files: files.iter().map(file).collect(),
        }
    }
}

/// A file's lines with their numbers, without the unit tests at its end: what a rule about shipped
/// code reads.
pub(crate) fn shipped_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let is_code = |line: &&str| line.trim() != "#[cfg(test)]";
    text.lines()
        .take_while(is_code)
        .enumerate()
        .map(|(index, line)| (index + 1, line))
}
