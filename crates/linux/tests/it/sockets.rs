//! Real sockets in the kernel's lists.

use std::{
    net::{TcpListener, TcpStream},
    os::{
        fd::AsFd,
        unix::net::{UnixListener, UnixStream},
    },
};

use linux::{
    ProcRoot,
    sockets::{self, SocketError, UnixPeer},
};
use model::{Connection, ConnectionState, Protocol};

fn inode(socket: impl AsFd) -> u64 {
    rustix::fs::fstat(socket).unwrap().st_ino
}

fn known(connections: &[Connection], socket: impl AsFd) -> Option<&Connection> {
    let inode = inode(socket);
    connections
        .iter()
        .find(|connection| connection.inode == inode)
}

#[test]
fn unix_peers_find_each_other() {
    let (one, other) = UnixStream::pair().unwrap();
    let listed = match sockets::unix_diag() {
        Ok(listed) => listed,
        Err(error @ SocketError::Refused(_)) => return println!("skipped: {error}"),
        Err(error) => panic!("{error}"),
    };
    let peer = |socket: &UnixStream| {
        let found = listed.iter().find(|known| known.inode == inode(socket));
        found.and_then(|known| known.peer)
    };
    assert_eq!(peer(&one), Some(inode(&other)));
    assert_eq!(peer(&other), Some(inode(&one)));
    let single = sockets::unix_socket(inode(&one)).unwrap().unwrap();
    assert_eq!(single.peer, Some(inode(&other)));
    assert_eq!(sockets::unix_socket(1).unwrap(), None);
    assert_eq!(sockets::unix_socket(0).unwrap(), None);
}

#[test]
fn names_of_listeners_and_ends_of_peers_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a b.sock");
    let listener = UnixListener::bind(&path).unwrap();
    let client = UnixStream::connect(&path).unwrap();
    let (server, _) = listener.accept().unwrap();
    let Ok(Some(seen)) = sockets::unix_socket(inode(&listener)) else {
        return println!("skipped: this kernel does not list Unix sockets");
    };
    assert!(seen.listens());
    assert_eq!(seen.name.as_deref(), path.to_str());
    assert_eq!(seen.other_side(), UnixPeer::None);
    let at_server = sockets::unix_socket(inode(&server)).unwrap().unwrap();
    assert_eq!(at_server.other_side(), UnixPeer::Inode(inode(&client)));
    drop(client);
    // A child that another test is just starting may hold a copy for a moment.
    let closed = (0..500).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(2));
        let now = sockets::unix_socket(inode(&server)).unwrap().unwrap();
        now.other_side() == UnixPeer::Closed && now.shutdown.is_some_and(|over| over.receive)
    });
    assert!(closed);
}

#[test]
fn unix_tables_show_the_same() {
    let root = ProcRoot::system().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.sock");
    let listener = UnixListener::bind(&path).unwrap();
    let (one, _other) = UnixStream::pair().unwrap();
    let listed = sockets::unix(&root, std::process::id()).unwrap();
    let seen = known(&listed, &listener).unwrap();
    assert_eq!(
        (seen.protocol, seen.state),
        (Protocol::Unix, ConnectionState::Listen)
    );
    assert_eq!(Some(seen.local.as_str()), path.to_str());
    assert_eq!(
        known(&listed, &one).unwrap().state,
        ConnectionState::Established
    );
}

#[test]
fn tcp_tables_show_both_sides_of_a_connection() {
    let root = ProcRoot::system().unwrap();
    for address in ["127.0.0.1:0", "[::1]:0"] {
        let Ok(listener) = TcpListener::bind(address) else {
            println!("skipped: no {address} here");
            continue;
        };
        let here = listener.local_addr().unwrap();
        let client = TcpStream::connect(here).unwrap();
        let (server, there) = listener.accept().unwrap();
        let listed = sockets::tcp(&root, std::process::id()).unwrap();
        let listening = known(&listed, &listener).unwrap();
        assert_eq!(listening.state, ConnectionState::Listen);
        assert_eq!(listening.listening_port(), Some(here.port()));
        assert_eq!(listening.peer, "");
        let at_client = known(&listed, &client).unwrap();
        let at_server = known(&listed, &server).unwrap();
        assert_eq!(at_client.state, ConnectionState::Established);
        assert_eq!(
            (&at_client.local, &at_client.peer),
            (&there.to_string(), &here.to_string())
        );
        assert_eq!(
            (&at_server.local, &at_server.peer),
            (&here.to_string(), &there.to_string())
        );
    }
}

#[test]
fn a_missing_process_is_named() {
    let root = ProcRoot::system().unwrap();
    let error = sockets::tcp(&root, u32::MAX).unwrap_err().to_string();
    assert!(error.contains("/proc/4294967295/net/tcp"), "{error}");
}

#[test]
fn what_listens_is_told_and_what_has_ended_is_not() {
    let four = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = four.local_addr().unwrap();
    let serves = |address| {
        let all = sockets::listeners(&ProcRoot::system().unwrap()).unwrap();
        all.iter().any(|listener| listener.serves(address))
    };
    assert!(serves(address));
    // The kernel's own list, where it has one, and the tables say the same.
    match sockets::tcp_listeners() {
        Ok(all) => assert!(all.iter().any(|listener| listener.address == address)),
        Err(SocketError::Refused(error)) => println!("skipped: {error}"),
        Err(error) => panic!("{error}"),
    }
    let client = TcpStream::connect(address).unwrap();
    drop(four);
    assert!(!serves(address), "its connections do not listen");
    drop(client);
    if let Ok(six) = TcpListener::bind("[::1]:0") {
        assert!(serves(six.local_addr().unwrap()));
    }
}
