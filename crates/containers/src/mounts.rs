//! Credentials of the host that a container can see: judged by the paths of its mounts alone. No file is
//! opened.

use model::Severity;

use crate::container::{Container, Mount};

/// A mount that holds credentials, or through which it can get at them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exposed {
    /// Path on the host.
    pub source: String,
    /// Path inside.
    pub destination: String,
    /// May be written to; `None` if the engine does not say.
    pub writable: Option<bool>,
    /// What is there.
    pub what: &'static str,
    /// How bad.
    pub severity: Severity,
}

/// Paths below a home folder that hold credentials.
const OF_A_USER: [(&str, &str); 24] = [
    (".ssh", "keys for ssh"),
    (".aws", "keys for AWS"),
    (".azure", "tokens for Azure"),
    (".config/gcloud", "tokens for Google Cloud"),
    (".kube", "keys for Kubernetes"),
    (".docker/config.json", "passwords for image registries"),
    (".gnupg", "private keys of GnuPG"),
    (".netrc", "passwords for hosts"),
    (".git-credentials", "passwords for git"),
    (".config/gh", "tokens for GitHub"),
    (".npmrc", "tokens for npm"),
    (".pypirc", "tokens for PyPI"),
    (".cargo/credentials.toml", "tokens for crates.io"),
    (".password-store", "a password store"),
    (".vault-token", "a token for Vault"),
    (".terraform.d", "tokens for Terraform"),
    (".mcp-auth", "tokens for MCP servers"),
    (".claude.json", "tokens of Claude Code and its servers"),
    (".claude/.credentials.json", "tokens of Claude Code"),
    (".codex/auth.json", "tokens of Codex"),
    (".mozilla", "a browser's profile"),
    (".config/google-chrome", "a browser's profile"),
    (".config/chromium", "a browser's profile"),
    (".local/share/keyrings", "a keyring"),
];

/// Places of the machine.
const OF_THE_MACHINE: [(&str, &str, Severity); 10] = [
    ("/", "the whole file system", Severity::Critical),
    ("/etc", "the machine's configuration", Severity::Error),
    ("/etc/shadow", "password hashes", Severity::Critical),
    ("/etc/ssh", "the machine's ssh keys", Severity::Error),
    ("/etc/kubernetes", "the cluster's keys", Severity::Critical),
    ("/root", "root's home", Severity::Error),
    ("/home", "everybody's home", Severity::Error),
    (
        "/proc",
        "all processes and their environment",
        Severity::Error,
    ),
    (
        "/var/lib/docker",
        "all containers' files",
        Severity::Critical,
    ),
    (
        "/var/lib/kubelet",
        "the cluster's secrets",
        Severity::Critical,
    ),
];

/// Sockets of engines: whoever may use one is root on the machine, read-only mount or not.
const SOCKETS: [&str; 4] = ["docker.sock", "podman.sock", "containerd.sock", "crio.sock"];

/// All mounts of a container that expose credentials, the worst first.
pub fn exposed(container: &Container) -> Vec<Exposed> {
    let binds = container
        .mounts
        .iter()
        .filter(|mount| mount.kind != "volume");
    let mut found: Vec<Exposed> = binds.filter_map(judge).collect();
    found.sort_by(|a, b| {
        b.severity
            .cmp(&a.severity)
            .then_with(|| a.source.cmp(&b.source))
    });
    found
}

fn judge(mount: &Mount) -> Option<Exposed> {
    let source = normal(&mount.source)?;
    let (what, severity) = credentials(&source)?;
    Some(Exposed {
        source,
        destination: mount.destination.clone(),
        writable: mount.writable,
        what,
        severity,
    })
}

/// What is at a path, and how bad it is that a container sees it.
fn credentials(path: &str) -> Option<(&'static str, Severity)> {
    let name = path.rsplit('/').next().unwrap_or_default();
    if SOCKETS.contains(&name) {
        return Some(("an engine's socket: as good as root", Severity::Critical));
    }
    if let Some((_, what, severity)) = OF_THE_MACHINE.iter().find(|(place, ..)| *place == path) {
        return Some((what, *severity));
    }
    if let Some(below) = below_home(path) {
        if below.is_empty() {
            return Some(("a whole home folder", Severity::Error));
        }
        let known = OF_A_USER
            .iter()
            .find(|(place, _)| is_same_or_below(below, place));
        if let Some((_, what)) = known {
            return Some((what, Severity::Warning));
        }
    }
    let is_env = name == ".env" || name.starts_with(".env.") && !name.ends_with(".example");
    if is_env {
        return Some(("a file of secrets", Severity::Warning));
    }
    let is_key = matches!(
        name,
        "id_rsa" | "id_ed25519" | "id_ecdsa" | "credentials.json"
    );
    is_key.then_some(("a private key or credentials", Severity::Warning))
}

/// What follows `/home/ada/`, `/root/` or `/Users/ada/`.
fn below_home(path: &str) -> Option<&str> {
    if let Some(rest) = path.strip_prefix("/root") {
        return if rest.is_empty() {
            Some("")
        } else {
            rest.strip_prefix('/')
        };
    }
    let rest = path
        .strip_prefix("/home/")
        .or_else(|| path.strip_prefix("/Users/"))?;
    Some(rest.split_once('/').map_or("", |(_, below)| below))
}

fn is_same_or_below(path: &str, place: &str) -> bool {
    path.strip_prefix(place)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// An absolute path without `.`, `..` and double slashes; nothing for a name of a volume.
fn normal(path: &str) -> Option<String> {
    if !path.starts_with('/') {
        return None;
    }
    // Engines on other systems show the host's files below such a folder.
    let path = path.strip_prefix("/host_mnt").unwrap_or(path);
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    Some(format!("/{}", parts.join("/")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::container;

    fn of(source: &str) -> Option<Severity> {
        let mut container = container("a");
        container.mounts = vec![Mount {
            kind: "bind".to_owned(),
            source: source.to_owned(),
            destination: "/inside".to_owned(),
            writable: Some(false),
        }];
        exposed(&container).first().map(|exposed| exposed.severity)
    }

    #[test]
    fn credentials_and_the_ways_to_them() {
        for (source, severity) in [
            ("/", Severity::Critical),
            ("//", Severity::Critical),
            ("/var/run/docker.sock", Severity::Critical),
            ("/run/user/1000/podman/podman.sock", Severity::Critical),
            ("/etc/", Severity::Error),
            ("/home/ada", Severity::Error),
            ("/root", Severity::Error),
            ("/home/ada/x/../.ssh", Severity::Warning),
            ("/home/ada/.ssh/id_ed25519", Severity::Warning),
            ("/root/.aws", Severity::Warning),
            ("/Users/ada/.kube/config", Severity::Warning),
            ("/host_mnt/Users/ada/.config/gcloud", Severity::Warning),
            ("/home/ada/.docker/config.json", Severity::Warning),
            ("/srv/app/.env", Severity::Warning),
            ("/srv/app/.env.production", Severity::Warning),
        ] {
            assert_eq!(of(source), Some(severity), "{source}");
        }
    }

    #[test]
    fn what_is_none_of_them() {
        for source in [
            "/home/ada/project",
            "/home/ada/.sshfs",
            "/home/ada/.docker",
            "/rootfs/.ssh",
            "/etc/localtime",
            "/srv/app/.env.example",
            "name-of-a-volume",
            "",
        ] {
            assert_eq!(of(source), None, "{source}");
        }
    }
}
