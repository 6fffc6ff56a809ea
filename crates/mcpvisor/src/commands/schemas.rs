//! The JSON Schemas of all documents, for `schema/`.

use std::path::Path;

use crate::exit;
use crate::report::{CleanReport, ExplainReport, Report};

/// Writes one file for each document.
pub fn run(folder: &Path) -> anyhow::Result<u8> {
    std::fs::create_dir_all(folder)?;
    let all = [
        ("report.v1.json", schemars::schema_for!(Report)),
        ("clean.v1.json", schemars::schema_for!(CleanReport)),
        ("explain.v1.json", schemars::schema_for!(ExplainReport)),
        ("config.json", schemars::schema_for!(crate::config::Config)),
    ];
    for (name, schema) in all {
        let text = serde_json::to_string_pretty(&schema)?;
        std::fs::write(folder.join(name), format!("{text}\n"))?;
    }
    Ok(exit::FINE)
}
