//! Declared servers that do not run.

use crate::declared::{DeclaredServer, Launch, Scope};
use crate::server::DeclaredIn;
use crate::{Context, Owner, OwnerKind, Server, ServerState, Transport};

/// A server for each declaration that no running one covers.
pub(super) fn servers(context: &Context, running: &[Server], owners: &[Owner]) -> Vec<Server> {
    let mut absent: Vec<Server> = Vec::new();
    for declared in &context.declared {
        let place = place(declared);
        // All entries of a file without line breaks stand in one place.
        let covered = running
            .iter()
            .any(|server| server.name == declared.name && server.declared_in.contains(&place));
        if covered {
            continue;
        }
        let owner = owner(declared, owners);
        let file = place.file.clone();
        let id = format!(
            "{}-{}",
            super::slug(&declared.name),
            model::identity::fingerprint([
                declared.name.as_str(),
                declared.client,
                &file,
                &place.scope,
            ])
        );
        if absent.iter().any(|server| server.id == id) {
            continue;
        }
        absent.push(Server {
            id,
            name: declared.name.clone(),
            owner,
            transport: transport(declared),
            declared_in: vec![place],
            state: if declared.enabled {
                ServerState::NotRunning
            } else {
                ServerState::Disabled
            },
            confidence: 1.0,
            evidence: vec![format!("declared as `{}`", declared.shown)],
            instances: Vec::new(),
        });
    }
    absent
}

fn owner(declared: &DeclaredServer, owners: &[Owner]) -> Owner {
    owners
        .iter()
        .find(|owner| owner.name == declared.client)
        .cloned()
        .unwrap_or_else(|| Owner {
            name: declared.client.to_owned(),
            kind: if matches!(declared.scope, Scope::Gateway) {
                OwnerKind::Gateway
            } else {
                OwnerKind::Client
            },
            pid: None,
            start_ticks: None,
            alive: false,
        })
}

fn transport(declared: &DeclaredServer) -> Transport {
    match &declared.launch {
        Launch::Stdio { .. } => Transport::Stdio,
        Launch::Remote { transport, .. } => *transport,
    }
}

/// Where a declaration stands.
pub(super) fn place(declared: &DeclaredServer) -> DeclaredIn {
    let scope = match &declared.scope {
        Scope::User => "user".to_owned(),
        Scope::Project(_) => "project".to_owned(),
        Scope::Local(path) => format!("local {}", path.display()),
        Scope::Managed => "managed".to_owned(),
        Scope::Plugin => "plugin".to_owned(),
        Scope::Gateway => "gateway".to_owned(),
    };
    DeclaredIn {
        client: declared.client.to_owned(),
        file: declared.source.display().to_string(),
        line: declared.line,
        scope,
    }
}

/// The declaration and those of the same client that say the same under the same name.
pub(super) fn same_elsewhere(declared: &DeclaredServer, all: &[DeclaredServer]) -> Vec<DeclaredIn> {
    all.iter()
        .filter(|other| {
            other.client == declared.client
                && other.name == declared.name
                && other.launch == declared.launch
        })
        .map(place)
        .collect()
}
