//! Gateways that run: how many of their servers do, and where they keep their database.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use inventory::declared::Home;
use inventory::{Inventory, OwnerKind, Server, ServerState, Transport};
use model::{Process, ProcessTable};

/// Databases at most.
const MOST: usize = 64;

/// Declared servers of a gateway, by whether they run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    /// With a living instance.
    pub(super) running: u64,
    /// Without one.
    pub(super) not_running: u64,
}

/// Declared servers of each gateway of which a session runs. Servers elsewhere, which no process
/// here stands for, and those that are switched off are not counted. A gateway of which no
/// declaration is known is left out: what it has is not known.
pub(super) fn servers(inventory: &Inventory) -> BTreeMap<&str, Counts> {
    let mut gateways: BTreeMap<&str, Counts> = inventory
        .owners
        .iter()
        .filter(|owner| owner.kind == OwnerKind::Gateway && owner.alive)
        .map(|owner| (owner.name.as_str(), Counts::default()))
        .collect();
    for server in &inventory.servers {
        let is_ours = |name: &str| server.declared_in.iter().any(|place| place.client == name);
        let Some(counts) = gateways.get_mut(server.owner.name.as_str()) else {
            continue;
        };
        if !is_ours(&server.owner.name) || server.state == ServerState::Disabled {
            continue;
        }
        if runs(server) {
            counts.running += 1;
        } else if server.transport == Transport::Stdio || !server.instances.is_empty() {
            counts.not_running += 1;
        }
    }
    gateways.retain(|_, counts| *counts != Counts::default());
    gateways
}

fn runs(server: &Server) -> bool {
    server
        .instances
        .iter()
        .any(|run| run.orphaned.is_none() && run.state != ServerState::Zombie)
}

/// A gateway's database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Database {
    /// Name of the gateway.
    pub(super) gateway: String,
    /// Whose it is.
    pub(super) uid: u32,
    /// The file.
    pub(super) path: PathBuf,
}

/// Databases of the gateways that run, of those whose place is known.
pub(super) fn databases(
    inventory: &Inventory,
    table: &ProcessTable,
    homes: &[(u32, Home)],
) -> Vec<Database> {
    let mut found = Vec::new();
    for owner in &inventory.owners {
        if owner.kind != OwnerKind::Gateway || found.len() >= MOST {
            continue;
        }
        let Some(process) = owner.pid.and_then(|pid| table.get(pid)) else {
            continue;
        };
        let Some(uid) = process.sample.facts.uid else {
            continue;
        };
        // Files within a container are not on this file system.
        if process.sample.facts.container_id.is_some() {
            continue;
        }
        let home = homes.iter().find(|(user, _)| *user == uid);
        let home = home.map(|(_, home)| home.home.as_path());
        let path = match owner.name.as_str() {
            "mcpproxy-go" => mcpproxy(process, home),
            "docker/mcp-gateway" => home.map(|home| home.join(".docker/mcp/mcp-toolkit.db")),
            _ => None,
        };
        if let Some(path) = path {
            let database = Database {
                gateway: owner.name.clone(),
                uid,
                path,
            };
            if !found.contains(&database) {
                found.push(database);
            }
        }
    }
    found
}

/// `config.db` in `--data-dir`, else in `~/.mcpproxy`.
fn mcpproxy(process: &Process, home: Option<&Path>) -> Option<PathBuf> {
    let words = process.argv();
    let named = words.iter().enumerate().find_map(|(at, word)| {
        let value = word
            .strip_prefix("--data-dir=")
            .or_else(|| word.strip_prefix("-d="));
        match word.as_str() {
            "--data-dir" | "-d" => words.get(at + 1).map(String::as_str),
            _ => value,
        }
    });
    let Some(named) = named else {
        return Some(home?.join(".mcpproxy/config.db"));
    };
    let folder = match (named.strip_prefix("~/"), home) {
        (Some(below), Some(home)) => home.join(below),
        _ => Path::new(process.sample.facts.cwd.as_deref().unwrap_or("/")).join(named),
    };
    Some(folder.join("config.db"))
}

/// Size of a regular file, bytes.
pub(super) fn size(path: &Path) -> Option<u64> {
    // The folder is the gateway's own choice, and it may be a link to another disk.
    let metadata = std::fs::metadata(path).ok()?;
    metadata.is_file().then_some(metadata.len())
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::sync::Arc;

    use inventory::declared::{Home, Variables};
    use inventory::server::DeclaredIn;
    use inventory::{Inventory, Owner, OwnerKind, Server, ServerState, Transport};
    use model::{Process, ProcessTable};

    use super::{Counts, databases, servers};
    use crate::top::tests::sample;

    fn gateway(name: &str, pid: u32) -> Owner {
        Owner {
            name: name.to_owned(),
            kind: OwnerKind::Gateway,
            pid: Some(pid),
            start_ticks: Some(1),
            alive: true,
        }
    }

    fn server(owner: &Owner, name: &str, state: ServerState, transport: Transport) -> Server {
        let declared_in = vec![DeclaredIn {
            client: owner.name.clone(),
            file: "/etc/hub.json".to_owned(),
            line: None,
            scope: "gateway".to_owned(),
        }];
        Server {
            id: name.to_owned(),
            name: name.to_owned(),
            owner: owner.clone(),
            transport,
            declared_in,
            state,
            confidence: 1.0,
            evidence: Vec::new(),
            instances: Vec::new(),
        }
    }

    #[test]
    fn declared_servers_of_running_gateways_are_counted() {
        let hub = gateway("mcp-hub", 40);
        let down = gateway("mcpo", 41);
        let stdio = |name, state| server(&hub, name, state, Transport::Stdio);
        let mut running = stdio("a", ServerState::Running);
        let run = sample::picture()
            .inventory
            .instances()
            .next()
            .map(|(_, run)| run.clone());
        running.instances.extend(run);
        let mut found = stdio("found", ServerState::Running);
        found.declared_in.clear();
        let inventory = Inventory {
            owners: vec![hub.clone(), gateway("mcpproxy-go", 42)],
            servers: vec![
                running,
                stdio("b", ServerState::NotRunning),
                stdio("c", ServerState::NotRunning),
                stdio("off", ServerState::Disabled),
                server(&hub, "far", ServerState::NotRunning, Transport::Http),
                found,
                server(&down, "d", ServerState::NotRunning, Transport::Stdio),
            ],
            watched: Vec::new(),
        };
        let counts = Counts {
            running: 1,
            not_running: 2,
        };
        let expected = [("mcp-hub", counts)];
        assert_eq!(
            servers(&inventory).into_iter().collect::<Vec<_>>(),
            expected
        );
    }

    #[test]
    fn a_database_is_where_the_command_line_says_or_in_the_home() {
        let picture = sample::picture();
        let homes = [(1000, Home::new("/home/ada", Variables::default()))];
        let inventory = Inventory {
            owners: vec![gateway("mcpproxy-go", 112), gateway("mcp-hub", 210)],
            ..Inventory::default()
        };
        for (command, expected) in [
            ("mcpproxy serve", "/home/ada/.mcpproxy/config.db"),
            (
                "mcpproxy serve --data-dir /srv/proxy",
                "/srv/proxy/config.db",
            ),
            (
                "mcpproxy serve --data-dir=/srv/proxy",
                "/srv/proxy/config.db",
            ),
            ("mcpproxy serve -d data", "/srv/demo/data/config.db"),
            ("mcpproxy serve -d ~/data", "/home/ada/data/config.db"),
        ] {
            let processes: Vec<Process> = picture
                .table
                .processes()
                .iter()
                .map(|process| {
                    let mut process = process.clone();
                    let mut facts = (*process.sample.facts).clone();
                    facts.uid = Some(1000);
                    facts.cwd = Some("/srv/demo".to_owned());
                    facts.cmdline = Some(command.split(' ').map(str::to_owned).collect());
                    process.sample.facts = Arc::new(facts);
                    process
                })
                .collect();
            let host = picture.table.host.clone();
            let table = ProcessTable::new(host, picture.table.moment, processes, Vec::new());
            let found = databases(&inventory, &table, &homes);
            let paths: Vec<PathBuf> = found.into_iter().map(|found| found.path).collect();
            assert_eq!(paths, [PathBuf::from(expected)], "{command}");
        }
    }
}
