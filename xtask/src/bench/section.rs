//! Where a benchmark's tables stand in a page: between two marks with its name.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

/// Replaces what stands between the two marks of this benchmark, or adds it at the end.
pub(crate) fn write_into(file: &Path, name: &str, tables: &str) -> Result<()> {
    let old = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => {
            return Err(error).with_context(|| format!("cannot read {}", file.display()));
        }
    };
    fs::write(file, placed(&old, name, tables))
        .with_context(|| format!("cannot write {}", file.display()))
}

fn placed(old: &str, name: &str, tables: &str) -> String {
    let begin = format!("<!-- bench {name}: begin -->");
    let end = format!("<!-- bench {name}: end -->");
    let section = format!("{begin}\n{}\n{end}", tables.trim_end());
    let marks = old
        .split_once(&begin)
        .and_then(|(before, rest)| Some((before, rest.split_once(&end)?.1)));
    match marks {
        Some((before, after)) => format!("{before}{section}{after}"),
        None if old.is_empty() => format!("{section}\n"),
        None => format!("{}\n\n{section}\n", old.trim_end()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEGIN: &str = "<!-- bench collect: begin -->";
    const END: &str = "<!-- bench collect: end -->";

    #[test]
    fn tables_go_between_the_marks_of_their_benchmark() {
        let once = placed("# Figures\n", "collect", "first\n");
        assert_eq!(once, format!("# Figures\n\n{BEGIN}\nfirst\n{END}\n"));
        let words = format!("{once}\nWords after.\n");
        let twice = placed(&words, "collect", "second\n");
        assert_eq!(
            twice,
            format!("# Figures\n\n{BEGIN}\nsecond\n{END}\n\nWords after.\n")
        );
        assert_eq!(
            placed("", "collect", "only"),
            format!("{BEGIN}\nonly\n{END}\n")
        );
        let both = placed(&twice, "serve", "other");
        assert!(both.starts_with(&twice[..twice.len() - 1]), "{both}");
        assert!(both.ends_with("<!-- bench serve: begin -->\nother\n<!-- bench serve: end -->\n"));
    }
}
