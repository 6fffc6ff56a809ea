//! JSON that is kept as it is written.

use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// JSON as text. As a tree of values it would take ten times the memory, and a thousand alerts that begin
/// at once must not; copies share it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Json(Arc<str>);

impl Json {
    /// What something is written as; `null` if it cannot be, as a map with keys that are no text.
    pub fn of(value: &impl Serialize) -> Self {
        let text = serde_json::to_string(value).unwrap_or_else(|_| "null".to_owned());
        Self(text.into())
    }

    /// What was written.
    ///
    /// # Errors
    /// It is not of this type.
    pub fn read<T: DeserializeOwned>(&self) -> serde_json::Result<T> {
        serde_json::from_str(&self.0)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn of_column(text: String) -> Self {
        Self(text.into())
    }
}

impl From<Value> for Json {
    fn from(value: Value) -> Self {
        Self::of(&value)
    }
}
