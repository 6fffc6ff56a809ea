//! From the places of the table to files that may exist.
//!
//! A path without a star is one file. `*` is looked up in its folder. `**`, for plugins,
//! is a bounded search from above. Places of a project are looked for in the project's
//! folder and those above it, up to the repository (the folder with `.git`) or the home.

use std::collections::{HashSet, VecDeque};
use std::path::{Path, PathBuf};

use super::home::Home;
use super::problem::{Fault, Problem, ProblemKind};
use super::read::{FileReader, ReadError};

/// Most entries of one folder that are looked at.
const MAX_ENTRIES: usize = 2_000;
/// Most folders that a search for plugins looks into, and how deep it goes: a plugin is
/// at `cache/MARKET/PLUGIN/VERSION` or `marketplaces/MARKET/plugins/PLUGIN`.
const MAX_FOLDERS: usize = 2_000;
const MAX_LEVELS: usize = 5;
/// Most project folders, with those above them.
const MAX_PROJECTS: usize = 2_000;

/// The files that a pattern below a folder stands for.
pub(super) fn files(
    reader: &dyn FileReader,
    folder: &Path,
    pattern: &str,
    problems: &mut Vec<Problem>,
) -> Vec<PathBuf> {
    if let Some(above) = pattern.strip_suffix("/**") {
        return plugin_files(reader, &folder.join(above), problems);
    }
    let mut paths = vec![folder.to_path_buf()];
    for segment in pattern.split('/') {
        paths = match segment.split_once('*') {
            None => paths.into_iter().map(|path| path.join(segment)).collect(),
            Some((head, tail)) => paths
                .into_iter()
                .flat_map(|path| matching(reader, &path, head, tail, problems))
                .collect(),
        };
    }
    paths
}

/// Entries of a folder whose name begins and ends so.
fn matching(
    reader: &dyn FileReader,
    folder: &Path,
    head: &str,
    tail: &str,
    problems: &mut Vec<Problem>,
) -> Vec<PathBuf> {
    let names = entries(reader, folder, problems)
        .into_iter()
        .map(|entry| entry.name);
    let fits = |name: &str| {
        name.len() >= head.len() + tail.len() && name.starts_with(head) && name.ends_with(tail)
    };
    names
        .filter(|name| name.to_str().is_some_and(fits))
        .map(|name| folder.join(name))
        .collect()
}

fn entries(
    reader: &dyn FileReader,
    folder: &Path,
    problems: &mut Vec<Problem>,
) -> Vec<super::read::FolderEntry> {
    match reader.list(folder, MAX_ENTRIES + 1) {
        Ok(mut entries) => {
            if entries.len() > MAX_ENTRIES {
                entries.truncate(MAX_ENTRIES);
                problems.push(too_many(
                    folder,
                    &format!("{MAX_ENTRIES} entries in this folder"),
                ));
            }
            entries
        }
        Err(ReadError::Absent) => Vec::new(),
        Err(error) => {
            problems.push(unread(&error).in_file(folder));
            Vec::new()
        }
    }
}

/// Files of the plugins below a folder that may declare servers; not below a plugin, not through
/// symbolic links, and not in installed packages.
fn plugin_files(
    reader: &dyn FileReader,
    above: &Path,
    problems: &mut Vec<Problem>,
) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = VecDeque::from([(above.to_path_buf(), 0)]);
    let mut looked_into = 0;
    while let Some((folder, level)) = folders.pop_front() {
        if looked_into == MAX_FOLDERS {
            problems.push(too_many(
                above,
                &format!("{MAX_FOLDERS} folders below this one"),
            ));
            break;
        }
        looked_into += 1;
        let mut below = Vec::new();
        let mut is_plugin = false;
        for entry in entries(reader, &folder, problems) {
            let path = folder.join(&entry.name);
            match entry.name.to_str() {
                Some(".claude-plugin") => {
                    let manifest = path.join("plugin.json");
                    let exists = reader.exists(&manifest);
                    // A collection of plugins may be one itself.
                    is_plugin |= exists && !reader.exists(&path.join("marketplace.json"));
                    found.extend(exists.then_some(manifest));
                }
                Some(".mcp.json" | "plugin.json") if !entry.is_folder => {
                    is_plugin = true;
                    found.push(path);
                }
                Some("node_modules" | ".git") => {}
                _ if entry.is_folder => below.push(path),
                _ => {}
            }
        }
        if !is_plugin && level < MAX_LEVELS {
            folders.extend(below.into_iter().map(|path| (path, level + 1)));
        }
    }
    found
}

/// The folder of the plugin that a file belongs to.
pub(super) fn plugin_folder(file: &Path) -> Option<&Path> {
    let folder = file.parent()?;
    if folder
        .file_name()
        .is_some_and(|name| name == ".claude-plugin")
    {
        return folder.parent();
    }
    Some(folder)
}

/// The folders in which files of these projects may be, each once.
pub(super) fn project_folders(
    reader: &dyn FileReader,
    home: &Home,
    projects: &[PathBuf],
    problems: &mut Vec<Problem>,
) -> Vec<PathBuf> {
    let mut folders = Vec::new();
    let mut seen = HashSet::new();
    for project in projects.iter().filter(|project| project.is_absolute()) {
        for folder in project.ancestors() {
            // The root of the file system is nobody's project.
            if folder.parent().is_none() || !seen.insert(folder) {
                break;
            }
            if folders.len() == MAX_PROJECTS {
                problems.push(too_many(
                    project,
                    &format!("{MAX_PROJECTS} project folders"),
                ));
                return folders;
            }
            folders.push(folder.to_path_buf());
            if folder == home.home || reader.exists(&folder.join(".git")) {
                break;
            }
        }
    }
    folders
}

fn too_many(path: &Path, what: &str) -> Problem {
    Fault::new(
        ProblemKind::TooMany,
        format!("more than {what}: the rest is not looked at"),
    )
    .in_file(path)
}

/// What is wrong with a file or folder that could not be read.
pub(super) fn unread(error: &ReadError) -> Fault {
    match error {
        ReadError::NotRegular(_) => {
            Fault::new(ProblemKind::NotRegular, format!("not read: {error}"))
        }
        ReadError::TooLarge { .. } => {
            Fault::new(ProblemKind::TooLarge, format!("not read: {error}"))
        }
        ReadError::Absent | ReadError::Failed(_) => {
            Fault::new(ProblemKind::Unreadable, format!("unreadable: {error}"))
        }
    }
}
