//! What a single process shows: who is connected to it, whether a person sees it, whose it is.

use model::{Connection, ConnectionState, Process, Protocol};

/// Others are connected to what it listens on.
pub(super) fn has_peers(process: &Process) -> bool {
    let all = connections(process);
    let listening: Vec<&Connection> = all
        .iter()
        .filter(|c| c.state == ConnectionState::Listen)
        .collect();
    all.iter()
        .any(|c| accepted(c, &listening) && c.peer_inode != Some(0))
}

pub(super) fn connections(process: &Process) -> &[Connection] {
    process
        .sample
        .connections
        .as_ref()
        .and_then(|reading| reading.value.as_ref())
        .map(|all| all.as_slice())
        .unwrap_or_default()
}

/// An established connection that came in through one of the process's own listening sockets.
pub(super) fn accepted(connection: &Connection, listening: &[&Connection]) -> bool {
    if connection.state != ConnectionState::Established {
        return false;
    }
    match connection.protocol {
        // An accepted Unix socket carries the listening socket's name.
        Protocol::Unix => {
            !connection.local.is_empty()
                && listening
                    .iter()
                    .any(|l| l.protocol == Protocol::Unix && l.local == connection.local)
        }
        Protocol::Tcp4 | Protocol::Tcp6 => {
            let port = connection.local.rsplit_once(':').map(|(_, port)| port);
            listening.iter().any(|l| {
                l.protocol != Protocol::Unix
                    && l.local.rsplit_once(':').map(|(_, port)| port) == port
            })
        }
    }
}

/// Port of an address on this machine's loopback interface.
pub(super) fn local_port(address: &str) -> Option<u16> {
    let (host, port) = address.rsplit_once(':')?;
    let local =
        host.starts_with("127.") || matches!(host, "[::1]") || host.starts_with("[::ffff:127.");
    local.then(|| port.parse().ok()).flatten()
}

/// Browsers and editors with a window. A headless browser is a tool's, not a person's.
pub(super) fn is_visible(process: &Process) -> bool {
    let program = process
        .sample
        .facts
        .exe
        .as_deref()
        .map_or(process.comm(), crate::command::base_name);
    let windowed = matches!(
        program,
        "chrome"
            | "chromium"
            | "google-chrome"
            | "firefox"
            | "firefox-esr"
            | "firefox-bin"
            | "brave"
            | "msedge"
            | "opera"
            | "vivaldi"
            | "vivaldi-bin"
            | "code"
            | "cursor"
            | "zed"
            | "zed-editor"
            | "gedit"
            | "kate"
            | "emacs"
            | "gvim"
            | "subl"
            | "sublime_text"
            | "electron"
    );
    let hidden = process.argv().iter().any(|argument| {
        argument.starts_with("--headless")
            || argument == "-headless"
            || argument.starts_with("--type=")
    });
    windowed && !hidden
}

/// The system service that a cgroup path belongs to. A desktop's scopes and a user's own manager
/// are no services of the system.
pub(super) fn system_service(cgroup: &str) -> Option<&str> {
    let mut parts = cgroup.split('/').filter(|part| !part.is_empty());
    match parts.next() {
        Some("system.slice" | "machine.slice" | "init.scope") => {}
        _ => return None,
    }
    // Terminals over ssh without logind, and editors' remote servers, live in `ssh.service`.
    let service = parts.next().unwrap_or(cgroup);
    (!matches!(service, "ssh.service" | "sshd.service")).then_some(service)
}
