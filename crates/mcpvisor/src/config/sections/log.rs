//! `[log]`.

use std::path::{Path, PathBuf};

use toml::de::DeValue;

use crate::config::Size;
use crate::config::invalid::Invalid;
use crate::config::section::Section;
use crate::config::value::{Choice, FromValue, choice};

/// What the daemon writes down about itself, and where.
#[derive(Clone, Debug, PartialEq, serde::Serialize, schemars::JsonSchema)]
#[schemars(default, deny_unknown_fields)]
pub struct Log {
    /// Least severe lines that are written: `error`, `warn`, `info`, `debug` or `trace`. The
    /// environment variable `MCPVISOR_LOG` goes before it.
    pub level: Level,
    /// `text` for people, `json` for programs.
    pub format: LogFormat,
    /// File to write to, instead of standard error; a relative path begins at the configuration's
    /// folder. None by default.
    #[schemars(extend("examples" = ["/var/log/mcpvisor.log"]))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<PathBuf>,
    /// Size at which the file is set aside as `FILE.1` and a new one begun, from `64KiB`.
    pub max_size: Size,
    /// How many files are kept aside, up to 100.
    #[schemars(range(max = 100))]
    pub keep: u32,
}

/// How severe a line must be to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// What does not work.
    Error,
    /// What will not, or only in part.
    Warn,
    /// What changes: starts, stops, reloads.
    Info,
    /// What is done and why.
    Debug,
    /// Everything.
    Trace,
}

/// How lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// Time, level, origin, message and fields.
    Text,
    /// One JSON object a line.
    Json,
}

impl Choice for Level {
    const ALL: &[(&str, Self)] = &[
        ("error", Self::Error),
        ("warn", Self::Warn),
        ("info", Self::Info),
        ("debug", Self::Debug),
        ("trace", Self::Trace),
    ];
}

impl Choice for LogFormat {
    const ALL: &[(&str, Self)] = &[("text", Self::Text), ("json", Self::Json)];
}

impl FromValue for Level {
    fn from_value(value: &DeValue<'_>) -> Result<Self, Invalid> {
        choice(value)
    }
}

impl FromValue for LogFormat {
    fn from_value(value: &DeValue<'_>) -> Result<Self, Invalid> {
        choice(value)
    }
}

/// A smaller file would be set aside all the time.
const LEAST_SIZE: Size = Size(64 << 10);

/// More would make each rotation a long row of renames.
const MOST_KEPT: u32 = 100;

impl Default for Log {
    fn default() -> Self {
        Self {
            level: Level::Info,
            format: LogFormat::Text,
            file: None,
            max_size: Size::mebibytes(10),
            keep: 5,
        }
    }
}

impl Log {
    pub(in crate::config) fn read(section: &mut Section<'_>, folder: &Path) -> Self {
        let default = Self::default();
        let log = Self {
            level: section.take("level", default.level),
            format: section.take("format", default.format),
            file: section
                .optional::<PathBuf>("file")
                .map(|file| folder.join(file)),
            max_size: section.take("max_size", default.max_size),
            keep: section.take("keep", default.keep),
        };
        section.require("max_size", log.max_size >= LEAST_SIZE, || {
            format!(
                "{} is too small for a log file; give it at least {LEAST_SIZE}",
                log.max_size
            )
        });
        section.require("keep", log.keep <= MOST_KEPT, || {
            format!("{} files are too many; keep at most {MOST_KEPT}", log.keep)
        });
        log
    }
}
