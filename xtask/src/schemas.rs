//! The JSON Schemas of all JSON output: `schema/` is committed, and must be what the code says now.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::command::{cargo, run as run_command};
use crate::repository;
use crate::step::Outcome;

/// Writes the schemas into `schema/`, and removes those that no longer exist.
pub(crate) fn write() -> Result<Outcome> {
    let folder = repository::root().join("schema");
    for name in read(&folder)?.keys() {
        fs::remove_file(folder.join(name)).with_context(|| format!("cannot remove {name}"))?;
    }
    generate(&folder)?;
    println!(
        "wrote {} schemas into {}",
        read(&folder)?.len(),
        folder.display()
    );
    Ok(Outcome::Done)
}

/// Fails if `schema/` differs from what the code says.
pub(crate) fn compare() -> Result<Outcome> {
    let fresh = repository::target().join("schema-of-now");
    if fresh.exists() {
        fs::remove_dir_all(&fresh).with_context(|| format!("cannot empty {}", fresh.display()))?;
    }
    generate(&fresh)?;
    let differences = differences(&read(&repository::root().join("schema"))?, &read(&fresh)?);
    if differences.is_empty() {
        return Ok(Outcome::Done);
    }
    bail!(
        "schema/ is out of date; `cargo xtask schemas` writes it: {}",
        differences.join(", ")
    )
}

fn generate(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let what = ["run", "--quiet", "--package", "mcpvisor", "--", "schemas"];
    run_command(cargo().args(what).arg(folder))
}

fn read(folder: &Path) -> Result<BTreeMap<String, String>> {
    let mut schemas = BTreeMap::new();
    if !folder.exists() {
        return Ok(schemas);
    }
    for entry in
        fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?
    {
        let path = entry?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "json")
        {
            let text = fs::read_to_string(&path)
                .with_context(|| format!("cannot read {}", path.display()))?;
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            schemas.insert(name.into_owned(), text);
        }
    }
    Ok(schemas)
}

fn differences(
    committed: &BTreeMap<String, String>,
    fresh: &BTreeMap<String, String>,
) -> Vec<String> {
    let mut found = Vec::new();
    for (name, text) in fresh {
        match committed.get(name) {
            None => found.push(format!("{name} is missing")),
            Some(old) if old != text => found.push(format!("{name} has changed")),
            Some(_) => {}
        }
    }
    let gone = committed.keys().filter(|name| !fresh.contains_key(*name));
    found.extend(gone.map(|name| format!("{name} is no longer written")));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[(&str, &str)]) -> BTreeMap<String, String> {
        let own = |(name, text): &(&str, &str)| ((*name).to_owned(), (*text).to_owned());
        files.iter().map(own).collect()
    }

    #[test]
    fn each_kind_of_difference_is_named() {
        let committed = folder(&[("ps.json", "1"), ("old.json", "1"), ("same.json", "1")]);
        let fresh = folder(&[("ps.json", "2"), ("new.json", "1"), ("same.json", "1")]);
        assert_eq!(
            differences(&committed, &fresh),
            [
                "new.json is missing",
                "ps.json has changed",
                "old.json is no longer written"
            ]
        );
        assert!(differences(&fresh, &fresh).is_empty());
    }
}
