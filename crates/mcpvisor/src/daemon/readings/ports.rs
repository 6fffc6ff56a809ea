//! Ports of this machine that servers are declared with: does something listen there?

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use inventory::Inventory;
use inventory::declared::DeclaredServer;
use linux::ProcRoot;
use linux::sockets::{self, Listener};
use model::{LabelValues, ProcessTable};

/// Servers at most.
const MOST: usize = 1_000;

/// A server, and for each of its declarations the addresses of which one must listen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Port {
    /// Server and owner.
    pub(super) labels: LabelValues,
    /// Any of each.
    pub(super) addresses: Vec<Vec<SocketAddr>>,
}

/// Servers with a URL of this machine, of clients and gateways that run here and in our network
/// namespace: in another one the same address is another place.
pub(super) fn of(
    declared: &[DeclaredServer],
    inventory: &Inventory,
    table: &ProcessTable,
) -> Vec<Port> {
    let namespace = |pid: u32| table.get(pid)?.sample.facts.net_namespace;
    let own = namespace(std::process::id());
    let runs_here = |client: &str| {
        let mut sessions = inventory.owners.iter().filter(|owner| owner.name == client);
        sessions.any(|owner| {
            let its = owner.pid.and_then(namespace);
            its.is_none() || own.is_none() || its == own
        })
    };
    let mut found: BTreeMap<(&str, &str), Vec<Vec<SocketAddr>>> = BTreeMap::new();
    for server in declared.iter().filter(|server| server.enabled) {
        let addresses = server.launch.local_addresses();
        if !addresses.is_empty() && runs_here(server.client) && found.len() < MOST {
            let all = found.entry((&server.name, server.client)).or_default();
            if !all.contains(&addresses) {
                all.push(addresses);
            }
        }
    }
    let port = |((name, client), addresses): ((&str, &str), _)| Port {
        labels: Arc::from([Arc::from(name), Arc::from(client)]),
        addresses,
    };
    found.into_iter().map(port).collect()
}

/// Whether something listens for each; nothing if the kernel does not tell.
pub(super) fn listening(ports: &[Port]) -> Vec<(LabelValues, bool)> {
    if ports.is_empty() {
        return Vec::new();
    }
    let listeners = ProcRoot::system()
        .ok()
        .and_then(|root| sockets::listeners(&root).ok());
    let Some(listeners) = listeners else {
        return Vec::new();
    };
    let answers = ports.iter();
    answers
        .map(|port| (Arc::clone(&port.labels), listens(port, &listeners)))
        .collect()
}

fn listens(port: &Port, listeners: &[Listener]) -> bool {
    let any = |addresses: &Vec<SocketAddr>| {
        addresses
            .iter()
            .any(|address| listeners.iter().any(|listener| listener.serves(*address)))
    };
    port.addresses.iter().all(any)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::net::TcpListener;
    use std::path::PathBuf;
    use std::sync::Arc;

    use inventory::declared::{DeclaredServer, Launch, Scope};
    use inventory::{Owner, OwnerKind, Transport};

    use super::{listening, of};
    use crate::top::tests::sample;

    fn declared(name: &str, client: &'static str, url: &str) -> DeclaredServer {
        DeclaredServer {
            name: name.to_owned(),
            client,
            client_id: "x",
            source: PathBuf::from("/etc/x.json"),
            scope: Scope::User,
            line: None,
            launch: Launch::Remote {
                url: url.to_owned(),
                transport: Transport::Http,
            },
            shown: String::new(),
            enabled: true,
            why_disabled: None,
        }
    }

    #[test]
    fn declared_ports_of_running_clients_are_looked_at() {
        let picture = sample::picture();
        let open = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = open.local_addr().unwrap().port();
        // Nobody listens on a port that is bound and not listened on.
        let held = rustix::net::socket(
            rustix::net::AddressFamily::INET,
            rustix::net::SocketType::STREAM,
            None,
        )
        .unwrap();
        let any: std::net::SocketAddrV4 = "127.0.0.1:0".parse().unwrap();
        rustix::net::bind(&held, &any).unwrap();
        let name = rustix::net::getsockname(&held).unwrap();
        let closed = std::net::SocketAddrV4::try_from(name).unwrap().port();
        let client = "Claude Code";
        let mut inventory = (*picture.inventory).clone();
        inventory.owners.push(Owner {
            name: client.to_owned(),
            kind: OwnerKind::Client,
            pid: Some(100),
            start_ticks: None,
            alive: true,
        });
        let mut off = declared("off", client, &format!("http://127.0.0.1:{closed}"));
        off.enabled = false;
        let all = [
            declared("up", client, &format!("http://localhost:{port}/mcp")),
            declared("down", client, &format!("http://127.0.0.1:{closed}/mcp")),
            declared("half", client, &format!("http://127.0.0.1:{port}/mcp")),
            declared("half", client, &format!("http://127.0.0.1:{closed}/mcp")),
            declared("far", client, "https://example.org/mcp"),
            declared("idle", "Nobody", &format!("http://127.0.0.1:{closed}/mcp")),
            off,
        ];
        let ports = of(&all, &inventory, &picture.table);
        let answers = listening(&ports);
        let shown: Vec<(&str, bool)> = answers
            .iter()
            .map(|(labels, listens)| (&*labels[0], *listens))
            .collect();
        assert_eq!(shown, [("down", false), ("half", false), ("up", true)]);
        assert_eq!(answers[0].0[1], Arc::from(client));
    }
}
