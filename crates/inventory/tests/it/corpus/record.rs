//! Reading a recorded picture.

use std::path::{Path, PathBuf};

use inventory::Context;
use inventory::declared::{DeclaredServer, HubWorkspace, Launch, Scope};
use inventory::packages::PackageFacts;
use model::ProcessTable;
use serde::Deserialize;

/// A picture and what is to be found in it.
pub(crate) struct Record {
    pub(crate) name: String,
    pub(crate) held_out: bool,
    pub(crate) table: ProcessTable,
    pub(crate) context: Context,
    pub(crate) expected: Vec<Expected>,
}

/// An instance that is to be found.
#[derive(Deserialize)]
pub(crate) struct Expected {
    /// Topmost process.
    pub(crate) root: u32,
    /// What it may be called: without a declaration its package and its program are as good.
    pub(crate) name: Vec<String>,
    /// What its owner may be called.
    pub(crate) owner: Vec<String>,
    /// The owner lives.
    pub(crate) alive: bool,
    /// State.
    pub(crate) state: String,
}

#[derive(Deserialize)]
struct Labels {
    #[serde(default)]
    held_out: bool,
    #[serde(default)]
    declared: Vec<Entry>,
    #[serde(default)]
    hubs: Vec<Hub>,
    #[serde(default)]
    expected: Vec<Expected>,
    writers: Vec<(u32, bool)>,
    packages: Vec<(u32, PackageFacts)>,
}

/// An entry of a configuration.
#[derive(Deserialize)]
struct Entry {
    client: String,
    file: PathBuf,
    name: String,
    command: String,
    args: Vec<String>,
}

/// An entry of mcp-hub's state file.
#[derive(Deserialize)]
struct Hub {
    pid: u32,
    port: u16,
    config: PathBuf,
}

/// All pictures, by name.
pub(crate) fn all() -> Vec<Record> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let mut files: Vec<PathBuf> = ["servers", "ordinary"]
        .iter()
        .flat_map(|kind| std::fs::read_dir(corpus.join(kind)).unwrap())
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    files.iter().map(|file| read(file)).collect()
}

fn read(file: &Path) -> Record {
    let text = std::fs::read_to_string(file).unwrap();
    let name = file.file_stem().unwrap().to_string_lossy().into_owned();
    let table: ProcessTable =
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
    let labels: Labels =
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
    // Who looks is the person whose processes these are, from elsewhere.
    let mut context = Context {
        own_pid: u32::MAX,
        own_uid: 1000,
        ..Context::default()
    };
    let id = |pid| table.get(pid).unwrap().id();
    context.writers = labels
        .writers
        .iter()
        .map(|&(pid, exists)| (id(pid), exists))
        .collect();
    context.packages = labels
        .packages
        .into_iter()
        .map(|(pid, facts)| (id(pid), facts))
        .collect();
    context.declared = labels.declared.into_iter().map(declared).collect();
    context.hubs = labels.hubs.into_iter().map(hub).collect();
    Record {
        name,
        held_out: labels.held_out,
        context,
        expected: labels.expected,
        table,
    }
}

fn declared(entry: Entry) -> DeclaredServer {
    let (client, client_id) = inventory::declared::known_clients()
        .find(|(name, _)| *name == entry.client)
        .unwrap_or_else(|| panic!("no client {}", entry.client));
    let gateway = matches!(client_id, "mcp-hub" | "mcp-proxy");
    DeclaredServer {
        name: entry.name,
        client,
        client_id,
        source: entry.file,
        scope: if gateway { Scope::Gateway } else { Scope::User },
        line: None,
        shown: entry.command.clone(),
        launch: Launch::Stdio {
            command: entry.command,
            args: entry.args,
            cwd: None,
            env_names: Vec::new(),
        },
        enabled: true,
        why_disabled: None,
    }
}

fn hub(hub: Hub) -> HubWorkspace {
    HubWorkspace {
        port: hub.port,
        pid: hub.pid,
        cwd: None,
        config_files: vec![hub.config],
        state: "active".to_owned(),
        started_at: None,
        file: PathBuf::from("/home/user/.local/state/mcp-hub/workspaces.json"),
        line: 1,
    }
}
