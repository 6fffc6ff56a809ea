//! Network connections of processes: the socket inodes among their open files, looked up in the
//! tables of their network namespace.
//!
//! Tables are read once for each namespace and pass, and forgotten after it. The other side of a
//! Unix socket comes from `sock_diag`, which knows our own namespace only; that of a TCP connection
//! on the same machine is the socket whose two addresses are the same the other way round.

use std::borrow::Cow;
use std::collections::HashMap;

use foldhash::fast::RandomState;
use model::{Connection, FileTarget, OpenFiles};

use crate::ProcRoot;
use crate::sockets::{SocketError, tcp, unix, unix_diag};

type Map<K, V> = HashMap<K, V, RandomState>;

/// Socket tables of the namespaces that were looked at in this pass.
#[derive(Debug, Default)]
pub(crate) struct Networks {
    by_namespace: Map<u64, Option<Map<u64, Connection>>>,
    /// Our own namespace, in which peers of Unix sockets are known.
    own_namespace: Option<u64>,
    /// The last answer of `sock_diag` was an error.
    pub(crate) no_unix_peers: Option<String>,
    /// The last table that could not be read.
    pub(crate) unreadable: Option<String>,
}

impl Networks {
    pub(crate) fn new(own_namespace: Option<u64>) -> Self {
        Self {
            own_namespace,
            ..Self::default()
        }
    }

    /// Forgets the tables: the next pass reads them anew.
    pub(crate) fn forget(&mut self) {
        self.by_namespace.clear();
    }

    /// Connections behind the sockets among `files`; `None` if the tables cannot be read.
    pub(crate) fn connections(
        &mut self,
        root: &ProcRoot,
        pid: u32,
        namespace: u64,
        files: &OpenFiles,
    ) -> Option<Vec<Connection>> {
        if files.kinds.socket == 0 {
            return Some(Vec::new());
        }
        if !self.by_namespace.contains_key(&namespace) {
            let table = match self.read(root, pid, namespace) {
                Ok(table) => Some(table),
                Err(error) => {
                    self.unreadable = Some(error.to_string());
                    None
                }
            };
            self.by_namespace.insert(namespace, table);
        }
        let table = self.by_namespace.get(&namespace)?.as_ref()?;
        let mut inodes: Vec<u64> = files
            .entries
            .iter()
            .filter_map(|entry| match entry.target {
                FileTarget::Socket(inode) => Some(inode),
                _ => None,
            })
            .collect();
        // The same socket may stand behind several descriptors.
        inodes.sort_unstable();
        inodes.dedup();
        let found = inodes.iter().filter_map(|inode| table.get(inode).cloned());
        Some(found.collect())
    }

    fn read(
        &mut self,
        root: &ProcRoot,
        pid: u32,
        namespace: u64,
    ) -> Result<Map<u64, Connection>, SocketError> {
        let mut connections = tcp(root, pid)?;
        join_tcp_peers(&mut connections);
        // Kernels without Unix sockets do not exist outside of tests.
        connections.extend(unix(root, pid).unwrap_or_default());
        // Closed ones that only wait out their time have no inode and belong to no process.
        let mut table: Map<u64, Connection> = connections
            .into_iter()
            .filter(|connection| connection.inode != 0)
            .map(|connection| (connection.inode, connection))
            .collect();
        if self.own_namespace == Some(namespace) {
            match unix_diag() {
                Ok(sockets) => {
                    self.no_unix_peers = None;
                    let closed = |closed: bool| closed.then_some(0);
                    let pairs = sockets
                        .iter()
                        .filter_map(|s| Some((s.inode, s.peer.or(closed(s.peer_closed))?)));
                    join_unix_peers(&mut table, pairs);
                }
                Err(error) => self.no_unix_peers = Some(error.to_string()),
            }
        }
        Ok(table)
    }
}

/// Notes the inode at the other side (0: closed), and its name if it has one: the client of a
/// socket sees by it whose it is.
fn join_unix_peers(table: &mut Map<u64, Connection>, pairs: impl Iterator<Item = (u64, u64)>) {
    for (inode, peer) in pairs {
        let name = table.get(&peer).map(|socket| socket.local.clone());
        if let Some(socket) = table.get_mut(&inode) {
            socket.peer_inode = Some(peer);
            socket.peer = name.unwrap_or_default();
        }
    }
}

fn join_tcp_peers(connections: &mut [Connection]) {
    let mut by_addresses: Map<(String, String), u64> = Map::default();
    for connection in connections.iter().filter(|c| !c.peer.is_empty()) {
        let key = (
            canonical(&connection.local).into_owned(),
            canonical(&connection.peer).into_owned(),
        );
        by_addresses.insert(key, connection.inode);
    }
    for connection in connections.iter_mut().filter(|c| !c.peer.is_empty()) {
        let turned = (
            canonical(&connection.peer).into_owned(),
            canonical(&connection.local).into_owned(),
        );
        connection.peer_inode = by_addresses
            .get(&turned)
            .copied()
            .filter(|&inode| inode != 0 && inode != connection.inode);
    }
}

/// IPv4 seen through an IPv6 socket is the same address: `[::ffff:127.0.0.1]:80`, `127.0.0.1:80`.
fn canonical(address: &str) -> Cow<'_, str> {
    match address
        .strip_prefix("[::ffff:")
        .and_then(|rest| rest.split_once(']'))
    {
        Some((ip, port)) if ip.contains('.') => Cow::Owned(format!("{ip}{port}")),
        _ => Cow::Borrowed(address),
    }
}

#[cfg(test)]
mod tests {
    use model::{Connection, ConnectionState, Protocol};

    use super::{Map, join_tcp_peers, join_unix_peers};

    fn connection(inode: u64, local: &str, peer: &str) -> Connection {
        Connection {
            protocol: Protocol::Tcp4,
            state: ConnectionState::Established,
            local: local.into(),
            peer: peer.into(),
            inode,
            peer_inode: None,
        }
    }

    #[test]
    fn both_ends_of_a_connection_find_each_other() {
        let mut all = [
            connection(1, "127.0.0.1:8080", ""),
            connection(2, "127.0.0.1:8080", "127.0.0.1:4000"),
            connection(3, "127.0.0.1:4000", "127.0.0.1:8080"),
            connection(4, "10.0.0.2:4000", "93.184.216.34:443"),
            connection(5, "[::ffff:127.0.0.1]:9090", "[::ffff:127.0.0.1]:4001"),
            connection(6, "127.0.0.1:4001", "127.0.0.1:9090"),
        ];
        join_tcp_peers(&mut all);
        let peers: Vec<Option<u64>> = all.iter().map(|c| c.peer_inode).collect();
        assert_eq!(peers, [None, Some(3), Some(2), None, Some(6), Some(5)]);
    }

    #[test]
    fn a_client_learns_the_name_of_the_socket_that_it_uses() {
        let mut table: Map<u64, Connection> = [(1, "/run/x.sock"), (2, "")]
            .map(|(inode, local)| (inode, connection(inode, local, "")))
            .into_iter()
            .collect();
        join_unix_peers(&mut table, [(1, 2), (2, 1), (9, 1)].into_iter());
        assert_eq!(
            table.get(&2).map(|c| (c.peer.as_str(), c.peer_inode)),
            Some(("/run/x.sock", Some(1)))
        );
        assert_eq!(
            table.get(&1).map(|c| (c.peer.as_str(), c.peer_inode)),
            Some(("", Some(2)))
        );
    }
}
