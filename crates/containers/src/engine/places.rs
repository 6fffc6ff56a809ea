//! Where an engine's socket may be: the places that Docker's and Podman's own clients know, in the order
//! in which they are asked.
//!
//! The places come in as values, so that a test can point them elsewhere. Two names for one socket (the
//! `podman-docker` package links Docker's to Podman's) are one engine.

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::EngineError;

/// What decides where sockets are looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places {
    /// `DOCKER_HOST`, as it is set.
    pub docker_host: Option<String>,
    /// `XDG_RUNTIME_DIR`.
    pub runtime_dir: Option<PathBuf>,
    /// The user's home.
    pub home: Option<PathBuf>,
    /// Root of the file system, `/` but for tests; `None` for no places but those above.
    pub root: Option<PathBuf>,
}

/// Sockets to try, and what was named but is not looked at.
#[derive(Debug, Default)]
pub struct Candidates {
    /// Sockets in the order of trying; they need not exist.
    pub sockets: Vec<PathBuf>,
    /// An engine that is elsewhere.
    pub elsewhere: Option<EngineError>,
}

impl Places {
    /// The places of this process.
    pub fn of_environment() -> Self {
        let path = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        Self {
            docker_host: std::env::var("DOCKER_HOST")
                .ok()
                .filter(|host| !host.is_empty()),
            runtime_dir: path("XDG_RUNTIME_DIR").map(PathBuf::from),
            home: path("HOME").map(PathBuf::from),
            root: Some(PathBuf::from("/")),
        }
    }

    /// Only this socket.
    pub fn only(socket: &Path) -> Self {
        Self {
            docker_host: Some(format!("unix://{}", socket.display())),
            ..Self::default()
        }
    }

    /// All sockets to try.
    pub fn candidates(&self) -> Candidates {
        let mut found = Candidates::default();
        match self.docker_host.as_deref().map(socket_of) {
            Some(Ok(socket)) => found.sockets.push(socket),
            Some(Err(error)) => found.elsewhere = Some(error),
            None => {}
        }
        let below =
            |folder: &Option<PathBuf>, name: &str| folder.as_ref().map(|folder| folder.join(name));
        found.sockets.extend(
            [
                below(&self.root, "var/run/docker.sock"),
                below(&self.runtime_dir, "docker.sock"),
                below(&self.home, ".docker/run/docker.sock"),
                below(&self.root, "run/podman/podman.sock"),
                below(&self.runtime_dir, "podman/podman.sock"),
            ]
            .into_iter()
            .flatten(),
        );
        found
    }

    /// The sockets that exist, each once.
    pub fn existing(&self) -> Vec<PathBuf> {
        let mut seen = BTreeSet::new();
        let sockets = self.candidates().sockets.into_iter();
        sockets
            .filter(|socket| {
                // What may not be looked up is kept: connecting says why.
                let real = socket.canonicalize();
                match real {
                    Ok(real) => seen.insert(real),
                    Err(error) => {
                        !matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
                    }
                }
            })
            .collect()
    }
}

/// The path in `unix:///run/docker.sock`.
fn socket_of(host: &str) -> Result<PathBuf, EngineError> {
    match host.strip_prefix("unix://") {
        Some(path) if path.starts_with('/') => Ok(PathBuf::from(path)),
        _ => Err(EngineError::Remote {
            host: model::text::safe(&model::redact::url(host)).into_owned(),
        }),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn places(root: &Path) -> Places {
        Places {
            docker_host: None,
            runtime_dir: Some(root.join("run/user/1000")),
            home: Some(root.join("home/ada")),
            root: Some(root.to_owned()),
        }
    }

    #[test]
    fn the_variable_comes_first_then_docker_then_podman() {
        let mut places = places(Path::new("/"));
        places.docker_host = Some("unix:///srv/own.sock".to_owned());
        let sockets: Vec<String> = places
            .candidates()
            .sockets
            .iter()
            .map(|path| path.display().to_string())
            .collect();
        assert_eq!(
            sockets,
            [
                "/srv/own.sock",
                "/var/run/docker.sock",
                "/run/user/1000/docker.sock",
                "/home/ada/.docker/run/docker.sock",
                "/run/podman/podman.sock",
                "/run/user/1000/podman/podman.sock",
            ]
        );
    }

    #[test]
    fn an_engine_elsewhere_is_said_without_its_password() {
        for host in [
            "tcp://u:hunter2pass@far:2376",
            "ssh://ada@far",
            "unix://relative",
        ] {
            let mut places = places(Path::new("/nowhere"));
            places.docker_host = Some(host.to_owned());
            let error = places.candidates().elsewhere.unwrap().to_string();
            assert!(!error.contains("hunter2pass"), "{error}");
        }
    }

    #[test]
    fn two_names_for_one_socket_are_one_engine() {
        let root = tempfile::tempdir().unwrap();
        let podman = root.path().join("run/podman");
        std::fs::create_dir_all(&podman).unwrap();
        std::fs::create_dir_all(root.path().join("var/run")).unwrap();
        std::fs::write(podman.join("podman.sock"), "").unwrap();
        let docker = root.path().join("var/run/docker.sock");
        std::os::unix::fs::symlink(podman.join("podman.sock"), &docker).unwrap();
        assert_eq!(places(root.path()).existing(), [docker]);
        assert!(Places::only(Path::new("/none/x")).existing().is_empty());
    }
}
