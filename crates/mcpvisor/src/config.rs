//! `mcpvisor.toml`: every key has a default, so no file is needed.
//!
//! Unknown keys are errors with the nearest right spelling; a file that others may write
//! to is refused, because it decides what is never touched.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use crate::exit::{self, Failure};

/// Longest configuration that is read, bytes.
const CAP: u64 = 1 << 20;

/// The whole configuration.
#[derive(Debug, Default, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// What `clean` does and what it leaves alone.
    pub clean: Clean,
}

/// `[clean]`.
#[derive(Debug, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Clean {
    /// Names of servers, programs, or parts of a command line: whatever matches is never cleaned.
    pub never_touch: Vec<String>,
    /// How long an owner must be gone before its instance counts as an orphan to be cleaned, as
    /// in `60s` or `2m`.
    #[schemars(with = "String")]
    pub grace: Span,
    /// Time from SIGTERM to SIGKILL.
    #[schemars(with = "String")]
    pub kill_after: Span,
}

impl Default for Clean {
    fn default() -> Self {
        Self {
            never_touch: Vec::new(),
            grace: Span(Duration::from_mins(1)),
            kill_after: Span(Duration::from_secs(10)),
        }
    }
}

/// A duration as people write it: `500ms`, `60s`, `5m`, `2h`, `1d`, or seconds as a bare number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span(pub Duration);

impl std::str::FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let digits = text
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(text.len());
        let (number, unit) = text.split_at(digits);
        let wrong = || format!("`{text}` is no duration; write `500ms`, `60s`, `5m`, `2h` or `1d`");
        let number: f64 = number.parse().map_err(|_| wrong())?;
        let seconds = match unit.trim() {
            "ms" => number / 1000.0,
            "" | "s" => number,
            "m" | "min" => number * 60.0,
            "h" => number * 3600.0,
            "d" => number * 86_400.0,
            _ => return Err(wrong()),
        };
        Duration::try_from_secs_f64(seconds)
            .map(Self)
            .map_err(|_| wrong())
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: serde::Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        String::deserialize(source)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

/// Reads the configuration: the file that was named, else the usual one if it exists.
pub fn load(named: Option<&Path>) -> Result<Config, Failure> {
    let path = match named {
        Some(path) => path.to_owned(),
        None => match usual().filter(|path| path.exists()) {
            Some(path) => path,
            None => return Ok(Config::default()),
        },
    };
    let shown = path.display();
    let fail = |code, why: String| Failure::new(code, format!("the configuration {shown} {why}"));
    let metadata = std::fs::metadata(&path)
        .map_err(|error| fail(exit::NO_INPUT, format!("cannot be read: {error}")))?;
    if !metadata.is_file() || metadata.len() > CAP {
        return Err(fail(
            exit::CONFIG,
            format!("is no regular file of at most {CAP} bytes"),
        ));
    }
    if metadata.mode() & 0o022 != 0 {
        return Err(fail(
            exit::CONFIG,
            format!(
                "can be written to by others (mode {:03o}); run `chmod go-w {shown}`",
                metadata.mode() & 0o777
            ),
        ));
    }
    let owner = metadata.uid();
    let own = rustix::process::geteuid().as_raw();
    if owner != own && owner != 0 {
        return Err(fail(
            exit::CONFIG,
            format!("belongs to user {owner}, neither to you nor to root"),
        ));
    }
    let text = std::fs::read_to_string(&path)
        .map_err(|error| fail(exit::NO_INPUT, format!("cannot be read: {error}")))?;
    parse(&text).map_err(|why| fail(exit::CONFIG, why))
}

/// Parses a configuration; the error names line, key and what would be right.
pub fn parse(text: &str) -> Result<Config, String> {
    let source = toml::Deserializer::parse(text).map_err(|error| described(text, &error, ""))?;
    serde_path_to_error::deserialize(source).map_err(|error| {
        let key = error.path().to_string();
        described(text, error.inner(), &key)
    })
}

fn described(text: &str, error: &toml::de::Error, key: &str) -> String {
    let line = error
        .span()
        .map(|span| 1 + text.get(..span.start).unwrap_or(text).matches('\n').count());
    let line = line
        .map(|line| format!(", line {line}"))
        .unwrap_or_default();
    let key = if key.is_empty() || key == "." {
        String::new()
    } else {
        format!(", key `{key}`")
    };
    let message = error.message();
    format!("is wrong{line}{key}: {message}{}", nearest(message))
}

/// `; did you mean …` for an unknown key that is nearly a known one.
fn nearest(message: &str) -> String {
    let mut quoted = message.split('`').skip(1).step_by(2);
    let Some(wrong) = quoted
        .next()
        .filter(|_| message.starts_with("unknown field"))
    else {
        return String::new();
    };
    quoted
        .map(|known| (distance(wrong, known), known))
        .min()
        .filter(|(distance, _)| *distance <= 3)
        .map(|(_, known)| format!("; did you mean `{known}`?"))
        .unwrap_or_default()
}

/// Edits between two words (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, right) in b.iter().enumerate() {
            let changed = diagonal + usize::from(left != *right);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(row[j + 1] + 1);
        }
    }
    row[b.len()]
}

fn usual() -> Option<PathBuf> {
    let folder = std::env::var_os("XDG_CONFIG_HOME")
        .map(PathBuf::from)
        .filter(|folder| folder.is_absolute())
        .or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".config")))?;
    Some(folder.join("mcpvisor/mcpvisor.toml"))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Span, parse};

    #[test]
    fn errors_name_line_key_and_the_right_spelling() {
        let error = parse("[clean]\nnever_tuch = []\n")
            .err()
            .unwrap_or_default();
        assert!(error.contains("line 2"), "{error}");
        assert!(error.contains("did you mean `never_touch`?"), "{error}");
        let error = parse("[clean]\ngrace = \"soon\"\n")
            .err()
            .unwrap_or_default();
        assert!(
            error.contains("line 2") && error.contains("clean.grace") && error.contains("60s"),
            "{error}"
        );
    }

    #[test]
    fn spans() {
        for (text, ms) in [
            ("500ms", 500),
            ("60s", 60_000),
            ("5m", 300_000),
            ("1.5h", 5_400_000),
            ("0", 0),
        ] {
            assert_eq!(text.parse(), Ok(Span(Duration::from_millis(ms))));
        }
        for text in ["", "s", "5 weeks", "-1s", "1e9d"] {
            assert!(text.parse::<Span>().is_err(), "{text}");
        }
    }
}
