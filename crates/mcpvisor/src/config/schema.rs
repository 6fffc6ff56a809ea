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
    /// There may be several such sections: `[[rule]]`, or `[limits.NAME]`.
    pub is_repeated: bool,
    /// Each has a name of its own: `[limits.NAME]`.
    pub is_named: bool,
    /// Name in the section.
    pub name: String,
    /// What it is for, in lines as long as the author made them.
    pub description: String,
}

/// The JSON Schema of `mcpvisor.toml`. Sections are written out in place: no reference is needed to
/// find a key.
pub fn schema() -> Schema {
    let mut schema = SchemaSettings::draft2020_12()
        .with(|settings| settings.inline_subschemas = true)
        .into_generator()
        .into_root_schema_for::<Config>();
    // No section is needed; those that are flattened into the document do not know that.
    schema.remove("required");
    schema
}

/// All keys, by section.
pub fn keys() -> &'static [Key] {
    static KEYS: LazyLock<Vec<Key>> = LazyLock::new(|| {
        let schema = schema();
        let sections = properties(schema.as_value());
        sections
            .flat_map(|(section, value)| {
                let items = value.get("items");
                let named = value.get("additionalProperties");
                let named = named.filter(|named| named.is_object());
                let several = items.or(named);
                properties(several.unwrap_or(value)).map(move |(name, value)| Key {
                    section: section.clone(),
                    is_repeated: several.is_some(),
                    is_named: named.is_some(),
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

/// Sections that have a key of this name, as messages call them: `` `[daemon]` ``.
pub(super) fn sections_with(name: &str) -> Vec<String> {
    let keys = keys().iter().filter(|key| key.name == name);
    keys.map(Key::header).collect()
}

impl Key {
    /// Its section as it is written, in backquotes.
    fn header(&self) -> String {
        if self.is_named {
            format!("`[{}.NAME]`", self.section)
        } else if self.is_repeated {
            format!("`[[{}]]`", self.section)
        } else {
            format!("`[{}]`", self.section)
        }
    }
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
    fn no_section_is_needed_and_no_other_is_known() {
        let schema = schema();
        let schema = schema.as_value();
        assert_eq!(schema.get("required"), None);
        assert_eq!(schema["additionalProperties"], false);
        for name in [
            "alerts",
            "rule",
            "receiver",
            "route",
            "escalation",
            "mute",
            "inhibit",
            "policy",
            "limits",
            "server",
        ] {
            assert!(keys().iter().any(|key| key.section == name), "{name}");
        }
        let needed = |section: &str| schema["properties"][section]["items"]["required"].clone();
        assert_eq!(needed("rule"), serde_json::json!(["name"]));
        assert_eq!(needed("receiver"), serde_json::json!(["name", "kind"]));
        assert_eq!(needed("route"), Value::Null);
        assert_eq!(needed("server"), serde_json::json!(["name"]));
    }

    #[test]
    fn keys_have_descriptions_and_defaults() {
        for key in keys() {
            let (section, name, description) = (&key.section, &key.name, &key.description);
            assert!(
                description.ends_with('.'),
                "{section}.{name}: {description}"
            );
            if key.is_repeated {
                // What is missing there is either needed or not in force.
                continue;
            }
            let schema = schema();
            let property = &schema.as_value()["properties"][section]["properties"][name];
            let optional = description.contains("None by default");
            assert_eq!(
                property.get("default").is_none(),
                optional,
                "{section}.{name}: {property}"
            );
        }
        assert_eq!(sections_with("interval"), ["`[daemon]`"]);
    }
}
