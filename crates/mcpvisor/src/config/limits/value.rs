//! Values of limits.

use std::borrow::Cow;
use std::fmt;

use schemars::{Schema, SchemaGenerator, json_schema};
use toml::de::DeValue;

use crate::config::invalid::Invalid;
use crate::config::value::whole;

/// The fewest open files with which programs start: standard streams, libraries, an event queue.
const LEAST_FILES: u64 = 8;
/// `fs.nr_open` cannot be set higher (`sysctl_nr_open_max` of the kernel, rounded).
const MOST_FILES: u64 = 1 << 30;
/// How none is written.
const NONE: &str = "none";

/// What a key of limits says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Limit<T> {
    /// `"none"`: there is to be no limit, whatever others say.
    None,
    /// This much.
    To(T),
}

impl<T> Limit<T> {
    /// The limit, if it is one.
    pub(super) fn to(self) -> Option<T> {
        match self {
            Self::None => None,
            Self::To(value) => Some(value),
        }
    }

    /// Reads `"none"`, or a value.
    pub(super) fn read(
        value: &DeValue<'_>,
        read: impl FnOnce(&DeValue<'_>) -> Result<T, Invalid>,
    ) -> Result<Self, Invalid> {
        match value {
            DeValue::String(text) if text == NONE => Ok(Self::None),
            value => read(value).map(Self::To),
        }
    }
}

impl<T: serde::Serialize> serde::Serialize for Limit<T> {
    fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::None => out.serialize_str(NONE),
            Self::To(value) => value.serialize(out),
        }
    }
}

impl<T: schemars::JsonSchema> schemars::JsonSchema for Limit<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("Limit_{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        none_or(&generator.subschema_for::<T>())
    }
}

/// A value of this schema, or none.
pub(super) fn none_or(value: &Schema) -> Schema {
    json_schema!({"anyOf": [value, {"const": NONE}]})
}

/// Open files of a process: what it has at first (soft), and how far it may raise that (hard).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenFiles {
    /// What it has at first.
    pub soft: u64,
    /// How far it may raise that; at least as much.
    pub hard: u64,
}

impl OpenFiles {
    /// Both the same.
    pub const fn same(count: u64) -> Self {
        Self {
            soft: count,
            hard: count,
        }
    }

    pub(super) fn read(value: &DeValue<'_>) -> Result<Self, Invalid> {
        let DeValue::String(text) = value else {
            return whole(value, 1024, LEAST_FILES, MOST_FILES).map(Self::same);
        };
        let text = text.trim();
        let wrong = || {
            Invalid::new(
                text,
                "is no number of open files; write `1024`, or `\"1024:2048\"` (soft and hard)",
            )
        };
        let number = |text: &str| text.trim().parse::<u64>().ok();
        let Some((soft, hard)) = text.split_once(':') else {
            return Err(wrong());
        };
        let (soft, hard) = number(soft).zip(number(hard)).ok_or_else(wrong)?;
        if hard < soft {
            let right = Some(format!("{hard}:{soft}"));
            return Err(Invalid::new(text, "has more soft than hard").or_rather(right));
        }
        if soft < LEAST_FILES || hard > MOST_FILES {
            let why = format!("is not from {LEAST_FILES} to {MOST_FILES}");
            return Err(Invalid::new(text, why));
        }
        Ok(Self { soft, hard })
    }
}

impl fmt::Display for OpenFiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.soft == self.hard {
            return write!(f, "{}", self.soft);
        }
        write!(f, "{}:{}", self.soft, self.hard)
    }
}

impl serde::Serialize for OpenFiles {
    fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        if self.soft == self.hard {
            return out.serialize_u64(self.soft);
        }
        out.collect_str(self)
    }
}

impl schemars::JsonSchema for OpenFiles {
    fn schema_name() -> Cow<'static, str> {
        "OpenFiles".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": ["integer", "string"],
            "pattern": "^ *[0-9]+ *: *[0-9]+ *$",
            "minimum": LEAST_FILES,
            "maximum": MOST_FILES,
        })
    }
}
