//! Labels of a container: those that tell whose it is, and a fingerprint over all of them.
//!
//! People put secrets into labels too (a proxy's passwords), so the values of others are not kept. The
//! fingerprint shows whether a container is still labelled as it was.

use serde::{Deserialize, Serialize};

use super::LabelMap;

/// Beginnings of the keys whose values are kept. Compose's are few and named one by one, because others
/// hold paths and hashes of a project's configuration.
const KEPT: [&str; 10] = [
    "com.mcpproxy.",
    "docker-mcp",
    "toolhive",
    "mcpvisor.",
    "com.docker.compose.project",
    "com.docker.compose.service",
    "io.podman.compose.project",
    "io.podman.compose.service",
    "io.kubernetes.pod.name",
    "devcontainer.local_folder",
];

/// Beginnings of keys by which owners know their containers.
const OWNERS: [&str; 4] = ["com.mcpproxy.", "docker-mcp", "toolhive", "mcpvisor."];

/// Longest value that is kept, in characters.
const LONGEST: usize = 256;

/// Labels of one container.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Labels {
    /// Those that tell whose it is.
    pub known: LabelMap,
    /// How many it has in all.
    pub count: usize,
    /// Fingerprint of all keys and values.
    pub fingerprint: String,
}

impl Labels {
    /// Of all labels that a container has.
    pub fn new<'a>(all: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut all: Vec<(&str, &str)> = all.into_iter().collect();
        all.sort_unstable();
        let known = all
            .iter()
            .filter(|(key, _)| KEPT.iter().any(|kept| key.starts_with(kept)))
            .map(|(key, value)| ((*key).to_owned(), value.chars().take(LONGEST).collect()))
            .collect();
        let parts = all.iter().flat_map(|(key, value)| [*key, *value]);
        Self {
            known,
            count: all.len(),
            fingerprint: model::identity::fingerprint(parts),
        }
    }

    /// A gateway or guard of MCP servers has given a label with this key, to know its containers by.
    pub fn tells_owner(key: &str) -> bool {
        OWNERS.iter().any(|owner| key.starts_with(owner))
    }

    /// The value of a label that is kept.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.known.get(key).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_may_be_secret_are_not_kept() {
        let labels = Labels::new([
            (
                "traefik.http.middlewares.a.basicauth.users",
                "ada:$apr1$xyz",
            ),
            ("com.mcpproxy.server", "github"),
        ]);
        assert_eq!(labels.get("com.mcpproxy.server"), Some("github"));
        assert_eq!((labels.known.len(), labels.count), (1, 2));
        assert!(!format!("{labels:?}").contains("apr1"));
    }

    #[test]
    fn the_fingerprint_sees_every_label_and_no_order() {
        let of =
            |all: &[(&'static str, &'static str)]| Labels::new(all.iter().copied()).fingerprint;
        assert_eq!(of(&[("a", "1"), ("b", "2")]), of(&[("b", "2"), ("a", "1")]));
        assert_ne!(of(&[("a", "1")]), of(&[("a", "2")]));
        assert_ne!(of(&[("a", "1")]), of(&[]));
    }
}
