//! Engines' own daemons among the processes: two of one kind on a machine share neither containers nor
//! images, and a client that asks one does not see the other's.

use model::ProcessId;
use serde::{Deserialize, Serialize};

use crate::process::{Process, Processes};

/// What a daemon is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Backend {
    /// `dockerd`.
    Dockerd,
    /// `containerd` that no other daemon has started for itself.
    Containerd,
    /// `podman system service`.
    PodmanService,
}

impl Backend {
    /// Name of the program.
    pub fn name(self) -> &'static str {
        match self {
            Self::Dockerd => "dockerd",
            Self::Containerd => "containerd",
            Self::PodmanService => "podman system service",
        }
    }
}

/// A daemon that lives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackendProcess {
    /// What it is.
    pub backend: Backend,
    /// Which process.
    pub id: ProcessId,
}

/// All daemons of engines, by kind and process.
pub fn backends(processes: &Processes) -> Vec<BackendProcess> {
    let living = processes.living().filter_map(|process| {
        let backend = backend(process)?;
        // Docker's own `containerd` is part of it, and a daemon's thread-like children are it again.
        let parent = processes.get(process.ppid).and_then(self::backend);
        if parent.is_some_and(|parent| parent == Backend::Dockerd || parent == backend) {
            return None;
        }
        Some(BackendProcess {
            backend,
            id: process.id,
        })
    });
    let mut found: Vec<BackendProcess> = living.collect();
    found.sort_by_key(|daemon| (daemon.backend, daemon.id));
    found
}

fn backend(process: &Process) -> Option<Backend> {
    match process.program() {
        "dockerd" => Some(Backend::Dockerd),
        "containerd" => Some(Backend::Containerd),
        "podman" => {
            let words: Vec<&str> = process.argv.iter().map(String::as_str).collect();
            let serves = words.windows(2).any(|pair| pair == ["system", "service"]);
            serves.then_some(Backend::PodmanService)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::process;

    fn child(pid: u32, ppid: u32, command: &str) -> Process {
        let mut process = process(pid, command);
        process.ppid = ppid;
        process
    }

    #[test]
    fn each_kind_and_dockers_own_containerd_once() {
        let table = Processes::new(
            [
                process(10, "/usr/sbin/dockerd -H fd://"),
                child(11, 10, "containerd --config /x"),
                process(20, "/usr/bin/containerd"),
                process(30, "podman system service --time=0"),
                process(31, "podman run x"),
                process(40, "vim dockerd"),
                process(50, "containerd-shim-runc-v2 -id x"),
            ],
            true,
        );
        let found: Vec<(Backend, u32)> = backends(&table)
            .iter()
            .map(|daemon| (daemon.backend, daemon.id.pid))
            .collect();
        assert_eq!(
            found,
            [
                (Backend::Dockerd, 10),
                (Backend::Containerd, 20),
                (Backend::PodmanService, 30)
            ]
        );
    }

    #[test]
    fn a_second_dockerd_is_a_second_one() {
        let table = Processes::new(
            [
                process(10, "dockerd"),
                process(11, "dockerd --data-root /x"),
            ],
            true,
        );
        assert_eq!(backends(&table).len(), 2);
    }
}
