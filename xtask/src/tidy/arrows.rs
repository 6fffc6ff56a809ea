//! Which crate may depend on which. The manifests are read as they are written, so a crate that does
//! not compile yet is judged too.

use toml::{Table, Value};

use super::Breach;
use super::tree::{File, Tree};

/// A crate by its folder's name, and the crates of ours that it may use. Names that have no folder yet
/// are fixed already, so that the crate which fills one finds its place.
const ARROWS: [(&str, &[&str]); 18] = [
    ("model", &[]),
    ("linux", &["model"]),
    ("inventory", &["model"]),
    ("analysis", &["model"]),
    ("history", &["model"]),
    ("protocol", &["model"]),
    ("containers", &["model"]),
    ("alerting", &["model"]),
    ("export", &["model"]),
    ("guard", &["linux", "model"]),
    ("keeper", &["linux", "model", "supervise"]),
    ("web", &[]),
    ("supervise", &["model", "linux", "protocol"]),
    ("gateways", &["model", "protocol"]),
    ("testbed", &[]),
    ("xtask", &["model", "linux", "inventory", "history"]),
    ("fuzz", LIBRARIES),
    ("mcpvisor", LIBRARIES),
];

const LIBRARIES: &[&str] = &[
    "model",
    "linux",
    "inventory",
    "analysis",
    "history",
    "protocol",
    "containers",
    "alerting",
    "export",
    "guard",
    "keeper",
    "web",
    "supervise",
    "gateways",
];

/// Used by tests only, by all of them.
const FOR_TESTS: &str = "testbed";

pub(crate) fn check(tree: &Tree) -> Vec<Breach> {
    let manifests = tree
        .files()
        .iter()
        .filter_map(|file| Some((file, crate_of(&file.path)?)));
    manifests
        .flat_map(|(file, name)| check_manifest(file, name))
        .collect()
}

/// The crate whose manifest this is.
fn crate_of(path: &str) -> Option<&str> {
    let folder = path.strip_suffix("/Cargo.toml")?;
    let name = folder.strip_prefix("crates/").unwrap_or(folder);
    (!name.contains('/')).then_some(name)
}

fn check_manifest(file: &File, name: &str) -> Vec<Breach> {
    let Some((_, allowed)) = ARROWS.iter().find(|(known, _)| *known == name) else {
        let message =
            format!("crate `{name}` has no place yet: add it to the table of crate arrows");
        return vec![Breach::of_file(&file.path, message)];
    };
    let manifest: Table = match toml::from_str(&file.text) {
        Ok(manifest) => manifest,
        Err(error) => return vec![Breach::of_file(&file.path, format!("no TOML: {error}"))],
    };
    let mut breaches = Vec::new();
    for (section, table) in dependency_tables(&manifest) {
        for (key, value) in table {
            let target = our_crate(key, value);
            let for_tests = section == "dev-dependencies" && target == FOR_TESTS;
            if is_ours(target) && !allowed.contains(&target) && !for_tests {
                let may = if allowed.is_empty() {
                    "none of our crates".to_owned()
                } else {
                    allowed.join(", ")
                };
                breaches.push(Breach::of_file(
                    &file.path,
                    format!(
                        "`{name}` may not depend on `{target}` in [{section}]; it may use {may}"
                    ),
                ));
            }
        }
    }
    breaches
}

/// All dependency tables, those for single platforms too.
fn dependency_tables(manifest: &Table) -> Vec<(&'static str, &Table)> {
    let mut holders = vec![manifest];
    if let Some(targets) = manifest.get("target").and_then(Value::as_table) {
        holders.extend(targets.values().filter_map(Value::as_table));
    }
    let mut tables = Vec::new();
    for holder in holders {
        for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
            if let Some(table) = holder.get(section).and_then(Value::as_table) {
                tables.push((section, table));
            }
        }
    }
    tables
}

/// The name behind a dependency: of its `package`, its `path` or its key.
fn our_crate<'a>(key: &'a str, value: &'a Value) -> &'a str {
    let text = |field: &str| value.get(field).and_then(Value::as_str);
    let name = text("package")
        .or_else(|| text("path").and_then(|path| path.trim_end_matches('/').rsplit('/').next()))
        .unwrap_or(key);
    name.strip_prefix("mcpvisor-").unwrap_or(name)
}

fn is_ours(name: &str) -> bool {
    ARROWS.iter().any(|(known, _)| *known == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(path: &str, manifest: &str) -> Vec<String> {
        let breaches = check(&Tree::of(&[(path, manifest)]));
        breaches.into_iter().map(|breach| breach.message).collect()
    }

    #[test]
    fn permitted_arrows() {
        let manifest = "[dependencies]\nmodel.workspace = true\nserde = '1'\n\
                        [dev-dependencies]\ntestbed.workspace = true";
        assert!(messages("crates/linux/Cargo.toml", manifest).is_empty());
        let all = "[dependencies]\nmodel.workspace = true\nlinux.workspace = true\ninventory.workspace = true";
        assert!(messages("crates/mcpvisor/Cargo.toml", all).is_empty());
    }

    #[test]
    fn an_arrow_upwards() {
        let found = messages(
            "crates/model/Cargo.toml",
            "[dependencies]\nlinux.workspace = true",
        );
        assert_eq!(
            found,
            ["`model` may not depend on `linux` in [dependencies]; it may use none of our crates"]
        );
        let found = messages(
            "crates/history/Cargo.toml",
            "[dependencies]\nmcpvisor.workspace = true",
        );
        assert_eq!(found.len(), 1);
    }

    #[test]
    fn the_testbed_is_never_shipped() {
        let manifest = "[dependencies]\ntestbed.workspace = true";
        assert_eq!(messages("crates/mcpvisor/Cargo.toml", manifest).len(), 1);
        let for_build = "[build-dependencies]\ntestbed.workspace = true";
        assert_eq!(messages("crates/mcpvisor/Cargo.toml", for_build).len(), 1);
    }

    #[test]
    fn other_spellings_of_an_arrow() {
        for manifest in [
            "[dependencies]\nother = { package = 'mcpvisor-linux', path = '../linux' }",
            "[dependencies]\nmcpvisor-linux = '1'",
            "[dependencies]\nsomething = { path = '../linux/' }",
            "[target.'cfg(unix)'.dependencies]\nlinux.workspace = true",
            "[dev-dependencies]\nlinux.workspace = true",
        ] {
            assert_eq!(
                messages("crates/inventory/Cargo.toml", manifest).len(),
                1,
                "{manifest}"
            );
        }
    }

    #[test]
    fn a_crate_without_a_place_and_a_manifest_that_is_none() {
        assert!(messages("crates/misc/Cargo.toml", "")[0].contains("`misc` has no place"));
        assert!(messages("crates/model/Cargo.toml", "][")[0].starts_with("no TOML"));
        assert!(messages("Cargo.toml", "[workspace]").is_empty());
    }
}
