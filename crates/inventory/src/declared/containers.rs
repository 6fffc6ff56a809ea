//! Gateways that run each server in a container: `ToolHive` and Docker's gateway.
//!
//! Their files name an image, not a command. A declaration gets the `docker run` that
//! stands for it, so that it is matched like any other that a client writes that way.

use std::path::PathBuf;

use foldhash::HashMap;

use super::clients::Quirks;
use super::node::{Node, Value};
use super::problem::{Fault, Problem};
use super::shape::{self, Declaration, Named};
use super::{Launch, WhyDisabled};

/// One workload of `ToolHive`; the file is the workload.
pub(super) fn workload(
    node: &Node,
    file_stem: &str,
    quirks: &Quirks,
) -> Result<Declaration, Fault> {
    if !matches!(node.value, Value::Map(_)) {
        return Err(Fault::shape(node.line, "a workload must be a map"));
    }
    let text = |key: &str| {
        node.get(key)
            .and_then(Node::as_text)
            .filter(|text| !text.is_empty())
    };
    let name = text("name").unwrap_or(file_stem).to_owned();
    let launch = match (text("image"), text("remote_url"), node.get("remote_url")) {
        (_, Some(_), Some(url)) => shape::remote(node, url, quirks)?,
        (Some(image), ..) => run(image, node, "cmd_args")?,
        _ => {
            return Err(Fault::shape(
                node.line,
                "a workload needs an `image` or a `remote_url`",
            ));
        }
    };
    Ok(Declaration {
        name,
        line: node.line,
        launch,
        why_disabled: None,
    })
}

/// What the catalogues say about servers of Docker's gateway. One that no catalogue
/// lists is taken to be of Docker's own, whose images are named `mcp/NAME`.
pub(super) fn docker(
    entries: &[Named<'_>],
    why_disabled: Option<WhyDisabled>,
    catalogues: &[(PathBuf, Node)],
    quirks: &Quirks,
) -> (Vec<Declaration>, Vec<Problem>) {
    let (mut declarations, mut problems) = (Vec::new(), Vec::new());
    let listed = listed(catalogues);
    for entry in entries {
        let launch = listed
            .get(entry.name)
            .map(|(file, listed)| (file, listed_launch(listed, quirks)));
        let launch = match launch {
            Some((_, Ok(launch))) => launch,
            Some((file, Err(fault))) => {
                problems.push(fault.in_file(file));
                continue;
            }
            None => docker_run(&format!("mcp/{}", entry.name), Vec::new(), Vec::new()),
        };
        let name = entry.name.to_owned();
        declarations.push(Declaration {
            name,
            line: entry.line,
            launch,
            why_disabled,
        });
    }
    (declarations, problems)
}

/// What each name stands for, with the file that says so; the first catalogue counts.
fn listed(catalogues: &[(PathBuf, Node)]) -> HashMap<&str, (&PathBuf, &Node)> {
    let mut listed = HashMap::default();
    for (file, catalogue) in catalogues {
        let Some(Value::Map(entries)) = catalogue.get("registry").map(|registry| &registry.value)
        else {
            continue;
        };
        for entry in entries {
            listed
                .entry(entry.key.as_str())
                .or_insert((file, &entry.node));
        }
    }
    listed
}

fn listed_launch(listed: &Node, quirks: &Quirks) -> Result<Launch, Fault> {
    if let Some(image) = listed
        .get("image")
        .and_then(Node::as_text)
        .filter(|image| !image.is_empty())
    {
        return run(image, listed, "command");
    }
    let remote = listed.get("remote");
    if let Some((remote, url)) = remote.and_then(|remote| Some((remote, remote.get("url")?))) {
        return shape::remote(remote, url, quirks);
    }
    Err(Fault::shape(
        listed.line,
        "an entry of a catalogue needs an `image` or a `remote`",
    ))
}

/// The run of an image, with the arguments that a key of the node holds.
fn run(image: &str, node: &Node, key: &str) -> Result<Launch, Fault> {
    let arguments = match node.get_any(&[key]) {
        Some(list) => shape::strings(list, &format!("`{key}`"))?,
        None => Vec::new(),
    };
    Ok(docker_run(image, arguments, shape::env_names(node)))
}

fn docker_run(image: &str, arguments: Vec<String>, env_names: Vec<String>) -> Launch {
    let mut args = ["run", "-i", "--rm", image].map(str::to_owned).to_vec();
    args.extend(arguments);
    Launch::Stdio {
        command: "docker".to_owned(),
        args,
        cwd: None,
        env_names,
    }
}
