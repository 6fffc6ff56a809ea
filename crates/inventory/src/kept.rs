//! Servers that mcpvisor keeps itself: what they are is known, not concluded.

use std::collections::HashSet;
use std::path::PathBuf;

use model::{FindingKind, ProcessId, ProcessTable, Severity};

use crate::server::DeclaredIn;
use crate::stock::ownership::Found;
use crate::{Context, Owner, OwnerKind, Server, ServerState, Transport};

/// The name that mcpvisor has as an owner.
pub const OWNER: &str = "mcpvisor";

/// A server that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptServer {
    /// Its name.
    pub name: String,
    /// Its first process, while it runs.
    pub root: Option<ProcessId>,
    /// How clients talk to it.
    pub transport: Transport,
    /// It is to run.
    pub is_wanted: bool,
    /// The configuration that names it.
    pub source: PathBuf,
    /// What is wrong with it.
    pub troubles: Vec<Trouble>,
}

/// What is wrong with a server that is kept. Texts come from its log and are made safe here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// What.
    pub kind: FindingKind,
    /// How bad.
    pub severity: Severity,
    /// To be read after its name.
    pub title: String,
    /// What was seen, one fact a line.
    pub evidence: Vec<String>,
    /// What to do.
    pub advice: String,
    /// The command that does it.
    pub command: Option<String>,
}

impl KeptServer {
    /// Its id: the same whether it runs or not, and whichever mcpvisor keeps it.
    pub fn id(&self) -> String {
        let name = self.name.as_str();
        let print = model::identity::fingerprint([name, OWNER]);
        format!("{}-{print}", crate::stock::slug(name))
    }

    pub(crate) fn place(&self) -> DeclaredIn {
        DeclaredIn {
            client: OWNER.to_owned(),
            file: self.source.display().to_string(),
            line: None,
            scope: "user".to_owned(),
        }
    }
}

impl Context {
    /// The server that we keep as this process.
    pub fn kept_as(&self, root: ProcessId) -> Option<&KeptServer> {
        self.kept.iter().find(|kept| kept.root == Some(root))
    }

    /// Ourselves as owner.
    pub(crate) fn keeper(&self, table: &ProcessTable) -> Owner {
        let us = table.get(self.own_pid);
        Owner {
            name: OWNER.to_owned(),
            kind: OwnerKind::Mcpvisor,
            pid: Some(self.own_pid),
            start_ticks: us.map(|us| us.id().start_ticks),
            alive: true,
        }
    }

    /// An owner that is known, for a server that outlived an earlier mcpvisor too: that one is its owner
    /// no more, and it is no orphan.
    pub(crate) fn keeper_of(&self, root: ProcessId, table: &ProcessTable) -> Option<Found> {
        self.kept_as(root)?;
        Some(Found::living(self.keeper(table), Vec::new()))
    }
}

/// A server for each that is kept and does not run.
pub(crate) fn absent(context: &Context, running: &[Server], table: &ProcessTable) -> Vec<Server> {
    let runs: HashSet<&str> = running.iter().map(|server| server.id.as_str()).collect();
    let absent = context.kept.iter().filter_map(|kept| {
        let id = kept.id();
        (!runs.contains(&*id)).then_some((id, kept))
    });
    absent
        .map(|(id, kept)| Server {
            id,
            name: kept.name.clone(),
            owner: context.keeper(table),
            transport: kept.transport,
            declared_in: vec![kept.place()],
            state: if kept.is_wanted {
                ServerState::NotRunning
            } else {
                ServerState::Disabled
            },
            confidence: 1.0,
            evidence: vec![format!("mcpvisor keeps `{}`", kept.name)],
            instances: Vec::new(),
        })
        .collect()
}
