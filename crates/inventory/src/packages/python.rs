//! Python: what a script imports, and the distribution that a module belongs to.
//!
//! A console script is a few lines that import its package; the package's distribution is
//! found in the `site-packages` of the interpreter that runs it.

use std::path::{Path, PathBuf};

use model::Process;

use super::{METADATA_CAP, PackageFacts, ReadFile, SCRIPT_CAP, first_mention};
use crate::command::{Command, base_name};

/// What a script that uses an SDK contains.
const IMPORTS: [(&str, &str); 5] = [
    ("from mcp.server", "mcp"),
    ("import mcp.server", "mcp"),
    ("FastMCP(", "fastmcp"),
    ("from fastmcp.server", "fastmcp"),
    ("MCPServer(", "mcp"),
];

/// Console scripts are small; a longer one is a program of its own.
const CONSOLE_SCRIPT: usize = 4096;

pub(super) fn facts(
    process: &Process,
    command: &Command,
    script: &Path,
    read: &ReadFile<'_>,
) -> PackageFacts {
    let module = command
        .script
        .as_deref()
        .filter(|_| script.iter().any(|part| part == "-m"));
    if let Some(module) = module {
        return distribution(process, script, module, read).unwrap_or_default();
    }
    let Some(text) = read(script, SCRIPT_CAP) else {
        return PackageFacts::default();
    };
    let imports = first_mention(&text, &IMPORTS);
    if imports.is_none() && text.len() <= CONSOLE_SCRIPT {
        for module in imported(&text) {
            if let Some(facts) = distribution(process, script, &module, read) {
                return facts;
            }
        }
    }
    PackageFacts {
        imports,
        ..PackageFacts::default()
    }
}

/// Modules that a console script imports: `from mcp_server_time import main`.
fn imported(text: &[u8]) -> Vec<String> {
    String::from_utf8_lossy(text)
        .lines()
        .filter_map(|line| {
            let rest = line
                .trim()
                .strip_prefix("from ")
                .or_else(|| line.trim().strip_prefix("import "))?;
            let name = rest.split([' ', ',']).next()?;
            let own = !matches!(top(name), "sys" | "re" | "os" | "importlib" | "");
            own.then(|| name.to_owned())
        })
        .collect()
}

/// The first parts of a dotted name.
fn first_parts(module: &str, count: usize) -> String {
    module.split('.').take(count).collect::<Vec<_>>().join(".")
}

fn top(module: &str) -> &str {
    module.split('.').next().unwrap_or(module)
}

/// Metadata of the distribution that brings a module: `mcp_server_time.cli` comes with
/// `mcp-server-time`, `company.server` with `company-server` where that is shared by many.
fn distribution(
    process: &Process,
    script: &Path,
    module: &str,
    read: &ReadFile<'_>,
) -> Option<PackageFacts> {
    let wanted = [normal(&first_parts(module, 2)), normal(top(module))];
    for site in site_packages(process, script) {
        let Ok(entries) = std::fs::read_dir(&site) else {
            continue;
        };
        for entry in entries.flatten().take(10_000) {
            let folder = entry.file_name();
            let Some(name) = folder
                .to_str()
                .and_then(|name| name.strip_suffix(".dist-info"))
            else {
                continue;
            };
            let name = name.rsplit_once('-').map_or(name, |(name, _)| name);
            if !wanted.contains(&normal(name)) && !brings(&entry.path(), top(module), read) {
                continue;
            }
            let metadata = read(&entry.path().join("METADATA"), METADATA_CAP)?;
            return Some(from_metadata(&metadata));
        }
    }
    None
}

/// The distribution lists the module as one of its own, under another name than its own.
fn brings(folder: &Path, module: &str, read: &ReadFile<'_>) -> bool {
    read(&folder.join("top_level.txt"), 4096).is_some_and(|text| {
        text.split(|&c| c == b'\n')
            .any(|line| line == module.as_bytes())
    })
}

/// Name, and the SDK among its requirements (core metadata specification).
fn from_metadata(metadata: &[u8]) -> PackageFacts {
    let text = String::from_utf8_lossy(metadata);
    let mut facts = PackageFacts {
        entry: true,
        ..PackageFacts::default()
    };
    for line in text.lines().take_while(|line| !line.is_empty()) {
        if let Some(name) = line.strip_prefix("Name: ") {
            facts.name = Some(name.trim().to_owned());
        } else if let Some(requirement) = line.strip_prefix("Requires-Dist: ") {
            let end = requirement
                .find(|c: char| !c.is_ascii_alphanumeric() && !"-_.".contains(c))
                .unwrap_or(requirement.len());
            let optional = requirement.contains("extra ==");
            let name = normal(&requirement[..end]);
            if !optional && (name == "mcp" || name == "fastmcp") {
                facts.sdk = Some(name);
            }
        } else if let Some(words) = line.strip_prefix("Keywords: ") {
            facts.speaks_of_mcp = words
                .split([',', ' '])
                .any(|word| word.trim().eq_ignore_ascii_case("mcp"));
        }
    }
    // The SDKs bring programs of their own, which are no servers.
    if facts
        .name
        .as_deref()
        .is_some_and(|name| name == "mcp" || name == "fastmcp")
    {
        return PackageFacts::default();
    }
    facts
}

/// Normal form of a distribution's name (PEP 503), with underscores as hyphens.
fn normal(name: &str) -> String {
    name.to_ascii_lowercase().replace(['_', '.'], "-")
}

/// `site-packages` beside the interpreter that was named, the one that runs, and the script.
fn site_packages(process: &Process, script: &Path) -> Vec<PathBuf> {
    let named = process.argv().first().map(PathBuf::from);
    let exe = process.sample.facts.exe.as_deref().map(PathBuf::from);
    let real = std::fs::canonicalize(script).ok();
    let mut found = Vec::new();
    for program in [named, real, Some(script.to_owned()), exe]
        .into_iter()
        .flatten()
    {
        let Some(prefix) = program.parent().and_then(Path::parent) else {
            continue;
        };
        let Ok(entries) = std::fs::read_dir(prefix.join("lib")) else {
            continue;
        };
        for entry in entries.flatten().take(1000) {
            let is_python = entry.file_name().to_str().is_some_and(|name| {
                name.starts_with("python3") && !base_name(name).contains(".so")
            });
            let site = entry.path().join("site-packages");
            if is_python && !found.contains(&site) {
                found.push(site);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::contains;
    use super::{from_metadata, imported};

    #[test]
    fn console_scripts_name_their_module() {
        let script =
            b"#!/v/bin/python3\nimport sys\nfrom mcp_server_time import main\nsys.exit(main())\n";
        assert_eq!(imported(script), ["mcp_server_time"]);
        assert!(contains(script, b"import sys"));
    }

    #[test]
    fn metadata_gives_name_and_sdk() {
        let facts = from_metadata(b"Name: mcp-server-time\nRequires-Dist: mcp>=1.0\nKeywords: time,mcp\n\nRequires-Dist: x");
        assert_eq!(facts.name.as_deref(), Some("mcp-server-time"));
        assert_eq!(facts.sdk.as_deref(), Some("mcp"));
        assert!(facts.speaks_of_mcp);
        let optional = from_metadata(b"Name: agent\nRequires-Dist: mcp>=1 ; extra == 'tools'\n");
        assert_eq!(optional.sdk, None);
    }
}
