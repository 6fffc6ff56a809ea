//! From the bytes of a file to a [`Node`].
//!
//! The extension says which format it is; without a known one the contents do.
//! All of JSON, JSONC and JSON5 is read by one reader, because files named `.json`
//! hold comments in several clients.

mod json;
mod toml;
mod yaml;

use std::path::Path;

use super::node::Node;
use super::problem::{Fault, ProblemKind};

/// A way to a value: the keys to follow, where `*` is any key.
pub(super) type KeyPath = &'static [&'static str];

/// A format of configuration files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// JSON, JSON with comments, JSON5.
    Json,
    Toml,
    Yaml,
}

impl Format {
    /// The format of a file, by its name first and its contents second.
    pub(super) fn of(path: &Path, text: &str) -> Self {
        let extension = path.extension().and_then(|extension| extension.to_str());
        match extension.map(str::to_ascii_lowercase).as_deref() {
            Some("json" | "jsonc" | "json5") => Self::Json,
            Some("toml") => Self::Toml,
            Some("yaml" | "yml") => Self::Yaml,
            _ => Self::of_contents(text),
        }
    }

    fn of_contents(text: &str) -> Self {
        let mut lines = text
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty() && !line.starts_with('#'));
        let Some(first) = lines.next() else {
            return Self::Yaml;
        };
        if first.starts_with(['{', '/']) {
            return Self::Json;
        }
        let is_toml = |line: &str| {
            (line.starts_with('[') && line.ends_with(']') && !line.contains(['"', ',', '{']))
                || line.split_once('=').is_some_and(|(key, _)| {
                    !key.contains([':', ' '])
                        || key
                            .trim_end()
                            .chars()
                            .all(|c| c.is_alphanumeric() || "_-.".contains(c))
                })
        };
        if is_toml(first) {
            Self::Toml
        } else if first.starts_with('[') {
            Self::Json
        } else {
            Self::Yaml
        }
    }
}

/// Reads a whole file. `wanted` names the values that matter: a JSON file keeps only
/// those (`~/.claude.json` holds megabytes of other things).
///
/// Answers `None` for a file with nothing in it, as a client that has been started
/// once may leave it.
pub(super) fn parse(path: &Path, bytes: &[u8], wanted: &[KeyPath]) -> Result<Option<Node>, Fault> {
    let text = decode(bytes)?;
    if text.trim().is_empty() {
        return Ok(None);
    }
    match Format::of(path, text) {
        Format::Json => json::parse(text, wanted),
        Format::Toml => toml::parse(text),
        Format::Yaml => yaml::parse(text),
    }
    .map(Some)
}

/// The text of a file, without a byte order mark.
fn decode(bytes: &[u8]) -> Result<&str, Fault> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    std::str::from_utf8(bytes).map_err(|error| {
        let (line, column) = position(bytes, error.valid_up_to());
        Fault::new(ProblemKind::Encoding, "the file is not UTF-8 text").at(line, column)
    })
}

/// Line and character of a place in a file, both from 1.
fn position(bytes: &[u8], offset: usize) -> (u32, u32) {
    let before = &bytes[..offset.min(bytes.len())];
    let start = before
        .iter()
        .rposition(|&byte| byte == b'\n')
        .map_or(0, |at| at + 1);
    let lines = before.split(|&byte| byte == b'\n').count();
    let characters = String::from_utf8_lossy(&before[start..]).chars().count();
    (count(lines), count(characters + 1))
}

/// A count that fits: files are far smaller than 4 GB.
fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
#[expect(clippy::panic, reason = "a test fails by panicking")]
mod tests {
    use std::path::Path;

    use super::{Format, KeyPath, parse};
    use crate::declared::problem::{Fault, ProblemKind};

    /// Every value is wanted.
    const ALL: &[KeyPath] = &[&[]];

    fn fault(path: &str, bytes: &[u8]) -> Option<Fault> {
        parse(Path::new(path), bytes, ALL).err()
    }

    #[test]
    fn the_extension_decides() {
        for (path, expected) in [
            ("a.json", Format::Json),
            ("a.JSONC", Format::Json),
            ("a.toml", Format::Toml),
            ("a.yml", Format::Yaml),
        ] {
            assert_eq!(Format::of(Path::new(path), "{"), expected, "{path}");
        }
    }

    #[test]
    fn the_contents_decide_without_an_extension() {
        for (text, expected) in [
            ("{ }", Format::Json),
            ("// comment\n{}", Format::Json),
            ("[{\"a\": 1}]", Format::Json),
            ("[mcp_servers.a]\ncommand = 'x'", Format::Toml),
            ("# comment\n[[mcp_servers]]", Format::Toml),
            ("model = 'x'", Format::Toml),
            ("mcpServers:\n  - name: a", Format::Yaml),
            ("url: http://a/?b=c", Format::Yaml),
        ] {
            assert_eq!(Format::of(Path::new("config"), text), expected, "{text}");
        }
    }

    #[test]
    fn nothing_is_not_a_fault() {
        for path in ["a.json", "a.toml", "a.yaml"] {
            assert_eq!(
                parse(Path::new(path), b"\xef\xbb\xbf \n", ALL),
                Ok(None),
                "{path}"
            );
        }
    }

    #[test]
    fn other_encodings_are_named() {
        for path in ["a.json", "a.toml", "a.yaml"] {
            let fault = fault(path, b"{}\n# \xc3\xbc \xff").unwrap_or_else(|| panic!("{path}"));
            assert_eq!(fault.kind, ProblemKind::Encoding);
            assert_eq!((fault.line, fault.column), (Some(2), Some(5)));
        }
    }

    #[test]
    fn deep_nesting_ends_early() {
        let brackets = "[".repeat(100_000);
        let braces = "{\"a\":".repeat(100_000);
        let inline = "a = ".to_owned() + &"[".repeat(100_000);
        let dotted = "[a".to_owned() + &".a".repeat(100_000) + "]";
        let dashes = "- ".repeat(100_000);
        for (path, text) in [
            ("a.json", &brackets),
            ("a.json", &braces),
            ("a.yaml", &brackets),
            ("a.yaml", &braces),
            ("a.yaml", &dashes),
            ("a.toml", &inline),
            ("a.toml", &dotted),
        ] {
            let fault = fault(path, text.as_bytes()).unwrap_or_else(|| panic!("{path}"));
            assert!(
                matches!(fault.kind, ProblemKind::TooDeep | ProblemKind::Syntax),
                "{path}: {fault:?}"
            );
        }
    }
}
