//! The JSON Schema of the file, and the list of its keys.

use std::sync::LazyLock;

use schemars::Schema;
use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::Config;

/// A key by its section and name, with what it is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Section, such as `daemon`.
    pub section: String,
    /// Name in the section.
    pub name: String,
    /// What it is for, in lines as long as the author made them.
    pub description: String,
}

/// The JSON Schema of `mcpvisor.toml`. Sections are written out in place: no reference is needed to
/// find a key.
pub fn schema() -> Schema {
    SchemaSettings::draft2020_12()
        .with(|settings| settings.inline_subschemas = true)
        .into_generator()
        .into_root_schema_for::<Config>()
}

/// All keys, by section.
pub fn keys() -> &'static [Key] {
    static KEYS: LazyLock<Vec<Key>> = LazyLock::new(|| {
        let schema = schema();
        let sections = properties(schema.as_value());
        sections
            .flat_map(|(section, value)| {
                properties(value).map(move |(name, value)| Key {
                    section: section.clone(),
                    name: name.clone(),
                    description: description(value),
                })
            })
            .collect()
    });
    &KEYS
}

/// What a section is for.
pub(super) fn section_description(section: &str) -> String {
    let schema = schema();
    let found = properties(schema.as_value()).find(|(name, _)| *name == section);
    found
        .map(|(_, value)| description(value))
        .unwrap_or_default()
}

/// Sections that have a key of this name.
pub(super) fn sections_with(name: &str) -> Vec<&'static str> {
    let keys = keys().iter().filter(|key| key.name == name);
    keys.map(|key| key.section.as_str()).collect()
}

fn properties(schema: &Value) -> impl Iterator<Item = (&String, &Value)> {
    schema
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
}

fn description(schema: &Value) -> String {
    let text = schema.get("description").and_then(Value::as_str);
    text.unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_descriptions_and_defaults() {
        for Key {
            section,
            name,
            description,
        } in keys()
        {
            assert!(
                description.ends_with('.'),
                "{section}.{name}: {description}"
            );
            let schema = schema();
            let property = &schema.as_value()["properties"][section]["properties"][name];
            let optional = description.contains("None by default");
            assert_eq!(
                property.get("default").is_none(),
                optional,
                "{section}.{name}: {property}"
            );
        }
        assert_eq!(sections_with("interval"), ["daemon"]);
    }
}
