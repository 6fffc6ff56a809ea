//! Who holds a port that we wanted.

use std::net::SocketAddr;

use linux::{Collector, Options, ProcRoot, Wants};

/// What to say about a taken port: who holds it, and how to choose another.
pub(super) fn taken(listen: SocketAddr) -> String {
    let holder = holder(listen).map_or_else(
        || "another program that cannot be seen from here".to_owned(),
        |(pid, command)| format!("PID {pid} ({command})"),
    );
    let other = if listen.port() == 3001 { 3002 } else { 3001 };
    let free = SocketAddr::new(listen.ip(), other);
    format!(
        "{listen} is taken by {holder}; choose another with `mcpvisor serve --listen {free}` or `daemon.listen` in the configuration"
    )
}

/// The process that listens there, with its command line.
fn holder(listen: SocketAddr) -> Option<(u32, String)> {
    let root = ProcRoot::system().ok()?;
    let mut collector = Collector::new(root, Options::one_shot());
    let wants = Wants {
        pss: linux::Selection::None,
        all_now: true,
        ..Wants::default()
    };
    let pass = collector.pass(linux::clock::now(), &wants);
    let found = pass.samples.iter().find(|sample| {
        let connections = sample.connections.as_ref();
        connections
            .and_then(|reading| reading.value.as_ref())
            .is_some_and(|all| {
                all.iter()
                    .any(|connection| connection.listening_port() == Some(listen.port()))
            })
    })?;
    let words = found.facts.cmdline.clone().unwrap_or_default();
    let line = model::text::command_line(&model::redact::arguments(&words));
    Some((found.id.pid, line))
}
