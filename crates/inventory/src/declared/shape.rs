//! What an entry in a configuration means: the shapes and synonyms of all clients.
//!
//! Only the names of environment variables are taken over; values, headers and tokens
//! are never looked at.

use foldhash::HashMap;

use super::clients::Quirks;
use super::node::{Node, Value};
use super::problem::Fault;
use super::shown;
use super::{Launch, WhyDisabled};
use crate::server::Transport;

/// An entry as it is written, nothing expanded.
#[derive(Debug)]
pub(super) struct Declaration {
    pub(super) name: String,
    pub(super) line: u32,
    pub(super) launch: Launch,
    pub(super) why_disabled: Option<WhyDisabled>,
}

/// A named entry of a map or list of servers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Named<'n> {
    pub(super) name: &'n str,
    pub(super) line: u32,
    pub(super) node: &'n Node,
}

/// The entries of a map (name = key) or a list (name = field), with what is wrong.
pub(super) fn entries(container: &Node) -> (Vec<Named<'_>>, Vec<Fault>) {
    let (mut entries, mut faults) = (Vec::new(), Vec::new());
    match &container.value {
        Value::Map(map) => {
            // Of a name given twice the last one counts, as in the client.
            let last: HashMap<_, _> = map
                .iter()
                .enumerate()
                .map(|(at, entry)| (entry.key.as_str(), at))
                .collect();
            let counts = map
                .iter()
                .enumerate()
                .filter(|(at, entry)| last[entry.key.as_str()] == *at);
            entries.extend(counts.map(|(_, entry)| Named {
                name: &entry.key,
                line: entry.line,
                node: &entry.node,
            }));
        }
        Value::List(list) => {
            for node in list {
                match node.get("name").and_then(Node::as_text) {
                    Some(name) => entries.push(Named {
                        name,
                        line: node.line,
                        node,
                    }),
                    None => faults.push(Fault::shape(
                        node.line,
                        "an entry of the list has no `name`",
                    )),
                }
            }
        }
        Value::Null => {}
        _ => faults.push(Fault::shape(
            container.line,
            "the servers must be a map or a list",
        )),
    }
    (entries, faults)
}

/// What an entry declares; nothing for one that only changes something the client
/// brings along.
pub(super) fn declaration(entry: Named<'_>, quirks: &Quirks) -> Result<Option<Declaration>, Fault> {
    let Named { name, line, node } = entry;
    if !matches!(node.value, Value::Map(_)) {
        return Err(Fault::shape(line, "a server must be a map of its settings"));
    }
    if quirks.brings_own && is_own(node) {
        return Ok(None);
    }
    let why_disabled = why_disabled(node);
    let kind = Kind::of(node);
    let command = node.get_any(&["command", "cmd"]);
    let url = node.get_any(&["httpUrl", "url", "serverUrl", "uri"]);
    let launch = match (command, url) {
        (Some(command), None) => stdio(node, command, quirks)?,
        (Some(command), Some(url)) if kind != Kind::Remote => {
            // mcpproxy writes an empty one of the two.
            if is_empty(command) {
                remote(node, url, quirks)?
            } else {
                stdio(node, command, quirks)?
            }
        }
        (_, Some(url)) => remote(node, url, quirks)?,
        // An entry may only switch off what another file declares.
        (None, None) if why_disabled.is_some() => return Ok(None),
        (None, None) => {
            return Err(Fault::shape(
                line,
                match kind {
                    Kind::Stdio => "a server of this type needs a `command`",
                    Kind::Remote => "a server of this type needs a `url`",
                    Kind::Unstated => "a server needs a `command` or a `url`",
                },
            ));
        }
    };
    let name = name.to_owned();
    Ok(Some(Declaration {
        name,
        line,
        launch,
        why_disabled,
    }))
}

/// Is this something that the client runs inside itself, or brings along?
fn is_own(node: &Node) -> bool {
    let text = |key: &str| node.get(key).and_then(Node::as_text);
    node.get("bundled").and_then(Node::as_bool) == Some(true)
        || matches!(
            text("type"),
            Some("builtin" | "platform" | "frontend" | "inline_python")
        )
        || text("source") == Some("extension")
        || (node.get("settings").is_some() && node.get_any(&["command", "url"]).is_none())
}

fn why_disabled(node: &Node) -> Option<WhyDisabled> {
    let is = |key: &str, value: bool| node.get(key).and_then(Node::as_bool) == Some(value);
    if is("quarantined", true) {
        Some(WhyDisabled::Quarantined)
    } else if is("disabled", true) || is("enabled", false) {
        Some(WhyDisabled::SwitchedOff)
    } else {
        None
    }
}

/// What the stated type says about how a server is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Stdio,
    Remote,
    Unstated,
}

impl Kind {
    fn of(node: &Node) -> Self {
        match stated_type(node) {
            Some("stdio" | "local") => Self::Stdio,
            Some(stated) if stated == "remote" || transport(stated).is_some() => Self::Remote,
            _ => Self::Unstated,
        }
    }
}

fn stated_type(node: &Node) -> Option<&str> {
    node.get_any(&["type", "transport", "protocol", "transport_type"])
        .and_then(Node::as_text)
}

/// The remote transport that a type names.
fn transport(stated: &str) -> Option<Transport> {
    match stated {
        "http" | "streamable-http" | "streamable_http" | "streamableHttp" => Some(Transport::Http),
        "sse" => Some(Transport::Sse),
        _ => None,
    }
}

fn is_empty(node: &Node) -> bool {
    match &node.value {
        Value::Text(text) => text.is_empty(),
        Value::List(list) => list.is_empty(),
        _ => false,
    }
}

/// A server reached by a URL; `node` also holds the type, if any is stated.
pub(super) fn remote(node: &Node, url: &Node, quirks: &Quirks) -> Result<Launch, Fault> {
    let Some(text) = url.as_text().filter(|text| !text.trim().is_empty()) else {
        return Err(Fault::shape(url.line, "`url` must be text and not empty"));
    };
    let by_type = stated_type(node).and_then(transport);
    let by_key = node.get("httpUrl").map(|_| Transport::Http);
    let transport = by_type.or(by_key).unwrap_or(quirks.url_is);
    Ok(Launch::Remote {
        url: text.to_owned(),
        transport,
    })
}

fn stdio(node: &Node, command: &Node, quirks: &Quirks) -> Result<Launch, Fault> {
    let mut env_names = env_names(node);
    let mut words = match &command.value {
        Value::Text(line) if quirks.splits_command => shown::words(line),
        Value::Text(word) => vec![word.clone()],
        Value::List(_) => strings(command, "`command`")?,
        // Zed's older form.
        Value::Map(_) => {
            env_names.extend(self::env_names(command));
            let Some(path) = command.get("path").and_then(Node::as_text) else {
                return Err(Fault::shape(command.line, "`command` has no `path`"));
            };
            let mut words = vec![path.to_owned()];
            if let Some(arguments) = command.get_any(&["args"]) {
                words.extend(strings(arguments, "`args`")?);
            }
            words
        }
        _ => {
            let message = "`command` must be text, a list or a map with a `path`";
            return Err(Fault::shape(command.line, message));
        }
    };
    if let Some(arguments) = node.get_any(&["args", "arguments"]) {
        words.extend(strings(arguments, "`args`")?);
    }
    if words.first().is_none_or(|word| word.trim().is_empty()) {
        return Err(Fault::shape(command.line, "`command` is empty"));
    }
    let command = words.remove(0);
    let cwd = node
        .get_any(&["cwd", "working_dir", "workingDirectory"])
        .and_then(Node::as_text);
    env_names.sort();
    env_names.dedup();
    Ok(Launch::Stdio {
        command,
        args: words,
        cwd: cwd.map(str::to_owned),
        env_names,
    })
}

/// A list of words; numbers and truth values as they are written.
pub(super) fn strings(node: &Node, what: &str) -> Result<Vec<String>, Fault> {
    let Value::List(nodes) = &node.value else {
        return Err(Fault::shape(node.line, format!("{what} must be a list")));
    };
    let word = |node: &Node| {
        node.as_word()
            .ok_or_else(|| Fault::shape(node.line, format!("{what} must hold text only")))
    };
    nodes.iter().map(word).collect()
}

/// Names of environment variables: keys of a map, `NAME` or `NAME=value` in a list, or
/// the `name` of each map in a list.
pub(super) fn env_names(node: &Node) -> Vec<String> {
    let mut names = Vec::new();
    for key in ["env", "environment", "envs", "env_keys", "env_vars"] {
        match node.get(key).map(|node| &node.value) {
            Some(Value::Map(entries)) => {
                names.extend(entries.iter().map(|entry| entry.key.clone()));
            }
            Some(Value::List(nodes)) => names.extend(nodes.iter().filter_map(|node| {
                let text = node
                    .as_text()
                    .or_else(|| node.get("name").and_then(Node::as_text))?;
                text.split('=').next().map(str::to_owned)
            })),
            _ => {}
        }
    }
    names.sort();
    names.dedup();
    names
}
