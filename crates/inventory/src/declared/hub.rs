//! mcp-hub's own list of running hubs, which also remembers the dead ones.
//!
//! Each hub enters itself in `workspaces.json` by its port, with its process and the
//! configuration files that it was given. A hub that is killed leaves its entry there:
//! that is how its servers can still be named, and how a stale entry is found.

use std::path::PathBuf;

use jiff::Timestamp;
use serde::Serialize;

use super::discovery;
use super::home::Home;
use super::node::{Node, Value};
use super::problem::{Fault, Problem};
use super::read::FileReader;
use super::{GatewaySource, format::KeyPath};

/// Every value of the file.
const WHOLE: &[KeyPath] = &[&[]];

/// A hub that entered itself in a state file, alive or dead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HubWorkspace {
    /// Port that it listens on.
    pub port: u16,
    /// Its process, if it is still there: pids come again.
    pub pid: u32,
    /// Folder in which it was started.
    pub cwd: Option<PathBuf>,
    /// Its configuration files, absolute as far as the folder is known.
    pub config_files: Vec<PathBuf>,
    /// `active`, `shutting_down`, ... as the hub says.
    pub state: String,
    /// When it started.
    pub started_at: Option<Timestamp>,
    /// The state file.
    pub file: PathBuf,
    /// Line of the entry in the state file.
    pub line: u32,
}

impl HubWorkspace {
    /// Its configuration files as sources for [`discover`](super::discover).
    pub fn sources(&self) -> impl Iterator<Item = GatewaySource> {
        self.config_files
            .iter()
            .map(|file| GatewaySource::HubConfig { file: file.clone() })
    }
}

/// The hubs in the user's state file, and what is wrong with it. `~/.mcp-hub/` is used
/// where it exists, as the hub does, else `$XDG_STATE_HOME/mcp-hub/`.
pub fn hub_workspaces(home: &Home, reader: &dyn FileReader) -> (Vec<HubWorkspace>, Vec<Problem>) {
    let own = home.home.join(".mcp-hub");
    let folder = if reader.exists(&own) {
        own
    } else {
        home.xdg_state.join("mcp-hub")
    };
    let file = folder.join("workspaces.json");
    let parsed = match discovery::parsed(reader, &file, WHOLE, discovery::MAX_JSON_BYTES) {
        Err(fault) if fault.may_be_torn() => {
            reader.settle();
            discovery::parsed(reader, &file, WHOLE, discovery::MAX_JSON_BYTES)
        }
        first => first,
    };
    let node = match parsed {
        Ok(Some(node)) => node,
        Ok(None) => return (Vec::new(), Vec::new()),
        Err(fault) => return (Vec::new(), vec![fault.in_file(file)]),
    };
    let Value::Map(entries) = &node.value else {
        let fault = Fault::shape(node.line, "the hubs must be a map by port");
        return (Vec::new(), vec![fault.in_file(file)]);
    };
    let (mut hubs, mut problems) = (Vec::new(), Vec::new());
    for entry in entries {
        if let Some(hub) = workspace(&entry.key, &entry.node) {
            hubs.push(HubWorkspace {
                file: file.clone(),
                line: entry.line,
                ..hub
            });
        } else {
            let fault = Fault::shape(entry.line, "a hub needs a `port` and a `pid`");
            problems.push(fault.in_file(file.clone()));
        }
    }
    (hubs, problems)
}

fn workspace(key: &str, node: &Node) -> Option<HubWorkspace> {
    let text = |key: &str| node.get(key).and_then(Node::as_text);
    let port = node.get("port").and_then(Node::as_word);
    let cwd = text("cwd").map(PathBuf::from);
    let config_files = match node.get("config_files").map(|files| &files.value) {
        Some(Value::List(files)) => files
            .iter()
            .filter_map(Node::as_text)
            .map(|file| {
                cwd.as_ref()
                    .map_or_else(|| PathBuf::from(file), |cwd| cwd.join(file))
            })
            .collect(),
        _ => Vec::new(),
    };
    Some(HubWorkspace {
        port: port.as_deref().unwrap_or(key).parse().ok()?,
        pid: node.get("pid")?.as_word()?.parse().ok()?,
        config_files,
        cwd,
        state: text("state").unwrap_or("unknown").to_owned(),
        started_at: text("startTime").and_then(|time| time.parse().ok()),
        file: PathBuf::new(),
        line: node.line,
    })
}
