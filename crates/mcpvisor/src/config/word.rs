//! One of a few words, as a file has it.

use std::borrow::Cow;

use toml::de::DeValue;

use super::invalid::Invalid;
use super::value::{Choice, FromValue, choice};

/// A value that is written as the word that [`Choice`] has for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Word<T>(pub T);

impl<T: Choice + PartialEq> Word<T> {
    /// The word.
    pub(super) fn name(self) -> &'static str {
        let found = T::ALL.iter().find(|(_, value)| *value == self.0);
        found.map_or("", |(name, _)| name)
    }
}

impl<T: Choice> FromValue for Word<T> {
    fn from_value(value: &DeValue<'_>) -> Result<Self, Invalid> {
        choice(value).map(Self)
    }
}

impl<T: Choice + PartialEq> serde::Serialize for Word<T> {
    fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(self.name())
    }
}

impl<T: Choice> schemars::JsonSchema for Word<T> {
    fn schema_name() -> Cow<'static, str> {
        let names: Vec<&str> = T::ALL.iter().map(|(name, _)| *name).collect();
        format!("Word_{}", names.join("_")).into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let names: Vec<&str> = T::ALL.iter().map(|(name, _)| *name).collect();
        schemars::json_schema!({"type": "string", "enum": names})
    }
}
