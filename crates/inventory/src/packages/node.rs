//! npm packages: the nearest `package.json` above the script.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{METADATA_CAP, PackageFacts, ReadFile, SCRIPT_CAP, first_mention};

/// SDKs by the name under which a package depends on them.
const SDKS: [&str; 7] = [
    "@modelcontextprotocol/sdk",
    "@modelcontextprotocol/server",
    "fastmcp",
    "mcp-framework",
    "@modelcontextprotocol/ext-apps",
    "xmcp",
    "mcp-handler",
];

/// What a script that uses an SDK contains.
const IMPORTS: [(&str, &str); 4] = [
    (
        "@modelcontextprotocol/sdk/server",
        "@modelcontextprotocol/sdk",
    ),
    (
        "@modelcontextprotocol/server",
        "@modelcontextprotocol/server",
    ),
    ("from \"fastmcp\"", "fastmcp"),
    ("from 'fastmcp'", "fastmcp"),
];

/// Folders above the script that are searched.
const DEEPEST: usize = 12;

#[derive(Deserialize, Default)]
#[serde(default)]
struct Manifest {
    name: Option<String>,
    main: Option<serde_json::Value>,
    bin: Option<serde_json::Value>,
    module: Option<serde_json::Value>,
    keywords: Option<serde_json::Value>,
    dependencies: Option<BTreeMap<String, serde_json::Value>>,
}

pub(super) fn facts(script: &Path, read: &ReadFile<'_>) -> PackageFacts {
    // `node_modules/.bin/x` is a link to the program in its package.
    let real = std::fs::canonicalize(script).unwrap_or_else(|_| script.to_owned());
    let imports = read(&real, SCRIPT_CAP).and_then(|text| first_mention(&text, &IMPORTS));
    let Some((folder, manifest)) = manifest(&real, read) else {
        return PackageFacts {
            imports,
            ..PackageFacts::default()
        };
    };
    let sdk = SDKS.iter().find(|sdk| {
        manifest
            .dependencies
            .as_ref()
            .is_some_and(|all| all.contains_key(**sdk))
    });
    let entry = paths(manifest.bin.as_ref())
        .into_iter()
        .chain(paths(manifest.main.as_ref()))
        .chain(paths(manifest.module.as_ref()))
        .any(|entry| same_file(&folder, &entry, &real));
    let speaks_of_mcp = paths(manifest.keywords.as_ref()).iter().any(|word| {
        matches!(
            word.to_ascii_lowercase().as_str(),
            "mcp" | "modelcontextprotocol" | "model-context-protocol" | "mcp-server"
        )
    });
    PackageFacts {
        name: manifest.name,
        sdk: sdk.map(|sdk| (*sdk).to_owned()),
        entry,
        speaks_of_mcp,
        imports,
    }
}

/// The nearest manifest that has a name: bundlers leave ones with nothing but a type behind.
fn manifest(script: &Path, read: &ReadFile<'_>) -> Option<(PathBuf, Manifest)> {
    script.ancestors().skip(1).take(DEEPEST).find_map(|folder| {
        let text = read(&folder.join("package.json"), METADATA_CAP)?;
        let manifest: Manifest = serde_json::from_slice(&text).ok()?;
        manifest
            .name
            .is_some()
            .then(|| (folder.to_owned(), manifest))
    })
}

/// Strings in a value that may be a string, a list or a map.
fn paths(value: Option<&serde_json::Value>) -> Vec<String> {
    use serde_json::Value;
    match value {
        Some(Value::String(path)) => vec![path.clone()],
        Some(Value::Array(all)) => all
            .iter()
            .filter_map(|v| v.as_str().map(String::from))
            .collect(),
        Some(Value::Object(all)) => all
            .values()
            .filter_map(|v| v.as_str().map(String::from))
            .collect(),
        _ => Vec::new(),
    }
}

/// `dist/index` and `./dist/index.js` name the same file.
fn same_file(folder: &Path, entry: &str, script: &Path) -> bool {
    let entry = folder.join(entry.trim_start_matches("./"));
    entry == script
        || entry.with_extension("js") == script
        || entry.join("index.js") == script
        || std::fs::canonicalize(&entry).is_ok_and(|real| real == script)
        || is_source_of(folder, &entry, script)
}

/// `src/index.ts`, which a developer runs, is what `dist/index.js` is made from.
fn is_source_of(folder: &Path, entry: &Path, script: &Path) -> bool {
    let below = |path: &Path, tops: &[&str]| {
        let inside = path.strip_prefix(folder).ok()?;
        let top = inside.components().next()?.as_os_str().to_str()?;
        let rest = inside.strip_prefix(top).ok()?;
        tops.contains(&top).then(|| rest.with_extension(""))
    };
    let made = below(entry, &["dist", "build", "lib", "out"]);
    made.is_some() && made == below(script, &["src"])
}
