//! Package names: from a token that a launcher was given, or from a path that a package
//! manager made.

use serde::{Deserialize, Serialize};

/// Where a package comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Registry {
    /// npm.
    Npm,
    /// The Python package index.
    Python,
    /// A container image.
    Image,
}

/// A package, without its version.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Package {
    /// Where it comes from.
    pub registry: Registry,
    /// Name: `@modelcontextprotocol/server-memory`, `mcp-server-time`, `mcp/fetch`.
    pub name: String,
}

impl Package {
    /// An npm token: `@scope/name@1.2.3` is `@scope/name`.
    pub fn npm(token: &str) -> Option<Self> {
        let token = token.strip_prefix("npm:").unwrap_or(token);
        let at = token.get(1..)?.find('@').map_or(token.len(), |at| at + 1);
        Self::named(Registry::Npm, &token[..at])
    }

    /// A Python token: `name[extra]==1.2`, `name@1.2`, `git+https://host/owner/name@rev`.
    pub fn python(token: &str) -> Option<Self> {
        if let Some(url) = token.strip_prefix("git+") {
            let path = url.split_once("://").map_or(url, |(_, path)| path);
            let name = path.split(['#', '?']).next()?.rsplit('/').next()?;
            let name = name.split('@').next()?;
            return Self::named(Registry::Python, name.trim_end_matches(".git"));
        }
        let end = token
            .find(['[', '=', '<', '>', '~', '!', '@', ' ', ';'])
            .unwrap_or(token.len());
        Self::named(Registry::Python, &token[..end])
    }

    /// An image token: tag and digest are dropped, a registry's host too.
    pub fn image(token: &str) -> Option<Self> {
        let token = token.split('@').next()?;
        let (path, name) = token
            .rsplit_once('/')
            .map_or(("", token), |(path, name)| (path, name));
        let name = name.split(':').next()?;
        let mut parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        if parts
            .first()
            .is_some_and(|host| host.contains(['.', ':']) || *host == "localhost")
        {
            parts.remove(0);
        }
        parts.push(name);
        Self::named(Registry::Image, &parts.join("/"))
    }

    fn named(registry: Registry, name: &str) -> Option<Self> {
        let fits = |c: char| c.is_alphanumeric() || "@/._-".contains(c);
        let ok = !name.is_empty() && name.chars().all(fits) && !name.starts_with(['-', '.', '/']);
        ok.then(|| Self {
            registry,
            name: name.to_owned(),
        })
    }

    /// The name without its scope or folder: `server-memory`.
    pub fn short_name(&self) -> &str {
        self.name.rsplit('/').next().unwrap_or(&self.name)
    }
}

/// The package that a path belongs to by the folders that package managers make:
/// `…/node_modules/@scope/name/…`, `…/uv/tools/NAME/…`, `…/pipx/venvs/NAME/…`.
///
/// `node_modules/.bin/NAME` names a program, not a package, and gives `None`: the
/// program's own name says as much.
pub fn package_in_path(path: &str) -> Option<Package> {
    let below = path
        .rsplit_once("/node_modules/")
        .map(|(_, rest)| rest)
        .or_else(|| path.strip_prefix("node_modules/"));
    if let Some(rest) = below {
        let mut parts = rest.split('/');
        let first = parts.next()?;
        let name = match first.strip_prefix('@') {
            Some(_) => format!("{first}/{}", parts.next()?),
            None => first.to_owned(),
        };
        return if name == ".bin" {
            None
        } else {
            Package::npm(&name)
        };
    }
    for marker in ["/uv/tools/", "/pipx/venvs/"] {
        if let Some((_, rest)) = path.split_once(marker) {
            return Package::python(rest.split('/').next()?);
        }
    }
    None
}
