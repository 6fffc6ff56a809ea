//! Values by severity: `{ warning = "5m", critical = "1m" }`, or one value by itself.

use std::borrow::Cow;

use alerting::rule::SEVERITIES;
use toml::de::DeValue;

use crate::config::invalid::Invalid;
use crate::config::section::Section;

/// Values by severity, in the order of [`SEVERITIES`].
pub(super) type Levels<T> = [Option<T>; 4];

/// Place of `warning` in [`Levels`].
pub(super) const WARNING: usize = 1;

/// Names of the severities, as keys.
pub(super) const NAMES: [&str; 4] = ["info", "warning", "error", "critical"];

/// What is said of one severity.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Given<T> {
    /// Nothing.
    Nothing,
    /// `false`: there is to be none.
    Out,
    /// A value.
    Value(T),
}

/// What a key says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Reading<T> {
    /// It is not there, or wrong.
    Nothing,
    /// One value by itself.
    Bare(T),
    /// A table of them.
    Table([Given<T>; 4]),
}

/// Reads a key whose value is one value, or a table of values by severity.
pub(super) fn read<T: Copy>(
    section: &mut Section<'_>,
    key: &'static str,
    parse: impl Fn(&DeValue<'_>) -> Result<T, Invalid>,
) -> Reading<T> {
    if !section.is_table(key) {
        let bare = section.with(key, &parse);
        return bare.map_or(Reading::Nothing, Reading::Bare);
    }
    let levels = section.table(key, "{ warning = .., critical = .. }", |levels| {
        NAMES.map(|name| {
            let is_out = levels.is_false(name);
            if is_out {
                levels.knows([name]);
                return Given::Out;
            }
            levels
                .with(name, &parse)
                .map_or(Given::Nothing, Given::Value)
        })
    });
    levels.map_or(Reading::Nothing, Reading::Table)
}

impl<T: Copy> Reading<T> {
    /// What is said of each severity; a bare value is that of `bare`.
    pub(super) fn by_level(self, bare: &[usize]) -> [Given<T>; 4] {
        match self {
            Self::Nothing => [Given::Nothing; 4],
            Self::Table(levels) => levels,
            Self::Bare(value) => {
                let mut levels = [Given::Nothing; 4];
                for place in bare {
                    levels[*place] = Given::Value(value);
                }
                levels
            }
        }
    }
}

/// Values by severity as they stand in a file.
#[derive(Clone, Debug, PartialEq)]
pub enum Graded<T> {
    /// One value by itself.
    Bare(T),
    /// A table, in the order of [`SEVERITIES`].
    Table([GradedValue<T>; 4]),
}

/// What a table says of one severity.
#[derive(Clone, Debug, PartialEq)]
pub enum GradedValue<T> {
    /// Nothing.
    Nothing,
    /// `false`: there is to be none.
    Out,
    /// A value.
    Value(T),
}

impl<T> Graded<T> {
    /// Those that there are, as a table.
    pub(super) fn of(levels: Levels<T>) -> Self {
        Self::Table(levels.map(|level| level.map_or(GradedValue::Nothing, GradedValue::Value)))
    }
}

impl<T: serde::Serialize> serde::Serialize for Graded<T> {
    fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap as _;
        let levels = match self {
            Self::Bare(value) => return value.serialize(out),
            Self::Table(levels) => levels,
        };
        let mut map = out.serialize_map(None)?;
        for (severity, level) in SEVERITIES.iter().zip(levels) {
            match level {
                GradedValue::Nothing => {}
                GradedValue::Out => map.serialize_entry(severity.name(), &false)?,
                GradedValue::Value(value) => map.serialize_entry(severity.name(), value)?,
            }
        }
        map.end()
    }
}

impl<T: schemars::JsonSchema> schemars::JsonSchema for Graded<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("Graded_{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let value = generator.subschema_for::<T>();
        let level = schemars::json_schema!({"anyOf": [value, {"const": false}]});
        schemars::json_schema!({"anyOf": [value, {
            "type": "object",
            "properties": {"info": level, "warning": level, "error": level, "critical": level},
            "additionalProperties": false,
        }]})
    }
}
