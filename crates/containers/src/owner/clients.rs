//! Which living client serves which container.
//!
//! A client that names its container (by `--cidfile`, `--name`, or the id) is sure. One that names only
//! an image has made one of the containers of that image which were made after it started; if only one
//! was made soon after, it is that. In doubt each of them may be the one, and all are left alone.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use model::ProcessId;

use crate::client::{self, ClientCommand, Verb};
use crate::container::{Container, Labels};
use crate::process::{Process, Processes};

/// How long after its start a client may make its container, seconds: it may have to fetch the image.
const SOON_S: i64 = 600;

/// How much earlier than its client a container may seem, seconds: two clocks with different grain.
const SLACK_S: i64 = 2;

/// The client of one container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientFound {
    /// This living process serves it, by this evidence.
    Serves(ProcessId, String),
    /// A living process may serve it, or another.
    MayServe(ProcessId, String),
    /// No living client can be its.
    None,
}

/// For each container that has or may have a client, by its id.
pub fn find_clients(
    containers: &[Arc<Container>],
    processes: &Processes,
) -> HashMap<String, ClientFound> {
    let mut found = HashMap::new();
    let mut by_image = Vec::new();
    let mut clients: Vec<&Process> = processes
        .living()
        .filter(|it| client::is_client(it))
        .collect();
    clients.sort_by_key(|process| process.id);
    for process in clients {
        let command = client::parse(process);
        let mut is_named = false;
        for container in containers {
            if let Some(evidence) = names(process, command.as_ref(), container) {
                is_named = true;
                found.insert(
                    container.id.clone(),
                    ClientFound::Serves(process.id, evidence),
                );
            }
        }
        match command {
            Some(command) if !is_named && command.verb == Verb::Run && !command.detached => {
                by_image.push((process, command));
            }
            _ => {}
        }
    }
    let unnamed: Vec<&Arc<Container>> = containers
        .iter()
        .filter(|container| !found.contains_key(&container.id))
        .collect();
    let candidates = by_image.iter().map(|(process, command)| Candidates {
        process,
        containers: unnamed
            .iter()
            .filter(|container| may_have_made(process, command, container))
            .copied()
            .collect(),
    });
    assign(candidates.collect(), &mut found);
    found
}

/// A client and the containers that it may have made.
struct Candidates<'a> {
    process: &'a Process,
    containers: Vec<&'a Arc<Container>>,
}

impl Candidates<'_> {
    /// Those that were made soon after it started and that nobody is sure to serve.
    fn soon(&self, found: &HashMap<String, ClientFound>) -> Vec<&Arc<Container>> {
        let soon = self.containers.iter().filter(|container| {
            let gap = gap(self.process.started, container.created);
            gap.is_some_and(|gap| gap <= SOON_S) && !found.contains_key(&container.id)
        });
        soon.copied().collect()
    }
}

/// A client for which only one container is left has made that, so it is none of the others'. The
/// clients that remain may serve any of theirs: nothing that a living client may have made is without one.
fn assign(mut clients: Vec<Candidates<'_>>, found: &mut HashMap<String, ClientFound>) {
    while let Some(at) = clients
        .iter()
        .position(|client| client.soon(found).len() == 1)
    {
        let client = clients.swap_remove(at);
        let pid = client.process.id.pid;
        let only: Vec<String> = client.soon(found).iter().map(|it| it.id.clone()).collect();
        for id in only {
            let evidence = format!(
                "process {pid} runs this image and was started just before the container was made"
            );
            found.insert(id, ClientFound::Serves(client.process.id, evidence));
        }
    }
    let sure = found.clone();
    for client in clients {
        let soon = client.soon(&sure);
        let doubtful = if soon.is_empty() {
            &client.containers
        } else {
            &soon
        };
        for container in doubtful {
            let evidence = format!(
                "process {} runs this image and may have made this container or another",
                client.process.id.pid
            );
            let entry = found.entry(container.id.clone());
            entry.or_insert(ClientFound::MayServe(client.process.id, evidence));
        }
    }
}

/// The evidence by which a client names this container.
fn names(
    process: &Process,
    command: Option<&ClientCommand>,
    container: &Container,
) -> Option<String> {
    let pid = process.id.pid;
    if let (Some(file), Some(theirs)) =
        (command.and_then(|c| c.cidfile.as_ref()), &container.cidfile)
        && file == theirs
    {
        return Some(format!("process {pid} has the same --cidfile"));
    }
    let named = command.and_then(|command| command.container.as_deref());
    if named.is_some_and(|named| named == container.name || is_id_of(named, container)) {
        return Some(format!("process {pid} names the container"));
    }
    // Whatever else a client's arguments mean, one that knows the id is about this container.
    let knows = process.argv.iter().any(|word| is_id_of(word, container));
    knows.then(|| format!("process {pid} has the container's id among its arguments"))
}

fn is_id_of(word: &str, container: &Container) -> bool {
    word.len() >= 12 && container.id.starts_with(word)
}

/// Nothing that is known speaks against it.
fn may_have_made(process: &Process, command: &ClientCommand, container: &Container) -> bool {
    if !container.state.is_alive() {
        return false;
    }
    // What names another container, or writes its id elsewhere, has not made this one.
    if command
        .container
        .as_ref()
        .is_some_and(|name| *name != container.name)
    {
        return false;
    }
    if command.cidfile.is_some() != container.cidfile.is_some() {
        return false;
    }
    if is_labelled_otherwise(process, command, container) {
        return false;
    }
    let is_same_image = match &command.image {
        Some(image) => same_image(image, &container.image),
        None => true,
    };
    // An option that this version does not know may hide which word the image is.
    let is_among_words = process
        .argv
        .iter()
        .any(|word| same_image(word, &container.image));
    let is_after = gap(process.started, container.created).is_none_or(|gap| gap >= -SLACK_S);
    (is_same_image || is_among_words) && is_after
}

/// Labels that tell the owner are never an image's: the client has given them, and only those.
fn is_labelled_otherwise(
    process: &Process,
    command: &ClientCommand,
    container: &Container,
) -> bool {
    let given = |key: &str| command.labels.iter().rev().find(|(given, _)| given == key);
    let mut theirs = command
        .labels
        .iter()
        .filter(|(key, _)| Labels::tells_owner(key));
    let lacks = theirs.any(|(key, _)| container.labels.get(key).is_none());
    let has_file = process
        .argv
        .iter()
        .any(|word| word.starts_with("--label-file"));
    let differs = container
        .labels
        .known
        .iter()
        .any(|(key, value)| match given(key) {
            Some((_, given)) => given != value,
            None => Labels::tells_owner(key) && !has_file,
        });
    lacks || differs
}

/// Seconds from a client's start to a container's making; `None` if one of them is not known.
fn gap(started: Option<Timestamp>, created: Option<Timestamp>) -> Option<i64> {
    Some(created?.as_second() - started?.as_second())
}

/// `time`, `docker.io/library/time:latest` and the like are one.
fn same_image(one: &str, other: &str) -> bool {
    plain(one) == plain(other)
}

fn plain(image: &str) -> &str {
    let image = image.strip_prefix("docker.io/").unwrap_or(image);
    let image = image.strip_prefix("library/").unwrap_or(image);
    let image = image.strip_prefix("localhost/").unwrap_or(image);
    image.strip_suffix(":latest").unwrap_or(image)
}

#[cfg(test)]
mod tests;
