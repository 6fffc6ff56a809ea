//! What `/version` says: which engine it is, and which version of the interface both sides speak.

use serde::{Deserialize, Serialize};

use super::EngineError;

/// The newest version of the interface that this crate was written against (Engine API, Docker 27).
const OURS: ApiVersion = ApiVersion {
    major: 1,
    minor: 47,
};

/// Whose engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EngineKind {
    /// Docker, or what says nothing else of itself.
    Docker,
    /// Podman's service, which speaks Docker's interface.
    Podman,
}

impl EngineKind {
    /// The name of its client program.
    pub fn program(self) -> &'static str {
        match self {
            Self::Docker => "docker",
            Self::Podman => "podman",
        }
    }
}

/// A version of the interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ApiVersion {
    /// Before the dot.
    pub major: u32,
    /// After it.
    pub minor: u32,
}

impl ApiVersion {
    fn parse(text: &str) -> Option<Self> {
        let (major, minor) = text.trim().split_once('.')?;
        // Podman's own interface has three parts.
        let minor = minor.split('.').next()?;
        Some(Self {
            major: major.parse().ok()?,
            minor: minor.parse().ok()?,
        })
    }
}

impl std::fmt::Display for ApiVersion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// An engine as it describes itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// Whose.
    pub kind: EngineKind,
    /// Its version: `20.10.24+dfsg1`.
    pub version: String,
    /// The version of the interface to use with it.
    pub api: ApiVersion,
    /// Podman's own interface, where it has one: `4.3.1`.
    pub libpod: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Raw {
    #[serde(default)]
    version: String,
    #[serde(default)]
    api_version: String,
    #[serde(default, rename = "MinAPIVersion")]
    min_api_version: String,
    #[serde(default)]
    components: Option<Vec<Component>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Component {
    #[serde(default)]
    name: String,
    #[serde(default)]
    version: String,
}

impl Version {
    /// Reads the answer to `GET /version`.
    pub fn parse(answer: &[u8]) -> Result<Self, EngineError> {
        let raw: Raw = serde_json::from_slice(answer)
            .map_err(|error| EngineError::garbled("GET /version", &error))?;
        let components = raw.components.unwrap_or_default();
        let podman = components
            .iter()
            .find(|component| component.name.to_ascii_lowercase().contains("podman"));
        let theirs = ApiVersion::parse(&raw.api_version).unwrap_or(OURS);
        let least = ApiVersion::parse(&raw.min_api_version).unwrap_or(theirs);
        Ok(Self {
            kind: podman.map_or(EngineKind::Docker, |_| EngineKind::Podman),
            version: shown(&raw.version),
            // An engine that has dropped what we know is asked in its oldest tongue.
            api: theirs.min(OURS).max(least),
            libpod: podman.map(|component| shown(&component.version)),
        })
    }
}

fn shown(version: &str) -> String {
    let short: String = version.chars().take(40).collect();
    model::text::safe(&short).into_owned()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn of(json: &str) -> Version {
        Version::parse(json.as_bytes()).unwrap()
    }

    #[test]
    fn the_newest_common_version_is_used() {
        for (theirs, least, used) in [
            ("1.41", "1.12", "1.41"),
            ("1.52", "1.24", "1.47"),
            ("1.60", "1.50", "1.50"),
            ("", "", "1.47"),
        ] {
            let json = format!(r#"{{"ApiVersion":"{theirs}","MinAPIVersion":"{least}"}}"#);
            assert_eq!(of(&json).api.to_string(), used, "{theirs} {least}");
        }
    }

    #[test]
    fn podman_is_known_by_its_components() {
        let podman = of(
            r#"{"Components":[{"Name":"Podman Engine","Version":"4.3.1","Details":{"APIVersion":"4.3.1"}},
                {"Name":"Conmon","Version":"conmon version 2.1.6"}],"Version":"4.3.1",
                "ApiVersion":"1.41","MinAPIVersion":"1.24"}"#,
        );
        assert_eq!(podman.kind, EngineKind::Podman);
        assert_eq!(podman.libpod.as_deref(), Some("4.3.1"));
        let docker = of(r#"{"Components":[{"Name":"Engine","Version":"20"}],"Version":"20"}"#);
        assert_eq!((docker.kind, docker.libpod), (EngineKind::Docker, None));
        assert_eq!(of(r#"{"Components":null}"#).kind, EngineKind::Docker);
    }

    #[test]
    fn what_is_no_engine_is_said() {
        assert!(Version::parse(b"<html>").is_err());
    }
}
