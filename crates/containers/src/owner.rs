//! Whose a container is: by the labels that gateways and compose put on it, else by the living client
//! that carries its input and output.

mod clients;

use std::collections::HashMap;
use std::sync::Arc;

use model::ProcessId;
use serde::{Deserialize, Serialize};

use crate::container::Container;
use crate::process::Processes;
pub use clients::{ClientFound, find_clients};

/// What kind of program made it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Owner {
    /// mcpproxy-go: `com.mcpproxy.managed=true`.
    Mcpproxy {
        /// The server's name there.
        server: Option<String>,
        /// `com.mcpproxy.created`: the process id (not a time) of the mcpproxy that made it.
        pid: Option<u32>,
    },
    /// Docker's MCP gateway: `docker-mcp=true`. It names no process.
    DockerMcp {
        /// The server's name there.
        server: Option<String>,
        /// A helper of the gateway itself (`docker-mcp-proxy`), not a server.
        is_helper: bool,
    },
    /// `ToolHive`: `toolhive=true`. It keeps its containers itself.
    ToolHive {
        /// The server's name there.
        server: Option<String>,
    },
    /// Our own guard or supervisor: `mcpvisor.pid` and `mcpvisor.start`.
    Mcpvisor {
        /// The server's name.
        server: Option<String>,
        /// Who made it; `None` if the labels do not say.
        process: Option<ProcessId>,
    },
    /// Compose, of Docker or Podman.
    Compose {
        /// Project.
        project: String,
        /// Service in it.
        service: Option<String>,
    },
    /// Something else that keeps containers: Kubernetes, development containers, a pod of Podman.
    Other {
        /// What.
        what: String,
    },
    /// Nobody says; made like `docker run -i --rm IMAGE`, with the image of an MCP server.
    BareStdio,
    /// Nobody says, and it is not made like a stdio server: detached, with ports, with a terminal, ..
    Unlabelled,
}

impl Owner {
    /// For people.
    pub fn name(&self) -> &str {
        match self {
            Self::Mcpproxy { .. } => "mcpproxy",
            Self::DockerMcp { .. } => "docker mcp gateway",
            Self::ToolHive { .. } => "ToolHive",
            Self::Mcpvisor { .. } => "mcpvisor",
            Self::Compose { .. } => "compose",
            Self::Other { what } => what,
            Self::BareStdio => "a client's `docker run -i --rm`",
            Self::Unlabelled => "nobody known",
        }
    }

    /// The MCP server's name, where a label has it.
    pub fn server(&self) -> Option<&str> {
        match self {
            Self::Mcpproxy { server, .. }
            | Self::DockerMcp { server, .. }
            | Self::ToolHive { server }
            | Self::Mcpvisor { server, .. } => server.as_deref(),
            _ => None,
        }
    }

    /// It is an MCP server, by its owner or by its looks.
    pub fn is_mcp(&self) -> bool {
        !matches!(
            self,
            Self::Compose { .. } | Self::Other { .. } | Self::Unlabelled
        )
    }
}

/// Whose it is, as far as the container itself says.
pub fn owner(container: &Container) -> Owner {
    let label = |key: &str| container.labels.get(key).filter(|value| !value.is_empty());
    let text = |key: &str| label(key).map(str::to_owned);
    let number = |key: &str| label(key).and_then(|value| value.trim().parse().ok());
    // Who keeps containers by a file or a cluster comes first: a compose file may label as it likes.
    if let Some(project) =
        text("com.docker.compose.project").or_else(|| text("io.podman.compose.project"))
    {
        let service = text("com.docker.compose.service");
        return Owner::Compose {
            project,
            service: service.or_else(|| text("io.podman.compose.service")),
        };
    }
    let other = |what: &str| Owner::Other {
        what: what.to_owned(),
    };
    if container.is_infrastructure {
        return other("a pod");
    }
    if label("io.kubernetes.pod.name").is_some() {
        return other("Kubernetes");
    }
    if label("devcontainer.local_folder").is_some() {
        return other("a development container");
    }
    if label("com.mcpproxy.managed") == Some("true") {
        return Owner::Mcpproxy {
            server: text("com.mcpproxy.server"),
            pid: number("com.mcpproxy.created"),
        };
    }
    if label("docker-mcp") == Some("true") || label("docker-mcp-proxy") == Some("true") {
        return Owner::DockerMcp {
            server: text("docker-mcp-name"),
            is_helper: label("docker-mcp-proxy").is_some(),
        };
    }
    if label("toolhive") == Some("true") {
        return Owner::ToolHive {
            server: text("toolhive-basename").or_else(|| text("toolhive-name")),
        };
    }
    if label("mcpvisor.server").is_some() || label("mcpvisor.pid").is_some() {
        let start: Option<u64> = label("mcpvisor.start").and_then(|start| start.parse().ok());
        return Owner::Mcpvisor {
            server: text("mcpvisor.server"),
            process: number("mcpvisor.pid")
                .zip(start)
                .map(|(pid, start_ticks)| ProcessId { pid, start_ticks }),
        };
    }
    if container.is_like_a_stdio_server() && container.looks_like_mcp() {
        return Owner::BareStdio;
    }
    Owner::Unlabelled
}

/// A container with whose it is and who is with it now.
#[derive(Clone, Debug)]
pub struct Owned {
    /// The container.
    pub container: Arc<Container>,
    /// Whose.
    pub owner: Owner,
    /// The client that is with it.
    pub client: ClientFound,
}

/// Owners and clients of all containers at once: which client serves which container can only be told
/// from all of them together.
pub fn owners(containers: &[Arc<Container>], processes: &Processes) -> Vec<Owned> {
    let mut clients: HashMap<String, ClientFound> = find_clients(containers, processes);
    let with_client = |container: &Arc<Container>| Owned {
        owner: owner(container),
        client: clients.remove(&container.id).unwrap_or(ClientFound::None),
        container: Arc::clone(container),
    };
    containers.iter().map(with_client).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::container::Labels;
    use crate::samples::container;

    fn labelled(labels: &[(&'static str, &'static str)]) -> Owner {
        let mut container = container("a");
        container.labels = Labels::new(labels.iter().copied());
        owner(&container)
    }

    #[test]
    fn labels_of_each_owner() {
        let server = Some("github".to_owned());
        assert_eq!(
            labelled(&[
                ("com.mcpproxy.managed", "true"),
                ("com.mcpproxy.server", "github"),
                ("com.mcpproxy.created", "4711")
            ]),
            Owner::Mcpproxy {
                server: server.clone(),
                pid: Some(4711)
            }
        );
        assert_eq!(
            labelled(&[("docker-mcp", "true"), ("docker-mcp-name", "github")]),
            Owner::DockerMcp {
                server: server.clone(),
                is_helper: false
            }
        );
        assert_eq!(
            labelled(&[
                ("toolhive", "true"),
                ("toolhive-name", "github-1"),
                ("toolhive-basename", "github")
            ]),
            Owner::ToolHive { server }
        );
    }

    #[test]
    fn an_old_label_that_holds_a_time_is_no_pid() {
        assert_eq!(
            labelled(&[
                ("com.mcpproxy.managed", "true"),
                ("com.mcpproxy.created", "2026-11-21T01:38:24Z")
            ]),
            Owner::Mcpproxy {
                server: None,
                pid: None
            }
        );
    }

    #[test]
    fn compose_wins_over_whatever_else_is_labelled() {
        let owner = labelled(&[
            ("com.docker.compose.project", "shop"),
            ("com.mcpproxy.managed", "true"),
            ("com.mcpproxy.created", "1"),
        ]);
        assert!(matches!(owner, Owner::Compose { project, .. } if project == "shop"));
    }

    #[test]
    fn bare_stdio_servers_by_their_manner() {
        assert_eq!(labelled(&[]), Owner::BareStdio);
        let changes: [fn(&mut Container); 6] = [
            |c| c.manner.attached = Some(false),
            |c| c.manner.attached = None,
            |c| c.manner.auto_remove = false,
            |c| c.manner.open_stdin = false,
            |c| c.manner.tty = true,
            |c| c.image = "postgres".to_owned(),
        ];
        for change in changes {
            let mut container = container("a");
            change(&mut container);
            assert_eq!(owner(&container), Owner::Unlabelled, "{container:?}");
        }
    }
}
