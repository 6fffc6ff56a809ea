//! Where clients and gateways keep a log for each of their servers.

use std::collections::HashMap;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use inventory::declared::Home;

use super::line::Dialect;

/// Entries of one folder that are looked at.
const MOST_ENTRIES: usize = 500;
/// Folders of one home that are looked into.
const MOST_FOLDERS: usize = 200;
/// Files that are followed for one server.
const MOST_FILES: usize = 4;
/// Files that nobody has written to for this long are not followed, seconds.
const OLDEST: i64 = 86_400;

/// A client, and a name in the form of [`file_name`].
pub(super) type Name = (&'static str, String);

/// A log that is of one server by its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The file.
    pub(super) path: PathBuf,
    /// Who writes it.
    pub(super) dialect: Dialect,
    modified: i64,
}

/// A server's name as it may stand in a file's name: letters and digits, all else a hyphen.
pub(super) fn file_name(server: &str) -> String {
    let plain = |c: char| match c {
        c if c.is_ascii_alphanumeric() => c.to_ascii_lowercase(),
        _ => '-',
    };
    server.chars().map(plain).collect()
}

/// All such logs below a home, the newest of each server. `now` is in seconds since 1970.
pub(super) fn find(home: &Home, now: i64) -> HashMap<Name, Vec<Place>> {
    let mut found = Finder {
        places: HashMap::new(),
        folders: 0,
        oldest: now.saturating_sub(OLDEST),
    };
    // `PROJECT/mcp-logs-SERVER/TIME.jsonl`.
    for project in found.list(&home.home.join(".cache/claude-cli-nodejs")) {
        for (folder, name, _) in found.list(&project.0) {
            if let Some(server) = name.strip_prefix("mcp-logs-") {
                for (path, name, metadata) in found.list(&folder) {
                    if [".jsonl", ".log", ".txt"]
                        .iter()
                        .any(|end| name.ends_with(end))
                    {
                        found.add("Claude Code", server, path, Dialect::ClaudeCode, &metadata);
                    }
                }
            }
        }
    }
    for (client, folder, head) in [
        (
            "Claude Desktop",
            home.xdg_config.join("Claude/logs"),
            "mcp-server-",
        ),
        (
            "mcpproxy-go",
            home.xdg_state.join("mcpproxy/logs"),
            "server-",
        ),
        ("mcpproxy-go", home.home.join(".mcpproxy/logs"), "server-"),
        ("toolhive", home.xdg_data.join("toolhive/logs"), ""),
    ] {
        for (path, name, metadata) in found.list(&folder) {
            let server = name
                .strip_prefix(head)
                .and_then(|rest| rest.strip_suffix(".log"));
            if let Some(server) = server {
                found.add(client, server, path, Dialect::Plain, &metadata);
            }
        }
    }
    for places in found.places.values_mut() {
        places.sort_by_key(|place| std::cmp::Reverse(place.modified));
        places.truncate(MOST_FILES);
    }
    found.places
}

struct Finder {
    places: HashMap<Name, Vec<Place>>,
    folders: usize,
    oldest: i64,
}

impl Finder {
    /// Entries of a folder with their metadata; links are not followed.
    fn list(&mut self, folder: &Path) -> Vec<(PathBuf, String, Metadata)> {
        if self.folders >= MOST_FOLDERS {
            return Vec::new();
        }
        let Ok(entries) = std::fs::read_dir(folder) else {
            return Vec::new();
        };
        self.folders += 1;
        entries
            .take(MOST_ENTRIES)
            .flatten()
            .filter_map(|entry| {
                let name = entry.file_name().into_string().ok()?;
                Some((entry.path(), name, entry.metadata().ok()?))
            })
            .collect()
    }

    fn add(
        &mut self,
        client: &'static str,
        server: &str,
        path: PathBuf,
        dialect: Dialect,
        metadata: &Metadata,
    ) {
        if metadata.is_file() && metadata.mtime() >= self.oldest {
            let place = Place {
                path,
                dialect,
                modified: metadata.mtime(),
            };
            let name = (client, file_name(server));
            self.places.entry(name).or_default().push(place);
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::fs;

    use inventory::declared::{Home, Variables};

    use super::super::line::Dialect;
    use super::{MOST_FILES, OLDEST, find};

    #[test]
    fn logs_are_found_where_clients_keep_them() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::new(folder.path(), Variables::default());
        for file in [
            ".cache/claude-cli-nodejs/-home-ada-work/mcp-logs-my-server/2025.jsonl",
            ".cache/claude-cli-nodejs/-home-ada-work/other/2025.jsonl",
            ".cache/claude-cli-nodejs/-home-ada-work/mcp-logs-my-server/notes.md",
            ".config/Claude/logs/mcp-server-My Server.log",
            ".config/Claude/logs/mcp.log",
            ".local/state/mcpproxy/logs/server-github.log",
            ".local/state/mcpproxy/logs/main.log",
            ".local/share/toolhive/logs/fetch.log",
        ] {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x\n").unwrap();
        }
        let now = jiff::Timestamp::from_second(4_000_000_000)
            .unwrap()
            .as_second();
        assert_eq!(find(&home, now).len(), 0, "nothing is that new");
        let mut found: Vec<_> = find(&home, OLDEST).into_iter().collect();
        found.sort_by_key(|(name, _)| name.clone());
        let shown: Vec<_> = found
            .iter()
            .map(|((client, name), places)| (*client, name.as_str(), places.len()))
            .collect();
        let expected = [
            ("Claude Code", "my-server", 1),
            ("Claude Desktop", "my-server", 1),
            ("mcpproxy-go", "github", 1),
            ("toolhive", "fetch", 1),
        ];
        assert_eq!(shown, expected);
        assert_eq!(found[0].1[0].dialect, Dialect::ClaudeCode);
    }

    #[test]
    fn only_the_newest_files_of_a_server_are_followed() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::new(folder.path(), Variables::default());
        let logs = folder.path().join(".cache/claude-cli-nodejs/p/mcp-logs-a");
        fs::create_dir_all(&logs).unwrap();
        for number in 0..10_u64 {
            let file = fs::File::create(logs.join(format!("{number}.jsonl"))).unwrap();
            let time = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000 + number);
            file.set_modified(time).unwrap();
        }
        let found = find(&home, 1_000_000);
        let places = &found[&("Claude Code", "a".to_owned())];
        assert_eq!(places.len(), MOST_FILES);
        assert!(places[0].path.ends_with("9.jsonl"));
    }
}
